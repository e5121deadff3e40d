"""The contact's own booking: the signed link shows, only a post acts."""

from datetime import datetime, timedelta
from email import message_from_bytes
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from meetings import clock
from meetings.domain.time import to_instant
from meetings.errors import Busy
from meetings.models import Booking, Contact, Delivery, Link
from meetings.services import access, bookings, links, mails
from tests import make
from tests.web.pages import Page, visit
from tests.web.test_booking import at, chosen_day, slots
from tests.web.test_links import counted_queries

START = make.at("2026-12-01 09:00")  # Tuesday, 10:00 in Oslo
ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # all that a mail program sends (RFC 8058)


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link(
        heading="Talk to Alice",
        overview={"location": "https://meet.example/room", "description": "About\n\nthis"},
        automation={"reminders": [{"value": 1, "unit": "hours"}, {"value": 2, "unit": "weeks"}]},
    )


@pytest.fixture
def booking(link: Link) -> Booking:
    return make.booking(link, START)


def path(booking: Booking, rest: str = "") -> str:
    return f"/booking/{access.manage_token(booking)}{rest}"


def fresh(booking: Booking) -> Booking:
    return Booking.get_by_id(booking.id)


# --- looking


def test_right_after_booking(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, path(booking, "?new=1"))
    assert page.status == 200
    assert "It’s booked, Maren" in page.main()
    assert "Tuesday 1 December, 10:00 to 10:30" in page.main()
    assert "Oslo time (UTC+1)" in page.main()
    assert "https://meet.example/room" in page.main()
    assert {"Google", "Outlook", "Apple and others (.ics)", "Reschedule", "Cancel the meeting"} <= page.links().keys()


@pytest.mark.parametrize(
    ("place", "joins"),
    [("https://meet.example/room", True), ("https://meet.example/room (code 12)", False), ("Room 7", False)],
)
def test_only_a_whole_address_is_a_link_to_join(client: FlaskClient, booking: Booking, place: str, joins: bool) -> None:
    Booking.update(location=place).execute()
    page = visit(client, path(booking))
    assert ("Join the meeting" in page.links()) is joins
    assert place in page.main()


def test_a_number_is_called_from_the_page(client: FlaskClient, booking: Booking) -> None:
    Booking.update(location="+33 (0)1 23 45 67 89", location_kind="phone").execute()
    assert visit(client, path(booking)).links()["+33 (0)1 23 45 67 89"] == "tel:+33123456789"


def test_the_description_is_that_of_the_booking(client: FlaskClient, booking: Booking) -> None:
    links.update(booking.link.organizer, booking.link, {"overview": {"description": "Changed"}}, make.NOW)
    Booking.update(description="Bring **plans** and [this](https://example.org/a).").execute()
    page = visit(client, path(booking))
    assert "Changed" not in page.main()
    assert [page.words(one) for one in page.all("strong") if page.words(one) == "plans"] == ["plans"]
    assert page.links()["this"] == "https://example.org/a"


def test_the_page_says_what_is_true_of_the_mail(app: Flask, client: FlaskClient, booking: Booking) -> None:
    assert "can’t send mail yet" in visit(client, path(booking)).main()
    app.config["MAIL_SERVER"] = "127.0.0.1"
    assert "An invitation is on its way to maren@example.com." in visit(client, path(booking)).main()
    Delivery.update(state="sent").where(Delivery.kind == "confirmation").execute()
    assert "An invitation was sent to maren@example.com." in visit(client, path(booking)).main()
    Delivery.update(state="failed").where(Delivery.kind == "confirmation").execute()
    assert "could not be delivered" in visit(client, path(booking)).main()


def test_only_reminders_that_will_come_are_listed(app: Flask, client: FlaskClient, booking: Booking) -> None:
    assert "A reminder" not in visit(client, path(booking)).main()
    app.config["MAIL_SERVER"] = "127.0.0.1"
    text = visit(client, path(booking)).main()
    assert "Tue 1 Dec, 09:00 A reminder, 1 hour before" in text
    assert "2 weeks before" not in text  # it would have been due before the booking was made


def test_without_confirmation_mail_the_page_says_to_keep_its_address(app: Flask, client: FlaskClient) -> None:
    app.config["MAIL_SERVER"] = "127.0.0.1"
    booking = make.booking(make.link(automation={"confirmation_email": False}), START)
    assert "No mail is sent for this meeting." in visit(client, path(booking)).main()


