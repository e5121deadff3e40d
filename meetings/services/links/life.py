"""What becomes of a link: switched off and on, copied, deleted and brought back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from meetings import db
from meetings.domain.availability import Kind
from meetings.domain.sections import INTERNAL_NAME_MAX
from meetings.errors import NotFound
from meetings.models import Link, Slug, User
from meetings.models.links import DELETED, DRAFT, LIVE, OFF

from .. import link_history
from . import slugs
from .changes import create
from .documents import document
from .slugs import is_slug_free, suggest_slug
from .writing import save

UNDO_LASTS = timedelta(minutes=10)  # for which a deleted link can be brought back


def switch_off(actor: User, link: Link, now: datetime) -> Link:
    """Stop offering times; the page says so. Drafts stay drafts."""
    return set_status(actor, link, OFF, now) if link.status == LIVE else link


def switch_on(actor: User, link: Link, now: datetime) -> Link:
    """Offer times again."""
    return set_status(actor, link, LIVE, now) if link.status == OFF else link


def set_status(actor: User, link: Link, status: str, now: datetime) -> Link:
    """Change nothing but how it stands."""
    with db.transaction(), link_history.changing(actor, link, now):
        save(actor, link, {"status": status}, now, None)
    return Link.get_by_id(link.id)


def delete(actor: User, link: Link, now: datetime) -> None:
    """Take a link away. Meetings that were booked through it take place; for a while it can be brought back."""
    gone = {"status": DELETED, "deleted_at": now, "deleted_from": link.status}
    with db.transaction(), link_history.changing(actor, link, now):
        save(actor, link, gone, now, None)


def deleted_link(actor: User, link_id: int, now: datetime) -> Link:
    """A link that the actor may still bring back. Raises NotFound."""
    link = Link.get_or_none(Link.id == link_id, Link.status == DELETED, Link.deleted_at > now - UNDO_LASTS)
    if link is None or not (actor.is_admin or link.organizer_id == actor.id) or not link.organizer.is_active:
        raise NotFound
    return link


def gone_from(actor: User, slug: str) -> Link:
    """The link that was deleted last of those that had this address, if the actor may change it. Raises NotFound."""
    found = Link.select().where(Link.slug == slug, Link.status == DELETED).order_by(Link.id.desc())
    link: Link | None = found.first()
    if link is None or not (actor.is_admin or link.organizer_id == actor.id):
        raise NotFound
    return link


def restore(actor: User, link: Link, now: datetime) -> Link:
    """Bring a deleted link back as it was; if somebody took its address meanwhile, at another. Raises NotFound."""
    with db.transaction():
        db.lock([link.organizer_id])
        gone = deleted_link(actor, link.id, now)
        slug = gone.slug if is_slug_free(gone, gone.slug) else suggest_slug(gone, gone.slug)
        with link_history.changing(actor, gone, now):
            Link.update(status=gone.deleted_from, deleted_at=None, deleted_from="").where(Link.id == gone.id).execute()
            slugs.claim(gone, slug)
            save(actor, gone, {"slug": slug, "scheduling": {**gone.scheduling, "slug": slug}}, now, None)
    return Link.get_by_id(link.id)


def clear_deleted(now: datetime) -> int:
    """Let go of links that nobody can bring back any more; returns how many. The caller holds the transaction."""
    over = list(Link.select(Link.id).where(Link.status == DELETED, Link.deleted_at <= now - UNDO_LASTS))
    Slug.delete().where(Slug.link.in_(over)).execute()
    return int(Link.update(deleted_at=None, unsaved={}).where(Link.id.in_(over)).execute())


def duplicate(actor: User, link: Link, name: str, now: datetime, kind: str | None = None) -> Link:
    """A draft like `link` under the given name, cut to fit, at an address of its own, organized by the actor.

    `kind`: another kind than the link's. A round robin begins with its organizer, an individual link has no team.
    """
    copy = document(link)
    copy["kind"] = kind or link.kind
    copy["overview"] = {**copy["overview"], "internal_name": name[:INTERNAL_NAME_MAX].strip(), "organizer": actor.email}
    copy["scheduling"] = {**copy["scheduling"], "slug": suggest_slug(None, link.slug)}
    copy["team"] = _team_for(copy["kind"], copy["team"], actor)
    return create(actor, copy, now, status=DRAFT, like=link)


def _team_for(kind: str, team: Sequence[dict[str, Any]], organizer: User) -> list[dict[str, Any]]:
    if kind == Kind.INDIVIDUAL:
        return []
    if kind == Kind.ROUND_ROBIN and not team:
        return [{"user": organizer.email}]
    return list(team)
