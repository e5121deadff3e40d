import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain.fields import wall_of
from meetings.domain.typed import parse_hours

NINE, HALF_PAST_NINE, FIVE, HALF_PAST_FIVE = 540, 570, 1020, 1050


@pytest.mark.parametrize(
    ("typed", "minute"),
    [
        ("9", NINE),
        ("09", NINE),
        ("9:00", NINE),
        (" 9:30 ", HALF_PAST_NINE),
        ("09:30", HALF_PAST_NINE),
        ("09:30:00", HALF_PAST_NINE),
        ("9.30", HALF_PAST_NINE),
        ("930", HALF_PAST_NINE),
        ("0930", HALF_PAST_NINE),
        ("9am", NINE),
        ("9 a.m.", NINE),
        ("9:30 AM", HALF_PAST_NINE),
        ("9h30", HALF_PAST_NINE),
        ("9 h 30", HALF_PAST_NINE),
        ("9u30", HALF_PAST_NINE),
        ("9 Uhr", NINE),
        ("9.30 Uhr", HALF_PAST_NINE),
        ("17", FIVE),
        ("17h", FIVE),
        ("5pm", FIVE),
        ("5 p", FIVE),
        ("17h30", HALF_PAST_FIVE),
        ("1730", HALF_PAST_FIVE),
        ("5:30 p.m.", HALF_PAST_FIVE),
        ("٩:٣٠", HALF_PAST_NINE),
        ("９：３０", HALF_PAST_NINE),
        ("9:30\u202fAM", HALF_PAST_NINE),
        ("0", 0),
        ("00:00", 0),
        ("12 am", 0),
        ("1 am", 60),
        ("1 pm", 780),
        ("12:30am", 30),
        ("12", 720),
        ("12 pm", 720),
        ("24", 1440),
        ("24:00", 1440),
        ("2400", 1440),
    ],
)
def test_a_time_is_understood(typed, minute):
    assert parse_hours(typed) == minute


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "noon",
        "am",
        "25",
        "24:01",
        "9:60",
        "9:5",
        "1375",
        "13pm",
        "0am",
        "-9",
        "9-10",
        "9:30:15",
        "12345",
        "9:3 0",
        "9" * 1000,
        "½",
        "9 o'clock",
    ],
)
def test_anything_else_is_no_time(typed):
    assert parse_hours(typed) is None


@given(st.integers(0, 1440))
def test_what_we_write_we_read(minute):
    assert parse_hours(wall_of(minute)) == minute


@given(st.text(max_size=30))
def test_any_text_is_answered(typed):
    minute = parse_hours(typed)
    assert minute is None or 0 <= minute <= 1440
