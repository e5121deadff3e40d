"""Booking by programs through a page that checks for robots, and what else keeps strangers' mailboxes quiet."""

from datetime import timedelta

import pytest

from meetings import clock
from meetings.models import Booking, Contact, Delivery, Link
from meetings.services import guarding
from tests import make
from tests.api.conftest import code
from tests.robots import solution

CONTACT = {"email": "maren@example.com", "first_name": "Maren", "last_name": "Holt"}


def wish(start="2026-12-01T09:00:00Z", **more):
    return {"start": start, "contact": CONTACT, **more}


@pytest.fixture
def guarded(alice):
    return make.link(alice, form={"captcha": True})


def test_the_page_says_that_it_checks(anybody, guarded):
    assert anybody.get("/book/demo").json["form"]["captcha"] is True


def test_whoever_solves_the_challenge_books(anybody, guarded):
    challenge = anybody.get("/book/demo/captcha")
    assert challenge.headers["Access-Control-Allow-Origin"] == "*"
    assert challenge.headers["Cache-Control"] == "no-store"
    answer = anybody.post("/book/demo/bookings", wish(captcha=solution(challenge.json)))
    assert (answer.status_code, answer.json["status"]) == (201, "confirmed")


@pytest.mark.parametrize("captcha", [None, "", "x", "e30="])
def test_without_a_solution_nothing_is_booked(anybody, guarded, captcha):
    answer = anybody.post("/book/demo/bookings", wish(captcha=captcha))
    assert (answer.status_code, code(answer)) == (422, "captcha-failed")
    assert Booking.select().count() == 0


def test_a_solution_counts_once_and_for_its_page(anybody, alice, guarded):
    make.link(alice, "other", form={"captcha": True})
    payload = solution(anybody.get("/book/demo/captcha").json)
    assert code(anybody.post("/book/other/bookings", wish(captcha=payload))) == "captcha-failed"
    assert anybody.post("/book/demo/bookings", wish(captcha=payload)).status_code == 201
    again = anybody.post("/book/demo/bookings", wish("2026-12-01T10:00:00Z", captcha=payload))
    assert code(again) == "captcha-failed"
    clock.set_source(lambda: make.NOW + guarding.LIVES)
    old = anybody.post("/book/demo/bookings", wish("2026-12-02T10:00:00Z", captcha=payload))
    assert code(old) == "captcha-failed"


def test_a_repeated_request_needs_no_second_solution(anybody, guarded):
    request = wish(captcha=solution(anybody.get("/book/demo/captcha").json))
    first, again = (anybody.post("/book/demo/bookings", request, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["id"] == again.json["id"]


def test_a_taken_time_uses_no_solution_up(anybody, guarded):
    payload = solution(anybody.get("/book/demo/captcha").json)
    make.booking(guarded, "2026-12-01 09:00", email="quicker@example.com")
    assert code(anybody.post("/book/demo/bookings", wish(captcha=payload))) == "slot-taken"
    assert anybody.post("/book/demo/bookings", wish("2026-12-01T10:00:00Z", captcha=payload)).status_code == 201


def test_a_page_that_checks_nothing_takes_anything(anybody, alice):
    make.link(alice)
    assert anybody.get("/book/demo").json["form"]["captcha"] is False
    assert anybody.post("/book/demo/bookings", wish(captcha="x")).status_code == 201


def test_bookings_by_programs_make_a_storm_too(anybody, alice, monkeypatch):
    make.link(alice)
    monkeypatch.setattr(guarding, "STORM", 2)
    for hour in (9, 10):
        contact = {**CONTACT, "email": f"m{hour}@example.com"}
        assert anybody.post("/book/demo/bookings", wish(f"2026-12-01T{hour:02}:00:00Z") | {"contact": contact}).json
    assert Link.get().guarded_until == make.NOW + timedelta(hours=24)
    assert anybody.get("/book/demo").json["form"]["captcha"] is True
    assert code(anybody.post("/book/demo/bookings", wish("2026-12-01T11:00:00Z"))) == "captcha-failed"
    assert Delivery.select().where(Delivery.kind == "storm").count() == 1


def test_a_strange_address_is_written_to_about_three_meetings_a_day(app, anybody, alice):
    app.config["MAIL_SERVER"] = "mail.example.org"
    make.link(alice)
    starts = [f"2026-12-01T{hour:02}:00:00Z" for hour in (9, 10, 11, 12)]
    answers = [anybody.post("/book/demo/bookings", wish(start)) for start in starts]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert "Several meetings were booked with this e-mail address today." in answers[3].json["detail"]
    assert int(answers[3].headers["Retry-After"]) > 3600
    Contact.update(confirmed_at=make.NOW).execute()
    assert anybody.post("/book/demo/bookings", wish(starts[3])).status_code == 201


def test_a_robot_finds_out_nothing_about_addresses(app, anybody, guarded):
    app.config["MAIL_SERVER"] = "mail.example.org"
    for hour in (9, 10, 11):
        make.booking(guarded, f"2026-12-02 {hour:02}:00")
    assert code(anybody.post("/book/demo/bookings", wish())) == "captcha-failed"
    payload = solution(anybody.get("/book/demo/captcha").json)
    assert code(anybody.post("/book/demo/bookings", wish(captcha=payload))) == "rate-limited"
