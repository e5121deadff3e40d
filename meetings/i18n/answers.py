"""Forms in words: properties that are always there, kinds of answers, answers themselves."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from babel.numbers import format_decimal

from meetings.domain.answers import YES

from .formats import day_of
from .languages import _l, babel_locale, say

# Properties that nobody had to make: nameless in the table, as each reader has a word for them.
PROPERTY_NAMES: Final[Mapping[str, str]] = {
    "company": _l("Company"),
    "job_title": _l("Job title"),
    "phone": _l("Phone"),
    "website": _l("Website"),
}
KIND_NAMES: Final[Mapping[str, str]] = {
    "line": _l("One line"),
    "text": _l("Several lines"),
    "number": _l("Number"),
    "date": _l("Date"),
    "yes_no": _l("Yes or no"),
    "phone": _l("Phone number"),
    "url": _l("Web address"),
    "select": _l("Drop-down list"),
    "radio": _l("One of several"),
    "checkboxes": _l("Any of several"),
}


def property_label(name: str, label: str, locale: str) -> str:
    """What a property is called: as somebody named it, else in the reader's language."""
    return label or (say(locale, PROPERTY_NAMES[name]) if name in PROPERTY_NAMES else name)


def question_and_answer(name: str, label: str, kind: str, value: str, locale: str) -> tuple[str, str]:
    """What was asked and what was answered, as a row of answers keeps them, for a reader of this language."""
    return property_label(name, label, locale), answer_in_words(kind, value, locale)


def answer_in_words(kind: str, value: str, locale: str) -> str:
    """A kept answer as people read it; boxes that were ticked stay one to a line."""
    match kind:
        case "number":  # without marks between the thousands: it may be a year or the number of a house
            found = babel_locale(locale)
            return str(format_decimal(Decimal(value), locale=found, decimal_quantization=False, group_separator=False))
        case "date":
            return day_of(date.fromisoformat(value), locale, "short-year")
        case "yes_no":
            return say(locale, _l("Yes")) if value == YES else say(locale, _l("No"))
        case _:
            return value
