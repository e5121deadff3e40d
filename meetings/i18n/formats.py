"""How days, times and lengths of time read in a language. Every format is told its locale and its zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_skeleton, parse_pattern
from babel.lists import format_list
from babel.numbers import format_percent
from babel.units import format_unit

from meetings.domain.time import UnknownZone, to_datetime, zone

from .languages import _l, babel_locale, say

When = datetime | int  # an aware datetime or whole seconds since the epoch


def local(at: When, zone_name: str) -> datetime:
    """The instant as clocks in that zone show it."""
    if isinstance(at, int):
        at = to_datetime(at)
    if at.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    return at.astimezone(known_zone(zone_name))


@lru_cache(maxsize=1024)
def known_zone(name: str) -> Any:
    """The zone by name; UTC for a name that means nothing (any more)."""
    try:
        return zone(name)
    except UnknownZone:
        return UTC


def day_long(at: When, zone_name: str, locale: str) -> str:
    """Thursday 3 December."""
    return day_of(local(at, zone_name).date(), locale, "long")


def day_short(at: When, zone_name: str, locale: str) -> str:
    """Thu 3 Dec."""
    return day_of(local(at, zone_name).date(), locale, "short")


def day_full(at: When, zone_name: str, locale: str) -> str:
    """Thursday 3 December 2026."""
    return day_of(local(at, zone_name).date(), locale, "full")


_DAY_PATTERNS = {
    "long": ("MMMMEEEEd", "MMMEd"),
    "short": ("MMMEd", "MMMEd"),
    "full": ("yMMMMEEEEd", "yMMMEd"),
    "short-year": ("yMMMEd", "yMMMEd"),
    "date": ("MMMMd", "MMMMd"),
    "date-short": ("MMMd", "MMMd"),
}


@lru_cache(maxsize=4096)
def day_of(day: date, locale: str, form: str) -> str:
    """A calendar day in one of the forms: long, short, full, short-year, date and date-short (without the weekday)."""
    found = babel_locale(locale)
    text = str(_day_pattern(locale, form).apply(day, found))
    if found.language == "fr" and day.day == 1:  # an ordinal there, for the first alone
        return text.replace("1 ", "1er ", 1)
    return text


@lru_cache(maxsize=256)
def _day_pattern(locale: str, form: str) -> Any:
    found = babel_locale(locale)
    exact, near = _DAY_PATTERNS[form]
    skeletons = found.datetime_skeletons
    if exact in skeletons:
        pattern = skeletons[exact].pattern
    elif near in skeletons:
        pattern = _widened(skeletons[near].pattern) if exact != near else skeletons[near].pattern
    else:
        pattern = found.date_formats["full"].pattern
    if found.language == "en":  # British usage sets no comma between weekday and day
        pattern = pattern.replace("E, d ", "E d ").replace("EEEE, d ", "EEEE d ")
    return parse_pattern(pattern)


def _widened(pattern: str) -> str:
    """The same pattern with the names of weekday and month written out."""
    wide = pattern.replace("EEEE", "E").replace("EEE", "E").replace("E", "EEEE")
    return wide.replace("MMMM", "MMM").replace("MMM", "MMMM")


def default_clock(locale: str) -> str:
    """Which clock the locale's people read: "12" or "24"."""
    return _default_clock(locale)


@lru_cache(maxsize=256)
def _default_clock(locale: str) -> str:
    pattern = babel_locale(locale).time_formats["short"].pattern
    return "12" if "h" in pattern.replace("'h'", "") or "K" in pattern else "24"


