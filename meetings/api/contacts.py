"""Contacts, and the notes on them."""

from collections.abc import Mapping
from typing import Any

from .. import clock
from ..domain.answers import typed_value
from ..domain.fields import Checked, Field, Flaw, email, email_key, record, text, whole
from ..errors import Invalid
from ..models import Contact, Note, OtherAddress, User
from ..services import access, contacts, directory, merging, notes, privacy
from . import documents, pages, reading
from .calls import Access, Group, Parameter, call

NOBODYS = 0  # as the owner to look for: a number that no user has
OWNER = Parameter("owner", {"type": "string"}, "Only those of the user with this address; `none`: of nobody")


# ---- as programs have them -------------------------------------------------------------------------------------------


def _documents(rows: list[Contact]) -> list[dict[str, object]]:
    known, others = contacts.known_of(rows), OtherAddress.of_all([row.id for row in rows])
    return [_document(row, known[row.id], others.get(row.id, [])) for row in rows]


def _document(row: Contact, known: Mapping[str, tuple[str, str]], others: list[str]) -> dict[str, object]:
    return {
        "id": row.id,
        "email": row.email,
        "other_addresses": others,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "company": row.company.name if row.company else "",
        "owner": row.owner.email if row.owner else None,
        "properties": {name: typed_value(kind, value) for name, (kind, value) in known.items()},
        "created_at": documents.instant(row.created_at),
    }


def _one(contact: Contact) -> dict[str, object]:
    return _documents([contact])[0]


# ---- calls -----------------------------------------------------------------------------------------------------------


@call(
    "GET",
    "/contacts",
    access=Access.TOKEN,
    group=Group.CONTACTS,
    summary="Contacts",
    answer="ContactList",
    query=(
        Parameter("query", {"type": "string"}, "In names, addresses and company"),
        OWNER,
        Parameter("company", {"type": "integer"}, "Only those at the company with this `id`"),
        *pages.PARAMETERS,
    ),
    explanation=(
        "Those one owns or has met; for admins all. In the order in which they came. Whose they are counts their "
        "company’s owner, too, where they have none of their own; `owner` tells their own alone."
    ),
)
def list_contacts(actor: User) -> dict[str, object]:
    wanted = reading.query(
        {"query": Field(text(200), ""), "owner": Field(owner), "company": Field(reading.typed(whole(1, 2**31 - 1)))}
    )
    found = directory.contacts(actor, wanted["query"], owner=owner_id(wanted["owner"]), company_id=wanted["company"])
    page = pages.of_query(found, (Contact.id,), lambda row: (row.id,))
    return page.document(_documents(page.rows))


def owner(value: object, path: str) -> Checked:
    """An address, or "none"."""
    return (value, []) if value == directory.NOBODY else email(value, path)


def owner_id(wanted: str | None) -> int | str | None:
    """By what contacts and companies of an owner are found; None: of any."""
    if wanted in {None, directory.NOBODY}:
        return wanted
    found = access.user_by_email(email_key(str(wanted)))
    return found.id if found else NOBODYS


@call(
    "POST",
    "/contacts",
    access=Access.TOKEN,
    group=Group.CONTACTS,
    summary="Add a contact",
    body="ContactRequest",
    answer="Contact",
    problems=("duplicate-contact",),
    explanation=(
        "A member’s are their own. Without `company` the address tells it, where it is a company’s own. 409 "
        "`duplicate-contact` if anybody has the address, whether or not one may see them."
    ),
)
def add_contact(actor: User) -> dict[str, object]:
    return _one(contacts.create(actor, reading.body(reading.anything), clock.now()))


@call("GET", "/contacts/<key:id>", access=Access.TOKEN, group=Group.CONTACTS, summary="One contact", answer="Contact")
def show_contact(actor: User, contact_id: int) -> dict[str, object]:
    return _one(directory.contact_for(actor, contact_id))


@call(
    "PATCH",
    "/contacts/<key:id>",
    access=Access.TOKEN,
    group=Group.CONTACTS,
    summary="Change a contact",
    body="ContactPatch",
    answer="Contact",
    problems=("forbidden", "duplicate-contact"),
    explanation=(
        "Their owner and admins. A merge patch: of `properties` those that are named change, null takes one away. A "
        "`company` that there is none of is made."
    ),
)
def change_contact(actor: User, contact_id: int) -> dict[str, object]:
    contact = directory.contact_for(actor, contact_id)
    return _one(contacts.change(actor, contact, same_id(reading.body(reading.anything), contact.id), clock.now()))


