"""What becomes of a row when its time has come: whether it is still true, and which bytes it stands for."""

import hashlib
from datetime import datetime
from typing import Any, Final

from flask import current_app

from meetings.domain import reminders
from meetings.domain.time import MINUTE, to_datetime, to_instant
from meetings.models import Booking, Delivery
from meetings.models.outbox import DROPPED, MISSED, TO_CONTACT
from meetings.providers import mail
from meetings.services import mails

from .reasons import CHANGED, LINK_OVER, MEETING_OVER, REMOVED, SWITCHED_OFF, TOO_LATE

REMINDERS: Final = ("reminder", "host_reminder")
# What later changes of a booking overtake: of these, only the latest is worth sending.
OVERTAKEN: Final = ("confirmation", "rescheduled", "host_booked", "host_rescheduled", *REMINDERS)
SECRET: Final = tuple(mails.TO_USER)  # their links open accounts: not kept once sent


def verdict(delivery: Delivery, now: datetime) -> tuple[str, str] | None:
    """State and reason of a row that is not to be sent; None for one that is."""
    if delivery.user is not None and delivery.user.is_removed:
        return DROPPED, REMOVED
    if delivery.kind in SECRET:
        is_over = delivery.details.get("expires_at", to_instant(now) + 1) <= to_instant(now)
        return (DROPPED, LINK_OVER) if is_over else None
    booking = mails.booking_of(delivery)
    if delivery.kind in OVERTAKEN and (not booking.is_confirmed or booking.sequence != delivery.sequence):
        return DROPPED, CHANGED
    if delivery.kind in REMINDERS:
        return _verdict_on_reminder(delivery, booking, now)
    return (DROPPED, MEETING_OVER) if _end_of_meeting(delivery) <= now else None


def _verdict_on_reminder(delivery: Delivery, booking: Booking, now: datetime) -> tuple[str, str] | None:
    if delivery.audience == TO_CONTACT and not booking.is_reminded:
        return DROPPED, SWITCHED_OFF
    is_useful = reminders.is_still_useful(to_instant(now), to_instant(booking.starts_at), delivery.details["lead"])
    return None if is_useful else (MISSED, TOO_LATE)


def _end_of_meeting(delivery: Delivery) -> datetime:
    """The end of the meeting that the mail is about."""
    booking = mails.booking_of(delivery)
    if delivery.kind in mails.ENDED:
        return to_datetime(int(delivery.details["previous"]["starts_at"]) + booking.duration * MINUTE)
    return booking.ends_at


def bytes_of(delivery: Delivery, now: datetime) -> tuple[bytes, str]:
    """The bytes of the first attempt, if there was one, else fresh ones; and their Message-ID."""
    if delivery.content is not None and delivery.message_id is not None:
        return bytes(delivery.content), delivery.message_id
    made_id = message_id(delivery)
    return mails.compose(delivery, now).as_bytes(made_id, now), made_id


def message_id(delivery: Delivery) -> str:
    """The same however often the mail is made."""
    domain = mail.sender_address(current_app.config).rpartition("@")[2]
    return f"<{hashlib.sha256(delivery.key.encode()).hexdigest()[:24]}@{domain}>"  # short: not every program unfolds it


def forgotten(delivery: Delivery) -> dict[str, Any]:
    """What is wiped from a row that is done: links that open accounts."""
    return {"content": None, "details": {}} if delivery.kind in SECRET else {}
