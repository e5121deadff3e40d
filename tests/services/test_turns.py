"""Whose turn it is: what was had, and what would happen now, which is what happens then."""

import json
import random
from datetime import timedelta

import pytest
from flask import Flask

from meetings.errors import NotFound, SlotTaken
from meetings.models import Booking, Contact, Delivery, Link, Member, Participant, User
from meetings.models.users import ADMIN
from meetings.services import bookings, links, offers, turns
from tests import make
from tests.make import NOW, at

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def boss(app: Flask) -> User:
    return make.user("Root Admin", role=ADMIN)


@pytest.fixture
def team(app: Flask) -> list[User]:
    return [make.user("Ana One"), make.user("Ben Two"), make.user("Cleo Three")]


@pytest.fixture
def robin(team: list[User]) -> Link:
    return make.link(make.user("Otto Rganizer"), "robin", kind="round_robin", team=team, window=WEEKS)


WEEKS = {"kind": "rolling", "weeks": 6}
START = int(at("2026-12-01 09:00").timestamp())


def foreseen(actor: User, link: Link, start: int = START, email: str = "") -> turns.Foreseen:
    return turns.foresee(actor, link, 30, start, email, NOW)


class TestHowItStands:
    def test_counts_shares_and_last_turns(self, robin: Link, team: list[User]) -> None:
        Member.update(weight=2).where(Member.user == team[0]).execute()
        for day in (1, 2, 3):
            make.booking(robin, f"2026-12-0{day} 09:00")
        found = turns.standings(robin, NOW)
        assert [(one.host.name, one.turns.count) for one in found] == [
            ("Ana One", 1),
            ("Ben Two", 1),
            ("Cleo Three", 1),
        ]
        assert [one.wanted for one in found] == [0.5, 0.25, 0.25]
        assert [round(one.held or 0, 2) for one in found] == [0.33, 0.33, 0.33]
        assert [round(one.ahead, 2) for one in found] == [-0.5, 0.25, 0.25]
        assert {one.turns.at for one in found} == {int(NOW.timestamp())}

    def test_who_is_paused_has_no_part(self, robin: Link, team: list[User]) -> None:
        make.booking(robin)
        Member.update(is_paused=True).where(Member.user == team[0]).execute()
        ana, ben, _ = turns.standings(robin, NOW)
        assert (ana.wanted, ana.held, ana.turns.count) == (0, None, 1)
        assert (ben.wanted, ben.held) == (0.5, None)

    def test_a_turn_is_as_old_as_the_seat(self, robin: Link, team: list[User]) -> None:
        booking = make.booking(robin)
        later = NOW + timedelta(hours=5)
        bookings.hand_over(robin.organizer, booking, team[0], team[1], later)
        ana, ben, _ = turns.standings(robin, later)
        assert (ana.turns.at, ben.turns.at) == (None, int(later.timestamp()))

    def test_seats_from_before_are_as_old_as_their_booking(self, robin: Link) -> None:
        make.booking(robin)
        Participant.update(seated_at=None).execute()
        assert turns.standings(robin, NOW)[0].turns.at == int(NOW.timestamp())


