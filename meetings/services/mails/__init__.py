"""Every mail the app sends: to whom, in which language and zone, from which template, with which invitation.

One function a mail, under the name of its kind; each kind has its templates in templates/mail/.
"""

from datetime import datetime
from typing import Final

from meetings.models import Booking, Delivery

from .meeting import Details, Meeting, calendar_file, contact_facts, described, meeting_of
from .message import Outgoing, Party
from .preview import preview, sample_meeting, sample_start
from .to_address import TO_ADDRESS
from .to_contact import TO_CONTACT
from .to_host import TO_HOST
from .to_user import TO_USER

__all__ = [
    "KINDS",
    "TO_ADDRESS",
    "TO_CONTACT",
    "TO_HOST",
    "TO_USER",
    "Meeting",
    "Outgoing",
    "Party",
    "booking_of",
    "calendar_file",
    "compose",
    "contact_facts",
    "described",
    "former_event",
    "meeting_of",
    "preview",
    "sample_meeting",
    "sample_start",
]

KINDS: Final = (*TO_CONTACT, *TO_HOST, *TO_USER, *TO_ADDRESS)


def compose(delivery: Delivery, now: datetime, known: Meeting | None = None) -> Outgoing:
    """The mail of a row of the outbox, from what is true now; `known` if its meeting was read already."""
    kind, details, user = delivery.kind, delivery.details, delivery.user
    if user is not None and kind in TO_USER:
        return TO_USER[kind](user, details, now)
    if kind in TO_ADDRESS:
        return TO_ADDRESS[kind](delivery.recipient, details, now)
    meeting = known or meeting_of(booking_of(delivery), former_event(delivery))
    if user is not None and kind in TO_HOST:
        return TO_HOST[kind](meeting, user, details, now)
    return TO_CONTACT[kind](meeting, details, now)


def former_event(delivery: Delivery) -> Details | None:
    """What was told of the event that the mail ends, if that is the one from before a change of hosts."""
    ends = delivery.kind in ("withdrawn", "host_withdrawn", "misdirected")
    return delivery.details.get("previous") if ends else None


def booking_of(delivery: Delivery) -> Booking:
    """The booking that a row is about. Rows about accounts have none, and no business here."""
    booking = delivery.booking
    if booking is None:
        raise ValueError(f"delivery {delivery.id} is about no booking")
    return booking
