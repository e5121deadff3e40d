"""Fetch and authorise in one call: strangers get NotFound, as if the thing weren't there."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import peewee
from flask import current_app

from meetings.domain.fields import Flaw, email_key
from meetings.domain.time import days_span, to_datetime
from meetings.errors import Forbidden, Invalid, NotFound
from meetings.models import Booking, Contact, Link, Member, Participant, User
from meetings.models.links import DELETED, LIVE, OFF
from meetings.secrets import Signer, token_hash

MANAGE = "booking"  # purpose of the contact's token
MAILED = "booking-mail"  # of the same in mails: who has it reads the mailbox
TOKEN_OUTLIVES_MEETING = timedelta(days=30)


def require_admin(actor: User) -> None:
    """Raise Forbidden for members."""
    if not actor.is_admin:
        raise Forbidden


def public_link(slug: str) -> Link:
    """The link with a page for everybody under this address, present or former. By invitation: single_use.link_at."""
    link = published_link(slug)
    if link.is_by_invitation:
        raise NotFound
    return link


def published_link(slug: str) -> Link:
    """The link under this address, present or former, whoever its page is for. Drafts have no page.

    A hidden one is there at its present address alone: a former one may be easy to guess.
    """
    link = Link.by_slug(slug)
    if link is None or link.status not in (LIVE, OFF):
        raise NotFound
    if link.scheduling["visibility"] == "hidden" and link.slug.lower() != slug.lower():
        raise NotFound
    return link


def link_for(actor: User, slug: str, *, write: bool = False) -> Link:
    """A link that `actor` may see: its organizer, its members and admins; members of a team link may not change it."""
    link = Link.by_slug(slug)
    if link is None or link.status == DELETED:
        raise NotFound
    if actor.is_admin or link.organizer_id == actor.id:
        return link
    if Member.select().where(Member.link == link, Member.user == actor).exists():
        if write:
            raise Forbidden
        return link
    raise NotFound


def links_of(
    actor: User,
    *,
    query: str = "",
    owner_id: int | None = None,
    status: str | None = None,
    kind: str | None = None,
) -> list[Link]:
    """Links that `actor` may see, newest first, organizers loaded. `query` looks in name, address and organizer."""
    found = visible_links(actor)
    if query:
        found = found.where(Link.internal_name.contains(query) | Link.slug.contains(query) | User.name.contains(query))
    if owner_id is not None:
        found = found.where(Link.organizer == owner_id)
    if status is not None:
        found = found.where(Link.status == status)
    if kind is not None:
        found = found.where(Link.kind == kind)
    return list(found.order_by(Link.id.desc()))


def visible_links(actor: User) -> Any:
    """The query of links that `actor` may see, joined with their organizers. A draft without a name is no link yet."""
    found = Link.select(Link, User).join(User).where(Link.status != DELETED, Link.internal_name != "")
    if actor.is_admin:
        return found
    mine = Member.select(Member.link).where(Member.user == actor)
    return found.where((Link.organizer == actor) | Link.id.in_(mine))


def booking_for(actor: User, public_id: str) -> Booking:
    """A booking that `actor` is in, or whose link they organize; admins see all."""
    booking = visible_bookings(actor).where(Booking.public_id == public_id).first()
    if booking is None:
        raise NotFound
    return booking  # type: ignore[no-any-return]


def visible_bookings(actor: User) -> Any:
    """The query of bookings that `actor` may see, joined with link and contact."""
    found = Booking.select(Booking, Link, Contact).join(Link).switch(Booking).join(Contact)
    if actor.is_admin:
        return found
    theirs = Participant.select(Participant.booking).where(Participant.host == actor)
    return found.where((Link.organizer == actor) | Booking.id.in_(theirs))


def visible_among(actor: User, booking_ids: Collection[int]) -> set[int]:
    """Which of these bookings `actor` may see."""
    return {one.id for one in visible_bookings(actor).where(Booking.id.in_(list(booking_ids)))}


def bookings_of(
    actor: User,
    *,
    status: str | None = None,
    first: datetime | None = None,
    last: datetime | None = None,
    host_id: int | None = None,
    link_id: int | None = None,
    query: str = "",
) -> Any:
    """The query of bookings that `actor` may see with a start in [first, last), narrowed by what is given."""
    found = visible_bookings(actor)
    if status is not None:
        found = found.where(Booking.status == status)
    if first is not None:
        found = found.where(Booking.starts_at >= first)
    if last is not None:
        found = found.where(Booking.starts_at < last)
    if host_id is not None:
        found = found.where(Booking.id.in_(Participant.select(Participant.booking).where(Participant.host == host_id)))
    if link_id is not None:
        found = found.where(Booking.link == link_id)
    if query:
        found = found.where(_matches(query))
    return found


def _matches(query: str) -> Any:
    whole_name = Booking.first_name.concat(" ").concat(Booking.last_name)
    return whole_name.contains(query) | Booking.email.contains(query) | Booking.title.contains(query)


def day_bounds(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants [start, end) of local dates, both included."""
    span = days_span(first, last, zone)
    return to_datetime(span.start), to_datetime(span.end)


