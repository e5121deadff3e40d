"""Explaining a time: the same answers as the rules give, and the facts behind them."""

import os
import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings.domain import availability
from meetings.domain.availability import DateRange, Host, Kind, Rolling, Rules, Window
from meetings.domain.explain import Cause, Hindrance, explain, refused
from meetings.domain.remedies import Remedy, remedy
from meetings.domain.time import Span, clock_change, instant_of, instants_showing, zone
from tests.domain import fuzz, oracle

CASES = int(os.environ.get("MEETINGS_TEST_CASES") or (6_000 if os.environ.get("CI") else 600))
LOTS = 4
PARIS = zone("Europe/Paris")
TUESDAY = date(2026, 12, 1)
NOW = instant_of(date(2026, 11, 30), 9 * 60, PARIS)
OFFICE = tuple(Window(weekday, 9 * 60, 17 * 60) for weekday in range(5))
RULES = Rules("Europe/Paris", OFFICE, (), 30, 60, 15, Rolling(2))


def at(hour: float, day: date = TUESDAY) -> int:
    """An instant by the hour of the day in Paris."""
    return instant_of(day, int(hour * 60), PARIS)


def ask(start: int, *hosts: Host, rules: Rules = RULES, kind: Kind = Kind.INDIVIDUAL, duration: int = 30):
    return explain(rules, kind, hosts or [Host(1, [], [])], duration, start, NOW)


def first_refusing(explanation) -> str | None:
    return next((verdict.rule for verdict in explanation.verdicts if not verdict.is_ok), None)


# --- the same answers as the rules


def difference(case: fuzz.Case) -> str | None:
    """Say where the explanation parts from the rules, and from the oracle; None if nowhere."""
    judge, asked = case.oracle(), (case.rules, case.kind, case.hosts, case.duration)
    offered = availability.slots(*asked, case.span, case.now)
    for start in case.probes(offered, judge):
        found = explain(*asked, start, case.now)
        if found.is_offered != availability.is_offered(*asked, start, case.now):
            return f"is_offered({start})"
        if not first_refusing(found) == availability.refusal(*asked, start, case.now) == judge.refusal(start):
            return f"refusal({start}): {first_refusing(found)}"
        if [host.id for host in found.hosts if host.is_free] != availability.free_hosts(*asked, start):
            return f"free_hosts({start})"
        if problem := remedy_difference(case, found, start):
            return problem
    expected = [(start, judge.refusal(start)) for start in judge.grid if case.span.start <= start < case.span.end]
    if refused(*asked, case.span, case.now) != sorted((start, rule) for start, rule in expected if rule):
        return "refused"
    return None


def remedy_difference(case: fuzz.Case, found, start: int) -> str | None:
    """What is said to help does, and a minute more doesn't."""
    cure = remedy(found, start, case.now)
    if cure is None or (cure.of == "duration" and case.rules.increment is None):  # where it changes the grid, too
        return None
    for more, is_enough in ((0, True), (1, False)):
        rules, duration = case.rules, case.duration
        if cure.of == "duration":
            duration = cure.minutes + more
        else:
            name = "buffer" if cure.of == "buffer" else "minimum_notice"
            rules = replace(rules, **{name: cure.minutes + more})
        if availability.is_offered(rules, case.kind, case.hosts, duration, start, case.now) != is_enough:
            return f"{cure} at {start}, {more} more"
    return None


