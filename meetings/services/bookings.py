"""Taking, moving and cancelling slots. The only writer of bookings."""

import hashlib
import logging
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import peewee
from flask import current_app

from meetings import db
from meetings.domain import availability
from meetings.domain import link as link_document
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw, email_key
from meetings.domain.personalize import fill
from meetings.domain.time import Instant, Span, to_instant
from meetings.errors import Busy, Conflict, Invalid, NotFound, SlotTaken
from meetings.i18n import default_title
from meetings.models import Answer, Booking, Contact, Link, Participant, User
from meetings.models.bookings import CANCELLED

from . import offers, outbox, zone_data
from .assignment import Assignment, assign

log = logging.getLogger(__name__)


refusals: Counter[str] = Counter()  # overlaps that the database had to refuse; any at all is a bug in this file


@dataclass(frozen=True)
class BookingRequest:
    """What a contact asks for. `start` is aware; `duration` in minutes; `answers` as domain/link.py checked them."""

    start: datetime
    duration: int
    timezone: str
    locale: str
    email: str
    first_name: str
    last_name: str
    answers: Sequence[dict[str, str]] = field(default_factory=list)
    idempotency_key: str | None = None
    request_hash: str = ""  # identifies the body that came with the key


# -- taking


def take(link: Link, request: BookingRequest, now: datetime) -> Booking:
    """Book a slot: judged afresh, written with its mails, all or nothing.

    A repeated idempotency key returns the first booking with `is_replay` set; with another body it raises Invalid.
    Raises SlotTaken (which rule refused), Invalid (a duration that isn't offered), NotFound (the link went), Busy.
    """
    expected = offers.hosts_of(link)
    with db.transaction():
        db.lock(host.id for host in expected)
        fresh, hosts = _fresh(link, expected)
        replay = _replayed(fresh, request)
        if replay is not None:
            return replay
        if request.duration not in fresh.durations:
            raise Invalid([Flaw("duration", "not-a-choice", {"choices": ", ".join(map(str, fresh.durations))})])
        free = _judge(fresh, hosts, request.duration, to_instant(request.start), now)
        assignment = assign(fresh, hosts, free, now)
        booking = _write(fresh, hosts, request, now, assignment)
        outbox.queue_booking(booking, "confirmed", now)
    return booking


def _fresh(link: Link, expected: Sequence[offers.HostOfLink]) -> tuple[Link, list[offers.HostOfLink]]:
    """The link and its hosts as they are inside the transaction; the hosts must be those that were locked."""
    version = db.rows("SELECT version FROM link WHERE id = ?", [link.id])
    fresh = link if version == [(link.version,)] else Link.get_or_none(Link.id == link.id)
    if fresh is None or not fresh.is_bookable:
        raise NotFound
    hosts = offers.hosts_of(fresh)
    if {host.id for host in hosts} != {host.id for host in expected}:
        raise Busy
    return fresh, hosts


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


def _judge(
    link: Link,
    hosts: Sequence[offers.HostOfLink],
    duration: int,
    start: Instant,
    now: datetime,
    without: Booking | None = None,
) -> list[int]:
    """Ids of the hosts who are free at the slot. Raises SlotTaken with the first rule that refuses it."""
    rules = link_document.rules(link.scheduling)
    kind = Kind(link.kind)
    busy = offers.with_busy(hosts, rules, Span(start, start + 1), duration, without)
    refusal = availability.refusal(rules, kind, busy, duration, start, offers.instant_of(now))
    if refusal is not None:
        raise SlotTaken(refusal)
    return availability.free_hosts(rules, kind, busy, duration, start)


def _write(
    link: Link, hosts: Sequence[offers.HostOfLink], request: BookingRequest, now: datetime, assignment: Assignment
) -> Booking:
    contact = _remember(request, now)
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
        email=contact.email,
        first_name=request.first_name,
        last_name=request.last_name,
        title=title_of(link, request, organizer.name),
        location=link.overview["location"],
        description=link.overview["description"],
        uid=_event_uid(public_id),
        organizer_email=organizer.email,
        stamped_at=now,
        assigned_by=assignment.rule,
        assignment=assignment.ledger,
        idempotency_key=_key_hash(link, request.idempotency_key) if request.idempotency_key else None,
        request_hash=request.request_hash or None,
        created_at=now,
        changed_at=now,
    )
    _seat(booking, assignment.hosts, link.scheduling["buffer"])
    for position, answer in enumerate(request.answers):
        Answer.create(booking=booking, position=position, **answer)
    return booking


