"""Other hosts for a booking: handing it over at the same time, and what changes with the hosts, whatever the reason."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from meetings import db
from meetings.domain import explain
from meetings.domain.availability import Kind
from meetings.domain.explain import Cause, Hindrance
from meetings.domain.fields import Flaw
from meetings.domain.time import Span, to_instant
from meetings.errors import Conflict, Forbidden, Invalid, SlotTaken
from meetings.i18n import default_title
from meetings.models import Booking, Link, Member, Participant, User

from .. import offers, outbox
from ..assignment import Assignment
from . import writing

HANDED_OVER: Final = "handed_over"


def hand_over(
    actor: User,
    booking: Booking,
    former_host: User,
    new_host: User,
    now: datetime,
    *,
    due_at: datetime | None = None,
    accept_events: bool = False,
) -> Booking:
    """Let another host hold a booking in place of one who does, at the same time; the news wait until `due_at`.

    Of a hand-over that nobody has heard of when the next one comes, nobody hears: taken back, it leaves no mail.

    A caller with more to write calls it inside a transaction that has locked all these hosts: it becomes a part of
    that one, and where it raises it alone is undone.

    Raises Forbidden, Conflict (cancelled, past; handed-over: the former host doesn't hold it any more), Invalid (nobody
    to whom `actor` may hand it over), SlotTaken (the new host is in another meeting then; or something else is in their
    way, unless `accept_events`), Busy.
    """
    seated = writing.seated(booking)
    with db.transaction():
        db.lock([*seated, new_host.id])
        fresh = writing.still_open(writing.alone_with(booking), now)
        seat = _seat_of(actor, fresh, former_host)
        if not successors(actor, fresh).where(User.id == new_host.id).exists():
            raise Invalid([Flaw("host", "no-successor")])
        found = hindrances(fresh, [new_host])[new_host.id] if seat.is_required else ()
        if any(is_hard(one) or not accept_events for one in found):
            raise SlotTaken("free")
        unheard_of = outbox.unsay(fresh)
        told = unheard_of or told_before(fresh)
        _replace(actor, fresh, seat, User.get_by_id(new_host.id), now)
        is_as_told = unheard_of is not None and _return_to(fresh, unheard_of)
        event = "handed_back" if is_as_told else HANDED_OVER
        outbox.queue_booking(fresh, event, now, previous=told, by=actor.id, due_at=due_at)
    return fresh


def _replace(actor: User, booking: Booking, seat: Participant, new: User, now: datetime) -> None:
    """Seat somebody in the place of a host, as required there as they were."""
    hosts = [(new.id if each.id == seat.id else each.host_id, each.is_required) for each in booking.hosts()]
    ledger = with_hand(booking, actor, seat.host, new, now)
    change_hosts(booking, Assignment(hosts, HANDED_OVER, ledger), seat.buffer, now)


def _return_to(booking: Booking, told: Mapping[str, Any]) -> bool:
    """Go on with the event that the world knows, if the booking is again what was told of it; whether it is."""
    hosts = [participant.host_id for participant in booking.hosts()]
    if (to_instant(booking.starts_at), hosts) != (told["starts_at"], told["hosts"]):
        return False
    booking.uid, booking.organizer_email, booking.title = told["uid"], told["organizer_email"], told["title"]
    booking.save()
    return True


def can_hand_over(actor: User, booking: Booking, host: User) -> bool:
    """Whether `actor` may give a host's part in a booking to somebody else, if there is somebody.

    Admins may, and for a team's link its organizer, and each host their own.
    """
    if actor.is_admin:
        return True
    is_theirs = actor.id in (host.id, booking.link.organizer_id)
    return is_theirs and booking.link.kind != Kind.INDIVIDUAL


def successors(actor: User, booking: Booking) -> Any:
    """The query of users who may take a booking over from `actor`'s hand: the link's team, for admins anybody active.

    Nobody who is in it already.
    """
    seated = Participant.select(Participant.host).where(Participant.booking == booking)
    found = User.present().where(User.is_active, User.id.not_in(seated))
    if actor.is_admin:
        return found
    return found.where(User.id.in_(Member.select(Member.user).where(Member.link == booking.link_id)))


def hindrances(booking: Booking, users: Sequence[User]) -> dict[int, tuple[Hindrance, ...]]:
    """What is in the way of each of these users holding a booking, by id; nothing where they are free."""
    link = Link.get_by_id(booking.link_id)
    rules, start = offers.rules_of(link), to_instant(booking.starts_at)
    hosts = offers.hosts_among(link, [user.id for user in users])
    busy = offers.with_busy(link, hosts, rules, Span(start, start + 1), booking.duration, booking)
    # In a group nobody takes over without being asked about: whose availability isn't checked is merely invited there.
    kind = Kind.ROUND_ROBIN if link.kind == Kind.ROUND_ROBIN else Kind.INDIVIDUAL
    return {host.id: explain.judge(rules, kind, host, booking.duration, start).in_the_way for host in busy}


def is_hard(hindrance: Hindrance) -> bool:
    """Whether nobody can decide that it doesn't matter: a meeting that was booked here at the same time."""
    return hindrance.cause == Cause.BOOKING and not hindrance.is_too_near


