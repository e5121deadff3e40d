"""Going: what becomes of everything that somebody leaves behind, once they are deactivated or removed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from meetings import db, render
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw
from meetings.errors import Busy, Conflict, HoldsMeetings, Invalid, NotFound, OwnsLinks, SlotTaken
from meetings.models import Booking, Company, Contact, Link, Member, Participant, Transfer, User
from meetings.models.links import DELETED, LIVE
from meetings.models.users import ADMIN

from .. import access, bookings, calendars, link_history, links, outbox, pictures, users
from ..access import require_admin
from .inventory import LeftBehind, Meeting, left_behind, to_begin

# Why a meeting could not be handed over.
UNDECIDED = "undecided"
NOT_FREE = "not-free"
CHANGED = "changed"
_REASONS = {SlotTaken: NOT_FREE, Invalid: CHANGED, Conflict: CHANGED}


class Links(StrEnum):
    """What becomes of links that somebody organizes."""

    KEEP = "keep"  # their pages take no bookings until the person is back
    TRANSFER = "transfer"
    DELETE = "delete"


class Meetings(StrEnum):
    """What becomes of meetings that are still to begin."""

    KEEP = "keep"
    HAND_OVER = "hand_over"
    CANCEL = "cancel"


class Contacts(StrEnum):
    """What becomes of contacts and companies."""

    KEEP = "keep"
    TRANSFER = "transfer"
    RELEASE = "release"  # nobody owns them any more


@dataclass(frozen=True)
class Choices:
    """What is to become of everything that somebody leaves behind."""

    links: Links = Links.KEEP
    meetings: Meetings = Meetings.KEEP
    contacts: Contacts = Contacts.KEEP
    transfer_to: str = ""  # address of the successor
    cancel_rest: bool = False  # meetings that can't be handed over


@dataclass(frozen=True)
class Stayed:
    """A meeting that nobody took over, and why."""

    booking: Booking
    reason: str


@dataclass
class Outcome:
    """What became of the meetings to come."""

    handed_over: list[Booking] = field(default_factory=list)
    going_on: list[Booking] = field(default_factory=list)  # with the other hosts
    cancelled: list[Booking] = field(default_factory=list)
    stayed: list[Stayed] = field(default_factory=list)


def deactivate(actor: User, user: User, choices: Choices, now: datetime) -> Outcome:
    """Keep somebody out: they are signed out, can't be met, and get no mail.

    What is kept works again once they are back. Meetings that nobody could take over stay theirs, and are told.

    Raises Forbidden, Invalid, Busy.
    """
    require_admin(actor)
    with db.transaction():
        outcome = _deal(actor, user, choices, now)
        users.set_active(actor, user, is_active=False)
    return outcome


def delete(actor: User, user: User, choices: Choices, now: datetime) -> Outcome:
    """Remove somebody, once everything of theirs has been dealt with; else nothing happens.

    Raises Forbidden, Invalid, OwnsLinks (links would be kept), HoldsMeetings (meetings would be), Busy.
    """
    require_admin(actor)
    with db.transaction():
        outcome = _deal(actor, user, choices, now, is_final=True)
        users.take_out(actor, user, now)
    if user.picture:
        pictures.remove(user.picture)
    return outcome


def _deal(actor: User, user: User, choices: Choices, now: datetime, *, is_final: bool = False) -> Outcome:
    """Do with everything as was chosen, in the caller's transaction."""
    successor = _successor(user, choices)
    _lock(user, successor, now)
    users.keep_an_admin(user, "role" if is_final else "active")
    left = left_behind(user, now)
    _see_that_it_is_decided(left, choices, successor, is_final=is_final)
    if choices.links == Links.TRANSFER and left.links and successor is not None:
        _transfer(actor, user, left, successor, now)
    outcome = Outcome()
    for meeting in left.meetings:
        _deal_with(actor, user, meeting, choices, successor, now, outcome)
    if is_final and outcome.stayed:
        raise HoldsMeetings([(one.booking.public_id, one.reason) for one in outcome.stayed])
    if choices.contacts != Contacts.KEEP:
        _give_contacts(user, successor if choices.contacts == Contacts.TRANSFER else None)
    _tell_organizers(actor, user, left, now)
    return outcome


def _successor(user: User, choices: Choices) -> User | None:
    if not choices.transfer_to:
        return None
    found = access.user_by_email(choices.transfer_to)
    flaws = []
    if found is None or not found.is_active:
        flaws = [Flaw("transfer_to", "unknown-user")]
    elif found.id == user.id:
        flaws = [Flaw("transfer_to", "leaves-themselves")]
    elif choices.links == Links.TRANSFER and calendars.is_lacking(found):
        flaws = [Flaw("transfer_to", "no-calendar")]
    if flaws:
        raise Invalid(flaws)
    return found


def _lock(user: User, successor: User | None, now: datetime) -> None:
    """Lock everybody whom it may concern, at once: bit by bit, two of these could wait for each other."""
    locked = _concerned(user, successor, now)
    db.lock(locked, strength="UPDATE")
    # Only now it is certain who is there, and what they hold.
    if not User.present().where(User.id == user.id).exists():
        raise NotFound
    if successor is not None and not User.select().where(User.id == successor.id, User.is_active).exists():
        raise Invalid([Flaw("transfer_to", "unknown-user")])
    if not _concerned(user, successor, now) <= locked:
        raise Busy


