"""Handing a meeting over: who may, to whom, what stands in the way, and what becomes of rows, ledger and calendars."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from meetings import db
from meetings.errors import Conflict, Forbidden, Invalid, SlotTaken
from meetings.models import Booking, Delivery, Link, Member, Participant, User
from meetings.models.outbox import PENDING
from meetings.models.users import ADMIN
from meetings.services import bookings, links, outbox
from meetings.services.bookings import handing, writing
from tests import make
from tests.make import NOW, at
from tests.services.calendars import PROGRAMS, Calendar, Drawer, Event, read
from tests.smtp import MailServer
from tests.threads import at_once

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@pytest.fixture
def boss(app: Flask) -> User:
    return make.user("Root Admin", role=ADMIN)


@pytest.fixture
def team(app: Flask) -> list[User]:
    return [make.user("Ana One"), make.user("Ben Two"), make.user("Cleo Three")]


@pytest.fixture
def robin(team: list[User]) -> Link:
    return make.link(make.user("Otto Rganizer"), "robin", kind="round_robin", team=team)


@pytest.fixture
def booking(robin: Link) -> Booking:
    return make.booking(robin)


def hosts_of(booking: Booking) -> list[str]:
    return [seat.host.name for seat in Booking.get_by_id(booking.id).hosts()]


class TestWhatChanges:
    def test_the_booking_stays_and_its_event_is_another(self, booking: Booking, team: list[User], boss: User) -> None:
        ana, ben, _ = team
        given = bookings.hand_over(boss, booking, ana, ben, NOW)
        kept = Booking.get_by_id(booking.id)
        assert (kept.public_id, kept.starts_at, kept.ends_at) == (booking.public_id, booking.starts_at, booking.ends_at)
        assert (kept.sequence, kept.organizer_email) == (booking.sequence + 1, ben.email)
        assert kept.uid != booking.uid
        assert kept.agreed_clock == booking.agreed_clock
        assert kept.title == "Maren Holt and Ben Two" == given.title
        assert hosts_of(kept) == ["Ben Two"]
        assert kept.stamped_at > booking.stamped_at

    def test_a_title_of_the_links_own_stays(self, team: list[User], boss: User) -> None:
        link = make.link(team[0], kind="round_robin", team=team, overview={"title": "Demo"})
        given = bookings.hand_over(boss, make.booking(link), team[0], team[1], NOW)
        assert given.title == "Demo"

    def test_the_pause_that_it_was_made_with_stays(self, team: list[User], boss: User) -> None:
        link = make.link(team[0], kind="round_robin", team=team, buffer=15)
        booking = make.booking(link)
        links.update(team[0], Link.get_by_id(link.id), {"scheduling": {"buffer": 60}}, NOW)
        bookings.hand_over(boss, booking, team[0], team[1], NOW)
        assert [seat.buffer for seat in Participant.select()] == [15]

    def test_the_ledger_tells_through_which_hands_it_went(self, booking: Booking, team: list[User], boss: User) -> None:
        ana, ben, cleo = team
        decided = booking.assignment
        bookings.hand_over(ana, booking, ana, ben, NOW)
        later = NOW + timedelta(hours=1)
        given = bookings.hand_over(boss, booking, ben, cleo, later)
        assert given.assigned_by == "handed_over"
        assert {name: given.assignment[name] for name in decided} == decided
        told = [(hand["by_name"], hand["from_name"], hand["to_name"], hand["at"]) for hand in hands(given)]
        assert told == [
            ("Ana One", "Ana One", "Ben Two", int(NOW.timestamp())),
            ("Root Admin", "Ben Two", "Cleo Three", int(later.timestamp())),
        ]

    def test_a_later_choice_still_tells_of_it(self, booking: Booking, team: list[User]) -> None:
        ana, ben, _ = team
        bookings.hand_over(ana, booking, ana, ben, NOW)
        make.busy(ben, "2026-12-02 08:00", "2026-12-02 16:00")
        moved = bookings.reschedule(Booking.get_by_id(booking.id), at("2026-12-02 10:00"), NOW, by=None)
        assert moved.assigned_by != "handed_over"
        assert len(hands(moved)) == 1

    def test_of_a_link_of_one_too(self, boss: User) -> None:
        booking, bob = make.booking(), make.user("Bob Berg")
        given = bookings.hand_over(boss, booking, booking.link.organizer, bob, NOW)
        assert (hosts_of(given), given.assigned_by, len(hands(given))) == (["Bob Berg"], "handed_over", 1)


def hands(booking: Booking) -> list[dict[str, Any]]:
    return Booking.get_by_id(booking.id).assignment["handed_over"]  # type: ignore[no-any-return]


class TestTurns:
    def test_it_counts_as_the_new_hosts(self, robin: Link, booking: Booking, team: list[User]) -> None:
        ana, ben, cleo = team
        bookings.hand_over(ana, booking, ana, ben, NOW)
        others = [make.booking(robin, "2026-12-03 09:00", email=f"c{n}@example.com") for n in range(2)]
        assert [one.hosts()[0].host_id for one in others] == [ana.id, cleo.id]

    def test_and_as_their_latest_turn(self, robin: Link, team: list[User]) -> None:
        """All have one, so who was chosen longest ago is next: Cleo, as Ben's turn is that of the hand-over."""
        ana, ben, cleo = team
        first = make.booking(robin, "2026-12-03 09:00")
        second = make.booking(robin, "2026-12-03 10:00", email="b@example.com")
        make.booking(robin, "2026-12-03 11:00", email="c@example.com")
        bookings.hand_over(ana, first, ana, ben, NOW)
        bookings.hand_over(ben, second, ben, ana, NOW)
        bookings.cancel(Booking.get_by_id(first.id), NOW, by=None)
        bookings.cancel(Booking.get_by_id(second.id), NOW, by=None)
        third = Booking.select().where(Booking.starts_at == at("2026-12-03 11:00")).get()
        bookings.cancel(third, NOW, by=None)
        chosen = make.booking(robin, "2026-12-04 09:00", email="d@example.com")
        assert (chosen.assigned_by, chosen.hosts()[0].host_id) == ("longest_ago", cleo.id)

    def test_what_the_contacts_owner_held_counts_once_it_is_another_hosts(
        self, robin: Link, booking: Booking, team: list[User]
    ) -> None:
        ana, ben, _ = team
        Booking.update(assigned_by="contact_owner").execute()
        bookings.hand_over(ana, booking, ana, ben, NOW)
        after = make.booking(robin, "2026-12-03 09:00", email="b@example.com")
        counts = {seat["name"]: seat["count"] for seat in after.assignment["candidates"]}
        assert counts == {"Ana One": 0, "Ben Two": 1, "Cleo Three": 0}


