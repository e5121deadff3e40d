"""A meeting that goes on without one of its hosts."""

from datetime import datetime

from meetings import db
from meetings.errors import Conflict
from meetings.models import Booking, User

from .. import outbox
from ..assignment import Assignment
from . import handing, writing


def release(actor: User, booking: Booking, host: User, now: datetime) -> Booking:
    """Let the other hosts hold a meeting by themselves. To be called inside a transaction, as `hand_over` may be.

    Raises Conflict (cancelled, past; handed-over: the host isn't in it any more, or nobody would be left).
    """
    seated = writing.seated(booking)
    with db.transaction():
        db.lock(seated)
        fresh = writing.still_open(writing.alone_with(booking), now)
        seats = fresh.hosts()
        others = [(seat.host_id, seat.is_required) for seat in seats if seat.host_id != host.id]
        if not others or len(others) == len(seats):
            raise Conflict(reason="handed-over")
        told = outbox.unsay(fresh) or handing.told_before(fresh)
        handing.change_hosts(fresh, Assignment(others, fresh.assigned_by, fresh.assignment), seats[0].buffer, now)
        outbox.queue_booking(fresh, handing.HANDED_OVER, now, previous=told, by=actor.id)
    return fresh
