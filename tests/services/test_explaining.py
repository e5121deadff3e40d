"""What may be told of a time, and to whom: own meetings and events, others' only as such."""

from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from meetings.domain.explain import Cause
from meetings.domain.time import Span, to_instant
from meetings.models import BusyTime, Link, Member, Schedule, User
from meetings.services import bookings, explaining, holidays, links
from tests import make

TEN = to_instant(make.at("2026-12-01 09:00"))  # in Paris


@pytest.fixture
def alice(app):
    return make.user()


@pytest.fixture
def bob(app):
    return make.user("Bob Stone")


@pytest.fixture
def team(alice, bob) -> Link:
    return make.link(alice, kind="group", team=[alice, bob])


def event(host: User, start: str, end: str, title: str) -> None:
    BusyTime.create(user=host, starts_at=make.at(start), ends_at=make.at(end), title=title, created_at=make.NOW)


def told(actor: User, link: Link, start: int = TEN, duration: int = 30) -> dict[str, list[tuple[str, str, str]]]:
    """For each host: title, contact and whether it leads to the booking, of all that is in the way."""
    account = explaining.account(actor, link, duration, start, make.NOW)
    return {
        one.host.name: [(each.title, each.contact, "link" if each.booking_id else "") for each in one.obstacles]
        for one in account.hosts
    }


def test_a_meeting_is_named_to_those_who_may_see_it_alone(alice, bob, team):
    own = make.link(bob, "own")
    booked = make.booking(own, "2026-12-01 09:00")
    names = [(booked.title, "Maren Holt", "link")]
    assert told(bob, team)["Bob Stone"] == names  # who holds it
    assert told(alice, team)["Bob Stone"] == [("", "", "")]  # the link's organizer, but not of that meeting's
    admin = make.user("Zoe Admin", role="admin")
    assert told(admin, team)["Bob Stone"] == names


def test_the_organizer_of_the_other_link_reads_its_meetings(alice, bob, team):
    other = make.link(alice, "other", kind="round_robin", team=[bob])
    booked = make.booking(other, "2026-12-01 09:00")
    assert told(alice, team)["Bob Stone"] == [(booked.title, "Maren Holt", "link")]


def test_what_an_event_is_called_its_own_host_knows_alone(alice, bob, team):
    event(bob, "2026-12-01 09:00", "2026-12-01 10:00", "Interview elsewhere")
    assert told(bob, team)["Bob Stone"] == [("Interview elsewhere", "", "")]
    assert told(alice, team)["Bob Stone"] == [("", "", "")]
    admin = make.user("Zoe Admin", role="admin")
    assert told(admin, team)["Bob Stone"] == [("", "", "")]


def test_events_of_one_host_lend_no_title_to_anothers(alice, bob, team):
    """Both at the same time."""
    event(alice, "2026-12-01 09:00", "2026-12-01 10:00", "Mine")
    event(bob, "2026-12-01 09:00", "2026-12-01 10:00", "Theirs")
    assert told(alice, team) == {"Alice Martin": [("Mine", "", "")], "Bob Stone": [("", "", "")]}


def test_a_meeting_that_both_are_in_is_named_at_both(alice, bob, team):
    booked = make.booking(team, "2026-12-01 09:00")
    assert told(bob, team) == {name: [(booked.title, "Maren Holt", "link")] for name in ("Alice Martin", "Bob Stone")}


def test_a_cancelled_meeting_stands_in_nobodys_way(alice, team):
    bookings.cancel(make.booking(team, "2026-12-01 09:00"), make.NOW, by=alice)
    assert told(alice, team) == {"Alice Martin": [], "Bob Stone": []}
    assert explaining.account(alice, team, 30, TEN, make.NOW).is_offered


def test_a_public_holiday_is_named(alice):
    holidays.choose(alice, alice, "FR", make.NOW)
    link = make.link(User.get_by_id(alice.id), window={"kind": "rolling", "weeks": 5})
    (one,) = explaining.account(alice, link, 30, to_instant(make.at("2026-12-25 09:00")), make.NOW).hosts
    (obstacle,) = one.obstacles
    assert (obstacle.hindrance.cause, obstacle.is_holiday, obstacle.title) == (Cause.LIMITS, True, "Christmas Day")


HOURS = [{"days": ["mon", "tue", "wed"], "start": "08:00", "end": "12:00"}]


def test_a_members_own_hours_are_named_by_their_schedule(alice, bob):
    Schedule.create(user=bob, name="Mornings", timezone="Europe/Paris", hours=HOURS)
    link = make.link(alice, kind="round_robin", team=[alice, bob], hours="hosts")
    noon = to_instant(make.at("2026-12-01 11:45"))  # half of it is after twelve
    account = explaining.account(alice, link, 30, noon, make.NOW)
    (obstacle,) = account.hosts[1].obstacles
    assert (obstacle.hindrance.cause, obstacle.schedule) == (Cause.LIMITS, "Mornings")
    assert not obstacle.is_holiday
    assert account.hosts[0].obstacles == []  # hers are the link's own hours


