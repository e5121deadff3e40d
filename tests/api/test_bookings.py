"""Bookings: lists for hosts, and one of them for whoever may see it."""

from datetime import timedelta

import pytest

from meetings import clock
from meetings.models import Booking, MeetingType, Participant, User
from meetings.services import access, bookings, links
from tests import make
from tests.api.conftest import code, fields


@pytest.fixture
def team(alice, bob):
    return make.link(alice, "team", kind="round_robin", team=[alice, bob])


def token(row: Booking) -> str:
    return f"?token={access.manage_token(row)}"


# --- lists


def ids(answer) -> list[str]:
    return [item["id"] for item in answer.json["items"]]


def test_a_list_is_in_the_order_of_starts(as_user, alice):
    link = make.link(alice)
    later = make.booking(link, "2026-12-02 09:00")
    sooner = make.booking(link, "2026-12-01 09:00")
    answer = as_user(alice).get("/bookings")
    assert ids(answer) == [sooner.public_id, later.public_id]
    assert answer.json["next"] is None
    assert answer.json["items"][0]["contact"]["first_name"] == "Maren"


def test_hosts_are_told_the_types_of_meetings_and_contacts_are_not(as_user, anybody, alice):
    MeetingType.create(name="Review")
    made = make.booking(make.link(alice, overview={"meeting_type": "Review"}))
    other = make.booking(make.link(alice, "other"), "2026-12-02 09:00")
    items = as_user(alice).get("/bookings").json["items"]
    assert [(item["id"], item["meeting_type"]) for item in items] == [
        (made.public_id, "Review"),
        (other.public_id, None),
    ]
    assert as_user(alice).get(f"/bookings/{made.public_id}").json == items[0]
    assert "meeting_type" not in anybody.get(f"/bookings/{made.public_id}{token(made)}").json


def test_a_list_goes_on_page_by_page(as_user, alice, bob):
    one, other = make.link(alice), make.link(bob, "other")
    starts = [make.at("2026-12-01 09:00") + timedelta(minutes=30 * number) for number in range(5)]
    made = {make.booking(link, start).public_id for start in starts for link in (one, other)}
    ada = make.user("Ada", role="admin")
    seen, cursor = [], ""
    for _ in range(4):
        answer = as_user(ada).get(f"/bookings?limit=3{cursor}")
        seen += ids(answer)
        assert len(ids(answer)) <= 3
        cursor = f"&cursor={answer.json['next']}"
    assert answer.json["next"] is None
    assert len(seen) == len(set(seen)) == 10
    assert set(seen) == made


def test_everybody_sees_their_own_only(as_user, anybody, alice, bob, charlie, ada, team):
    mine = make.booking(make.link(bob, "bobs"), "2026-12-03 09:00")
    first = make.booking(team, "2026-12-01 09:00")
    second = make.booking(team, "2026-12-01 11:00")
    held_by_bob = next(row for row in (first, second) if row.hosts()[0].host_id == bob.id)
    assert set(ids(as_user(ada).get("/bookings"))) == {mine.public_id, first.public_id, second.public_id}
    assert set(ids(as_user(alice).get("/bookings"))) == {first.public_id, second.public_id}
    assert set(ids(as_user(bob).get("/bookings"))) == {mine.public_id, held_by_bob.public_id}
    assert ids(as_user(charlie).get("/bookings")) == []
    assert anybody.get("/bookings").status_code == 401


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("from=2026-12-02", [1, 2]),
        ("to=2026-12-01", [0]),
        ("from=2026-12-01&to=2026-12-02", [0, 1]),
        ("from=2026-12-02T10:00:00Z", [2]),
        ("from=2026-12-02T09:00:00Z&to=2026-12-03T09:00:00Z", [1]),
        ("from=2026-12-02T10:00:00%2B01:00", [1, 2]),
        ("status=cancelled", [2]),
        ("status=confirmed", [0, 1]),
        ("link=demo", [0, 2]),
        ("link=team", [1]),
        ("link=nowhere", []),
        ("host=bob@example.org", [1]),
        ("host=BOB@example.org", [1]),
        ("host=nobody@example.org", []),
        ("host=alice@example.org&status=confirmed&link=demo", [0]),
        ("whatever=1", [0, 1, 2]),
    ],
)
def test_a_list_can_be_narrowed(as_user, alice, bob, query, found):
    demo = make.link(alice)
    team = make.link(alice, "team", kind="round_robin", team=[bob])
    rows = [
        make.booking(demo, "2026-12-01 09:00"),
        make.booking(team, "2026-12-02 09:00"),
        make.booking(demo, "2026-12-03 09:00"),
    ]
    bookings.cancel(rows[2], make.NOW, by=None)
    assert ids(as_user(alice).get(f"/bookings?{query}")) == [rows[index].public_id for index in found]