def test_the_page_is_kept_by_nobody_and_passed_on_to_nobody(client: FlaskClient, booking: Booking) -> None:
    for rest in ("", "/reschedule", "/cancel", "/reminders", "/invite.ics"):
        headers = client.get(path(booking, rest)).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_addresses_of_other_calendars_carry_no_secret(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, path(booking))
    token = access.manage_token(booking)
    outside = [url for url in page.links().values() if url.startswith("http")]
    assert len(outside) == 4  # Google, Outlook, the room by its button and by its address
    assert all(token not in url for url in outside)


def test_looking_takes_few_queries(client: FlaskClient, booking: Booking) -> None:
    """It is what everybody sees right after booking."""
    with counted_queries() as seen:
        client.get(path(booking))
    assert len(seen) <= 7


def test_looking_changes_nothing(client: FlaskClient, booking: Booking) -> None:
    before = Booking.select().dicts().get()
    told = list(Delivery.select().dicts())
    for rest in (
        *("", "/cancel", "/reschedule", f"/reschedule?{at(START + timedelta(hours=1))}", "/invite.ics"),
        *("/reminders", "/reminders?reminders=off", "/reminders?List-Unsubscribe=One-Click"),
    ):
        client.get(path(booking, rest))
        client.head(path(booking, rest))
    assert Booking.select().dicts().get() == before
    assert list(Delivery.select().dicts()) == told


@pytest.mark.parametrize("token", ["x", "IjEi.aaaa", "a" * 4000, "%00"])
def test_a_forged_link_finds_nothing(client: FlaskClient, booking: Booking, token: str) -> None:
    for rest in ("", "/cancel", "/reschedule", "/reminders", "/invite.ics"):
        assert client.get(f"/booking/{token}{rest}").status_code == 404
    for rest in ("/cancel", "/reschedule", "/reminders"):
        assert client.post(f"/booking/{token}{rest}", data=ONE_CLICK).status_code == 404


def test_a_token_of_another_purpose_finds_nothing(app: Flask, client: FlaskClient, booking: Booking) -> None:
    token = app.extensions["signer"].sign("booking-form", booking.public_id)
    assert client.get(f"/booking/{token}").status_code == 404


def test_long_after_the_meeting_the_link_has_expired(client: FlaskClient, booking: Booking) -> None:
    clock.set_source(lambda: START + timedelta(days=40))
    page = visit(client, path(booking))
    assert (page.status, page.heading()) == (404, "There is nothing here")


def test_the_page_speaks_the_language_of_the_booking(client: FlaskClient, link: Link) -> None:
    booking = make.booking(link, START, locale="fr")
    page = visit(client, path(booking), Accept_Language="en")
    assert next(page.tree.iter("html")).get("lang") == "fr"
    assert "décembre" in page.main()


@pytest.mark.parametrize(("now", "words"), [(START, "has begun"), (START + timedelta(hours=2), "is over")])
def test_a_past_meeting_offers_nothing_to_change(
    client: FlaskClient, booking: Booking, now: datetime, words: str
) -> None:
    clock.set_source(lambda: now)
    page = visit(client, path(booking))
    assert words in page.main()
    assert not {"Reschedule", "Cancel the meeting"} & page.links().keys()
    assert "Book a new time" in page.links()
    for rest in ("/reschedule", "/cancel"):
        assert client.get(path(booking, rest)).status_code == 303
        assert client.post(path(booking, rest), data={"start": "1796300000"}).status_code == 303
    assert fresh(booking).is_confirmed
    assert fresh(booking).starts_at == START


def test_the_calendar_file(client: FlaskClient, booking: Booking) -> None:
    response = client.get(path(booking, "/invite.ics"))
    assert response.mimetype == "text/calendar"
    assert "invite.ics" in response.headers["Content-Disposition"]
    event = Calendar.from_ical(response.data).events[0]
    assert event.start == START
    assert str(event["UID"]) == booking.uid


# --- moving


def test_moving_it(client: FlaskClient, booking: Booking) -> None:
    times = visit(client, path(booking)).go("Reschedule")
    assert "Instead of Tuesday 1 December, 10:00" in times.main()
    assert "Oslo time" in times.main()
    question = visit(client, f"{times.path}?date=2026-12-02").go("11:00")
    assert "Move to Wed 2 Dec, 11:00" in question.main()
    assert "Instead of Tuesday 1 December, 10:00" in question.main()
    after = question.send(question.address)
    assert "It’s moved, Maren" in after.main()
    assert "Wednesday 2 December, 11:00 to 11:30" in after.main()
    assert (fresh(booking).starts_at, fresh(booking).sequence) == (make.at("2026-12-02 10:00"), 1)


