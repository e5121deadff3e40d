"""Every kind of question on the booking form: drawn, filled in, sent back where wrong, booked, and told again."""

import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from meetings import clock
from meetings.domain.form import CHOOSING, KINDS
from meetings.domain.time import to_instant
from meetings.models import Answer, Booking, Contact, Link, User
from meetings.services import forms
from tests import make
from tests.browser import WIDTHS, assert_accessible, data, shoot
from tests.browser import sign_in as enter
from tests.web.pages import Page, sign_in, visit

START = make.at("2026-12-01 09:00")
ROOMS = ["Meeting room", "Studio or rehearsal room", "Home"]
LABELS = {
    "line": "What is it called?",
    "text": "Anything else?",
    "number": "Floor area in m²",
    "date": "Works begin",
    "yes_no": "Do you have a floor plan?",
    "phone": "Phone",
    "url": "Web address",
    "select": "Kind of room",
    "radio": "How many people use it at once?",
    "checkboxes": "What is the trouble?",
}


def named(kind: str) -> str:
    return {"date": "begin"}.get(kind, kind)  # "date" is a word of the page's own address


FIELDS = [
    {
        "name": named(kind),
        "label": LABELS[kind],
        "type": "question",
        "kind": kind,
        "options": ROOMS if kind in CHOOSING else [],
        "help": "As you like." if kind in {"text", "checkboxes"} else "",
        "required": kind not in {"phone", "text"},
        "in_invite": kind != "url",
    }
    for kind in ("phone", "select", "number", "date", "url", "checkboxes", "radio", "yes_no", "line", "text")
]
ANSWERS: dict[str, Any] = {
    "line": "The loud one",
    "text": "An echo\r\nand more",
    "number": "12,5",
    "begin": "2026-12-10",
    "yes_no": "no",
    "phone": "+47 22 33 44 55",
    "url": "nordlicht.example",
    "select": "Home",
    "radio": "Meeting room",
    "checkboxes": ["Home", "Meeting room"],
}
WRONG: dict[str, Any] = {
    "line": "x" * 501,
    "text": "x" * 2001,
    "number": "twelve",
    "begin": "soon",
    "yes_no": "maybe",
    "phone": "call me",
    "url": "no address",
    "select": "Cellar",
    "radio": "",
    "checkboxes": [],
}
NAMES = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com"}


@pytest.fixture
def alice(app: Flask) -> User:
    clock.set_source(lambda: make.NOW)
    return make.user()


@pytest.fixture
def link(alice: User) -> Link:
    return make.link(alice, form={"fields": FIELDS})


def form_page(client: FlaskClient, query: str = "") -> Page:
    return visit(client, f"/book/demo?start={to_instant(START)}{query}")


def send(page: Page, **answers: Any) -> Page:
    action = page.all("form", id="details")[0].get("action")
    return page.send(action, **{**NAMES, **answers})


def wrong(page: Page) -> list[str]:
    return [one.get("id", "").removeprefix("w-") for one in page.all("p", class_="wrong")]


def control(page: Page, name: str) -> Any:
    return page.all("input", id=f"f-{name}")[0]


