"""The fields of the booking form as they are drawn and sent: who books, then what the link asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from werkzeug.datastructures import MultiDict

from meetings import i18n
from meetings.domain import typos
from meetings.domain.answers import Asked
from meetings.domain.fields import Flaw
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import forms

CONTACT: Final = ("first_name", "last_name", "email")
_SHORT: Final = frozenset({"email", "line", "number", "date", "phone", "url", "select"})
_SHORT_LABEL: Final = 28  # characters that stand in half a row
# What browsers and password managers fill in by themselves.
_AUTOCOMPLETE: Final[Mapping[str, str]] = {
    "company": "organization",
    "job_title": "organization-title",
    "phone": "tel",
    "website": "url",
}


@dataclass(frozen=True)
class FormField:
    """A field of the form as it is drawn."""

    name: str
    label: str
    kind: str  # that of the answer, or "email"
    value: str = ""  # as the form sends it; of checkboxes one to a line
    is_required: bool = True
    options: tuple[str, ...] = ()
    help: str = ""
    autocomplete: str = "off"
    maxlength: int | None = None
    error: str = ""
    takes_focus: bool = False
    meant: str = ""  # the address that was probably meant

    @property
    def chosen(self) -> list[str]:
        """The options that are chosen."""
        return self.value.split("\n")

    @property
    def is_short(self) -> bool:
        """Whether two of its like stand side by side."""
        return self.kind in _SHORT and len(self.label) <= _SHORT_LABEL and not self.help


def field_names(link: Link) -> list[str]:
    """The names of all fields."""
    return [*CONTACT, *(field["name"] for field in link.scheduling["form"]["fields"])]


def values_in(given: MultiDict[str, str], names: Iterable[str]) -> dict[str, str]:
    """What a form or an address says in these fields; several values of one stand one to a line."""
    return {name: "\n".join(given.getlist(name)) for name in names}


def rows(link: Link, values: Mapping[str, str], flaws: Sequence[Flaw]) -> list[list[FormField]]:
    """The fields with what was typed and what is wrong with it; the first that is wrong takes the focus."""
    fields = [
        FormField("first_name", _("First name"), "line", autocomplete="given-name", maxlength=100),
        FormField("last_name", _("Last name"), "line", autocomplete="family-name", maxlength=100),
        FormField("email", _("E-mail"), "email"),
        *(_drawn(asked) for asked in forms.asked(link)),
    ]
    filled = _filled(fields, values, flaws)
    return [filled[:2], *_in_pairs(filled[2:])]


def email_alone(value: str, flaws: Sequence[Flaw], help_text: str) -> list[list[FormField]]:
    """The address by itself, for a page that asks for it first."""
    return [_filled([FormField("email", _("E-mail"), "email", help=help_text)], {"email": value}, flaws)]


def _filled(fields: Sequence[FormField], values: Mapping[str, str], flaws: Sequence[Flaw]) -> list[FormField]:
    errors: dict[str, str] = {}
    for flaw in flaws:
        errors.setdefault(flaw.field.rpartition(".")[2], i18n.flaw_message(flaw))
    wrong = next((field.name for field in fields if field.name in errors), None)
    return [
        replace(
            field,
            value=values.get(field.name, ""),
            error=errors.get(field.name, ""),
            takes_focus=field.name == wrong,
            meant=typos.suggestion(values.get(field.name, "")) if field.kind == "email" else "",
        )
        for field in fields
    ]


def _drawn(asked: Asked) -> FormField:
    is_own = asked.type == "property"
    autocomplete = _AUTOCOMPLETE.get(asked.name, "off") if is_own else "off"
    if asked.kind == "phone":
        autocomplete = "tel"
    return FormField(
        asked.name,
        asked.label,
        asked.kind,
        is_required=asked.is_required,
        options=asked.options,
        help=asked.help,
        autocomplete=autocomplete,
    )


def _in_pairs(fields: Sequence[FormField]) -> list[list[FormField]]:
    """Short fields two by two, all others by themselves, in their order."""
    found: list[list[FormField]] = []
    for field in fields:
        if found and field.is_short and len(found[-1]) == 1 and found[-1][0].is_short:
            found[-1].append(field)
        else:
            found.append([field])
    return found
