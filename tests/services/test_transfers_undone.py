"""Transfers taken back: every row as it was, nobody told; and calendars that end with the truth, whoever acts meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as some

from meetings import db
from meetings.errors import Conflict, NotFound, SlotTaken
from meetings.models import TABLES, Booking, Delivery, Link, LinkChange, Member, Participant, Transfer, User
from meetings.models.outbox import PENDING
from meetings.models.users import ADMIN
from meetings.services import assignment, bookings, links, outbox
from tests import make
from tests.services.calendars import PROGRAMS
from tests.services.test_lifecycle import Drawer, Lives, verdict
from tests.smtp import MailServer
from tests.threads import at_once

pytestmark = pytest.mark.usefixtures("app")
SOON = make.NOW + timedelta(minutes=5)
LATE = make.NOW + timedelta(minutes=10)


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@pytest.fixture
def boss() -> User:
    return make.user("Zoe Boss", role="admin")


@pytest.fixture
def bob() -> User:
    return make.user("Bob Stone")


def fingerprint() -> dict[str, list[Any]]:
    """All rows, but for what tells that something happened: versions and history of links, hands in ledgers."""
    found = {}
    for table in TABLES:
        if table in (Transfer, LinkChange):
            continue
        rows: Any = list(table.select().order_by(table.id).dicts())
        found[table.__name__] = [_lasting(row) for row in rows]
    return found


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in ("version", "updated_at")}
    if "assignment" in kept:
        ledger = {name: value for name, value in (kept["assignment"] or {}).items() if name != "handed_over"}
        kept["assignment"] = ledger or None
    return kept


# --- mails that wait


def test_mails_of_moved_meetings_wait_although_the_outbox_runs(boss: User, bob: User, mail_server: MailServer) -> None:
    make.booking()
    outbox.deliver_due(make.NOW)
    before = len(mail_server.received)
    links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    for minutes in range(10):
        outbox.deliver_due(make.NOW + timedelta(minutes=minutes, seconds=30))
    assert len(mail_server.received) == before
    while outbox.deliver_due(LATE + timedelta(seconds=1)):
        pass
    assert len(mail_server.received) == before + 4


def test_undone_in_time_nobody_gets_a_mail_at_all(boss: User, bob: User, mail_server: MailServer) -> None:
    make.booking()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    assert links.undo_transfer(boss, made.id, SOON) == []
    while outbox.deliver_due(LATE):
        pass
    kinds = Delivery.select(Delivery.kind).where(Delivery.state == "sent")
    assert sorted(row.kind for row in kinds) == ["confirmation", "host_booked"]
    assert len(mail_server.received) == 2


@pytest.mark.parametrize("act", ["cancel", "move"])
def test_who_acts_on_the_old_invitation_does_not_wait_for_the_news(boss: User, bob: User, act: str) -> None:
    booking = make.booking()
    outbox.deliver_due(make.NOW)
    links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    fresh = Booking.get_by_id(booking.id)
    if act == "cancel":
        bookings.cancel(fresh, SOON, by=None)
    else:
        bookings.reschedule(fresh, make.at("2026-12-02 09:00"), SOON, by=None)
    waiting = Delivery.select().where(Delivery.state == PENDING)
    assert {row.due_at for row in waiting} <= {make.NOW, SOON}


# --- what is left as it is


def test_once_a_mail_is_out_the_meeting_stays(boss: User, bob: User) -> None:
    booking = make.booking()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    Delivery.update(state="sent").where(Delivery.kind == "host_withdrawn").execute()
    before = Booking.get_by_id(booking.id).uid
    assert links.undo_transfer(boss, made.id, SOON) == [{"booking": booking.public_id, "reason": "changed"}]
    assert Booking.get_by_id(booking.id).uid == before != booking.uid
    assert Link.by_slug("demo").organizer_id != bob.id


def test_a_host_who_was_booked_meanwhile_is_not_booked_twice(boss: User, bob: User) -> None:
    booking = make.booking()
    alice = User.get_by_id(booking.hosts()[0].host_id)
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    make.booking(make.link(alice, "else"), email="other@example.com")
    refusals = bookings.refusals["overlap"]
    assert links.undo_transfer(boss, made.id, SOON) == [{"booking": booking.public_id, "reason": "not-free"}]
    assert bookings.refusals["overlap"] == refusals


def test_a_host_who_left_meanwhile_gets_nothing_back(boss: User, bob: User) -> None:
    booking = make.booking()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    User.update(is_active=False).where(User.name == "Alice Martin").execute()
    kept = [{"slug": "demo"}, {"booking": booking.public_id, "reason": "gone"}]
    assert links.undo_transfer(boss, made.id, SOON) == kept
    assert Transfer.get_by_id(made.id).former["kept"] == kept


def test_a_meeting_that_begins_soon_stays_with_its_host(boss: User, bob: User) -> None:
    booking = make.booking(make.link(minimum_notice=0), "2026-11-30 08:30")
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    (stayed,) = made.former["stayed"]
    assert (stayed["public_id"], stayed["reason"]) == (booking.public_id, "too-soon")


# --- row for row


def test_transfers_are_undone_one_after_the_other(boss: User, bob: User) -> None:
    make.booking()
    charlie = make.user("Charlie Poe")
    states, made = [], []
    for organizer in (bob, charlie):
        states.append(fingerprint())
        made.append(links.transfer(boss, ["demo"], organizer.email, make.NOW, move_bookings=True))
    for state, one in zip(reversed(states), reversed(made), strict=True):
        assert links.undo_transfer(boss, one.id, SOON) == []
        assert fingerprint() == state


def test_a_round_robin_s_turns_are_as_before_and_the_ledger_tells(boss: User, bob: User) -> None:
    alice, charlie = make.user(), make.user("Charlie Poe")
    link = make.link(alice, kind="round_robin", team=[alice, charlie])
    made_bookings = [make.booking(link, f"2026-12-01 {hour}:00", email=f"c{hour}@example.com") for hour in (10, 11, 12)]
    before = assignment.turns_of(link, make.NOW)
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    assert assignment.turns_of(link, SOON) != before
    assert links.undo_transfer(boss, made.id, SOON) == []
    assert assignment.turns_of(link, SOON) == before
    hands = [
        [(line["from_name"], line["to_name"]) for line in Booking.get_by_id(one.id).assignment.get("handed_over", [])]
        for one in made_bookings
    ]
    assert [("Alice Martin", "Bob Stone"), ("Bob Stone", "Alice Martin")] in hands


def test_what_is_foreseen_happens_and_nothing_is_written_before(boss: User, bob: User) -> None:
    link = make.link()
    make.booking(link)
    make.booking(link, "2026-12-01 10:00", email="two@example.com")
    make.booking(make.link(bob, "bobs"), email="other@example.com")
    before = fingerprint()
    seen = links.foresee_transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    assert fingerprint() == before
    assert not Transfer.select().exists()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    named = [[one["public_id"] for one in former["bookings"]] for former in (seen.former, made.former)]
    assert named[0] == named[1]
    assert seen.former["stayed"] == made.former["stayed"] != []


STARTS = [f"2026-12-0{day} {hour:02}:00" for day in (1, 2, 3) for hour in (9, 11, 13)]
LINKS = some.lists(
    some.tuples(
        some.sampled_from(["individual", "group", "round_robin"]),
        some.integers(0, 3),  # who organizes
        some.lists(
            some.tuples(some.integers(0, 3), some.booleans()), min_size=1, max_size=3, unique_by=lambda it: it[0]
        ),
        some.booleans(),  # with reminders
    ),
    min_size=1,
    max_size=3,
)
BOOKINGS = some.lists(some.tuples(some.integers(0, 2), some.sampled_from(STARTS)), max_size=5)
ACTS = some.lists(some.sampled_from(["give", "move", "post", "cancel"]), max_size=3)


@given(
    made=LINKS, booked=BOOKINGS, acts=ACTS, to=some.integers(0, 3), chosen=some.sets(some.integers(0, 2), min_size=1)
)
@effort(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_there_is_undone_at_once_it_is_as_before(
    app: Flask, made: list[Any], booked: list[Any], acts: list[str], to: int, chosen: set[int]
) -> None:
    with nothing_stays():
        boss = make.user("Zoe Boss", role=ADMIN)
        people = [make.user(f"{name} Host") for name in ("Ana", "Ben", "Cleo", "Dov")]
        all_links = [_link(number, *parts, people) for number, parts in enumerate(made)]
        for number, (which, start) in enumerate(booked):
            _try(lambda: make.booking(all_links[which % len(all_links)], start, email=f"c{number}@example.com"))  # noqa: B023
        for act in acts:
            _happen(act, boss, people)
        before, history = fingerprint(), LinkChange.select().count()
        slugs = sorted({all_links[number % len(all_links)].slug for number in chosen})
        changed = sum(link.slug in slugs and link.organizer_id != people[to].id for link in all_links)
        one = links.transfer(boss, slugs, people[to].email, SOON, move_bookings=True)
        assert links.undo_transfer(boss, one.id, SOON) == []
        assert fingerprint() == before
        assert LinkChange.select().count() == history + 2 * changed


class _Over(Exception):
    """Ends an example."""


@contextmanager
def nothing_stays() -> Iterator[None]:
    """Leaves no row for the next example."""
    with suppress(_Over), db.transaction():
        yield
        raise _Over


def _link(number: int, kind: str, owner: int, team: list[Any], has_reminders: bool, people: list[User]) -> Link:
    automation = {"reminders": [{"value": 1, "unit": "days"}]} if has_reminders else {}
    members = [{"user": people[who].email, "check_availability": is_checked} for who, is_checked in team]
    return make.link(
        people[owner], f"link-{number}", kind=kind, team=members if kind != "individual" else (), automation=automation
    )


def _happen(act: str, boss: User, people: list[User]) -> None:
    booking = Booking.select().where(Booking.status == "confirmed").order_by(Booking.id).first()
    if act == "post":
        outbox.deliver_due(make.NOW)
    elif booking is not None and act == "cancel":
        bookings.cancel(booking, make.NOW, by=None)
    elif booking is not None and act == "move":
        _try(lambda: bookings.reschedule(booking, make.at("2026-12-04 15:00"), make.NOW, by=None))
    elif booking is not None:
        new = bookings.successors(boss, booking).where(User.id.in_(people)).order_by(User.id).first()
        if new is not None:  # else everybody is in it
            _try(lambda: bookings.hand_over(boss, booking, booking.hosts()[0].host, new, make.NOW, due_at=LATE))


def _try(act: Callable[[], object]) -> None:
    try:
        with db.savepoint():
            act()
    except (SlotTaken, Conflict):
        pass


# --- at the same time


def test_of_two_undos_at_once_one_wins(app: Flask, boss: User, bob: User) -> None:
    make.booking()
    before = fingerprint()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)

    def undo() -> object:
        return links.undo_transfer(boss, made.id, SOON)

    refused = at_once(app, undo, undo)
    assert [type(problem) for problem in refused] == [NotFound]
    assert fingerprint() == before


@pytest.mark.parametrize("act", ["cancel", "give", "book"])
def test_an_undo_while_others_act_leaves_one_truth(app: Flask, boss: User, bob: User, act: str) -> None:
    booking = make.booking()
    alice, charlie = User.get(User.name == "Alice Martin"), make.user("Charlie Poe")
    other = make.link(alice, "else")
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    fresh = Booking.get_by_id(booking.id)
    refusals = bookings.refusals["overlap"]
    acts: dict[str, Callable[[], object]] = {
        "cancel": lambda: bookings.cancel(fresh, SOON, by=None),
        "give": lambda: bookings.hand_over(boss, fresh, bob, charlie, SOON),
        "book": lambda: make.booking(other, email="other@example.com"),
    }
    at_once(app, acts[act], lambda: links.undo_transfer(boss, made.id, SOON))
    db.connect()
    after = Booking.get_by_id(booking.id)
    assert after.is_confirmed is (act != "cancel")
    assert len(after.hosts()) == 1
    assert bookings.refusals["overlap"] == refusals
    seats = Participant.select().where(Participant.host == alice, Participant.is_active).count()
    assert seats <= 1


# --- what calendars make of it


class Given(Lives):
    """Lives in which links are transferred with their meetings, and taken back, while everything else goes on."""

    def _acts(self) -> list[Callable[[], None]]:
        return [*super()._acts(), *[self._transfer] * 2, *[self._transfer_and_undo] * 4]

    def _transfer(self) -> None:
        slugs = [link.slug for link in self.chance.sample(self._links, 2)]
        hosts = list(User.select().where(User.role != ADMIN).order_by(User.id))
        made = links.transfer(self._boss, slugs, self.chance.choice(hosts).email, self.now, move_bookings=True)
        self._look()
        for one in made.former["bookings"]:
            self._told(Booking.get_by_id(one["id"]), "transferred")

    def _transfer_and_undo(self) -> None:
        """In between anybody acts on what they know, now and then."""
        self._transfer()
        for _ in range(self.chance.randrange(3)):
            self.now += timedelta(minutes=3)
            self.chance.choice([self._move, self._cancel, self._give, self._post])()
        self._undo()

    def _look(self) -> None:
        self._links = list(Link.select().order_by(Link.id))

    def _undo(self) -> None:
        for made in links.recent_transfers(self._boss, self.now):
            if made.undone_at is None:
                kept = links.undo_transfer(self._boss, made.id, self.now)
                self._look()
                self.happened["undone"] += len(made.former["bookings"])
                self.happened["left"] += sum("booking" in one for one in kept)
                return


@pytest.mark.parametrize("seed", [1, 2])
def test_every_calendar_ends_with_the_truth(mail_server: MailServer, seed: int) -> None:
    lives = Given(mail_server, seed)
    lives.go_on(steps=100)
    assert min(lives.happened[what] for what in ("transferred", "undone", "left", "moved", "cancelled")) > 0
    assert verdict(lives, PROGRAMS, of_hosts=False, deliveries=150) == {}
    assert verdict(lives, (*PROGRAMS, Drawer), of_hosts=True, deliveries=150) == {}


# --- what stays


def test_addresses_lead_to_the_link_before_and_after(app: Flask, boss: User, bob: User) -> None:
    link = make.link()
    links.update(boss, link, {"scheduling": {"slug": "newer"}}, make.NOW)
    links.transfer(boss, ["newer"], bob.email, make.NOW)
    client = app.test_client()
    assert client.get("/book/newer").status_code == 200
    assert client.get("/book/demo").headers["Location"].endswith("/book/newer")
    assert client.get("/embed/newer").status_code == 200
    assert "Bob Stone" in client.get("/book/newer").get_data(as_text=True)
    assert Member.select().count() == 0
