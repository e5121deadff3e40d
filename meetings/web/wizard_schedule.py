"""The wizard's page of hours: rows of the week with their strokes, choices of minutes, and what they come to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from babel import Locale
from flask import current_app

from meetings import i18n
from meetings.domain import availability
from meetings.domain import link as link_document
from meetings.domain.availability import DateRange, Host, Kind
from meetings.domain.fields import AUTO, wall_of
from meetings.domain.sections import DAYS, RANGE_DAYS_MAX
from meetings.domain.time import Span, days_span, local_date, to_datetime, to_instant, zone
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Link
from meetings.services import offers

from .forms import wizard as forms
from .forms import wizard_rows
from .forms.wizard import Typed
from .wizard_clocks import rehearse
from .wizard_rules import Judgement, shadow

NOTICES = (0, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10080, 20160)
BUFFERS = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120)
INCREMENTS = (5, 10, 15, 20, 30, 45, 60, 90, 120)
FORMATS = ("en-GB", "en-US", "en-CA", "en-AU", "fr-FR", "fr-BE", "fr-CA", "fr-CH")
USUAL_DAY = (6 * 60, 22 * 60)  # what the hour rule shows, unless hours lie outside


def context(link: Link, typed: Typed, found: Judgement, locale: str, now: datetime) -> dict[str, Any]:
    """All that the template of the page needs beside what every page has."""
    scheduling = found.document["scheduling"]
    return {
        "days": [_day(key, typed["days"][key], locale) for key in _in_order(locale)],
        "rule": _scale(typed["days"]),
        "zone_label": i18n.zone_label(scheduling["timezone"], now, locale),
        "zones": i18n.zone_choices(locale, now),
        "durations": [_duration_name(minutes, locale) for minutes in typed["durations"]],
        "notices": _choices(NOTICES, typed["minimum_notice"], _("None"), locale),
        "buffers": _choices(BUFFERS, typed["buffer"], _("Nothing"), locale),
        "increments": [
            *_choices(INCREMENTS, typed["start_increment"], "", locale),
            ("duration", _("As long as the meeting")),
        ],
        "formats": _formats(typed["date_format"], locale),
        "format_sample": _sample(scheduling, now, locale),
        "range_days": RANGE_DAYS_MAX,
        "summary": _summary(scheduling, locale),
        **_what_hours_mean(link, found, locale, now),
    }


def _in_order(locale: str) -> list[str]:
    """The days of the week as they follow each other there."""
    first = i18n.first_weekday(locale)
    return [*DAYS[first:], *DAYS[:first]]


def _day(key: str, day: Typed, locale: str) -> dict[str, Any]:
    name = _day_name(key, locale)
    windows = [_window(key, index, window) for index, window in enumerate(day["windows"])]
    is_open = day["is_open"] and bool(windows)
    return {
        "key": key,
        "name": name,
        "is_open": is_open,
        "windows": windows,
        "strokes": [window["stroke"] for window in windows if is_open and window["stroke"]],
        "meaning": _meaning(name, windows if is_open else []),
        "others": [(other, _day_name(other, locale)) for other in _in_order(locale) if other != key],
    }


def _day_name(key: str, locale: str) -> str:
    return i18n.weekday_names(locale, "wide", from_first=False)[DAYS.index(key)]


def _window(day: str, index: int, window: Mapping[str, str]) -> dict[str, Any]:
    start, end = forms.minutes_of(window)
    mended = wizard_rows.mended(window) if start is not None and end is not None and end <= start else None
    return {
        "start": wall_of(start) if start is not None else window["start"],
        "end": wall_of(end) if end is not None else window["end"],
        "id": f"{day}_{index}",
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


def _meaning(name: str, windows: list[dict[str, Any]]) -> str:
    spans = [_("%(start)s to %(end)s", start=window["start"], end=window["end"]) for window in windows]
    if not spans:
        return _("%(day)s: not bookable", day=name)
    return _("%(day)s: %(hours)s", day=name, hours=", ".join(spans))


def _scale(days: Mapping[str, Typed]) -> dict[str, Any]:
    """What the hour rule shows: 6 to 22 o'clock, or all of the day where hours need it."""
    first, last = USUAL_DAY
    ends = [forms.minutes_of(window) for day in days.values() for window in forms.open_windows(day)]
    if all(minute is None or first <= minute <= last for pair in ends for minute in pair):
        return {"is_wide": False, "first": first, "length": last - first, "marks": range(6, 23, 4)}
    return {"is_wide": True, "first": 0, "length": 24 * 60, "marks": range(0, 25, 6)}


def _duration_name(typed: str, locale: str) -> str:
    return i18n.duration(int(typed), locale) if typed.isdecimal() and len(typed) < 6 else typed


