"""Who finds a page: set in the wizard, held by the page, said to search engines."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Link
from meetings.services import links
from tests import make
from tests.browser import Live, Opener, assert_accessible, data
from tests.web.test_wizard import Page, document, sign_in


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def page(client: FlaskClient) -> Page:
    """The page of hours of a live link."""
    alice = make.user()
    make.link(alice)
    return Page(sign_in(client, alice), "/links/demo/edit/scheduling")


class TestInTheWizard:
    def test_it_is_for_everybody_unless_something_else_is_said(self, page: Page) -> None:
        assert page.value("visibility") == "open"
        page.press("save", heading="New")
        assert document("demo")["scheduling"]["visibility"] == "open"

    @pytest.mark.parametrize("visibility", ["hidden", "single_use"])
    def test_it_is_saved(self, page: Page, visibility: str) -> None:
        again = page.press("save", visibility=visibility)
        assert document("demo")["scheduling"]["visibility"] == visibility
        assert again.value("visibility") == visibility

    def test_an_address_that_nobody_guesses_is_offered(self, page: Page) -> None:
        page.press("save", visibility="hidden")
        overview = Page(page.client, "/links/demo/edit/overview").press("random:slug")
        offer = overview.value("slug")
        assert re.fullmatch(r"[\w-]{22}", offer)
        assert Link.get().slug == "demo"  # nothing is saved yet
        overview.press("save")
        assert Link.get().slug == offer
        assert page.client.get(f"/book/{offer}").status_code == 200
        assert page.client.get("/book/demo").status_code == 404

    def test_sites_are_listed_line_by_line(self, page: Page) -> None:
        again = page.press("save", sites="https://www.example.org/contact\r\n\r\n shop.example.com ")
        assert document("demo")["scheduling"]["embed_sites"] == ["https://www.example.org", "https://shop.example.com"]
        assert again.value("sites") == "https://www.example.org\nhttps://shop.example.com"

    def test_what_is_no_site_is_said_beside_the_field(self, page: Page) -> None:
        again = page.press("save", sites="http://example.org")
        assert "This must be a website that starts with https://" in again.text("sites-error")
        assert again.value("sites") == "http://example.org"
        assert document("demo")["scheduling"]["embed_sites"] == []

    def test_what_was_kept_before_there_were_such_fields_says_nothing_of_them(self, page: Page) -> None:
        links.update(Link.get().organizer, Link.get(), {"scheduling": {"visibility": "hidden"}}, make.NOW)
        links.keep_unsaved(Link.get(), "scheduling", {"heading": "From before"})
        Page(page.client, "/links/demo/edit/overview").press("save")
        assert document("demo")["scheduling"]["visibility"] == "hidden"


class TestForSearchEngines:
    def robots(self, client: FlaskClient, path: str) -> tuple[str | None, bool]:
        response = client.get(path)
        return response.headers.get("X-Robots-Tag"), 'name="robots" content="noindex"' in response.get_data(
            as_text=True
        )

    def test_an_open_page_may_be_listed_under_its_own_address(self, client: FlaskClient) -> None:
        make.link()
        assert self.robots(client, "/book/demo") == (None, False)
        text = client.get("/book/demo?month=2026-12").get_data(as_text=True)
        assert '<link rel="canonical" href="/book/demo">' in text

    def test_no_other_page_is(self, client: FlaskClient) -> None:
        link = make.link(visibility="hidden")
        off = make.link(link.organizer, "off")
        links.switch_off(link.organizer, off, make.NOW)
        for path in ("/book/demo", "/embed/demo", "/book/off", "/book/nothing", "/zones?page=/book/demo"):
            assert self.robots(client, path) == ("noindex", True)
        open_one = make.link(link.organizer, "open")
        assert self.robots(client, f"/book/{open_one.slug}?start=1796025600") == ("noindex", True)


def test_a_hidden_page_is_at_its_present_address_alone(client: FlaskClient) -> None:
    link = make.link(visibility="hidden")
    links.update(link.organizer, link, {"scheduling": {"slug": "secret"}}, make.NOW)
    for path in ("/book/demo", "/embed/demo", "/book/demo.txt", "/api/v1/book/demo"):
        assert client.get(path).status_code == 404
    assert client.get("/book/SECRET").status_code == 302
    links.update(link.organizer, Link.get(), {"scheduling": {"visibility": "open"}}, make.NOW)
    assert client.get("/book/demo").headers["Location"].startswith("/book/secret")


@pytest.mark.browser
def test_the_choice_is_accessible_by_keyboard(open_page: Opener, live: Live) -> None:
    with data(live):
        make.link(make.user())
    page = open_page("/links/demo/edit/scheduling", signed_in="alice@example.org", width="phone")
    page.locator("#more > summary").click()
    page.get_by_label("Everybody").focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Whoever has the address").is_checked()
    assert_accessible(page)