@settings(max_examples=max(60, CASES // 20), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_any_case(random_):
    case = fuzz.Case(random_)
    assert difference(case) is None, str(case)


@pytest.mark.parametrize("lot", range(LOTS))
def test_lot(lot):
    for number in range(CASES // LOTS):
        case = fuzz.Case(random.Random(f"explain {lot}/{number}"))
        assert difference(case) is None, str(case)


def test_a_lot_meets_every_remedy_and_every_cause():
    """The random cases are worth something."""
    cures, causes = set(), set()
    for number in range(400):
        case = fuzz.Case(random.Random(f"remedies {number}"))
        for start in case.probes([], case.oracle()):
            found = explain(case.rules, case.kind, case.hosts, case.duration, start, case.now)
            cure = remedy(found, start, case.now)
            cures.add(cure and cure.of)
            causes.update(one.cause for host in found.hosts for one in (*host.in_the_way, *host.ignored))
    assert cures == {None, "buffer", "notice", "duration"}
    assert causes == set(Cause)


@pytest.mark.parametrize("start", [-(10**11), 10**12, -62135596800, 253402300799])
def test_beyond_the_calendar_nothing_is_offered_and_everything_still_said(start):
    found = ask(start)
    assert not found.is_offered
    assert first_refusing(found) == availability.refusal(RULES, Kind.INDIVIDUAL, [Host(1, [], [])], 30, start, NOW)


# --- the facts


def test_an_offered_time_says_yes_to_everything():
    found = ask(at(10))
    assert found.is_offered
    assert all(verdict.is_ok for verdict in found.verdicts)
    assert (found.grid.day, found.grid.windows, found.grid.is_override) == (TUESDAY, ((540, 1020),), False)
    assert (found.grid.previous, found.grid.next) == (at(9.5), at(10.5))
    assert found.fit.closes_at == at(17)
    assert found.notice.ends_at == NOW + 3600
    assert (found.horizon.first, found.horizon.last) == (date(2026, 11, 30), date(2026, 12, 13))


def test_between_two_starts_both_are_known():
    found = ask(at(10.25))
    assert first_refusing(found) == "grid"
    assert found.grid.opening == Span(at(9), at(17))
    assert (found.grid.previous, found.grid.next) == (at(10), at(10.5))


def test_outside_the_windows_no_opening_holds_it():
    found = ask(at(20))
    assert found.grid.opening is None
    assert found.fit.closes_at is None
    assert (found.grid.previous, found.grid.next) == (at(16.5), at(9, date(2026, 12, 2)))


def test_a_closed_date_and_one_with_hours_of_its_own():
    closed = ask(at(10), rules=replace(RULES, overrides=((TUESDAY, ()),))).grid
    assert (closed.is_override, closed.windows) == (True, ())
    moved = ask(at(10), rules=replace(RULES, overrides=((TUESDAY, ((720, 780), (770, 840))),))).grid
    assert (moved.is_override, moved.windows) == (True, ((720, 840),))


def test_too_long_for_the_window():
    found = ask(at(16.5), duration=60)
    assert first_refusing(found) == "fit"
    assert found.fit.ends_at == at(17.5)
    assert remedy(found, at(16.5), NOW) == Remedy("duration", 30)


def test_too_soon_and_too_late():
    soon = ask(at(9.5, date(2026, 11, 30)))
    assert first_refusing(soon) == "notice"
    assert remedy(soon, at(9.5, date(2026, 11, 30)), NOW) == Remedy("notice", 30)
    late = ask(at(10, date(2026, 12, 21)))
    assert first_refusing(late) == "horizon"
    assert remedy(late, at(10, date(2026, 12, 21)), NOW) is None
    past = ask(at(10), rules=replace(RULES, horizon=DateRange(date(2026, 12, 5), date(2026, 12, 9))))
    assert (past.horizon.is_ok, past.horizon.first) == (False, date(2026, 12, 5))


def test_whatever_is_in_the_way_is_listed_with_its_gap():
    host = Host(1, [(at(9), at(10), 30)], [(at(10.75), at(11)), (at(12), at(13)), (at(10), at(10))])
    (judged,) = ask(at(10), host).hosts
    assert judged.in_the_way == (
        Hindrance(Cause.BOOKING, Span(at(9), at(10)), 30, 0, 30),
        # 10:30 to 10:45 is exactly the gap of 15 minutes, and an empty event blocks nothing
    )
    (judged,) = ask(at(10.5), host).hosts
    assert judged.in_the_way == (Hindrance(Cause.EVENT, Span(at(10.75), at(11)), 15, None),)


def test_a_smaller_gap_helps_only_where_the_other_booking_needs_no_longer_one():
    own = ask(at(10.5), Host(1, [(at(9.5), at(10.5) - 300, 0)], []))
    assert remedy(own, at(10.5), NOW) == Remedy("buffer", 5)
    theirs = ask(at(10.5), Host(1, [(at(9.5), at(10.5) - 300, 30)], []))
    assert remedy(theirs, at(10.5), NOW) is None


def test_outside_their_own_hours():
    (judged,) = ask(at(10), Host(1, [], [], limits=[Span(at(9), at(10.25)), Span(at(12), at(13))])).hosts
    assert judged.in_the_way == (Hindrance(Cause.LIMITS, Span(at(10.25), at(10.5))),)


def test_who_counts_depends_on_the_kind():
    event = (at(10), at(11))
    alice, bob = Host(1, [], []), Host(2, [], [event], check_availability=False)
    carol = Host(3, [], [event], is_paused=True)
    group = ask(at(10), alice, bob, carol, kind=Kind.GROUP)
    assert group.is_offered
    assert [(one.is_needed, one.is_free, bool(one.ignored)) for one in group.hosts] == [
        (True, True, False),
        (False, True, True),
        (False, False, False),
    ]
    robin = ask(at(10), replace(bob, bookings=[(at(10), at(11), 0)]), carol, kind=Kind.ROUND_ROBIN)
    assert first_refusing(robin) == "free"
    assert [one.cause for one in robin.hosts[0].in_the_way] == [Cause.BOOKING]
    assert [one.cause for one in robin.hosts[0].ignored] == [Cause.EVENT]


def test_nobody_is_there():
    found = ask(at(10), Host(1, [], [], is_paused=True), kind=Kind.GROUP)
    assert (found.free.is_ok, found.free.is_anybody_there) == (False, False)


# --- clocks


def test_a_clock_shows_a_minute_once_twice_or_never():
    forward, back = date(2026, 3, 29), date(2026, 10, 25)
    assert instants_showing(TUESDAY, 600, PARIS) == [at(10)]
    assert instants_showing(forward, 150, PARIS) == []
    first = instant_of(back, 150, PARIS)
    assert instants_showing(back, 150, PARIS) == [first, first + 3600]
    assert instants_showing(TUESDAY, 1440, PARIS) == instants_showing(date(2026, 12, 2), 0, PARIS)
    assert clock_change(TUESDAY, PARIS) is None
    assert clock_change(forward, PARIS) == (instant_of(forward, 180, PARIS), 3600)
    assert clock_change(back, PARIS) == (first + 1800, -3600)


@settings(max_examples=max(60, CASES // 10), deadline=None)
@given(st.randoms(use_true_random=False))
def test_instants_show_what_was_asked_for(random_):
    """Against the oracle's own clocks, on days on which they change."""
    name = random_.choice(fuzz.ODD_ZONES)
    turn = random_.choice(fuzz.clock_changes(name) or [0])
    day = oracle.ORIGIN + (date.fromordinal(1 + turn // fuzz.DAY) - date.min)
    minute = random_.randrange(1440)
    found = instants_showing(day, minute, zone(name))
    shown = (day - oracle.ORIGIN).days * fuzz.DAY + minute * 60
    near = {shown - oracle.shift(moment, name) for moment in range(turn - 2 * fuzz.DAY, turn + 2 * fuzz.DAY, 3600)}
    assert found == sorted(moment for moment in near if moment + oracle.shift(moment, name) == shown)
