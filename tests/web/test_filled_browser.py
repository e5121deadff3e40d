"""Less typing in a real browser: the times as buttons, the way back, and what this device remembers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from meetings import clock
from meetings.models import Booking
from tests import make
from tests.browser import Live, Opener, assert_accessible, data, until

pytestmark = pytest.mark.browser

NOW = make.at("2026-12-01 07:00")
WHO = "first_name=Maren&last_name=Holt&email=maren@example.com"
DAY = f"/book/demo?timezone=Europe/Paris&date=2026-12-02&{WHO}"
FORM = "/book/demo?timezone=Europe/Paris&start=1796202000"


@pytest.fixture(autouse=True)
def _link(live: Live) -> Iterator[None]:
    clock.set_source(lambda: NOW)
    with data(live):
        make.link(heading="Talk to Alice", start_increment=30, form={"auto_submit": True})
    yield
    clock.set_source(None)


def statuses(live: Live) -> list[str]:
    with data(live):
        return [row.status for row in Booking.select().order_by(Booking.id)]


def is_booked(page: Page) -> None:
    expect(page.get_by_role("heading", name="It’s booked, Maren")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_click_books_and_another_undoes_it(live: Live, open_page: Opener, script: bool) -> None:
    page = open_page(DAY, script=script)
    assert_accessible(page, script=script)
    page.get_by_role("button", name="10:00").click()
    is_booked(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="This meeting is cancelled")).to_be_visible()
    assert statuses(live) == ["cancelled"]


def test_by_keyboard_and_back_again_it_is_booked_once(live: Live, open_page: Opener) -> None:
    page = open_page(DAY)
    until(page, "window.htmx")
    page.get_by_role("button", name="10:00").press("Enter")
    is_booked(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Wednesday 2 December")).to_be_visible()
    assert statuses(live) == ["confirmed"]


def test_a_double_click_books_once(live: Live, open_page: Opener) -> None:
    page = open_page(DAY)
    until(page, "window.htmx")
    page.get_by_role("button", name="10:00").dblclick()
    is_booked(page)
    assert statuses(live) == ["confirmed"]


def test_a_time_that_is_gone_says_so_where_the_times_are(live: Live, open_page: Opener) -> None:
    page = open_page(DAY)
    until(page, "window.htmx")
    with data(live):
        from meetings.models import Link

        make.booking(Link.get(), "2026-12-02 09:00", email="quicker@example.com")
    page.get_by_role("button", name="10:00").click()
    expect(page.get_by_role("alert").filter(has_text="Nothing was booked: choose another time.")).to_be_focused()
    expect(page.get_by_role("button", name="10:00")).to_have_count(0)
    assert_accessible(page)
    page.get_by_role("button", name="10:30").click()
    is_booked(page)


@pytest.mark.parametrize("script", [True, False])
def test_this_device_remembers_and_forgets(live: Live, open_page: Opener, script: bool) -> None:
    page = open_page(FORM, script=script)
    page.get_by_label("First name").fill("Maren")
    page.get_by_label("Last name").fill("Holt")
    page.get_by_label("E-mail").fill("maren@example.com")
    page.get_by_label("Remember me on this device").check()
    page.get_by_role("button", name="Confirm").click()
    is_booked(page)
    page.goto("/book/demo?timezone=Europe/Paris&date=2026-12-03&show-form=1")
    page.get_by_role("link", name="11:00").click()
    expect(page.get_by_label("First name")).to_have_value("Maren")
    expect(page.get_by_label("Remember me on this device")).to_be_checked()
    assert_accessible(page, script=script)
    page.get_by_role("button", name="Not you?").click()
    expect(page.get_by_label("First name")).to_have_value("")
    expect(page.get_by_role("heading", name="Thursday 3 December, 11:00")).to_be_visible()


def test_right_to_left_on_a_phone(live: Live, open_page: Opener) -> None:
    live.app.config["LOCALES"] = ("en", "ar")
    page = open_page(f"{DAY}&lang=ar", width="phone")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
