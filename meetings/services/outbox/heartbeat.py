"""Whether anybody delivers: the job leaves a sign of life, which pages look for."""

from datetime import datetime, timedelta
from typing import Final

from meetings import db
from meetings.domain.time import to_datetime, to_instant
from meetings.models import Setting
from meetings.services.workspace import write_setting

EVERY: Final = timedelta(minutes=1)  # seldom enough to cost nothing
SILENT_AFTER: Final = timedelta(minutes=10)  # whoever runs the jobs by cron does so every few minutes

_NAME = "last_delivery_run"  # of the setting that keeps it


def is_due(now: datetime) -> bool:
    """Whether the last sign of life is a while old, or from a clock that was ahead."""
    before = last()
    return before is None or not before <= now < before + EVERY


def beat(now: datetime) -> None:
    """Note that the job ran, if it is time to."""
    if is_due(now):
        with db.transaction():
            write_setting(_NAME, to_instant(now))


def is_from_ahead(now: datetime) -> bool:
    """Whether the last sign of life is from a clock that was ahead by more than is worth a word."""
    before = last()
    return before is not None and before > now + EVERY


def last() -> datetime | None:
    """When the job last ran, to the minute; None if it never did."""
    kept = Setting.read(_NAME)
    return None if kept is None else to_datetime(kept)
