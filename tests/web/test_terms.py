"""Privacy on the booking form, without script: what is said, boxes that may or must be ticked, words that change."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Consent, Link
from meetings.services import consents, links
from tests import make
from tests.web.pages import Page, visit

NEWS = {"id": "news", "label": "Send me news"}
RULES = {"id": "rules", "label": "I know the house rules", "required": True}
FORM = "/book/demo?timezone=Europe/Paris&start=1796202000"  # Wednesday 2 December, 10:00 in Paris
WHO = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com"}


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


def saying(**consent: Any) -> Link:
    return make.link(form={"consent": {"mode": "consent", **consent}})


def action(page: Page) -> str:
    return next(one.get("action") for one in page.tree.iter("form") if one.get("id") == "details")


def send(page: Page, **changes: Any) -> Page:
    return page.send(action(page), **{**WHO, **changes})


def boxes(page: Page) -> dict[str, Any]:
    return {one.get("value"): one for one in page.all("input", name="consent-box")}


def kept() -> dict[str, bool]:
    return {row.box: row.is_given for row in Consent.select() if row.box}


def test_boxes_are_never_ticked_beforehand(client: FlaskClient) -> None:
    saying(text="May we **write**?", privacy_text="[Our rules](https://example.org/rules)", checkboxes=[NEWS, RULES])
    page = visit(client, FORM)
    assert {name: box.get("checked") for name, box in boxes(page).items()} == {"news": None, "rules": None}
    assert boxes(page)["rules"].get("required") is not None
    assert "I know the house rules (required)" in page.main()
    assert page.links()["Our rules"] == "https://example.org/rules"
    assert "write" in [page.words(one) for one in page.tree.iter("strong")]


def test_what_is_ticked_is_kept(client: FlaskClient) -> None:
    saying(checkboxes=[NEWS, RULES])
    page = send(visit(client, FORM), **{"consent-box": ["rules"]})
    assert page.path.startswith("/booking/")
    assert kept() == {"news": False, "rules": True}
    assert Consent.select().where(Consent.box == "news").get().address == "127.0.0.0/24"


def test_a_box_that_must_be_ticked_is_said_beside_it_and_nothing_is_lost(client: FlaskClient) -> None:
    saying(checkboxes=[NEWS, RULES])
    page = send(visit(client, FORM), **{"consent-box": ["news"]})
    assert page.status == 422
    box = boxes(page)["rules"]
    assert box.get("aria-invalid") == "true"
    assert box.get("autofocus") is not None
    (wrong,) = page.all("p", id=box.get("aria-describedby"))
    assert page.words(wrong) == "Tick this box to book."
    assert boxes(page)["news"].get("checked") is not None
    assert page.fields(action(page))["first_name"] == ["Maren"]
    assert page.words(next(page.tree.iter("title"))).startswith("Error")
    assert send(page, **{"consent-box": ["news", "rules"]}).path.startswith("/booking/")


def test_a_wrong_field_comes_before_a_missing_box(client: FlaskClient) -> None:
    saying(checkboxes=[RULES])
    page = send(visit(client, FORM), email="nothing")
    assert boxes(page)["rules"].get("autofocus") is None
    assert boxes(page)["rules"].get("aria-invalid") == "true"


def test_a_box_and_a_field_of_one_name_are_two_things(client: FlaskClient) -> None:
    ask = [{"name": "news", "label": "Any news?", "type": "question", "required": False}]
    make.link(form={"fields": ask, "consent": {"mode": "consent", "checkboxes": [{**NEWS, "required": True}]}})
    page = send(visit(client, FORM), news="Yes")
    assert page.status == 422
    assert page.all("input", id="f-news")[0].get("aria-invalid") is None
    assert boxes(page)["news"].get("aria-invalid") == "true"


def test_what_was_shown_counts(client: FlaskClient) -> None:
    link = saying(text="We write rarely.", checkboxes=[NEWS])
    page = visit(client, FORM)
    links.update(link.organizer, link, {"scheduling": {"form": {"consent": {"text": "We write daily."}}}}, make.NOW)
    page = send(page, **{"consent-box": ["news"]})
    assert page.status == 409
    assert "What this page says about your privacy has changed." in page.main()
    assert "We write daily." in page.main()
    assert boxes(page)["news"].get("checked") is None  # that tick was for other words
    assert page.fields(action(page))["email"] == ["maren@example.com"]
    assert Booking.select().count() == 0
    assert send(page).path.startswith("/booking/")
    assert kept() == {"news": False}


def test_words_that_come_while_the_form_is_open_are_shown_first(client: FlaskClient) -> None:
    make.link()
    page = visit(client, FORM)
    consents.save_account(make.user("Ada Admin", role="admin"), {"mode": "legitimate_interest"})
    page = send(page)
    assert page.status == 409
    assert "may write to you about it" in page.main()
    assert send(page).path.startswith("/booking/")
    (row,) = Consent.select()
    assert (row.purpose, row.is_given, row.subscription) == ("legitimate_interest", True, "one_to_one")


def test_a_form_sent_twice_books_and_keeps_once_whatever_changed_since(client: FlaskClient) -> None:
    link = saying(text="Once", checkboxes=[NEWS])
    page = visit(client, FORM)
    first = send(page, **{"consent-box": ["news"]})
    links.update(link.organizer, link, {"scheduling": {"form": {"consent": {"text": "Twice"}}}}, make.NOW)
    assert send(page, **{"consent-box": ["news"]}).path == first.path
    assert Booking.select().count() == 1
    assert kept() == {"news": True}


def test_where_nothing_is_said_nothing_shows(client: FlaskClient) -> None:
    make.link()
    page = visit(client, FORM)
    assert not page.all("fieldset", class_="terms")
    assert "Used to prepare and hold this meeting." in page.main()


def test_the_words_are_in_the_page_s_language(client: FlaskClient) -> None:
    saying(processing="checkbox")
    page = visit(client, f"{FORM}&lang=fr")
    send(page, **{"consent-box": ["processing"]})
    (row,) = Consent.select()
    assert row.locale.startswith("fr")


def test_a_link_that_runs_something_is_refused(app: Flask) -> None:
    _clean, flaws = consents.account_flaws({"mode": "consent", "privacy_text": "[x](javascript:alert(1))"})
    assert [flaw.code for flaw in flaws] == ["unfit-link"]
