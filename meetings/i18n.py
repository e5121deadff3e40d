"""Languages: which one to speak, how instants, days, zones and durations read in it, and sentences for codes.

Nothing here guesses: every format is told its locale and its zone. A locale is written as on the web ("en", "fr-CA").
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

import flask_babel
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_skeleton, get_timezone_location, parse_pattern
from babel.lists import format_list
from babel.support import NullTranslations
from babel.units import format_unit
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask_babel.speaklater import LazyString

from . import catalogues
from .domain.fields import Flaw
from .domain.time import UnknownZone, to_datetime, zone, zone_names
from .errors import Problem

SPOKEN = ("en", "fr")
# A bare language needs a territory for its formats. English without one is the international kind, not the American.
_HOME = {"en": "en_GB"}

When = datetime | int  # an aware datetime or whole seconds since the epoch


def _l(sentence: str) -> str:
    """Mark a sentence for translation where it is written down but not yet said."""
    return sentence


# ---- which language --------------------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    """Let templates and views speak the request's language."""
    app.config.setdefault("LOCALES", SPOKEN)
    catalogues.build(app.config["LOCALES"])
    flask_babel.Babel(app, locale_selector=_select_locale)
    # The same catalogues as everywhere here, without looking up the request's language anew for each sentence.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _catalog(current_locale()).gettext(text),
        ngettext=lambda one, many, count: _catalog(current_locale()).ngettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: _catalog(current_locale()).pgettext(context, text),
        npgettext=lambda context, one, many, count: _catalog(current_locale()).npgettext(context, one, many, count),
    )


def spoken() -> Sequence[str]:
    """The locales that this instance speaks; the first is the one of last resort."""
    return tuple(current_app.config["LOCALES"]) if has_app_context() else SPOKEN


def speak(locale: str) -> None:
    """Use this locale for the rest of the request."""
    g.locale = locale
    flask_babel.refresh()


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Use this locale inside the block: for mails and other work outside a request."""
    before = g.get("locale")
    speak(locale)
    try:
        yield
    finally:
        g.locale = before
        flask_babel.refresh()


def current_locale() -> str:
    """The locale in use: the one set by `speak`, else the browser's, else the first spoken."""
    if not has_app_context():
        return SPOKEN[0]
    chosen: str | None = g.get("locale")
    if chosen is None:
        chosen = browser_locale() if has_request_context() else spoken()[0]
        g.locale = chosen
    return chosen


def browser_locale() -> str:
    """What the browser asks for, as far as it is spoken here."""
    return negotiate([language for language, _ in request.accept_languages])


def _select_locale() -> str:
    return current_locale().replace("-", "_")


def negotiate(wanted: Sequence[str], offered: Sequence[str] | None = None) -> str:
    """The first wanted locale that is spoken, with the territory it came with; else the first offered."""
    offered = offered or spoken()
    for candidate in wanted[:20]:
        found = _match(candidate[:35], tuple(offered))
        if found:
            return found
    return offered[0]


@lru_cache(maxsize=512)
def _match(wanted: str, offered: tuple[str, ...]) -> str | None:
    asked = _parsed(wanted)
    if asked is None:
        return None
    for one in offered:
        spoken_one = _parsed(one)
        if spoken_one and _tongue(spoken_one) == _tongue(asked):
            return f"{one}-{asked.territory}" if asked.territory and not spoken_one.territory else one
    return None


def _tongue(locale: Locale) -> tuple[str, str]:
    """Language and script, so that Taiwan's Chinese is not taken for the mainland's."""
    likely = get_global("likely_subtags")
    key = f"{locale.language}_{locale.territory}" if locale.territory else locale.language
    guess = str(likely.get(key, likely.get(locale.language, "")))
    script = locale.script or next((part for part in guess.split("_") if len(part) == 4), "")
    return locale.language, script


def _parsed(name: str) -> Locale | None:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        return None


@lru_cache(maxsize=256)
def babel_locale(locale: str) -> Locale:
    """The locale with a territory, which the first day of the week and the clock depend on."""
    found = _parsed(locale) or _parsed(locale.partition("-")[0]) or Locale("en", "GB")
    if found.territory:
        return found
    home = _HOME.get(str(found)) or str(get_global("likely_subtags").get(str(found), found))
    language, *rest = home.split("_")
    territory = next((part for part in rest if len(part) in (2, 3)), None)
    return _parsed("_".join(filter(None, (language, found.script, territory)))) or found


