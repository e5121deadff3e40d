"""What somebody leaves behind, and that nothing of it is lost: deactivating, removing, in every way to choose."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from meetings import db
from meetings.domain.availability import Kind
from meetings.errors import Forbidden, HoldsMeetings, Invalid, NotFound, OwnsLinks, Problem
from meetings.models import (
    ApiToken,
    Booking,
    BusyTime,
    Company,
    Contact,
    Delivery,
    Link,
    Member,
    Participant,
    PasswordLink,
    Schedule,
    Session,
    Transfer,
    User,
)
from meetings.models.links import DELETED
from meetings.models.outbox import DROPPED
from meetings.services import (
    bookings,
    calendars,
    companies,
    contacts,
    leaving,
    links,
    outbox,
    schedules,
    sessions,
    users,
)
from meetings.services.leaving import Choices, Contacts, Links, Meetings
from meetings.services.links import changes
from meetings.services.outbox import reasons
from tests import make
from tests.smtp import MailServer
from tests.threads import at_once

pytestmark = pytest.mark.usefixtures("app")

HAND_OVER = Choices(Links.TRANSFER, Meetings.HAND_OVER, Contacts.TRANSFER, "bob@example.org")
ALL_GOES = Choices(Links.DELETE, Meetings.CANCEL, Contacts.RELEASE)


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@pytest.fixture
def boss() -> User:
    return make.user("Zoe Boss", role="admin")


@pytest.fixture
def alice() -> User:
    return make.user()


@pytest.fixture
def bob() -> User:
    return make.user("Bob Stone")


def hosts(booking: Booking) -> list[int]:
    return [seat.host_id for seat in Booking.get_by_id(booking.id).hosts()]


def is_confirmed(booking: Booking) -> bool:
    return Booking.get_by_id(booking.id).is_confirmed


def told(booking: Booking) -> set[tuple[str, str]]:
    """What is on its way since the booking was made, and to whom."""
    rows = Delivery.select().where(Delivery.booking == booking, Delivery.sequence > 0)
    return {(row.kind, row.recipient) for row in rows}


def offered(slug: str) -> list[str]:
    return make.offered(Link.by_slug(slug), "2026-12-01 00:00", "2026-12-02 00:00")


# --- what there is


def test_everything_that_would_be_left_behind_is_told(alice: User, bob: User) -> None:
    demo = make.link(alice)
    group = make.link(bob, "group", kind="group", team=[bob, alice])
    alone = make.link(bob, "alone", kind="round_robin", team=[{"user": bob.email, "paused": True}, alice])
    links.start_draft(alice, "individual", make.NOW)
    own, shared = make.booking(demo), make.booking(group, "2026-12-01 12:00")
    bookings.cancel(make.booking(demo, "2026-12-02 10:00"), make.NOW, by=None)
    Contact.update(owner=alice).execute()
    Company.create(name="Acme", name_key="acme", owner=alice, created_at=make.NOW)
    schedules.create(alice, alice, {"name": "Mornings"})
    left = leaving.left_behind(alice, make.NOW)
    assert [(one.link.slug, one.coming) for one in left.links] == [("demo", 1)]
    assert {(one.link.slug, one.others) for one in left.memberships} == {(group.slug, 1), (alone.slug, 0)}
    assert [(one.booking.id, one.is_shared) for one in left.meetings] == [(own.id, False), (shared.id, True)]
    assert (left.contacts, left.companies, left.schedules) == (1, 1, ["Mornings"])
    assert leaving.left_behind(alice, make.NOW + timedelta(days=3)).meetings == []


def test_successors_are_who_is_here_with_what_they_lack(boss: User, alice: User, bob: User) -> None:
    make.user("Carl Gone", is_active=False)
    calendars.require(boss, is_required=True)
    assert leaving.successors(alice) == [(bob, True), (boss, True)]


# --- removing


def test_a_successor_gets_all_of_it(boss: User, alice: User, bob: User, mail_server: MailServer) -> None:
    booking = make.booking(make.link(alice))
    Contact.update(owner=alice).execute()
    Company.create(name="Acme", name_key="acme", owner=alice, created_at=make.NOW)
    outbox.deliver_due(make.NOW)
    outcome = leaving.delete(boss, alice, HAND_OVER, make.NOW)
    assert [one.id for one in outcome.handed_over] == [booking.id]
    after = Booking.get_by_id(booking.id)
    assert (hosts(after), after.uid != booking.uid) == ([bob.id], True)
    assert {("withdrawn", "maren@example.com"), ("rescheduled", "maren@example.com")} <= told(booking)
    assert ("host_booked", bob.email) in told(booking)
    assert (Contact.get().owner, Company.get(Company.name == "Acme").owner, Link.by_slug("demo").organizer) == (
        bob,
        bob,
        bob,
    )
    assert User.get_or_none(User.email == alice.email) is None
    assert not Transfer.select().exists()  # there is nobody to whom it could go back
    before = len(mail_server.to(alice.email))
    outbox.deliver_due(make.NOW + timedelta(minutes=1))
    assert len(mail_server.to(alice.email)) == before
    assert len(mail_server.to(bob.email)) == 1
    assert len(mail_server.to("maren@example.com")) == 3  # the invitation, its end, and the new one


def test_without_a_word_about_links_or_meetings_nothing_happens(boss: User, alice: User) -> None:
    booking = make.booking(make.link(alice))
    with pytest.raises(OwnsLinks):
        leaving.delete(boss, alice, Choices(meetings=Meetings.CANCEL), make.NOW)
    with pytest.raises(HoldsMeetings) as refused:
        leaving.delete(boss, alice, Choices(links=Links.DELETE), make.NOW)
    assert refused.value.meetings == [(booking.public_id, "undecided")]
    assert (hosts(booking), Link.by_slug("demo").organizer_id) == ([alice.id], alice.id)


def test_what_the_successor_has_no_time_for_has_to_be_decided(boss: User, alice: User, bob: User) -> None:
    booking = make.booking(make.link(alice))
    free = make.booking(Link.by_slug("demo"), "2026-12-01 12:00", email="else@example.com")
    make.booking(make.link(bob, "bobs"), email="other@example.com")
    with pytest.raises(HoldsMeetings) as refused:
        leaving.delete(boss, alice, HAND_OVER, make.NOW)
    assert refused.value.meetings == [(booking.public_id, "not-free")]
    assert (hosts(booking), hosts(free), Link.by_slug("demo").organizer_id) == ([alice.id], [alice.id], alice.id)
    assert User.get_by_id(alice.id).is_active
    decided = Choices(HAND_OVER.links, HAND_OVER.meetings, HAND_OVER.contacts, bob.email, cancel_rest=True)
    outcome = leaving.delete(boss, alice, decided, make.NOW)
    assert [one.id for one in outcome.cancelled] == [booking.id]
    assert [one.id for one in outcome.handed_over] == [free.id]
    assert (is_confirmed(booking), hosts(free)) == (False, [bob.id])
    assert ("cancelled", "maren@example.com") in told(booking)


def test_a_meeting_of_several_goes_on_with_the_others(boss: User, alice: User, bob: User) -> None:
    group = make.link(bob, "group", kind="group", team=[alice, bob])
    booking = make.booking(group)
    outcome = leaving.delete(boss, alice, ALL_GOES, make.NOW)
    assert [one.id for one in outcome.going_on] == [booking.id]
    assert (hosts(booking), is_confirmed(booking)) == ([bob.id], True)
    assert {("withdrawn", "maren@example.com"), ("rescheduled", "maren@example.com")} <= told(booking)


def test_whoever_is_in_the_meeting_already_holds_it_without_them(boss: User, alice: User, bob: User) -> None:
    booking = make.booking(make.link(alice, "group", kind="group", team=[alice, bob]))
    outcome = leaving.delete(boss, alice, HAND_OVER, make.NOW)
    assert [one.id for one in outcome.going_on] == [booking.id]
    assert hosts(booking) == [bob.id]


@pytest.mark.parametrize("kind", list(Kind))
def test_the_successor_is_met_under_the_same_address(boss: User, alice: User, bob: User, kind: Kind) -> None:
    carl = make.user("Carl Orr")
    team = [] if kind == Kind.INDIVIDUAL else [alice] if kind == Kind.ROUND_ROBIN else [alice, carl]
    make.link(alice, kind=kind, team=team)
    make.busy(bob, "2026-12-01 09:00", "2026-12-01 12:00")
    assert "2026-12-01 10:00" in offered("demo")
    leaving.delete(boss, alice, HAND_OVER, make.NOW)
    assert "2026-12-01 10:00" not in offered("demo")
    booking = make.booking(Link.by_slug("demo"), "2026-12-01 13:00")
    assert set(hosts(booking)) == {bob.id, *([carl.id] if kind == Kind.GROUP else [])}


def test_others_teams_go_on_without_them(boss: User, alice: User, bob: User) -> None:
    make.link(bob, "group", kind="group", team=[alice, bob])
    make.link(bob, "turns", kind="round_robin", team=[alice])
    make.busy(alice, "2026-12-01 00:00", "2026-12-02 00:00")
    assert offered("group") == []
    leaving.delete(boss, alice, ALL_GOES, make.NOW)
    assert offered("group") != []
    assert offered("turns") == []


def test_a_draft_without_a_name_keeps_nobody(boss: User, alice: User) -> None:
    links.start_draft(alice, "individual", make.NOW)
    leaving.delete(boss, alice, Choices(), make.NOW)
    assert User.get_or_none(User.email == alice.email) is None
    assert [link.status for link in Link.select()] == [DELETED]


def test_a_transfer_from_whoever_is_gone_stays(boss: User, alice: User, bob: User) -> None:
    booking = make.booking(make.link(alice))
    made = links.transfer(boss, ["demo"], bob.email, make.NOW, move_bookings=True)
    leaving.delete(boss, alice, ALL_GOES, make.NOW)
    left = links.undo_transfer(boss, made.id, make.NOW + timedelta(minutes=1))
    assert left == [{"slug": "demo"}, {"booking": booking.public_id, "reason": "gone"}]
    assert hosts(booking) == [bob.id]


@pytest.mark.parametrize("act", [leaving.delete, leaving.deactivate])
def test_organizers_are_told_that_nobody_can_be_met_any_more(
    act: Any, boss: User, alice: User, bob: User, mail_server: MailServer
) -> None:
    paused = [{"user": bob.email, "paused": True}, alice]
    make.link(bob, "alone", kind="round_robin", team=paused)
    make.link(bob, "off", kind="round_robin", team=paused, status="off")
    make.link(bob, "others", kind="round_robin", team=[bob, alice])
    make.link(boss, "own", kind="round_robin", team=[alice])  # seen by whoever does it
    act(boss, alice, Choices(), make.NOW)
    outbox.deliver_due(make.NOW)
    (told,) = mail_server.to(bob.email)
    assert told.message["Subject"] == "Nobody can be met through “Link alone”"
    text = told.message.get_body(("plain",)).get_content()
    assert "Alice Martin no longer takes meetings" in text
    assert "http://localhost/links/alone/edit/team" in text


def test_organizers_are_not_told_once_somebody_can_be_met_again(boss: User, alice: User, bob: User) -> None:
    link = make.link(bob, "alone", kind="round_robin", team=[alice])
    leaving.delete(boss, alice, Choices(), make.NOW)
    links.update(bob, link, {"team": [{"user": bob.email}]}, make.NOW)
    outbox.deliver_due(make.NOW)
    assert [(row.state, row.last_error) for row in Delivery.select()] == [(DROPPED, reasons.TEAM_CHANGED)]


# --- who may, and to whom


def test_only_admins_and_never_the_last(boss: User, alice: User) -> None:
    for act in (leaving.delete, leaving.deactivate):
        with pytest.raises(Forbidden):
            act(alice, boss, ALL_GOES, make.NOW)
        with pytest.raises(Invalid) as refused:
            act(boss, boss, ALL_GOES, make.NOW)
        assert [flaw.code for flaw in refused.value.flaws] == ["last-admin"]


@pytest.mark.parametrize(
    ("email", "code"),
    [("", "required"), ("alice@example.org", "leaves-themselves"), ("nobody@example.org", "unknown-user"),
     ("carl@example.org", "unknown-user"), ("bob@example.org", "no-calendar")],
)  # fmt: skip
def test_a_successor_is_somebody_who_can_take_over(boss: User, alice: User, bob: User, email: str, code: str) -> None:
    make.booking(make.link(alice))
    make.user("Carl Gone", is_active=False)
    calendars.require(boss, is_required=True)
    choices = Choices(Links.TRANSFER, Meetings.HAND_OVER, transfer_to=email)
    with pytest.raises(Invalid) as refused:
        leaving.delete(boss, alice, choices, make.NOW)
    assert [(flaw.field, flaw.code) for flaw in refused.value.flaws] == [("transfer_to", code)]


def test_nobody_is_removed_twice(boss: User, alice: User) -> None:
    leaving.delete(boss, alice, ALL_GOES, make.NOW)
    with pytest.raises(NotFound):
        leaving.delete(boss, alice, ALL_GOES, make.NOW)


# --- deactivating


def test_what_is_kept_works_again_and_what_was_given_stays_given(boss: User, alice: User, bob: User) -> None:
    make.link(alice)
    turns = make.link(bob, "turns", kind="round_robin", team=[alice])
    booking = make.booking(Link.by_slug("demo"))
    Contact.update(owner=alice).execute()
    sessions.open_session(alice, device="", now=make.NOW)
    users.api_token(alice, "script", make.NOW)
    leaving.deactivate(boss, alice, Choices(contacts=Contacts.TRANSFER, transfer_to=bob.email), make.NOW)
    assert not any(table.select().exists() for table in (Session, ApiToken, PasswordLink))
    assert (offered("demo"), offered("turns"), hosts(booking)) == ([], [], [alice.id])
    users.set_active(boss, User.get_by_id(alice.id), is_active=True)
    assert "2026-12-01 10:00" in offered("demo")
    assert offered("turns")
    assert (Contact.get().owner, turns.members.get().user) == (bob, alice)


def test_what_nobody_could_take_over_stays_and_is_told(boss: User, alice: User, bob: User) -> None:
    booking = make.booking(make.link(alice))
    make.booking(make.link(bob, "bobs"), email="other@example.com")
    outcome = leaving.deactivate(boss, alice, HAND_OVER, make.NOW)
    assert [(one.booking.id, one.reason) for one in outcome.stayed] == [(booking.id, "not-free")]
    assert (hosts(booking), is_confirmed(booking)) == ([alice.id], True)
    assert not User.get_by_id(alice.id).is_active


# --- in every way, and at once

# With contacts in turn, which nothing else depends on.
EVERY_WAY = [
    (*way, contacts)
    for way, contacts in zip(itertools.product(Links, Meetings, (False, True)), itertools.cycle(Contacts), strict=False)
]


def a_lot(alice: User, bob: User) -> list[Booking]:
    """Meetings of all kinds that Alice holds, one of them at a time when Bob is not free."""
    carl = make.user("Carl Orr")
    own = make.link(alice)
    group = make.link(alice, "group", kind="group", team=[alice, carl])
    turns = make.link(carl, "turns", kind="round_robin", team=[alice])
    make.busy(bob, "2026-12-01 11:00", "2026-12-01 12:00")
    made = [
        make.booking(own, "2026-12-01 09:00"),
        make.booking(own, "2026-12-01 11:00", email="a@example.com"),
        make.booking(group, "2026-12-01 12:00", email="b@example.com"),
        make.booking(turns, "2026-12-01 13:00", email="c@example.com"),
    ]
    Contact.update(owner=alice).execute()
    Company.create(name="Acme", name_key="acme", owner=alice, created_at=make.NOW)
    schedules.create(alice, alice, {"name": "Mornings"})
    make.busy(alice, "2026-12-03 09:00", "2026-12-03 10:00")
    return made


@pytest.mark.parametrize("is_final", [True, False], ids=["removed", "deactivated"])
@pytest.mark.parametrize(("of_links", "of_meetings", "cancel_rest", "of_contacts"), EVERY_WAY)
def test_nothing_is_lost_whatever_is_chosen(
    boss: User,
    alice: User,
    bob: User,
    of_links: Links,
    of_meetings: Meetings,
    of_contacts: Contacts,
    cancel_rest: bool,
    is_final: bool,
) -> None:
    made = a_lot(alice, bob)
    choices = Choices(of_links, of_meetings, of_contacts, bob.email, cancel_rest)
    before = [(hosts(one), is_confirmed(one)) for one in made]
    act = leaving.delete if is_final else leaving.deactivate
    try:
        outcome = act(boss, alice, choices, make.NOW)
    except (OwnsLinks, HoldsMeetings):
        assert is_final
        assert of_links == Links.KEEP or of_meetings == Meetings.KEEP or not cancel_rest
        assert [(hosts(one), is_confirmed(one)) for one in made] == before
        assert User.get_by_id(alice.id).is_active
        assert Link.by_slug("demo").organizer_id == alice.id
        assert {row.owner_id for row in Contact.select()} == {alice.id}
        assert not Delivery.select().where(Delivery.sequence > 0).exists()
        return
    kept = {*range(len(made))}
    for number, one in enumerate(made):
        if one in outcome.cancelled:
            assert not is_confirmed(one)
            assert ("cancelled", one.email) in told(one)
            kept.discard(number)
        elif one in outcome.handed_over or one in outcome.going_on:
            assert alice.id not in hosts(one)
            assert hosts(one)
            assert ("rescheduled", one.email) in told(one)
            kept.discard(number)
        else:
            assert (hosts(one), is_confirmed(one), told(one)) == (*before[number], set())
    if is_final:
        assert not kept
        nothing_points_to(alice)
    assert bookings.refusals["overlap"] == 0


def nothing_points_to(gone: User) -> None:
    """But for what keeps a name: meetings that were cancelled, and links that were deleted."""
    for column in (Contact.owner, Company.owner, Schedule.user, BusyTime.user, Member.user, Session.user,
                   ApiToken.user, PasswordLink.user):  # fmt: skip
        assert not column.model.select().where(column == gone.id).exists(), column
    assert not Link.select().where(Link.organizer == gone.id, Link.status != DELETED).exists()
    coming = Booking.select(Booking.id).where(Booking.status == "confirmed", Booking.starts_at > make.NOW)
    assert not Participant.select().where(Participant.host == gone.id, Participant.booking.in_(coming)).exists()
    left = User.get_or_none(User.id == gone.id)
    assert left is None or left.is_removed


@pytest.mark.parametrize("choices", [HAND_OVER, ALL_GOES], ids=["successor", "all goes"])
@pytest.mark.parametrize("others", ["book", "cancel", "join"])
def test_a_meeting_that_is_made_meanwhile_is_never_an_orphan(
    app: Flask, boss: User, alice: User, bob: User, choices: Choices, others: str
) -> None:
    demo = make.link(alice)
    group = make.link(bob, "group", kind="group", team=[alice, bob])
    first = make.booking(demo)

    def act() -> object:
        if others == "cancel":
            return bookings.cancel(Booking.get_by_id(first.id), make.NOW, by=None)
        return make.booking(demo if others == "book" else group, "2026-12-01 13:00", email="else@example.com")

    refused = at_once(app, act, lambda: leaving.delete(boss, alice, choices, make.NOW))
    if User.get_or_none(User.id == alice.id, User.is_active):  # somebody was in the way, and says so: once more
        assert refused
        leaving.delete(boss, alice, choices, make.NOW)
    assert all(isinstance(problem, Problem) for problem in refused)
    nothing_points_to(alice)
    assert bookings.refusals["overlap"] == 0
    db.connect()


@pytest.mark.parametrize("has_met", [True, False])
def test_nobody_who_is_removed_meanwhile_gets_a_link_or_a_place(
    app: Flask, boss: User, alice: User, bob: User, has_met: bool
) -> None:
    if has_met:
        make.booking(make.link(alice, "met"))
    team = make.link(bob, "team", kind="round_robin", team=[bob])

    def join() -> object:
        return links.update(bob, team, {"team": [{"user": bob.email}, {"user": alice.email}]}, make.NOW)

    refused = at_once(
        app, lambda: make.link(alice, "hers"), join, lambda: leaving.delete(boss, alice, ALL_GOES, make.NOW)
    )
    if User.get_or_none(User.id == alice.id, User.is_active):
        assert refused
        leaving.delete(boss, alice, ALL_GOES, make.NOW)
    nothing_points_to(alice)


@pytest.mark.parametrize("has_met", [True, False])
def test_what_was_begun_before_a_removal_is_refused_after_it(
    boss: User, alice: User, bob: User, has_met: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_met:
        make.booking(make.link(alice, "met"))
    team = make.link(bob, "team", kind="round_robin", team=[bob])
    hold = changes.hold_people

    def removed_first(*args: Any) -> None:
        monkeypatch.setattr(changes, "hold_people", hold)
        leaving.delete(boss, alice, ALL_GOES, make.NOW)
        hold(*args)

    acts: dict[str, Callable[[], object]] = {
        "team.1.user": lambda: links.update(
            bob, team, {"team": [{"user": bob.email}, {"user": alice.email}]}, make.NOW
        ),
        "overview.organizer": lambda: make.link(alice, "hers"),
    }
    for field, act in acts.items():
        monkeypatch.setattr(changes, "hold_people", removed_first)
        with pytest.raises(Invalid) as problem:
            act()
        assert [(flaw.field, flaw.code) for flaw in problem.value.flaws] == [(field, "unknown-user")]


@pytest.mark.parametrize("has_met", [True, False])
def test_nobody_becomes_an_owner_who_is_removed_meanwhile(
    boss: User, alice: User, bob: User, has_met: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.booking(make.link(alice if has_met else bob))
    contact, company = Contact.get(), companies.create(boss, {"name": "Acme"}, make.NOW)
    held = User.held

    def removed_first(ids: Any) -> set[int]:
        monkeypatch.setattr(User, "held", held)
        leaving.delete(boss, alice, ALL_GOES, make.NOW)
        return held(ids)

    acts: tuple[Callable[[], object], ...] = (
        lambda: contacts.change(boss, contact, {"owner": alice.email}, make.NOW),
        lambda: contacts.create(boss, {"email": "eva@x.example", "owner": alice.email}, make.NOW),
        lambda: companies.change(boss, company, {"owner": alice.email}),
        lambda: companies.create(boss, {"name": "Globex", "owner": alice.email}, make.NOW),
    )
    for act in acts:
        monkeypatch.setattr(User, "held", removed_first)
        with pytest.raises(Invalid) as problem, db.transaction():
            act()
        assert [(flaw.field, flaw.code) for flaw in problem.value.flaws] == [("owner", "unknown-user")]
        assert User.get_by_id(alice.id).is_active  # removed in a transaction that ended with this


def test_a_company_keeps_the_owner_it_was_given_meanwhile(boss: User, alice: User, bob: User) -> None:
    seen = companies.create(boss, {"name": "Acme", "owner": alice.email}, make.NOW)
    leaving.delete(boss, alice, Choices(contacts=Contacts.TRANSFER, transfer_to=bob.email), make.NOW)
    assert companies.change(boss, seen, {"name": "Acme Ltd"}).owner == bob


def test_who_is_removed_is_not_let_in_again_by_halves(boss: User, alice: User) -> None:
    make.booking(make.link(alice))
    seen = User.get_by_id(alice.id)
    leaving.delete(boss, alice, ALL_GOES, make.NOW)
    for act in (
        lambda: users.set_active(boss, seen, is_active=True),
        lambda: users.update(boss, seen, {"email": "back@example.org"}),
        lambda: schedules.create(boss, seen, {"name": "Mornings"}),
    ):
        with pytest.raises(NotFound):
            act()
    gone = User.get_by_id(alice.id)
    assert gone.is_removed
    assert not gone.is_active
