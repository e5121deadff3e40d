"""Which reminders are planned, for whom, and what becomes of them when something changes before they are due."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from meetings import db
from meetings.errors import Forbidden, Invalid
from meetings.models import Booking, Delivery, Link, User
from meetings.models.outbox import DROPPED, PENDING, SENDING, SENT
from meetings.models.users import ADMIN
from meetings.providers import mail
from meetings.providers.mail import Limits
from meetings.services import bookings, links, outbox, reminder_defaults, users
from meetings.services.outbox.reasons import BOOKED_LATE, CHANGED, REMOVED, SWITCHED_OFF
from tests import make
from tests.smtp import MailServer

NOW = make.NOW
DAY, HOUR = {"value": 1, "unit": "days"}, {"value": 1, "unit": "hours"}
START = make.at("2026-12-03 13:30")
LATER = START + timedelta(days=1)
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
CONTACT, ALICE = "maren@example.com", "alice@example.org"


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings | {"MAIL_LIMITS": Limits(connect=1, command=1, whole=3)}


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link(automation={"reminders": [DAY, HOUR], "confirmation_email": False})


def planned(booking: Booking, kind: str = "reminder") -> list[datetime]:
    """When reminders will go out."""
    found = Delivery.select().where(Delivery.booking == booking, Delivery.kind == kind, Delivery.state == PENDING)
    return sorted(row.due_at for row in found)


def why(booking: Booking) -> list[tuple[str, str]]:
    """State and reason of the contact's reminders, in the order of their rows."""
    found = Delivery.select().where(Delivery.booking == booking, Delivery.kind == "reminder").order_by(Delivery.id)
    return [(row.state, row.last_error) for row in found]


def reminded(mail_server: MailServer, address: str) -> list[str]:
    subjects = (received.message["Subject"] for received in mail_server.to(address))
    return [subject for subject in subjects if subject.startswith(("Reminder", "Rappel"))]


# -- switched off by the contact


def test_off_at_once_for_the_contact_and_on_for_the_host(link: Link, mail_server: MailServer) -> None:
    booking = make.booking(link, START)
    off = bookings.switch_reminders(booking, NOW, is_on=False)
    assert (off.is_reminded, off.sequence) == (False, 0)
    assert why(booking) == [(DROPPED, SWITCHED_OFF)] * 2
    outbox.deliver_due(START - AN_HOUR)
    assert (len(reminded(mail_server, CONTACT)), len(reminded(mail_server, ALICE))) == (0, 2)


def test_a_second_time_changes_nothing(link: Link) -> None:
    booking = make.booking(link, START)
    bookings.switch_reminders(booking, NOW, is_on=True)
    assert len(planned(booking)) == 2
    for is_on in (False, True):
        bookings.switch_reminders(booking, NOW, is_on=is_on)
        before = list(Delivery.select().order_by(Delivery.id).dicts())
        bookings.switch_reminders(booking, NOW + AN_HOUR, is_on=is_on)
        assert list(Delivery.select().order_by(Delivery.id).dicts()) == before


def test_a_reminder_that_is_being_sent_is_taken_back(link: Link) -> None:
    booking = make.booking(link, START)
    Delivery.update(state=SENDING).where(Delivery.kind == "reminder").execute()
    bookings.switch_reminders(booking, NOW, is_on=False)
    assert why(booking) == [(DROPPED, SWITCHED_OFF)] * 2


def test_what_is_true_when_it_falls_due_decides(link: Link, mail_server: MailServer) -> None:
    """Even if a row were left in the queue."""
    booking = make.booking(link, START)
    Booking.update(is_reminded=False).execute()
    outbox.deliver_due(START - A_DAY)
    assert not reminded(mail_server, CONTACT)
    assert why(booking)[0] == (DROPPED, SWITCHED_OFF)


def test_a_move_leaves_them_off(link: Link) -> None:
    booking = make.booking(link, START)
    bookings.switch_reminders(booking, NOW, is_on=False)
    moved = bookings.reschedule(booking, LATER, NOW, by=None)
    assert not planned(moved)
    assert planned(moved, "host_reminder") == [LATER - A_DAY, LATER - AN_HOUR]
    bookings.switch_reminders(moved, NOW, is_on=True)
    assert planned(moved) == [LATER - A_DAY, LATER - AN_HOUR]


