"""The team's look as admins set it: every field, the preview of what isn't saved, and what is refused."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.domain import colour
from meetings.models import User
from meetings.services import branding, pictures
from tests import make
from tests.make import NOW
from tests.services.test_branding import DETAILS, logo, wear
from tests.web.pages import Page, sign_in, visit

PATH = "/settings/branding"
TYPED = {**DETAILS, "colour": "#0F5A6B"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def boss(client: FlaskClient) -> User:
    clock.set_source(lambda: NOW)
    admin = make.user(role="admin")
    sign_in(client, admin)
    return admin


def sent(page: Page, **changes: Any) -> Page:
    return page.send(PATH, **changes)


def upload(content: bytes, name: str = "logo.png") -> Any:
    return io.BytesIO(content), name


def frame(page: Page) -> str:
    return str(page.all("iframe")[0].get("src"))


def test_everything_is_saved_and_shown_again(client: FlaskClient, boss: User) -> None:
    page = sent(visit(client, PATH), **TYPED, logo=upload(logo()))
    assert page.notices() == ["Saved. Booking pages and mails look like this from now on."]
    fields = page.fields(PATH)
    assert {name: fields[name][0] for name in TYPED} == {
        **TYPED,
        "colour": "#0f5a6b",
        "website": "https://northlight.example",
        "address": "Hauptstraße 5\n10827 Berlin\n\nHRB 12345",
    }
    found = branding.current()
    assert (found.colour, found.company) == ("#0f5a6b", "Northlight Studios GmbH")
    assert page.all("img", class_="own-logo plate-dark")[0].get("src") == f"/pictures/{found.logo}"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("colour", "teal", "This is not a colour. Write it as # and six digits, such as #0f5a6b."),
        ("website", "javascript:alert(1)", "This is not a web address. Write it as https://example.org."),
        ("phone", "call us", "This is not a phone number."),
        ("company", "x" * 121, "This is too long. At most 120 characters fit."),
        ("address", "x" * 401, "This is too long. At most 400 characters fit."),
        ("alt", "a\x07b", "There are invisible characters in this text that can’t be kept."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, boss: User, field: str, value: str, words: str
) -> None:
    page = sent(visit(client, PATH), **{**TYPED, field: value})
    assert page.status == 422
    assert [*page.errors()] == [field]
    assert page.errors()[field].startswith(words)
    assert (
        page.fields(PATH)["company" if field != "company" else "phone"][0]
        == TYPED["company" if field != "company" else "phone"]
    )
    assert branding.current().colour == ""


@pytest.mark.parametrize("do", [None, "preview"])
@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"GIF89a;"])
def test_a_file_that_is_no_picture_is_refused(client: FlaskClient, boss: User, content: bytes, do: str | None) -> None:
    page = sent(visit(client, PATH), **TYPED, logo=upload(content), do=do)
    assert (page.status, [*page.errors()]) == (422 if do is None else 200, ["logo"])
    assert page.errors()["logo"].startswith("This is not a picture that can be shown.")
    assert page.fields(PATH)["company"] == ["Northlight Studios GmbH"]
    assert (branding.current().logo, branding.current().company) == ("", "")


def test_a_heavy_file_is_refused_with_the_limit(
    client: FlaskClient, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MEGABYTES_MAX", 0)
    page = sent(visit(client, PATH), logo=upload(logo()))
    assert page.errors() == {"logo": "This file is too large. At most 0 MB fit."}


def test_a_logo_is_seen_before_it_is_saved(client: FlaskClient, boss: User) -> None:
    page = sent(visit(client, PATH), logo=upload(logo()), do="preview")
    assert branding.current().logo == ""
    (kept,) = page.fields(PATH)["logo_name"]
    assert page.all("img", class_="own-logo plate-dark")[0].get("src") == f"/pictures/{kept}"
    shown = visit(client, frame(page))
    assert shown.all("img", class_="logo plate-dark")
    sent(page)
    assert branding.current().logo == kept


def test_a_logo_is_not_lost_for_a_wrong_detail(client: FlaskClient, boss: User) -> None:
    page = sent(visit(client, PATH), **{**TYPED, "colour": "teal"}, logo=upload(logo()))
    assert (page.status, [*page.errors()]) == (422, ["colour"])
    assert branding.current().logo == ""
    sent(page, colour="")
    assert branding.current().logo


def test_removing_the_logo_is_saved_with_the_rest(client: FlaskClient, boss: User) -> None:
    name = wear(boss, logo())
    page = sent(visit(client, PATH), company="Typed just now", do="remove-logo")
    assert page.fields(PATH)["company"] == ["Typed just now"]
    assert not page.all("img", class_="own-logo plate-dark")
    assert branding.current().logo == name
    sent(page)
    assert (branding.current().logo, branding.current().company) == ("", "Typed just now")


def test_the_logo_of_another_admin_stays(client: FlaskClient, boss: User) -> None:
    page = visit(client, PATH)
    name = wear(boss, logo())
    sent(page, company="Typed just now")
    assert (branding.current().logo, branding.current().company) == (name, "Typed just now")


@pytest.mark.parametrize("name", ["../../secret", "0" * 32 + ".webp", "\0"])
def test_only_uploaded_pictures_can_be_the_logo(client: FlaskClient, boss: User, name: str) -> None:
    page = sent(visit(client, PATH), logo_name=name)
    assert (page.status, [*page.errors()]) == (422, ["logo"])
    assert client.get(f"{PATH}/look", query_string={"logo": name}).status_code == 200


def test_the_products_own_colour_is_one_button_away(client: FlaskClient, boss: User) -> None:
    branding.save(boss, {"colour": "#0f5a6b"})
    page = sent(visit(client, PATH), do="own-colour")
    assert page.fields(PATH)["colour"] == [""]
    assert branding.current().colour == "#0f5a6b"  # until it is saved
    sent(page)
    assert branding.current().colour == ""


# --- the preview


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("#0f5a6b", "Lightened on dark pages, so that it can be read."),
        ("#ffd400", "Darkened on light pages, so that it can be read."),
        ("#808080", "Darkened on light pages and lightened on dark ones, so that it can be read."),
        ("", "The product’s own blue."),
    ],
)
def test_what_becomes_of_the_colour_is_said_in_words(client: FlaskClient, boss: User, typed: str, words: str) -> None:
    page = sent(visit(client, PATH), colour=typed, do="preview")
    assert page.words(page.all("p", id="colour-help")[0]) == words


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_booking_page_shows_what_is_typed(client: FlaskClient, boss: User, scheme: str) -> None:
    make.link(boss)
    page = sent(visit(client, PATH), **TYPED, do="preview", what="page", scheme=scheme)
    assert branding.current().company == ""
    shown = visit(client, frame(page))
    assert "frame-ancestors 'self'" in shown.response.headers["Content-Security-Policy"]
    assert next(iter(shown.tree.iter("html"))).get("data-theme") == scheme
    assert "/assets/booking-0f5a6b." in shown.response.get_data(as_text=True)
    assert shown.words(shown.all("address")[0]).startswith("Northlight Studios GmbH")
    assert next(iter(shown.tree.iter("body"))).get("inert") is not None


@pytest.mark.parametrize(("scheme", "rule"), [("light", "@media not all {"), ("dark", "@media all {")])
def test_a_mail_shows_what_is_typed(client: FlaskClient, boss: User, scheme: str, rule: str) -> None:
    make.link(boss)
    page = sent(visit(client, PATH), **TYPED, do="preview", what="mail", scheme=scheme)
    html = client.get(frame(page)).get_data(as_text=True)
    assert rule in html
    assert "background: #0f5a6b" in html
    assert "HRB 12345" in html


@pytest.mark.parametrize("what", ["page", "mail"])
def test_there_is_something_to_look_at_before_the_first_link(client: FlaskClient, boss: User, what: str) -> None:
    assert client.get(f"{PATH}/look?what={what}&colour=%230f5a6b").status_code == 200


def test_a_half_typed_colour_leaves_the_one_before(client: FlaskClient, boss: User) -> None:
    branding.save(boss, {"colour": "#0f5a6b"})
    page = sent(visit(client, PATH), colour="#7f1", do="preview")
    assert branding.typed({"colour": "#7f1"})[0].colour == "#77ff11"
    page = sent(visit(client, PATH), colour="#7f1d", do="preview")
    assert [*page.errors()] == ["colour"]
    assert colour.palette("#0f5a6b").light.accent in page.response.get_data(as_text=True)


def test_typing_brings_the_preview_and_the_note_alone(client: FlaskClient, boss: User) -> None:
    values = visit(client, PATH).fields(PATH)
    answer = client.post(PATH, data={**values, "colour": "#ffd400", "do": "preview"}, headers=HTMX)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<html" not in text
    assert text.count("<form") == 0
    assert 'id="look"' in text
    assert 'id="colour-note" hx-swap-oob="true"' in text
    assert 'id="logo-part" hx-swap-oob="outerMorph"' in text


# --- who may


def test_members_may_neither_look_nor_change(client: FlaskClient) -> None:
    sign_in(client, make.user("Bob Stone"))
    assert client.get(PATH).status_code == 403
    assert client.get(f"{PATH}/look").status_code == 403
    assert client.post(PATH, data=TYPED).status_code in {400, 403}
    assert branding.current().company == ""


@pytest.mark.parametrize(
    "hostile", ['"><script>alert(1)</script>', "'-alert(1)-'", "</textarea><img src=x onerror=alert(1)>"]
)
def test_no_text_becomes_markup(client: FlaskClient, boss: User, hostile: str) -> None:
    before = len(visit(client, PATH).all("script"))
    page = sent(
        visit(client, PATH),
        company=hostile,
        address=hostile,
        alt=hostile,
        colour=hostile,
        phone=hostile,
        website=hostile,
    )
    assert page.status == 422
    assert len(page.all("script")) == before
    assert not [one for one in page.tree.iter("img") if one.get("onerror")]
    fields = page.fields(PATH)
    assert {fields[name][0] for name in ("company", "address", "alt", "colour", "phone", "website")} == {hostile}
    shown = visit(client, frame(page))
    assert not [one for one in shown.tree.iter("img") if one.get("onerror")]
    assert not shown.all("script")