class TestWhoMay:
    def test_the_links_organizer_and_who_holds_it(self, robin: Link, booking: Booking, team: list[User]) -> None:
        ana, ben, cleo = team
        bookings.hand_over(robin.organizer, booking, ana, ben, NOW)
        bookings.hand_over(ben, booking, ben, cleo, NOW)
        assert hosts_of(booking) == ["Cleo Three"]

    def test_nobody_else(self, booking: Booking, team: list[User]) -> None:
        with pytest.raises(Forbidden):
            bookings.hand_over(team[1], booking, team[0], team[1], NOW)

    def test_in_a_group_only_their_own_part(self, team: list[User]) -> None:
        ana, ben, cleo = team
        booking = make.booking(make.link(ana, kind="group", team=[ana, ben]))
        Member.create(link=booking.link, user=cleo, position=9)
        with pytest.raises(Forbidden):
            bookings.hand_over(ben, booking, ana, cleo, NOW)
        bookings.hand_over(ben, booking, ben, cleo, NOW)
        assert hosts_of(booking) == ["Ana One", "Cleo Three"]

    def test_of_a_link_of_one_admins_alone(self) -> None:
        booking, bob = make.booking(), make.user("Bob Berg")
        alice = booking.link.organizer
        with pytest.raises(Forbidden):
            bookings.hand_over(alice, booking, alice, bob, NOW)

    def test_to_the_team_by_admins_to_anybody_active(self, booking: Booking, team: list[User], boss: User) -> None:
        ana, dora = team[0], make.user("Dora Four")
        assert {user.name for user in bookings.successors(ana, booking)} == {"Ben Two", "Cleo Three"}
        with pytest.raises(Invalid):
            bookings.hand_over(ana, booking, ana, dora, NOW)
        assert bookings.hand_over(boss, booking, ana, dora, NOW).hosts()[0].host == dora

    @pytest.mark.parametrize("change", [{"is_active": False}, {"email": "1@deleted.invalid"}])
    def test_nobody_who_left(self, booking: Booking, team: list[User], boss: User, change: dict[str, Any]) -> None:
        User.update(**change).where(User.id == team[1].id).execute()
        with pytest.raises(Invalid):
            bookings.hand_over(boss, booking, team[0], team[1], NOW)

    def test_nobody_who_is_in_it(self, team: list[User], boss: User) -> None:
        booking = make.booking(make.link(team[0], kind="group", team=team))
        with pytest.raises(Invalid):
            bookings.hand_over(boss, booking, team[0], team[1], NOW)

    def test_not_from_somebody_who_does_not_hold_it(self, booking: Booking, team: list[User], boss: User) -> None:
        with pytest.raises(Conflict) as refused:
            bookings.hand_over(boss, booking, team[1], team[2], NOW)
        assert refused.value.params["reason"] == "handed-over"

    @pytest.mark.parametrize(("hours", "reason"), [(0, "cancelled"), (48, "past")])
    def test_not_what_is_over(self, booking: Booking, team: list[User], boss: User, hours: int, reason: str) -> None:
        if reason == "cancelled":
            bookings.cancel(booking, NOW, by=None)
        with pytest.raises(Conflict) as refused:
            bookings.hand_over(boss, booking, team[0], team[1], NOW + timedelta(hours=hours))
        assert refused.value.params["reason"] == reason