def test_its_own_time_is_not_in_its_way(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, path(booking, "/reschedule?date=2026-12-01"))
    assert {"09:45", "10:00", "10:15"} <= set(slots(page))


def test_moving_to_a_time_that_was_taken_meanwhile(client: FlaskClient, link: Link, booking: Booking) -> None:
    wanted = make.at("2026-12-02 10:00")
    page = visit(client, path(booking, f"/reschedule?{at(wanted)}"))
    make.booking(link, wanted, email="other@example.com")
    response = client.post(page.address, data=page.fields(page.address))
    after = Page(client, response)
    assert after.status == 409
    assert "Your meeting stays as it was." in after.main()
    assert fresh(booking).starts_at == START
    moved = after.send(page.address)  # the nearest is chosen already
    assert "It’s moved, Maren" in moved.main()


@pytest.mark.parametrize("start", ["", "soon", "1796115600000"])
def test_a_move_to_nowhere_shows_the_times(client: FlaskClient, booking: Booking, start: str) -> None:
    response = client.post(path(booking, "/reschedule"), data={"start": start})
    assert response.status_code in {303, 409}
    assert fresh(booking).starts_at == START


def test_the_zone_can_be_changed_while_moving(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, path(booking, "/reschedule?timezone=Asia/Tokyo&date=2026-12-02"))
    assert "Tokyo time" in page.main()
    assert chosen_day(page) == "2026-12-02"


def test_a_link_that_is_off_moves_nothing(client: FlaskClient, link: Link, booking: Booking) -> None:
    links.switch_off(link.organizer, link, make.NOW)
    assert "Reschedule" not in visit(client, path(booking)).links()
    client.post(path(booking, "/reschedule"), data={"start": str(to_instant(make.at("2026-12-02 10:00")))})
    assert fresh(booking).starts_at == START


# --- cancelling


def test_cancelling_asks_first_and_names_the_meeting(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, path(booking)).go("Cancel the meeting")
    assert f"Cancel “{booking.title}” on Tuesday 1 December, 10:00?" in page.main()
    assert fresh(booking).is_confirmed
    after = page.send(page.path, reason="I am ill")
    assert "This meeting is cancelled" in after.main()
    assert "Book a new time" in after.links()
    assert (fresh(booking).status, fresh(booking).cancel_reason) == ("cancelled", "I am ill")


def test_cancelling_twice_changes_nothing(client: FlaskClient, booking: Booking) -> None:
    for _ in range(2):
        assert client.post(path(booking, "/cancel"), data={"reason": ""}).status_code == 303
    assert Delivery.select().where(Delivery.kind == "cancelled").count() == 1


def test_a_cancelled_meeting_can_be_neither_moved_nor_cancelled(client: FlaskClient, booking: Booking) -> None:
    client.post(path(booking, "/cancel"))
    for rest in ("/cancel", "/reschedule"):
        assert client.get(path(booking, rest)).status_code == 303
    client.post(path(booking, "/reschedule"), data={"start": str(to_instant(make.at("2026-12-02 10:00")))})
    assert fresh(booking).starts_at == START


def test_too_long_a_reason_is_kept_and_refused(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, path(booking, "/cancel"))
    response = client.post(page.path, data={"reason": "x" * 1001})
    assert response.status_code == 422
    assert "At most 1,000" in response.get_data(as_text=True)
    assert fresh(booking).is_confirmed


# --- how often


def move(client: FlaskClient, address: str, hour: int) -> int:
    start = make.at(f"2026-12-02 {hour:02}:00")
    return client.post(f"{address}/reschedule", data={"start": to_instant(start)}).status_code


def test_whoever_moves_it_to_and_fro_has_to_wait(client: FlaskClient, booking: Booking) -> None:
    assert [move(client, path(booking), hour) for hour in (9, 10, 9, 10, 11)] == [303] * 5
    start = to_instant(make.at("2026-12-02 12:00"))
    refused = Page(client, client.post(path(booking, "/reschedule"), data={"start": start}))
    assert refused.status == 429
    assert int(refused.response.headers["Retry-After"]) > 0
    assert "The meeting stays as it is; try again in 1 hour." in refused.main()
    assert refused.all("input", name="start")[0].get("value") == str(start)
    assert to_instant(fresh(booking).starts_at) == to_instant(make.at("2026-12-02 11:00"))


