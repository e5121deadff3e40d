"""Public pages in colours that are hard to read, in a real browser: axe finds nothing, light or dark, in any state."""

import re

import pytest
from playwright.sync_api import Page, expect

from meetings import clock
from meetings.models import Picture, User
from meetings.services import branding
from tests import make
from tests.browser import BY_COLOUR, Live, Opener, accessibility_faults, assert_accessible, data
from tests.services.test_branding import DETAILS, logo, wear
from tests.services.test_mails_branded import NASTY

pytestmark = pytest.mark.browser

SETTINGS = "/settings/branding"
BUSY = "2026-12-01"


@pytest.fixture(autouse=True)
def ada(live: Live) -> User:
    clock.set_source(lambda: make.NOW)
    with data(live):
        admin = make.user("Ada Admin", role="admin", job_title="Room acoustics")
        make.link(admin, durations=[30, 60], overview={"location": "Rua do Alecrim 41", "description": "A talk."})
    return admin


def look(live: Live, admin: User, colour: str, ink: str | None = None) -> None:
    with data(live):
        branding.save(admin, {**DETAILS, "colour": colour})
        if ink:
            wear(admin, logo(ink))


def faults(page: Page) -> list[str]:
    found = []
    for scheme, rules in (("light", ()), ("dark", BY_COLOUR)):
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {fault}" for fault in accessibility_faults(page, *rules)]
    return found


@pytest.mark.parametrize("colour", NASTY)
def test_any_colour_can_be_read(live: Live, ada: User, open_page: Opener, colour: str) -> None:
    """Month, times under the pointer, the form with an error."""
    look(live, ada, colour)
    page = open_page(f"/book/demo?date={BUSY}")
    page.locator(".slot").first.hover()
    assert faults(page) == []
    page.locator(".slot").first.click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".wrong").first).to_be_visible()
    page.get_by_role("button", name="Confirm").hover()
    assert faults(page) == []


@pytest.mark.parametrize("path", ["/embed/demo", "/book/nowhere", "/zones?page=/book/demo"])
def test_other_public_pages_can_be_read(live: Live, ada: User, open_page: Opener, path: str) -> None:
    look(live, ada, "#ffff00", "white")
    assert faults(open_page(path)) == []


@pytest.mark.parametrize(("ink", "scheme"), [("black", "dark"), ("white", "light")])
def test_a_logo_stands_on_a_plate_where_it_could_not_be_seen(
    live: Live, ada: User, open_page: Opener, ink: str, scheme: str
) -> None:
    look(live, ada, "#0f5a6b", ink)
    page = open_page("/book/demo", color_scheme=scheme)
    ground = "getComputedStyle(document.querySelector('.logo')).backgroundColor"
    assert page.evaluate(ground) == {"dark": "rgb(255, 255, 255)", "light": "rgb(25, 28, 34)"}[scheme]
    page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    assert page.evaluate(ground) == "rgba(0, 0, 0, 0)"


def test_a_first_visit_asks_for_little(live: Live, ada: User, open_page: Opener) -> None:
    look(live, ada, "#0f5a6b", "black")
    page = open_page("/sign-in", script=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/book/demo")
    page.wait_for_load_state("networkidle")
    assert len([url for url in asked if not url.startswith("data:")]) <= 3  # with script one more, for another zone


# --- the settings


def test_the_preview_follows_the_typing(ada: User, open_page: Opener) -> None:
    page = open_page(SETTINGS, signed_in=ada.email)
    page.fill("#colour", "#7f1d1d")
    expect(page.locator("#colour-help")).to_have_text("Lightened on dark pages, so that it can be read.")
    expect(page.locator("#look iframe")).to_have_attribute("src", re.compile("colour=%237f1d1d"))
    assert page.input_value(".colour-well") == "#7f1d1d"
    page.get_by_text("Dark", exact=True).click()
    expect(page.locator("#look iframe")).to_have_attribute("src", re.compile("scheme=dark"))
    assert page.evaluate("document.activeElement.value") == "dark"  # the keyboard goes on from there
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    expect(page.frame_locator("#look iframe").get_by_text("Your meeting with")).to_be_visible()
    assert page.input_value("#colour") == "#7f1d1d"


def test_a_chosen_logo_is_seen_at_once_and_sent_once(live: Live, ada: User, open_page: Opener) -> None:
    page = open_page(SETTINGS, signed_in=ada.email)
    shown = page.frame_locator("#look iframe")
    page.set_input_files("#logo", {"name": "logo.png", "mimeType": "image/png", "buffer": logo()})
    expect(shown.locator(".logo")).to_be_visible()
    expect(page.locator(".own-logo")).to_be_visible()
    assert page.evaluate("document.activeElement.type") == "file"  # the keyboard goes on from there
    page.fill("#company", "Northlight Studios GmbH")
    expect(shown.get_by_text("Northlight Studios GmbH")).to_be_visible()
    with data(live):
        assert (Picture.select().count(), branding.current().logo) == (1, "")
    page.set_input_files("input[type=file]", {"name": "x.png", "mimeType": "image/png", "buffer": b"<svg/>"})
    expect(page.get_by_text("This is not a picture that can be shown.")).to_be_visible()
    expect(shown.locator(".logo")).to_be_visible()  # the one before
    assert faults(page) == []
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Saved. Booking pages")).to_be_visible()
    with data(live):
        assert branding.current().logo
        assert branding.current().company == "Northlight Studios GmbH"


def test_looking_at_colours_leaves_the_way_back_short(ada: User, open_page: Opener) -> None:
    """A frame that goes to another address is a step for the back button: each look has a frame of its own."""
    page = open_page(SETTINGS, signed_in=ada.email)
    before = page.evaluate("history.length")
    for colour in ("7f1d1d", "112233", "445566"):
        page.fill("#colour", f"#{colour}")
        expect(page.locator("#look iframe")).to_have_attribute("src", re.compile(f"colour=%23{colour}"))
        expect(page.frame_locator("#look iframe").locator(".month")).to_be_visible()
    assert page.evaluate("history.length") == before


def test_the_browsers_own_picker_sets_the_field(ada: User, open_page: Opener) -> None:
    page = open_page(SETTINGS, signed_in=ada.email)
    page.locator(".colour-well").fill("#ffd400")
    assert page.input_value("#colour") == "#ffd400"
    expect(page.locator("#colour-help")).to_have_text("Darkened on light pages, so that it can be read.")


@pytest.mark.parametrize("width", ["phone", "tablet", "desktop"])
def test_the_settings_can_be_read_and_fit(live: Live, ada: User, open_page: Opener, width: str) -> None:
    look(live, ada, "#0f5a6b", "black")
    page = open_page(SETTINGS, signed_in=ada.email, width=width)
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_script_a_button_shows_the_preview(ada: User, open_page: Opener) -> None:
    page = open_page(SETTINGS, signed_in=ada.email, script=False)
    assert not page.locator(".colour-well").is_visible()
    page.fill("#colour", "#ffd400")
    page.fill("#company", "Northlight Studios GmbH")
    page.check("input[name=what][value=mail]", force=True)
    page.get_by_role("button", name="Show preview").click()
    frame = page.frame_locator("#look iframe")
    expect(frame.get_by_text("Northlight Studios GmbH")).to_be_visible()
    assert page.input_value("#company") == "Northlight Studios GmbH"
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Saved. Booking pages")).to_be_visible()
    assert_accessible(page, script=False)
