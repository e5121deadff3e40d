"""All tables, imported once; TABLES in the order in which they can be made."""

from .base import Base
from .bookings import Answer, Booking, BusyTime, Consent, Participant
from .contacts import Company, Contact, ContactFile, Erasure, Note, OtherAddress, Property, PropertyValue, RightsLink
from .guard import UsedChallenge
from .links import Link, LinkChange, Member, Slug, Transfer
from .outbox import Delivery
from .single_use import SingleUse
from .users import ApiToken, Attempt, DayOff, PasswordLink, Schedule, Session, User
from .workspace import MeetingType, Picture, Setting, SubscriptionType

TABLES: tuple[type[Base], ...] = (
    User,
    Session,
    ApiToken,
    PasswordLink,
    Attempt,
    DayOff,
    Schedule,
    Link,
    LinkChange,
    Slug,
    Member,
    Transfer,
    Company,
    Contact,
    ContactFile,
    OtherAddress,
    Note,
    Property,
    PropertyValue,
    RightsLink,
    Erasure,
    Booking,
    Participant,
    Answer,
    Consent,
    SingleUse,
    BusyTime,
    Delivery,
    Setting,
    MeetingType,
    SubscriptionType,
    Picture,
    UsedChallenge,
)

__all__ = [
    "TABLES",
    "Answer",
    "ApiToken",
    "Attempt",
    "Base",
    "Booking",
    "BusyTime",
    "Company",
    "Consent",
    "Contact",
    "ContactFile",
    "DayOff",
    "Delivery",
    "Erasure",
    "Link",
    "LinkChange",
    "MeetingType",
    "Member",
    "Note",
    "OtherAddress",
    "Participant",
    "PasswordLink",
    "Picture",
    "Property",
    "PropertyValue",
    "RightsLink",
    "Schedule",
    "Session",
    "Setting",
    "SingleUse",
    "Slug",
    "SubscriptionType",
    "Transfer",
    "UsedChallenge",
    "User",
]
