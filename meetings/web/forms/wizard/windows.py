"""The hours of one day as they are typed, of the week's days and of single ones alike."""

from collections.abc import Mapping
from typing import Any

from meetings.domain.fields import wall_of
from meetings.domain.link import parse_hours
from meetings.domain.time import Span, gaps, merge

from .typed import Posted, Typed

DAY = 24 * 60
FIRST_HOURS = {"start": "09:00", "end": "17:00"}
MOST_WINDOWS = 12  # of a day; a page that grows by accident helps nobody
APART = 60  # minutes between hours that are there and hours that are added
LONGEST = 240  # of those
SHORTEST = 60


def read(posted: Posted, key: str) -> Typed:
    """A day's switch and hours."""
    pairs = zip(posted.getlist(f"{key}_start"), posted.getlist(f"{key}_end"), strict=False)
    windows = [{"start": start, "end": end} for start, end in pairs][:MOST_WINDOWS]
    return {"is_open": bool(posted.get(f"{key}_open", "")), "windows": windows}


def entries(day: Typed, key: str) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """What a day says, each with the controls that its values were typed in; hours that meet are one."""
    written = [(index, window) for index, window in enumerate(open_windows(day)) if _says_something(window)]
    spans = [span for _index, window in written if (span := _span(window)) is not None]
    if len(spans) == len(written):
        places = [f"{key}_{index}" for index, _window in written]
        return [_walls(span) for span in merge(spans)], [_places(place) for place in places[: len(merge(spans))]]
    return [_as_typed(window) for _index, window in written], [_places(f"{key}_{index}") for index, _ in written]


def _says_something(window: Mapping[str, str]) -> bool:
    return bool(window["start"].strip() or window["end"].strip())


def _walls(span: Span) -> dict[str, Any]:
    return {"start": wall_of(span.start), "end": wall_of(span.end)}


def _as_typed(window: Mapping[str, str]) -> dict[str, Any]:
    start, end = minutes_of(window)
    return {"start": _wall(window["start"], start), "end": _wall(window["end"], end)}


def _wall(typed: str, minute: int | None) -> str | None:
    return typed.strip() or None if minute is None else wall_of(minute)


def _places(window_id: str) -> dict[str, str]:
    return {"": f"{window_id}_end", ".start": f"{window_id}_start"}


def open_windows(day: Typed) -> list[dict[str, str]]:
    """The windows of a day that count: none while its switch is off."""
    found: list[dict[str, str]] = day["windows"] if day["is_open"] else []
    return found


def minutes_of(window: Mapping[str, str]) -> tuple[int | None, int | None]:
    """The minutes of the day at which a window starts and ends, where they can be read."""
    end = parse_hours(window["end"])
    return parse_hours(window["start"]), DAY if end == 0 else end  # who ends at 0 o'clock means midnight


def _span(window: Mapping[str, str]) -> Span | None:
    start, end = minutes_of(window)
    return Span(start, end) if start is not None and end is not None and start < end else None


def meeting(day: Typed) -> list[Span]:
    """What becomes of hours that touch or overlap: each stretch that two or more of them make."""
    spans = [span for window in open_windows(day) if (span := _span(window)) is not None]
    return [
        whole
        for whole in merge(spans)
        if sum(whole.start <= span.start and span.end <= whole.end for span in spans) > 1
    ]


def add(day: Typed) -> None:
    """Hours beside those that are there, which they neither touch nor overlap; the usual ones for a day without."""
    if not day["is_open"] and day["windows"]:
        day["is_open"] = True  # the hours it had come back
        return
    day["is_open"] = True
    found = _free_hours([span for window in day["windows"] if (span := _span(window)) is not None])
    if found is not None and len(day["windows"]) < MOST_WINDOWS:
        day["windows"].append(_walls(found))


def _free_hours(spans: list[Span]) -> Span | None:
    """After the last hours, else in the longest stretch that is left; none where it is too short."""
    if not spans:
        return Span(*(parse_hours(FIRST_HOURS[end]) or 0 for end in ("start", "end")))
    kept_free = [Span(span.start - APART, span.end + APART) for span in spans]
    left = [gap for gap in gaps(kept_free, Span(0, DAY)) if gap.end - gap.start >= SHORTEST]
    if not left:
        return None
    last = max(span.end for span in spans)
    gap = next((gap for gap in left if gap.start > last), max(left, key=lambda gap: gap.end - gap.start))
    if gap.start > last:
        return Span(gap.start, min(gap.start + LONGEST, gap.end))
    return Span(max(gap.end - LONGEST, gap.start), gap.end)


def remove(day: Typed, index: int) -> None:
    """Take hours away; a day without any is closed."""
    del day["windows"][index]
    day["is_open"] = bool(day["windows"])


def mend(day: Typed, index: int) -> None:
    """Write hours that end before they start as they may have been meant."""
    window = day["windows"][index]
    window["start"], window["end"] = mended(window) or (window["start"], window["end"])


def mended(window: Mapping[str, str]) -> tuple[str, str] | None:
    """What hours that end before they start may have meant: the afternoon ("14 to 5"), else three hours."""
    start, end = minutes_of(window)
    if start is None or end is None or start >= DAY:
        return None
    afternoon = end + DAY // 2
    return wall_of(start), wall_of(afternoon if start < afternoon <= DAY else min(start + 180, DAY))
