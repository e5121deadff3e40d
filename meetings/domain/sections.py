"""The fields of a link's four sections: what each may hold, and what it holds when nothing is said."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from meetings.domain.availability import MAX_BUFFER
from meetings.domain.fields import (
    AUTO,
    Check,
    Checked,
    Field,
    Flaw,
    boolean,
    choice,
    email,
    email_key,
    https_url,
    iso_date,
    joined,
    language,
    list_of,
    minute_of,
    minutes,
    name,
    none_if_blank,
    record,
    refuse,
    slug,
    text,
    time_of_day,
    whole,
    zone_name,
)
from meetings.domain.naming import name_from
from meetings.domain.personalize import TITLE_MAX
from meetings.domain.reminders import MAXIMUM_LEAD, MINIMUM_LEAD, UNITS, lead_seconds

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SAME_AS_DURATION: Final = "duration"

# Characters.
INTERNAL_NAME_MAX: Final = 120
LOCATION_MAX: Final = 500
DESCRIPTION_MAX: Final = 5000
MEETING_TYPE_MAX: Final = 100
HEADING_MAX: Final = 200
LABEL_MAX: Final = 200
CONSENT_TEXT_MAX: Final = 5000

# Minutes, but for weeks and days where the name says so.
DURATION_MIN: Final = 5
DURATION_MAX: Final = 720
NOTICE_MAX: Final = 60 * 1440
WEEKS_MAX: Final = 52
RANGE_DAYS_MAX: Final = 70  # both ends included

# Entries of lists, and a member's weight.
DURATIONS_MAX: Final = 10
HOURS_MAX: Final = 100
OVERRIDES_MAX: Final = 400
OVERRIDE_HOURS_MAX: Final = 24
MEMBERS_MAX: Final = 100
WEIGHT_MAX: Final = 1000
QUESTIONS_MAX: Final = 20
CHECKBOXES_MAX: Final = 10
REMINDERS_MAX: Final = 3

# Names that the booking page's own fields and its address have taken.
RESERVED_FIELD_NAMES: Final = frozenset(
    {"email", "first_name", "last_name", "timezone", "duration", "month", "date", "start", "token"}
    | {"clock", "lang", "new", "moved"}
)


def _line(maximum: int) -> Field:
    return Field(text(maximum), "")


def _lines(maximum: int) -> Field:
    return Field(text(maximum, lines=True), "")


# ---- overview and team -----------------------------------------------------------------------------------------------

_OVERVIEW = record(
    {
        "internal_name": Field(text(INTERNAL_NAME_MAX), "", required=True),
        "organizer": Field(none_if_blank(email)),
        "title": _line(TITLE_MAX),
        "location": _line(LOCATION_MAX),
        "conferencing": Field(choice("none"), "none"),
        "description": _lines(DESCRIPTION_MAX),
        "meeting_type": Field(none_if_blank(text(MEETING_TYPE_MAX))),
    }
)
_MEMBER = record(
    {
        "user": Field(email, required=True),
        "check_availability": Field(boolean, True),
        "weight": Field(whole(1, WEIGHT_MAX), 1),
    }
)
_TEAM = list_of(_MEMBER, maximum=MEMBERS_MAX, same=lambda member: email_key(member["user"]), at="user")


# ---- scheduling: hours -----------------------------------------------------------------------------------------------


def _start_of_hours(value: object, path: str) -> Checked:
    return refuse(path, "not-a-time") if value == "24:00" else time_of_day(value, path)


def _ends_after_start(hours: dict[str, Any], path: str) -> list[Flaw]:
    if minute_of(hours["start"]) < minute_of(hours["end"]):
        return []
    return [Flaw(joined(path, "end"), "ends-before-start")]


def _days(value: object, path: str) -> Checked:
    """Days of the week, put into the week's order."""
    days, flaws = list_of(choice(*DAYS), minimum=1, maximum=len(DAYS), same=str)(value, path)
    return days and sorted(days, key=DAYS.index), flaws


_ENDS = {"start": Field(_start_of_hours, required=True), "end": Field(time_of_day, required=True)}
_HOURS = record({"days": Field(_days, required=True), **_ENDS}, also=_ends_after_start)
_DATE_OVERRIDE = record(
    {
        "date": Field(iso_date, required=True),
        "hours": Field(list_of(record(_ENDS, also=_ends_after_start), maximum=OVERRIDE_HOURS_MAX), []),
    }
)
_OFFICE_HOURS = [{"days": list(DAYS[:5]), "start": "09:00", "end": "17:00"}]


# ---- scheduling: how far ahead, how often ----------------------------------------------------------------------------


def _is_short_enough(window: dict[str, Any], path: str) -> list[Flaw]:
    first, last = date.fromisoformat(window["start"]), date.fromisoformat(window["end"])
    if last < first:
        return [Flaw(joined(path, "end"), "ends-before-start")]
    if (last - first).days >= RANGE_DAYS_MAX:
        return [Flaw(joined(path, "end"), "range-too-long", {"maximum": RANGE_DAYS_MAX})]
    return []


_WINDOWS: Mapping[str, Check] = {
    "rolling": record({"kind": Field(choice("rolling")), "weeks": Field(whole(1, WEEKS_MAX), 2)}),
    "range": record(
        {
            "kind": Field(choice("range")),
            "start": Field(iso_date, required=True),
            "end": Field(iso_date, required=True),
        },
        also=_is_short_enough,
    ),
}


