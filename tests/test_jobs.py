import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import peewee
import pytest
from flask import Flask

from meetings import clock, db, jobs
from meetings.errors import Busy
from meetings.jobs import Job
from meetings.models import Attempt, Delivery, PasswordLink, Session
from meetings.models.outbox import PENDING, SENT
from meetings.providers import mail
from meetings.services import housekeeping
from tests import make
from tests.smtp import MailServer

NOW = make.NOW


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings | {"SCHEDULER": True}


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    yield
    jobs.stop()


def ticking(monkeypatch: pytest.MonkeyPatch, *runs: Callable[[datetime], int]) -> None:
    """Jobs of a test, every second."""
    monkeypatch.setattr(jobs, "JOBS", tuple(Job(f"job {number}", run, 1) for number, run in enumerate(runs)))


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


# -- in the process


def test_a_mail_goes_out_within_seconds(app: Flask, mail_server: MailServer) -> None:
    jobs.start(app)
    booking = make.booking(now=clock.now(), start=later())
    mail_server.wait_for(2, seconds=30)
    wait_until(lambda: {row.state for row in Delivery.select().where(Delivery.booking == booking)} == {SENT})


def later() -> datetime:
    """A time that the link offers: three days on at noon in Paris, or what weekday follows."""
    day = clock.now().date() + timedelta(days=3)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return make.at(f"{day} 12:00")


def test_says_whether_it_lives(app: Flask) -> None:
    assert not jobs.is_alive()
    jobs.start(app)
    jobs.start(app)
    assert jobs.is_alive()
    assert app.extensions["jobs_alive"]()
    jobs.stop()
    assert not jobs.is_alive()


@pytest.mark.parametrize(
    "moved", [timedelta(hours=-25), timedelta(hours=-1), timedelta(hours=25), timedelta(days=3650)]
)
def test_goes_on_when_the_clock_of_the_system_is_moved(
    app: Flask, monkeypatch: pytest.MonkeyPatch, moved: timedelta
) -> None:
    """The alarms are then set to where the clock was before."""
    ran: list[datetime] = []
    ticking(monkeypatch, lambda now: ran.append(now) or 0)
    jobs.start(app)
    wait_until(lambda: bool(ran))
    before = len(ran)
    began = time.monotonic()
    (scheduler,) = jobs._running
    scheduler.modify_job("job 0", next_run_time=datetime.now(UTC) - moved)
    wait_until(lambda: len(ran) > before + 1)
    assert time.monotonic() - began < 4


def test_goes_on_when_the_clock_is_moved_between_two_looks_at_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """We still saw the alarm in time, and APScheduler a moment later saw it an hour ahead."""
    ran: list[datetime] = []
    ticking(monkeypatch, lambda now: ran.append(now) or 0)
    jobs.start(app)
    wait_until(lambda: bool(ran))
    looks = iter([False])
    judged = jobs._is_astray
    monkeypatch.setattr(jobs, "_is_astray", lambda *given: next(looks, None) is None and judged(*given))
    before = len(ran)
    (scheduler,) = jobs._running
    scheduler.modify_job("job 0", next_run_time=datetime.now(UTC) + timedelta(hours=1))
    wait_until(lambda: len(ran) > before + 1)


def test_can_be_switched_off(app: Flask) -> None:
    app.config["SCHEDULER"] = False
    jobs.start(app)
    assert not jobs.is_alive()


def test_a_job_that_fails_is_tried_again_and_stops_no_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[datetime] = []
    worked: list[datetime] = []

    def fail(now: datetime) -> int:
        failed.append(now)
        raise RuntimeError("no luck")

    ticking(monkeypatch, fail, lambda now: worked.append(now) or 0)
    jobs.start(app)
    wait_until(lambda: len(failed) > 1 and len(worked) > 1)
    assert "no luck" in caplog.text


