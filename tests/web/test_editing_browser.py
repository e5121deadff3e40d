"""What goes with editing a link, in a real browser: its history, the trial booking, mails to oneself, a mended address."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from meetings.models import Booking, Delivery, Link, User
from meetings.services import access, links
from tests import make
from tests.browser import WIDTHS, assert_accessible, shoot

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(host) -> Link:
    automation = {"reminders": [{"value": 1, "unit": "hours"}, {"value": 2, "unit": "weeks"}]}
    return make.link(host, "demo", heading="Let us listen", automation=automation, buffer=10)


def pictures(page: Page, name: str) -> None:
    """The page fits every width; its pictures are left where MEETINGS_TEST_SHOTS names a folder."""
    size = page.viewport_size
    for across, down in WIDTHS.values():
        page.set_viewport_size({"width": across, "height": down})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {across}"
    page.set_viewport_size(size)
    if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
        Path(folder).mkdir(exist_ok=True)
        shoot(page, name, Path(folder))
        page.set_viewport_size(size)


def test_a_change_is_undone_from_the_history(workspace, demo, host):
    links.update(host, demo, {"scheduling": {"buffer": 15}, "overview": {"description": "A word. " * 40}}, make.NOW)
    page = workspace("/links/demo/edit/overview")
    page.get_by_role("link", name="History").click()
    page.wait_for_url("**/links/demo/history")
    page.get_by_text("Before and after").click()
    assert_accessible(page)
    pictures(page, "history")
    page.locator(".history-line", has_text="Free between meetings").get_by_role("button").first.click()
    expect(page.locator(".history")).to_contain_text("from 15 minutes to 10 minutes")
    assert Link.by_slug("demo").scheduling["buffer"] == 10


def test_a_link_is_tried_as_a_contact(workspace, demo):
    page = workspace("/links/demo/edit/automation")
    page.click("#try")
    page.wait_for_url("**/links/demo/try")
    assert_accessible(page)
    pictures(page, "trial")
    page.locator("a.slot").first.click()
    page.fill("#f-first_name", "Maren")
    page.fill("#f-last_name", "Holt")
    page.fill("#f-email", "maren@example.com")
    page.locator("#details button.first").click()
    expect(page.locator("#stage")).to_contain_text("Nothing was booked")
    page.locator(".mail summary").first.click()
    expect(page.locator(".mail pre").first).to_be_visible()
    assert_accessible(page)
    pictures(page, "tried")
    with page.expect_download() as download:
        page.locator("a[download]").last.click()
    assert download.value.suggested_filename == "invite.ics"
    assert Booking.select().count() == 0


def test_the_mail_of_the_preview_is_sent_to_oneself(workspace, demo):
    page = workspace("/links/demo/edit/automation")
    page.click("#send-test")
    expect(page.locator("#test-sent")).to_contain_text("outbox")
    page.locator("#plain-mail summary").click()
    assert_accessible(page)
    pictures(page, "automation")
    assert Delivery.get().kind == "test"


def test_where_to_go_after_booking(workspace, demo, host):
    make.link(host, "second", overview={"internal_name": "The second step"})
    page = workspace("/links/demo/edit/confirmation")
    expect(page.locator("#own_page")).to_be_hidden()
    expect(page.locator("#pass_details")).to_be_hidden()
    page.check("#after-another")
    page.select_option("#own_page", "/book/second")
    page.check("#pass_details")
    assert_accessible(page)
    pictures(page, "confirmation")
    page.click("#onward")
    expect(page.locator("#wizard-state")).to_contain_text("Saved at")
    assert Link.by_slug("demo").scheduling["confirmation"] == {"redirect_url": "/book/second", "pass_details": True}


def test_a_mistyped_address_is_mended(open_page, demo):
    token = access.manage_token(make.booking(demo, email="maren@gmial.com"))
    page = open_page(f"/booking/{token}?new=1")
    expect(page.locator("#here")).to_contain_text("Did you mean maren@gmail.com?")
    assert_accessible(page)
    pictures(page, "booked")
    page.get_by_role("link", name="Wrong address? Correct it").click()
    expect(page.locator("#f-email")).to_have_value("maren@gmail.com")
    assert_accessible(page)
    pictures(page, "address")
    page.fill("#f-email", "maren@example.org")
    page.locator("#details button.first").click()
    page.wait_for_url(f"**/booking/{token}")
    assert Booking.get().email == "maren@example.org"


def test_the_defaults_of_reminders(workspace, host):
    page = workspace("/settings/reminders")
    page.fill("#reminder_0", "1")
    assert_accessible(page)
    pictures(page, "settings-reminders")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notices")).to_contain_text("New links begin with these reminders")


def test_from_right_to_left(live, workspace, demo, monkeypatch):
    """In a language that isn't claimed: layout only."""
    monkeypatch.setitem(live.app.config, "LOCALES", ("en", "ar"))
    User.update(locale="ar").execute()
    links.update(User.get(), demo, {"scheduling": {"buffer": 15, "language": "ar"}}, make.NOW)
    page = workspace("/links/demo/history")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    pictures(page, "rtl-history")
    page.goto("/links/demo/edit/automation")
    pictures(page, "rtl-automation")
    page.goto("/links/demo/edit/scheduling")
    links.update(User.get(), Link.by_slug("demo"), {"scheduling": {"heading": "Theirs"}}, make.NOW)
    page.fill("#heading", "Mine")
    page.click("#onward")
    expect(page.locator("#conflict")).to_be_focused()
    pictures(page, "rtl-conflict")
    page.goto("/links/demo/try")
    page.locator("a.slot").first.click()
    page.fill("#f-first_name", "Maren")
    page.fill("#f-last_name", "Holt")
    page.fill("#f-email", "maren@example.com")
    page.locator("#details button.first").click()
    expect(page.locator(".mails").first).to_be_visible()
    pictures(page, "rtl-tried")