def _window(value: object, path: str) -> Checked:
    """One of two shapes, told apart by `kind`; half of one is of no use."""
    if not isinstance(value, Mapping):
        return refuse(path, "not-an-object")
    kind, flaws = Field(choice(*_WINDOWS), required=True).read(value.get("kind"), joined(path, "kind"))
    if flaws:
        return None, flaws
    clean, flaws = _WINDOWS[kind](value, path)
    return (None if flaws else clean), flaws


def _increment(value: object, path: str) -> Checked:
    if value == SAME_AS_DURATION:
        return SAME_AS_DURATION, []
    return minutes(DURATION_MIN, DURATION_MAX)(value, path)


# ---- scheduling: the form --------------------------------------------------------------------------------------------


def _is_labelled(field: dict[str, Any], path: str) -> list[Flaw]:
    if field["type"] == "property" or field["label"]:
        return []  # a property has a label of its own
    return [Flaw(joined(path, "label"), "required")]


_FORM_FIELD = record(
    {
        "name": Field(name(RESERVED_FIELD_NAMES), ""),
        "label": _line(LABEL_MAX),
        "type": Field(choice("property", "question"), required=True),
        "required": Field(boolean, True),
    },
    also=_is_labelled,
)
_CHECKBOX = record(
    {
        "id": Field(name(), ""),
        "label": Field(text(CONSENT_TEXT_MAX), required=True),
        "required": Field(boolean, False),
    }
)


def _named(entries: Check, key: str) -> Check:
    """A list whose entries each have a name of their own, made from the label where none is given."""

    def check(value: object, path: str) -> Checked:
        clean, flaws = entries(value, path)
        if clean is None or flaws:
            return None, flaws
        names = [entry[key] for entry in clean]
        twice = [
            Flaw(joined(path, f"{index}.{key}"), "duplicate")
            for index, given in enumerate(names)
            if given and given in names[:index]
        ]
        return (None if twice else _with_names(clean, key)), twice

    return check


def _with_names(entries: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    taken = RESERVED_FIELD_NAMES | {entry[key] for entry in entries}
    named = []
    for entry in entries:
        given = entry[key] or name_from(entry["label"], taken)
        taken |= {given}
        named.append({**entry, key: given})
    return named


_CONSENT = record(
    {
        "mode": Field(choice("off", "consent", "legitimate_interest"), "off"),
        "text": _lines(CONSENT_TEXT_MAX),
        "checkboxes": Field(_named(list_of(_CHECKBOX, maximum=CHECKBOXES_MAX), "id"), []),
    }
)
_FORM_RECORD = record(
    {
        "fields": Field(_named(list_of(_FORM_FIELD, maximum=QUESTIONS_MAX), "name"), []),
        "captcha": Field(boolean, False),
        "consent": Field(_CONSENT, {}),
        "prefill": Field(boolean, True),
        "auto_submit": Field(boolean, False),
    }
)


def _form(value: object, path: str) -> Checked:
    clean, flaws = _FORM_RECORD(value, path)
    if clean is not None and not clean["prefill"]:
        clean["auto_submit"] = False  # with nothing filled in there is nothing to submit
    return clean, flaws


_SCHEDULING = record(
    {
        "slug": Field(slug, "", required=True),
        "heading": _line(HEADING_MAX),
        "durations": Field(
            list_of(minutes(DURATION_MIN, DURATION_MAX), minimum=1, maximum=DURATIONS_MAX, same=int), [30]
        ),
        "timezone": Field(zone_name, "UTC"),
        "available_hours": Field(list_of(_HOURS, maximum=HOURS_MAX), _OFFICE_HOURS),
        "date_overrides": Field(
            list_of(_DATE_OVERRIDE, maximum=OVERRIDES_MAX, same=lambda override: override["date"], at="date"), []
        ),
        "window": Field(_window, {"kind": "rolling"}),
        "minimum_notice": Field(minutes(0, NOTICE_MAX), 0),
        "buffer": Field(minutes(0, MAX_BUFFER), 0),
        "start_increment": Field(_increment, 15),
        "prioritize_contact_owner": Field(boolean, False),
        "language": Field(language, AUTO),
        "date_format": Field(language, AUTO),
        "form": Field(_form, {}),
        "confirmation": Field(record({"redirect_url": Field(https_url)}), {}),
    }
)


# ---- automation ------------------------------------------------------------------------------------------------------


def _is_in_reach(reminder: dict[str, Any], path: str) -> list[Flaw]:
    if MINIMUM_LEAD <= lead_seconds(**reminder) <= MAXIMUM_LEAD:
        return []
    limits = {"minimum_minutes": MINIMUM_LEAD // UNITS["minutes"], "maximum_weeks": MAXIMUM_LEAD // UNITS["weeks"]}
    return [Flaw(joined(path, "value"), "reminder-out-of-range", limits)]


_REMINDER = record(
    {
        "value": Field(whole(1, MAXIMUM_LEAD // UNITS["minutes"]), required=True),
        "unit": Field(choice(*UNITS), required=True),
    },
    also=_is_in_reach,
)
_AUTOMATION = record(
    {
        "confirmation_email": Field(boolean, True),
        "reminders": Field(
            list_of(_REMINDER, maximum=REMINDERS_MAX, same=lambda reminder: lead_seconds(**reminder), at="value"), []
        ),
        "include_description": Field(boolean, True),
    }
)

FIELDS: Final[Mapping[str, Field]] = {
    "overview": Field(_OVERVIEW, {}),
    "team": Field(_TEAM, []),
    "scheduling": Field(_SCHEDULING, {}),
    "automation": Field(_AUTOMATION, {}),
}
