"""The outbox: rows written in the transaction that made them true, and their delivery, once each, later."""

from .delivery import deliver_due, try_all_now
from .overview import Content, Summary, content, drop, list_of, reason, resend, states_of, summary
from .pause import Pause, try_again_now
from .queue import queue_booking, queue_user_mail

__all__ = [
    "Content",
    "Pause",
    "Summary",
    "content",
    "deliver_due",
    "drop",
    "list_of",
    "queue_booking",
    "queue_user_mail",
    "reason",
    "resend",
    "states_of",
    "summary",
    "try_again_now",
    "try_all_now",
]
