"""How the team looks to others: its logo, colour and details, on booking pages and in mails."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from io import BytesIO

from PIL import Image

from meetings import db
from meetings.domain import colour as colours
from meetings.domain import fields
from meetings.domain.fields import Field, Flaw
from meetings.errors import Invalid
from meetings.models import Picture, Setting, User
from meetings.models.workspace import BRANDING, LOGO, TEAM_NAME, UNNAMED

from . import pictures
from .access import require_admin
from .workspace import write_setting

LOGO_PATH = "/logo.png"  # for mails
COMPANY_MAX = 120
ADDRESS_MAX = 400

FIELDS = {
    "company": Field(fields.text(COMPANY_MAX), default=""),
    "address": Field(fields.text(ADDRESS_MAX, lines=True), default=""),
    "website": Field(fields.web_address, default=""),
    "phone": Field(fields.phone, default=""),
    "colour": Field(colours.colour, default=""),
    "alt": Field(fields.text(COMPANY_MAX), default=""),
}
_check = fields.record(FIELDS)

LIGHT, DARK = "light", "dark"
_NAME = re.compile(r"[0-9a-f]{32}\.webp")


@dataclass(frozen=True, slots=True)
class Branding:
    """What pages and mails show of the team; blank is what the admins left so."""

    team: str
    company: str = ""  # its full name, where that is another than the team's
    address: str = ""
    website: str = ""
    phone: str = ""
    colour: str = ""  # "#rrggbb"; blank: the product's own
    logo: str = ""  # the name of a picture
    alt: str = ""  # what the logo says
    plate: str = ""  # the scheme, light or dark, on whose ground the logo could not be seen

    @property
    def palette(self) -> colours.Palette:
        """The accents for both schemes."""
        return colours.palette(self.colour)

    @property
    def company_name(self) -> str:
        return self.company or self.team

    @property
    def logo_text(self) -> str:
        return self.alt or self.team

    @property
    def details(self) -> list[str]:
        """The lines that say who is behind a page; none, if the admins said nothing beyond the team's name."""
        given = [*self.address.splitlines(), self.phone, self.website]
        lines = [line.strip() for line in given if line.strip()]
        return [self.company_name, *lines] if lines or self.company else []

    def href(self, line: str) -> str:
        """Where a line of the details leads; blank for most."""
        if line == self.phone:
            return "tel:" + re.sub(r"[^+\d]", "", re.split(r"[a-z#,]", line, maxsplit=1, flags=re.IGNORECASE)[0])
        return line if line == self.website else ""

    def shown(self, line: str) -> str:
        """A line of the details as people read it."""
        return line.partition("://")[2].rstrip("/") if line == self.website else line


_looked_at: ContextVar[Branding | None] = ContextVar("looked at", default=None)


@contextmanager
def looking_at(unsaved: Branding) -> Iterator[None]:
    """Pages and mails made inside look so: for previews."""
    token = _looked_at.set(unsaved)
    try:
        yield
    finally:
        _looked_at.reset(token)


def current() -> Branding:
    """As it was saved; in a preview, as it would be."""
    return _looked_at.get() or _saved()


def _saved() -> Branding:
    found = Setting.read_all(TEAM_NAME, BRANDING, LOGO)
    kept = {**found.get(BRANDING, {}), **found.get(LOGO, {})}
    known = {name: str(kept[name]) for name in (*FIELDS, "logo", "plate") if kept.get(name)}
    return Branding(team=str(found.get(TEAM_NAME, UNNAMED)), **known)


def typed(values: Mapping[str, object]) -> tuple[Branding, list[Flaw]]:
    """As it would be with these values, and what is wrong with them; what is wrong is left as it was."""
    clean, logo, flaws = _checked(values)
    wrong = {flaw.field for flaw in flaws}
    shown = replace(_saved(), **{name: value for name, value in clean.items() if name not in wrong})
    return (shown if logo is None else replace(shown, logo=logo, plate=_plate(logo))), flaws


def keep_logo(actor: User, content: bytes, now: datetime) -> str:
    """Keep an uploaded picture as one that can be the logo; returns its name. Raises Forbidden, Invalid."""
    require_admin(actor)
    return pictures.keep(content, actor, now, pictures.LOGO, field="logo").name


def save(actor: User, values: Mapping[str, object]) -> None:
    """Keep colour and details; and the logo, if it is among the values: a picture's name, blank for none.

    Raises Forbidden for members, Invalid.
    """
    require_admin(actor)
    clean, logo, flaws = _checked(values)
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        former = _saved().logo
        write_setting(BRANDING, clean)
        if logo is not None:
            write_setting(LOGO, {"logo": logo, "plate": _plate(logo)})
    if former and logo not in (None, former):
        pictures.remove(former)


def _checked(values: Mapping[str, object]) -> tuple[dict[str, str], str | None, list[Flaw]]:
    """Colour and details made clean, the logo if it is named, and what is wrong."""
    clean, flaws = _check({name: value for name, value in values.items() if name != "logo"}, "")
    logo = values.get("logo")
    if logo and not (_NAME.fullmatch(str(logo)) and Picture.select().where(Picture.name == logo).exists()):
        return clean, None, [*flaws, Flaw("logo", "unknown-picture")]
    return clean, None if logo is None else str(logo), flaws


# -- the logo as a picture


_SEEN = 48  # of 255; what is fainter is the soft edge of something
_FAINT = 1.6  # contrast under which a shape is lost on its ground
_SIDE = 64  # pixels that it is looked at by
_FULL = 0.98  # of these: it covers them all
_LOST = 0.25  # of the shape: if more of it is lost it needs another ground


@lru_cache(maxsize=4)
def _plate(name: str) -> str:
    """The scheme on whose ground much of a logo would be lost, if that can be told from it; dark comes first."""
    seen = _points(name)
    for scheme, ground in ((DARK, colours.DARK.panel), (LIGHT, colours.LIGHT.panel)):
        lost = sum(colours.contrast(one, ground) < _FAINT for one in seen)
        if lost > _LOST * len(seen):
            return scheme
    return ""


def _points(name: str) -> list[str]:
    """The colours of a logo, point by point; none of one that brings a ground of its own."""
    if not name:
        return []
    with Image.open(pictures.folder() / name) as opened:
        small = opened.convert("RGBA").resize((_SIDE, _SIDE))
    points = zip(*[iter(small.tobytes())] * 4, strict=True)
    seen = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue, alpha in points if alpha > _SEEN]
    return [] if len(seen) > _FULL * _SIDE**2 else seen


@lru_cache(maxsize=4)
def logo_png(name: str) -> bytes:
    """The logo for mails, as not every mail program shows WebP. Raises OSError if it is gone."""
    with Image.open(pictures.folder() / name) as opened:
        target = BytesIO()
        opened.save(target, "PNG", optimize=True)
    return target.getvalue()