def test_dates_are_days_of_the_caller_s_zone(as_user, alice):
    booking = make.booking(make.link(alice), "2026-12-01 09:00")
    far = make.user("Aroha", role="admin", timezone="Pacific/Kiritimati")  # 14 hours ahead
    early = make.link(
        alice, "early", timezone="UTC", available_hours=[{"days": ["tue"], "start": "11:00", "end": "14:00"}]
    )
    late = make.booking(early, "2026-12-01 11:00")
    assert ids(as_user(far).get("/bookings?from=2026-12-02&to=2026-12-02")) == [late.public_id]
    assert ids(as_user(far).get("/bookings?to=2026-12-01")) == [booking.public_id]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("from=yesterday", ["from"]),
        ("from=2026-12-02T10:00:00", ["from"]),
        ("from=2026-12-03&to=2026-12-01", ["to"]),
        ("status=pending", ["status"]),
        ("host=alice", ["host"]),
        ("limit=0", ["limit"]),
        ("limit=201", ["limit"]),
        ("limit=ten", ["limit"]),
        ("cursor=nonsense", ["cursor"]),
        ("cursor=W10", ["cursor"]),
        ("cursor=WzEsdHJ1ZV0", ["cursor"]),
        ("cursor=" + "W" * 400, ["cursor"]),
        ("cursor=WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAsMV0", ["cursor"]),
    ],
)
def test_wrong_questions_are_refused(as_user, alice, query, wrong):
    assert fields(as_user(alice).get(f"/bookings?{query}")) == wrong


def test_a_list_takes_few_queries(as_user, alice, count_queries):
    link = make.link(alice)
    caller = as_user(alice)
    make.booking(link, "2026-12-01 09:00")
    with count_queries() as few:
        caller.get("/bookings")
    for minute in range(30, 360, 30):
        make.booking(link, make.at("2026-12-01 09:00") + timedelta(minutes=minute))
    with count_queries() as many:
        assert len(caller.get("/bookings").json["items"]) == 12
    assert len(many) == len(few) <= 5


# --- one booking


def test_one_booking_for_those_in_it(as_user, anybody, alice, bob, charlie, ada, team):
    row = make.booking(team)
    outsider = bob if row.hosts()[0].host_id == alice.id else alice
    path = f"/bookings/{row.public_id}"
    assert anybody.get(path + token(row)).json["id"] == row.public_id
    assert as_user(ada).get(path).status_code == 200
    assert as_user(alice).get(path).status_code == 200
    assert as_user(bob).get(path).status_code == (404 if outsider is bob else 200)
    assert as_user(charlie).get(path).status_code == 404
    assert anybody.get(path).status_code == 401


