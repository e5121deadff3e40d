"""Delivering rows: claim, judge, hand over, record.

A row is claimed by a conditional UPDATE with a lease, judged by what is true now, and handed to the mail server. Right
before the content goes over, one more conditional UPDATE stores it and holds the lease: a row that was dropped, or
whose lease another process has taken meanwhile, is not sent. A retry sends the bytes of the first attempt.
"""

import logging
import random
import time
from datetime import datetime, timedelta
from typing import Any, Final

from flask import current_app
from peewee import SQL, fn

from meetings import db
from meetings.domain.time import to_datetime, to_instant
from meetings.errors import Busy
from meetings.models import Delivery
from meetings.models.outbox import FAILED, PENDING, SENDING, SENT
from meetings.providers import mail

from . import heartbeat, pause, set_back
from .judgement import REMINDERS, bytes_of, forgotten, readdressed, verdict
from .reasons import BROKEN

log = logging.getLogger(__name__)

BATCH = 20  # mails in one go: whoever stops the app waits for no more
LEASE = timedelta(seconds=120)  # longer than one mail may take
# Seconds until the next try of a mail that the server put off; a day in all.
LADDER: Final = (30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 28800)
TRIES: Final = len(LADDER) + 1  # the first one, and one after each step
JITTER = 0.2
INSIST: Final = (1, 3, 9)  # seconds between the tries to write "sent": until a database that restarts is back


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
    if heartbeat.is_due(now):
        if heartbeat.is_from_ahead(now):
            set_back.make_up(now, _lease_end(now))
        set_back.hasten_news(now)
        heartbeat.beat(now)
    if not mail.is_configured(current_app.config):
        return _prepare_due(now, limit)
    if pause.is_active(now):
        return 0
    watch = _Watch(now)
    handled = 0
    try:
        with mail.Post() as post:
            while handled < limit and (step := _deliver_batch(post, watch, limit - handled)):
                handled += step
    except mail.Unavailable as error:
        pause.begin(error, watch.now())
    return handled


def _deliver_batch(post: mail.Post, watch: _Watch, limit: int) -> int:
    """Deliver what can be claimed now; what had to wait for one of these is in the next batch."""
    handled = 0
    for delivery_id in _due_ids(watch.now(), limit):
        heartbeat.beat(watch.now())  # a slow server may take minutes for each
        handled += _deliver(delivery_id, post, watch)
    return handled


def try_all_now(now: datetime) -> None:
    """Don't wait any longer, neither after trouble with the server nor with mails that it put off."""
    pause.try_again_now()
    with db.transaction():
        Delivery.update(due_at=now).where(Delivery.state == PENDING, Delivery.attempts > 0).execute()


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
    delivery = claim.row() if claim is not None else None
    if claim is None or delivery is None:  # others have it, or whoever it is for was erased at this moment
        return 0
    settled = verdict(delivery, watch.now())
    if settled is not None:
        _finish(delivery, claim, *settled)
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
    except (Busy, *db.AWAY):  # not this mail's fault, and nothing can be written about it: its lease runs out by itself
        raise
    except Exception:  # one mail that can't be made must not stop the others
        log.exception("Delivery %s (%s) can't be made", delivery.id, delivery.kind)
        _put_off(delivery, claim, BROKEN, watch.now())
    return 1


class _Claim:
    """A row taken until `until`. Nobody else writes the same instant, so it also proves who holds the row."""

    def __init__(self, delivery_id: int, until: datetime) -> None:
        self._id = delivery_id
        self._until = until

    def row(self) -> Delivery | None:
        """The row, addressed to where its host is now: it may have been on its way, or done, when they moved."""
        delivery: Delivery | None = Delivery.get_or_none(self._is_mine())
        host = delivery.user if delivery is not None else None
        if host is None or delivery is None or host.is_removed or host.email == delivery.recipient:
            return delivery
        with db.transaction():
            moved = Delivery.update(**readdressed(host.email))
            moved.where(self._is_mine()).execute()
        return Delivery.get_or_none(self._is_mine())

    def hold(self, raw: bytes, message_id: str, now: datetime) -> bool:
        """Store the content and renew the lease, unless the row was dropped or somebody else has taken it."""
        renewed = max(self._until, _lease_end(now))
        with db.transaction():
            is_held = (
                Delivery.update(content=raw, message_id=message_id, leased_until=renewed)
                .where(self._is_mine(), Delivery.state == SENDING)
                .execute()
            )
        if is_held:
            self._until = renewed
        return bool(is_held)

    def give_back(self, state: str, **values: Any) -> None:
        """End the lease. The row gets this state and these values, unless it was dropped while it was held."""
        with db.transaction():
            kept = Delivery.update(state=state, leased_until=None, **values)
            if not kept.where(self._is_mine(), Delivery.state == SENDING).execute():
                Delivery.update(leased_until=None).where(self._is_mine()).execute()

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


def _send(delivery: Delivery, claim: _Claim, post: mail.Post, watch: _Watch) -> None:
    raw, made_id = bytes_of(delivery, watch.now())
    reply = post.send(delivery.recipient, lambda: raw if claim.hold(raw, made_id, watch.now()) else None)
    if reply is None:
        claim.give_back(PENDING)
    else:
        _mark_sent(delivery, reply, watch.now())


def _mark_sent(delivery: Delivery, reply: str, now: datetime) -> None:
    """Record that the server took it, whatever became of the row meanwhile. Insists: the mail is out.

    Where that fails nothing else is sent, so that no mail goes out again and again without a trace.
    """
    values = {"state": SENT, "sent_at": now, "reply": reply, "last_error": "", "leased_until": None}
    for wait in (*INSIST, None):
        try:
            db.connect()
            with db.transaction():
                Delivery.update(attempts=Delivery.attempts + 1, **values, **forgotten(delivery)).where(
                    Delivery.key == delivery.key  # not by its number: SQLite gives that of a deleted row to another
                ).execute()
                pause.end()
        except (Busy, *db.AWAY):
            if wait is None:
                raise
            time.sleep(wait)
        else:
            return


def _finish(delivery: Delivery, claim: _Claim, state: str, words: str) -> None:
    attempts = delivery.attempts + (state == FAILED)
    claim.give_back(state, last_error=words, attempts=attempts, **forgotten(delivery))


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
    settled = verdict(delivery, now)
    values: dict[str, Any] = {}
    if settled is not None:
        values = {"state": settled[0], "last_error": settled[1], **forgotten(delivery)}
    else:
        try:
            # Without its Message-ID: with a server there may come another sender, and the mail is made afresh.
            values = {"content": bytes_of(delivery, now)[0]}
        except Exception:  # as when sending: the others must not wait for this one
            log.exception("Delivery %s (%s) can't be made", delivery.id, delivery.kind)
            values = {"due_at": now + timedelta(hours=1), "last_error": BROKEN}
    with db.transaction():
        Delivery.update(**values).where(Delivery.key == delivery.key, Delivery.state == PENDING).execute()
