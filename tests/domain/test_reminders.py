import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain.reminders import MAXIMUM_LEAD, MINIMUM_LEAD, UNITS, due, is_skipped, is_still_useful, lead_seconds

START = 1_800_000_000


@pytest.mark.parametrize(
    ("value", "unit", "seconds"),
    [(5, "minutes", 300), (1, "hours", 3600), (24, "hours", 86400), (1, "days", 86400), (8, "weeks", 4_838_400)],
)
def test_a_lead_is_elapsed_time(value, unit, seconds):
    assert lead_seconds(value, unit) == seconds
    assert due(START, value, unit) == START - seconds


def test_the_shortest_and_the_longest_lead():
    assert (MINIMUM_LEAD, MAXIMUM_LEAD) == (5 * 60, 8 * 7 * 24 * 3600)


@pytest.mark.parametrize(
    ("due_at", "skipped"),
    [(START - 1, True), (START, True), (START + 299, True), (START + 300, True), (START + 301, False)],
)
def test_a_reminder_of_a_late_booking_is_skipped(due_at, skipped):
    assert is_skipped(due_at, created_at=START) is skipped


@pytest.mark.parametrize(
    ("lead", "before", "useful"),
    [
        (3600, 301, True),
        (3600, 300, False),
        (600, 301, True),
        (600, 300, False),
        (300, 300, True),
        (300, 151, True),
        (300, 150, False),
        (300, -1, False),
    ],
)
def test_a_late_reminder_goes_out_while_it_helps(lead, before, useful):
    assert is_still_useful(START - before, START, lead) is useful


@given(st.integers(1, 80_640), st.sampled_from(sorted(UNITS)))
def test_a_reminder_is_useful_when_it_falls_due(value, unit):
    lead = lead_seconds(value, unit)
    if lead >= MINIMUM_LEAD:
        assert is_still_useful(due(START, value, unit), START, lead)
