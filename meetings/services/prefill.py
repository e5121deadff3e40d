"""What is known of whoever opens a booking page: by a personal link, or because their browser was asked to remember.

Never by an address that is typed: that anybody can. So a browser is told no more than what was typed in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from flask import current_app

from meetings import db, render
from meetings.domain.answers import check_contact
from meetings.domain.fields import email_key
from meetings.domain.form import property_names
from meetings.domain.time import to_datetime, to_instant
from meetings.errors import Invalid
from meetings.models import Booking, Contact, Link, OtherAddress, User
from meetings.models.bookings import booking_answers
from meetings.secrets import Signer, token_hash

from . import access, contacts, directory, forms

PERSONAL: Final = "me"  # purposes of the tokens
REMEMBERED: Final = "remembered"
PERSONAL_LASTS: Final = timedelta(days=90)
REMEMBERED_LASTS: Final = timedelta(days=365)


@dataclass(frozen=True)
class Known:
    """Values by the names of the form's fields, and where they are from: PERSONAL, REMEMBERED or nowhere."""

    values: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


# ---- a personal link -------------------------------------------------------------------------------------------------


def personal_url(link: Link, email: str, first_name: str, last_name: str, now: datetime, *, by: User) -> str:
    """An address of the link's page with this person's details filled in, good for some months. Raises Invalid.

    Who is not known yet is from now on; of who is, nothing changes. It tells no more than `by` may know anyway: they
    could open it themselves. So the address is filled in as it was given, and a name that they don't see if it is just
    what they gave.
    """
    contact, flaws = check_contact({"email": email, "first_name": first_name, "last_name": last_name}, "")
    if flaws:
        raise Invalid(flaws)
    key = email_key(contact["email"])
    with db.transaction():
        kept = contacts.kept(key, contact["first_name"], contact["last_name"], now)
    given = _name_given(contact["first_name"], contact["last_name"])
    meant = [link.id, _number(kept, key), _mailbox(key), by.id, given, to_instant(by.created_at)]
    token = _signer().sign_timed(PERSONAL, meant)
    return render.absolute_url(f"/book/{link.slug}?{PERSONAL}={token}")


def person(link: Link, token: str) -> Contact | None:
    """Whose personal link it is; None for one that is of another page, too old, or of somebody who was erased."""
    opened = _opened(link, token)
    return opened.contact if opened else None


@dataclass(frozen=True)
class _Opened:
    """Whose personal link it is, under which of their addresses, and who made it, for whom by name."""

    contact: Contact
    email: str
    by: User | None
    given: str

    @property
    def names(self) -> dict[str, str]:
        """What they are called, as far as its maker may know."""
        names = {"first_name": self.contact.first_name, "last_name": self.contact.last_name}
        is_known = self.given == _name_given(**names) or (self.by is not None and directory.sees(self.by, self.contact))
        return names if is_known else {}


def _opened(link: Link, token: str) -> _Opened | None:
    found = _signer().unsign_timed(PERSONAL, token[:500], int(PERSONAL_LASTS.total_seconds()))
    if not isinstance(found, list) or found[:1] != [link.id]:
        return None
    _, contact_id, mailbox, by, *more = found
    given, since = more if len(more) == 2 else ("".join(more), None)  # older ones don't say since when
    meant = _meant(contact_id, mailbox)
    return _Opened(*meant, _maker(by, since), given) if meant else None


def _maker(user_id: int, since: int | None) -> User | None:
    """Who made a personal link, if they are still here: who was kept out may know nothing any more.

    Not by the number alone either: SQLite gives that of somebody who was removed to whoever comes next.
    """
    if since is None:
        return None
    return User.get_or_none(User.id == user_id, User.is_active, User.created_at == to_datetime(since))


def _meant(contact_id: int, mailbox: str) -> tuple[Contact, str] | None:
    """The contact of this number and address, or whoever they were merged with since.

    Not by the number alone: SQLite gives that of somebody who was erased to whoever comes next.
    """
    contact = Contact.get_or_none(Contact.id == contact_id)
    if contact is not None and mailbox == _mailbox(contact.email):
        return contact, contact.email
    is_theirs = (OtherAddress.former_id == contact_id) | (OtherAddress.contact == contact_id)
    others = OtherAddress.select(OtherAddress, Contact).join(Contact).where(is_theirs)
    return next(((row.contact, row.email) for row in others if mailbox == _mailbox(row.email)), None)


def _number(contact: Contact, email: str) -> int:
    """The number by which the token says a contact: for another address the one that it had, as for older links."""
    other = OtherAddress.get_or_none(OtherAddress.contact == contact, OtherAddress.email == email)
    return contact.id if other is None or other.former_id is None else int(other.former_id)


def _mailbox(email: str) -> str:
    """An address as the token says it, which stands in other people's logs."""
    return token_hash(email)[:16]


def _name_given(first_name: str, last_name: str) -> str:
    """A name as the token says it, for the same reason."""
    return token_hash(f"{first_name}\n{last_name}")[:16]


# ---- this browser ----------------------------------------------------------------------------------------------------


def browser_token(booking: Booking) -> str:
    """What a browser keeps of a booking that was made in it, for whoever wants to type less the next time."""
    return _signer().sign_timed(REMEMBERED, booking.public_id)


def remembered(token: str) -> Booking | None:
    """The booking that was made in this browser; None for one that is too long ago, or was erased."""
    public_id = _signer().unsign_timed(REMEMBERED, token[:500], int(REMEMBERED_LASTS.total_seconds()))
    found = Booking.get_or_none(Booking.public_id == public_id) if isinstance(public_id, str) else None
    return None if found is None or found.is_anonymous else found


# ---- what they tell --------------------------------------------------------------------------------------------------


def known(link: Link, personal: str, browser: str) -> Known:
    """What a link's form may have filled in: by the token of a personal link, else by that of this browser."""
    opened = _opened(link, personal) if personal else None
    if opened is not None:
        known_values = _known_to(opened.by, opened.contact)
        return Known({**opened.names, "email": opened.email, **known_values}, PERSONAL)
    booking = remembered(browser) if browser else None
    return Known(_typed_in(booking, link), REMEMBERED) if booking is not None else Known()


def _known_to(user: User | None, contact: Contact) -> Mapping[str, str]:
    """What a user may know of a contact: admins all, others what was answered in meetings that they see."""
    if user is None or user.is_admin:
        return forms.known_values(contact) if user else {}
    theirs = access.visible_bookings(user).where(Booking.contact == contact).order_by(Booking.id)
    told = {answer.name: answer.value for booking in theirs for answer in booking_answers(booking)}
    return {name: told[name] for name in forms.known_values(contact) if name in told}


def _typed_in(booking: Booking, link: Link) -> dict[str, str]:
    """What was typed for a booking, as far as this link asks the same: another link's questions are its own."""
    answers = {answer.name: answer.value for answer in booking_answers(booking)}
    if booking.link_id != link.id:
        shared = set(property_names(booking.link.scheduling)) & set(property_names(link.scheduling))
        answers = {name: value for name, value in answers.items() if name in shared}
    return {**answers, **{name: getattr(booking, name) for name in ("first_name", "last_name", "email")}}


def _signer() -> Signer:
    signer: Signer = current_app.extensions["signer"]
    return signer
