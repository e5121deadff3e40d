"""What becomes of a row when its time has come: whether it is still true, and which bytes it stands for."""

import hashlib
from datetime import datetime
from typing import Any, Final

from flask import current_app
from peewee import Case

from meetings.domain import reminders
from meetings.domain.time import MINUTE, to_datetime, to_instant
from meetings.models import Booking, Contact, Delivery, Member
from meetings.models.outbox import DROPPED, MISSED, TO_CONTACT
from meetings.providers import mail
from meetings.services import mails

from .reasons import (
    CHANGED,
    FORGOTTEN,
    LINK_OVER,
    MEETING_OVER,
    NOTHING_KEPT,
    REMOVED,
    SWITCHED_OFF,
    TEAM_CHANGED,
    TOO_LATE,
)

REMINDERS: Final = ("reminder", "host_reminder")
# What later changes of a booking overtake: of these, only the latest is worth sending.
OVERTAKEN: Final = ("confirmation", "rescheduled", "host_booked", "host_rescheduled", "host_readdressed", *REMINDERS)
TEST: Final = "test"  # a mail that a user wanted to see in their own mailbox: made beforehand
SECRET: Final = ("set_password", "reset_password", "rights")  # their links open accounts: not kept once sent


def verdict(delivery: Delivery, now: datetime) -> tuple[str, str] | None:
    """State and reason of a row that is not to be sent; None for one that is."""
    if delivery.user is not None and not delivery.user.is_active:
        return DROPPED, REMOVED
    if delivery.kind in (TEST, *mails.TO_USER, *mails.TO_ADDRESS):
        return _verdict_without_booking(delivery, now)
    booking = mails.booking_of(delivery)
    if booking.is_anonymous:
        return DROPPED, FORGOTTEN
    is_overtaken = delivery.kind in OVERTAKEN and (not booking.is_confirmed or booking.sequence != delivery.sequence)
    if is_overtaken or _is_misaddressed(delivery, booking):
        return DROPPED, CHANGED
    if delivery.kind in REMINDERS:
        return _verdict_on_reminder(delivery, booking, now)
    return (DROPPED, MEETING_OVER) if _end_of_meeting(delivery) <= now else None


def _is_misaddressed(delivery: Delivery, booking: Booking) -> bool:
    """Whether it would go where the contact isn't any more; only what takes the event back from there may."""
    theirs = delivery.details["email"] if delivery.kind == "misdirected" else booking.email
    return delivery.audience == TO_CONTACT and delivery.recipient != theirs


def _verdict_without_booking(delivery: Delivery, now: datetime) -> tuple[str, str] | None:
    if delivery.kind in mails.TO_ADDRESS:
        return _verdict_on_address(delivery, now)
    if delivery.kind == "nobody_met" and Member.met_through([delivery.details["link_id"]]):
        return DROPPED, TEAM_CHANGED
    is_over = delivery.details.get("expires_at", to_instant(now) + 1) <= to_instant(now)
    return (DROPPED, LINK_OVER) if is_over else None


def _verdict_on_address(delivery: Delivery, now: datetime) -> tuple[str, str] | None:
    """Whether an address is known is looked up only here: the page that asks must neither tell nor take longer."""
    if delivery.details.get("expires_at", 0) <= to_instant(now):
        return DROPPED, LINK_OVER
    return None if Contact.known_as(delivery.recipient) else (DROPPED, NOTHING_KEPT)


def _verdict_on_reminder(delivery: Delivery, booking: Booking, now: datetime) -> tuple[str, str] | None:
    if delivery.audience == TO_CONTACT and not booking.is_reminded:
        return DROPPED, SWITCHED_OFF
    is_useful = reminders.is_still_useful(to_instant(now), to_instant(booking.starts_at), delivery.details["lead"])
    return None if is_useful else (MISSED, TOO_LATE)


def _end_of_meeting(delivery: Delivery) -> datetime:
    """The end of the meeting that the mail is about."""
    booking, former = mails.booking_of(delivery), mails.former_event(delivery)
    return to_datetime(int(former["starts_at"]) + booking.duration * MINUTE) if former else booking.ends_at


def bytes_of(delivery: Delivery, now: datetime) -> tuple[bytes, str]:
    """The bytes of the first attempt, if there was one, else fresh ones; and their Message-ID."""
    if delivery.content is not None and delivery.message_id is not None:
        return bytes(delivery.content), delivery.message_id
    made_id = message_id(delivery)
    return mails.compose(delivery, now).as_bytes(made_id, now), made_id


def readdressed(email: str) -> dict[str, Any]:
    """The values of a row that is to go to another address: made afresh, unless it can't be made again."""
    is_test = Delivery.kind == TEST
    kept = {name: Case(None, [(is_test, getattr(Delivery, name))]) for name in ("content", "message_id")}
    return {"recipient": email, **kept}


def message_id(delivery: Delivery) -> str:
    """The same however often the mail is made."""
    domain = mail.sender_address(current_app.config).rpartition("@")[2]
    return f"<{hashlib.sha256(delivery.key.encode()).hexdigest()[:24]}@{domain}>"  # short: not every program unfolds it


def forgotten(delivery: Delivery) -> dict[str, Any]:
    """What is wiped from a row that is done: links that open accounts."""
    return {"content": None, "details": {}} if delivery.kind in SECRET else {}
