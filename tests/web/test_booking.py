"""The booking page without script: what it shows, and taking a time through its form."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock, db
from meetings.domain.time import to_instant
from meetings.errors import Busy, Problem, RateLimited
from meetings.models import Answer, Booking, Delivery, Link, Setting
from meetings.services import bookings, links
from tests import make
from tests.web.pages import Page, visit

NEXT_TUESDAY = make.at("2026-12-01 09:00")  # 10:00 in Paris
QUESTION = {
    "fields": [{"name": "topic", "label": "What about?", "type": "question", "kind": "text", "required": False}]
}


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link(durations=[30, 60], form=QUESTION, heading="Talk to Alice")


def slots(page: Page) -> list[str]:
    return [page.words(one) for one in page.all("a", class_="slot")]


def days(page: Page) -> list[str]:
    return [one.get("id", "").removeprefix("d") for one in page.all("a", class_="day")]


def chosen_day(page: Page) -> str:
    return next(one[0].get("id", "") for one in page.all("td", aria_selected="true")).removeprefix("d")


def at(start: datetime) -> str:
    return f"start={to_instant(start)}"


def form_page(client: FlaskClient, start: datetime = NEXT_TUESDAY, more: str = "") -> Page:
    return visit(client, f"/book/demo?{at(start)}{more}")


def fill(page: Page, **changes: Any) -> Any:
    """Send the form and look at the answer itself, not where it leads."""
    action = form_action(page)
    given = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com", **changes}
    values = {name: value for name, value in {**page.fields(action), **given}.items() if value is not None}
    return page.client.post(action, data=values)


def form_action(page: Page) -> str:
    return next(one.get("action", "") for one in page.all("form", id="details"))


def wrong(page: Page) -> dict[str, str]:
    return {one.get("id", "").removeprefix("w-"): page.words(one) for one in page.all("p", class_="wrong")}


# --- month and times


def test_the_first_day_with_a_free_time_is_open(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo")
    assert page.status == 200
    assert page.heading() == "Talk to Alice"
    assert chosen_day(page) == "2026-11-30"
    assert slots(page)[:2] == ["09:00", "09:15"]
    assert slots(page)[-1] == "16:30"
    assert "Paris time (UTC+1)" in page.main()


def test_a_month_without_free_time_is_passed_over(client: FlaskClient) -> None:
    make.link(window={"kind": "range", "start": "2027-01-05", "end": "2027-01-20"})
    page = visit(client, "/book/demo")
    assert "January 2027" in page.main()
    assert chosen_day(page) == "2027-01-05"


def test_an_empty_month_leads_to_the_next_free_day(client: FlaskClient) -> None:
    make.link(window={"kind": "range", "start": "2027-01-05", "end": "2027-01-20"})
    page = visit(client, "/book/demo?month=2026-12")
    assert "No free time in December" in page.main()
    assert chosen_day(page.go("Go to Tue 5 Jan")) == "2027-01-05"


def test_nothing_at_all_is_said(client: FlaskClient) -> None:
    make.link(available_hours=[])
    assert "No free time at the moment" in visit(client, "/book/demo").main()


def test_dates_that_have_passed_are_said_to_have_passed(client: FlaskClient) -> None:
    make.link(window={"kind": "range", "start": "2026-11-02", "end": "2026-11-05"})
    page = visit(client, "/book/demo")
    assert "This is over The dates of this page have passed." in page.main()
    assert "No free time" not in page.main()


def test_the_last_day_lasts_as_long_as_in_the_links_zone(client: FlaskClient) -> None:
    """Monday evening in Honolulu is Tuesday morning in London."""
    clock.set_source(lambda: make.at("2026-12-01 08:00"))
    days = {"kind": "range", "start": "2026-11-30", "end": "2026-11-30"}
    make.link(
        timezone="Pacific/Honolulu", window=days, available_hours=[{"days": ["mon"], "start": "23:00", "end": "24:00"}]
    )
    assert visit(client, "/book/demo?timezone=Pacific/Honolulu").all("a", class_="slot")


def test_days_are_the_visitors_days(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?timezone=Pacific/Auckland&date=2026-12-02")
    assert chosen_day(page) == "2026-12-02"  # Tuesday afternoon in Paris
    assert slots(page)[0] == "00:00"
    assert "2026-12-05" in days(page)  # Friday evening in Paris is Saturday there


def test_a_time_that_the_clock_shows_twice_says_which(client: FlaskClient) -> None:
    clock.set_source(lambda: datetime(2026, 10, 20, 8, 0, tzinfo=UTC))
    everyday = [{"days": ["sat", "sun"], "start": "00:00", "end": "24:00"}]
    make.link(available_hours=everyday, start_increment=30)
    page = visit(client, "/book/demo?timezone=Europe/Paris&date=2026-10-25")
    assert [one for one in slots(page) if one.startswith("02:30")] == ["02:30 UTC+2", "02:30 UTC+1"]


def test_another_duration_keeps_the_day(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?date=2026-12-02").go("60 min")
    assert chosen_day(page) == "2026-12-02"
    assert slots(page)[-1] == "16:00"


def test_a_booked_time_is_not_offered(client: FlaskClient, link: Link) -> None:
    make.booking(link, NEXT_TUESDAY)
    assert "10:00" not in slots(visit(client, "/book/demo?date=2026-12-01"))


def test_twelve_hours_on_the_clock(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?date=2026-12-02").go("12 h")
    assert chosen_day(page) == "2026-12-02"
    assert re.sub(r"\s", " ", slots(page)[-1]) == "4:30 pm"


def test_zone_and_clock_are_remembered(client: FlaskClient, link: Link) -> None:
    visit(client, "/book/demo?timezone=Asia/Tokyo&clock=12")
    assert "Tokyo time (UTC+9)" in visit(client, "/book/demo").main()
    assert "pm" in slots(visit(client, "/book/demo"))[-1]


def test_the_browsers_zone_counts_until_one_is_chosen(client: FlaskClient, link: Link) -> None:
    client.set_cookie("browser_zone", "Asia/Tokyo")
    assert "Tokyo time" in visit(client, "/book/demo").main()
    visit(client, "/book/demo?timezone=Europe/Lisbon")
    assert "Lisbon time" in visit(client, "/book/demo").main()


def test_the_hosts_distance_is_told(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?timezone=Europe/London")
    assert "Alice is in Paris, 1 hour ahead of you." in page.main()
    assert "Alice is in" not in visit(client, "/book/demo?timezone=Europe/Oslo").main()


def test_arrows_lead_only_where_something_can_be(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?month=2026-12")
    assert "December 2026" in page.go("November 2026").main()
    assert "January 2027 can’t be booked yet" in page.words(page.all("div", class_="arrows")[0])
    first = visit(client, "/book/demo?month=2026-11")
    assert "October 2026 has passed" in first.words(first.all("div", class_="arrows")[0])


@pytest.mark.parametrize(
    "query",
    [
        "timezone=Mars/Olympus",
        "timezone=../../etc/passwd",
        "timezone=Factory",
        "duration=0",
        "duration=٣٠",
        "duration=1e9",
        "month=2026-13",
        "month=0000-01",
        "month=9999-12",
        "month=1971-01",
        "date=2026-02-30",
        "date=0001-01-01",
        "date=9999-12-31",
        "start=tomorrow",
        "start=99999999999",
        "start=-1",
        "start=2026-12-01T10:00",
        "start=2026-12-01T10:00:00%2B25:00",
        "clock=13",
        "lang=xx",
        "lang=%00",
        "month=%F0%9F%98%80&date=%00&start=%00",
        "a=" + "x" * 5000,
    ],
)
def test_what_the_address_says_wrongly_counts_as_not_said(client: FlaskClient, link: Link, query: str) -> None:
    page = visit(client, f"/book/demo?{query}")
    assert page.status == 200
    assert page.heading() == "Talk to Alice"


@pytest.mark.parametrize("start", ["2026-12-01T10:00:00+01:00", "2026-12-01T09:00:00Z", "1796115600"])
def test_a_start_may_be_an_instant_in_words(client: FlaskClient, link: Link, start: str) -> None:
    page = Page(client, client.get("/book/demo", query_string={"start": start}))
    assert "Confirm for Tue 1 Dec, 10:00" in page.main()


def test_in_french_where_the_browser_asks_for_it(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo", Accept_Language="fr-CA,fr;q=0.8")
    assert next(page.tree.iter("html")).get("lang") == "fr-CA"
    assert "décembre 2026" in visit(client, "/book/demo?month=2026-12&lang=fr").main()


def test_a_links_own_language_wins_over_the_browsers(client: FlaskClient) -> None:
    make.link(language="fr")
    page = visit(client, "/book/demo", Accept_Language="en-GB")
    assert next(page.tree.iter("html")).get("lang") == "fr"


def test_right_to_left(app: Flask, client: FlaskClient, link: Link) -> None:
    app.config["LOCALES"] = ("en", "ar")
    page = visit(client, "/book/demo?lang=ar")
    assert next(page.tree.iter("html")).get("dir") == "rtl"
    assert page.words(page.all("th")[0]).startswith("السبت")


def test_the_language_menu_keeps_the_day(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?date=2026-12-02&topic=Echo").go("Français")
    assert chosen_day(page) == "2026-12-02"
    assert "topic=Echo" in page.address


def test_what_a_host_writes_is_text(client: FlaskClient) -> None:
    evil = "<img src=x onerror=alert(1)>"
    make.link(heading=evil, overview={"description": f"{evil}\n\n{evil}", "location": evil})
    page = visit(client, "/book/demo")
    assert page.heading() == evil
    assert page.all("img") == []


def test_the_place_to_join_at_is_for_those_who_booked(client: FlaskClient) -> None:
    make.link(overview={"location": "https://meet.example/secret-room"})
    assert "secret-room" not in client.get("/book/demo").get_data(as_text=True)
    assert "Video call" in visit(client, "/book/demo").main()


@pytest.mark.parametrize(
    ("kind", "location", "shown"),
    [
        ("phone", "+33 1 23 45 67 89", "By phone; the number comes with the invitation"),
        ("link", "https://meet.example/a", "Video call; the link comes with the invitation"),
        ("custom", "Zoom: https://meet.example/a", "Zoom"),
        ("address", "Alecrim 41\nLisbon", "Alecrim 41 Lisbon"),
    ],
)
def test_anybody_reads_where_it_is_as_far_as_that_is_their_business(client, kind, location, shown):
    make.link(overview={"location_kind": kind, "location": location})
    for path in ("/book/demo", f"/book/demo?start={to_instant(make.at('2026-12-01 09:00'))}", "/api/v1/book/demo"):
        text = client.get(path).get_data(as_text=True)
        assert kind == "address" or location not in text
        assert "meet.example" not in text
    assert shown in visit(client, "/book/demo").main()


def test_a_description_is_formatted_and_its_links_open_beside_the_page(client: FlaskClient) -> None:
    make.link(overview={"description": "Bring **plans**\nand [this](https://example.org).\n\n1. one\n2. two"})
    page = visit(client, "/book/demo")
    assert [page.words(one) for one in page.all("strong") if page.words(one) == "plans"] == ["plans"]
    [link] = page.all("a", href="https://example.org")
    assert (link.get("target"), link.get("rel")) == ("_blank", "nofollow noopener noreferrer")
    assert len(page.all("ol")[-1].findall("li")) == 2


def test_nothing_private_of_the_hosts_is_on_the_page(client: FlaskClient, link: Link) -> None:
    text = client.get("/book/demo").get_data(as_text=True)
    assert "alice@example.org" not in text
    assert "Link demo" not in text  # the internal name


# --- teams


def test_a_group_shows_everybody_and_the_farthest_clock(client: FlaskClient) -> None:
    team = [make.user("Alice Martin"), make.user("Aiko Tanabe", timezone="Asia/Tokyo")]
    make.link(team[0], kind="group", team=team, available_hours=[{"days": ["tue"], "start": "09:00", "end": "10:00"}])
    page = visit(client, "/book/demo")
    assert "Alice Martin Paris, same time as you" in page.main()
    assert "Aiko Tanabe Tokyo, 8 hours ahead of you" in page.main()
    assert "Free for all 2 of your hosts at once." in page.main()
    assert slots(page)[0] == "09:00 17:00 in Tokyo"


def test_a_round_robin_says_that_it_is_one_of_them(client: FlaskClient) -> None:
    team = [make.user(f"{name} X") for name in ("Ann", "Ben", "Cem", "Dora", "Eva")]
    make.link(team[0], kind="round_robin", team=team)
    page = visit(client, "/book/demo")
    assert "Ann, Ben and 3 others You will meet one of us" in page.main()


# --- the form


def test_choosing_a_time_shows_the_form_for_it(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?timezone=Europe/London&date=2026-12-01").go("09:00")
    assert "Tuesday 1 December, 09:00" in page.main()
    assert "Until 09:30, London time (UTC+0). For Alice in Paris it is 10:00." in page.main()
    assert "Confirm for Tue 1 Dec, 09:00" in page.main()
    assert chosen_day(page.go("Change")) == "2026-12-01"


def test_the_form_fills_itself_in_from_the_address(client: FlaskClient, link: Link) -> None:
    page = form_page(client, more="&first_name=Maren&email=maren%40example.com&topic=Echo&token=evil&duration=60")
    fields = page.fields(form_action(page))
    assert (fields["first_name"], fields["email"], fields["topic"]) == (["Maren"], ["maren@example.com"], ["Echo"])
    assert fields["duration"] == ["60"]
    assert fields["token"] != ["evil"]


def test_prefilled_values_survive_the_way_from_month_to_form(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?first_name=Maren&topic=Echo").go("09:00")
    assert page.fields(form_action(page))["topic"] == ["Echo"]


def test_prefilling_can_be_switched_off(client: FlaskClient) -> None:
    make.link(form={**QUESTION, "prefill": False})
    page = form_page(client, more="&topic=Echo")
    assert page.fields(form_action(page))["topic"] == [""]


def test_a_booking(client: FlaskClient, link: Link) -> None:
    page = form_page(client, more="&timezone=Europe/London")
    response = fill(page, topic="The echo")
    assert response.status_code == 303
    booking = Booking.get()
    assert booking.starts_at == NEXT_TUESDAY
    assert (booking.timezone, booking.locale, booking.duration) == ("Europe/London", "en", 30)
    assert (booking.first_name, booking.last_name, booking.email) == ("Maren", "Holt", "maren@example.com")
    assert [(one.label, one.value) for one in Answer.select()] == [("What about?", "The echo")]
    assert "It’s booked, Maren" in visit(client, response.location).main()


def test_a_booking_remembers_the_language_of_its_page(client: FlaskClient, link: Link) -> None:
    fill(form_page(client, more="&lang=fr"))
    assert Booking.get().locale == "fr"


def test_sending_twice_books_once(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    first, second = fill(page), fill(page)
    assert second.location == first.location
    assert Booking.select().count() == 1


def test_going_back_and_sending_something_else_is_another_wish(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    fill(page)
    again = fill(page, first_name="Mareike")
    assert again.status_code == 409
    assert Booking.select().count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"email": "maren@nowhere"}, "email", "complete e-mail address"),
        ({"email": ""}, "email", "fill this in"),
        ({"first_name": " "}, "first_name", "fill this in"),
        ({"last_name": "x" * 101}, "last_name", "At most 100"),
        ({"first_name": "a\x00b"}, "first_name", "invisible characters"),
        ({"topic": "y" * 2001}, "topic", "At most 2,000"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    client: FlaskClient, link: Link, changes: dict[str, str], field: str, words: str
) -> None:
    page = form_page(client)
    response = fill(page, **{"topic": "Echo", **changes})
    after = Page(client, response)
    assert after.status == 422
    assert words in wrong(after)[field]
    assert after.words(next(after.tree.iter("title"))).startswith("Error: ")
    control = after.all("input", id=f"f-{field}") + after.all("textarea", id=f"f-{field}")
    assert control[0].get("aria-describedby") == f"w-{field}"
    assert control[0].get("autofocus") is not None
    kept = after.fields(form_action(after))
    assert kept["email"] == [changes.get("email", "maren@example.com")]
    assert kept["topic"] == [changes.get("topic", "Echo")]
    assert (Booking.select().count(), Delivery.select().count()) == (0, 0)


def test_a_mistyped_address_is_hinted_at_where_the_form_is_shown_again(client: FlaskClient, link: Link) -> None:
    after = Page(client, fill(form_page(client), first_name="", email="maren@gmial.com"))
    assert "Did you mean maren@gmail.com?" in after.main()
    assert after.all("input", id="f-email")[0].get("aria-describedby") == "m-email"
    assert "Did you mean" not in form_page(client).main()
    assert fill(after, first_name="Maren", email="maren@gmial.com").status_code == 303  # it keeps nobody


def test_a_required_question_must_be_answered(client: FlaskClient) -> None:
    make.link(form={"fields": [{"name": "topic", "label": "What about?", "type": "question", "required": True}]})
    assert "topic" in wrong(Page(client, fill(form_page(client))))


def test_only_the_first_wrong_field_asks_for_the_focus(client: FlaskClient, link: Link) -> None:
    page = Page(client, fill(form_page(client), first_name="", last_name="", email="x"))
    assert len([one for one in page.tree.iter() if one.get("autofocus") is not None]) == 1


def test_hostile_text_comes_back_as_text(client: FlaskClient, link: Link) -> None:
    evil = '"><script>alert(1)</script>'
    page = Page(client, fill(form_page(client), first_name=evil, email="x", topic=f"</textarea>{evil}"))
    assert page.fields(form_action(page))["first_name"] == [evil]
    assert all(one.get("src") for one in page.tree.iter("script"))


# --- a time that is gone


def test_a_taken_time_offers_the_nearest_and_keeps_what_was_typed(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    make.booking(link, NEXT_TUESDAY)
    response = fill(page, topic="Echo")
    after = Page(client, response)
    assert after.status == 409
    assert "Tue 1 Dec, 10:00 is no longer free" in after.main()
    assert "Someone else was a moment quicker" in after.main()
    near = [after.words(one) for one in after.all("label") if "Tue 1 Dec" in after.words(one)]
    assert near == ["09:15 Tue 1 Dec", "09:30 Tue 1 Dec", "10:30 Tue 1 Dec", "10:45 Tue 1 Dec"]
    assert [one.get("checked") is not None for one in after.all("input", type="radio")] == [False, True, False, False]
    assert after.fields(form_action(after))["topic"] == ["Echo"]
    assert fill(after).status_code == 303
    assert Booking.select().count() == 2


def test_the_one_chosen_among_the_nearest_is_booked(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    make.booking(link, NEXT_TUESDAY)
    after = Page(client, fill(page))
    last = after.all("input", type="radio")[-1].get("value", "")
    assert fill(after, start=last).status_code == 303
    assert to_instant(Booking.select().order_by(Booking.id.desc()).get().starts_at) == int(last)


def test_an_address_with_a_taken_time_says_so_at_once(client: FlaskClient, link: Link) -> None:
    make.booking(link, NEXT_TUESDAY)
    page = form_page(client)
    assert page.status == 200
    assert "is no longer free" in page.main()


def test_a_time_far_from_any_free_one_shows_the_month(client: FlaskClient, link: Link) -> None:
    page = form_page(client, make.at("2027-08-01 09:00"))
    assert days(page)


def test_too_soon_is_said_to_be_too_soon(client: FlaskClient) -> None:
    make.link(minimum_notice=60)
    page = form_page(client, make.at("2026-11-30 09:15"))
    clock.set_source(lambda: make.NOW + timedelta(minutes=20))
    after = Page(client, fill(page))
    assert after.status == 409
    assert "too soon" in after.main()


def test_a_time_that_was_never_offered_is_refused_whatever_the_form_says(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    response = fill(page, start=str(to_instant(make.at("2026-12-05 03:00"))))
    assert response.status_code == 422  # the form was not made for this time
    assert Booking.select().count() == 0


# --- the form's token


@pytest.mark.parametrize("token", ["", "nonsense", None])
def test_without_our_token_nothing_is_booked_and_nothing_lost(
    client: FlaskClient, link: Link, token: str | None
) -> None:
    after = Page(client, fill(form_page(client), token=token, topic="Echo"))
    assert after.status == 422
    assert "open for a long time" in after.main()
    assert after.fields(form_action(after))["topic"] == ["Echo"]
    assert Booking.select().count() == 0
    assert fill(after).status_code == 303  # the new form is good


def test_a_token_of_another_link_is_worthless(client: FlaskClient, link: Link) -> None:
    make.link(make.user("Bob Bee"), "other")
    other = visit(client, f"/book/other?{at(NEXT_TUESDAY)}")
    token = other.fields(form_action(other))["token"][0]
    assert fill(form_page(client), token=token).status_code == 422


def test_a_form_left_open_for_a_day_asks_again(
    client: FlaskClient, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = form_page(client)
    monkeypatch.setattr("meetings.web.form_token.LIVES", -1)
    assert "open for a long time" in Page(client, fill(page)).main()


# --- links that are not live


@pytest.mark.parametrize("status", ["draft", "deleted"])
def test_other_links_have_no_page(client: FlaskClient, status: str) -> None:
    made = make.link(status=status if status == "draft" else "live")
    if status == "deleted":
        links.delete(made.organizer, made, make.NOW)
    assert client.get("/book/demo").status_code == 404
    assert client.post("/book/demo").status_code == 404


def test_an_unknown_address_looks_like_any_error_page(client: FlaskClient) -> None:
    page = visit(client, "/book/nobody")
    assert page.status == 404
    assert page.heading() == "There is nothing here"


def test_a_link_that_is_off_says_so_and_takes_nothing(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    links.switch_off(link.organizer, link, make.NOW)
    assert "No bookings here at the moment" in visit(client, "/book/demo").main()
    assert fill(page).status_code == 409
    assert Booking.select().count() == 0


def test_a_form_sent_again_after_the_link_went_off_is_answered_as_before(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    first = fill(page)
    links.switch_off(link.organizer, link, make.NOW)
    again = fill(page)
    assert (again.status_code, again.location) == (first.status_code, first.location)


def test_a_former_address_leads_to_the_present_one(client: FlaskClient, link: Link) -> None:
    links.update(link.organizer, link, {"scheduling": {"slug": "new-name"}}, make.NOW)
    response = client.get("/book/demo?date=2026-12-02")
    assert response.status_code == 302
    assert response.location == "/book/new-name?date=2026-12-02"
    assert client.get("/book/NEW-NAME").location == "/book/new-name"


# --- htmx


HTMX = {"HX-Request": "true"}


def test_htmx_gets_the_moving_part_and_its_title(client: FlaskClient, link: Link) -> None:
    response = client.get("/book/demo", headers=HTMX)
    text = response.get_data(as_text=True).strip()
    assert text.startswith("<title>")
    assert text.endswith("</main>")
    assert "<html" not in text
    assert "HX-Request" in response.headers["Vary"]


def test_going_back_gets_a_whole_page(client: FlaskClient, link: Link) -> None:
    response = client.get("/book/demo", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert response.get_data(as_text=True).startswith("<!doctype html>")


def test_htmx_is_sent_to_the_booking_as_a_new_page(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    values = {**page.fields(form_action(page)), "first_name": "M", "last_name": "H", "email": "m@example.com"}
    wrong_one = client.post(form_action(page), data={**values, "email": "x"}, headers=HTMX)
    assert (wrong_one.status_code, wrong_one.headers["HX-Push-Url"]) == (422, "false")
    response = client.post(form_action(page), data=values, headers=HTMX)
    assert response.status_code == 200
    assert response.headers["HX-Redirect"].startswith("/booking/")


# --- zones


def test_zones_to_choose_from_lead_back_to_the_day(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?date=2026-12-02&topic=Echo").go("All time zones")
    assert page.links()["Tokyo, Japan UTC+9, 17:00"]
    picked = visit(client, f"{page.address}&q=lisb").go("Lisbon, Portugal UTC+0, 08:00")
    assert chosen_day(picked) == "2026-12-02"
    assert "Lisbon time" in picked.main()
    assert "topic=Echo" in picked.address


@pytest.mark.parametrize(
    "address", ["", "//evil.example", "https://evil.example/book/x", "/sign-in", "/book//x", "/\\evil"]
)
def test_zones_lead_nowhere_else(client: FlaskClient, address: str) -> None:
    assert client.get("/zones", query_string={"page": address}).status_code == 404


def test_no_zone_found_is_said(client: FlaskClient) -> None:
    assert "No place found" in visit(client, "/zones?page=/book/demo&q=atlantis").main()


# --- cost


def statements(client: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch) -> int:
    count = 0
    database = db.database.obj
    real = type(database).execute_sql

    def counting(self: Any, *args: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        return real(self, *args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(type(database), "execute_sql", counting)
        assert client.get(path).status_code == 200
    return count


def test_the_number_of_queries_stays_the_same(client: FlaskClient, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/book/demo?month=2026-12"
    before = statements(client, path, monkeypatch)
    for hour in (8, 9, 10, 11, 13):
        make.booking(link, f"2026-12-03 {hour:02d}:00")
    make.busy(link.organizer, "2026-12-02 08:00", "2026-12-02 12:00")
    assert statements(client, path, monkeypatch) == before <= 6


def test_a_first_visit_is_light(client: FlaskClient, link: Link) -> None:
    response = client.get("/book/demo")
    text = response.get_data(as_text=True)
    urls = re.findall(r'(?:src|href)="(/assets/[^"]+)"', text)
    sizes = [len(client.get(url, headers={"Accept-Encoding": "gzip"}).data) for url in urls]
    assert len(urls) + 1 <= 3  # and one more for the times where the browser's zone is another
    assert len(response.data) + sum(sizes) <= 60_000
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_the_teams_name_stands_on_top(client: FlaskClient, link: Link) -> None:
    Setting.create(name="team_name", value="Northlight & Sons")
    page = visit(client, "/book/demo")
    assert page.words(page.all("p", class_="mark")[0]) == "Northlight & Sons"


# --- a busy server


@pytest.mark.parametrize(
    ("problem", "words"),
    [(Busy(), "The server is very busy."), (RateLimited(60), "That was a lot in a short time.")],
)
def test_a_busy_server_costs_nobody_what_they_wrote(
    client: FlaskClient, link: Link, monkeypatch: pytest.MonkeyPatch, problem: Busy | RateLimited, words: str
) -> None:
    """The same form comes back with the same token, so that sending it again can't book twice."""
    page = form_page(client)
    token = page.fields(form_action(page))["token"]
    with monkeypatch.context() as stopped:
        stopped.setattr(bookings, "take", raising(problem))
        again = Page(client, fill(page, topic="The loud room"))
    assert (again.status, again.response.headers["Retry-After"]) == (problem.status, str(problem.retry_after))
    assert words in again.main()
    fields = again.fields(form_action(again))
    assert (fields["email"], fields["topic"], fields["token"]) == (["maren@example.com"], ["The loud room"], token)
    assert fill(again).status_code == 303
    assert Booking.select().count() == 1


def raising(problem: Problem) -> Callable[..., Any]:
    def refuse(*_args: Any, **_more: Any) -> Any:
        raise problem

    return refuse
