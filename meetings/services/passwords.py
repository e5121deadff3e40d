"""Passwords: hashing, one-time links to set one, changing one's own."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from meetings import db
from meetings.domain.fields import Flaw, email_key
from meetings.domain.time import to_instant
from meetings.errors import Invalid, NotFound
from meetings.models import PasswordLink, Session, User
from meetings.secrets import new_token, token_hash

from . import attempts, outbox
from .access import require_admin

MINIMUM = 10  # characters
VARIETY = 5  # different characters at least: ten times the same is no secret
MAXIMUM = 200  # more would only be work for the hash
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)

_hasher = PasswordHasher()
_hashing = threading.BoundedSemaphore(2)  # each hash takes 64 MiB


def make_hash(password: str) -> str:
    """The argon2id hash of a password."""
    with _hashing:
        return _hasher.hash(password)


def is_password(user: User | None, password: str) -> bool:
    """Whether this is the user's password; takes as long for nobody."""
    kept = user.password_hash if user and user.password_hash else None
    with _hashing:
        try:
            return _hasher.verify(kept or _hash_of_nobody(), password[: MAXIMUM + 1]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash(new_token())


def flaws_of(password: str, person: Mapping[str, object], field: str = "password") -> list[Flaw]:
    """What is wrong with a new password; `person` has the name and address that it must not be."""
    if len(password) < MINIMUM:
        return [Flaw(field, "too-short", {"minimum": MINIMUM})]
    if len(password) > MAXIMUM:
        return [Flaw(field, "too-long", {"maximum": MAXIMUM})]
    if len(set(password)) < VARIETY or password.casefold() in {
        str(person.get("email", "")).casefold(),
        str(person.get("name", "")).casefold(),
    }:
        return [Flaw(field, "too-easy", {})]
    return []


def request_reset(email: str, *, address: str, now: datetime) -> None:
    """Mail a set-password link to the user with this address, if there is one; nothing tells whether there is."""
    email = email_key(email)
    keys = [f"reset:{email}", f"reset-from:{address}"]
    attempts.refuse_after(keys[1], attempts.PER_ADDRESS, now)
    is_flooded = attempts.is_spent(keys[0], attempts.PER_ACCOUNT, now)
    attempts.note(keys, now)
    user = User.get_or_none(User.email == email, User.is_active)
    if user is not None and not is_flooded:
        with db.transaction():
            details = {"url": new_link(user, now, RESET_LASTS), "expires_at": to_instant(now + RESET_LASTS)}
            outbox.queue_user_mail("reset_password", user, details, now)


def new_link(user: User, now: datetime, lasts: timedelta) -> str:
    """The address of a new one-time set-password page; the caller holds the transaction."""
    token = new_token()
    PasswordLink.create(user=user, token_hash=token_hash(token), expires_at=now + lasts)
    return f"{current_app.config['BASE_URL']}/password/{token}"


def invite(actor: User, user: User, now: datetime) -> str:
    """A new one-time set-password address for somebody else, mailed to them as well. Raises Forbidden."""
    require_admin(actor)
    with db.transaction():
        url = new_link(user, now, INVITATION_LASTS)
        queue_invitation(actor, user, url, now)
    return url


def queue_invitation(actor: User, user: User, url: str, now: datetime) -> None:
    """Mail somebody the address at which they set their first password; the caller holds the transaction."""
    details = {"url": url, "inviter": actor.name, "expires_at": to_instant(now + INVITATION_LASTS)}
    outbox.queue_user_mail("set_password", user, details, now)


def password_link(token: str, now: datetime) -> User | None:
    """Whose password this one-time link sets; None if it was used, is too old or unknown."""
    link = (
        PasswordLink.select(PasswordLink, User)
        .join(User)
        .where(
            PasswordLink.token_hash == token_hash(token),
            PasswordLink.used_at.is_null(),
            PasswordLink.expires_at > now,
            User.is_active,
        )
        .first()
    )
    return None if link is None else link.user


def set_password(token: str, password: str, now: datetime) -> User:
    """Use a one-time link: set the password, end all sessions, void other links. Raises NotFound, Invalid."""
    user = password_link(token, now)
    if user is None:
        raise NotFound
    if flaws := flaws_of(password, {"email": user.email, "name": user.name}):
        raise Invalid(flaws)
    hashed = make_hash(password)
    with db.transaction():
        used = PasswordLink.update(used_at=now).where(
            PasswordLink.token_hash == token_hash(token), PasswordLink.used_at.is_null()
        )
        if not used.execute():
            raise NotFound
        _replace_password(user, hashed, now)
    return user


def _replace_password(user: User, hashed: str, now: datetime) -> None:
    User.update(password_hash=hashed).where(User.id == user.id).execute()
    Session.delete().where(Session.user == user).execute()
    PasswordLink.update(used_at=now).where(PasswordLink.user == user, PasswordLink.used_at.is_null()).execute()


def change_password(user: User, old: str, new: str, now: datetime) -> None:
    """Change one's own password; all sessions end, the caller's too. Raises Invalid."""
    if not is_password(user, old):
        raise Invalid([Flaw("old_password", "wrong-password", {})])
    if flaws := flaws_of(new, {"email": user.email, "name": user.name}, "new_password"):
        raise Invalid(flaws)
    hashed = make_hash(new)
    with db.transaction():
        _replace_password(user, hashed, now)