def test_every_kind_has_its_own_control(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    assert {field["kind"] for field in FIELDS} == set(KINDS)
    assert control(page, "number").get("inputmode") == "decimal"
    assert control(page, "begin").get("type") == "date"
    assert (control(page, "phone").get("type"), control(page, "phone").get("autocomplete")) == ("tel", "tel")
    assert control(page, "url").get("type") == "url"
    assert len(page.all("textarea", id="f-text")) == 1
    assert [page.words(one) for one in page.all("select", id="f-select")[0]] == ["Choose…", *ROOMS]
    groups = {page.words(next(one.iter("legend"))): one for one in page.all("fieldset")}
    assert list(groups) == [
        "What is the trouble? (as many as apply)",
        "How many people use it at once?",
        "Do you have a floor plan?",
    ]
    assert groups["What is the trouble? (as many as apply)"].get("aria-describedby") == "h-checkboxes"
    assert page.words(page.all("label", for_="f-phone")[0]) == "Phone (optional)"
    assert "f-number" not in [one.get("id") for one in page.tree.iter() if one.get("aria-invalid")]


def test_answers_of_every_kind_are_booked_and_told_again(client: FlaskClient, link: Link) -> None:
    after = send(form_page(client), **ANSWERS)
    assert "It’s booked, Maren" in after.main()
    kept = {answer.name: answer.value for answer in Answer.select()}
    assert kept == {
        **ANSWERS,
        "text": "An echo\nand more",
        "number": "12.5",
        "url": "https://nordlicht.example",
        "checkboxes": "Meeting room\nHome",
    }
    assert "Works begin Thu 10 Dec 2026" in after.main()
    assert "Do you have a floor plan? No" in after.main()
    assert "nordlicht" not in after.main()  # for hosts only
    sign_in(client, link.organizer)
    panel = visit(client, f"/bookings/{Booking.get().public_id}").main()
    assert "Web address https://nordlicht.example For hosts only" in panel
    assert "Floor area in m² 12.5" in panel


def test_what_is_wrong_stands_beside_each_field_and_everything_is_kept(client: FlaskClient, link: Link) -> None:
    after = send(form_page(client), **WRONG)
    assert after.status == 422
    assert sorted(wrong(after)) == sorted(map(named, KINDS))
    kept = after.fields(after.all("form", id="details")[0].get("action"))
    for name in ("line", "text", "number", "begin", "phone", "url"):
        assert kept[name] == [WRONG[name]]
    focus = [one.get("id") for one in after.tree.iter() if one.get("autofocus") is not None]
    assert focus == ["f-phone"]
    groups = [one for one in after.all("fieldset") if "is-wrong" in one.get("class", "")]
    assert [one.get("aria-describedby") for one in groups] == ["h-checkboxes w-checkboxes", "w-radio", "w-yes_no"]
    good = send(after, **{**ANSWERS, "number": "many"})
    assert wrong(good) == ["number"]
    kept = good.fields(good.all("form", id="details")[0].get("action"))
    assert (kept["checkboxes"], kept["radio"], kept["yes_no"], kept["select"]) == (
        ["Meeting room", "Home"],
        ["Meeting room"],
        ["no"],
        ["Home"],
    )
    assert Booking.select().count() == 0


@pytest.mark.parametrize("kind", [field["name"] for field in FIELDS if field["required"]])
def test_a_required_answer_of_each_kind_must_be_given(client: FlaskClient, link: Link, kind: str) -> None:
    after = send(form_page(client), **{**ANSWERS, kind: ""})
    assert (after.status, wrong(after)) == (422, [kind])
    words = {"checkboxes": "tick at least one", "line": "fill this in", "number": "fill this in"}
    assert words.get(kind, "lease") in after.words(after.all("p", id=f"w-{kind}")[0])


def test_short_fields_stand_side_by_side(client: FlaskClient, link: Link) -> None:
    pairs = [
        [one.get("name") for one in pair.iter() if one.get("name")]
        for pair in form_page(client).all("div", class_="pair")
    ]
    assert pairs == [["first_name", "last_name"], ["email", "phone"], ["select", "number"], ["begin", "url"]]


def test_the_address_fills_in_answers_of_every_kind(client: FlaskClient, link: Link) -> None:
    page = form_page(client, "&checkboxes=Home&checkboxes=Meeting+room&yes_no=yes&select=Home&number=3")
    kept = page.fields(page.all("form", id="details")[0].get("action"))
    assert (kept["checkboxes"], kept["yes_no"], kept["select"], kept["number"]) == (
        ["Meeting room", "Home"],
        ["yes"],
        ["Home"],
        ["3"],
    )


def test_a_choice_that_is_not_needed_can_be_taken_back(client: FlaskClient, alice: User) -> None:
    fields = [
        {"label": kind, "type": "question", "name": kind, "kind": kind, "options": ["A"], "required": False}
        for kind in ("radio", "yes_no")
    ]
    make.link(alice, form={"fields": fields})
    page = form_page(client, "&radio=A&yes_no=no")
    choices = [(one.get("value"), one.get("checked") is not None) for one in page.all("input", type="radio")]
    assert choices == [("A", True), ("", False), ("yes", False), ("no", True), ("", False)]
    send(page, radio="", yes_no="")
    assert Answer.select().count() == 0


def test_properties_are_asked_with_their_own_words_and_known_afterwards(client: FlaskClient, alice: User) -> None:
    fields = [{"name": name, "type": "property"} for name in ("company", "job_title", "phone", "website")]
    make.link(alice, form={"fields": fields})
    page = form_page(client)
    assert [control(page, field["name"]).get("autocomplete") for field in fields] == [
        "organization",
        "organization-title",
        "tel",
        "url",
    ]
    french = Page(client, client.get(f"/book/demo?start={to_instant(START)}&lang=fr"))
    assert "Job title" in page.main()
    assert "Job title" not in french.main()
    told = {"company": "Nordlicht AS", "job_title": "Boss", "phone": "+47 22 33 44 55", "website": "nordlicht.example"}
    send(page, **told)
    known = forms.known_values(Contact.by_email("maren@example.com"))
    assert known == {**told, "website": "https://nordlicht.example"}


# ---- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture
def served(live) -> None:
    with data(live):
        clock.set_source(lambda: make.NOW)
        make.link(make.user(job_title="Room acoustics"), heading="Let’s listen to your room", form={"fields": FIELDS})


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_every_kind_can_be_read_and_fits(open_page, served, width: str) -> None:
    page = open_page(f"/book/demo?start={to_instant(START)}", width=width)
    assert_accessible(page)
    if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
        shoot(page, f"fields-{width}", Path(folder))
    page.set_viewport_size({"width": WIDTHS[width][0], "height": WIDTHS[width][1]})
    page.fill("#f-first_name", "Maren")
    page.locator(".go .button").click()
    expect(page.locator("#f-last_name")).to_be_focused()
    expect(page.locator(".wrong")).to_have_count(10)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
        shoot(page, f"fields-wrong-{width}", Path(folder))


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False])
def test_the_whole_form_by_keyboard(open_page, served, live, script: bool) -> None:
    page = open_page(f"/book/demo?start={to_instant(START)}", script=script, locale="en-US")
    page.focus("#f-first_name")
    for keys in (["Maren"], ["Holt"], ["maren@example.com"], ["+47 22334455"]):
        page.keyboard.type(keys[0])
        page.keyboard.press("Tab")
    page.keyboard.type("Home")
    page.keyboard.press("Tab")
    page.keyboard.type("12.5")
    page.keyboard.press("Tab")
    page.keyboard.type("12102026")
    page.focus("#f-url")
    page.keyboard.type("nordlicht.example")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _more in range(3):  # past the other boxes
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("The loud one")
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_contain_text("It’s booked, Maren")
    with data(live):
        kept = {answer.name: answer.value for answer in Answer.select()}
    assert kept["select"] == "Home"
    assert kept["checkboxes"] == "Meeting room"
    assert kept["begin"] == "2026-12-10"
    assert kept["yes_no"] == "yes"


@pytest.mark.browser
def test_right_to_left(open_page, served) -> None:
    page = open_page(f"/book/demo?start={to_instant(START)}", width="phone")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box, words = (page.locator(f".check {part}").first.bounding_box() for part in ("input", "span"))
    assert box["x"] > words["x"]
    if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
        shoot(page, "fields-rtl", Path(folder))


@pytest.mark.browser
def test_long_words_stay_inside_in_every_kind_and_in_the_builder(open_page, live) -> None:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    texts = {"label": long, "help": long}
    fields = [{**field, **texts, "options": [long, "A"] if field["options"] else []} for field in FIELDS]
    clock.set_source(lambda: make.NOW)
    with data(live):
        host = make.user(role="admin")
        make.link(host, form={"fields": fields})
    page = open_page(f"/book/demo?start={to_instant(START)}", width="phone")
    _stays_inside(page)
    enter(page.context, host.email)
    page.goto("/links/demo/edit/form")
    page.click("#open-checkboxes")
    expect(page.locator("#edit-checkboxes")).to_be_visible()
    _stays_inside(page)


def _stays_inside(page: Any) -> None:
    for width in (320, 375, 768, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
