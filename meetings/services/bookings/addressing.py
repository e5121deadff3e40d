"""Mending the contact's address: whom a booking is with, and where its mail goes."""

from datetime import datetime, timedelta
from typing import Final

import peewee

from meetings import db
from meetings.domain.fields import Flaw, email_key
from meetings.domain.fields import email as check_email
from meetings.domain.personalize import shortened
from meetings.errors import Conflict, Invalid
from meetings.models import Booking, Consent, Contact, OtherAddress

from .. import attempts, companies, contacts, guarding, outbox
from . import writing

MENDABLE_FOR: Final = timedelta(hours=24)  # after the booking
MENDS: Final = 3  # of one booking


def can_mend_address(booking: Booking, now: datetime) -> bool:
    """Whether the contact's address may still prove mistyped: nobody has shown since that mail gets there.

    What was shown before the booking tells nothing, and must not: who typed somebody's address learns nothing of them.
    """
    confirmed_at = booking.contact.confirmed_at
    is_fresh = booking.is_confirmed and now < min(booking.starts_at, booking.created_at + MENDABLE_FOR)
    return is_fresh and (confirmed_at is None or confirmed_at < booking.created_at)


def readdress(booking: Booking, email: str, now: datetime) -> Booking:
    """Let all mail go to another address: the former one's invitation is withdrawn, the new one gets its own.

    Raises Invalid, RateLimited, Conflict (it was confirmed, or is too long ago).
    """
    clean, flaws = check_email(email, "email")
    if flaws or not clean:
        raise Invalid(flaws or [Flaw("email", "required")])
    tries = f"readdress:{booking.public_id}"
    attempts.refuse_since(tries, MENDS, booking.created_at - timedelta(seconds=1))
    guarding.afford_mail(clean, now)
    seated = writing.seated(booking)
    with db.transaction():
        db.lock(seated)
        fresh = writing.alone_with(booking)
        if not can_mend_address(fresh, now):
            raise Conflict(reason="address-fixed")
        former = fresh.email
        if email_key(clean) == former:
            return fresh
        fresh.contact = _moved_contact(fresh, email_key(clean), now)
        fresh.email, fresh.title = email_key(clean), shortened(fresh.title.replace(former, email_key(clean)))
        writing.touch(fresh, now)
        outbox.queue_readdressed(fresh, former, now)
    attempts.note([tries, guarding.left_key(former)], now)
    return fresh


def _moved_contact(booking: Booking, email: str, now: datetime) -> Contact:
    """Whom a booking is with under another address; of the mistyped one nothing stays, unless it was known before."""
    former = Contact.alone_with(booking.contact_id)
    is_new = former.created_at == booking.created_at and former.confirmed_at is None
    is_alone = not OtherAddress.of(former.id)  # somebody who was merged with them was known before
    is_only = is_new and is_alone and Booking.select().where(Booking.contact == former).count() == 1
    if is_only and _renamed(former, email, now):
        return Contact.get_by_id(former.id)
    contact = contacts.kept(email, booking.first_name, booking.last_name, now)
    Consent.update(contact=contact).where(Consent.booking == booking).execute()
    if is_only and contact.id != former.id:
        Booking.update(contact=contact).where(Booking.id == booking.id).execute()
        Contact.delete().where(Contact.id == former.id).execute()
    return contact


def _renamed(contact: Contact, email: str, now: datetime) -> bool:
    """Give a contact another address, unless somebody has it, if only since a moment ago."""
    if Contact.known_as(email) is not None:
        return False
    # What the mistyped address told of their company was mistyped, too.
    is_told_by_address = contact.company is not None and contact.company.domain is not None
    company = companies.of_address(email, now) if is_told_by_address else contact.company
    try:
        with db.savepoint():
            Contact.update(email=email, company=company).where(Contact.id == contact.id).execute()
    except peewee.IntegrityError:
        return False
    return True
