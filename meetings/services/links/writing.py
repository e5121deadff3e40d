"""How a checked document becomes rows: what making, changing and handing over have in common.

Whoever calls these holds the transaction.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import current_app

from meetings import i18n
from meetings.domain import sections
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw, email_key
from meetings.domain.link import Surroundings
from meetings.errors import Conflict, Invalid
from meetings.models import Link, MeetingType, Member, Picture, Property, Schedule, User
from meetings.models.links import DELETED

from .. import access, calendars, forms, schedules, subscriptions
from ..access import require_admin
from . import slugs

log = logging.getLogger(__name__)

ROW_VERSIONS = 2**31  # no row reaches it; a form may claim anything


def organizer_of(actor: User, document: Mapping[str, Any]) -> tuple[User, list[Flaw]]:
    """Who will own the link: the actor, or whom an admin names."""
    overview = document.get("overview")
    email = overview.get("organizer") if isinstance(overview, Mapping) else None
    if not isinstance(email, str) or email_key(email) == actor.email:
        return actor, []
    require_admin(actor)
    user = access.user_by_email(email)
    if user is None or not user.is_active:
        return actor, [Flaw("overview.organizer", "unknown-user")]
    return user, []


def surroundings(organizer: User, link: Link | None = None) -> Surroundings:
    """What the organizer's documents are held against. What `link` has already it may keep, whatever became of it."""
    types = {row.name for row in MeetingType.in_order()}
    pictures = set(Picture.names())
    formats = set(i18n.format_locales())
    own_schedules = schedules.names(organizer)
    if link is not None:
        types.add(link.overview.get("meeting_type") or "")
        pictures |= {link.scheduling["picture"], link.scheduling["welcome"]["picture"]}
        formats.add(link.scheduling.get("date_format") or "")
        own_schedules.add(link.scheduling.get("schedule") or "")
    return Surroundings(
        timezone=organizer.timezone,
        organizer=organizer.email,
        languages=current_app.config["LOCALES"],
        formats=formats,
        properties=Property.names(),
        meeting_types=types,
        subscriptions=subscriptions.names(),
        pictures=pictures,
        schedules=own_schedules,
    )


def team_of(
    clean: Mapping[str, Any], organizer: User, present: Collection[str] = ()
) -> tuple[list[dict[str, Any]], list[Flaw]]:
    """The members as rows; a group's organizer is added if missing. Who is kept out may stay (`present`), not join.

    Nor does who lacks a calendar that the team requires.
    """
    rows: list[dict[str, Any]] = []
    flaws: list[Flaw] = []
    if clean["kind"] == Kind.INDIVIDUAL:
        return rows, flaws
    for index, member in enumerate(clean["team"]):
        user = access.user_by_email(member["user"])
        if user is None or not (user.is_active or user.email in present):
            flaws.append(Flaw(f"team.{index}.user", "unknown-user"))
            continue
        if user.email not in present and calendars.is_lacking(user):
            flaws.append(Flaw(f"team.{index}.user", "no-calendar"))
        schedule = schedules.named(user, member["schedule"])
        if member["schedule"] and schedule is None:
            flaws.append(Flaw(f"team.{index}.schedule", "unknown-schedule"))
        rows.append(_row(user, member, schedule))
    if clean["kind"] == Kind.GROUP and organizer.id not in {row["user"].id for row in rows}:
        rows.insert(0, _row(organizer, sections.member_of(organizer.email)))
    return rows, flaws


def _row(user: User, said: Mapping[str, Any], schedule: Schedule | None = None) -> dict[str, Any]:
    return {
        "user": user,
        "check_availability": said["check_availability"],
        "weight": said["weight"],
        "is_paused": said["paused"],
        "schedule": schedule,
    }


def hold_people(team: Sequence[Mapping[str, Any]], organizer: User | None = None) -> None:
    """Have all of them stay until the transaction ends; its first statement. Raises Invalid for who is removed by now.

    Else a link could be left with somebody who is gone.
    """
    places = {row["user"].id: f"team.{index}.user" for index, row in enumerate(team)}
    if organizer is not None:
        places[organizer.id] = "overview.organizer"
    here = User.held(list(places))
    if gone := [Flaw(place, "unknown-user") for user_id, place in places.items() if user_id not in here]:
        raise Invalid(gone)


def insert(organizer: User, clean: Mapping[str, Any], status: str, now: datetime) -> Link:
    """Write a new link and take its address; what its form asks for that nobody has asked for yet is made."""
    forms.ensure_properties(clean["scheduling"], now)
    link = Link.create(
        kind=clean["kind"],
        status=status,
        organizer=organizer,
        created_at=now,
        updated_at=now,
        **columns_of(clean),
    )
    slugs.claim(link, link.slug)
    return link


def columns_of(clean: Mapping[str, Any]) -> dict[str, Any]:
    """The document as the link's row keeps it; the organizer has a column of its own."""
    overview = {name: value for name, value in clean["overview"].items() if name != "organizer"}
    return {
        "internal_name": overview["internal_name"],
        "slug": clean["scheduling"]["slug"],
        "overview": overview,
        "scheduling": clean["scheduling"],
        "automation": clean["automation"],
    }


def write_team(link: Link, team: Sequence[Mapping[str, Any]]) -> None:
    """Make these the members, in this order; who stays keeps the row."""
    kept = [member["user"].id for member in team]
    Member.delete().where(Member.link == link, Member.user.not_in(kept)).execute()
    for position, member in enumerate(team):
        Member.insert(link=link, position=position, **member).on_conflict(
            conflict_target=[Member.link, Member.user],
            preserve=[getattr(Member, name) for name in (*member, "position") if name != "user"],
        ).execute()


def save(actor: User, link: Link, columns: Mapping[str, Any], now: datetime, version: int | None) -> None:
    """Write columns of a link, as its next version.

    Raises Conflict if a named `version` is no longer its last, or the link was deleted.
    """
    if "scheduling" in columns:
        forms.ensure_properties(columns["scheduling"], now)
    changed = Link.update(**columns, version=Link.version + 1, updated_at=now)
    changed = changed.where(Link.id == link.id, Link.status != DELETED)
    if version is not None:
        if not 0 < version < ROW_VERSIONS:
            raise Conflict(reason="changed")
        changed = changed.where(Link.version == version)
    if not changed.execute():
        raise Conflict(reason="changed")
    log.info("link %s: %s changed %s", link.id, actor.email, ", ".join(columns))
