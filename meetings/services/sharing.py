"""The times that a link offers as text, to paste into a mail or a chat: each with an address that books it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode

from flask import current_app
from markupsafe import Markup

from meetings import i18n
from meetings.domain import availability
from meetings.domain.time import Instant, days_span, local_date, zone
from meetings.i18n import say
from meetings.models import Link

from . import host_hours, offers, ownership

DAYS_MAX = 31  # days with times that one text names
AT_ONCE = 14  # days searched at a time


@dataclass(frozen=True)
class Wish:
    """Which times, and how they are to be written."""

    duration: int
    zone: str
    locale: str
    days: int = 3  # with times; days without any are passed over
    most: int = 0  # times a day, spread over it; 0: all of them
    clock: str | None = None  # "12", "24"; none: as the language has it
    once: str = ""  # token of an address that books one meeting
    email: str = ""  # of whoever asks, where the link goes by whose contact somebody is
    is_everyones: bool = False  # whether they want everyone's times all the same

    @property
    def whose(self) -> dict[str, object]:
        """What the addresses of times and page say of whoever asks, so that these show the same."""
        return {"email": self.email, **({"team": 1} if self.is_everyones else {})} if self.email else {}


@dataclass(frozen=True, slots=True)
class TimeShown:
    """A time with the address that books it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class DayShown:
    """A day and its times."""

    label: str
    times: list[TimeShown]


@dataclass(frozen=True, slots=True)
class Times:
    """What a text says."""

    heading: str
    terms: str  # how long, and in which zone the times are told
    days: list[DayShown]
    page_url: str
    closing: str
    nothing: str


def page_url(link: Link, once: str = "", **more: object) -> str:
    """The address of a link's page."""
    query = {**more, **({"once": once} if once else {})}
    path = f"{current_app.config['BASE_URL']}/book/{link.slug}"
    return f"{path}?{urlencode(query)}" if query else path


def times(link: Link, wish: Wish, now: datetime) -> Times:
    """The next free times, as they are to be told."""
    starts = _next(link, wish, now)
    first = starts[0][0] if starts else offers.instant_of(now)
    names = i18n.listed([host.name for host in offers.hosts_of(link) if not host.is_paused], wish.locale)
    return Times(
        heading=link.scheduling["heading"] or say(wish.locale, "Meet %(names)s", names=names),
        terms=f"{i18n.duration(wish.duration, wish.locale)}, {i18n.zone_label(wish.zone, first, wish.locale)}",
        days=[_day(link, day, wish, first) for day in starts],
        page_url=page_url(link, wish.once, **wish.whose),
        closing=say(wish.locale, "All times, and other time zones:"),
        nothing=say(wish.locale, "No time is free at the moment."),
    )


def _next(link: Link, wish: Wish, now: datetime) -> list[list[Instant]]:
    """Starts by day, for as many days with times as are wished."""
    if not link.is_bookable:
        return []
    place, present = zone(wish.zone), offers.instant_of(now)
    horizon = availability.horizon_span(offers.rules_of(link), present)
    day = local_date(max(present, horizon.start), place)
    view = ownership.view_of(link, wish.email, is_everyones=wish.is_everyones) if wish.email else None
    found: list[list[Instant]] = []
    while len(found) < wish.days and days_span(day, day, place).start < horizon.end:
        last = day + timedelta(days=AT_ONCE - 1)
        starts = offers.offered(link, wish.duration, days_span(day, last, place), now, view=view)
        found += [list(those) for _day, those in groupby(starts, lambda at: local_date(at, place))]
        day = last + timedelta(days=1)
    return [_spread(starts, wish.most) for starts in found[: wish.days]]


def _spread(starts: Sequence[Instant], most: int) -> list[Instant]:
    """At most so many, the first and the last among them."""
    if not most or len(starts) <= most:
        return list(starts)
    if most == 1:
        return [starts[0]]
    return [starts[round(index * (len(starts) - 1) / (most - 1))] for index in range(most)]


def _day(link: Link, starts: Sequence[Instant], wish: Wish, first: Instant) -> DayShown:
    label = i18n.day_short(starts[0], wish.zone, wish.locale)
    offset = i18n.offset_minutes(starts[0], wish.zone)
    if offset != i18n.offset_minutes(first, wish.zone):  # the clocks change in between
        label = f"{label} ({i18n.offset_name(offset)})"
    return DayShown(label, [TimeShown(_clock(at, wish), _url(link, at, wish)) for at in starts])


def _clock(at: Instant, wish: Wish) -> str:
    return i18n.time(at, wish.zone, wish.locale, wish.clock)


def _url(link: Link, at: Instant, wish: Wish) -> str:
    """Says no more than it must: the page knows the link's own zone and length."""
    more: dict[str, object] = {"start": at}
    if wish.duration != link.durations[0]:
        more["duration"] = wish.duration
    if wish.zone != host_hours.zone_of(link):
        more["timezone"] = wish.zone
    return page_url(link, wish.once, **more, **wish.whose)


# -- ways of writing it


def plain(said: Times, *, has_links: bool = False) -> str:
    """Lines to paste anywhere; with links, each time stands on a line of its own."""
    lines = [said.heading, said.terms, ""]
    for day in said.days:
        if has_links:
            lines += [day.label, *(f"  {one.label}  {one.url}" for one in day.times), ""]
        else:
            lines.append(f"{day.label}: {', '.join(one.label for one in day.times)}")
    if not said.days:
        lines.append(said.nothing)
    if lines[-1]:
        lines.append("")
    return "\n".join([*lines, f"{said.closing} {said.page_url}"]) + "\n"


def markdown(said: Times) -> str:
    """The same with a link behind each time."""
    lines = [f"**{_md(said.heading)}**  ", _md(said.terms), ""]
    for day in said.days:
        links = ", ".join(f"[{_md(one.label)}](<{one.url}>)" for one in day.times)
        lines.append(f"- {_md(day.label)}: {links}")
    if not said.days:
        lines.append(_md(said.nothing))
    return "\n".join([*lines, "", f"{_md(said.closing)} <{said.page_url}>"]) + "\n"


def _md(text: str) -> str:
    """Text that Markdown takes for nothing else."""
    return "".join(f"\\{character}" if character in "\\`*_[]<>#|~" else character for character in text)


def html(said: Times) -> Markup:
    """The same for programs that write mails: nothing but paragraphs and links."""
    lines = [Markup("<p><strong>{}</strong><br>{}</p>").format(said.heading, said.terms)]
    for day in said.days:
        links = Markup(", ").join(Markup('<a href="{}">{}</a>').format(one.url, one.label) for one in day.times)
        lines.append(Markup("<p>{}: {}</p>").format(day.label, links))
    if not said.days:
        lines.append(Markup("<p>{}</p>").format(said.nothing))
    lines.append(Markup('<p>{} <a href="{}">{}</a></p>').format(said.closing, said.page_url, said.page_url))
    return Markup("\n").join(lines)
