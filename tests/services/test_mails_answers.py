"""What was answered on the form, in mails and calendars: whole to hosts, without strangers' links to the contact."""

from typing import Any

import icalendar
import pytest
from flask import Flask

from meetings.domain.answers import CUT, check_answers
from meetings.models import Booking, Delivery, Link, User
from meetings.services import bookings, mails
from meetings.services.forms import asked
from meetings.services.mails import Outgoing
from tests import make

NOW, START = make.NOW, make.at("2026-12-03 13:30")


def answer(name: str, value: str, kind: str = "line", **more: Any) -> dict[str, Any]:
    return {"name": name, "label": f"About {name}?", "value": value, "kind": kind, "in_invite": True, **more}


ANSWERS = [
    answer("area", "12.5", "number"),
    answer("begin", "2026-12-10", "date"),
    answer("plan", "yes", "yes_no"),
    answer("trouble", "Echo\nNoise", "checkboxes"),
    answer("words", "See https://evil.example/x and www.evil.example.\nThe echo is and/or was bad.", "text"),
    answer("web", "https://nordlicht.example/", "url"),
    answer("budget", "99", "number", in_invite=False),
]


@pytest.fixture
def alice(app: Flask) -> User:
    return make.user(locale="fr")


@pytest.fixture
def link(alice: User) -> Link:
    return make.link(alice, automation={"reminders": [{"value": 1, "unit": "days"}]})


@pytest.fixture
def booking(link: Link) -> Booking:
    return make.booking(link, START, answers=ANSWERS)


def composed(booking: Booking) -> dict[str, Outgoing]:
    return {row.kind: mails.compose(row, NOW) for row in Delivery.select().where(Delivery.booking == booking)}


def description(outgoing: Outgoing) -> str:
    assert outgoing.invitation is not None
    return str(icalendar.Calendar.from_ical(outgoing.invitation.content).events[0]["DESCRIPTION"])


def everything(outgoing: Outgoing) -> str:
    return outgoing.text + outgoing.html + (description(outgoing) if outgoing.invitation else "")


def test_hosts_read_every_answer_in_their_own_language(booking: Booking) -> None:
    for kind in ("host_booked", "host_reminder"):
        told = composed(booking)[kind]
        for words in ("About area?\n12,5\n", "jeu. 10 déc. 2026", "Echo\nNoise", "https://evil.example/x", "99"):
            assert words in told.text
        assert "Echo<br>Noise" in told.html


def test_the_contact_reads_the_answers_in_the_language_of_the_booking(booking: Booking) -> None:
    for kind in ("confirmation", "reminder"):
        told = composed(booking)[kind]
        for words in ("About area?\n12.5\n", "About begin?\nThu 10 Dec 2026", "About plan?\nYes", "Echo\nNoise"):
            assert words in told.text
    assert "About plan?\nYes" in description(composed(booking)["confirmation"])
    moved = bookings.reschedule(booking, make.at("2026-12-03 14:30"), NOW, by=None)
    assert "About plan?\nYes" in composed(moved)["rescheduled"].text


def test_links_that_were_typed_on_the_form_stay_out_of_the_contact_s_copies(booking: Booking) -> None:
    for outgoing in (composed(booking)[kind] for kind in ("confirmation", "reminder")):
        said = everything(outgoing)
        assert "evil.example" not in said
        assert "nordlicht" not in said
        assert "About web?" not in said  # all of it is a link: nothing is left to show
        assert f"See {CUT} and {CUT}" in said
        assert "The echo is and/or was bad." in said
    assert b"evil" not in mails.calendar_file(booking)


def test_what_is_for_hosts_alone_is_in_no_invitation(booking: Booking) -> None:
    booking.link.organizer.locale = "en"
    booking.link.organizer.save()
    told = composed(booking)
    assert "About budget? (for hosts only)\n99" in told["host_booked"].text
    for text in (description(told["host_booked"]), everything(told["confirmation"]), everything(told["reminder"])):
        assert "budget" not in text


def test_a_title_takes_its_words_from_the_answers(alice: User) -> None:
    field = {"name": "company", "type": "property", "kind": "line"}
    title = "Demo with {{ contact.first_name }} of {{ company.name }} ({{ company.domain }})"
    link = make.link(alice, overview={"title": title}, form={"fields": [field]})
    told = [answer("company", "Nordlicht AS")]
    assert make.booking(link, START, answers=told).title == "Demo with Maren of Nordlicht AS (example.com)"
    evil = make.booking(link, "2026-12-03 15:00", answers=[answer("company", "evil.example")], email="m@gmail.com")
    assert evil.title == "Demo with Maren"  # a link typed by whoever booked would reach the mailbox they named


def test_nothing_is_told_of_what_is_known_to_whoever_types_an_address(alice: User) -> None:
    field = {"name": "company", "type": "property", "required": False}
    link = make.link(alice, overview={"title": "Demo of {{ company.name | ours }}"}, form={"fields": [field]})
    make.booking(link, START, answers=[answer("company", "Nordlicht AS")])
    assert make.booking(link, "2026-12-03 15:00").title == "Demo of ours"
    assert make.booking(link, "2026-12-03 09:00", is_recognised=True).title == "Demo of Nordlicht AS"


def test_a_property_that_nobody_named_is_called_by_each_readers_word(alice: User) -> None:
    """The booker's page is English, the host reads French."""
    fields = [
        {"name": "company", "type": "property", "required": False},
        {"name": "phone", "type": "property", "required": False, "label": "Where to call"},
    ]
    link = make.link(alice, form={"fields": fields})
    given, flaws = check_answers(asked(link, "en"), {"company": "Nordlicht AS", "phone": "+33 1 23 45 67 89"})
    assert flaws == []
    mails_of = composed(make.booking(link, START, answers=given))
    assert "Company" in mails_of["confirmation"].text
    assert "Entreprise" in mails_of["host_booked"].text
    assert "Company" not in everything(mails_of["host_booked"])
    assert all("Where to call" in mails_of[kind].text for kind in ("confirmation", "host_booked"))
