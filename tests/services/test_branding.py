"""How the team looks to others: what is kept, who may change it, what is refused."""

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image, ImageDraw

from meetings import db
from meetings.domain import colour
from meetings.errors import Forbidden, Invalid
from meetings.models import Picture, Setting, User
from meetings.models.workspace import BRANDING, TEAM_NAME
from meetings.services import branding, pictures
from meetings.services.branding import Branding
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")

DETAILS = {
    "company": "Northlight Studios GmbH",
    "address": "Hauptstraße 5\n10827 Berlin\n\nHRB 12345",
    "website": "northlight.example",
    "phone": "+49 30 1234567",
    "colour": "0F5A6B",
    "alt": "Northlight, a lighthouse",
}


def admin() -> User:
    return make.user("Ada Admin", role="admin")


def logo(ink: Any = "black", ground: Any = (0, 0, 0, 0), size: tuple[int, int] = (200, 60)) -> bytes:
    image = Image.new("RGBA", size, ground)
    ImageDraw.Draw(image).ellipse((0, 0, size[0] - 1, size[1] - 1), fill=ink)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def wear(actor: User, content: bytes) -> str:
    """Give the team this logo; returns its name."""
    name = branding.keep_logo(actor, content, NOW)
    saved = branding.current()
    branding.save(actor, {**{field: getattr(saved, field) for field in branding.FIELDS}, "logo": name})
    return name


def test_a_new_team_has_the_products_look() -> None:
    found = branding.current()
    assert found == Branding(team="Meetings")
    assert found.palette == colour.OWN
    assert found.details == []


def test_what_is_saved_is_made_tidy() -> None:
    branding.save(admin(), DETAILS)
    found = branding.current()
    assert (found.colour, found.website) == ("#0f5a6b", "https://northlight.example")
    assert found.details == [
        "Northlight Studios GmbH",
        "Hauptstraße 5",
        "10827 Berlin",
        "HRB 12345",
        "+49 30 1234567",
        "https://northlight.example",
    ]
    assert found.logo_text == "Northlight, a lighthouse"


def test_the_team_stands_in_for_what_is_not_said() -> None:
    Setting.create(name=TEAM_NAME, value="Northlight")
    branding.save(admin(), {"phone": "+49 30 1234567"})
    found = branding.current()
    assert (found.company_name, found.logo_text) == ("Northlight", "Northlight")
    assert found.details == ["Northlight", "+49 30 1234567"]


def test_blank_goes_back_to_the_products_own() -> None:
    ada = admin()
    branding.save(ada, DETAILS)
    branding.save(ada, dict.fromkeys(DETAILS, ""))
    assert branding.current() == Branding(team="Meetings")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("colour", "teal", "not-a-colour"),
        ("website", "javascript:alert(1)", "not-a-web-address"),
        ("website", "https://ada@northlight.example", "not-a-web-address"),
        ("phone", "call us", "not-a-phone"),
        ("company", "a\nb", "line-breaks"),
        ("company", "x" * 121, "too-long"),
        ("address", "x" * 401, "too-long"),
        ("alt", "\x00", "control-characters"),
        ("logo", "0123.webp", "unknown-picture"),
        ("font", "Comic Sans", "unknown-field"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_kept(field: str, value: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        branding.save(admin(), {**DETAILS, field: value})
    assert [(flaw.field, flaw.code) for flaw in refused.value.flaws] == [(field, code)]
    assert branding.current() == Branding(team="Meetings")


def test_members_may_not() -> None:
    member = make.user()
    with pytest.raises(Forbidden):
        branding.save(member, DETAILS)
    with pytest.raises(Forbidden):
        branding.keep_logo(member, logo(), NOW)
    assert not Picture.select().exists()


def test_typed_values_show_what_is_right_of_them() -> None:
    branding.save(admin(), {"colour": "#0f5a6b"})
    shown, flaws = branding.typed({"company": "Northlight", "colour": "mauve"})
    assert (shown.company, shown.colour) == ("Northlight", "#0f5a6b")
    assert [flaw.field for flaw in flaws] == ["colour"]
    assert branding.current().company == ""


def test_a_logo_takes_the_place_of_the_one_before() -> None:
    ada = admin()
    branding.save(ada, DETAILS)
    wear(ada, logo())
    second = wear(ada, logo("red"))
    found = branding.current()
    assert (found.logo, found.company) == (second, "Northlight Studios GmbH")
    assert [path.name for path in pictures.folder().iterdir()] == [second] == [row.name for row in Picture.select()]
    branding.save(ada, {"logo": ""})
    assert branding.current().logo == branding.current().plate == ""
    assert not [*pictures.folder().iterdir()]


def test_an_uploaded_logo_is_nothing_until_it_is_saved() -> None:
    ada = admin()
    name = branding.keep_logo(ada, logo(), NOW)
    assert branding.current().logo == ""
    shown, flaws = branding.typed({"logo": name})
    assert (shown.logo, shown.plate, flaws) == (name, "dark", [])
    assert branding.typed({})[0].logo == ""


def test_saving_details_keeps_the_logo() -> None:
    ada = admin()
    name = wear(ada, logo())
    branding.save(ada, DETAILS)
    assert branding.current().logo == name
    branding.save(ada, {**DETAILS, "logo": name})
    assert (pictures.folder() / name).exists()


def test_a_file_that_is_no_picture_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        branding.keep_logo(admin(), b"<svg/>", NOW)
    assert [(flaw.field, flaw.code) for flaw in refused.value.flaws] == [("logo", "not-a-picture")]


@pytest.mark.parametrize(
    ("content", "plate"),
    [
        (lambda: logo("black"), "dark"),
        (lambda: logo("white"), "light"),
        (lambda: logo("#e30613"), ""),
        (lambda: logo("black", ground="white"), ""),
        (lambda: logo("white", ground="navy"), ""),
    ],
)
def test_a_logo_gets_a_plate_where_it_could_not_be_seen(content: Callable[[], bytes], plate: str) -> None:
    wear(admin(), content())
    assert branding.current().plate == plate


def test_mails_get_the_logo_as_png() -> None:
    wear(admin(), logo())
    with Image.open(io.BytesIO(branding.logo_png(branding.current().logo))) as found:
        assert (found.format, found.size) == ("PNG", (200, 60))


def test_a_setting_of_another_release_does_no_harm() -> None:
    Setting.create(name=BRANDING, value={"colour": "#0f5a6b", "font": "Comic Sans", "phone": None})
    assert branding.current() == Branding(team="Meetings", colour="#0f5a6b")


def test_two_admins_at_once_keep_each_other_s_changes(app: Flask) -> None:
    """One saves details with the logo as it was, while the other gives the team another."""
    ada = admin()
    branding.save(ada, DETAILS)

    def save_details() -> None:
        with app.app_context():
            db.connect()
            try:
                branding.save(ada, {**DETAILS, "phone": ""})
            finally:
                db.disconnect()

    other = threading.Thread(target=save_details)
    other.start()
    name = branding.keep_logo(ada, logo(), NOW)
    branding.save(ada, {"logo": name})
    other.join()
    assert branding.current().logo == name
