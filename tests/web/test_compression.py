"""What is compressed on its way, and what must not be."""

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.services import users
from tests import make
from tests.web.pages import sign_in

TAKES = {"Accept-Encoding": "gzip, br"}
MONTH = "/api/v1/book/demo/slots?from=2026-12-01&to=2026-12-11"


@pytest.fixture(autouse=True)
def _link(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)
    make.link(make.user(role="admin"))


@pytest.mark.parametrize("path", ["/book/demo", "/embed/demo", "/zones?page=/book/demo", MONTH])
def test_strangers_get_less_to_carry(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=TAKES)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    plain = client.get(path)
    assert "Content-Encoding" not in plain.headers
    whole = gzip.decompress(answer.data)
    assert len(whole) > 2 * len(answer.data)
    if path == MONTH:
        assert whole == plain.data
    for each in (answer, plain):
        assert "Accept-Encoding" in each.headers["Vary"]


@pytest.mark.parametrize("takes", ["", "identity", "br", "gzip;q=0"])
def test_who_takes_no_gzip_gets_none(client: FlaskClient, takes: str) -> None:
    answer = client.get("/book/demo", headers={"Accept-Encoding": takes})
    assert "Content-Encoding" not in answer.headers
    assert b"</html>" in answer.data


def test_the_zone_that_a_browser_told_is_no_secret(client: FlaskClient) -> None:
    client.set_cookie("browser_zone", "Europe/Paris")
    assert client.get("/book/demo", headers=TAKES).headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/links", "/profile", "/settings/branding", "/book/demo"])
def test_what_a_session_shows_is_left_alone(client: FlaskClient, path: str) -> None:
    """Its length would tell what stands in it."""
    sign_in(client, make.user("Bob Stone", role="admin"))
    answer = client.get(path, headers=TAKES)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_what_a_browser_remembers_of_its_user_is_left_alone(client: FlaskClient) -> None:
    client.set_cookie("remembered", "maren@example.com")
    assert "Content-Encoding" not in client.get("/book/demo", headers=TAKES).headers


def test_little_is_left_alone(client: FlaskClient) -> None:
    answer = client.get("/api/v1/book/nowhere", headers=TAKES)
    assert answer.status_code == 404
    assert "Content-Encoding" not in answer.headers


def test_an_answer_that_is_named_by_its_bytes_stays_as_it_is(client: FlaskClient) -> None:
    """With a tag of its content an API client says which state it means to change."""
    token = users.api_token(make.user("Bob Stone", role="admin"), "script", make.NOW)
    answer = client.get("/api/v1/links/demo", headers={**TAKES, "Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert ("ETag" in answer.headers) is ("Content-Encoding" not in answer.headers)


def test_a_form_that_comes_back_is_compressed_too(client: FlaskClient) -> None:
    answer = client.post("/book/demo?start=2026-12-01T09:00:00Z", data={"email": "x" * 3000}, headers=TAKES)
    assert answer.status_code in {400, 409, 422}
    assert answer.headers.get("Content-Encoding") == "gzip"


def test_nobody_is_answered_twice_over(client: FlaskClient) -> None:
    """Files are compressed once and for all elsewhere."""
    page = client.get("/book/demo").get_data(as_text=True)
    sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = client.get(sheet, headers=TAKES)
    assert b"@layer" in gzip.decompress(answer.data)
