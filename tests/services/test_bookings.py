"""Offering, taking, moving and cancelling through the database, on SQLite and PostgreSQL alike."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Self

import peewee
import psycopg
import pytest
from flask import Flask

from meetings import db
from meetings.domain.time import Span, to_datetime, to_instant
from meetings.errors import Conflict, Invalid, NotFound, SlotTaken
from meetings.models import Answer, Booking, BusyTime, Contact, Delivery, Link, Member, Participant, User
from meetings.services import assignment, bookings, links, offers, outbox
from meetings.services.bookings import judging, writing
from meetings.services.standing import Judged
from tests import make
from tests.make import NOW, at

pytestmark = pytest.mark.usefixtures("app")


def everything() -> dict[str, int]:
    """How many rows each table that a booking writes to has."""
    return {table.__name__: table.select().count() for table in (Booking, Participant, Answer, Contact, Delivery)}


class TestOffering:
    def test_a_morning(self) -> None:
        link = make.link(start_increment=60)
        assert make.offered(link, "2026-12-01 00:00", "2026-12-02 00:00") == [
            f"2026-12-01 {hour:02}:00" for hour in range(8, 16)
        ]

    def test_bookings_and_busy_times_are_left_out_with_the_buffer(self) -> None:
        link = make.link(start_increment=30, buffer=30)
        make.busy(link.organizer, "2026-12-01 08:00", "2026-12-01 09:00")
        make.booking(link, "2026-12-01 12:00")
        offered = make.offered(link, "2026-12-01 00:00", "2026-12-02 00:00")
        assert offered[0] == "2026-12-01 09:30"
        assert "2026-12-01 11:30" not in offered
        assert "2026-12-01 13:00" in offered
        assert "2026-12-01 12:30" not in offered

    def test_a_busy_time_that_began_days_ago_still_blocks(self) -> None:
        link = make.link()
        make.busy(link.organizer, "2026-11-01 00:00", "2026-12-01 12:00")
        assert make.offered(link, "2026-12-01 00:00", "2026-12-02 00:00")[0] == "2026-12-01 12:00"

    def test_the_other_bookings_buffer_counts_too(self) -> None:
        alice = make.user()
        wide, tight = make.link(alice, "wide", buffer=60), make.link(alice, "tight", start_increment=30)
        make.booking(wide, "2026-12-01 10:00")
        offered = make.offered(tight, "2026-12-01 09:00", "2026-12-01 12:30")
        assert offered == ["2026-12-01 11:30", "2026-12-01 12:00"]

    def test_nearest_and_next(self) -> None:
        link = make.link(start_increment=60)
        wish = to_instant(at("2026-12-01 10:00"))
        make.booking(link, "2026-12-01 10:00")
        near = offers.nearest(link, 30, wish, NOW)
        assert [to_datetime(start).hour for start in near] == [9, 11, 8, 12]
        friday_night = to_instant(at("2026-12-04 20:00"))
        following = offers.next_offered(link, 30, friday_night, NOW)
        assert following == to_instant(at("2026-12-07 08:00"))
        assert offers.next_offered(link, 30, to_instant(at("2027-03-01 00:00")), NOW) is None

    def test_a_month_takes_three_queries_whatever_was_booked(self, app: Flask) -> None:
        link = make.link(window={"kind": "rolling", "weeks": 5})
        span = Span(to_instant(NOW), to_instant(NOW + timedelta(days=31)))
        counts = []
        for day in range(1, 5):
            make.booking(link, f"2026-12-0{day} 09:00", email=f"c{day}@example.com")
            with CountedQueries() as counted:
                offers.offered(link, 30, span, NOW)
            counts.append(len(counted))
        assert set(counts) == {3}


class CountedQueries(list[str]):
    """The statements executed inside the block."""

    def __enter__(self) -> Self:
        self._real = db.database.obj.execute_sql
        db.database.obj.execute_sql = self._count
        return self

    def _count(self, sql: str, params: object = None, *rest: object) -> object:
        self.append(sql)
        return self._real(sql, params, *rest)

    def __exit__(self, *_: object) -> None:
        del db.database.obj.execute_sql


class TestTaking:
    def test_everything_is_written(self) -> None:
        link = make.link(
            form={"fields": [{"name": "topic", "label": "Topic", "type": "question"}]},
            overview={"title": "Demo with {{ contact.first_name }}", "location": "Room 1", "description": "Bring tea"},
            buffer=15,
        )
        booking = make.booking(
            link,
            "2026-12-01 09:00",
            answers=[{"name": "topic", "label": "Topic", "value": "Échos"}],
            email="Maren@Example.COM ",
        )
        kept = Booking.get_by_id(booking.id)
        assert (kept.title, kept.location, kept.description) == ("Demo with Maren", "Room 1", "Bring tea")
        assert (kept.starts_at, kept.ends_at) == (at("2026-12-01 09:00"), at("2026-12-01 09:30"))
        assert kept.contact.email == kept.email == "maren@example.com"
        assert kept.uid.endswith("@localhost")
        assert [(p.host_id, p.is_required, p.buffer) for p in kept.hosts()] == [(link.organizer_id, True, 15)]
        assert [answer.value for answer in kept.answers] == ["Échos"]
        assert Delivery.select().where(Delivery.booking == kept).exists()

    @pytest.mark.parametrize(
        ("start", "rule"),
        [
            ("2026-12-01 09:05", "grid"),
            ("2026-12-01 16:00", "grid"),
            ("2026-11-30 08:15", "notice"),
            ("2026-12-14 09:00", "horizon"),
            ("2026-12-01 10:00", "free"),
        ],
    )
    def test_each_rule_refuses_and_nothing_is_written(self, start: str, rule: str) -> None:
        link = make.link(minimum_notice=60)
        make.busy(link.organizer, "2026-12-01 10:00", "2026-12-01 10:15")
        before = everything()
        with pytest.raises(SlotTaken) as refused:
            make.booking(link, start)
        assert refused.value.rule == rule
        assert everything() == before

    def test_the_last_quarter_does_not_fit(self) -> None:
        with pytest.raises(SlotTaken) as refused:
            make.booking(make.link(), "2026-12-01 15:45")
        assert refused.value.rule == "fit"

    def test_a_duration_that_is_not_offered(self) -> None:
        with pytest.raises(Invalid):
            make.booking(make.link(), duration=45)

    def test_a_link_that_was_switched_off_meanwhile(self) -> None:
        link = make.link()
        links.switch_off(link.organizer, link, NOW)
        with pytest.raises(NotFound):
            make.booking(link)

    def test_a_link_that_was_deleted_meanwhile(self) -> None:
        link = make.link()
        links.delete(link.organizer, Link.get_by_id(link.id), make.NOW)
        with pytest.raises(NotFound):
            make.booking(link)

    def test_a_link_that_was_changed_meanwhile_is_judged_as_it_is(self) -> None:
        link = make.link()
        links.update(link.organizer, Link.get_by_id(link.id), {"scheduling": {"available_hours": []}}, NOW)
        with pytest.raises(SlotTaken):
            make.booking(link)

    def test_a_known_contact_is_not_changed_by_who_types_the_address(self) -> None:
        link = make.link()
        make.booking(link, "2026-12-01 09:00")
        other = make.booking(link, "2026-12-01 10:00", first_name="Mallory", last_name="X")
        assert Contact.select().count() == 1
        assert Contact.get().first_name == "Maren"
        assert other.first_name == "Mallory"

    def test_a_title_is_made_where_none_is_given(self) -> None:
        assert "Maren Holt" in make.booking().title

    def test_a_failure_while_writing_leaves_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        link = make.link()
        before = everything()
        monkeypatch.setattr(outbox, "queue_booking", _fail)
        with pytest.raises(ZeroDivisionError):
            make.booking(link)
        assert everything() == before


def _fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError


class TestIdempotency:
    def test_a_replay_returns_the_first(self) -> None:
        link = make.link()
        first = make.booking(link, idempotency_key="k", request_hash="h")
        after = everything()
        again = make.booking(link, idempotency_key="k", request_hash="h")
        assert again.id == first.id
        assert again.is_replay
        assert not first.is_replay
        assert everything() == after

    def test_another_body_is_refused(self) -> None:
        link = make.link()
        make.booking(link, idempotency_key="k", request_hash="h")
        with pytest.raises(Invalid):
            make.booking(link, "2026-12-01 10:00", idempotency_key="k", request_hash="other")

    def test_the_key_belongs_to_its_link(self) -> None:
        alice = make.user()
        make.booking(make.link(alice, "one"), idempotency_key="k", request_hash="h")
        second = make.booking(make.link(alice, "two"), "2026-12-01 10:00", idempotency_key="k", request_hash="h")
        assert not second.is_replay

    def test_without_a_key_a_request_is_new(self) -> None:
        link = make.link()
        make.booking(link)
        with pytest.raises(SlotTaken):
            make.booking(link)


class TestGroup:
    def test_all_checked_members_must_be_free_and_all_are_invited(self) -> None:
        alice, bob, carol = make.user(), make.user("Bob Berg"), make.user("Carol Cruz")
        link = make.link(
            alice,
            "group",
            kind="group",
            team=[bob, {"user": carol.email, "check_availability": False}],
            start_increment=60,
        )
        make.busy(bob, "2026-12-01 08:00", "2026-12-01 09:00")
        make.busy(carol, "2026-12-01 09:00", "2026-12-01 12:00")
        assert make.offered(link, "2026-12-01 00:00", "2026-12-01 10:30") == ["2026-12-01 09:00", "2026-12-01 10:00"]
        booking = make.booking(link, "2026-12-01 09:00")
        seated = [(p.host.name, p.is_required) for p in booking.hosts()]
        assert seated == [("Alice Martin", True), ("Bob Berg", True), ("Carol Cruz", False)]

    def test_who_is_paused_or_has_left_neither_stands_in_the_way_nor_is_invited(self) -> None:
        alice, bob, carol = make.user(), make.user("Bob Berg"), make.user("Carol Cruz")
        link = make.link(alice, "group", kind="group", team=[bob, {"user": carol.email, "paused": True}])
        make.busy(bob, "2026-12-01 08:00", "2026-12-01 16:00")
        make.busy(carol, "2026-12-01 08:00", "2026-12-01 16:00")
        with pytest.raises(SlotTaken):
            make.booking(link, "2026-12-01 09:00")
        User.update(is_active=False).where(User.id == bob.id).execute()
        assert [seat.host for seat in make.booking(link, "2026-12-01 09:00").hosts()] == [alice]

    def test_a_move_asks_no_optional_member(self) -> None:
        alice, carol = make.user(), make.user("Carol Cruz")
        link = make.link(alice, "group", kind="group", team=[{"user": carol.email, "check_availability": False}])
        booking = make.booking(link, "2026-12-01 09:00")
        make.booking(make.link(carol, "own"), "2026-12-01 10:00", email="b@example.com")
        moved = bookings.reschedule(booking, at("2026-12-01 10:00"), NOW, by=None)
        assert [(seat.host, seat.is_required) for seat in moved.hosts()] == [(alice, True), (carol, False)]
        assert moved.uid == booking.uid

    def test_an_optional_members_booking_is_busy_for_them(self) -> None:
        alice, carol = make.user(), make.user("Carol Cruz")
        group = make.link(alice, "group", kind="group", team=[{"user": carol.email, "check_availability": False}])
        own = make.link(carol, "own")
        make.booking(own, "2026-12-01 09:00")
        make.booking(group, "2026-12-01 09:00", email="b@example.com")  # carol stands in nobody's way
        make.booking(group, "2026-12-01 10:00", email="c@example.com")
        assert "2026-12-01 10:00" not in make.offered(own, "2026-12-01 00:00", "2026-12-02 00:00")


class TestRoundRobin:
    def team(self, *weights: int) -> tuple[Link, list[User]]:
        hosts = [make.user(f"Host{number} Test") for number in range(len(weights))]
        team = [{"user": host.email, "weight": weight} for host, weight in zip(hosts, weights, strict=True)]
        link = make.link(hosts[0], "robin", kind="round_robin", team=team, window={"kind": "rolling", "weeks": 6})
        return link, hosts

    def starts(self, link: Link, count: int) -> list[int]:
        span = Span(to_instant(NOW), to_instant(NOW + timedelta(days=40)))
        return offers.offered(link, 30, span, NOW)[::2][:count]

    def test_bookings_spread_evenly(self) -> None:
        link, hosts = self.team(1, 1, 1)
        for number, start in enumerate(self.starts(link, 31)):
            bookings.take(link, make.request(start, email=f"c{number}@example.com"), NOW)
            counts = Counter(p.host_id for p in Participant.select())
            assert max(counts.values()) - min(counts[host.id] for host in hosts) <= 1

    def test_weights_are_kept(self) -> None:
        link, hosts = self.team(3, 1)
        for number, start in enumerate(self.starts(link, 40)):
            bookings.take(link, make.request(start, email=f"c{number}@example.com"), NOW)
        counts = Counter(p.host_id for p in Participant.select())
        assert Fraction(counts[hosts[0].id], counts[hosts[1].id]) == 3

    def test_as_many_bookings_at_once_as_members_are_free(self) -> None:
        link, hosts = self.team(1, 1, 1)
        make.busy(hosts[1], "2026-12-01 09:00", "2026-12-01 09:30")
        met = {make.booking(link, "2026-12-01 09:00", email=f"c{n}@example.com").hosts()[0].host_id for n in range(2)}
        assert met == {hosts[0].id, hosts[2].id}
        with pytest.raises(SlotTaken):
            make.booking(link, "2026-12-01 09:00", email="c9@example.com")

    def test_unchecked_members_ignore_events_but_not_our_bookings(self) -> None:
        link, hosts = self.team(1)
        Member.update(check_availability=False).execute()
        make.busy(hosts[0], "2026-12-01 08:00", "2026-12-01 16:00")
        make.booking(link, "2026-12-01 09:00")
        with pytest.raises(SlotTaken):
            make.booking(link, "2026-12-01 09:00", email="d@example.com")

    def test_the_ledger_says_why(self) -> None:
        link, hosts = self.team(1, 1)
        make.booking(link, "2026-12-01 09:00")
        second = make.booking(link, "2026-12-01 10:00", email="d@example.com")
        assert second.assigned_by == "fewest"
        ledger = second.assignment
        assert ledger["chosen"] == hosts[1].id
        assert [candidate["count"] for candidate in ledger["candidates"]] == [1, 0]

    def test_cancelled_ones_do_not_count_but_were_a_turn(self) -> None:
        link, hosts = self.team(1, 1)
        first = make.booking(link, "2026-12-01 09:00")
        bookings.cancel(first, NOW, by=None)
        second = make.booking(link, "2026-12-01 09:00", email="d@example.com")
        assert second.hosts()[0].host_id == hosts[1].id
        assert second.assigned_by == "longest_ago"

    @pytest.mark.parametrize(("ago", "counted"), [(30 * 86_400, [1, 0]), (30 * 86_400 + 1, [0, 0])])
    def test_meetings_count_for_thirty_days_to_the_second(self, ago: int, counted: list[int]) -> None:
        link, hosts = self.team(1, 1)
        make.booking(link, "2026-12-01 09:00")
        now = at("2026-12-01 09:00") + timedelta(seconds=ago)
        turns = assignment.turns_of(link, now)
        assert [turns.get(host.id, assignment.Turns()).count for host in hosts] == counted

    def test_a_month_ago_still_was_a_turn(self) -> None:
        link, hosts = self.team(1, 1)
        make.booking(link, "2026-12-01 09:00")
        now = at("2026-12-31 09:00") + timedelta(seconds=1)
        later = bookings.take(link, make.request(at("2027-01-04 10:00"), email="d@example.com"), now)
        assert (later.hosts()[0].host_id, later.assigned_by) == (hosts[1].id, "longest_ago")

    def test_what_was_moved_counts_by_its_new_time_and_is_no_new_turn(self) -> None:
        link, hosts = self.team(1, 1)
        first = make.booking(link, "2026-12-01 09:00")
        make.booking(link, "2026-12-01 10:00", email="d@example.com")
        bookings.reschedule(first, at("2026-12-02 09:00"), NOW + timedelta(minutes=5), by=None)
        third = make.booking(link, "2026-12-03 10:00", email="e@example.com")
        assert (third.hosts()[0].host_id, third.assigned_by) == (hosts[0].id, "longest_ago")

    def test_the_earliest_member_if_nothing_else_decides(self) -> None:
        link, hosts = self.team(1, 1)
        Member.update(position=9).where(Member.user == hosts[0]).execute()  # the order in the team is for the eye
        booking = make.booking(link)
        assert (booking.hosts()[0].host_id, booking.assigned_by) == (hosts[0].id, "lowest_id")

    def test_a_paused_or_deactivated_member_gets_none(self) -> None:
        link, hosts = self.team(1, 1, 1)
        Member.update(is_paused=True).where(Member.user == hosts[0]).execute()
        User.update(is_active=False).where(User.id == hosts[1].id).execute()
        assert make.booking(link, "2026-12-01 09:00").hosts()[0].host_id == hosts[2].id


class TestMoving:
    def test_a_move_keeps_the_identity(self) -> None:
        booking = make.booking()
        moved = bookings.reschedule(booking, at("2026-12-02 09:00"), NOW + timedelta(minutes=5), by=None)
        assert (moved.id, moved.uid, moved.public_id) == (booking.id, booking.uid, booking.public_id)
        assert moved.sequence == booking.sequence + 1
        assert moved.stamped_at > booking.stamped_at
        assert Participant.get().starts_at == at("2026-12-02 09:00")
        assert "2026-12-01 09:00" in make.offered(booking.link, "2026-12-01 00:00", "2026-12-02 00:00")

    def test_its_own_time_is_not_in_the_way(self) -> None:
        booking = make.booking()
        assert bookings.reschedule(booking, at("2026-12-01 09:15"), NOW, by=None).starts_at == at("2026-12-01 09:15")

    def test_another_booking_is(self) -> None:
        link = make.link()
        make.booking(link, "2026-12-01 10:00")
        booking = make.booking(link, "2026-12-01 09:00", email="d@example.com")
        with pytest.raises(SlotTaken):
            bookings.reschedule(booking, at("2026-12-01 10:15"), NOW, by=None)
        assert Booking.get_by_id(booking.id).starts_at == at("2026-12-01 09:00")

    def test_the_stamp_never_goes_back(self) -> None:
        booking = make.booking()
        moved = bookings.reschedule(booking, at("2026-12-02 09:00"), NOW - timedelta(hours=1), by=None)
        assert moved.stamped_at > booking.stamped_at

    @pytest.mark.parametrize(("minutes", "reason"), [(0, "cancelled"), (60 * 48, "past")])
    def test_what_is_over_stays(self, minutes: int, reason: str) -> None:
        booking = make.booking()
        if reason == "cancelled":
            bookings.cancel(booking, NOW, by=None)
        with pytest.raises(Conflict) as refused:
            bookings.reschedule(booking, at("2026-12-04 09:00"), NOW + timedelta(minutes=minutes), by=None)
        assert refused.value.params["reason"] == reason

    def test_not_onto_a_host_who_has_left(self) -> None:
        booking = make.booking()
        User.update(is_active=False).execute()
        with pytest.raises(SlotTaken):
            bookings.reschedule(booking, at("2026-12-02 09:00"), NOW, by=None)
        span = Span(to_instant(NOW), to_instant(NOW + timedelta(days=7)))
        assert offers.offered(booking.link, 30, span, NOW, without=booking) == []

    def test_round_robin_keeps_the_host_if_free_else_chooses(self) -> None:
        hosts = [make.user("Ana One"), make.user("Ben Two")]
        link = make.link(hosts[0], "robin", kind="round_robin", team=hosts)
        booking = make.booking(link)
        first = booking.hosts()[0].host_id
        assert bookings.reschedule(booking, at("2026-12-01 10:00"), NOW, by=None).hosts()[0].host_id == first
        make.busy(User.get_by_id(first), "2026-12-02 08:00", "2026-12-02 16:00")
        with pytest.raises(SlotTaken):
            bookings.reschedule(booking, at("2026-12-02 10:00"), NOW, by=None, any_host=False)
        moved = bookings.reschedule(booking, at("2026-12-02 10:00"), NOW, by=None)
        assert [p.host_id for p in moved.hosts()] != [first]
        assert moved.uid != booking.uid
        assert moved.public_id == booking.public_id


class TestCancelling:
    def test_the_time_is_free_at_once(self) -> None:
        booking = make.booking()
        cancelled = bookings.cancel(booking, NOW, reason="Ill", by=None)
        assert (cancelled.status, cancelled.cancel_reason, cancelled.sequence) == ("cancelled", "Ill", 1)
        make.booking(booking.link, "2026-12-01 09:00", email="d@example.com")

    def test_twice_changes_nothing(self) -> None:
        booking = make.booking()
        bookings.cancel(booking, NOW, by=None)
        after = everything()
        assert bookings.cancel(booking, NOW, by=None).sequence == 1
        assert everything() == after


class TestChangesAtOnce:
    """PostgreSQL serves several processes; who waited for the lock may find another host in the booking."""

    @pytest.fixture
    def booking(self, app: Flask) -> Booking:
        hosts = [make.user("Ana One"), make.user("Ben Two"), make.user("Cleo Three")]
        return make.booking(make.link(hosts[0], "robin", kind="round_robin", team=hosts))

    def hand_over(self, booking: Booking) -> Booking:
        """Move it to another host; the one who held it leaves the link, so that nobody locks them for it any more."""
        former = booking.hosts()[0].host
        make.busy(former, "2026-12-02 08:00", "2026-12-02 16:00")
        moved = bookings.reschedule(Booking.get_by_id(booking.id), at("2026-12-02 10:00"), NOW, by=None)
        assert moved.hosts()[0].host_id != former.id
        Member.delete().where(Member.user == former).execute()
        return moved

    @pytest.fixture
    def handed_over_first(self, booking: Booking, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody else gets the lock first."""
        real, others = writing.seated, [lambda: self.hand_over(booking)]

        def seated(of: Booking) -> set[int]:
            found = real(of)
            while others:
                others.pop()()
            return found

        monkeypatch.setattr(writing, "seated", seated)

    @pytest.mark.usefixtures("handed_over_first")
    def test_a_cancellation_that_locked_the_former_host_cancels_what_it_finds(self, booking: Booking) -> None:
        cancelled = bookings.cancel(booking, NOW, by=None)
        assert (cancelled.is_confirmed, cancelled.sequence) == (False, 2)
        assert {seat.is_active for seat in Participant.select()} == {False}

    @pytest.mark.usefixtures("handed_over_first")
    def test_a_move_of_what_was_handed_over_meanwhile_is_judged_anew(self, booking: Booking) -> None:
        moved = bookings.reschedule(booking, at("2026-12-03 10:00"), NOW, by=None)
        assert moved.starts_at == at("2026-12-03 10:00")
        assert [seat.host.name for seat in moved.hosts()] == ["Ben Two"]

    @pytest.mark.postgres
    @pytest.mark.parametrize(
        "change",
        [
            lambda booking: bookings.cancel(booking, NOW, by=None),
            lambda booking: bookings.reschedule(booking, at("2026-12-03 10:00"), NOW, by=None),
        ],
        ids=["cancel", "move"],
    )
    def test_it_is_read_once_nobody_else_changes_it(
        self, app: Flask, booking: Booking, database_url: str, change: Callable[[Booking], Booking]
    ) -> None:
        """Whichever hosts these others have locked."""
        done: list[Booking] = []

        def run() -> None:
            with app.app_context():
                db.connect()
                done.append(change(booking))
                db.disconnect()

        thread = threading.Thread(target=run)
        with psycopg.connect(database_url) as other:
            other.execute("UPDATE booking SET sequence = 7 WHERE id = %s", [booking.id])
            thread.start()
            waiting = "SELECT 1 FROM pg_locks WHERE NOT granted"
            while thread.is_alive() and not db.rows(waiting, []):
                time.sleep(0.01)
            other.commit()
        thread.join()
        assert done[0].sequence == 8

    def test_what_was_handed_over_before_is_not_in_the_way(self, booking: Booking) -> None:
        booking.hosts()  # as a page has read them
        self.hand_over(booking)
        moved = bookings.reschedule(booking, at("2026-12-03 10:00"), NOW, by=None)
        assert bookings.cancel(moved, NOW, by=None).sequence == 3


