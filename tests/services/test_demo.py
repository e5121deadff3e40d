"""The demo shows what there is: links of all kinds in use, and contacts who are somebody's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from meetings.models import Booking, Company, Contact, Link, Member, Note, Schedule
from meetings.services import access, demo, merging, ownership
from tests import make

NOW = datetime(2026, 11, 30, 8, 10, tzinfo=UTC)


@pytest.fixture
def filled(app: Any) -> None:
    list(demo.fill(NOW))


def test_a_round_robin_in_use(filled: None) -> None:
    link = Link.by_slug("your-project")
    members = {member.user.name: (member.weight, member.is_paused) for member in link.members}
    assert members["Joakim Ström"] == (2, False)
    assert members["Samir Haddad"] == (1, True)
    assert ownership.are_prioritized(link)
    assert link.scheduling["welcome"]["text"]
    rules = {booking.assignment["rule"] for booking in Booking.select() if booking.assignment}
    assert {"contact_owner", "fewest", "longest_ago"} <= rules
    [handed] = Booking.select().where(Booking.assigned_by == "handed_over")
    assert handed.assignment["handed_over"]
    assert handed.link.slug == "acoustician"


def test_whose_contacts_are_whose(filled: None) -> None:
    assert Company.of_domain("filharmonia.example").owner.name == "Aiko Tanabe"
    assert Contact.known_as("lea@fontaine-architectes.example").owner.name == "Inês Carvalho"
    assert Note.select().count() == len(demo.contacts.NOTES)
    assert Member.select().where(Member.is_paused).exists()
    assert Schedule.select().count() == len(demo.people.SCHEDULES)
    assert Link.by_slug("office-hours").scheduling["schedule"] == demo.people.IN_THE_STUDIO
    [pair] = merging.suggestions(access.user_by_email("ines@northlight.example"))
    assert {one.email for one in pair} == {"m.holt@fjordkontor.example", "maren.holt@fjordkontor.example"}


@pytest.mark.parametrize("now", [NOW, make.at("2027-03-27 22:00"), make.at("2026-12-24 12:00")])
def test_on_any_day(app: Any, now: datetime) -> None:
    assert len(list(demo.fill(now))) == 9
    assert Booking.select().where(Booking.starts_at > now).count() > 5