def _remember(request: BookingRequest, now: datetime) -> Contact:
    """The contact with this address, made if new. A stranger who types a known address changes nothing about it."""
    email = email_key(request.email)
    Contact.create_if_new(email=email, first_name=request.first_name, last_name=request.last_name, created_at=now)
    return Contact.by_email(email)


def title_of(link: Link, request: BookingRequest, host_name: str) -> str:
    """The event's title with the contact's values filled in; who meets whom where the link gives none."""
    values = {
        "contact.first_name": request.first_name,
        "contact.last_name": request.last_name,
        "contact.email": request.email,
    }
    contact_name = f"{request.first_name} {request.last_name}".strip()
    return fill(link.overview["title"], values) or default_title(contact_name, host_name, request.locale)


def _event_uid(unique: str) -> str:
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    return f"{unique}@{host}"


def _seat(booking: Booking, hosts: Sequence[tuple[int, bool]], buffer: int) -> None:
    """Write the hosts' rows."""
    booking.forget_hosts()
    with _overlap_refused(booking):
        for position, (host_id, is_required) in enumerate(hosts):
            Participant.create(
                booking=booking,
                host=host_id,
                is_required=is_required,
                starts_at=booking.starts_at,
                ends_at=booking.ends_at,
                buffer=buffer,
                position=position,
            )


@contextmanager
def _overlap_refused(booking: Booking) -> Iterator[None]:
    """The database refuses an overlap here, should a bug above have let one through: counted, and told as taken."""
    try:
        yield
    except peewee.IntegrityError as error:
        refusals["overlap"] += 1
        log.exception("The database had to refuse an overlap: booking %s", booking.public_id)
        raise SlotTaken("free") from error


# -- moving and cancelling


def reschedule(booking: Booking, start: datetime, now: datetime, *, by: User | None, any_host: bool = True) -> Booking:
    """Move a booking to another start, its own time not in its way. `by` is None for the contact.

    Round robin keeps the host if free, else chooses anew unless `any_host` is False. Raises SlotTaken, Conflict
    (cancelled, already over, or for the contact: the page is off), Busy.
    """
    link = Link.get_by_id(booking.link_id)
    expected = offers.hosts_to_meet(link, booking)
    seated = _seated(booking)
    with db.transaction():
        db.lock([*seated, *(host.id for host in expected)])
        fresh = _still_open(_alone_with(booking), now)
        link = Link.get_by_id(fresh.link_id)
        if by is None and not link.is_bookable:
            raise Conflict(reason="off")
        if fresh.starts_at == start:
            return fresh
        hosts = offers.hosts_to_meet(link, fresh)
        if {host.id for host in hosts} != {host.id for host in expected}:
            raise Busy
        free = _judge(link, hosts, fresh.duration, to_instant(start), now, without=fresh)
        previous = _previous(fresh)
        assignment = _reassign(link, fresh, hosts, free, now, any_host=any_host)
        _move(fresh, start, now, assignment, link.scheduling["buffer"])
        event = "handed_over" if fresh.uid != previous["uid"] else "rescheduled"
        outbox.queue_booking(fresh, event, now, previous=previous, by=by.id if by else None)
    return fresh


def _seated(booking: Booking) -> set[int]:
    """Ids of the hosts who are in a booking now, whatever was read of it before."""
    return {host_id for (host_id,) in db.rows("SELECT host_id FROM participant WHERE booking_id = ?", [booking.id])}


def _alone_with(booking: Booking) -> Booking:
    """The booking as it is inside the transaction, in which nobody else changes it from now on.

    The hosts' locks don't see to that: whoever waited for them may find a booking that was handed over to others.
    """
    db.execute("UPDATE booking SET sequence = sequence WHERE id = ?", [booking.id])  # takes the row's lock everywhere
    return Booking.get_by_id(booking.id)


def _still_open(fresh: Booking, now: datetime) -> Booking:
    """The booking itself: only a confirmed one that has not begun may change."""
    if not fresh.is_confirmed:
        raise Conflict(reason="cancelled")
    if fresh.starts_at <= now:
        raise Conflict(reason="past")
    return fresh


