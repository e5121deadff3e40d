"""Pages that keep robots out, know their visitor, or say that it was too much: in every width, light and dark."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from meetings import ratelimit
from meetings.domain.time import to_datetime
from meetings.models import Link
from meetings.services import access, prefill
from tests import make
from tests.browser import data, opening

from .inspection import NOW, TOMORROW, Inspection, instance

pytestmark = pytest.mark.browser


def fill(page: Page) -> None:
    page.get_by_label("First name").fill("Maren")
    page.get_by_label("Last name").fill("Holt")
    page.get_by_label("E-mail").fill("maren@example.com")


def test_pages_with_a_check(browser: Browser, template: Any, tmp_path: Path) -> None:
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        with data(live):
            make.link(form={"captcha": True}, now=NOW)
        page = open_one("/book/demo")
        seen = Inspection(page)
        page.locator("#here a.slot").first.click()
        expect(page.get_by_label("Checked: you are no robot")).to_be_checked()
        seen.look("check-done")
        fill(page)
        page.evaluate("document.querySelector('[name=\"home-page\"]').value = 'x'")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_label("What is")).to_be_focused()
        seen.look("check-question")
        seen.done()


def test_pages_that_know_their_visitor(browser: Browser, template: Any, tmp_path: Path) -> None:
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        with data(live):
            said = {"mode": "legitimate_interest", "privacy_text": "We keep it for a year."}
            link = make.link(form={"auto_submit": True, "consent": said}, start_increment=30, now=NOW)
            url = prefill.personal_url(link, "maren@example.com", "Maren", "Holt", NOW, by=link.organizer)
        page = open_one(url.removeprefix(live.url))
        seen = Inspection(page)
        expect(page.locator("#here button.slot").first).to_be_visible()
        seen.look("known-times")
        start = page.locator("#here button.slot").first.get_attribute("value")
        with data(live):
            make.booking(Link.get(), to_datetime(int(start or 0)), now=NOW, email="quicker@example.com")
        page.locator("#here button.slot").first.click()
        expect(page.get_by_role("alert").filter(has_text="Nothing was booked")).to_be_visible()
        seen.look("known-gone")
        page.locator("#here button.slot").first.click()
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        seen.look("known-undo")
        page.goto(url.removeprefix(live.url) + "&show-form=1")
        page.locator("#here a.slot").first.click()
        expect(page.get_by_text("Filled in for Maren Holt.")).to_be_visible()
        seen.look("known-form")
        seen.done()


def test_pages_that_say_it_was_too_much(browser: Browser, template: Any, tmp_path: Path) -> None:
    with instance(template, tmp_path, MAIL_SERVER="mail.example.org") as live, opening(browser, live.url) as open_one:
        with data(live):
            link = make.link(start_increment=30, now=NOW)
            rows = [make.booking(link, TOMORROW.replace(hour=hour), now=NOW) for hour in (9, 10, 11)]
            own, mailed = access.manage_token(rows[0]), access.mailed_token(rows[0])
        page = open_one("/book/demo")
        seen = Inspection(page)
        page.locator("#here a.slot").first.click()
        fill(page)
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text("Several meetings were booked with this e-mail address today.")).to_be_visible()
        seen.look("unconfirmed")
        seen.at(f"/booking/{mailed}", "whose")
        with live.app.app_context():
            for _ in range(5):
                live.app.extensions["rate_limiter"].hit(ratelimit.STRANGERS_CHANGES, "changed", str(rows[0].contact_id))
        page.goto(f"/booking/{own}/cancel")
        page.get_by_role("button", name="Cancel the meeting").click()
        expect(page.get_by_text("That was changed a lot in a short time.")).to_be_visible()
        seen.look("changed-a-lot")
        seen.done()
