"""Contacts as a file that spreadsheets open and that can be imported again."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import chain
from typing import Any

import peewee

from meetings.domain import contact_file
from meetings.i18n import say
from meetings.models import Company, Contact, Note, OtherAddress, Property, PropertyValue, User
from meetings.models.base import batched

from .. import contacts
from ..access import require_admin
from .columns import NAMES, TOLD, labels, properties
from .planning import joined

_AT_ONCE = 200  # contacts of whom everything is looked up together
_BOM = "\ufeff"  # without it, Excel takes the file for an old one


def exported(actor: User, query: Any, locale: str, *, with_notes: bool = False) -> Iterator[str]:
    """The file, piece by piece: the contacts of a query with all that is known. Raises Forbidden for members."""
    require_admin(actor)
    rows = properties()
    named = labels(rows, locale)
    fields = [NAMES[name] for name in ("email", "first_name", "last_name", "company", "owner")]
    told = [NAMES["others"], *TOLD.values(), *([NAMES["note"]] if with_notes else [])]
    headings = [*(say(locale, words) for words in fields), *named.values(), *(say(locale, words) for words in told)]
    ids = [contact.id for contact in query]
    pieces = (_lines(actor, some, list(named), with_notes=with_notes) for some in batched(ids, _AT_ONCE))
    return chain([_BOM + contact_file.written([headings])], map(contact_file.written, pieces))


def _lines(actor: User, ids: Sequence[int], names: Sequence[str], *, with_notes: bool) -> list[list[str]]:
    query = Contact.select(Contact, Company, User).join(Company, peewee.JOIN.LEFT_OUTER).switch(Contact)
    query = query.join(User, peewee.JOIN.LEFT_OUTER, on=Contact.owner).where(Contact.id.in_(ids))
    found = {contact.id: contact for contact in query}
    people = [found[contact_id] for contact_id in ids if contact_id in found]
    meetings = contacts.meetings_of(actor, people)
    values, others, notes = _values(ids), _others(ids), _notes(ids) if with_notes else {}
    lines = []
    for person in people:
        count, last = meetings.get(person.id, (0, None))
        lines.append(
            [
                *(person.email, person.first_name, person.last_name),
                *(person.company.name if person.company else "", person.owner.email if person.owner else ""),
                *(values.get((person.id, name), "") for name in names),
                *("; ".join(others.get(person.id, ())), str(count), f"{last.astimezone(UTC):%Y-%m-%d}" if last else ""),
                *([joined(notes.get(person.id, []))] if with_notes else []),
            ]
        )
    return lines


def _values(ids: Sequence[int]) -> dict[tuple[int, str], str]:
    query = PropertyValue.select(PropertyValue, Property).join(Property).where(PropertyValue.contact.in_(ids))
    return {(row.contact_id, row.property.name): row.value for row in query}


def _others(ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in OtherAddress.select().where(OtherAddress.contact.in_(ids)).order_by(OtherAddress.id):
        found.setdefault(row.contact_id, []).append(row.email)
    return found


def _notes(ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in Note.select().where(Note.contact.in_(ids)).order_by(Note.id):
        found.setdefault(row.contact_id, []).append(row.text)
    return found
