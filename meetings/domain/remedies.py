"""What little would make a refused time an offered one, where a single number stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass

from meetings.domain.availability import Kind
from meetings.domain.explain import Cause, Explanation, Hindrance, HostVerdict
from meetings.domain.time import MINUTE, Instant


@dataclass(frozen=True, slots=True)
class Remedy:
    """A number of minutes that would have to be at most `minutes`."""

    of: str  # "buffer", "notice" or "duration"
    minutes: int


def remedy(explanation: Explanation, start: Instant, now: Instant) -> Remedy | None:
    """The number that would have to be smaller; None where none would do, or more than one thing is in the way."""
    refusing = [verdict.rule for verdict in explanation.verdicts if not verdict.is_ok]
    if refusing == ["notice"] and start >= now:
        return Remedy("notice", (start - now) // MINUTE)
    closes_at = explanation.fit.closes_at
    if refusing == ["fit"] and closes_at is not None and closes_at - start >= MINUTE:
        return Remedy("duration", (closes_at - start) // MINUTE)
    if refusing == ["free"]:
        largest = _largest_buffer(explanation.free.kind, explanation.hosts)
        return None if largest is None else Remedy("buffer", largest)
    return None


def _largest_buffer(kind: Kind, hosts: Sequence[HostVerdict]) -> int | None:
    """The longest buffer with which the hosts who must be free would be; None if the buffer isn't what matters."""
    found = [_fitting_buffer(host.in_the_way) for host in hosts if host.is_needed and not host.is_free]
    possible = [minutes for minutes in found if minutes is not None]
    if kind == Kind.ROUND_ROBIN:
        return max(possible, default=None)
    return min(possible, default=None) if len(possible) == len(found) else None


def _fitting_buffer(in_the_way: Sequence[Hindrance]) -> int | None:
    left = [one.left for one in in_the_way if one.left is not None and one.buffer <= one.left]
    is_all = len(left) == len(in_the_way) and all(one.cause != Cause.LIMITS for one in in_the_way)
    return min(left) if is_all and left else None