def test_cancelling_and_booking_anew_has_its_measure_too(client: FlaskClient, link: Link) -> None:
    rows = [make.booking(link, f"2026-12-02 {hour:02}:00") for hour in (8, 9, 10, 11, 12, 13)]
    codes = [client.post(path(row, "/cancel"), data={"reason": "Sorry"}).status_code for row in rows]
    assert codes == [*[303] * 5, 429]
    assert fresh(rows[-1]).is_confirmed
    other = make.booking(link, "2026-12-02 14:00", email="other@example.com")
    assert client.post(path(other, "/cancel")).status_code == 303


def test_who_comes_by_a_mail_may_change_more(client: FlaskClient, booking: Booking) -> None:
    address = f"/booking/{access.mailed_token(booking)}"
    assert [move(client, address, hour) for hour in (8, 9, 10, 11, 12, 13, 14)] == [303] * 7
    assert Contact.get().confirmed_at == make.NOW


def test_without_limits_nobody_waits(app: Flask, client: FlaskClient, booking: Booking) -> None:
    app.config["RATELIMIT_ENABLED"] = False
    assert [move(client, path(booking), hour) for hour in (8, 9, 10, 11, 12, 13)] == [303] * 6


def test_looking_confirms_nothing_and_acting_on_the_page_after_booking_neither(
    client: FlaskClient, booking: Booking
) -> None:
    assert visit(client, f"/booking/{access.mailed_token(booking)}").status == 200
    client.post(path(booking, "/mine"))
    client.post(path(booking, "/cancel"))
    assert Contact.get().confirmed_at is None


def test_who_switches_reminders_by_a_mail_reads_it(client: FlaskClient, booking: Booking) -> None:
    client.post(f"/booking/{access.mailed_token(booking)}/reminders", data={"reminders": "off"})
    assert Contact.get().confirmed_at == make.NOW


def test_a_mail_program_that_unsubscribes_confirms_nothing(client: FlaskClient, booking: Booking) -> None:
    client.post(f"/booking/{access.mailed_token(booking)}/reminders", data=ONE_CLICK)
    assert Contact.get().confirmed_at is None


def test_an_address_with_many_meetings_can_be_said_to_be_ones_own(app: Flask, client: FlaskClient, link: Link) -> None:
    app.config["MAIL_SERVER"] = "mail.example.org"
    rows = [make.booking(link, f"2026-12-02 {hour:02}:00") for hour in (9, 10, 11)]
    address = f"/booking/{access.mailed_token(rows[0])}"
    assert "It is mine" not in visit(client, path(rows[0])).main()
    page = visit(client, address)
    assert "Several meetings were booked with maren@example.com today." in page.main()
    after = page.send(f"{address}/mine")
    assert "It is mine" not in after.main()
    assert Contact.get().confirmed_at == make.NOW


def test_a_booking_of_a_group_shows_all_its_hosts(client: FlaskClient) -> None:
    team = [make.user("Alice Martin"), make.user("Bob Bee", timezone="Asia/Tokyo")]
    booking = make.booking(make.link(team[0], kind="group", team=team), make.at("2026-12-01 08:00"))
    page = visit(client, path(booking))
    assert "Alice Martin" in page.main()
    assert "Bob Bee" in page.main()


def test_htmx_moves_through_the_same_steps(client: FlaskClient, booking: Booking) -> None:
    htmx = {"HX-Request": "true"}
    text = client.get(path(booking, "/reschedule"), headers=htmx).get_data(as_text=True)
    assert text.lstrip().startswith("<title>")
    response = client.post(path(booking, "/cancel"), headers=htmx)
    assert response.headers["HX-Redirect"] == path(booking)


# --- reminders


def to_come(kind: str = "reminder") -> int:
    return Delivery.select().where(Delivery.kind == kind, Delivery.state == "pending").count()


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_program_switches_reminders_off(client: FlaskClient, booking: Booking, content_type: str) -> None:
    for _ in range(2):
        response = client.post(path(booking, "/reminders"), data=ONE_CLICK, content_type=content_type)
        assert response.status_code == 200  # a redirect would not be followed
        assert "Set-Cookie" not in response.headers
        assert "Reminders are off" in Page(client, response).main()
    assert not fresh(booking).is_reminded
    assert (to_come(), to_come("host_reminder")) == (0, 1)