@lru_cache(maxsize=256)
def direction(locale: str) -> str:
    """How the script runs: "ltr" or "rtl"."""
    return babel_locale(locale).text_direction


@lru_cache(maxsize=256)
def language_name(locale: str) -> str:
    """What the language calls itself, as a menu shows it."""
    found = _parsed(locale) or Locale("en")
    name = found.get_language_name(found.language) or locale
    return name[:1].upper() + name[1:]


def say(locale: str, sentence: str, **values: object) -> str:
    """The sentence in this locale, its named placeholders filled."""
    text = _catalog(locale).gettext(sentence)
    return text % values if values else text


def say_count(locale: str, one: str, many: str, count: int, **values: object) -> str:
    """As `say`, in the plural form that the count asks for; the count itself is `num`."""
    return _catalog(locale).ngettext(one, many, count) % {"num": count, **values}


def gettext(sentence: str, **values: object) -> str:
    """The sentence in the language in use."""
    return say(current_locale(), sentence, **values)


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """As `gettext`, in the plural form that the count asks for; the count itself is `num`."""
    return say_count(current_locale(), one, many, count, **values)


def lazy_gettext(sentence: str) -> Any:
    """The sentence in the language in use when it is shown: for tables and forms, written down before anybody reads."""
    return LazyString(gettext, sentence)


@lru_cache(maxsize=64)
def _catalog(locale: str) -> NullTranslations:
    return catalogues.load(locale)


# ---- days and times --------------------------------------------------------------------------------------------------


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
}


@lru_cache(maxsize=4096)
def day_of(day: date, locale: str, form: str) -> str:
    """A calendar day in one of the forms: long, short, full, short-year, date (without the weekday)."""
    return str(_day_pattern(locale, form).apply(day, babel_locale(locale)))


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
def span_in_words(minutes: int, locale: str) -> str:
    """A stretch of time written out, for sentences: 1 hour, 5 hours 30 minutes, 2 days, 1 week."""
    found, parts = babel_locale(locale), []
    for unit, size in (("week", 10080), ("day", 1440), ("hour", 60), ("minute", 1)):
        count, minutes = divmod(minutes, size)
        if count:
            parts.append(str(format_unit(count, f"duration-{unit}", "long", locale=found)))
    return " ".join(parts)


# ---- zones -----------------------------------------------------------------------------------------------------------


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


def listed(names: Sequence[str], locale: str) -> str:
    """A, B and C."""
    return str(format_list(list(names), locale=babel_locale(locale)))


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


def default_title(contact_name: str, host_name: str, locale: str) -> str:
    """What a calendar shows of a meeting whose link gives it no title."""
    return say(locale, _l("%(contact)s and %(host)s"), contact=contact_name, host=host_name)[:255]


# ---- sentences for codes ---------------------------------------------------------------------------------------------