def manage_token(booking: Booking) -> str:
    """The token of the contact's own page; the same for the booking's whole life."""
    return _signer().sign(MANAGE, booking.public_id)


def mailed_token(booking: Booking) -> str:
    """The token in the links of mails to the contact: it opens the same, and tells that who has it got the mail."""
    return _signer().sign(MAILED, [booking.public_id, _mailbox(booking)])


def is_mailed(token: str, booking: Booking) -> bool:
    """Whether a token that opens the booking came by mail, to the address that the booking has now."""
    return _signer().unsign(MAILED, token) == [booking.public_id, _mailbox(booking)]


def _mailbox(booking: Booking) -> str:
    return token_hash(email_key(booking.email))[:16]


def _public_id(token: str) -> object:
    """What a contact's token is about, wherever they have it from."""
    mailed = _signer().unsign(MAILED, token)
    return mailed[0] if isinstance(mailed, list) and mailed else _signer().unsign(MANAGE, token)


def booking_by_token(token: str, now: datetime) -> Booking:
    """The booking that a contact's token opens, until a month after the meeting."""
    booking = booking_named(token)
    if booking is None or booking.is_anonymous or booking.ends_at + TOKEN_OUTLIVES_MEETING < now:
        raise NotFound
    if _is_of_former_mailbox(token, booking):
        raise NotFound
    return booking


def booking_named(token: str) -> Booking | None:
    """The booking that a contact's token was made for, whether it still opens it or not."""
    public_id = _public_id(token)
    if not isinstance(public_id, str):
        return None
    found = Booking.select(Booking, Link, Contact).join(Link).switch(Booking).join(Contact)
    return found.where(Booking.public_id == public_id).first()  # type: ignore[no-any-return]


def _is_of_former_mailbox(token: str, booking: Booking) -> bool:
    """Whether a mail brought the token to an address that the booking no longer has: it was mistyped."""
    mailed = _signer().unsign(MAILED, token)
    return mailed is not None and mailed != [booking.public_id, _mailbox(booking)]


def user_for(actor: User, user_id: int) -> User:
    """A user: oneself, or anybody for an admin."""
    if not actor.is_admin and actor.id != user_id:
        raise NotFound
    user = User.present().where(User.id == user_id).first()
    if user is None:
        raise NotFound
    return user  # type: ignore[no-any-return]


def hold_contact(contact: Contact) -> None:
    """Have a contact stay who they are until the caller's transaction ends. Raises NotFound for who is gone by now."""
    found = Contact.held(contact.email)
    if found is None or found.id != contact.id:
        raise NotFound


def hold_owner(owner: User | None) -> None:
    """Have an owner stay until the caller's transaction ends. Raises Invalid for who is removed by now."""
    if owner is not None and not User.held([owner.id]):
        raise Invalid([Flaw("owner", "unknown-user")])


def whose(actor: User, email: str | None) -> User:
    """For whom `actor` does something: themselves, or whom an admin names. Raises Forbidden, Invalid."""
    if email is None or email_key(email) == actor.email:
        return actor
    require_admin(actor)
    user = user_by_email(email)
    if user is None:
        raise Invalid([Flaw("user", "unknown-user")])
    return user


def visible_users(actor: User) -> Any:
    """The query of users that `actor` may see: oneself, for admins everybody."""
    return User.present() if actor.is_admin else User.present().where(User.id == actor.id)


def user_by_email(email: str) -> User | None:
    """The user with this address, whatever its case."""
    return User.get_or_none(User.email == email_key(email))


def users_by_email(emails: Iterable[str]) -> dict[str, User]:
    """Users by their addresses; addresses of nobody are left out."""
    keys = {email_key(email) for email in emails if "\0" not in email}
    return {user.email: user for user in User.select().where(User.email.in_(keys))} if keys else {}


def users_to_meet(query: str = "", but: Collection[str] = ()) -> Any:
    """The query of active users by name, in whose name or address all these words stand; `but`: addresses left out."""
    found = User.present().where(User.is_active, User.email.not_in([*map(email_key, but)]))
    for word in query.replace("\0", " ").split():
        found = found.where(User.name.contains(word) | User.email.contains(word))
    return found.order_by(peewee.fn.LOWER(User.name), User.id)


def link_counts() -> dict[int, int]:
    """How many links each user organizes."""
    counted: Any = Link.select(Link.organizer, peewee.fn.COUNT(Link.id)).where(Link.status != DELETED)
    return dict(counted.group_by(Link.organizer).tuples())


def team() -> list[User]:
    """All users by name."""
    return list(User.present().order_by(peewee.fn.LOWER(User.name), User.id))


def _signer() -> Signer:
    signer: Signer = current_app.extensions["signer"]
    return signer
