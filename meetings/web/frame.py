"""What the frame of the public pages shows: the team's name, the languages to choose from."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlencode

from flask import Flask, request

from meetings import db, i18n
from meetings.models import workspace


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
    def team_name(self) -> str:
        try:
            return workspace.team_name()
        except db.AWAY:  # the page that says so has a frame, too
            return workspace.UNNAMED

    @cached_property
    def lang(self) -> str:
        return i18n.current_locale()

    @property
    def dir(self) -> str:
        return i18n.direction(i18n.current_locale())

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


def _can_switch() -> bool:
    """Whether the page has an address to come back to; the wizard's preview looks as if it had."""
    return request.method == "GET" or request.endpoint == "wizard.preview_frame"


def init_app(app: Flask) -> None:
    """Give every template `public`; it asks the database only when used."""
    app.context_processor(lambda: {"public": Frame()})
