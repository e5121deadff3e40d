"""Days that hosts take off, each by the calendar of their own zone: the package against the oracle."""

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from meetings.domain.availability import relevant_span, slots
from meetings.domain.time import Span, days_span, gaps, zone
from tests.domain import fuzz, oracle
from tests.domain.test_oracle import CASES


class CaseWithDaysOff(fuzz.Case):
    """A case whose hosts live anywhere and take days off around the days that are looked at."""

    def __init__(self, random_: random.Random) -> None:
        super().__init__(random_)
        around = relevant_span(self.rules, self.span, self.duration)
        self.closed: dict[int, Sequence[tuple[int, int]]] = {}
        for host in self.hosts:
            name = random_.choice([self.zone, random_.choice(fuzz.ODD_ZONES), random_.choice(oracle.all_zones())])
            days = {self._date() for _ in range(random_.choice([0, 1, 2, 4]))}
            host.limits = gaps([days_span(day, day, zone(name)) for day in days], around) if days else None
            hulls = [oracle.hull(day, day, name) for day in days]
            self.closed[host.id] = [hull for hull in hulls if hull is not None]

    def oracle(self):
        days = [oracle.ORIGIN + timedelta(days=at // fuzz.DAY) for at in (self.span.start, self.span.end)]
        return WithDaysOff(self.closed, self.rules, self.kind, self.hosts, self.duration, self.now, *days)


class WithDaysOff(oracle.Oracle):
    """Knows nothing of limits: no part of the meeting lies on a day off."""

    def __init__(self, closed, *case) -> None:
        super().__init__(*case)
        self.closed = closed

    def is_free(self, host, start) -> bool:
        if self.kind == "group" and not host.check_availability:
            return True
        is_off = any(begin < start + self.duration and start < end for begin, end in self.closed[host.id])
        limits, host.limits = host.limits, None
        try:
            return not is_off and super().is_free(host, start)
        finally:
            host.limits = limits


def test_a_lot() -> None:
    refused = 0
    for number in range(max(500, CASES // 4)):
        case = CaseWithDaysOff(random.Random(f"days off/{number}"))
        judge = case.oracle()
        expected = judge.slots(case.span.start, case.span.end)
        assert slots(case.rules, case.kind, case.hosts, case.duration, case.span, case.now) == expected, str(case)
        case.closed = dict.fromkeys(case.closed, ())
        refused += len(case.oracle().slots(case.span.start, case.span.end)) - len(expected)
    assert refused > 100  # or the days off say little


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50))), st.integers(-40, 40), st.integers(0, 60))
def test_gaps_are_all_that_the_spans_leave(pairs: list[tuple[int, int]], start: int, length: int) -> None:
    within = Span(start, start + length)
    left = gaps([Span(*pair) for pair in pairs], within)
    expected = {at for at in range(start, start + length) if not any(begin <= at < end for begin, end in pairs)}
    assert {at for span in left for at in range(span.start, span.end)} == expected
    assert all(span.start < span.end for span in left)
    assert all(one.end < other.start for one, other in pairwise(left))
