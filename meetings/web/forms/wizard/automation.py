"""The page of mails."""

from collections.abc import Mapping
from typing import Any

from meetings.domain.fields import typed_number
from meetings.domain.reminders import UNITS as REMINDER_UNITS
from meetings.domain.sections import REMINDERS_MAX

from .typed import Button, Buttons, Patch, Posted, Typed, row_number

PATHS = ("automation",)
UNITS = tuple(REMINDER_UNITS)


def read(posted: Posted) -> Typed:
    pairs = zip(posted.getlist("reminder_value"), posted.getlist("reminder_unit"), strict=False)
    return {
        "confirmation_email": bool(posted.get("confirmation_email", "")),
        "reminders": [{"value": value, "unit": unit} for value, unit in pairs],
        "include_description": bool(posted.get("include_description", "")),
        "reaches_back": bool(posted.get("reaches_back", "")),
    }


def show(document: Mapping[str, Any]) -> Typed:
    automation = document["automation"]
    reminders = [{"value": str(entry["value"]), "unit": entry["unit"]} for entry in automation["reminders"]]
    return {**automation, "reminders": reminders, "reaches_back": False}


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    reminders = [{"value": typed_number(entry["value"]), "unit": entry["unit"]} for entry in typed["reminders"]]
    places = {f"automation.reminders.{index}": f"reminder_{index}" for index in range(len(reminders))}
    switches = {key: typed[key] for key in ("confirmation_email", "include_description")}
    return Patch({"automation": {**switches, "reminders": reminders}}, places)


# ---- rows ------------------------------------------------------------------------------------------------------------


def _add_reminder(typed: Typed, _where: str, _posted: Posted) -> None:
    if len(typed["reminders"]) < REMINDERS_MAX:
        usual = [{"value": "1", "unit": "days"}, {"value": "1", "unit": "hours"}, {"value": "1", "unit": "weeks"}]
        typed["reminders"].append(next(entry for entry in usual if entry not in typed["reminders"]))


def _last_reminder(typed: Typed, _where: str) -> str:
    return f"reminder_{len(typed['reminders']) - 1}"


def _remove_reminder(typed: Typed, where: str, _posted: Posted) -> None:
    del typed["reminders"][row_number(where)]


BUTTONS: Buttons = {
    ("add", "reminder"): Button(_add_reminder, _last_reminder),
    ("remove", "reminder"): Button(_remove_reminder, lambda _typed, _where: "add-reminder"),
}
