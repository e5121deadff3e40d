"""Hosts' own hours, each by the clocks of their own zone: the package against the oracle."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from meetings.domain.availability import Hours, Rules, Window, is_offered, relevant_span, slots
from meetings.domain.own_hours import WHOLE_DAYS, open_time
from meetings.domain.time import FIRST_DAY, LAST_DAY, Span, days_span, zone
from tests.domain import fuzz, oracle
from tests.domain.test_oracle import CASES

OFFICE = tuple(Window(weekday, 540, 1020) for weekday in range(5))


class CaseWithOwnHours(fuzz.Case):
    """A case whose hosts live anywhere and keep hours of their own, on a link that is often open all day."""

    def __init__(self, random_: random.Random) -> None:
        super().__init__(random_)
        if random_.random() < 0.7:
            self.rules = replace(self.rules, windows=WHOLE_DAYS)
        around = relevant_span(self.rules, self.span, self.duration)
        self.own: dict[int, Rules] = {}
        for host in self.hosts:
            host.limits = None
            if random_.random() < 0.8:
                self.own[host.id] = self._own_hours()
                host.limits = open_time(_hours(self.own[host.id]), around)

    def _own_hours(self) -> Rules:
        name = self.random.choice(
            [self.zone, self.random.choice(fuzz.ODD_ZONES), self.random.choice(oracle.all_zones())]
        )
        windows = WHOLE_DAYS if self.random.random() < 0.15 else tuple(self._windows())
        return replace(self.rules, zone=name, windows=windows, overrides=tuple(self._overrides()))

    def oracle(self):
        days = [oracle.ORIGIN + timedelta(days=at // fuzz.DAY) for at in (self.span.start, self.span.end)]
        return oracle.OwnHoursOracle(self.own, {}, self.rules, self.kind, self.hosts, self.duration, self.now, *days)


def _hours(rules: Rules) -> Hours:
    return Hours(zone(rules.zone), rules.windows, rules.overrides, step=1)


def test_a_lot() -> None:
    offered = refused = 0
    for number in range(max(600, CASES // 4)):
        case = CaseWithOwnHours(random.Random(f"own hours/{number}"))
        expected = case.oracle().slots(case.span.start, case.span.end)
        assert slots(case.rules, case.kind, case.hosts, case.duration, case.span, case.now) == expected, str(case)
        case.own = {}
        offered += len(expected)
        refused += len(case.oracle().slots(case.span.start, case.span.end)) - len(expected)
    assert offered > 500  # or the cases say little
    assert refused > 500


@pytest.mark.parametrize("name", ["Europe/Paris", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"])
@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 30)])
def test_what_is_open_of_a_day(name: str, day: date) -> None:
    span = days_span(day, day, zone(name))
    hours = Hours(zone(name), WHOLE_DAYS, (), step=1)
    covered = open_time(hours, span)
    assert oracle.Oracle.covered(span.start, span.end, [(part.start, part.end) for part in covered])


def test_hours_without_any_window_are_never_open() -> None:
    assert open_time(Hours(zone("Europe/Paris"), (), (), step=1), Span(0, 10**9)) == []


def test_at_the_ends_of_the_calendar_nothing_breaks() -> None:
    for name in ("Pacific/Kiritimati", "Pacific/Niue", "UTC"):
        hours = Hours(zone(name), OFFICE, (), step=1)
        for day in (FIRST_DAY, LAST_DAY):
            span = days_span(day, day, zone("UTC"))
            for part in open_time(hours, Span(span.start - 10**6, span.end + 10**6)):
                assert part.start < part.end
        assert open_time(hours, Span(10**12, 10**12 + 1)) == []


def test_hours_that_meet_at_midnight_are_one() -> None:
    rules = fuzz.Case(random.Random(1)).rules
    late = (Window(0, 1320, 1440), Window(1, 0, 120))
    night = replace(
        rules, zone="Europe/Paris", windows=WHOLE_DAYS, overrides=(), increment=30, minimum_notice=0, buffer=0
    )
    night = replace(night, horizon=fuzz.Rolling(2))
    monday = days_span(date(2026, 11, 30), date(2026, 11, 30), zone("Europe/Paris"))
    around = Span(monday.start, monday.end + fuzz.DAY)
    host = fuzz.Host(1, [], [], limits=open_time(Hours(zone("Europe/Paris"), late, (), step=1), around))
    at = monday.end - 30 * 60
    assert is_offered(night, fuzz.Kind.INDIVIDUAL, [host], 60, at, monday.start)
    assert not is_offered(night, fuzz.Kind.INDIVIDUAL, [host], 180, at, monday.start)
