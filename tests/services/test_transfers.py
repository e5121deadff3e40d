"""Links given to another organizer, meetings and all, and taken back."""

from datetime import timedelta

import pytest
from flask import Flask

from meetings.errors import Conflict, Forbidden, Invalid, NotFound, SlotTaken
from meetings.models import Booking, Delivery, Link, Member, Participant, Transfer, User
from meetings.models.outbox import PENDING
from meetings.services import bookings, calendars, link_history, links, schedules
from tests import make
from tests.threads import at_once

pytestmark = pytest.mark.usefixtures("app")
SOON = make.NOW + timedelta(minutes=5)
LATE = make.NOW + timedelta(minutes=10)


@pytest.fixture
def boss() -> User:
    return make.user("Zoe Boss", role="admin")


@pytest.fixture
def bob() -> User:
    return make.user("Bob Stone")


def hosts(booking: Booking) -> list[int]:
    return [seat.host_id for seat in Booking.get_by_id(booking.id).hosts()]


def test_meetings_stay_with_their_host_unless_they_are_to_move(boss: User, bob: User) -> None:
    link = make.link()
    booking = make.booking(link)
    made = links.transfer(boss, ["demo"], bob.email, make.NOW)
    assert Link.by_slug("demo").organizer_id == bob.id
    assert hosts(booking) == [link.organizer_id]
    assert made.former["bookings"] == []


def test_meetings_move_to_the_new_organizer_and_their_mails_wait(boss: User, bob: User) -> None:
    booking = make.booking()
    links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    assert hosts(booking) == [bob.id]
    news = Delivery.select().where(Delivery.kind.in_(("withdrawn", "rescheduled", "host_withdrawn", "host_booked")))
    waiting = [row for row in news if row.state == PENDING and row.sequence > booking.sequence]
    assert {row.kind for row in waiting} == {"withdrawn", "rescheduled", "host_withdrawn", "host_booked"}
    assert {row.due_at for row in waiting} == {LATE}


def test_what_the_new_organizer_has_no_time_for_stays_and_is_listed(boss: User, bob: User) -> None:
    booking = make.booking()
    taken = make.booking(make.link(bob, "bobs"), email="other@example.com")
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    (stayed,) = made.former["stayed"]
    assert (stayed["public_id"], stayed["reason"]) == (booking.public_id, "not-free")
    assert hosts(booking) == [booking.hosts()[0].host_id] != hosts(taken)


def test_in_a_group_the_new_organizer_takes_the_place_and_undo_gives_it_back(boss: User, bob: User) -> None:
    alice, charlie = make.user(), make.user("Charlie Poe")
    link = make.link(alice, kind="group", team=[alice, charlie])
    team = list(Member.select().where(Member.link == link).order_by(Member.id).dicts())
    made = links.transfer(boss, ["demo"], bob.email, make.NOW)
    assert {row.user_id for row in Member.select().where(Member.link == link)} == {bob.id, charlie.id}
    assert links.undo_transfer(boss, made.id, SOON) == []
    assert list(Member.select().where(Member.link == link).order_by(Member.id).dicts()) == team
    assert Link.by_slug("demo").organizer_id == alice.id


def test_the_place_in_a_group_is_taken_without_the_former_ones_schedule(boss: User, bob: User) -> None:
    alice = make.user()
    mornings = schedules.create(alice, alice, {"name": "Mornings"})
    link = make.link(alice, kind="group", team=[{"user": alice.email, "schedule": "Mornings"}])
    made = links.transfer(boss, ["demo"], bob.email, make.NOW)
    assert Member.get(Member.link == link).schedule is None
    assert links.undo_transfer(boss, made.id, SOON) == []
    assert Member.get(Member.link == link).schedule == mornings


def test_a_place_comes_back_although_its_number_was_given_to_another(boss: User, bob: User) -> None:
    alice, charlie = make.user(), make.user("Charlie Poe")
    mornings = schedules.create(alice, alice, {"name": "Mornings"})
    place = {"user": alice.email, "schedule": "Mornings", "weight": 3}
    link = make.link(alice, kind="group", team=[{"user": bob.email}, place])
    made = links.transfer(boss, ["demo"], bob.email, make.NOW)
    schedules.delete(alice, mornings, make.NOW)
    schedules.create(charlie, charlie, {"name": "Charlie's"})  # on SQLite under the number of Alice's
    make.link(charlie, "other", kind="group")
    assert links.undo_transfer(boss, made.id, SOON) == []
    team = Member.select().where(Member.link == link).order_by(Member.position)
    assert [(row.user_id, row.weight, row.schedule_id) for row in team] == [(bob.id, 1, None), (alice.id, 3, None)]


