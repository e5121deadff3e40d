"""Rows and their delivery, against a mail server that listens."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from meetings import db
from meetings.domain.time import to_datetime, to_instant
from meetings.errors import Conflict
from meetings.models import Booking, Delivery, Link, Setting, User
from meetings.models.outbox import DROPPED, FAILED, MISSED, PENDING, SENDING, SENT
from meetings.models.users import ADMIN
from meetings.providers import mail
from meetings.providers.mail import Limits
from meetings.services import bookings, leaving, links, mails, outbox, trial_mails, users
from meetings.services.outbox import delivery as delivering
from meetings.services.outbox import reasons
from tests import make
from tests.providers.scripted import HANG_UP, USUAL, free_port, scripted
from tests.smtp import MailServer

NOW = make.NOW
SOON = NOW + timedelta(seconds=1)
CONTACT = "maren@example.com"
ALICE = "alice@example.org"


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings | {"MAIL_LIMITS": Limits(connect=1, command=1, whole=3)}


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link()


def use_port(app: Flask, port: int) -> None:
    """Another mail server from here on."""
    app.config["MAIL_PORT"] = port
    mail.init_app(app)


def rows(booking: Booking | None = None) -> dict[str, Delivery]:
    """The latest row of each kind."""
    found = Delivery.select().order_by(Delivery.id)
    return {row.kind: row for row in (found.where(Delivery.booking == booking) if booking else found)}


def states(booking: Booking | None = None) -> dict[str, str]:
    return {kind: row.state for kind, row in rows(booking).items()}


def subjects(mail_server: MailServer, address: str) -> list[str]:
    return [received.message["Subject"] for received in mail_server.to(address)]


# -- writing


def test_a_booking_is_told_to_contact_and_host(link: Link) -> None:
    booking = make.booking(link)
    found = {row.kind: (row.recipient, row.state, row.due_at) for row in outbox.states_of(booking)}
    assert found == {"confirmation": (CONTACT, PENDING, NOW), "host_booked": (ALICE, PENDING, NOW)}


def test_a_booking_that_fails_tells_nothing(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    real = outbox.queue_booking

    def queue_and_fail(*args: Any, **more: Any) -> None:
        real(*args, **more)
        raise RuntimeError

    monkeypatch.setattr(outbox, "queue_booking", queue_and_fail)
    with pytest.raises(RuntimeError):
        make.booking(link)
    assert not Delivery.select().exists()


def test_the_confirmation_can_be_switched_off_but_changes_are_told(app: Flask) -> None:
    booking = make.booking(make.link(automation={"confirmation_email": False}))
    assert set(states()) == {"host_booked"}
    bookings.reschedule(booking, make.at("2026-12-01 10:00"), NOW, by=None)
    assert "rescheduled" in states()


def test_every_host_of_a_group_is_told(app: Flask) -> None:
    alice, bob = make.user(), make.user("Bob Lee")
    booking = make.booking(make.link(alice, kind="group", team=[alice, bob]))
    told = [row.recipient for row in outbox.states_of(booking) if row.kind == "host_booked"]
    assert told == [ALICE, "bob@example.org"]


def test_nothing_is_written_to_a_host_who_was_removed(app: Flask) -> None:
    """Their address is gone: such a mail could only fail, and would keep the admins busy."""
    root, alice, bob = make.user("Root", role=ADMIN), make.user(), make.user("Bob Lee")
    automation = {"reminders": [DAY]}
    moved = make.booking(make.link(root, kind="round_robin", team=[alice, bob], automation=automation))
    off = make.booking(
        make.link(root, "both", kind="group", team=[alice, bob], automation=automation), "2026-12-01 12:00"
    )
    make.removed(root, alice)
    bookings.reschedule(moved, make.at("2026-12-02 10:00"), NOW, by=None)
    bookings.cancel(off, NOW, by=root)
    later = [row for row in Delivery.select() if row.sequence]
    assert {row.recipient for row in later} == {CONTACT, "bob@example.org", "root@example.org"}


def test_nothing_is_queued_twice(link: Link) -> None:
    booking = make.booking(link)
    before = Delivery.select().count()
    with db.transaction():
        outbox.queue_booking(booking, "confirmed", NOW)
    assert Delivery.select().count() == before


# -- sending


@pytest.mark.parametrize("moves", ["while it waits", "while it is sent"])
def test_a_test_mail_follows_its_user_as_it_was_made(link: Link, mail_server: MailServer, moves: str) -> None:
    composed = mails.compose(rows(make.booking(link))["host_booked"], NOW)
    Delivery.delete().execute()
    trial_mails.send(link.organizer, composed, NOW)
    if moves == "while it waits":
        users.update(make.user("Root", role=ADMIN), link.organizer, {"email": "alice@new.example"})
    else:
        User.update(email="alice@new.example").execute()
    outbox.deliver_due(SOON)
    assert states() == {"test": SENT}
    assert subjects(mail_server, "alice@new.example") == [f"Test: {composed.subject}"]


def test_sends_once(link: Link, mail_server: MailServer) -> None:
    booking = make.booking(link)
    assert outbox.deliver_due(SOON) == 2
    assert outbox.deliver_due(SOON) == 0
    assert [received.recipients for received in mail_server.received] == [[CONTACT], [ALICE]]
    row = rows(booking)["confirmation"]
    assert (row.state, row.reply, row.attempts, row.leased_until) == (SENT, "250 2.0.0 taken", 1, None)
    assert row.sent_at is not None
    assert SOON <= row.sent_at < SOON + timedelta(seconds=10)
    assert bytes(row.content or b"") == mail_server.to(CONTACT)[0].raw
    assert row.message_id == mail_server.to(CONTACT)[0].message["Message-ID"]


def test_what_is_not_due_waits(link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    assert outbox.deliver_due(NOW - timedelta(seconds=1)) == 0
    assert not mail_server.received


def test_a_mail_put_off_is_sent_again_to_the_letter(app: Flask, link: Link) -> None:
    contents = []
    make.booking(link)
    with scripted({"content": "451 4.3.0 disk full"}) as server:
        use_port(app, server.port)
        outbox.deliver_due(SOON)
        row = rows()["confirmation"]
        assert (row.state, row.attempts, row.last_error) == (PENDING, 1, "451 4.3.0 disk full")
        assert timedelta(seconds=24) <= row.due_at - SOON <= timedelta(seconds=37)
        contents.append(bytes(row.content or b""))
        server.answers.update(USUAL)
        outbox.deliver_due(SOON + timedelta(seconds=10))
        assert not server.taken
        outbox.deliver_due(SOON + timedelta(minutes=1))
        assert contents[0] in server.taken
        assert bytes(rows()["confirmation"].content or b"") == contents[0]


def test_a_connection_lost_after_the_content_sends_the_same_again(app: Flask, link: Link) -> None:
    """The server may have taken it: a repeat must be the same mail, Message-ID and all."""
    make.booking(link)
    with scripted({"content": HANG_UP}) as server:
        use_port(app, server.port)
        outbox.deliver_due(SOON)
        first = rows()["confirmation"]
        server.answers.update(USUAL)
        outbox.deliver_due(SOON + timedelta(minutes=1))
        second = rows()["confirmation"]
    assert second.state == SENT
    assert (bytes(first.content or b""), first.message_id) == (bytes(second.content or b""), second.message_id)


def test_tries_grow_rare_and_end_after_a_day(app: Flask, link: Link, mail_server: MailServer) -> None:
    booking = make.booking(link, "2026-12-04 09:00")
    mail_server.refuse[CONTACT] = "450 4.2.0 greylisted"
    now, gaps = SOON, []
    while (row := rows(booking)["confirmation"]).state == PENDING:
        now = max(now, row.due_at)
        outbox.deliver_due(now)
        gaps.append((rows(booking)["confirmation"].due_at - now).total_seconds())
    assert rows(booking)["confirmation"].state == FAILED
    assert len(gaps) == len(delivering.LADDER) + 1
    assert all(0.79 * step <= gap <= 1.21 * step + 1 for step, gap in zip(delivering.LADDER, gaps, strict=False))
    assert timedelta(hours=19) < now - NOW < timedelta(hours=29)
    assert not mail_server.to(CONTACT)
    assert len(mail_server.to(ALICE)) == 1


def test_greylisting_delays_only(link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    mail_server.refuse[CONTACT] = "450 4.2.0 greylisted"
    outbox.deliver_due(SOON)
    mail_server.refuse.clear()
    outbox.deliver_due(SOON + timedelta(minutes=5))
    assert len(mail_server.to(CONTACT)) == 1


def test_a_refused_recipient_fails_at_once_and_alone(link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    mail_server.refuse[CONTACT] = "550 5.1.1 nobody here"
    outbox.deliver_due(SOON)
    assert states() == {"confirmation": FAILED, "host_booked": SENT}
    assert rows()["confirmation"].last_error == "550 5.1.1 nobody here"
    assert outbox.summary(SOON).failed == 1


def test_a_failed_mail_may_be_sent_again_or_dropped(link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    mail_server.refuse[CONTACT] = "550 5.1.1 nobody here"
    outbox.deliver_due(SOON)
    mail_server.refuse.clear()
    outbox.resend(rows()["confirmation"], SOON)
    with pytest.raises(Conflict):
        outbox.resend(rows()["confirmation"], SOON)
    outbox.deliver_due(SOON)
    assert states()["confirmation"] == SENT
    with pytest.raises(Conflict):
        outbox.drop(rows()["confirmation"])


def test_a_waiting_mail_may_be_dropped(link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    outbox.drop(rows()["confirmation"])
    outbox.deliver_due(SOON)
    assert not mail_server.to(CONTACT)


def test_a_mail_that_cannot_be_made_does_not_stop_the_others(
    link: Link, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.booking(link)

    def broken(*_: object) -> None:
        raise KeyError("secret of the contact")

    monkeypatch.setitem(mails.TO_CONTACT, "confirmation", broken)
    outbox.deliver_due(SOON)
    assert states() == {"confirmation": PENDING, "host_booked": SENT}
    assert "secret" not in rows()["confirmation"].last_error


# -- trouble with the server itself


def test_an_unreachable_server_costs_no_tries(app: Flask, link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    use_port(app, free_port())
    for minutes in range(30):
        outbox.deliver_due(SOON + timedelta(minutes=minutes))
    assert {row.attempts for row in Delivery.select()} == {0}
    assert set(states().values()) == {PENDING}
    summary = outbox.summary(SOON + timedelta(minutes=30))
    assert summary.pause is not None
    assert not summary.pause.is_refusal
    assert summary.pause.since < SOON + timedelta(seconds=10)
    assert (summary.waiting, summary.is_late, summary.oldest) == (2, True, NOW)
    use_port(app, mail_server.port)
    outbox.deliver_due(SOON + timedelta(minutes=31))
    assert set(states().values()) == {SENT}
    assert outbox.summary(SOON).pause is None


def test_an_unreachable_server_is_asked_again_within_a_minute(app: Flask, link: Link) -> None:
    make.booking(link)
    with scripted({"greeting": "421 not now"}) as server:
        use_port(app, server.port)
        for seconds in range(0, 600, 3):
            outbox.deliver_due(SOON + timedelta(seconds=seconds))
        assert 600 / 60 < server.connections < 600 / 30


def test_a_server_that_refuses_us_is_left_alone_for_longer(app: Flask, link: Link) -> None:
    make.booking(link)
    with scripted({"MAIL": "550 5.7.1 not with this sender"}) as server:
        use_port(app, server.port)
        for minutes in range(60):
            outbox.deliver_due(SOON + timedelta(minutes=minutes))
        assert server.connections < 8
    pause = outbox.summary(SOON).pause
    assert pause is not None
    assert (pause.is_refusal, pause.words) == (True, "550 5.7.1 not with this sender")
    assert {(row.state, row.attempts) for row in Delivery.select()} == {(PENDING, 0)}


def test_somebody_may_ask_for_a_try_at_once(app: Flask, link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    use_port(app, free_port())
    outbox.deliver_due(SOON)
    use_port(app, mail_server.port)
    assert outbox.deliver_due(SOON) == 0
    outbox.try_again_now()
    assert outbox.deliver_due(SOON) == 2


def test_trying_all_now_reaches_mails_that_were_put_off(link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    mail_server.refuse[CONTACT] = "450 4.2.0 greylisted"
    outbox.deliver_due(SOON)
    mail_server.refuse.clear()
    outbox.try_all_now(SOON)
    outbox.deliver_due(SOON)
    assert len(mail_server.to(CONTACT)) == 1


def test_a_pause_from_a_clock_that_was_ahead_does_not_hold(app: Flask, link: Link, mail_server: MailServer) -> None:
    use_port(app, free_port())
    make.booking(link, now=NOW)
    outbox.deliver_due(SOON + timedelta(hours=25))
    use_port(app, mail_server.port)
    assert outbox.deliver_due(SOON) == 2


# -- order, and what is overtaken


def test_a_move_overtakes_a_confirmation_not_yet_sent(link: Link, mail_server: MailServer) -> None:
    booking = make.booking(link)
    bookings.reschedule(booking, make.at("2026-12-01 10:00"), SOON, by=None)
    outbox.deliver_due(SOON)
    assert states() == {
        "confirmation": DROPPED,
        "host_booked": DROPPED,
        "rescheduled": SENT,
        "host_rescheduled": SENT,
    }
    assert len(mail_server.to(CONTACT)) == 1


def test_a_cancellation_is_told_even_if_nothing_was_before(link: Link, mail_server: MailServer) -> None:
    booking = make.booking(link)
    bookings.cancel(booking, SOON, by=None)
    outbox.deliver_due(SOON)
    assert subjects(mail_server, CONTACT) == ["Cancelled: meeting with Alice Martin, Tue 1 Dec, 10:00"]
    assert subjects(mail_server, ALICE) == ["Cancelled: Maren Holt, Tue 1 Dec, 10:00"]


def test_mails_about_a_booking_keep_their_order(link: Link, mail_server: MailServer) -> None:
    """A cancellation waits while the invitation is in somebody's hands, and while it waits for another try."""
    booking = make.booking(link)
    invitation = rows(booking)["confirmation"]
    lease = SOON + timedelta(seconds=100)
    Delivery.update(state=SENDING, leased_until=lease).where(Delivery.id == invitation.id).execute()
    bookings.cancel(booking, SOON, by=None)
    outbox.deliver_due(SOON)
    assert not mail_server.to(CONTACT)
    assert len(mail_server.to(ALICE)) == 1
    outbox.deliver_due(lease)
    assert subjects(mail_server, CONTACT) == ["Cancelled: meeting with Alice Martin, Tue 1 Dec, 10:00"]


