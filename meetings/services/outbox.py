"""The outbox: rows written in the transaction that made them true, and their delivery, once each, later.

A row is claimed by a conditional UPDATE with a lease, judged by what is true now, and handed to the mail server. Right
before the content goes over, one more conditional UPDATE stores it and holds the lease: a row that was dropped, or
whose lease another process has taken meanwhile, is not sent. A retry sends the bytes of the first attempt.
"""

import hashlib
import logging
import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any, Final

from flask import current_app
from peewee import JOIN, SQL, Case, fn

from .. import db
from ..domain import reminders
from ..domain.time import MINUTE, to_datetime, to_instant
from ..errors import Busy, Conflict
from ..models import Booking, Delivery, Setting, User
from ..models.outbox import DROPPED, FAILED, MISSED, PENDING, SENDING, SENT, TO_CONTACT, TO_HOST
from ..providers import mail
from ..secrets import new_token
from . import mails

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than one mail may take
# Seconds until the next try of a mail that the server put off; a day in all.
LADDER: Final = (30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 28800)
JITTER = 0.2
# Seconds that all mail waits when the server can't be reached, or refuses us: the last one for as long as it takes.
UNREACHABLE_PAUSES: Final = (5, 10, 20, 30, 45)
REFUSED_PAUSES: Final = (60, 300, 900)
LATE_AFTER = timedelta(minutes=15)
BATCH = 100

REMINDERS: Final = ("reminder", "host_reminder")
# What later changes of a booking overtake: of these, only the latest is worth sending.
OVERTAKEN: Final = ("confirmation", "rescheduled", "host_booked", "host_rescheduled", *REMINDERS)
SECRET: Final = tuple(mails.TO_USER)  # their links open accounts: not kept once sent

CHANGED: Final = "The booking changed before this could be sent."
INSIST: Final = 4  # times that "sent" is tried to be written
_PAUSE = "mail_pause"  # the setting that says how long all mail waits, and why


# -- queueing


def queue_booking(
    booking: Booking, event: str, now: datetime, *, previous: Mapping[str, Any] | None = None, by: int | None = None
) -> None:
    """Write the rows of everything to be told after an event of a booking; the caller holds the transaction.

    `event`: confirmed, rescheduled, handed_over (moved to other hosts), cancelled. `previous` says what was told before
    (starts_at, uid, sequence, hosts); `by` is the user who acted, None for the contact.
    """
    if event != "confirmed":
        _drop_overtaken(booking)
    details = {"by": by, **({"previous": dict(previous)} if previous else {})}
    rows = list(_news(booking, event, details, now))
    if event != "cancelled":
        rows += _reminders(booking, now)
    _write(rows)


def _news(booking: Booking, event: str, details: Mapping[str, Any], now: datetime) -> Iterable[dict[str, Any]]:
    hosts = [participant.host for participant in booking.hosts()]
    if event == "handed_over":
        left = details["previous"]["hosts"]
        yield _to_contact(booking, "withdrawn", details, now)
        yield _to_contact(booking, "rescheduled", details, now)
        yield from (_to_host(booking, "host_withdrawn", user, details, now) for user in _users(left))
        yield from (_to_host(booking, "host_booked", user, details, now) for user in hosts)
        return
    to_contact, to_host = {
        "confirmed": ("confirmation", "host_booked"),
        "rescheduled": ("rescheduled", "host_rescheduled"),
        "cancelled": ("cancelled", "host_cancelled"),
    }[event]
    if event != "confirmed" or booking.link.automation["confirmation_email"]:
        yield _to_contact(booking, to_contact, details, now)
    yield from (_to_host(booking, to_host, user, details, now) for user in hosts)


def _users(ids: list[int]) -> Iterable[User]:
    return User.select().where(User.id.in_(ids)).order_by(User.id)


def _to_contact(booking: Booking, kind: str, details: Mapping[str, Any], due_at: datetime) -> dict[str, Any]:
    return _row(booking, kind, details, due_at) | {"recipient": booking.email, "audience": TO_CONTACT}


def _to_host(booking: Booking, kind: str, user: User, details: Mapping[str, Any], due_at: datetime) -> dict[str, Any]:
    row = _row(booking, kind, details, due_at)
    return row | {"key": f"{row['key']}:{user.id}", "recipient": user.email, "audience": TO_HOST, "user": user.id}


