"""The package against the oracle: what Hypothesis can think of, and a fixed lot of random cases.

CI compares 20 000 of them, a run by hand 2 000; MEETINGS_TEST_CASES says otherwise. `python -m tests.domain.fuzz` goes on
from there.
"""

import os
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings.domain import availability
from meetings.domain.availability import DateRange, Host, Kind, Rules, Window
from meetings.domain.time import Span
from tests.domain import fuzz, oracle

CASES = int(os.environ.get("MEETINGS_TEST_CASES") or (20_000 if os.environ.get("CI") else 2_000))
LOTS = 10


@settings(max_examples=max(100, CASES // 50), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_any_case(random_):
    case = fuzz.Case(random_)
    assert case.difference() is None, str(case)


@settings(max_examples=max(100, CASES // 20), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_any_reading_of_any_clock(random_):
    assert fuzz.clock_difference(random_) is None


@pytest.mark.parametrize("seed", range(LOTS))
def test_lot(seed):
    difference, compared = fuzz.run(CASES // LOTS, seed)
    assert difference is None
    assert compared > CASES // LOTS  # more than one slot per case on the average, or the lot says little


def test_every_rule_is_met_in_a_lot():
    """The random cases are worth something: each answer is common among the starts they look at."""
    answers = fuzz.answers(300, seed=1)
    assert set(answers) == {None, "fit", "notice", "horizon", "free"}
    assert min(answers.values()) > sum(answers.values()) / 50


@pytest.fixture
def daily_blocks(monkeypatch):
    """Openings kept for a single day at a time: a seam at every midnight."""
    availability._block.cache_clear()
    monkeypatch.setattr(availability, "BLOCK_DAYS", 1)
    yield
    availability._block.cache_clear()


@pytest.mark.usefixtures("daily_blocks")
def test_a_lot_with_a_seam_at_every_midnight():
    difference, _ = fuzz.run(CASES // 20, seed="seams")
    assert difference is None


@pytest.mark.usefixtures("daily_blocks")
@pytest.mark.parametrize("increment", [10, 30])
@pytest.mark.parametrize(
    "hours",
    [
        [(1210, 1410), (0, 120)],  # both days' windows overlap in the hour that is shown twice
        [(1200, 1410), (60, 120)],  # the old day's window gives starts in the new day's first minute
        [(1320, 1440), (0, 120)],  # the new day's window gives starts in the old day's second 23:01 to 24:00
    ],
)
def test_seams_where_clocks_go_back_across_midnight(hours, increment):
    changed = 1289097060  # 2010-11-07 00:01 became 2010-11-06 23:01 in Newfoundland
    windows = tuple(Window(weekday, *window) for weekday in range(7) for window in hours)
    days = date(2010, 11, 1), date(2010, 11, 20)
    rules = Rules("America/St_Johns", windows, (), increment, 0, 0, DateRange(*days))
    asked, now = (rules, Kind.INDIVIDUAL, [Host(1, [], [])], 30), changed - 7 * 86_400
    judge = oracle.Oracle(*asked, now, *days)
    span = Span(changed - 5 * 3600, changed + 5 * 3600)
    expected = judge.slots(span.start, span.end)
    assert availability.slots(*asked, span, now) == expected
    starts = range(span.start, span.end, 60)
    assert [at for at in starts if availability.is_offered(*asked, at, now)] == expected
    assert [at for at in starts if availability.refusal(*asked, at, now) is None] == expected


@pytest.mark.usefixtures("daily_blocks")
def test_a_meeting_of_several_days_crosses_seams():
    windows = tuple(Window(weekday, 0, 1440) for weekday in range(7))
    rules = Rules("UTC", windows, ((date(2026, 6, 6), ()),), 1440, 0, 0, DateRange(date(2026, 6, 1), date(2026, 6, 9)))
    span = Span(1780272000, 1780272000 + 9 * 86_400)  # 2026-06-01 to 2026-06-09
    found = availability.slots(rules, Kind.INDIVIDUAL, [Host(1, [], [])], 3 * 1440, span, 0)
    assert [(start - span.start) // 86_400 + 1 for start in found] == [1, 2, 3, 7, 8, 9]
