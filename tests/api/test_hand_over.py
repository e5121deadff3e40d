"""Giving a booking to another host, by API."""

import pytest

from meetings.models import Booking, Member
from meetings.services import access, bookings
from tests import make
from tests.api.conftest import code, fields


@pytest.fixture
def row(alice, bob):
    return make.booking(make.link(alice, "team", kind="round_robin", team=[alice, bob]))


def path(row):
    return f"/bookings/{row.public_id}/hand-over"


def emails(answer):
    return [host["email"] for host in answer.json["hosts"]]


def test_who_holds_it_gives_it_away(as_user, alice, bob, row):
    answer = as_user(alice).post(path(row), {"host": "BOB@example.org"})
    assert (answer.status_code, answer.json["id"], emails(answer)) == (201, row.public_id, [bob.email])
    assert Booking.get().assigned_by == "handed_over"


def test_not_while_the_other_is_busy_unless_that_is_accepted(as_user, alice, bob, row):
    make.busy(bob, "2026-12-01 08:00", "2026-12-01 12:00")
    refused = as_user(alice).post(path(row), {"host": bob.email})
    assert (refused.status_code, code(refused), refused.json["rule"]) == (409, "slot-taken", "free")
    assert as_user(alice).post(path(row), {"host": bob.email, "accept_events": True}).status_code == 201


def test_never_while_the_other_is_in_a_meeting(as_user, alice, bob, row):
    make.booking(make.link(bob, "own"), email="b@example.com")
    refused = as_user(alice).post(path(row), {"host": bob.email, "accept_events": True})
    assert (refused.status_code, code(refused)) == (409, "slot-taken")


@pytest.mark.parametrize("email", ["nobody@example.org", "charlie@example.org", "alice@example.org"])
def test_only_the_team_is_known(as_user, alice, charlie, row, email):
    """Whether an address is somebody's outside of it is not told."""
    answer = as_user(alice).post(path(row), {"host": email})
    assert (answer.status_code, fields(answer)) == (422, ["host"])
    assert answer.json["errors"][0]["message"] == "This meeting can’t be handed over to this person."


def test_admins_give_it_to_anybody(as_user, ada, charlie, row):
    assert emails(as_user(ada).post(path(row), {"host": charlie.email})) == [charlie.email]


def test_strangers_and_those_who_may_not(as_user, anybody, alice, bob, charlie, row):
    assert as_user(charlie).post(path(row), {"host": bob.email}).status_code == 404
    assert anybody.post(path(row), {"host": bob.email}).status_code == 401
    own = make.booking(make.link(alice, "own"), "2026-12-02 09:00")
    refused = as_user(alice).post(path(own), {"host": bob.email})
    assert (refused.status_code, code(refused)) == (403, "forbidden")


def test_of_several_hosts_it_is_said_whose_part(as_user, ada, alice, bob, charlie):
    group = make.booking(make.link(alice, "group", kind="group", team=[alice, bob]))
    assert fields(as_user(ada).post(path(group), {"host": charlie.email})) == ["from"]
    assert fields(as_user(ada).post(path(group), {"host": charlie.email, "from": ada.email})) == ["from"]
    answer = as_user(ada).post(path(group), {"host": charlie.email, "from": bob.email})
    assert emails(answer) == [alice.email, charlie.email]


def test_ones_own_part_goes_without_saying(as_user, alice, bob, charlie):
    group = make.booking(make.link(alice, "group", kind="group", team=[alice, bob]))
    Member.create(link=group.link, user=charlie, position=3)
    assert emails(as_user(bob).post(path(group), {"host": charlie.email})) == [alice.email, charlie.email]


