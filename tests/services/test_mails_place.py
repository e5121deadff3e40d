"""Where a meeting is and what it is about, as mails and calendars have it."""

from email import message_from_bytes
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from meetings.models import Delivery, User
from meetings.models.outbox import SENT
from meetings.services import access, bookings, mails
from meetings.services.mails import Outgoing
from tests import make
from tests.domain.strict import read_strictly
from tests.web.pages import visit

DESCRIPTION = "Bring **plans**, see [our site](https://nord.example/a?b=1&c).\nTwo lines.\n\n- one\n- two"
PLAIN = "Bring plans, see our site (https://nord.example/a?b=1&c).\nTwo lines.\n\n• one\n• two"


@pytest.fixture
def alice(app: Flask) -> User:
    return make.user()


def told(alice: User, **overview: str) -> dict[str, Outgoing]:
    booking = make.booking(make.link(alice, overview=overview))
    return {row.kind: mails.compose(row, make.NOW) for row in Delivery.select().where(Delivery.booking == booking)}


def event(outgoing: Outgoing) -> dict[str, str]:
    parts = message_from_bytes(outgoing.as_bytes("<x@localhost>", make.NOW)).walk()
    (content,) = {part.get_payload(decode=True) for part in parts if part.get_content_type() == "text/calendar"}
    return {name: value for name, _, value in read_strictly(content)}


@pytest.mark.parametrize(
    ("kind", "typed", "location", "url", "conference", "in_text", "in_html"),
    [
        ("custom", "At our office", "At our office", "", "", "Place\nAt our office", "At our office"),
        ("address", "Alecrim 41,\nLisbon", "Alecrim 41, Lisbon", "", "", "Place\nAlecrim 41,\nLisbon", "Alecrim 41,<br>Lisbon"),
        ("phone", "+33 1 23 45", "+33 1 23 45", "", "tel:+3312345", "Phone\n+33 1 23 45", '<a href="tel:+3312345">+33 1 23 45</a>'),
        ("link", "https://meet.example/a", "https://meet.example/a", "https://meet.example/a", "https://meet.example/a", "Join the meeting\nhttps://meet.example/a", '<a href="https://meet.example/a">https://meet.example/a</a>'),
    ],
)  # fmt: skip
def test_a_place_of_each_kind(alice, kind, typed, location, url, conference, in_text, in_html):
    for outgoing in told(alice, location_kind=kind, location=typed).values():
        made = event(outgoing)
        assert (made.get("LOCATION"), made.get("URL", ""), made.get("CONFERENCE", "")) == (location, url, conference)
        assert in_html in outgoing.html
        if outgoing.kind == "confirmation":
            assert in_text in outgoing.text


@pytest.mark.parametrize(("kind", "typed"), [("phone", "+33 1 23 45"), ("link", "https://meet.example/a")])
def test_whose_address_was_mistyped_is_told_no_number_and_no_call(alice, kind, typed):
    booking = make.booking(make.link(alice, overview={"location_kind": kind, "location": typed}), email="m@gmial.com")
    Delivery.update(state=SENT).where(Delivery.booking == booking).execute()
    bookings.readdress(booking, "m@gmail.com", make.NOW)
    row = Delivery.get(Delivery.booking == booking, Delivery.kind == "misdirected")
    written = str(event(mails.compose(row, make.NOW)))
    assert "meet.example" not in written
    assert "3312345" not in written.replace(" ", "")


def test_a_description_is_formatted_where_that_can_be_read(alice):
    mail = told(alice, description=DESCRIPTION)["confirmation"]
    assert PLAIN in mail.text
    assert (
        '<p style="margin: 0 0 16px;">Bring <strong>plans</strong>, see <a href="https://nord.example/a?b=1&amp;c"'
        in mail.html
    )
    assert "<li>one</li>" in mail.html
    written = event(mail)["DESCRIPTION"]
    assert written.startswith(PLAIN)
    assert "**" not in mail.html + mail.text + written


def test_web_calendars_get_plain_words(client, alice):
    booking = make.booking(make.link(alice, overview={"description": DESCRIPTION}))
    links = visit(client, f"/booking/{access.manage_token(booking)}").links()
    assert parse_qs(urlsplit(links["Google"]).query)["details"] == [PLAIN]
    assert parse_qs(urlsplit(links["Outlook"]).query)["body"] == [PLAIN]


def test_what_was_typed_before_reads_as_it_did(alice):
    """Descriptions without marks keep their lines."""
    typed = "Half an hour, 2 * 15 minutes.\nBy video_call.\n\nNothing to prepare: <b>really</b> & truly."
    mail = told(alice, description=typed)["confirmation"]
    assert typed in mail.text
    assert "Half an hour, 2 * 15 minutes.<br>\nBy video_call.</p>" in mail.html
