"""Hostile texts as questions, choices, helps, names of properties and answers: they stay texts wherever they are read."""

from collections.abc import Iterator, Sequence

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.domain.form import QUESTIONS_MAX
from meetings.domain.time import to_instant
from meetings.models import Booking, Delivery, Link, User
from meetings.services import mails, properties
from tests import hostile, make
from tests.web.pages import Page, sign_in, visit

pytestmark = pytest.mark.alike

START = make.at("2026-12-01 09:00")
WORDS = [f"Some words {number}" for number in range(QUESTIONS_MAX)]


@pytest.fixture
def alice(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


def pages_with(client: FlaskClient, alice: User, texts: Sequence[str], slug: str) -> Iterator[Page]:
    """Everything that shows a link's questions and their answers, for one link."""
    make.link(alice, slug, form={"fields": hostile.questions(texts)})
    stranger = client.application.test_client()
    address = f"/book/{slug}?start={to_instant(START)}"
    form = visit(stranger, address)
    yield form
    typed = {f"q{index}": words for index, words in enumerate(texts)}
    action = form.all("form", id="details")[0].get("action")
    yield form.send(action, **typed, first_name=texts[0], last_name="Holt", email="")
    yield form.send(action, **typed, first_name="Maren", last_name="Holt", email="maren@example.com")
    made = Booking.select().order_by(Booking.id.desc()).first()
    yield visit(client, f"/bookings/{made.public_id}")
    for step in ("form", "overview"):
        yield visit(client, f"/links/{slug}/edit/{step}")
    yield visit(client, f"/links/{slug}/preview?step=form")
    made.delete_instance(recursive=True)


def test_questions_and_answers_change_no_page(client: FlaskClient, alice: User) -> None:
    sign_in(client, alice)
    for number, batch in enumerate(hostile.BATCHES):
        usual = list(pages_with(client, alice, WORDS[: len(batch)], f"usual{number}"))
        for page, like in zip(pages_with(client, alice, batch, f"odd{number}"), usual, strict=True):
            text = page.response.get_data(as_text=True)
            assert page.status == like.status
            assert hostile.dangers(text) == []
            assert hostile.MARK in text or page.path.endswith("overview")
            assert hostile.shape(text) == hostile.shape(like.response.get_data(as_text=True)), page.path


def booked(link: Link, texts: Sequence[str]) -> dict[str, mails.Outgoing]:
    answers = [
        {"name": field["name"], "label": field["label"], "value": words, "kind": field["kind"], "in_invite": True}
        for field, words in zip(hostile.questions([words.replace("\n", " ") for words in texts]), texts, strict=True)
    ]
    booking = make.booking(link, START, answers=answers)
    told = {row.kind: mails.compose(row, make.NOW) for row in Delivery.select().where(Delivery.booking == booking)}
    booking.delete_instance(recursive=True)
    return told


def test_answers_change_no_mail_and_no_calendar(alice: User) -> None:
    link = make.link(alice, automation={"reminders": [{"value": 1, "unit": "hours"}]})
    usual = booked(link, WORDS)
    for batch in [*hostile.BATCHES, hostile.LINES]:
        for kind, outgoing in booked(link, batch).items():
            assert hostile.dangers(outgoing.html) == []
            tags = {element for element in hostile.shape(outgoing.html) if element[0] != "br"}
            assert tags <= set(hostile.shape(usual[kind].html)), kind
            if outgoing.invitation is not None:
                made, like = outgoing.invitation.content, usual[kind].invitation.content
                assert hostile.calendar_shape(made) == hostile.calendar_shape(like)
            assert outgoing.as_bytes("<x@localhost>", make.NOW).split(b"\r\n\r\n")[0].count(b"\r\nBcc:") == 0


def test_a_title_made_of_answers_changes_no_calendar(alice: User) -> None:
    field = {"name": "company", "type": "property"}
    link = make.link(alice, overview={"title": "Demo of {{ company.name }}"}, form={"fields": [field]})
    shapes = []
    for words in ("Nordlicht", *hostile.PAYLOADS):
        answer = {"name": "company", "label": "Company", "value": words, "kind": "line", "in_invite": True}
        booking = make.booking(link, START, answers=[answer])
        shapes.append(hostile.calendar_shape(mails.calendar_file(booking)))
        assert "evil.example" not in booking.title
        booking.delete_instance(recursive=True)
    assert [found for found in shapes if found != shapes[0]] == []


def test_names_of_properties_change_no_page(client: FlaskClient, alice: User) -> None:
    sign_in(client, alice)
    row = properties.add(alice, {"label": "Some words", "kind": "select", "options": ["Words"]}, make.NOW)
    usual = None
    for words in ("Words", *hostile.PAYLOADS):
        properties.change(alice, row, {"label": words, "kind": "select", "options": [words]}, make.NOW)
        pages = [visit(client, f"/settings/properties{end}") for end in ("", f"/{row.id}", f"/{row.id}/delete")]
        texts = [page.response.get_data(as_text=True) for page in pages]
        assert [found for text in texts for found in hostile.dangers(text)] == []
        shapes = [hostile.shape(text) for text in texts]
        usual = usual or shapes
        assert shapes == usual, words
