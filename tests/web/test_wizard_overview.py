"""The wizard's page of names without script: titles from menus, places by kind, types of meetings."""

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Link, MeetingType, Property, User
from tests import make
from tests.web.pages import Page, sign_in, visit

HERE = "/links/demo/edit/overview"


@pytest.fixture
def alice(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    alice = make.user()
    sign_in(client, alice)
    return alice


@pytest.fixture
def link(alice: User) -> Link:
    fields = [{"name": "team", "label": "Team", "type": "property", "required": True}]
    return make.link(alice, form={"fields": [*fields, {"name": "company", "type": "property", "required": False}]})


def press(client: FlaskClient, button: str, **typed: str) -> Page:
    fields = visit(client, HERE).fields(HERE)
    return Page(client, client.post(HERE, data={**fields, **typed, "do": button}, follow_redirects=True))


def titles(page: Page) -> list[str]:
    """The event's titles in the preview."""
    return [page.words(one) for box in page.all("div", class_="event") for one in box.iter("b")]


def overview() -> dict[str, str]:
    return Link.get(slug="demo").overview


def test_menus_offer_all_that_a_title_may_mention(client, link):
    Property.create(name="budget", label="Budget", kind="number", position=9, created_at=make.NOW)
    page = visit(client, HERE)
    offered = {
        one.get("data-token"): page.words(one)
        for one in page.all("button", class_="menu-item")
        if one.get("data-token")
    }
    assert {
        "contact.first_name",
        "contact.email",
        "company.name",
        "company.domain",
        "contact.team",
        "contact.budget",
    } <= set(offered)
    assert "contact.company" not in offered  # it is in the company's own menu
    assert offered["contact.budget"] == "Budget 12"
    for token in offered:
        assert press(client, "save", title=f"Talk {{{{ {token} }}}}").errors() == {}


def test_a_button_adds_a_token_with_what_to_write_instead(client, link):
    page = press(client, "token:company.name", title="Talk of ", company_fallback="your | {team}")
    assert page.all("input", id="title")[0].get("value") == "Talk of {{ company.name | your (team) }}"
    assert page.all("input", id="company_fallback")[0].get("value") == ""
    assert titles(page) == ["Talk of Nordlicht", "Talk of your (team)"]
    page = press(client, "save")
    assert overview()["title"] == "Talk of {{ company.name | your (team) }}"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("", ["Maren Holt and Alice Martin"]),
        ("Plain words", ["Plain words"]),
        ("With {{ contact.first_name }} {{ contact.last_name }}", ["With Maren Holt"]),
        ("Of {{ contact.team }}", ["Of “Team”"]),  # nobody books without saying
        ("{{ company.name }}: talk", ["Nordlicht: talk", "talk"]),
        ("{{ company.name }}", ["Nordlicht", "Maren Holt and Alice Martin"]),
        ("With {{ contact.first_name }} of {{ company.name }} ({{ company.domain }})", ["With Maren of Nordlicht (nordlicht.example)", "With Maren"]),
    ],
)  # fmt: skip
def test_the_preview_has_the_title_with_and_without(client, link, title, shown):
    assert titles(press(client, "preview", title=title)) == shown


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Talk of {{ company.size }}", "“company.size” means nothing here."),
        ("Talk of {{ contact.shoe_size }}", "“contact.shoe_size” means nothing here."),
        ("Talk of {{ company.name", "A name in double braces is not closed"),
    ],
)
def test_an_unknown_token_is_refused_beside_the_title(client, link, title, words):
    page = press(client, "save", title=title)
    assert page.status == 422
    assert words in page.errors()["title"]
    assert overview()["title"] == ""


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("phone", "ask at the door", "+33 1 23 45 67 89"),
        ("link", "meet.example", "https://meet.example/a"),
        ("custom", None, "At our office"),
        ("address", None, "Alecrim 41\nLisbon"),
    ],
)
def test_each_kind_of_place_has_its_own_rule(client, link, kind, wrong, right):
    if wrong:
        page = press(client, "save", location_kind=kind, location=wrong)
        assert (page.status, list(page.errors())) == (422, ["location"])
        [field] = page.all("input", id="location")
        assert (field.get("type"), field.get("value")) == ({"phone": "tel", "link": "url"}[kind], wrong)
    page = press(client, "save", location_kind=kind, location=right)
    assert page.errors() == {}
    assert (overview()["location_kind"], overview()["location"]) == (kind, right)
    assert ("textarea" if kind == "address" else "input") in {
        one.tag for one in page.tree.iter() if one.get("id") == "location"
    }


def test_a_link_in_the_description_leads_somewhere_fit(client, link):
    page = press(client, "save", description="See [this](javascript:alert(1)).")
    assert (page.status, list(page.errors())) == (422, ["description"])
    assert "“javascript:alert(1)” can’t be linked to." in page.errors()["description"]


def test_a_type_is_chosen_from_the_list(client, alice, link):
    assert visit(client, HERE).all("select", id="meeting_type") == []
    MeetingType.create(name="Review")
    press(client, "save", meeting_type="Review")
    assert overview()["meeting_type"] == "Review"
    MeetingType.delete().execute()
    page = visit(client, HERE)  # off the list, and still the link's
    assert [page.words(one) for one in page.all("option", selected="") if one.get("value") == "Review"] == ["Review"]
    assert press(client, "save", title="Talk").errors() == {}
    press(client, "save", meeting_type="")
    assert overview()["meeting_type"] is None
    assert press(client, "save", meeting_type="Review").status == 422
