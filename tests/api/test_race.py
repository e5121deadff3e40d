"""Many at once for one time, through a real server: one gets it, the others are told, and nothing else happens.

The verdict is what the callers were told, what the database holds, and that its own refusal of overlaps never had to
fire. Taking the lock out on purpose must turn the verdict: else it would prove nothing.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from flask import Flask

from meetings import clock, create_app, db
from meetings.domain.time import days_span, to_datetime, zone
from meetings.models import Booking, Link, Participant, UsedChallenge
from meetings.services import bookings, guarding, offers, single_use
from meetings.services.bookings import judging
from tests import make
from tests.browser import Live, serving
from tests.conftest import on_postgres
from tests.robots import solution

CALLERS = 20
WINDOW = 0.02  # seconds between the check and the writing, so that whoever isn't kept out gets in


@dataclass
class Verdict:
    """What came of a race."""

    statuses: Counter[int]
    booked: int
    backstop: int

    @property
    def is_clean(self) -> bool:
        expected = Counter({201: 1, 409: CALLERS - 1})
        return self.statuses == expected and self.booked == 1 and self.backstop == 0


@pytest.fixture
def live(settings) -> Iterator[Live]:
    """A server with a thread for every caller; its threads leave no connection behind."""

    def make_app(url: str) -> Flask:
        app = create_app({**settings, "RATELIMIT_ENABLED": False, "BASE_URL": url})
        app.teardown_request(lambda _error: db.disconnect())
        return app

    with serving(make_app, threads=CALLERS) as running, running.app.app_context():
        clock.set_source(lambda: make.NOW)
        db.connect()
        yield running
    clock.set_source(None)


@pytest.fixture
def fixed_clock():
    """The clock is set with the server: there is one app only."""


@pytest.fixture
def slow_window(monkeypatch):
    """A pause between finding the time free and writing the booking."""
    judge = judging.judge

    def judge_and_wait(*args, **more):
        free = judge(*args, **more)
        time.sleep(WINDOW)
        return free

    monkeypatch.setattr(judging, "judge", judge_and_wait)


def race(live: Live, path: str, bodies: list[dict]) -> Counter[int]:
    """Send all bodies at the same moment, each from a thread of its own."""
    together = threading.Barrier(len(bodies))
    statuses: Counter[int] = Counter()
    lock = threading.Lock()

    def call(body: dict) -> None:
        connection = HTTPConnection(urlsplit(live.url).netloc, timeout=60)
        connection.connect()
        together.wait()
        connection.request("POST", f"/api/v1{path}", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        with lock:
            statuses[answer.status] += 1

    threads = [threading.Thread(target=call, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def wishes(start: str) -> list[dict]:
    return [
        {
            "start": start,
            "contact": {"email": f"guest{number}@example.com", "first_name": "Guest", "last_name": str(number)},
        }
        for number in range(CALLERS)
    ]


def run(live: Live, start: str = "2026-12-01T09:00:00Z", slug: str = "demo") -> Verdict:
    before = bookings.refusals["overlap"]
    statuses = race(live, f"/book/{slug}/bookings", wishes(start))
    at = make.at(start[:16].replace("T", " "))
    booked = Booking.select().where(Booking.starts_at == at, Booking.status == "confirmed").count()
    return Verdict(statuses, booked, bookings.refusals["overlap"] - before)


def overlaps() -> int:
    """Pairs of active bookings of one host that overlap."""
    other = Participant.alias()
    return (
        Participant.select()
        .join(other, on=(other.host == Participant.host) & (other.id > Participant.id))
        .where(
            Participant.is_active,
            other.is_active,
            other.starts_at < Participant.ends_at,
            other.ends_at > Participant.starts_at,
        )
        .count()
    )


@pytest.mark.parametrize("attempt", range(3))
def test_one_gets_the_time_and_the_others_are_told(live, slow_window, attempt):
    make.link()
    assert run(live) == Verdict(Counter({201: 1, 409: CALLERS - 1}), 1, 0)
    assert overlaps() == 0


def test_without_the_lock_the_verdict_turns(live, slow_window, monkeypatch, request):
    """The negative control: what keeps callers apart is taken out, and the test above would fail."""
    make.link()
    _take_lock_out(monkeypatch, request)
    verdict = run(live)
    assert not verdict.is_clean
    assert verdict.backstop > 0
    assert overlaps() == 0  # the database's own refusal stood


def _take_lock_out(monkeypatch, request) -> None:
    if on_postgres(request.config):
        monkeypatch.setattr(db, "lock", lambda _host_ids: None)
        return

    @contextmanager
    def no_transaction() -> Iterator[None]:
        yield

    monkeypatch.setattr(db, "transaction", no_transaction)


def test_a_round_robin_books_as_often_as_it_has_hosts(live, slow_window):
    hosts = [make.user(f"Host{number} Test") for number in range(5)]
    make.link(hosts[0], kind="round_robin", team=hosts)
    verdict = run(live)
    assert verdict == Verdict(Counter({201: 5, 409: CALLERS - 5}), 5, 0)
    assert len({seat.host_id for seat in Participant.select()}) == 5


def test_links_that_share_a_host_share_the_lock(live, slow_window):
    """Half of the callers come through a group, half through the host's own page."""
    alice, bob = make.user("Alice"), make.user("Bob")
    make.link(alice, "own")
    make.link(bob, "both", kind="group", team=[bob, alice])
    before = bookings.refusals["overlap"]
    results: list[Counter[int]] = []
    start = "2026-12-01T09:00:00Z"
    halves = [
        threading.Thread(
            target=lambda slug=slug: results.append(race(live, f"/book/{slug}/bookings", wishes(start)[:10]))
        )
        for slug in ("own", "both")
    ]
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    assert sum(results, Counter()) == Counter({201: 1, 409: 19})
    assert (overlaps(), bookings.refusals["overlap"] - before) == (0, 0)


