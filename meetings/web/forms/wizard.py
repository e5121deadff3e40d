"""Pages of the wizard: what was typed ⇄ sections of the link document.

Plain dictionaries instead of form classes: rows come, go and move at every button, whatever was typed must come back
unchanged (also as JSON, from `Link.unsaved`), and the rules stay in `domain/link.py`. Rows are read by their order on
the page, so that moving a row needs no new names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from meetings.domain.fields import Flaw, typed_number, wall_of
from meetings.domain.link import parse_hours
from meetings.domain.reminders import UNITS as REMINDER_UNITS
from meetings.domain.sections import DAYS

Typed = dict[str, Any]  # what stands in the controls of one page
Posted = MultiDict[str, str]

STEPS = ("overview", "scheduling", "form", "automation")
UNITS = tuple(REMINDER_UNITS)
DAY = 24 * 60
FIRST_HOURS = {"start": "09:00", "end": "17:00"}
MOST_WINDOWS = 12  # of a day; a page that grows by accident helps nobody


# ---- from the page ---------------------------------------------------------------------------------------------------


def read(step: str, posted: Posted) -> Typed:
    """What was typed on the page of a step."""
    return _READERS[step](posted)


def _read_overview(posted: Posted) -> Typed:
    keys = ("internal_name", "organizer", "slug", "title", "location", "description")
    return {key: posted.get(key, "") for key in keys}


def _read_scheduling(posted: Posted) -> Typed:
    keys = ("heading", "new_duration", "timezone", "window", "weeks", "first", "last")
    more = ("minimum_notice", "buffer", "start_increment", "language", "date_format", "same_start", "same_end")
    return {
        **{key: posted.get(key, "") for key in (*keys, *more)},
        "durations": posted.getlist("duration"),
        "days": {day: _read_day(posted, day) for day in DAYS},
    }


def _read_day(posted: Posted, day: str) -> Typed:
    pairs = zip(posted.getlist(f"{day}_start"), posted.getlist(f"{day}_end"), strict=False)
    windows = [{"start": start, "end": end} for start, end in pairs][:MOST_WINDOWS]
    return {"is_open": bool(posted.get(f"{day}_open", "")), "windows": windows}


def _read_form(posted: Posted) -> Typed:
    required = set(posted.getlist("required"))
    pairs = zip(posted.getlist("question_name"), posted.getlist("question_label"), strict=False)
    return {"questions": [{"name": name, "label": label, "required": name in required} for name, label in pairs]}


def _read_automation(posted: Posted) -> Typed:
    pairs = zip(posted.getlist("reminder_value"), posted.getlist("reminder_unit"), strict=False)
    return {
        "confirmation_email": bool(posted.get("confirmation_email", "")),
        "reminders": [{"value": value, "unit": unit} for value, unit in pairs],
        "include_description": bool(posted.get("include_description", "")),
    }


_READERS: dict[str, Callable[[Posted], Typed]] = {
    "overview": _read_overview,
    "scheduling": _read_scheduling,
    "form": _read_form,
    "automation": _read_automation,
}


# ---- from the link document ------------------------------------------------------------------------------------------


def typed_from(step: str, document: Mapping[str, Any]) -> Typed:
    """What stands on the page of a step when the link is opened."""
    return _SHOWERS[step](document)


def _show_overview(document: Mapping[str, Any]) -> Typed:
    overview = document["overview"]
    keys = ("internal_name", "organizer", "title", "location", "description")
    return {**{key: overview.get(key) or "" for key in keys}, "slug": document["scheduling"]["slug"] or ""}


def _show_scheduling(document: Mapping[str, Any]) -> Typed:
    scheduling = document["scheduling"]
    window = scheduling["window"]
    keys = ("heading", "timezone", "minimum_notice", "buffer", "start_increment", "language", "date_format")
    return {
        **{key: str(scheduling[key]) for key in keys},
        "durations": [str(minutes) for minutes in scheduling["durations"]],
        "new_duration": "",
        "days": {day: _show_day(scheduling["available_hours"], day) for day in DAYS},
        "window": window["kind"],
        "weeks": str(window.get("weeks", 2)),
        "first": window.get("start", ""),
        "last": window.get("end", ""),
        "same_start": FIRST_HOURS["start"],
        "same_end": FIRST_HOURS["end"],
    }


def _show_day(hours: list[Mapping[str, Any]], day: str) -> Typed:
    windows = [{"start": entry["start"], "end": entry["end"]} for entry in hours if day in entry["days"]]
    windows.sort(key=lambda window: window["start"])
    return {"is_open": bool(windows), "windows": windows}


def _show_form(document: Mapping[str, Any]) -> Typed:
    fields = document["scheduling"]["form"]["fields"]
    questions = [{key: entry[key] for key in ("name", "label", "required")} for entry in fields]
    return {"questions": questions}


def _show_automation(document: Mapping[str, Any]) -> Typed:
    automation = document["automation"]
    reminders = [{"value": str(entry["value"]), "unit": entry["unit"]} for entry in automation["reminders"]]
    return {**automation, "reminders": reminders}


_SHOWERS: dict[str, Callable[[Mapping[str, Any]], Typed]] = {
    "overview": _show_overview,
    "scheduling": _show_scheduling,
    "form": _show_form,
    "automation": _show_automation,
}


def says_the_same(step: str, typed: Typed, document: Mapping[str, Any]) -> bool:
    """Whether a page says what the document says already, however it is written."""
    return patch(step, typed, document).values == patch(step, typed_from(step, document), document).values


# ---- to the link document --------------------------------------------------------------------------------------------


@dataclass
class Patch:
    """What a page says about the document, and by which control each of its paths was typed."""

    values: dict[str, Any]
    places: dict[str, str] = field(default_factory=dict)

    def place(self, flaw: Flaw) -> str:
        """The control that a flaw belongs to: that of the longest path it starts with, else the end of its path."""
        parts = flaw.field.split(".")
        starts = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self.places[start] for start in starts if start in self.places), parts[-1])


def patch(step: str, typed: Typed, document: Mapping[str, Any]) -> Patch:
    """The merge patch of the document that a page stands for; wrong values unchanged, for the domain to refuse."""
    return _PATCHERS[step](typed, document)


def _patch_overview(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    overview = {key: typed[key] for key in ("internal_name", "title", "location", "description")}
    return Patch({"overview": overview, "scheduling": {"slug": typed["slug"]}})


def _patch_scheduling(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    hours, places = _hours(typed["days"])
    durations = [*typed["durations"], *filter(str.strip, [typed["new_duration"]])]
    values = {
        "heading": typed["heading"],
        "durations": [typed_number(minutes) for minutes in durations],
        "timezone": typed["timezone"].strip(),
        "available_hours": hours,
        "window": _window(typed),
        "minimum_notice": typed_number(typed["minimum_notice"]),
        "buffer": typed_number(typed["buffer"]),
        "start_increment": typed_number(typed["start_increment"]),
        "language": typed["language"],
        "date_format": typed["date_format"],
    }
    places |= {"scheduling.durations": "durations", "scheduling.available_hours": "hours"}
    places |= {"scheduling.window.start": "first", "scheduling.window.end": "last"}
    return Patch({"scheduling": values}, places)


def _window(typed: Typed) -> dict[str, Any]:
    if typed["window"] == "range":
        return {"kind": "range", "start": typed["first"] or None, "end": typed["last"] or None}
    return {"kind": "rolling", "weeks": typed_number(typed["weeks"])}


def _hours(days: Mapping[str, Typed]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    entries: list[dict[str, Any]] = []
    places: dict[str, str] = {}
    for day in DAYS:
        for index, window in enumerate(open_windows(days[day])):
            if not (window["start"].strip() or window["end"].strip()):
                continue  # a row left blank says nothing
            path = f"scheduling.available_hours.{len(entries)}"
            places |= {path: f"{day}_{index}_end", f"{path}.start": f"{day}_{index}_start"}
            start, end = minutes_of(window)
            entries.append({"days": [day], "start": _wall(window["start"], start), "end": _wall(window["end"], end)})
    return entries, places


def open_windows(day: Typed) -> list[dict[str, str]]:
    """The windows of a day that count: none while its switch is off."""
    return day["windows"] if day["is_open"] else []


def minutes_of(window: Mapping[str, str]) -> tuple[int | None, int | None]:
    """The minutes of the day at which a window starts and ends, where they can be read."""
    end = parse_hours(window["end"])
    return parse_hours(window["start"]), DAY if end == 0 else end  # who ends at 0 o'clock means midnight


def _wall(typed: str, minute: int | None) -> str | None:
    return typed.strip() or None if minute is None else wall_of(minute)


def grouped(hours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same hours with the days that share a window together, as one would write them."""
    days: dict[tuple[str, str], list[str]] = {}
    for entry in hours:
        days.setdefault((entry["start"], entry["end"]), []).extend(entry["days"])
    return [
        {"days": sorted(set(names), key=DAYS.index), "start": start, "end": end} for (start, end), names in days.items()
    ]


