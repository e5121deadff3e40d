"""The check against robots in a real browser: it computes by itself, and steps back where it can't."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from meetings import clock
from meetings.models import Booking
from tests import make
from tests.browser import QUIET, Live, Opener, assert_accessible, chromium, data, until

pytestmark = pytest.mark.browser

NOW = make.at("2026-12-01 07:00")
FORM = "/book/demo?timezone=Europe/Paris&start=1796202000"
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
CHECKED = "Checked: you are no robot"


@pytest.fixture(autouse=True)
def _link(live: Live) -> Iterator[None]:
    clock.set_source(lambda: NOW)
    with data(live):
        make.link(heading="Talk to Alice", start_increment=30, form={"captcha": True})
    yield
    clock.set_source(None)


def booked(live: Live) -> int:
    with data(live):
        return Booking.select().count()


def fill(page: Page, email: str = "maren@example.com") -> None:
    page.get_by_label("First name").fill("Maren")
    page.get_by_label("Last name").fill("Holt")
    page.get_by_label("E-mail").fill(email)


def question(page: Page) -> Locator:
    return page.get_by_label("What is")


def answer(page: Page) -> str:
    words = page.locator("label[for=f-captcha]").inner_text().removesuffix("?").split()
    return str(sum(NUMBERS.index(word) + 2 for word in words if word in NUMBERS))


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Confirm").click()


def is_booked(page: Page) -> None:
    expect(page.get_by_role("heading", name="It’s booked, Maren")).to_be_visible()


def test_the_browser_computes_and_nobody_is_asked(live: Live, open_page: Opener) -> None:
    page = open_page(FORM)
    expect(page.get_by_label(CHECKED)).to_be_checked()
    expect(question(page)).to_be_hidden()
    assert_accessible(page)
    fill(page)
    confirm(page)
    is_booked(page)
    assert booked(live) == 1


def test_from_the_month_by_keyboard(live: Live, open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris&date=2026-12-02")
    until(page, "window.htmx")
    page.get_by_role("link", name="10:00").press("Enter")
    expect(page.get_by_label(CHECKED)).to_be_checked()
    page.get_by_label("First name").focus()
    for typed in ("Maren", "Holt", "maren@example.com"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "checkbox"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    is_booked(page)


def test_whoever_is_quicker_than_the_check_waits_for_it(live: Live, open_page: Opener) -> None:
    page = open_page(FORM)
    page.locator("altcha-widget").wait_for(state="attached")
    fill(page)
    page.evaluate("document.querySelector('altcha-widget').reset(); document.querySelector('altcha-widget').verify()")
    confirm(page)
    is_booked(page)
    assert booked(live) == 1


def test_a_form_that_has_to_be_mended_is_checked_anew(live: Live, open_page: Opener) -> None:
    page = open_page(FORM)
    expect(page.get_by_label(CHECKED)).to_be_checked()
    fill(page, email="maren")
    confirm(page)
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_label(CHECKED)).to_be_checked()
    expect(page.locator("altcha-widget")).to_have_count(1)
    page.get_by_label("E-mail").fill("maren@example.com")
    confirm(page)
    is_booked(page)


def test_without_script_a_question_is_asked(live: Live, open_page: Opener) -> None:
    page = open_page(FORM, script=False)
    assert_accessible(page, script=False)
    fill(page)
    confirm(page)
    expect(page.get_by_text("Please answer this too.")).to_be_visible()
    expect(question(page)).to_be_focused()
    assert_accessible(page, script=False)
    question(page).fill(answer(page))
    confirm(page)
    is_booked(page)


def test_a_check_that_breaks_gives_way_to_the_question(live: Live, open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris&date=2026-12-02")
    page.route("**/assets/captcha.*.js", lambda route: route.abort())
    until(page, "window.htmx")
    page.get_by_role("link", name="10:00").click()
    fill(page)
    question(page).fill(answer(page))
    confirm(page)
    is_booked(page)


def test_the_page_for_frames_computes_too(live: Live, open_page: Opener) -> None:
    page = open_page(FORM.replace("/book/", "/embed/"))
    expect(page.get_by_label(CHECKED)).to_be_checked()
    fill(page)
    confirm(page)
    is_booked(page)
    assert page.context.cookies() == []


def test_without_a_secure_connection_the_question_is_asked(live: Live, playwright: Playwright) -> None:
    """As on a local network without TLS, where browsers don't compute."""
    rules = "--host-resolver-rules=MAP meetings.test 127.0.0.1"
    browser = playwright.chromium.launch(executable_path=chromium(), args=[*QUIET, rules])
    faults: list[str] = []
    try:
        page = browser.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(live.url.replace("127.0.0.1", "meetings.test") + FORM)
        assert page.evaluate("isSecureContext") is False
        fill(page)
        question(page).fill(answer(page))
        confirm(page)
        is_booked(page)
    finally:
        browser.close()
    assert [fault for fault in faults if "Cross-Origin-Opener-Policy" not in fault] == []  # which wants TLS as well
    assert booked(live) == 1


def test_nothing_of_it_is_loaded_where_nobody_wants_it(live: Live, open_page: Opener) -> None:
    with data(live):
        make.link(make.user("Bob Lee"), "open", start_increment=30)
    asked: list[str] = []
    page = open_page("/book/open?timezone=Europe/Paris")
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/book/open?timezone=Europe/Paris&start=1796202000")
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    assert [url for url in asked if "captcha" in url or "altcha" in url] == []