@lru_cache(maxsize=8192)
def minute_of_day(minute: int, locale: str, clock: str | None = None) -> str:
    """A wall clock's reading, as "14:30" or "2:30 pm"."""
    found = babel_locale(locale)
    moment = datetime(2000, 1, 1, minute // 60 % 24, minute % 60, tzinfo=UTC)
    if clock in ("12", "24") and clock != _default_clock(locale):
        return str(format_skeleton("hm" if clock == "12" else "Hm", moment, locale=found))
    return str(found.time_formats["short"].apply(moment.time(), found))


def time(at: When, zone_name: str, locale: str, clock: str | None = None) -> str:
    """14:30, or 2:30 pm where that is the custom; `clock` ("12", "24") overrules it."""
    moment = local(at, zone_name)
    return minute_of_day(moment.hour * 60 + moment.minute, locale, clock)


def time_range(start: When, end: When, zone_name: str, locale: str, clock: str | None = None) -> str:
    """14:30–15:00, with the day of the end where it is another."""
    last = time(end, zone_name, locale, clock)
    if local(start, zone_name).date() != local(end, zone_name).date():
        last = _joined(day_short(end, zone_name, locale), last, locale)
    return f"{time(start, zone_name, locale, clock)}–{last}"


def date_time_short(at: When, zone_name: str, locale: str, clock: str | None = None) -> str:
    """Thu 3 Dec, 14:30."""
    return _joined(day_short(at, zone_name, locale), time(at, zone_name, locale, clock), locale)


def date_time_long(at: When, zone_name: str, locale: str, clock: str | None = None) -> str:
    """Thursday 3 December, 14:30."""
    return _joined(day_long(at, zone_name, locale), time(at, zone_name, locale, clock), locale)


def date_time_full(
    start: When, end: When, zone_name: str, locale: str, clock: str | None = None, *, form: str = "full"
) -> str:
    """Thursday 3 December 2026, 14:30 to 15:00; with "short-year" as the form Thu 3 Dec 2026."""
    last = time(end, zone_name, locale, clock)
    if local(start, zone_name).date() != local(end, zone_name).date():
        last = _joined(day_short(end, zone_name, locale), last, locale)
    day = day_of(local(start, zone_name).date(), locale, form)
    first = _joined(day, time(start, zone_name, locale, clock), locale)
    return say(locale, _l("%(start)s to %(end)s"), start=first, end=last)


def _joined(day: str, moment: str, locale: str) -> str:
    return str(babel_locale(locale).datetime_formats["medium"]).replace("'", "").format(moment, day)


@lru_cache(maxsize=512)
def month_title(year: int, month: int, locale: str) -> str:
    """December 2026."""
    return str(format_skeleton("yMMMM", date(year, month, 1), locale=babel_locale(locale)))


@lru_cache(maxsize=512)
def month_name(month: int, locale: str) -> str:
    """December."""
    return str(babel_locale(locale).months["stand-alone"]["wide"][month])


def first_weekday(locale: str) -> int:
    """The day that weeks start with there, 0 = Monday."""
    return int(babel_locale(locale).first_week_day)


@lru_cache(maxsize=256)
def weekday_names(locale: str, width: str = "abbreviated", *, from_first: bool = True) -> tuple[str, ...]:
    """The seven names ("wide", "abbreviated", "narrow"), from the week's first day there, else from Monday."""
    found = babel_locale(locale)
    start = found.first_week_day if from_first else 0
    names = found.days["stand-alone"][width]
    return tuple(str(names[(start + offset) % 7]) for offset in range(7))


@lru_cache(maxsize=512)
def duration(minutes: int, locale: str) -> str:
    """How long a meeting is: 30 min, 90 min, 2 h 30 min."""
    if minutes <= 90:
        return say(locale, _l("%(minutes)s min"), minutes=minutes)
    hours, rest = divmod(minutes, 60)
    if not rest:
        return say(locale, _l("%(hours)s h"), hours=hours)
    return say(locale, _l("%(hours)s h %(minutes)s min"), hours=hours, minutes=rest)


@lru_cache(maxsize=512)
def percent(part: float, locale: str) -> str:
    """A part of the whole: 0.33 as 33%."""
    return str(format_percent(part, locale=babel_locale(locale)))


def span_in_words(minutes: int, locale: str) -> str:
    """A stretch of time written out, for sentences: 1 hour, 5 hours 30 minutes, 2 days, 1 week."""
    found, parts = babel_locale(locale), []
    for unit, size in (("week", 10080), ("day", 1440), ("hour", 60), ("minute", 1)):
        count, minutes = divmod(minutes, size)
        if count:
            parts.append(str(format_unit(count, f"duration-{unit}", "long", locale=found)))
    return " ".join(parts)


def listed(names: Sequence[str], locale: str) -> str:
    """A, B and C."""
    return str(format_list(list(names), locale=babel_locale(locale)))
