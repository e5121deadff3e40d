"""When all mail waits, because the server can't be reached or refuses us."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from meetings import db
from meetings.domain.time import to_datetime, to_instant
from meetings.models import Setting
from meetings.providers import mail
from meetings.services.workspace import write_setting

log = logging.getLogger(__name__)

# Seconds until the next try; the last step repeats for as long as it takes.
UNREACHABLE: Final = (5, 10, 20, 30, 45)
REFUSED: Final = (60, 300, 900)

_NAME = "mail_pause"  # of the setting that keeps it


@dataclass(frozen=True, slots=True)
class Pause:
    """Why no mail goes out just now. `is_refusal`: somebody has to mend the settings."""

    until: datetime
    since: datetime
    words: str
    is_refusal: bool


def begin(error: mail.Unavailable, now: datetime) -> None:
    before = Setting.read(_NAME) or {}
    is_refusal = isinstance(error, mail.Misconfigured)
    tries = int(before.get("tries", 0)) if before.get("is_refusal", is_refusal) == is_refusal else 0
    steps = REFUSED if is_refusal else UNREACHABLE
    value = {
        "until": to_instant(now) + steps[min(tries, len(steps) - 1)],
        "since": before.get("since", to_instant(now)),
        "words": str(error),
        "is_refusal": is_refusal,
        "tries": tries + 1,
    }
    log.warning("Mail waits: %s", error)
    with db.transaction():
        write_setting(_NAME, value)


def current() -> Pause | None:
    kept = Setting.read(_NAME)
    if not kept:
        return None
    return Pause(to_datetime(kept["until"]), to_datetime(kept["since"]), kept["words"], kept["is_refusal"])


def is_active(now: datetime) -> bool:
    pause = current()
    longest = timedelta(seconds=max(*UNREACHABLE, *REFUSED))
    # One that ends later than any can was made before the clock was set back.
    return pause is not None and now < pause.until <= now + longest


def try_again_now() -> None:
    """End a pause at once: somebody has mended the settings, or asks for a try."""
    kept = Setting.read(_NAME)
    if kept:
        with db.transaction():
            Setting.update(value={**kept, "until": kept["since"]}).where(Setting.name == _NAME).execute()


def end() -> None:
    """Mail goes out again; the caller holds the transaction."""
    Setting.delete().where(Setting.name == _NAME).execute()
