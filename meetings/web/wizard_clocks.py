"""The next clock change, rehearsed: what a meeting of the week is on clocks elsewhere, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from meetings import i18n
from meetings.domain.availability import Rules
from meetings.domain.time import Instant, instant_of, local_date, to_instant, zone
from meetings.i18n import gettext as _

AHEAD = timedelta(days=183)
AROUND = timedelta(days=24)  # the change in New York and that in Paris lie up to three weeks apart
CITIES = ("Europe/London", "America/New_York", "Asia/Tokyo")
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
    sentence: str
    caption: str
    stretches: list[str]
    rows: list[Row]


def rehearse(rules: Rules, now: datetime, locale: str) -> Rehearsal | None:
    """The next change within half a year in the link's zone, else in one of the cities; none if there is no such."""
    if not rules.windows:
        return None
    today = local_date(to_instant(now), zone(rules.zone))
    others = tuple(name for name in CITIES if name != rules.zone)
    found = next(((name, day) for name in (rules.zone, *others) if (day := _change(name, today)) is not None), None)
    if found is None:
        return None
    name, day = found
    window = rules.windows[0]
    stretches = _stretches(rules.zone, window.start, others, day)
    weekday = i18n.weekday_names(locale, "wide", from_first=False)[window.weekday]
    time = i18n.minute_of_day(window.start, locale)
    return Rehearsal(
        title=_title(name, day, locale),
        sentence=_(
            "Your hours stay what the wall clock says. A meeting on %(day)s at %(time)s is then, for contacts in",
            day=weekday,
            time=time,
        ),
        caption=_(
            "%(day)s, %(time)s in %(city)s, seen from elsewhere",
            day=weekday,
            time=time,
            city=i18n.zone_city(rules.zone, locale),
        ),
        stretches=[_named(stretches, index, locale) for index in range(len(stretches))],
        rows=[_row(name, [times[index] for _start, times in stretches], locale) for index, name in enumerate(others)],
    )


@lru_cache(maxsize=256)
def _change(name: str, today: date) -> date | None:
    """The next day on which clocks change there."""
    days = (today + timedelta(days=ahead) for ahead in range(1, AHEAD.days))
    return next((day for day in days if _offset(name, day) != _offset(name, day - timedelta(days=1))), None)


def _offset(name: str, day: date) -> int:
    return i18n.offset_minutes(instant_of(day, NOON, zone(name)), name)


def _title(name: str, day: date, locale: str) -> str:
    city, shown = i18n.zone_city(name, locale), i18n.day_of(day, locale, "full")
    if _offset(name, day) > _offset(name, day - timedelta(days=1)):
        return _("Clocks in %(city)s go forward on %(day)s", city=city, day=shown)
    return _("Clocks in %(city)s go back on %(day)s", city=city, day=shown)


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