def test_a_booking_s_token_opens_that_booking_alone(anybody, alice):
    link = make.link(alice)
    row, other = make.booking(link, "2026-12-01 09:00"), make.booking(link, "2026-12-01 10:00")
    for wrong in (
        token(other),
        "?token=",
        "?token=forged",
        f"{token(row)}x",
        f"?token={row.public_id}",
        f"?token={row.id}",
    ):
        answer = anybody.get(f"/bookings/{row.public_id}{wrong}")
        assert answer.status_code in {401, 404}, wrong
    for unknown in ("1", str(row.id), "-1", "unknown", "%00", "x" * 300):
        assert anybody.get(f"/bookings/{unknown}{token(row)}").status_code == 404, unknown


def test_a_token_dies_a_month_after_the_meeting(anybody, alice):
    row = make.booking(make.link(alice))
    clock.set_source(lambda: row.ends_at + timedelta(days=30))
    assert anybody.get(f"/bookings/{row.public_id}{token(row)}").status_code == 200
    clock.set_source(lambda: row.ends_at + timedelta(days=30, seconds=1))
    assert anybody.get(f"/bookings/{row.public_id}{token(row)}").status_code == 404


def test_a_wrong_bearer_is_not_helped_by_a_right_token(app, alice, as_user):
    row = make.booking(make.link(alice))
    caller = as_user(alice)
    caller.token = "wrong"
    assert caller.get(f"/bookings/{row.public_id}{token(row)}").status_code == 401


# --- moving


def test_the_contact_moves_their_booking(anybody, alice):
    row = make.booking(make.link(alice))
    answer = anybody.post(f"/bookings/{row.public_id}/reschedule{token(row)}", {"start": "2026-12-02T10:15:00+01:00"})
    assert answer.status_code == 201
    assert (answer.json["id"], answer.json["start"], answer.json["end"]) == (
        row.public_id,
        "2026-12-02T09:15:00Z",
        "2026-12-02T09:45:00Z",
    )
    moved = Booking.get()
    assert (moved.sequence, moved.uid) == (row.sequence + 1, row.uid)


def test_a_host_moves_a_booking(as_user, alice, charlie, ada):
    row = make.booking(make.link(alice))
    path = f"/bookings/{row.public_id}/reschedule"
    assert as_user(charlie).post(path, {"start": "2026-12-02T09:00:00Z"}).status_code == 404
    assert as_user(alice).post(path, {"start": "2026-12-02T09:00:00Z"}).status_code == 201
    assert as_user(ada).post(path, {"start": "2026-12-02T10:00:00Z"}).json["start"] == "2026-12-02T10:00:00Z"


def test_a_booking_is_not_in_its_own_way(anybody, alice):
    row = make.booking(make.link(alice))
    path = f"/bookings/{row.public_id}/reschedule{token(row)}"
    assert anybody.post(path, {"start": "2026-12-01T09:15:00Z"}).status_code == 201


def test_moving_to_a_taken_time_changes_nothing(anybody, alice):
    link = make.link(alice)
    row = make.booking(link, "2026-12-01 09:00")
    make.booking(link, "2026-12-01 10:00")
    answer = anybody.post(f"/bookings/{row.public_id}/reschedule{token(row)}", {"start": "2026-12-01T10:00:00Z"})
    assert (answer.status_code, code(answer), answer.json["rule"]) == (409, "slot-taken", "free")
    assert {"start": "2026-12-01T09:30:00Z", "end": "2026-12-01T10:00:00Z"} in answer.json["nearest"]
    assert Booking.get_by_id(row.id).starts_at == row.starts_at


def test_a_round_robin_s_host_stays_unless_any_will_do(anybody, alice, bob):
    link = make.link(alice, "team", kind="round_robin", team=[alice, bob])
    row = make.booking(link, "2026-12-01 09:00")
    host = row.hosts()[0].host
    make.busy(host, "2026-12-02 09:00", "2026-12-02 10:00")
    path = f"/bookings/{row.public_id}/reschedule{token(row)}"
    answer = anybody.post(path, {"start": "2026-12-02T09:00:00Z"})
    assert (answer.status_code, code(answer)) == (409, "slot-taken")
    moved = anybody.post(path, {"start": "2026-12-02T09:00:00Z", "any_host": True})
    assert moved.status_code == 201
    assert moved.json["hosts"][0]["email"] != host.email
    assert moved.json["id"] == row.public_id


