"""Every page in each of its states, with a filled instance behind it: nothing for axe-core to find, light or dark; no
sideways scrolling from the smallest phone to a desk; nothing on the console; no request to anybody else.

MEETINGS_TEST_SHOTS=folder keeps a picture of each, at three widths, light and dark.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from meetings.models import Booking, Link, User
from meetings.services import access, passwords, setup
from tests import make
from tests.browser import Live, Opener, data, opening, sign_in

from .inspection import NOW, TOMORROW, Inspection, instance, send_as_it_is

pytestmark = pytest.mark.browser

SHARED = ("share", "share/times", "share/embed", "share/person", "share/invitations", "duplicate")  # of a link
HOST = "ines@northlight.example"
STEPS = ("overview", "scheduling", "form", "confirmation", "automation")


def coming_booking(live: Live, slug: str) -> Booking:
    """A booking that lies ahead, with all that a page could show of it."""
    with data(live):
        return (
            Booking.select()
            .join(Link)
            .where(Link.slug == slug, Booking.starts_at > NOW + timedelta(days=1), Booking.status == "confirmed")
            .order_by(Booking.starts_at)
            .get()
        )


# --- the public pages


def test_public_pages(open_filled: Opener, filled: Live) -> None:
    page = open_filled("/book/ines-room", timezone_id="Europe/Oslo")
    seen = Inspection(page)
    look_at_booking(seen)
    look_at_taken(seen, filled)
    look_at_booked(seen, page)
    seen.at("/book/acoustician", "round-robin")
    seen.at("/book/site-review", "group")
    seen.at("/book/ines-room?month=2027-02", "none-free")
    seen.at("/book/hiring-first", "switched-off")
    seen.at("/zones?page=/book/ines-room&q=kat", "zones")
    seen.at("/zones?page=/book/ines-room&q=nowhere", "zones-none")
    seen.at("/book/nobody", "nothing-here")
    seen.done()


def look_at_booking(seen: Inspection) -> None:
    page = seen.page
    seen.look("month")
    page.locator("#zone summary").click()
    expect(page.locator("#zones li").nth(3)).to_be_visible()
    seen.look("zone-list")
    page.keyboard.press("Escape")
    page.locator("#here a.slot").first.click()
    expect(page.locator("form#details")).to_be_visible()
    seen.look("form")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".wrong").first).to_be_visible()
    seen.look("form-errors")
    fill(page)


def fill(page: Page) -> None:
    page.get_by_label("First name").fill("Maren")
    page.get_by_label("Last name").fill("Holt")
    page.get_by_label("E-mail").fill("maren.holt@fjordkontor.example")


def look_at_taken(seen: Inspection, live: Live) -> None:
    """Somebody is quicker while the form is filled in."""
    start = int(seen.page.locator("input[name=start]").get_attribute("value") or 0)
    with data(live):
        ines = access.user_by_email("ines@northlight.example")
        began = datetime.fromtimestamp(start, UTC)
        make.busy(ines, f"{began:%Y-%m-%d %H:%M}", f"{began + timedelta(minutes=15):%Y-%m-%d %H:%M}")
    seen.page.get_by_role("button", name="Confirm").click()
    expect(seen.page.locator(".gone")).to_be_visible()
    seen.look("taken")


def look_at_booked(seen: Inspection, page: Page) -> None:
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".done")).to_be_visible()
    seen.look("confirmed")
    own = page.url.partition("?")[0]
    seen.at(own, "own-page")
    seen.at(f"{own}/reschedule", "move-month")
    page.locator("#here a.slot").first.click()
    expect(page.locator("form#details")).to_be_visible()
    seen.look("move-form")
    look_at_reminders(seen, page, own)
    seen.at(f"{own}/cancel", "cancel")
    page.get_by_role("button", name="Cancel the meeting").click()
    expect(page.locator(".tick.off")).to_be_visible()
    seen.look("cancelled")


def look_at_reminders(seen: Inspection, page: Page, own: str) -> None:
    """Switched off and on again with the keyboard alone."""
    seen.at(f"{own}/reminders", "reminders")
    page.get_by_role("button", name="Switch reminders off").press("Enter")
    expect(page.get_by_role("heading", name="Reminders are off")).to_be_visible()
    seen.look("reminders-off")
    seen.at(own, "own-page-without-reminders")
    page.get_by_role("link", name="Switch them on again").press("Enter")
    page.get_by_role("button", name="Switch reminders on again").press("Enter")
    expect(page.locator(".tick")).to_be_visible()
    expect(page.get_by_text("Reminders are off")).to_have_count(0)


def test_public_pages_from_right_to_left(open_filled: Opener, filled: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(filled.app.config, "LOCALES", ("en", "ar"))
    page = open_filled("/book/ines-room?lang=ar", timezone_id="Africa/Cairo", locale="ar-EG")
    seen = Inspection(page)
    assert page.evaluate("document.documentElement.dir") == "rtl"
    seen.look("rtl-month")
    page.locator("#here a.slot").nth(1).click()
    expect(page.locator("form#details")).to_be_visible()
    seen.look("rtl-form")
    page.locator("form#details button.first").click()
    expect(page.locator(".wrong").first).to_be_visible()
    seen.look("rtl-form-errors")
    page.locator("[name=first_name]").fill("فرح")
    page.locator("[name=last_name]").fill("الأمين")
    page.locator("[name=email]").fill("farah@oasisbank.example")
    page.locator("form#details button.first").click()
    expect(page.locator(".done")).to_be_visible()
    seen.look("rtl-confirmed")
    seen.at(f"{page.url.partition('?')[0]}/reminders", "rtl-reminders")
    seen.done()


def test_back_and_forward_lead_through_the_steps(open_filled: Opener) -> None:
    page = open_filled("/book/acoustician")
    page.locator("#here a.slot").first.click()
    expect(page.locator("form#details")).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".wrong").first).to_be_visible()
    page.go_back()
    expect(page.locator("#here a.slot").first).to_be_visible()
    page.go_forward()
    expect(page.locator("form#details")).to_be_visible()
    page.get_by_role("link", name="Change the time").click()
    expect(page.locator("#here a.slot").first).to_be_visible()
    page.reload()
    expect(page.locator("#here a.slot").first).to_be_visible()


def test_a_first_visit_is_light(browser: Browser, filled: Live) -> None:
    """As the browser counts what came over the wire: headers, bodies as they were compressed."""
    context = browser.new_context(viewport={"width": 375, "height": 740}, timezone_id="Asia/Tokyo")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    asked: set[str] = set()
    weights: list[int] = []

    def sent(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):  # what is carried inside the page is no request
            asked.add(event["requestId"])

    def came(event: dict[str, Any]) -> None:
        if event["requestId"] in asked:
            weights.append(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.loadingFinished", came)
    page.goto(f"{filled.url}/book/acoustician", wait_until="networkidle")
    expect(page.locator("#zone summary")).to_contain_text("Tokyo")
    context.close()
    assert 3 <= len(weights) <= 4
    assert 10_000 < sum(weights) <= 60_000


# --- the door


def test_pages_in_front_of_the_door(browser: Browser, template: Any, tmp_path: Path) -> None:
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        seen = Inspection(open_one("/"))
        seen.look("sign-in-before-set-up")
        with data(live):
            code = setup.setup_code(NOW)
        seen.at(f"/setup?code={code}", "set-up")
        send_as_it_is(seen.page)
        expect(seen.page.locator(".error").first).to_be_visible()
        seen.look("set-up-errors")
        with data(live):
            alice = make.user("Alice Martin", role="admin")
            address = passwords.new_link(alice, NOW, timedelta(hours=1))
        seen.at("/sign-in", "sign-in")
        seen.page.fill("#email", "alice@example.org")
        seen.page.fill("#password", "not this one")
        send_as_it_is(seen.page)
        expect(seen.page.locator("#password-error")).to_be_visible()
        seen.look("sign-in-refused")
        seen.at("/password/forgot", "forgotten")
        seen.page.fill("#email", "alice@example.org")
        send_as_it_is(seen.page)
        expect(seen.page.get_by_role("heading", level=1)).to_be_visible()
        seen.look("forgotten-sent")
        seen.at(address, "set-password")
        seen.at("/password/over", "set-password-over")
        seen.done()


# --- the workspace


def test_workspace_pages(open_filled: Opener, filled: Live) -> None:
    booking = coming_booking(filled, "acoustician")
    page = open_filled("/links", signed_in=HOST)
    seen = Inspection(page)
    look_at_links(seen)
    for path, name in (
        ("/links?q=nothing+like+it", "links-none-like-that"),
        *((f"/links/acoustician/{path}", f"{path.replace('/', '-')}-page") for path in SHARED),
        ("/links/acoustician/delete", "delete-link-page"),
        ("/embed/ines-room", "embed"),
        ("/bookings?whose=all", "bookings"),
        ("/bookings?show=past&whose=all", "bookings-past"),
        ("/bookings?show=cancelled&whose=all", "bookings-cancelled"),
        (f"/bookings/{booking.public_id}", "booking"),
        (f"/bookings/{booking.public_id}/move", "booking-move"),
        (f"/bookings/{booking.public_id}/give", "booking-give"),
        (f"/bookings/{booking.public_id}/cancel", "booking-cancel"),
        ("/links/acoustician/turns", "turns"),
        ("/team", "team"),
        ("/team/add", "team-add"),
        ("/team/2", "team-person"),
        ("/team/2/delete", "team-delete"),
        ("/team/2/deactivate", "team-deactivate"),
        ("/profile", "profile"),
        ("/profile/schedules/new", "schedule-new"),
        ("/settings", "settings"),
        ("/settings/branding", "settings-branding"),
        ("/outbox", "outbox"),
        ("/links/nothing/share", "workspace-nothing"),
    ):
        seen.at(path, name)
    page.goto("/outbox")
    page.locator("main table a, main li a").first.click()
    expect(page.locator("pre.source").first.or_(page.get_by_text("never written"))).to_be_visible()
    seen.look("outbox-mail")
    seen.at(f"/bookings/{booking.public_id}/move", "booking-move")
    page.locator(".free-times a").first.click()
    expect(page.get_by_role("button", name="Move the meeting")).to_be_visible()
    seen.look("booking-move-ask")
    seen.done()


def look_at_links(seen: Inspection) -> None:
    page = seen.page
    seen.look("links")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("summary[aria-label^='More for']").first.click()
    page.get_by_role("link", name="Share").first.click()
    expect(page.locator("dialog[open] #share")).to_be_visible()
    seen.look("share-dialog")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("[data-pick]").first.check()
    seen.look("links-chosen")


def test_an_empty_workspace(browser: Browser, template: Any, tmp_path: Path) -> None:
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        with data(live):
            make.user("Alice Martin", role="admin")
        page = open_one("/links", signed_in="alice@example.org")
        seen = Inspection(page)
        seen.look("links-empty")
        for path in ("/bookings", "/bookings?show=past", "/bookings?show=cancelled", "/outbox", "/team"):
            seen.at(path, path.strip("/").replace("?show=", "-") + "-empty")
        page.goto("/team/add")
        page.fill("[name=name]", "Bob Stone")
        page.fill("[name=email]", "bob@example.org")
        page.get_by_role("button", name="Add the person").click()
        page.locator("#link").wait_for()
        seen.look("team-added")
        seen.done()


def onward(page: Page) -> None:
    """By key: what was just typed is answered at once, and may move the button away between the mouse's down and up."""
    page.press("#onward", "Enter")


