"""Taking, moving and cancelling slots. The only writer of bookings."""

from .addressing import MENDS, can_mend_address, readdress
from .changing import cancel, reschedule, would_meet
from .forgetting import anonymise
from .handing import can_hand_over, hand_over, hindrances, is_hard, successors
from .judging import judge
from .lending import Loan, lend, take_back
from .rebinding import bind_to, hold_all_of
from .releasing import release
from .reminding import replan_reminders, switch_reminders
from .taking import BookingRequest, earlier, take, title_of
from .writing import refusals

__all__ = [
    "MENDS",
    "BookingRequest",
    "Loan",
    "anonymise",
    "bind_to",
    "can_hand_over",
    "can_mend_address",
    "cancel",
    "earlier",
    "hand_over",
    "hindrances",
    "hold_all_of",
    "is_hard",
    "judge",
    "lend",
    "readdress",
    "refusals",
    "release",
    "replan_reminders",
    "reschedule",
    "successors",
    "switch_reminders",
    "take",
    "take_back",
    "title_of",
    "would_meet",
]