@pytest.mark.parametrize(("kind", "last"), [("group", 11), ("round_robin", 16)])
def test_hidden_times_stay_within_the_hours_that_hosts_have(alice, bob, kind, last):
    """The link itself is open all day: nobody asks why nights aren't offered."""
    Schedule.create(user=bob, name="Mornings", timezone="Europe/Paris", hours=HOURS)
    link = make.link(alice, kind=kind, team=[alice, bob], hours="hosts", start_increment=60)
    for host in (alice, bob):
        make.busy(host, "2026-11-30 00:00", "2026-12-03 00:00")
    day = Span(to_instant(make.at("2026-11-30 23:00")), to_instant(make.at("2026-12-01 23:00")))
    hidden = explaining.hidden_times(alice, link, 30, day, make.NOW)
    first = 9 if kind == "group" else 8  # Alice's are the link's own, from nine to five
    assert [(one.start - day.start) // 3600 for one in hidden] == list(range(first, last + 1))


def test_an_individual_link_that_keeps_to_a_schedule_says_so(alice):
    Schedule.create(user=alice, name="Mornings", timezone="Asia/Tokyo", hours=HOURS)
    link = make.link(alice, hours="hosts", schedule="Mornings")
    account = explaining.account(alice, link, 30, TEN, make.NOW)
    assert account.schedule == "Mornings"
    assert account.rules.zone == "Asia/Tokyo"
    assert not account.explanation.grid.is_ok
    assert explaining.account(alice, make.link(alice, "own"), 30, TEN, make.NOW).schedule == ""


def test_hosts_who_were_blocked_are_told_apart(alice, bob, team):
    User.update(is_active=False).where(User.id == bob.id).execute()
    account = explaining.account(alice, team, 30, TEN, make.NOW)
    assert account.left == ["Bob Stone"]
    assert [one.host.name for one in account.hosts] == ["Alice Martin"]
    own = make.link(bob, "own")
    assert explaining.account(bob, Link.get_by_id(own.id), 30, TEN, make.NOW).left == ["Bob Stone"]


def test_the_nearest_times_are_those_of_the_page(alice):
    link = make.link(alice)
    make.busy(alice, "2026-12-01 08:30", "2026-12-01 11:00")
    account = explaining.account(alice, link, 30, TEN, make.NOW)
    offered = make.offered(link, "2026-11-30 00:00", "2026-12-02 00:00")
    assert account.before == to_instant(make.at("2026-12-01 08:00"))
    assert account.after == to_instant(make.at("2026-12-01 11:00"))
    assert {"2026-12-01 08:00", "2026-12-01 11:00"} <= set(offered)
    far = explaining.account(alice, link, 30, TEN - 200 * 86_400, make.NOW)
    assert far.after == to_instant(make.at(offered[0]))
    links.switch_off(alice, link, make.NOW)
    off = explaining.account(alice, Link.by_slug("demo"), 30, TEN, make.NOW)
    assert (off.before, off.after, off.is_offered) == (None, None, False)


@pytest.mark.parametrize("kind", ["individual", "group", "round_robin"])
def test_what_is_hidden_and_what_is_offered_make_the_whole_grid(alice, bob, kind):
    link = make.link(alice, kind=kind, team=[] if kind == "individual" else [alice, bob], buffer=20, minimum_notice=300)
    make.busy(alice, "2026-11-30 13:00", "2026-11-30 14:00")
    make.busy(bob, "2026-11-30 13:30", "2026-11-30 15:30")
    day = Span(to_instant(make.at("2026-11-29 23:00")), to_instant(make.at("2026-11-30 23:00")))
    hidden = explaining.hidden_times(alice, link, 30, day, make.NOW)
    offered = [to_instant(make.at(text)) for text in make.offered(link, "2026-11-29 23:00", "2026-11-30 23:00")]
    nine = to_instant(make.at("2026-11-30 08:00"))
    assert sorted([*offered, *(one.start for one in hidden)]) == list(range(nine, nine + 8 * 3600, 900))
    for one in hidden:
        account = explaining.account(alice, link, 30, one.start, make.NOW)
        assert next(verdict.rule for verdict in account.explanation.verdicts if not verdict.is_ok) == one.rule
        assert [kept.host.id for kept in one.hosts] == (
            [each.host.id for each in account.hosts if not each.verdict.is_free] if one.rule == "free" else []
        )


def test_it_takes_few_questions_however_much_is_in_the_way(alice, bob, team):
    for minutes in range(0, 240, 30):
        start = make.NOW + timedelta(days=1, minutes=minutes)
        BusyTime.create(
            user=bob, starts_at=start, ends_at=start + timedelta(minutes=30), title="x", created_at=make.NOW
        )
    make.booking(team, "2026-12-01 13:00")
    with count_queries() as asked:
        explaining.hidden_times(alice, team, 30, Span(TEN - 36_000, TEN + 36_000), make.NOW)
    assert 0 < asked.count <= 10
    assert Member.select().count() == 2
