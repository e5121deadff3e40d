"""Named schedules over the API."""

import pytest

from meetings.models import Schedule
from tests import make
from tests.api.conftest import code, fields

EARLY = {
    "name": "Early",
    "timezone": "Europe/Paris",
    "available_hours": [{"days": ["mon", "tue"], "start": "07:00", "end": "09:00"}],
    "date_overrides": [{"date": "2026-12-24", "hours": []}],
}


def names(caller, query: str = "") -> list[str]:
    return [row["name"] for row in caller.get(f"/schedules{query}").json["items"]]


def test_a_schedule_is_made_read_changed_and_deleted(as_user, alice):
    caller = as_user(alice)
    answer = caller.post("/schedules", EARLY)
    expected = {"id": Schedule.get().id, "user": "alice@example.org", **EARLY, "first": True}
    assert (answer.status_code, answer.json) == (201, expected)
    path = f"/schedules/{expected['id']}"
    assert caller.get(path).json == expected
    assert caller.patch(path, {"timezone": "Asia/Tokyo"}).json == {**expected, "timezone": "Asia/Tokyo"}
    assert caller.patch(path, expected).json == expected
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404


def test_one_that_somebody_else_has_changed_is_changed_only_by_who_wants_it_anyhow(as_user, alice):
    caller = as_user(alice)
    made = caller.post("/schedules", EARLY)
    path, mark = f"/schedules/{made.json['id']}", {"If-Match": made.headers["ETag"]}
    assert caller.get(path).headers["ETag"] == made.headers["ETag"]
    changed = caller.patch(path, {"name": "Earlier"}, headers=mark)
    assert changed.status_code == 200
    late = caller.patch(path, {"name": "Late"}, headers=mark)
    assert (late.status_code, code(late)) == (412, "precondition-failed")
    assert caller.patch(path, {"first": True}, headers={"If-Match": changed.headers["ETag"]}).status_code == 200
    assert caller.patch(path, {"name": "Late"}, headers={"If-Match": "*"}).json["name"] == "Late"
    assert caller.patch(path, {"name": "Latest"}).json["name"] == "Latest"


def test_what_is_not_said_is_office_hours_in_one_s_own_zone(as_user, alice):
    found = as_user(alice).post("/schedules", {"name": "Plain"}).json
    week = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}]
    assert (found["timezone"], found["available_hours"], found["date_overrides"]) == ("Europe/Paris", week, [])


def test_the_first_is_said_by_one_of_them(as_user, alice):
    caller = as_user(alice)
    made = [caller.post("/schedules", {"name": name}).json for name in ("A", "B", "C")]
    assert names(caller) == ["A", "B", "C"]
    assert caller.patch(f"/schedules/{made[2]['id']}", {"first": True}).json["first"] is True
    assert names(caller) == ["C", "A", "B"]
    assert [row["first"] for row in caller.get("/schedules?limit=2").json["items"]] == [True, False]
    cursor = caller.get("/schedules?limit=2").json["next"]
    assert [row["first"] for row in caller.get(f"/schedules?cursor={cursor}").json["items"]] == [False]
    refused = caller.patch(f"/schedules/{made[2]['id']}", {"first": False})
    assert (refused.status_code, fields(refused)) == (422, ["first"])


def test_everybody_has_their_own(as_user, anybody, alice, bob, ada):
    mine = as_user(alice).post("/schedules", EARLY).json
    his = as_user(ada).post("/schedules", {"name": "Bob's", "user": "Bob@example.org"}).json
    assert his["user"] == "bob@example.org"
    assert (names(as_user(alice)), names(as_user(bob)), names(as_user(ada))) == (["Early"], ["Bob's"], [])
    assert names(as_user(ada), "?user=bob@example.org") == ["Bob's"]
    assert names(as_user(alice), "?user=bob@example.org") == []
    path = f"/schedules/{his['id']}"
    for answer in (
        as_user(alice).get(path),
        as_user(alice).patch(path, {"name": "Mine"}),
        as_user(alice).delete(path),
    ):
        assert answer.status_code == 404
    assert code(as_user(alice).post("/schedules", {"name": "X", "user": "bob@example.org"})) == "forbidden"
    assert fields(as_user(ada).post("/schedules", {"name": "X", "user": "nobody@example.org"})) == ["user"]
    assert anybody.get("/schedules").status_code == 401
    assert as_user(ada).patch(path, {"name": "Ada's words"}).json["name"] == "Ada's words"
    assert fields(as_user(alice).patch(f"/schedules/{mine['id']}", {"user": "bob@example.org"})) == ["user"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"name": ""}, ["name"]),
        ({"name": 7}, ["name"]),
        ({"timezone": "Mars"}, ["timezone"]),
        ({"available_hours": [{"days": [], "start": "07:00", "end": "09:00"}]}, ["available_hours.0.days"]),
        ({"available_hours": [{"days": ["mon"], "start": "9", "end": "10:00"}]}, ["available_hours.0.start"]),
        ({"date_overrides": [{"date": "2026-12-24"}, {"date": "2026-12-24"}]}, ["date_overrides.1.date"]),
        ({"first": 1}, ["first"]),
        ({"user": []}, ["user"]),
        ({"hours": []}, ["hours"]),
    ],
)
def test_what_is_wrong_is_said(as_user, alice, change, wrong):
    answer = as_user(alice).post("/schedules", {**EARLY, **change})
    assert (answer.status_code, fields(answer)) == (422, wrong)


def test_a_link_goes_by_it(as_user, anybody, alice):
    caller = as_user(alice)
    made = caller.post("/schedules", EARLY).json
    make.link(alice)
    wish = {"scheduling": {"hours": "hosts", "schedule": "Early", "start_increment": 60}}
    assert caller.patch("/links/demo", wish).json["scheduling"]["schedule"] == "Early"
    times = anybody.get("/book/demo/slots?from=2026-12-01&to=2026-12-01").json["slots"]
    assert [slot["start"] for slot in times] == ["2026-12-01T06:00:00Z", "2026-12-01T07:00:00Z"]
    unknown = caller.patch("/links/demo", {"scheduling": {"schedule": "Late"}})
    assert (unknown.status_code, fields(unknown)) == (422, ["scheduling.schedule"])
    caller.patch(f"/schedules/{made['id']}", {"name": "Sunrise"})
    assert caller.get("/links/demo").json["scheduling"]["schedule"] == "Sunrise"
