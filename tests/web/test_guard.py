"""What surrounds every page: origin, policy, limits, sizes, error pages, assets."""

import gzip
import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock, create_app, db
from meetings.errors import Busy, Conflict, Forbidden, RateLimited
from meetings.models import Booking
from tests import make
from tests.web.pages import Page, visit
from tests.web.test_booking import fill, form_action, form_page


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)
    make.link()


# --- where a post comes from


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "file://localhost"}, 403),
    ],
)
def test_other_sites_pages_cant_book(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    page = form_page(client)
    action = form_action(page)
    values = {**page.fields(action), "first_name": "M", "last_name": "H", "email": "m@example.com"}
    assert client.post(action, data=values, headers=headers).status_code == status
    assert Booking.select().count() == (1 if status == 303 else 0)


def test_pages_with_a_session_want_a_token_besides(client: FlaskClient) -> None:
    assert client.post("/sign-in", data={"email": "a@example.org", "password": "x"}).status_code == 400


# --- headers


@pytest.mark.parametrize("path", ["/book/demo", "/book/nobody", "/sign-in", "/zones?page=/book/demo", "/healthz"])
def test_every_answer_is_guarded(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}


def test_the_public_page_sets_no_session(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/book/demo").headers


def test_a_picked_zone_is_the_only_cookie(client: FlaskClient) -> None:
    cookie = client.get("/book/demo?timezone=Asia/Tokyo").headers["Set-Cookie"]
    assert cookie.startswith("zone=Asia/Tokyo;")
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie


def test_pages_carry_no_inline_script_or_style(client: FlaskClient) -> None:
    page = form_page(client)
    assert all(one.get("src") for one in page.tree.iter("script"))
    assert list(page.tree.iter("style")) == []
    assert [name for one in page.tree.iter() for name in one.attrib if name == "style" or name.startswith("on")] == []


# --- limits


def test_an_address_books_ten_times_an_hour(client: FlaskClient) -> None:
    make.link(make.user("Bob Bee"), "many", start_increment=30, window={"kind": "rolling", "weeks": 8})
    for number in range(11):
        page = visit(client, f"/book/many?date=2026-12-{1 + number // 6:02d}").go(f"{9 + number % 6:02d}:00")
        response = fill(page, email=f"m{number}@example.com")
        assert response.status_code == (303 if number < 10 else 429), number
    assert int(response.headers["Retry-After"]) > 60
    assert "What you wrote is kept: confirm again in 1 hour." in response.get_data(as_text=True)
    assert Booking.select().count() == 10


def test_a_form_sent_twice_is_answered_as_the_first_time_whatever_the_limits(client: FlaskClient) -> None:
    page = form_page(client)
    first = fill(page)
    with pytest.MonkeyPatch.context() as spent:
        spent.setattr("meetings.ratelimit.afford", refuse_all)
        again = fill(page)
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["Location"] == first.headers["Location"]


def refuse_all(*_key: object) -> None:
    raise RateLimited(60)


def test_what_was_refused_counts_little(client: FlaskClient) -> None:
    page = form_page(client)
    for _ in range(15):
        assert fill(page, email="x").status_code == 422
    assert fill(page).status_code == 303


def test_looking_is_limited_generously(client: FlaskClient) -> None:
    for _ in range(300):
        assert client.get("/zones?page=x").status_code == 404
    assert client.get("/book/demo").status_code == 429
    other = client.get("/book/demo", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert other.status_code == 200


def test_a_forged_address_resets_no_limit(client: FlaskClient) -> None:
    for number in range(301):
        response = client.get("/zones?page=x", headers={"X-Forwarded-For": f"192.0.2.{number % 250}"})
    assert response.status_code == 429


def test_limits_can_be_switched_off(app: Flask, client: FlaskClient) -> None:
    app.config["RATELIMIT_ENABLED"] = False
    assert {client.get("/zones?page=x").status_code for _ in range(320)} == {404}


def test_a_huge_body_is_refused(client: FlaskClient) -> None:
    response = client.post("/book/demo", data={"first_name": "x" * (9 * 1024 * 1024)})
    assert response.status_code == 413
    assert "too large" in response.get_data(as_text=True)


# --- error pages


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    """The app with pages that fail, as it is in production."""
    app.config["TESTING"] = False

    @app.get("/fail/<kind>")
    def fail(kind: str) -> str:
        raise {"busy": Busy(), "conflict": Conflict(), "forbidden": Forbidden(), "crash": ValueError("secret")}[kind]

    return app.test_client()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/fail/busy", 503, "Too much going on"),
        ("/fail/conflict", 409, "Somebody else changed this"),
        ("/fail/forbidden", 403, "This is not for you"),
        ("/fail/crash", 500, "Something broke on our side"),
        ("/nowhere", 404, "There is nothing here"),
    ],
)
def test_errors_in_words(
    broken: FlaskClient, caplog: pytest.LogCaptureFixture, path: str, status: int, words: str
) -> None:
    with caplog.at_level(logging.CRITICAL):
        response = broken.get(path)
    text = response.get_data(as_text=True)
    assert response.status_code == status
    assert words in text
    assert "secret" not in text
    assert response.headers["Cache-Control"] == "no-store"


def test_a_crash_has_a_number_that_the_log_knows(broken: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    text = broken.get("/fail/crash").get_data(as_text=True)
    number = caplog.records[-1].args[0]
    assert str(number) in text
    assert "secret" in caplog.text


def test_busy_says_when_to_come_back(broken: FlaskClient) -> None:
    assert broken.get("/fail/busy").headers["Retry-After"] == "2"


def test_busy_offers_the_page_again(broken: FlaskClient) -> None:
    page = visit(broken, "/fail/busy?page=2")
    assert page.links()["Try again"] == "/fail/busy?page=2"


@pytest.mark.parametrize(
    ("path", "asked_from", "way_back"),
    [
        ("/fail/form?a=1", "", "/fail/form?a=1"),
        ("/fail/button", "http://localhost/outbox/5?a=1", "/outbox/5?a=1"),
        ("/fail/button", "http://elsewhere.example/outbox/5", None),
        ("/fail/button", "http://localhost//elsewhere.example/", None),
        ("/fail/button", "", None),
    ],
)
def test_busy_leads_back_to_what_was_sent(
    broken: FlaskClient,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    asked_from: str,
    way_back: str | None,
) -> None:
    def refuse() -> str:
        raise Busy

    app.add_url_rule("/fail/form", "fail_form", refuse, methods=["GET", "POST"])
    app.add_url_rule("/fail/button", "fail_button", refuse, methods=["POST"])
    monkeypatch.setattr("meetings.web.guard.csrf.protect", lambda: None)
    page = Page(broken, broken.post(path, headers={"Referer": asked_from, "Origin": "http://localhost"}))
    assert page.status == 503
    assert page.links().get("Back to the page") == way_back


def test_a_method_that_isnt_there(client: FlaskClient) -> None:
    response = client.delete("/book/demo")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_htmx_gets_an_error_that_fits_into_the_page(broken: FlaskClient) -> None:
    response = broken.get("/fail/forbidden", headers={"HX-Request": "true"})
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("main", "innerHTML")
    assert "<html" not in response.get_data(as_text=True)


def test_an_error_pages_languages_lead_to_our_own_host(client: FlaskClient) -> None:
    page = visit(client, "http://localhost//evil.example/")
    assert all(not url.startswith("//") for url in page.links().values())


# --- assets


def asset_url(client: FlaskClient, name: str) -> str:
    page = visit(client, "/book/demo")
    urls = [one.get("href") or one.get("src") for one in [*page.tree.iter("link"), *page.tree.iter("script")]]
    return next(url for url in urls if url and f"/{name}." in url)


@pytest.mark.parametrize(("name", "kind"), [("booking", "text/css")])
def test_an_asset_is_kept_for_ever_and_sent_small(client: FlaskClient, name: str, kind: str) -> None:
    url = asset_url(client, name)
    plain = client.get(url)
    small = client.get(url, headers={"Accept-Encoding": "br, gzip"})
    assert plain.mimetype == kind
    assert "immutable" in plain.headers["Cache-Control"]
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data) / 2


def test_refusing_gzip_is_respected(client: FlaskClient) -> None:
    url = asset_url(client, "booking")
    assert "Content-Encoding" not in client.get(url, headers={"Accept-Encoding": "gzip;q=0"}).headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/booking.0123456789ab.css",
        "/assets/booking.css",
        "/assets/../meetings/config.py",
        "/assets/",
        "/assets/x",
    ],
)
def test_other_assets_are_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_asset_survives_a_restart(app: Flask, client: FlaskClient) -> None:
    url = asset_url(client, "booking")
    app.extensions["assets"]._by_url.clear()
    app.extensions["assets"]._by_name.clear()
    assert client.get(url).status_code == 200


# --- without a database


@pytest.fixture
def stranded(settings: dict[str, object]) -> Iterator[FlaskClient]:
    """An app whose database went away."""
    db.disconnect()
    app = create_app({**settings, "DATABASE_URL": "postgresql://meetings@127.0.0.1:1/meetings"})
    yield app.test_client()
    db.open_database(str(settings["DATABASE_URL"]))


@pytest.mark.parametrize("path", ["/book/demo", "/booking/x", "/nowhere", "/sign-in"])
def test_pages_say_that_the_database_is_away(
    stranded: FlaskClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        response = stranded.get(path)
    nobody_asks = {"/nowhere": 404, "/booking/x": 404}  # what can be answered without a database is
    assert response.status_code == nobody_asks.get(path, 503)
    assert "</html>" in response.get_data(as_text=True)
    assert ("Retry-After" in response.headers) is (path not in nobody_asks)


def test_programs_are_told_that_the_database_is_away(stranded: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        answer = stranded.get("/api/v1/book/demo")
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (503, "busy")
    assert answer.headers["Retry-After"] == "10"
    assert stranded.get("/healthz").get_data(as_text=True) == "database: not ok\n"
    assert stranded.get("/readyz").status_code == 503
