"""Addresses of a link that book once."""

import peewee

from .base import Base, InstantField
from .bookings import Booking
from .links import Link
from .users import User


class SingleUse(Base):
    """An address of a link that books one meeting; only its hash is kept."""

    link = peewee.ForeignKeyField(Link, backref="single_uses", on_delete="CASCADE")
    token_hash = peewee.CharField(max_length=64, unique=True)
    note = peewee.CharField(max_length=200, default="")  # for whom it was made
    created_by = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_at = InstantField()
    expires_at = InstantField(null=True)
    booking = peewee.ForeignKeyField(Booking, null=True, on_delete="SET NULL")
    used_at = InstantField(null=True)
    link_id: int
    booking_id: int | None
    created_by_id: int | None
