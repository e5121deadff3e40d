"""Scheduling links by their documents."""

from flask import Response

from .. import clock
from ..domain.fields import Field, boolean, email, list_of, record, slug
from ..errors import Conflict, NotFound, PreconditionFailed
from ..models import Link, LinkChange, User
from ..models.links import DRAFT
from ..services import access, links
from . import documents, pages, reading
from .calls import Access, Group, Parameter, call, json_answer

TRANSFER_MAX = 200
_TRANSFER = record(
    {
        "slugs": Field(list_of(slug, minimum=1, maximum=TRANSFER_MAX, same=str.lower), required=True),
        "organizer": Field(email, required=True),
        "move_bookings": Field(boolean, default=False),
    }
)


IF_MATCH = Parameter(
    "If-Match",
    {"type": "string", "examples": ['"7"']},
    "The `ETag` of the link as it was last read: it is changed only if it is still that one",
    place="header",
)


def _answer(link: Link, status: int = 200) -> Response:
    """A link with the mark of its version."""
    response = json_answer(links.document(link), status)
    response.set_etag(str(link.version))
    return response


def _expected_version(link: Link) -> int | None:
    """The version that the caller wants to change; None for whatever it is by now. Raises PreconditionFailed."""
    return link.version if reading.is_expected(str(link.version)) else None


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
def add_link(actor: User) -> Response:
    return _answer(links.create(actor, reading.body(reading.anything), clock.now()), 201)


@call(
    "GET",
    "/links/<slug>",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="One link",
    answer="Link",
    explanation="The header `ETag` names its version.",
)
def show_link(actor: User, slug: str) -> Response:
    return _answer(_link(actor, slug))


@call(
    "GET",
    "/links/<slug>/history",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="What was changed of a link",
    answer="LinkChangeList",
    query=pages.PARAMETERS,
    explanation="In the order in which it was: who, when, and each place with its old and its new value.",
)
def show_history(actor: User, slug: str) -> dict[str, object]:
    found = LinkChange.select().where(LinkChange.link == _link(actor, slug))
    page = pages.of_query(found, (LinkChange.id,), lambda row: (row.id,))
    return page.document([_change(row) for row in page.rows])


def _change(row: LinkChange) -> dict[str, object]:
    return {"at": documents.instant(row.at), "by": row.actor_name, "version": row.version, "changes": row.changes}


@call(
    "PATCH",
    "/links/<slug>",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="Change a link",
    body="LinkPatch",
    answer="Link",
    query=(IF_MATCH,),
    problems=("forbidden", "duplicate-slug", "organizer-fixed", "precondition-failed"),
    explanation=(
        "A merge patch (RFC 7396): objects are merged, lists replaced, null means the default. A former address goes "
        "on leading to the link. Without `If-Match` the patch is merged with what others changed meanwhile."
    ),
)
def change_link(actor: User, slug: str) -> Response:
    link = _link(actor, slug, write=True)
    version = _expected_version(link)
    try:
        return _answer(links.update(actor, link, reading.body(reading.anything), clock.now(), version=version))
    except Conflict as problem:
        raise PreconditionFailed from problem


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
    links.delete(actor, _link(actor, slug, write=True), clock.now())


@call(
    "POST",
    "/links/transfer",
    access=Access.ADMIN,
    group=Group.LINKS,
    summary="Give links to another organizer",
    body="TransferRequest",
    answer="Transfer",
    problems=("forbidden",),
    explanation=(
        "All of them or none. Addresses stay, and meetings keep who holds them, unless `move_bookings` is true: then "
        "the new organizer holds what the former one was still to hold, where they are free. For ten minutes it can be "
        "undone; mails about moved meetings wait until then."
    ),
)
def transfer_links(actor: User) -> dict[str, object]:
    wanted = reading.body(_TRANSFER)
    made = links.transfer(
        actor, wanted["slugs"], wanted["organizer"], clock.now(), move_bookings=wanted["move_bookings"]
    )
    given = Link.select().where(Link.id.in_([one["id"] for one in made.former["links"]])).order_by(Link.id)
    return {
        "id": made.id,
        "items": links.documents(list(given)),
        "next": None,
        "moved": [one["public_id"] for one in made.former["bookings"]],
        "stayed": [{"booking": one["public_id"], "reason": one["reason"]} for one in made.former["stayed"]],
    }


@call(
    "POST",
    "/transfers/<key:id>/undo",
    access=Access.ADMIN,
    group=Group.LINKS,
    summary="Take a transfer back",
    answer="TransferUndone",
    problems=("forbidden",),
    explanation=(
        "Within ten minutes, once. Links, teams and meetings are as they were, except for what changed since: that "
        "stays, and is listed."
    ),
)
def undo_transfer(actor: User, transfer_id: int) -> dict[str, object]:
    kept = links.undo_transfer(actor, transfer_id, clock.now())
    return {
        "links": [one["slug"] for one in kept if "slug" in one],
        "bookings": [one["booking"] for one in kept if "booking" in one],
    }