def test_a_later_mail_waits_for_an_earlier_one_that_still_counts(link: Link, mail_server: MailServer) -> None:
    booking = make.booking(link)
    outbox.deliver_due(SOON)
    bookings.cancel(booking, SOON, by=None)
    first = rows(booking)["cancelled"]
    second = Delivery.create(**{**first.__data__, "id": None, "key": "later"})
    mail_server.refuse[CONTACT] = "450 4.2.0 greylisted"
    outbox.deliver_due(SOON)
    assert Delivery.get_by_id(first.id).attempts == 1
    assert Delivery.get_by_id(second.id).attempts == 0
    mail_server.refuse.clear()
    outbox.deliver_due(SOON + timedelta(minutes=1))
    outbox.deliver_due(SOON + timedelta(minutes=1))
    assert [Delivery.get_by_id(row.id).state for row in (first, second)] == [SENT, SENT]


def test_a_row_dropped_while_being_sent_is_not_sent(
    link: Link, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The booking is cancelled between the server's agreement to the recipient and the content."""
    booking = make.booking(link)
    before_content(monkeypatch, lambda: bookings.cancel(booking, SOON, by=None))
    outbox.deliver_due(SOON)
    assert states()["confirmation"] == DROPPED
    assert subjects(mail_server, CONTACT) == ["Cancelled: meeting with Alice Martin, Tue 1 Dec, 10:00"]


def test_why_a_row_was_dropped_stays_told(link: Link, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the server has to say about it afterwards."""
    booking = make.booking(link)
    mail_server.answer_data = "451 4.3.0 not now"
    after_content(monkeypatch, lambda: bookings.cancel(booking, SOON, by=None))
    outbox.deliver_due(SOON)
    row = rows()["confirmation"]
    assert (row.state, row.last_error, row.attempts, row.leased_until) == (DROPPED, reasons.CHANGED, 0, None)


def test_that_a_mail_is_out_is_written_to_its_own_row(
    link: Link, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite gives the number of a deleted row to the next one."""
    root, bob = make.user("Root", role=ADMIN), make.user("Bob Lee")
    outbox.queue_user_mail("set_password", bob, {"url": "http://localhost/x"}, NOW)

    def replace() -> None:
        leaving.delete(root, bob, leaving.Choices(), NOW)
        make.booking(link)

    after_content(monkeypatch, replace)
    outbox.deliver_due(SOON)
    outbox.deliver_due(SOON)
    assert len(mail_server.to("bob@example.org")) == 1
    assert len(mail_server.to(CONTACT)) == 1


def test_a_sleeper_whose_lease_ran_out_does_not_send(
    link: Link, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process took the row over while this one slept."""
    make.booking(link)
    theirs = SOON + timedelta(seconds=500)

    def take_over() -> None:
        Delivery.update(leased_until=theirs).where(Delivery.state == SENDING).execute()

    before_content(monkeypatch, take_over)
    outbox.deliver_due(SOON)
    assert not mail_server.to(CONTACT)
    row = rows()["confirmation"]
    assert (row.state, row.leased_until, row.content) == (SENDING, theirs, None)


def before_content(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something once, right before the first content is asked for."""
    real, acts = mail.Post.send, [act]

    def send(self: mail.Post, recipient: str, content: Callable[[], bytes | None]) -> str | None:
        def late() -> bytes | None:
            while acts:
                acts.pop()()
            return content()

        return real(self, recipient, late)

    monkeypatch.setattr(mail.Post, "send", send)


def after_content(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something once, while the first content is with the server."""
    real, acts = mail.Post.send, [act]

    def send(self: mail.Post, recipient: str, content: Callable[[], bytes | None]) -> str | None:
        def early() -> bytes | None:
            data = content()
            while acts:
                acts.pop()()
            return data

        return real(self, recipient, early)

    monkeypatch.setattr(mail.Post, "send", send)


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


def kill_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The process dies where it would take this step of a delivery."""

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(delivering, step, killed)


def test_a_row_left_behind_by_a_killed_process_is_sent_again_to_the_letter(
    link: Link, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the server took the mail, before that was recorded."""
    make.booking(link)

    kill_at(monkeypatch, "_mark_sent")
    with pytest.raises(Killed):
        outbox.deliver_due(SOON)
    monkeypatch.undo()
    outbox.deliver_due(SOON + timedelta(seconds=60))
    assert len(mail_server.to(CONTACT)) == 1
    outbox.deliver_due(SOON + timedelta(seconds=130))
    first, second = mail_server.to(CONTACT)
    assert first.raw == second.raw


def test_a_meeting_that_is_over_is_not_announced(app: Flask, link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    outbox.deliver_due(make.at("2026-12-01 09:30"))
    assert set(states().values()) == {DROPPED}
    assert not mail_server.received


# -- several deliverers


def test_each_mail_goes_once_whoever_delivers(app: Flask, mail_server: MailServer) -> None:
    everybody = [make.user(f"Host{number} X") for number in range(10)]
    for number, host in enumerate(everybody):
        make.booking(make.link(host, f"demo-{number}"), email=f"c{number}@example.com")

    def deliver(_: int) -> None:
        with app.app_context():
            db.connect()
            try:
                while outbox.deliver_due(SOON, limit=7):
                    pass
            finally:
                db.disconnect()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, range(4)))
    assert len(mail_server.received) == 20
    assert len({received.message["Message-ID"] for received in mail_server.received}) == 20
    assert {row.state for row in Delivery.select()} == {SENT}


# -- reminders

DAY = {"value": 1, "unit": "days"}
HOUR = {"value": 1, "unit": "hours"}
START = make.at("2026-12-03 13:30")


@pytest.fixture
def reminding(app: Flask) -> Link:
    return make.link(automation={"reminders": [DAY, HOUR], "confirmation_email": False})


def reminders(booking: Booking) -> list[tuple[str, str, datetime]]:
    found = Delivery.select().where(Delivery.booking == booking, Delivery.kind == "reminder").order_by(Delivery.id)
    return [(str(row.details["unit"]), row.state, row.due_at) for row in found]


def test_reminders_go_to_contact_and_host_when_due(reminding: Link, mail_server: MailServer) -> None:
    booking = make.booking(reminding, START)
    outbox.deliver_due(SOON)
    mail_server.received.clear()
    outbox.deliver_due(START - timedelta(days=1, seconds=1))
    assert not mail_server.received
    outbox.deliver_due(START - timedelta(days=1))
    assert subjects(mail_server, CONTACT) == ["Reminder: Thu 3 Dec, 14:30, with Alice Martin"]
    assert subjects(mail_server, ALICE) == ["Reminder: Thu 3 Dec, 14:30, with Maren Holt"]
    outbox.deliver_due(START - timedelta(hours=1))
    outbox.deliver_due(START - timedelta(hours=1))
    assert len(mail_server.received) == 4
    assert [state for _, state, _ in reminders(booking)] == [SENT, SENT]


def test_a_reminder_whose_moment_has_passed_is_never_sent(reminding: Link, mail_server: MailServer) -> None:
    booking = make.booking(reminding, START, now=START - timedelta(hours=20))
    assert [(unit, state) for unit, state, _ in reminders(booking)] == [("days", DROPPED), ("hours", PENDING)]
    outbox.deliver_due(START - timedelta(hours=20))
    assert not mail_server.to(CONTACT)


def test_a_move_plans_reminders_anew(reminding: Link, mail_server: MailServer) -> None:
    """Also the one that the first time was too near for."""
    early = START - timedelta(hours=20)
    booking = make.booking(reminding, START, now=early)
    later = START + timedelta(days=1)
    booking = bookings.reschedule(booking, later, early, by=None)
    assert reminders(booking) == [
        ("days", DROPPED, START - timedelta(days=1)),
        ("hours", DROPPED, START - timedelta(hours=1)),
        ("hours", PENDING, later - timedelta(hours=1)),
        ("days", PENDING, later - timedelta(days=1)),
    ]
    outbox.deliver_due(START - timedelta(hours=1))
    assert not [subject for subject in subjects(mail_server, CONTACT) if "Thu 3 Dec" in subject]


def test_a_cancelled_meeting_is_not_reminded_of(reminding: Link, mail_server: MailServer) -> None:
    booking = make.booking(reminding, START)
    bookings.cancel(booking, SOON, by=None)
    outbox.deliver_due(START - timedelta(hours=1))
    assert not [subject for subject in subjects(mail_server, CONTACT) if subject.startswith("Reminder")]


def test_a_late_reminder_goes_while_it_helps(reminding: Link, mail_server: MailServer) -> None:
    """After a stop over both due times: an hour's lead helps until five minutes before the start."""
    make.booking(reminding, START)
    outbox.deliver_due(START - timedelta(minutes=6))
    assert len(subjects(mail_server, CONTACT)) == 2


def test_a_reminder_put_off_is_tried_again_while_it_helps(reminding: Link, mail_server: MailServer) -> None:
    booking = make.booking(reminding, START)
    mail_server.answer_data = "451 4.3.0 not now"
    due = START - timedelta(days=1)
    for later in (0, 1, 3):
        outbox.deliver_due(due + timedelta(minutes=later))
    assert reminders(booking)[0][1] == PENDING
    mail_server.answer_data = "250 taken"
    outbox.deliver_due(due + timedelta(minutes=10))
    assert reminders(booking)[0][1] == SENT
    assert len(mail_server.to(CONTACT)) == 1


def test_a_reminder_too_late_is_missed_and_shown(reminding: Link, mail_server: MailServer) -> None:
    booking = make.booking(reminding, START)
    outbox.deliver_due(START - timedelta(minutes=5))
    assert not mail_server.to(CONTACT)
    assert [state for _, state, _ in reminders(booking)] == [MISSED, MISSED]
    assert outbox.summary(START).missed == 4


def test_changing_the_link_leaves_earlier_bookings_alone(reminding: Link) -> None:
    booking = make.booking(reminding, START)
    alice = User.get()
    links.save_section(alice, reminding, "automation", {"confirmation_email": True, "reminders": []}, SOON)
    booking = bookings.reschedule(booking, START + timedelta(days=1), SOON, by=None)
    assert [unit for unit, state, _ in reminders(booking) if state == PENDING] == ["hours", "days"]


def test_a_reminder_does_not_overtake_its_confirmation(app: Flask, mail_server: MailServer) -> None:
    booking = make.booking(make.link(automation={"reminders": [HOUR]}), START)
    mail_server.refuse[CONTACT] = "450 4.2.0 greylisted"
    outbox.deliver_due(SOON)
    Delivery.update(due_at=START - timedelta(minutes=50)).where(Delivery.kind == "confirmation").execute()
    mail_server.refuse.clear()
    outbox.deliver_due(START - timedelta(hours=1))
    assert not mail_server.to(CONTACT)
    outbox.deliver_due(START - timedelta(minutes=50))
    outbox.deliver_due(START - timedelta(minutes=50))
    assert len(mail_server.to(CONTACT)) == 2
    assert states(booking)["reminder"] == SENT


def test_a_clock_set_back_repeats_nothing(reminding: Link, mail_server: MailServer) -> None:
    make.booking(reminding, START)
    outbox.deliver_due(START - timedelta(days=1))
    count = len(mail_server.received)
    for hours in range(30):
        outbox.deliver_due(START - timedelta(days=2) + timedelta(hours=hours))
    assert len(mail_server.received) == count


def test_a_clock_set_back_keeps_no_news_waiting(reminding: Link, mail_server: MailServer) -> None:
    booking = make.booking(reminding, START)
    outbox.deliver_due(SOON + timedelta(hours=25))
    bookings.cancel(booking, SOON + timedelta(hours=25), by=None)
    assert len(mail_server.to(CONTACT)) == 0
    outbox.deliver_due(SOON)
    assert len(mail_server.to(CONTACT)) == 1


def test_nor_where_nobody_delivered_while_it_was_ahead(reminding: Link, mail_server: MailServer) -> None:
    """Jobs may be run by cron, every few minutes: the clock may have been years ahead in between."""
    booking = make.booking(reminding, START)
    outbox.deliver_due(SOON)
    bookings.cancel(booking, SOON + timedelta(hours=25), by=None)
    outbox.deliver_due(SOON + timedelta(minutes=2))
    assert subjects(mail_server, CONTACT) == ["Cancelled: meeting with Alice Martin, Thu 3 Dec, 14:30"]
    assert {state for _, state, _ in reminders(booking)} == {DROPPED}


def test_a_clock_set_back_keeps_no_mail_waiting_for_a_retry(link: Link, mail_server: MailServer) -> None:
    mail_server.refuse[CONTACT] = "450 4.2.0 greylisted"
    make.booking(link)
    outbox.deliver_due(SOON + timedelta(hours=25))
    mail_server.refuse.clear()
    outbox.deliver_due(SOON)
    assert states()["confirmation"] == SENT


def test_what_seemed_too_late_by_a_clock_that_was_ahead_is_told_after_all(
    reminding: Link, mail_server: MailServer
) -> None:
    booking = make.booking(reminding, START)
    outbox.deliver_due(NOW + timedelta(days=3650))
    assert {state for _, state, _ in reminders(booking)} == {MISSED}
    assert states(booking)["host_booked"] == DROPPED
    outbox.deliver_due(SOON)
    assert [state for _, state, _ in reminders(booking)] == [PENDING, PENDING]
    assert states(booking)["host_booked"] == SENT
    outbox.deliver_due(START - timedelta(hours=1))
    assert [state for _, state, _ in reminders(booking)] == [SENT, SENT]


def test_what_is_too_late_stays_so_when_the_clock_is_set_back_a_little(reminding: Link) -> None:
    booking = make.booking(reminding, START)
    outbox.deliver_due(START + timedelta(days=1))
    outbox.deliver_due(START - timedelta(minutes=2))
    assert {state for _, state, _ in reminders(booking)} == {MISSED}


def test_a_lease_of_a_clock_that_was_ahead_runs_out_after_the_usual_time(
    link: Link, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.booking(link)

    kill_at(monkeypatch, "_send")
    with pytest.raises(Killed):
        outbox.deliver_due(SOON + timedelta(hours=25))
    monkeypatch.undo()
    outbox.deliver_due(SOON)
    assert not mail_server.to(CONTACT)
    outbox.deliver_due(SOON + delivering.LEASE)
    assert len(mail_server.to(CONTACT)) == 1


# -- a move to another host


def test_a_move_to_another_host_ends_one_event_and_begins_another(app: Flask, mail_server: MailServer) -> None:
    alice, bob = make.user(), make.user("Bob Lee")
    booking = make.booking(make.link(alice, kind="round_robin", team=[alice, bob]), START)
    outbox.deliver_due(SOON)
    first = booking.hosts()[0].host
    other = bob if first == alice else alice
    later = START + timedelta(hours=1)
    make.busy(first, "2026-12-03 14:00", "2026-12-03 16:00")
    mail_server.received.clear()
    bookings.reschedule(booking, later, SOON, by=None)
    outbox.deliver_due(SOON)
    assert subjects(mail_server, CONTACT) == [
        f"Replaced: meeting with {first.name}, Thu 3 Dec, 14:30",
        f"Meeting with {other.name}, now Thu 3 Dec, 15:30",
    ]
    assert subjects(mail_server, first.email) == ["Handed over: Maren Holt, Thu 3 Dec, 14:30"]
    assert subjects(mail_server, other.email) == ["New meeting: Maren Holt, Thu 3 Dec, 15:30"]


# -- no mail server


@pytest.fixture
def without_server(app: Flask) -> Iterator[None]:
    app.config["MAIL_SERVER"] = ""
    yield
    app.config["MAIL_SERVER"] = "127.0.0.1"


@pytest.mark.usefixtures("without_server")
def test_without_a_server_mail_waits_and_can_be_read(reminding: Link) -> None:
    booking = make.booking(reminding, START)
    assert outbox.deliver_due(SOON) == 1
    assert outbox.deliver_due(SOON) == 0
    row = rows(booking)["host_booked"]
    assert (row.state, row.attempts) == (PENDING, 0)
    assert row.content
    shown = outbox.content(row, SOON)
    assert shown is not None
    assert "Maren Holt has booked a meeting with you." in shown.text
    assert ("Subject", "New meeting: Maren Holt, Thu 3 Dec, 14:30") in shown.headers
    assert shown.invitation.startswith("BEGIN:VCALENDAR")
    summary = outbox.summary(SOON)
    assert (summary.has_server, summary.waiting) == (False, 1)


def test_with_a_server_at_last_the_useful_ones_go(reminding: Link, app: Flask, mail_server: MailServer) -> None:
    app.config["MAIL_SERVER"] = ""
    booking = make.booking(reminding, START)
    over = make.booking(reminding, "2026-12-01 09:00", email="other@example.com")
    for minutes in range(0, 60 * 48, 30):
        outbox.deliver_due(SOON + timedelta(minutes=minutes))
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_DEFAULT_SENDER="new@team.example")
    mail.init_app(app)
    outbox.deliver_due(SOON + timedelta(hours=48))
    assert set(states(over).values()) <= {DROPPED, MISSED}
    assert states(booking)["host_booked"] == SENT
    (received,) = mail_server.to(ALICE)
    assert "new@team.example" in received.message["From"]


def test_content_is_shown_before_it_is_due(reminding: Link) -> None:
    row = rows(make.booking(reminding, START))["reminder"]
    shown = outbox.content(row, SOON)
    assert shown is not None
    assert "Thursday 3 December" in shown.text


# -- mails about accounts


def queue_reset(user: User, **details: Any) -> None:
    with db.transaction():
        outbox.queue_user_mail("reset_password", user, {"url": "http://localhost/password/open-sesame", **details}, NOW)


def test_links_that_open_accounts_are_forgotten_once_sent(app: Flask, mail_server: MailServer) -> None:
    queue_reset(make.user())
    outbox.deliver_due(SOON)
    assert b"open-sesame" in mail_server.to(ALICE)[0].raw
    row = rows()["reset_password"]
    assert (row.state, row.content, row.details) == (SENT, None, {})
    assert outbox.content(row, SOON) is None


def test_a_link_that_has_run_out_is_not_sent(app: Flask, mail_server: MailServer) -> None:
    queue_reset(make.user(), expires_at=to_instant(NOW) + 3600)
    outbox.deliver_due(NOW + timedelta(hours=1))
    assert not mail_server.received
    row = rows()["reset_password"]
    assert (row.state, row.content, row.details) == (DROPPED, None, {})


# -- how it is doing


def test_all_is_well(link: Link) -> None:
    make.booking(link)
    outbox.deliver_due(SOON)
    summary = outbox.summary(SOON)
    assert (summary.has_server, summary.waiting, summary.failed, summary.missed) == (True, 0, 0, 0)
    assert (summary.oldest, summary.is_late, summary.pause) == (None, False, None)


def test_late_after_a_quarter_of_an_hour(link: Link) -> None:
    make.booking(link)
    assert not outbox.summary(NOW + timedelta(minutes=15)).is_late
    assert outbox.summary(NOW + timedelta(minutes=16)).is_late


def test_a_mail_put_off_has_waited_since_it_was_written(link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    mail_server.refuse[CONTACT] = "450 4.2.0 greylisted"
    outbox.deliver_due(SOON)
    summary = outbox.summary(SOON)
    assert (summary.waiting, summary.oldest) == (1, NOW)


def test_reminders_to_come_are_not_waiting(reminding: Link) -> None:
    make.booking(reminding, START)
    outbox.deliver_due(SOON)
    assert outbox.summary(SOON).waiting == 0


def test_the_list_can_be_narrowed(link: Link, mail_server: MailServer) -> None:
    make.booking(link)
    mail_server.refuse[CONTACT] = "550 5.1.1 nobody here"
    outbox.deliver_due(SOON)
    assert [row.kind for row in outbox.list_of(SOON, SENT)] == ["host_booked"]
    assert [row.kind for row in outbox.list_of(SOON, FAILED)] == ["confirmation"]


def test_a_pause_is_kept_for_all_processes(app: Flask, link: Link) -> None:
    make.booking(link)
    use_port(app, free_port())
    outbox.deliver_due(SOON)
    kept = Setting.read("mail_pause")
    assert to_datetime(kept["until"]) > SOON
