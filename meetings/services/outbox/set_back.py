"""What a clock that was ahead left behind: found when it is set back, and put right."""

from datetime import datetime
from typing import Any

from meetings import db
from meetings.models import Booking, Delivery
from meetings.models.outbox import DROPPED, MISSED, PENDING

from . import heartbeat
from .judgement import REMINDERS
from .reasons import MEETING_OVER


def make_up(now: datetime, lease_end: datetime) -> None:
    """Let nothing wait for a time that only the former clock had near; `lease_end` is of one that begins now."""
    with db.transaction():
        # Not ended at once: whoever holds one may be handing the mail over.
        Delivery.update(leased_until=lease_end).where(Delivery.leased_until > lease_end).execute()
        Delivery.update(state=PENDING, last_error="").where(_seemed_too_late(now)).execute()
        is_news = (Delivery.state == PENDING) & Delivery.kind.not_in(REMINDERS)  # due since it was written
        Delivery.update(due_at=now).where(is_news, Delivery.due_at > now).execute()


def hasten_news(now: datetime) -> None:
    """Let no news wait for a clock that was well ahead while nobody delivered: they are due since they were written.

    Those that were tried wait for their next try; those that are held back on purpose were written by this clock.
    """
    is_news = (Delivery.state == PENDING) & Delivery.kind.not_in(REMINDERS)
    is_untried = (Delivery.attempts == 0) & (Delivery.last_error == "")
    is_from_ahead = Delivery.created_at > now + heartbeat.EVERY
    early = is_news & is_untried & is_from_ahead & (Delivery.due_at > now)
    if Delivery.select().where(early).exists():
        with db.transaction():
            Delivery.update(due_at=now).where(early).execute()


def _seemed_too_late(now: datetime) -> Any:
    """Given up, though the meeting is still to come; those for which it is too late by any clock are found out anew."""
    was_late = (Delivery.state == MISSED) | ((Delivery.state == DROPPED) & (Delivery.last_error == MEETING_OVER))
    return was_late & Delivery.booking.in_(Booking.select(Booking.id).where(Booking.ends_at > now))
