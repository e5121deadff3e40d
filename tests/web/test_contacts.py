"""Contacts as admins see them, without script."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Company, Contact, Property, PropertyValue, User
from meetings.services import bookings, consents, outbox, privacy
from meetings.services.consents import Agreed
from tests import make
from tests.web.pages import sign_in, visit

BOXES = [{"id": "news", "label": "Send me news"}, {"id": "more", "label": "And more"}]


@pytest.fixture
def ada(app: Flask, client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    found = make.user("Ada Admin", role="admin")
    sign_in(client, found)
    return found


@pytest.fixture
def booking(ada: User) -> Booking:
    link = make.link(form={"consent": {"mode": "consent", "text": "Hello", "checkboxes": BOXES}})
    made = make.booking(link, agreed=Agreed(frozenset({"news"}), None, "203.0.113.9"))
    phone = Property.get(Property.name == "phone")
    PropertyValue.create(contact=made.contact, property=phone, value="+33 1 23 45", changed_at=make.NOW)
    return made


def test_nobody_yet(client: FlaskClient, ada: User) -> None:
    assert "Nobody yet" in visit(client, "/contacts").main()


def test_who_booked_is_there_and_found(client: FlaskClient, booking: Booking) -> None:
    make.booking(booking.link, "2026-12-02 09:00", email="olga@example.com", first_name="Olga", last_name="Berg")
    page = visit(client, "/contacts")
    assert page.links()["Contacts"] == "/contacts"
    assert {"Maren Holt", "Olga Berg"} <= page.links().keys()
    for text, found in [("olga b", {"Olga Berg"}), ("MAREN@", {"Maren Holt"}), ("%", set()), ("nobody", set())]:
        assert {"Maren Holt", "Olga Berg"} & visit(client, f"/contacts?q={text}").links().keys() == found


@pytest.mark.parametrize(("looked_for", "said"), [("maren", "1 person"), ("nobody", "0 people")])
def test_how_many_were_found_is_said(client: FlaskClient, booking: Booking, looked_for: str, said: str) -> None:
    """To whoever types and can't see the list change beneath the field."""
    found = visit(client, f"/contacts?q={looked_for}").all("p", role="status", id="found")
    assert [one.text.strip() for one in found] == [said]


def test_all_pages_are_counted_and_which_one_it_is_is_said(client: FlaskClient, ada: User) -> None:
    people = [
        {"email": f"p{number}@x.example", "first_name": "Pat", "last_name": "", "created_at": make.NOW}
        for number in range(51)
    ]
    Contact.insert_many(people).execute()
    for query, said in (
        ("", "51 people. Page 1"),
        ("?page=2", "51 people. Page 2"),
        ("?page=9", "51 people. Page 1"),
        ("?q=p50", "1 person"),
    ):
        page = visit(client, f"/contacts{query}")
        assert [page.words(one) for one in page.all("p", role="status", id="found")] == [said]


@pytest.mark.parametrize("page", ["12345abc", "12345²", "9" * 5000, "-1", "0", "x"])
def test_a_page_that_is_no_number_is_the_first(client: FlaskClient, booking: Booking, page: str) -> None:
    assert visit(client, f"/contacts?page={page}").status == 200


def test_a_cancelled_meeting_is_not_their_last(client: FlaskClient, booking: Booking) -> None:
    later = make.booking(booking.link, "2026-12-08 09:00")
    row = visit(client, "/contacts").all("tr")[-1]
    assert "8 Dec" in visit(client, "/contacts").words(row)
    bookings.cancel(later, make.NOW, by=None)
    page = visit(client, "/contacts")
    row = page.words(page.all("tr")[-1])
    assert "1 Dec" in row
    assert "8 Dec" not in row


def test_a_long_list_goes_on(client: FlaskClient, ada: User) -> None:
    for number in range(51):
        Contact.create(email=f"c{number}@example.com", first_name=f"C{number}", last_name="", created_at=make.NOW)
    page = visit(client, "/contacts")
    assert "C50" in page.links()
    assert "C0" not in page.links()
    assert "C0" in page.go("Next").links()
    assert visit(client, "/contacts?page=99999999999").status == 200


def test_all_about_one(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, "/contacts").go("Maren Holt")
    shown = page.main()
    for words in ("maren@example.com", "+33 1 23 45", booking.title, "Send me news", "Agreed", "Left blank", "Hello"):
        assert words in shown, words
    assert "203.0.113.0/24" in shown
    consents.withdraw(booking.contact, "one_to_one", make.NOW)
    assert "Withdrawn" in visit(client, page.address).main()


def test_a_company_is_told_once(client: FlaskClient, booking: Booking) -> None:
    Company.update(name="Northlight").execute()
    assert (
        visit(client, f"/contacts/{booking.contact_id}").main().count("Northlight") == 1
    )  # kept from a property now gone
    made = Property.get(Property.name == "company")
    PropertyValue.create(contact=booking.contact, property=made, value="Northlight", changed_at=make.NOW)
    assert visit(client, f"/contacts/{booking.contact_id}").main().count("Northlight") == 1


def test_the_booking_s_panel_says_what_was_agreed_to(client: FlaskClient, booking: Booking) -> None:
    shown = visit(client, f"/bookings/{booking.public_id}").main()
    for words in ("Send me news", "Agreed", "And more", "Left blank"):
        assert words in shown, words


def test_everything_as_a_file(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, "/contacts").go("Maren Holt")
    answer = client.get(page.links()["Export Maren Holt"])
    assert json.loads(answer.data)["contact"]["properties"] == {"phone": "+33 1 23 45"}


def test_erasing_asks_with_the_name(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, "/contacts").go("Maren Holt").go("Erase…")
    assert page.heading() == "Erase Maren Holt?"
    assert "One meeting is still to come" in page.main()
    page = page.send(page.path)
    assert page.notices() == ["Maren Holt will be erased once everybody knows that the meetings are off."]
    assert "Is being erased" in page.main()
    assert "being erased" in page.go("Maren Holt").main()
    Booking.get_by_id(booking.id)
    for row in outbox.states_of(booking):
        if row.state == "pending":
            outbox.drop(row)
    assert privacy.finish_erasures(make.NOW + timedelta(minutes=1)) == 1
    assert "Nobody yet" in visit(client, "/contacts").main()
    panel = visit(client, f"/bookings/{booking.public_id}").main()
    assert "Erased" in panel
    assert "Maren" not in panel
    assert "Maren" not in visit(client, "/bookings?when=past").main()


def test_what_was_erased_has_no_page(client: FlaskClient, booking: Booking) -> None:
    contact = booking.contact
    clock.set_source(lambda: make.NOW + timedelta(days=9))
    visit(client, f"/contacts/{contact.id}/erase").send(f"/contacts/{contact.id}/erase")
    assert visit(client, f"/contacts/{contact.id}").status == 404
    nobody = Contact.by_email("")
    for path in ("", "/erase", "/export.json"):
        assert visit(client, f"/contacts/{nobody.id}{path}").status == 404


@pytest.mark.parametrize(
    ("path", "status"), [("", 404), ("/edit", 404), ("/export.json", 403), ("/erase", 403), ("/notes/1", 404)]
)
def test_members_see_nobody_whom_they_have_not_met(app: Flask, booking: Booking, path: str, status: int) -> None:
    client = app.test_client()
    sign_in(client, make.user("Bob Okafor"))
    assert visit(client, f"/contacts/{booking.contact_id}{path}").status == status
    assert "Nobody yet" in visit(client, "/contacts").main()
