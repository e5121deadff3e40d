"""Looking at the outbox: how it is doing, what was told about a booking, a mail's exact content; and two small acts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

from flask import current_app
from peewee import JOIN, Case, fn

from meetings import db, i18n
from meetings.domain.time import to_datetime
from meetings.errors import Conflict
from meetings.models import Booking, Delivery, User
from meetings.models.outbox import DROPPED, FAILED, MISSED, PENDING, SENDING
from meetings.providers import mail

from . import pause
from .judgement import REMINDERS, bytes_of, forgotten
from .pause import Pause
from .reasons import BY_HAND

LATE_AFTER = timedelta(minutes=15)


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
    is_retry = (Delivery.attempts > 0) & Delivery.kind.not_in(REMINDERS)
    since = Case(None, [(is_retry, Delivery.created_at)], Delivery.due_at)
    waiting, oldest = Delivery.select(fn.COUNT(Delivery.id), fn.MIN(since)).where(is_waiting).tuples().first()
    oldest_at = to_datetime(oldest) if isinstance(oldest, int) else oldest
    is_late = oldest_at is not None and oldest_at < now - LATE_AFTER
    has_server = mail.is_configured(current_app.config)
    return Summary(has_server, waiting, failed, missed, oldest_at, is_late, pause.current())


def states_of(booking: Booking) -> list[Delivery]:
    """What was, is and will be told about a booking, in the order in which it was decided."""
    return list(Delivery.select().where(Delivery.booking == booking).order_by(Delivery.id))


def reason(delivery: Delivery, locale: str) -> str:
    """Why it was not sent, or not yet: our own reasons in this language, a mail server's words as they came."""
    return i18n.say(locale, delivery.last_error) if delivery.last_error else ""


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
        raw, _ = bytes_of(delivery, now)
    message = message_from_bytes(raw, policy=policy.default)
    texts = (part for part in message.walk() if part.get_content_maintype() == "text")
    parts = {part.get_content_type(): part.get_content() for part in texts}
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
    values: dict[str, Any] = {"state": DROPPED, "last_error": BY_HAND, **forgotten(delivery)}
    with db.transaction():
        changed = (
            Delivery.update(**values).where(Delivery.id == delivery.id, Delivery.state.in_((PENDING, FAILED))).execute()
        )
    if not changed:
        raise Conflict