def starts(answer) -> list[str]:
    return [slot["start"] for slot in answer.json["nearest"]]


def test_the_nearest_times_are_those_of_whom_it_may_go_to(anybody, alice, bob, team):
    row = make.booking(team, "2026-12-01 09:00")
    host = row.hosts()[0].host
    make.busy(host, "2026-12-02 08:00", "2026-12-02 15:00")
    path = f"/bookings/{row.public_id}/reschedule{token(row)}"
    kept = anybody.post(path, {"start": "2026-12-02T09:10:00Z"})
    assert starts(kept)[0] == "2026-12-01T15:30:00Z"
    assert anybody.post(path, {"start": starts(kept)[0]}).json["hosts"][0]["email"] == host.email
    any_host = anybody.post(path, {"start": "2026-12-02T09:10:00Z", "any_host": True})
    assert "2026-12-02T09:15:00Z" in starts(any_host)


def test_no_time_is_near_with_a_host_who_has_left(anybody, alice, bob, team):
    row = make.booking(team, "2026-12-01 09:00")
    User.update(is_active=False).where(User.id == row.hosts()[0].host_id).execute()
    path = f"/bookings/{row.public_id}/reschedule{token(row)}"
    assert starts(anybody.post(path, {"start": "2026-12-02T09:00:00Z"})) == []
    assert anybody.post(path, {"start": "2026-12-02T09:00:00Z", "any_host": True}).status_code == 201


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["start"]),
        ({"start": "2026-12-02T09:00:00"}, ["start"]),
        ({"start": "soon"}, ["start"]),
        ({"start": "2026-12-02T09:00:00Z", "any_host": 1}, ["any_host"]),
        ({"start": "2026-12-02T09:00:00Z", "duration": 60}, ["duration"]),
        ([], [""]),
    ],
)
def test_moving_takes_a_start(anybody, alice, body, wrong):
    row = make.booking(make.link(alice))
    assert fields(anybody.post(f"/bookings/{row.public_id}/reschedule{token(row)}", body)) == wrong


def test_fractions_of_a_second_are_not_offered(anybody, alice):
    row = make.booking(make.link(alice))
    path = f"/bookings/{row.public_id}/reschedule{token(row)}"
    assert anybody.post(path, {"start": "2026-12-02T09:00:00.000001Z"}).status_code == 409


def test_what_is_over_or_cancelled_stays_where_it_is(anybody, alice):
    link = make.link(alice)
    over, cancelled = make.booking(link, "2026-12-01 09:00"), make.booking(link, "2026-12-03 09:00")
    bookings.cancel(cancelled, make.NOW, by=None)
    clock.set_source(lambda: make.at("2026-12-01 09:00"))
    for row, sentence in ((over, "begun"), (cancelled, "cancelled")):
        answer = anybody.post(f"/bookings/{row.public_id}/reschedule{token(row)}", {"start": "2026-12-04T09:00:00Z"})
        assert (answer.status_code, code(answer)) == (409, "conflict")
        assert sentence in answer.json["detail"]


# --- cancelling


@pytest.mark.parametrize("body", [None, {}, {"reason": None}, {"reason": "I’m ill.\nSorry!"}])
def test_the_contact_cancels(anybody, alice, body):
    row = make.booking(make.link(alice))
    answer = anybody.post(f"/bookings/{row.public_id}/cancel{token(row)}", body)
    assert (answer.status_code, answer.json["status"]) == (201, "cancelled")
    assert Booking.get().cancel_reason == ((body or {}).get("reason") or "")
    assert not Participant.get().is_active