class TestWhatIsInTheWay:
    def test_another_meeting_always(self, booking: Booking, team: list[User], boss: User) -> None:
        make.booking(make.link(team[1], "own"), "2026-12-01 09:15", email="b@example.com")
        with pytest.raises(SlotTaken):
            bookings.hand_over(boss, booking, team[0], team[1], NOW, accept_events=True)
        assert hosts_of(booking) == ["Ana One"]

    def test_with_the_judge_asleep_the_database_refuses(
        self, booking: Booking, team: list[User], boss: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make.booking(make.link(team[1], "own"), email="b@example.com")
        monkeypatch.setattr(handing, "hindrances", lambda *_: {team[1].id: ()})
        before = list(Delivery.select().dicts())
        with pytest.raises(SlotTaken):
            bookings.hand_over(boss, booking, team[0], team[1], NOW)
        assert hosts_of(booking) == ["Ana One"]
        assert list(Delivery.select().dicts()) == before

    def test_a_busy_time_unless_it_is_accepted(self, booking: Booking, team: list[User], boss: User) -> None:
        make.busy(team[1], "2026-12-01 08:00", "2026-12-01 12:00")
        with pytest.raises(SlotTaken):
            bookings.hand_over(boss, booking, team[0], team[1], NOW)
        bookings.hand_over(boss, booking, team[0], team[1], NOW, accept_events=True)
        assert hosts_of(booking) == ["Ben Two"]

    def test_the_pause_beside_another_meeting_unless_it_is_accepted(
        self, booking: Booking, team: list[User], boss: User
    ) -> None:
        make.booking(make.link(team[1], "own", buffer=60), "2026-12-01 10:00", email="b@example.com")
        with pytest.raises(SlotTaken):
            bookings.hand_over(boss, booking, team[0], team[1], NOW)
        bookings.hand_over(boss, booking, team[0], team[1], NOW, accept_events=True)

    def test_nothing_for_who_is_merely_invited(self, team: list[User], boss: User) -> None:
        ana, ben, cleo = team
        optional = {"user": ben.email, "check_availability": False}
        booking = make.booking(make.link(ana, kind="group", team=[ana, optional]))
        make.booking(make.link(cleo, "own"), email="b@example.com")
        given = bookings.hand_over(boss, booking, ben, cleo, NOW)
        assert [(seat.host.name, seat.is_required) for seat in given.hosts()] == [
            ("Ana One", True),
            ("Cleo Three", False),
        ]


class TestOneTransaction:
    def test_a_caller_may_have_more_to_write(self, booking: Booking, team: list[User], boss: User) -> None:
        def give_and_fail() -> None:
            with db.transaction():
                db.lock([host.id for host in team])
                bookings.hand_over(boss, booking, team[0], team[1], NOW)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            give_and_fail()
        assert hosts_of(booking) == ["Ana One"]

    def test_and_goes_on_where_one_is_refused(self, robin: Link, team: list[User], boss: User) -> None:
        ana, ben, _ = team
        first = make.booking(robin, "2026-12-03 09:00")
        second = make.booking(make.link(ana, "own"), "2026-12-03 10:00", email="b@example.com")
        make.booking(make.link(ben, "bens"), "2026-12-03 09:00", email="c@example.com")
        with db.transaction():
            db.lock([host.id for host in team])
            with pytest.raises(SlotTaken):
                bookings.hand_over(boss, first, ana, ben, NOW)
            bookings.hand_over(boss, second, ana, ben, NOW)
        assert (hosts_of(first), hosts_of(second)) == (["Ana One"], ["Ben Two"])


def cancelled_meanwhile(booking: Booking, team: list[User]) -> None:
    bookings.cancel(booking, NOW, by=None)


def moved_meanwhile(booking: Booking, team: list[User]) -> None:
    make.busy(team[0], "2026-12-02 08:00", "2026-12-02 16:00")
    make.busy(team[2], "2026-12-02 08:00", "2026-12-02 16:00")
    bookings.reschedule(Booking.get_by_id(booking.id), at("2026-12-02 10:00"), NOW, by=None)


def handed_over_meanwhile(booking: Booking, team: list[User]) -> None:
    bookings.hand_over(team[0], Booking.get_by_id(booking.id), team[0], team[2], NOW)


class TestAtOnce:
    """Whoever waited for the locks finds what others made of the booking."""

    @pytest.mark.parametrize(
        ("meanwhile", "reason"),
        [
            (cancelled_meanwhile, "cancelled"),
            (moved_meanwhile, "handed-over"),
            (handed_over_meanwhile, "handed-over"),
        ],
    )
    def test_it_is_read_again(
        self,
        booking: Booking,
        team: list[User],
        monkeypatch: pytest.MonkeyPatch,
        meanwhile: Callable[[Booking, list[User]], None],
        reason: str,
    ) -> None:
        real, others = db.lock, [lambda: meanwhile(booking, team)]

        def lock(host_ids: Iterable[int]) -> None:
            while others:
                others.pop()()
            real(host_ids)

        monkeypatch.setattr(db, "lock", lock)
        with pytest.raises(Conflict) as refused:
            bookings.hand_over(team[0], booking, team[0], team[1], NOW)
        assert refused.value.params["reason"] == reason

    @pytest.mark.parametrize("round_", range(3))
    def test_of_several_at_once_each_finds_what_the_others_made(
        self, app: Flask, booking: Booking, team: list[User], round_: int
    ) -> None:
        ana, ben, cleo = team
        acts: list[Callable[[], object]] = [
            lambda: bookings.hand_over(ana, booking, ana, ben, NOW),
            lambda: bookings.hand_over(ana, booking, ana, cleo, NOW),
            lambda: bookings.reschedule(booking, at("2026-12-03 10:00"), NOW, by=None),
            lambda: bookings.cancel(booking, NOW, by=None),
        ]
        refused = at_once(app, *acts[round_:], *acts[:round_])
        kept = Booking.get_by_id(booking.id)
        assert kept.sequence == len(acts) - len(refused) >= 1
        assert {type(problem) for problem in refused} <= {Conflict}
        assert [hand["to_name"] for hand in (kept.assignment.get("handed_over") or [])] in (
            [],
            [seat.host.name for seat in kept.hosts()],
        )
        assert [seat.is_active for seat in kept.hosts()] == [kept.is_confirmed]

    def test_a_move_after_it_keeps_the_new_host(self, booking: Booking, team: list[User]) -> None:
        booking.hosts()  # as a page has read them
        bookings.hand_over(team[0], Booking.get_by_id(booking.id), team[0], team[1], NOW)
        moved = bookings.reschedule(booking, at("2026-12-03 10:00"), NOW, by=None)
        assert hosts_of(moved) == ["Ben Two"]
        bookings.cancel(booking, NOW, by=None)
        assert not Participant.select().where(Participant.is_active).exists()

    def test_a_move_at_the_same_moment_goes_by_the_new_host(
        self, team: list[User], boss: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        booking = make.booking(make.link(team[0], "one"))
        real, others = writing.seated, [lambda: bookings.hand_over(boss, booking, team[0], team[1], NOW)]

        def seated(of: Booking) -> set[int]:
            found = real(of)
            while others:
                others.pop()()
            return found

        monkeypatch.setattr(writing, "seated", seated)
        moved = bookings.reschedule(booking, at("2026-12-03 10:00"), NOW, by=None)
        assert (hosts_of(moved), moved.starts_at) == (["Ben Two"], at("2026-12-03 10:00"))

    def test_two_slots_of_one_new_host_are_not_given_away_twice(self, team: list[User], boss: User) -> None:
        ana, ben, cleo = team
        given = [make.booking(make.link(host, f"of{host.id}"), email=f"{host.id}@example.com") for host in (ana, ben)]
        bookings.hand_over(boss, given[0], ana, cleo, NOW)
        with pytest.raises(SlotTaken):
            bookings.hand_over(boss, given[1], ben, cleo, NOW, accept_events=True)


class TestMails:
    def test_they_wait_where_that_is_asked_for(
        self, booking: Booking, team: list[User], mail_server: MailServer
    ) -> None:
        deliver(NOW)
        mail_server.received.clear()
        due = NOW + timedelta(minutes=10)
        bookings.hand_over(team[0], booking, team[0], team[1], NOW, due_at=due)
        deliver(due - timedelta(seconds=1))
        assert mail_server.received == []
        deliver(due)
        assert sorted(address for mail in mail_server.received for address in mail.recipients) == sorted(
            ["maren@example.com"] * 2 + [team[0].email, team[1].email]
        )

    def test_nobody_hears_of_one_that_was_taken_back_in_time(
        self, booking: Booking, team: list[User], mail_server: MailServer
    ) -> None:
        deliver(NOW)
        mail_server.received.clear()
        due = NOW + timedelta(minutes=10)
        bookings.hand_over(team[0], booking, team[0], team[1], NOW, due_at=due)
        bookings.hand_over(team[1], booking, team[1], team[0], NOW + timedelta(minutes=5))
        deliver(due)
        assert mail_server.received == []
        kept = Booking.get_by_id(booking.id)
        told = (booking.uid, booking.organizer_email, booking.title)
        assert (kept.uid, kept.organizer_email, kept.title) == told
        assert kept.sequence == booking.sequence + 2
        assert len(hands(kept)) == 2

    def test_and_what_waited_before_goes_out_after_all(
        self, booking: Booking, team: list[User], mail_server: MailServer
    ) -> None:
        bookings.hand_over(team[0], booking, team[0], team[1], NOW)
        bookings.hand_over(team[1], booking, team[1], team[0], NOW)
        deliver(NOW + timedelta(minutes=1))
        told = sorted((mail.recipients[0], read(mail.raw).uid) for mail in mail_server.received)
        assert told == [(team[0].email, booking.uid), ("maren@example.com", booking.uid)]

    def test_who_held_it_unheard_is_left_in_peace(
        self, booking: Booking, team: list[User], mail_server: MailServer
    ) -> None:
        ana, ben, cleo = team
        deliver(NOW)
        mail_server.received.clear()
        due = NOW + timedelta(minutes=10)
        bookings.hand_over(ana, booking, ana, ben, NOW, due_at=due)
        bookings.hand_over(ben, booking, ben, cleo, NOW, due_at=due)
        deliver(due)
        told = sorted(address for mail in mail_server.received for address in mail.recipients)
        assert told == sorted(["maren@example.com"] * 2 + [ana.email, cleo.email])

    def test_what_was_heard_is_taken_back_aloud(
        self, booking: Booking, team: list[User], mail_server: MailServer
    ) -> None:
        bookings.hand_over(team[0], booking, team[0], team[1], NOW)
        deliver(NOW)
        mail_server.received.clear()
        given = bookings.hand_over(team[1], booking, team[1], team[0], NOW + timedelta(minutes=1))
        deliver(NOW + timedelta(minutes=1))
        assert given.uid != booking.uid
        assert len(mail_server.received) == 4

    def test_everybody_reads_what_it_means_for_them(
        self, booking: Booking, team: list[User], boss: User, mail_server: MailServer
    ) -> None:
        ana, ben, _ = team
        deliver(NOW)
        mail_server.received.clear()
        bookings.hand_over(boss, booking, ana, ben, NOW)
        deliver(NOW)
        told = texts(mail_server)
        assert "Root Admin has handed the meeting with Maren Holt over to Ben Two." in told[ana.email]
        assert "Root Admin has handed the meeting with Maren Holt over to you." in told[ben.email]
        assert "You now meet Ben Two. The time of your meeting stays the same." in told["maren@example.com"]
        assert "takes the earlier entry with Ana One out of your calendar" in told["maren@example.com"]
        assert not any("has moved" in text for text in told.values())

    def test_who_did_it_reads_that_they_did(
        self, booking: Booking, team: list[User], robin: Link, mail_server: MailServer
    ) -> None:
        ana, ben, _ = team
        bookings.hand_over(ana, booking, ana, ben, NOW)
        deliver(NOW)
        told = texts(mail_server)
        assert "You have handed the meeting with Maren Holt over to Ben Two." in told[ana.email]
        assert "Ana One has handed the meeting with Maren Holt over to you." in told[ben.email]

    def test_who_stays_reads_that_others_changed(self, team: list[User], boss: User, mail_server: MailServer) -> None:
        ana, ben, cleo = team
        booking = make.booking(make.link(ana, kind="group", team=[ana, ben]))
        deliver(NOW)
        mail_server.received.clear()
        bookings.hand_over(boss, booking, ben, cleo, NOW)
        deliver(NOW)
        told = texts(mail_server)[ana.email]
        assert told.count("The hosts of your meeting with Maren Holt have changed.") == 2
        assert "You are free again" not in told

    def test_reminders_come_from_whoever_holds_it(self, team: list[User], boss: User, mail_server: MailServer) -> None:
        ana, ben, cleo = team
        rules = {"reminders": [{"value": 1, "unit": "hours"}]}
        booking = make.booking(make.link(boss, kind="round_robin", team=team, automation=rules))
        bookings.hand_over(boss, booking, ana, ben, NOW)
        bookings.hand_over(boss, booking, ben, cleo, NOW)
        deliver(NOW)
        mail_server.received.clear()
        deliver(at("2026-12-01 08:00"))
        mails = {mail.recipients[0]: mail.message for mail in mail_server.received}
        assert set(mails) == {"maren@example.com", cleo.email}
        to_contact = mails["maren@example.com"]
        assert "Cleo Three" in str(to_contact["From"])
        assert str(to_contact["Reply-To"]) == "Cleo Three <cleo@example.org>"

    def test_reminders_come_after_a_hand_over_that_was_taken_back(
        self, team: list[User], boss: User, mail_server: MailServer
    ) -> None:
        ana, ben, _ = team
        rules = {"reminders": [{"value": 1, "unit": "hours"}]}
        booking = make.booking(make.link(boss, kind="round_robin", team=team, automation=rules))
        bookings.hand_over(boss, booking, ana, ben, NOW)
        bookings.hand_over(boss, booking, ben, ana, NOW)
        deliver(NOW)
        mail_server.received.clear()
        deliver(at("2026-12-01 08:00"))
        assert sorted(mail.recipients[0] for mail in mail_server.received) == [ana.email, "maren@example.com"]


def texts(mail_server: MailServer) -> dict[str, str]:
    """What everybody got to read, all mails together."""
    found: dict[str, str] = {}
    for received in mail_server.received:
        text = " ".join(received.message.get_body(("plain",)).get_content().split())
        found[received.recipients[0]] = f"{found.get(received.recipients[0], '')} {text}"
    return found


def deliver(now: Any) -> None:
    while outbox.deliver_due(now):
        pass


class TestCalendars:
    """After any hand-over, whoever is told of a meeting sees it once, as it is, in every calendar program."""

    def shown(self, mail_server: MailServer, address: str, program: type[Calendar]) -> dict[str, Event]:
        calendar = program(address)
        for mail in mail_server.received:
            if mail.recipients == [address]:
                calendar.receive(read(mail.raw))
        return calendar.shown()

    @pytest.mark.parametrize("kind", ["round_robin", "group", "individual"])
    @pytest.mark.parametrize("from_", [0, 1])
    def test_to_another_and_back(
        self, kind: str, from_: int, team: list[User], boss: User, mail_server: MailServer
    ) -> None:
        ana, ben, cleo = team
        parts = {"individual": [], "group": [ana, ben], "round_robin": [ana]}[kind]
        booking = make.booking(make.link(ana, kind=kind, team=parts))
        former = booking.hosts()[from_ if kind == "group" else 0].host
        deliver(NOW)
        for minute, (giver, taker) in enumerate([(former, cleo), (cleo, former), (former, cleo)], start=1):
            now = NOW + timedelta(minutes=minute)
            bookings.hand_over(boss, booking, giver, taker, now)
            deliver(now)
        kept = Booking.get_by_id(booking.id)
        event = Event(kept.starts_at, kept.ends_at, kept.title, kept.hosts()[0].host.email)
        invited = {"maren@example.com", *(seat.host.email for seat in kept.hosts())}
        for address in ("maren@example.com", ana.email, ben.email, cleo.email):
            for program in (*PROGRAMS, Drawer):
                expected = {kept.uid: event} if address in invited else {}
                assert self.shown(mail_server, address, program) == expected, (address, program)
        assert not Delivery.select().where(Delivery.state == PENDING).exists()


class TestMovingAfterwards:
    """A meeting that is moved keeps whoever holds it by now, if they are free."""

    def test_also_somebody_outside_of_the_team(self, booking: Booking, team: list[User], boss: User) -> None:
        bookings.hand_over(boss, booking, team[0], boss, NOW)
        make.busy(boss, "2026-12-03 08:00", "2026-12-03 16:00")
        kept = Booking.get_by_id(booking.id)
        assert bookings.would_meet(kept, at("2026-12-02 10:00"), NOW) is None
        moved = bookings.reschedule(kept, at("2026-12-02 10:00"), NOW, by=None, any_host=False)
        assert hosts_of(moved) == ["Root Admin"]
        taker = bookings.would_meet(moved, at("2026-12-03 10:00"), NOW)
        moved = bookings.reschedule(moved, at("2026-12-03 10:00"), NOW, by=None)
        assert hosts_of(moved) == [taker.name if taker else ""]
        assert hosts_of(moved)[0] in {user.name for user in team}

    def test_at_a_time_that_only_they_have_free(self, booking: Booking, team: list[User], boss: User) -> None:
        bookings.hand_over(boss, booking, team[0], boss, NOW)
        for user in team:
            make.busy(user, "2026-12-02 08:00", "2026-12-02 16:00")
        moved = bookings.reschedule(Booking.get_by_id(booking.id), at("2026-12-02 10:00"), NOW, by=None)
        assert hosts_of(moved) == ["Root Admin"]

    def test_with_their_contacts_first_too(self, team: list[User], boss: User) -> None:
        link = make.link(boss, kind="round_robin", team=team, prioritize_contact_owner=True)
        booking = make.booking(link)
        bookings.hand_over(boss, booking, team[0], boss, NOW)
        moved = bookings.reschedule(
            Booking.get_by_id(booking.id), at("2026-12-02 10:00"), NOW, by=None, is_for_owner=True
        )
        assert hosts_of(moved) == ["Root Admin"]
