"""Looking at the outbox: how it is doing, what was told about a booking, a mail's exact content; and two small acts."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any, Final

from flask import current_app
from peewee import JOIN, Case, fn

from meetings import db, i18n
from meetings.domain.time import to_datetime
from meetings.errors import Busy, Conflict, NotFound
from meetings.models import Booking, Delivery, User
from meetings.models.outbox import DROPPED, FAILED, MISSED, PENDING, SENDING, SENT
from meetings.providers import mail
from meetings.services import access, mails

from . import heartbeat, pause, reasons
from .judgement import REMINDERS, SECRET, bytes_of, forgotten, verdict
from .pause import Pause
from .reasons import BY_HAND, Reason

log = logging.getLogger(__name__)

LATE_AFTER: Final = timedelta(minutes=15)
CONCERN_LASTS: Final = timedelta(days=1)  # of what failed and is about no meeting to come
SENT_JUST_NOW: Final = timedelta(minutes=1)  # in which sending again is a second click on one button

# Which rows a list shows, besides those in one state: all, and what is pending in two parts.
EVERYTHING, WAITING, PLANNED = "", "waiting", "planned"
_DROPPABLE: Final = (PENDING, FAILED)


@dataclass(frozen=True, slots=True)
class Summary:
    """How the outbox is doing."""

    has_server: bool
    waiting: int  # due, but not sent yet
    failed: int  # of these and the next, only what still concerns somebody
    missed: int
    oldest: datetime | None  # since when the longest waiting one has been due
    is_late: bool  # that one waits for too long
    pause: Pause | None
    silent_since: datetime | None  # when the job last ran, if that is too long ago


def summary(now: datetime) -> Summary:
    """What the workspace says about the outbox."""
    # A retry's due time is its next try: it has been waiting since it was written, a reminder since it was planned.
    is_retry = Delivery.attempts > 0
    is_reminder = is_retry & Delivery.kind.in_(REMINDERS)
    since = Case(None, [(is_reminder, None), (is_retry, Delivery.created_at)], Delivery.due_at)
    found = Delivery.select(fn.COUNT(Delivery.id), fn.MIN(since)).where(_is_waiting(now))
    waiting, oldest = found.tuples().first()
    known = [to_datetime(oldest) if isinstance(oldest, int) else oldest] if oldest is not None else []
    oldest_at = min(known + _planned_times(now), default=None) if waiting else None
    is_late = oldest_at is not None and oldest_at < now - LATE_AFTER
    has_server = mail.is_configured(current_app.config)
    failed, missed = _concerns(now)
    silent_since = _silent_since(oldest_at, now)
    return Summary(has_server, waiting, failed, missed, oldest_at, is_late, pause.current(), silent_since)


def _planned_times(now: datetime) -> list[datetime]:
    """Since when reminders wait that are tried again. One that is sent once more by hand waits since then."""
    columns = (Delivery.created_at, Delivery.details, Booking.id, Booking.starts_at)
    tried = Delivery.select(*columns).join(Booking).where(_is_waiting(now), Delivery.attempts > 0)
    found = tried.where(Delivery.kind.in_(REMINDERS))
    return [
        max(row.created_at, mails.booking_of(row).starts_at - timedelta(seconds=row.details["lead"])) for row in found
    ]


def _is_waiting(now: datetime) -> Any:
    """Due and not sent yet."""
    is_due = (Delivery.due_at <= now) | (Delivery.attempts > 0)
    return (Delivery.state == SENDING) | ((Delivery.state == PENDING) & is_due)


def _is_concerning(now: datetime) -> Any:
    """Whether somebody should act on a row, joined with its booking: it failed, or came too late, and that matters.

    It does until the meeting is over, unless the booking changed since: then later news took its place.
    """
    is_news = Booking.id.is_null() | (Booking.sequence == Delivery.sequence)
    is_timely = (Booking.ends_at > now) | (Delivery.due_at > now - CONCERN_LASTS)
    return Delivery.state.in_((FAILED, MISSED)) & is_news & is_timely


def _concerns(now: datetime) -> tuple[int, int]:
    """How many failed, and how many came too late."""
    counted = Delivery.select(Delivery.state, fn.COUNT(Delivery.id)).join(Booking, JOIN.LEFT_OUTER)
    found: Any = counted.where(_is_concerning(now)).group_by(Delivery.state).tuples()
    numbers: dict[str, int] = dict(found)
    return numbers.get(FAILED, 0), numbers.get(MISSED, 0)


def _silent_since(oldest: datetime | None, now: datetime) -> datetime | None:
    """Where the job never ran, its silence begins with the first row that waits for it."""
    seen = heartbeat.last() or oldest
    return seen if seen is not None and seen < now - heartbeat.SILENT_AFTER else None


def states_of(booking: Booking) -> list[Delivery]:
    """What was, is and will be told about a booking, in the order in which it was decided."""
    found = list(Delivery.select().where(Delivery.booking == booking).order_by(Delivery.id))
    for delivery in found:
        delivery.booking = booking  # known: not to be asked for row by row
    return found


def reason(delivery: Delivery, locale: str) -> Reason:
    """Why it was not sent, or not yet, in this language; a mail server's words stay as they came."""
    return in_plain_words(delivery.last_error, locale)


