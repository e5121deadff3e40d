"""What holds for every call: strict JSON, problem documents, other sites, limits, languages."""

import logging

import peewee
import pytest

from meetings import db
from meetings.api import MAX_BODY, problems
from meetings.api.calls import CALLS
from meetings.errors import Problem
from meetings.models import Booking, BusyTime
from meetings.services import offers
from meetings.services.bookings import judging
from tests import make
from tests.api.conftest import code, fields
from tests.api.test_public import wish

SPAN = '"start": "2026-12-01T11:00:00Z", "end": "2026-12-01T12:00:00Z"'


def send(caller, data, content_type="application/json"):
    return caller.post("/busy", data=data, content_type=content_type)


# --- bodies


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "start=1",
        "{'start': 1}",
        '{"title": NaN}',
        '{"title": -Infinity}',
        '{"title": "a", "title": "b"}',
        '{"title": {"a": 1, "a": 1}}',
        '{"title": "tab\there"}',
        '{"title": "\\x"}',
        b'{"title": "\xff"}',
        '{"title": "a"}'.encode("utf-16"),
        "[" * 100_000,
        "[" * 900 + "]" * 900,
        '{"a":' * 30 + "1" + "}" * 30,
        '{"title": ' + "9" * 5000 + "}",
        '{"title": "a"} {"title": "b"}',
        "\ufeff{}",
    ],
)  # fmt: skip
def test_what_is_not_clean_json_is_refused(as_user, alice, data):
    answer = send(as_user(alice), data)
    assert (answer.status_code, code(answer)) == (400, "bad-request")
    assert BusyTime.select().count() == 0


def test_a_lone_surrogate_harms_nobody(as_user, alice):
    answer = send(as_user(alice), f'{{{SPAN}, "title": "\\ud800", "\\udfff": 1}}')
    assert len(fields(answer)) == 2


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "", "application/jsonp"],
)
def test_a_body_must_say_that_it_is_json(as_user, alice, kind):
    answer = send(as_user(alice), f"{{{SPAN}}}", kind)
    assert (answer.status_code, code(answer)) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/merge-patch+json", "APPLICATION/JSON"]
)
def test_kinds_of_json(as_user, alice, kind):
    assert send(as_user(alice), f"{{{SPAN}}}", kind).status_code == 201


def test_a_body_has_a_limit(as_user, alice):
    fits = f'{{{SPAN}, "title": "a"' + " " * (MAX_BODY - len(SPAN) - 30) + "}"
    assert send(as_user(alice), fits).status_code == 201
    answer = send(as_user(alice), " " * (MAX_BODY + 1))
    assert (answer.status_code, code(answer)) == (413, "too-large")


def test_forms_of_other_sites_change_nothing(client, alice):
    """What a page elsewhere can send without asking first: no JSON, and never a token."""
    client.set_cookie("session", "x")
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
        answer = client.post("/api/v1/busy", data=f"{{{SPAN}}}", content_type=kind)
        assert answer.status_code == 401
    assert BusyTime.select().count() == 0


def test_unknown_fields_are_shown_harmlessly(as_user, alice):
    answer = as_user(alice).post("/busy", {"<script>alert(1)</script>\r\nX: y" + "z" * 300: 1})
    assert answer.content_type == "application/problem+json"
    shown = next(error["field"] for error in answer.json["errors"] if error["field"].startswith("<"))
    assert len(shown) <= 60
    assert "\n" not in shown


# --- problems


@pytest.mark.parametrize(
    "path",
    ["", "/", "2", "/nope", "/users/1/friends", "/book", "/book/a/b/c", "/links/", "/me/", "/%00", "/book/%ff"],
)
def test_unknown_addresses(as_user, alice, path):
    answer = as_user(alice).client.get(f"/api/v1{path}")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json["status"] == 404


def test_wrong_methods_name_the_right_ones(anybody):
    answer = anybody.client.put("/api/v1/book/demo/bookings")
    assert (answer.status_code, code(answer)) == (405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]
    assert {"GET", "POST"} <= set(anybody.client.delete("/api/v1/links").headers["Allow"].split(", "))


def test_a_type_leads_to_its_explanation(anybody, client):
    answer = anybody.get("/book/nowhere")
    assert answer.json["type"] == "http://localhost/api/v1/problems/not-found"
    assert client.get("/api/v1/problems/not-found").headers["Location"] == "/api/v1/docs#not-found"
    assert client.get("/api/v1/problems/unheard-of").status_code == 404
    assert 'id="not-found"' in client.get("/api/v1/docs").text


def test_every_problem_has_its_words(app):
    def children(kind):
        return {child for direct in kind.__subclasses__() for child in {direct, *children(direct)}}

    for kind in children(Problem):
        assert kind.code in problems.TITLES, kind
    promised = {name for line in CALLS.values() for name in line.codes}
    assert promised <= set(problems.TITLES)


def test_sentences_are_in_the_caller_s_language(anybody, alice):
    make.link(alice)
    french = {"Accept-Language": "fr"}
    for headers in ({}, french, {}):
        answer = anybody.get("/book/demo/slots?from=x&to=2026-12-01", headers=headers)
        assert answer.headers["Vary"]
        english = "This is not a date" in answer.text
        assert english or headers == french
        assert "Accept-Language" in answer.headers["Vary"]


