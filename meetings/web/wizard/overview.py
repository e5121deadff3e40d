"""The page of names: for whom the link is, and the meeting as both calendars will have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import current_app

from meetings import i18n
from meetings.domain import personalize
from meetings.domain.answers import Asked
from meetings.domain.place import Place
from meetings.i18n import gettext as _
from meetings.models import Link, MeetingType, Property, User
from meetings.models.links import DRAFT
from meetings.services import access, forms

from ..forms.wizard.overview import fallback_of
from ..session import signed_in
from .page import Page

CONTACT: Final = "contact"
COMPANY: Final = "company"
ALWAYS_KNOWN: Final = ("contact.first_name", "contact.last_name", "contact.email")

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TokenShown:
    """A token as its menu offers it."""

    name: str  # as titles have it
    label: str
    sample: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Tokens of one thing, and what is written where a value is not known."""

    name: str
    label: str
    field: str
    fallback: str
    tokens: list[TokenShown]


def context(page: Page) -> dict[str, Any]:
    """What the template needs beside what every page has."""
    tokens = _tokens(page)
    return {
        "address_host": current_app.config["BASE_URL"].partition("://")[2],
        "slug_is_free": bool(page.typed["slug"].strip()) and "slug" not in page.errors,
        "organizers": _organizers(page.link),
        "menus": _menus(page, tokens),
        "meeting_types": _meeting_types(page),
        "events": _events(page, tokens),
    }


# ---- tokens ----------------------------------------------------------------------------------------------------------


def _tokens(page: Page) -> list[TokenShown]:
    """All that a title may mention, with what it stands for in the case of Maren Holt."""
    fixed = [
        TokenShown("contact.first_name", _("First name"), _("Maren")),
        TokenShown("contact.last_name", _("Last name"), _("Holt")),
        TokenShown("contact.email", _("E-mail"), "maren@nordlicht.example"),
    ]
    company = [
        TokenShown("company.name", _("Name"), _("Nordlicht")),
        TokenShown("company.domain", _("Website"), "nordlicht.example"),
    ]
    return [*fixed, *_of_properties(page), *company]


def _of_properties(page: Page) -> list[TokenShown]:
    """The contact's further properties: those that there are, and those that this form is about to bring."""
    asked = [
        Asked(made.name, i18n.property_label(made.name, made.label, page.locale), "property", made.kind, made.options)
        for made in Property.in_order()
        if made.name != COMPANY  # it has a menu of its own
    ]
    known = {one.name for one in asked}
    form = forms.asked_in(page.found.document["scheduling"], page.locale)
    asked += [one for one in form if one.type == "property" and one.name not in {COMPANY, *known}]
    return [TokenShown(f"contact.{one.name}", one.label, _sample(one, page.locale)) for one in asked]


def _sample(asked: Asked, locale: str) -> str:
    """What Maren Holt might have answered."""
    named = {"job_title": _("Sound engineer")}
    by_kind = {"number": "12", "date": "2026-12-03", "yes_no": "yes", "phone": "+47 22 55 01 80"}
    if asked.name in named:
        return named[asked.name]
    if asked.options:
        return asked.options[0]
    if asked.kind == "url":
        return "nordlicht.example"
    value = by_kind.get(asked.kind)
    return i18n.answer_in_words(asked.kind, value, locale) if value else _("“%(question)s”", question=asked.label)


def _menus(page: Page, tokens: list[TokenShown]) -> list[Menu]:
    labels = {CONTACT: _("Contact"), COMPANY: _("Company")}
    return [
        Menu(
            group,
            label,
            fallback_of(group),
            page.typed[fallback_of(group)],
            [token for token in tokens if token.name.partition(".")[0] == group],
        )
        for group, label in labels.items()
    ]


# ---- the event -------------------------------------------------------------------------------------------------------


def _events(page: Page, tokens: list[TokenShown]) -> list[dict[str, Any]]:
    """The meeting as it will stand in both calendars: with everything known, and with what the form insists on."""
    overview = page.found.document["overview"]
    everything = {token.name: token.sample for token in tokens}
    must = {*ALWAYS_KNOWN, *_required(page)}
    least = {name: sample if name in must else "" for name, sample in everything.items()}
    full, bare = (_title(page, overview["title"], values) for values in (everything, least))
    minutes = page.found.document["scheduling"]["durations"][0]
    shared = {
        "time": i18n.minute_of_day(14 * 60 + 30, page.locale),
        "length": i18n.duration(minutes, page.locale),
        "location": Place(overview["location_kind"], overview["location"]).line,
    }
    if full == bare:
        return [{"title": full, "known": "", **shared}]
    return [
        {"title": full, "known": _("If everything is known"), **shared},
        {"title": bare, "known": _("If only what you require is known"), **shared},
    ]


def _required(page: Page) -> set[str]:
    """Tokens of what nobody books without answering."""
    form = page.found.document["scheduling"]["form"]["fields"]
    names = {field["name"] for field in form if field["type"] == "property" and field["required"]}
    return {f"contact.{name}" for name in names} | ({"company.name"} if COMPANY in names else set())


def _title(page: Page, template: str, values: Values) -> str:
    name = f"{values['contact.first_name']} {values['contact.last_name']}"
    filled = personalize.fill(template, values)
    return filled or i18n.default_title(name, page.link.organizer.name, page.locale)


# ---- choices ---------------------------------------------------------------------------------------------------------


def _meeting_types(page: Page) -> list[tuple[str, str]]:
    """The types to choose from; one that is off the list by now stays where it was chosen."""
    names = [row.name for row in MeetingType.in_order()]
    own = page.link.overview.get("meeting_type") or ""
    if own and own not in names:
        names.append(own)
    return [("", _("None")), *((name, name) for name in names)] if names else []


def _organizers(link: Link) -> list[tuple[str, str]]:
    """For whom an admin may make a link; nobody to choose from once it exists."""
    user = signed_in()
    if link.status != DRAFT or not user.is_admin:
        return []
    return [(person.email, _organizer_name(person, user)) for person in access.team() if person.is_active]


def _organizer_name(person: User, user: User) -> str:
    return _("%(name)s (you)", name=person.name) if person.id == user.id else person.name