def test_switched_on_again_those_to_come_are_planned(link: Link, mail_server: MailServer) -> None:
    """What fell due in between is not sent after all, what was sent is not sent again."""
    booking = make.booking(link, START)
    bookings.switch_reminders(booking, NOW, is_on=False)
    bookings.switch_reminders(booking, START - timedelta(hours=23), is_on=True)
    assert planned(booking) == [START - AN_HOUR]
    assert (DROPPED, SWITCHED_OFF) in why(booking)
    outbox.deliver_due(START - AN_HOUR)
    bookings.switch_reminders(booking, START - AN_HOUR, is_on=False)
    bookings.switch_reminders(booking, START - AN_HOUR, is_on=True)
    outbox.deliver_due(START - timedelta(minutes=30))
    assert len(reminded(mail_server, CONTACT)) == 1


def test_switched_on_again_the_rules_are_those_of_the_booking(link: Link) -> None:
    booking = make.booking(link, START)
    without = make.booking(make.link(User.get(), "without"), START + AN_HOUR, email="other@example.com")
    automation = {"confirmation_email": True, "reminders": [{"value": 2, "unit": "days"}]}
    for each in Link.select():
        links.save_section(User.get(), each, "automation", automation, NOW)
    for each, times in ((booking, [START - A_DAY, START - AN_HOUR]), (without, [])):
        bookings.switch_reminders(each, NOW, is_on=False)
        bookings.switch_reminders(each, NOW, is_on=True)
        assert planned(each) == times


def test_a_cancelled_meeting_plans_none_whatever_is_switched(link: Link) -> None:
    booking = make.booking(link, START)
    bookings.switch_reminders(booking, NOW, is_on=False)
    bookings.cancel(booking, NOW, by=None)
    bookings.switch_reminders(booking, NOW, is_on=True)
    assert not planned(booking)
    assert not planned(booking, "host_reminder")


def test_one_that_came_too_late_says_so_and_stays(link: Link) -> None:
    booking = make.booking(link, START, now=START - timedelta(hours=20))
    bookings.switch_reminders(booking, START - timedelta(hours=20), is_on=False)
    assert sorted(why(booking)) == [(DROPPED, BOOKED_LATE), (DROPPED, SWITCHED_OFF)]
    bookings.switch_reminders(booking, START - timedelta(hours=20), is_on=True)
    assert sorted(why(booking)) == [(DROPPED, BOOKED_LATE), (PENDING, "")]


@pytest.mark.postgres
def test_the_last_word_counts(app: Flask, link: Link, database_url: str) -> None:
    """Who switches while another change is being written waits, and then looks at what it became."""
    booking = make.booking(link, START)

    def switch_on() -> None:
        with app.app_context():
            db.connect()
            bookings.switch_reminders(booking, NOW, is_on=True)
            db.disconnect()

    thread = threading.Thread(target=switch_on)
    with psycopg.connect(database_url) as other:
        other.execute("UPDATE booking SET is_reminded = FALSE")
        thread.start()
        while thread.is_alive() and not db.rows("SELECT 1 FROM pg_locks WHERE NOT granted", []):
            time.sleep(0.01)
        other.commit()
    thread.join()
    assert Booking.get().is_reminded


# -- when the booking changes


def test_a_move_reminds_again_although_it_was_sent(link: Link, mail_server: MailServer) -> None:
    booking = make.booking(link, START)
    outbox.deliver_due(START - A_DAY)
    moved = bookings.reschedule(booking, LATER, START - timedelta(hours=23), by=None)
    assert [state for state, _ in why(moved)] == [SENT, DROPPED, PENDING, PENDING]
    assert planned(moved) == planned(moved, "host_reminder") == [LATER - A_DAY, LATER - AN_HOUR]
    outbox.deliver_due(LATER - A_DAY)
    assert reminded(mail_server, CONTACT) == [
        "Reminder: Thu 3 Dec, 14:30, with Alice Martin",
        "Reminder: Fri 4 Dec, 14:30, with Alice Martin",
    ]


def test_a_cancelled_meeting_reminds_nobody(link: Link) -> None:
    booking = make.booking(link, START)
    bookings.cancel(booking, NOW, by=None)
    assert why(booking) == [(DROPPED, CHANGED)] * 2
    assert not planned(booking, "host_reminder")


def test_a_meeting_handed_over_reminds_the_new_host_alone(app: Flask, mail_server: MailServer) -> None:
    alice, bob = make.user(), make.user("Bob Lee")
    shared = make.link(alice, kind="round_robin", team=[alice, bob], automation={"reminders": [HOUR]})
    booking = make.booking(shared, START)
    first = booking.hosts()[0].host
    make.busy(first, "2026-12-03 14:00", "2026-12-03 18:00")
    bookings.reschedule(booking, START + AN_HOUR, NOW, by=None)
    outbox.deliver_due(START)
    other = bob if first == alice else alice
    assert (len(reminded(mail_server, first.email)), len(reminded(mail_server, other.email))) == (0, 1)


