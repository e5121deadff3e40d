"""Whether a booking's contact is reminded, and when."""

from datetime import datetime

from meetings import db
from meetings.models import Booking, Link

from .. import outbox
from . import writing


def switch_reminders(booking: Booking, now: datetime, *, is_on: bool) -> Booking:
    """Send the contact no more reminders of this booking, or send them again; a second time changes nothing."""
    seated = writing.seated(booking)
    with db.transaction():
        db.lock(seated)
        fresh = writing.alone_with(booking)
        if fresh.is_reminded != is_on:
            fresh.is_reminded = is_on
            fresh.save(only=[Booking.is_reminded])
            outbox.switch_reminders(fresh, now)
    return fresh


def replan_reminders(link: Link, now: datetime) -> int:
    """Have the meetings to come follow the link's reminders as they are now; returns how many there are."""
    coming = list(Booking.coming_of(link, now))
    for booking in coming:
        seated = writing.seated(booking)
        with db.transaction():
            db.lock(seated)
            fresh = writing.alone_with(booking)
            if fresh.is_confirmed and fresh.starts_at > now:
                outbox.replan_reminders(fresh, now)
    return len(coming)