def _row(booking: Booking, kind: str, details: Mapping[str, Any], due_at: datetime) -> dict[str, Any]:
    return {
        "key": f"{booking.public_id}:{booking.sequence}:{kind}",
        "kind": kind,
        "booking": booking.id,
        "user": None,
        "sequence": booking.sequence,
        "details": dict(details),
        "due_at": due_at,
        "created_at": booking.changed_at,
        "state": PENDING,
        "last_error": "",
    }


def _reminders(booking: Booking, now: datetime) -> Iterable[dict[str, Any]]:
    """A row for each reminder and recipient.

    One whose moment has passed is written as dropped: a later move of the booking plans it anew, and whoever looks
    finds out why nothing came.
    """
    hosts = [participant.host for participant in booking.hosts()]
    for rule in _reminder_rules(booking):
        lead = reminders.lead_seconds(rule["value"], rule["unit"])
        due_at = to_instant(booking.starts_at) - lead
        state = {}
        if reminders.is_skipped(due_at, to_instant(now)):
            state = {"state": DROPPED, "last_error": "The booking came too late for this reminder."}
        details = {**rule, "lead": lead}
        rows = [_to_contact(booking, "reminder", details, to_datetime(due_at))]
        rows += [_to_host(booking, "host_reminder", user, details, to_datetime(due_at)) for user in hosts]
        yield from ({**row, "key": f"{row['key']}:{lead}", **state} for row in rows)


def _reminder_rules(booking: Booking) -> list[dict[str, Any]]:
    """The rules that the booking was made with: a link that is changed changes bookings made later only."""
    if booking.sequence:
        rows = Delivery.select(Delivery.details).where(Delivery.booking == booking, Delivery.kind == "reminder")
        known = {row.details["lead"]: row.details for row in rows.order_by(Delivery.id)}
        return [{key: rule[key] for key in ("value", "unit", "describe")} for _, rule in sorted(known.items())]
    automation = booking.link.automation
    describe = bool(automation["include_description"])
    return [{"value": rule["value"], "unit": rule["unit"], "describe": describe} for rule in automation["reminders"]]


def _drop_overtaken(booking: Booking) -> None:
    """Take back what is no longer true, even if it is just being sent: its content is not given to the server."""
    Delivery.update(state=DROPPED, last_error=CHANGED).where(
        Delivery.booking == booking, Delivery.kind.in_(OVERTAKEN), Delivery.state.in_((PENDING, SENDING))
    ).execute()


def queue_user_mail(kind: str, user: User, details: Mapping[str, Any], now: datetime) -> None:
    """Write the row of a mail about an account ("set_password", "reset_password"); the caller holds the transaction.

    `details` has the link's `url`, and may have `expires_at`, epoch seconds after which the mail is not worth sending.
    """
    row = {"key": f"user:{user.id}:{kind}:{new_token()}", "kind": kind, "user": user.id, "recipient": user.email}
    _write([row | {"audience": TO_HOST, "details": dict(details), "due_at": now, "created_at": now}])


def _write(rows: list[dict[str, Any]]) -> None:
    if rows:
        Delivery.insert_many(rows).on_conflict_ignore().execute()


# -- delivering


class _Watch:
    """The time of a run that was told only when it began."""

    def __init__(self, now: datetime) -> None:
        self._began = now
        self._mark = time.monotonic()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._mark)


def deliver_due(now: datetime, limit: int = BATCH) -> int:
    """Send what is due, one connection for all; returns how many rows changed their state.

    With no mail server, mails are made readable and left waiting.
    """
    if not mail.is_configured(current_app.config):
        return _prepare_due(now, limit)
    if _is_paused(now):
        return 0
    watch = _Watch(now)
    handled = 0
    due = _due_ids(now, limit)
    if not due:
        return 0
    with mail.Post() as post:
        for delivery_id in due:
            try:
                handled += _deliver(delivery_id, post, watch)
            except mail.Unavailable as error:
                _pause(error, watch.now())
                break
    return handled


def _due_ids(now: datetime, limit: int) -> list[int]:
    found = Delivery.select(Delivery.id).where(_is_claimable(now)).order_by(Delivery.due_at, Delivery.id)
    return [row.id for row in found.limit(limit)]


def _is_claimable(now: datetime) -> Any:
    """Due or with its lease run out, and nothing earlier to the same person about the same booking on its way."""
    is_due = (Delivery.state == PENDING) & (Delivery.due_at <= now)
    is_abandoned = (Delivery.state == SENDING) & (Delivery.leased_until <= now)
    earlier = Delivery.alias()
    before = earlier.select(SQL("1")).where(
        earlier.booking == Delivery.booking,
        earlier.recipient == Delivery.recipient,
        earlier.id < Delivery.id,
        earlier.kind.not_in(REMINDERS),
        earlier.state.in_((PENDING, SENDING)) | (earlier.leased_until > now),
    )
    return (is_due | is_abandoned) & ~fn.EXISTS(before)


