"""Calendar programs in small (RFC 5546): what becomes of an event in each, whatever order its messages arrive in.

They are models of the rules that are written down about these programs, not the programs: they show that our messages
leave no room for a wrong end, not that a given version of one behaves.
"""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from functools import cache

from tests.domain.strict import read_strictly, utc


@dataclass(frozen=True)
class Event:
    """What a calendar shows."""

    start: datetime
    end: datetime
    title: str
    organizer: str


@dataclass(frozen=True)
class Message:
    """What a mail says to a calendar."""

    parameter: str  # the method as the mail's head says it
    method: str
    uid: str
    sequence: int
    stamp: datetime
    attendees: frozenset[str]
    event: Event
    is_end: bool

    @property
    def age(self) -> tuple[int, datetime]:
        """The later of two messages has the greater one."""
        return self.sequence, self.stamp


@cache
def read(raw: bytes) -> Message | None:
    """The message to a calendar in a mail, if there is one."""
    mail = message_from_bytes(raw)
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return None
    (part,) = parts
    copies = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == "application/ics"]
    content = part.get_payload(decode=True)
    assert all(copy == content for copy in copies)
    return _message(str(part.get_param("method")), content)


def _message(parameter: str, content: bytes) -> Message:
    lines = read_strictly(content)
    values = {name: value for name, _, value in lines}
    assert len(values["UID"]) > 0
    return Message(
        parameter=parameter,
        method=values["METHOD"],
        uid=values["UID"],
        sequence=int(values["SEQUENCE"]),
        stamp=utc(values["DTSTAMP"]),
        attendees=frozenset(_address(value) for name, _, value in lines if name == "ATTENDEE"),
        event=Event(utc(values["DTSTART"]), utc(values["DTEND"]), values["SUMMARY"], _address(values["ORGANIZER"])),
        is_end=values["METHOD"] == "CANCEL" or values["STATUS"] == "CANCELLED",
    )


def _address(value: str) -> str:
    assert value.startswith("mailto:")
    return value.removeprefix("mailto:")


class Calendar:
    """What all have in common: the latest message about each UID counts, an end is remembered."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._known: dict[str, Message] = {}

    def receive(self, message: Message | None) -> None:
        if message is None or not self.understands(message):
            return  # a mail like any other
        known = self._known.get(message.uid)
        if known is None or self.replaces(message, known):
            self._known[message.uid] = message

    def shown(self) -> dict[str, Event]:
        """Its events by UID."""
        return {uid: message.event for uid, message in self._known.items() if not message.is_end}

    def understands(self, message: Message) -> bool:
        return True

    def replaces(self, message: Message, known: Message) -> bool:
        raise NotImplementedError


class GoogleLike(Calendar):
    """SEQUENCE alone; of equals the one that came last. An event can't change its organizer."""

    def replaces(self, message: Message, known: Message) -> bool:
        return message.sequence >= known.sequence and message.event.organizer == known.event.organizer


class ExchangeLike(Calendar):
    """SEQUENCE, then DTSTAMP. Listens to the organizer alone, and what was cancelled never comes back."""

    def replaces(self, message: Message, known: Message) -> bool:
        is_later = message.age > known.age
        return is_later and not known.is_end and message.event.organizer == known.event.organizer


class AppleLike(Calendar):
    """Neither SEQUENCE nor DTSTAMP may go back."""

    def replaces(self, message: Message, known: Message) -> bool:
        return message.sequence >= known.sequence and message.stamp >= known.stamp


class ThunderbirdLike(Calendar):
    """SEQUENCE, then DTSTAMP; only where the mail's head names the same method and the recipient is invited."""

    def understands(self, message: Message) -> bool:
        is_mine = message.method == "PUBLISH" or self.address in message.attendees
        return message.parameter == message.method and is_mine

    def replaces(self, message: Message, known: Message) -> bool:
        return message.age >= known.age


class Drawer(Calendar):
    """Somebody who opens one file after another: each replaces the one with the same UID."""

    def replaces(self, message: Message, known: Message) -> bool:
        return True


PROGRAMS: tuple[type[Calendar], ...] = (GoogleLike, ExchangeLike, AppleLike, ThunderbirdLike)
