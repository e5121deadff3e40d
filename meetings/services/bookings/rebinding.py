"""Whose bookings they are, where two contacts turned out to be one person; the meetings themselves stay as they are."""

from collections.abc import Sequence

from meetings import db
from meetings.models import Booking, Contact


def hold_all_of(contacts: Sequence[Contact]) -> None:
    """Let nobody else change these contacts' bookings until the caller's transaction ends.

    Before the contacts themselves are held: whoever changes a booking has it first, and its contact after that.
    """
    ids = [contact.id for contact in contacts]
    whose = f"WHERE contact_id IN ({db.placeholders(ids)}) ORDER BY id"
    db.rows(f"SELECT id FROM booking {whose}{db.holding('NO KEY UPDATE')}", ids)  # noqa: S608 - marks, and words of ours


def bind_to(contact: Contact, former: Contact) -> None:
    """Let a contact have all bookings of another; the caller keeps everybody from referring to either."""
    with db.transaction():
        db.lock([])  # no host's time changes; whoever is changing a booking just now is waited for, but not for ever
        Booking.update(contact=contact).where(Booking.contact == former).execute()