def _deliver(delivery_id: int, post: mail.Post, watch: _Watch) -> int:
    claim = _claim(delivery_id, watch.now())
    if claim is None:
        return 0
    delivery = Delivery.get_by_id(delivery_id)
    verdict = _verdict(delivery, watch.now())
    if verdict is not None:
        _finish(delivery, claim, *verdict)
        return 1
    try:
        _send(delivery, claim, post, watch)
    except mail.Unavailable:
        claim.give_back(PENDING)  # untried: what went wrong is not about this mail
        raise
    except mail.Permanent as error:
        _finish(delivery, claim, FAILED, str(error))
    except mail.Temporary as error:
        _put_off(delivery, claim, str(error), watch.now())
    except Busy:
        raise
    except Exception as error:  # one mail that can't be made must not stop the others
        log.exception("Delivery %s (%s) can't be made", delivery.id, delivery.kind)
        _put_off(delivery, claim, f"{type(error).__name__} in the app; its log has more", watch.now())
    return 1


class _Claim:
    """A row taken until `until`. Nobody else writes the same instant, so it also proves who holds the row."""

    def __init__(self, delivery_id: int, until: datetime) -> None:
        self._id = delivery_id
        self._until = until

    def hold(self, raw: bytes, message_id: str, now: datetime) -> bool:
        """Store the content and renew the lease, unless the row was dropped or somebody else has taken it."""
        renewed = max(self._until, _lease_end(now))
        with db.transaction():
            is_held = (
                Delivery.update(content=raw, message_id=message_id, leased_until=renewed)
                .where(self._is_mine(), Delivery.state == SENDING)
                .execute()
            )
        self._until = renewed
        return bool(is_held)

    def give_back(self, state: str, **values: Any) -> None:
        """End the lease. The row gets this state, unless it was dropped while it was held."""
        with db.transaction():
            still_wanted = Case(None, [(Delivery.state == SENDING, state)], Delivery.state)
            change = {"state": still_wanted, "leased_until": None, **values}
            Delivery.update(change).where(self._is_mine()).execute()

    def _is_mine(self) -> Any:
        return (Delivery.id == self._id) & (Delivery.leased_until == self._until)


def _lease_end(now: datetime) -> datetime:
    return to_datetime(to_instant(now)) + LEASE


def _claim(delivery_id: int, now: datetime) -> _Claim | None:
    until = _lease_end(now)
    with db.transaction():
        is_taken = (
            Delivery.update(state=SENDING, leased_until=until)
            .where(Delivery.id == delivery_id, _is_claimable(now))
            .execute()
        )
    return _Claim(delivery_id, until) if is_taken else None


def _verdict(delivery: Delivery, now: datetime) -> tuple[str, str] | None:
    """State and reason of a row that is not to be sent; None for one that is."""
    if delivery.kind in SECRET:
        is_over = delivery.details.get("expires_at", to_instant(now) + 1) <= to_instant(now)
        return (DROPPED, "The link in it is no longer good.") if is_over else None
    booking = mails.booking_of(delivery)
    if delivery.kind in OVERTAKEN and (not booking.is_confirmed or booking.sequence != delivery.sequence):
        return DROPPED, CHANGED
    if delivery.kind in REMINDERS:
        is_useful = reminders.is_still_useful(to_instant(now), to_instant(booking.starts_at), delivery.details["lead"])
        return None if is_useful else (MISSED, "It could not be sent while it would have helped.")
    if _end_of_meeting(delivery) <= now:
        return DROPPED, "The meeting was over before this could be sent."
    return None


def _end_of_meeting(delivery: Delivery) -> datetime:
    """The end of the meeting that the mail is about."""
    booking = mails.booking_of(delivery)
    if delivery.kind in mails.ENDED:
        return to_datetime(int(delivery.details["previous"]["starts_at"]) + booking.duration * MINUTE)
    return booking.ends_at


def _send(delivery: Delivery, claim: _Claim, post: mail.Post, watch: _Watch) -> None:
    raw, message_id = _content_of(delivery, watch.now())
    reply = post.send(delivery.recipient, lambda: raw if claim.hold(raw, message_id, watch.now()) else None)
    if reply is not None:
        _mark_sent(delivery, reply, watch.now())