def _previous(booking: Booking) -> dict[str, object]:
    """What the world was told last, for mails that say what changed."""
    return {
        "starts_at": to_instant(booking.starts_at),
        "uid": booking.uid,
        "organizer_email": booking.organizer_email,
        "sequence": booking.sequence,
        "title": booking.title,
        "hosts": [participant.host_id for participant in booking.hosts()],
    }


def _reassign(
    link: Link,
    booking: Booking,
    hosts: Sequence[offers.HostOfLink],
    free: Sequence[int],
    now: datetime,
    *,
    any_host: bool,
) -> Assignment:
    """Who holds the moved meeting: the same hosts, but where a round robin's host is not free then."""
    seated = booking.hosts()
    keep = Assignment([(p.host_id, p.is_required) for p in seated], booking.assigned_by, booking.assignment)
    if link.kind != Kind.ROUND_ROBIN or seated[0].host_id in free:
        return keep
    if not any_host:
        raise SlotTaken("free")
    return assign(link, hosts, free, now)


def _move(booking: Booking, start: datetime, now: datetime, assignment: Assignment, buffer: int) -> None:
    seated = {participant.host_id for participant in booking.hosts()}
    is_same_host = seated == {host_id for host_id, _ in assignment.hosts}
    booking.starts_at = start
    booking.agreed_clock = zone_data.agreed_clock(booking.link, start)
    booking.ends_at = start + timedelta(minutes=booking.duration)
    booking.assigned_by, booking.assignment = assignment.rule, assignment.ledger
    if is_same_host:
        _touch(booking, now)
        _shift(booking, buffer)
        return
    # Calendars can't change an event's organizer: the old event ends, a new one begins.
    booking.uid = _event_uid(str(uuid.uuid4()))
    organizer = User.get_by_id(assignment.hosts[0][0])
    booking.organizer_email = organizer.email
    booking.title = _title_with(booking, organizer)
    _touch(booking, now)
    Participant.delete().where(Participant.booking == booking).execute()
    _seat(booking, assignment.hosts, buffer)


def _title_with(booking: Booking, organizer: User) -> str:
    """The event's title with another organizer: who meets whom names the new one, a title of the link's own stays."""
    former = default_title(booking.contact_name, booking.hosts()[0].host.name, booking.locale)
    if booking.title != former:
        return booking.title
    return default_title(booking.contact_name, organizer.name, booking.locale)


def _shift(booking: Booking, buffer: int) -> None:
    with _overlap_refused(booking):
        Participant.update(starts_at=booking.starts_at, ends_at=booking.ends_at, buffer=buffer).where(
            Participant.booking == booking
        ).execute()


def _touch(booking: Booking, now: datetime) -> None:
    """A change that calendars must notice: the sequence grows, the stamp never goes back (RFC 5546, 2.1.5)."""
    booking.sequence += 1
    booking.stamped_at = max(now, booking.stamped_at + timedelta(seconds=1))
    booking.changed_at = now
    booking.save()


def cancel(booking: Booking, now: datetime, *, reason: str = "", by: User | None) -> Booking:
    """Cancel a booking and free its time at once; cancelling twice changes nothing. `by` is None for the contact."""
    seated = _seated(booking)
    with db.transaction():
        db.lock(seated)
        fresh = _alone_with(booking)
        if not fresh.is_confirmed:
            return fresh
        _still_open(fresh, now)
        fresh.status = CANCELLED
        fresh.cancel_reason = reason
        _touch(fresh, now)
        Participant.update(is_active=False).where(Participant.booking == fresh).execute()
        outbox.queue_booking(fresh, "cancelled", now, by=by.id if by else None)
    return fresh


# -- reminders


def switch_reminders(booking: Booking, now: datetime, *, is_on: bool) -> Booking:
    """Send the contact no more reminders of this booking, or send them again; a second time changes nothing."""
    seated = _seated(booking)
    with db.transaction():
        db.lock(seated)
        fresh = _alone_with(booking)
        if fresh.is_reminded != is_on:
            fresh.is_reminded = is_on
            fresh.save(only=[Booking.is_reminded])
            outbox.switch_reminders(fresh, now)
    return fresh
