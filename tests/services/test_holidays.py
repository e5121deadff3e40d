"""Public holidays: which there are, whose days they become, what they close, and what it costs."""

import subprocess
import sys
from datetime import date, timedelta

import pytest

from meetings.domain.time import Span, to_instant
from meetings.errors import Forbidden, Invalid, SlotTaken
from meetings.models import DayOff, Setting, User
from meetings.services import bookings, holidays, offers
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")

CHRISTMAS = ("2026-12-25 00:00", "2026-12-26 00:00")
FOUR_WEEKS = {"window": {"kind": "rolling", "weeks": 5}, "start_increment": 60, "durations": [60]}
EVERY_DAY = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "24:00"}]


def french(**more) -> User:
    alice = make.user(**more)
    return holidays.choose(alice, alice, "FR", NOW)


def names(user: User) -> dict[str, str]:
    return {row.day: row.name for row in DayOff.select().where(DayOff.user == user)}


# ---- which there are


def test_countries_and_their_regions() -> None:
    assert {"FR", "DE", "US", "JP"} <= set(holidays.countries())
    regions = dict(holidays.regions("DE"))
    assert regions["BY"] == "Bayern"
    assert "Augsburg" not in regions
    assert holidays.regions("JP") == []


@pytest.mark.parametrize(
    "where", ["XX", "fr", "DE-", "DE-XX", "-BY", "FR-Zone A", "DE-Augsburg", "../x", 3, None, ["FR"]]
)
def test_what_is_no_place(where) -> None:
    alice = make.user()
    with pytest.raises(Invalid) as refused:
        holidays.choose(alice, alice, where, NOW)
    assert [flaw.field for flaw in refused.value.flaws] == ["holidays"]


def test_days_are_named_in_the_users_language() -> None:
    assert names(french())["2027-07-14"] == "National Day"
    assert names(french(email="b@example.org", locale="fr"))["2027-07-14"] == "Fête nationale"
    bob = make.user("Bob Stone", locale="fr")
    assert "Christmas Day" in names(holidays.choose(bob, bob, "GB-SCT", NOW)).values()  # not known in French


def test_a_region_has_days_of_its_own() -> None:
    alice = make.user()
    national = names(holidays.choose(alice, alice, "DE", NOW))
    bavarian = names(holidays.choose(alice, alice, "DE-BY", NOW))
    assert set(bavarian) - set(national) >= {"2027-01-06"}
    assert names(holidays.choose(alice, alice, "", NOW)) == {}


def test_three_years_are_written_and_no_past_day() -> None:
    days = names(french())
    assert min(days) == "2026-12-25"
    assert max(days) == "2028-12-25"


def test_every_country_can_be_kept() -> None:
    """All in one test: nothing is written, and 250 databases take half a minute to make."""
    for country in holidays.countries():
        assert holidays.place(country, "")[1] == [], country
        alice = User(locale="fr", holidays=country, timezone="UTC")
        assert all(len(name) <= 200 for name in holidays._days(alice, NOW).values()), country


# ---- whose they are


def test_only_admins_choose_for_others() -> None:
    alice, bob, admin = make.user(), make.user("Bob Stone"), make.user("Ada Admin", role="admin")
    with pytest.raises(Forbidden):
        holidays.choose(bob, alice, "FR", NOW)
    with pytest.raises(Forbidden):
        holidays.work_on(bob, alice, [], NOW)
    assert holidays.choose(admin, alice, "FR", NOW).holidays == "FR"


def test_a_day_worked_on_stays_so() -> None:
    alice = french()
    holidays.work_on(alice, alice, ["2026-12-25", "2027-05-01", "1999-01-01", "nonsense"], NOW)
    worked = {row.day for row in DayOff.select().where(~DayOff.is_off)}
    assert worked == {"2026-12-25", "2027-05-01"}
    User.update(locale="fr").execute()
    holidays.name_anew(User.get_by_id(alice.id), NOW)
    assert DayOff.get(DayOff.day == "2026-12-25").name == "Noël"
    assert {row.day for row in DayOff.select().where(~DayOff.is_off)} == worked
    holidays.work_on(alice, alice, [], NOW)
    assert not DayOff.select().where(~DayOff.is_off).exists()


def test_days_of_the_next_twelve_months_are_shown() -> None:
    shown = [row.day for row in holidays.coming(french(), NOW)]
    assert shown[0] == "2026-12-25"
    assert shown[-1] == "2027-11-11"


# ---- what they close


def test_a_day_off_closes_the_day_and_nothing_around_it() -> None:
    link = make.link(french(), available_hours=EVERY_DAY, buffer=60, **FOUR_WEEKS)
    offered = make.offered(link, "2026-12-24 00:00", "2026-12-27 00:00", duration=60)
    # Midnight to midnight in Paris, an hour ahead of UTC; the buffer isn't kept at its edges.
    assert "2026-12-24 22:00" in offered
    assert not [start for start in offered if "2026-12-24 22:00" < start < "2026-12-25 23:00"]
    assert "2026-12-25 23:00" in offered


