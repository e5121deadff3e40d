"""Two contacts that are one person: everything about both is kept under one of them, found by the addresses of both."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import peewee

from meetings import db
from meetings.domain.fields import Flaw
from meetings.domain.free_mail import is_free_mail
from meetings.errors import Conflict, Invalid
from meetings.models import Company, Consent, Contact, Note, OtherAddress, PropertyValue, User

from . import bookings
from .access import require_admin

log = logging.getLogger(__name__)

SUGGESTED: Final = 100  # pairs on one page
LOOKED_AT: Final = 2000  # contacts who share a name with another


# ---- merging ---------------------------------------------------------------------------------------------------------


def merge(actor: User, kept: Contact, other: Contact) -> Contact:
    """Keep all that is known of `other` under `kept`, whose own details win; `other` goes, but for the address.

    Whoever reads either mailbox sees and erases what is kept about both. Raises Forbidden for members, Invalid (the
    same contact twice), Conflict (one of them has changed address or is gone, or is being erased).
    """
    require_admin(actor)
    if kept.id == other.id:
        raise Invalid([Flaw("other", "same-contact")])
    with db.transaction():
        # Owners first: a booking has its hosts before its contact, and the row that stays may get another owner.
        db.lock(one.owner_id for one in (kept, other) if one.owner_id is not None)
        bookings.hold_all_of([kept, other])
        both = _held_alone([kept, other])
        fresh, gone = both[kept.id], both[other.id]
        _move_values(fresh, gone)
        bookings.bind_to(fresh, gone)
        Consent.update(contact=fresh).where(Consent.contact == gone).execute()
        Note.update(contact=fresh).where(Note.contact == gone).execute()
        OtherAddress.update(contact=fresh).where(OtherAddress.contact == gone).execute()
        Contact.delete().where(Contact.id == gone.id).execute()
        OtherAddress.create(email=gone.email, contact=fresh, former_id=gone.id)
        Contact.update(**_joined(fresh, gone)).where(Contact.id == fresh.id).execute()
    log.info("contact %s: %s merged contact %s into it", fresh.id, actor.email, gone.id)
    merged: Contact = Contact.get_by_id(fresh.id)
    return merged


def _held_alone(contacts: Sequence[Contact]) -> dict[int, Contact]:
    """Both as they are now, with nobody referring to them anew.

    Always in the same order, or two merges would wait for each other.
    """
    found = {}
    for contact in sorted(contacts, key=lambda one: one.id):
        try:
            fresh = Contact.alone_with(contact.id)
        except LookupError:
            raise Conflict(reason="contact-changed") from None
        if fresh.email != contact.email:  # SQLite gives a number that became free to somebody else
            raise Conflict(reason="contact-changed")
        if fresh.erasing_since is not None:
            raise Conflict(reason="being-erased")
        found[fresh.id] = fresh
    return found


def _move_values(kept: Contact, other: Contact) -> None:
    """What is known of the other fills the gaps."""
    of_kept, of_other = PropertyValue.contact == kept, PropertyValue.contact == other
    known = PropertyValue.select(PropertyValue.property).where(of_kept)
    PropertyValue.delete().where(of_other, PropertyValue.property.in_(known)).execute()
    PropertyValue.update(contact=kept).where(of_other).execute()


def _joined(kept: Contact, other: Contact) -> dict[str, Any]:
    """The row of the contact who stays. That either mailbox is read was shown at the later of both times."""
    confirmed = [at for at in (kept.confirmed_at, other.confirmed_at) if at is not None]
    is_nameless = not kept.name
    return {
        "first_name": other.first_name if is_nameless else kept.first_name,
        "last_name": other.last_name if is_nameless else kept.last_name,
        "company": kept.company_id or other.company_id,
        "owner": kept.owner_id or other.owner_id,
        "locale": kept.locale or other.locale,
        "confirmed_at": max(confirmed, default=None),
        "created_at": min(kept.created_at, other.created_at),
    }


# ---- who might be the same person ------------------------------------------------------------------------------------


def suggestions(actor: User) -> list[tuple[Contact, Contact]]:
    """Pairs with the same name who work for the same company, or of whom one has a mailbox that anybody can have.

    The one who is known longer comes first. Raises Forbidden for members.
    """
    require_admin(actor)
    by_name: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    for contact in _namesakes():
        by_name[contact.first_name.casefold(), contact.last_name.casefold()].append(contact)
    pairs = [pair for alike in by_name.values() for pair in _pairs(alike)]
    return pairs[:SUGGESTED]


def _namesakes() -> list[Contact]:
    """Contacts who share their whole name with another, by name; the one known longest first."""
    first, last = peewee.fn.LOWER(Contact.first_name), peewee.fn.LOWER(Contact.last_name)
    present = (Contact.email != "") & Contact.erasing_since.is_null() & (Contact.last_name != "")
    shared = Contact.select(first.alias("first"), last.alias("last")).where(present).group_by(first, last)
    shared = shared.having(peewee.fn.COUNT(Contact.id) > 1).alias("shared")
    found: Any = Contact.select(Contact, Company).join(Company, peewee.JOIN.LEFT_OUTER).switch(Contact)
    found = found.join(shared, on=(first == shared.c.first) & (last == shared.c.last)).where(present)
    return list(found.order_by(last, first, Contact.created_at, Contact.id).limit(LOOKED_AT))


def _pairs(alike: Sequence[Contact]) -> list[tuple[Contact, Contact]]:
    """The first of a name with each of the others that it may be one with; then the second with the rest, and so on."""
    return [
        (first, second)
        for place, first in enumerate(alike)
        for second in alike[place + 1 :]
        if _may_be_one(first, second)
    ][:SUGGESTED]


def _may_be_one(first: Contact, second: Contact) -> bool:
    has_free = any(is_free_mail(one.email.rpartition("@")[2]) for one in (first, second))
    return has_free or (first.company_id is not None and first.company_id == second.company_id)
