"""Addresses and searches that no row can answer: they lead nowhere, on either database, and never to an error of ours."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from tests import make
from tests.web.pages import sign_in, visit

TOO_LARGE = 99999999999999999999


@pytest.fixture
def admin(app: Flask, client: FlaskClient) -> FlaskClient:
    """A browser in which Ada looks after the place."""
    clock.set_source(lambda: make.NOW)
    ada = make.user("Ada Admin", role="admin")
    make.booking(make.link(ada))
    sign_in(client, ada)
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/book/a%00b",
        "/booking/%00",
        "/links/demo%00/share",
        "/links/a%00/edit/overview",
        "/bookings/%00",
        "/api/v1/book/%00",
        "/api/v1/book/demo%00/slots?from=2026-12-01&to=2026-12-02",
        "/api/v1/bookings/%00?token=%00",
        f"/team/{TOO_LARGE}",
        f"/team/{2**31}",
        f"/outbox/{TOO_LARGE}",
        f"/outbox/{2**31}/raw",
    ],
)
def test_what_no_row_has_is_not_there(admin: FlaskClient, path: str) -> None:
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/links?q=de%00mo", "/bookings?q=ma%00ren"])
def test_a_search_looks_past_it(admin: FlaskClient, path: str) -> None:
    page = visit(admin, path)
    assert page.status == 200
    assert "demo" in page.main().lower() or "Maren" in page.main()


def test_sent_from_a_form_it_is_nobody(client: FlaskClient) -> None:
    clock.set_source(lambda: make.NOW)
    page = visit(client, "/sign-in").send("/sign-in", email="a\0da@example.com", password="\0")
    assert page.status == 401
    assert visit(client, "/password/forgot").send("/password/forgot", email="\0").status == 200


def test_a_link_of_such_a_name_is_left_alone(admin: FlaskClient) -> None:
    chosen = visit(admin, "/links").send("/links/switch", slug="de\0mo", do="off")
    assert chosen.status == 200
    assert admin.get("/api/v1/book/demo").json["is_bookable"]


def test_sessions_beyond_counting_are_not_there(admin: FlaskClient) -> None:
    fields = visit(admin, "/profile").fields("/profile")
    token = {"csrf_token": fields["csrf_token"][0]}
    assert admin.post(f"/profile/sessions/{TOO_LARGE}", data=token).status_code == 404
