"""Addresses of links: one belongs to one link, which keeps those that it had before.

A deleted link keeps its own only until somebody else wants them: so it comes back as it was.
"""

import secrets as random_source

import peewee

from meetings import db
from meetings.domain import link as link_document
from meetings.errors import DuplicateSlug
from meetings.models import Link, Slug
from meetings.models.links import DELETED

SLUG_TRIES = 20  # suggestions tried before a random ending is taken


def claim(link: Link, slug: str) -> None:
    """Take an address. One that this link had before is taken back; another link's is refused, unless it is deleted."""
    _take_from_deleted(slug)
    try:
        with db.savepoint():
            Slug.create(key=slug.lower(), link=link)
    except peewee.IntegrityError as error:
        if not Slug.select().where(Slug.key == slug.lower(), Slug.link == link).exists():
            raise DuplicateSlug(slug=slug) from error


def _take_from_deleted(slug: str) -> None:
    holder = _deleted_holder(slug)
    if holder is None:
        return
    db.lock([holder.organizer_id])  # whoever brings the link back does the same first
    if _deleted_holder(slug):
        Slug.delete().where(Slug.key == slug.lower()).execute()


def _deleted_holder(slug: str) -> Link | None:
    found = Link.select().join(Slug).where(Slug.key == slug.lower(), Link.status == DELETED)
    return found.first()  # type: ignore[no-any-return]


def is_slug_free(link: Link | None, slug: str) -> bool:
    """Whether a link may have this address: no other that is there has or had it."""
    taken = Slug.select().join(Link).where(Slug.key == slug.lower(), Link.status != DELETED)
    if link is not None:
        taken = taken.where(Slug.link != link)
    return not taken.exists()


def suggest_slug(link: Link | None, name: str) -> str:
    """A free address made from a name."""
    base = link_document.slug_from(name) or "meeting"
    candidates = [base, *(f"{base[:60]}-{number}" for number in range(2, SLUG_TRIES))]
    free = (slug for slug in candidates if is_slug_free(link, slug))
    return next(free, f"{base[:50]}-{random_source.token_hex(4)}")
