"""Why a row was not sent, or not yet. The row keeps the English sentence; pages translate it when they show it."""

from typing import Final


def _l(sentence: str) -> str:
    """Mark a sentence for translation where it is written down but not yet said."""
    return sentence


CHANGED: Final = _l("The booking changed before this could be sent.")
LINK_OVER: Final = _l("The link in it is no longer good.")
MEETING_OVER: Final = _l("The meeting was over before this could be sent.")
TOO_LATE: Final = _l("It could not be sent while it would have helped.")
BOOKED_LATE: Final = _l("The booking came too late for this reminder.")
BY_HAND: Final = _l("Taken out by hand.")
BROKEN: Final = _l("The app could not make this mail. Its log says why.")