def test_a_changed_link_reminds_of_later_bookings_only(link: Link) -> None:
    booking = make.booking(link, START)
    automation = {"confirmation_email": True, "reminders": [{"value": 2, "unit": "hours"}]}
    links.save_section(User.get(), link, "automation", automation, NOW)
    later = make.booking(Link.get(), START + AN_HOUR, email="other@example.com")
    assert planned(booking) == [START - A_DAY, START - AN_HOUR]
    assert planned(later) == [START - AN_HOUR]


# -- when a host changes


@pytest.fixture
def root(app: Flask) -> User:
    return make.user("Root", role=ADMIN)


def test_a_host_is_written_to_where_they_are_now(root: User, link: Link, mail_server: MailServer) -> None:
    """And in their present language; a mail that failed may be sent again to the mended address."""
    booking = make.booking(link, START)
    mail_server.refuse[ALICE] = "550 5.1.1 no such user"
    outbox.deliver_due(NOW)
    users.update(root, link.organizer, {"email": "alice@new.example", "locale": "fr", "timezone": "Asia/Tokyo"})
    outbox.deliver_due(START - A_DAY)
    assert reminded(mail_server, "alice@new.example") == ["Rappel : jeu. 3 déc., 22:30, avec Maren Holt"]
    (received,) = mail_server.to("alice@new.example")
    assert received.message["To"] == "alice@new.example"
    failed = Delivery.get(Delivery.booking == booking, Delivery.kind == "host_booked")
    outbox.resend(failed, START - A_DAY)
    outbox.deliver_due(START - A_DAY)
    assert len(mail_server.to("alice@new.example")) == 2
    assert not mail_server.to(ALICE)


