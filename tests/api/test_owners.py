"""Whose contact it is, for programs: the times of one address, and who gets what they book."""

from typing import Any

import pytest
from flask import Flask

from meetings.models import Booking, Contact, Link, User
from tests import make

from .conftest import Caller

DAY = "from=2026-12-01&to=2026-12-01"
ANA = "ana@acme.example"


@pytest.fixture
def team(app: Flask) -> list[User]:
    """Alice is free from nine to eleven in Paris, Bob from eleven on."""
    alice, bob = make.user(role="admin"), make.user("Bob Stone")
    make.busy(alice, "2026-12-01 10:00", "2026-12-01 16:00")
    make.busy(bob, "2026-12-01 08:00", "2026-12-01 10:00")
    Contact.create(email=ANA, first_name="Ana", last_name="Silva", owner=alice, created_at=make.NOW)
    return [alice, bob]


@pytest.fixture
def link(team: list[User]) -> Link:
    more = {"durations": [120], "start_increment": 120, "prioritize_contact_owner": True}
    return make.link(team[0], kind="round_robin", team=team, **more)


def starts(anybody: Caller, more: str = "") -> list[str]:
    answer = anybody.get(f"/book/demo/slots?{DAY}{more}")
    assert answer.status_code == 200
    assert set(answer.json) == {"timezone", "duration", "slots"}
    return [slot["start"][11:16] for slot in answer.json["slots"]]


def book(anybody: Caller, hour: str, email: str = ANA) -> Any:
    contact = {"email": email, "first_name": "Ana", "last_name": "Silva"}
    return anybody.post("/book/demo/bookings", {"start": f"2026-12-01T{hour}:00Z", "contact": contact})


def test_the_page_says_that_it_goes_by_the_address(anybody: Caller, link: Link, team: list[User]) -> None:
    make.link(team[0], "plain", kind="round_robin", team=team)
    assert anybody.get("/book/demo").json["asks_email_first"] is True
    assert anybody.get("/book/plain").json["asks_email_first"] is False


def test_the_times_of_an_address(anybody: Caller, link: Link) -> None:
    everyones = ["08:00", "10:00", "12:00", "14:00"]
    assert starts(anybody) == everyones
    assert starts(anybody, f"&email={ANA}") == ["08:00"]
    assert starts(anybody, "&email=ANA@acme.example") == ["08:00"]
    assert starts(anybody, f"&email={ANA}&team=true") == everyones
    assert starts(anybody, f"&email={ANA}&team=false") == ["08:00"]
    assert starts(anybody, "&email=other@example.com") == everyones


@pytest.mark.parametrize(("asked", "field"), [("email=nobody", "email"), (f"email={ANA}&team=1", "team")])
def test_wrong_questions_are_refused(anybody: Caller, link: Link, asked: str, field: str) -> None:
    answer = anybody.get(f"/book/demo/slots?{DAY}&{asked}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_other_links_know_no_owners(anybody: Caller, team: list[User]) -> None:
    make.link(team[0], kind="round_robin", team=team, durations=[120], start_increment=120)
    assert starts(anybody, f"&email={ANA}") == starts(anybody)


def test_the_owner_gets_it_if_free_else_whoever_has_time(anybody: Caller, link: Link, team: list[User]) -> None:
    assert book(anybody, "08:00").status_code == 201
    assert book(anybody, "12:00").status_code == 201
    rows = Booking.select().order_by(Booking.id)
    assert [(row.hosts()[0].host, row.assigned_by) for row in rows] == [
        (team[0], "contact_owner"),
        (team[1], "only_one"),
    ]


def test_a_refusal_tells_everyones_nearest_times(anybody: Caller, link: Link) -> None:
    book(anybody, "08:00")
    answer = book(anybody, "08:00")
    assert (answer.status_code, answer.json["rule"]) == (409, "free")
    assert "2026-12-01T10:00:00Z" in [slot["start"] for slot in answer.json["nearest"]]  # Bob's
