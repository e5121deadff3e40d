"""A link's document in words: what each of its places is called, and how what stands there is said."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from meetings import i18n
from meetings.domain.fields import AUTO, minute_of
from meetings.domain.reminders import lead_seconds
from meetings.domain.sections import DAYS, DEFAULT_PICTURE, LOGO, SAME_AS_DURATION
from meetings.i18n import gettext as _
from meetings.i18n import lazy_gettext as _l
from meetings.i18n import ngettext
from meetings.models import Property

from . import team_words

# What the places of a document are called, as on the pages where they are typed.
NAMES: Final[Mapping[str, Any]] = {
    "status": _l("Status"),
    "kind": _l("Kind of link"),
    "overview.internal_name": _l("Name"),
    "overview.organizer": _l("Organizer"),
    "overview.title": _l("Title of the meeting"),
    "overview.location": _l("Location"),
    "overview.location_kind": _l("Kind of location"),
    "overview.conferencing": _l("Video conference"),
    "overview.description": _l("Description"),
    "overview.meeting_type": _l("Type of meeting"),
    "team": _l("Team members"),
    "scheduling.slug": _l("Address"),
    "scheduling.heading": _l("Heading"),
    "scheduling.durations": _l("Durations"),
    "scheduling.timezone": _l("Time zone"),
    "scheduling.available_hours": _l("Available hours"),
    "scheduling.date_overrides": _l("Special dates"),
    "scheduling.window": _l("When it can be booked"),
    "scheduling.minimum_notice": _l("Minimum notice"),
    "scheduling.buffer": _l("Free between meetings"),
    "scheduling.start_increment": _l("Start times every"),
    "scheduling.hours": _l("Whose hours count"),
    "scheduling.schedule": _l("Schedule"),
    "scheduling.prioritize_contact_owner": _l("Contacts see their own host first"),
    "scheduling.owner.beyond_team": _l("Also hosts who are not in the team"),
    "scheduling.owner.assign_unowned": _l("Whoever is assigned becomes the contact’s host"),
    "scheduling.welcome.picture": _l("Picture on the welcome page"),
    "scheduling.welcome.text": _l("Text on the welcome page"),
    "scheduling.language": _l("Language"),
    "scheduling.date_format": _l("Dates and times"),
    "scheduling.picture": _l("Picture"),
    "scheduling.visibility": _l("Who finds the page"),
    "scheduling.embed_sites": _l("Sites that may show the page"),
    "scheduling.form.fields": _l("Questions"),
    "scheduling.form.captcha": _l("Protection from robots"),
    "scheduling.form.prefill": _l("Fill in what is known"),
    "scheduling.form.auto_submit": _l("Book at a click on a time"),
    "scheduling.form.consent.mode": _l("Privacy and consent"),
    "scheduling.form.consent.text": _l("Consent text"),
    "scheduling.form.consent.privacy_text": _l("Privacy text"),
    "scheduling.form.consent.processing": _l("Consent to keeping the data"),
    "scheduling.form.consent.processing_label": _l("Words beside that box"),
    "scheduling.form.consent.checkboxes": _l("Consent boxes"),
    "scheduling.form.consent.legal_basis": _l("Legal basis"),
    "scheduling.form.consent.subscriptions": _l("Subscriptions"),
    "scheduling.confirmation.redirect_url": _l("Page after booking"),
    "scheduling.confirmation.pass_details": _l("Pass the details of the booking on"),
    "automation.confirmation_email": _l("Confirmation by e-mail"),
    "automation.reminders": _l("Reminders"),
    "automation.include_description": _l("Include the description of the meeting"),
}

# What the entries of a list are known by; other lists are said as a whole.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "team": ("user",),
    "scheduling.date_overrides": ("date",),
    "scheduling.form.fields": ("label", "name"),
    "scheduling.form.consent.checkboxes": ("label", "id"),
}
_PLACES: Final[Mapping[str, Callable[[int], str]]] = {
    "scheduling.form.fields": lambda number: _("Question %(number)s", number=number),
    "scheduling.form.consent.checkboxes": lambda number: _("Box %(number)s", number=number),
}
SHORT: Final = 120  # characters that fit into a sentence


def name_of(path: str) -> str:
    """What a place of the document is called; one that this version doesn't know, by its path."""
    return str(NAMES.get(path, path))


