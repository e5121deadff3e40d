"""Contacts and companies as people look them up: who may see which."""

from typing import Any, Final

import peewee

from meetings import db
from meetings.errors import NotFound
from meetings.models import Booking, Company, Contact, Link, OtherAddress, Participant, User
from meetings.models.bookings import CONFIRMED

NOBODY: Final = "none"  # as an owner to look for
NEVER: Final = {True: -1, False: 2**62}  # at the end of a list of instants, backwards and forwards
SORTS: Final = ("new", "name", "company", "last")

# ---- contacts --------------------------------------------------------------------------------------------------------


def visible_contacts(actor: User) -> Any:
    """The query of contacts that `actor` may see, with company and owner: whom they own or have met; for admins all."""
    found = Contact.select(Contact, Company, User).join(Company, peewee.JOIN.LEFT_OUTER)
    found = found.switch(Contact).join(User, peewee.JOIN.LEFT_OUTER, on=Contact.owner).where(Contact.email != "")
    if actor.is_admin:
        return found
    seated = Booking.select(Booking.contact).join(Participant).where(Participant.host == actor)
    through = Booking.select(Booking.contact).join(Link).where(Link.organizer == actor)
    return found.where((_owner() == actor.id) | Contact.id.in_(seated) | Contact.id.in_(through))


def _owner() -> Any:
    """Whose a contact is, as an expression: their own owner, else that of the company with their domain."""
    domain = db.part_after(Contact.email, "@")
    rule = Company.alias()
    return peewee.fn.COALESCE(Contact.owner, rule.select(rule.owner).where(rule.domain == domain))


def contact_for(actor: User, contact_id: int) -> Contact:
    """One contact. Raises NotFound, also for members who neither own nor met them."""
    found: Contact | None = visible_contacts(actor).where(Contact.id == contact_id).first()
    if found is None:
        raise NotFound
    return found


def sees(actor: User, contact: Contact) -> bool:
    """Whether `actor` may see a contact."""
    return bool(visible_contacts(actor).where(Contact.id == contact.id).exists())


def contacts(
    actor: User, query: str = "", *, owner: int | str | None = None, company_id: int | None = None, sort: str = "new"
) -> Any:
    """The query of contacts that `actor` may see; `query` looks in names, addresses and company, but in no notes."""
    found = visible_contacts(actor)
    if query:
        found = found.where(_matches(query))
    if owner is not None:
        found = found.where(_owner().is_null() if owner == NOBODY else _owner() == owner)
    if company_id is not None:
        found = found.where(Contact.company == company_id)
    return found.order_by(*_order(actor, sort.removeprefix("-"), is_turned=sort.startswith("-")))


def _matches(query: str) -> Any:
    whole_name = Contact.first_name.concat(" ").concat(Contact.last_name)
    others = OtherAddress.select(OtherAddress.contact).where(OtherAddress.email.contains(query))
    is_named = whole_name.contains(query) | Contact.email.contains(query) | Company.name.contains(query)
    return is_named | Contact.id.in_(others)


def is_told(actor: User) -> Any:
    """Whether `actor` is told of a contact’s booking, as an expression about both: as on the contact’s own page."""
    if actor.is_admin:
        return Contact.id.is_null(False)
    seated = Participant.select(Participant.booking).where(Participant.host == actor)
    through = Link.select(Link.id).where(Link.organizer == actor)
    return (_owner() == actor.id) | Booking.id.in_(seated) | Booking.link.in_(through)


def _order(actor: User, by: str, *, is_turned: bool) -> list[Any]:
    """By a column and, where that is the same, the latest first; what is unknown stands at the end."""
    latest = [Contact.created_at.desc(), Contact.id.desc()]
    columns: list[Any]
    if by == "name":
        columns = [peewee.fn.LOWER(Contact.first_name), peewee.fn.LOWER(Contact.last_name)]
    elif by == "company":
        columns = [peewee.fn.LOWER(Company.name)]
    elif by == "last":
        stand = (Booking.contact == Contact.id) & (Booking.status == CONFIRMED) & is_told(actor)
        is_turned = not is_turned  # the latest first
        latest_of_each = Booking.select(peewee.fn.MAX(Booking.starts_at)).where(stand)
        columns = [peewee.fn.COALESCE(latest_of_each, NEVER[is_turned])]
    else:
        return [Contact.created_at.asc(), Contact.id.asc()] if is_turned else latest
    way = "desc" if is_turned else "asc"
    return [column for one in columns for column in (one.is_null(), getattr(one, way)())] + latest


# ---- companies -------------------------------------------------------------------------------------------------------


def visible_companies(actor: User) -> Any:
    """The query of companies that `actor` may see, with their owners: of contacts that they see; for admins all."""
    found = Company.select(Company, User).join(User, peewee.JOIN.LEFT_OUTER)
    if actor.is_admin:
        return found
    theirs = visible_contacts(actor).select(Contact.company).where(Contact.company.is_null(False))
    return found.where(Company.id.in_(theirs) | (Company.owner == actor))


def company_for(actor: User, company_id: int) -> Company:
    """One company. Raises NotFound."""
    found: Company | None = visible_companies(actor).where(Company.id == company_id).first()
    if found is None:
        raise NotFound
    return found


def companies(actor: User, query: str = "", *, owner: int | str | None = None) -> Any:
    """The query of companies that `actor` may see, by name; `query` looks in name and domain."""
    found = visible_companies(actor)
    if query:
        found = found.where(Company.name.contains(query) | Company.domain.contains(query))
    if owner is not None:
        found = found.where(Company.owner.is_null() if owner == NOBODY else Company.owner == owner)
    return found.order_by(Company.name_key, Company.id)


def sizes(actor: User, found: list[Company]) -> dict[int, int]:
    """How many contacts that `actor` may see are at each of these companies; in one query."""
    counted: Any = visible_contacts(actor).select(Contact.company, peewee.fn.COUNT(Contact.id))
    rows = counted.where(Contact.company.in_([one.id for one in found])).group_by(Contact.company).tuples()
    return dict(rows)


def owners_of_companies(actor: User) -> list[User]:
    """Who owns any of the companies that `actor` may see, by name."""
    owned = visible_companies(actor).select(Company.owner).where(Company.owner.is_null(False))
    return list(User.select().where(User.id.in_(owned)).order_by(peewee.fn.LOWER(User.name), User.id))
