"""Moving a booking, to other hosts if need be, and cancelling it."""

from datetime import datetime, timedelta

from meetings import db
from meetings.domain.availability import Kind
from meetings.domain.time import to_instant
from meetings.errors import Busy, Conflict, SlotTaken
from meetings.models import Booking, Link, Participant, User
from meetings.models.bookings import CANCELLED

from .. import offers, outbox, ownership, zone_data
from ..assignment import Assignment, assign
from ..standing import Judged
from . import handing, judging, writing


def reschedule(
    booking: Booking,
    start: datetime,
    now: datetime,
    *,
    by: User | None,
    any_host: bool = True,
    is_for_owner: bool = False,
) -> Booking:
    """Move a booking to another start, its own time not in its way. `by` is None for the contact.

    Where it is given to somebody else just then, it is their time that counts.

    Round robin keeps the host if free, else chooses anew unless `any_host` is False; with `is_for_owner`, as for a new
    booking, one of those is needed whose times were shown. Raises SlotTaken, Conflict (cancelled, already over, or for
    the contact: the page is off), Busy.
    """
    try:
        return _reschedule(booking, start, now, by=by, any_host=any_host, is_for_owner=is_for_owner)
    except _OtherHosts:
        return _reschedule(booking, start, now, by=by, any_host=any_host, is_for_owner=is_for_owner)


class _OtherHosts(Busy):
    """Not those who were locked are its hosts by now."""


def _reschedule(
    booking: Booking, start: datetime, now: datetime, *, by: User | None, any_host: bool, is_for_owner: bool
) -> Booking:
    link = Link.get_by_id(booking.link_id)
    expected = ownership.view_for(link, booking, is_everyones=not is_for_owner)
    seated = writing.seated(booking)
    with db.transaction():
        db.lock([*seated, *expected.locked])
        fresh = writing.still_open(writing.alone_with(booking), now)
        link = Link.get_by_id(fresh.link_id)
        if by is None and not link.is_bookable:
            raise Conflict(reason="off")
        if fresh.starts_at == start:
            return fresh
        view = ownership.view_for(link, fresh, is_everyones=not is_for_owner)
        if {*view.locked} != {*expected.locked}:
            raise _OtherHosts
        judged = judging.judge(link, view.hosts, fresh.duration, to_instant(start), now, fresh, view.only)
        previous = handing.told_before(fresh)
        assignment = _reassign(link, fresh, view, judged, now, any_host=any_host)
        _move(fresh, start, now, assignment, link.scheduling["buffer"])
        event = "handed_over" if fresh.uid != previous["uid"] else "rescheduled"
        outbox.queue_booking(fresh, event, now, previous=previous, by=by.id if by else None)
    return fresh


def would_meet(booking: Booking, start: datetime, now: datetime, *, is_for_owner: bool = False) -> User | None:
    """Who would take the meeting over if it were moved to this start; None if its hosts stay. Raises SlotTaken."""
    link = Link.get_by_id(booking.link_id)
    view = ownership.view_for(link, booking, is_everyones=not is_for_owner)
    judged = judging.judge(link, view.hosts, booking.duration, to_instant(start), now, booking, view.only)
    assignment = _reassign(link, booking, view, judged, now, any_host=True)
    seated = {participant.host_id for participant in booking.hosts()}
    anew = [host_id for host_id, _ in assignment.hosts if host_id not in seated]
    return User.get_by_id(anew[0]) if anew else None


def _reassign(
    link: Link,
    booking: Booking,
    view: offers.View,
    judged: Judged,
    now: datetime,
    *,
    any_host: bool,
) -> Assignment:
    """Who holds the moved meeting: the same hosts, but where a round robin's host is not free then."""
    seated = booking.hosts()
    keep = Assignment([(p.host_id, p.is_required) for p in seated], booking.assigned_by, booking.assignment)
    if link.kind != Kind.ROUND_ROBIN or seated[0].host_id in judged.free:
        return keep
    if not any_host:
        raise SlotTaken("free")
    return handing.still_telling(booking, assign(link, view.met, judged, now, view.owner))


def _move(booking: Booking, start: datetime, now: datetime, assignment: Assignment, buffer: int) -> None:
    seated = {participant.host_id for participant in booking.hosts()}
    booking.starts_at = start
    booking.agreed_clock = zone_data.agreed_clock(booking.link, start)
    booking.ends_at = start + timedelta(minutes=booking.duration)
    if seated != {host_id for host_id, _ in assignment.hosts}:
        handing.change_hosts(booking, assignment, buffer, now)
        return
    writing.touch(booking, now)
    writing.shift(booking, buffer)


def cancel(booking: Booking, now: datetime, *, reason: str = "", by: User | None) -> Booking:
    """Cancel a booking and free its time at once; cancelling twice changes nothing. `by` is None for the contact."""
    seated = writing.seated(booking)
    with db.transaction():
        db.lock(seated)
        fresh = writing.alone_with(booking)
        if not fresh.is_confirmed:
            return fresh
        writing.still_open(fresh, now)
        fresh.status = CANCELLED
        fresh.cancel_reason = reason
        writing.touch(fresh, now)
        Participant.update(is_active=False).where(Participant.booking == fresh).execute()
        outbox.queue_booking(fresh, "cancelled", now, by=by.id if by else None)
    return fresh
