"""Busy times entered by hand."""

import pytest

from meetings.models import BusyTime
from tests import make
from tests.api.conftest import code, fields

LUNCH = {"start": "2026-12-01T11:00:00Z", "end": "2026-12-01T12:00:00Z", "title": "Lunch"}


def starts(anybody) -> list[str]:
    return [slot["start"] for slot in anybody.get("/book/demo/slots?from=2026-12-01&to=2026-12-01").json["slots"]]


def test_a_host_is_busy(as_user, anybody, alice):
    make.link(alice)
    answer = as_user(alice).post("/busy", {**LUNCH, "start": "2026-12-01T12:00:00+01:00"})
    assert answer.status_code == 201
    assert answer.json == {"id": BusyTime.get().id, "user": "alice@example.org", **LUNCH}
    left = starts(anybody)
    assert "2026-12-01T10:30:00Z" in left
    assert "2026-12-01T12:00:00Z" in left
    assert not {"2026-12-01T10:45:00Z", "2026-12-01T11:00:00Z", "2026-12-01T11:45:00Z"} & set(left)
    assert as_user(alice).delete(f"/busy/{answer.json['id']}").status_code == 204
    assert "2026-12-01T11:00:00Z" in starts(anybody)


def test_nobody_learns_why_somebody_is_busy(as_user, anybody, alice):
    make.link(alice)
    as_user(alice).post("/busy", {**LUNCH, "title": "Doctor"})
    for path in ("/book/demo", "/book/demo/slots?from=2026-12-01&to=2026-12-01"):
        assert "Doctor" not in anybody.get(path).text


def test_fractions_are_rounded_outward(as_user, alice):
    span = {"start": "2026-12-01T11:00:00.9Z", "end": "2026-12-01T12:00:00.000001Z"}
    found = as_user(alice).post("/busy", span).json
    assert (found["start"], found["end"], found["title"]) == ("2026-12-01T11:00:00Z", "2026-12-01T12:00:01Z", "")


def test_a_span_without_length_blocks_nothing(as_user, anybody, alice):
    make.link(alice)
    before = starts(anybody)
    answer = as_user(alice).post("/busy", {"start": "2026-12-01T09:10:00Z", "end": "2026-12-01T09:10:00Z"})
    assert answer.status_code == 201
    assert starts(anybody) == before


def test_everybody_has_their_own(as_user, anybody, alice, bob, ada):
    mine = as_user(alice).post("/busy", LUNCH).json
    his = as_user(ada).post("/busy", {**LUNCH, "user": "Bob@example.org"}).json
    assert his["user"] == "bob@example.org"
    assert as_user(alice).get("/busy").json["items"] == [mine]
    assert as_user(bob).get("/busy").json["items"] == [his]
    assert as_user(ada).get("/busy").json["items"] == [mine, his]
    assert as_user(ada).get("/busy?user=bob@example.org").json["items"] == [his]
    assert as_user(alice).get("/busy?user=bob@example.org").json["items"] == []
    assert as_user(alice).delete(f"/busy/{his['id']}").status_code == 404
    assert code(as_user(alice).post("/busy", {**LUNCH, "user": "bob@example.org"})) == "forbidden"
    assert code(as_user(alice).post("/busy", {**LUNCH, "user": "nobody@example.org"})) == "forbidden"
    assert anybody.get("/busy").status_code == anybody.post("/busy", LUNCH).status_code == 401
    assert as_user(ada).delete(f"/busy/{his['id']}").status_code == 204
    assert as_user(ada).delete(f"/busy/{his['id']}").status_code == 404


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"start": None}, ["start"]),
        ({"end": None}, ["end"]),
        ({"start": "2026-12-01T11:00:00"}, ["start"]),
        ({"end": "2026-12-01"}, ["end"]),
        ({"end": "2026-12-01T10:59:59Z"}, ["end"]),
        ({"end": "9999-12-31T23:59:59.5Z"}, ["end"]),
        ({"title": 7}, ["title"]),
        ({"title": "x" * 201}, ["title"]),
        ({"title": "a\nb"}, ["title"]),
        ({"user": "bob"}, ["user"]),
        ({"user": []}, ["user"]),
        ({"user": "nobody@example.org"}, ["user"]),
        ({"id": 1}, ["id"]),
        ({"user_id": 1}, ["user_id"]),
    ],
)
def test_wrong_values_are_named(as_user, ada, change, wrong):
    assert fields(as_user(ada).post("/busy", {**LUNCH, **change})) == wrong
    assert BusyTime.select().count() == 0


def test_a_list_goes_on_page_by_page(as_user, alice):
    caller = as_user(alice)
    made = [caller.post("/busy", LUNCH).json["id"] for _ in range(3)]
    early = caller.post("/busy", {**LUNCH, "start": "0099-12-01T11:00:00Z"}).json
    assert early["start"] == "0099-12-01T11:00:00Z"
    first = caller.get("/busy?limit=2").json
    rest = caller.get(f"/busy?limit=2&cursor={first['next']}").json
    assert [item["id"] for item in first["items"] + rest["items"]] == [early["id"], *made]
    assert rest["next"] is None
