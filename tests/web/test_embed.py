"""The booking page in frames on other sites: who may show it, what it keeps, and a whole booking inside."""

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Frame
from playwright.sync_api import Page as BrowserPage

from meetings import clock
from meetings.domain.time import to_instant
from meetings.models import Booking, Link
from meetings.services import access, links
from tests import make
from tests.browser import PATIENCE, Live, Opener, Watched, assert_accessible, data, until
from tests.web.pages import Page, visit

STATIC = Path(__file__).parents[2] / "static"
NEXT_TUESDAY = make.at("2026-12-01 09:00")


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


def policy(response: Any) -> str:
    return str(re.search(r"frame-ancestors ([^;]*)", response.headers["Content-Security-Policy"])[1])


def names_sites(link: Link, *sites: str) -> None:
    links.update(link.organizer, link, {"scheduling": {"embed_sites": list(sites)}}, make.NOW)


def form(client: FlaskClient, more: str = "") -> Page:
    return visit(client, f"/embed/demo?start={to_instant(NEXT_TUESDAY)}&duration=30{more}")


def fill(page: Page) -> Any:
    action = next(one.get("action") for one in page.tree.iter("form") if one.get("id") == "details")
    given = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com"}
    return page.client.post(action, data={**page.fields(action), **given})


class TestWhoMayShowIt:
    def test_any_site_if_none_is_named(self, client: FlaskClient) -> None:
        make.link()
        response = client.get("/embed/demo")
        assert (response.status_code, policy(response)) == (200, "*")
        assert "X-Frame-Options" not in response.headers

    def test_only_those_that_are_named(self, client: FlaskClient) -> None:
        names_sites(make.link(), "https://www.example.org", "https://*.example.com")
        assert policy(client.get("/embed/demo")) == "'self' https://www.example.org https://*.example.com"

    @pytest.mark.parametrize("path", ["/book/demo", "/zones?page=/book/demo", "/sign-in", "/booking/x", "/nowhere"])
    def test_no_other_page(self, client: FlaskClient, path: str) -> None:
        make.link()
        response = client.get(path)
        assert policy(response) == "'none'"
        assert response.headers["X-Frame-Options"] == "DENY"

    def test_the_page_of_a_booking_is_for_no_frame(self, client: FlaskClient) -> None:
        token = access.manage_token(make.booking())
        assert policy(client.get(f"/booking/{token}")) == "'none'"

    def test_what_fails_says_so_in_the_frame(self, client: FlaskClient) -> None:
        response = client.get("/embed/nothing")
        assert (response.status_code, policy(response)) == (404, "*")


