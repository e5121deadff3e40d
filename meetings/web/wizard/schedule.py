"""The page of hours: its choices, and what they come to in days and times."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from meetings import i18n
from meetings.domain import availability
from meetings.domain.availability import DateRange, Host, Kind
from meetings.domain.sections import DAYS, DURATIONS_MAX, OVERRIDES_MAX, RANGE_DAYS_MAX
from meetings.domain.time import Span, days_span, local_date, to_datetime, to_instant, zone
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import DayOff, Link, User
from meetings.services import branding, holidays, host_hours, offers, pictures

from ..forms.wizard import Typed
from ..forms.wizard.hours import SINGLE_DAY
from ..session import signed_in
from . import formats, hours, whose
from .clocks import Rehearsal, rehearse
from .page import Page
from .rules import shadow

NOTICES = (0, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10080, 20160)
BUFFERS = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120)
INCREMENTS = (5, 10, 15, 20, 30, 45, 60, 90, 120)


def context(page: Page) -> dict[str, Any]:
    """What the template needs beside what every page has."""
    typed, locale, now = page.typed, page.locale, page.now
    scheduling = page.found.document["scheduling"]
    made = shadow(page.link, page.found.document)
    rules = offers.rules_of(made)
    today = local_date(to_instant(now), zone(rules.zone))
    return {
        "days": hours.week(typed["days"], locale),
        "single_days": hours.single_days(typed["overrides"], today, locale),
        "has_room_for_days": len(typed["overrides"]) < OVERRIDES_MAX,
        "rule": hours.scale([*typed["days"].values(), *typed["overrides"]]),
        "zone_label": i18n.zone_label(scheduling["timezone"], now, locale),
        "zones": i18n.zone_choices(locale, now),
        "durations": [_duration_name(minutes, locale) for minutes in typed["durations"]],
        "has_room_for_durations": len(typed["durations"]) < DURATIONS_MAX,
        "notices": _choices(NOTICES, typed["minimum_notice"], _("None"), locale),
        "buffers": _choices(BUFFERS, typed["buffer"], _("Nothing"), locale),
        "increments": [
            *_choices(INCREMENTS, typed["start_increment"], "", locale),
            ("duration", _("As long as the meeting")),
        ],
        "formats": formats.choices(typed["language"], typed["date_format"], locale),
        "format_sample": formats.sample(scheduling, now, locale),
        "range_words": _range_words(typed, scheduling, today, locale),
        "summary": _summary(scheduling, locale),
        "has_logo": bool(branding.current().logo),
        "picture_limit": pictures.MEGABYTES_MAX,
        **whose.context(page.link, made, typed, now, locale),
        "own_hours_are_wrong": _are_own_hours_wrong(page.errors),
        **_what_hours_mean(made, rules, locale, now),
        **_days_off(made, rules, locale, now),
    }


def _are_own_hours_wrong(errors: Mapping[str, Any]) -> bool:
    """Whether something must be mended in the link's zone, week or single days, which may be folded away."""
    keys = (*DAYS, SINGLE_DAY)
    return any(control in ("timezone", "hours") or (control.startswith(keys) and "_" in control) for control in errors)


def _days_off(made: Link, rules: availability.Rules, locale: str, now: datetime) -> dict[str, Any]:
    """The organizer's public holidays that close days on which the page could be booked else."""
    organizer = made.organizer
    if made.kind != Kind.INDIVIDUAL:
        return {"days_off": "", "takes_holidays": True, "is_own_link": False}
    first, last = _days_ahead(rules, now)
    taken = [row for row in holidays.closed_days(organizer, first, last) if _has_hours(rules, row.day)]
    named = [_day_off(organizer, row, locale) for row in taken]
    return {
        "days_off": i18n.listed(named, locale) if named else "",
        "takes_holidays": bool(organizer.holidays),
        "is_own_link": organizer.id == signed_in().id,
    }


def _day_off(organizer: User, row: DayOff, locale: str) -> str:
    day = i18n.day_of(date.fromisoformat(row.day), locale, "short")
    return _("%(day)s (%(holiday)s)", day=day, holiday=holidays.name_of(organizer, row, locale))


def _days_ahead(rules: availability.Rules, now: datetime) -> tuple[date, date]:
    """The first day from today on, and the last, on which the page can be booked."""
    horizon, where = availability.horizon_span(rules, to_instant(now)), zone(rules.zone)
    return local_date(max(horizon.start, to_instant(now)), where), local_date(max(horizon.end - 1, 0), where)


def _has_hours(rules: availability.Rules, day: str) -> bool:
    """Whether the hours themselves open that day."""
    date_ = date.fromisoformat(day)
    own = [windows for at, windows in rules.overrides if at == date_]
    return bool(own[0]) if own else any(window.weekday == date_.weekday() for window in rules.windows)


def _duration_name(typed: str, locale: str) -> str:
    return i18n.duration(int(typed), locale) if typed.isdecimal() and len(typed) < 6 else typed


def _choices(usual: tuple[int, ...], typed: str, nothing: str, locale: str) -> list[tuple[str, str]]:
    """The usual lengths of time in words, and the one that is there already, however unusual."""
    minutes = {*usual, *([int(typed)] if typed.isdecimal() and len(typed) < 6 else [])}
    return [(str(each), i18n.span_in_words(each, locale) if each else nothing) for each in sorted(minutes)]


