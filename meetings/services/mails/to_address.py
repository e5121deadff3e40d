"""Mails to whoever reads a mailbox: nothing is said of what is known about its address."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from meetings import i18n
from meetings.models.workspace import team_name

from .composing import Reader, put_together
from .meeting import Details
from .message import Outgoing

ZONE: Final = "UTC"  # no time is said


def rights(email: str, details: Details, _now: datetime) -> Outgoing:
    """The link to see what is kept, to have it, and to have it erased."""
    reader = Reader("", email, i18n.negotiate([str(details["locale"])]), ZONE)
    return put_together("rights", reader, {"team": team_name(), "url": details["url"]}, sender=team_name())


AddressMail = Callable[[str, Details, datetime], Outgoing]
TO_ADDRESS: Final[Mapping[str, AddressMail]] = {"rights": rights}
