"""The form builder in a real browser: rows that open in place, and their order by pointer, by touch and by keyboard."""

import os
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from meetings.models import Link
from tests import make
from tests.browser import assert_accessible, shoot

pytestmark = pytest.mark.browser

FIELDS = [
    {"name": "listen", "label": "What should we listen for?", "type": "question", "kind": "text"},
    {"name": "company", "type": "property", "required": False},
    {"name": "room", "label": "Kind of room", "type": "question", "kind": "select", "options": ["Studio", "Home"]},
]


@pytest.fixture
def demo(host) -> Link:
    return make.link(host, "demo", form={"fields": FIELDS})


@pytest.fixture
def builder(workspace, demo):
    """The wizard's page of the form."""
    return partial(workspace, "/links/demo/edit/form")


def order(page: Page) -> list[str]:
    return page.locator("[name=question_name]").evaluate_all("rows => rows.map(row => row.value)")


def saved() -> list[str]:
    return [field["name"] for field in Link.by_slug("demo").scheduling["form"]["fields"]]


def said(page: Page) -> str:
    return page.locator("#drag-said").inner_text()


def test_space_lifts_arrows_move_space_drops_and_all_is_said(builder):
    page = builder()
    page.focus("#handle-listen")
    page.keyboard.press("Space")
    assert said(page) == "What should we listen for?, picked up, place 1 of 3."
    expect(page.locator("#handle-listen")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowDown")
    assert said(page) == "What should we listen for?, place 2 of 3."
    expect(page.locator("#handle-listen")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # there is nothing further down
    page.keyboard.press("Space")
    assert said(page) == "What should we listen for?, put down at place 3 of 3."
    assert order(page) == ["company", "room", "listen"]
    expect(page.locator("#wizard-state")).to_have_text("Not saved yet")
    expect(page.locator("#handle-listen")).to_be_focused()
    save(page)
    assert saved() == ["company", "room", "listen"]


def test_escape_puts_back_and_leaving_puts_down(builder):
    page = builder()
    page.focus("#handle-room")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # the fixed questions stay first
    assert order(page) == ["room", "listen", "company"]
    page.keyboard.press("Escape")
    assert order(page) == ["listen", "company", "room"]
    assert said(page) == "Kind of room, back at place 3 of 3."
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    assert order(page) == ["listen", "room", "company"]
    expect(page.locator(".lifted")).to_have_count(0)


def save(page):
    """Press the button, and wait for the answer to it: that the link was saved before is no news."""
    with page.expect_response(lambda answer: "do=save" in (answer.request.post_data or "")):
        page.click("#onward")
    expect(page.locator("#wizard-state")).to_contain_text("Saved at")


def test_rows_are_dragged_by_their_handles(builder):
    page = builder()
    handle = page.locator("#handle-room").bounding_box()
    first = page.locator("#row-listen").bounding_box()
    page.mouse.move(handle["x"] + 8, handle["y"] + 10)
    page.mouse.down()
    expect(page.locator("#row-room")).to_have_class("built asked lifted")
    page.mouse.move(handle["x"] + 8, first["y"] + 8, steps=12)
    page.mouse.up()
    assert order(page) == ["room", "listen", "company"]
    expect(page.locator(".lifted")).to_have_count(0)
    save(page)
    assert saved() == ["room", "listen", "company"]


def test_rows_are_dragged_by_a_finger(builder):
    page = builder(width="phone", has_touch=True)
    handle = page.locator("#handle-listen").bounding_box()
    last = page.locator("#row-room").bounding_box()
    finger = page.context.new_cdp_session(page)
    x, y, end = handle["x"] + 8, handle["y"] + 10, last["y"] + last["height"] - 4
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 13):
        point = {"x": x, "y": y + (end - y) * step / 12}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert order(page) == ["company", "room", "listen"]


def test_a_question_opens_in_place_and_its_buttons_move_it(builder):
    page = builder()
    expect(page.locator("#edit-room")).to_be_hidden()
    page.click("#open-room")
    expect(page.locator("#open-room")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#options-room")).to_have_value("Studio\nHome")
    page.click("#up-room")
    expect(page.locator("[data-row]").nth(1)).to_have_id("row-room")
    assert order(page) == ["listen", "room", "company"]
    page.select_option("#kind-room", "line")
    expect(page.locator("#options-room")).to_be_hidden()
    page.click("#open-listen")
    expect(page.locator("#edit-room")).to_be_hidden()
    expect(page.locator("#listen")).to_have_value("What should we listen for?")


def test_a_property_is_made_on_the_spot_and_the_preview_follows(builder):
    page = builder()
    page.click("#add-property summary")
    page.click("#new-property")
    expect(page.locator("#add-property .menu")).to_be_hidden()
    box = page.locator(".edit:visible")
    expect(box.locator("[name=question_label]")).to_be_focused()
    page.keyboard.type("Team size")
    box.locator("[data-kind]").select_option("radio")
    box.locator("[name=question_options]").fill("Up to 5\nMore")
    preview = page.frame_locator("#preview iframe")
    expect(preview.get_by_role("radio", name="More")).to_have_count(1)
    save(page)
    expect(page.locator("#row-team_size")).to_contain_text("Contact property · One of several")


STATES = ["closed", "open", "wrong", "lifted", "menu"]


def show(page: Page, state: str) -> None:
    if state in {"open", "wrong"}:
        page.click("#open-room")
        expect(page.locator("#edit-room")).to_be_visible()
    if state == "wrong":
        page.fill("#room", "")
        page.fill("#options-room", "")
        page.click("#onward")
        expect(page.locator("#room")).to_have_attribute("aria-invalid", "true")
    if state == "lifted":
        page.focus("#handle-company")
        page.keyboard.press("Space")
    if state == "menu":
        page.click("#add-property summary")


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_accessible_and_fits(builder, state):
    for width in ("phone", "desktop"):
        page = builder(width=width)
        show(page, state)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
            shoot(page, f"builder-{state}-{width}", Path(folder))


def test_right_to_left_and_without_script(builder):
    page = builder(script=False, width="phone")
    page.click("#open-room")
    assert_accessible(page, script=False)
    page.click("#up-room")
    assert order(page) == ["listen", "room", "company"]
    expect(page.locator("#handle-room")).to_be_hidden()
    page = builder()
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    start = page.locator("#handle-listen").bounding_box()["x"]
    assert start > page.locator("#open-listen").bounding_box()["x"]
