"""The hosts' bookings: the list by day, an opened one, moving and cancelling it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Delivery, MeetingType
from meetings.models.bookings import CANCELLED, CONFIRMED
from meetings.services import bookings, zone_data
from meetings.web import agenda
from meetings.web.session import Reader
from tests import make
from tests.browser import Opener, assert_accessible, data
from tests.web.pages import Page, sign_in, visit
from tests.web.test_links import counted_queries


@pytest.fixture(autouse=True)
def monday_morning(app: Any) -> None:
    clock.set_source(lambda: make.NOW)


def agenda_of(page: Page) -> list[tuple[str, list[str]]]:
    """The list as days with the words of their lines."""
    return [
        (page.words(next(one.iter("h2"))), [page.words(line) for line in one.iter("li")])
        for one in page.tree.iter("section")
        if (one.get("aria-labelledby") or "").startswith("day-")
    ]


def panel(page: Page) -> str:
    found = page.all("article", id="booking")
    return page.words(found[0]) if found else ""


# --- the list


def test_nothing_yet_says_what_will_be_here(client: FlaskClient) -> None:
    sign_in(client, make.user())
    page = visit(client, "/bookings")
    assert "Nothing is booked yet" in page.main()
    assert "No more meetings today." in page.main()
    assert "Meetings move here" in visit(client, "/bookings?show=past").main()
    assert "Nothing was cancelled" in visit(client, "/bookings?show=cancelled").main()


def test_bookings_stand_under_their_days_in_the_hosts_zone(client: FlaskClient) -> None:
    alice = make.user(timezone="America/Los_Angeles")
    link = make.link(
        alice,
        timezone="America/Los_Angeles",
        available_hours=[{"days": ["mon", "tue", "wed"], "start": "00:00", "end": "24:00"}],
    )
    make.booking(link, "2026-11-30 19:00", duration=30)
    make.booking(link, "2026-12-02 07:30", email="jun@example.com")
    sign_in(client, alice)
    days = agenda_of(visit(client, "/bookings"))
    assert [day for day, _lines in days] == ["Today Monday 30 November", "Tomorrow Tuesday 1 December"]
    assert days[0][1][0].startswith("11:00")
    assert days[1][1][0].startswith("23:30")
    assert "Maren Holt" in days[0][1][0]


def test_each_list_has_its_own(client: FlaskClient) -> None:
    alice = make.user()
    link = make.link(alice)
    make.booking(link, "2026-11-30 09:00", email="past@example.com", first_name="Past")
    make.booking(link, "2026-12-02 09:00", email="next@example.com", first_name="Next")
    off = make.booking(link, "2026-12-03 09:00", email="off@example.com", first_name="Off")
    bookings.cancel(off, make.NOW, reason="Ill", by=alice)
    clock.set_source(lambda: make.NOW + timedelta(hours=3))
    sign_in(client, alice)
    for show, name in (("upcoming", "Next"), ("past", "Past"), ("cancelled", "Off")):
        lines = [line for _day, found in agenda_of(visit(client, f"/bookings?show={show}")) for line in found]
        assert len(lines) == 1
        assert f"{name} Holt" in lines[0]


def test_a_meeting_that_new_zone_data_moved_is_named(client: FlaskClient) -> None:
    booking = make.booking()
    sign_in(client, booking.link.organizer)
    assert "changed its clocks" not in visit(client, "/bookings").main()
    Booking.update(agreed_clock="2026-12-01 09:00 Europe/Paris").execute()
    zone_data.check(make.NOW)
    page = visit(client, "/bookings")
    (note,) = page.all("div", id="displaced")
    assert "agreed on for Tue 1 Dec, 09:00, now Tue 1 Dec, 10:00" in page.words(note)


def test_a_meeting_that_runs_is_not_past(client: FlaskClient) -> None:
    alice = make.user()
    make.booking(make.link(alice), "2026-11-30 09:00")
    sign_in(client, alice)
    clock.set_source(lambda: make.at("2026-11-30 09:15"))
    assert agenda_of(visit(client, "/bookings"))
    assert not agenda_of(visit(client, "/bookings?show=past"))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=maren", 1),
        ("q=HOLT", 1),
        ("q=maren%40example.com", 1),
        ("q=nobody", 0),
        ("page=2", 0),
        ("page=0", 1),
        ("page=x", 1),
        ("page=" + "9" * 40, 1),
        ("whose=all", 1),
        ("whose=nonsense", 1),
        ("show=nonsense", 1),
    ],
)
def test_search_and_odd_questions(client: FlaskClient, query: str, count: int) -> None:
    alice = make.user()
    make.booking(make.link(alice), "2026-12-01 09:00")
    sign_in(client, alice)
    page = visit(client, f"/bookings?{query}")
    assert page.status == 200
    assert len(agenda_of(page)) == count


def test_mine_and_the_teams(client: FlaskClient) -> None:
    boss, bob = make.user(role="admin"), make.user("Bob Stone")
    make.booking(make.link(boss), "2026-12-01 09:00")
    make.booking(make.link(bob, "bobs"), "2026-12-01 10:00")
    sign_in(client, boss)
    assert sum(len(lines) for _day, lines in agenda_of(visit(client, "/bookings"))) == 1
    everybody = [line for _day, lines in agenda_of(visit(client, "/bookings?whose=all")) for line in lines]
    assert len(everybody) == 2
    assert any("with Bob Stone" in line for line in everybody)


def test_long_lists_come_in_pages(client: FlaskClient) -> None:
    alice = make.user()
    link = make.link(alice, durations=[15], window={"kind": "rolling", "weeks": 3})
    starts = make.offered(link, "2026-12-01 00:00", "2026-12-05 00:00", duration=15)[: agenda.PAGE + 3]
    for number, start in enumerate(starts):
        make.booking(link, start, duration=15, email=f"c{number}@example.com")
    sign_in(client, alice)
    first = visit(client, "/bookings")
    assert sum(len(lines) for _day, lines in agenda_of(first)) == agenda.PAGE
    second = first.go("Next")
    assert sum(len(lines) for _day, lines in agenda_of(second)) == 3
    assert sum(len(lines) for _day, lines in agenda_of(second.go("Previous"))) == agenda.PAGE


def test_the_number_of_queries_does_not_grow_with_the_list(client: FlaskClient) -> None:
    alice = make.user()
    link = make.link(alice, automation={"reminders": [{"value": 1, "unit": "hours"}]})
    sign_in(client, alice)
    counts = []
    for number, start in enumerate(make.offered(link, "2026-12-01 00:00", "2026-12-03 00:00")[::2]):
        make.booking(link, start, email=f"c{number}@example.com")
        if number in {0, 12}:
            with counted_queries() as seen:
                visit(client, "/bookings")
            counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


# --- an opened booking


def test_the_panel_has_the_facts_in_both_zones(client: FlaskClient) -> None:
    alice = make.user(timezone="Europe/Lisbon")
    MeetingType.create(name="First conversation")
    link = make.link(
        alice,
        overview={
            "internal_name": "First talk",
            "title": "Talk with {{ contact.first_name }}",
            "location": "https://calls.example.org/x",
            "meeting_type": "First conversation",
        },
        form={"fields": [{"name": "q1", "label": "What is it about?", "type": "question", "required": False}]},
        automation={"reminders": [{"value": 1, "unit": "days"}]},
    )
    booking = make.booking(
        link,
        "2026-12-03 13:30",
        answers=[{"name": "q1", "label": "What is it about?", "value": "An echo <b>there</b>"}],
    )
    sign_in(client, alice)
    words = panel(visit(client, f"/bookings/{booking.public_id}"))
    for fact in (
        "Thu 3 Dec 2026, 13:30 to 14:00",
        "Talk with Maren",
        "Lisbon time (UTC+0), yours. For Maren it is 14:30, Oslo time (UTC+1).",
        "maren@example.com",
        "Alice Martin (you)",
        "https://calls.example.org/x",
        "Meeting type First conversation",
        "What is it about? An echo <b>there</b>",
        "Invitation to Maren",
        "Reminder to Maren",
        "1 day before the meeting.",
    ):
        assert fact in words, fact


def test_the_contacts_zone_is_left_out_where_clocks_agree(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-12-03 13:30")
    sign_in(client, alice)
    words = panel(visit(client, f"/bookings/{booking.public_id}"))
    assert "Paris time (UTC+1), yours." in words
    assert "For Maren" not in words


def test_the_panel_tells_what_became_of_the_mails(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice, automation={"reminders": [{"value": 1, "unit": "days"}]}))
    Delivery.update(state="sent", sent_at=make.NOW).where(Delivery.kind == "confirmation").execute()
    Delivery.update(state="failed", last_error="550 no such user").where(Delivery.kind == "host_booked").execute()
    sign_in(client, alice)
    page = visit(client, f"/bookings/{booking.public_id}")
    assert "There is no such address" in panel(page)
    assert "550 no such user" in panel(page)
    assert "A mail failed" in agenda_of(page)[0][1][0]
    later = make.NOW + timedelta(minutes=5)
    Delivery.update(state="pending", attempts=2, last_error="451 later.", due_at=later).where(
        Delivery.state == "failed"
    ).execute()
    page = visit(client, f"/bookings/{booking.public_id}")
    assert "The mail server could not take it just now. Next try: Mon 30 Nov, 09:05. 451 later." in panel(page)
    assert "Mail is being retried" in agenda_of(page)[0][1][0]
    Delivery.update(state="sent", sent_at=make.NOW).where(Delivery.state == "pending").execute()
    assert "All sent" in agenda_of(visit(client, "/bookings"))[0][1][0]


def went_out(page: Page) -> list[str]:
    (found,) = page.all("ul", class_="sent")
    return [page.words(one) for one in found.iter("li")]


def test_each_mail_says_its_state_in_a_word(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice, automation={"reminders": [{"value": 1, "unit": "hours"}]}))
    Delivery.update(state="sent", sent_at=make.NOW).where(Delivery.kind == "confirmation").execute()
    Delivery.update(state="missed", last_error="").where(Delivery.kind == "host_reminder").execute()
    sign_in(client, alice)
    assert went_out(visit(client, f"/bookings/{booking.public_id}")) == [
        "Invitation to Maren Sent Mon 30 Nov, 09:00",
        "Mail about the booking to you Waiting Mon 30 Nov, 09:00",
        "Reminder to Maren 1 hour before the meeting. Planned Tue 1 Dec, 09:00",
        "Reminder to you 1 hour before the meeting. Too late",
    ]


def test_hosts_may_send_their_mails_again(client: FlaskClient, app: Any) -> None:
    alice, bob, charlie = make.user(), make.user("Bob Stone"), make.user("Charlie Vane")
    booking = make.booking(make.link(alice, kind="group", team=[alice, bob]))
    Delivery.update(state="sent", sent_at=make.NOW).execute()
    clock.set_source(lambda: make.NOW + timedelta(minutes=5))
    mail = Delivery.get(Delivery.kind == "confirmation")
    sign_in(client, bob)
    here = f"/bookings/{booking.public_id}?q=maren"
    page = visit(client, here).send(f"/outbox/{mail.id}/resend")
    assert (page.address, page.notices()) == (here, ["It will be sent once more."])
    assert Delivery.get_by_id(mail.id).state == "pending"
    assert not page.has_form(f"/outbox/{mail.id}/resend")
    stranger = app.test_client()
    sign_in(stranger, charlie)
    token = visit(stranger, "/bookings").fields("/theme")["csrf_token"][0]
    assert stranger.post(f"/outbox/{mail.id + 1}/resend", data={"csrf_token": token}).status_code == 404
    assert Delivery.get_by_id(mail.id + 1).state == "sent"


def test_members_read_at_their_booking_why_mail_waits(client: FlaskClient, app: Any) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice))
    sign_in(client, alice)
    assert "Mail is not set up. 2 mails are waiting." in panel(visit(client, f"/bookings/{booking.public_id}"))
    app.config["MAIL_SERVER"] = "127.0.0.1"
    Delivery.update(state="failed").where(Delivery.kind == "host_booked").execute()
    assert "1 mail could not be sent." not in panel(visit(client, f"/bookings/{booking.public_id}"))


def test_only_whoever_may_see_it_sees_it(client: FlaskClient, app: Any) -> None:
    alice, bob, charlie = make.user(), make.user("Bob Stone"), make.user("Charlie Vane")
    booking = make.booking(make.link(alice, kind="group", team=[alice, bob]))
    for person, status in ((alice, 200), (bob, 200), (charlie, 404), (make.user("Dana Boss", role="admin"), 200)):
        visitor = app.test_client()
        sign_in(visitor, person)
        for path in ("", "/move", "/give", "/cancel"):
            assert visit(visitor, f"/bookings/{booking.public_id}{path}").status == status
    assert visit(client, f"/bookings/{booking.public_id}").path == "/sign-in"


# --- moving


def test_moving_by_links_and_one_form(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-12-01 09:00")
    sign_in(client, alice)
    page = visit(client, f"/bookings/{booking.public_id}").go("Move")
    asked = page.go("11:00 Wednesday 2 December")
    assert "Tue 1 Dec 2026, 10:00 to 10:30" in panel(asked)
    assert "Wed 2 Dec 2026, 11:00 to 11:30" in panel(asked)
    assert Booking.get().starts_at == make.at("2026-12-01 09:00")
    moved = asked.send(f"/bookings/{booking.public_id}/move")
    assert moved.path == f"/bookings/{booking.public_id}"
    assert "Moved to Wednesday 2 December, 11:00" in moved.notices()[0]
    assert (Booking.get().starts_at, Booking.get().sequence) == (make.at("2026-12-02 10:00"), 1)
    assert Delivery.select().where(Delivery.kind == "rescheduled").count() == 1


def test_its_own_time_does_not_stand_in_its_way(client: FlaskClient) -> None:
    alice = make.user()
    link = make.link(alice, durations=[60])
    booking = make.booking(link, "2026-12-01 09:00", duration=60)
    sign_in(client, alice)
    page = visit(client, f"/bookings/{booking.public_id}/move")
    assert "10:15 Tuesday 1 December" in page.links()
    assert "10:00 Tuesday 1 December" not in page.links()


def test_later_days_go_on_where_these_end(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-12-01 09:00")
    sign_in(client, alice)
    page = visit(client, f"/bookings/{booking.public_id}/move")
    assert any("Friday 4 December" in words for words in page.links())
    later = page.go("Later days")
    assert not any("Friday 4 December" in words for words in later.links())
    assert any("Monday 7 December" in words for words in later.links())
    assert any("Monday 30 November" in words for words in later.go("From the first day").links())


def test_no_free_time_is_said(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-12-01 09:00")
    make.busy(alice, "2026-11-01 00:00", "2027-02-01 00:00")
    sign_in(client, alice)
    assert "There is no free time ahead." in panel(visit(client, f"/bookings/{booking.public_id}/move"))


def test_a_time_that_went_meanwhile_is_said_and_others_are_shown(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-12-01 09:00")
    sign_in(client, alice)
    asked = visit(client, f"/bookings/{booking.public_id}/move").go("11:00 Wednesday 2 December")
    make.busy(alice, "2026-12-02 10:00", "2026-12-02 11:00")
    answer = asked.send(f"/bookings/{booking.public_id}/move")
    assert answer.status == 409
    assert "no longer free" in panel(answer)
    assert Booking.get().starts_at == make.at("2026-12-01 09:00")


@pytest.mark.parametrize("start", ["", "x", "-5", "1e9", "99999999999999999999", "7258118401"])
def test_nonsense_is_no_time(client: FlaskClient, start: str) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-12-01 09:00")
    sign_in(client, alice)
    asked = visit(client, f"/bookings/{booking.public_id}/move").go("11:00 Wednesday 2 December")
    assert asked.send(f"/bookings/{booking.public_id}/move", start=start).status == 422
    assert visit(client, f"/bookings/{booking.public_id}/move?start={start}&from={start}").status == 200


# --- cancelling


def test_cancelling_asks_and_tells(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice, overview={"internal_name": "T", "title": "First talk"}), "2026-12-01 09:00")
    sign_in(client, alice)
    asked = visit(client, f"/bookings/{booking.public_id}").go("Cancel the meeting")
    assert "Cancel “First talk”?" in panel(asked)
    assert Booking.get().is_confirmed
    mended = asked.send(f"/bookings/{booking.public_id}/cancel", reason="I am\u202e ill.")
    assert (mended.status, Booking.get().status) == (422, CONFIRMED)
    assert "invisible characters" in mended.errors()["reason"]
    assert mended.fields(f"/bookings/{booking.public_id}/cancel")["reason"] == ["I am\u202e ill."]
    done = asked.send(f"/bookings/{booking.public_id}/cancel", reason="  I am ill. ")
    assert "Cancelled. Maren Holt gets a mail." in done.notices()
    assert (Booking.get().status, Booking.get().cancel_reason) == (CANCELLED, "I am ill.")
    assert "I am ill." in panel(done)
    assert "Cancel the meeting" not in done.links()
    assert Delivery.select().where(Delivery.kind == "cancelled").count() == 1


def test_a_second_cancel_is_harmless(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-12-01 09:00")
    sign_in(client, alice)
    asked = visit(client, f"/bookings/{booking.public_id}/cancel")
    asked.send(f"/bookings/{booking.public_id}/cancel")
    assert asked.send(f"/bookings/{booking.public_id}/cancel").status == 200
    assert Delivery.select().where(Delivery.kind == "cancelled").count() == 1


def test_what_has_begun_can_be_neither_moved_nor_cancelled(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-11-30 09:00")
    sign_in(client, alice)
    asked = visit(client, f"/bookings/{booking.public_id}/cancel")
    clock.set_source(lambda: make.at("2026-11-30 09:01"))
    assert asked.send(f"/bookings/{booking.public_id}/cancel").status == 409
    assert visit(client, f"/bookings/{booking.public_id}/move").status == 409
    assert Booking.get().is_confirmed
    assert "Under way" in panel(visit(client, f"/bookings/{booking.public_id}"))
    assert "Move" not in visit(client, f"/bookings/{booking.public_id}").links()


def test_looking_changes_nothing(client: FlaskClient) -> None:
    alice = make.user()
    booking = make.booking(make.link(alice), "2026-12-01 09:00")
    sign_in(client, alice)
    for path in ("", "/move", "/cancel", "/move?start=1796205600"):
        assert visit(client, f"/bookings/{booking.public_id}{path}").status == 200
    assert (Booking.get().sequence, Booking.get().status) == (0, "confirmed")


# --- today on the rule


def test_today_is_drawn_in_minutes_of_the_local_day(app: Any) -> None:
    alice = make.user()
    make.booking(make.link(alice), "2026-11-30 13:30")
    make.busy(alice, "2026-11-30 09:00", "2026-11-30 10:00")
    today = agenda.today_of(alice, Reader("en", "Europe/Paris"), make.NOW)
    assert (today.first, today.last, today.now) == (480, 1200, 540)
    assert (today.meetings, today.busy) == ([(870, 900)], [(600, 660)])
    assert today.line == "09:00, next at 14:30"


@pytest.mark.parametrize(
    ("busy", "frame"),
    [
        (("2026-11-30 04:10", "2026-11-30 05:00"), (300, 1260)),
        (("2026-11-30 21:00", "2026-11-30 22:30"), (480, 1440)),
        (("2026-11-29 00:00", "2026-12-02 00:00"), (0, 1440)),
        (("2026-11-30 01:00", "2026-11-30 22:59"), (0, 1440)),
    ],
)
def test_the_rule_is_as_wide_as_the_day_asks(app: Any, busy: tuple[str, str], frame: tuple[int, int]) -> None:
    alice = make.user()
    make.busy(alice, *busy)
    today = agenda.today_of(alice, Reader("en", "Europe/Paris"), make.NOW)
    assert (today.first, today.last) == frame
    assert (today.last - today.first) % 240 == 0
    assert len(today.ticks) == 5
    assert all(today.first <= start <= end <= today.last for start, end in today.busy)


# --- in a browser


@pytest.fixture
def some_bookings(live: Any) -> Iterator[list[str]]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        alice = make.user()
        link = make.link(alice, automation={"reminders": [{"value": 1, "unit": "hours"}]})
        starts = ("2026-11-30 13:30", "2026-12-01 09:00", "2026-12-03 10:00")
        ids = [
            make.booking(link, start, email=f"c{number}@example.com", first_name=f"Guest{number}").public_id
            for number, start in enumerate(starts)
        ]
        yield ids


@pytest.mark.browser
@pytest.mark.parametrize("width", ["phone", "tablet", "desktop"])
def test_the_list_and_the_panel_are_accessible_and_fit(open_page: Opener, some_bookings: list[str], width: str) -> None:
    page = open_page("/links", signed_in="alice@example.org", width=width)
    for path in (
        "/bookings",
        f"/bookings/{some_bookings[1]}",
        f"/bookings/{some_bookings[1]}/move",
        f"/bookings/{some_bookings[1]}/cancel",
    ):
        page.goto(path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_opening_closing_and_going_back(open_page: Opener, some_bookings: list[str]) -> None:
    page = open_page("/bookings", signed_in="alice@example.org")
    page.get_by_text("Guest1 Holt").first.click()
    page.get_by_role("complementary", name="Booking").get_by_text("c1@example.com").wait_for()
    assert page.url.endswith(some_bookings[1])
    assert page.evaluate("document.activeElement.id") == "booking"
    page.get_by_text("Guest2 Holt").first.click()
    page.get_by_text("c2@example.com").wait_for()
    page.go_back()
    page.get_by_text("c1@example.com").wait_for()
    page.get_by_role("link", name="Close").click()
    page.get_by_role("complementary", name="Booking").wait_for(state="detached")


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_moving_and_cancelling(open_page: Opener, some_bookings: list[str], script: bool, width: str) -> None:
    page = open_page(f"/bookings/{some_bookings[1]}", signed_in="alice@example.org", script=script, width=width)
    page.get_by_role("link", name="Move", exact=True).click()
    page.get_by_role("link", name="11:00 Wednesday 2 December").click()
    page.get_by_role("button", name="Move the meeting").click()
    page.get_by_text("Moved to Wednesday 2 December, 11:00").wait_for()
    page.get_by_role("link", name="Cancel the meeting").click()
    page.get_by_label("Reason").fill("Something came up")
    page.get_by_role("button", name="Cancel the meeting").click()
    page.get_by_text("Cancelled. Guest1 Holt gets a mail.").wait_for()
    assert page.get_by_text("Something came up").is_visible()


@pytest.mark.browser
def test_searching_keeps_the_words_and_the_focus(open_page: Opener, some_bookings: list[str]) -> None:
    page = open_page(f"/bookings/{some_bookings[0]}", signed_in="alice@example.org")
    page.goto("/bookings")
    field = page.get_by_role("searchbox", name="Search bookings")
    field.press_sequentially("guest2", delay=30)
    page.get_by_text("Guest1 Holt").first.wait_for(state="detached")
    assert field.input_value() == "guest2"
    assert page.evaluate("document.activeElement.name") == "q"
