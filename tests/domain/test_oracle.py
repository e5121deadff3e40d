"""The package against the oracle: what Hypothesis can think of, and a fixed lot of random cases.

CI compares 20 000 of them, a run by hand 2 000; MEETINGS_TEST_CASES says otherwise. `python -m tests.domain.fuzz` goes on
from there.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain import fuzz

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
