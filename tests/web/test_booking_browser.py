"""The public pages in a real browser: script and keyboard, back and forth, phones, and what axe finds."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from meetings import clock
from meetings.models import Booking
from tests import make
from tests.browser import WIDTHS, Live, Opener, assert_accessible, data, until

pytestmark = pytest.mark.browser

QUESTION = {
    "fields": [{"name": "topic", "label": "What about?", "type": "question", "kind": "text", "required": False}]
}
NOW = make.at("2026-12-01 07:00")  # Tuesday, 08:00 in Paris
TEXT = "We go through your plan.\n\nNothing to prepare, a photo helps."


@pytest.fixture(autouse=True)
def _link(live: Live) -> Iterator[None]:
    clock.set_source(lambda: NOW)
    with data(live):
        make.link(
            make.user(job_title="Room acoustics"),
            heading="Talk to Alice",
            durations=[30, 60],
            start_increment=30,
            window={"kind": "rolling", "weeks": 6},
            form=QUESTION,
            overview={"description": TEXT, "location": "Hall 2"},
        )
    yield
    clock.set_source(None)


def booked(live: Live) -> list[Booking]:
    with data(live):
        return list(Booking.select().order_by(Booking.id))


def take(live: Live, start: str) -> None:
    with data(live):
        from meetings.models import Link

        make.booking(Link.get(), start, email="quicker@example.com")


def fill(page: Page, email: str = "maren@example.com") -> None:
    page.get_by_label("First name").fill("Maren")
    page.get_by_label("Last name").fill("Holt")
    page.get_by_label("E-mail").fill(email)


def has_htmx(page: Page) -> None:
    until(page, "window.htmx && document.querySelector('.grid a.day[tabindex=\"0\"]')")


SHIFTS = """() => new Promise(done => {
  const seen = new PerformanceObserver(list => done(list.getEntries().reduce((sum, one) => sum + one.value, 0)));
  seen.observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(0), 300);
})"""


# --- the whole way


@pytest.mark.parametrize("script", [True, False])
def test_from_month_to_meeting_and_away(live: Live, open_page: Opener, script: bool) -> None:
    page = open_page("/book/demo", script=script, width="phone")
    page.get_by_role("link", name=re.compile("Wednesday 2 December")).click()
    expect(page.get_by_role("heading", name="Wednesday 2 December")).to_be_visible()
    page.get_by_role("link", name="11:00").click()
    expect(page.get_by_role("heading", name="Wednesday 2 December, 11:00")).to_be_visible()
    fill(page, "maren@nowhere")
    page.get_by_role("button", name="Confirm for Wed 2 Dec, 11:00").click()
    expect(page.get_by_text("complete e-mail address")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("E-mail").fill("maren@example.com")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="It’s booked, Maren")).to_be_visible()
    assert len(booked(live)) == 1

    page.get_by_role("link", name="Reschedule").click()
    page.get_by_role("link", name=re.compile("Thursday 3 December")).click()
    expect(page.get_by_role("heading", name="Thursday 3 December")).to_be_visible()
    page.get_by_role("link", name="09:30").click()
    page.get_by_role("button", name="Move to Thu 3 Dec, 09:30").click()
    expect(page.get_by_role("heading", name="It’s moved, Maren")).to_be_visible()

    page.get_by_role("link", name="Cancel the meeting").click()
    page.get_by_label("A word to your host").fill("Sorry")
    page.get_by_role("button", name="Cancel the meeting").click()
    expect(page.get_by_role("heading", name="This meeting is cancelled")).to_be_visible()
    assert booked(live)[0].status == "cancelled"


def test_steps_swap_in_place_and_back_undoes_them(open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris")
    has_htmx(page)
    page.evaluate("window.isSamePage = true")
    page.get_by_role("link", name=re.compile("Wednesday 2 December")).click()
    expect(page.get_by_role("heading", name="Wednesday 2 December")).to_be_visible()
    assert "date=2026-12-02" in page.url
    page.get_by_role("link", name="11:00").click()
    expect(page.get_by_role("heading", name="Wednesday 2 December, 11:00")).to_be_focused()
    shared = page.url
    assert page.evaluate("window.isSamePage")
    page.go_back()
    expect(page.get_by_role("link", name="11:30")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Tuesday 1 December")).to_be_visible()
    page.go_forward()
    page.go_forward()
    expect(page.get_by_role("heading", name="Wednesday 2 December, 11:00")).to_be_visible()
    page.goto(shared)
    expect(page.get_by_role("heading", name="Wednesday 2 December, 11:00")).to_be_visible()


def test_a_double_click_books_once(live: Live, open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris&start=1796202000")
    until(page, "window.htmx")
    fill(page)
    page.get_by_role("button", name="Confirm").dblclick()
    expect(page.get_by_role("heading", name="It’s booked, Maren")).to_be_visible()
    page.go_back()
    assert len(booked(live)) == 1


def test_back_from_the_confirmation_tells_whoever_booked_the_time(live: Live, open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris&start=1796202000", script=False)
    expect(page.get_by_role("heading", name="Wednesday 2 December, 10:00")).to_be_visible()
    fill(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/booking/**")
    page.go_back()
    expect(page.get_by_role("heading", name="You have booked this time")).to_be_visible()
    expect(page.get_by_text("no longer free")).to_have_count(0)
    page.get_by_role("link", name="See your booking").click()
    expect(page.get_by_role("heading", name="It’s booked, Maren")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Choose another time").click()
    expect(page.get_by_role("link", name="11:00")).to_be_visible()
    assert len(booked(live)) == 1


@pytest.mark.parametrize("script", [True, False])
def test_the_second_tab_of_ones_own_booking_tells_of_it(live: Live, open_page: Opener, script: bool) -> None:
    first = open_page("/book/demo?timezone=Europe/Paris&start=1796202000", script=script)
    second = first.context.new_page()
    second.goto(first.url)
    for page in (first, second):
        fill(page)
        page.get_by_role("button", name="Confirm").click()
        page.get_by_role("heading", name="booked").wait_for()
    expect(second.get_by_role("heading", name="You have booked this time")).to_be_visible()
    if script:
        assert_accessible(second)
    assert len(booked(live)) == 1


def test_coming_again_to_the_time_one_has_booked(open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris&start=1796202000")
    fill(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/booking/**")
    page.goto("/book/demo?timezone=Europe/Paris&start=1796202000")
    expect(page.get_by_role("heading", name="You have booked this time")).to_be_visible()
    assert_accessible(page)


def test_a_time_taken_meanwhile(live: Live, open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris&start=1796202000")
    until(page, "window.htmx")
    take(live, "2026-12-02 09:00")
    fill(page)
    page.get_by_label("What about?").fill("Echo")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("Wed 2 Dec, 10:00 is no longer free")
    expect(page.get_by_label("What about?")).to_have_value("Echo")
    expect(page.get_by_role("button")).to_have_text(re.compile(r"09:30"), use_inner_text=True)
    assert_accessible(page)
    page.get_by_role("radio", name=re.compile("11:00")).check()
    page.get_by_role("button", name="Confirm for Wed 2 Dec, 11:00").click()
    expect(page.get_by_role("heading", name="It’s booked, Maren")).to_be_visible()
    assert len(booked(live)) == 2


# --- zones


def test_the_browsers_zone_is_learnt_without_a_jump(open_page: Opener) -> None:
    page = open_page("/book/demo", timezone_id="Asia/Tokyo")
    expect(page.get_by_text("Tokyo time (UTC+9)")).to_be_visible()
    assert page.evaluate(SHIFTS) < 0.05
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    expect(page.get_by_text("Tokyo time (UTC+9)")).to_be_visible()
    assert len([url for url in requests if "/book/" in url]) == 1  # known from the start now


def test_a_zone_is_searched_picked_and_remembered(open_page: Opener) -> None:
    page = open_page("/book/demo?date=2026-12-02")
    has_htmx(page)
    page.get_by_text("Paris time (UTC+1)").click()
    search = page.get_by_role("searchbox", name="Search a city or country")
    expect(search).to_be_focused()
    expect(page.locator("#zones a").first).to_contain_text("Paris")
    assert_accessible(page)
    page.keyboard.type("portug")
    page.locator("#zones a", has_text="Lisbon").click()
    expect(page.get_by_text("Lisbon time (UTC+0)")).to_be_visible()
    expect(page.get_by_role("heading", name="Wednesday 2 December")).to_be_visible()
    expect(search).to_be_hidden()
    page.goto("/book/demo")
    expect(page.get_by_text("Lisbon time (UTC+0)")).to_be_visible()


def test_escape_closes_the_list_of_zones(open_page: Opener) -> None:
    page = open_page("/book/demo")
    has_htmx(page)
    page.get_by_text("Paris time (UTC+1)").click()
    page.keyboard.press("Escape")
    expect(page.locator("#zone summary")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_be_hidden()


# --- keyboard


def test_the_month_is_one_stop_with_arrows_inside(open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris&month=2026-12")
    has_htmx(page)
    page.locator("#after, #before").first.focus()

    def focused() -> str:
        return str(page.evaluate("document.activeElement.id"))

    for _ in range(3):
        page.keyboard.press("Tab")
        if focused().startswith("d"):
            break
    assert focused() == "d2026-12-01"
    for key, day in [
        ("ArrowRight", "02"),
        ("ArrowDown", "09"),
        ("End", "11"),
        ("Home", "07"),
        ("ArrowUp", "07"),
        ("ArrowLeft", "04"),
        ("ArrowRight", "07"),
    ]:
        page.keyboard.press(key)
        assert focused() == f"d2026-12-{day}", key
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Monday 7 December")).to_be_visible()
    expect(page.locator("#d2026-12-07")).to_be_focused()
    page.keyboard.press("PageDown")
    expect(page.locator("#month")).to_have_text("January 2027")
    until(page, "document.activeElement.id === 'd2027-01-01'")


def test_booking_with_the_keyboard_alone(live: Live, open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris")
    has_htmx(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Go to the times")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#step")).to_be_focused()
    page.keyboard.press("Tab")  # Change
    for words in ("Maren", "Holt", "maren@example.com"):
        page.keyboard.press("Tab")
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="It’s booked, Maren")).to_be_visible()
    assert len(booked(live)) == 1


# --- form


def states(page: Page) -> Iterator[str]:
    """The page in each of its states, one after the other."""
    yield "month"
    page.goto("/book/demo?month=2027-02")
    yield "empty"
    page.goto("/book/demo?start=1796202000")
    yield "form"
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".wrong").first).to_be_visible()
    yield "errors"
    fill(page)
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".done")).to_be_visible()
    yield "booked"
    booking = page.url.partition("?")[0]
    page.goto(f"{booking}/reschedule?start=1796205600")
    yield "move"
    page.goto(f"{booking}/cancel")
    yield "cancel"
    page.get_by_role("button", name="Cancel the meeting").click()
    expect(page.locator(".tick.off")).to_be_visible()
    yield "cancelled"
    page.goto("/zones?page=/book/demo")
    yield "zones"
    page.goto("/book/nobody")
    yield "nothing"


@pytest.mark.parametrize(
    ("width", "options"),
    [
        ("phone", {"color_scheme": "light"}),
        ("tablet", {"color_scheme": "dark"}),
        ("desktop", {"color_scheme": "light"}),
        ("desktop", {"color_scheme": "dark", "forced_colors": "none"}),
    ],
)
def test_axe_finds_nothing_in_any_state(open_page: Opener, width: str, options: dict[str, Any]) -> None:
    page = open_page("/book/demo", width=width, **options)
    for state in states(page):
        assert_accessible(page), state
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state} scrolls sideways"


def test_right_to_left(live: Live, open_page: Opener) -> None:
    live.app.config["LOCALES"] = ("en", "ar")
    page = open_page("/book/demo?lang=ar&timezone=Europe/Paris&month=2026-12")
    has_htmx(page)
    assert page.evaluate("document.documentElement.dir") == "rtl"
    who, times = page.locator(".who").bounding_box(), page.locator(".times").bounding_box()
    assert who
    assert times
    assert who["x"] > times["x"]
    page.locator("#d2026-12-02").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.id") == "d2026-12-03"
    assert_accessible(page)


@pytest.mark.parametrize("across", [320, 360, 375])
def test_a_small_phone_needs_no_sideways_scrolling(open_page: Opener, across: int) -> None:
    page = open_page("/book/demo", width="phone")
    page.set_viewport_size({"width": across, "height": 640})
    for state in states(page):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state


def test_the_card_keeps_its_size_from_step_to_step(open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris")
    page.set_viewport_size({"width": WIDTHS["desktop"][0], "height": WIDTHS["desktop"][1]})
    has_htmx(page)

    def size() -> tuple[float, float]:
        box = page.locator(".card").bounding_box()
        assert box
        return box["width"], box["height"]

    before = size()
    page.get_by_role("link", name="11:00").click()
    expect(page.locator("#step")).to_be_visible()
    assert size() == before


def test_a_first_visit_asks_four_times(open_page: Opener) -> None:
    page = open_page("/zones?page=/book/demo")
    page.context.clear_cookies()
    weights: list[int] = []
    fresh = page.context.browser.new_context(timezone_id="Asia/Tokyo")  # type: ignore[union-attr]
    other = fresh.new_page()
    other.on(
        "requestfinished",
        lambda request: weights.append(
            sum(request.sizes()[part] for part in ("responseHeadersSize", "responseBodySize"))
        ),
    )
    other.goto(page.url.partition("/zones")[0] + "/book/demo", wait_until="networkidle")
    expect(other.get_by_text("Tokyo time (UTC+9)")).to_be_visible()
    fresh.close()
    assert len(weights) <= 4
    assert sum(weights) <= 60_000


def test_the_last_of_two_quick_choices_counts(open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris")
    has_htmx(page)
    page.evaluate("document.getElementById('d2026-12-02').click(); document.getElementById('d2026-12-03').click()")
    expect(page.get_by_role("heading", name="Thursday 3 December")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("heading", name="Thursday 3 December")).to_be_visible()
    assert "date=2026-12-03" in page.url


SWIPE = """across => {
  const grid = document.querySelector(".grid");
  const touch = x => new Touch({identifier: 1, target: grid, clientX: x, clientY: 300});
  grid.dispatchEvent(new TouchEvent("touchstart", {bubbles: true, touches: [touch(200)], changedTouches: [touch(200)]}));
  grid.dispatchEvent(new TouchEvent("touchend", {bubbles: true, touches: [], changedTouches: [touch(200 + across)]}));
}"""


def test_a_swipe_turns_the_month(open_page: Opener) -> None:
    page = open_page("/book/demo?timezone=Europe/Paris", width="phone", has_touch=True)
    has_htmx(page)
    page.evaluate(SWIPE, 30)
    page.evaluate(SWIPE, -120)
    expect(page.locator("#month")).to_have_text("January 2027")
    page.evaluate(SWIPE, 120)
    expect(page.locator("#month")).to_have_text("December 2026")


def test_without_a_connection_nothing_is_lost_and_it_is_said(live: Live, open_page: Opener) -> None:
    page = open_page("/book/demo?date=2026-12-02&timezone=Europe/Paris")
    fault = page.get_by_text("There is no connection right now")
    expect(fault).to_be_hidden()
    page.locator("#here .slot").first.click()
    fill(page)
    page.context.set_offline(True)
    page.get_by_role("button", name=re.compile("^Confirm")).click()
    expect(fault).to_be_visible()
    expect(page.get_by_label("First name")).to_have_value("Maren")
    page.context.set_offline(False)
    page.get_by_role("button", name=re.compile("^Confirm")).click()
    expect(page.get_by_role("heading", name=re.compile("It’s booked"))).to_be_visible()
    expect(fault).to_be_hidden()
    assert len(booked(live)) == 1
