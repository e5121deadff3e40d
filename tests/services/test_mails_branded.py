"""Mails in a team's own look: its accents, its logo as decoration, and who is behind them."""

import re
from typing import Any

import pytest
from flask import Flask

from meetings.domain import colour
from meetings.models import Link, User
from meetings.services import branding, outbox
from meetings.services.mails import Outgoing, compose
from tests import dom, make
from tests.services.test_branding import DETAILS, logo, wear
from tests.services.test_mails import SENT_AT, every_kind
from tests.services.test_pictures import drawn

NASTY = ("#ffffff", "#000000", "#ffff00", "#00ff00", "#ff00ff", "#808080", "#ff6a00", "#0f5a6b")
HOSTILE = (
    '"><script>alert(1)</script>',
    "</style><img src=x onerror=alert(1)>",
    "{{ config }} {% raw %}",
    "url(https://evil.example/x)",
)


@pytest.fixture
def ada(app: Flask) -> User:
    return make.user("Ada Admin", role="admin")


@pytest.fixture
def link(ada: User) -> Link:
    return make.link(ada)


def confirmation(link: Link) -> Outgoing:
    booking = make.booking(link)
    row = next(row for row in outbox.states_of(booking) if row.kind == "confirmation")
    return compose(row, SENT_AT)


def parts(html: str) -> Any:
    return dom.parse(html)


def style_of(html: str, name: str) -> str:
    """The inline style of the one element of this class."""
    (found,) = (one for one in parts(html).iter() if name in (one.get("class") or "").split())
    return str(found.get("style"))


def test_a_new_team_has_the_products_own(link: Link) -> None:
    html = confirmation(link).html
    assert f"background: {colour.OWN.light.accent}" in style_of(html, "button")
    assert "<img" not in html


@pytest.mark.parametrize("chosen", NASTY)
def test_what_is_to_be_pressed_can_be_read(link: Link, ada: User, chosen: str) -> None:
    branding.save(ada, {"colour": chosen})
    html = confirmation(link).html
    ground, text = re.findall(r"(?:background|color): (#\w{6})", style_of(html, "button"))
    dark_ground, dark_text = re.findall(r"\.button { background: (#\w{6}) !important; color: (#\w{6})", html)[0]
    link_on_light, link_on_dark = re.findall(r"\ba { color: (#\w{6});", html)
    for over, under in (
        (text, ground),
        (dark_text, dark_ground),
        (link_on_light, "#ffffff"),
        (link_on_dark, "#191c22"),
    ):
        assert colour.contrast(over, under) >= 4.5
    for over, under in ((ground, "#ffffff"), (dark_ground, "#191c22")):
        assert colour.contrast(over, under) >= 3


def test_every_mail_says_who_is_behind_it(link: Link, ada: User) -> None:
    branding.save(ada, DETAILS)
    for kind, outgoing in every_kind(link, make.user("Bob Lee")).items():
        end = outgoing.text.splitlines()[-6:]
        assert end == branding.current().details, kind
        shown = " ".join("".join(parts(outgoing.html).itertext()).split())
        assert shown.endswith(
            "Northlight Studios GmbH · Hauptstraße 5 · 10827 Berlin · HRB 12345 · +49 30 1234567 · northlight.example"
        ), kind


def test_the_logo_is_decoration_that_tells_nothing_about_who_loads_it(link: Link, ada: User) -> None:
    """The same address in every mail to everybody, on our own server, and words in its place."""
    wear(ada, logo())
    branding.save(ada, {"alt": "Northlight"})
    seen = set()
    for outgoing in every_kind(link, make.user("Bob Lee")).values():
        (image,) = parts(outgoing.html).iter("img")
        seen.add((image.get("src"), image.get("alt")))
        assert not re.findall(r"(?:src|background)=\"(?!http://localhost/logo\.png\")", outgoing.html)
        assert "url(" not in outgoing.html
    assert seen == {("http://localhost/logo.png", "Northlight")}


@pytest.mark.parametrize(
    ("ink", "rule"),
    [
        ("black", ".logo { background: #ffffff !important; }"),
        ("white", ".logo { background: transparent !important; }"),
    ],
)
def test_a_logo_can_be_seen_on_dark_mails(link: Link, ada: User, ink: str, rule: str) -> None:
    wear(ada, logo(ink))
    assert rule in confirmation(link).html


def test_a_logo_with_its_own_ground_needs_no_other(link: Link, ada: User) -> None:
    wear(ada, drawn(80, 40))
    assert ".logo {" not in confirmation(link).html


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_of_an_admin_becomes_markup(link: Link, ada: User, hostile: str) -> None:
    wear(ada, logo())
    branding.save(ada, {"company": hostile, "address": f"{hostile}\n{hostile}", "alt": hostile})
    outgoing = confirmation(link)
    tree = parts(outgoing.html)
    assert not [*tree.iter("script")]
    assert len([*tree.iter("img")]) == len([*tree.iter("style")]) == 1
    assert not [one for one in tree.iter() if any(name.startswith("on") for name in one.attrib)]
    assert hostile in "".join(tree.itertext())
    assert outgoing.text.endswith("\n".join([hostile] * 3))


def test_a_preview_shows_what_is_not_saved(link: Link, ada: User) -> None:
    with branding.looking_at(branding.typed({"colour": "#0f5a6b", "phone": "+49 30 1234567"})[0]):
        shown = confirmation(link)
    assert "background: #0f5a6b" in style_of(shown.html, "button")
    assert shown.text.endswith("+49 30 1234567")
    assert branding.current().colour == ""
