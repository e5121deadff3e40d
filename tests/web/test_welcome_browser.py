"""The question for the address in a real browser: by keyboard, without script, on phones, dark, right to left."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from meetings import clock
from meetings.models import Contact, User
from tests import make
from tests.browser import WIDTHS, Live, Opener, assert_accessible, data

pytestmark = pytest.mark.browser

FREE = "See free times"
ALL = "See everyone’s times"


@pytest.fixture(autouse=True)
def team(live: Live) -> Iterator[list[User]]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        hosts = [make.user("Inês Carvalho", email="ines@example.org"), make.user("Joakim Berg"), make.user("Aiko Mori")]
        more = {"heading": "Talk to an acoustician", "prioritize_contact_owner": True}
        make.link(hosts[0], kind="round_robin", team=hosts, welcome={"text": "Half an hour by video."}, **more)
        Contact.create(email="ana@acme.example", first_name="Ana", last_name="S", owner=hosts[0], created_at=make.NOW)
        make.busy(hosts[0], "2026-11-30 00:00", "2026-12-20 00:00")
        yield hosts


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_by_keyboard_alone(open_page: Opener, width: str) -> None:
    page = open_page("/book/demo", width=width)
    assert_accessible(page)
    assert_fits(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "f-email":
            break
    page.keyboard.type("ana@acme")
    page.keyboard.press("Enter")
    expect(page.locator("#w-email")).to_be_visible()
    expect(page.locator("#f-email")).to_be_focused()
    expect(page.locator("#f-email")).to_have_value("ana@acme")
    assert_accessible(page)
    page.keyboard.press("End")
    page.keyboard.type(".example")
    page.keyboard.press("Enter")
    expect(page.locator("#month")).to_be_focused()
    expect(page.get_by_role("heading", name="No free time at the moment")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name=ALL).press("Enter")
    expect(page.locator("#here a.slot").first).to_be_visible()
    expect(page.locator("#month")).to_be_focused()  # the link is gone
    page.locator("#here a.slot").first.press("Enter")
    expect(page.locator("#f-email")).to_have_value("ana@acme.example")
    for _ in range(3):
        page.go_back()
    expect(page.get_by_role("button", name=FREE)).to_be_visible()
    expect(page.locator("#f-email")).to_have_value("ana@acme")


def test_without_script(open_page: Opener) -> None:
    page = open_page("/book/demo?duration=30", script=False)
    page.get_by_role("button", name=FREE).click()
    expect(page.locator("#w-email")).to_have_text("Please fill this in.")
    page.get_by_label("E-mail").fill("someone@example.com")
    page.get_by_role("button", name=FREE).click()
    page.locator("#here a.slot").first.click()
    expect(page.get_by_label("E-mail")).to_have_value("someone@example.com")
    page.get_by_label("First name").fill("Maren")
    page.get_by_label("Last name").fill("Holt")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="You are booked").or_(page.locator("section.done"))).to_be_visible()


def test_dark_and_right_to_left(open_page: Opener, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(live.app.config, "LOCALES", ("en", "ar"))
    page = open_page("/book/demo?lang=ar", color_scheme="dark")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    for width, height in (WIDTHS["phone"], WIDTHS["desktop"]):
        page.set_viewport_size({"width": width, "height": height})
        assert_accessible(page)
        assert_fits(page)
        field, button = page.locator("#f-email").bounding_box(), page.locator(".go .button").bounding_box()
        assert field is not None
        assert button is not None
        assert abs(field["x"] + field["width"] - button["x"] - button["width"]) <= 1  # both begin at the right
    page.locator("#f-email").fill("someone@example.com")
    page.keyboard.press("Enter")
    expect(page.locator("#here a.slot").first).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
