"""After booking: another page of ours or of somebody else's, with what it may know; in Chromium without a dead end."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from meetings import clock
from meetings.models import Booking, Delivery, Link
from meetings.services import links
from tests import make
from tests.browser import Live, Opener, data
from tests.web.pages import Page, visit
from tests.web.test_booking import at, fill, form_action, form_page

THANKS = "https://thanks.example/page?from=us#top"
START = make.at("2026-12-01 09:00")


@pytest.fixture
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


def linked(redirect_url: str, **more: Any) -> Link:
    return make.link(confirmation={"redirect_url": redirect_url, **more})


def booked(client: FlaskClient, **changes: Any) -> Any:
    return fill(form_page(client), **changes)


@pytest.mark.usefixtures("_now")
class TestWithoutScript:
    def test_who_has_booked_goes_on_to_the_page_and_it_learns_nothing(self, client: FlaskClient) -> None:
        linked(THANKS)
        answer = booked(client)
        assert (answer.status_code, answer.headers["Location"]) == (303, THANKS)
        assert Delivery.select().count() > 0  # the mails are on their way already

    def test_the_page_learns_what_is_wanted_and_never_the_token(self, client: FlaskClient) -> None:
        linked(f"{THANKS.partition('#')[0]}&email=x#top", pass_details=True)
        found = urlsplit(booked(client, email="maren+a@example.com").headers["Location"])
        assert (found.netloc, found.fragment) == ("thanks.example", "top")
        assert parse_qs(found.query) == {
            "from": ["us"],
            "start": ["2026-12-01T09:00:00Z"],
            "end": ["2026-12-01T09:30:00Z"],
            "email": ["maren+a@example.com"],
            "booking": [Booking.get().public_id],
        }

    def test_a_form_may_lead_to_that_site_and_to_no_other(self, client: FlaskClient) -> None:
        linked("https://thanks.example:8443/page")
        policy = form_page(client).response.headers["Content-Security-Policy"]
        assert "form-action 'self' https://thanks.example:8443;" in policy
        refused = fill(form_page(client), email="nonsense")
        assert refused.status_code == 422
        assert "https://thanks.example:8443;" in refused.headers["Content-Security-Policy"]

    @pytest.mark.parametrize("address", ["https://thänks.example/", "https://x;script-src/", "https://'unsafe'/"])
    def test_an_unfit_name_gets_into_no_policy(self, client: FlaskClient, address: str) -> None:
        link = make.link()
        Link.update(scheduling={**link.scheduling, "confirmation": {"redirect_url": address}}).execute()
        page = form_page(client)
        assert "form-action 'self';" in page.response.headers["Content-Security-Policy"]
        onward = fill(page)
        assert urlsplit(onward.headers["Location"]).path.endswith("/onward")

    def test_script_goes_there_at_once(self, client: FlaskClient) -> None:
        linked(THANKS)
        page = form_page(client)
        values = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com"}
        sent = {**page.fields(form_action(page)), **values}
        answer = client.post(form_action(page), data=sent, headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == THANKS

    def test_a_page_from_before_the_change_leads_there_by_one_of_ours(self, client: FlaskClient) -> None:
        """Its policy knows nothing of the site: Chromium would follow no redirect."""
        link = make.link()
        page = form_page(client)
        later = make.NOW + timedelta(minutes=5)
        links.update(link.organizer, link, {"scheduling": {"confirmation": {"redirect_url": THANKS}}}, later)
        answer = fill(page)
        assert urlsplit(answer.headers["Location"]).path.startswith("/booking/")
        between = visit(client, answer.headers["Location"])
        assert between.links()["Go on"] == THANKS
        assert [one.get("content") for one in between.all("meta", http_equiv="refresh")] == [f"0;url={THANKS}"]
        assert between.response.headers["Referrer-Policy"] == "no-referrer"

    def test_another_page_of_ours_is_gone_on_to(self, client: FlaskClient) -> None:
        make.link(make.user("Bob Stone"), "next-step")
        linked("/book/next-step")
        assert booked(client).headers["Location"] == "/book/next-step"
        linked_with = Link.by_slug("demo")
        confirmation = {"redirect_url": "/book/next-step", "pass_details": True}
        links.update(linked_with.organizer, linked_with, {"scheduling": {"confirmation": confirmation}}, make.NOW)
        found = urlsplit(fill(form_page(client, make.at("2026-12-01 10:00"))).headers["Location"])
        assert parse_qs(found.query) == {"email": ["maren@example.com"], "first_name": ["Maren"], "last_name": ["Holt"]}

    def test_if_that_page_is_gone_our_own_confirmation_is_shown(self, client: FlaskClient) -> None:
        linked("/book/never-was")
        location = booked(client).headers["Location"]
        assert location.startswith("/booking/")
        assert "It’s booked, Maren" in visit(client, location).main()

    @pytest.mark.parametrize("name", ["next", "redirect", "redirect_url", "return_to"])
    def test_no_address_of_the_request_is_followed(self, client: FlaskClient, name: str) -> None:
        make.link()
        page = visit(client, f"/book/demo?{at(START)}&{name}=https://evil.example/")
        answer = fill(page, **{name: "https://evil.example/"})
        assert answer.headers["Location"].startswith("/booking/")

    def test_the_same_form_sent_twice_goes_on_twice(self, client: FlaskClient) -> None:
        linked(THANKS)
        page = form_page(client)
        assert fill(page).headers["Location"] == fill(page).headers["Location"] == THANKS
        assert Booking.select().count() == 1

    def test_nobody_is_led_to_a_page_that_takes_an_invitation(self, client: FlaskClient) -> None:
        link = linked("/book/next")
        make.link(link.organizer, "next", visibility="single_use")
        assert urlsplit(booked(client).headers["Location"]).path.startswith("/booking/")

    def test_without_another_page_the_way_on_is_the_booking(self, client: FlaskClient) -> None:
        make.link()
        location = booked(client).headers["Location"].partition("?")[0]
        assert Page(client, client.get(f"{location}/onward", follow_redirects=True)).path == location


# ---- in Chromium, with a second server as the other site ------------------------------------------------------------


class _Thanks(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(
            b"<!doctype html><html lang=en><title>Thanks</title><link rel=icon href='data:,'><h1>Thank you</h1>"
        )

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def other_site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Thanks)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def demo(live: Live, other_site: str) -> Iterator[str]:
    """A link that leads to the other site. Only https can be saved; a test has no certificate."""
    clock.set_source(lambda: make.NOW)
    with data(live):
        link = make.link()
        confirmation = {"redirect_url": f"{other_site}/thanks", "pass_details": True}
        Link.update(scheduling={**link.scheduling, "confirmation": confirmation}).execute()
    yield f"{other_site}/thanks"
    clock.set_source(None)


def book(page: Any) -> None:
    page.fill("#f-first_name", "Maren")
    page.fill("#f-last_name", "Holt")
    page.fill("#f-email", "maren@example.com")
    page.locator("#details button.first").click()


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False])
def test_a_browser_arrives_at_the_other_site(open_page: Opener, demo: str, script: bool) -> None:
    page = open_page(f"/book/demo?{at(START)}", script=script)
    book(page)
    page.wait_for_url(f"{demo}?**")
    expect(page.locator("h1")).to_have_text("Thank you")
    assert "email=maren%40example.com" in page.url


@pytest.mark.browser
def test_a_page_from_before_the_change_arrives_too(open_page: Opener, live: Live, demo: str) -> None:
    page = open_page(f"/book/demo?{at(START)}", script=False)
    clock.set_source(lambda: make.NOW + timedelta(minutes=1))
    with data(live):
        Link.update(updated_at=make.NOW + timedelta(seconds=30)).execute()
    book(page)
    page.wait_for_url(f"{demo}?**")
