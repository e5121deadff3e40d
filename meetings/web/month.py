"""A month of free times as the public pages draw it: the grid of days, the day's times, and what to say when empty."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from meetings import i18n
from meetings.domain.time import MINUTES_PER_DAY, Instant, Span, days_span, instant_of, local_date, zone

NOON = 12 * 60
EVENING = 18 * 60
ONE_DAY = timedelta(days=1)


class DayCell(NamedTuple):
    """A day of the grid. `parts`: whether morning, afternoon and evening have free times."""

    number: int
    iso: str
    label: str
    free: int
    parts: tuple[bool, bool, bool]
    is_today: bool
    is_chosen: bool


class SlotLink(NamedTuple):
    """A time to choose. `note`: the farthest host's clock, or which one of two times a night in autumn means."""

    start: Instant
    iso: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The month before or after: where its arrow leads, or why it leads nowhere."""

    value: str
    title: str
    is_open: bool


@dataclass(frozen=True)
class Month:
    """All that the grid and the list of times show."""

    title: str
    name: str
    value: str
    weeks: list[list[DayCell | None]]
    before: Neighbour
    after: Neighbour
    chosen: date | None
    parts: list[tuple[int, list[SlotLink]]]  # 0 morning, 1 afternoon, 2 evening; only those with times

    @property
    def is_empty(self) -> bool:
        return self.chosen is None


def month_of(at: Instant, zone_name: str) -> date:
    """First day of the month that the instant falls in there."""
    return local_date(at, zone(zone_name)).replace(day=1)


def month_span(month: date, zone_name: str) -> Span:
    """The instants of a month there."""
    return days_span(month, _last_day(month), zone(zone_name))


def _last_day(month: date) -> date:
    return _next_month(month) - ONE_DAY


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


@lru_cache(maxsize=256)
def _borders(month: date, zone_name: str) -> tuple[Instant, ...]:
    """Where each day's morning, afternoon and evening begin, and the end of the last."""
    place, day, found = zone(zone_name), month, []
    while day.month == month.month:
        found += [instant_of(day, minute, place) for minute in (0, NOON, EVENING)]
        day += ONE_DAY
    found.append(instant_of(_last_day(month), MINUTES_PER_DAY, place))
    return tuple(found)


def draw(
    starts: Sequence[Instant],
    month: date,
    wanted: date | None,
    now: Instant,
    last: Instant,
    *,
    zone_name: str,
    locale: str,
    clock: str,
    far_zone: str | None = None,
) -> Month:
    """The month with its free times; opens the `wanted` day, else the first free one. `last` is the horizon's end."""
    cuts = [bisect_left(starts, border) for border in _borders(month, zone_name)]
    today = local_date(now, zone(zone_name))
    free = [day for day in range(_last_day(month).day) if cuts[3 * day + 3] > cuts[3 * day]]
    chosen = None
    if free:
        index = wanted.day - 1 if wanted and wanted.replace(day=1) == month and wanted.day - 1 in free else free[0]
        chosen = month.replace(day=index + 1)
    return Month(
        title=i18n.month_title(month.year, month.month, locale),
        name=i18n.month_name(month.month, locale),
        value=f"{month:%Y-%m}",
        weeks=_weeks(month, cuts, today, chosen, locale),
        before=_neighbour((month - ONE_DAY).replace(day=1), locale, is_open=month > today),
        after=_neighbour(_next_month(month), locale, is_open=_borders(month, zone_name)[-1] < last),
        chosen=chosen,
        parts=_parts(starts, cuts, chosen, Reading(zone_name, locale, clock, far_zone)) if chosen else [],
    )


def _neighbour(month: date, locale: str, *, is_open: bool) -> Neighbour:
    return Neighbour(f"{month:%Y-%m}", i18n.month_title(month.year, month.month, locale), is_open)


def _weeks(
    month: date, cuts: Sequence[int], today: date, chosen: date | None, locale: str
) -> list[list[DayCell | None]]:
    lead = (month.weekday() - i18n.first_weekday(locale)) % 7
    cells: list[DayCell | None] = [None] * lead
    for index in range(_last_day(month).day):
        day = month.replace(day=index + 1)
        a, b, c, d = cuts[3 * index : 3 * index + 4]
        cells.append(
            DayCell(
                number=index + 1,
                iso=day.isoformat(),
                label=_label(day, d - a, locale) if d > a else "",
                free=d - a,
                parts=(b > a, c > b, d > c),
                is_today=day == today,
                is_chosen=day == chosen,
            )
        )
    cells += [None] * (-len(cells) % 7)
    return [cells[index : index + 7] for index in range(0, len(cells), 7)]


@lru_cache(maxsize=8192)
def _label(day: date, free: int, locale: str) -> str:
    return i18n.say_count(
        locale, "%(day)s, %(num)d free time", "%(day)s, %(num)d free times", free, day=i18n.day_of(day, locale, "long")
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """How times are written: in which zone, language and clock, and in whose zone besides."""

    zone: str
    locale: str
    clock: str
    far_zone: str | None = None


def _parts(
    starts: Sequence[Instant], cuts: Sequence[int], day: date, reading: Reading
) -> list[tuple[int, list[SlotLink]]]:
    first = 3 * (day.day - 1)
    offset = cuts[first]
    links = [_slot_link(start, reading) for start in starts[offset : cuts[first + 3]]]
    twice = {label for label, count in Counter(link.label for link in links).items() if count > 1}
    if twice:
        links = [link._replace(note=_offset_note(link, reading)) if link.label in twice else link for link in links]
    parts = ((part, links[cuts[first + part] - offset : cuts[first + part + 1] - offset]) for part in range(3))
    return [(part, found) for part, found in parts if found]


def _slot_link(start: Instant, reading: Reading) -> SlotLink:
    local = i18n.local(start, reading.zone)
    label = i18n.minute_of_day(local.hour * 60 + local.minute, reading.locale, reading.clock)
    return SlotLink(start, local.isoformat(timespec="minutes"), label, _far_note(start, reading))


def _far_note(start: Instant, reading: Reading) -> str:
    if reading.far_zone is None:
        return ""
    there = i18n.time(start, reading.far_zone, reading.locale, reading.clock)
    city = i18n.zone_city(reading.far_zone, reading.locale)
    return i18n.say(reading.locale, "%(time)s in %(city)s", time=there, city=city)


def _offset_note(link: SlotLink, reading: Reading) -> str:
    return i18n.offset_name(i18n.offset_minutes(link.start, reading.zone))


def instant(now: datetime) -> Instant:
    """The present as a whole second."""
    return int(now.timestamp())
