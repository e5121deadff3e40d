"""Times as text: which days and times it names, in whose zone and language, and where each leads."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain.time import to_instant
from meetings.models import Link
from meetings.services import links, sharing
from meetings.services.sharing import Wish
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")


def wish(**more: Any) -> Wish:
    return Wish(**{"duration": 30, "zone": "Europe/Paris", "locale": "en-GB", "days": 2, **more})


def text(link: Link, **more: Any) -> str:
    return sharing.plain(sharing.times(link, wish(**more), NOW))


def test_lines_to_paste() -> None:
    link = make.link(start_increment="duration", available_hours=[hours("10:00", "11:30")])
    assert text(link) == (
        "Meet Alice Martin\n"
        "30 min, Paris time (UTC+1)\n"
        "\n"
        "Mon 30 Nov: 10:00, 10:30, 11:00\n"
        "Tue 1 Dec: 10:00, 10:30, 11:00\n"
        "\n"
        "All times, and other time zones: http://localhost/book/demo\n"
    )


def hours(start: str, end: str) -> dict[str, Any]:
    return {"days": ["mon", "tue", "wed", "thu", "fri"], "start": start, "end": end}


def test_with_links_each_time_has_its_own() -> None:
    link = make.link(start_increment="duration", available_hours=[hours("10:00", "11:00")], heading="Talk")
    said = sharing.plain(sharing.times(link, wish(days=1), NOW), has_links=True)
    start = to_instant(make.at("2026-11-30 09:00"))
    assert f"Mon 30 Nov\n  10:00  http://localhost/book/demo?start={start}\n" in said


def test_the_address_says_what_the_page_can_not_know() -> None:
    link = make.link(durations=[30, 60])
    said = sharing.times(link, wish(duration=60, zone="Asia/Tokyo", once="abc"), NOW)
    assert re.fullmatch(
        r"http://localhost/book/demo\?start=\d+&duration=60&timezone=Asia%2FTokyo&once=abc", said.days[0].times[0].url
    )
    assert said.page_url == "http://localhost/book/demo?once=abc"


def test_it_speaks_the_language_and_the_clock_that_are_asked_for() -> None:
    link = make.link(available_hours=[hours("14:00", "15:00")], start_increment="duration")
    assert "2:00" in text(link, clock="12")
    french = text(link, locale="fr")
    assert "lun. 30 nov." in french
    assert "heure de Paris" in french or "Paris" in french


def test_days_without_times_are_passed_over() -> None:
    link = make.link(available_hours=[{"days": ["thu"], "start": "09:00", "end": "10:00"}], window=weeks(8))
    said = sharing.times(link, wish(days=4), NOW)
    assert [day.label for day in said.days] == ["Thu 3 Dec", "Thu 10 Dec", "Thu 17 Dec", "Thu 24 Dec"]


def weeks(count: int) -> dict[str, Any]:
    return {"kind": "rolling", "weeks": count}


def test_the_horizon_ends_it() -> None:
    link = make.link(window=weeks(1))
    assert len(sharing.times(link, wish(days=31), NOW).days) <= 6


def test_a_far_range_of_dates_is_found_at_once() -> None:
    link = make.link(window={"kind": "range", "start": "2099-01-05", "end": "2099-01-06"})
    assert [day.label for day in sharing.times(link, wish(), NOW).days] == ["Mon 5 Jan", "Tue 6 Jan"]


def test_a_change_of_the_clocks_is_told() -> None:
    link = make.link(window=weeks(2))
    said = sharing.times(link, wish(days=10), make.at("2027-03-22 08:00"))
    labels = [day.label for day in said.days]
    assert "Fri 26 Mar" in labels
    assert "Mon 29 Mar (UTC+2)" in labels


def test_a_link_that_offers_nothing_says_so() -> None:
    link = make.link()
    off = links.switch_off(link.organizer, link, NOW)
    for nothing in (off, make.link(link.organizer, "none", available_hours=[])):
        said = sharing.times(nothing, wish(), NOW)
        for written in (sharing.plain(said), sharing.markdown(said), sharing.html(said)):
            assert "No time is free at the moment." in written


def test_what_is_taken_is_not_told() -> None:
    link = make.link(available_hours=[hours("10:00", "11:00")], start_increment="duration")
    make.booking(link, "2026-12-01 09:00")
    assert "Tue 1 Dec: 10:30\n" in text(link)


@pytest.mark.parametrize(
    ("most", "told"),
    [(1, ["09:00"]), (2, ["09:00", "16:30"]), (3, ["09:00", "13:00", "16:30"]), (0, None), (99, None)],
)
def test_few_times_are_spread_over_the_day(most: int, told: list[str] | None) -> None:
    link = make.link(start_increment="duration")
    said = sharing.times(link, wish(days=2, most=most), NOW)
    found = [one.label for one in said.days[1].times]
    assert found == told or (told is None and len(found) == 16)


@given(st.integers(0, 60), st.integers(0, 20))
def test_a_spread_is_in_order_and_never_twice(count: int, most: int) -> None:
    found = sharing._spread(list(range(count)), most)
    assert found == sorted(set(found))
    assert len(found) == (min(count, most) if most else count)


HOSTILE = ["<script>alert(1)</script>", "[x](javascript:alert(1))", "a\\](b", "`code` *b* _i_ #h |t|", '"><img src=x>']


@pytest.mark.parametrize("heading", HOSTILE)
def test_hostile_words_stay_words(heading: str) -> None:
    link = make.link(heading=heading)
    said = sharing.times(link, wish(days=1), NOW)
    html = sharing.html(said)
    assert "<script" not in html
    assert "<img" not in html
    markdown = sharing.markdown(said).splitlines()[0]
    assert not re.search(r"(?<!\\)[\[\]<>`#|]", markdown)
    assert re.sub(r"\\(.)", r"\1", markdown.removeprefix("**").removesuffix("**  ")) == heading
    assert sharing.plain(said).startswith(heading)


def test_the_notice_counts_from_now() -> None:
    link = make.link(minimum_notice=24 * 60)
    said = sharing.times(link, wish(days=1), NOW)
    assert said.days[0].label == "Tue 1 Dec"
    assert sharing.times(link, wish(days=1), NOW + timedelta(days=1)).days[0].label == "Wed 2 Dec"
