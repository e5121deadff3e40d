"""Why a time is offered or not: every rule's answer with the facts behind it, and every host's.

Whatever has a say is asked of `availability` itself; here is only added what a sentence about it needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

from meetings.domain import availability
from meetings.domain.availability import Host, Hours, Kind, Rules
from meetings.domain.time import (
    DAY,
    FIRST_DAY,
    LAST_DAY,
    MINUTE,
    MINUTES_PER_DAY,
    Instant,
    Span,
    days_span,
    gaps,
    local_date,
    merge,
    zone,
)

NEAR_DAYS = 7  # days before and after in which the starts next to a time are looked for


class Cause(StrEnum):
    """What keeps a host from a meeting."""

    BOOKING = "booking"  # one booked here
    EVENT = "event"  # of a calendar, or entered by hand
    LIMITS = "limits"  # the host's own hours, holidays, leave


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One thing in a host's way. A limit's span is what lies outside of the host's own times."""

    cause: Cause
    span: Span
    gap: int = 0  # minutes that have to be free beside it
    left: int | None = None  # minutes that are free beside it; None where the times overlap, and for limits
    buffer: int = 0  # minutes that the booking itself asks for

    @property
    def is_too_near(self) -> bool:
        """Whether it is beside the time asked for, and only the gap is too short."""
        return self.left is not None


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """How a host stands to the time asked for."""

    id: int
    is_paused: bool
    is_needed: bool  # alone, or in a group with everybody else; in a round robin one of them is enough
    is_free: bool  # doesn't stand in the way, see availability.free_hosts
    in_the_way: tuple[Hindrance, ...]
    ignored: tuple[Hindrance, ...]  # would be in the way, if their availability were checked on this link


@dataclass(frozen=True, slots=True)
class Grid:
    """Rule 1."""

    rule: ClassVar[str] = "grid"
    is_ok: bool
    day: date  # that clocks of the link's zone show then
    windows: tuple[tuple[int, int], ...]  # minutes of that day
    is_override: bool  # they are that date's own
    openings: tuple[Span, ...]  # the same windows as instants
    opening: Span | None  # the one that holds the time
    step: int  # minutes from one start to the next
    previous: Instant | None  # the starts next to it
    next: Instant | None


@dataclass(frozen=True, slots=True)
class Fit:
    """Rule 2."""

    rule: ClassVar[str] = "fit"
    is_ok: bool
    ends_at: Instant
    closes_at: Instant | None  # when the open time that holds the start is over; None if none does, or not for days


@dataclass(frozen=True, slots=True)
class Notice:
    """Rule 3."""

    rule: ClassVar[str] = "notice"
    is_ok: bool
    minimum: int  # minutes
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class Horizon:
    """Rule 4."""

    rule: ClassVar[str] = "horizon"
    is_ok: bool
    day: date
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Free:
    """Rules 5 and 6."""

    rule: ClassVar[str] = "free"
    is_ok: bool
    kind: Kind
    is_anybody_there: bool  # a host who isn't paused


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that has a say on one time, and what it says."""

    is_offered: bool
    grid: Grid
    fit: Fit
    notice: Notice
    horizon: Horizon
    free: Free
    hosts: tuple[HostVerdict, ...]

    @property
    def verdicts(self) -> "tuple[Grid | Fit | Notice | Horizon | Free, ...]":
        """The rules' answers in their order: the first that says no is the one that refuses."""
        return self.grid, self.fit, self.notice, self.horizon, self.free


def explain(
    rules: Rules, kind: Kind, hosts: Sequence[Host], duration: int, start: Instant, now: Instant
) -> Explanation:
    """Ask all rules about one slot, whatever the others say."""
    where = zone(rules.zone)
    day = _date_of(start, where)
    hours = availability.hours_of(rules, duration)
    grid = _grid(hours, start, day)
    fit = _fit(hours, duration, start, day)
    notice_ends = availability.notice_ends(rules, now)
    notice = Notice(bool(availability.after_notice([start], rules, now)), rules.minimum_notice, notice_ends)
    is_near = bool(availability.within_horizon([start], rules, now))
    horizon = Horizon(is_near, day, *availability.horizon_days(rules, now))
    is_free = bool(availability.where_free([start], rules, kind, hosts, duration))
    free = Free(is_free, kind, any(not host.is_paused for host in hosts))
    is_offered = all(verdict.is_ok for verdict in (grid, fit, notice, horizon, free))
    judged = tuple(judge(rules, kind, host, duration, start) for host in hosts)
    return Explanation(is_offered, grid, fit, notice, horizon, free, judged)


def refused(
    rules: Rules, kind: Kind, hosts: Sequence[Host], duration: int, span: Span, now: Instant
) -> list[tuple[Instant, str]]:
    """The starts of the grid within the span that are not offered, each with the first rule that refuses it."""
    hours = availability.hours_of(rules, duration)
    first, last = _date_of(span.start, hours.zone) - DAY, _date_of(span.end, hours.zone) + DAY
    grid = [start for start in availability.on_grid(hours, first, last) if span.start <= start < span.end]
    fitting = availability.fitting(grid, hours, duration, first, last)
    noticed = availability.after_notice(fitting, rules, now)
    near = availability.within_horizon(noticed, rules, now)
    offered = availability.where_free(near, rules, kind, hosts, duration)
    found: dict[Instant, str] = {}
    for rule, kept in (("fit", fitting), ("notice", noticed), ("horizon", near), ("free", offered)):
        for start in set(grid).difference(kept):
            found.setdefault(start, rule)
    return sorted(found.items())


