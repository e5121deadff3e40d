"""When reminders fall due: a lead is elapsed time, so a day is always 24 hours and "1 day" equals "24 hours"."""

from typing import Final

from meetings.domain.time import Instant

UNITS: Final = {"weeks": 7 * 86400, "days": 86400, "hours": 3600, "minutes": 60}
MINIMUM_LEAD: Final = 5 * 60
MAXIMUM_LEAD: Final = 8 * UNITS["weeks"]
_LATEST = 5 * 60  # seconds before the start after which no reminder helps
_SETTLING = 5 * 60  # a reminder this soon after the booking would only repeat the confirmation


def lead_seconds(value: int, unit: str) -> int:
    return value * UNITS[unit]


def due(starts_at: Instant, value: int, unit: str) -> Instant:
    """The instant of a reminder. Across a clock change "1 day before" may be another hour on the wall."""
    return starts_at - lead_seconds(value, unit)


def is_skipped(due_at: Instant, created_at: Instant) -> bool:
    """Whether a booking comes too late for a reminder: it is then never sent, least of all at once."""
    return due_at <= created_at + _SETTLING


def is_still_useful(now: Instant, starts_at: Instant, lead: int) -> bool:
    """Whether a reminder that is late may still go out: not in the last five minutes, or half of a shorter lead."""
    return now < starts_at - min(_LATEST, lead // 2)
