"""A booking as a calendar event: iCalendar bytes for mails and downloads, addresses that add it to web calendars.

The bytes follow from the facts alone, so a retry, a download and the first mail are the same to the letter. Times are
in UTC: a single meeting needs no zone definition, and none can be misread.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from icalendar import Calendar, Event, vCalAddress, vUri

from meetings.domain.time import Instant, to_datetime

REQUEST: Final = "REQUEST"  # mailed to somebody who is invited
CANCEL: Final = "CANCEL"
PUBLISH: Final = "PUBLISH"  # a copy for the organizer's own calendar, and for downloads
METHODS: Final = (REQUEST, CANCEL, PUBLISH)
PRODUCT: Final = "-//Meetings//Meetings 1.0//EN"

_TITLE_MAX = 255
_LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # some readers end a line at any of these
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
# Quotes and carets need an encoding that older calendars don't know (RFC 6868); of a backslash each thinks its own.
_NAME_UNFIT = re.compile(r'["^\\\s]+')


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the event."""

    name: str
    email: str
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an event says. `organizer` stays the same for the event's whole life, and so does `uid`."""

    uid: str
    sequence: int
    stamped_at: Instant
    starts_at: Instant
    ends_at: Instant
    title: str
    organizer: Person
    attendees: tuple[Person, ...]
    booking_id: str
    created_at: Instant
    changed_at: Instant
    description: str = ""
    location: str = ""
    url: str = ""
    conference: str = ""  # where it is joined: an address of the web, or a phone number as "tel:…"
    is_cancelled: bool = False


def calendar(facts: Facts, method: str) -> bytes:
    """One event in one calendar object. CANCEL says that it is off, whatever the facts say."""
    if method not in METHODS:
        raise ValueError(f"no such method: {method}")
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", method)
    made.add_component(_event(facts, method))
    return bytes(made.to_ical())


def _event(facts: Facts, method: str) -> Event:
    event = Event()
    event.add("uid", facts.uid)
    event.add("dtstamp", to_datetime(facts.stamped_at))
    event.add("sequence", facts.sequence)
    event.add("dtstart", to_datetime(facts.starts_at))
    event.add("dtend", to_datetime(facts.ends_at))
    event.add("created", to_datetime(facts.created_at))
    event.add("last-modified", to_datetime(facts.changed_at))
    event.add("status", "CANCELLED" if facts.is_cancelled or method == CANCEL else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PUBLIC")
    _add_texts(event, facts)
    _add_people(event, facts, method)
    event.add("x-meetings-booking-id", facts.booking_id)
    if method == REQUEST:
        event.add("x-microsoft-disallow-counter", "TRUE")  # another time is chosen on our page, not proposed by mail
    return event


def _add_texts(event: Event, facts: Facts) -> None:
    event.add("summary", _line(facts.title)[:_TITLE_MAX])
    if description := plain(facts.description):
        event.add("description", description)
    if location := _line(facts.location):
        event.add("location", location)
    if facts.url:
        event.add("url", vUri(_address(facts.url)))
    if facts.conference:  # RFC 7986, 5.11; a program that doesn't know it passes over it
        event.add("conference", vUri(_address(facts.conference)), parameters={"VALUE": "URI"})


def _add_people(event: Event, facts: Facts, method: str) -> None:
    event.add("organizer", _person(facts.organizer))
    if method == PUBLISH:  # has no attendees (RFC 5546, 3.2.1)
        return
    for attendee in facts.attendees:
        event.add("attendee", _attendee(attendee))


def _person(person: Person) -> Any:
    address = vCalAddress(f"mailto:{_address(person.email)}")
    if name := _NAME_UNFIT.sub(" ", _line(person.name)).strip():
        address.params["CN"] = name
    return address


def _attendee(person: Person) -> Any:
    address = _person(person)
    address.params["CUTYPE"] = "INDIVIDUAL"
    address.params["ROLE"] = "REQ-PARTICIPANT" if person.is_required else "OPT-PARTICIPANT"
    address.params["PARTSTAT"] = "ACCEPTED"  # by making the booking, or by offering the time
    address.params["RSVP"] = "FALSE"
    return address


def plain(text: str) -> str:
    """Text that every reader takes as meant: one kind of line break, nothing invisible that steers programs."""
    return _CONTROL.sub("", _LINE_BREAK.sub("\n", text)).strip()


def _line(text: str) -> str:
    return " ".join(plain(text).split())


def _address(text: str) -> str:
    return "".join(plain(text).split())


# ---- web calendars ---------------------------------------------------------------------------------------------------


def google_url(facts: Facts) -> str:
    """The address that adds the event to a Google calendar."""
    values = {
        "action": "TEMPLATE",
        "text": _line(facts.title),
        "dates": f"{_compact(facts.starts_at)}/{_compact(facts.ends_at)}",
        "details": plain(facts.description),
        "location": _line(facts.location),
    }
    return f"https://calendar.google.com/calendar/render?{urlencode(values)}"


def outlook_url(facts: Facts) -> str:
    """The address that adds the event to an Outlook calendar on the web."""
    values = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": _line(facts.title),
        "startdt": f"{to_datetime(facts.starts_at):%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{to_datetime(facts.ends_at):%Y-%m-%dT%H:%M:%SZ}",
        "body": plain(facts.description),
        "location": _line(facts.location),
    }
    return f"https://outlook.live.com/calendar/0/action/compose?{urlencode(values)}"


def _compact(at: Instant) -> str:
    return f"{to_datetime(at):%Y%m%dT%H%M%SZ}"
