"""What a form of the booking page carries: that it is ours, for which times, since when, under which key it books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from meetings.domain.time import Instant, to_instant
from meetings.models import Link
from meetings.secrets import Signer, new_token

from .visit import Visit

FORM = "booking-form"  # purpose of the token
LIVES = 12 * 3600  # seconds that a form may stay open


@dataclass(frozen=True)
class FormToken:
    """What the token of a form says."""

    key: str  # idempotency: the form books once, however often it is sent
    shown_at: int  # when it was first drawn, however often it had to be mended since
    is_asking: bool  # whether it has a question that must be answered
    is_filled: bool  # whether it was filled in before anybody typed


def sign(
    link: Link,
    visit: Visit,
    starts: Sequence[Instant],
    now: datetime,
    sent: FormToken | None,
    *,
    is_asking: bool = False,
    is_filled: bool = False,
) -> str:
    """A token bound to link, duration and the times that the form offers. `sent`: that of the form being mended."""
    shown_at = sent.shown_at if sent else to_instant(now)
    said = [link.id, visit.duration, list(starts), new_token()[:24], shown_at, is_asking, is_filled]
    return _signer().sign_timed(FORM, said)


def read(token: str, link: Link, visit: Visit) -> FormToken | None:
    """The token of a form that we made for this link and time, not too long ago."""
    found = _signer().unsign_timed(FORM, token[:4000], LIVES)
    if not isinstance(found, list) or found[:2] != [link.id, visit.duration] or visit.start not in found[2]:
        return None
    _, _, _, key, shown_at, is_asking, is_filled = found
    return FormToken(str(key), int(shown_at), bool(is_asking), bool(is_filled))


def _signer() -> Signer:
    signer: Signer = current_app.extensions["signer"]
    return signer
