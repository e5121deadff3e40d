"""The team of a link in a real browser: found and added by keyboard, put in order, at every width, dark, right to left."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from meetings.models import Link, User
from meetings.services import links
from tests import make
from tests.browser import assert_accessible, assert_accessible_light_and_dark, shoot, until

pytestmark = pytest.mark.browser

TEAM = "/links/robin/edit/team"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
NAMES = ("Bob Brown", "Charlie Chan", LONG, "Emil Ek", "Fatou Fall", "Grete Gran", "Hugo Hahn", "Iris Ito")
WIDTHS = ("phone", "tablet", "desktop")


@pytest.fixture
def people(host) -> list[User]:
    found = [make.user(name) for name in NAMES if name != LONG]
    more = [make.user(name) for name in ("Jonas Jessen", "Kim Koh", "Lena Lang")]
    return [*found, *more, make.user(LONG, email=f"{'d' * 60}@example.org")]


@pytest.fixture
def robin(host, people) -> Link:
    risky = {"user": people[0].email, "check_availability": False, "weight": 2}
    team = [host, risky, {"user": people[1].email, "paused": True}]
    return make.link(host, "robin", kind="round_robin", team=team)


def pictures(page: Page, name: str) -> None:
    if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
        shoot(page, name, Path(folder))


def names(page: Page) -> list[str]:
    return page.locator("#members .what > b").all_inner_texts()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_somebody_is_found_and_added_by_keyboard_alone(workspace, robin):
    page = workspace(TEAM)
    page.focus("#add-member")
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Search people")).to_be_focused()
    expect(page.locator("#add-summary")).to_have_text("1 more fits. Type a name or an address to find them.")
    page.keyboard.type("gran")
    expect(page.locator(".candidates li")).to_have_count(1)  # without a button
    page.keyboard.press("Enter")  # looks, and goes nowhere
    expect(page.get_by_role("searchbox", name="Search people")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add Grete Gran")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#members > li")).to_have_count(4)
    expect(page.get_by_role("searchbox", name="Search people")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#add-panel")).to_have_count(0)
    expect(page.locator("#add-member")).to_be_focused()
    assert names(page)[-1] == "Grete Gran"
    expect(page.locator("#wizard-state")).to_have_text("Not saved yet")
    page.click("#onward")
    expect(page.locator("#wizard-state")).to_contain_text("Saved at")
    assert [member["user"] for member in links.document(Link.by_slug("robin"))["team"]][-1] == "grete@example.org"


def test_rows_are_put_in_order_and_the_preview_follows(workspace, robin):
    page = workspace(TEAM)
    frame = page.frame_locator("#frame-page")
    expect(frame.locator("body")).to_contain_text("Bob")
    handle = page.locator("[data-drag]").first
    handle.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert "put down at place 2 of 3." in page.locator("#drag-said").inner_text()
    assert names(page)[:2] == ["Bob Brown", page.evaluate("document.querySelectorAll('[data-row]')[1].dataset.row")]
    page.get_by_role("button", name="Move down: Bob Brown").click()
    until(page, "document.querySelectorAll('#members > li')[1].dataset.row === 'Bob Brown'")
    expect(page.locator("#drag-said")).to_have_text("Bob Brown, place 2 of 3.")
    page.get_by_role("switch", name="Pause: Bob Brown").check()
    expect(page.locator("#members")).to_contain_text("Gets no new meetings until you switch this off.")
    expect(frame.locator("body")).not_to_contain_text("Bob")
    page.get_by_role("button", name="Remove: Charlie Chan").click()
    expect(page.locator("#members > li")).to_have_count(2)
    expect(page.locator("#add-member")).to_be_focused()


@pytest.mark.parametrize("width", WIDTHS)
def test_team_panel_and_welcome_are_for_everybody(workspace, robin, width):
    page = workspace(TEAM, width=width)
    assert fits(page)
    assert_accessible_light_and_dark(page)
    page.click("#add-member")
    expect(page.locator("#add-panel")).to_be_visible()
    assert fits(page)
    assert_accessible(page)
    page.get_by_role("button", name=f"Add {LONG}").click()
    expect(page.locator("#members > li")).to_have_count(4)
    expect(page.locator(".work-form .error")).to_have_count(0)
    assert fits(page)
    if width == "desktop":
        pictures(page, "team-panel")
    page.goto(f"{page.url.rpartition('/')[0]}/welcome")
    page.locator("#prioritize_contact_owner").check()
    expect(page.locator(".needs-owner")).to_be_visible()
    assert fits(page)
    assert_accessible_light_and_dark(page)
    if width == "desktop":
        pictures(page, "welcome")


def test_kinds_are_chosen_in_a_dialog_and_a_team_is_made_without_script(workspace, people):
    page = workspace("/links", width="phone")
    page.get_by_role("link", name="Make the first link").click()
    expect(page.get_by_role("dialog", name="Whom will people meet?")).to_be_visible()
    assert_accessible_light_and_dark(page)
    pictures(page, "kinds")
    page = workspace("/links/new", script=False)
    page.get_by_role("link", name="Group").click()
    page.fill("#internal_name", "Together")
    page.click("#onward")
    page.click("#add-member")
    page.fill("#member-search", "lena")
    page.keyboard.press("Enter")
    expect(page.locator(".candidates li")).to_have_count(1)
    page.get_by_role("button", name="Add Lena Lang").click()
    page.click("#add-done")
    expect(page.locator("#members > li")).to_have_count(2)
    expect(page.locator("#add-panel")).to_have_count(0)
    assert names(page)[-1] == "Lena Lang"
    assert_accessible(page, script=False)


def test_from_right_to_left(live, workspace, host, robin, monkeypatch):
    """In a language that isn't claimed: layout only."""
    monkeypatch.setitem(live.app.config, "LOCALES", ("en", "ar"))
    User.update(locale="ar").where(User.id == host.id).execute()
    page = workspace(TEAM)
    assert page.evaluate("document.documentElement.dir") == "rtl"
    page.click("#add-member")
    expect(page.locator("#add-panel")).to_be_visible()
    assert fits(page)
    assert_accessible(page)
    assert (page.locator("#add-panel").bounding_box() or {"x": 999})["x"] < 100  # beside the list, at the line's end
    pictures(page, "team-rtl")


def test_switches_are_seen_in_the_colours_of_the_system(workspace, robin):
    page = workspace(TEAM, forced_colors="active")
    switch = page.get_by_role("switch", name="Pause: Bob Brown")
    seen = set()
    for is_on in (True, False):
        switch.press("Space")
        expect(switch).to_be_checked(checked=is_on)
        seen.add(switch.screenshot())
    assert len(seen) == 2