def value_of(path: str, value: Any) -> str:
    """What stands in a place, in words; nothing where it is blank."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("on") if value else _("off")
    said = _SAID.get(path)
    if said is not None:
        return said(value)
    if isinstance(value, list):
        return _listed(entry_names(path, value))
    return _("“%(text)s”", text=value) if isinstance(value, str) else str(value)


def entry_names(path: str, entries: Sequence[Any]) -> list[str]:
    """What the entries of a list are known by; those that have the same name, or none, by their place as well."""
    if path == "team":
        return team_words.names_of(entries)
    unlabelled = [entry["name"] for entry in entries if _is_unlabelled(entry)]
    labels = {name: label for name, (label, *_rest) in Property.by_names(unlabelled).items()}
    found = [_entry_name(path, entry, labels) for entry in entries]
    return [
        name if name and found.count(name) == 1 else _with_place(path, name, number)
        for number, name in enumerate(found, start=1)
    ]


def _is_unlabelled(entry: Any) -> bool:
    """Whether it asks for a property by the label that the property has."""
    return isinstance(entry, Mapping) and entry.get("type") == "property" and not entry.get("label")


def _entry_name(path: str, entry: Any, labels: Mapping[str, str]) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    if path == "scheduling.date_overrides":
        return _day(entry["date"])
    if _is_unlabelled(entry):
        return i18n.property_label(entry["name"], labels.get(entry["name"], ""), i18n.current_locale())
    return str(entry.get(KEYS[path][0]) or "") if path in KEYS else ""


def _with_place(path: str, name: str, number: int) -> str:
    """A name is said twice only of rows that people write."""
    place = _PLACES[path](number) if path in _PLACES else ""
    return _("%(name)s (%(place)s)", name=name, place=place) if name and place else place or name


def _listed(names: Any) -> str:
    found = [name for name in names if name]
    return i18n.listed(found, i18n.current_locale()) if found else _("none")


# ---- values ----------------------------------------------------------------------------------------------------------


def _minutes(value: Any) -> str:
    if value == SAME_AS_DURATION:
        return _("as long as the meeting")
    return i18n.span_in_words(value, i18n.current_locale()) if value else _("none")


def _durations(value: Sequence[int]) -> str:
    return _listed(i18n.duration(minutes, i18n.current_locale()) for minutes in value)


def _hours(value: Sequence[Mapping[str, Any]]) -> str:
    """Mon, Tue and Wed 09:00–12:00; Fri 09:00–17:00."""
    names = i18n.weekday_names(i18n.current_locale(), from_first=False)
    said = [f"{_listed(names[DAYS.index(day)] for day in entry['days'])} {_span(entry)}" for entry in value]
    return "; ".join(said) or _("none")


def _span(entry: Mapping[str, str]) -> str:
    start, end = (i18n.minute_of_day(minute_of(entry[key]), i18n.current_locale()) for key in ("start", "end"))
    return f"{start}–{end}"


def _dates(value: Sequence[Mapping[str, Any]]) -> str:
    said = (f"{_day(entry['date'])} {', '.join(map(_span, entry['hours'])) or _('off')}" for entry in value)
    return "; ".join(said) or _("none")


def _day(written: str) -> str:
    return i18n.day_of(date.fromisoformat(written), i18n.current_locale(), "short-year")


def _window(value: Mapping[str, Any]) -> str:
    if value["kind"] == "rolling":
        return ngettext("the coming %(num)d week", "the coming %(num)d weeks", value["weeks"])
    return _("%(first)s to %(last)s", first=_day(value["start"]), last=_day(value["end"]))


def _reminders(value: Sequence[Mapping[str, Any]]) -> str:
    locale = i18n.current_locale()
    spans = [i18n.span_in_words(lead_seconds(entry["value"], entry["unit"]) // 60, locale) for entry in value]
    return _("%(times)s before", times=_listed(spans)) if spans else _("none")


def _language(value: str) -> str:
    return _("the visitor’s") if value == AUTO else i18n.language_name(value)


def _one_of(names: Mapping[str, Any]) -> Callable[[Any], str]:
    return lambda value: str(names[value]) if value in names else _("“%(text)s”", text=value)


_SAID: Final[Mapping[str, Callable[[Any], str]]] = {
    "status": _one_of({"draft": _l("draft"), "live": _l("live"), "off": _l("off"), "deleted": _l("deleted")}),
    "overview.location_kind": _one_of(
        {"custom": _l("in own words"), "address": _l("an address"), "phone": _l("by phone"), "link": _l("on the web")}
    ),
    "overview.conferencing": _one_of({"none": _l("none")}),
    "team": team_words.said,
    "scheduling.hours": _one_of({"link": _l("the link’s own"), "hosts": _l("each host’s own")}),
    "scheduling.durations": _durations,
    "scheduling.timezone": lambda value: i18n.zone_city(value, i18n.current_locale()),
    "scheduling.available_hours": _hours,
    "scheduling.date_overrides": _dates,
    "scheduling.window": _window,
    "scheduling.minimum_notice": _minutes,
    "scheduling.buffer": _minutes,
    "scheduling.start_increment": _minutes,
    "scheduling.language": _language,
    "scheduling.date_format": _language,
    "scheduling.picture": lambda value: {DEFAULT_PICTURE: _("the host’s"), LOGO: _("the logo")}.get(
        value, _("one of its own")
    ),
    "scheduling.welcome.picture": lambda value: {DEFAULT_PICTURE: _("the team’s faces"), LOGO: _("the logo")}.get(
        value, _("one of its own")
    ),
    "scheduling.visibility": _one_of(
        {
            "open": _l("whoever has the address"),
            "hidden": _l("whoever has the address, without any list"),
            "single_use": _l("whoever has an address made for them"),
        }
    ),
    "scheduling.form.consent.mode": _one_of(
        {
            "account": _l("as for all links"),
            "off": _l("off"),
            "consent": _l("consent"),
            "legitimate_interest": _l("legitimate interest"),
        }
    ),
    "scheduling.form.consent.processing": _one_of({"implicit": _l("by booking"), "checkbox": _l("by a box to tick")}),
    "scheduling.form.consent.legal_basis": _one_of(
        {
            "legitimate_interest_prospect": _l("legitimate interest in a possible customer"),
            "legitimate_interest_customer": _l("legitimate interest in a customer"),
            "legitimate_interest_other": _l("another legitimate interest"),
            "performance_of_contract": _l("performance of a contract"),
            "consent_with_notice": _l("consent with notice"),
            "not_applicable": _l("not applicable"),
        }
    ),
    "automation.reminders": _reminders,
}