def _choices(usual: tuple[int, ...], typed: str, nothing: str, locale: str) -> list[tuple[str, str]]:
    """The usual lengths of time in words, and the one that is there already, however unusual."""
    minutes = {*usual, *([int(typed)] if typed.isdecimal() and len(typed) < 6 else [])}
    return [(str(each), i18n.span_in_words(each, locale) if each else nothing) for each in sorted(minutes)]


def _formats(typed: str, locale: str) -> list[tuple[str, str]]:
    """Whose way of writing dates may be chosen, and what is chosen already."""
    spoken = {code.partition("-")[0] for code in current_app.config["LOCALES"]}
    codes = [code for code in FORMATS if code.partition("-")[0] in spoken]
    if typed not in {AUTO, "", *codes}:
        codes.append(typed)
    reader = i18n.babel_locale(locale)
    return [(AUTO, _("As the language has them")), *((code, _format_name(code, reader)) for code in codes)]


def _format_name(code: str, reader: Locale) -> str:
    named = i18n.babel_locale(code).get_display_name(reader) or code
    return f"{named[:1].upper()}{named[1:]}"


def _sample(scheduling: Mapping[str, Any], now: datetime, locale: str) -> str:
    """A moment as it will be written: what an order of day and month means is seen best."""
    wanted = scheduling["date_format"] if scheduling["date_format"] != AUTO else scheduling["language"]
    return i18n.date_time_long(now, scheduling["timezone"], locale if wanted == AUTO else wanted)


def _summary(scheduling: Mapping[str, Any], locale: str) -> str:
    """The additional settings in a line, for whoever doesn't open them."""
    window = scheduling["window"]
    parts = []
    if window["kind"] == "rolling":
        parts.append(ngettext("%(num)d week ahead", "%(num)d weeks ahead", window["weeks"]))
    else:
        parts.append(_("a range of dates"))
    if scheduling["minimum_notice"]:
        parts.append(_("%(time)s notice", time=i18n.duration(scheduling["minimum_notice"], locale)))
    if scheduling["buffer"]:
        parts.append(_("%(time)s between", time=i18n.duration(scheduling["buffer"], locale)))
    return ", ".join(parts)


def _what_hours_mean(link: Link, found: Judgement, locale: str, now: datetime) -> dict[str, Any]:
    """The settings rehearsed: the last day, the first time that would be offered now, how many on a free day."""
    scheduling = found.document["scheduling"]
    rules = link_document.rules(scheduling)
    at = to_instant(now)
    horizon = availability.horizon_span(rules, at)
    where = zone(scheduling["timezone"])
    return {
        "rehearsal": rehearse(rules, now, locale),
        "last_day": i18n.day_of(local_date(max(horizon.end - 1, 0), where), locale, "short"),
        "first_time": _first_time(link, found, locale, now),
        "free_day": _free_day(rules, scheduling, locale, local_date(at, where)),
    }


def _first_time(link: Link, found: Judgement, locale: str, now: datetime) -> str | None:
    """When the first time is that somebody could take who looks now."""
    scheduling = found.document["scheduling"]
    start = offers.next_offered(shadow(link, found.document), scheduling["durations"][0], to_instant(now), now)
    return None if start is None else i18n.date_time_short(to_datetime(start), scheduling["timezone"], locale)


def _free_day(rules: availability.Rules, scheduling: Mapping[str, Any], locale: str, today: date) -> str | None:
    """How many starts a day with nothing in it has, for each duration."""
    weekdays = {window.weekday for window in rules.windows}
    days = [today + timedelta(days=1 + ahead) for ahead in range(7)]
    day = next((each for each in sorted(days, key=date.weekday) if each.weekday() in weekdays), None)
    if day is None:
        return None
    free = replace(rules, minimum_notice=0, overrides=(), horizon=DateRange(day, day))
    span = days_span(day, day, zone(rules.zone))
    counts = [(minutes, _starts(free, minutes, span)) for minutes in scheduling["durations"][:3]]
    parts = [_starts_named(count, i18n.duration(minutes, locale)) for minutes, count in counts]
    return _("A free %(day)s: %(starts)s.", day=_day_name(DAYS[day.weekday()], locale), starts=", ".join(parts))


def _starts_named(count: int, length: str) -> str:
    return ngettext("%(num)d start for %(length)s", "%(num)d starts for %(length)s", count, length=length)


def _starts(rules: availability.Rules, minutes: int, span: Span) -> int:
    idle = [Host(id=0, bookings=(), events=())]
    return len(availability.slots(rules, Kind.INDIVIDUAL, idle, minutes, span, span.start - 86400))
