"""Single days with hours of their own, or none."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from meetings.domain.sections import OVERRIDES_MAX

from . import windows
from .hours import SINGLE_DAY, hours_like, weekday_of
from .typed import Button, Buttons, Patch, Posted, Typed, row_number

STRETCH = ("close_first", "close_last")
LONGEST_STRETCH = 70  # days that are closed at once
_NUMBERED = re.compile(f"{SINGLE_DAY}[0-9]{{1,4}}")  # whichever of them are folded on the page, they keep their order


def read(posted: Posted) -> Typed:
    keys = sorted({key for key in posted.getlist("override") if _NUMBERED.fullmatch(key)}, key=lambda key: int(key[1:]))
    stretch = {name: posted.get(name, "").strip() for name in STRETCH}
    return {"overrides": [_read_row(posted, key) for key in keys[:OVERRIDES_MAX]], **stretch}


def _read_row(posted: Posted, key: str) -> Typed:
    row = {"date": posted.get(f"{key}_date", "").strip(), **windows.read(posted, key)}
    if row["is_open"] and not row["windows"]:  # just switched on
        weekday = weekday_of(row["date"])
        row["windows"] = hours_like(windows.read(posted, weekday) if weekday else None)
    return row


def show(document: Mapping[str, Any]) -> Typed:
    rows = [_show_row(entry) for entry in _in_order(document["scheduling"]["date_overrides"])]
    return {"overrides": rows, **dict.fromkeys(STRETCH, "")}


def _show_row(entry: Mapping[str, Any]) -> Typed:
    return {
        "date": entry["date"],
        "is_open": bool(entry["hours"]),
        "windows": [dict(hours) for hours in entry["hours"]],
    }


def _in_order(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (not row["date"], row["date"]))


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    """The days in their order; one that is open needs hours, or it would be closed."""
    keyed = [{**row, "key": f"{SINGLE_DAY}{index}"} for index, row in enumerate(typed["overrides"])]
    said: list[dict[str, Any]] = []
    places: dict[str, str] = {}
    for row in _in_order(keyed):
        path = f"scheduling.date_overrides.{len(said)}"
        hours, controls = windows.entries(row, row["key"])
        places |= {path: f"{row['key']}_date", f"{path}.date": f"{row['key']}_date"}
        places |= {
            f"{path}.hours.{index}{end}": control
            for index, found in enumerate(controls)
            for end, control in found.items()
        }
        said.append({"date": row["date"] or None, "hours": hours})
    return Patch({"scheduling": {"date_overrides": said}}, places)


# ---- rows ------------------------------------------------------------------------------------------------------------


def _add(typed: Typed, _where: str, _posted: Posted) -> None:
    if len(typed["overrides"]) < OVERRIDES_MAX:
        typed["overrides"].append({"date": "", "is_open": False, "windows": []})


def _remove(typed: Typed, where: str, _posted: Posted) -> None:
    del typed["overrides"][row_number(where)]


def _close(typed: Typed, _where: str, _posted: Posted) -> None:
    """Close all days of a stretch, also those that are there already; one day, where only one end is named."""
    ends = sorted(date.fromisoformat(typed[name]) for name in STRETCH if typed[name])
    days = [ends[0] + timedelta(days=number) for number in range(min((ends[-1] - ends[0]).days + 1, LONGEST_STRETCH))]
    rows = {row["date"]: row for row in typed["overrides"] if row["date"]}
    for day in map(date.isoformat, days):
        rows[day] = {**rows.get(day, {"date": day, "windows": []}), "is_open": False}
    unsaid = [row for row in typed["overrides"] if not row["date"]]
    typed["overrides"] = [*_in_order([*rows.values()]), *unsaid][:OVERRIDES_MAX]
    typed.update(dict.fromkeys(STRETCH, ""))


def _last(typed: Typed, _where: str) -> str:
    return f"{SINGLE_DAY}{len(typed['overrides']) - 1}_date"


BUTTONS: Buttons = {
    ("add", "override"): Button(_add, _last),
    ("away", "days"): Button(_close, lambda _typed, _where: "close-days"),
    ("remove", "override"): Button(_remove, lambda _typed, _where: "add-override"),
}
