"""A booking that is tried out: made by the real code, told what it would send, and undone before anybody sees it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

from peewee import JOIN

from meetings import db
from meetings.models import Booking, Delivery, Link, User
from meetings.models.links import LIVE
from meetings.models.outbox import PENDING, TO_CONTACT

from . import bookings, mails
from .bookings import BookingRequest
from .mails import Meeting, Outgoing


@dataclass(frozen=True)
class Told:
    """One mail that would go out, or why it would not."""

    kind: str
    is_to_contact: bool
    name: str  # of whom it is for
    due_at: datetime
    mail: Outgoing
    reason: str  # why it is not sent, as its row keeps it (`outbox.in_plain_words`); empty for one that is


@dataclass(frozen=True)
class Rehearsal:
    """What a booking would come to."""

    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    hosts: Sequence[str]
    told: Sequence[Told]
    calendar: bytes  # the event as the contact would have it


class _Undone(Exception):
    """Ends the transaction with nothing written."""


def rehearse(link: Link, request: BookingRequest, now: datetime) -> Rehearsal:
    """Try a booking of a link that may be a draft, or not be saved as it is. Raises as `bookings.take`.

    What it would tell is made only after the booking is undone: until then nobody else can write.
    """
    found: list[tuple[Meeting, list[Delivery]]] = []
    with suppress(_Undone), db.transaction():
        stage = _on_stage(link)
        booking = bookings.take(stage, replace(request, idempotency_key=None, proof=None, once=""), now)
        found.append(_read(booking))
        _undo()
    return _seen(*found[0])


def _undo() -> NoReturn:
    raise _Undone


def _on_stage(link: Link) -> Link:
    """The link as it would be once it is saved and open to all; until the transaction is undone."""
    values: dict[str, Any] = {
        "status": LIVE,
        "overview": link.overview,
        "scheduling": {**link.scheduling, "visibility": "open"},
        "automation": link.automation,
    }
    Link.update(**values, version=Link.version + 1).where(Link.id == link.id).execute()
    stage: Link = Link.get_by_id(link.id)
    stage.proposed_team = link.proposed_team
    return stage


def _read(booking: Booking) -> tuple[Meeting, list[Delivery]]:
    """All that there is to see, while it is there."""
    booking = Booking.get_by_id(booking.id)
    rows = Delivery.select(Delivery, User).join(User, JOIN.LEFT_OUTER).where(Delivery.booking == booking)
    return mails.meeting_of(booking), list(rows.order_by(Delivery.due_at, Delivery.id))


def _seen(meeting: Meeting, rows: Sequence[Delivery]) -> Rehearsal:
    booking = meeting.booking
    return Rehearsal(
        title=booking.title,
        place=booking.place.line,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        hosts=[host.name for host, _ in meeting.hosts],
        told=[_told(row, meeting) for row in rows],
        calendar=mails.calendar_file(booking, meeting),
    )


def _told(row: Delivery, meeting: Meeting) -> Told:
    mail = mails.compose(row, row.due_at, meeting)
    is_to_contact = row.audience == TO_CONTACT
    name = meeting.booking.contact_name if is_to_contact or row.user is None else row.user.name
    reason = "" if row.state == PENDING else row.last_error
    return Told(row.kind, is_to_contact, name, row.due_at, mail, reason)
