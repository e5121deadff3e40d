"""Time zones as people know them: by city and country, with the clock there now."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from babel.dates import get_timezone_location

from meetings.domain.time import zone_names

from .formats import When, known_zone, local, minute_of_day, span_in_words
from .languages import _l, babel_locale, say


@lru_cache(maxsize=2048)
def zone_city(zone_name: str, locale: str) -> str:
    """The city that a zone is named after: Paris, Lisbonne."""
    if zone_name in ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Universal") or zone_name not in zone_names():
        return "UTC"
    if zone_name.startswith("Etc/"):
        return zone_name.removeprefix("Etc/")
    # By its object: looked up by name, Babel would ask another package's older data.
    city = str(get_timezone_location(known_zone(zone_name), locale=babel_locale(locale), return_city=True))
    return city.rpartition("/")[2]  # Babel leaves a region in front of cities that it has no name for


def offset_minutes(at: When, zone_name: str) -> int:
    """How far that zone's clocks are ahead of UTC at that instant."""
    return int((local(at, zone_name).utcoffset() or timedelta()).total_seconds() // 60)


@cache
def offset_name(minutes: int) -> str:
    """UTC+1, UTC−3:30, UTC+0."""
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


def zone_label(zone_name: str, at: When, locale: str) -> str:
    """Paris time (UTC+1), with the offset that holds at that instant."""
    return _zone_label(zone_name, offset_minutes(at, zone_name), locale)


@lru_cache(maxsize=2048)
def _zone_label(zone_name: str, minutes: int, locale: str) -> str:
    city = zone_city(zone_name, locale)
    if city.startswith(("UTC", "GMT")):
        return offset_name(minutes) if minutes else "UTC"
    return say(locale, _l("%(city)s time (%(offset)s)"), city=city, offset=offset_name(minutes))


def distance(there: str, here: str, at: When, locale: str) -> str:
    """How the clocks there stand to those here: 1 hour behind you, 30 minutes ahead of you, same time as you."""
    minutes = offset_minutes(at, there) - offset_minutes(at, here)
    if minutes == 0:
        return say(locale, _l("same time as you"))
    words = span_in_words(abs(minutes), locale)
    if minutes < 0:
        return say(locale, _l("%(hours)s behind you"), hours=words)
    return say(locale, _l("%(hours)s ahead of you"), hours=words)


class Place(NamedTuple):
    """A zone as people look for it."""

    zone: str
    city: str
    country: str
    search: str  # city, country and zone name without accents, lower case


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """A line of the list of zones: with the offset and the clock there now."""

    zone: str
    city: str
    country: str
    offset: str
    minutes: int
    now: str

    @property
    def label(self) -> str:
        """One line for a plain list."""
        return f"{self.city}, {self.country} ({self.offset})" if self.country else f"{self.city} ({self.offset})"


# A city for nearly each offset: what is shown before anything is searched.
_WELL_KNOWN = (
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/Mexico_City",
    "America/New_York",
    "America/Bogota",
    "America/Halifax",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "America/St_Johns",
    "Europe/London",
    "Europe/Lisbon",
    "Africa/Lagos",
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/Madrid",
    "Africa/Johannesburg",
    "Europe/Athens",
    "Africa/Cairo",
    "Europe/Istanbul",
    "Africa/Nairobi",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Dhaka",
    "Asia/Yangon",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Adelaide",
    "Australia/Sydney",
    "Pacific/Auckland",
    "UTC",
)


def zone_choices(locale: str, now: When) -> list[ZoneChoice]:
    """All places with a zone, by city: for lists to search in."""
    return [_choice(place, locale, now) for place in places(locale)]


def find_zones(
    query: str, locale: str, now: When, first: Sequence[str] = (), limit: int = 60, clock: str | None = None
) -> list[ZoneChoice]:
    """Places whose city, country, zone or offset match; without a query, `first` and then well-known cities near it."""
    wanted = _plain(query.replace("_", " ")).strip()
    if not wanted:
        return _suggested([name for name in first if name in zone_names()], locale, now, clock)
    if wanted.startswith(("utc", "gmt")) and len(wanted) > 3:
        offset = wanted.replace("gmt", "utc").replace("-", "−").upper().replace(" ", "")
        return [one for one in (_choice(place, locale, now, clock) for place in places(locale)) if one.offset == offset]
    hits = [place for place in places(locale) if wanted in place.search]
    hits.sort(key=lambda place: not place.search.startswith(wanted))
    return [_choice(place, locale, now, clock) for place in hits[:limit]]


def zone_meant(written: str, locale: str) -> str:
    """The zone that a city stands for, where only one place has that name; else what was written."""
    wanted = written.strip().casefold()
    names = {place.city.casefold(): place.zone for place in places(locale)}
    return names.get(wanted, written.strip())


def _suggested(first: Sequence[str], locale: str, now: When, clock: str | None) -> list[ZoneChoice]:
    known = {place.zone: place for place in places(locale)}

    def choice(name: str) -> ZoneChoice:
        return _choice(known.get(name) or Place(name, zone_city(name, locale), "", ""), locale, now, clock)

    begun = [choice(name) for name in dict.fromkeys(first)]
    here = begun[0].minutes if begun else 0
    others = [choice(name) for name in _WELL_KNOWN if name not in first]
    return [*begun, *sorted(others, key=lambda one: (abs(one.minutes - here), one.city))]


def _choice(place: Place, locale: str, now: When, clock: str | None = None) -> ZoneChoice:
    moment = local(now, place.zone)
    minutes = int((moment.utcoffset() or timedelta()).total_seconds() // 60)
    reading = minute_of_day(moment.hour * 60 + moment.minute, locale, clock)
    return ZoneChoice(place.zone, place.city, place.country, offset_name(minutes), minutes, reading)


@lru_cache(maxsize=16)
def places(locale: str) -> tuple[Place, ...]:
    """Every inhabited place with a zone of its own, by city in this language."""
    names = babel_locale(locale).territories
    found = [_place(zone_name, str(names.get(code, "")), locale) for code, zone_name in _zone_table()]
    found.append(Place("UTC", "UTC", "", "utc gmt"))
    return tuple(sorted(found, key=lambda place: _plain(place.city)))


def _place(zone_name: str, country: str, locale: str) -> Place:
    city = zone_city(zone_name, locale)
    return Place(zone_name, city, country, _plain(f"{city} {country} {zone_name.replace('_', ' ')}"))


@lru_cache(maxsize=16)
def country_names(codes: tuple[str, ...], locale: str) -> list[tuple[str, str]]:
    """Countries by code and by name in this language, in the order of their names."""
    names = babel_locale(locale).territories
    return sorted(((code, str(names.get(code, code))) for code in codes), key=lambda country: _plain(country[1]))


@cache
def _zone_table() -> tuple[tuple[str, str], ...]:
    """(country, zone) as the tzdata package lists them: every country has a line of its own."""
    text = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return tuple((row[0], row[2].strip()) for row in rows)


def _plain(text: str) -> str:
    """Without accents and case, as people type when they search."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
