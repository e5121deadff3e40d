"""The people of the team, as admins have them."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Delivery, Session, User
from tests import make
from tests.browser import Opener, assert_accessible
from tests.web.pages import Page, sign_in, visit
from tests.web.test_links import three_links  # noqa: F401 - a fixture

NEW = {"name": "Bob Stone", "email": "Bob@Example.org", "role": "member", "timezone": "Asia/Tokyo", "locale": "fr"}


@pytest.fixture
def boss(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    admin = make.user(role="admin")
    sign_in(client, admin)
    return admin


def one_time_path(page: Page) -> str:
    shown = page.all("input", id="link")[0].get("value")
    assert shown.startswith("http://localhost/password/")
    return shown.removeprefix("http://localhost")


def test_a_new_person_gets_a_link_by_mail_and_on_screen(client: FlaskClient, app: Any, boss: User) -> None:
    page = visit(client, "/team/add").send("/team/add", **NEW)
    assert page.status == 200
    bob = User.get(User.email == "bob@example.org")
    assert (bob.name, bob.role, bob.timezone, bob.locale, bob.password_hash) == (
        "Bob Stone", "member", "Asia/Tokyo", "fr", None,
    )  # fmt: skip
    assert [mail.recipient for mail in Delivery.select().where(Delivery.kind == "set_password")] == ["bob@example.org"]
    assert "please hand it over yourself" in page.main()
    visitor = app.test_client()
    path = one_time_path(page)
    inside = visit(visitor, path).send(path, password="bobs own secret")
    assert inside.path == "/links"
    assert "Invited" not in visit(client, "/team").main()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "alice@example.org"),
        ("email", "nonsense"),
        ("email", ""),
        ("name", ""),
        ("role", "king"),
        ("timezone", "Mars"),
        ("locale", "xx"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(client: FlaskClient, boss: User, field: str, value: str) -> None:
    page = visit(client, "/team/add").send("/team/add", **{**NEW, field: value})
    assert (page.status, list(page.errors())) == (422, [field])
    if field != "name":
        assert page.fields("/team/add")["name"] == ["Bob Stone"]
    assert User.select().count() == 1
    assert Delivery.select().count() == 0


def test_the_list_says_how_each_one_is(client: FlaskClient, boss: User) -> None:
    bob = make.user("Bob Stone", is_active=False)
    make.link(bob, "bobs")
    make.user("Charlie Vane", email="c@example.org")
    User.update(password_hash=None).where(User.name == "Charlie Vane").execute()
    words = visit(client, "/team").main()
    for said in (
        "Alice Martin (you)",
        "Last here",
        "Bob Stone",
        "Left Deactivated",
        "Charlie Vane",
        "No password set yet",
    ):
        assert said in words


def test_details_and_role_are_changed(client: FlaskClient, boss: User) -> None:
    bob = make.user("Bob Stone")
    page = visit(client, f"/team/{bob.id}").send(
        f"/team/{bob.id}", name="Robert Stone", role="admin", job_title="Measurements"
    )
    assert page.path == "/team"
    bob = User.get_by_id(bob.id)
    assert (bob.name, bob.role, bob.job_title, bob.email) == (
        "Robert Stone",
        "admin",
        "Measurements",
        "bob@example.org",
    )


def test_the_last_admin_stays_one(client: FlaskClient, boss: User) -> None:
    page = visit(client, f"/team/{boss.id}").send(f"/team/{boss.id}", role="member")
    assert (page.status, list(page.errors())) == (422, ["role"])
    kept = visit(client, f"/team/{boss.id}/deactivate").send(f"/team/{boss.id}/deactivate")
    assert "Nobody would be left" in kept.notices()[0]
    gone = visit(client, f"/team/{boss.id}/delete").send(f"/team/{boss.id}/delete")
    assert "Nobody would be left" in gone.notices()[0]
    assert (User.get().role, User.get().is_active) == ("admin", True)


def test_a_new_link_for_a_lost_password(client: FlaskClient, app: Any, boss: User) -> None:
    bob = make.user("Bob Stone")
    path = one_time_path(visit(client, f"/team/{bob.id}").send(f"/team/{bob.id}/link"))
    assert re.fullmatch(r"/password/[\w-]{20,}", path)
    assert visit(app.test_client(), path).status == 200
    assert Delivery.select().where(Delivery.recipient == bob.email).count() == 1


@pytest.mark.parametrize("path", ["", "/delete", "/deactivate"])
def test_unknown_people_are_not_here(client: FlaskClient, boss: User, path: str) -> None:
    assert visit(client, f"/team/999{path}").status == 404


@pytest.mark.parametrize("act", ["", "/link", "/deactivate", "/reactivate", "/delete"])
def test_members_change_nobody(client: FlaskClient, app: Any, boss: User, act: str) -> None:
    bob = make.user("Bob Stone")
    visitor = app.test_client()
    sign_in(visitor, bob)
    token = visit(visitor, "/profile").fields("/sign-out")["csrf_token"]
    response = visitor.post(f"/team/{boss.id}{act}", data={"csrf_token": token, "role": "member", "name": "x"})
    assert response.status_code == 403
    assert User.get_by_id(boss.id).name == "Alice Martin"
    assert Session.select().where(Session.user == boss).exists()


# --- in a browser


@pytest.mark.browser
@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_the_pages_are_accessible_and_fit(open_page: Opener, three_links: None, width: str) -> None:  # noqa: F811
    page = open_page("/links", signed_in="alice@example.org", width=width)
    for path in ("/team", "/team/add", "/team/1", "/team/1/delete", "/team/1/deactivate", "/settings", "/profile"):
        page.goto(path)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.browser
def test_a_role_stays_in_one_piece_on_a_tablet(open_page: Opener, three_links: None) -> None:  # noqa: F811
    page = open_page("/links", signed_in="alice@example.org")
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto("/team")
    page.locator(".person a").first.evaluate("name => name.textContent = 'Maximiliane van der Berg-Öztürk '.repeat(3)")
    lines = "cells => cells.map(cell => { const all = document.createRange(); all.selectNodeContents(cell); return all.getClientRects().length; })"
    assert set(page.locator("td.whole").evaluate_all(lines)) == {1}
