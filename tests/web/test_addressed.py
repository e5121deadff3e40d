"""Every page of a link speaks the link's language, what it refuses included; whatever is not there, the browser's."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.errors import RateLimited
from meetings.models import Link, SingleUse
from meetings.services import access, single_use
from meetings.web import guard
from tests import make
from tests.web.pages import Page, visit

ENGLISH = "en-GB,en;q=0.8"


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link(language="fr")


def spoken(client: FlaskClient, path: str, status: int, method: str = "GET") -> str:
    """The language of the answer to an English browser."""
    response = client.open(path, method=method, headers={"Accept-Language": ENGLISH})
    assert response.status_code == status, path
    return str(Page(client, response).tree.get("lang"))


def used(link: Link) -> str:
    token = single_use.make(link.organizer, link, "", make.NOW)
    make.booking(link, once=token)
    return token


@pytest.mark.parametrize("visibility", ["open", "single_use"])
def test_a_used_invitation_speaks_as_its_page_did(client: FlaskClient, visibility: str) -> None:
    token = used(make.link(language="fr", visibility=visibility))
    for path in ("/book/demo", "/embed/demo", "/book/demo.txt", "/book/demo.md"):
        assert spoken(client, f"{path}?once={token}", 410) == "fr"
    assert spoken(client, f"/book/demo?once={token}&lang=en", 410) == "en-GB"  # as it was picked


def test_so_does_one_that_ended(client: FlaskClient, link: Link) -> None:
    token = single_use.make(link.organizer, link, "", make.NOW, expires_at=make.NOW - timedelta(days=1))
    assert spoken(client, f"/book/demo?once={token}", 410) == "fr"


def test_so_does_one_that_never_was_where_the_page_is_known_anyway(client: FlaskClient, link: Link) -> None:
    assert spoken(client, "/book/demo?once=guessed", 404) == "fr"
    assert spoken(client, "/book/demo/forget?once=guessed", 404, "POST") == "fr"


def test_a_page_that_strangers_may_not_know_of_is_as_unknown_as_any(client: FlaskClient) -> None:
    link = make.link(language="fr", visibility="single_use")
    token = single_use.make(link.organizer, link, "", make.NOW)
    single_use.revoke(link, SingleUse.get().id)
    for path in ("/book/demo", "/book/demo?once=guessed", f"/book/demo?once={token}", "/book/none", "/booking/none"):
        assert spoken(client, path, 404) == "en-GB"


def test_what_was_picked_holds_where_nothing_is(client: FlaskClient) -> None:
    assert spoken(client, "/book/none?lang=fr", 404) == "fr"


def test_a_refused_post_speaks_it_too(client: FlaskClient, link: Link) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Accept-Language": ENGLISH}
    assert Page(client, client.post("/book/demo", headers=elsewhere)).tree.get("lang") == "fr"


def test_too_many_looks_are_refused_in_it(client: FlaskClient, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: object) -> None:
        raise RateLimited(60)

    monkeypatch.setattr(guard, "spend", refuse)
    assert spoken(client, "/book/demo", 429) == "fr"
    assert spoken(client, "/book/none", 429) == "en-GB"


def test_a_bookings_pages_speak_its_language(client: FlaskClient, link: Link) -> None:
    token = access.manage_token(make.booking(link, locale="fr"))
    for path in ("", "/reschedule", "/cancel", "/reminders", "/address"):
        assert spoken(client, f"/booking/{token}{path}", 200) == "fr"
    assert spoken(client, f"/embed/booked/{token}", 200) == "fr"


def test_so_do_those_of_one_that_is_no_more(client: FlaskClient, link: Link) -> None:
    booking = make.booking(link, locale="fr")
    token = access.manage_token(booking)
    clock.set_source(lambda: booking.ends_at + timedelta(days=31))
    assert spoken(client, f"/booking/{token}", 404) == "fr"
    assert spoken(client, f"/booking/{token}/cancel", 404, "POST") == "fr"
    assert spoken(client, f"/embed/booked/{token}", 404) == "fr"


def test_the_page_of_time_zones_too(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo", accept_language=ENGLISH)
    zones = next(
        one.get("href") for one in page.all("a", class_="pick") if (one.get("href") or "").startswith("/zones")
    )
    assert spoken(client, zones, 200) == "fr"
    found = visit(client, zones, accept_language=ENGLISH)
    assert found.fields("/zones")["lang"] == ["fr"]  # and when it is searched
    back = visit(client, "/book/demo?lang=en", accept_language=ENGLISH).fields("/zones")
    assert back["lang"] == ["en-GB"]
