"""Hostile texts as names, titles, places, descriptions and types of meetings: they stay texts wherever they are read."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.domain.rich_text import to_html
from meetings.domain.time import to_instant
from meetings.errors import Invalid
from meetings.models import Booking, Delivery, Link, MeetingType, User
from meetings.services import links, mails
from tests import hostile, make
from tests.web.pages import Page, sign_in, visit

START = make.at("2026-12-01 09:00")
USUAL = "Some words"
FIELDS = ("title", "location", "description")  # beside the internal name and the meeting type
FORMATTED = {"p", "br", "strong", "em", "ul", "ol", "li"}  # what a description may be made of


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "RATELIMIT_ENABLED": False}  # one contact books many times


@pytest.fixture
def alice(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


def link_of(alice: User, words: str, fields: tuple[str, ...], kind: str) -> tuple[Link, tuple[str, ...]]:
    """A link that says these words wherever they are taken, and where that is."""
    line = " ".join(words.split())[:100]  # what can be a name at all
    MeetingType.delete().execute()
    MeetingType.create(name=line)
    overview = {**dict.fromkeys(fields, words), "location_kind": kind, "internal_name": line, "meeting_type": line}
    try:
        made = links.create(alice, make.document("place", overview=overview, heading=USUAL), make.NOW)
    except Invalid as problem:
        refused = {flaw.field.rpartition(".")[2] for flaw in problem.flaws}
        left = tuple(name for name in fields if name not in refused)
        assert left != fields
        return link_of(alice, words, left, kind)
    return made, fields


def pages_of(client: FlaskClient) -> Iterator[Page]:
    """Everything that shows the names, the place and the description of the link, and of a booking made by it."""
    stranger = client.application.test_client()
    yield visit(stranger, "/book/place")
    form = visit(stranger, f"/book/place?start={to_instant(START)}")
    yield form
    action = form.all("form", id="details")[0].get("action")
    yield form.send(action, first_name="Maren", last_name="Holt", email="maren@example.com")
    made = Booking.select().order_by(Booking.id.desc()).first()
    edit, preview = "/links/place/edit/overview", "/links/place/preview?step=automation"
    for path in (
        "/links",
        edit,
        preview,
        "/links/place/share",
        f"/bookings/{made.public_id}",
        "/settings/meeting-types",
    ):
        yield visit(client, path)


def read(client: FlaskClient, alice: User, words: str, fields: tuple[str, ...], kind: str) -> tuple[Any, ...]:
    """(fields that were taken, pages, mails by kind, the event as a file) for a link with these words."""
    link, taken = link_of(alice, words, fields, kind)
    shown = [(page.path, page.response.get_data(as_text=True)) for page in pages_of(client)]
    booking = Booking.select().order_by(Booking.id.desc()).first()
    told = {row.kind: mails.compose(row, make.NOW) for row in Delivery.select().where(Delivery.booking == booking)}
    event = mails.calendar_file(booking)
    booking.delete_instance(recursive=True)
    link.delete_instance(recursive=True)
    return taken, shown, told, event


def bare(page: str) -> hostile.Shape:
    return [element for element in hostile.shape(page) if element[0] not in FORMATTED]


@pytest.mark.alike
@pytest.mark.parametrize("kind", ["custom", "address"])
def test_nothing_typed_changes_a_page_a_mail_or_a_calendar(client: FlaskClient, alice: User, kind: str) -> None:
    sign_in(client, alice)
    texts = hostile.PAYLOADS[::2] if kind == "custom" else [*hostile.PAYLOADS[1::2], *hostile.LINES]
    usual: dict[tuple[str, ...], Any] = {}
    for words in texts:
        fields = FIELDS if "<a " not in to_html(words) else FIELDS[:2]  # a host may link to any mailbox
        taken, shown, told, event = read(client, alice, words, fields, kind)
        if taken not in usual:
            _, like, told_usually, event_usually = read(client, alice, USUAL, taken, kind)
            usual[taken] = [bare(page) for _, page in like], told_usually, event_usually
        shapes, told_usually, event_usually = usual[taken]
        for (path, page), shape in zip(shown, shapes, strict=True):
            assert hostile.dangers(page) == [], (path, words)
            assert bare(page) == shape, (path, words)
        for mail, outgoing in told.items():
            assert hostile.dangers(outgoing.html) == [], words
            assert bare(outgoing.html) == bare(told_usually[mail].html), words
            head = outgoing.as_bytes("<x@localhost>", make.NOW).split(b"\r\n\r\n")[0]
            assert head.count(b"\r\nBcc:") == 0
        assert hostile.calendar_shape(event) == hostile.calendar_shape(event_usually), words


@pytest.mark.parametrize("kind", ["phone", "link"])
def test_no_hostile_text_is_a_number_or_the_address_of_a_call(alice: User, kind: str) -> None:
    for words in [*hostile.PAYLOADS, *hostile.LINES]:
        overview = {"location_kind": kind, "location": words}
        with pytest.raises(Invalid) as refused:
            links.create(alice, make.document("place", overview=overview), make.NOW)
        assert [flaw.field for flaw in refused.value.flaws] == ["overview.location"]


def test_no_hostile_text_takes_the_wizard_apart(client: FlaskClient, alice: User) -> None:
    """What can't be saved comes back as it was typed."""
    sign_in(client, alice)
    make.link(alice, "place")
    page = visit(client, "/links/place/edit/overview")
    fields = page.fields("/links/place/edit/overview")
    for words in [*hostile.PAYLOADS[::3], "{{ nothing.known }} <b>"]:
        typed = {
            **fields,
            "title": words,
            "location": words,
            "location_kind": "link",
            "description": words,
            "do": "save",
        }
        answer = Page(client, client.post("/links/place/edit/overview", data=typed))
        text = answer.response.get_data(as_text=True)
        assert answer.status == 422
        assert hostile.dangers(text) == [], words
        assert answer.all("input", id="title")[0].get("value") == words
        assert answer.all("input", id="location")[0].get("value") == words
        assert "".join(answer.all("textarea", id="description")[0].itertext()).removeprefix("\n") == words
