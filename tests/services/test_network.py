"""Nobody outside is called while a transaction is open: a slow mail server must not hold a lock."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from meetings import db
from meetings.models import Booking, Delivery, User
from meetings.models.outbox import FAILED, SENT
from meetings.models.users import ADMIN
from meetings.providers import mail
from meetings.services import bookings, outbox, passwords, users
from meetings.services.outbox import delivery as delivering
from tests import make
from tests.providers.scripted import free_port
from tests.smtp import MailServer

NOW = make.NOW
SOON = NOW + timedelta(seconds=1)
LATER = NOW + timedelta(minutes=10)
CALLS = ("connect", "connect_ex", "send", "sendall", "sendto", "sendmsg", "recv", "recv_into", "recvfrom")


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@dataclass
class Line:
    """What this thread said to the world outside."""

    calls: int = 0
    in_transactions: list[str] = field(default_factory=list)


@pytest.fixture
def line(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Watches the sockets: whatever uses one in a transaction is noted and fails."""
    line, thread = Line(), threading.get_ident()

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            if threading.get_ident() == thread:
                line.calls += 1
                if db.database.in_transaction():
                    line.in_transactions.append(name)
                    raise AssertionError(f"{name} in a transaction")
            return real(*args, **more)

        return call

    for name in CALLS:
        monkeypatch.setattr(socket.socket, name, watched(name, getattr(socket.socket, name)))
    monkeypatch.setattr(socket, "getaddrinfo", watched("getaddrinfo", socket.getaddrinfo))
    return line


@pytest.fixture
def quiet(line: Line) -> Iterator[Line]:
    """A test in which nothing of that sort may happen, be it noticed there or swallowed."""
    yield line
    assert line.in_transactions == []


def sent() -> int:
    return Delivery.select().where(Delivery.state == SENT).count()


def test_bookings_are_taken_moved_and_cancelled_without_a_word(quiet: Line) -> None:
    hosts = [make.user(), make.user("Bob Lee")]
    link = make.link(hosts[0], kind="round_robin", team=hosts)
    booking = make.booking(link)
    booking = bookings.reschedule(booking, make.at("2026-12-01 10:00"), SOON, by=None)
    make.busy(booking.hosts()[0].host, "2026-12-01 11:00", "2026-12-01 12:00")
    handed = bookings.reschedule(booking, make.at("2026-12-01 11:00"), SOON, by=None)
    assert handed.uid != booking.uid
    bookings.cancel(handed, SOON, by=hosts[0])
    assert quiet.calls == 0


def test_accounts_are_made_and_opened_without_a_word(quiet: Line) -> None:
    root = make.user("Root", role=ADMIN)
    users.create(root, {"email": "new@example.org", "name": "New Person"}, NOW)
    passwords.request_reset(root.email, address="192.0.2.1", now=NOW)
    assert quiet.calls == 0
    while outbox.deliver_due(LATER):
        pass
    assert sent() == 2


def test_everything_is_delivered_between_transactions(quiet: Line, mail_server: MailServer) -> None:
    booking = make.booking(make.link(automation={"reminders": [{"value": 1, "unit": "days"}]}))
    outbox.deliver_due(SOON)
    bookings.reschedule(booking, make.at("2026-12-02 10:00"), SOON, by=None)
    outbox.deliver_due(SOON)
    outbox.deliver_due(make.at("2026-12-01 10:00"))
    bookings.cancel(Booking.get(), make.at("2026-12-01 11:00"), by=None)
    outbox.deliver_due(make.at("2026-12-01 11:00"))
    assert sent() == len(mail_server.received) == 8
    assert quiet.calls > 0


@pytest.mark.parametrize("answer", ["451 4.3.0 disk full", "554 5.7.1 not here"])
def test_trouble_is_written_down_between_transactions(quiet: Line, mail_server: MailServer, answer: str) -> None:
    make.booking()
    mail_server.answer_data = answer
    outbox.deliver_due(SOON)
    assert sent() == 0
    mail_server.answer_data = "250 2.0.0 taken"
    for failed in Delivery.select().where(Delivery.state == FAILED):
        outbox.resend(failed, SOON)
    outbox.try_all_now(SOON)
    outbox.deliver_due(SOON)
    assert sent() == 2


def test_a_server_that_is_away_is_noted_between_transactions(app: Flask, quiet: Line) -> None:
    make.booking()
    app.config["MAIL_PORT"] = free_port()
    mail.init_app(app)
    assert outbox.deliver_due(SOON) == 0
    assert outbox.summary(SOON).pause is not None
    assert quiet.calls > 0


# -- that all this can fail


def test_a_booking_that_mails_at_once_is_found(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "queue_booking", lambda *_, **__: mail.check())
    with pytest.raises(AssertionError):
        make.booking()
    assert line.in_transactions
    assert not Booking.select().exists()


def test_a_delivery_that_holds_its_transaction_is_found(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    real = delivering._send

    def send(*args: Any) -> None:
        with db.transaction():
            real(*args)

    make.booking()
    monkeypatch.setattr(delivering, "_send", send)
    outbox.deliver_due(SOON)
    assert line.in_transactions
    assert sent() == 0
    assert User.select().exists()  # the database still answers
