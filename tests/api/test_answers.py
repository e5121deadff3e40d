"""Questions and answers of every kind, for programs: asked as they are, taken and given back as what they are."""

from typing import Any

import pytest

from meetings.domain.form import CHOOSING
from meetings.models import Answer
from meetings.services import properties
from tests import make
from tests.api.conftest import code, fields
from tests.api.test_public import wish

TYPED: dict[str, Any] = {
    "line": "The loud one",
    "text": "Two\nlines",
    "number": 12.5,
    "yes_no": False,
    "begin": "2026-12-10",
    "phone": "+47 22 33 44 55",
    "url": "https://nordlicht.example",
    "select": "Home",
    "radio": "Studio",
    "checkboxes": ["Studio", "Home"],
}
FIELDS = [
    {
        "name": name,
        "label": f"{name}?",
        "type": "question",
        "kind": "date" if name == "begin" else name,
        "options": ["Studio", "Home"] if name in CHOOSING else [],
        "help": "As you like",
        "required": name != "text",
        "in_invite": name != "url",
    }
    for name in TYPED
]


@pytest.fixture
def link(alice):
    return make.link(alice, form={"fields": FIELDS})


def test_a_page_says_what_it_asks(anybody, link):
    assert anybody.get("/book/demo").json["form"]["fields"] == FIELDS


def test_answers_are_taken_and_given_back_as_what_they_are(anybody, as_user, alice, link):
    made = anybody.post("/book/demo/bookings", wish(answers=TYPED))
    assert made.status_code == 201
    assert made.json["answers"] == TYPED
    assert as_user(alice).get("/bookings").json["items"][0]["answers"] == TYPED
    assert {answer.name: answer.value for answer in Answer.select()}["checkboxes"] == "Studio\nHome"


def test_a_whole_number_comes_back_as_one(anybody, link):
    made = anybody.post("/book/demo/bookings", wish(answers={**TYPED, "number": "3,0", "yes_no": "yes", "text": None}))
    assert (made.json["answers"]["number"], made.json["answers"]["yes_no"]) == (3, True)
    assert "text" not in made.json["answers"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "many"),
        ("number", True),
        ("yes_no", "maybe"),
        ("begin", "10.12.2026"),
        ("phone", "none"),
        ("url", "javascript:x"),
        ("select", "Cellar"),
        ("radio", ["Studio"]),
        ("checkboxes", ["Cellar"]),
        ("checkboxes", []),
        ("line", ""),
        ("line", 5),
    ],
)
def test_wrong_answers_are_named(anybody, link, name, value):
    answer = anybody.post("/book/demo/bookings", wish(answers={**TYPED, name: value}))
    assert (answer.status_code, code(answer), fields(answer)) == (422, "invalid", [f"answers.{name}"])
    assert Answer.select().count() == 0


def test_a_property_s_own_kind_counts(anybody, alice):
    properties.add(make.user("Ada Root", role="admin"), {"label": "Size", "kind": "radio", "options": ["S"]}, make.NOW)
    make.link(alice, form={"fields": [{"name": "size", "type": "property"}]})
    [asked] = anybody.get("/book/demo").json["form"]["fields"]
    assert (asked["label"], asked["kind"], asked["options"]) == ("Size", "radio", ["S"])
    assert fields(anybody.post("/book/demo/bookings", wish(answers={"size": "M"}))) == ["answers.size"]


def test_links_make_the_properties_they_ask_for(as_user, alice):
    body = make.document(form={"fields": [{"type": "property", "label": "Team size", "kind": "number"}]})
    made = as_user(alice).post("/links", body)
    assert made.json["scheduling"]["form"]["fields"][0]["name"] == "team_size"
    listed = as_user(alice).get("/properties").json["items"]
    assert [entry["name"] for entry in listed] == ["company", "job_title", "phone", "website", "team_size"]
    assert listed[-1] == {"name": "team_size", "label": "Team size", "kind": "number", "options": []}
    assert listed[0]["label"] == "Company"


def test_a_property_without_choices_is_refused(as_user, alice):
    body = make.document(form={"fields": [{"name": "size", "type": "property", "kind": "select"}]})
    answer = as_user(alice).post("/links", body)
    assert (answer.status_code, fields(answer)) == (422, ["scheduling.form.fields.0.options"])


def test_the_list_of_properties_goes_page_by_page(as_user, anybody, alice):
    first = as_user(alice).get("/properties?limit=3").json
    second = as_user(alice).get(f"/properties?limit=3&cursor={first['next']}").json
    assert [entry["name"] for entry in first["items"] + second["items"]] == ["company", "job_title", "phone", "website"]
    assert second["next"] is None
    assert anybody.get("/properties").status_code == 401
