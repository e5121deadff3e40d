"""That the texts of tests/hostile.py would be noticed."""

import pytest

from tests import hostile


def test_there_are_enough_of_them() -> None:
    assert len(set(hostile.PAYLOADS)) >= 80
    assert all(hostile.MARK in payload for payload in [*hostile.PAYLOADS, *hostile.LINES])


@pytest.mark.parametrize("payload", hostile.MARKUP)
def test_markup_that_got_through_is_noticed(payload: str) -> None:
    harmless = "<main><p>some words</p></main>"
    assert hostile.shape(f"<main><p>{payload}</p></main>") != hostile.shape(harmless)


@pytest.mark.parametrize("payload", ["<script>1</script>", "<img src=x onerror=x>", "<a href=' javascript:x'>y</a>"])
def test_what_runs_is_a_danger(payload: str) -> None:
    assert hostile.dangers(f"<p>{payload}</p>")
    assert hostile.dangers('<p><script src="/static/app.js"></script><a href="/x">y</a></p>') == []


def test_a_line_more_in_a_calendar_is_noticed() -> None:
    made = "BEGIN:VCALENDAR\r\nPRODID:x\r\nVERSION:2.0\r\nX-A:{}\r\nEND:VCALENDAR\r\n"
    usual = hostile.calendar_shape(made.format("a").encode())
    assert hostile.calendar_shape(made.format("a\r\nX-EVIL:1").encode()) != usual
    assert hostile.calendar_shape(made.format("b\\nX-EVIL:1").encode()) == usual
