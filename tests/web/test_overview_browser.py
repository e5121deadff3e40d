"""The wizard's page of names in a browser: menus of tokens, kinds of places, marks in the description."""

import os
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from meetings.models import Link, MeetingType
from tests import make
from tests.browser import assert_accessible, shoot

pytestmark = pytest.mark.browser


@pytest.fixture
def link(host) -> Link:
    MeetingType.create(name="First conversation", position=1)
    MeetingType.create(name="Site visit", position=2)
    return make.link(host, overview={"title": "Talk of {{ company.name }}"})


@pytest.fixture
def wizard(workspace, link):
    """The page of names of a link."""
    return partial(workspace, "/links/demo/edit/overview")


def events(page: Page):
    return page.locator(".event b")


def insert(page: Page, menu: str, token: str) -> None:
    page.locator(f"#insert-{menu} summary").click()
    page.get_by_role("button", name=token).click()


def test_a_token_goes_to_the_cursor_and_the_preview_follows(wizard):
    page = wizard()
    page.fill("#title", "Talk with")
    insert(page, "contact", "First name")
    expect(page.locator("#title")).to_have_value("Talk with {{ contact.first_name }}")
    expect(page.locator("#title")).to_be_focused()
    page.keyboard.type(" of ")
    page.locator("#insert-company summary").click()
    page.fill("#company_fallback", "your {team}")
    page.locator("#insert-company").get_by_role("button", name="Name").click()
    expect(page.locator("#title")).to_have_value("Talk with {{ contact.first_name }} of {{ company.name | your team }}")
    expect(events(page)).to_have_text(["Talk with Maren of Nordlicht", "Talk with Maren of your team"])
    page.keyboard.press("Control+z")
    expect(page.locator("#title")).to_have_value("Talk with {{ contact.first_name }} of ")


def test_what_stands_in_for_a_token_is_changed_in_words(wizard):
    page = wizard()
    page.locator("#title").click()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.locator("#insert-company summary").click()
    page.fill("#company_fallback", "your firm")
    expect(page.locator("#title")).to_have_value("Talk of {{ company.name | your firm }}")
    page.press("#company_fallback", "Enter")
    expect(page.locator("#title")).to_be_focused()
    expect(events(page)).to_have_text(["Talk of Nordlicht", "Talk of your firm"])
    page.locator("#insert-company summary").click()
    expect(page.locator("#company_fallback")).to_have_value("your firm")
    page.fill("#company_fallback", "")
    expect(page.locator("#title")).to_have_value("Talk of {{ company.name }}")
    expect(events(page)).to_have_text(["Talk of Nordlicht", "Talk"])


def test_menus_work_by_keyboard(wizard):
    page = wizard()
    page.fill("#title", "")
    page.locator("#insert-contact summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_value("{{ contact.last_name }}")
    page.locator("#insert-contact summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#insert-contact summary")).to_be_focused()
    expect(page.locator("#insert-contact .menu")).to_be_hidden()


def test_without_script_a_button_adds_the_token(wizard):
    page = wizard(script=False)
    page.locator("#insert-contact summary").click()
    page.fill("#contact_fallback", "you")
    page.get_by_role("button", name="First name").click()
    expect(page.locator("#title")).to_have_value("Talk of {{ company.name }} {{ contact.first_name | you }}")
    page.check("#location-link", force=True)
    page.fill("#location", "nowhere")
    page.locator("#onward").click()
    expect(page.locator("#location-error")).to_contain_text("https://")
    expect(page.locator("#location")).to_have_attribute("type", "url")
    assert_accessible(page, script=False)


def test_a_place_has_the_field_of_its_kind(wizard):
    page = wizard()
    for kind, tag in (("address", "TEXTAREA"), ("phone", "INPUT"), ("link", "INPUT"), ("custom", "INPUT")):
        page.locator(f"label:has(#location-{kind})").click()
        field = page.locator(f"#location[{'rows' if tag == 'TEXTAREA' else 'type'}]")
        expect(field).to_be_visible()
        assert field.evaluate("field => field.tagName") == tag
    page.locator("label:has(#location-phone)").click()
    expect(page.locator("#location[type=tel]")).to_be_visible()
    page.fill("#location", "at the bar")
    page.press("#location", "Tab")
    expect(page.locator("#location-error")).to_contain_text("not a phone number")
    page.fill("#location", "+33 1 23 45 67 89")
    page.select_option("#meeting_type", "Site visit")
    page.locator("#onward").click()
    expect(page.locator("#wizard-state")).to_contain_text("Saved")
    overview = Link.get(slug="demo").overview
    assert (overview["location_kind"], overview["location"]) == ("phone", "+33 1 23 45 67 89")
    assert overview["meeting_type"] == "Site visit"


def test_marks_are_put_around_what_is_selected(wizard):
    page = wizard()
    area = page.locator("#description")
    area.fill("Bring a plan\nand time")
    area.evaluate("area => area.setSelectionRange(6, 12)")
    page.get_by_role("button", name="Bold").click()
    expect(area).to_have_value("Bring **a plan**\nand time")
    page.get_by_role("button", name="Bold").click()  # what was selected still is: it goes around, not away
    page.keyboard.press("Control+z")
    expect(area).to_have_value("Bring **a plan**\nand time")
    area.evaluate("area => area.setSelectionRange(area.value.length - 4, area.value.length)")
    page.keyboard.press("Control+i")
    expect(area).to_have_value("Bring **a plan**\nand *time*")
    area.evaluate("area => area.setSelectionRange(0, area.value.length)")
    page.get_by_role("button", name="List").click()
    expect(area).to_have_value("- Bring **a plan**\n- and *time*")
    page.get_by_role("button", name="List").click()
    expect(area).to_have_value("Bring **a plan**\nand *time*")
    area.fill("")
    page.get_by_role("button", name="Link", exact=True).click()
    page.keyboard.type("our site")
    expect(area).to_have_value("[our site](https://)")
    area.fill("**Bold** [us](https://example.org)")
    preview = page.frame_locator("#preview iframe")
    expect(preview.locator(".rich strong")).to_have_text("Bold")
    expect(preview.locator(".rich a")).to_have_attribute("href", "https://example.org")


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_everybody_can_use_it_at_every_width(wizard, direction, tmp_path):
    page = wizard()
    page.evaluate("direction => { document.documentElement.dir = direction; }", direction)
    page.locator("#insert-contact summary").click()
    expect(page.locator("#insert-contact .menu")).to_be_visible()
    assert_accessible(page)
    folder = Path(os.environ.get("MEETINGS_TEST_SHOTS") or tmp_path)
    for shot in shoot(page, f"overview-{direction}", folder):
        assert shot.exists()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