class TestThePage:
    def test_what_is_kept_can_be_asked_for_out_of_the_frame(self, client: FlaskClient) -> None:
        make.link(language="fr")
        for path in ("/embed/demo", f"/embed/booked/{access.manage_token(make.booking(Link.get()))}", "/embed/none"):
            page = visit(client, path)
            (way,) = [one for one in page.tree.iter("a") if (one.get("href") or "").startswith("/privacy")]
            assert (way.get("target"), way.get("rel"), way.get("hx-boost")) == ("_blank", "noopener", "false")
        (way,) = [one for one in visit(client, "/embed/demo").tree.iter("a") if "/privacy" in (one.get("href") or "")]
        page = visit(client, way.get("href") or "")
        assert page.tree.get("lang") == "fr"
        assert page.response.headers["X-Frame-Options"] == "DENY"

    def test_it_has_no_head_and_no_foot_of_its_own(self, client: FlaskClient) -> None:
        make.link()
        assert "No tracking here" in visit(client, "/book/demo").words()
        page = visit(client, "/embed/demo")
        assert "No tracking here" not in page.words()
        assert not page.all("header", class_="masthead")

    def test_all_its_links_stay_in_the_frame(self, client: FlaskClient) -> None:
        make.link(durations=[30, 60])
        page = visit(client, "/embed/demo?embed_theme=dark&first_name=Ana")
        inside = [
            one.get("href")
            for one in page.tree.iter("a")
            if not (one.get("href") or "").startswith(("#", "/zones")) and one.get("target") != "_blank"
        ]
        assert inside
        assert all(one.startswith("/embed/demo?embed_theme=dark&first_name=Ana") for one in inside)

    def test_it_wears_the_sites_theme_if_it_is_one(self, client: FlaskClient) -> None:
        make.link()
        assert visit(client, "/embed/demo?embed_theme=dark").all("html", data_theme="dark")
        assert not visit(client, "/embed/demo?embed_theme=auto").all("html", data_theme="auto")
        assert not visit(client, "/book/demo?embed_theme=dark").all("html", data_theme="dark")

    @pytest.mark.parametrize("parent", ["https://a.example/x", "javascript:1", '"><b>', "null", "ftp://a.example"])
    def test_what_is_no_site_is_told_nothing(self, client: FlaskClient, parent: str) -> None:
        make.link()
        assert client.get("/embed/demo", query_string={"embed_parent": parent}).status_code == 200
        assert visit(client, f"/embed/demo?embed_parent={parent}").all("html", data_framed="")

    def test_it_sets_no_cookie_and_asks_for_none(self, client: FlaskClient) -> None:
        make.link()
        bare = client.application.test_client(use_cookies=False)
        for path in ("/embed/demo?timezone=Asia/Tokyo&clock=12", "/embed/demo?month=2026-12"):
            assert "Set-Cookie" not in bare.get(path).headers
        response = fill(form(bare, "&timezone=Asia/Tokyo"))
        assert "Set-Cookie" not in response.headers
        assert response.status_code == 303
        assert Booking.get().timezone == "Asia/Tokyo"

    def test_an_old_address_leads_to_the_new_one_in_the_frame(self, client: FlaskClient) -> None:
        link = make.link()
        links.update(link.organizer, link, {"scheduling": {"slug": "talk"}}, make.NOW)
        assert client.get("/embed/demo?lang=fr").headers["Location"] == "/embed/talk?lang=fr"

    def test_zones_without_script_are_chosen_in_the_frame(self, client: FlaskClient) -> None:
        make.link()
        response = client.get("/zones?page=/embed/demo%3Flang%3Dfr&q=tokyo")
        assert policy(response) == "*"
        assert "/embed/demo?lang=fr&amp;timezone=Asia%2FTokyo" in response.get_data(as_text=True)

    def test_a_link_that_is_off_says_so(self, client: FlaskClient) -> None:
        link = make.link()
        links.switch_off(link.organizer, link, make.NOW)
        assert "No bookings here at the moment" in visit(client, "/embed/demo").main()


