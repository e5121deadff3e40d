"""The link document: checked whole or by section, patched, and turned into the rules of its times.

The wizard and the API use it alike. Null and absent are the same in it: the field's default, or "required".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from meetings.domain import personalize
from meetings.domain.availability import DateRange, Hours, Kind, Rolling, Rules, Window
from meetings.domain.fields import AUTO, Field, Flaw, choice, email_key, minute_of, unknown_fields
from meetings.domain.form import ONE_TO_ONE, property_names, subscriptions_of
from meetings.domain.naming import slug_from
from meetings.domain.sections import DAYS, DEFAULT_PICTURE, FIELDS, LOGO, SAME_AS_DURATION
from meetings.domain.time import zone
from meetings.domain.typed import parse_hours

__all__ = [
    "SECTIONS",
    "Surroundings",
    "check",
    "check_section",
    "defaults",
    "hours_of",
    "merge_patch",
    "parse_hours",
    "property_names",
    "rules",
    "slug_from",
    "subscription_flaws",
]

SECTIONS: Final = ("overview", "team", "scheduling", "automation")
_KIND = Field(choice(*Kind), required=True)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document is held against beside its own words."""

    timezone: str = "UTC"  # the organizer's, and so the link's unless it says otherwise
    organizer: str | None = None  # who organizes where the document doesn't say
    languages: Collection[str] | None = None  # that the booking page speaks; None: whatever looks like one
    formats: Collection[str] | None = None  # locales in which dates can be written; None: the same
    properties: Collection[str] = ()  # of contacts, by name: what titles may mention as {{ contact.<name> }}
    meeting_types: Collection[str] | None = None  # that admins keep; None: any
    subscriptions: Collection[str] | None = None  # types of them, by name; None: any
    pictures: Collection[str] | None = None  # that were uploaded, by name; None: any
    schedules: Collection[str] | None = None  # of the organizer, by name; None: any


NOWHERE: Final = Surroundings()


# ---- checking --------------------------------------------------------------------------------------------------------


def defaults(kind: str, timezone: str) -> dict[str, Any]:
    """A whole document with nothing said yet: internal name and slug blank, the organizer whoever asks."""
    return check({"kind": kind}, Surroundings(timezone=timezone))[0]


def check(
    document: object, around: Surroundings = NOWHERE, *, kind: str | None = None
) -> tuple[dict[str, Any], list[Flaw]]:
    """The document complete and clean, and what is wrong with it; what is wrong stands there with its default.

    `kind`: the kind that the link has already, which stays.
    """
    given: Mapping[Any, object] = document if isinstance(document, Mapping) else {}
    flaws = [] if isinstance(document, Mapping) else [Flaw("", "not-an-object")]
    flaws += unknown_fields(given, ("kind", *SECTIONS), "")
    chosen, kind_flaws = _checked_kind(given.get("kind"), kind)
    scheduling, scheduling_flaws = check_section("scheduling", given.get("scheduling"), chosen, around)
    wider = replace(around, properties={*around.properties, *property_names(scheduling)})
    overview, overview_flaws = check_section("overview", given.get("overview"), chosen, wider)
    owned = replace(around, organizer=overview["organizer"])
    team, team_flaws = check_section("team", given.get("team"), chosen, owned)
    if kind_flaws:  # whether a team fits can't be told
        team_flaws = FIELDS["team"].read(given.get("team"), "team")[1]
    automation, automation_flaws = check_section("automation", given.get("automation"), chosen, around)
    clean = {
        "kind": chosen,
        "overview": overview,
        "team": team,
        "scheduling": scheduling,
        "automation": automation,
    }
    return clean, flaws + kind_flaws + overview_flaws + team_flaws + scheduling_flaws + automation_flaws


def check_section(name: str, values: object, kind: str, around: Surroundings = NOWHERE) -> tuple[Any, list[Flaw]]:
    """One section, as a step of the wizard has it; the flaws' fields begin with its name.

    The team is a list, the others are objects.
    """
    if name == "scheduling":
        values = _with_zone(values, around.timezone)
    clean, flaws = FIELDS[name].read(values, name)
    match name:
        case "overview":
            clean["organizer"] = clean["organizer"] or around.organizer
            flaws += personalize.check(clean["title"], "overview.title", around.properties)
            if not _is_known(clean["meeting_type"], around.meeting_types, None):
                flaws.append(Flaw("overview.meeting_type", "unknown-meeting-type"))
        case "scheduling":
            flaws += _language_flaws(clean, around)
            flaws += _picture_flaws(clean, around)
            if not _is_known(clean["schedule"], around.schedules, None):
                flaws.append(Flaw("scheduling.schedule", "unknown-schedule"))
            flaws += subscription_flaws(clean["form"]["consent"], around.subscriptions, "scheduling.form.consent")
        case "team":
            clean, team_flaws = _fitting_team(clean, kind, around.organizer)
            flaws += [] if flaws else team_flaws
    return clean, flaws


def _checked_kind(value: object, fixed: str | None) -> tuple[str, list[Flaw]]:
    kind, flaws = _KIND.read(value, "kind")
    if fixed is not None and not flaws and kind != fixed:
        flaws = [Flaw("kind", "fixed")]
    return str(fixed or kind or Kind.INDIVIDUAL), flaws


