"""Answers of somebody who does not exist, so that a preview shows how answers look."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from meetings.domain.answers import YES, Asked, Given
from meetings.i18n import say
from meetings.i18n.languages import _l

AHEAD: Final = timedelta(days=30)  # a date that is asked for
_PLAIN: Final[Mapping[str, str]] = {
    "number": "12",
    "yes_no": YES,
    "phone": "+44 20 7946 0958",  # kept free for stories, as is the domain
    "url": "https://www.example.org",
}
_WORDS: Final[Mapping[str, str]] = {
    "line": _l("A short answer"),
    "text": _l("A longer answer.\nIt can have several lines."),
}
_PROPERTIES: Final[Mapping[str, str]] = {
    "company": _l("Example Company"),
    "job_title": _l("Head of Sales"),
}


def of(asked: Asked, locale: str, today: date) -> Given:
    """An answer that fits its question, in this language, as a row keeps it."""
    return {
        "name": asked.name,
        "label": "" if asked.is_named_anew else asked.label,
        "value": _value(asked, locale, today),
        "kind": asked.kind,
        "in_invite": asked.in_invite,
    }


def _value(asked: Asked, locale: str, today: date) -> str:
    if asked.options:
        return "\n".join(asked.options[: 2 if asked.kind == "checkboxes" else 1])
    if asked.kind == "date":
        return (today + AHEAD).isoformat()
    if asked.kind in _PLAIN:
        return _PLAIN[asked.kind]
    return say(locale, _PROPERTIES.get(asked.name) or _WORDS[asked.kind])
