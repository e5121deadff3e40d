"""All tables, imported once; TABLES in the order in which they can be made."""

from .base import Base
from .bookings import Answer, Booking, BusyTime, Participant
from .contacts import Contact
from .links import Link, Member, Slug
from .outbox import Delivery
from .users import ApiToken, Attempt, PasswordLink, Session, User
from .workspace import Setting

TABLES: tuple[type[Base], ...] = (
    User,
    Session,
    ApiToken,
    PasswordLink,
    Attempt,
    Link,
    Slug,
    Member,
    Contact,
    Booking,
    Participant,
    Answer,
    BusyTime,
    Delivery,
    Setting,
)

__all__ = [
    "TABLES",
    "Answer",
    "ApiToken",
    "Attempt",
    "Base",
    "Booking",
    "BusyTime",
    "Contact",
    "Delivery",
    "Link",
    "Member",
    "Participant",
    "PasswordLink",
    "Session",
    "Setting",
    "Slug",
    "User",
]