@pytest.mark.parametrize("error", [Busy(), peewee.OperationalError("database or disk is full")])
def test_without_a_database_each_try_costs_the_log_one_line(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """Else it would fill the disk, or what is left of it, until somebody comes."""
    tries: list[datetime] = []

    def fail(now: datetime) -> int:
        tries.append(now)
        raise error

    ticking(monkeypatch, fail)
    jobs.start(app)
    wait_until(lambda: len(tries) > 1)
    jobs.stop()
    said = [record for record in caplog.records if record.name == "meetings.jobs"]
    assert len(said) == len(tries)
    assert all(str(error) in record.getMessage() and not record.exc_info for record in said)


def test_a_long_run_is_not_doubled_and_is_waited_for(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    running, ended, at_once = threading.Event(), threading.Event(), []

    def slow(_: datetime) -> int:
        at_once.append(running.is_set())
        running.set()
        time.sleep(1.5)
        running.clear()
        ended.set()
        return 0

    ticking(monkeypatch, slow)
    jobs.start(app)
    assert running.wait(3)
    jobs.stop()
    assert ended.is_set()
    assert not any(at_once)


def test_a_tick_goes_on_while_there_is_work_and_stops_when_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    portions: list[datetime] = []

    def endless(now: datetime) -> int:
        portions.append(now)
        time.sleep(0.05)
        return 1

    ticking(monkeypatch, endless)
    jobs.start(app)
    wait_until(lambda: len(portions) > 5, seconds=2)
    began = time.monotonic()
    jobs.stop()
    assert time.monotonic() - began < 1
    count = len(portions)
    time.sleep(0.2)
    assert len(portions) == count


def test_each_run_has_a_connection_of_its_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def look(_: datetime) -> int:
        seen.append(db.database.is_closed())
        return Delivery.select().count()

    ticking(monkeypatch, look)
    jobs.start(app)
    wait_until(lambda: bool(seen))
    assert seen == [False]


# -- by hand


def test_run_due_does_all_that_is_due(app: Flask, mail_server: MailServer) -> None:
    clock.set_source(lambda: NOW + timedelta(seconds=1))
    for number in range(3):
        make.booking(make.link(make.user(f"H{number} X"), f"demo-{number}"), email=f"c{number}@example.com")
    assert jobs.run_due(app) == 6
    assert jobs.run_due(app) == 0
    assert len(mail_server.received) == 6


def test_run_due_ends_where_a_mail_waits_for_its_retry(app: Flask, mail_server: MailServer) -> None:
    clock.set_source(lambda: NOW + timedelta(seconds=1))
    make.booking()
    mail_server.refuse["maren@example.com"] = "450 4.2.0 greylisted"
    jobs.run_due(app)
    jobs.run_due(app)
    row = Delivery.get(Delivery.kind == "confirmation")
    assert (row.state, row.attempts) == (PENDING, 1)


def test_run_due_ends_and_tries_afresh_where_no_server_answers(app: Flask, mail_server: MailServer) -> None:
    clock.set_source(lambda: NOW + timedelta(seconds=1))
    make.booking()
    app.config["MAIL_SERVER"] = "localhost"
    app.config["MAIL_PORT"], real_port = 1, app.config["MAIL_PORT"]
    mail.init_app(app)
    assert jobs.run_due(app) == 0
    app.config["MAIL_PORT"] = real_port
    mail.init_app(app)
    assert jobs.run_due(app) == 2


def test_what_has_ended_is_cleared_away(app: Flask) -> None:
    user = make.user()
    for days in (-1, 1):
        ends = NOW + timedelta(days=days)
        Session.create(user=user, token_hash=f"s{days}", created_at=NOW, seen_at=NOW, expires_at=ends)
    for days in (-31, -1, 1):
        PasswordLink.create(user=user, token_hash=f"p{days}", expires_at=NOW + timedelta(days=days))
    for hours in (-25, -23):
        Attempt.create(key="x", at=NOW + timedelta(hours=hours))
    assert housekeeping.clear_away(NOW) == 3
    assert [session.token_hash for session in Session.select()] == ["s1"]
    assert [link.token_hash for link in PasswordLink.select().order_by(PasswordLink.id)] == ["p-1", "p1"]
    assert Attempt.select().count() == 1


@pytest.mark.parametrize(("size", "is_said"), [(64, False), (65, True)])
def test_a_journal_that_cannot_be_emptied_is_said(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, size: int, is_said: bool
) -> None:
    monkeypatch.setattr(db, "journal_size", lambda: size * 2**20)
    housekeeping.clear_away(NOW)
    assert ("has grown to 65 MB" in caplog.text) is is_said
