"""The wizard's rows: hours, durations, questions and reminders that come, go, move and are copied by buttons."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress

from meetings.domain.fields import wall_of
from meetings.domain.link import parse_hours
from meetings.domain.sections import DAYS, QUESTIONS_MAX, REMINDERS_MAX

from .wizard import DAY, FIRST_HOURS, MOST_WINDOWS, Posted, Typed, minutes_of, open_windows

GROUPS = {"all": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}


# ---- what the buttons change -----------------------------------------------------------------------------------------


def change(typed: Typed, action: str, posted: Posted) -> bool:
    """Do what a button says ("add:window:mon") to what was typed; False if that is no such button."""
    verb, _, rest = action.partition(":")
    thing, _, where = rest.partition(":")
    doer = _CHANGES.get((verb, thing)) or _CHANGES.get((verb, "*"))
    if doer is None:
        return False
    # A row that is gone, or not of this page: what was typed stays as it is.
    with suppress(KeyError, IndexError, ValueError):
        doer(typed, where if (verb, thing) in _CHANGES else rest, posted)
    return True


def _index(where: str) -> int:
    """The number of a row; a negative one would count from the end."""
    if not where.isdecimal():
        raise ValueError(where)
    return int(where)


def _add_duration(typed: Typed, _where: str, _posted: Posted) -> None:
    new = typed["new_duration"].strip()
    if new:
        typed["durations"].append(new)
        typed["new_duration"] = ""


def _remove_duration(typed: Typed, where: str, _posted: Posted) -> None:
    del typed["durations"][_index(where)]


def _add_window(typed: Typed, where: str, _posted: Posted) -> None:
    day = typed["days"][where]
    if not day["is_open"] and day["windows"]:
        day["is_open"] = True  # the hours it had come back
        return
    if len(day["windows"]) < MOST_WINDOWS:
        day["windows"].append(_hours_after(day["windows"]))
    day["is_open"] = True


def _hours_after(windows: list[dict[str, str]]) -> dict[str, str]:
    """An hour after the last hours, four hours long at most; the usual hours for a day that has none."""
    ends = [minute for window in windows if (minute := parse_hours(window["end"])) is not None]
    if not ends:
        return dict(FIRST_HOURS)
    start = min(max(ends) + 60, DAY - 60)
    return {"start": wall_of(start), "end": wall_of(min(start + 240, DAY))}


def _remove_window(typed: Typed, where: str, _posted: Posted) -> None:
    name, _, index = where.partition(":")
    day = typed["days"][name]
    del day["windows"][_index(index)]
    day["is_open"] = bool(day["windows"])


def _copy(typed: Typed, where: str, posted: Posted) -> None:
    source = typed["days"][where]
    for name in posted.getlist(f"{where}_copy"):
        if name in DAYS and name != where:
            typed["days"][name] = {"is_open": True, "windows": [dict(window) for window in source["windows"]]}


def _same(typed: Typed, where: str, _posted: Posted) -> None:
    window = {"start": typed["same_start"], "end": typed["same_end"]}
    for name in GROUPS[where]:
        windows = open_windows(typed["days"][name])
        if minutes_of(window) not in map(minutes_of, windows) and len(windows) < MOST_WINDOWS:
            windows = sorted([*windows, dict(window)], key=lambda entry: parse_hours(entry["start"]) or 0)
        typed["days"][name] = {"is_open": True, "windows": windows}


def _mend(typed: Typed, where: str, _posted: Posted) -> None:
    name, _, index = where.partition(":")
    window = typed["days"][name]["windows"][_index(index)]
    window["start"], window["end"] = mended(window) or (window["start"], window["end"])


def mended(window: Mapping[str, str]) -> tuple[str, str] | None:
    """What hours that end before they start may have meant: the afternoon ("14 to 5"), else three hours."""
    start, end = minutes_of(window)
    if start is None or end is None or start >= DAY:
        return None
    afternoon = end + DAY // 2
    return wall_of(start), wall_of(afternoon if start < afternoon <= DAY else min(start + 180, DAY))


def _add_question(typed: Typed, _where: str, _posted: Posted) -> None:
    if len(typed["questions"]) < QUESTIONS_MAX:
        # A name of its own for good: answers stay with their question when it is worded anew.
        typed["questions"].append({"name": f"q_{secrets.token_hex(4)}", "label": "", "required": True})


def _remove_question(typed: Typed, where: str, _posted: Posted) -> None:
    typed["questions"] = [entry for entry in typed["questions"] if entry["name"] != where]


def _mover(by: int) -> Callable[[Typed, str, Posted], None]:
    def move(typed: Typed, where: str, _posted: Posted) -> None:
        questions = typed["questions"]
        index = [entry["name"] for entry in questions].index(where)
        questions.insert(max(index + by, 0), questions.pop(index))

    return move


def _add_reminder(typed: Typed, _where: str, _posted: Posted) -> None:
    if len(typed["reminders"]) < REMINDERS_MAX:
        usual = [{"value": "1", "unit": "days"}, {"value": "1", "unit": "hours"}, {"value": "1", "unit": "weeks"}]
        typed["reminders"].append(next(entry for entry in usual if entry not in typed["reminders"]))


def _remove_reminder(typed: Typed, where: str, _posted: Posted) -> None:
    del typed["reminders"][_index(where)]


_CHANGES: dict[tuple[str, str], Callable[[Typed, str, Posted], None]] = {
    ("add", "duration"): _add_duration,
    ("remove", "duration"): _remove_duration,
    ("add", "window"): _add_window,
    ("remove", "window"): _remove_window,
    ("copy", "*"): _copy,
    ("same", "*"): _same,
    ("mend", "*"): _mend,
    ("add", "question"): _add_question,
    ("remove", "question"): _remove_question,
    ("up", "*"): _mover(-1),
    ("down", "*"): _mover(1),
    ("add", "reminder"): _add_reminder,
    ("remove", "reminder"): _remove_reminder,
}


# ---- where one goes on -----------------------------------------------------------------------------------------------


def onward(typed: Typed, action: str) -> str:
    """The control that has the focus after a button changed the rows; none where the button stays."""
    verb, _, rest = action.partition(":")
    thing, _, where = rest.partition(":")
    found = {
        "add": _added(typed, thing, where),
        "remove": f"add-{where.partition(':')[0]}" if thing == "window" else f"add-{thing}",
        "copy": f"copied-{thing}",
        "mend": f"{thing}_{where}_end",
    }
    return "new_duration" if thing == "duration" else found.get(verb, "")


def _added(typed: Typed, thing: str, where: str) -> str:
    if thing == "window":
        return f"{where}_{len(typed.get('days', {}).get(where, {}).get('windows', ())) - 1}_start"
    if thing == "question" and typed.get("questions"):
        return str(typed["questions"][-1]["name"])
    return f"reminder_{len(typed.get('reminders', ())) - 1}"
