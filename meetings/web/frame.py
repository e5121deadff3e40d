"""What the frame of the public pages shows: how the team looks, the languages to choose from; less on other sites."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlencode

from flask import Flask, request

from meetings import db, i18n
from meetings.models import workspace
from meetings.services import branding, prefill
from meetings.services.branding import Branding

from . import guard
from .faces import source

THEMES = ("light", "dark")
KEPT = ("embed_theme", "embed_parent", "lang", "clock")  # what a page in a frame goes on with: it has no cookies
_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]{1,255}", re.IGNORECASE)


@dataclass(frozen=True)
class Language:
    """An entry of the language menu."""

    code: str
    name: str
    url: str
    is_current: bool


class Frame:
    """Asked only by pages that have the frame."""

    @cached_property
    def brand(self) -> Branding:
        """How the team looks."""
        try:
            return branding.current()
        except db.AWAY:  # the page that says so has a frame, too
            return Branding(workspace.UNNAMED)

    @property
    def logo(self) -> str:
        """Where the logo is: a light one comes inside the page, which saves a first visit a request."""
        return source(self.brand.logo, carried=True)

    @cached_property
    def lang(self) -> str:
        return i18n.current_locale()

    @property
    def dir(self) -> str:
        return i18n.direction(i18n.current_locale())

    @property
    def canonical(self) -> str:
        """The one address under which search engines may list the page; none where they are asked not to."""
        return guard.listed_at()

    @property
    def is_framed(self) -> bool:
        """Whether the page stands in another site's: without our own head and foot."""
        return guard.is_framed()

    @property
    def is_remembered(self) -> bool:
        """Whether this browser keeps more than zone and clock, as its user asked."""
        return prefill.REMEMBERED in request.cookies

    @property
    def theme(self) -> str:
        """Light or dark, if the site around the frame says so; else as the visitor's device has it."""
        asked = request.args.get("embed_theme", "")
        return asked if asked in THEMES and self.is_framed else ""

    @property
    def parent(self) -> str:
        """The site around the frame, as its script names it: what is told to it is addressed to nobody else."""
        asked = request.args.get("embed_parent", "")
        return asked if _ORIGIN.fullmatch(asked) else ""

    @property
    def language(self) -> str:
        """The page's own language, by its own name."""
        return i18n.language_name(self.lang)

    @cached_property
    def languages(self) -> list[Language]:
        """The menu; empty where there is nothing to choose."""
        spoken = i18n.spoken()
        current = self.lang.partition("-")[0]
        path = quote("/" + request.path.lstrip("/"))  # two slashes at the start would lead to another host
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
        return [
            Language(
                code,
                i18n.language_name(code),
                f"{path}?{urlencode([*kept, ('lang', code)])}",
                code.partition("-")[0] == current,
            )
            for code in (spoken if len(spoken) > 1 and _can_switch() else ())
        ]


def next_page(path: str) -> str:
    """The address of the next page in the frame: it says again what this one was told."""
    kept = {name: request.args[name] for name in KEPT if name in request.args}
    return f"{path}?{urlencode(kept)}" if kept else path


def _can_switch() -> bool:
    """Whether the page has an address to come back to; the wizard's preview looks as if it had."""
    return request.method == "GET" or request.endpoint == "wizard.preview_frame"


def init_app(app: Flask) -> None:
    """Give every template `public`; it asks the database only when used."""
    app.context_processor(lambda: {"public": Frame()})
