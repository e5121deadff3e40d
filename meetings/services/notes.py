"""What hosts write down about contacts, for the team to read."""

from datetime import datetime
from typing import Any, Final

import peewee

from meetings import db
from meetings.domain.fields import Field, text
from meetings.errors import Forbidden, Invalid, NotFound
from meetings.models import Contact, Note, User

from .access import hold_contact

NOTE_MAX: Final = 5000

check_text = text(NOTE_MAX, lines=True)
_text = Field(check_text, "", required=True)


def of(contact: Contact) -> Any:
    """The query of a contact's notes, with their authors, the latest first. Whoever sees the contact sees them all."""
    found = Note.select(Note, User).join(User, peewee.JOIN.LEFT_OUTER)
    return found.where(Note.contact == contact).order_by(Note.created_at.desc(), Note.id.desc())


def note_on(contact: Contact, note_id: int) -> Note:
    """One note on a contact. Raises NotFound."""
    found: Note | None = of(contact).where(Note.id == note_id).first()
    if found is None:
        raise NotFound
    return found


def may_change(actor: User, note: Note) -> bool:
    """Whether `actor` may put other words: only to their own."""
    return note.author_id == actor.id


def may_delete(actor: User, note: Note) -> bool:
    """Whether `actor` may take it away: their own; admins any."""
    return actor.is_admin or may_change(actor, note)


def add(actor: User, contact: Contact, words: object, now: datetime) -> Note:
    """Write a note on a contact that `actor` sees. Raises Invalid, NotFound (they were erased or merged meanwhile)."""
    clean = _checked(words)
    with db.transaction():
        hold_contact(contact)
        return Note.create(contact=contact, author=actor, author_name=actor.name, text=clean, created_at=now)


def change(actor: User, note: Note, words: object) -> None:
    """Put other words. Raises Forbidden for a note of somebody else, Invalid."""
    if not may_change(actor, note):
        raise Forbidden
    clean = _checked(words)
    with db.transaction():
        Note.update(text=clean).where(Note.id == note.id).execute()


def delete(actor: User, note: Note) -> None:
    """Take a note away. Raises Forbidden."""
    if not may_delete(actor, note):
        raise Forbidden
    with db.transaction():
        Note.delete().where(Note.id == note.id).execute()


def _checked(words: object) -> str:
    clean, flaws = _text.read(words, "text")
    if flaws:
        raise Invalid(flaws)
    return str(clean)
