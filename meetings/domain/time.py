"""Instants, spans, and how a local clock's reading becomes an instant."""

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

# The operating system's zones are often a year old: only those of the tzdata package count. Zones that somebody
# made before this import are forgotten too.
zoneinfo.reset_tzpath(to=[])
ZoneInfo.clear_cache()

Instant = int  # whole seconds since the epoch, UTC

MINUTE = 60
MINUTES_PER_DAY = 1440
SECONDS_PER_DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
# Beyond these days a local date may not exist in Python's calendar; whatever lies there is never offered.
FIRST_DAY = date(1, 1, 3)
LAST_DAY = date(9999, 11, 30)


class UnknownZone(ValueError):
    """A name that the tzdata package does not have."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open stretch of time [start, end)."""

    start: Instant
    end: Instant


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return what the spans cover, in order: touching and overlapping ones become one, empty ones disappear."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def gaps(spans: Iterable[Span], within: Span) -> list[Span]:
    """Return what the spans leave uncovered of the stretch, in order."""
    left, reached = [], within.start
    for span in merge(spans):
        if reached < min(span.start, within.end):
            left.append(Span(reached, min(span.start, within.end)))
        reached = max(reached, span.end)
    if reached < within.end:
        left.append(Span(reached, within.end))
    return left


@cache
def zone_names() -> frozenset[str]:
    """Every accepted zone name, old names included."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


def zone(name: str) -> ZoneInfo:
    # Looked up in the list first: a stranger's text must neither fill the cache nor reach the file system.
    if name not in zone_names():
        raise UnknownZone("not a time zone")
    return _load(name)


@cache
def _load(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def to_datetime(at: Instant) -> datetime:
    return EPOCH + timedelta(seconds=at)


def to_instant(at: datetime) -> Instant:
    if at.utcoffset() is None:
        raise ValueError("a time without a zone is not an instant")
    return (at - EPOCH) // SECOND


def instant_of(day: date, minute: int, zone: ZoneInfo, *, is_end: bool = False) -> Instant:
    """Return the instant at which the zone's clocks show this minute of this day.

    A reading that the clocks skip means the instant of the jump. One that they show twice means the first time,
    or the second where a window ends. Minute 1440 is always the first 00:00 of the next day.
    """
    if minute == MINUTES_PER_DAY:
        day, minute, is_end = day + DAY, 0, False
    reading = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    shown = (day.toordinal() - EPOCH_DAY) * SECONDS_PER_DAY + minute * MINUTE
    before, after = _offset(reading), _offset(reading.replace(fold=1))
    if before < after:
        return _jump(shown - after, shown - before, zone)
    return shown - (after if is_end else before)


def instants_showing(day: date, minute: int, zone: ZoneInfo) -> list[Instant]:
    """Return the instants at which the zone's clocks show this minute of this day: one, none or two."""
    if minute == MINUTES_PER_DAY:
        day, minute = day + DAY, 0
    found = sorted({instant_of(day, minute, zone), instant_of(day, minute, zone, is_end=True)})
    return [at for at in found if local_date(at, zone) == day and local_minute(at, zone) == minute]


def clock_change(day: date, zone: ZoneInfo) -> tuple[Instant, int] | None:
    """Return when the zone's clocks are set on a day, and by how many seconds; None if they aren't."""
    span = days_span(day, day, zone)
    before, after = (_offset(_local(at, zone)) for at in (span.start - 1, span.end - 1))
    return None if before == after else (_jump(span.start - 1, span.end - 1, zone), after - before)


def _jump(low: Instant, high: Instant, zone: ZoneInfo) -> Instant:
    """Return the instant in (low, high] at which the clocks leave the offset that they have at low."""
    offset = _offset(_local(low, zone))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(_local(middle, zone)) == offset:
            low = middle
        else:
            high = middle
    return high


def local_date(at: Instant, zone: ZoneInfo) -> date:
    return _local(at, zone).date()


def local_minute(at: Instant, zone: ZoneInfo) -> int:
    local = _local(at, zone)
    return local.hour * 60 + local.minute


def wall_clock(at: Instant, zone: ZoneInfo) -> str:
    """Return what the zone's clocks show, to the minute: "2026-12-03 14:30"."""
    return f"{_local(at, zone):%Y-%m-%d %H:%M}"


@lru_cache(maxsize=256)
def days_span(first: date, last: date, zone: ZoneInfo) -> Span:
    """Return the shortest span that holds every instant whose local date is one of first … last, both included.

    Where clocks are put back across midnight, a piece of it near its ends shows the date next to them.
    """
    first, last = max(first, FIRST_DAY), min(last, LAST_DAY)
    start = instant_of(first, 0, zone)
    if last < first:
        return Span(start, start)
    end = instant_of(last + DAY, 0, zone, is_end=True)
    if local_date(end - 1, zone) > last:  # 00:00 is shown twice, yet without going back to the day before
        end = instant_of(last + DAY, 0, zone)
    return Span(start, end)


def _local(at: Instant, zone: ZoneInfo) -> datetime:
    return to_datetime(at).astimezone(zone)


def _offset(reading: datetime) -> int:
    offset = reading.utcoffset() or timedelta()
    return offset.days * SECONDS_PER_DAY + offset.seconds
