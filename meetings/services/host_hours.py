"""Whose hours count on links that keep to their hosts' hours, and what limits each host."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from meetings import db
from meetings.domain import link as link_document
from meetings.domain.availability import Hours, Kind, Rules
from meetings.domain.fields import email_key
from meetings.domain.own_hours import WHOLE_DAYS, open_time
from meetings.domain.sections import HOSTS_HOURS
from meetings.domain.time import DAY, Span, days_span, gaps, local_date, zone
from meetings.models import DayOff, Link

_UTC = zone("UTC")
_OF_HOSTS = """
SELECT s.user_id, s.name, s.timezone, s.hours, s.date_overrides
FROM schedule s LEFT JOIN member m ON m.schedule_id = s.id AND m.link_id = ?
WHERE s.user_id IN ({hosts}) ORDER BY CASE WHEN m.id IS NULL THEN 1 ELSE 0 END, s.position, s.id
"""
_OF_PROPOSED = """
SELECT u.email, s.user_id, s.name, s.timezone, s.hours, s.date_overrides
FROM schedule s JOIN "user" u ON u.id = s.user_id WHERE s.user_id IN ({hosts}) ORDER BY s.position, s.id
"""


@dataclass(frozen=True, slots=True)
class HostHours:
    """The hours that limit a host, and whose they are."""

    schedule: str  # the name of the host's own schedule; blank: the link's own hours
    hours: Hours


def keeps_to_hosts(link: Link) -> bool:
    """Whether the schedules of its hosts count instead of the link's own hours."""
    return bool(link.scheduling["hours"] == HOSTS_HOURS)


def rules_of(link: Link) -> Rules:
    """All that a link says about its times.

    Where it keeps to its hosts' hours, one host's are the link's; a team's link is open all day, and each host is
    limited (`of`, `limits`).
    """
    rules = link_document.rules(link.scheduling)
    if not keeps_to_hosts(link):
        return rules
    if link.kind != Kind.INDIVIDUAL:
        return replace(rules, windows=WHOLE_DAYS)
    theirs = of_organizer(link)
    if theirs is None:
        return rules
    return replace(rules, zone=theirs.hours.zone.key, windows=theirs.hours.windows, overrides=theirs.hours.overrides)


def zone_of(link: Link) -> str:
    """The zone by whose clocks the link is offered, and its times are told where nobody asks for another."""
    theirs = of_organizer(link) if link.kind == Kind.INDIVIDUAL and keeps_to_hosts(link) else None
    return str(link.scheduling["timezone"]) if theirs is None else theirs.hours.zone.key


def of_organizer(link: Link) -> HostHours | None:
    """The schedule that an individual link keeps to: the one it names, else the organizer's first, if they have any."""
    found = db.rows(
        "SELECT name, timezone, hours, date_overrides FROM schedule WHERE user_id = ?"
        " ORDER BY CASE WHEN name = ? THEN 0 ELSE 1 END, position, id LIMIT 1",
        [link.organizer_id, link.scheduling["schedule"] or ""],
    )
    return next((HostHours(name, _hours(*said)) for name, *said in found), None)


def of(link: Link, host_ids: Sequence[int]) -> dict[int, HostHours]:
    """The hours that limit each host of a team's link; nothing for links that don't keep to their hosts' hours.

    They are those of the schedule that is named for them as its member, else of their first, else the link's own.
    """
    if not host_ids or link.kind == Kind.INDIVIDUAL or not keeps_to_hosts(link):
        return {}
    found = _found(link, host_ids)
    theirs: dict[int, HostHours] = {}
    for host_id, name, *said in found:
        if host_id not in theirs:
            theirs[host_id] = HostHours(name, _hours(*said))
    own = HostHours("", link_document.hours_of(link.scheduling))
    return {host_id: theirs.get(host_id, own) for host_id in host_ids}


def _found(link: Link, host_ids: Sequence[int]) -> list[Any]:
    """Their schedules, of each host first the one that counts."""
    hosts = db.placeholders(host_ids)
    if link.proposed_team is None:
        return db.rows(_OF_HOSTS.format(hosts=hosts), [link.id, *host_ids])
    named = {(email_key(member["user"]), member["schedule"]) for member in link.proposed_team}
    rows = db.rows(_OF_PROPOSED.format(hosts=hosts), host_ids)
    return [row for _email, *row in sorted(rows, key=lambda row: (row[0], row[2]) not in named)]


@lru_cache(maxsize=512)
def _hours(timezone: str, hours: str, date_overrides: str) -> Hours:
    """A schedule's row as the engine reads it."""
    said = {"available_hours": json.loads(hours), "date_overrides": json.loads(date_overrides)}
    return link_document.hours_of({"timezone": timezone, **said})


def limits(
    hours: Mapping[int, HostHours], holiday_zones: Mapping[int, ZoneInfo], around: Span
) -> dict[int, Sequence[Span]]:
    """What their own hours and public holidays leave each host of a span; hosts without either are not among them.

    `holiday_zones`: those who take holidays off, with the zone by whose clocks they do.
    """
    closed = _days_off(holiday_zones, around)
    left: dict[int, Sequence[Span]] = {host_id: gaps(spans, around) for host_id, spans in closed.items()}
    for host_id, theirs in hours.items():
        opened = open_time(theirs.hours, around)
        left[host_id] = gaps([*gaps(opened, around), *closed[host_id]], around) if host_id in closed else opened
    return left


def _days_off(zones: Mapping[int, ZoneInfo], around: Span) -> dict[int, list[Span]]:
    """The days that hosts take off, each from midnight to midnight in the host's own zone."""
    if not zones:
        return {}
    first, last = local_date(around.start, _UTC) - DAY, local_date(around.end, _UTC) + DAY
    closed: dict[int, list[Span]] = {}
    for host_id, day in DayOff.taken([*zones], first, last):
        taken = date.fromisoformat(day)
        closed.setdefault(host_id, []).append(days_span(taken, taken, zones[host_id]))
    return closed
