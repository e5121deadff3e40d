"""Templates outside a request: in a given language, with absolute links from BASE_URL."""

import re

from flask import current_app

from .i18n import direction, speaking

_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


def render(template: str, locale: str, **context: object) -> str:
    """The template's text in this language. No context processors run: they belong to requests."""
    with speaking(locale):
        found = current_app.jinja_env.get_template(template)
        return found.render(locale=locale, direction=direction(locale), **context)


def render_plain(template: str, locale: str, **context: object) -> str:
    """As `render`, for plain text: no blanks at the lines' ends, never two empty lines in a row."""
    text = render(template, locale, **context)
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"


def render_line(template: str, locale: str, **context: object) -> str:
    """As `render`, for a single line, such as a subject."""
    return " ".join(render(template, locale, **context).split())


def absolute_url(path: str) -> str:
    """The public address of a path of the app."""
    return f"{current_app.config['BASE_URL']}{path}"
