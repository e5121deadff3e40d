"""The next changes of the clocks, rehearsed: what a meeting of the week is on clocks elsewhere, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from meetings import i18n
from meetings.domain.availability import Rules
from meetings.domain.time import Instant, instant_of, local_date, to_instant, zone
from meetings.i18n import gettext as _
from meetings.models import Booking

AHEAD = timedelta(days=366)  # of the link's own zone: as a rule one change each way
AHEAD_ELSEWHERE = timedelta(days=183)
AROUND = timedelta(days=24)  # the change in New York and that in Paris lie up to three weeks apart
REHEARSED = 2
SHOWN = 3  # cities
CITIES = ("Europe/London", "America/New_York", "Asia/Tokyo", "Europe/Paris")
NOON = 12 * 60


@dataclass(frozen=True)
class Row:
    """A city, and when the meeting is there in each stretch of days; marked where that is another hour than before."""

    city: str
    cells: list[tuple[str, bool]]


@dataclass(frozen=True)
class Rehearsal:
    """A change of the clocks in words, and as a table."""

    title: str
    touched: list[str]  # what becomes of hours that the change falls into
    sentence: str
    caption: str
    stretches: list[str]
    rows: list[Row]


def rehearse(rules: Rules, host_id: int, now: datetime, locale: str) -> list[Rehearsal]:
    """The next two changes in the link's zone; where clocks stay, the next one in a zone that contacts live in."""
    if not rules.windows:
        return []
    today = local_date(to_instant(now), zone(rules.zone))
    others = _zones_of_contacts(host_id, rules.zone)
    changes = [(rules.zone, at) for at in _changes(rules.zone, today, AHEAD)[:REHEARSED]]
    changes = changes or [(name, at) for name in others for at in _changes(name, today, AHEAD_ELSEWHERE)[:1]][:1]
    return [_rehearsal(rules, others, name, at, locale) for name, at in changes]


def _zones_of_contacts(host_id: int, own: str) -> tuple[str, ...]:
    """Where most who booked with the host are, then cities that many people know."""
    known = [name for name in Booking.usual_zones(host_id, SHOWN + 1) if i18n.zone_city(name, "en") != "UTC"]
    return tuple(name for name in dict.fromkeys([*known, *CITIES]) if name != own)[:SHOWN]


def _rehearsal(rules: Rules, others: tuple[str, ...], name: str, at: Instant, locale: str) -> Rehearsal:
    day = local_date(at, zone(name))
    window = rules.windows[0]
    stretches = _stretches(rules.zone, window.start, others, day)
    weekday = i18n.weekday_names(locale, "wide", from_first=False)[window.weekday]
    time = i18n.minute_of_day(window.start, locale)
    city = i18n.zone_city(rules.zone, locale)
    return Rehearsal(
        title=_title(name, at, day, locale),
        touched=_touched(rules, at, locale) if name == rules.zone else [],
        sentence=_(
            "Your hours stay what the wall clock says. A meeting on %(day)s at %(time)s is then, for contacts in",
            day=weekday,
            time=time,
        ),
        caption=_("%(day)s, %(time)s in %(city)s, seen from elsewhere", day=weekday, time=time, city=city),
        stretches=[_named(stretches, index, locale) for index in range(len(stretches))],
        rows=[_row(name, [times[index] for _start, times in stretches], locale) for index, name in enumerate(others)],
    )


@lru_cache(maxsize=256)
def _changes(name: str, today: date, ahead: timedelta) -> list[Instant]:
    """When the clocks there change in the time ahead."""
    noons = [instant_of(today + timedelta(days=number), NOON, zone(name)) for number in range(ahead.days)]
    return [
        _turning_point(before, after, name)
        for before, after in pairwise(noons)
        if i18n.offset_minutes(before, name) != i18n.offset_minutes(after, name)
    ]


def _turning_point(low: Instant, high: Instant, name: str) -> Instant:
    offset = i18n.offset_minutes(low, name)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if i18n.offset_minutes(middle, name) == offset else (low, middle)
    return high


def _title(name: str, at: Instant, day: date, locale: str) -> str:
    city, shown = i18n.zone_city(name, locale), i18n.day_of(day, locale, "full")
    if i18n.offset_minutes(at, name) > i18n.offset_minutes(at - 1, name):
        return _("Clocks in %(city)s go forward on %(day)s", city=city, day=shown)
    return _("Clocks in %(city)s go back on %(day)s", city=city, day=shown)


def _touched(rules: Rules, at: Instant, locale: str) -> list[str]:
    """What becomes of the hours that the change lies in: they are shorter or longer than they look."""
    where = zone(rules.zone)
    days = sorted({local_date(at - 1, where), local_date(at, where)})  # two, where it happens at midnight
    found = []
    for day, start, end in ((each, *hours) for each in days for hours in _hours_of(rules, each)):
        lasts = (instant_of(day, end, where, is_end=True) - instant_of(day, start, where)) // 60
        if lasts != end - start:
            found.append(_touch(start, end, lasts - (end - start), locale))
    return found


def _hours_of(rules: Rules, day: date) -> Sequence[tuple[int, int]]:
    own = dict(rules.overrides)
    if day in own:
        return own[day]
    return [(window.start, window.end) for window in rules.windows if window.weekday == day.weekday()]


def _touch(start: int, end: int, minutes: int, locale: str) -> str:
    words = {
        "start": i18n.minute_of_day(start, locale),
        "end": i18n.minute_of_day(end, locale),
        "time": i18n.span_in_words(abs(minutes), locale),
    }
    if minutes < 0:
        return _("That day your hours from %(start)s to %(end)s are %(time)s shorter.", **words)
    return _("That day your hours from %(start)s to %(end)s are %(time)s longer.", **words)


@lru_cache(maxsize=256)
def _stretches(own: str, minute: int, others: tuple[str, ...], change: date) -> list[tuple[date, list[int]]]:
    """From which day on the meeting is at which minute of the day elsewhere."""
    found: list[tuple[date, list[int]]] = []
    for ahead in range(-AROUND.days, AROUND.days + 1):
        day = change + timedelta(days=ahead)
        times = [_minute_there(instant_of(day, minute, zone(own)), name) for name in others]
        if not found or times != found[-1][1]:
            found.append((day, times))
    return found


def _minute_there(at: Instant, name: str) -> int:
    moment = i18n.local(at, name)
    return moment.hour * 60 + moment.minute


def _named(stretches: Sequence[tuple[date, list[int]]], index: int, locale: str) -> str:
    first = i18n.day_of(stretches[index][0], locale, "date")
    if index == len(stretches) - 1:
        return _("from %(day)s", day=first) if index else _("as now")
    last = i18n.day_of(stretches[index + 1][0] - timedelta(days=1), locale, "date")
    return _("until %(day)s", day=last) if index == 0 else _("%(first)s to %(last)s", first=first, last=last)


def _row(name: str, minutes: Sequence[int], locale: str) -> Row:
    cells = [(i18n.minute_of_day(minute, locale), minute != minutes[0]) for minute in minutes]
    return Row(i18n.zone_city(name, locale), cells)
