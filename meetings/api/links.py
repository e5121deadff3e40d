"""Scheduling links by their documents."""

from typing import Any

from .. import clock
from ..domain.fields import Field, email, list_of, record, slug
from ..errors import NotFound
from ..models import Link, User
from ..models.links import DRAFT
from ..services import access, links
from . import pages, reading
from .calls import Access, Group, call

TRANSFER_MAX = 200
_TRANSFER = record(
    {
        "slugs": Field(list_of(slug, minimum=1, maximum=TRANSFER_MAX, same=str.lower), required=True),
        "organizer": Field(email, required=True),
    }
)


def _link(actor: User, slug: str, *, write: bool = False) -> Link:
    """A link that is more than a draft of the wizard."""
    link = access.link_for(actor, slug, write=write)
    if link.status == DRAFT:
        raise NotFound
    return link


@call(
    "GET",
    "/links",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="Links",
    answer="LinkList",
    query=pages.PARAMETERS,
    explanation=(
        "Those that one organizes or is a member of; for admins all. In the order in which they were made; drafts of "
        "the wizard are left out."
    ),
)
def list_links(actor: User) -> dict[str, object]:
    found = access.visible_links(actor).where(Link.status != DRAFT)
    page = pages.of_query(found, (Link.id,), lambda row: (row.id,))
    return page.document(links.documents(page.rows))


@call(
    "POST",
    "/links",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="Make a link",
    body="LinkRequest",
    answer="Link",
    problems=("forbidden", "duplicate-slug"),
    explanation="Live at once. Only admins may name another organizer. What isn't said has its default.",
)
def add_link(actor: User) -> dict[str, Any]:
    return links.document(links.create(actor, reading.body(reading.anything), clock.now()))


@call(
    "GET",
    "/links/<slug>",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="One link",
    answer="Link",
)
def show_link(actor: User, slug: str) -> dict[str, Any]:
    return links.document(_link(actor, slug))


@call(
    "PATCH",
    "/links/<slug>",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="Change a link",
    body="LinkPatch",
    answer="Link",
    problems=("forbidden", "duplicate-slug", "organizer-fixed"),
    explanation=(
        "A merge patch (RFC 7396): objects are merged, lists replaced, null means the default. A former address goes "
        "on leading to the link."
    ),
)
def change_link(actor: User, slug: str) -> dict[str, Any]:
    link = _link(actor, slug, write=True)
    return links.document(links.update(actor, link, reading.body(reading.anything), clock.now()))


@call(
    "DELETE",
    "/links/<slug>",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="Delete a link",
    problems=("forbidden",),
    explanation="Its addresses become free. Meetings booked through it take place.",
)
def remove_link(actor: User, slug: str) -> None:
    links.delete(actor, _link(actor, slug, write=True))


@call(
    "POST",
    "/links/transfer",
    access=Access.ADMIN,
    group=Group.LINKS,
    summary="Give links to another organizer",
    body="TransferRequest",
    answer="LinkList",
    problems=("forbidden",),
    explanation="All of them or none. Addresses stay, and meetings keep who holds them.",
)
def transfer_links(actor: User) -> dict[str, object]:
    wanted = reading.body(_TRANSFER)
    moved = links.transfer(actor, wanted["slugs"], wanted["organizer"], clock.now())
    return {"items": links.documents(moved), "next": None}