def _seat_of(actor: User, booking: Booking, host: User) -> Participant:
    seat = next((seat for seat in booking.hosts() if seat.host_id == host.id), None)
    if seat is None:
        raise Conflict(reason="handed-over")
    if not can_hand_over(actor, booking, host):
        raise Forbidden
    return seat


def with_hand(booking: Booking, actor: User, former: User, new: User, now: datetime) -> dict[str, object]:
    """The ledger with one line more: who gave it from whom to whom, by name, as users may go."""
    line = {
        "by": actor.id,
        "by_name": actor.name,
        "from": former.id,
        "from_name": former.name,
        "to": new.id,
        "to_name": new.name,
        "at": to_instant(now),
    }
    return {**(booking.assignment or {}), HANDED_OVER: [*_hands(booking), line]}


def _hands(booking: Booking) -> list[object]:
    return list((booking.assignment or {}).get(HANDED_OVER, []))


def still_telling(booking: Booking, assignment: Assignment) -> Assignment:
    """A new assignment of a booking whose ledger still tells through which hands it went before."""
    hands = _hands(booking)
    return replace(assignment, ledger={**(assignment.ledger or {}), HANDED_OVER: hands}) if hands else assignment


def told_before(booking: Booking) -> dict[str, object]:
    """What the world was told last, for mails that say what changed."""
    return {
        "starts_at": to_instant(booking.starts_at),
        "uid": booking.uid,
        "organizer_email": booking.organizer_email,
        "sequence": booking.sequence,
        "title": booking.title,
        "hosts": [participant.host_id for participant in booking.hosts()],
    }


def change_hosts(booking: Booking, assignment: Assignment, buffer: int, now: datetime) -> None:
    """Seat other hosts. In the caller's locked transaction.

    Calendars can't change an event's organizer, and some never take an event up again that ended for its owner: so
    whichever of the hosts is another, the old event ends for everybody, and a new one begins.
    """
    booking.uid = writing.event_uid(str(uuid.uuid4()))
    organizer = User.get_by_id(assignment.hosts[0][0])
    booking.organizer_email = organizer.email
    booking.title = title_with(booking, organizer)
    booking.assigned_by, booking.assignment = assignment.rule, assignment.ledger
    writing.touch(booking, now)
    Participant.delete().where(Participant.booking == booking).execute()
    writing.seat(booking, assignment.hosts, buffer)


def title_with(booking: Booking, organizer: User) -> str:
    """The event's title with another organizer: who meets whom names the new one, a title of the link's own stays."""
    former = default_title(booking.contact_name, booking.hosts()[0].host.name, booking.locale)
    if booking.title != former:
        return booking.title
    return default_title(booking.contact_name, organizer.name, booking.locale)