def test_a_host_cancels_and_the_time_is_free_again(as_user, anybody, alice, charlie):
    link = make.link(alice)
    row = make.booking(link)
    assert as_user(charlie).post(f"/bookings/{row.public_id}/cancel").status_code == 404
    assert as_user(alice).post(f"/bookings/{row.public_id}/cancel").status_code == 201
    assert make.booking(link).starts_at == row.starts_at


def test_cancelling_twice_changes_nothing(anybody, alice):
    row = make.booking(make.link(alice))
    path = f"/bookings/{row.public_id}/cancel{token(row)}"
    first = anybody.post(path, {"reason": "First"})
    assert anybody.post(path, {"reason": "Second"}).json == first.json
    assert Booking.get().cancel_reason == "First"


def test_a_meeting_that_is_over_stays(anybody, alice):
    row = make.booking(make.link(alice))
    clock.set_source(lambda: row.ends_at)
    assert code(anybody.post(f"/bookings/{row.public_id}/cancel{token(row)}")) == "conflict"


@pytest.mark.parametrize(
    ("body", "wrong"), [({"reason": 3}, ["reason"]), ({"reason": "x" * 1001}, ["reason"]), ({"why": ""}, ["why"])]
)
def test_a_reason_is_text(anybody, alice, body, wrong):
    row = make.booking(make.link(alice))
    assert fields(anybody.post(f"/bookings/{row.public_id}/cancel{token(row)}", body)) == wrong
    assert Booking.get().is_confirmed


@pytest.mark.parametrize("verb", ["reschedule", "cancel"])
def test_looking_never_acts(anybody, alice, verb):
    row = make.booking(make.link(alice))
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        path = f"/bookings/{row.public_id}/{verb}{token(row)}&start=2026-12-02T09:00:00Z"
        answer = anybody.client.open(f"/api/v1{path}", method=method, headers={"X-HTTP-Method-Override": "POST"})
        assert answer.status_code == 405
    assert (Booking.get().status, Booking.get().starts_at) == ("confirmed", row.starts_at)


def test_bookings_of_a_deleted_link_can_still_be_seen_and_cancelled(anybody, as_user, alice):
    link = make.link(alice)
    row = make.booking(link)
    links.delete(alice, link, make.NOW)
    assert as_user(alice).get(f"/bookings/{row.public_id}").json["link"] == "demo"
    assert anybody.post(f"/bookings/{row.public_id}/cancel{token(row)}").status_code == 201


def test_a_contact_moves_nothing_on_a_page_that_is_off_and_the_host_does(anybody, as_user, alice):
    """As their page says; the host may always."""
    link = make.link(alice)
    booked = make.booking(link)
    links.switch_off(alice, link, make.NOW)
    wanted = {"start": "2026-12-01T10:00:00Z"}
    refused = anybody.post(f"/bookings/{booked.public_id}/reschedule{token(booked)}", wanted)
    assert (refused.status_code, code(refused)) == (409, "conflict")
    assert "no bookings" in refused.json["detail"]
    assert as_user(alice).post(f"/bookings/{booked.public_id}/reschedule", wanted).status_code == 201


# --- how often


def test_a_contact_moves_and_cancels_with_measure(anybody, as_user, alice):
    rows = [make.booking(make.link(alice), "2026-12-01 09:00")]
    path = f"/bookings/{rows[0].public_id}/reschedule"
    codes = [
        anybody.post(path + token(rows[0]), {"start": f"2026-12-02T{hour:02}:00:00Z"}).status_code
        for hour in (9, 10, 11, 12, 14, 15)
    ]
    assert codes == [*[201] * 5, 429]
    assert as_user(alice).post(path, {"start": "2026-12-02T13:00:00Z"}).status_code == 201
    refused = anybody.post(f"/bookings/{rows[0].public_id}/cancel{token(rows[0])}")
    assert code(refused) == "rate-limited"
    assert int(refused.headers["Retry-After"]) > 0
    mailed = f"?token={access.mailed_token(rows[0])}"
    assert anybody.post(f"/bookings/{rows[0].public_id}/cancel{mailed}").status_code == 201