def test_a_host_who_moves_while_a_mail_is_put_off_gets_it_at_the_new_address(
    root: User, link: Link, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.booking(link, START)
    mail_server.refuse[ALICE] = "450 4.2.0 greylisted"
    real = mail.Post.send

    def send(self: mail.Post, recipient: str, content: Callable[[], bytes | None]) -> str | None:
        if recipient == ALICE:
            users.update(root, link.organizer, {"email": "alice@new.example"})
        return real(self, recipient, content)

    monkeypatch.setattr(mail.Post, "send", send)
    outbox.deliver_due(NOW)
    outbox.deliver_due(NOW + timedelta(minutes=1))
    (received,) = mail_server.to("alice@new.example")
    assert received.message["To"] == "alice@new.example"


def test_a_mail_sent_once_more_goes_to_the_present_address(root: User, link: Link, mail_server: MailServer) -> None:
    booking = make.booking(link, START)
    outbox.deliver_due(NOW)
    users.update(root, link.organizer, {"email": "alice@new.example"})
    later = NOW + timedelta(minutes=2)
    outbox.resend(Delivery.get(Delivery.booking == booking, Delivery.kind == "host_booked"), later)
    outbox.deliver_due(later)
    assert (len(mail_server.to(ALICE)), len(mail_server.to("alice@new.example"))) == (1, 1)


def test_a_host_who_was_removed_gets_nothing_that_was_planned(root: User, link: Link, mail_server: MailServer) -> None:
    make.booking(link, START)
    make.removed(root, link.organizer)
    outbox.deliver_due(START - A_DAY)
    assert [received.recipients for received in mail_server.received] == [[CONTACT]]
    row = Delivery.get(Delivery.kind == "host_reminder", Delivery.due_at == START - A_DAY)
    assert (row.state, row.last_error) == (DROPPED, REMOVED)


def test_a_deactivated_host_gets_nothing_but_the_contact_does(root: User, link: Link, mail_server: MailServer) -> None:
    """Whoever left reads nothing of the contact any more; an admin who keeps their meetings decided so."""
    make.booking(link, START)
    users.set_active(root, link.organizer, is_active=False)
    outbox.deliver_due(START - A_DAY)
    assert reminded(mail_server, ALICE) == []
    assert len(reminded(mail_server, CONTACT)) == 1


# -- the link's reminders are changed


def rule(link: Link, *reminders: dict[str, Any], **more: Any) -> Link:
    """The link with other reminders."""
    wanted = {"automation": {"reminders": list(reminders), **more}}
    return links.update(link.organizer, Link.get_by_id(link.id), wanted, NOW)


def test_meetings_keep_their_reminders_unless_somebody_wants_otherwise(link: Link) -> None:
    booking = make.booking(link, START)
    rule(link, HOUR)
    assert planned(booking) == [START - A_DAY, START - AN_HOUR]


def test_meetings_to_come_can_follow_the_new_rules(link: Link) -> None:
    booking = make.booking(link, START)
    gone = make.booking(link, START + A_DAY)
    bookings.cancel(gone, NOW, by=None)
    link = rule(link, HOUR, {"value": 2, "unit": "hours"}, include_description=False)
    assert bookings.replan_reminders(link, NOW) == 1
    for kind in ("reminder", "host_reminder"):
        assert planned(booking, kind) == [START - 2 * AN_HOUR, START - AN_HOUR]
    told = Delivery.select().where(Delivery.booking == booking, Delivery.state == PENDING, Delivery.kind == "reminder")
    assert {row.details["describe"] for row in told} == {False}
    assert planned(gone) == []
    again = [row.id for row in Delivery.select().order_by(Delivery.id)]
    bookings.replan_reminders(link, NOW)  # a second time changes nothing
    assert [row.id for row in Delivery.select().order_by(Delivery.id)] == again


def test_a_rule_that_comes_back_brings_its_reminder_back(link: Link) -> None:
    booking = make.booking(link, START)
    bookings.replan_reminders(rule(link, HOUR), NOW)
    assert planned(booking) == [START - AN_HOUR]
    bookings.replan_reminders(rule(link, DAY, HOUR), NOW)
    assert planned(booking) == [START - A_DAY, START - AN_HOUR]


def test_a_retired_rule_stays_so_when_the_meeting_moves(link: Link) -> None:
    booking = make.booking(link, START)
    bookings.replan_reminders(rule(link, HOUR), NOW)
    moved = bookings.reschedule(booking, LATER, NOW, by=None)
    assert planned(moved) == planned(moved, "host_reminder") == [LATER - AN_HOUR]


def test_what_was_sent_is_not_sent_again(link: Link) -> None:
    booking = make.booking(link, START)
    Delivery.update(state=SENT).where(Delivery.due_at == START - A_DAY).execute()
    bookings.replan_reminders(rule(link, DAY, HOUR), START - timedelta(hours=20))
    assert planned(booking) == [START - AN_HOUR]
    assert Delivery.select().where(Delivery.booking == booking, Delivery.kind == "reminder").count() == 2


def test_who_switched_reminders_off_gets_none_of_the_new_ones(link: Link) -> None:
    booking = make.booking(link, START)
    bookings.switch_reminders(booking, NOW, is_on=False)
    bookings.replan_reminders(rule(link, {"value": 2, "unit": "hours"}), NOW)
    assert planned(booking) == []
    assert planned(booking, "host_reminder") == [START - 2 * AN_HOUR]
    bookings.switch_reminders(booking, NOW, is_on=True)
    assert planned(booking) == [START - 2 * AN_HOUR]


def test_a_new_rule_whose_moment_has_passed_sends_nothing(link: Link) -> None:
    booking = make.booking(link, START)
    bookings.replan_reminders(rule(link, {"value": 2, "unit": "weeks"}), NOW)
    assert planned(booking) == planned(booking, "host_reminder") == []


# -- what new links begin with


def test_new_links_begin_with_the_reminders_of_the_workspace(app: Flask) -> None:
    ada = make.user("Ada Admin", role="admin")
    before = make.link(ada, "before")
    reminder_defaults.change(ada, [DAY, HOUR])
    assert make.link(ada, "after").automation["reminders"] == [DAY, HOUR]
    assert links.start_draft(ada, "individual", NOW).automation["reminders"] == [DAY, HOUR]
    assert make.link(ada, "none", automation={"reminders": []}).automation["reminders"] == []
    assert Link.get_by_id(before.id).automation["reminders"] == []


@pytest.mark.parametrize("wrong", [[DAY, DAY], [DAY] * 4, [{"value": 1, "unit": "minutes"}], "none"])
def test_only_right_reminders_are_kept(app: Flask, wrong: Any) -> None:
    with pytest.raises(Invalid):
        reminder_defaults.change(make.user(role="admin"), wrong)
    assert reminder_defaults.current() == []


def test_members_decide_for_their_own_links_only(app: Flask) -> None:
    with pytest.raises(Forbidden):
        reminder_defaults.change(make.user(), [DAY])