class TestWhatWouldHappen:
    def test_it_is_what_happens(self, robin: Link, team: list[User], boss: User) -> None:
        """Whatever the members have in the way, and whatever was booked and given away before."""
        chance = random.Random(7)
        for user in team:
            day = chance.randrange(1, 5)
            make.busy(user, f"2026-12-0{day} 08:00", f"2026-12-0{day} 1{chance.randrange(0, 6)}:00")
        Member.update(weight=2).where(Member.user == team[1]).execute()
        span = offers.Span(START, START + 30 * 86400)
        for number in range(25):
            start = chance.choice(offers.offered(robin, 30, span, NOW))
            found = foreseen(boss, robin, start)
            booking = bookings.take(robin, make.request(start, email=f"c{number}@example.com"), NOW)
            assert booking.hosts()[0].host_id == found.host.id
            assert booking.assigned_by == found.ledger["rule"]
            assert Booking.get_by_id(booking.id).assignment == json.loads(json.dumps(found.ledger))
            if number % 5 == 4:
                bookings.cancel(booking, NOW, by=None)

    def test_the_next_ones_are_what_happens_too(self, robin: Link, boss: User) -> None:
        make.booking(robin, "2026-12-03 10:00")
        found = foreseen(boss, robin)
        assert len(found.following) == turns.FOLLOWING
        for number, (start, host) in enumerate(found.following):
            booking = bookings.take(robin, make.request(start, email=f"c{number}@example.com"), NOW)
            assert booking.hosts()[0].host_id == host.id

    def test_they_are_at_the_same_time_of_the_days_on_which_it_is_offered(self, robin: Link, boss: User) -> None:
        starts = [make.to_datetime(start) for start, _ in foreseen(boss, robin).following]
        assert starts == [at(f"2026-12-0{day} 09:00") for day in (1, 2, 3, 4, 7)]

    def test_nothing_is_written(self, robin: Link, boss: User) -> None:
        make.booking(robin)
        before = [list(table.select().dicts()) for table in (Booking, Participant, Delivery, Contact, Link, Member)]
        foreseen(boss, robin, START + 3600)
        turns.standings(robin, NOW)
        assert before == [list(t.select().dicts()) for t in (Booking, Participant, Delivery, Contact, Link, Member)]

    @pytest.mark.parametrize(("start", "rule"), [("2026-12-05 09:00", "grid"), ("2026-11-30 07:00", "grid")])
    def test_a_time_that_is_not_offered_is_refused_as_for_a_contact(
        self, robin: Link, boss: User, start: str, rule: str
    ) -> None:
        with pytest.raises(SlotTaken) as refused:
            foreseen(boss, robin, int(at(start).timestamp()))
        assert refused.value.rule == rule


class TestWhoseContact:
    @pytest.fixture
    def robin(self, team: list[User]) -> Link:
        return make.link(
            make.user("Otto Rganizer"), kind="round_robin", team=team, window=WEEKS, prioritize_contact_owner=True
        )

    @pytest.fixture(autouse=True)
    def cleos_contact(self, team: list[User]) -> None:
        make.booking(make.link(team[2], "cleos"), "2026-12-02 10:00", email="maren@example.com")
        Contact.update(owner=team[2]).execute()

    def test_their_own_host_comes_first(self, robin: Link, boss: User, team: list[User]) -> None:
        found = foreseen(boss, robin, email="Maren@Example.com")
        assert (found.host.id, found.ledger["rule"], found.following) == (team[2].id, "contact_owner", [])
        assert foreseen(boss, robin, email="other@example.com").ledger["rule"] == "lowest_id"

    def test_where_their_own_host_is_busy_it_is_somebodys_turn_who_is_not(
        self, robin: Link, boss: User, team: list[User]
    ) -> None:
        make.busy(team[2], "2026-12-01 08:00", "2026-12-01 16:00")
        found = foreseen(boss, robin, email="maren@example.com")
        assert (found.host.id, found.ledger["rule"]) == (team[0].id, "lowest_id")
        made = make.booking(robin, "2026-12-01 09:00", email="maren@example.com")
        assert (made.hosts()[0].host_id, made.assignment) == (found.host.id, found.ledger)

    def test_whoever_does_not_see_the_contact_learns_nothing(self, robin: Link, team: list[User]) -> None:
        ana, _, cleo = team
        assert foreseen(ana, robin, email="maren@example.com").ledger["rule"] == "lowest_id"
        assert foreseen(cleo, robin, email="maren@example.com").ledger["rule"] == "contact_owner"
        make.booking(make.link(ana, "anas"), "2026-12-04 10:00", email="maren@example.com")
        assert foreseen(ana, robin, email="maren@example.com").ledger["rule"] == "contact_owner"


class TestWhichLinks:
    def test_round_robins_that_one_may_see(self, robin: Link, team: list[User], boss: User) -> None:
        for actor in (team[0], robin.organizer, boss):
            assert turns.link_for(actor, "robin").id == robin.id
        with pytest.raises(NotFound):
            turns.link_for(make.user("Dora Four"), "robin")

    def test_no_others(self, boss: User, team: list[User]) -> None:
        make.link(team[0], "group", kind="group", team=team)
        make.link(team[0], "own")
        draft = links.start_draft(boss, "round_robin", NOW)
        for slug in ("group", "own", draft.slug, "nothing"):
            with pytest.raises(NotFound):
                turns.link_for(boss, slug)
