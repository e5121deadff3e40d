"""Bookings that live at random, and what calendars make of their mails, in whatever order and number they arrive.

Everything is real up to the mail server's door: the services, the outbox, the bytes. Beyond it the mails are shuffled,
doubled and lost, but for the last about each event; then every calendar must show what the database says.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask

from meetings.domain import invite
from meetings.domain.invite import CANCEL, REQUEST, Facts
from meetings.domain.time import Span, to_datetime, to_instant
from meetings.errors import SlotTaken
from meetings.models import Booking, Delivery, Link, User
from meetings.models.outbox import PENDING, SENDING, SENT
from meetings.models.users import ADMIN
from meetings.services import bookings, offers, outbox, users
from meetings.services.bookings import writing
from tests import make
from tests.services.calendars import PROGRAMS, Calendar, Drawer, Event, Message, read
from tests.smtp import MailServer

DELIVERIES = 1000  # to each program, of contacts' mails and of hosts' each
FIRST = make.NOW + timedelta(days=4)  # no meeting is before that, so that all may change until then
LAST = make.NOW + timedelta(days=13)
CONTACTS = tuple(f"{name}@example.com" for name in ("maren", "farah", "jun", "diego", "nora", "élin"))
EVENTS = {"taken", "moved", "handed over", "given", "cancelled", "put off", "clock set back", "address changed"}
REMINDERS = {"reminders": [{"value": 1, "unit": "days"}]}


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


class Lives:
    """A team, its links and contacts, and bookings to which things happen. What `seed` says, happens again."""

    def __init__(self, mail_server: MailServer, seed: int) -> None:
        self.chance = Random(seed)
        self.now = make.NOW
        self.happened: Counter[str] = Counter()
        self.organizers: dict[str, str] = {}  # address under which each event was begun
        self._server = mail_server
        self._people: dict[str, str] = {}  # address → whose it is
        self._boss = make.user("Root Admin", role=ADMIN)
        hosts = [make.user(name) for name in ("Alice Martin", "Bob Berg", "Carol Cruz")]
        self._people |= {host.email: host.name for host in hosts} | {address: address for address in CONTACTS}
        self._links = [
            make.link(hosts[0], "own", automation=REMINDERS),
            make.link(hosts[1], "silent", automation={"confirmation_email": False}),
            make.link(hosts[1], "group", kind="group", team=hosts[1:]),
            make.link(hosts[2], "robin", kind="round_robin", team=hosts),
        ]

    # -- what happens

    def go_on(self, steps: int) -> None:
        for _ in range(steps):
            self.chance.choice(self._acts())()
            self.now += timedelta(seconds=self.chance.uniform(0, 600))
        self._post_the_rest()

    def _acts(self) -> list[Callable[[], None]]:
        """What may happen, as often as it is likely."""
        return [*[self._take] * 2, *[self._move] * 3, self._give, self._cancel, *[self._post] * 3, self._shift]

    def _take(self) -> None:
        link = self.chance.choice(self._links)
        start = self._wish(link)
        if start is not None:
            request = make.request(start, email=self.chance.choice(CONTACTS))
            self._told(bookings.take(link, request, self.now), "taken")

    def _move(self) -> None:
        booking = self._some_booking()
        start = self._wish(booking.link, booking) if booking else None
        if booking is None or start is None:
            return
        if booking.link.kind == "round_robin" and self.chance.random() < 0.7:
            host, end = booking.hosts()[0].host, start + timedelta(minutes=30)
            make.busy(host, f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}")
        with suppress(SlotTaken):  # nobody else was free there
            moved = bookings.reschedule(booking, start, self.now, by=self._somebody(booking))
            self._told(moved, "moved" if moved.uid == booking.uid else "handed over")

    def _give(self) -> None:
        """Somebody else takes it at the same time, now and then before anybody heard of the hand before."""
        booking = self._some_booking()
        if booking is None:
            return
        former = self.chance.choice(booking.hosts()).host
        for new in bookings.successors(self._boss, booking).where(User.role != ADMIN).order_by(User.id):
            with suppress(SlotTaken):
                self._told(bookings.hand_over(self._boss, booking, former, new, self.now, accept_events=True), "given")
                return

    def _cancel(self) -> None:
        booking = self._some_booking()
        if booking:
            bookings.cancel(booking, self.now, by=self._somebody(booking))
            self.happened["cancelled"] += 1

    def _shift(self) -> None:
        """What happens beside the bookings: a clock is set right, somebody's address changes."""
        if self.chance.random() < 0.7:
            self.now -= timedelta(seconds=self.chance.uniform(1, 7200))
            self.happened["clock set back"] += 1
            return
        host = self.chance.choice(list(User.select().where(User.role != ADMIN).order_by(User.id)))
        address = f"{host.name.partition(' ')[0].lower()}{self.chance.randrange(1000)}@example.org"
        self._people[address] = host.name
        users.update(self._boss, host, {"email": address})
        self.happened["address changed"] += 1

    def _post(self) -> None:
        """The outbox is emptied; now and then the mail server puts everything off, once it has seen it."""
        is_bad_day = self.chance.random() < 0.2
        self._server.answer_data = "451 4.3.0 disk full" if is_bad_day else "250 2.0.0 taken"
        while outbox.deliver_due(self.now):
            pass
        self.happened["put off"] += is_bad_day
        self._server.answer_data = "250 2.0.0 taken"

    def _post_the_rest(self) -> None:
        """News at once, then time passes until the last reminder is out."""
        self.now = max(self.now, make.NOW) + timedelta(hours=12)
        self._post()
        while self.now < LAST:
            self.now += timedelta(hours=6)
            self._server.answer_data = "250 2.0.0 taken"
            while outbox.deliver_due(self.now):
                pass
        assert not Delivery.select().where(Delivery.state.in_((PENDING, SENDING))).exists()

    def _told(self, booking: Booking, what: str) -> None:
        self.happened[what] += 1
        self.organizers.setdefault(booking.uid, booking.hosts()[0].host.email)

    def _some_booking(self) -> Booking | None:
        found = [booking for booking in Booking.select().order_by(Booking.id) if booking.is_confirmed]
        return self.chance.choice(found) if found else None

    def _somebody(self, booking: Booking) -> User | None:
        return self.chance.choice([None, booking.hosts()[0].host])

    def _wish(self, link: Link, booking: Booking | None = None) -> datetime | None:
        span = Span(to_instant(FIRST), to_instant(LAST))
        free = offers.offered(link, 30, span, self.now, without=booking)
        return to_datetime(self.chance.choice(free)) if free else None

    # -- what there is in the end

    def mailboxes(self, *, of_hosts: bool) -> dict[str, list[tuple[str, Message | None]]]:
        """Who got which mails, oldest first: the address each went to, and what it says to a calendar."""
        found: dict[str, list[tuple[str, Message | None]]] = {}
        for received in self._server.received:
            (address,) = received.recipients
            person = self._people[address]
            if (person not in CONTACTS) is of_hosts:
                found.setdefault(person, []).append((address, read(received.raw)))
        return found

    def silent_mails(self) -> int:
        """How many mails say nothing to a calendar."""
        return sum(read(received.raw) is None for received in self._server.received)

    def truth(self, person: str) -> dict[str, Event]:
        """What a person's calendar should show, by UID."""
        return {
            booking.uid: Event(booking.starts_at, booking.ends_at, booking.title, self.organizers[booking.uid])
            for booking in Booking.select()
            if booking.is_confirmed and person in self._told_of(booking)
        }

    def _told_of(self, booking: Booking) -> set[str]:
        is_silent = booking.link.slug == "silent" and not booking.sequence
        contact = set() if is_silent else {booking.email}
        return contact | {participant.host.name for participant in booking.hosts()}


