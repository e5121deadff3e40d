"""A time explained, in a real browser: by keyboard, without script, from right to left, at every width."""

import pytest
from playwright.sync_api import Page, expect

from meetings.models import BusyTime, Link, User
from tests import make
from tests.browser import assert_accessible
from tests.web.test_editing_browser import pictures

pytestmark = pytest.mark.browser

PATH = "/links/demo/explain"
TAKEN = f"{PATH}?at=2026-12-01T10:30&timezone=Europe/Paris"


@pytest.fixture
def team(host) -> Link:
    joakim, priya = make.user("Joakim Ström", timezone="Europe/Oslo"), make.user("Priya Raman")
    samir = make.user("Samir Haddad")
    members = [host, joakim, {"user": priya.email, "check_availability": False}, {"user": samir.email, "paused": True}]
    demo = make.link(
        host,
        "demo",
        kind="group",
        team=members,
        buffer=15,
        durations=[30, 60],
        overview={"internal_name": "Talk to an acoustician"},
    )
    own = make.link(joakim, "own")
    make.booking(demo, "2026-12-01 08:30")
    make.booking(own, "2026-12-01 14:00")
    for who, start, end, title in (
        (joakim, "09:45", "10:30", "Dentist"),
        (priya, "09:00", "12:00", ""),
        (host, "12:00", "13:00", "Lunch"),
    ):
        BusyTime.create(
            user=who,
            starts_at=make.at(f"2026-12-01 {start}"),
            ends_at=make.at(f"2026-12-01 {end}"),
            title=title,
            created_at=make.NOW,
        )
    return demo


def test_a_time_is_asked_about_by_keyboard_alone(workspace, team):
    page: Page = workspace("/links")
    page.get_by_role("button", name="More for Talk").or_(
        page.locator("summary[aria-label^='More for Talk']")
    ).first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Why is a time not offered?").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PATH}")
    page.fill("#date", "2026-12-01")
    page.focus("#time")
    page.keyboard.press("Control+A")
    page.keyboard.type("10:30")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("This time is not offered.")
    expect(page.locator("#rule-free")).to_contain_text("Joakim Ström is not free")
    expect(page.locator(".host-day")).to_have_count(4)
    expect(page.locator("body")).not_to_contain_text("Dentist")
    assert_accessible(page)
    pictures(page, "explain")


def test_the_same_without_script_on_a_phone(workspace, team):
    page = workspace(PATH, script=False, width="phone")
    page.fill("#date", "2026-12-02")
    page.fill("#time", "half past")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#time-error")).to_contain_text("not a time of day")
    page.fill("#time", "9")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#answer")).to_have_text("This time is offered.")
    assert_accessible(page, script=False)


def test_from_right_to_left_and_in_the_dark(live, workspace, team, monkeypatch):
    """In a language that isn't claimed: layout only."""
    monkeypatch.setitem(live.app.config, "LOCALES", ("en", "ar"))
    User.update(locale="ar").execute()
    page = workspace(TAKEN, color_scheme="dark")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert_accessible(page)
    pictures(page, "rtl-explain")
