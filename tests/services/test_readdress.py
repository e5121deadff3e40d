"""Mending a mistyped address while others book, mend and forget; what waits for the former address never gets there."""

import time
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from meetings.domain.time import to_instant
from meetings.models import Booking, Contact, Delivery
from meetings.models.outbox import DROPPED, PENDING, SENT
from meetings.services import bookings, forms, outbox
from meetings.services.outbox import delivery
from tests import make
from tests.make import NOW
from tests.smtp import MailServer
from tests.threads import at_once

WRONG, RIGHT = "maren@gmial.com", "maren@gmail.com"
SECOND = timedelta(seconds=1)
WINDOW = 0.2  # seconds in which others get in, unless they are kept out


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@pytest.fixture
def mistyped(app: Flask) -> tuple[Booking, Booking]:
    """Two meetings of hosts who have nothing to do with each other, so that no lock of theirs is shared."""
    alice, bob = make.user(), make.user("Bob Stone")
    first, second = make.link(alice, "first"), make.link(bob, "second")
    return make.booking(first, email="maren@gmial.com"), make.booking(second, email="maren@gmal.com")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause between looking for the contact and writing it."""
    update = Contact.update

    def wait_and_update(*args: object, **more: object) -> object:
        time.sleep(WINDOW)
        return update(*args, **more)

    monkeypatch.setattr(Contact, "update", wait_and_update)


def is_consistent() -> bool:
    """Whether every booking is with the contact who has its address."""
    return all(booking.contact.email == booking.email for booking in Booking.select())


@pytest.mark.usefixtures("slow")
def test_a_title_with_a_long_address_still_fits(app: Flask) -> None:
    link = make.link(overview={"title": "Meeting " + "x" * 100 + " {{ contact.email }}"})
    booking = make.booking(link, email=WRONG)
    long = "b" * 63 + "@" + ("a" * 60 + ".") * 3 + "example"
    title = bookings.readdress(booking, long, NOW).title
    assert (len(title), title[-1]) == (255, "…")
    assert title.startswith(f"Meeting {'x' * 100} {'b' * 63}@a")


def test_two_are_mended_to_one_address_at_once(app: Flask, mistyped: tuple[Booking, Booking]) -> None:
    assert not at_once(app, *(lambda one=one: bookings.readdress(one, RIGHT, NOW) for one in mistyped))
    assert [booking.email for booking in Booking.select()] == [RIGHT, RIGHT]
    assert [contact.email for contact in Contact.select()] == [RIGHT]
    assert is_consistent()


@pytest.mark.usefixtures("slow")
def test_somebody_books_under_the_right_address_meanwhile(app: Flask, mistyped: tuple[Booking, Booking]) -> None:
    link = mistyped[1].link
    assert not at_once(
        app,
        lambda: bookings.readdress(mistyped[0], RIGHT, NOW),
        lambda: make.booking(link, "2026-12-02 09:00", email=RIGHT),
    )
    assert Contact.select().where(Contact.email == RIGHT).count() == 1
    assert is_consistent()


@pytest.mark.parametrize("is_known", [True, False])
def test_somebody_books_under_the_mistyped_address_meanwhile(
    app: Flask, mistyped: tuple[Booking, Booking], monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    """Their meeting stays theirs, neither carried along to the right address nor left without anybody."""
    if is_known:
        Contact.create(email=RIGHT, first_name="M.", last_name="H.", created_at=NOW)
    remember, link = forms.keep_values, mistyped[1].link
    monkeypatch.setattr(forms, "keep_values", lambda *args, **more: (remember(*args, **more), time.sleep(WINDOW)))
    assert not at_once(
        app,
        lambda: make.booking(link, "2026-12-02 09:00", email="maren@gmial.com"),
        lambda: (time.sleep(WINDOW / 2), bookings.readdress(mistyped[0], RIGHT, NOW)),
    )
    assert {booking.email for booking in Booking.select()} == {"maren@gmial.com", "maren@gmal.com", RIGHT}
    assert is_consistent()


# -- what waits for the former address


@pytest.fixture
def told(app: Flask, mail_server: MailServer) -> Booking:
    """A meeting of which the mistyped address got the invitation."""
    team = [make.user(), make.user("Bob Stone")]
    link = make.link(team[0], kind="round_robin", team=team, automation={"reminders": [{"value": 1, "unit": "hours"}]})
    booking = make.booking(link, first_name="Canary", last_name="Finch", email=WRONG)
    outbox.deliver_due(NOW + SECOND)
    assert mail_server.to(WRONG)
    mail_server.received.clear()
    return booking


def handed_over(booking: Booking) -> Booking:
    """Moved to where its host is busy, so that another takes it; the contact is yet to hear of it."""
    make.busy(booking.hosts()[0].host, "2026-12-02 09:00", "2026-12-02 10:00")
    moved = bookings.reschedule(booking, make.at("2026-12-02 09:00"), NOW, by=None)
    assert moved.uid != booking.uid
    return moved


def test_news_that_wait_for_the_mistyped_address_tell_it_nothing(told: Booking, mail_server: MailServer) -> None:
    """It is told only that both events are withdrawn: that before the change of hosts, and that after it."""
    moved = handed_over(told)
    mended = bookings.readdress(moved, RIGHT, NOW)
    outbox.deliver_due(NOW + 2 * SECOND)
    there = [one.message for one in mail_server.to(WRONG)]
    ended = [calendar_of(message) for message in there]
    assert {(str(event["METHOD"]), str(event.walk("VEVENT")[0]["UID"])) for event in ended} == {
        ("CANCEL", told.uid),
        ("CANCEL", mended.uid),
    }
    whole = "".join(str(part) for message in there for part in (*message.values(), *texts_of(message)))
    for secret in ("Canary", "Finch", RIGHT, "/booking/"):
        assert secret not in whole
    assert {row.recipient for row in Delivery.select().where(Delivery.state == PENDING)} >= {RIGHT}
    assert [one.message["To"] for one in mail_server.to(RIGHT)] == [RIGHT]


def test_a_change_that_the_mistyped_address_never_heard_of_is_not_told_twice(
    told: Booking, mail_server: MailServer
) -> None:
    bookings.readdress(handed_over(told), RIGHT, NOW)
    outbox.deliver_due(NOW + 2 * SECOND)
    outbox.deliver_due(NOW + timedelta(days=1))
    assert len(mail_server.to(WRONG)) == 2


@pytest.mark.parametrize("kind", ["confirmation", "rescheduled", "withdrawn", "cancelled", "reminder"])
def test_whatever_is_addressed_to_somebody_else_than_the_contact_is_not_sent(
    told: Booking, mail_server: MailServer, kind: str
) -> None:
    """Looked at once more before it goes, however it came to be left there."""
    mended = bookings.readdress(told, RIGHT, NOW)
    previous = {"starts_at": to_instant(mended.starts_at), "uid": "x", "sequence": 0, "hosts": []}
    details = {"by": None, "lead": 60, "previous": previous}
    row = Delivery.get(Delivery.kind == "confirmation", Delivery.recipient == RIGHT)
    values = row.__data__ | {"id": None, "key": "left", "kind": kind, "recipient": WRONG, "details": details}
    row = Delivery.create(**values)
    outbox.deliver_due(NOW + 2 * SECOND)
    assert Delivery.get_by_id(row.id).state == DROPPED
    assert {one.message["Subject"].partition(":")[0] for one in mail_server.to(WRONG)} == {"Withdrawn"}


def test_what_was_sent_to_the_mistyped_address_is_never_sent_again(told: Booking) -> None:
    bookings.readdress(told, RIGHT, NOW)
    for row in Delivery.select().where(Delivery.recipient == WRONG, Delivery.state == SENT):
        assert not outbox.can_resend(row, NOW + timedelta(hours=2))


def test_a_mail_that_is_on_its_way_when_the_address_is_mended_is_held_back(
    told: Booking, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = bookings.reschedule(told, make.at("2026-12-03 09:00"), NOW, by=None)
    meanwhile(monkeypatch, lambda: bookings.readdress(moved, RIGHT, NOW))
    outbox.deliver_due(NOW + 2 * SECOND)
    assert {one.message["Subject"].partition(":")[0] for one in mail_server.to(WRONG)} == {"Withdrawn"}


def test_a_mail_that_is_on_its_way_when_its_contact_is_erased_is_held_back(
    told: Booking, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bookings.reschedule(told, make.at("2026-12-03 09:00"), NOW, by=None)
    meanwhile(monkeypatch, lambda: bookings.anonymise(told))
    outbox.deliver_due(NOW + 2 * SECOND)
    assert mail_server.received == []


def test_the_next_mails_go_on_when_one_was_erased_between_claim_and_reading(
    told: Booking, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bookings.reschedule(told, make.at("2026-12-03 09:00"), NOW, by=None)
    other = make.booking(told.link, "2026-12-04 09:00", email="olga@example.org")
    claim, gone = delivery._claim, []

    def claim_and_erase(*args: object) -> object:
        claimed = claim(*args)
        if not gone:
            gone.append(bookings.anonymise(told))
        return claimed

    monkeypatch.setattr(delivery, "_claim", claim_and_erase)
    outbox.deliver_due(NOW + 2 * SECOND)
    assert mail_server.to(other.email)
    assert not mail_server.to(WRONG)


def meanwhile(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> None:
    """Have something happen once, after a mail was judged and before it goes over."""
    make_bytes, done = delivery.bytes_of, []

    def bytes_and_work(*args: Any) -> Any:
        made = make_bytes(*args)
        if not done:
            done.append(True)
            work()
        return made

    monkeypatch.setattr(delivery, "bytes_of", bytes_and_work)


def texts_of(message: EmailMessage) -> list[str]:
    return [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]


def calendar_of(message: EmailMessage) -> Calendar:
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return Calendar.from_ical(part.get_content())