def test_the_wizard(open_filled: Opener) -> None:
    page = open_filled("/links", signed_in="newman@northlight.example")
    seen = Inspection(page)
    seen.at("/links/new/individual", "wizard-new")
    onward(page)
    expect(page.locator("#internal_name-error")).to_be_visible()
    seen.look("wizard-overview-errors")
    page.fill("#internal_name", "A first talk")
    page.fill("#slug", "first-talk")
    onward(page)
    page.wait_for_url("**/edit/scheduling")
    seen.look("wizard-scheduling")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.fill("#fri_0_start", "14:00")
    page.fill("#fri_0_end", "13:00")
    page.press("#more summary", "Enter")
    page.fill("#weeks", "900")
    onward(page)
    expect(page.locator("#weeks-error")).to_be_visible()
    seen.look("wizard-scheduling-errors")
    page.fill("#weeks", "3")
    page.fill("#fri_0_end", "15:00")
    onward(page)
    page.wait_for_url("**/edit/form")
    page.click("#add-question")
    page.get_by_role("textbox", name="Question", exact=True).fill("What should we listen for?")
    seen.look("wizard-form")
    onward(page)
    page.wait_for_url("**/edit/confirmation")
    seen.look("wizard-confirmation")
    page.check("#after-elsewhere")
    onward(page)
    expect(page.locator("#redirect_url-error")).to_be_visible()
    seen.look("wizard-confirmation-errors")
    page.fill("#redirect_url", "https://example.org/thanks")
    onward(page)
    page.wait_for_url("**/edit/automation")
    page.click("#add-reminder")
    page.locator("#reminder_0").wait_for()
    seen.look("wizard-automation")
    onward(page)
    page.wait_for_url("**/share**")
    seen.look("share-new")
    seen.done()


