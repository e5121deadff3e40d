"""Contacts from a file and into a file: what waits, what its columns are, whether it is right, and writing it."""

from .columns import FILL, IGNORED, LEAVE, NEW, NEW_PROPERTY, OVERWRITE, choices_of, flaws_of, guessed, targets
from .exporting import exported
from .judging import Judged, Wrong, judge, wrong_lines
from .waiting import clear_ended, forget_about, keep, settle, sheet_of, waiting_file
from .writing import Outcome, bring_in, preview

__all__ = [
    "FILL",
    "IGNORED",
    "LEAVE",
    "NEW",
    "NEW_PROPERTY",
    "OVERWRITE",
    "Judged",
    "Outcome",
    "Wrong",
    "bring_in",
    "choices_of",
    "clear_ended",
    "exported",
    "flaws_of",
    "forget_about",
    "guessed",
    "judge",
    "keep",
    "preview",
    "settle",
    "sheet_of",
    "targets",
    "waiting_file",
    "wrong_lines",
]
