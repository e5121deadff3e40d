"""The hours of the week, and the buttons of all hours."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from meetings.domain.link import parse_hours
from meetings.domain.sections import DAYS

from . import windows
from .typed import Button, Buttons, Patch, Posted, Typed, row_number

GROUPS = {"all": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}
SINGLE_DAY = "o"  # begins the key of a single day, with its number: "o0"


def read(posted: Posted) -> Typed:
    days = {day: windows.read(posted, day) for day in DAYS}
    return {"days": days, **{name: posted.get(name, "") for name in ("timezone", "same_start", "same_end")}}


def show(document: Mapping[str, Any]) -> Typed:
    scheduling = document["scheduling"]
    return {
        "timezone": scheduling["timezone"],
        "days": {day: _show_day(scheduling["available_hours"], day) for day in DAYS},
        "same_start": windows.FIRST_HOURS["start"],
        "same_end": windows.FIRST_HOURS["end"],
    }


def _show_day(hours: list[Mapping[str, Any]], day: str) -> Typed:
    found = [{"start": entry["start"], "end": entry["end"]} for entry in hours if day in entry["days"]]
    found.sort(key=lambda window: window["start"])
    return {"is_open": bool(found), "windows": found}


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    hours: list[dict[str, Any]] = []
    places = {"scheduling.available_hours": "hours"}
    for day in DAYS:
        for entry, controls in zip(*windows.entries(typed["days"][day], day), strict=True):
            path = f"scheduling.available_hours.{len(hours)}"
            places |= {f"{path}{end}": control for end, control in controls.items()}
            hours.append({"days": [day], **entry})
    return Patch({"scheduling": {"timezone": typed["timezone"].strip(), "available_hours": hours}}, places)


def grouped(hours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same hours with the days that share a window together, as one would write them."""
    days: dict[tuple[str, str], list[str]] = {}
    for entry in hours:
        days.setdefault((entry["start"], entry["end"]), []).extend(entry["days"])
    return [
        {"days": sorted(set(names), key=DAYS.index), "start": start, "end": end} for (start, end), names in days.items()
    ]


# ---- rows ------------------------------------------------------------------------------------------------------------


def _day(typed: Typed, key: str) -> Typed:
    """A day of the week ("mon") or a single one ("o0")."""
    found: Typed = typed["days"][key] if key in DAYS else typed["overrides"][row_number(key.removeprefix(SINGLE_DAY))]
    return found


def _add_window(typed: Typed, where: str, _posted: Posted) -> None:
    day = _day(typed, where)
    if "date" in day and not day["windows"]:
        weekday = weekday_of(day["date"])
        day |= {"is_open": True, "windows": hours_like(typed["days"][weekday] if weekday else None)}
    else:
        windows.add(day)


def weekday_of(day: str) -> str | None:
    """The day of the week that a typed date is; none if it is no date."""
    try:
        return DAYS[date.fromisoformat(day).weekday()]
    except ValueError:
        return None


def hours_like(weekday: Typed | None) -> list[dict[str, str]]:
    """What a single day begins with: the hours of its weekday, the usual ones where that has none."""
    usual = windows.open_windows(weekday) if weekday else []
    return [dict(window) for window in usual or [windows.FIRST_HOURS]]


def _remove_window(typed: Typed, where: str, _posted: Posted) -> None:
    name, _, index = where.partition(":")
    windows.remove(_day(typed, name), row_number(index))


def _mend(typed: Typed, where: str, _posted: Posted) -> None:
    name, _, index = where.partition(":")
    windows.mend(_day(typed, name), row_number(index))


def _copy(typed: Typed, where: str, posted: Posted) -> None:
    source = typed["days"][where]
    for name in posted.getlist(f"{where}_copy"):
        if name in DAYS and name != where:
            typed["days"][name] = {"is_open": True, "windows": [dict(window) for window in source["windows"]]}


def _same(typed: Typed, where: str, _posted: Posted) -> None:
    window = {"start": typed["same_start"], "end": typed["same_end"]}
    for name in GROUPS[where]:
        present = windows.open_windows(typed["days"][name])
        if windows.minutes_of(window) not in map(windows.minutes_of, present) and len(present) < windows.MOST_WINDOWS:
            present = sorted([*present, dict(window)], key=lambda entry: parse_hours(entry["start"]) or 0)
        typed["days"][name] = {"is_open": True, "windows": present}


def _last_window(typed: Typed, key: str) -> str:
    return f"{key}_{len(_day(typed, key)['windows']) - 1}_start"


def _window_end(_typed: Typed, where: str) -> str:
    return f"{where.replace(':', '_')}_end"


BUTTONS: Buttons = {
    ("add", "window"): Button(_add_window, _last_window),
    ("remove", "window"): Button(_remove_window, lambda _typed, where: f"add-{where.partition(':')[0]}"),
    ("copy", "*"): Button(_copy, lambda _typed, day: f"copied-{day}"),
    ("same", "*"): Button(_same),
    ("mend", "*"): Button(_mend, _window_end),
}
