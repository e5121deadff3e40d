"""The team's own look on public pages: accents in the sheet, the logo, who is behind the page."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.domain.colour import palette
from meetings.models import Link, User
from meetings.services import branding, pictures
from meetings.web.assets import Shelf
from tests import make
from tests.make import NOW
from tests.services.test_branding import DETAILS, logo, wear
from tests.services.test_pictures import drawn
from tests.web.pages import Page, visit

HOSTILE = ('"><script>alert(1)</script>', "'-alert(1)-'", "{{ 7 * 7 }}", "</address><base href=//evil.example>")


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: NOW)


@pytest.fixture
def ada(app: Flask) -> User:
    return make.user("Ada Admin", role="admin")


@pytest.fixture(autouse=True)
def link(ada: User) -> Link:
    return make.link(ada)


def sheet_of(page: Page) -> str:
    (sheet,) = [one.get("href") for one in page.all("link", rel="stylesheet")]
    return str(sheet)


def masthead(page: Page) -> Any:
    return page.all("header", class_="masthead")[0]


# --- accents


def test_a_team_without_a_colour_has_the_products_own(client: FlaskClient) -> None:
    assert re.fullmatch(r"/assets/booking\.\w{12}\.css", sheet_of(visit(client, "/book/demo")))


def test_the_teams_accents_come_with_the_sheet(client: FlaskClient, ada: User) -> None:
    """No second sheet, no inline style: the tokens that count stand at the end of the one file."""
    branding.save(ada, {"colour": "#0f5a6b"})
    page = visit(client, "/book/demo")
    answer = client.get(sheet_of(page))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    made = palette("#0f5a6b")
    last = answer.get_data(as_text=True).splitlines()[-1]
    assert last.startswith("@layer tokens{:root{")
    for token, light, dark in (
        ("accent", made.light.accent, made.dark.accent),
        ("accent-strong", made.light.strong, made.dark.strong),
        ("accent-soft", made.light.soft, made.dark.soft),
        ("accent-line", made.light.line, made.dark.line),
        ("on-accent", made.light.on, made.dark.on),
    ):
        assert f"--{token}:light-dark({light},{dark});" in last
    assert not [one for one in page.tree.iter() if one.get("style")]
    assert not page.all("style")
    assert "%230f5a6b" in page.all("link", rel="icon")[0].get("href")


def test_another_colour_is_another_address(client: FlaskClient, ada: User) -> None:
    branding.save(ada, {"colour": "#0f5a6b"})
    first = sheet_of(visit(client, "/book/demo"))
    branding.save(ada, {"colour": "#7f1d1d"})
    second = sheet_of(visit(client, "/book/demo"))
    assert first != second
    assert client.get(first).status_code == client.get(second).status_code == 200


def test_a_page_from_before_a_restart_keeps_its_sheet(app: Flask, client: FlaskClient, ada: User) -> None:
    branding.save(ada, {"colour": "#0f5a6b"})
    address = sheet_of(visit(client, "/book/demo"))
    app.extensions["assets"] = Shelf(Path(str(app.static_folder)), watch=False)
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("name", ["booking-0f5a6b", "booking-0F5A6B", "booking-zzzzzz", "workspace-0f5a6b", "booking-"])
def test_made_up_sheets_are_not_there(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/{name}.{'0' * 12}.css").status_code == 404
    assert client.get(f"/assets/{name}.css").status_code == 404


def test_many_colours_fill_no_memory(app: Flask) -> None:
    shelf = app.extensions["assets"]
    urls = {app.jinja_env.globals["asset_url"]("booking.css", f"#{number:06x}") for number in range(60)}
    assert len(urls) == 60
    assert len(shelf._by_name) <= 20
    assert len(shelf._by_url) <= 20


def test_strangers_fill_no_memory_either(app: Flask, client: FlaskClient) -> None:
    """Anybody can work out the address of a sheet in any colour."""
    other = Shelf(Path(str(app.static_folder)), watch=False)
    kept = len(app.extensions["assets"]._by_name)
    for number in range(5):
        assert client.get(other.find(f"booking-{number:06x}.css").url).status_code == 200
    assert len(app.extensions["assets"]._by_name) == kept


def test_the_workspace_keeps_the_products_own(client: FlaskClient, ada: User) -> None:
    branding.save(ada, {"colour": "#0f5a6b"})
    page = visit(client, "/sign-in")
    assert not re.search(r"0f5a6b", sheet_of(page))


@pytest.mark.parametrize("path", ["/book/nowhere", "/zones?page=/book/demo", "/embed/demo"])
def test_every_public_page_has_them(client: FlaskClient, ada: User, path: str) -> None:
    branding.save(ada, {"colour": "#0f5a6b"})
    assert "booking-0f5a6b." in client.get(path).get_data(as_text=True)


# --- the logo


def test_the_logo_stands_in_the_place_of_the_name(client: FlaskClient, ada: User) -> None:
    wear(ada, logo())
    branding.save(ada, {"alt": "Northlight"})
    page = visit(client, "/book/demo")
    (image,) = masthead(page).iter("img")
    assert image.get("alt") == "Northlight"
    assert image.get("src").startswith("data:image/webp;base64,")
    assert "plate-dark" in image.get("class")
    assert page.words(masthead(page)).startswith("Language")


def test_a_heavy_logo_has_an_address(client: FlaskClient, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "small", lambda name: None)
    wear(ada, logo())
    (image,) = masthead(visit(client, "/book/demo")).iter("img")
    with client.get(image.get("src")) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")


def test_mail_programs_find_the_logo_at_one_address(client: FlaskClient, ada: User) -> None:
    assert client.get("/logo.png").status_code == 404
    wear(ada, logo())
    answer = client.get("/logo.png")
    assert answer.data.startswith(b"\x89PNG")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    again = client.get("/logo.png", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    wear(ada, logo("red"))
    assert client.get("/logo.png", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 200


# --- who is behind the page


def test_the_foot_says_who_is_behind_the_page(client: FlaskClient, ada: User) -> None:
    branding.save(ada, DETAILS)
    page = visit(client, "/book/demo")
    (details,) = page.all("address")
    assert page.words(details) == (
        "Northlight Studios GmbH · Hauptstraße 5 · 10827 Berlin · HRB 12345 · +49 30 1234567 · northlight.example"
    )
    assert page.links()["+49 30 1234567"] == "tel:+49301234567"
    assert page.links()["northlight.example"] == "https://northlight.example"


def test_nothing_said_is_nothing_shown(client: FlaskClient) -> None:
    assert not visit(client, "/book/demo").all("address")


@pytest.mark.parametrize("path", ["/book/demo", "/embed/demo"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_becomes_markup(client: FlaskClient, ada: User, hostile: str, path: str) -> None:
    plain = visit(client, path)
    wear(ada, logo())
    branding.save(ada, {"company": hostile, "address": hostile, "alt": hostile})
    page = visit(client, path)
    assert len(page.all("script")) == len(plain.all("script"))
    assert not page.all("base")
    assert hostile in page.words(page.all("address")[0])
    assert [one.get("alt") for one in page.all("img", class_="logo plate-dark")] == [hostile]


# --- what it costs


def test_a_first_visit_stays_light(client: FlaskClient, ada: User) -> None:
    branding.save(ada, DETAILS)
    wear(ada, drawn(800, 200, "JPEG", colour="navy"))
    response = client.get("/book/demo")
    text = response.get_data(as_text=True)
    urls = re.findall(r'(?:src|href)="(/(?:assets|pictures|logo)[^"]+)"', text)
    sizes = [len(client.get(url, headers={"Accept-Encoding": "gzip"}).data) for url in urls]
    assert len(urls) + 1 <= 3  # and one more for the times where the browser's zone is another
    assert len(response.data) + sum(sizes) <= 60_000


def test_frames_on_other_sites_say_it_too(client: FlaskClient, ada: User) -> None:
    branding.save(ada, DETAILS)
    page = visit(client, "/embed/demo")
    assert page.words(page.all("address")[0]).startswith("Northlight Studios GmbH")
    assert page.all("a", target="_blank", href="https://northlight.example")