@pytest.mark.parametrize("step", STEPS)
def test_editing(open_filled: Opener, step: str) -> None:
    page = open_filled("/links", signed_in=HOST)
    seen = Inspection(page)
    seen.at(f"/links/ines-room/edit/{step}", f"edit-{step}")
    seen.done()


def test_long_words_stay_inside(browser: Browser, template: Any, tmp_path: Path) -> None:
    """Names and texts without a single space, as long as they may be."""
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    with instance(template, tmp_path) as live, opening(browser, live.url) as open_one:
        with data(live):
            alice = make.user(long, email="alice@example.org", role="admin", job_title=long)
            form = {"fields": [{"name": "q", "label": long, "type": "question", "required": False}]}
            overview = {"internal_name": long, "location": long, "description": long * 3, "title": long}
            link = make.link(
                alice, "a" * 64, overview=overview, heading=long, form=form, durations=[5, 30, 60, 90, 480]
            )
            answers = [{"name": "q", "label": long, "value": long * 2}]
            email = f"{'m' * 60}@{'long' * 12}.example"
            booking = make.booking(
                link, TOMORROW, now=NOW, first_name=long, last_name=long, answers=answers, email=email
            )
            own = access.manage_token(booking)
        page = open_one(f"/book/{link.slug}")
        seen = Inspection(page)
        seen.look("long-month")
        page.locator("#here a.slot").first.click()
        expect(page.locator("form#details")).to_be_visible()
        seen.look("long-form")
        seen.at(f"/booking/{own}", "long-own-page")
        seen.at(f"/booking/{own}/cancel", "long-cancel")
        seen.at(f"/booking/{own}/reminders", "long-reminders")
        sign_in(page.context, "alice@example.org")
        seen.at("/links", "long-links")
        for path, name in (
            *((f"/links/{link.slug}/{path}", f"long-{path.replace('/', '-')}") for path in SHARED),
            (f"/embed/{link.slug}", "long-embed"),
            (f"/links/{link.slug}/delete", "long-delete"),
            ("/bookings", "long-bookings"),
            (f"/bookings/{booking.public_id}", "long-booking"),
            (f"/bookings/{booking.public_id}/move", "long-move"),
            (f"/bookings/{booking.public_id}/give", "long-give"),
            (f"/bookings/{booking.public_id}/cancel", "long-cancel-host"),
            ("/team", "long-team"),
            ("/team/1", "long-person"),
            ("/profile", "long-profile"),
            ("/outbox", "long-outbox"),
            ("/outbox/1", "long-mail"),
            *((f"/links/{link.slug}/edit/{step}", f"long-edit-{step}") for step in STEPS),
        ):
            seen.at(path, name)
        seen.done()


