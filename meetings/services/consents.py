"""What booking pages say about privacy, and the proof of what each contact was told and agreed to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from meetings import db, i18n
from meetings.domain.consent import COMMUNICATION, Terms, Words, flaws_of, shortened, statements_of, terms_of
from meetings.domain.fields import Flaw
from meetings.domain.form import ACCOUNT, LEGITIMATE_INTEREST, OFF, check_account_consent
from meetings.domain.link import subscription_flaws
from meetings.errors import ConsentChanged, Invalid, NotFound
from meetings.models import Booking, Consent, Contact, Link, Setting, User

from . import subscriptions
from .access import require_admin
from .workspace import write_setting

SETTING: Final = "consent"
NOTHING_SAID: Final[Mapping[str, Any]] = check_account_consent({}, SETTING)[0]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What came with the form: which boxes were ticked, under which version of the texts, from where.

    A caller that names no version has read the present one.
    """

    ticked: frozenset[str] = frozenset()
    version: str | None = None
    address: str | None = None


# ---- what is said ----------------------------------------------------------------------------------------------------


def account_consent() -> dict[str, Any]:
    """What all links say that don't say it themselves."""
    return {**NOTHING_SAID, **Setting.read(SETTING, {})}


def of_link(link: Link) -> Mapping[str, Any]:
    """What a link says: its own words, else the account's. The mode is never "account"."""
    said: Mapping[str, Any] = link.scheduling["form"]["consent"]
    return account_consent() if said["mode"] == ACCOUNT else said


def terms(link: Link, locale: str) -> Terms:
    """What the link's page shows in this language."""
    return shown(of_link(link), locale)


def shown(consent: Mapping[str, Any], locale: str) -> Terms:
    """What a page would show that says this."""
    return Terms() if consent["mode"] == OFF else terms_of(consent, _words(locale))


def _words(locale: str) -> Words:
    return Words(
        i18n.say(locale, "I agree that my details are kept and used to prepare and hold this meeting."),
        i18n.say(locale, "We use your details to prepare and hold this meeting, and may write to you about it."),
    )


def account_flaws(values: object) -> tuple[dict[str, Any], list[Flaw]]:
    """The account's words made tidy, and what is wrong with them."""
    clean, flaws = check_account_consent(values, SETTING)
    return clean, flaws + subscription_flaws(clean, subscriptions.names(), SETTING)


def save_account(actor: User, values: object) -> None:
    """Change what all links say. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    clean, flaws = account_flaws(values)
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        write_setting(SETTING, clean)


# ---- what was agreed to ----------------------------------------------------------------------------------------------


def flaws(link: Link, locale: str, agreed: Agreed) -> list[Flaw]:
    """Boxes without which nobody books, left blank. Of a page that has changed since, nothing is said yet."""
    present = terms(link, locale)
    return flaws_of(present, agreed.ticked) if agreed.version in (None, present.version) else []


def record(booking: Booking, link: Link, agreed: Agreed, now: datetime) -> None:
    """Keep what the contact was shown and ticked; the caller holds the booking's transaction.

    Raises ConsentChanged where something else was shown than what holds now, Invalid where a box is missing.
    """
    present = terms(link, booking.locale)
    if agreed.version not in (None, present.version):
        raise ConsentChanged
    if missing := flaws_of(present, agreed.ticked):
        raise Invalid(missing)
    for statement in statements_of(present, agreed.ticked):
        Consent.create(
            booking=booking,
            contact=booking.contact_id,
            purpose=statement.purpose,
            box=statement.box,
            subscription=statement.subscription,
            wording=statement.wording,
            is_given=statement.is_given,
            legal_basis=statement.legal_basis,
            version=present.version,
            locale=booking.locale,
            address=shortened(agreed.address),
            created_at=now,
        )


def of_booking(booking: Booking) -> list[Consent]:
    """What was said and agreed to with a booking, in the order of the page."""
    return list(Consent.select().where(Consent.booking == booking).order_by(Consent.id))


# ---- what may be written to a contact --------------------------------------------------------------------------------


def granted(contact: Contact) -> list[Consent]:
    """The subscriptions that hold: of each, the statement that it rests on.

    A box that was left blank another time takes nothing back; only `withdraw` does.
    """
    about = Consent.contact == contact, Consent.purpose.in_((COMMUNICATION, LEGITIMATE_INTEREST))
    latest: dict[str, Consent] = {}
    for row in Consent.select().where(*about, Consent.subscription != "").order_by(Consent.id):
        if row.is_given or not row.box:
            latest[row.subscription] = row
    return [row for row in latest.values() if row.is_given]


def withdraw(contact: Contact, subscription: str, now: datetime, address: str | None = None) -> None:
    """Write down that the contact takes a subscription back. Raises NotFound for one that doesn't hold."""
    with db.transaction():
        row = next((row for row in granted(contact) if row.subscription == subscription), None)
        if row is None:
            raise NotFound
        kept = {name: getattr(row, name) for name in ("purpose", "wording", "legal_basis", "version", "locale")}
        Consent.create(
            **kept,
            booking=row.booking_id,
            contact=contact,
            subscription=subscription,
            is_given=False,
            address=shortened(address),
            created_at=now,
        )
