"""The fields of a link's four sections: what each may hold, and what it holds when nothing is said."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from meetings.domain import place, rich_text
from meetings.domain.availability import MAX_BUFFER
from meetings.domain.fields import (
    AUTO,
    SLUG_MAX,
    Check,
    Checked,
    Field,
    Flaw,
    boolean,
    choice,
    email,
    email_key,
    https_site,
    https_url,
    iso_date,
    joined,
    language,
    list_of,
    minute_of,
    minutes,
    none_if_blank,
    phone,
    record,
    refuse,
    slug,
    text,
    time_of_day,
    whole,
    zone_name,
)
from meetings.domain.form import check_form
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
WELCOME_MAX: Final = 500
SCHEDULE_NAME_MAX: Final = 80

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
REMINDERS_MAX: Final = 3
SITES_MAX: Final = 20

LINK_HOURS: Final = "link"
HOSTS_HOURS: Final = "hosts"
HOURS_OF: Final = (LINK_HOURS, HOSTS_HOURS)
LOCATION_KINDS: Final = (place.CUSTOM, place.ADDRESS, place.PHONE, place.LINK)
VISIBILITIES: Final = ("open", "hidden", "single_use")
DEFAULT_PICTURE: Final = "default"  # the host's own
LOGO: Final = "logo"  # the team's

_PICTURE_NAME = re.compile("[0-9a-f]{32}[.]webp")
_OWN_PAGE = re.compile(rf"/book/[A-Za-z0-9_-]{{1,{SLUG_MAX}}}")


def _line(maximum: int) -> Field:
    return Field(text(maximum), "")


# ---- overview and team -----------------------------------------------------------------------------------------------


def _is_such_a_place(overview: dict[str, Any], path: str) -> list[Flaw]:
    """A phone number where one is meant, an address of the web where that is meant. Blank is always possible."""
    if not overview["location"]:
        return []
    return _PLACES[overview["location_kind"]](overview["location"], joined(path, "location"))[1]


_PLACES: Mapping[str, Check] = {
    place.CUSTOM: text(LOCATION_MAX),
    place.ADDRESS: text(LOCATION_MAX, lines=True),
    place.PHONE: phone,
    place.LINK: https_url,
}
_OVERVIEW = record(
    {
        "internal_name": Field(text(INTERNAL_NAME_MAX), "", required=True),
        "organizer": Field(none_if_blank(email)),
        "title": _line(TITLE_MAX),
        "location": Field(text(LOCATION_MAX, lines=True), ""),
        "location_kind": Field(choice(*LOCATION_KINDS), LOCATION_KINDS[0]),
        "conferencing": Field(choice("none"), "none"),
        "description": Field(rich_text.check(DESCRIPTION_MAX), ""),
        "meeting_type": Field(none_if_blank(text(MEETING_TYPE_MAX))),
    },
    also=_is_such_a_place,
)
_MEMBER = record(
    {
        "user": Field(email, required=True),
        "check_availability": Field(boolean, True),
        "weight": Field(whole(1, WEIGHT_MAX), 1),
        "paused": Field(boolean, False),
        "schedule": Field(none_if_blank(text(SCHEDULE_NAME_MAX))),  # one of the member's own; none: their first
    }
)


def member_of(email: str) -> dict[str, Any]:
    """A member of whom nothing else is said."""
    return dict(_MEMBER({"user": email}, "")[0])


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
# When somebody can be met: what links and named schedules say alike.
_TIMES = {
    "timezone": Field(zone_name, "UTC"),
    "available_hours": Field(list_of(_HOURS, maximum=HOURS_MAX), _OFFICE_HOURS),
    "date_overrides": Field(
        list_of(_DATE_OVERRIDE, maximum=OVERRIDES_MAX, same=lambda override: override["date"], at="date"), []
    ),
}
check_schedule: Final = record(
    {"name": Field(text(SCHEDULE_NAME_MAX), "", required=True), **_TIMES, "first": Field(boolean, False)}
)


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


# ---- scheduling: the page and what follows it ------------------------------------------------------------------------


def _picture(value: object, path: str) -> Checked:
    """One of the two that are always there, or the name of an uploaded one."""
    if isinstance(value, str) and (value in {DEFAULT_PICTURE, LOGO} or _PICTURE_NAME.fullmatch(value)):
        return value, []
    return refuse(path, "unknown-picture")


def _page_after(value: object, path: str) -> Checked:
    """An https address, or a booking page of this place by its path."""
    if isinstance(value, str) and _OWN_PAGE.fullmatch(value.strip()):
        return value.strip(), []
    return https_url(value, path)


_WELCOME = record({"picture": Field(_picture, DEFAULT_PICTURE), "text": Field(text(WELCOME_MAX, lines=True), "")})
# An owner may be met who is no member (`beyond_team`); who is assigned a contact without one owns them from then on.
_OWNER = record({"beyond_team": Field(boolean, False), "assign_unowned": Field(boolean, False)})
_CONFIRMATION = record({"redirect_url": Field(_page_after), "pass_details": Field(boolean, False)})

_SCHEDULING = record(
    {
        "slug": Field(slug, "", required=True),
        "heading": _line(HEADING_MAX),
        "durations": Field(
            list_of(minutes(DURATION_MIN, DURATION_MAX), minimum=1, maximum=DURATIONS_MAX, same=int), [30]
        ),
        **_TIMES,
        "hours": Field(choice(*HOURS_OF), LINK_HOURS),  # whose hours count: the link's, or each host's own schedule
        "schedule": Field(none_if_blank(text(SCHEDULE_NAME_MAX))),  # the organizer's, where nobody else is met
        "window": Field(_window, {"kind": "rolling"}),
        "minimum_notice": Field(minutes(0, NOTICE_MAX), 0),
        "buffer": Field(minutes(0, MAX_BUFFER), 0),
        "start_increment": Field(_increment, 15),
        "prioritize_contact_owner": Field(boolean, False),
        "owner": Field(_OWNER, {}),
        "welcome": Field(_WELCOME, {}),
        "language": Field(language, AUTO),
        "date_format": Field(language, AUTO),
        "picture": Field(_picture, DEFAULT_PICTURE),
        "visibility": Field(choice(*VISIBILITIES), VISIBILITIES[0]),
        "embed_sites": Field(list_of(https_site, maximum=SITES_MAX, same=str), []),  # none: any site may show the page
        "form": Field(check_form, {}),
        "confirmation": Field(_CONFIRMATION, {}),
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
        "value": Field(whole(0, MAXIMUM_LEAD // UNITS["minutes"]), required=True),  # 0 is refused in words of reminders
        "unit": Field(choice(*UNITS), required=True),
    },
    also=_is_in_reach,
)
check_reminders: Final = list_of(
    _REMINDER, maximum=REMINDERS_MAX, same=lambda reminder: lead_seconds(**reminder), at="value"
)
_AUTOMATION = record(
    {
        "confirmation_email": Field(boolean, True),
        "reminders": Field(check_reminders, []),
        "include_description": Field(boolean, True),
    }
)

FIELDS: Final[Mapping[str, Field]] = {
    "overview": Field(_OVERVIEW, {}),
    "team": Field(_TEAM, []),
    "scheduling": Field(_SCHEDULING, {}),
    "automation": Field(_AUTOMATION, {}),
}
