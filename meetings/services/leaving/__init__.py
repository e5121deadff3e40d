"""Leaving: what a person would leave behind, and what becomes of it once they are deactivated or removed."""

from .going import CHANGED, NOT_FREE, UNDECIDED, Choices, Contacts, Links, Meetings, Outcome, Stayed, deactivate, delete
from .inventory import LeftBehind, LinkLeft, Meeting, Membership, left_behind, successors

__all__ = [
    "CHANGED",
    "NOT_FREE",
    "UNDECIDED",
    "Choices",
    "Contacts",
    "LeftBehind",
    "LinkLeft",
    "Links",
    "Meeting",
    "Meetings",
    "Membership",
    "Outcome",
    "Stayed",
    "deactivate",
    "delete",
    "left_behind",
    "successors",
]