class TestBooking:
    def test_it_ends_in_the_frame_with_all_that_was_agreed(self, client: FlaskClient) -> None:
        make.link()
        response = fill(form(client, "&embed_theme=dark&embed_parent=https://a.example&lang=en"))
        assert response.headers["Location"].startswith("/embed/booked/")
        page = visit(client, response.headers["Location"])
        assert policy(page.response) == "*"
        assert page.response.headers["Referrer-Policy"] == "no-referrer"
        assert "It’s booked, Maren" in page.main()
        assert page.all("html", data_theme="dark", data_framed="https://a.example")

    def test_what_could_change_it_opens_outside(self, client: FlaskClient) -> None:
        make.link()
        page = visit(client, fill(form(client)).headers["Location"])
        assert not list(page.tree.iter("form"))
        for one in page.tree.iter("a"):
            target = one.get("href") or ""
            if target.startswith("/booking/") and not target.endswith(".ics"):
                assert one.get("target") == "_blank"

    def test_without_mail_the_bookings_own_page_is_what_to_keep(self, client: FlaskClient) -> None:
        make.link()
        page = visit(client, fill(form(client)).headers["Location"])
        assert "open your booking, and keep the address of its page" in page.main()
        assert "address of this page" not in page.main()

    def test_the_site_hears_nothing_about_the_person(self, client: FlaskClient) -> None:
        make.link()
        page = visit(client, fill(form(client)).headers["Location"])
        (news,) = [one.get("data-booked") for one in page.tree.iter("main")]
        assert news == '{"duration": 30, "link": "demo", "start": "2026-12-01T09:00:00+00:00"}'

    def test_another_page_afterwards_is_a_button_that_leaves_the_frame(self, client: FlaskClient) -> None:
        make.link(confirmation={"redirect_url": "https://example.org/thanks"})
        page = visit(client, fill(form(client)).headers["Location"])
        (onward,) = page.all("a", href="https://example.org/thanks")
        assert onward.get("target") == "_top"

    def test_a_time_that_went_keeps_the_form(self, client: FlaskClient) -> None:
        link = make.link()
        page = form(client)
        make.booking(link, NEXT_TUESDAY)
        response = fill(page)
        assert (response.status_code, policy(response)) == (409, "*")

    def test_a_click_on_a_time_books_in_the_frame_too(self, client: FlaskClient) -> None:
        make.link(form={"auto_submit": True})
        page = visit(client, "/embed/demo?first_name=Maren&last_name=Holt&email=maren@example.com&embed_theme=dark")
        (form,) = [one for one in page.tree.iter("form") if one.get("method") == "post"]
        assert form.get("action", "").startswith("/embed/demo?")
        start = [one.get("value") for one in form.iter("button") if one.get("name") == "start"][-1]
        clock.set_source(lambda: make.NOW + timedelta(seconds=5))
        response = client.post(form.get("action"), data={**page.fields(form.get("action")), "start": start})
        assert response.headers["Location"].startswith("/embed/booked/")
        assert "embed_theme=dark" in response.headers["Location"]

    def test_another_site_can_not_post_by_itself(self, client: FlaskClient) -> None:
        make.link()
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        assert client.post("/embed/demo", data={"email": "a@example.org"}, headers=headers).status_code == 403


