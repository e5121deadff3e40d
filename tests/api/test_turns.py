"""Whose turn it is, by API."""

import pytest

from meetings.models import Booking, Contact, Member
from tests import make
from tests.api.conftest import code, fields

PATH = "/links/team/turns"
AT = "2026-12-01T09:00:00Z"


@pytest.fixture
def link(alice, bob):
    return make.link(alice, "team", kind="round_robin", team=[alice, {"user": bob.email, "weight": 3}])


def test_how_it_stands_and_who_is_next(as_user, alice, bob, link):
    make.booking(link, "2026-12-01 09:00")
    answer = as_user(alice).get(PATH)
    assert answer.status_code == 200
    assert answer.json["members"] == [
        {
            "user": alice.email,
            "name": alice.name,
            "weight": 1,
            "paused": False,
            "count": 1,
            "last_turn": "2026-11-30T08:00:00Z",
            "share": 0.25,
            "share_held": 1.0,
        },
        {
            "user": bob.email,
            "name": bob.name,
            "weight": 3,
            "paused": False,
            "count": 0,
            "last_turn": None,
            "share": 0.75,
            "share_held": 0.0,
        },
    ]
    would_get = answer.json["would_get"]
    assert (would_get["user"], would_get["rule"]) == (bob.email, "fewest")
    assert would_get["following"][0] == {"start": would_get["start"], "user": bob.email}


def test_it_is_what_happens(as_user, alice, link):
    would_get = as_user(alice).get(f"{PATH}?start={AT}&duration=30&email=maren@example.com").json["would_get"]
    assert would_get["start"] == AT
    booking = make.booking(link, "2026-12-01 09:00")
    assert (booking.hosts()[0].host.email, booking.assigned_by) == (would_get["user"], would_get["rule"])


def test_the_contacts_own_host(as_user, ada, alice, bob):
    link = make.link(alice, "team", kind="round_robin", team=[alice, bob], prioritize_contact_owner=True)
    make.booking(link, "2026-12-02 09:00")
    Contact.update(owner=bob).execute()
    would_get = as_user(ada).get(f"{PATH}?start={AT}&email=maren@example.com").json["would_get"]
    assert would_get == {"start": AT, "user": bob.email, "rule": "contact_owner", "following": []}


def test_the_next_time_is_one_that_the_contact_is_shown(as_user, ada, alice, bob):
    link = make.link(alice, "team", kind="round_robin", team=[alice, bob], prioritize_contact_owner=True)
    make.booking(link, "2026-12-02 09:00")
    Contact.update(owner=bob).execute()
    make.busy(bob, "2026-11-30 07:00", "2026-11-30 12:00")
    at_once = as_user(ada).get(PATH).json["would_get"]
    assert at_once["start"] == "2026-11-30T08:00:00Z"
    would_get = as_user(ada).get(f"{PATH}?email=maren@example.com").json["would_get"]
    assert (would_get["start"], would_get["user"]) == ("2026-11-30T12:00:00Z", bob.email)


def test_a_time_that_is_not_offered_and_none_at_all(as_user, alice, link):
    refused = as_user(alice).get(f"{PATH}?start=2026-12-05T09:00:00Z")
    assert (refused.status_code, code(refused)) == (409, "slot-taken")
    Member.update(is_paused=True).execute()
    answer = as_user(alice).get(PATH)
    assert answer.json["would_get"] is None
    assert {(one["share"], one["share_held"]) for one in answer.json["members"]} == {(0, None)}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [("start=soon", ["start"]), ("duration=7", ["duration"]), ("email=x", ["email"])],
)
def test_what_is_asked_is_checked(as_user, alice, link, query, wrong):
    assert fields(as_user(alice).get(f"{PATH}?{query}")) == wrong


def test_only_round_robins_that_one_may_see(as_user, anybody, alice, bob, charlie, link):
    make.link(alice, "own")
    assert as_user(bob).get(PATH).status_code == 200
    assert as_user(charlie).get(PATH).status_code == 404
    assert as_user(alice).get("/links/own/turns").status_code == 404
    assert anybody.get(PATH).status_code == 401
    assert not Booking.select().exists()
