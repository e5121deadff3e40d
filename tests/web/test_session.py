"""Who is signed in: cookies, pages that ask for it, and where one goes afterwards."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner

from meetings import create_app
from meetings.models import Session, User
from meetings.web.session import browser_name, local_path
from tests import make
from tests.web.pages import sign_in, visit

FOR_MEMBERS = ["/links", "/bookings", "/profile"]
FOR_ADMINS = ["/team", "/team/add", "/settings", "/outbox"]


@pytest.mark.parametrize("path", FOR_MEMBERS + FOR_ADMINS)
def test_strangers_are_sent_to_sign_in_and_back(client: FlaskClient, path: str) -> None:
    alice = make.user(role="admin")
    door = visit(client, path)
    assert door.path == "/sign-in"
    inside = door.send("/sign-in", email=alice.email, password=make.PASSWORD)
    assert (inside.status, inside.path) == (200, path)


@pytest.mark.parametrize("path", FOR_ADMINS)
def test_admin_pages_are_closed_to_members(client: FlaskClient, path: str) -> None:
    sign_in(client, make.user())
    assert visit(client, path).status == 403


def test_an_error_page_leads_hosts_back_and_says_nothing_of_it_to_others(client: FlaskClient, app: Flask) -> None:
    sign_in(client, make.user())
    for path in ("/nowhere", "/team"):
        assert visit(client, path).links()["Go to the links"] == "/links"
    assert "Go to the links" not in visit(app.test_client(), "/nowhere").links()


@pytest.mark.parametrize("path", FOR_MEMBERS)
def test_members_have_their_pages(client: FlaskClient, path: str) -> None:
    sign_in(client, make.user())
    page = visit(client, path)
    assert page.status == 200
    assert "/team" not in page.links().values()


def test_the_cookie_is_new_after_signing_in_and_hidden_from_scripts(client: FlaskClient) -> None:
    alice = make.user()
    door = visit(client, "/sign-in")
    before = client.get_cookie("session").value
    response = client.post(
        "/sign-in", data={**door.fields("/sign-in"), "email": alice.email, "password": make.PASSWORD}
    )
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get_cookie("session").value != before


@pytest.mark.parametrize("moved", [-90_000, -3600, 90_000])
def test_a_clock_that_is_moved_signs_nobody_out(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    sign_in(client, make.user())
    real = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: real(signer) + moved)
    assert visit(client, "/links").path == "/links"


def test_over_https_the_cookie_is_bound_to_the_host(settings: dict) -> None:
    app = create_app({**settings, "BASE_URL": "https://meet.example.org"})
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-session"
    assert app.config["SESSION_COOKIE_SECURE"] is True


def test_staying_signed_in_is_a_choice(client: FlaskClient) -> None:
    alice = make.user()
    fields = visit(client, "/sign-in").fields("/sign-in") | {"email": alice.email, "password": make.PASSWORD}
    assert fields["stays"] == ["y"]
    kept = client.post("/sign-in", data=fields).headers["Set-Cookie"]
    assert "Expires" in kept
    client.post("/sign-out", data={"csrf_token": visit(client, "/profile").fields("/sign-out")["csrf_token"]})
    fields = visit(client, "/sign-in").fields("/sign-in") | {"email": alice.email, "password": make.PASSWORD}
    del fields["stays"]
    brief = client.post("/sign-in", data=fields).headers["Set-Cookie"]
    assert "Expires" not in brief
    lasts = sorted(session.expires_at - session.created_at for session in Session.select())
    assert lasts[0].total_seconds() == 12 * 3600


def test_signing_out_ends_the_session_for_good(client: FlaskClient) -> None:
    sign_in(client, make.user())
    stolen = client.get_cookie("session").value
    out = visit(client, "/links").send("/sign-out")
    assert out.path == "/sign-in"
    assert Session.select().count() == 0
    client.set_cookie("session", stolen)
    assert visit(client, "/links").path == "/sign-in"


def test_a_deactivated_user_is_out_at_once(client: FlaskClient) -> None:
    alice = make.user()
    sign_in(client, alice)
    User.update(is_active=False).where(User.id == alice.id).execute()
    assert visit(client, "/links").path == "/sign-in"


def test_posts_need_the_token_of_the_page(client: FlaskClient) -> None:
    sign_in(client, make.user())
    assert client.post("/sign-out").status_code == 400
    assert client.post("/profile", data={"name": "Mallory"}).status_code == 400
    assert User.get().name == "Alice Martin"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_posts_from_elsewhere_are_refused(client: FlaskClient, site: str) -> None:
    sign_in(client, make.user())
    token = visit(client, "/profile").fields("/sign-out")["csrf_token"]
    response = client.post("/sign-out", data={"csrf_token": token}, headers={"Sec-Fetch-Site": site})
    assert response.status_code == 403


def test_pages_are_in_the_users_language_and_direction(client: FlaskClient, app: Flask) -> None:
    app.config["LOCALES"] = ("en", "fr", "ar")
    sign_in(client, make.user(locale="ar"))
    page = visit(client, "/links", Accept_Language="fr")
    html = next(iter(page.tree.iter("html")))
    assert (html.get("lang"), html.get("dir")) == ("ar", "rtl")


def test_htmx_is_told_to_leave_when_the_session_is_over(client: FlaskClient) -> None:
    response = client.get("/links", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == "/sign-in?next=%2Flinks"


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("/links", True),
        ("/bookings?show=past&q=a%20b", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example", False),
        ("javascript:alert(1)", False),
        ("/links\r\nSet-Cookie: a=b", False),
        ("\\/evil.example", False),
        ("/a\\b", False),
        ("", False),
        (None, False),
        ("/" + "a" * 3000, False),
    ],
)
def test_only_our_own_paths_are_gone_to(path: str | None, is_ours: bool) -> None:
    assert local_path(path) == (path if is_ours else None)


@pytest.mark.parametrize("foreign", ["//evil.example/links", "https://evil.example", "/\\evil.example"])
def test_a_foreign_next_is_forgotten(client: FlaskClient, foreign: str) -> None:
    alice = make.user()
    door = visit(client, f"/sign-in?next={foreign}")
    assert "next" not in door.fields("/sign-in")
    assert door.send("/sign-in", email=alice.email, password=make.PASSWORD, next=foreign).path == "/links"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/18 Safari/605.1.15",
            "Safari, macOS",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_browsers_are_named(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


def test_the_theme_is_remembered_without_script(client: FlaskClient) -> None:
    sign_in(client, make.user())
    page = visit(client, "/bookings")
    assert next(iter(page.tree.iter("html"))).get("data-theme") is None
    dark = page.send("/theme")
    assert next(iter(dark.tree.iter("html"))).get("data-theme") == "dark"
    assert next(iter(dark.send("/theme").tree.iter("html"))).get("data-theme") == "light"
    client.set_cookie("theme", '"><script>')
    assert next(iter(visit(client, "/links").tree.iter("html"))).get("data-theme") is None