def test_what_is_cancelled_stays(as_user, alice, bob, row):
    bookings.cancel(row, make.NOW, by=None)
    refused = as_user(alice).post(path(row), {"host": bob.email})
    assert (refused.status_code, code(refused)) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["host"]),
        ({"host": 1}, ["host"]),
        ({"host": "bob"}, ["host"]),
        ({"host": "bob@example.org", "accept_events": "yes"}, ["accept_events"]),
        ({"host": "bob@example.org", "to": 1}, ["to"]),
    ],
)
def test_the_body_is_checked(as_user, alice, row, body, wrong):
    assert fields(as_user(alice).post(path(row), body)) == wrong


def test_its_list_tells_hosts_why_and_through_which_hands(as_user, alice, bob, row):
    as_user(alice).post(path(row), {"host": bob.email})
    make.booking(make.link(alice, "own"), "2026-12-02 09:00")
    items = {one["link"]: one["assignment"] for one in as_user(bob).get("/bookings").json["items"]}
    assert list(items) == ["team"]
    assert items["team"]["rule"] == "lowest_id"
    seats = [(one["user"], one["free"], one["chosen"], one["count"]) for one in items["team"]["candidates"]]
    assert seats == [(alice.email, True, True, 0), (bob.email, True, False, 0)]
    hand = {"at": "2026-11-30T08:00:00Z", "by": alice.name, "from": alice.name, "to": bob.name}
    assert items["team"]["handed_over"] == [hand]
    assert {one["link"]: one["assignment"] for one in as_user(alice).get("/bookings").json["items"]}["own"] is None


def test_every_answer_to_a_host_tells_it(as_user, alice, bob, row):
    make.busy(bob, "2026-12-01 08:00", "2026-12-01 09:30")
    link = make.link(alice, "again", kind="round_robin", team=[alice, bob])
    meeting = make.booking(link, "2026-12-01 10:00")
    shown = as_user(alice).get(f"/bookings/{meeting.public_id}")
    listed = as_user(alice).get("/bookings?link=again").json["items"]
    assert [shown.json] == listed
    moved = as_user(alice).post(f"/bookings/{meeting.public_id}/reschedule", {"start": "2026-12-02T10:00:00Z"})
    given = as_user(alice).post(path(meeting), {"host": bob.email})
    cancelled = as_user(bob).post(f"/bookings/{meeting.public_id}/cancel")
    told = [answer.json["assignment"] for answer in (shown, moved, given, cancelled)]
    assert {ledger["rule"] for ledger in told} == {"lowest_id"}
    assert [len(ledger["handed_over"]) for ledger in told] == [0, 0, 1, 1]


def test_it_tells_what_kept_the_others(as_user, alice, bob, charlie, row):
    make.busy(bob, "2026-12-03 08:00", "2026-12-03 09:30")
    link = make.link(
        alice, "again", kind="round_robin", team=[alice, bob, {"user": charlie.email, "paused": True}], buffer=15
    )
    meeting = make.booking(link, "2026-12-03 09:30")
    candidates = as_user(alice).get(f"/bookings/{meeting.public_id}").json["assignment"]["candidates"]
    busy = {"cause": "event", "start": "2026-12-03T08:00:00Z", "end": "2026-12-03T09:30:00Z", "too_near": True}
    paused = {"cause": "paused", "start": None, "end": None, "too_near": False}
    assert [one["in_the_way"] for one in candidates] == [None, busy, paused]


def test_who_was_removed_is_a_name_without_an_address(as_user, ada, alice, bob, row):
    make.removed(ada, alice)
    candidates = as_user(ada).get(f"/bookings/{row.public_id}").json["assignment"]["candidates"]
    assert [(one["user"], one["name"]) for one in candidates] == [(None, alice.name), (bob.email, bob.name)]


def test_contacts_are_told_nothing_of_it(anybody, row):
    shown = anybody.get(f"/bookings/{row.public_id}?token={access.manage_token(row)}")
    assert shown.status_code == 200
    assert "assignment" not in shown.json
    token = access.manage_token(row)
    moved = anybody.post(f"/bookings/{row.public_id}/reschedule?token={token}", {"start": "2026-12-02T10:00:00Z"})
    assert moved.status_code == 201
    assert "assignment" not in moved.json
