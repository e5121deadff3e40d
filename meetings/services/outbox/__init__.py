"""The outbox: rows written in the transaction that made them true, and their delivery, once each, later."""

from .delivery import TRIES, deliver_due, try_all_now
from .overview import (
    EVERYTHING,
    PLANNED,
    WAITING,
    Content,
    Summary,
    can_drop,
    can_resend,
    content,
    delivery_for,
    drop,
    in_plain_words,
    list_of,
    reason,
    resend,
    states_of,
    summary,
)
from .pause import Pause, try_again_now
from .queue import queue_booking, queue_user_mail, readdress, switch_reminders
from .reasons import Reason

__all__ = [
    "EVERYTHING",
    "PLANNED",
    "TRIES",
    "WAITING",
    "Content",
    "Pause",
    "Reason",
    "Summary",
    "can_drop",
    "can_resend",
    "content",
    "deliver_due",
    "delivery_for",
    "drop",
    "in_plain_words",
    "list_of",
    "queue_booking",
    "queue_user_mail",
    "readdress",
    "reason",
    "resend",
    "states_of",
    "summary",
    "switch_reminders",
    "try_again_now",
    "try_all_now",
]