def _content_of(delivery: Delivery, now: datetime) -> tuple[bytes, str]:
    """The bytes of the first attempt, if there was one, else fresh ones; and their Message-ID."""
    if delivery.content is not None and delivery.message_id is not None:
        return bytes(delivery.content), delivery.message_id
    message_id = _message_id(delivery)
    return mails.compose(delivery, now).as_bytes(message_id, now), message_id


def _message_id(delivery: Delivery) -> str:
    """The same however often the mail is made."""
    domain = mail.sender_address(current_app.config).rpartition("@")[2]
    return f"<{delivery.kind}.{hashlib.sha256(delivery.key.encode()).hexdigest()[:40]}@{domain}>"


def _mark_sent(delivery: Delivery, reply: str, now: datetime) -> None:
    """Record that the server took it, whatever became of the row meanwhile. Insists: the mail is out."""
    values = {"state": SENT, "sent_at": now, "reply": reply, "last_error": "", "leased_until": None}
    for tries_left in reversed(range(INSIST)):
        try:
            with db.transaction():
                Delivery.update(attempts=Delivery.attempts + 1, **values, **_forgotten(delivery)).where(
                    Delivery.id == delivery.id
                ).execute()
                Setting.delete().where(Setting.name == _PAUSE).execute()
        except Busy:
            if not tries_left:
                raise
        else:
            return


def _finish(delivery: Delivery, claim: _Claim, state: str, words: str) -> None:
    attempts = delivery.attempts + (state == FAILED)
    claim.give_back(state, last_error=words, attempts=attempts, **_forgotten(delivery))


def _forgotten(delivery: Delivery) -> dict[str, Any]:
    """What is wiped from a row that is done: links that open accounts."""
    return {"content": None, "details": {}} if delivery.kind in SECRET else {}


def _put_off(delivery: Delivery, claim: _Claim, words: str, now: datetime) -> None:
    """Try again later; after a day of trying, give up."""
    if delivery.attempts >= len(LADDER):
        _finish(delivery, claim, FAILED, words)
        return
    seconds = LADDER[delivery.attempts] * random.uniform(1 - JITTER, 1 + JITTER)
    due_at = now + timedelta(seconds=seconds)
    claim.give_back(PENDING, last_error=words, attempts=delivery.attempts + 1, due_at=due_at)


# -- without a mail server


def _prepare_due(now: datetime, limit: int) -> int:
    """Make due mails readable on screen; settle those that no longer make sense. Nothing leaves."""
    waiting = Delivery.select().where(Delivery.state == PENDING, Delivery.due_at <= now, Delivery.content.is_null())
    rows = list(waiting.order_by(Delivery.due_at, Delivery.id).limit(limit))
    for delivery in rows:
        _prepare(delivery, now)
    return len(rows)


def _prepare(delivery: Delivery, now: datetime) -> None:
    verdict = _verdict(delivery, now)
    values: dict[str, Any] = {}
    if verdict is not None:
        values = {"state": verdict[0], "last_error": verdict[1], "content": b"", **_forgotten(delivery)}
    else:
        try:
            raw, message_id = _content_of(delivery, now)
            values = {"content": raw, "message_id": message_id}
        except Exception as error:  # as when sending: the others must not wait for this one
            log.exception("Delivery %s (%s) can't be made", delivery.id, delivery.kind)
            values = {"due_at": now + timedelta(hours=1), "last_error": f"{type(error).__name__} in the app"}
    with db.transaction():
        Delivery.update(**values).where(Delivery.id == delivery.id, Delivery.state == PENDING).execute()


# -- when all mail waits


@dataclass(frozen=True, slots=True)
class Pause:
    """Why no mail goes out just now. `is_refusal`: somebody has to mend the settings."""

    until: datetime
    since: datetime
    words: str
    is_refusal: bool


def _pause(error: mail.Unavailable, now: datetime) -> None:
    before = Setting.read(_PAUSE) or {}
    is_refusal = isinstance(error, mail.Misconfigured)
    tries = int(before.get("tries", 0)) if before.get("is_refusal", is_refusal) == is_refusal else 0
    steps = REFUSED_PAUSES if is_refusal else UNREACHABLE_PAUSES
    value = {
        "until": to_instant(now) + steps[min(tries, len(steps) - 1)],
        "since": before.get("since", to_instant(now)),
        "words": str(error),
        "is_refusal": is_refusal,
        "tries": tries + 1,
    }
    log.warning("Mail waits: %s", error)
    with db.transaction():
        Setting.insert(name=_PAUSE, value=value).on_conflict(
            conflict_target=[Setting.name], preserve=[Setting.value]
        ).execute()