def test_the_address_in_the_mail_is_the_one(client: FlaskClient, booking: Booking) -> None:
    row = Delivery.get(Delivery.kind == "reminder", Delivery.state == "pending")
    message = message_from_bytes(mails.compose(row, make.NOW).as_bytes("<id@localhost>", make.NOW))
    address = message["List-Unsubscribe"].strip("<>")
    field, _, value = message["List-Unsubscribe-Post"].partition("=")
    assert client.post(urlsplit(address).path, data={field: value}).status_code == 200
    assert not fresh(booking).is_reminded


def test_switching_reminders_off_and_on_again(app: Flask, client: FlaskClient, booking: Booking) -> None:
    app.config["MAIL_SERVER"] = "127.0.0.1"
    question = visit(client, path(booking)).go("Switch off")
    assert "No more reminders of this meeting?" in question.main()
    assert "Tuesday 1 December, 10:00" in question.main()  # whoever has two meetings must know which
    after = question.send(question.path)
    assert "Reminders are off" in after.main()
    assert not to_come()
    page = after.go("See your booking")
    assert "Reminders are off." in page.main()
    assert "1 hour before" not in page.main()
    question = page.go("Switch them on again")
    after = question.send(question.path)
    assert after.path == path(booking)
    assert "Tue 1 Dec, 09:00 A reminder, 1 hour before" in after.main()
    assert to_come() == 1


@pytest.mark.parametrize("sent", [{}, {"reminders": "x"}, {"List-Unsubscribe": "yes"}])
def test_only_a_clear_word_switches_reminders(client: FlaskClient, booking: Booking, sent: dict[str, str]) -> None:
    assert client.post(path(booking, "/reminders"), data=sent).status_code == 303
    assert fresh(booking).is_reminded
    assert to_come() == 1


def test_another_site_switches_nothing(client: FlaskClient, booking: Booking) -> None:
    response = client.post(path(booking, "/reminders"), data=ONE_CLICK, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert fresh(booking).is_reminded


def test_a_meeting_that_is_off_or_over_asks_about_no_reminders(client: FlaskClient, booking: Booking) -> None:
    client.post(path(booking, "/cancel"))
    assert client.get(path(booking, "/reminders")).status_code == 303
    assert client.post(path(booking, "/reminders"), data=ONE_CLICK).status_code == 200
    assert client.post(path(booking, "/reminders"), data={"reminders": "on"}).status_code == 303
    assert not to_come()
    clock.set_source(lambda: START)
    assert client.get(path(booking, "/reminders")).status_code == 303


def test_the_page_about_reminders_speaks_the_language_of_the_booking(client: FlaskClient, link: Link) -> None:
    page = visit(client, path(make.booking(link, START, locale="fr"), "/reminders"), Accept_Language="en")
    assert "Ne plus recevoir de rappels de ce rendez-vous" in page.main()


# --- too much going on


def _too_busy(*_given, **_more):
    raise Busy


@pytest.mark.parametrize("script", [{}, {"HX-Request": "true"}])
def test_a_busy_server_loses_no_word_of_the_reason(client, booking, monkeypatch, script) -> None:
    page = visit(client, path(booking, "/cancel"))
    monkeypatch.setattr(bookings, "cancel", _too_busy)
    values = {**page.fields(path(booking, "/cancel")), "reason": "A cold.\nSorry!"}
    answer = client.post(path(booking, "/cancel"), data=values, headers=script)
    again = Page(client, answer)
    assert (again.status, answer.headers["Retry-After"]) == (503, "2")
    assert "Nothing has changed yet" in again.words()
    assert again.fields(path(booking, "/cancel"))["reason"] == ["A cold.\nSorry!"]
    monkeypatch.undo()
    clock.set_source(lambda: make.NOW)
    again.send(path(booking, "/cancel"))
    assert fresh(booking).cancel_reason == "A cold.\nSorry!"


def test_a_busy_server_keeps_the_chosen_time(client, booking, monkeypatch) -> None:
    later = path(booking, f"/reschedule?{at(START + timedelta(hours=1))}")
    page = visit(client, later)
    monkeypatch.setattr(bookings, "reschedule", _too_busy)
    action = next(one.get("action", "") for one in page.all("form", id="details"))
    again = Page(client, client.post(action, data=page.fields(action)))
    assert again.status == 503
    assert again.fields(action)["start"] == [str(to_instant(START + timedelta(hours=1)))]
