"""When a slot is offered: one function per rule of README.md, the same ones for offering, accepting and explaining.

Rules 1 to 4 take a sorted list of starts and leave out those that they refuse. Rules 5 and 6 answer for all starts
at once with a mask: one byte per start, 1 where the host is free.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache, reduce
from itertools import chain, compress
from operator import and_, or_
from zoneinfo import ZoneInfo

from meetings.domain.time import (
    DAY,
    FIRST_DAY,
    LAST_DAY,
    MINUTE,
    MINUTES_PER_DAY,
    Instant,
    Span,
    days_span,
    instant_of,
    local_date,
    merge,
    zone,
)

MAX_BUFFER = 1440  # minutes; no link may ask for a longer one
BLOCK_DAYS = 32  # openings are computed and kept for this many days at once


class Kind(StrEnum):
    """Who meets the contact: one host, all members, or one of them."""

    INDIVIDUAL = "individual"
    GROUP = "group"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes [start, end) of the local day, on one weekday (0 = Monday)."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rolling:
    """The days from today on, in whole weeks."""

    weeks: int


@dataclass(frozen=True, slots=True)
class DateRange:
    """The days from first to last, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Rules:
    """What a link says about its times; lengths in minutes."""

    zone: str
    windows: tuple[Window, ...]
    overrides: tuple[tuple[date, tuple[tuple[int, int], ...]], ...]
    increment: int | None  # None: as long as the meeting
    minimum_notice: int
    buffer: int
    horizon: Rolling | DateRange


@dataclass(slots=True)
class Host:
    """A host as far as one request needs it: settings on this link and busy times."""

    id: int
    bookings: Sequence[tuple[Instant, Instant, int]]  # start, end, buffer in minutes that the booking was made with
    events: Sequence[tuple[Instant, Instant]]
    check_availability: bool = True
    is_paused: bool = False
    limits: Sequence[Span] | None = None  # a slot must lie inside these; None: anywhere


def slots(rules: Rules, kind: Kind, hosts: Sequence[Host], duration: int, span: Span, now: Instant) -> list[Instant]:
    """Return the starts offered within the span, in order."""
    horizon = horizon_span(rules, now)
    asked = Span(max(span.start, horizon.start, notice_ends(rules, now)), min(span.end, horizon.end))
    if asked.start >= asked.end:
        return []
    starts = _cut(_openings_around(asked, hours_of(rules, duration), duration), asked)
    starts = within_horizon(after_notice(starts, rules, now), rules, now)
    return where_free(starts, rules, kind, hosts, duration)


def is_offered(rules: Rules, kind: Kind, hosts: Sequence[Host], duration: int, start: Instant, now: Instant) -> bool:
    return bool(slots(rules, kind, hosts, duration, Span(start, start + 1), now))


def refusal(rules: Rules, kind: Kind, hosts: Sequence[Host], duration: int, start: Instant, now: Instant) -> str | None:
    """Name the first rule that refuses the slot; None if it is offered."""
    if is_offered(rules, kind, hosts, duration, start, now):  # with openings that are kept, so quickly
        return None
    hours = hours_of(rules, duration)
    days = days_near(start, hours.zone)
    if days is None or start not in on_grid(hours, *days):
        return "grid"
    if not fitting([start], hours, duration, *days):
        return "fit"
    if not after_notice([start], rules, now):
        return "notice"
    if not within_horizon([start], rules, now):
        return "horizon"
    return "free"


def free_hosts(rules: Rules, kind: Kind, hosts: Sequence[Host], duration: int, start: Instant) -> list[int]:
    """Return who can be met at that slot, in the given order; in a group, also those who are merely invited."""
    return [host.id for host, mask in _masks([start], rules, kind, hosts, duration) if mask[0]]


def horizon_span(rules: Rules, now: Instant) -> Span:
    """Return the shortest span with all instants that rule 4 allows."""
    return days_span(*horizon_days(rules, now), zone(rules.zone))