def test_one_key_makes_one_booking_however_often_it_is_sent(live, slow_window):
    make.link()
    body = wishes("2026-12-01T09:00:00Z")[0]
    together = threading.Barrier(CALLERS)
    answers: list[tuple[int, str]] = []

    def call() -> None:
        connection = HTTPConnection(urlsplit(live.url).netloc, timeout=60)
        together.wait()
        headers = {"Content-Type": "application/json", "Idempotency-Key": "once"}
        connection.request("POST", "/api/v1/book/demo/bookings", json.dumps(body), headers)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read().decode()))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {201}
    assert len({text for _, text in answers}) == 1
    assert Booking.select().count() == 1


def test_many_move_to_one_time(live, slow_window):
    """Moving races as booking does."""
    from meetings.services import access

    link = make.link(window={"kind": "rolling", "weeks": 4})
    first = make.at("2026-12-01 08:00")
    rows = [
        make.booking(link, first + timedelta(days=day, minutes=30 * slot)) for day in range(2) for slot in range(10)
    ]
    together = threading.Barrier(len(rows))
    statuses: Counter[int] = Counter()

    def call(path: str) -> None:
        connection = HTTPConnection(urlsplit(live.url).netloc, timeout=60)
        together.wait()
        connection.request("POST", path, '{"start": "2026-12-10T09:00:00Z"}', {"Content-Type": "application/json"})
        statuses[connection.getresponse().status] += 1
        connection.close()

    paths = [f"/api/v1/bookings/{row.public_id}/reschedule?token={access.manage_token(row)}" for row in rows]
    threads = [threading.Thread(target=call, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == Counter({201: 1, 409: 19})
    assert overlaps() == 0


def test_one_solution_books_once_however_many_send_it(live, slow_window, monkeypatch):
    """For different times, and without the lock that would let them in one by one: the database has the last word."""
    make.link(form={"captcha": True}, start_increment=15)
    link = Link.get()
    payload = solution(guarding.challenge(link, make.NOW))
    starts = offers.offered(link, 30, days_span(date(2026, 12, 1), date(2026, 12, 1), zone("Europe/Paris")), make.NOW)
    monkeypatch.setattr(db, "lock", lambda _ids: None)
    bodies = [
        {**body, "start": to_datetime(start).isoformat(), "captcha": payload}
        for body, start in zip(wishes(""), starts, strict=False)
    ]
    statuses = race(live, "/book/demo/bookings", bodies)
    assert statuses[201] == Booking.select().count() == UsedChallenge.select().count() == 1
    assert statuses[422] + statuses[503] == len(bodies) - 1


def test_an_invitation_books_once_however_many_hold_it(live):
    """Each wants another time, so that only the invitation stands in their way."""
    link = make.link(visibility="single_use")
    token = single_use.make(link.organizer, link, "", make.NOW)
    first = make.at("2026-12-01 08:00")
    wanted = [
        {**wish, "start": f"{first + timedelta(minutes=15 * number):%Y-%m-%dT%H:%M:%SZ}"}
        for number, wish in enumerate(wishes(""))
    ]
    statuses = race(live, f"/book/demo/bookings?once={token}", wanted)
    assert statuses == Counter({201: 1, 410: CALLERS - 1})
    assert Booking.select().count() == 1
