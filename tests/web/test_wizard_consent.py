"""Privacy on the form page of the wizard, without script: as the team has it, or in a link's own words."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings.models import Link, User
from meetings.services import consents
from tests import make
from tests.web.pages import Page, sign_in, visit

PATH = "/links/demo/edit/form"


@pytest.fixture
def boss(client: FlaskClient) -> User:
    admin = make.user("Ada Admin", role="admin")
    sign_in(client, admin)
    return admin


@pytest.fixture
def link(boss: User) -> Link:
    return make.link(boss)


def said(link: Link) -> Any:
    return Link.get_by_id(link.id).scheduling["form"]["consent"]


def opened(client: FlaskClient) -> Page:
    return visit(client, PATH)


def test_a_link_shows_what_the_team_says(client: FlaskClient, boss: User, link: Link) -> None:
    assert "says nothing of its own yet" in opened(client).main()
    box = {"id": "news", "label": "Send me news", "required": True}
    consents.save_account(boss, {"mode": "consent", "privacy_text": "We keep little.", "checkboxes": [box]})
    shown = opened(client).main()
    for words in ("As the whole team has it", "Send me news", "(required)", "We keep little."):
        assert words in shown, words
    assert not opened(client).all("input", name="box_id")


def test_customizing_begins_with_the_team_s_words_and_wins(client: FlaskClient, boss: User, link: Link) -> None:
    consents.save_account(boss, {"mode": "legitimate_interest", "text": "The team’s"})
    page = opened(client).send(PATH, do="customize:consent")
    assert page.fields(PATH)["consent_text"] == ["The team’s"]
    assert said(link)["mode"] == "account"
    page.send(PATH, consent_text="Ours", do="save")
    assert (said(link)["mode"], said(link)["text"]) == ("legitimate_interest", "Ours")
    consents.save_account(boss, {"mode": "off"})
    assert consents.terms(Link.get_by_id(link.id), "en").text == "Ours"
    assert "has its own text" in opened(client).main()


def test_where_the_team_says_nothing_customizing_begins_with_a_suggestion(client: FlaskClient, link: Link) -> None:
    page = opened(client).send(PATH, do="customize:consent")
    assert page.fields(PATH)["consent_mode"] == ["consent"]
    assert "may write to me" in page.fields(PATH)["box_label"][0]


def test_back_to_the_team_s_words(client: FlaskClient, link: Link) -> None:
    opened(client).send(PATH, do="customize:consent").send(PATH, consent_mode="off", do="save")
    assert said(link)["mode"] == "off"
    page = opened(client).send(PATH, do="account:consent")
    assert "As the whole team has it" in page.main()
    page.send(PATH, do="save")
    assert said(link)["mode"] == "account"


def test_boxes_are_added_required_and_removed(client: FlaskClient, link: Link) -> None:
    page = opened(client).send(PATH, do="customize:consent").send(PATH, do="add:box")
    first, second = page.fields(PATH)["box_id"]
    page.send(PATH, box_label=["One", "Two"], box_required=second, do="save")
    boxes = said(link)["checkboxes"]
    assert [(box["label"], box["required"]) for box in boxes] == [("One", False), ("Two", True)]
    opened(client).send(PATH, do=f"remove:box:{first}").send(PATH, do="save")
    assert [box["id"] for box in said(link)["checkboxes"]] == [second]


def test_boxes_are_put_in_order(client: FlaskClient, link: Link) -> None:
    page = opened(client).send(PATH, do="customize:consent").send(PATH, do="add:box")
    first, second = page.fields(PATH)["box_id"]
    page = page.send(PATH, box_label=["One", "Two"], do=f"down:consent-box:{first}")
    assert page.fields(PATH)["box_label"] == ["Two", "One"]
    (edge,) = [one for one in page.all("button") if one.get("id") == f"down-{first}"]
    assert edge.get("aria-disabled") == "true"
    page.send(PATH, do=f"up:consent-box:{second}").send(PATH, do="save")  # it is the first: all stays
    assert [(box["id"], box["label"]) for box in said(link)["checkboxes"]] == [(second, "Two"), (first, "One")]


def test_what_is_wrong_stands_beside_its_control(client: FlaskClient, link: Link) -> None:
    page = opened(client).send(PATH, do="customize:consent")
    page = page.send(PATH, box_label="", privacy_text="x" * 5001, do="save")
    assert page.status == 422
    assert sorted(page.errors()) == ["box-news", "privacy_text"]
    assert page.fields(PATH)["privacy_text"] == ["x" * 5001]
    assert said(link)["mode"] == "account"


def test_the_page_beside_it_shows_what_is_typed(client: FlaskClient, link: Link) -> None:
    page = opened(client).send(PATH, do="customize:consent")
    values = {**page.fields(PATH), "box_label": "Hear from us", "step": "form"}
    shown = client.post("/links/demo/preview", data=values).get_data(as_text=True)
    assert "Hear from us" in shown
    assert 'name="consent-box"' in shown