def relevant_span(rules: Rules, span: Span, duration: int) -> Span:
    """Return where a busy time can lie that has a say in slots starting within the span."""
    gap = max(rules.buffer, MAX_BUFFER) * MINUTE
    return Span(span.start - gap, span.end + duration * MINUTE + gap)


# Rule 1: grid.


@dataclass(frozen=True, slots=True)
class Hours:
    """What rules 1 and 2 depend on."""

    zone: ZoneInfo
    windows: tuple[Window, ...]
    overrides: tuple[tuple[date, tuple[tuple[int, int], ...]], ...]
    step: int  # minutes from one start to the next


def hours_of(rules: Rules, duration: int) -> Hours:
    step = duration if rules.increment is None else rules.increment
    if duration < 1 or step < 1:
        raise ValueError("a duration and an increment are at least one minute")
    return Hours(zone(rules.zone), rules.windows, rules.overrides, step)


def on_grid(hours: Hours, first: date, last: date) -> list[Instant]:
    """Return the starts that the windows of these days give, counted from each window's opening."""
    starts: set[Instant] = set()
    for opening in openings_of(hours, first, last):
        starts.update(range(opening.start, opening.end, hours.step * MINUTE))
    return sorted(starts)


def openings_of(hours: Hours, first: date, last: date) -> list[Span]:
    """Return the windows of these days as instants, merged within each day only."""
    openings = []
    own = override_days(hours)
    weekly = [[(w.start, w.end) for w in hours.windows if w.weekday == weekday] for weekday in range(7)]
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for start, end in _merged(own.get(day, weekly[day.weekday()])):
            openings.append(Span(instant_of(day, start, hours.zone), instant_of(day, end, hours.zone, is_end=True)))
    return openings


def override_days(hours: Hours) -> dict[date, list[tuple[int, int]]]:
    days: dict[date, list[tuple[int, int]]] = {}
    for day, windows in hours.overrides:
        days.setdefault(day, []).extend(windows)
    return days


def _merged(windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in merge(Span(start, end) for start, end in windows)]


# Rule 2: fit.


