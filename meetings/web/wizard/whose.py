"""Whose hours a link goes by, as its page says it: which schedule is followed, and by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from meetings import i18n
from meetings.domain import link as link_document
from meetings.domain.availability import Kind
from meetings.domain.sections import HOSTS_HOURS
from meetings.i18n import gettext as _
from meetings.models import Link, Schedule, User
from meetings.services import host_hours, offers, schedules

from ..forms.wizard import hours as typed_hours
from ..hours_words import week_in_short
from ..session import signed_in
from . import hours


@dataclass(frozen=True)
class Member:
    """A host of a team's link, and the hours that they keep to."""

    name: str
    schedule: str  # blank: the link's own hours
    hours: str  # in words
    edit_url: str | None


def context(link: Link, made: Link, typed: Mapping[str, Any], now: datetime, locale: str) -> dict[str, Any]:
    """What `wizard/schedule/_whose.html` shows; `made` is the link as it would be."""
    is_hosts = typed["hours_of"] == HOSTS_HOURS
    if made.kind == Kind.INDIVIDUAL:
        own = _of_organizer(link, made.organizer, typed["schedule"], now, locale)
        is_followed = is_hosts and own["followed"] is not None
        return {"whose": {**own, "is_team": False, "is_hosts": is_hosts, "is_own_unused": is_followed}}
    members = _members(link, made, locale) if is_hosts else []
    is_unused = is_hosts and all(member.schedule for member in members)
    return {"whose": {"is_team": True, "is_hosts": is_hosts, "members": members, "is_own_unused": is_unused}}


# ---- one host --------------------------------------------------------------------------------------------------------


def _of_organizer(link: Link, organizer: User, wanted: str, now: datetime, locale: str) -> dict[str, Any]:
    rows = schedules.of(organizer)
    is_there = any(row.name == wanted for row in rows)
    followed = next((row for row in rows if row.name == wanted), rows[0] if rows else None)
    is_mine = organizer.id == signed_in().id
    return {
        "organizer": organizer.name,
        "is_mine": is_mine,
        "choices": [*_first(rows, is_mine=is_mine), *((row.name, row.name) for row in rows)],
        "missing": wanted if wanted and not is_there else "",
        "followed": _shown(link, followed, now, locale) if followed else None,
        "new_url": _new_url(link, organizer),
    }


def _first(rows: list[Schedule], *, is_mine: bool) -> list[tuple[str, str]]:
    """The choice that names none: whichever is the first."""
    if not rows:
        return []
    name = rows[0].name
    return [
        ("", _("My first: %(schedule)s", schedule=name) if is_mine else _("Their first: %(schedule)s", schedule=name))
    ]


def _shown(link: Link, row: Schedule, now: datetime, locale: str) -> dict[str, Any]:
    """A schedule to look at: its week, and what else it says."""
    said = schedules.document(row)
    days = typed_hours.show({"scheduling": said})["days"]
    return {
        "name": row.name,
        "days": hours.week(days, locale),
        "rule": hours.scale(days.values()),
        "zone_label": i18n.zone_label(row.timezone, now, locale),
        "single_days": len(row.date_overrides),
        "edit_url": _edit_url(link, row.id, row.user_id),
    }


def _edit_url(link: Link, schedule_id: int, user_id: int) -> str | None:
    """Where whoever looks may edit a schedule, and come back from."""
    actor = signed_in()
    if not actor.is_admin and actor.id != user_id:
        return None
    return url_for("schedules.edit", schedule_id=schedule_id, link=link.slug)


def _new_url(link: Link, user: User) -> str | None:
    """Where the link's own hours become a schedule."""
    actor = signed_in()
    if actor.id == user.id:
        return url_for("schedules.new", link=link.slug)
    return url_for("schedules.new", user_id=user.id, link=link.slug) if actor.is_admin else None


# ---- a team ----------------------------------------------------------------------------------------------------------


def _members(link: Link, made: Link, locale: str) -> list[Member]:
    hosts = offers.hosts_of(made)
    followed = host_hours.of(made, [host.id for host in hosts])
    ids = _schedule_ids([host.id for host in hosts])
    own = link_document.hours_of(made.scheduling)
    found = []
    for host in hosts:
        theirs = followed.get(host.id, host_hours.HostHours("", own))
        schedule_id = ids.get((host.id, theirs.schedule))
        edit_url = _edit_url(link, schedule_id, host.id) if schedule_id else None
        found.append(Member(host.name, theirs.schedule, _in_words(theirs, locale), edit_url))
    return found


def _schedule_ids(user_ids: list[int]) -> dict[tuple[int, str], int]:
    rows = Schedule.select(Schedule.id, Schedule.user, Schedule.name).where(Schedule.user.in_(user_ids))
    return {(row.user_id, row.name): row.id for row in rows}


def _in_words(theirs: host_hours.HostHours, locale: str) -> str:
    week = week_in_short(theirs.hours.windows, locale)
    return _("%(hours)s (%(city)s time)", hours=week, city=i18n.zone_city(theirs.hours.zone.key, locale))
