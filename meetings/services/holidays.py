"""Public holidays that hosts take off: which there are, kept as days of each host, a few years ahead.

The library that knows them takes time and memory to load, so that it is asked only when somebody chooses a country and
once after each of its releases; what closes a day is in rows.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from meetings import db
from meetings.domain.fields import Checked, refuse
from meetings.domain.time import local_date, to_instant, zone
from meetings.errors import Forbidden, Invalid
from meetings.models import DayOff, Setting, User

from .workspace import write_setting

YEARS = 3  # this one and the next two: no link reaches further
SHOWN = timedelta(days=365)
NAME_MAX = 200
KNOWN = "holidays"  # the setting that says from which release, and from which year on, all days were taken

_CODE = re.compile("[A-Z0-9]{1,3}")  # of a region; the library also has cities and school zones, by longer names


def countries() -> list[str]:
    """Codes of the countries whose holidays are known."""
    return list(_known())


def regions(country: str) -> list[tuple[str, str]]:
    """Codes and names of the regions of a country that have holidays of their own, by name."""
    codes = [code for code in _known().get(country, ()) if _CODE.fullmatch(code)]
    if not codes:
        return []
    names = {code: name for name, code in _library(country).subdivisions_aliases.items()}
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda region: region[1])


def place(value: object, path: str) -> Checked:
    """A country ("FR") or a region ("DE-BY") whose holidays are known; blank is none."""
    if not isinstance(value, str):
        return refuse(path, "not-text")
    country, hyphen, region = value.partition("-")
    is_known = country in _known() and (not hyphen or region in dict(regions(country))) if value else True
    return (value, []) if is_known else refuse(path, "unknown-holidays")


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[str, ...]]:
    import holidays

    return {code: tuple(parts) for code, parts in holidays.list_supported_countries(include_aliases=False).items()}


def _library(country: str) -> Any:
    import holidays

    return getattr(holidays, country)


# ---- days of a host --------------------------------------------------------------------------------------------------


def choose(actor: User, user: User, where: object, now: datetime) -> User:
    """Say whose public holidays a user takes off; blank: none. Raises Forbidden, Invalid."""
    _may(actor, user)
    clean, flaws = place(where, "holidays")
    if flaws:
        raise Invalid(flaws)
    if clean != user.holidays:
        user.holidays = clean
        named = _days(user, now)
        with db.transaction():
            User.update(holidays=clean).where(User.id == user.id).execute()
            _write_days(user, named, now)
    return user


def name_anew(user: User, now: datetime) -> None:
    """Name the days in the language that the user has now."""
    if user.holidays:
        _take_over(user, now)


def _take_over(user: User, now: datetime) -> int:
    named = _days(user, now)  # first: the library is slow
    with db.transaction():
        return _write_days(user, named, now)


def _may(actor: User, user: User) -> None:
    if actor.id != user.id and not actor.is_admin:
        raise Forbidden


def _write_days(user: User, named: Mapping[str, str], now: datetime) -> int:
    """Make these the user's holidays; the caller holds the transaction. Returns how many days changed.

    Days that they said they work on stay so. Days past stay as they were.
    """
    today = _today(user, now).isoformat()
    coming = {day: name for day, name in named.items() if day >= today}
    present = {row.day: row for row in DayOff.select().where(DayOff.user == user, DayOff.day >= today)}
    gone = [row.id for day, row in present.items() if day not in coming]
    changed = DayOff.delete().where(DayOff.id.in_(gone)).execute() if gone else 0
    for day, name in coming.items():
        if day not in present:
            DayOff.create_if_new(user=user, day=day, name=name)  # somebody may be choosing at the same time
            changed += 1
        elif present[day].name != name:
            changed += DayOff.update(name=name).where(DayOff.id == present[day].id).execute()
    return int(changed)


def _today(user: User, now: datetime) -> date:
    return local_date(to_instant(now), zone(user.timezone))


def _days(user: User, now: datetime) -> dict[str, str]:
    """The holidays from this year on, named in the user's language where the library has it."""
    if not user.holidays:
        return {}
    year = _today(user, now).year
    return {
        day: name for ahead in range(YEARS) for day, name in _of_year(user.holidays, year + ahead, user.locale).items()
    }


@lru_cache(maxsize=256)
def _of_year(where: str, year: int, locale: str) -> dict[str, str]:
    """The holidays of a place, named in this language where the library has it."""
    country, _, region = where.partition("-")
    known = _library(country)
    found = known(subdiv=region or None, years=year, expand=False, language=_language(known, locale))
    return {day.isoformat(): ", ".join(name.split("; "))[:NAME_MAX] for day, name in sorted(found.items())}


def _language(known: Any, locale: str) -> str | None:
    """This language, else English, else what is spoken there."""
    offered = sorted(known.supported_languages)
    for wanted in (locale.replace("-", "_"), locale.partition("-")[0], "en"):
        near = [name for name in offered if name == wanted or name.partition("_")[0] == wanted]
        if near:
            return str(near[0])
    return str(known.default_language) if known.default_language else None


def coming(user: User, now: datetime) -> list[DayOff]:
    """The holidays of the next twelve months, worked on or not."""
    today = _today(user, now)
    return _between(user, today, today + SHOWN)


def closed_days(user: User, first: date, last: date) -> list[DayOff]:
    """The holidays from first to last that the user takes off."""
    return [row for row in _between(user, first, last) if row.is_off] if user.holidays else []


def _between(user: User, first: date, last: date) -> list[DayOff]:
    found = DayOff.select().where(DayOff.user == user, DayOff.day >= first.isoformat(), DayOff.day <= last.isoformat())
    return list(found.order_by(DayOff.day))


def name_of(user: User, row: DayOff, locale: str) -> str:
    """What a day is called in the language of whoever reads; as it was kept, if the library has dropped it since."""
    year = int(row.day[:4])
    return _of_year(user.holidays, year, locale).get(row.day, row.name) if user.holidays else row.name


def work_on(actor: User, user: User, days: Iterable[str], now: datetime) -> None:
    """Say on which of the coming holidays the user works; all others they take off. Raises Forbidden."""
    _may(actor, user)
    worked = set(days)
    with db.transaction():
        for row in coming(user, now):
            if row.is_off == (row.day in worked):
                DayOff.update(is_off=row.day not in worked).where(DayOff.id == row.id).execute()


def refresh(now: datetime) -> int:
    """With each year and each release of the library, take everybody's days anew; returns how many changed."""
    mark = f"{version('holidays')} {now.year}"
    if Setting.read(KNOWN) == mark:
        return 0
    changed = sum(_take_over(user, now) for user in User.select().where(User.holidays != ""))
    with db.transaction():
        write_setting(KNOWN, mark)
    return changed
