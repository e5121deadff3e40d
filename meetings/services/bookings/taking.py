"""Taking a slot."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from meetings import db
from meetings.domain.answers import Given
from meetings.domain.fields import Flaw, email_key
from meetings.domain.personalize import fill
from meetings.domain.time import to_instant
from meetings.errors import Busy, Invalid, NotFound
from meetings.i18n import default_title
from meetings.models import Answer, Booking, Contact, Link

from .. import consents, contacts, forms, guarding, offers, outbox, ownership, single_use, zone_data
from ..assignment import Assignment, assign
from . import judging, writing


@dataclass(frozen=True)
class BookingRequest:
    """What a contact asks for. `start` is aware; `duration` in minutes; `answers` as domain/answers.py checked them."""

    start: datetime
    duration: int
    timezone: str
    locale: str
    email: str
    first_name: str
    last_name: str
    answers: Sequence[Given] = field(default_factory=list)
    idempotency_key: str | None = None
    request_hash: str = ""  # identifies the body that came with the key
    once: str = ""  # token of the address that books one meeting, if it came by one
    is_recognised: bool = False  # whether it is certain that the contact asks, and nobody who typed their address
    agreed: consents.Agreed = field(default_factory=consents.Agreed)
    proof: guarding.Proof | None = None  # that no robot asks, where the link wants one: it counts once
    is_of_nobody: bool = False  # whether it goes to whoever's turn it is, whosever contact it is: some trials
    is_for_owner: bool = False  # whether only the times of the contact's owner were shown, if they have one


def take(link: Link, request: BookingRequest, now: datetime) -> Booking:
    """Book a slot: judged afresh, written with its mails, all or nothing.

    A repeated idempotency key returns the first booking with `is_replay` set; with another body it raises Invalid.
    Raises SlotTaken (which rule refused), Invalid (a duration that isn't offered), NotFound (the link went), Busy,
    CaptchaFailed (a proof that counted already), ConsentChanged (other words about privacy were shown).
    """
    expected = _view(link, request)
    with db.transaction():
        db.lock(expected.locked)
        fresh, view = _fresh(link, request, expected)
        replay = _replayed(fresh, request)
        if replay is not None:
            return replay
        single_use.admit(fresh, request.once, now)
        if request.proof is not None:
            guarding.use_up(request.proof)
        if request.duration not in fresh.durations:
            raise Invalid([Flaw("duration", "not-a-choice", {"choices": ", ".join(map(str, fresh.durations))})])
        start = to_instant(request.start)
        judged = judging.judge(fresh, view.hosts, request.duration, start, now, only=view.only)
        assignment = assign(fresh, view.met, judged, now, view.owner)
        booking = _write(fresh, view.met, request, now, assignment)
        ownership.adopt(booking, fresh, assignment.hosts[0][0])
        single_use.use_up(booking, request.once, now)
        outbox.queue_booking(booking, "confirmed", now)
    return booking


def _view(link: Link, request: BookingRequest) -> offers.View:
    """Who can be met by whoever asks, and whose times they saw: by the address that they typed in the end."""
    if request.is_of_nobody:
        return offers.View(offers.hosts_of(link))
    view = ownership.view_of(link, request.email, is_everyones=not request.is_for_owner)
    return view or offers.View(offers.hosts_of(link))


def _fresh(link: Link, request: BookingRequest, expected: offers.View) -> tuple[Link, offers.View]:
    """The link and its hosts as they are inside the transaction; the hosts must be those that were locked."""
    version = db.rows("SELECT version FROM link WHERE id = ?", [link.id])
    fresh = link if version == [(link.version,)] else Link.get_or_none(Link.id == link.id)
    if fresh is None or not fresh.is_bookable:
        raise NotFound
    view = _view(fresh, request)
    if {*view.locked} != {*expected.locked}:
        raise Busy
    return fresh, view


def _replayed(link: Link, request: BookingRequest) -> Booking | None:
    if request.idempotency_key is None:
        return None
    return earlier(link, request.idempotency_key, request.request_hash)


def earlier(link: Link, key: str, request_hash: str) -> Booking | None:
    """The booking that the same request made before, `is_replay` set. Raises Invalid if the key came with another."""
    first = Booking.by_key(_key_hash(link, key))
    if first is None:
        return None
    if first.request_hash != request_hash:
        raise Invalid([Flaw("Idempotency-Key", "key-reused", {})])
    first.is_replay = True
    return first


def _key_hash(link: Link, key: str) -> str:
    return hashlib.sha256(f"{link.id}:{key}".encode()).hexdigest()


def _write(
    link: Link, hosts: Sequence[offers.HostOfLink], request: BookingRequest, now: datetime, assignment: Assignment
) -> Booking:
    contact = _remember(link, request, now)
    organizer = next(host for host in hosts if host.id == assignment.hosts[0][0])
    public_id = str(uuid.uuid4())
    booking = Booking.create(
        public_id=public_id,
        link=link,
        contact=contact,
        starts_at=request.start,
        ends_at=request.start + timedelta(minutes=request.duration),
        duration=request.duration,
        timezone=request.timezone,
        agreed_clock=zone_data.agreed_clock(link, request.start),
        locale=request.locale,
        email=email_key(request.email),
        first_name=request.first_name,
        last_name=request.last_name,
        title=title_of(link, request, organizer.name, _known(contact, request)),
        location=link.place.text,
        location_kind=link.place.kind,
        meeting_type=link.overview["meeting_type"] or "",
        description=link.overview["description"],
        uid=writing.event_uid(public_id),
        organizer_email=organizer.email,
        stamped_at=now,
        assigned_by=assignment.rule,
        assignment=assignment.ledger,
        idempotency_key=_key_hash(link, request.idempotency_key) if request.idempotency_key else None,
        request_hash=request.request_hash or None,
        created_at=now,
        changed_at=now,
    )
    writing.seat(booking, assignment.hosts, link.scheduling["buffer"])
    for position, answer in enumerate(request.answers):
        Answer.create(booking=booking, position=position, **answer)
    consents.record(booking, link, request.agreed, now)
    return booking


def _remember(link: Link, request: BookingRequest, now: datetime) -> Contact:
    """The contact with this address, made if new. A stranger who types a known address changes nothing known."""
    company = forms.told_company(link, request.answers)
    contact = contacts.kept(email_key(request.email), request.first_name, request.last_name, now, company)
    forms.keep_values(contact, link, request.answers, now, is_recognised=request.is_recognised)
    return contact


def _known(contact: Contact, request: BookingRequest) -> Mapping[str, str]:
    return forms.known_in_titles(contact) if request.is_recognised else forms.NOTHING_KNOWN


def title_of(
    link: Link, request: BookingRequest, host_name: str, known: Mapping[str, str] = forms.NOTHING_KNOWN
) -> str:
    """The event's title with the contact's values filled in; who meets whom where the link gives none."""
    values = {
        "contact.first_name": request.first_name,
        "contact.last_name": request.last_name,
        "contact.email": request.email,
    }
    values |= forms.title_values(request.email, request.answers, request.locale, known)
    contact_name = f"{request.first_name} {request.last_name}".strip()
    return fill(link.overview["title"], values) or default_title(contact_name, host_name, request.locale)