def same_id(sent: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What was sent, without the `id`, which can't be another. Raises Invalid."""
    if sent.get("id") is not None and sent["id"] != number:
        raise Invalid([Flaw("id", "fixed")])
    return {name: value for name, value in sent.items() if name != "id"}


@call(
    "DELETE",
    "/contacts/<key:id>",
    access=Access.ADMIN,
    group=Group.CONTACTS,
    summary="Erase a contact",
    problems=("forbidden",),
    explanation=(
        "For good: name, addresses, answers, notes, agreements, mails. Meetings to come are cancelled first, and the "
        "rest goes once everybody has been told, within a day. Past meetings stay as times without a name."
    ),
)
def erase_contact(actor: User, contact_id: int) -> None:
    privacy.erase(directory.contact_for(actor, contact_id), clock.now(), by=actor)


_number = whole(1, 2**31 - 1)
_PAIR = record({name: Field(_number, required=True) for name in ("kept", "other")})


@call(
    "POST",
    "/contacts/merge",
    access=Access.ADMIN,
    group=Group.CONTACTS,
    summary="Merge two contacts",
    body="ContactMerge",
    answer="Contact",
    problems=("forbidden", "not-found", "conflict"),
    explanation=(
        "For good. What is known of `kept` stays and the other one fills the gaps; meetings, notes and agreements of "
        "both are kept, and the other’s address becomes one of `other_addresses`. Whoever reads either mailbox can see "
        "and erase what is kept about both. 409 while one of them is being erased."
    ),
)
def merge_contacts(actor: User) -> dict[str, object]:
    pair = reading.body(_PAIR)
    kept, other = (directory.contact_for(actor, pair[name]) for name in ("kept", "other"))
    return _one(merging.merge(actor, kept, other))


# ---- notes -----------------------------------------------------------------------------------------------------------

_NOTE = record({"text": Field(notes.check_text, "", required=True)})


@call(
    "GET",
    "/contacts/<key:id>/notes",
    access=Access.TOKEN,
    group=Group.CONTACTS,
    summary="Notes on a contact",
    answer="NoteList",
    query=pages.PARAMETERS,
    explanation="In the order in which they were written. Whoever sees the contact sees them all.",
)
def list_notes(actor: User, contact_id: int) -> dict[str, object]:
    found = notes.of(directory.contact_for(actor, contact_id))
    page = pages.of_query(found, (Note.id,), lambda row: (row.id,))
    return page.document([_note(row) for row in page.rows])


@call(
    "POST",
    "/contacts/<key:id>/notes",
    access=Access.TOKEN,
    group=Group.CONTACTS,
    summary="Write a note on a contact",
    body="NoteRequest",
    answer="Note",
    explanation="For the team. Contacts get to read it if they ask what is kept about them.",
)
def add_note(actor: User, contact_id: int) -> dict[str, object]:
    contact = directory.contact_for(actor, contact_id)
    return _note(notes.add(actor, contact, reading.body(_NOTE)["text"], clock.now()))


@call(
    "PATCH",
    "/contacts/<key:id>/notes/<key:note_id>",
    access=Access.TOKEN,
    group=Group.CONTACTS,
    summary="Change a note",
    body="NoteRequest",
    answer="Note",
    problems=("forbidden",),
    explanation="Their author alone.",
)
def change_note(actor: User, contact_id: int, note_id: int) -> dict[str, object]:
    contact = directory.contact_for(actor, contact_id)
    notes.change(actor, notes.note_on(contact, note_id), reading.body(_NOTE)["text"])
    return _note(notes.note_on(contact, note_id))


@call(
    "DELETE",
    "/contacts/<key:id>/notes/<key:note_id>",
    access=Access.TOKEN,
    group=Group.CONTACTS,
    summary="Delete a note",
    problems=("forbidden",),
    explanation="Their author, and admins.",
)
def delete_note(actor: User, contact_id: int, note_id: int) -> None:
    notes.delete(actor, notes.note_on(directory.contact_for(actor, contact_id), note_id))


def _note(row: Note) -> dict[str, object]:
    return {
        "id": row.id,
        "text": row.text,
        "by": row.author.name if row.author else row.author_name,
        "author": row.author.email if row.author and not row.author.is_removed else None,
        "at": documents.instant(row.created_at),
    }
