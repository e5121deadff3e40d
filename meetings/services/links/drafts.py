"""Drafts: links in the making that nobody can book yet, and what was typed and can't be saved so far."""

import secrets as random_source
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from meetings import db
from meetings.domain import link as link_document
from meetings.domain import sections
from meetings.domain.availability import Kind
from meetings.domain.fields import email_key
from meetings.errors import Invalid, OrganizerFixed
from meetings.models import Link, Member, User
from meetings.models.links import DRAFT, LIVE

from .. import calendars, link_history, reminder_defaults
from .documents import document
from .life import set_status
from .writing import hold_people, insert, organizer_of, save, surroundings, team_of, write_team

MADE_UP_SLUG = "draft-"  # how the address of a draft begins until one is chosen


def start_draft(actor: User, kind: str, now: datetime) -> Link:
    """A new link with nothing said yet, at a made-up address, that nobody can book."""
    clean = link_document.defaults(kind, actor.timezone)
    clean["automation"]["reminders"] = reminder_defaults.current()
    clean["overview"]["internal_name"] = ""
    clean["scheduling"]["slug"] = f"{MADE_UP_SLUG}{random_source.token_hex(6)}"
    if kind == Kind.ROUND_ROBIN and not calendars.is_lacking(actor):
        clean["team"] = [sections.member_of(actor.email)]
    team, _ = team_of(clean, actor)
    with db.transaction():
        hold_people(team, actor)
        link = insert(actor, clean, DRAFT, now)
        write_team(link, team)
        link_history.began(actor, link, now)
    return link


def nameless_draft(actor: User, kind: str) -> Link | None:
    """A draft that the actor began and gave no name yet: to go on with instead of beginning another."""
    return Link.get_or_none(Link.organizer == actor, Link.kind == kind, Link.status == DRAFT, Link.internal_name == "")


def has_made_up_slug(link: Link) -> bool:
    """Whether nobody has chosen the address yet."""
    return link.status == DRAFT and link.slug.startswith(MADE_UP_SLUG)


def set_organizer(actor: User, draft: Link, email: str, now: datetime) -> Link:
    """Choose for whom a draft is made; fixed once the link exists. Raises Forbidden, Invalid, OrganizerFixed."""
    if email_key(email) == draft.organizer.email:
        return draft
    if draft.status != DRAFT:
        raise OrganizerFixed
    organizer, flaws = organizer_of(actor, {"overview": {"organizer": email}})
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        hold_people([], organizer)
        with link_history.changing(actor, draft, now):
            save(actor, draft, {"organizer": organizer}, now, None)
            _seat(draft, organizer)
    return Link.get_by_id(draft.id)


def _seat(draft: Link, organizer: User) -> None:
    """Give the organizer the place in the team that whoever began the draft has, unless they have one already."""
    theirs = Member.select().where(Member.link == draft)
    if draft.kind == Kind.INDIVIDUAL or theirs.where(Member.user == organizer).exists():
        return
    handed = Member.update(user=organizer, schedule=None)
    if handed.where(Member.link == draft, Member.user == draft.organizer).execute():
        return
    if draft.kind == Kind.GROUP:
        Member.create(link=draft, user=organizer, position=theirs.count())


def keep_unsaved(link: Link, step: str, values: Mapping[str, Any]) -> None:
    """Keep what was typed in a step and can't be saved yet, so that coming back loses nothing."""
    _write_unsaved(link, {**link.unsaved, step: dict(values)})


def forget_unsaved(link: Link, step: str) -> None:
    """Drop what `keep_unsaved` kept of a step."""
    if step in link.unsaved:
        _write_unsaved(link, {name: kept for name, kept in link.unsaved.items() if name != step})


def _write_unsaved(link: Link, unsaved: Mapping[str, Any]) -> None:
    with db.transaction():
        Link.update(unsaved=unsaved).where(Link.id == link.id).execute()
    link.unsaved = dict(unsaved)


def publish(actor: User, link: Link, now: datetime) -> Link:
    """Make a draft bookable; a live link stays as it is. Raises Invalid if a section isn't complete."""
    _clean, flaws = link_document.check(document(link), surroundings(link.organizer, link), kind=link.kind)
    if flaws:
        raise Invalid(flaws)
    return set_status(actor, link, LIVE, now)
