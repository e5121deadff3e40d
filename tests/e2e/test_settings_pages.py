"""The pages of the settings, about contacts, and those where contacts see their own data: at every width, light and dark;
with the longest words in French and from right to left."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from meetings.models import Booking, Contact, Delivery, MeetingType, Property, User
from meetings.services import consents, meeting_types, properties, rights, subscriptions
from meetings.services.consents import Agreed
from tests import make
from tests.browser import Opener, data, opening

from .inspection import NOW, TOMORROW, Inspection, instance, send_as_it_is

pytestmark = pytest.mark.browser

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
SETTINGS = ("", "/meeting-types", "/reminders", "/branding", "/properties", "/properties/add", "/privacy")
CONSENT = {
    "mode": "consent",
    "text": "May we write to you about rooms?",
    "privacy_text": "We keep it for a year.",
    "checkboxes": [{"id": "news", "label": "Send me news", "subscription": "news"}],
}


def furnish(words: str) -> Booking:
    """One of everything that these pages list, each called by the words. Returns the only booking."""
    admin = make.user(words, email="alice@example.org", role="admin")
    meeting_types.add(admin, words[:60])
    properties.add(admin, {"label": words, "kind": "radio", "options": [words, f"{words}en"]}, NOW)
    subscriptions.add(admin, {"label": "News"})
    consents.save_account(admin, CONSENT)
    field = {"name": Property.get(Property.label == words).name, "label": words, "type": "property"}
    link = make.link(admin, "demo", form={"fields": [field]}, overview={"internal_name": words, "title": words})
    answers = [{"name": field["name"], "label": words, "kind": "radio", "value": words}]
    agreed = Agreed(frozenset({"news"}))
    return make.booking(link, TOMORROW, now=NOW, first_name=words, last_name=words, answers=answers, agreed=agreed)


def pages_of_admins(booking: Booking) -> list[str]:
    asked = Property.select().order_by(Property.id.desc()).get()
    known = MeetingType.select().order_by(MeetingType.id.desc()).get()
    contact = f"/contacts/{booking.contact_id}"
    return [
        *(f"/settings{path}" for path in SETTINGS),
        f"/settings/meeting-types/{known.id}/delete",
        f"/settings/properties/{asked.id}",
        f"/settings/properties/{asked.id}/delete",
        "/contacts",
        "/contacts?q=nobody+like+that",
        contact,
        f"{contact}/erase",
        "/links/demo/history",
        "/links/demo/try",
        "/links/demo/share/try?mode=frame",
    ]


def test_settings_and_contacts(browser: Browser, template: Any, tmp_path: Path) -> None:
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        with data(live):
            paths = pages_of_admins(furnish("Room"))
        seen = Inspection(open_one("/links", signed_in="alice@example.org"))
        for path in paths:
            seen.at(path, path.strip("/").partition("?")[0].replace("/", "-"))
        seen.done()


def test_settings_that_are_wrong(open_filled: Opener) -> None:
    page = open_filled("/settings/properties/add", signed_in="ines@northlight.example")
    seen = Inspection(page)
    send_as_it_is(page)
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    seen.look("property-errors")
    page.goto("/settings/meeting-types")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    seen.look("meeting-types-errors")
    seen.done()


@pytest.mark.parametrize("locale", ["fr", "ar"])
def test_the_longest_words_stay_inside(
    browser: Browser, template: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """In French, which is longer; and from right to left in a language that isn't claimed: layout only."""
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        monkeypatch.setitem(live.app.config, "LOCALES", ("en", "fr", "ar"))
        with data(live):
            paths = pages_of_admins(furnish(LONG))
            User.update(locale=locale).execute()
        page = open_one("/settings", signed_in="alice@example.org")
        assert page.evaluate("document.documentElement.lang").startswith(locale)
        seen = Inspection(page)
        for path in paths:
            seen.measure(path, locale)
        seen.done()


# --- what contacts see of themselves


def own_address(words: str) -> str:
    """Where a contact of this name sees what is kept."""
    furnish(words)
    rights.ask(Contact.get().email, "en", address="1", now=NOW)
    return urlsplit(Delivery.get(Delivery.kind == "rights").details["url"]).path


def test_pages_about_ones_own_data(browser: Browser, template: Any, tmp_path: Path) -> None:
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        with data(live):
            address = own_address("Room")
        seen = Inspection(open_one("/privacy"))
        look_at_asking(seen, seen.page)
        seen.at(address, "rights-open")
        look_at_own_data(seen, seen.page)
        seen.at(address, "rights-over")
        seen.done()


def look_at_asking(seen: Inspection, page: Page) -> None:
    seen.look("rights-ask")
    page.locator("main form button.first").click()
    expect(page.locator(".wrong")).to_be_visible()
    seen.look("rights-ask-errors")
    page.fill("#f-email", "maren@example.com")
    page.locator("main form button.first").click()
    expect(page.get_by_text("Check your mail").first).to_be_visible()
    seen.look("rights-sent")


def look_at_own_data(seen: Inspection, page: Page) -> None:
    page.get_by_role("button", name="See what is kept").click()
    seen.look("rights-mine")
    page.get_by_role("button", name="Withdraw").first.click()
    expect(page.get_by_role("status")).to_contain_text("Withdrawn")
    seen.look("rights-withdrawn")
    page.get_by_role("link", name="Erase everything").click()
    seen.look("rights-erase")
    page.get_by_role("button", name="Erase everything for good").click()
    seen.look("rights-erased")


def test_long_words_about_oneself_stay_inside(browser: Browser, template: Any, tmp_path: Path) -> None:
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        with data(live):
            address = own_address(LONG)
        page = open_one(address)
        seen = Inspection(page)
        page.get_by_role("button", name="See what is kept").click()
        page.wait_for_load_state()
        seen.fit("rights-mine-long")
        page.get_by_role("link", name="Erase everything").click()
        page.wait_for_load_state()
        seen.fit("rights-erase-long")
        seen.done()