def test_going_back_after_booking_leads_to_the_times(open_page, demo):
    page = open_page("/book/demo")
    page.locator("a.slot").first.click()
    page.fill("#f-first_name", "Maren")
    page.fill("#f-last_name", "Holt")
    page.fill("#f-email", "maren@example.com")
    page.locator("#details button.first").click()
    page.wait_for_url("**/booking/**")
    page.go_back()
    expect(page.locator("#stage")).to_have_attribute("data-step", "times")
    expect(page.locator("#stage")).not_to_contain_text("no longer free")


# ---- nothing typed is lost on the way out ----------------------------------------------------------------------------


def typing(page: Page) -> None:
    page.fill("#heading", "Half a sentence")


def is_kept(host_page: Page) -> None:
    """What was typed is sent as the page is left, and nobody waits for the answer: so the look into the database does."""
    for _ in range(50):
        if Link.by_slug("demo").unsaved:
            break
        host_page.wait_for_timeout(100)
    host_page.goto("/links/demo/edit/scheduling")
    expect(host_page.locator("#heading")).to_have_value("Half a sentence")
    expect(host_page.locator("#wizard-state")).to_have_text("Not saved yet")


def test_going_back_keeps_what_was_typed(workspace, demo):
    page = workspace("/links/demo/edit/overview")
    page.goto("/links/demo/edit/scheduling")
    typing(page)
    with page.expect_request(lambda request: "do=keep" in (request.post_data or "")):
        page.go_back()
    page.wait_for_url("**/edit/overview")
    is_kept(page)


def test_closing_the_tab_keeps_what_was_typed(workspace, demo):
    page = workspace("/links/demo/edit/scheduling")
    typing(page)
    other = page.context.new_page()
    page.close(run_before_unload=True)
    is_kept(other)


def test_a_step_back_within_the_wizard_keeps_it_too(workspace, demo):
    page = workspace("/links/demo/edit/overview")
    page.click("#part-scheduling")
    page.wait_for_url("**/edit/scheduling")
    typing(page)
    page.go_back()
    page.wait_for_url("**/edit/overview")
    is_kept(page)


def test_going_back_keeps_what_a_button_of_the_form_added(workspace, demo):
    page = workspace("/links/demo/edit/overview")
    page.click("#part-scheduling")
    page.wait_for_url("**/edit/scheduling")
    typing(page)
    page.fill("#new_duration", "45")
    page.click("#add-duration")
    expect(page.locator("#duration-value-1")).to_have_value("45")
    page.go_back()
    page.wait_for_url("**/edit/overview")
    is_kept(page)
    expect(page.locator("#duration-value-1")).to_have_value("45")


def test_without_script_nothing_is_lost_between_pages(workspace, demo):
    page = workspace("/links/demo/edit/scheduling", script=False)
    typing(page)
    page.click("[value='go:automation']")
    page.wait_for_url("**/edit/automation")
    expect(page.locator("#wizard-state")).to_have_text("Not saved yet")
    is_kept(page)
