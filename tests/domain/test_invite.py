"""Invitations, read back by three readers that share no code: icalendar, vobject, and our own strict one."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import icalendar
import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meetings.domain import invite
from meetings.domain.invite import CANCEL, METHODS, PUBLISH, REQUEST, Facts, Person
from tests.domain.strict import read_strictly, strict_facts

FACTS = Facts(
    uid="6f1c@meet.example",
    sequence=3,
    stamped_at=1_780_000_000,
    starts_at=1_796_304_600,  # 2026-12-03 13:30 UTC
    ends_at=1_796_306_400,
    title="Talk about your room",
    organizer=Person("Inês Carvalho", "ines@northlight.example"),
    attendees=(Person("Maren Holt", "maren@fjord.example"), Person("Bo", "bo@northlight.example", is_required=False)),
    booking_id="6f1c",
    created_at=1_779_000_000,
    changed_at=1_780_000_000,
    description="Half an hour.\n\nNothing to prepare; really, nothing.",
    location="Rua do Alecrim 41, Lisbon",
    url="https://meet.example/x?a=b,c;d",
)


def icalendar_facts(data: bytes) -> dict[str, Any]:
    (event,) = icalendar.Calendar.from_ical(data).events
    people = []
    for name in ("ATTENDEE", "ORGANIZER"):
        found = event.get(name, [])
        several = found if isinstance(found, list) else [found]
        people += [(name, str(person.params.get("CN", "")), str(person)) for person in several]
    return {
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "start": event.start,
        "end": event.end,
        "stamp": event.DTSTAMP,
        "status": str(event["STATUS"]),
        "title": str(event["SUMMARY"]),
        "description": str(event.get("DESCRIPTION", "")),
        "location": str(event.get("LOCATION", "")),
        "people": sorted(people),
    }


def vobject_facts(data: bytes) -> dict[str, Any]:
    event = vobject.readOne(data.decode()).vevent
    lists = event.contents
    people = [
        (name, (person.params.get("CN") or [""])[0], person.value)
        for name in ("ATTENDEE", "ORGANIZER")
        for person in lists.get(name.lower(), [])
    ]
    return {
        "uid": event.uid.value,
        "sequence": int(event.sequence.value),
        "start": event.dtstart.value.astimezone(UTC),
        "end": event.dtend.value.astimezone(UTC),
        "stamp": event.dtstamp.value.astimezone(UTC),
        "status": event.status.value,
        "title": event.summary.value,
        "description": event.description.value if "description" in lists else "",
        "location": event.location.value if "location" in lists else "",
        "people": sorted(people),
    }


def names(data: bytes) -> list[str]:
    return [name for name, _, _ in read_strictly(data)]


# -- by example


def test_says_the_facts() -> None:
    found = strict_facts(invite.calendar(FACTS, REQUEST))
    assert found == {
        "uid": "6f1c@meet.example",
        "sequence": 3,
        "start": datetime(2026, 12, 3, 13, 30, tzinfo=UTC),
        "end": datetime(2026, 12, 3, 14, 0, tzinfo=UTC),
        "stamp": datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC),
        "status": "CONFIRMED",
        "title": "Talk about your room",
        "description": "Half an hour.\n\nNothing to prepare; really, nothing.",
        "location": "Rua do Alecrim 41, Lisbon",
        "people": [
            ("ATTENDEE", "Bo", "mailto:bo@northlight.example"),
            ("ATTENDEE", "Maren Holt", "mailto:maren@fjord.example"),
            ("ORGANIZER", "Inês Carvalho", "mailto:ines@northlight.example"),
        ],
    }


@pytest.mark.parametrize("method", METHODS)
def test_the_readers_agree(method: str) -> None:
    data = invite.calendar(FACTS, method)
    assert strict_facts(data) == icalendar_facts(data) == vobject_facts(data)


@pytest.mark.parametrize("method", METHODS)
def test_one_event_in_utc_and_no_zone(method: str) -> None:
    lines = read_strictly(invite.calendar(FACTS, method))
    found = [(name, value) for name, _, value in lines]
    assert found.count(("BEGIN", "VEVENT")) == 1
    assert ("METHOD", method) in found
    assert ("VERSION", "2.0") in found
    assert ("CALSCALE", "GREGORIAN") in found
    assert ("TRANSP", "OPAQUE") in found
    assert ("URL", "https://meet.example/x?a=b,c;d") in found
    assert "VTIMEZONE" not in str(found)
    assert not any("TZID" in params for _, params, _ in lines)


def test_attendees_have_accepted_and_owe_no_answer() -> None:
    lines = read_strictly(invite.calendar(FACTS, REQUEST))
    (maren, bo) = [params for name, params, _ in lines if name == "ATTENDEE"]
    assert maren == {
        "CN": "Maren Holt",
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "ACCEPTED",
        "RSVP": "FALSE",
    }
    assert bo["ROLE"] == "OPT-PARTICIPANT"


def test_cancel_keeps_who_and_when() -> None:
    data = invite.calendar(FACTS, CANCEL)
    off = strict_facts(data)
    assert off == {**strict_facts(invite.calendar(FACTS, REQUEST)), "status": "CANCELLED"}


def test_publish_has_no_attendees() -> None:
    data = invite.calendar(FACTS, PUBLISH)
    assert "ATTENDEE" not in names(data)
    assert "ORGANIZER" in names(data)
    assert strict_facts(data)["status"] == "CONFIRMED"
    assert strict_facts(invite.calendar(replace(FACTS, is_cancelled=True), PUBLISH))["status"] == "CANCELLED"


def test_the_same_facts_are_the_same_bytes() -> None:
    assert invite.calendar(FACTS, REQUEST) == invite.calendar(FACTS, REQUEST)


def test_empty_texts_leave_no_lines() -> None:
    bare = invite.calendar(replace(FACTS, description=" ", location="", url=""), REQUEST)
    assert not {"DESCRIPTION", "LOCATION", "URL"} & set(names(bare))


def test_no_method_of_ones_own() -> None:
    with pytest.raises(ValueError):
        invite.calendar(FACTS, "REPLY")


@pytest.mark.parametrize(
    ("given_name", "written"),
    [
        ('Ana "the host" ^Host', "Ana the host Host"),
        ("Host, Ana; Dr: X", "Host, Ana; Dr: X"),
        ("Ana\r\nATTENDEE:mailto:x@y", "Ana ATTENDEE:mailto:x@y"),
        ("a\rb\x00c\x85d\u2028e", "a bc d e"),
        (r"An\a", "An a"),
        ("", ""),
    ],
)
def test_names_stay_names(given_name: str, written: str) -> None:
    data = invite.calendar(replace(FACTS, organizer=Person(given_name, "a@b.example")), REQUEST)
    assert ("ORGANIZER", written, "mailto:a@b.example") in strict_facts(data)["people"]
    assert strict_facts(data) == icalendar_facts(data) == vobject_facts(data)


# -- by hostile text

HOSTILE = [
    "\r\nATTENDEE:mailto:victim@example.org",
    "a\rATTENDEE:x",
    "BEGIN:VALARM\r\nEND:VALARM",
    "x\r\n y",
    ";,:\\\\n\\",
    "\"^n^'",
    "\x85\u2028\u2029\x0b\x0c\x1c",
    "\x00\x07\x1b[31m",
    "é" * 200,
    "👩‍🚀" * 60,
    "שלום\u202e evil",
    "\ud800",
    "x" * 3000,
]
text = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200), st.text(alphabet='\r\n;:,\\"^ aé', max_size=80))


@settings(max_examples=200, deadline=None)
@given(title=text, description=text, location=text, name=text, contact=text, url=text, method=st.sampled_from(METHODS))
@example(*[HOSTILE[0]] * 6, REQUEST)
@example(*[HOSTILE[-1]] * 6, CANCEL)
def test_no_text_changes_the_structure(
    title: str, description: str, location: str, name: str, contact: str, url: str, method: str
) -> None:
    facts = replace(
        FACTS,
        title=f"t{title}",
        description=f"d{description}",
        location=f"l{location}",
        url=f"https://x.example/{url}",
        organizer=Person(name, "a@b.example"),
        attendees=(Person(contact, "c@d.example"),),
    )
    plain = replace(FACTS, attendees=FACTS.attendees[:1])
    data = invite.calendar(facts, method)
    assert names(data) == names(invite.calendar(plain, method))
    assert strict_facts(data) == icalendar_facts(data) == vobject_facts(data)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120))
def test_harmless_text_comes_back_as_it_was(description: str) -> None:
    wanted = "\n".join(["first", description.replace("\ufeff", "").replace("\ufffe", "").replace("\uffff", ""), "last"])
    data = invite.calendar(replace(FACTS, description=wanted), REQUEST)
    assert strict_facts(data)["description"] == wanted


# -- web calendars


def test_google_gets_the_same_instants() -> None:
    address = urlsplit(invite.google_url(FACTS))
    values = parse_qs(address.query)
    assert address.netloc == "calendar.google.com"
    assert values["dates"] == ["20261203T133000Z/20261203T140000Z"]
    assert values["text"] == ["Talk about your room"]
    assert values["location"] == ["Rua do Alecrim 41, Lisbon"]


def test_outlook_gets_the_same_instants() -> None:
    values = parse_qs(urlsplit(invite.outlook_url(FACTS)).query)
    assert values["startdt"] == ["2026-12-03T13:30:00Z"]
    assert values["enddt"] == ["2026-12-03T14:00:00Z"]
    assert values["subject"] == ["Talk about your room"]


def test_addresses_are_encoded() -> None:
    values = parse_qs(urlsplit(invite.google_url(replace(FACTS, title="a&action=x #b", description="?"))).query)
    assert values["action"] == ["TEMPLATE"]
    assert values["text"] == ["a&action=x #b"]
