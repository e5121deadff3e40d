"""The page of the form: its questions as rows, and what else can be asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meetings import i18n
from meetings.domain.form import CHOOSING, KINDS, QUESTIONS_MAX
from meetings.i18n import gettext as _
from meetings.models import Property

from ..forms.wizard.questions import NEW_PROPERTY, QUESTION
from . import consent
from .page import Page


@dataclass(frozen=True)
class Row:
    """A question or a property as the builder shows it."""

    typed: Mapping[str, Any]
    title: str
    about: str  # what it is and how it is answered
    own_label: str  # of a property: what it is called where the link has no other word for it
    is_fixed: bool  # a property that is there: its kind and choices are the same everywhere
    is_open: bool

    @property
    def name(self) -> str:
        return str(self.typed["name"])


def context(page: Page) -> dict[str, Any]:
    """What the template needs beside what every page has."""
    properties = Property.in_order()
    rows = _rows(page, {made.name: made for made in properties})
    asked = {row.name for row in rows}
    return {
        **consent.context(page),
        "fixed_fields": (_("First name"), _("Last name"), _("E-mail")),
        "rows": rows,
        "kinds": kinds(page.locale),
        "choosing": CHOOSING,
        "has_room": len(rows) < QUESTIONS_MAX,
        "properties": [
            (made.name, i18n.property_label(made.name, made.label, page.locale), i18n.say(page.locale, _kind_of(made)))
            for made in properties
            if made.name not in asked
        ],
    }


def kinds(locale: str) -> list[tuple[str, str]]:
    """The kinds of answers, each with its name."""
    return [(kind, i18n.say(locale, i18n.KIND_NAMES[kind])) for kind in KINDS]


def _kind_of(made: Property) -> str:
    return i18n.KIND_NAMES[made.kind]


def _rows(page: Page, properties: Mapping[str, Property]) -> Sequence[Row]:
    return [_row(page, typed, number, properties) for number, typed in enumerate(page.typed["questions"], start=1)]


def _row(page: Page, typed: Mapping[str, Any], number: int, properties: Mapping[str, Property]) -> Row:
    name = typed["name"]
    made = None if typed["type"] in {QUESTION, NEW_PROPERTY} else properties.get(name)
    own_label = i18n.property_label(name, made.label, page.locale) if made else ""
    unnamed = _("Question %(number)s", number=number) if typed["type"] == QUESTION else _("New property")
    kind = made.kind if made else typed["kind"]
    known = i18n.say(page.locale, i18n.KIND_NAMES[kind]) if kind in i18n.KIND_NAMES else ""
    whose = _("Your own question") if typed["type"] == QUESTION else _("Contact property")
    return Row(
        typed=typed,
        title=typed["label"].strip() or own_label or unnamed,
        about=" · ".join(filter(None, (whose, known))),
        own_label=own_label,
        is_fixed=made is not None,
        is_open=page.typed["open_question"] == name or _is_wrong(page, name),
    )


def _is_wrong(page: Page, name: str) -> bool:
    return any(place in page.errors for place in (name, *(f"{part}-{name}" for part in ("kind", "options", "help"))))
