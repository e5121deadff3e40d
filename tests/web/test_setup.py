"""The first set-up: the printed code, the first admin, and that the page is gone afterwards."""

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock, db
from meetings.models import User, workspace
from meetings.services import setup
from tests import make
from tests.web.pages import Page, visit

GOOD = {
    "team_name": "Northlight Acoustics",
    "name": "Inês Carvalho",
    "email": "Ines@Northlight.example",
    "password": "listening well",
    "timezone": "Europe/Lisbon",
    "locale": "fr",
}


def opened(client: FlaskClient) -> Page:
    return visit(client, f"/setup?code={setup.setup_code(clock.now())}")


def test_the_first_admin_is_made_and_signed_in(client: FlaskClient) -> None:
    page = opened(client).send("/setup", **GOOD)
    assert (page.status, page.path) == (200, "/links")
    user = User.get()
    assert (user.email, user.name, user.role) == ("ines@northlight.example", "Inês Carvalho", "admin")
    assert (user.timezone, user.locale, workspace.team_name()) == ("Europe/Lisbon", "fr", "Northlight Acoustics")
    assert page.notices()


def test_it_is_gone_once_an_admin_exists(client: FlaskClient) -> None:
    page = opened(client)
    make.user(role="admin")
    assert visit(client, "/setup").status == 404
    assert page.send("/setup", **GOOD).status == 404
    assert User.select().count() == 1


def test_members_alone_do_not_close_it(client: FlaskClient) -> None:
    make.user()
    assert opened(client).status == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("team_name", " "),
        ("team_name", "a" * 81),
        ("name", ""),
        ("name", "Zo\x00e"),
        ("email", "ines"),
        ("email", ""),
        ("password", "short"),
        ("password", "Inês Carvalho"),
        ("timezone", "Mars/Olympus"),
        ("locale", "tlh"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    client: FlaskClient, field: str, value: str
) -> None:
    page = opened(client).send("/setup", **{**GOOD, field: value})
    assert page.status == 422
    assert list(page.errors()) == [field]
    kept = {name: found[0] for name, found in page.fields("/setup").items() if name in GOOD and name != "password"}
    assert {name: text for name, text in kept.items() if name != field} == {
        name: text for name, text in GOOD.items() if name not in {field, "password"}
    }
    assert User.select().count() == 0
    assert "Error" in page.words(next(iter(page.tree.iter("title"))))


def test_a_wrong_code_is_refused_and_soon_limited(client: FlaskClient) -> None:
    page = opened(client)
    for _try in range(5):
        wrong = page.send("/setup", **GOOD, code="guess")
        assert (wrong.status, list(wrong.errors())) == (422, ["code"])
    assert page.send("/setup", **GOOD, code="guess").status == 429
    assert page.send("/setup", **GOOD).status == 429
    assert User.select().count() == 0


def test_a_new_code_voids_the_one_before(client: FlaskClient) -> None:
    page = opened(client)
    setup.setup_code(clock.now())
    assert page.send("/setup", **GOOD).status == 422


def test_twenty_at_once_make_one_admin(app: Flask) -> None:
    clients = [app.test_client() for _ in range(20)]
    app.config["RATELIMIT_ENABLED"] = False
    code = setup.setup_code(clock.now())
    pages = [visit(client, f"/setup?code={code}") for client in clients]
    results: list[Any] = []

    def run(page: Page, number: int) -> None:
        try:
            results.append(page.send("/setup", **{**GOOD, "email": f"a{number}@example.org"}).path)
        finally:
            db.disconnect()

    threads = [threading.Thread(target=run, args=(page, number)) for number, page in enumerate(pages)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.select().where(User.role == "admin").count() == 1
    assert User.select().count() == 1
    assert results.count("/links") == 1