# What is wrong with a field, and the mend.
FLAWS: Mapping[str, str] = {
    "required": _l("Please fill this in."),
    "unknown-field": _l("There is no field “%(name)s” here."),
    "fixed": _l("This can’t be changed any more."),
    "not-an-object": _l("This must be an object with named fields."),
    "not-a-list": _l("This must be a list."),
    "not-text": _l("This must be text."),
    "not-a-number": _l("This must be a whole number."),
    "not-yes-or-no": _l("This must be yes or no."),
    "not-a-choice": _l("Choose one of: %(choices)s."),
    "not-an-email": _l(
        "This is not a complete e-mail address. It needs a name, an @ and an ending, such as ana@example.org."
    ),
    "not-a-zone": _l("This time zone is not known. Choose one from the list, such as Europe/Paris."),
    "not-a-date": _l("This is not a date. Write it as year-month-day, such as 2026-12-03."),
    "not-a-time": _l("This is not a time of day. Write it as 09:30 or 17:00."),
    "not-a-slug": _l("Use letters without accents, digits, hyphens and underscores only, at most %(maximum)s."),
    "not-a-name": _l(
        "Start with a small letter; then small letters, digits and underscores, at most %(maximum)s in all."
    ),
    "not-a-language": _l("This language is not spoken here."),
    "not-https": _l("This must be a whole address that starts with https://."),
    "too-long": _l("This is too long. At most %(maximum)s characters fit."),
    "line-breaks": _l("This must be one line only."),
    "control-characters": _l("There are invisible characters in this text that can’t be kept. Type it in again."),
    "out-of-range": _l("This must be between %(minimum)s and %(maximum)s."),
    "date-out-of-range": _l("This must be a date between %(minimum)s and %(maximum)s."),
    "too-few": _l("At least this many are needed: %(minimum)s."),
    "too-many": _l("These are too many. The most is %(maximum)s."),
    "duplicate": _l("This is here twice. Remove one of them."),
    "reserved": _l("“%(name)s” is taken by the app itself. Choose another."),
    "ends-before-start": _l("This ends before it starts."),
    "range-too-long": _l("This is too long a stretch. At most %(maximum)s days are possible."),
    "reminder-out-of-range": _l(
        "A reminder goes out between %(minimum_minutes)s minutes and %(maximum_weeks)s weeks before the meeting."
    ),
    "team-not-allowed": _l("A link of one person has no further members."),
    "not-an-instant": _l(
        "This is not a moment in time. Write date, time and offset, such as 2026-12-03T14:30:00+01:00."
    ),
    "not-a-key": _l("Use visible ASCII characters only, at least one and at most 255."),
    "not-a-cursor": _l("This is not where a list goes on. Take the value of “next” as it came."),
    "key-reused": _l("This key came with another request before. Use a new one."),
    "slug-taken": _l("Another link has, or had, this address. Choose another."),
    "email-taken": _l("Somebody with this address is here already."),
    "unknown-user": _l("Nobody here has this address."),
    "unknown-link": _l("No link has, or had, this address."),
    "too-short": _l("This is too short. Take at least %(minimum)s characters."),
    "too-easy": _l("This is too easy to guess. Leave your own name and address out of it."),
    "wrong-password": _l("This is not the right password."),
    "wrong-code": _l("This is not the code that the app printed when it started."),
    "not-a-picture": _l("This is not a picture that can be shown. Take a JPEG, PNG or WebP file."),
    "last-admin": _l("Nobody would be left to look after the workspace. Make somebody else an admin first."),
    "unknown-token": _l("“%(token)s” means nothing here. Use one of the names from the list."),
    "broken-token": _l("A name in double braces is not closed: write it as {{ contact.first_name }}."),
}

# Answers that somebody must see; the rule names of a taken slot included.
PROBLEMS: Mapping[str, str] = {
    "problem": _l("Something went wrong on our side."),
    "not-found": _l("There is nothing at this address."),
    "forbidden": _l("You may not do this."),
    "unauthorized": _l("Please sign in first."),
    "invalid": _l("Something needs to be mended."),
    "slot-taken": _l("This time is no longer free."),
    "duplicate-slug": _l("Another link has, or had, this address. Choose another."),
    "owns-links": _l("This person organizes links. Hand these over or delete them first."),
    "organizer-fixed": _l("The organizer of a link can’t be changed here."),
    "conflict": _l("Somebody else changed this in the meantime. Look at it again, then decide."),
    "rate-limited": _l("That was too often in a short time. Please try again in a little while."),
    "too-large": _l("This is too large."),
    "busy": _l("Too much is going on right now. Please try again in a moment."),
}

MESSAGES: Mapping[str, str] = {**FLAWS, **PROBLEMS}


def flaw_message(flaw: Flaw, locale: str | None = None) -> str:
    """What is wrong with a field and how to mend it, in words."""
    locale = locale or current_locale()
    values = {name: _shown(value, locale) for name, value in flaw.params.items()}
    return _filled(locale, FLAWS[flaw.code], values)


def problem_message(problem: Problem, locale: str | None = None) -> str:
    """A problem in one sentence."""
    return _filled(locale or current_locale(), PROBLEMS.get(problem.code, PROBLEMS["problem"]), problem.params)


def _filled(locale: str, sentence: str, values: Mapping[str, object]) -> str:
    """The sentence with its values; one without placeholders may hold a lone per cent sign or braces."""
    return say(locale, sentence, **values) if "%(" in sentence else say(locale, sentence)


def _shown(value: object, locale: str) -> object:
    """Dates as people write them; everything else as it is."""
    if isinstance(value, str) and len(value) == 10:
        try:
            return day_of(date.fromisoformat(value), locale, "short-year")
        except ValueError:
            return value
    return value