class TestTheScript:
    def test_it_is_small_and_can_be_kept_for_a_while(self, client: FlaskClient) -> None:
        response = client.get("/static/embed.js")
        assert len(response.data) <= 3000
        assert response.mimetype == "text/javascript"
        assert response.headers["Cache-Control"] == "public, max-age=3600"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        again = client.get("/static/embed.js", headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
        assert response.data == (STATIC / "embed.js").read_bytes()


# --- in a browser, on a page of another site


@contextmanager
def other_site(body: str, head: str = "") -> Iterator[str]:
    """A page of somebody else's, at an origin of its own."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            start = "<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title>"
            content = f"{start}{head}</head><body>{body}</body></html>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"  # another site than 127.0.0.1: third-party cookies
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


HEARD = """<script>window.heard = [];
addEventListener("meetings:booked", (event) => heard.push(event.detail));
addEventListener("message", (event) => { if (event.data.type === "meetings:booked") heard.push({ link: "message" }); });</script>"""


@pytest.fixture
def demo(live: Live) -> Iterator[Link]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        yield make.link(make.user(), durations=[30], heading="Talk to Alice")


def snippet(live: Live, more: str = "") -> str:
    return f'<h1>Shop</h1><script src="{live.url}/static/embed.js" data-link="demo" {more} async></script>'


def booking_frame(page: BrowserPage) -> Frame:
    until(page, "document.querySelector('iframe')?.src")
    handle = page.wait_for_selector("iframe")
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    frame.wait_for_selector("#stage")
    return frame


def book_in(frame: Frame) -> None:
    frame.get_by_role("link", name="10:00").first.click()
    frame.get_by_label("First name").fill("Maren")
    frame.get_by_label("Last name").fill("Holt")
    frame.get_by_label("E-mail").fill("maren@example.com")
    frame.get_by_role("button", name="Confirm for").click()
    frame.get_by_role("heading", name="It’s booked, Maren").wait_for()


@pytest.fixture
def strict(browser: Browser) -> Iterator[Any]:
    """Pages in a browser that lets no frame of another site have cookies."""
    opened: list[Watched] = []

    def open_one(url: str, **options: Any) -> BrowserPage:
        context = browser.new_context(locale="en-GB", timezone_id="Asia/Tokyo", reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE * 1000)
        opened.append(Watched(context))
        context.on("page", opened[-1].watch)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_one
    for watched in opened:
        watched.context.close()
    assert [fault for watched in opened for fault in watched.faults] == []


@pytest.mark.browser
def test_a_whole_booking_inside_the_frame_without_cookies(live: Live, demo: Link, strict: Any) -> None:
    with other_site(HEARD + snippet(live)) as url:
        page = strict(url)
        frame = booking_frame(page)
        assert frame.evaluate("document.cookie = 'kept=no'; document.cookie") == ""
        assert "Tokyo" in frame.locator("#zone summary").inner_text()
        frame.get_by_role("link", name="Next month").or_(frame.locator("#after")).first.click()
        frame.wait_for_selector("#stage[data-zone='Asia/Tokyo']")
        first = frame.locator(".slot").first
        first.click()
        frame.get_by_label("First name").fill("Maren")
        frame.get_by_label("Last name").fill("Holt")
        frame.get_by_label("E-mail").fill("maren@example.com")
        # by key: the frame's growing moves the page beneath a mouse
        frame.get_by_role("button", name="Confirm for").press("Enter")
        frame.get_by_role("heading", name="It’s booked, Maren").wait_for()
        until(page, "heard.length === 2")
        assert sorted(page.evaluate("heard.map(one => one.link)")) == ["demo", "message"]
        assert page.context.cookies(live.url) == []
    assert Booking.get().timezone == "Asia/Tokyo"


@pytest.mark.browser
def test_the_frame_is_as_high_as_its_page(live: Live, demo: Link, strict: Any) -> None:
    fits = """() => { const frame = document.querySelector("iframe"); return parseInt(frame.style.height) }"""
    with other_site(snippet(live)) as url:
        page = strict(url, viewport={"width": 375, "height": 740})
        frame = booking_frame(page)
        until(page, "parseInt(document.querySelector('iframe').style.height) !== 720")
        inside = frame.evaluate("document.documentElement.scrollHeight")
        assert abs(page.evaluate(fits) - inside) <= 1
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.set_viewport_size({"width": 1200, "height": 900})
        until(page, f"parseInt(document.querySelector('iframe').style.height) < {inside}")  # panes in a row


@pytest.mark.browser
def test_a_button_opens_it_and_escape_closes_it(live: Live, demo: Link, strict: Any) -> None:
    with other_site(snippet(live, 'data-mode="button" data-label="Book a talk" data-theme="dark"')) as url:
        page = strict(url)
        button = page.get_by_role("button", name="Book a talk")
        button.wait_for()
        assert page.locator("iframe").count() == 0
        button.focus()
        page.keyboard.press("Enter")
        frame = booking_frame(page)
        assert page.get_by_role("dialog", name="Book a talk").is_visible()
        assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
        frame.locator("#zone summary").click()
        page.keyboard.press("Escape")  # closes the list of zones alone
        frame.wait_for_selector("#zone:not([open])")
        page.wait_for_timeout(200)
        assert page.evaluate("document.querySelector('dialog').open")
        frame.locator(".slot").first.focus()
        page.keyboard.press("Escape")
        until(page, "!document.querySelector('dialog').open")
        assert page.evaluate("document.activeElement.textContent") == "Book a talk"


@pytest.mark.browser
def test_elements_of_the_site_open_it_and_its_query_fills_the_form_if_asked(
    live: Live, demo: Link, strict: Any
) -> None:
    body = '<a href="/elsewhere" class="book"><b>Talk</b></a>' + snippet(
        live, 'data-mode="button" data-for=".book" data-prefill="query" data-lang="fr"'
    )
    with other_site(body) as url:
        page = strict(f"{url}?first_name=Ana&lang=en")
        page.get_by_text("Talk", exact=True).click()
        frame = booking_frame(page)
        assert frame.evaluate("document.documentElement.lang") == "fr"
        frame.locator(".slot").first.click()
        frame.wait_for_selector("#f-first_name")
        assert frame.locator("#f-first_name").input_value() == "Ana"
    with other_site(snippet(live)) as url:
        frame = booking_frame(strict(f"{url}?first_name=Ana"))
        frame.locator(".slot").first.click()
        frame.wait_for_selector("#f-first_name")
        assert frame.locator("#f-first_name").input_value() == ""


@pytest.mark.browser
def test_a_site_that_is_not_named_shows_nothing(live: Live, demo: Link, browser: Browser) -> None:
    names_sites(demo, "https://www.example.org")
    with other_site(snippet(live)) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(url)
        until(page, "document.querySelector('iframe')?.src")
        page.wait_for_timeout(500)
        assert all(not frame.url.startswith(live.url) or not frame.query_selector("#stage") for frame in page.frames)
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("loads", ["async", "defer", ""])
@pytest.mark.parametrize("mode", ["button", "frame"])
def test_a_script_in_the_head_shows_it_at_the_end_of_the_page(
    live: Live, demo: Link, strict: Any, mode: str, loads: str
) -> None:
    script = f'<script src="{live.url}/static/embed.js" data-link="demo" data-mode="{mode}" {loads}></script>'
    with other_site("<h1>Shop</h1><p>Come in</p>", head=script) as url:
        page = strict(url)
        if mode == "button":
            page.get_by_role("button", name="Book a time").click()
        booking_frame(page)
        assert page.locator("iframe").is_visible()
        shown = page.evaluate("[...document.body.children].map(one => one.tagName)")
        assert shown[:3] == ["H1", "P", "BUTTON" if mode == "button" else "IFRAME"]
        assert page.locator("head iframe, head button, html > iframe, html > button").count() == 0


@pytest.mark.browser
def test_a_plain_frame_without_script_books_too(live: Live, demo: Link, strict: Any) -> None:
    with other_site(f'<iframe src="{live.url}/embed/demo" title="Book" width=700 height=900></iframe>') as url:
        book_in(booking_frame(strict(url, java_script_enabled=False)))
    assert Booking.get().email == "maren@example.com"


@pytest.mark.browser
def test_a_plain_frame_with_script_takes_the_visitors_zone(live: Live, demo: Link, strict: Any) -> None:
    with other_site(f'<iframe src="{live.url}/embed/demo" title="Book" width=700 height=900></iframe>') as url:
        frame = booking_frame(strict(url))
        frame.wait_for_selector("#stage[data-zone='Asia/Tokyo']")


@pytest.mark.browser
@pytest.mark.parametrize("width", ["phone", "desktop"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_accessible(open_page: Opener, demo: Link, width: str, theme: str) -> None:
    page = open_page(f"/embed/demo?embed_theme={theme}", width=width)
    assert_accessible(page)
    token = access.manage_token(make.booking(demo))
    page.goto(f"/embed/booked/{token}?embed_theme={theme}")
    assert_accessible(page)


@pytest.mark.browser
def test_robots_are_kept_out_of_frames_too(live: Live, demo: Link, strict: Any) -> None:
    links.update(demo.organizer, demo, {"scheduling": {"form": {"captcha": True}}}, make.NOW)
    with other_site(snippet(live)) as url:
        frame = booking_frame(strict(url))
        frame.locator(".slot").last.click()
        frame.get_by_label("First name").fill("Maren")
        frame.get_by_label("Last name").fill("Holt")
        frame.get_by_label("E-mail").fill("maren@example.com")
        frame.get_by_label("Checked: you are no robot").wait_for()
        frame.get_by_role("button", name="Confirm for").click()
        frame.get_by_role("heading", name="It’s booked, Maren").wait_for()
    assert Booking.select().count() == 1