def _range_words(typed: Typed, scheduling: Mapping[str, Any], today: date, locale: str) -> str:
    """What a range of dates comes to, or how long it may be."""
    window = scheduling["window"]
    if window["kind"] == "range" and (typed["first"], typed["last"]) == (window["start"], window["end"]):
        first, last = date.fromisoformat(window["start"]), date.fromisoformat(window["end"])
        if last < today:
            return _("These days are over: the page says so.")
        length = ngettext("%(num)d day", "%(num)d days", (last - first).days + 1)
        ends = i18n.day_of(last, locale, "short-year")
        return _("%(length)s, the last one %(day)s", length=length, day=ends)
    try:
        latest = date.fromisoformat(typed["first"]) + timedelta(days=RANGE_DAYS_MAX - 1)
    except (ValueError, OverflowError):
        return ngettext("%(num)d week at most", "%(num)d weeks at most", RANGE_DAYS_MAX // 7)
    shown = i18n.day_of(latest, locale, "short-year")
    weeks = ngettext("%(num)d week at most", "%(num)d weeks at most", RANGE_DAYS_MAX // 7)
    return _("%(weeks)s: until %(day)s", weeks=weeks, day=shown)


def _summary(scheduling: Mapping[str, Any], locale: str) -> str:
    """The additional settings in a line, for whoever doesn't open them."""
    window = scheduling["window"]
    parts = []
    if window["kind"] == "rolling":
        parts.append(ngettext("%(num)d week ahead", "%(num)d weeks ahead", window["weeks"]))
    else:
        parts.append(_("a range of dates"))
    if scheduling["minimum_notice"]:
        parts.append(_("%(time)s notice", time=i18n.duration(scheduling["minimum_notice"], locale)))
    if scheduling["buffer"]:
        parts.append(_("%(time)s between", time=i18n.duration(scheduling["buffer"], locale)))
    return ", ".join(parts)


def _what_hours_mean(made: Link, rules: availability.Rules, locale: str, now: datetime) -> dict[str, Any]:
    """The settings rehearsed: the last day, the first time that would be offered now, how many on a free day."""
    at = to_instant(now)
    horizon = availability.horizon_span(rules, at)
    where = zone(rules.zone)
    return {
        "rehearsals": _rehearsals(made, rules, locale, now),
        "last_day": i18n.day_of(local_date(max(horizon.end - 1, 0), where), locale, "short"),
        "first_time": _first_time(made, rules, locale, now),
        "free_day": _free_day(made, rules, locale, local_date(at, where)),
    }


def _rehearsals(made: Link, rules: availability.Rules, locale: str, now: datetime) -> list[Rehearsal]:
    """What changes of the clocks do to the link's hours; where each host has their own, there is nothing to tell."""
    has_own = made.kind != Kind.INDIVIDUAL and host_hours.keeps_to_hosts(made)
    return [] if has_own else rehearse(rules, made.organizer_id, now, locale)


def _first_time(made: Link, rules: availability.Rules, locale: str, now: datetime) -> str | None:
    """When the first time is that somebody could take who looks now."""
    start = offers.next_offered(made, made.durations[0], to_instant(now), now)
    return None if start is None else i18n.date_time_short(to_datetime(start), rules.zone, locale)


def _free_day(made: Link, rules: availability.Rules, locale: str, today: date) -> str | None:
    """How many starts a day with nothing in it has, for each duration: the week's first day that has any."""
    weekdays = {window.weekday for window in rules.windows}
    coming = sorted((today + timedelta(days=1 + ahead) for ahead in range(7)), key=date.weekday)
    days = [day for day in coming if day.weekday() in weekdays]
    if not days:
        return None
    span = days_span(today, today + timedelta(days=9), zone(rules.zone))
    idle = _idle(made, span)
    found = ((day, _starts(replace(rules, horizon=DateRange(day, day)), made, idle, span)) for day in days)
    without = (days[0], dict.fromkeys(made.durations[:3], 0))
    day, counts = next((each for each in found if any(each[1].values())), without)
    parts = [_starts_named(count, i18n.duration(minutes, locale)) for minutes, count in counts.items()]
    return _("A free %(day)s: %(starts)s.", day=hours.day_name(DAYS[day.weekday()], locale), starts=", ".join(parts))


def _idle(made: Link, span: Span) -> list[Host]:
    """The hosts with nothing to do, in their own hours where the link keeps to them."""
    hosts = offers.hosts_of(made)
    limits = host_hours.limits(host_hours.of(made, [host.id for host in hosts]), {}, span)
    return [
        Host(host.id, (), (), bool(host.check_availability), bool(host.is_paused), limits.get(host.id))
        for host in hosts
    ]


def _starts_named(count: int, length: str) -> str:
    return ngettext("%(num)d start for %(length)s", "%(num)d starts for %(length)s", count, length=length)


def _starts(rules: availability.Rules, made: Link, idle: list[Host], span: Span) -> dict[int, int]:
    """By duration, how many starts the rules leave of a span."""
    free, kind = replace(rules, minimum_notice=0, overrides=()), Kind(made.kind)
    return {
        minutes: len(availability.slots(free, kind, idle, minutes, span, span.start - 86400))
        for minutes in made.durations[:3]
    }
