"""How a link's hosts stand to one time: who is free, and what is in the way of the others, as the ledger keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from meetings.domain import explain
from meetings.domain.availability import Host, Kind, Rules
from meetings.domain.explain import Cause, Hindrance
from meetings.domain.time import MINUTE, Instant, Span, days_span, local_date, merge, zone
from meetings.models import DayOff

from .offers import HostOfLink

PAUSED: Final = "paused"
HOLIDAY: Final = "holiday"


@dataclass(frozen=True)
class Judged:
    """A time that was judged: who is free then, and all hosts with what is busy around it, as the rules saw them."""

    rules: Rules
    start: Instant
    duration: int
    free: Sequence[int]
    hosts: Sequence[Host] = field(default_factory=list)

    def facts(self, host: HostOfLink) -> dict[str, Any]:
        """What a ledger keeps of a member of a round robin: that day's busy times, and what kept them from it."""
        seen = next((each for each in self.hosts if each.id == host.id), None)
        if seen is None:
            return {}
        facts: dict[str, Any] = {"busy": self._busy(seen)}
        if host.id not in self.free:
            facts["why"] = self._why(host, seen)
        return facts

    def _busy(self, host: Host) -> list[tuple[Instant, Instant]]:
        """Busy times on the day of the link's clocks on which the time asked for begins."""
        where = zone(self.rules.zone)
        date = local_date(self.start, where)
        day = days_span(date, date, where)
        spans = merge(Span(start, end) for start, end, *_ in (*host.bookings, *host.events))
        cut = [(max(span.start, day.start), min(span.end, day.end)) for span in spans]
        return [(start, end) for start, end in cut if start < end]

    def _why(self, host: HostOfLink, seen: Host) -> dict[str, Any]:
        if seen.is_paused:
            return {"cause": PAUSED}
        verdict = explain.judge(self.rules, Kind.ROUND_ROBIN, seen, self.duration, self.start)
        return kept(weightiest(verdict.in_the_way), host)


def weightiest(hindrances: Sequence[Hindrance]) -> Hindrance | None:
    """What to name first of what is in a host's way: meetings, then other busy times, then hours; short gaps last."""
    order = [Cause.BOOKING, Cause.EVENT, Cause.LIMITS]
    return min(hindrances, key=lambda one: (one.is_too_near, order.index(one.cause)), default=None)


def kept(hindrance: Hindrance | None, host: HostOfLink) -> dict[str, Any]:
    """A hindrance as a ledger keeps it; of a host's own times also whether it is a holiday."""
    if hindrance is None:
        return {}
    is_holiday = hindrance.cause == Cause.LIMITS and _is_holiday(host, hindrance.span)
    return {
        "cause": HOLIDAY if is_holiday else hindrance.cause.value,
        "start": hindrance.span.start,
        "end": hindrance.span.end,
        "is_near": hindrance.is_too_near,
    }


def _is_holiday(host: HostOfLink, span: Span) -> bool:
    where = zone(host.timezone)
    days = local_date(span.start, where), local_date(max(span.start, span.end - MINUTE), where)
    return bool(DayOff.taken([host.id], *days))