def _with_zone(values: object, timezone: str) -> object:
    if values is None:
        return {"timezone": timezone}
    if isinstance(values, Mapping) and values.get("timezone") is None:
        return {**values, "timezone": timezone}
    return values


def _is_known(value: object, known: Collection[str] | None, *always: str | None) -> bool:
    return known is None or value in always or value in known


def _language_flaws(scheduling: Mapping[str, Any], around: Surroundings) -> list[Flaw]:
    known = {"language": around.languages, "date_format": around.formats}
    return [
        Flaw(f"scheduling.{field}", "not-a-language")
        for field, codes in known.items()
        if not _is_known(scheduling[field], codes, AUTO)
    ]


def _picture_flaws(scheduling: Mapping[str, Any], around: Surroundings) -> list[Flaw]:
    shown = {"picture": scheduling["picture"], "welcome.picture": scheduling["welcome"]["picture"]}
    return [
        Flaw(f"scheduling.{field}", "unknown-picture")
        for field, name in shown.items()
        if not _is_known(name, around.pictures, DEFAULT_PICTURE, LOGO)
    ]


def subscription_flaws(consent: Mapping[str, Any], known: Collection[str] | None, path: str) -> list[Flaw]:
    """Subscriptions that a clean consent speaks of and nobody knows."""
    return [
        Flaw(f"{path}.{place}", "unknown-subscription")
        for place, name in subscriptions_of(consent).items()
        if not _is_known(name, known, ONE_TO_ONE)
    ]


def _fitting_team(
    team: list[dict[str, Any]], kind: str, organizer: str | None
) -> tuple[list[dict[str, Any]], list[Flaw]]:
    """The team that a link of this kind may have.

    An individual link has none (naming its organizer does no harm), a round robin at least one member. A group is
    never without: its organizer is added when it is saved.
    """
    if kind == Kind.INDIVIDUAL:
        others = [member for member in team if organizer is None or email_key(member["user"]) != email_key(organizer)]
        return [], ([Flaw("team", "team-not-allowed")] if others else [])
    if kind == Kind.ROUND_ROBIN and not team:
        return team, [Flaw("team", "too-few", {"minimum": 1})]
    return team, []


# ---- changing --------------------------------------------------------------------------------------------------------


def merge_patch(document: object, patch: object) -> Any:
    """The document after an RFC 7396 patch: objects merged, lists replaced, null fields taken away.

    `check` gives those their defaults. A window of another kind replaces the old one, of which nothing would fit.
    The result may share values with what it was made from.
    """
    return _patched(document, patch, "")


def _patched(target: object, patch: object, path: str) -> Any:
    # No deeper than the target itself: below that there is nothing to merge, however deep a patch is nested.
    if not isinstance(patch, Mapping) or not isinstance(target, Mapping) or _is_other_window(target, patch, path):
        return patch
    kept = {key: value for key, value in target.items() if key not in patch}
    changed = {
        key: _patched(target.get(key), value, f"{path}.{key}") for key, value in patch.items() if value is not None
    }
    return kept | changed


def _is_other_window(target: Mapping[Any, object], patch: Mapping[Any, object], path: str) -> bool:
    return path == ".scheduling.window" and patch.get("kind") not in (None, target.get("kind"))


# ---- meaning ---------------------------------------------------------------------------------------------------------


def rules(scheduling: Mapping[str, Any]) -> Rules:
    """What a clean section says about times, for the engine.

    Hours and dates are sorted, so that two ways of writing the same hours are equal.
    """
    increment = scheduling["start_increment"]
    hours = hours_of(scheduling)
    return Rules(
        zone=hours.zone.key,
        windows=hours.windows,
        overrides=hours.overrides,
        increment=None if increment == SAME_AS_DURATION else increment,
        minimum_notice=scheduling["minimum_notice"],
        buffer=scheduling["buffer"],
        horizon=_horizon(scheduling["window"]),
    )


def hours_of(said: Mapping[str, Any]) -> Hours:
    """The hours that a clean section or a schedule says, for the engine; starts are counted by a link's rules."""
    windows, overrides = _windows(said["available_hours"]), _overrides(said["date_overrides"])
    return Hours(zone(said["timezone"]), windows, overrides, step=1)


def _windows(available_hours: list[dict[str, Any]]) -> tuple[Window, ...]:
    ends = {(DAYS.index(day), *_minutes(hours)) for hours in available_hours for day in hours["days"]}
    return tuple(Window(*window) for window in sorted(ends))


def _overrides(date_overrides: list[dict[str, Any]]) -> tuple[tuple[date, tuple[tuple[int, int], ...]], ...]:
    return tuple(
        sorted(
            (date.fromisoformat(override["date"]), tuple(sorted({_minutes(hours) for hours in override["hours"]})))
            for override in date_overrides
        )
    )


def _minutes(hours: Mapping[str, str]) -> tuple[int, int]:
    return minute_of(hours["start"]), minute_of(hours["end"])


def _horizon(window: Mapping[str, Any]) -> Rolling | DateRange:
    if window["kind"] == "rolling":
        return Rolling(window["weeks"])
    return DateRange(date.fromisoformat(window["start"]), date.fromisoformat(window["end"]))