Mailbox = Sequence[tuple[str, Message | None]]


def as_it_comes(mails: Mailbox, chance: Random, program: type[Calendar]) -> list[Message | None]:
    """Shuffled, some doubled, some lost; but the last about each event arrives, for who opens files as the last."""
    last = {message.uid: number for number, (_, message) in enumerate(mails) if message}
    kept = [number for number in range(len(mails)) if number in last.values() or chance.random() > 0.2]
    kept += chance.choices(kept, k=len(kept) // 3)
    chance.shuffle(kept)
    if program is Drawer:
        kept += last.values()
    return [mails[number][1] for number in kept]


def verdict(
    lives: Lives, programs: Sequence[type[Calendar]], *, of_hosts: bool, deliveries: int = DELIVERIES
) -> Counter[str]:
    """How many deliveries to each program ended in something else than the truth."""
    chance = lives.chance
    mailboxes = lives.mailboxes(of_hosts=of_hosts)
    truth = {person: lives.truth(person) for person in mailboxes}
    wrong: Counter[str] = Counter()
    for program in programs:
        for _ in range(deliveries):
            person = chance.choice(sorted(mailboxes))
            calendar = program(person)
            for message in as_it_comes(mailboxes[person], chance, program):
                calendar.receive(message)
            wrong[program.__name__] += calendar.shown() != truth[person]
    return +wrong


@pytest.fixture
def lives(app: Flask, mail_server: MailServer, request: pytest.FixtureRequest) -> Lives:
    return Lives(mail_server, getattr(request, "param", 3))


def sent_reminders() -> int:
    return Delivery.select().where(Delivery.kind.endswith("reminder"), Delivery.state == SENT).count()


@pytest.mark.parametrize("lives", [1, 2], indirect=True)
def test_every_calendar_ends_with_the_truth(lives: Lives) -> None:
    lives.go_on(steps=150)
    assert set(lives.happened) == EVENTS
    assert min(lives.happened.values()) >= 3, lives.happened
    assert lives.silent_mails() == sent_reminders() > 0
    assert verdict(lives, PROGRAMS, of_hosts=False) == {}
    assert verdict(lives, (*PROGRAMS, Drawer), of_hosts=True) == {}


# -- what the verdict would be if our messages were made as some are

Fault = Callable[[Facts, str], tuple[Facts, str]]


def with_frozen_sequence(facts: Facts, method: str) -> tuple[Facts, str]:
    return replace(facts, sequence=0), method


def with_cancel_of_the_same_sequence(facts: Facts, method: str) -> tuple[Facts, str]:
    return replace(facts, sequence=facts.sequence - (method == CANCEL)), method


def with_one_uid_for_all_organizers(facts: Facts, method: str) -> tuple[Facts, str]:
    return replace(facts, uid=facts.booking_id), method


def with_another_method_than_the_head(facts: Facts, method: str) -> tuple[Facts, str]:
    return facts, REQUEST if method == CANCEL else CANCEL


@pytest.mark.parametrize(
    ("fault", "deceived"),
    [
        (with_frozen_sequence, {"GoogleLike"}),
        (with_cancel_of_the_same_sequence, {"GoogleLike"}),
        (with_one_uid_for_all_organizers, {"GoogleLike", "ExchangeLike"}),
        (with_another_method_than_the_head, {"ThunderbirdLike"}),
    ],
)
def test_faults_in_the_event_are_found(
    lives: Lives, fault: Fault, deceived: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = invite.calendar
    monkeypatch.setattr(invite, "calendar", lambda facts, method: real(*fault(facts, method)))
    lives.go_on(steps=40)
    assert deceived <= set(verdict(lives, PROGRAMS, of_hosts=False, deliveries=100))


def test_a_stamp_that_goes_back_with_the_clock_is_found(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    real = writing.touch

    def touch(booking: Booking, now: datetime) -> None:
        booking.stamped_at = to_datetime(0)
        real(booking, now)

    monkeypatch.setattr(writing, "touch", touch)
    lives.go_on(steps=40)
    assert set(verdict(lives, PROGRAMS, of_hosts=False, deliveries=100)) == {"AppleLike"}


def test_a_lost_last_message_is_found(lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    lives.go_on(steps=40)
    whole = lives.mailboxes(of_hosts=False)
    monkeypatch.setattr(lives, "mailboxes", lambda **_: {person: mails[:-1] for person, mails in whole.items()})
    assert set(verdict(lives, PROGRAMS, of_hosts=False, deliveries=100)) == {program.__name__ for program in PROGRAMS}