def fitting(starts: Iterable[Instant], hours: Hours, duration: int, first: date, last: date) -> list[Instant]:
    """Keep those of the starts, all from windows of these days, whose whole meeting lies in open time."""
    beyond = timedelta(days=duration // MINUTES_PER_DAY + 2)  # a meeting may run on into the next days' windows
    open_time = merge(openings_of(hours, first - DAY, last + beyond))
    opened = [span.start for span in open_time]
    return [start for start in starts if start + duration * MINUTE <= open_time[bisect_right(opened, start) - 1].end]


# Rules 1 and 2 depend on nothing but the link's hours, so their outcome is kept from one request to the next.


def _openings_around(span: Span, hours: Hours, duration: int) -> list[Instant]:
    """Return the starts that rules 1 and 2 leave, all of those in the span and some around it."""
    first, last = local_date(span.start, hours.zone), local_date(span.end, hours.zone)
    # A day more on both sides: where clocks go back across midnight, a window's start may show its neighbour's date.
    blocks = range((first - DAY).toordinal() // BLOCK_DAYS, (last + DAY).toordinal() // BLOCK_DAYS + 1)
    starts: list[Instant] = []
    for block in blocks:
        following = _block(hours, duration, block)
        if starts and following and following[0] <= starts[-1]:  # for the same reason windows may overlap here
            starts = sorted({*starts, *following})
        else:
            starts.extend(following)
    return starts


@lru_cache(maxsize=128)
def _block(hours: Hours, duration: int, block: int) -> tuple[Instant, ...]:
    first = date.fromordinal(max(block * BLOCK_DAYS, FIRST_DAY.toordinal()))
    last = date.fromordinal(min((block + 1) * BLOCK_DAYS - 1, LAST_DAY.toordinal()))
    return tuple(fitting(on_grid(hours, first, last), hours, duration, first, last))


def days_near(start: Instant, where: ZoneInfo) -> tuple[date, date] | None:
    """Return the days whose windows can hold the start; None beyond the calendar."""
    calendar = days_span(FIRST_DAY, LAST_DAY, where)
    if not calendar.start <= start < calendar.end:
        return None
    day = local_date(start, where)
    return day - DAY, day + DAY


def _cut(starts: list[Instant], span: Span) -> list[Instant]:
    return starts[bisect_left(starts, span.start) : bisect_left(starts, span.end)]


# Rule 3: notice.


def after_notice(starts: list[Instant], rules: Rules, now: Instant) -> list[Instant]:
    return starts[bisect_left(starts, notice_ends(rules, now)) :]


def notice_ends(rules: Rules, now: Instant) -> Instant:
    return now + rules.minimum_notice * MINUTE


# Rule 4: horizon.


def within_horizon(starts: list[Instant], rules: Rules, now: Instant) -> list[Instant]:
    where = zone(rules.zone)
    first, last = horizon_days(rules, now)
    inside = _cut(starts, days_span(first, last, where))
    if not inside or not (_repeats_midnight(first, where) or _repeats_midnight(last + DAY, where)):
        return inside
    return [start for start in inside if first <= local_date(start, where) <= last]


def horizon_days(rules: Rules, now: Instant) -> tuple[date, date]:
    if isinstance(rules.horizon, DateRange):
        return max(rules.horizon.first, FIRST_DAY), min(rules.horizon.last, LAST_DAY)
    today = local_date(now, zone(rules.zone))
    return today, today + timedelta(days=7 * rules.horizon.weeks - 1)


def _repeats_midnight(day: date, where: ZoneInfo) -> bool:
    return instant_of(day, 0, where) != instant_of(day, 0, where, is_end=True)


# Rules 5 and 6: free, and who must be.


def where_free(starts: list[Instant], rules: Rules, kind: Kind, hosts: Sequence[Host], duration: int) -> list[Instant]:
    """Keep the starts at which everybody, or in a round robin anybody, is free."""
    masks = [int.from_bytes(mask, "little") for _, mask in _masks(starts, rules, kind, hosts, duration)]
    if not masks:
        return []
    offered = reduce(or_ if kind == Kind.ROUND_ROBIN else and_, masks)
    return list(compress(starts, offered.to_bytes(len(starts), "little")))


def _masks(
    starts: list[Instant], rules: Rules, kind: Kind, hosts: Sequence[Host], duration: int
) -> list[tuple[Host, bytearray]]:
    """Return every host who takes part, with the starts at which they don't stand in the way."""
    return [(host, _mask(starts, rules, kind, host, duration)) for host in hosts if not host.is_paused]


def _mask(starts: list[Instant], rules: Rules, kind: Kind, host: Host, duration: int) -> bytearray:
    if kind == Kind.GROUP and not host.check_availability:
        return bytearray(b"\1") * len(starts)
    length, count = duration * MINUTE, len(starts)
    own = rules.buffer
    mask = _within_limits(starts, host.limits, length)
    for start, end, buffer in _busy(kind, host):
        if start >= end:
            continue
        gap = own * MINUTE if own >= buffer else buffer * MINUTE
        until = end + gap
        # Walked through: as a host's busy times don't overlap, searching for the end of each would take longer.
        for index in range(bisect_right(starts, start - gap - length), count):
            if starts[index] >= until:
                break
            mask[index] = 0
    return mask


def _within_limits(starts: list[Instant], limits: Sequence[Span] | None, length: int) -> bytearray:
    if limits is None:
        return bytearray(b"\1") * len(starts)
    mask = bytearray(len(starts))
    for span in merge(limits):
        low, high = bisect_left(starts, span.start), bisect_right(starts, span.end - length)
        if low < high:
            mask[low:high] = b"\1" * (high - low)
    return mask


def _busy(kind: Kind, host: Host) -> Iterable[tuple[Instant, Instant, int]]:
    """Return the host's busy times that count here, each with the buffer in minutes that it was made with."""
    if kind == Kind.ROUND_ROBIN and not host.check_availability:
        return host.bookings
    events = merge(Span(start, end) for start, end in host.events)  # empty ones disappear
    return chain(host.bookings, ((event.start, event.end, 0) for event in events))