def _concerned(user: User, successor: User | None, now: datetime) -> set[int]:
    """Both, the teams, everybody in the meetings to come of the links and of the person, and other admins."""
    theirs = Link.select(Link.id).where(Link.organizer == user, Link.status != DELETED)
    held = Participant.select(Participant.booking).where(Participant.host == user)
    coming = Booking.select(Booking.id).where(Booking.link.in_(theirs) | Booking.id.in_(held), *to_begin(now))
    queries: tuple[Any, ...] = (
        Member.select(Member.user).where(Member.link.in_(theirs)),
        Participant.select(Participant.host).where(Participant.booking.in_(coming)),
        User.select(User.id).where(User.role == ADMIN, User.is_active),
    )
    ids = {user.id, *([successor.id] if successor else [])}
    return ids.union(*({found for (found,) in query.tuples()} for query in queries))


def _see_that_it_is_decided(left: LeftBehind, choices: Choices, successor: User | None, *, is_final: bool) -> None:
    """Raise OwnsLinks or HoldsMeetings for what can't stay, Invalid where a successor is needed and none is named."""
    if is_final and left.links and choices.links == Links.KEEP:
        raise OwnsLinks([one.link.slug for one in left.links])
    if is_final and left.meetings and choices.meetings == Meetings.KEEP:
        raise HoldsMeetings([(one.booking.public_id, UNDECIDED) for one in left.meetings])
    is_needed = (
        (choices.links == Links.TRANSFER and left.links)
        or (choices.meetings == Meetings.HAND_OVER and left.meetings)
        or (choices.contacts == Contacts.TRANSFER and left.owned)
    )
    if is_needed and successor is None:
        raise Invalid([Flaw("transfer_to", "required")])


def _tell_organizers(actor: User, user: User, left: LeftBehind, now: datetime) -> None:
    """Tell the organizers of teams in which nobody is left who can be met; whoever does it sees it on the page."""
    for link in (one.link for one in left.memberships if not one.others):
        organizer = link.organizer
        if link.status == LIVE and organizer.is_active and organizer.id not in (user.id, actor.id):
            url = render.absolute_url(f"/links/{link.slug}/edit/team")
            details = {"link_id": link.id, "link": link.internal_name, "who": user.name, "url": url}
            outbox.queue_user_mail("nobody_met", organizer, details, now)


# ---- links -----------------------------------------------------------------------------------------------------------


def _transfer(actor: User, user: User, left: LeftBehind, successor: User, now: datetime) -> None:
    """Give all links to the successor, who is met through them instead.

    It can't be taken back: a link goes back only to somebody who is here.
    """
    made = links.transfer(actor, [one.link.slug for one in left.links], successor.email, now)
    Transfer.delete().where(Transfer.id == made.id).execute()
    given = {one.link.id for one in left.links}
    for one in left.memberships:
        if one.link.id in given and one.link.kind == Kind.ROUND_ROBIN:  # in a group it has happened
            _take_place(actor, one.link, user, successor, now)


def _take_place(actor: User, link: Link, user: User, successor: User, now: datetime) -> None:
    theirs = Member.link == link, Member.user == user
    with link_history.changing(actor, link, now):
        if Member.select().where(Member.link == link, Member.user == successor).exists():
            Member.delete().where(*theirs).execute()
        else:
            Member.update(user=successor, schedule=None).where(*theirs).execute()
        Link.update(version=Link.version + 1, updated_at=now).where(Link.id == link.id).execute()


# ---- meetings --------------------------------------------------------------------------------------------------------


def _deal_with(
    actor: User,
    user: User,
    meeting: Meeting,
    choices: Choices,
    successor: User | None,
    now: datetime,
    outcome: Outcome,
) -> None:
    """Hand a meeting over, let it go on with its other hosts, or cancel it; into `outcome` goes which."""
    if choices.meetings == Meetings.KEEP:
        return
    booking, reason = meeting.booking, ""
    if choices.meetings == Meetings.HAND_OVER and successor is not None:
        reason = _hand_over(actor, user, booking, successor, now)
        if not reason:
            outcome.handed_over.append(booking)
            return
    if meeting.is_shared:
        outcome.going_on.append(bookings.release(actor, booking, user, now))
    elif reason and not choices.cancel_rest:
        outcome.stayed.append(Stayed(booking, reason))
    else:
        outcome.cancelled.append(bookings.cancel(booking, now, by=actor))


def _hand_over(actor: User, user: User, booking: Booking, successor: User, now: datetime) -> str:
    """Why a meeting could not be handed over; nothing where it was."""
    try:
        bookings.hand_over(actor, booking, user, successor, now)
    except (SlotTaken, Invalid, Conflict) as problem:
        return _REASONS[type(problem)]
    return ""


# ---- contacts --------------------------------------------------------------------------------------------------------


def _give_contacts(user: User, successor: User | None) -> None:
    for table in (Contact, Company):
        table.update(owner=successor).where(table.owner == user).execute()
