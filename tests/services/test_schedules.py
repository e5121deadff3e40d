"""Named schedules: who makes and changes them, what of them reaches links, and which times they leave open."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from meetings.domain import availability
from meetings.domain import link as link_document
from meetings.domain.availability import Host, Kind
from meetings.domain.own_hours import WHOLE_DAYS
from meetings.domain.time import Span, days_span, to_instant, zone
from meetings.errors import Conflict, Forbidden, Invalid, NotFound, SlotTaken
from meetings.models import DayOff, Link, Member, Schedule, User
from meetings.services import bookings, host_hours, link_history, links, offers, schedules
from tests import make
from tests.domain import oracle
from tests.make import NOW

MORNINGS = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "10:00"}]
EVENINGS = [{"days": ["tue"], "start": "19:00", "end": "20:00"}]


def schedule(user: User, name: str = "Mornings", hours: Any = MORNINGS, **more: Any) -> Schedule:
    return schedules.create(user, user, {"name": name, "available_hours": hours, **more})


def team(organizer: User, *members: Mapping[str, Any], kind: str = "round_robin", **more: Any) -> Link:
    return make.link(organizer, "team", kind=kind, team=members, hours="hosts", start_increment=30, **more)


@pytest.fixture
def alice(app: Flask) -> User:
    return make.user()


@pytest.fixture
def bob(app: Flask) -> User:
    return make.user("Bob Stone", timezone="America/New_York")


# ---- making and changing ---------------------------------------------------------------------------------------------


def test_a_new_one_is_the_last_in_its_owner_s_zone(bob: User) -> None:
    schedule(bob)
    schedules.create(bob, bob, {"name": " Evenings "})
    assert [row.name for row in schedules.of(bob)] == ["Mornings", "Evenings"]
    assert schedules.document(schedules.of(bob)[1]) == {
        "name": "Evenings",
        "timezone": "America/New_York",
        "available_hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}],
        "date_overrides": [],
    }


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({}, "name", "required"),
        ({"name": "MORNINGS"}, "name", "schedule-name-taken"),
        ({"name": "x" * 81}, "name", "too-long"),
        ({"name": "A", "timezone": "Paris"}, "timezone", "not-a-zone"),
        (
            {"name": "A", "available_hours": [{"days": ["mon"], "start": "10:00", "end": "09:00"}]},
            "available_hours.0.end",
            "ends-before-start",
        ),
        ({"name": "A", "date_overrides": [{"date": "2026-02-30"}]}, "date_overrides.0.date", "not-a-date"),
        ({"name": "A", "color": "red"}, "color", "unknown-field"),
        ({"name": "A", "first": "yes"}, "first", "not-yes-or-no"),
    ],
)
def test_what_is_wrong_is_said_as_for_links(alice: User, values: dict[str, Any], field: str, code: str) -> None:
    schedule(alice)
    with pytest.raises(Invalid) as problem:
        schedules.create(alice, alice, values)
    assert [(flaw.field, flaw.code) for flaw in problem.value.flaws] == [(field, code)]


def test_nobody_has_more_than_twenty(alice: User) -> None:
    for number in range(schedules.MOST):
        schedule(alice, f"Number {number}")
    with pytest.raises(Invalid) as problem:
        schedule(alice, "One more")
    assert problem.value.flaws[0].code == "too-many"


def test_members_have_their_own_and_admins_everybody_s(alice: User, bob: User) -> None:
    row = schedule(bob)
    admin = make.user("Root Admin", role="admin")
    for act in (
        lambda: schedules.schedule_for(alice, row.id),
        lambda: schedules.update(alice, row, {"name": "Mine now"}, NOW),
        lambda: schedules.delete(alice, row, NOW),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        schedules.create(alice, bob, {"name": "Mine now"})
    schedules.update(admin, row, {"name": "Named by an admin"}, NOW)
    assert schedules.create(admin, bob, {"name": "Second"}).user_id == bob.id
    assert [one.name for one in schedules.of(bob)] == ["Named by an admin", "Second"]


def test_another_can_be_made_the_first(alice: User) -> None:
    for name in ("One", "Two", "Three"):
        schedule(alice, name)
    third = schedules.of(alice)[2]
    schedules.update(alice, third, {"first": True}, NOW)
    assert [row.name for row in schedules.of(alice)] == ["Three", "One", "Two"]
    schedule(alice, "Zero", first=True)
    schedules.update(alice, third, {"first": False}, NOW)
    assert [row.name for row in schedules.of(alice)] == ["Zero", "Three", "One", "Two"]
    with pytest.raises(Invalid) as problem:
        schedules.update(alice, schedules.of(alice)[0], {"first": False}, NOW)
    assert [(flaw.field, flaw.code) for flaw in problem.value.flaws] == [("first", "always-a-first")]


def test_a_patch_changes_what_it_says(alice: User) -> None:
    row = schedules.update(alice, schedule(alice), {"timezone": "Asia/Tokyo"}, NOW)
    assert schedules.document(row) == {
        "name": "Mornings",
        "timezone": "Asia/Tokyo",
        "available_hours": MORNINGS,
        "date_overrides": [],
    }


# ---- links that name them --------------------------------------------------------------------------------------------


def test_a_link_names_one_of_its_organizer_s(alice: User, bob: User) -> None:
    schedule(bob, "Bob's")
    with pytest.raises(Invalid) as problem:
        make.link(alice, hours="hosts", schedule="Bob's")
    assert [(flaw.field, flaw.code) for flaw in problem.value.flaws] == [("scheduling.schedule", "unknown-schedule")]


def test_a_new_name_reaches_links_and_their_history(alice: User, bob: User) -> None:
    row = schedule(alice)
    own = make.link(alice, hours="hosts", schedule="Mornings")
    joint = team(bob, {"user": alice.email, "schedule": "Mornings"}, {"user": bob.email})
    other = make.link(bob, "other")
    schedules.update(alice, row, {"name": "Early"}, NOW)
    assert links.document(Link.get_by_id(own.id))["scheduling"]["schedule"] == "Early"
    assert links.document(Link.get_by_id(joint.id))["team"][0]["schedule"] == "Early"
    for link in (own, joint):
        assert Link.get_by_id(link.id).version == link.version + 1
        assert link_history.entries(link).first().actor_name == alice.name
    assert Link.get_by_id(other.id).version == other.version


def test_a_deleted_one_is_named_no_more(alice: User, bob: User) -> None:
    row = schedule(alice)
    own = make.link(alice, hours="hosts", schedule="Mornings")
    joint = team(bob, {"user": alice.email, "schedule": "Mornings"})
    schedules.delete(alice, row, NOW)
    assert schedules.of(alice) == []
    assert links.document(Link.get_by_id(own.id))["scheduling"]["schedule"] is None
    assert links.document(Link.get_by_id(joint.id))["team"][0]["schedule"] is None
    change = link_history.entries(own).first().changes[0]
    assert (change["path"], change["old"], change["new"]) == ("scheduling.schedule", "Mornings", None)
    assert "2026-12-01 15:30" in make.offered(Link.get_by_id(own.id), "2026-12-01 00:00", "2026-12-02 00:00")


def test_a_change_of_hours_alone_is_no_change_of_links(alice: User) -> None:
    row = schedule(alice)
    own = make.link(alice, hours="hosts", schedule="Mornings")
    schedules.update(alice, row, {"available_hours": EVENINGS}, NOW)
    assert Link.get_by_id(own.id).version == own.version


def test_which_links_go_by_which(alice: User, bob: User) -> None:
    first, second = schedule(alice, "First"), schedule(alice, "Second")
    makes = [
        ("by-name", {"hours": "hosts", "schedule": "Second"}),
        ("by-default", {"hours": "hosts"}),
        ("its-own", {"schedule": "Second"}),
    ]
    for slug, scheduling in makes:
        make.link(alice, slug, **scheduling)
    team(bob, {"user": alice.email, "schedule": "Second"})
    found = {key: [link.slug for link in value] for key, value in schedules.use(alice).items()}
    assert found == {first.id: ["by-default"], second.id: ["by-name", "team"]}
    assert schedules.use(bob) == {}


# ---- times -----------------------------------------------------------------------------------------------------------


def times(link: Link, first: str = "2026-12-01 00:00", last: str = "2026-12-02 00:00") -> list[str]:
    return [start[11:] for start in make.offered(link, first, last)]


def test_an_individual_link_takes_its_organizer_s_schedule_s_place_zone_and_all(alice: User) -> None:
    schedule(alice, "First", timezone="America/New_York")
    schedule(alice, "Tokyo", EVENINGS, timezone="Asia/Tokyo")
    link = make.link(alice, hours="hosts", start_increment=30)
    assert times(link) == ["14:00", "14:30"]
    assert times(make.link(alice, "named", hours="hosts", schedule="Tokyo", start_increment=30)) == ["10:00", "10:30"]
    assert offers.rules_of(link).zone == "America/New_York"


def test_single_days_of_the_schedule_count_and_the_link_s_don_t(alice: User) -> None:
    closed = [{"date": "2026-12-01", "hours": []}]
    opened = [{"date": "2026-12-01", "hours": [{"start": "06:00", "end": "07:00"}]}]
    schedule(alice, date_overrides=opened)
    link = make.link(alice, hours="hosts", start_increment=30, date_overrides=closed)
    assert times(link) == ["05:00", "05:30"]


def test_without_any_schedule_the_link_s_own_hours_count(alice: User, bob: User) -> None:
    link = make.link(alice, hours="hosts", available_hours=EVENINGS, start_increment=30)
    assert times(link) == ["18:00", "18:30"]
    joint = team(alice, {"user": alice.email}, {"user": bob.email}, available_hours=EVENINGS)
    assert times(joint) == ["18:00", "18:30"]


def test_each_member_keeps_to_their_own_hours(alice: User, bob: User) -> None:
    schedule(alice)
    schedule(bob, "First")
    schedule(bob, "Late", EVENINGS)
    joint = team(alice, {"user": alice.email}, {"user": bob.email, "schedule": "Late"}, window=_weeks(2))
    assert times(joint, "2026-12-01 00:00", "2026-12-02 06:00") == ["08:00", "08:30", "00:00", "00:30"]
    Member.update(schedule=None).where(Member.user == bob).execute()
    assert times(joint) == ["08:00", "08:30", "14:00", "14:30"]


def _weeks(number: int) -> dict[str, Any]:
    return {"kind": "rolling", "weeks": number}


def test_a_group_meets_where_the_hours_of_all_it_needs_overlap(alice: User, bob: User) -> None:
    schedule(alice, hours=[{"days": ["tue"], "start": "14:00", "end": "16:00"}])
    schedule(bob)  # 14:00 to 15:00 UTC
    joint = team(alice, {"user": alice.email}, {"user": bob.email}, kind="group")
    assert times(joint) == ["14:00", "14:30"]
    Member.update(check_availability=False).where(Member.user == bob).execute()
    assert times(joint) == ["13:00", "13:30", "14:00", "14:30"]


def test_a_team_link_s_single_days_close_and_narrow_for_everybody(alice: User) -> None:
    schedule(alice)
    half = [{"date": "2026-12-01", "hours": [{"start": "09:30", "end": "12:00"}]}, {"date": "2026-12-02", "hours": []}]
    joint = team(alice, {"user": alice.email}, date_overrides=half)
    assert times(joint, "2026-12-01 00:00", "2026-12-04 00:00") == ["08:30", "08:00", "08:30"]


def test_holidays_and_own_hours_both_count(alice: User) -> None:
    schedule(alice)
    User.update(holidays="FR").where(User.id == alice.id).execute()
    DayOff.create(user=alice, day="2026-12-02", name="Made up")
    joint = team(alice, {"user": alice.email})
    assert times(joint, "2026-12-01 00:00", "2026-12-04 00:00") == ["08:00", "08:30", "08:00", "08:30"]


def test_a_schedule_without_hours_takes_its_host_out(alice: User, bob: User) -> None:
    schedule(alice, hours=[])
    schedule(bob)
    joint = team(alice, {"user": alice.email}, {"user": bob.email})
    assert times(joint) == ["14:00", "14:30"]


def test_who_follows_what_can_be_told(alice: User, bob: User) -> None:
    schedule(bob, "Late")
    joint = team(alice, {"user": alice.email}, {"user": bob.email})
    found = host_hours.of(joint, [alice.id, bob.id])
    assert {host_id: theirs.schedule for host_id, theirs in found.items()} == {alice.id: "", bob.id: "Late"}
    assert host_hours.of(make.link(alice, "own"), [alice.id]) == {}


def test_a_booking_is_judged_by_the_hours_of_that_moment(alice: User, bob: User) -> None:
    row = schedule(alice)
    joint = team(alice, {"user": alice.email}, {"user": bob.email})
    schedule(bob, "Never", [])
    booked = bookings.take(joint, make.request(make.at("2026-12-01 08:00")), NOW)
    assert [seat.host_id for seat in booked.hosts()] == [alice.id]
    schedules.update(alice, row, {"available_hours": EVENINGS}, NOW)
    with pytest.raises(SlotTaken):
        bookings.take(joint, make.request(make.at("2026-12-02 08:00")), NOW)
    moved = bookings.reschedule(booked, make.at("2026-12-01 18:30"), NOW, by=None)
    assert moved.starts_at == make.at("2026-12-01 18:30")


def test_a_transferred_link_goes_by_the_new_organizer_s_first(alice: User, bob: User) -> None:
    schedule(alice)
    schedule(bob, "Bob's")
    link = make.link(alice, hours="hosts", schedule="Mornings", start_increment=30)
    Link.update(organizer=bob).where(Link.id == link.id).execute()
    assert times(Link.get_by_id(link.id)) == ["14:00", "14:30"]
    links.update(bob, Link.get_by_id(link.id), {"overview": {"title": "Kept name"}}, NOW)  # what it has it may keep


def test_a_stale_name_is_refused_when_it_is_put_back(alice: User) -> None:
    row = schedule(alice)
    link = make.link(alice, hours="hosts", schedule="Mornings")
    schedules.delete(alice, row, NOW)
    gone = link_history.entries(link).first()
    with pytest.raises((Invalid, Conflict)):
        link_history.put_back(alice, Link.get_by_id(link.id), gone, "scheduling.schedule", NOW)


# ---- against the second implementation -------------------------------------------------------------------------------

ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
)
# Around the changes of the clocks: Europe and America in spring and autumn, Lord Howe's half hour.
NOWS = ("2026-03-26 06:10", "2026-10-23 20:00", "2026-11-29 23:59", "2027-03-12 01:00", "2027-04-01 12:00")


def _hours(chance: random.Random) -> list[dict[str, Any]]:
    found = []
    for _ in range(chance.choice([0, 1, 2, 3])):
        start, end = sorted(chance.sample([0, 60, 90, 150, 540, 600, 750, 840, 1020, 1320, 1440], 2))
        days = chance.sample(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], chance.choice([2, 5, 7]))
        found.append({"days": days, "start": _wall(start), "end": _wall(end)})
    return found


def _wall(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _overrides(chance: random.Random, first: date) -> list[dict[str, Any]]:
    days = chance.sample(range(7), chance.choice([0, 0, 1, 2]))
    hours = [[], [{"start": "00:00", "end": "24:00"}], [{"start": "10:00", "end": "11:30"}]]
    return [{"date": (first + timedelta(days=day)).isoformat(), "hours": chance.choice(hours)} for day in days]


def _read(said: Mapping[str, Any]) -> SimpleNamespace:
    """Hours as the oracle takes them, from the words of a document."""
    hours = link_document.hours_of(said)
    return SimpleNamespace(zone=said["timezone"], windows=hours.windows, overrides=hours.overrides)


@pytest.mark.parametrize("seed", range(24))
def test_offered_times_are_those_of_the_definition(app: Flask, seed: int) -> None:
    chance = random.Random(f"schedules/{seed}")
    now = make.at(chance.choice(NOWS))
    kind = Kind(chance.choice(["individual", "group", "round_robin", "round_robin"]))
    users = [make.user(f"Host{number} Test", timezone=chance.choice(ZONES)) for number in range(3)]
    named: dict[int, Schedule] = {}
    for user in users:
        for number in range(chance.choice([0, 1, 2])):
            said = {"name": f"S{number}", "timezone": chance.choice(ZONES), "available_hours": _hours(chance)}
            named[user.id] = schedules.create(user, user, {**said, "date_overrides": _overrides(chance, now.date())})
        if chance.random() < 0.3:
            User.update(holidays="FR").where(User.id == user.id).execute()
            DayOff.create(user=user, day=(now.date() + timedelta(days=2)).isoformat(), name="Off")
    is_named = {user.id: user.id in named and chance.random() < 0.5 for user in users}
    members = [
        {
            "user": user.email,
            "check_availability": chance.random() < 0.8,
            "paused": chance.random() < 0.1,
            "schedule": named[user.id].name if is_named[user.id] else None,
        }
        for user in users
    ]
    link = make.link(
        users[0], kind=kind, team=[] if kind == Kind.INDIVIDUAL else members, now=now, hours="hosts",
        schedule=members[0]["schedule"], timezone=chance.choice(ZONES), available_hours=_hours(chance),
        date_overrides=_overrides(chance, now.date()), start_increment=chance.choice([15, 30, 45, "duration"]),
        window=_weeks(1), minimum_notice=chance.choice([0, 240]),
    )  # fmt: skip
    hosts = [Host(host.id, [], [], host.check_availability, host.is_paused) for host in offers.hosts_of(link)]
    rules = link_document.rules(link.scheduling)
    followed = {
        user.id: _read(schedules.document(named[user.id] if is_named[user.id] else schedules.of(user)[0]))
        if schedules.of(user)
        else _read(link.scheduling)
        for user in users
    }
    if kind == Kind.INDIVIDUAL:
        theirs = followed.pop(users[0].id)
        rules = replace(rules, zone=theirs.zone, windows=theirs.windows, overrides=theirs.overrides)
        followed = {}
    else:
        rules = replace(rules, windows=WHOLE_DAYS)
    closed = {user.id: (user.timezone, [now.date() + timedelta(days=2)]) for user in users if _takes_holidays(user)}
    judge = oracle.OwnHoursOracle(
        followed, closed, rules, kind, hosts, 30, to_instant(now), now.date(), now.date() + timedelta(days=9)
    )
    span = Span(to_instant(now), to_instant(now) + 8 * 86_400)
    assert offers.offered(link, 30, span, now) == judge.slots(span.start, span.end)


def _takes_holidays(user: User) -> bool:
    return bool(User.get_by_id(user.id).holidays)


def test_the_cases_say_something(app: Flask) -> None:
    """A schedule in a zone whose clocks change inside the week offers an hour more or less of elapsed time."""
    alice = make.user()
    night = [{"days": ["sun"], "start": "00:00", "end": "06:00"}]
    schedule(alice, hours=night)
    spring = make.at("2026-03-27 12:00")
    joint = make.link(
        alice, "night", kind="round_robin", team=[alice], now=spring, hours="hosts", timezone="UTC", start_increment=30
    )
    day = days_span(date(2026, 3, 29), date(2026, 3, 29), zone("Europe/Paris"))
    assert len(offers.offered(joint, 30, day, spring)) == 10
    assert availability.horizon_span(offers.rules_of(joint), day.start).start == day.start - 82_800
