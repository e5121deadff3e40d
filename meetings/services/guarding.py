"""What keeps robots out of the form, and strangers' bookings out of somebody's mailbox.

A solved challenge counts once: it is written down in the transaction of the booking that it was solved for.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import peewee
from flask import current_app

from meetings import db, render
from meetings.domain.fields import email_key
from meetings.domain.time import to_datetime, to_instant
from meetings.errors import CaptchaFailed, Unconfirmed
from meetings.models import Booking, Contact, Link, UsedChallenge
from meetings.models.guard import written_to
from meetings.providers.captcha import altcha
from meetings.secrets import Signer, new_token, token_hash

from . import access, outbox

LIVES: Final = timedelta(hours=12)  # a challenge, as long as the form that it came with
STORM: Final = 30  # bookings through one link within an hour that switch its captcha on: all that the limits let in
STORM_LASTS: Final = timedelta(hours=24)
MEETINGS_BEFORE_CONFIRMED: Final = 3  # of one address, within the time below, over all hosts
UNCONFIRMED_FOR: Final = timedelta(hours=24)

WORK: Final = "captcha"  # purposes of what is signed
QUESTION: Final = "question"
SUM: Final = "sum"


@dataclass(frozen=True)
class Proof:
    """A challenge that was solved: its name, and until when it must be remembered."""

    digest: str
    expires_at: datetime


@dataclass(frozen=True)
class Question:
    """Two numbers to be added, for whoever can't have a browser compute. The token says neither of them."""

    token: str
    first: int
    second: int


# ---- whether a link asks ---------------------------------------------------------------------------------------------


def is_guarded(link: Link, now: datetime) -> bool:
    """Whether who books through the link has to prove to be no robot: its host wants it, or it is being stormed."""
    return bool(link.scheduling["form"]["captcha"]) or is_stormed(link, now)


def is_stormed(link: Link, now: datetime) -> bool:
    """Whether the captcha came on by itself."""
    return _is_on() and link.guarded_until is not None and link.guarded_until > now


def watch(link: Link, bookings_lately: int, now: datetime) -> None:
    """After a booking: if there were very many, switch the captcha on for a day, and tell the host once."""
    if bookings_lately < STORM or not _is_on():
        return
    with db.transaction():
        calm = Link.guarded_until.is_null() | (Link.guarded_until <= now)
        until = now + STORM_LASTS
        if Link.update(guarded_until=until).where(Link.id == link.id, calm).execute():
            if not link.scheduling["form"]["captcha"]:
                url = render.absolute_url("/bookings")
                details = {"link": link.internal_name, "url": url, "count": STORM, "expires_at": to_instant(until)}
                outbox.queue_user_mail("storm", link.organizer, details, now)
            return
        Link.update(guarded_until=until).where(Link.id == link.id).execute()


# ---- proof of work ---------------------------------------------------------------------------------------------------


def challenge(link: Link, now: datetime) -> dict[str, Any]:
    """A challenge for this link, as browsers and programs take it."""
    about = {"link": link.id, "until": to_instant(now + LIVES)}
    return altcha.challenge(_signer().key(WORK), about)


def proof_of_work(link: Link, payload: str, now: datetime) -> Proof | None:
    """What a payload proves; None for one that is wrong, too old, or was made for another link."""
    solved = altcha.solved(_signer().key(WORK), payload)
    if solved is None:
        return None
    name, about = solved
    if about.get("link") != link.id or about.get("until", 0) <= to_instant(now):
        return None
    return Proof(_digest(name), to_datetime(about["until"]))


# ---- a plain question ------------------------------------------------------------------------------------------------


def question(link: Link) -> Question:
    """A new question for this link."""
    return _question(_signer().sign_timed(QUESTION, [link.id, new_token()[:24]]))


def question_of(link: Link, token: str) -> Question | None:
    """The question that was asked; None if it was none of ours for this link, or too long ago."""
    found = _signer().unsign_timed(QUESTION, token[:500], int(LIVES.total_seconds()))
    return _question(token) if isinstance(found, list) and found[:1] == [link.id] else None


def _question(token: str) -> Question:
    """The numbers follow from the token and our secret: whoever only reads the token learns nothing."""
    seed = bytes.fromhex(_signer().key(f"{SUM}:{token}"))
    return Question(token, 2 + seed[0] % 8, 2 + seed[1] % 8)


def proof_of_answer(asked: Question, answer: object, now: datetime) -> Proof | None:
    """What an answer proves. A wrong one uses the question up."""
    proof = Proof(_digest(f"{QUESTION}:{asked.token}"), now + LIVES)
    if answer == asked.first + asked.second:
        return proof
    with db.transaction():
        UsedChallenge.create_if_new(digest=proof.digest, expires_at=proof.expires_at)
    return None


def is_used(asked: Question) -> bool:
    """Whether a question was answered before, rightly or wrongly."""
    return UsedChallenge.select().where(UsedChallenge.digest == _digest(f"{QUESTION}:{asked.token}")).exists()


def use_up(proof: Proof) -> None:
    """Write down that a challenge counted; the caller holds the transaction. Raises CaptchaFailed if it was before."""
    try:
        UsedChallenge.create(digest=proof.digest, expires_at=proof.expires_at)
    except peewee.IntegrityError as error:
        raise CaptchaFailed from error


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


# ---- other people's mailboxes ----------------------------------------------------------------------------------------


def afford_mail(email: str, now: datetime) -> None:
    """Raise Unconfirmed once enough was booked with an address of which nobody knows whether it is theirs."""
    full_since = _full_since(email, now)
    if full_since is not None:
        raise Unconfirmed(int((full_since + UNCONFIRMED_FOR - now).total_seconds()) + 1)


def _full_since(email: str, now: datetime) -> datetime | None:
    """When the first of so many meetings was booked that an unconfirmed address gets no more; None if it may.

    Where no mail is sent, nobody is bothered by it, and nobody could confirm anything.
    """
    if not _is_on() or not current_app.config["MAIL_SERVER"]:
        return None
    since = to_instant(now - UNCONFIRMED_FOR)
    times = written_to(email_key(email), left_key(email), since, MEETINGS_BEFORE_CONFIRMED)
    return to_datetime(times[-1]) if len(times) == MEETINGS_BEFORE_CONFIRMED else None


def left_key(email: str) -> str:
    """Under what `attempts` keeps that a booking was with an address before that was mended: it got mail, too."""
    return f"left:{token_hash(email_key(email))[:32]}"


def asks_whose(booking: Booking, token: str, now: datetime) -> bool:
    """Whether who looks at a booking by a mail's link should be asked if the address is theirs: it would free it."""
    return access.is_mailed(token, booking) and _full_since(booking.email, now) is not None


def is_known(booking: Booking, token: str, now: datetime) -> bool:
    """Whether who acts on a booking by a token is known to read the mailbox; by a mail's link, they are from now on."""
    contact = Contact.get_by_id(booking.contact_id)
    if contact.confirmed_at is not None:
        return True
    if not access.is_mailed(token, booking):
        return False
    with db.transaction():
        Contact.update(confirmed_at=now).where(Contact.id == contact.id, Contact.confirmed_at.is_null()).execute()
    return True


def _is_on() -> bool:
    """Whether we defend ourselves unasked at all."""
    return bool(current_app.config["RATELIMIT_ENABLED"])


def _signer() -> Signer:
    signer: Signer = current_app.extensions["signer"]
    return signer