def test_french_is_longer_and_fits(open_filled: Opener, filled: Live) -> None:
    booking = coming_booking(filled, "acoustician")
    with data(filled):
        User.update(locale="fr").where(User.email == "ines@northlight.example").execute()
    page = open_filled("/sign-in", locale="fr-FR")
    seen = Inspection(page)
    for path in ("/sign-in", "/password/forgot", "/book/ines-room", "/book/acoustician?month=2027-02"):
        seen.measure(path)
    assert page.evaluate("document.documentElement.lang").startswith("fr")
    page.goto("/book/acoustician")
    page.locator("#here a.slot").first.click()
    expect(page.locator("form#details")).to_be_visible()
    page.locator("form#details button.first").click()
    expect(page.locator(".wrong").first).to_be_visible()
    seen.look("form-errors-fr")
    sign_in(page.context, HOST)
    for path in (
        "/links",
        *(f"/links/acoustician/{path}" for path in SHARED),
        "/bookings?whose=all",
        f"/bookings/{booking.public_id}",
        f"/bookings/{booking.public_id}/cancel",
        "/team",
        "/team/2",
        "/profile",
        "/profile/schedules/new",
        "/settings",
        "/settings/branding",
        "/outbox",
        *(f"/links/ines-room/edit/{step}" for step in STEPS),
    ):
        seen.measure(path)
    assert page.evaluate("document.documentElement.lang").startswith("fr")
    with data(filled):
        User.update(locale="en").where(User.email == "ines@northlight.example").execute()
    seen.done()