def _patch_form(typed: Typed, document: Mapping[str, Any]) -> Patch:
    kept = {entry["name"]: entry for entry in document["scheduling"]["form"]["fields"]}
    fields = [{"type": "question", **kept.get(entry["name"], {}), **entry} for entry in typed["questions"]]
    places = {f"scheduling.form.fields.{index}": entry["name"] for index, entry in enumerate(fields)}
    return Patch({"scheduling": {"form": {"fields": fields}}}, places)


def _patch_automation(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    reminders = [{"value": typed_number(entry["value"]), "unit": entry["unit"]} for entry in typed["reminders"]]
    places = {f"automation.reminders.{index}": f"reminder_{index}" for index in range(len(reminders))}
    switches = {key: typed[key] for key in ("confirmation_email", "include_description")}
    return Patch({"automation": {**switches, "reminders": reminders}}, places)


_PATCHERS: dict[str, Callable[[Typed, Mapping[str, Any]], Patch]] = {
    "overview": _patch_overview,
    "scheduling": _patch_scheduling,
    "form": _patch_form,
    "automation": _patch_automation,
}


def step_of(path: str) -> str:
    """The page on which a path of the document is typed."""
    if path == "scheduling.slug":
        return "overview"
    if path.startswith("scheduling.form"):
        return "form"
    name = path.partition(".")[0]
    return name if name in STEPS else "overview"
