"""The day of a time on the hour rule, for each host: open hours, what is busy, the gaps beside it, the time itself."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from meetings import i18n
from meetings.domain.availability import Host, Kind, hours_of, openings_of
from meetings.domain.time import DAY, MINUTE, Instant, Span, days_span, gaps, local_date, merge, zone
from meetings.services.explaining import Account

FIRST, LAST = 8 * 60, 20 * 60  # minutes of the day that are always shown
PARTS = 4  # stretches between the marks


@dataclass(frozen=True)
class Stroke:
    """A stretch of the rule, in minutes since the day began."""

    x: int
    width: int


@dataclass(frozen=True)
class Strokes:
    """One host's day."""

    open: list[Stroke]
    gaps: list[Stroke]
    busy: list[Stroke]


@dataclass(frozen=True)
class Drawing:
    """A day as all hosts' rules show it; hosts in the order of the account."""

    first: int
    length: int
    hours: int
    ticks: list[str]
    asked: Stroke
    hosts: list[Strokes]


def draw(account: Account, zone_name: str, locale: str) -> Drawing:
    """The local day of the time that is explained, in some zone."""
    day = local_date(account.start, zone(zone_name))
    span = days_span(day, day, zone(zone_name))
    asked = Span(account.start, account.explanation.fit.ends_at)
    open_time = _open_time(account)
    first, last = _frame([*_within([*open_time, asked], span)], (span.end - span.start) // MINUTE)
    seen = Span(span.start + first * MINUTE, span.start + last * MINUTE)
    strokes = [_strokes(account, one.busy, open_time, span.start, seen) for one in account.hosts]
    marks = range(first, last + 1, (last - first) // PARTS)
    return Drawing(
        first=first,
        length=last - first,
        hours=(last - first) // 60,
        ticks=[i18n.time(span.start + minute * MINUTE, zone_name, locale) for minute in marks],
        asked=next(_drawn([asked], span.start, seen), Stroke(0, 0)),
        hosts=strokes,
    )


def _open_time(account: Account) -> list[Span]:
    """The link's hours around that day."""
    hours = hours_of(account.rules, account.duration)
    day = local_date(account.start, hours.zone)
    return merge(openings_of(hours, day - DAY, day + DAY))


def _frame(spans: Iterable[Span], whole: int) -> tuple[int, int]:
    """From 8 to 20, wider where something lies outside: whole hours that the marks divide evenly."""
    shown = [*spans, Span(FIRST, LAST)]
    first = min(span.start for span in shown) // 60 * 60
    last = -(-max(span.end for span in shown) // 60) * 60
    last += -((last - first) // 60) % PARTS * 60
    return (first, last) if last <= whole else (max(0, whole - (last - first)), whole)


def _within(spans: Iterable[Span], day: Span) -> Iterator[Span]:
    """What of these lies in a day, in minutes since it began."""
    for one in spans:
        start, end = max(one.start, day.start), min(one.end, day.end)
        if start < end:
            yield Span((start - day.start) // MINUTE, -(-(end - day.start) // MINUTE))


def _strokes(account: Account, host: Host, open_time: Sequence[Span], midnight: Instant, seen: Span) -> Strokes:
    events = () if _ignores_events(account, host) else host.events
    buffer = account.rules.buffer
    busy = [(Span(start, end), max(buffer, own)) for start, end, own in host.bookings]
    busy += [(Span(start, end), buffer) for start, end in events]
    beside = merge(Span(one.start - gap * MINUTE, one.end + gap * MINUTE) for one, gap in busy if one.start < one.end)
    return Strokes(
        open=list(_drawn(_limited(open_time, host.limits), midnight, seen)),
        gaps=list(_drawn(beside, midnight, seen)),
        busy=list(_drawn(merge(one for one, _ in busy), midnight, seen)),
    )


def _ignores_events(account: Account, host: Host) -> bool:
    """Whether the host's calendar has no say on this link."""
    return account.explanation.free.kind == Kind.ROUND_ROBIN and not host.check_availability


def _limited(open_time: Sequence[Span], limits: Sequence[Span] | None) -> list[Span]:
    """What a host's own hours leave of the link's."""
    if limits is None:
        return list(open_time)
    return [left for one in open_time for left in gaps(gaps(limits, one), one)]


def _drawn(spans: Iterable[Span], midnight: Instant, seen: Span) -> Iterator[Stroke]:
    """The spans as far as they are seen."""
    for one in spans:
        start, end = max(one.start, seen.start), min(one.end, seen.end)
        if start < end:
            yield Stroke((start - midnight) // MINUTE, max(1, (end - start) // MINUTE))
