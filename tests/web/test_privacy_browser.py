"""Privacy in a real browser: boxes and mistakes by keyboard, the settings' preview while one types, rights without script."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from meetings import clock
from meetings.models import Booking, Consent, Contact, Delivery, Link, User
from meetings.services import consents, rights, subscriptions
from meetings.services.consents import Agreed
from tests import make
from tests.browser import Live, Opener, assert_accessible, data, until

pytestmark = pytest.mark.browser

FORM = "/book/demo?timezone=Europe/Paris&start=1796202000"
BOXES = [
    {"id": "news", "label": "Send me news", "subscription": "news"},
    {"id": "rules", "label": "I know the house rules", "required": True},
]
SAID = {
    "mode": "consent",
    "text": "May we **write**?",
    "privacy_text": "[Our rules](https://x.example/)",
    "checkboxes": BOXES,
}


@pytest.fixture
def ada(live: Live) -> Any:
    clock.set_source(lambda: make.NOW)
    with data(live):
        admin = make.user("Ada Admin", role="admin")
        subscriptions.add(admin, {"label": "News"})
        consents.save_account(admin, SAID)
        make.link(admin)
        yield admin


@pytest.mark.parametrize("script", [True, False])
def test_booking_with_boxes_by_keyboard(ada: User, open_page: Opener, script: bool) -> None:
    page = open_page(FORM, script=script)
    if script:
        until(page, "window.htmx")
    for label, words in (("First name", "Maren"), ("Last name", "Holt"), ("E-mail", "maren@example.com")):
        page.get_by_label(label).fill(words)
    news, rules = page.get_by_role("checkbox", name="Send me news"), page.get_by_role("checkbox", name="house rules")
    expect(news).not_to_be_checked()
    news.focus()
    page.keyboard.press("Space")
    page.get_by_label("E-mail").press("Enter")
    expect(page.get_by_text("Tick this box to book.")).to_be_visible()
    expect(rules).to_be_focused()
    expect(news).to_be_checked()
    if script:
        assert_accessible(page)
    page.keyboard.press("Space")
    page.get_by_label("E-mail").press("Enter")
    expect(page.get_by_role("heading", name="It’s booked, Maren")).to_be_visible()
    assert {row.box: row.is_given for row in Consent.select() if row.box} == {"news": True, "rules": True}


@pytest.mark.parametrize(("width", "scheme"), [("phone", "dark"), ("tablet", "light"), ("desktop", "light")])
def test_every_page_about_privacy_is_fit_for_all(ada: User, open_page: Opener, width: str, scheme: Any) -> None:
    link = Link.get()
    booking = make.booking(link, agreed=Agreed(frozenset({"news", "rules"}), None, "203.0.113.9"))
    page = open_page("/contacts", signed_in="ada@example.org", width=width, color_scheme=scheme)
    own = f"/contacts/{booking.contact_id}"
    for path in (
        "/contacts",
        own,
        f"{own}/erase",
        f"/bookings/{booking.public_id}",
        "/settings/privacy",
        FORM,
        "/privacy",
    ):
        page.goto(path)
        assert_accessible(page)
        for across in (320, 375) if width == "phone" else ():
            page.set_viewport_size({"width": across, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_preview_follows_while_one_types(ada: User, open_page: Opener) -> None:
    page = open_page("/settings/privacy", signed_in="ada@example.org")
    frame = page.frame_locator("#look iframe")
    expect(frame.get_by_text("Send me news")).to_be_visible()
    page.get_by_label("Text of box 1").fill("Courses, now and then")
    expect(frame.get_by_text("Courses, now and then")).to_be_visible()
    page.get_by_label("Just the standard notice").check()
    expect(frame.get_by_text("Used to prepare and hold this meeting.")).to_be_visible()
    expect(page.get_by_label("Privacy text")).to_be_hidden()
    page.get_by_label("Legitimate interest", exact=False).first.check()
    expect(page.get_by_label("Legal basis")).to_be_visible()
    expect(page.get_by_label("Text of box 1")).to_be_hidden()
    assert consents.account_consent()["mode"] == "consent"  # nothing is saved by looking


def test_a_link_gets_words_of_its_own_and_goes_back(ada: User, open_page: Opener) -> None:
    page = open_page("/links/demo/edit/form", signed_in="ada@example.org")
    until(page, "window.htmx")
    page.get_by_role("button", name="Customize").click()
    expect(page.get_by_label("Text of box 1")).to_have_value("Send me news")
    page.get_by_role("button", name="Add a box").click()
    expect(page.get_by_label("Text of box 3")).to_be_focused()
    page.keyboard.type("Only here")
    expect(page.frame_locator("#preview iframe").get_by_text("Only here")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Remove box 2").click()
    expect(page.get_by_label("Text of box 3")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved at")).to_be_visible()
    said = Link.get().scheduling["form"]["consent"]
    assert (said["mode"], [box["label"] for box in said["checkboxes"]]) == ("consent", ["Send me news", "Only here"])
    page.get_by_role("button", name="Back to the team’s text").click()
    expect(page.get_by_text("As the whole team has it")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved at")).to_be_visible()
    assert Link.get().scheduling["form"]["consent"]["mode"] == "account"


@pytest.mark.parametrize(("width", "script"), [("phone", False), ("desktop", True)])
def test_a_contact_sees_withdraws_downloads_and_erases(ada: User, open_page: Opener, width: str, script: bool) -> None:
    booking = make.booking(Link.get(), agreed=Agreed(frozenset({"news", "rules"})))
    rights.ask("maren@example.com", "en", address="1", now=make.NOW)
    path = re.sub(r"^https?://[^/]+", "", Delivery.get(Delivery.kind == "rights").details["url"])
    page = open_page(path, width=width, script=script)
    page.get_by_role("button", name="See what is kept").click()
    expect(page.get_by_role("heading", name="Your data")).to_be_visible()
    if script:
        assert_accessible(page)
    page.get_by_role("button", name="Withdraw").first.click()
    expect(page.get_by_role("status")).to_contain_text("Withdrawn:")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download everything").click()
    assert saved.value.suggested_filename == "my-data.json"
    page.get_by_role("link", name="Erase everything").click()
    page.get_by_role("button", name="Erase everything for good").click()
    expect(page.get_by_role("heading", name="Your data is being erased")).to_be_visible()
    assert Booking.get_by_id(booking.id).status == "cancelled"
    assert Contact.by_email("maren@example.com").erasing_since == make.NOW


def test_an_admin_erases_in_the_dialog(ada: User, open_page: Opener) -> None:
    booking = make.booking(Link.get(), agreed=Agreed(frozenset({"rules"})))
    page = open_page(f"/contacts/{booking.contact_id}", signed_in="ada@example.org")
    until(page, "window.htmx")
    page.get_by_role("link", name="Erase").click()
    expect(page.get_by_role("heading", name="Erase Maren Holt?")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Erase Maren Holt?")).to_be_hidden()
    page.get_by_role("link", name="Erase").click()
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("will be erased once everybody knows")).to_be_visible()


def test_right_to_left(ada: User, live: Live, open_page: Opener) -> None:
    live.app.config["LOCALES"] = ("en", "ar")
    for path in (f"{FORM}&lang=ar", "/privacy?lang=ar"):
        page = open_page(path, width="phone")
        assert page.evaluate("document.documentElement.dir") == "rtl"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert_accessible(page)
