"""Proof of work by ALTCHA: a sum that takes a browser a moment, and whoever books by the thousand a long time.

Nothing is asked of another server. What a challenge is about is signed into it and comes back with its solution, so
none has to be kept until it is solved.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

ALGORITHM: Final = "PBKDF2/SHA-256"
COST: Final = 5000  # rounds for each try: the price of checking one solution here, some milliseconds
TRIES: Final = (200, 600)  # between these: a quick machine is done within a second, an old phone in a few
PAYLOAD_MAX: Final = 4000  # characters; a solution has about 900


def challenge(secret: str, about: Mapping[str, int]) -> dict[str, Any]:
    """A challenge as browsers take it; `about` comes back with its solution."""
    import altcha  # brings an HTTP client along that most pages never need

    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=TRIES[0] + secrets.randbelow(TRIES[1] - TRIES[0] + 1),
        data=dict(about),
        hmac_secret=secret,
        hmac_key_secret=_of_keys(secret),
    )
    return made.to_dict()


def solved(secret: str, payload: str) -> tuple[str, Mapping[str, Any]] | None:
    """The name of the challenge that a payload solves, and what it was about; None if it solves none of ours."""
    if len(payload) > PAYLOAD_MAX:
        return None
    import altcha

    if not altcha.verify_solution(payload, secret, hmac_key_secret=_of_keys(secret)).verified:
        return None
    parameters = _parameters(payload)
    return f"altcha:{parameters['nonce']}:{parameters['salt']}", parameters["data"]


def _of_keys(secret: str) -> str:
    """The solution is signed too, which spares us the work of finding it again: with a secret of its own."""
    return f"{secret}:key"


def _parameters(payload: str) -> Mapping[str, Any]:
    """What the challenge says, once its signature was found to be ours."""
    found: Mapping[str, Any] = json.loads(base64.b64decode(payload))["challenge"]["parameters"]
    return found
