"""Every mail the app sends: to whom, in which language and zone, from which template, with which invitation.

One function a mail, under the name of its kind; each kind has its templates in templates/mail/.
"""

from datetime import datetime
from typing import Final

from meetings.models import Booking, Delivery

from .meeting import Meeting, calendar_file, contact_facts, meeting_of, place_url
from .message import Outgoing, Party
from .preview import preview
from .to_contact import TO_CONTACT
from .to_host import TO_HOST
from .to_user import TO_USER

__all__ = [
    "ENDED",
    "KINDS",
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
    "meeting_of",
    "place_url",
    "preview",
]

ENDED: Final = ("withdrawn", "host_withdrawn")  # about the event that a booking was before a change of hosts
KINDS: Final = (*TO_CONTACT, *TO_HOST, *TO_USER)


def compose(delivery: Delivery, now: datetime) -> Outgoing:
    """The mail of a row of the outbox, from what is true now."""
    kind, details, user = delivery.kind, delivery.details, delivery.user
    if user is not None and kind in TO_USER:
        return TO_USER[kind](user, details, now)
    meeting = meeting_of(booking_of(delivery), details.get("previous") if kind in ENDED else None)
    if user is not None and kind in TO_HOST:
        return TO_HOST[kind](meeting, user, details, now)
    return TO_CONTACT[kind](meeting, details, now)


def booking_of(delivery: Delivery) -> Booking:
    """The booking that a row is about. Rows about accounts have none, and no business here."""
    booking = delivery.booking
    if booking is None:
        raise ValueError(f"delivery {delivery.id} is about no booking")
    return booking
