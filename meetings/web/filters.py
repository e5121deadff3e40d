"""What templates of every page may use: formats of instants, initials, the public pages' icons."""

from collections.abc import Mapping
from datetime import datetime

from flask import Flask
from markupsafe import Markup

from meetings import i18n
from meetings.domain import rich_text

# 20 px, drawn in the colour of the text. Inside pages, because a sheet of symbols would weigh more than the few in use.
GLYPHS: Mapping[str, str] = {
    "alert": '<circle cx="10" cy="10" r="7.25"/><path d="M10 6v4.75M10 13.5h.01"/>',
    "calendar": '<rect x="3" y="4" width="14" height="13" rx="2"/><path d="M3 8h14M7 2.5V5M13 2.5V5"/>',
    "clock": '<circle cx="10" cy="10" r="7.25"/><path d="M10 6v4.25l2.75 1.75"/>',
    "cross": '<path d="m5.5 5.5 9 9M14.5 5.5l-9 9"/>',
    "down": '<path d="m6 8 4 4 4-4"/>',
    "forward": '<path d="m8 5 5 5-5 5"/>',
    "back": '<path d="m12 5-5 5 5 5"/>',
    "globe": (
        '<circle cx="10" cy="10" r="7.25"/><path d="M2.75 10h14.5M10 2.75c2.5 2.3 3.25 4.6 3.25 7.25S12.5 14.95 10 '
        '17.25C7.5 14.95 6.75 12.65 6.75 10S7.5 5.05 10 2.75z"/>'
    ),
    "info": '<circle cx="10" cy="10" r="7.25"/><path d="M10 9.25V13.5M10 6.5h.01"/>',
    "move": ('<path d="M3.5 10a6.5 6.5 0 0 1 11.2-4.5L17 8M17 4v4h-4M16.5 10a6.5 6.5 0 0 1-11.2 4.5L3 12M3 16v-4h4"/>'),
    "phone": '<rect x="6" y="2.5" width="8" height="15" rx="2"/><path d="M9.2 14.8h1.6"/>',
    "place": '<path d="M10 17.5s-5.5-4.7-5.5-9a5.5 5.5 0 0 1 11 0c0 4.3-5.5 9-5.5 9z"/><path d="M10 8.5h.01"/>',
    "tick": '<path d="m4.5 10.5 3.75 3.75 7.25-8"/>',
    "video": '<rect x="2.75" y="5" width="10" height="10" rx="2"/><path d="m12.75 8.75 4.5-2.5v7.5l-4.5-2.5"/>',
}


def init_app(app: Flask) -> None:
    """Make them known to Jinja."""
    app.jinja_env.filters.update(initials=initials, day_long=day_long, duration=duration, prose=prose)
    app.jinja_env.globals["glyph"] = _markup


def _icon(name: str, extra: str) -> Markup:
    return Markup(f'<svg class="{extra}" viewBox="0 0 20 20" aria-hidden="true">{GLYPHS[name]}</svg>')  # noqa: S704


_DRAWN = {(name, extra): _icon(name, extra) for name in GLYPHS for extra in ("i", "i flip", "i turn")}


def _markup(name: str, extra: str = "") -> Markup:
    """An icon of the public pages; `extra`: "flip" where it points along the line, "turn" where it turns."""
    return _DRAWN[name, f"i {extra}".strip()]


def initials(name: str) -> str:
    """First letters of the first and the last word of a name."""
    words = [word for word in name.split() if word[:1].isalnum()] or name.split()
    if not words:
        return ""
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def prose(text: str) -> Markup:
    """What somebody wrote in light Markdown, as the page shows it; following its links loses nothing of the page."""
    return Markup(rich_text.to_html(text, in_new_tab=True))  # noqa: S704 - cleaned there


def day_long(at: datetime, zone: str) -> str:
    """Thursday 3 December, in the page's language."""
    return i18n.day_long(at, zone, i18n.current_locale())


def duration(minutes: int) -> str:
    """30 min, in the page's language."""
    return i18n.duration(minutes, i18n.current_locale())
