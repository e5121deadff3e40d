"""Whose contact an address is, and who gets the meeting then; the pages of it are in tests/web/test_welcome.py."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from meetings import db
from meetings.domain.time import Span, to_instant
from meetings.errors import Busy, SlotTaken
from meetings.models import Booking, Company, Contact, Link, Member, OtherAddress, Participant, User
from meetings.services import assignment, bookings, calendars, offers, ownership
from tests import make
from tests.make import NOW, at

EMAIL = "maren@fjord.example"
TIME = "2026-12-01 09:00"


@pytest.fixture
def team(app: Flask) -> list[User]:
    return [make.user("Ana One", role="admin"), make.user("Ben Two"), make.user("Cleo Three")]


def robin(team: list[User], members: int = 3, slug: str = "robin", **more: Any) -> Link:
    given = {"prioritize_contact_owner": True, **more}
    return make.link(team[0], slug, kind="round_robin", team=team[:members], **given)


def own(owner: User | None, email: str = EMAIL) -> Contact:
    return Contact.create(email=email, first_name="Maren", last_name="Holt", owner=owner, created_at=NOW)


def company(owner: User | None, domain: str = "fjord.example") -> Company:
    return Company.create(name=domain, name_key=domain, domain=domain, owner=owner, created_at=NOW)


def take(link: Link, start: str = TIME, **more: Any) -> tuple[User, str]:
    """Who got it, and by which rule."""
    booking = bookings.take(link, make.request(at(start), **{"email": EMAIL, **more}), NOW)
    return booking.hosts()[0].host, str(booking.assigned_by)


def leave(user: User) -> None:
    User.update(is_active=False).where(User.id == user.id).execute()


# --- whose contact


class TestOwnerOf:
    def test_the_contacts_own(self, team: list[User]) -> None:
        own(team[1])
        company(team[2])
        assert ownership.owner_of(EMAIL) == team[1]
        assert ownership.owner_of("  Maren@Fjord.Example ") == team[1]
        assert ownership.owner_of("maren@other.example") is None

    def test_by_another_address_of_theirs(self, team: list[User]) -> None:
        OtherAddress.create(email="holt@home.example", contact=own(team[1]))
        assert ownership.owner_of("Holt@home.example") == team[1]

    def test_the_companys_for_whoever_has_none(self, team: list[User]) -> None:
        company(team[2])
        assert ownership.owner_of(EMAIL) == team[2]
        own(None)
        assert ownership.owner_of(EMAIL) == team[2]
        assert ownership.owner_of("maren@mail.fjord.example") is None

    def test_where_anybody_has_a_mailbox_there_is_no_company(self, team: list[User]) -> None:
        company(team[2], "gmail.com")
        assert ownership.owner_of("maren@gmail.com") is None

    def test_who_has_left_owns_nobody_and_the_company_does_not_step_in(self, team: list[User]) -> None:
        own(team[1])
        company(team[2])
        leave(team[1])
        assert ownership.owner_of(EMAIL) is None
        leave(team[2])
        assert ownership.owner_of("somebody@fjord.example") is None

    @pytest.mark.parametrize("typed", ["", "@", "x", "\0", "%", "' OR 1=1 --", "x@" + "y" * 300])
    def test_of_no_address_it_is_nobody(self, team: list[User], typed: str) -> None:
        own(team[1])
        company(None)
        assert ownership.owner_of(typed) is None


def test_the_host_whose_times_are_shown(team: list[User]) -> None:
    link, plain = robin(team, 2), robin(team, 3, "plain", prioritize_contact_owner=False)
    own(team[1])
    host = ownership.host_for(link, EMAIL)
    assert host is not None
    assert host.id == team[1].id
    assert ownership.host_for(plain, EMAIL) is None
    assert ownership.host_for(link, "other@example.com") is None
    Member.update(is_paused=True).where(Member.link == link, Member.user == team[1]).execute()
    assert ownership.host_for(link, EMAIL) is None
    calendars.require(team[0], is_required=True)
    assert ownership.host_for(link, EMAIL) is None


# --- who gets it


class TestTaking:
    def test_the_owner_though_it_is_not_their_turn(self, team: list[User]) -> None:
        link = robin(team)
        for hour in (9, 10, 11):
            make.busy(team[0], f"2026-12-02 {hour:02}:00", f"2026-12-02 {hour + 1:02}:00")
        make.busy(team[1], "2026-12-02 09:00", "2026-12-02 12:00")
        own(team[2])
        for number, start in enumerate(("2026-12-02 09:00", "2026-12-02 10:00")):
            assert take(link, start, email=f"c{number}@example.com") == (team[2], "only_one")
        assert take(link) == (team[2], "contact_owner")

    def test_the_ledger_says_so(self, team: list[User]) -> None:
        link = robin(team)
        own(team[2])
        take(link)
        ledger = Booking.get().assignment
        assert (ledger["rule"], ledger["chosen"]) == ("contact_owner", team[2].id)
        assert {line["host"] for line in ledger["candidates"]} == {user.id for user in team}

    def test_it_is_nobodys_turn(self, team: list[User]) -> None:
        link = robin(team)
        own(team[0])
        for hour in range(8, 12):
            assert take(link, f"2026-12-01 {hour:02}:00")[1] == "contact_owner"
        turns = [take(link, f"2026-12-02 {hour:02}:00", email=f"c{hour}@example.com")[0] for hour in range(8, 14)]
        assert Counter(user.name for user in turns) == {user.name: 2 for user in team}
        assert turns[0] == team[0]
        assert assignment.turns_of(link, NOW)[team[0].id].count == 2

    def test_whoever_saw_everyones_times_gets_whose_turn_it_is_where_the_owner_is_busy(self, team: list[User]) -> None:
        link = robin(team)
        own(team[2])
        make.busy(team[2], "2026-12-01 08:00", "2026-12-01 16:00")
        with pytest.raises(SlotTaken):
            take(link, is_for_owner=True)
        assert take(link) == (team[0], "lowest_id")

    def test_of_nobodys_contact_everyones_times_are_good(self, team: list[User]) -> None:
        assert take(robin(team), is_for_owner=True) == (team[0], "lowest_id")

    def test_the_final_address_counts(self, team: list[User]) -> None:
        """It may be another than the one that the page was shown for; who owns them may have changed since, too."""
        link = robin(team)
        own(team[1])
        own(team[2], "other@example.com")
        assert take(link, email="other@example.com", is_for_owner=True) == (team[2], "contact_owner")
        Contact.update(owner=team[0]).execute()
        assert take(link, is_for_owner=True) == (team[0], "contact_owner")

    def test_not_where_the_link_does_not_go_by_it(self, team: list[User]) -> None:
        own(team[2])
        link = robin(team, prioritize_contact_owner=False)
        assert take(link, is_for_owner=True) == (team[0], "lowest_id")

    def test_three_members_and_their_contacts(self, team: list[User]) -> None:
        """At the same hour each gets their own, and a stranger finds nobody left."""
        link = robin(team)
        for number, host in enumerate(team):
            own(host, f"c{number}@example.com")
        for number in (2, 0, 1):
            got = take(link, email=f"c{number}@example.com", is_for_owner=True)
            assert got == (team[number], "contact_owner")
        with pytest.raises(SlotTaken):
            take(link, email="stranger@example.com")


class TestBeyondTheTeam:
    def test_the_owner_is_met_by_the_links_rules(self, team: list[User]) -> None:
        link = robin(team, 2, owner={"beyond_team": True})
        own(team[2])
        assert take(link, is_for_owner=True) == (team[2], "contact_owner")
        with pytest.raises(SlotTaken):
            take(link, "2026-12-01 03:00")
        with pytest.raises(SlotTaken):
            take(link, is_for_owner=True)  # busy with the first

    def test_they_are_nobodys_choice_but_their_contacts(self, team: list[User]) -> None:
        link = robin(team, 2, owner={"beyond_team": True})
        own(team[2])
        for host in team[:2]:
            make.busy(host, "2026-12-01 08:00", "2026-12-01 16:00")
        with pytest.raises(SlotTaken):
            take(link, email="stranger@example.com")
        assert take(link) == (team[2], "contact_owner")

    def test_they_are_locked_before_they_are_judged(self, team: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
        link = robin(team, 2, owner={"beyond_team": True})
        own(team[2])
        real, locked = db.lock, []

        def lock(host_ids: Iterable[int]) -> None:
            locked.extend(given := list(host_ids))
            real(given)

        monkeypatch.setattr(db, "lock", lock)
        take(link)
        assert {user.id for user in team} <= set(locked)

    def test_an_owner_who_changed_before_the_lock_is_not_judged_unlocked(
        self, team: list[User], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = robin(team, 1, owner={"beyond_team": True})
        contact = own(team[1])
        real = db.lock

        def lock(host_ids: Iterable[int]) -> None:
            real(list(host_ids))
            Contact.update(owner=team[2]).where(Contact.id == contact.id).execute()

        monkeypatch.setattr(db, "lock", lock)
        with pytest.raises(Busy):
            take(link)

    def test_a_member_is_met_as_a_member(self, team: list[User]) -> None:
        link = robin(team, owner={"beyond_team": True})
        own(team[1])
        view = ownership.view_of(link, EMAIL)
        assert view is not None
        assert [host.id for host in view.hosts] == [*(user.id for user in team), 0]
        assert take(link) == (team[1], "contact_owner")

    def test_nobody_stands_in_nobodys_way_and_gets_nothing(self, team: list[User]) -> None:
        link = robin(team, 1, owner={"beyond_team": True})
        make.busy(team[0], "2026-12-01 08:00", "2026-12-01 16:00")
        view = ownership.view_of(link, "stranger@example.com")
        span = Span(to_instant(at("2026-12-01 00:00")), to_instant(at("2026-12-02 00:00")))
        assert offers.offered(link, 30, span, NOW, view=view) == []
        with pytest.raises(SlotTaken):
            take(link, email="stranger@example.com")
        take(link, "2026-12-02 09:00", email="stranger@example.com")
        assert [line["host"] for line in Booking.get().assignment["candidates"]] == [team[0].id]


# --- who owns a contact of nobody's from then on


ADOPTING = {"owner": {"assign_unowned": True}}


class TestAdopting:
    def test_whoever_is_assigned_owns_them(self, team: list[User]) -> None:
        link = robin(team, **ADOPTING)
        host, _ = take(link)
        assert Contact.get().owner == host
        assert take(link, "2026-12-02 09:00") == (host, "contact_owner")

    def test_once_and_for_all(self, team: list[User]) -> None:
        link = robin(team, **ADOPTING)
        own(team[2])
        make.busy(team[2], "2026-12-01 08:00", "2026-12-01 16:00")
        assert take(link)[0] != team[2]
        assert Contact.get().owner == team[2]

    def test_not_where_the_link_does_not_say_so(self, team: list[User]) -> None:
        take(robin(team))
        assert Contact.get().owner is None

    def test_not_of_a_company_that_has_an_owner(self, team: list[User]) -> None:
        company(team[2])
        take(robin(team, **ADOPTING))
        assert Contact.get().owner is None

    def test_also_of_a_company_that_has_none(self, team: list[User]) -> None:
        company(None)
        host, _ = take(robin(team, **ADOPTING))
        assert Contact.get().owner == host

    def test_not_by_a_group(self, team: list[User]) -> None:
        make.booking(make.link(team[0], kind="group", team=team, **ADOPTING), TIME, email=EMAIL)
        assert Contact.get().owner is None

    def test_with_the_booking_or_not_at_all(self, team: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
        own(None)
        link = robin(team, **ADOPTING)
        monkeypatch.setattr("meetings.services.outbox.queue_booking", lambda *_given, **_more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            take(link)
        assert (Contact.get().owner, Booking.select().count()) == (None, 0)


# --- moving


class TestMoving:
    def move(self, booking: Booking, start: str, **more: Any) -> tuple[int, str]:
        moved = bookings.reschedule(Booking.get_by_id(booking.id), at(start), NOW, by=None, **more)
        return moved.hosts()[0].host_id, str(moved.assigned_by)

    def test_the_host_stays_if_free_even_if_another_owns_them_now(self, team: list[User]) -> None:
        booking = make.booking(robin(team), TIME, email=EMAIL)
        Contact.update(owner=team[2]).execute()
        assert self.move(booking, "2026-12-02 09:00", is_for_owner=True) == (team[0].id, "lowest_id")

    def test_else_the_owner(self, team: list[User]) -> None:
        booking = make.booking(robin(team), TIME, email=EMAIL)
        Contact.update(owner=team[2]).execute()
        make.busy(team[0], "2026-12-02 08:00", "2026-12-02 16:00")
        assert self.move(booking, "2026-12-02 09:00", is_for_owner=True) == (team[2].id, "contact_owner")

    def test_else_nobody_whose_times_were_not_shown(self, team: list[User]) -> None:
        booking = make.booking(robin(team), TIME, email=EMAIL)
        Contact.update(owner=team[2]).execute()
        for host in (team[0], team[2]):
            make.busy(host, "2026-12-02 08:00", "2026-12-02 16:00")
        with pytest.raises(SlotTaken):
            self.move(booking, "2026-12-02 09:00", is_for_owner=True)
        assert self.move(booking, "2026-12-02 09:00") == (team[1].id, "only_one")

    def test_an_owner_beyond_the_team_stays_too(self, team: list[User]) -> None:
        own(team[2])
        booking = make.booking(robin(team, 2, owner={"beyond_team": True}), TIME, email=EMAIL)
        assert self.move(booking, "2026-12-02 09:00", is_for_owner=True) == (team[2].id, "contact_owner")
        assert Participant.select().count() == 1


# --- times


def test_what_is_shown_is_taken_and_nothing_else(team: list[User]) -> None:
    """Of each address: every start that is offered can be booked, and no other, as the page was narrowed."""
    more = {"durations": [60], "start_increment": 60, "window": {"kind": "rolling", "weeks": 1}}
    link = robin(team, 2, owner={"beyond_team": True}, **more)
    own(team[1], "b@example.com")
    own(team[2], "c@example.com")
    for number, host in enumerate(team):
        make.busy(host, f"2026-12-01 {8 + number:02}:00", f"2026-12-01 {11 + 2 * number:02}:00")
    day = [at("2026-12-01 07:00") + timedelta(hours=hour) for hour in range(11)]
    span = Span(to_instant(day[0]), to_instant(day[-1]))
    for email in ("a@example.com", "b@example.com", "c@example.com"):
        for is_everyones in (False, True):
            view = ownership.view_of(link, email, is_everyones=is_everyones)
            shown = offers.offered(link, 60, span, NOW, view=view)
            assert shown == [to_instant(at) for at in day[:-1] if is_taken(link, email, at, not is_everyones)]


def is_taken(link: Link, email: str, start: datetime, is_for_owner: bool) -> bool:
    wish = make.request(start, email=email, duration=60, is_for_owner=is_for_owner)
    try:
        booking = bookings.take(link, wish, NOW)
    except SlotTaken:
        return False
    bookings.cancel(booking, NOW, by=None)
    return True