def _date_of(at: Instant, where: ZoneInfo) -> date:
    """The local date; beyond the calendar its first or last one, where nothing is offered either."""
    calendar = days_span(FIRST_DAY, LAST_DAY, where)
    return local_date(min(max(at, calendar.start), calendar.end - 1), where)


def _days_around(day: date, before: int, after: int) -> tuple[date, date]:
    first = max(day.toordinal() - before, FIRST_DAY.toordinal())
    return date.fromordinal(first), date.fromordinal(min(day.toordinal() + after, LAST_DAY.toordinal()))


# Rules 1 and 2: the link's hours.


def _grid(hours: Hours, start: Instant, day: date) -> Grid:
    starts = availability.on_grid(hours, *_days_around(day, NEAR_DAYS, NEAR_DAYS))
    near = availability.days_near(start, hours.zone)
    is_ok = near is not None and start in starts
    own = availability.override_days(hours).get(day)
    windows = own if own is not None else [(w.start, w.end) for w in hours.windows if w.weekday == day.weekday()]
    # A window of a day next to this one may hold the time too, where clocks go back across midnight.
    around = availability.openings_of(hours, *_days_around(day, 1, 1))
    return Grid(
        is_ok=is_ok,
        day=day,
        windows=tuple((each.start, each.end) for each in merge(Span(*window) for window in windows)),
        is_override=own is not None,
        openings=tuple(span for span in availability.openings_of(hours, day, day) if span.start < span.end),
        opening=next((span for span in around if span.start <= start < span.end), None),
        step=hours.step,
        previous=max((at for at in starts if at < start), default=None),
        next=min((at for at in starts if at > start), default=None),
    )


def _fit(hours: Hours, duration: int, start: Instant, day: date) -> Fit:
    ends_at = start + duration * MINUTE
    beyond = duration // MINUTES_PER_DAY + 3  # a meeting may run on into the next days' windows, and they for a day
    open_time = merge(availability.openings_of(hours, *_days_around(day, 1, beyond)))
    held = next((span for span in open_time if span.start <= start < span.end), None)
    if held is None:
        return Fit(is_ok=False, ends_at=ends_at, closes_at=None)
    is_endless = held.end >= ends_at + MINUTES_PER_DAY * MINUTE  # where the days looked at end, no hours do
    return Fit(ends_at <= held.end, ends_at, None if is_endless else held.end)


# Rules 5 and 6: who is free, and who must be.


def judge(rules: Rules, kind: Kind, host: Host, duration: int, start: Instant) -> HostVerdict:
    """How one host stands to a slot."""
    found = tuple(hindrances(rules, host, duration, start))
    ignored = tuple(one for one in found if _is_ignored(one, kind, host))
    in_the_way = tuple(one for one in found if one not in ignored)
    return HostVerdict(
        id=host.id,
        is_paused=host.is_paused,
        is_needed=not host.is_paused and (kind != Kind.GROUP or host.check_availability),
        is_free=not host.is_paused and not in_the_way,
        in_the_way=in_the_way,
        ignored=ignored,
    )


def _is_ignored(hindrance: Hindrance, kind: Kind, host: Host) -> bool:
    """Whether it doesn't count for a host whose availability isn't checked: in a round robin events alone don't."""
    if host.check_availability or kind == Kind.INDIVIDUAL:
        return False
    return kind == Kind.GROUP or hindrance.cause == Cause.EVENT


def hindrances(rules: Rules, host: Host, duration: int, start: Instant) -> Iterator[Hindrance]:
    """All that comes too close to a slot, and what of it lies outside of the host's own times; in their order."""
    asked = Span(start, start + duration * MINUTE)
    booked = (
        _beside(Cause.BOOKING, Span(begin, end), max(rules.buffer, buffer), asked, buffer)
        for begin, end, buffer in host.bookings
    )
    events = (_beside(Cause.EVENT, Span(*at), rules.buffer, asked) for at in host.events)
    found = [one for one in (*booked, *events) if one is not None]
    if host.limits is not None and (outside := gaps(host.limits, asked)):
        found.append(Hindrance(Cause.LIMITS, Span(outside[0].start, outside[-1].end)))
    return iter(sorted(found, key=lambda one: (one.span, one.cause)))


def _beside(cause: Cause, busy: Span, gap: int, asked: Span, buffer: int = 0) -> Hindrance | None:
    """A busy time as a hindrance; None if it is far enough away, or blocks nothing."""
    if busy.start >= busy.end:
        return None
    between = max(busy.start - asked.end, asked.start - busy.end)  # seconds; below zero where they overlap
    if between >= gap * MINUTE:
        return None
    return Hindrance(cause, busy, gap, between // MINUTE if between >= 0 else None, buffer)