def test_a_day_off_is_a_day_of_the_hosts_own_zone() -> None:
    alice = make.user(timezone="Asia/Tokyo")
    link = make.link(holidays.choose(alice, alice, "FR", NOW), available_hours=EVERY_DAY, **FOUR_WEEKS)
    offered = make.offered(link, "2026-12-24 00:00", "2026-12-26 00:00", duration=60)
    assert offered[14:16] == ["2026-12-24 14:00", "2026-12-25 15:00"]


def test_a_time_on_a_day_off_cannot_be_taken() -> None:
    link = make.link(french(), **FOUR_WEEKS)
    with pytest.raises(SlotTaken) as refused:
        bookings.take(link, make.request(make.at("2026-12-25 09:00"), duration=60), NOW)
    assert refused.value.params["rule"] == "free"


def test_who_works_on_it_can_be_met() -> None:
    alice = french()
    link = make.link(alice, **FOUR_WEEKS)
    assert make.offered(link, *CHRISTMAS, duration=60) == []
    holidays.work_on(alice, alice, ["2026-12-25"], NOW)
    assert len(make.offered(link, *CHRISTMAS, duration=60)) == 8


def test_a_group_closes_with_whoever_is_needed() -> None:
    bob = make.user("Bob Stone")
    alice = french()
    needed = make.link(bob, "needed", kind="group", team=[bob, alice], **FOUR_WEEKS)
    team = [{"user": bob.email}, {"user": alice.email, "check_availability": False}]
    welcome = make.link(bob, "welcome", kind="group", team=team, **FOUR_WEEKS)
    assert make.offered(needed, *CHRISTMAS, duration=60) == []
    assert len(make.offered(welcome, *CHRISTMAS, duration=60)) == 8


def test_round_robin_goes_on_with_the_others() -> None:
    bob = make.user("Bob Stone")
    link = make.link(bob, kind="round_robin", team=[bob, french()], **FOUR_WEEKS)
    taken = [
        bookings.take(
            link, make.request(make.at(f"2026-12-25 {hour:02d}:00"), duration=60, email=f"{hour}@example.com"), NOW
        )
        for hour in (9, 10)
    ]
    assert [one.hosts()[0].host_id for one in taken] == [bob.id, bob.id]


def test_a_move_keeps_off_holidays_too() -> None:
    link = make.link(french(), **FOUR_WEEKS)
    booking = make.booking(link, "2026-12-24 09:00", duration=60)
    offered = offers.offered(link, 60, Span(*(to_instant(make.at(at)) for at in CHRISTMAS)), NOW, booking)
    assert offered == []


# ---- what it costs


@pytest.fixture
def statements(monkeypatch) -> list[str]:
    from meetings.db import database

    seen: list[str] = []
    run = type(database.obj).execute_sql
    monkeypatch.setattr(
        type(database.obj), "execute_sql", lambda self, sql, *a, **k: (seen.append(sql), run(self, sql, *a, **k))[1]
    )
    return seen


def test_hosts_without_holidays_cost_no_query(statements) -> None:
    plain, off = make.link(make.user("Bob Stone"), "plain"), make.link(french(), "off")
    counts = []
    for link in (plain, off):
        statements.clear()
        make.offered(link, "2026-12-01 00:00", "2026-12-08 00:00")
        counts.append(len(statements))
    assert counts[1] == counts[0] + 1
    assert not [sql for sql in statements[: counts[0]] if "day_off" in sql]


def test_nobody_loads_the_library_to_serve_pages() -> None:
    code = (
        "import sys, meetings, meetings.api, meetings.web, meetings.jobs, meetings.commands;"
        "sys.exit('holidays' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---- as time goes by


def test_each_year_brings_another_one() -> None:
    alice = french()
    assert holidays.refresh(NOW) == 0  # written by now
    assert holidays.refresh(NOW) == 0
    later = NOW + timedelta(days=40)
    assert holidays.refresh(later) > 0
    assert max(names(alice)) == "2029-12-25"
    assert holidays.refresh(later) == 0


def test_a_new_release_corrects_days(monkeypatch) -> None:
    alice = french()
    holidays.refresh(NOW)
    DayOff.update(name="Wrong").where(DayOff.day == "2027-01-01").execute()
    DayOff.create(user=alice, day="2027-02-02", name="Abolished")
    assert holidays.refresh(NOW) == 0
    monkeypatch.setattr(holidays, "version", lambda _name: "999")
    assert holidays.refresh(NOW) == 2
    assert names(alice)["2027-01-01"] == "New Year's Day"
    assert Setting.read(holidays.KNOWN) == "999 2026"
    assert holidays.closed_days(alice, date(2027, 2, 1), date(2027, 2, 28)) == []