def test_a_fault_of_ours_says_nothing_about_itself(anybody, alice, monkeypatch, caplog):
    make.link(alice)

    def fail(*_args):
        raise RuntimeError("the secret canary")

    monkeypatch.setattr(offers, "hosts_of", fail)
    with caplog.at_level(logging.ERROR):
        answer = anybody.get("/book/demo")
    assert (answer.status_code, code(answer)) == (500, "internal-error")
    assert "canary" not in answer.text
    assert answer.json["reference"] in caplog.text


def test_a_busy_database_asks_to_come_back(anybody, alice, monkeypatch):
    make.link(alice)

    def locked(*_args, **_more):
        raise peewee.OperationalError("database is locked")

    monkeypatch.setattr(judging, "judge", locked)
    answer = anybody.post("/book/demo/bookings", wish())
    assert (answer.status_code, code(answer)) == (503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1
    assert Booking.select().count() == 0


@pytest.mark.sqlite
def test_a_writer_who_holds_the_database_too_long(anybody, alice, monkeypatch, database_url):
    """A lock that stays: the caller hears `busy`, not a fault, and nothing is half written."""
    import sqlite3

    make.link(alice)
    monkeypatch.setattr(db, "LOCK_SECONDS", 0.2)
    db.database.execute_sql("PRAGMA busy_timeout = 200")
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = anybody.post("/book/demo/bookings", wish())
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert (answer.status_code, code(answer)) == (503, "busy")
    assert anybody.post("/book/demo/bookings", wish()).status_code == 201


# --- other sites


OPEN = {"show_page", "show_challenge", "list_slots", "book_slot", "show_booking", "move_booking", "cancel_booking"}


def test_which_calls_other_sites_may_make():
    described = {"show_document", "show_reference", "show_problem"}
    assert {name for name, line in CALLS.items() if line.is_open} == OPEN | described


def test_public_calls_are_open_to_other_sites(anybody, alice):
    make.link(alice)
    for answer in (
        anybody.get("/book/demo", headers={"Origin": "https://elsewhere.example"}),
        anybody.get("/book/nowhere", headers={"Origin": "https://elsewhere.example"}),
        anybody.post("/book/demo/bookings", {}, headers={"Origin": "null"}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_browser_asks_before_it_books(client, alice):
    make.link(alice)
    asking = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/api/v1/book/demo/bookings", headers=asking)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert "content-type" in allowed
    assert "idempotency-key" in allowed


def test_the_rest_is_closed_to_other_sites(as_user, client, alice):
    answers = [as_user(alice).get(path) for path in ("/me", "/users", "/links", "/busy", "/bookings")]
    answers += [client.options(f"/api/v1{path}") for path in ("/me", "/users", "/links", "/busy", "/bookings")]
    assert not any("Access-Control-Allow-Origin" in answer.headers for answer in answers)


def test_answers_are_not_kept(as_user, anybody, alice):
    make.link(alice)
    for answer in (as_user(alice).get("/me"), anybody.get("/book/demo"), anybody.get("/me"), anybody.get("/nope")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers


# --- limits


def test_looking_is_limited_by_address(anybody, alice):
    make.link(alice)
    statuses = [anybody.get("/book/demo").status_code for _ in range(301)]
    assert statuses.count(200) == 300
    answer = anybody.get("/book/demo")
    assert (answer.status_code, code(answer)) == (429, "rate-limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    elsewhere = anybody.client.get("/api/v1/book/demo", environ_overrides={"REMOTE_ADDR": "127.0.0.9"})
    assert elsewhere.status_code == 200


def test_a_forged_address_is_not_believed(anybody, alice):
    make.link(alice)
    for number in range(301):
        answer = anybody.get("/book/demo", headers={"X-Forwarded-For": f"192.0.2.{number % 250}"})
    assert answer.status_code == 429


def test_trying_is_limited_by_address(anybody, alice):
    make.link(alice)
    statuses = [anybody.post("/book/demo/bookings", {}).status_code for _ in range(31)]
    assert statuses == [422] * 30 + [429]


def test_bookings_are_limited_by_address_and_link(app, anybody, alice):
    link = make.link(
        alice, start_increment=30, available_hours=[{"days": ["tue", "wed"], "start": "00:00", "end": "24:00"}]
    )
    starts = [slot["start"] for slot in anybody.get("/book/demo/slots?from=2026-12-01&to=2026-12-02").json["slots"]]

    def book(start, address):
        return anybody.client.post(
            "/api/v1/book/demo/bookings", json=wish(start), environ_overrides={"REMOTE_ADDR": address}
        )

    assert [book(start, "127.0.0.2").status_code for start in starts[:11]] == [201] * 10 + [429]
    assert book(starts[0], "127.0.0.2").status_code == 429
    more = [book(start, f"127.0.1.{number}").status_code for number, start in enumerate(starts[10:31])]
    assert more == [201] * 20 + [429]
    assert Booking.select().where(Booking.link == link).count() == 30


def test_a_token_s_owner_is_not_limited(as_user, alice):
    caller = as_user(alice)
    row = make.booking(make.link(alice))
    assert {caller.get(f"/bookings/{row.public_id}").status_code for _ in range(310)} == {200}


class TestWithoutLimits:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "RATELIMIT_ENABLED": False}

    def test_limits_can_be_switched_off(self, anybody, alice):
        make.link(alice)
        assert {anybody.get("/book/demo").status_code for _ in range(310)} == {200}
        assert {anybody.post("/book/demo/bookings", {}).status_code for _ in range(40)} == {422}
