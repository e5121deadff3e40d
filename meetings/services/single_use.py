"""Addresses of a link that book one meeting: made by a host for somebody, used up by the booking."""

from datetime import datetime

from meetings import db
from meetings.errors import Forbidden, InvitationOver, NotFound
from meetings.models import Booking, Link, SingleUse, User
from meetings.models.links import DRAFT
from meetings.secrets import new_token, token_hash

from . import access

NOTE_MAX = 200  # characters
MOST_OPEN = 500  # addresses of one link that wait to be used


def make(actor: User, link: Link, note: str, now: datetime, *, expires_at: datetime | None = None) -> str:
    """The token of a new address; this is the only time it is seen. Raises Forbidden (too many), NotFound (a draft)."""
    if link.status == DRAFT:
        raise NotFound
    token = new_token()
    with db.transaction():
        if len([one for one in of_link(link) if state(one, now) == "open"]) >= MOST_OPEN:
            raise Forbidden
        SingleUse.create(
            link=link,
            token_hash=token_hash(token),
            note=note[:NOTE_MAX],
            created_by=actor,
            created_at=now,
            expires_at=expires_at,
        )
    return token


def of_link(link: Link) -> list[SingleUse]:
    """All addresses of a link that book once, the latest first, with what was booked through them."""
    found = SingleUse.select(SingleUse, Booking).left_outer_join(Booking).where(SingleUse.link == link)
    return list(found.order_by(SingleUse.id.desc()))


def state(one: SingleUse, now: datetime) -> str:
    """How an address stands: open, used or expired."""
    if one.used_at is not None:
        return "used"
    return "expired" if one.expires_at is not None and one.expires_at <= now else "open"


def revoke(link: Link, number: int) -> None:
    """Make an address of this link that was not used worthless. Raises NotFound."""
    unused = (SingleUse.id == number) & (SingleUse.link == link) & SingleUse.used_at.is_null()
    with db.transaction():
        if not SingleUse.delete().where(unused).execute():
            raise NotFound


def clear_ended(before: datetime) -> int:
    """Delete what ended unused before then, note and all; returns how many. The caller holds the transaction."""
    ended = SingleUse.used_at.is_null() & (SingleUse.expires_at < before)
    return int(SingleUse.delete().where(ended).execute())


# -- booking


def link_at(slug: str, token: str, now: datetime, *, is_sent: bool = False) -> Link:
    """The link whose page this address shows. A link that is booked by invitation alone has none without a token.

    Raises NotFound, the same for all that is not there, and InvitationOver; not for a form that `is_sent`: it may be
    the one that used the address up, sent once more.
    """
    link = access.published_link(slug)
    if not token:
        if link.is_by_invitation:
            raise NotFound
        return link
    found = _find(link, token)
    if not is_sent and state(found, now) != "open":
        raise InvitationOver
    return link


def admit(link: Link, token: str, now: datetime) -> None:
    """Let a booking through only by an address that is open. Raises NotFound, InvitationOver."""
    if not token:
        if link.is_by_invitation:
            raise NotFound
    elif state(_find(link, token), now) != "open":
        raise InvitationOver


def use_up(booking: Booking, token: str, now: datetime) -> None:
    """Note what was booked by this address; the caller holds the transaction. Raises InvitationOver: it was used."""
    unused = (SingleUse.token_hash == token_hash(token)) & SingleUse.used_at.is_null()
    if token and not SingleUse.update(used_at=now, booking=booking).where(unused).execute():
        raise InvitationOver


def _find(link: Link, token: str) -> SingleUse:
    found = SingleUse.get_or_none(SingleUse.token_hash == token_hash(token), SingleUse.link == link)
    if found is None:
        raise NotFound
    return found
