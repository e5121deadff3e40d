"""Tokens: signed ones that carry their meaning, random ones of which only a hash is kept."""

import hashlib
import hmac
import secrets as random_source
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer


def new_token() -> str:
    """A random token of 256 bits, safe in an address."""
    return random_source.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


class PatientSigner(TimestampSigner):
    """Takes what was signed in the future for fresh: since then the system's clock was set back."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:  # noqa: FBT001, FBT002 - itsdangerous's signature
        try:
            return super().unsign(signed_value, max_age, return_timestamp)  # type: ignore[call-overload]
        except SignatureExpired as error:
            if error.date_signed is None or error.date_signed <= self.timestamp_to_datetime(self.get_timestamp()):
                raise
            return super().unsign(signed_value, None, return_timestamp)  # type: ignore[call-overload]


class Signer:
    """Signs values for one purpose; a token of one purpose is worthless for another."""

    def __init__(self, secret_key: str) -> None:
        self._secret_key = secret_key

    def key(self, purpose: str) -> str:
        """A secret of one purpose, for libraries that sign by themselves."""
        return hmac.new(self._secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()

    def sign(self, purpose: str, value: Any) -> str:
        """A token that says `value` and nothing about when."""
        return str(URLSafeSerializer(self._secret_key, salt=purpose).dumps(value))

    def unsign(self, purpose: str, token: str) -> Any | None:
        """What `sign` was given, or None for anything else."""
        try:
            return URLSafeSerializer(self._secret_key, salt=purpose).loads(token)
        except BadSignature:
            return None

    def sign_timed(self, purpose: str, value: Any) -> str:
        """As `sign`, with the moment of signing inside."""
        return str(self._timed(purpose).dumps(value))

    def unsign_timed(self, purpose: str, token: str, max_age: int) -> Any | None:
        """What `sign_timed` was given at most `max_age` seconds ago, or None."""
        try:
            return self._timed(purpose).loads(token, max_age=max_age)
        except (BadSignature, SignatureExpired):
            return None

    def _timed(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret_key, salt=purpose, signer=PatientSigner)
