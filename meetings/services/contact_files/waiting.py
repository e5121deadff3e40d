"""Files that were uploaded and not imported yet: each is its admin's alone, and gone after an hour."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from meetings import db
from meetings.domain import contact_file
from meetings.domain.contact_file import Sheet
from meetings.errors import Invalid, NotFound
from meetings.models import ContactFile, User

from ..access import require_admin

WAITS: Final = timedelta(hours=1)


def keep(actor: User, name: str, content: bytes, now: datetime) -> ContactFile:
    """Keep an uploaded file in place of the one before. Raises Forbidden for members, Invalid (no file of contacts)."""
    require_admin(actor)
    text, flaws = contact_file.decoded(content)
    if not flaws:
        _, flaws = contact_file.read(text)
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        ContactFile.delete().where(ContactFile.user == actor, ContactFile.outcome.is_null()).execute()
        shown = "".join(character for character in name if character.isprintable())[-200:]
        return ContactFile.create(user=actor, name=shown, text=text, expires_at=now + WAITS)


def waiting_file(actor: User, file_id: int, now: datetime) -> ContactFile:
    """An admin's own file, imported or not. Raises Forbidden for members, NotFound (somebody else's, or too old)."""
    require_admin(actor)
    is_theirs = ContactFile.user == actor, ContactFile.expires_at > now
    found: ContactFile | None = ContactFile.get_or_none(ContactFile.id == file_id, *is_theirs)
    if found is None:
        raise NotFound
    return found


def sheet_of(file: ContactFile) -> Sheet:
    """What stands in it."""
    sheet, flaws = contact_file.read(file.text)
    if sheet is None:
        raise Invalid(flaws)
    return sheet


def settle(file: ContactFile, choices: Mapping[str, Any]) -> None:
    """Note down what was chosen."""
    with db.transaction():
        ContactFile.update(choices=dict(choices)).where(ContactFile.id == file.id).execute()


def close(file: ContactFile, outcome: Mapping[str, int]) -> None:
    """Note down what came of it; the contacts are not kept twice. In the caller's transaction."""
    ContactFile.update(outcome=dict(outcome), text="").where(ContactFile.id == file.id).execute()


def clear_ended(now: datetime) -> int:
    """Delete what has waited too long; returns how many. In the caller's transaction."""
    return int(ContactFile.delete().where(ContactFile.expires_at <= now).execute())


def forget_about(addresses: list[str]) -> None:
    """Delete waiting files with one of these addresses: somebody is being erased. In the caller's transaction."""
    for address in addresses:
        ContactFile.delete().where(ContactFile.text.contains(address)).execute()
