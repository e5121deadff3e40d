"""Month and times: all that the public pages show of when, for booking, for moving and for the wizard's preview."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import url_for

from meetings import i18n
from meetings.domain import availability
from meetings.domain.time import Instant, local_date, zone
from meetings.i18n import gettext as _
from meetings.models import Booking, Link
from meetings.services import offers
from meetings.services.offers import HostOfLink

from .month import Month, draw, instant, month_of, month_span
from .visit import EVERYONES, Visit
from .who import across, far_zone, first_name, public_place_fact, who


def page_context(link: Link, visit: Visit, now: datetime) -> dict[str, Any]:
    """All that booking/_stage.html shows of month and times. The link may be unsaved: the wizard's preview.

    Where nobody can be met it says so: a month without times would say that they are taken, and to look in again.
    """
    hosts = offers.hosts_of(link)
    if all(host.is_paused for host in (visit.view.met if visit.view else hosts)):
        return closed_context(link, visit, now) | {"is_deserted": True}
    shown = times_context(link, visit, now, hosts) | who_context(link, visit, hosts, instant(now))
    return shown | {"step": "times", "is_deserted": False}


def times_context(
    link: Link, visit: Visit, now: datetime, hosts: Sequence[HostOfLink], without: Booking | None = None
) -> dict[str, Any]:
    """Month and times. `without` is a booking that is to be moved: its own time is free for it."""
    first, starts = _month_shown(link, visit, now, without)
    last = availability.horizon_span(offers.rules_of(link), instant(now)).end
    # Differences between zones are told for the day that is looked at, not for today: clocks may change in between.
    reference = starts[0] if starts else instant(now)
    month = draw(
        starts,
        first,
        visit.day,
        instant(now),
        last,
        zone_name=visit.zone,
        locale=visit.locale,
        clock=visit.clock,
        far_zone=far_zone(link, hosts, visit, reference),
    )
    if month.parts:
        reference = month.parts[0][1][0].start
    at_day = replace(visit, month=None, day=month.chosen)
    return {
        "visit": visit,
        "month": month,
        "weekdays": _weekdays(visit.locale),
        "prefix": visit.prefix,
        "part_names": (_("Morning"), _("Afternoon"), _("Evening")),
        "chosen_weekday": i18n.weekday_names(visit.locale, "wide", from_first=False)[month.chosen.weekday()]
        if month.chosen
        else "",
        "chosen_date": i18n.day_of(month.chosen, visit.locale, "date") if month.chosen else "",
        "empty": None if month.chosen else _empty(link, visit, month, now, hosts, without),
        "zone_label": i18n.zone_label(visit.zone, reference, visit.locale),
        "zones_url": _zones_url(at_day, hosts),
        "across": across(link, hosts, visit, reference),
        "everyones_url": _everyones_url(visit),
    }


def _everyones_url(visit: Visit) -> str:
    """Where everyone's times are: offered to whoever came by an address, whatever is known of it."""
    if visit.view is None or visit.view.is_everyones:
        return ""
    return visit.url(month=_value(visit.month), date=visit.day, **{EVERYONES: 1})


def _zones_url(visit: Visit, hosts: Sequence[HostOfLink]) -> str:
    first = dict.fromkeys([visit.zone, *(host.timezone for host in hosts)])
    pairs = [("page", visit.here()), ("lang", visit.locale), *(("first", name) for name in list(first)[:5])]
    return f"{url_for('zones.choose')}?{urlencode(pairs)}"


@lru_cache(maxsize=64)
def _weekdays(locale: str) -> list[tuple[str, str, str]]:
    return list(zip(*(i18n.weekday_names(locale, width) for width in ("abbreviated", "narrow", "wide")), strict=True))


def _month_shown(link: Link, visit: Visit, now: datetime, without: Booking | None) -> tuple[date, list[Instant]]:
    """The month to show and its free times: the one asked for, else the first that has any."""
    asked = visit.day.replace(day=1) if visit.day else visit.month
    if asked:
        return asked, _offered(link, visit, asked, now, without)
    first = month_of(instant(now), visit.zone)
    starts = _offered(link, visit, first, now, without)
    if starts:
        return first, starts
    coming = _next(link, visit, month_span(first, visit.zone).end, now, without)
    if coming is None:
        return first, []
    first = month_of(coming, visit.zone)
    return first, _offered(link, visit, first, now, without)


def _offered(link: Link, visit: Visit, month: date, now: datetime, without: Booking | None) -> list[Instant]:
    return offers.offered(link, visit.duration, month_span(month, visit.zone), now, without, visit.view)


def _next(link: Link, visit: Visit, after: Instant, now: datetime, without: Booking | None) -> Instant | None:
    return offers.next_offered(link, visit.duration, after, now, without, visit.view)


def _empty(
    link: Link, visit: Visit, month: Month, now: datetime, hosts: Sequence[HostOfLink], without: Booking | None
) -> dict[str, Any]:
    """What to say, and where to go, when a month has no free time."""
    shown = visit.day.replace(day=1) if visit.day else visit.month
    after = month_span(shown, visit.zone).end if shown else instant(now)
    coming = _next(link, visit, after, now, without) or _next(link, visit, instant(now), now, without)
    if coming is None:
        return {**_no_time_at_all(link, visit, now), "url": ""}
    day = local_date(coming, zone(visit.zone))
    in_words = i18n.day_of(day, visit.locale, "long")
    names = {"name": first_name(hosts[0].name), "day": in_words} if len(hosts) == 1 else {"day": in_words}
    text = (
        _("%(name)s has time on %(day)s.", **names)
        if len(hosts) == 1
        else _("The nearest free day is %(day)s.", **names)
    )
    return {
        "title": _("No free time in %(month)s", month=month.name),
        "text": text,
        "url": visit.url(date=day),
        "button": _("Go to %(day)s", day=i18n.day_of(day, visit.locale, "short")),
    }


def _no_time_at_all(link: Link, visit: Visit, now: datetime) -> dict[str, Any]:
    if availability.horizon_span(offers.rules_of(link), instant(now)).end <= instant(now):
        return {"title": _("This is over"), "text": _("The dates of this page have passed.")}
    text = _("Everything is taken for now. New times may open later, so look in again.")
    if _everyones_url(visit):
        text = _("Have a look at everyone’s times: one of them may suit you.")
    return {"title": _("No free time at the moment"), "text": text, "is_everyones_first": bool(_everyones_url(visit))}


def who_context(link: Link, visit: Visit, hosts: Sequence[HostOfLink], at: Instant) -> dict[str, Any]:
    """The first pane, and the page's title."""
    shown = who(link, hosts, visit, at)
    return {
        "link": link,
        "who": shown,
        "page_title": _("%(heading)s: %(names)s", heading=shown.heading, names=shown.names)
        if shown.names
        else shown.heading,
        "facts": public_place_fact(link.place),
        "chips": [
            {
                "minutes": minutes,
                "label": i18n.duration(minutes, visit.locale),
                "url": visit.url(duration=minutes, date=visit.day, month=_value(visit.month)),
                "is_current": minutes == visit.duration,
            }
            for minutes in link.durations
        ],
    }


def _value(month: date | None) -> str | None:
    return f"{month:%Y-%m}" if month else None


def closed_context(link: Link, visit: Visit, now: datetime) -> dict[str, Any]:
    """The page of a link that is switched off, or through which nobody can be met any more."""
    return who_context(link, visit, offers.hosts_of(link), instant(now)) | {"visit": visit, "step": "closed"}
