"""Hours as their page draws them: rows of the week and of single days, each with its strokes on the hour rule."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from meetings import i18n
from meetings.domain.fields import wall_of
from meetings.domain.sections import DAYS
from meetings.domain.time import Span
from meetings.i18n import gettext as _

from ..forms.wizard import Typed, windows
from ..forms.wizard.hours import SINGLE_DAY

USUAL_DAY = (6 * 60, 22 * 60)  # what the hour rule shows, unless hours lie outside


def week(days: Mapping[str, Typed], locale: str) -> list[dict[str, Any]]:
    """The rows of the week, as its days follow each other there."""
    names = {key: day_name(key, locale) for key in DAYS}
    first = i18n.first_weekday(locale)
    order = [*DAYS[first:], *DAYS[:first]]
    return [
        _row(key, days[key], names[key]) | {"others": [(other, names[other]) for other in order if other != key]}
        for key in order
    ]


def day_name(key: str, locale: str) -> str:
    """Monday."""
    return i18n.weekday_names(locale, "wide", from_first=False)[DAYS.index(key)]


def single_days(rows: Iterable[Typed], today: date, locale: str) -> list[dict[str, Any]]:
    """The rows of single days as they were typed, those past marked."""
    return [_single_day(f"{SINGLE_DAY}{index}", row, today, locale) for index, row in enumerate(rows)]


def _single_day(key: str, row: Typed, today: date, locale: str) -> dict[str, Any]:
    try:
        day = date.fromisoformat(row["date"])
    except ValueError:
        return _row(key, row, _("New day")) | {"date": row["date"], "in_words": "", "is_past": False}
    name = i18n.day_of(day, locale, "full")
    return _row(key, row, name) | {
        "date": row["date"],
        "in_words": i18n.day_of(day, locale, "short-year"),
        "is_past": day < today,
    }


def _row(key: str, day: Typed, name: str) -> dict[str, Any]:
    rows = [_window(key, index, window) for index, window in enumerate(day["windows"])]
    is_open = day["is_open"] and bool(rows)
    return {
        "key": key,
        "name": name,
        "is_open": is_open,
        "windows": rows,
        "strokes": [window["stroke"] for window in rows if is_open and window["stroke"]],
        "meaning": _meaning(name, rows if is_open else []),
        "merged": [_in_words(span) for span in windows.meeting(day)],
    }


def _window(key: str, index: int, window: Mapping[str, str]) -> dict[str, Any]:
    start, end = windows.minutes_of(window)
    mended = windows.mended(window) if start is not None and end is not None and end <= start else None
    return {
        "start": wall_of(start) if start is not None else window["start"],
        "end": wall_of(end) if end is not None else window["end"],
        "id": f"{key}_{index}",
        "index": index,
        "number": index + 1,
        "mended": mended,
        "stroke": _stroke(start, end),
    }


def _stroke(start: int | None, end: int | None) -> dict[str, Any] | None:
    """A window as drawn on the hour rule; one that ends before it starts is drawn red between its ends."""
    if start is None or end is None or start == end:
        return None
    return {"x": min(start, end), "width": abs(end - start), "is_wrong": end < start}


def _in_words(span: Span) -> str:
    return f"{wall_of(span.start)}–{wall_of(span.end)}"


def _meaning(name: str, rows: list[dict[str, Any]]) -> str:
    spans = [_("%(start)s to %(end)s", start=window["start"], end=window["end"]) for window in rows]
    if not spans:
        return _("%(day)s: not bookable", day=name)
    return _("%(day)s: %(hours)s", day=name, hours=", ".join(spans))


def scale(days: Iterable[Typed]) -> dict[str, Any]:
    """What the hour rule shows: 6 to 22 o'clock, or all of the day where hours need it."""
    first, last = USUAL_DAY
    ends = [windows.minutes_of(window) for day in days for window in windows.open_windows(day)]
    if all(minute is None or first <= minute <= last for pair in ends for minute in pair):
        return {"is_wide": False, "first": first, "length": last - first, "marks": range(6, 23, 4)}
    return {"is_wide": True, "first": 0, "length": 24 * 60, "marks": range(0, 25, 6)}