def test_who_came_into_the_team_at_the_last_moment_stays_in_it(
    boss: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, charlie = make.user(), make.user("Charlie Poe")
    link = make.link(alice, kind="group", team=[alice])
    hold = link_history._alone_with

    def joined_first(held: Link) -> None:
        monkeypatch.setattr(link_history, "_alone_with", hold)
        links.update(alice, link, {"team": [{"user": alice.email}, {"user": charlie.email}]}, make.NOW)
        hold(held)

    monkeypatch.setattr(link_history, "_alone_with", joined_first)
    made = links.transfer(boss, ["demo"], bob.email, make.NOW)
    assert links.undo_transfer(boss, made.id, SOON) == []
    assert {row.user_id for row in Member.select().where(Member.link == link)} == {alice.id, charlie.id}


@pytest.mark.parametrize("act", ["cancel", "move"])
def test_a_contact_who_acts_on_the_old_invitation_meanwhile_is_told_the_truth(boss: User, bob: User, act: str) -> None:
    booking = make.booking()
    links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    if act == "cancel":
        bookings.cancel(Booking.get_by_id(booking.id), SOON, by=None)
    else:
        bookings.reschedule(Booking.get_by_id(booking.id), make.at("2026-12-02 09:00"), SOON, by=None)
    waiting = {row.kind for row in Delivery.select().where(Delivery.state == PENDING)}
    # The event that everybody knows ends: the contact's, and Alice's.
    assert {"withdrawn", "host_withdrawn"} <= waiting


def test_undone_in_time_nobody_hears_of_the_move(boss: User, bob: User) -> None:
    booking = make.booking()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    assert links.undo_transfer(boss, made.id, SOON) == []
    after = Booking.get_by_id(booking.id)
    assert (hosts(after), after.uid, after.title) == (hosts(booking), booking.uid, booking.title)
    assert hosts(after) == [Link.by_slug("demo").organizer_id] != [bob.id]
    told = Delivery.select().where(Delivery.state == PENDING, Delivery.kind.in_(("withdrawn", "host_withdrawn")))
    assert not told.exists()


def test_what_changed_meanwhile_stays_and_is_said(boss: User, bob: User) -> None:
    booking = make.booking()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    bookings.cancel(Booking.get_by_id(booking.id), SOON, by=None)
    assert links.undo_transfer(boss, made.id, SOON) == [{"booking": booking.public_id, "reason": "changed"}]
    assert not Booking.get_by_id(booking.id).is_confirmed
    assert Link.by_slug("demo").organizer_id != bob.id


def test_a_link_that_was_passed_on_stays_where_it_is(boss: User, bob: User) -> None:
    make.link()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW)
    links.transfer(boss, ["demo"], boss.email, make.NOW)
    assert links.undo_transfer(boss, made.id, SOON) == [{"slug": "demo"}]
    assert Link.by_slug("demo").organizer_id == boss.id


def test_it_is_undone_once_by_admins_in_ten_minutes(boss: User, bob: User) -> None:
    make.link()
    made = links.transfer(boss, ["demo"], bob.email, make.NOW)
    with pytest.raises(Forbidden):
        links.undo_transfer(bob, made.id, SOON)
    with pytest.raises(NotFound):
        links.undo_transfer(boss, made.id, LATE)
    links.undo_transfer(boss, made.id, SOON)
    with pytest.raises(NotFound):
        links.undo_transfer(boss, made.id, SOON)


def test_what_can_no_longer_be_undone_is_let_go_of(boss: User, bob: User) -> None:
    make.link()
    links.transfer(boss, ["demo"], bob.email, make.NOW)
    latest = links.transfer(boss, ["demo"], boss.email, make.NOW)
    assert links.clear_transfers(SOON) == 0
    assert links.clear_transfers(LATE) == 1
    assert links.clear_transfers(LATE) == 0
    assert links.transfer(boss, ["demo"], bob.email, LATE).id > latest.id  # nobody undoes it by the number of another


def test_whoever_lacks_a_required_calendar_is_refused_with_the_reason(boss: User, bob: User) -> None:
    make.link()
    calendars.require(boss, is_required=True)
    with pytest.raises(Invalid) as caught:
        links.transfer(boss, ["demo"], bob.email, make.NOW)
    assert [(flaw.field, flaw.code) for flaw in caught.value.flaws] == [("organizer", "no-calendar")]
    assert not Transfer.select().exists()


@pytest.mark.parametrize("others", ["cancel", "book"])
def test_a_transfer_at_the_same_time_as_others_act_leaves_nobody_booked_twice(
    app: Flask, boss: User, bob: User, others: str
) -> None:
    booking = make.booking()
    bobs = make.link(bob, "bobs")
    fresh = Booking.get_by_id(booking.id)

    def act() -> object:
        if others == "cancel":
            return bookings.cancel(fresh, make.NOW, by=None)
        return make.booking(bobs, email="other@example.com")

    wrong = at_once(app, act, lambda: links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True))
    assert all(isinstance(problem, SlotTaken | Conflict) for problem in wrong)
    assert Link.by_slug("demo").organizer_id == bob.id
    held = Participant.select().where(Participant.host == bob, Participant.is_active)
    assert held.count() == (0 if others == "cancel" else 1)
    assert bookings.refusals["overlap"] == 0
