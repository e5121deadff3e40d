"""Hostile texts as words about privacy, types of subscription and contacts' names: they stay texts wherever they are read."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.domain.form import CHECKBOXES_MAX, check_account_consent
from meetings.domain.time import to_instant
from meetings.models import Booking, Contact, Delivery, Link, Property, PropertyValue, User
from meetings.services import bookings, consents, rights, subscriptions
from meetings.services.consents import Agreed
from tests import hostile, make
from tests.web.pages import Page, sign_in, visit

pytestmark = pytest.mark.alike

START = make.at("2026-12-01 09:00")
BATCHES = [
    hostile.PAYLOADS[first : first + CHECKBOXES_MAX] for first in range(0, len(hostile.PAYLOADS), CHECKBOXES_MAX)
]
LINKS = ("<a href=https:", "<a href=mailto:")  # that an admin may well want
USUAL = [f"Some words {number}" for number in range(CHECKBOXES_MAX)]


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"RATELIMIT_ENABLED": False}


@pytest.fixture
def boss(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    admin = make.user("Ada Admin", role="admin")
    sign_in(client, admin)
    return admin


def words_about(texts: Sequence[str], prose: str) -> dict[str, Any]:
    boxes = [{"id": f"b{index}", "label": words} for index, words in enumerate(texts)]
    processing = {"processing": "checkbox", "processing_label": texts[0]}
    return {"mode": "consent", "text": prose, "privacy_text": prose, "checkboxes": boxes, **processing}


def opened(page: Page) -> Iterator[str]:
    """A page, and apart from it what stands in its frame."""
    text = page.response.get_data(as_text=True)
    yield from (one.get("srcdoc", "") for one in page.all("iframe") if one.get("srcdoc"))
    yield re.sub(r'srcdoc="[^"]*"', "", text)


def pages_with(client: FlaskClient, boss: User, texts: Sequence[str], slug: str, prose: str = "") -> Iterator[Page]:
    """Everything that shows such words, for one link and one contact."""
    said = words_about(texts, prose)
    consents.save_account(boss, said)
    make.link(boss, slug, form={"consent": said})
    stranger = client.application.test_client()
    form = visit(stranger, f"/book/{slug}?start={to_instant(START)}")
    yield form
    yield form.send(form.all("form", id="details")[0].get("action"), email="")
    yield visit(client, "/settings/privacy")
    yield visit(client, f"/links/{slug}/edit/form")
    yield visit(client, f"/links/{slug}/preview?step=form")
    known = {"first_name": texts[1][:100], "last_name": "Holt", "email": f"{slug}@example.com"}
    ticked = Agreed(frozenset({"b0", "processing"}))
    booking = make.booking(Link.by_slug(slug), START, agreed=ticked, **known)
    phone = Property.get(Property.name == "phone")
    PropertyValue.create(contact=booking.contact_id, property=phone, value=texts[2], changed_at=make.NOW)
    for path in (f"/contacts/{booking.contact_id}", f"/contacts/{booking.contact_id}/erase", f"/contacts?q={slug}@"):
        yield visit(client, path)
    yield visit(client, f"/bookings/{booking.public_id}")
    yield visit_of(stranger, booking)
    bookings.cancel(booking, make.NOW, by=None)


def visit_of(client: FlaskClient, booking: Booking) -> Page:
    """The contact's own page of what is kept."""
    rights.ask(booking.email, "en", address=booking.email, now=make.NOW)
    row = Delivery.get(Delivery.kind == "rights", Delivery.recipient == booking.email)
    path = row.details["url"].removeprefix("http://localhost")
    return visit(client, path).send(path)


def test_boxes_and_names_change_no_page(client: FlaskClient, boss: User) -> None:
    for number, batch in enumerate(BATCHES):
        usual = list(pages_with(client, boss, USUAL[: len(batch)], f"usual{number}"))
        for page, like in zip(pages_with(client, boss, batch, f"odd{number}"), usual, strict=True):
            assert page.status == like.status
            for text, plain in zip(opened(page), opened(like), strict=True):
                assert hostile.dangers(text) == []
                assert hostile.shape(text) == hostile.shape(plain), page.path


def test_texts_become_nothing_but_light_markdown(client: FlaskClient, boss: User) -> None:
    for number, prose in enumerate([*hostile.PAYLOADS, *hostile.LINES]):
        clean, flaws = check_account_consent({"mode": "consent", "text": prose, "privacy_text": prose}, "consent")
        if flaws:
            continue  # refused when it is saved
        make.link(boss, f"prose{number}", form={"consent": clean})
        page = visit(client, f"/book/prose{number}?start={to_instant(START)}")
        found = hostile.dangers(page.response.get_data(as_text=True))
        assert [fault for fault in found if not fault.startswith(LINKS)] == [], prose


def test_subscriptions_are_only_names(client: FlaskClient, boss: User) -> None:
    for words in hostile.PAYLOADS[:25]:
        subscriptions.add(boss, {"label": words[:200]})
    for path in ("/settings/privacy", "/contacts"):
        for text in opened(visit(client, path)):
            assert hostile.dangers(text) == []


def test_an_export_holds_the_words_as_they_are(client: FlaskClient, boss: User) -> None:
    link = make.link(boss, form={"consent": words_about(hostile.PAYLOADS[:CHECKBOXES_MAX], "")})
    booking = make.booking(link, START, agreed=Agreed(frozenset({"processing"})))
    answer = client.get(f"/contacts/{booking.contact_id}/export.json")
    assert answer.mimetype == "application/json"
    said = [row["wording"] for row in json.loads(answer.data)["agreements"]]
    assert said[:CHECKBOXES_MAX] == [row.wording for row in consents.of_booking(booking)][:CHECKBOXES_MAX]
    assert Contact.select().where(Contact.email != "").count() == 1
