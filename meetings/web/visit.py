"""What a visitor of a public page asks for: zone, clock, language, duration, day; from the address, then cookies."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from flask import request
from werkzeug.wrappers import Response

from meetings import i18n
from meetings.domain.time import to_instant, zone_names
from meetings.services.offers import View

CHOSEN_ZONE = "zone"  # picked from the list; kept until another is picked
BROWSER_ZONE = "browser_zone"  # what the browser said last, see static/app.js
CLOCK = "clock"
ONCE = "once"
EVERYONES = "team"  # everyone's times are asked for, also where the address has a host of its own
ONCE_MAX = 100  # characters
A_YEAR = 365 * 24 * 3600

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_EPOCH = re.compile(r"[0-9]{1,11}")
_CARRIED_LENGTH = 4000


@dataclass(frozen=True)
class Visit:
    """A visitor's wishes, and the addresses of the same page with one of them changed."""

    path: str
    zone: str
    locale: str
    clock: str  # "12" or "24"
    duration: int
    month: date | None = None  # its first day
    day: date | None = None
    start: int | None = None
    carried: tuple[tuple[str, str], ...] = ()
    view: View | None = None  # whose times they see, where the link goes by their address

    def url(self, **changes: object) -> str:
        """This page's address with some parameters changed, everything else carried along."""
        kept = [pair for pair in self.carried if pair[0] not in changes]
        kept += [(name, str(value)) for name, value in changes.items() if value is not None]
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    @property
    def prefix(self) -> str:
        """The start of an address to which one more parameter is appended: for the many links of a month."""
        base = self.url()
        return f"{base}&" if "?" in base else f"{base}?"

    def here(self) -> str:
        """The address of what is shown now."""
        day = None if self.start is not None else self.day
        return self.url(month=self.month and f"{self.month:%Y-%m}", date=day, start=self.start)


def read_visit(
    path: str, durations: Sequence[int], default_zone: str, language: str = "auto", formats: str = "auto"
) -> Visit:
    """The visit that the request asks for. What can't be understood counts as not said."""
    given = request.args
    locale = choose_locale(language, formats)
    return Visit(
        path=path,
        zone=_zone(given.get("timezone"), default_zone),
        locale=locale,
        clock=_clock(given.get(CLOCK), locale),
        duration=_duration(given.get("duration"), durations),
        month=_month(given.get("month")),
        day=_day(given.get("date")),
        start=read_start(given.get("start")),
        carried=_carried(given.items(multi=True)),
    )


def choose_locale(language: str, formats: str = "auto") -> str:
    """The language picked on the page, else the link's, else the browser's; in the formats that the link asks for."""
    picked = request.args.get("lang")
    browser = [name for name, _ in request.accept_languages]
    wanted = [] if language == "auto" else [language]
    chosen = i18n.negotiate([*([picked] if picked else []), *wanted, *browser])
    # The browser knows the territory: "English" picked in Canada stays Canadian English.
    for name in [*([formats] if formats != "auto" else []), *browser]:
        if "-" in name and name.partition("-")[0] == chosen.partition("-")[0]:
            return i18n.negotiate([name])
    return chosen


def _zone(asked: str | None, default: str) -> str:
    for name in (asked, request.cookies.get(CHOSEN_ZONE), request.cookies.get(BROWSER_ZONE), default):
        if name and name in zone_names():
            return name
    return "UTC"


def _clock(asked: str | None, locale: str) -> str:
    for clock in (asked, request.cookies.get(CLOCK)):
        if clock in {"12", "24"}:
            return clock
    return i18n.default_clock(locale)


def _duration(asked: str | None, durations: Sequence[int]) -> int:
    return next((minutes for minutes in durations if str(minutes) == asked), durations[0])


def _month(asked: str | None) -> date | None:
    if not asked or not _MONTH.fullmatch(asked) or not "1971" < asked < "9990":
        return None
    return date.fromisoformat(f"{asked}-01")


def _day(asked: str | None) -> date | None:
    try:
        day = date.fromisoformat(asked or "")
    except ValueError:
        return None
    return day if 1971 < day.year < 9990 else None


def once() -> str:
    """The token of an address that books one meeting; empty on all other addresses."""
    return request.args.get(ONCE, "")[:ONCE_MAX]


def is_everyones() -> bool:
    """Whether everyone's times are asked for."""
    return request.args.get(EVERYONES) == "1"


def read_start(asked: str | None) -> int | None:
    """An instant as whole seconds since the epoch, or as RFC 3339 with an offset; None for anything else."""
    if not asked:
        return None
    if _EPOCH.fullmatch(asked):
        return int(asked)
    try:
        moment = datetime.fromisoformat(asked.replace(" ", "+"))  # a plus sign that was not encoded
    except ValueError:
        return None
    if moment.tzinfo is None or moment.microsecond or not 1971 < moment.year < 9990:
        return None
    return to_instant(moment)


def _carried(given: object) -> tuple[tuple[str, str], ...]:
    kept: list[tuple[str, str]] = []
    length = 0
    for name, value in given:  # type: ignore[attr-defined]
        if name in {"month", "date", "start", "new", "moved", "undo", "q", "page"}:
            continue
        length += len(name) + len(value)
        if length > _CARRIED_LENGTH:
            break
        kept.append((name, value))
    return tuple(kept)


def remember(response: Response, visit: Visit) -> Response:
    """Keep the zone and the clock that were picked on the page in the visitor's browser."""
    for cookie, asked, value in (
        (CHOSEN_ZONE, request.args.get("timezone"), visit.zone),
        (CLOCK, request.args.get(CLOCK), visit.clock),
    ):
        if asked == value and request.cookies.get(cookie) != value:
            response.set_cookie(cookie, value, max_age=A_YEAR, samesite="Lax", secure=request.is_secure, httponly=True)
    response.vary.update(("Cookie", "Accept-Language"))
    return response