class TestTheDatabasesOwnRefusal:
    def test_an_overlap_of_one_required_host_is_refused(self) -> None:
        booking = make.booking()
        with pytest.raises(peewee.IntegrityError), db.transaction():
            Participant.create(
                booking=make_other(booking),
                host=booking.link.organizer,
                starts_at=at("2026-12-01 09:15"),
                ends_at=at("2026-12-01 09:45"),
            )

    def test_touching_optional_and_cancelled_ones_are_not(self) -> None:
        booking = make.booking()
        other, host = make_other(booking), booking.link.organizer
        with db.transaction():
            seat = Participant.create(
                booking=other, host=host, starts_at=at("2026-12-01 09:30"), ends_at=at("2026-12-01 10:00")
            )
        for change in ({"is_required": False}, {"is_active": False}):
            with db.transaction():
                Participant.update(starts_at=at("2026-12-01 09:00"), ends_at=at("2026-12-01 10:00"), **change).where(
                    Participant.id == seat.id
                ).execute()
                Participant.update(starts_at=at("2026-12-01 09:30"), is_required=True, is_active=True).where(
                    Participant.id == seat.id
                ).execute()

    def test_a_move_onto_another_is_refused(self) -> None:
        link = make.link()
        make.booking(link)
        other = make.booking(link, "2026-12-01 10:00", email="d@example.com")
        with pytest.raises(peewee.IntegrityError), db.transaction():
            Participant.update(starts_at=at("2026-12-01 09:00")).where(Participant.booking == other).execute()

    def test_with_the_judge_asleep_it_is_the_one_who_says_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        link = make.link()
        make.booking(link)
        fired = bookings.refusals["overlap"]
        monkeypatch.setattr(
            judging, "judge", lambda *_, **__: Judged(offers.rules_of(link), 0, 30, [link.organizer_id])
        )
        before = everything()
        with pytest.raises(SlotTaken):
            make.booking(link, email="d@example.com")
        assert bookings.refusals["overlap"] == fired + 1
        assert everything() == before


def make_other(booking: Booking) -> Booking:
    """A second booking row without hosts."""
    values = {
        name: getattr(booking, name)
        for name in Booking._meta.fields
        if name not in {"id", "public_id", "idempotency_key"}
    }
    return Booking.create(**values, public_id="other")


def test_hand_made_busy_times_go_with_their_user() -> None:
    alice = make.user()
    make.busy(alice, "2026-12-01 08:00", "2026-12-01 09:00")
    alice.delete_instance()
    assert not BusyTime.select().exists()