def _current_pause() -> Pause | None:
    kept = Setting.read(_PAUSE)
    if not kept:
        return None
    return Pause(to_datetime(kept["until"]), to_datetime(kept["since"]), kept["words"], kept["is_refusal"])


def _is_paused(now: datetime) -> bool:
    pause = _current_pause()
    longest = timedelta(seconds=max(*UNREACHABLE_PAUSES, *REFUSED_PAUSES))
    # One that ends later than any can was made before the clock was set back.
    return pause is not None and now < pause.until <= now + longest


def try_again_now() -> None:
    """End a pause at once: somebody has mended the settings, or asks for a try."""
    kept = Setting.read(_PAUSE)
    if kept:
        with db.transaction():
            Setting.update(value={**kept, "until": kept["since"]}).where(Setting.name == _PAUSE).execute()


# -- looking at it


@dataclass(frozen=True, slots=True)
class Summary:
    """How the mail is doing."""

    has_server: bool
    waiting: int  # due, but not sent yet
    failed: int
    missed: int
    oldest: datetime | None  # since when the longest waiting one has been due
    is_late: bool  # that one waits for too long
    pause: Pause | None


def summary(now: datetime) -> Summary:
    """What the workspace says about the mail."""
    failed = Delivery.select().where(Delivery.state == FAILED).count()
    missed = Delivery.select().where(Delivery.state == MISSED).count()
    is_waiting = (Delivery.state == SENDING) | (
        (Delivery.state == PENDING) & ((Delivery.due_at <= now) | (Delivery.attempts > 0))
    )
    # A retry's due time is its next try: then it has been waiting since it was written, or for reminders a little less.
    since = Case(
        None, [((Delivery.attempts > 0) & Delivery.kind.not_in(REMINDERS), Delivery.created_at)], Delivery.due_at
    )
    waiting, oldest = Delivery.select(fn.COUNT(Delivery.id), fn.MIN(since)).where(is_waiting).tuples().first()
    oldest_at = to_datetime(oldest) if isinstance(oldest, int) else oldest
    is_late = oldest_at is not None and oldest_at < now - LATE_AFTER
    has_server = mail.is_configured(current_app.config)
    return Summary(has_server, waiting, failed, missed, oldest_at, is_late, _current_pause())


def states_of(booking: Booking) -> list[Delivery]:
    """What was, is and will be told about a booking, in the order in which it was decided."""
    return list(Delivery.select().where(Delivery.booking == booking).order_by(Delivery.id))


def list_of(state: str | None = None) -> Any:
    """The query of rows for the outbox page, the latest first."""
    found = Delivery.select(Delivery, Booking, User).join(Booking, JOIN.LEFT_OUTER)
    found = found.switch(Delivery).join(User, JOIN.LEFT_OUTER)
    if state is not None:
        found = found.where(Delivery.state == state)
    return found.order_by(Delivery.id.desc())


@dataclass(frozen=True, slots=True)
class Content:
    """A mail as the outbox page shows it."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    invitation: str
    raw: bytes


def content(delivery: Delivery, now: datetime) -> Content | None:
    """Exactly what was or will be sent; for one not made yet, what would be sent now. None where it was wiped."""
    raw = bytes(delivery.content or b"")
    if not raw:
        if delivery.state not in (PENDING, SENDING):
            return None
        raw = mails.compose(delivery, now).as_bytes(_message_id(delivery), now)
    message = message_from_bytes(raw, policy=policy.default)
    parts = {
        part.get_content_type(): part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
    }
    return Content(
        headers=[(name, str(value)) for name, value in message.items()],
        text=parts.get("text/plain", ""),
        html=parts.get("text/html", ""),
        invitation=parts.get("text/calendar", ""),
        raw=raw,
    )


def resend(delivery: Delivery, now: datetime) -> None:
    """Give a mail that failed another chance, from the start. Raises Conflict for any other."""
    with db.transaction():
        changed = (
            Delivery.update(state=PENDING, due_at=now, attempts=0)
            .where(Delivery.id == delivery.id, Delivery.state == FAILED)
            .execute()
        )
    if not changed:
        raise Conflict


def drop(delivery: Delivery) -> None:
    """Take a waiting or failed mail out of the queue for good. Raises Conflict for any other."""
    values: dict[str, Any] = {"state": DROPPED, "last_error": "Dropped by hand.", **_forgotten(delivery)}
    with db.transaction():
        changed = (
            Delivery.update(**values).where(Delivery.id == delivery.id, Delivery.state.in_((PENDING, FAILED))).execute()
        )
    if not changed:
        raise Conflict
