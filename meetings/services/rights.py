"""A contact's rights: a one-time link by mail, everything that is kept about them, what they agreed to."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from meetings import db, render
from meetings.domain.fields import email_key
from meetings.domain.time import to_instant
from meetings.models import (
    Answer,
    Booking,
    Consent,
    Contact,
    Delivery,
    Link,
    Note,
    OtherAddress,
    Participant,
    PropertyValue,
    RightsLink,
)
from meetings.models.outbox import TO_CONTACT
from meetings.secrets import new_token, token_hash

from . import attempts, forms, outbox

DAY: Final = timedelta(days=1)
LINK_LASTS: Final = DAY
VISIT_LASTS: Final = timedelta(hours=1)  # after the link was opened
PER_MAILBOX: Final = 3  # links within a quarter of an hour
PER_DAY: Final = (
    6  # links to one mailbox; what was asked for in vain doesn't count, or anybody could keep its owner out
)
PER_VISITOR: Final = 10


# ---- the link --------------------------------------------------------------------------------------------------------


def ask(email: str, locale: str, *, address: str, now: datetime) -> None:
    """Mail the link to whoever reads this mailbox, if anything is kept; nothing tells whether there is.

    Row for row the same is written for an address that nobody has: the outbox finds out before it sends. Raises
    RateLimited for a visitor who asks too often; a mailbox that had enough of them just gets no more.
    """
    mailbox = email_key(email)
    name = token_hash(mailbox)[:32]
    visits, asked, mailed = f"rights-from:{address}", f"rights:{name}", f"rights-mailed:{name}"
    attempts.refuse_after(visits, PER_VISITOR, now)
    is_flooded = attempts.is_spent(asked, PER_MAILBOX, now) or attempts.is_spent(
        mailed, PER_DAY, now, timedelta(days=1)
    )
    attempts.note([visits, asked] if is_flooded else [visits, asked, mailed], now)
    if is_flooded:
        return
    token, expires_at = new_token(), now + LINK_LASTS
    with db.transaction():
        RightsLink.create(email=mailbox, token_hash=token_hash(token), expires_at=expires_at)
        details = {"url": render.absolute_url(f"/privacy/{token}"), "expires_at": to_instant(expires_at)}
        outbox.queue_address_mail("rights", mailbox, {**details, "locale": locale}, now)


def is_good(token: str, now: datetime) -> bool:
    """Whether a link can still be opened."""
    return bool(_unused(token, now).exists())


def _unused(token: str, now: datetime) -> Any:
    is_it = RightsLink.token_hash == token_hash(token)
    return RightsLink.select().where(is_it, RightsLink.used_at.is_null(), RightsLink.expires_at > now)


def use(token: str, now: datetime) -> str | None:
    """Open a link, this once; returns the visit it begins, None for a link that is over or was opened before.

    A visit goes by no number of a row: SQLite gives that of a deleted one to another.
    """
    with db.transaction():
        row = _unused(token, now).first()
        is_ours = row is not None and (
            RightsLink.update(used_at=now).where(RightsLink.id == row.id, RightsLink.used_at.is_null()).execute()
        )
        if is_ours:  # whoever acts reads this mailbox
            reader = Contact.known_as(row.email)
            is_new = Contact.id == (reader.id if reader else 0), Contact.confirmed_at.is_null()
            Contact.update(confirmed_at=now).where(*is_new).execute()
    return str(row.token_hash) if is_ours else None


def visitor(visit: str, now: datetime) -> Contact | None:
    """Whose visit it is, while it lasts and as long as anything is kept."""
    row = RightsLink.get_or_none(RightsLink.token_hash == visit, RightsLink.used_at > now - VISIT_LASTS)
    return None if row is None else Contact.known_as(row.email)


# ---- what is kept ----------------------------------------------------------------------------------------------------


def export(contact: Contact) -> dict[str, Any]:
    """Everything about a contact, for them to take along."""
    bookings = list(
        Booking.select(Booking, Link).join(Link).where(Booking.contact == contact).order_by(Booking.starts_at)
    )
    agreements = Consent.select().where(Consent.contact == contact).order_by(Consent.id)
    return {
        "contact": _contact(contact),
        "bookings": [_booking(booking) for booking in bookings],
        "agreements": [_consent(row) for row in agreements],
        "mails": [_mail(row) for row in mails_to(booking.id for booking in bookings)],
        "notes": [{"text": row.text, "at": _instant(row.created_at)} for row in notes_on(contact)],
    }


def notes_on(contact: Contact) -> list[Note]:
    """What hosts wrote down about a contact, the first one first."""
    return list(Note.select().where(Note.contact == contact).order_by(Note.created_at, Note.id))


def values_of(contact: Contact) -> list[PropertyValue]:
    """What is known of a contact beside name and address, as admins arranged it."""
    found = PropertyValue.select().where(PropertyValue.contact == contact)
    return sorted(found, key=lambda row: (row.property.position, row.property_id))


def company_of(contact: Contact, values: Iterable[PropertyValue]) -> str:
    """The company's name, unless just that stands among what is known under a property."""
    name = contact.company.name if contact.company else ""
    told = {row.value.casefold() for row in values if row.property.name == forms.COMPANY}
    return "" if name.casefold() in told else name


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "email": contact.email,
        "other_addresses": OtherAddress.of(contact.id),
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "company": contact.company.name if contact.company else "",
        "owner": contact.owner.name if contact.owner else None,
        "language": contact.locale,
        "known_since": _instant(contact.created_at),
        "address_confirmed_at": _instant(contact.confirmed_at),
        "properties": {row.property.name: row.value for row in values_of(contact)},
    }


def _booking(booking: Booking) -> dict[str, Any]:
    answers = Answer.select().where(Answer.booking == booking).order_by(Answer.position, Answer.id)
    names = ("status", "title", "location", "description", "timezone", "email", "first_name", "last_name")
    return {
        "id": booking.public_id,
        "page": booking.link.slug,
        "start": _instant(booking.starts_at),
        "end": _instant(booking.ends_at),
        **{name: getattr(booking, name) for name in names},
        "language": booking.locale,
        "cancel_reason": booking.cancel_reason,
        "hosts": [name for _, _, name, _ in Participant.names([booking.id])],
        "answers": [{"question": row.label or row.name, "answer": row.value} for row in answers],
        "booked_at": _instant(booking.created_at),
        "changed_at": _instant(booking.changed_at),
    }


def _consent(row: Consent) -> dict[str, Any]:
    names = ("purpose", "wording", "subscription", "legal_basis", "version", "address")
    said = {name: getattr(row, name) for name in names}
    return {**said, "is_given": row.is_given, "language": row.locale, "at": _instant(row.created_at)}


def mails_to(booking_ids: Iterable[int]) -> list[Delivery]:
    """The heads of all mails to the contact of these bookings."""
    about = Delivery.booking.in_(list(booking_ids)), Delivery.audience == TO_CONTACT
    return list(Delivery.select(*Delivery.without_content()).where(*about).order_by(Delivery.id))


def _mail(row: Delivery) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "to": row.recipient,
        "state": row.state,
        "due_at": _instant(row.due_at),
        "sent_at": _instant(row.sent_at),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
