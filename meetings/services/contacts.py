"""Contacts: made by booking or by hand, whose they are, changing what is known of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import peewee

from meetings import db
from meetings.domain.answers import CONTACT_NAME_MAX, Asked, check_answers
from meetings.domain.fields import Checked, Field, Flaw, email, email_key, record, refuse, text
from meetings.domain.free_mail import company_domain
from meetings.domain.time import to_instant
from meetings.errors import DuplicateContact, Forbidden, Invalid, NotFound
from meetings.models import Booking, Company, Contact, Link, OtherAddress, Property, PropertyValue, User
from meetings.models.bookings import CONFIRMED

from . import access, companies, directory, ownership
from .forms import COMPANY

# ---- by booking ------------------------------------------------------------------------------------------------------


def kept(address: str, first_name: str, last_name: str, now: datetime, company: str = "") -> Contact:
    """The contact with this address, made if new; they have it until the caller's transaction ends.

    `company` is what a new one said of it.
    """
    found = Contact.held(address)
    if found is not None:
        return found
    where = companies.of_address(address, now, company)
    return Contact.made(address, first_name=first_name, last_name=last_name, company=where, created_at=now)


# ---- whose they are --------------------------------------------------------------------------------------------------


def owners(contacts: Iterable[Contact]) -> dict[int, tuple[User, bool]]:
    """Whose each contact is, and whether only by their company; in one query, however many contacts."""
    found = list(contacts)
    domains = {company_domain(one.email) for one in found if one.owner_id is None}
    rule = Company.select(Company, User).join(User).where(Company.domain.in_(domains))
    by_domain = {one.domain: one.owner for one in (rule if domains else ())}
    told: dict[int, tuple[User, bool]] = {}
    for one in found:
        if one.owner is not None:
            told[one.id] = (one.owner, False)
        elif (owner := by_domain.get(company_domain(one.email))) is not None:
            told[one.id] = (owner, True)
    return told


def may_edit(actor: User, contact: Contact) -> bool:
    """Whether `actor` may change a contact that they see: admins may, and whoever owns them."""
    owner = None if actor.is_admin else ownership.owner_of(contact.email)
    return actor.is_admin or (owner is not None and owner.id == actor.id)


# ---- their meetings --------------------------------------------------------------------------------------------------


def meetings_of(actor: User, contacts: list[Contact]) -> dict[int, tuple[int, Any]]:
    """How many meetings of each stand, of those that `actor` is told of, and when the last begins."""
    counted: Any = Booking.select(Booking.contact, peewee.fn.COUNT(Booking.id), peewee.fn.MAX(Booking.starts_at))
    stand = Booking.contact.in_(contacts) & (Booking.status == CONFIRMED)
    rows = counted.join(Contact).where(stand, directory.is_told(actor)).group_by(Booking.contact).tuples()
    return {contact_id: (count, last) for contact_id, count, last in rows}


def meetings_with(actor: User, contact: Contact) -> tuple[list[Booking], set[int]]:
    """A contact's meetings, the latest first, and which of them `actor` may open.

    Admins and the contact's owner are told of all; others of those that are theirs.
    """
    query = Booking.select(Booking, Link).join(Link).where(Booking.contact == contact)
    found = list(query.order_by(Booking.starts_at.desc(), Booking.id.desc()))
    open_to = access.visible_among(actor, [one.id for one in found])
    if may_edit(actor, contact):
        return found, open_to
    return [one for one in found if one.id in open_to], open_to


# ---- making and changing ---------------------------------------------------------------------------------------------


def create(actor: User, values: Mapping[str, Any], now: datetime) -> Contact:
    """Make a contact by hand. A member's is their own; without a company said, their address tells it.

    Raises Invalid, DuplicateContact.
    """
    mine = {} if actor.is_admin else {"owner": actor.email}
    given = {name: value for name, value in values.items() if value is not None}
    clean = _checked({**mine, **given}, {})
    key = email_key(clean["email"])
    with db.transaction():
        access.hold_owner(clean["owner"])
        _refuse_taken(key, None)
        said = "company" in given
        where = companies.chosen(clean["company"], key, now) if said else companies.of_address(key, now)
        names = {name: clean[name] for name in ("first_name", "last_name")}
        made = Contact.made(key, **names, company=where, owner=clean["owner"], created_at=now)
        if to_instant(made.created_at) != to_instant(now):  # somebody was quicker
            raise DuplicateContact
        _write_properties(made, clean["properties"], now)
        if said:
            _write_company(made, where, now)
    return contact_by_id(made.id)


def change(actor: User, contact: Contact, values: Mapping[str, Any], now: datetime) -> Contact:
    """Change what is given: of `properties` those that are named, and those that are blank or null go.

    Raises Forbidden for whoever doesn't own them, Invalid, DuplicateContact, NotFound (erased or merged meanwhile).
    """
    if not may_edit(actor, contact):
        raise Forbidden
    present, known = _present(contact), PropertyValue.known(contact.id)
    if values.get("properties", {}) is None:  # as if none had ever been
        values = {**values, "properties": {name: "" for name in known if name != COMPANY}}
    clean = _checked({**present, **values}, known)
    changed = {name: clean[name] for name in ("first_name", "last_name", "owner") if name in values}
    key = email_key(clean["email"])
    with db.transaction():
        access.hold_owner(changed.get("owner"))
        access.hold_contact(contact)
        if key != contact.email:
            changed |= _new_address(actor, contact, key)
        if "company" in values and clean["company"] != present["company"]:
            where = companies.chosen(clean["company"], key, now)
            changed["company"] = where
            _write_company(contact, where, now)
        _write_properties(contact, clean["properties"], now)
        if changed:
            _write(contact, changed)
    return contact_by_id(contact.id)


def _write(contact: Contact, changed: Mapping[str, Any]) -> None:
    try:
        with db.savepoint():
            Contact.update(**changed).where(Contact.id == contact.id).execute()
    except peewee.IntegrityError as error:  # somebody has got the new address since a moment ago
        raise DuplicateContact from error


def contact_by_id(contact_id: int) -> Contact:
    """A contact as it is now, with company and owner, whoever asks. Raises NotFound."""
    query = Contact.select(Contact, Company, User).join(Company, peewee.JOIN.LEFT_OUTER).switch(Contact)
    query = query.join(User, peewee.JOIN.LEFT_OUTER, on=Contact.owner).where(Contact.id == contact_id)
    found: Contact | None = query.first()
    if found is None:
        raise NotFound
    return found


def _present(contact: Contact) -> dict[str, Any]:
    return {
        "email": contact.email,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "company": contact.company.name if contact.company else "",
        "owner": companies.Kept(contact.owner),
    }


def _new_address(actor: User, contact: Contact, key: str) -> dict[str, Any]:
    """What changes along with the address: whether anybody reads the new one is not known yet.

    Whoever reads it gets to see all that is kept. So nobody may give that away who doesn't see it.
    """
    _refuse_taken(key, contact)
    others = Booking.select().where(Booking.contact == contact)
    if access.visible_bookings(actor).where(Booking.contact == contact).count() < others.count():
        raise Invalid([Flaw("email", "admins-only")])
    if OtherAddress.delete().where(OtherAddress.email == key).execute():  # it was theirs: the two change places
        OtherAddress.create(email=contact.email, contact=contact)
    return {"email": key, "confirmed_at": None}


def _refuse_taken(key: str, contact: Contact | None) -> None:
    taken = Contact.known_as(key)
    if taken is not None and (contact is None or taken.id != contact.id):
        raise DuplicateContact


# ---- checking --------------------------------------------------------------------------------------------------------


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _any_object(value: object, path: str) -> Checked:
    return (value, []) if isinstance(value, Mapping) else refuse(path, "not-an-object")


_CONTACT = record(
    {
        "email": Field(email, "", required=True),
        "first_name": Field(text(CONTACT_NAME_MAX), ""),
        "last_name": Field(text(CONTACT_NAME_MAX), ""),
        "company": Field(text(Company.name.max_length), ""),
        "owner": Field(companies.owner_by_address, ""),
        "properties": Field(_any_object, {}),
    }
)


def _checked(values: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """The values made tidy; of the properties those that differ from what is known. Raises Invalid."""
    clean, flaws = _CONTACT(values, "")
    given = clean["properties"] or {}
    new = {name: value for name, value in given.items() if not (_is_text(value) and known.get(name, "") == value)}
    answers, wrong = check_answers(asked(), new, "properties")
    if flaws or wrong:
        raise Invalid([*flaws, *wrong])
    told = {answer["name"]: answer["value"] for answer in answers}
    return {**clean, "properties": {name: told.get(name, "") for name in new}}


def asked() -> list[Asked]:
    """What can be known of a contact beside who they are and where they work, as a form asks for it."""
    return [
        Asked(row.name, row.label, "property", row.kind, tuple(row.options), is_required=False)
        for row in Property.in_order()
        if row.name != COMPANY
    ]


# ---- writing ---------------------------------------------------------------------------------------------------------


def _write_properties(contact: Contact, values: Mapping[str, str], now: datetime) -> None:
    """Keep what is known; blank is nothing. The caller holds the transaction."""
    if not values:
        return
    for row in Property.select(Property.id, Property.name).where(Property.name.in_(list(values))):
        if not values[row.name]:
            PropertyValue.delete().where(PropertyValue.contact == contact, PropertyValue.property == row).execute()
            continue
        PropertyValue.insert(contact=contact, property=row, value=values[row.name], changed_at=now).on_conflict(
            conflict_target=[PropertyValue.contact, PropertyValue.property],
            preserve=[PropertyValue.value, PropertyValue.changed_at],
        ).execute()


def _write_company(contact: Contact, company: Company | None, now: datetime) -> None:
    """What forms have filled in for them follows the company that was chosen by hand."""
    _write_properties(contact, {COMPANY: company.name if company else ""}, now)


def known_of(contacts: Sequence[Contact]) -> dict[int, dict[str, tuple[str, str]]]:
    """What is known of each contact: kind and value by the name of the property; in one query."""
    found: dict[int, dict[str, tuple[str, str]]] = {one.id: {} for one in contacts}
    query = PropertyValue.select(PropertyValue, Property).join(Property).where(PropertyValue.contact.in_(list(found)))
    for row in query.order_by(Property.position, Property.id) if found else ():
        if row.property.name != COMPANY:
            found[row.contact_id][row.property.name] = (row.property.kind, row.value)
    return found
