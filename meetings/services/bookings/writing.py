"""The rows of a booking and of its hosts: held while they change, and written, in the caller's locked transaction."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import peewee
from flask import current_app

from meetings import db
from meetings.errors import Conflict, SlotTaken
from meetings.models import Booking, Participant

log = logging.getLogger(__name__)

refusals: Counter[str] = Counter()  # overlaps that the database had to refuse; any at all is a bug in this package


def seated(booking: Booking) -> set[int]:
    """Ids of the hosts who are in a booking now, whatever was read of it before."""
    return {host_id for (host_id,) in db.rows("SELECT host_id FROM participant WHERE booking_id = ?", [booking.id])}


def alone_with(booking: Booking) -> Booking:
    """The booking as it is inside the transaction, in which nobody else changes it from now on.

    The hosts' locks don't see to that: whoever waited for them may find a booking that was handed over to others.
    """
    db.execute("UPDATE booking SET sequence = sequence WHERE id = ?", [booking.id])  # takes the row's lock everywhere
    return Booking.get_by_id(booking.id)


def still_open(fresh: Booking, now: datetime) -> Booking:
    """The booking itself: only a confirmed one that has not begun may change."""
    if not fresh.is_confirmed:
        raise Conflict(reason="cancelled")
    if fresh.starts_at <= now:
        raise Conflict(reason="past")
    return fresh


def event_uid(unique: str) -> str:
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    return f"{unique}@{host}"


def seat(booking: Booking, hosts: Sequence[tuple[int, bool]], buffer: int) -> None:
    """Write the hosts' rows."""
    booking.forget_hosts()
    with _overlap_refused(booking):
        for position, (host_id, is_required) in enumerate(hosts):
            Participant.create(
                booking=booking,
                host=host_id,
                is_required=is_required,
                starts_at=booking.starts_at,
                ends_at=booking.ends_at,
                buffer=buffer,
                position=position,
                seated_at=booking.changed_at,
            )


def shift(booking: Booking, buffer: int) -> None:
    with _overlap_refused(booking):
        Participant.update(starts_at=booking.starts_at, ends_at=booking.ends_at, buffer=buffer).where(
            Participant.booking == booking
        ).execute()


@contextmanager
def _overlap_refused(booking: Booking) -> Iterator[None]:
    """The database refuses an overlap here, should a bug above have let one through: counted, and told as taken."""
    try:
        yield
    except peewee.IntegrityError as error:
        refusals["overlap"] += 1
        log.exception("The database had to refuse an overlap: booking %s", booking.public_id)
        raise SlotTaken("free") from error


def touch(booking: Booking, now: datetime) -> None:
    """A change that calendars must notice: the sequence grows, the stamp never goes back (RFC 5546, 2.1.5)."""
    booking.sequence += 1
    booking.stamped_at = max(now, booking.stamped_at + timedelta(seconds=1))
    booking.changed_at = now
    booking.save()
