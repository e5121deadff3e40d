"""Forgetting somebody: meetings ahead are cancelled first, then nothing is left that tells who booked.

What is asked for stands on the contact's row until it is done, so that nothing that stops the app stops this. A list in
the data folder names by a hash whoever was erased, so that a database that is restored can forget them again.
"""

import logging
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import peewee
from flask import current_app

from meetings import db
from meetings.domain.fields import email_key
from meetings.domain.time import to_datetime, to_instant
from meetings.errors import Conflict
from meetings.models import (
    Booking,
    Contact,
    Delivery,
    Erasure,
    Note,
    OtherAddress,
    PropertyValue,
    RightsLink,
    User,
)
from meetings.models.outbox import PENDING, SENDING
from meetings.secrets import Signer

from . import bookings, contact_files

log = logging.getLogger(__name__)

MAILS_HAVE: Final = timedelta(hours=24)  # to get out, before the addresses they need are gone
NEWS_OF_AN_END: Final = ("cancelled", "host_cancelled", "withdrawn", "host_withdrawn", "misdirected")
LIST: Final = "erased.txt"  # in the data folder: a hash and a time to a line

_PURPOSE: Final = "erased"


# ---- one contact -----------------------------------------------------------------------------------------------------


def erase(contact: Contact, now: datetime, *, by: User | None) -> bool:
    """Forget a contact, once everybody knows that meetings ahead are off; True if that is done already.

    `by` is None for the contact, else the admin who does it.
    """
    with db.transaction():
        present = Contact.held(contact.email)  # whoever was merged with somebody is somebody else since
        if present is None:
            return True
        asked = Contact.update(erasing_since=now).where(Contact.id == present.id, Contact.erasing_since.is_null())
        asked.execute()
    return _advance(Contact.get_by_id(present.id), now, by)


def finish_erasures(now: datetime) -> int:
    """Go on with all that was asked for; returns how many are done."""
    waiting = list(Contact.select().where(Contact.erasing_since.is_null(False)))
    return sum(_advance(contact, now, None) for contact in waiting)


def _advance(contact: Contact, now: datetime, by: User | None) -> bool:
    since = contact.erasing_since or now
    mine = list(Booking.select().where(Booking.contact == contact, Booking.created_at <= since).order_by(Booking.id))
    for booking in mine:
        if booking.is_confirmed and booking.starts_at > now:
            _cancel(booking, now, by)
    if _has_news([booking.id for booking in mine]) and now < since + MAILS_HAVE:
        return False
    for booking in mine:
        bookings.anonymise(booking)
    try:
        _forget(contact, now)
    except peewee.IntegrityError:  # they are booking at this very moment
        log.info("Contact %s can't be erased just now", contact.id)
        return False
    write_list()
    db.empty_journal()
    return True


def _cancel(booking: Booking, now: datetime, by: User | None) -> None:
    try:
        bookings.cancel(booking, now, by=by)
    except Conflict:
        log.info("Booking %s has begun before it could be cancelled", booking.public_id)


def _has_news(booking_ids: list[int]) -> bool:
    """Whether anybody is still to be told that a meeting is off."""
    told = Delivery.booking.in_(booking_ids), Delivery.kind.in_(NEWS_OF_AN_END), Delivery.state.in_((PENDING, SENDING))
    return bool(Delivery.select().where(*told).exists())


def _forget(contact: Contact, now: datetime) -> None:
    """The contact itself. Who has booked anew since they asked is kept, with what they said then; companies stay."""
    addresses = [contact.email, *OtherAddress.of(contact.id)]
    with db.transaction():
        Note.delete().where(Note.contact == contact).execute()
        OtherAddress.delete().where(OtherAddress.contact == contact).execute()
        PropertyValue.delete().where(PropertyValue.contact == contact).execute()
        newest = Booking.select().where(Booking.contact == contact).order_by(Booking.id.desc()).first()
        if newest is None:
            Contact.delete().where(Contact.id == contact.id).execute()
        else:
            names = {"first_name": newest.first_name, "last_name": newest.last_name, "created_at": newest.created_at}
            Contact.update(erasing_since=None, company=None, owner=None, **names).where(
                Contact.id == contact.id
            ).execute()
        contact_files.forget_about(addresses)
        RightsLink.delete().where(RightsLink.email.in_(addresses)).execute()
        to_address = Delivery.booking.is_null(), Delivery.user.is_null(), Delivery.recipient.in_(addresses)
        Delivery.delete().where(*to_address).execute()
        for address in addresses:
            _note(address_hash(address), now)


def _note(email_hash: str, at: datetime) -> None:
    Erasure.insert(email_hash=email_hash, erased_at=at).on_conflict(
        conflict_target=[Erasure.email_hash], preserve=[Erasure.erased_at]
    ).execute()


def address_hash(email: str) -> str:
    """What is kept of an erased address; worthless without this instance's secret key."""
    signer: Signer = current_app.extensions["signer"]
    return signer.key(f"{_PURPOSE}:{email_key(email)}")


# ---- a database that was restored ------------------------------------------------------------------------------------


def erase_again(now: datetime) -> int:
    """Forget again whom a restored copy still knows, though the list says that they were erased; returns how many."""
    listed, known = _read_list(), _noted()
    lost = {key: at for key, at in listed.items() if known.get(key, 0) < at}
    found = 0
    if lost:
        for contact in list(Contact.select()):  # an open query would keep the journal from being emptied
            at = lost.get(address_hash(contact.email))
            if at is not None and to_instant(contact.created_at) <= at:
                log.warning("Contact %s was erased before: erased again", contact.id)
                erase(contact, now, by=None)
                found += 1
        with db.transaction():
            for key, at in lost.items():
                _note(key, to_datetime(at))
    write_list()
    return found


def write_list() -> None:
    """Bring the list in the data folder up to what the database knows."""
    listed = _read_list()
    new = {key: at for key, at in _noted().items() if listed.get(key, 0) < at}
    if not new:
        return
    lines = "".join(f"{key} {to_datetime(at):%Y-%m-%dT%H:%M:%SZ}\n" for key, at in new.items())
    with os.fdopen(os.open(_list(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="ascii") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _list() -> Path:
    return Path(current_app.config["DATA_DIR"]) / LIST


def _read_list() -> Mapping[str, int]:
    """When each was erased last. A line that was cut off by a full disk says nothing."""
    if not _list().exists():
        return {}
    found: dict[str, int] = {}
    for line in _list().read_text(encoding="ascii", errors="replace").splitlines():
        key, _, at = line.partition(" ")
        try:
            found[key] = max(found.get(key, 0), to_instant(datetime.fromisoformat(at)))
        except ValueError:
            log.warning("A line of %s can't be read", LIST)
    return found


def _noted() -> dict[str, int]:
    rows: Any = Erasure.select(Erasure.email_hash, Erasure.erased_at)
    return {row.email_hash: to_instant(row.erased_at) for row in rows}
