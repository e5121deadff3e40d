"""What is to be told to the world, once each: the rows behind every mail."""

from typing import Any

import peewee

from .base import Base, InstantField, JsonField
from .bookings import Booking
from .users import User

PENDING = "pending"  # waits for its due time, or for its next try
SENDING = "sending"  # claimed by a process until `leased_until`
SENT = "sent"
FAILED = "failed"  # given up: a permanent refusal, or too many tries
DROPPED = "dropped"  # no longer true when its time came
MISSED = "missed"  # a reminder whose use had passed when it could have been sent

TO_CONTACT = "contact"
TO_HOST = "host"


class Delivery(Base):
    """One thing to tell one recipient: written in the transaction that made it true, sent later by a job."""

    key = peewee.CharField(max_length=255, unique=True)  # booking, sequence, what, to whom: nothing is queued twice
    kind = peewee.CharField(max_length=40)  # which mail, a function of services/mails
    booking = peewee.ForeignKeyField(Booking, backref="deliveries", null=True, on_delete="CASCADE")
    user = peewee.ForeignKeyField(User, null=True, on_delete="CASCADE")  # the host or user it goes to, if it is one
    sequence = peewee.IntegerField(default=0)  # the booking's, when queued
    recipient = peewee.CharField(max_length=254)
    audience = peewee.CharField(max_length=10, default=TO_CONTACT)
    details = JsonField(default=dict)  # what the kind needs beyond the booking
    due_at = InstantField()
    state = peewee.CharField(max_length=10, default=PENDING)
    attempts = peewee.IntegerField(default=0)
    leased_until = InstantField(null=True)
    message_id = peewee.CharField(max_length=255, null=True)
    content = peewee.BlobField(null=True)  # the bytes of the first attempt: a retry sends the same
    last_error = peewee.TextField(default="")
    reply = peewee.TextField(default="")  # the mail server's words on success
    created_at = InstantField()
    sent_at = InstantField(null=True)
    booking_id: int | None
    user_id: int | None

    class Meta:
        indexes = ((("state", "due_at"), False), (("booking", "recipient"), False))

    @classmethod
    def without_content(cls) -> list[Any]:
        """All columns but the bytes, for lists: these would be read, and sorted, for nothing."""
        return [field for field in cls._meta.sorted_fields if field is not cls.content]

    @classmethod
    def of_bookings(cls, booking_ids: list[int]) -> "list[Delivery]":
        """What is to be told of several bookings, without the mails' bytes, in the order it falls due."""
        told = cls.select(cls.id, cls.booking, cls.kind, cls.audience, cls.state, cls.attempts, cls.due_at)
        return list(told.where(cls.booking.in_(booking_ids)).order_by(cls.due_at, cls.id))
