"""A mistyped address is mended on the page right after booking; the wrong mailbox gets its invitation withdrawn."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from meetings import clock
from meetings.models import Answer, Booking, Consent, Contact, Delivery, Link
from meetings.models.outbox import DROPPED, PENDING, SENDING, SENT
from meetings.services import access, bookings, outbox
from tests import make
from tests.web.pages import Page, visit

WRONG, RIGHT = "maren@gmial.com", "maren@gmail.com"


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link(automation={"reminders": [{"value": 1, "unit": "hours"}]})


@pytest.fixture
def booking(link: Link) -> Booking:
    return make.booking(link, email=WRONG)


def path(booking: Booking, rest: str = "") -> str:
    return f"/booking/{access.manage_token(booking)}{rest}"


def send_all() -> None:
    """As if the mail server had taken everything that is due."""
    Delivery.update(state=SENT, sent_at=make.NOW).where(Delivery.due_at <= make.NOW).execute()


def waiting() -> list[tuple[str, str]]:
    rows = Delivery.select().where(Delivery.state == PENDING).order_by(Delivery.id)
    return [(row.kind, row.recipient) for row in rows]


def mend(client: FlaskClient, booking: Booking, email: str = RIGHT) -> Page:
    return visit(client, path(booking, "/address")).send(path(booking, "/address"), email=email)


def mail(kind: str) -> Delivery:
    return Delivery.get(Delivery.kind == kind, Delivery.state == PENDING)


def content(kind: str):
    row = mail(kind)
    return message_from_bytes(outbox.content(row, make.NOW).raw, policy=policy.default)


def event(kind: str):
    (part,) = [part for part in content(kind).walk() if part.get_content_type() == "text/calendar"]
    return Calendar.from_ical(part.get_content())


def test_before_anything_went_out_only_the_right_address_hears_of_it(client: FlaskClient, booking: Booking) -> None:
    page = mend(client, booking)
    assert page.path == path(booking)
    assert WRONG not in page.main()
    assert waiting() == [
        ("confirmation", RIGHT),
        ("host_booked", "alice@example.org"),
        ("reminder", RIGHT),
        ("host_reminder", "alice@example.org"),
    ]
    assert Contact.get().email == RIGHT  # the mistyped one is nobody


@pytest.mark.parametrize("state", [SENT, SENDING])
def test_what_went_to_the_wrong_mailbox_is_withdrawn(client: FlaskClient, booking: Booking, state: str) -> None:
    Delivery.update(state=state).where(Delivery.due_at <= make.NOW).execute()
    mend(client, booking)
    assert waiting() == [
        ("misdirected", WRONG),
        ("confirmation", RIGHT),
        ("host_readdressed", "alice@example.org"),
        ("reminder", RIGHT),
        ("host_reminder", "alice@example.org"),
    ]
    end, anew = event("misdirected"), event("confirmation")
    assert (end["METHOD"], anew["METHOD"]) == ("CANCEL", "REQUEST")
    (gone,), (there,) = end.walk("VEVENT"), anew.walk("VEVENT")
    assert gone["UID"] == there["UID"] == booking.uid
    assert gone["SEQUENCE"] == there["SEQUENCE"] == booking.sequence + 1
    assert str(gone["ATTENDEE"]) == f"mailto:{WRONG}"
    assert str(there["ATTENDEE"]) == f"mailto:{RIGHT}"


def test_a_mailbox_that_nothing_went_to_hears_nothing(client: FlaskClient, booking: Booking) -> None:
    send_all()
    mend(client, booking, "second@example.com")
    mend(client, booking)
    assert [one for one in waiting() if one[0] == "misdirected"] == [("misdirected", WRONG)]
    assert "second@example.com" not in {recipient for _, recipient in waiting()}


def test_the_wrong_mailbox_learns_nothing_by_that(client: FlaskClient, booking: Booking) -> None:
    send_all()
    mend(client, booking)
    whole = outbox.content(mail("misdirected"), make.NOW)
    told = whole.text + whole.html + whole.invitation + str(whole.headers)
    for secret in ("Maren", "Holt", RIGHT, "/booking/"):
        assert secret not in told


def test_the_link_in_the_wrong_mailbox_opens_nothing_any_more(client: FlaskClient, booking: Booking) -> None:
    stray = access.mailed_token(booking)
    assert client.get(f"/booking/{stray}").status_code == 200
    mend(client, booking)
    assert client.get(f"/booking/{stray}").status_code == 404
    assert client.get(f"/booking/{stray}/invite.ics").status_code == 404
    assert client.get(f"/booking/{access.mailed_token(Booking.get())}").status_code == 200


def test_the_booking_moves_to_a_contact_who_is_known_and_changes_nothing_of_them(
    client: FlaskClient, link: Link, booking: Booking
) -> None:
    known = Contact.create(email=RIGHT, first_name="M.", last_name="H.", created_at=make.NOW, confirmed_at=make.NOW)
    mend(client, booking)
    assert Booking.get().contact_id == known.id
    assert [(contact.email, contact.first_name) for contact in Contact.select()] == [(RIGHT, "M.")]


def test_a_mistyped_address_that_others_have_stays_theirs(client: FlaskClient, link: Link, booking: Booking) -> None:
    other = make.booking(link, "2026-12-02 09:00", email=WRONG)
    mend(client, booking)
    assert {contact.email for contact in Contact.select()} == {WRONG, RIGHT}
    assert Booking.get_by_id(other.id).email == WRONG


def test_answers_and_consents_go_along(client: FlaskClient, booking: Booking) -> None:
    Answer.create(booking=booking, name="a", label="A", value="x")
    Contact.create(email=RIGHT, first_name="M.", last_name="H.", created_at=make.NOW)
    Consent.create(
        booking=booking,
        contact=booking.contact,
        purpose="notice",
        wording="x",
        is_given=True,
        version="1",
        locale="en",
        created_at=make.NOW,
    )
    mend(client, booking)
    assert Consent.get().contact.email == RIGHT
    assert Answer.select().count() == 1


def test_what_is_probably_meant_is_offered(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, path(booking, "?new=1"))
    assert f"Did you mean {RIGHT}?" in page.main()
    assert visit(client, path(booking, "/address")).fields(path(booking, "/address"))["email"] == [RIGHT]
    page = page.send(path(booking, "/address"))
    assert Booking.get().email == RIGHT
    assert "Did you mean" not in page.main()


def test_nothing_is_offered_for_what_looks_right(client: FlaskClient, link: Link) -> None:
    page = visit(client, path(make.booking(link)))
    assert "Did you mean" not in page.main()
    assert page.links()["Wrong address? Correct it"].endswith("/address")


def cannot(client: FlaskClient, booking: Booking, token: str | None = None) -> None:
    """Neither shown nor done."""
    own = f"/booking/{token}" if token else path(booking)
    before = Booking.get_by_id(booking.id).email
    assert "Correct it" not in visit(client, own).main()
    assert visit(client, f"{own}/address").path == own
    client.post(f"{own}/address", data={"email": RIGHT})
    assert Booking.get_by_id(booking.id).email == before


def test_whoever_came_by_a_mail_has_no_address_to_mend(client: FlaskClient, booking: Booking) -> None:
    cannot(client, booking, access.mailed_token(booking))


def test_once_somebody_acted_through_the_mail_the_address_stays(client: FlaskClient, booking: Booking) -> None:
    Contact.update(confirmed_at=make.NOW).execute()
    cannot(client, booking)


def test_what_was_shown_before_the_booking_is_told_to_nobody_who_types_the_address(
    client: FlaskClient, link: Link
) -> None:
    """Nor can they take with them, or away, what was known of it."""
    day_before = make.NOW - timedelta(days=1)
    known = Contact.create(
        email=WRONG, first_name="Real", last_name="Name", created_at=day_before, confirmed_at=day_before
    )
    booking = make.booking(link, email=WRONG)
    assert "Correct it" in visit(client, path(booking)).main()
    mend(client, booking)
    assert Booking.get_by_id(booking.id).contact_id != known.id
    assert Contact.get_by_id(known.id).email == WRONG


def test_a_day_later_the_address_stays(client: FlaskClient, link: Link) -> None:
    booking = make.booking(link, "2026-12-04 09:00", email=WRONG)
    clock.set_source(lambda: make.NOW + timedelta(hours=25))
    cannot(client, booking)


def test_a_cancelled_meeting_keeps_its_address(client: FlaskClient, booking: Booking) -> None:
    bookings.cancel(booking, make.NOW, by=None)
    cannot(client, booking)


def test_an_address_is_mended_three_times_at_most(client: FlaskClient, booking: Booking) -> None:
    for number in range(bookings.MENDS):
        assert mend(client, booking, f"maren{number}@example.org").path == path(booking)
    page = mend(client, booking, "maren9@example.org")
    assert page.status == 429
    assert Booking.get().email == f"maren{bookings.MENDS - 1}@example.org"


@pytest.mark.parametrize("typed", ["", "maren", "maren@", "a@b@c.org", "maren@example.org\r\nBcc: x@example.org"])
def test_what_is_no_address_is_refused(client: FlaskClient, booking: Booking, typed: str) -> None:
    page = mend(client, booking, typed)
    assert page.status == 422
    assert [one.get("id") for one in page.all("p", class_="wrong")] == ["w-email"]
    assert Booking.get().email == WRONG


def test_the_same_address_once_more_changes_nothing(client: FlaskClient, booking: Booking) -> None:
    before = [(row.id, row.state) for row in Delivery.select()]
    mend(client, booking, WRONG.upper())
    assert [(row.id, row.state) for row in Delivery.select()] == before
    assert not Delivery.select().where(Delivery.state == DROPPED).exists()


def test_without_mails_there_is_nobody_to_tell(client: FlaskClient, app: Flask) -> None:
    booking = make.booking(make.link(automation={"confirmation_email": False}), email=WRONG)
    send_all()
    mend(client, booking)
    assert waiting() == [("host_readdressed", "alice@example.org")]