def in_plain_words(kept: str, locale: str, *, is_pause: bool = False) -> Reason:
    """What a row or a pause keeps as its reason, in this language."""
    found = reasons.explain(kept, is_pause=is_pause)
    return Reason(i18n.say(locale, found.sentence) if found.sentence else "", found.words)


def list_of(now: datetime, which: str = EVERYTHING, text: str = "") -> Any:
    """The query of rows for the outbox page, without their bytes.

    What concerns somebody comes first, then the latest; of what is still to go out, the next one. `which` is a state or
    one of the constants above; `text` looks in recipients, their names included.
    """
    found = _joined(Delivery.select(*Delivery.without_content(), Booking, User))
    if which != EVERYTHING:
        found = found.where(_is_among(which, now))
    if text:
        found = found.where(_is_to(text))
    if which == EVERYTHING:
        is_concerning = _is_concerning(now)
        rank = Case(None, [(is_concerning & (Delivery.state == FAILED), 0), (is_concerning, 1)], 2)
        return found.order_by(rank, Delivery.id.desc())
    if which in (WAITING, PLANNED):
        return found.order_by(Delivery.due_at, Delivery.id)
    return found.order_by(Delivery.due_at.desc(), Delivery.id.desc())


def _joined(query: Any) -> Any:
    return query.join(Booking, JOIN.LEFT_OUTER).switch(Delivery).join(User, JOIN.LEFT_OUTER)


def _is_to(text: str) -> Any:
    contact = Booking.first_name.concat(" ").concat(Booking.last_name)
    is_named = User.name.contains(text) | (Delivery.user.is_null() & contact.contains(text))
    return Delivery.recipient.contains(text) | is_named


def _is_among(which: str, now: datetime) -> Any:
    is_planned = (Delivery.state == PENDING) & (Delivery.due_at > now) & (Delivery.attempts == 0)
    special = {WAITING: _is_waiting(now), PLANNED: is_planned}
    return special.get(which, Delivery.state == which)


def delivery_for(actor: User, delivery_id: int) -> Delivery:
    """A row that `actor` may act on: one about a booking that they see; admins any. Raises NotFound."""
    found: Delivery | None = _joined(Delivery.select(Delivery, Booking, User)).where(Delivery.id == delivery_id).first()
    if found is None or not (actor.is_admin or _is_seen(found, actor)):
        raise NotFound
    return found


def _is_seen(delivery: Delivery, actor: User) -> bool:
    return bool(access.visible_bookings(actor).where(Booking.id == delivery.booking_id).exists())


@dataclass(frozen=True, slots=True)
class Content:
    """A mail as the outbox page shows it."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    invitation: str
    raw: bytes


def content(delivery: Delivery, now: datetime) -> Content | None:
    """Exactly what was or will be sent; for one not made yet, what would be sent now.

    None where it was wiped, where nothing is to be sent any more, and where it can't be made.
    """
    raw = bytes(delivery.content or b"")
    if not raw:
        if delivery.state not in (PENDING, SENDING) and not can_resend(delivery, now):
            return None
        try:
            raw, _ = bytes_of(delivery, now)
        except (Busy, *db.AWAY):
            raise
        except Exception:  # as when sending: the page about it must be there all the same
            log.exception("Delivery %s (%s) can't be made", delivery.id, delivery.kind)
            return None
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


def can_resend(delivery: Delivery, now: datetime) -> bool:
    """Whether it may go out once more: it failed, or was sent a while ago, and what it says is still true."""
    if delivery.kind in SECRET or delivery.state not in (FAILED, SENT) or verdict(delivery, now) is not None:
        return False  # of the first kind nothing is kept to be sent
    if delivery.state == FAILED:
        return True
    is_news = delivery.booking is not None and delivery.booking.sequence == delivery.sequence
    return is_news and delivery.sent_at is not None and delivery.sent_at <= now - SENT_JUST_NOW


def resend(delivery: Delivery, now: datetime) -> None:
    """Send the same bytes once more, with all tries before it. Raises Conflict where `can_resend` says no."""
    if not can_resend(delivery, now):
        raise Conflict
    # Its waiting begins anew, or it would count as late at once.
    values: dict[str, Any] = {"state": PENDING, "due_at": now, "created_at": now, "attempts": 0, "last_error": ""}
    with db.transaction():
        is_row = (Delivery.id == delivery.id) & (Delivery.state == delivery.state)
        changed = Delivery.update(values).where(is_row).execute()
    if not changed:
        raise Conflict


def can_drop(delivery: Delivery) -> bool:
    """Whether it can still be kept from being sent."""
    return delivery.state in _DROPPABLE


def drop(delivery: Delivery) -> None:
    """Take a waiting or failed row out of the queue for good. Raises Conflict for any other."""
    values: dict[str, Any] = {"state": DROPPED, "last_error": BY_HAND, **forgotten(delivery)}
    with db.transaction():
        changed = Delivery.update(**values).where(Delivery.id == delivery.id, Delivery.state.in_(_DROPPABLE)).execute()
    if not changed:
        raise Conflict
