"""What goes by itself: who booked, long after the meeting; the words of mails sooner."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from meetings import db
from meetings.domain.fields import Checked, Field, record, whole
from meetings.domain.time import to_datetime, to_instant
from meetings.errors import Invalid
from meetings.models import Booking, Company, Contact, Delivery, Note, Setting, User
from meetings.models.outbox import PENDING, SENDING

from . import bookings
from .access import require_admin
from .workspace import write_setting

SETTING: Final = "retention"
MONTHS: Final = 12  # after the meeting
MAIL_DAYS: Final = 30
MONTHS_MAX: Final = 120
MAIL_DAYS_MAX: Final = 3650

_LAST_LOOK: Final = "retention_looked_at"
_DAY: Final = timedelta(days=1)
_TRUSTED: Final = timedelta(days=8)
_BATCH: Final = 100

_check = record(
    {"bookings_months": Field(whole(0, MONTHS_MAX), MONTHS), "mail_days": Field(whole(0, MAIL_DAYS_MAX), MAIL_DAYS)}
)


def rules() -> dict[str, int]:
    """Months that a booking's contact is kept, days that mails' words are; 0 keeps them for good."""
    return {"bookings_months": MONTHS, "mail_days": MAIL_DAYS, **Setting.read(SETTING, {})}


def checked(values: Mapping[str, Any]) -> Checked:
    """The rules made tidy, and what is wrong with them."""
    return _check(values, "")


def save_rules(actor: User, values: Mapping[str, Any]) -> None:
    """Change how long things are kept. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    clean, flaws = checked(values)
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        write_setting(SETTING, clean)


def clear_old(now: datetime) -> int:
    """Forget what is old enough, a portion at a time; returns how much went."""
    if not _is_time(now):
        return 0
    kept = rules()
    gone = _clear_contacts(_months_before(now, kept["bookings_months"])) if kept["bookings_months"] else 0
    gone += _clear_mails(now - timedelta(days=kept["mail_days"])) if kept["mail_days"] else 0
    if gone:
        db.empty_journal()
    else:
        _looked(now)
    return gone


def _is_time(now: datetime) -> bool:
    """Once a day, and only by a clock that has not leapt: one that is years ahead must not cost anybody their data.

    After a leap, or a week in which nothing ran, the first look only remembers the time.
    """
    seen = Setting.read(_LAST_LOOK)
    ago = now - to_datetime(seen) if isinstance(seen, int) else None
    if ago is None or not timedelta(0) <= ago <= _TRUSTED:
        _looked(now)
        return False
    return ago >= _DAY


def _looked(now: datetime) -> None:
    with db.transaction():
        write_setting(_LAST_LOOK, to_instant(now))


def _months_before(now: datetime, months: int) -> datetime:
    whole_months = now.year * 12 + now.month - 1 - months
    year, month = divmod(whole_months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, 28))


def _clear_contacts(before: datetime) -> int:
    """Meetings over before then lose who booked; contacts without any meeting go, and companies that nobody is at."""
    is_old = (Booking.ends_at < before) & (Booking.email != "")
    old = list(Booking.select().where(is_old).order_by(Booking.id).limit(_BATCH))
    for booking in old:
        bookings.anonymise(booking)
    booked = Booking.select(Booking.contact)
    noted = Note.select(Note.contact).where(Note.created_at >= before)  # somebody still writes about them
    known = (Contact.created_at < before) & (Contact.email != "")
    idle = known & Contact.id.not_in(booked) & Contact.id.not_in(noted)
    people = Contact.select(Contact.company).where(Contact.company.is_null(False))
    empty = (Company.created_at < before) & Company.owner.is_null() & Company.id.not_in(people)
    with db.transaction():
        gone = int(Contact.delete().where(idle).execute())
        gone += int(Company.delete().where(empty).execute())
    return len(old) + gone


def _clear_mails(before: datetime) -> int:
    is_done = Delivery.state.not_in((PENDING, SENDING)) & (Delivery.due_at < before) & (Delivery.created_at < before)
    old = Delivery.select(Delivery.id).where(is_done, Delivery.content.is_null(False)).limit(_BATCH)
    ids = [row.id for row in old]
    with db.transaction():
        return int(Delivery.update(content=None).where(Delivery.id.in_(ids), is_done).execute())
