"""Why this host: what the panel of a round robin's meeting says and draws."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Contact, DayOff, Link, Member, Schedule, User
from meetings.models.users import ADMIN
from meetings.services import bookings
from tests import make
from tests.web.pages import Page, sign_in, visit
from tests.web.test_bookings import panel


@pytest.fixture(autouse=True)
def monday_morning(app: Any) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def team(app: Any) -> list[User]:
    return [make.user("Ana One"), make.user("Ben Two"), make.user("Cleo Three")]


@pytest.fixture
def robin(team: list[User]) -> Link:
    return make.link(make.user("Otto Rganizer"), "robin", kind="round_robin", team=team)


def opened(client: FlaskClient, booking: Booking) -> Page:
    visitor = client.application.test_client()
    sign_in(visitor, Link.get_by_id(booking.link_id).organizer)
    return visit(visitor, f"/bookings/{booking.public_id}")


def rows(page: Page) -> list[list[str]]:
    (table,) = page.all("table", class_="ledger")
    return [[page.words(cell) for cell in line] for line in table.iter("tr")]


def test_the_fewest(client: FlaskClient, robin: Link) -> None:
    for day in (1, 2):
        make.booking(robin, f"2026-12-0{day} 09:00")
    page = opened(client, make.booking(robin, "2026-12-03 09:00"))
    assert "Cleo Three, because they had the fewest meetings of those who were free (0)." in panel(page)
    assert rows(page) == [
        ["Member", "Thu 3 Dec, 08:00 to 20:00", "Had", "Last", "Outcome"],
        ["Ana One", "", "1", "30 Nov", "Next in line"],
        ["Ben Two", "", "1", "30 Nov", "Had more"],
        ["Cleo Three", "", "0", "Never", "Chosen"],
    ]


def test_for_their_share(client: FlaskClient, team: list[User]) -> None:
    members = [{"user": team[0].email, "weight": 1}, {"user": team[1].email, "weight": 3}]
    link = make.link(team[0], kind="round_robin", team=members)
    make.booking(link, "2026-12-01 09:00")
    page = opened(client, make.booking(link, "2026-12-02 09:00"))
    said = "Ben Two, because they had the fewest meetings for their share (0, with a weight of 3)."
    assert said in panel(page)
    assert rows(page)[0][2] == "Weight"


def test_all_else_being_equal(client: FlaskClient, robin: Link) -> None:
    page = opened(client, make.booking(robin))
    assert "Ana One, because all else was equal and they have been here longest." in panel(page)
    assert [row[-1] for row in rows(page)[1:]] == ["Chosen", "Next in line", "Was free"]


def test_longest_ago_and_never(client: FlaskClient, robin: Link) -> None:
    first = make.booking(robin)
    bookings.cancel(first, make.NOW, by=None)
    bookings.cancel(make.booking(robin), make.NOW, by=None)
    page = opened(client, make.booking(robin))
    assert "Cleo Three, because they had not had a turn yet." in panel(page)
    bookings.cancel(Booking.select().order_by(Booking.id.desc()).get(), make.NOW, by=None)
    page = opened(client, make.booking(robin))
    assert "Ana One, because their last turn was longest ago of those with the fewest meetings." in panel(page)


def test_nobody_else_was_free_and_why(client: FlaskClient, robin: Link, team: list[User]) -> None:
    ana, ben, _ = team
    Member.update(is_paused=True).where(Member.user == ana).execute()
    make.busy(ben, "2026-12-01 08:30", "2026-12-01 11:00")
    page = opened(client, make.booking(robin))
    assert "Cleo Three, because nobody else was free." in panel(page)
    assert [row[-1] for row in rows(page)[1:]] == ["Paused", "Busy, 09:30–12:00", "Chosen"]


def test_another_meeting_and_the_pause_beside_one(client: FlaskClient, robin: Link, team: list[User]) -> None:
    ana, ben, _ = team
    make.booking(make.link(ana, "own"), "2026-12-01 09:15", email="b@example.com")
    make.booking(make.link(ben, "bens", buffer=60), "2026-12-01 10:00", email="b@example.com")
    outcomes = [row[-1] for row in rows(opened(client, make.booking(robin)))[1:]]
    assert outcomes == ["In another meeting, 10:15–10:45", "Too close to another time, 11:00–11:30", "Chosen"]


def test_own_hours_and_holidays(client: FlaskClient, team: list[User]) -> None:
    ana, ben, _ = team
    User.update(holidays="FR").where(User.id == ben.id).execute()
    DayOff.create(user=ben, day="2026-12-01", name="A day off")
    hours = [{"days": ["tue"], "start": "14:00", "end": "18:00"}]
    Schedule.create(user=ana, name="Late", timezone="Europe/Paris", hours=hours)
    link = make.link(make.user("Otto Rganizer"), kind="round_robin", team=team, hours="hosts")
    outcomes = [row[-1] for row in rows(opened(client, make.booking(link)))[1:]]
    assert outcomes == ["Outside their hours", "On holiday", "Chosen"]


def test_the_contacts_own_host(client: FlaskClient, team: list[User]) -> None:
    link = make.link(team[0], kind="round_robin", team=team, prioritize_contact_owner=True)
    make.booking(link)
    Contact.update(owner=team[2]).execute()
    page = opened(client, make.booking(link, "2026-12-02 09:00"))
    assert "Cleo Three, because this contact is theirs." in panel(page)
    assert [row[-1] for row in rows(page)[1:]] == ["Was free", "Was free", "Chosen"]


def test_busy_times_of_that_day_are_drawn(client: FlaskClient, robin: Link, team: list[User]) -> None:
    make.busy(team[0], "2026-11-30 12:00", "2026-12-01 07:30")
    make.booking(make.link(team[0], "own"), "2026-12-01 13:00", email="b@example.com")
    page = opened(client, make.booking(robin))
    (drawing,) = page.all("svg", aria_label="Ana One: free at 10:00")
    spans = [(one.get("class"), int(one.get("x")), int(one.get("width"))) for one in drawing]
    assert spans == [("busy", 0, 510), ("busy", 840, 30), ("slot", 600, 30)]
    assert rows(page)[0][1] == "Tue 1 Dec, 00:00 to 20:00"


def test_it_stays_as_it_was(client: FlaskClient, robin: Link, team: list[User]) -> None:
    """Moved, and its host gone: it tells of the time at which the choice was made, and of people by name."""
    booking = make.booking(robin)
    moved = bookings.reschedule(booking, make.at("2026-12-03 13:00"), make.NOW, by=None)
    make.removed(make.user("Root Admin", role=ADMIN), team[1])
    page = opened(client, moved)
    assert rows(page)[0][1] == "Tue 1 Dec, 08:00 to 20:00"
    assert [row[0] for row in rows(page)[1:]] == ["Ana One", "Ben Two", "Cleo Three"]


def test_of_older_bookings_what_was_kept(client: FlaskClient, robin: Link) -> None:
    booking = make.booking(robin)
    kept = [{"host": 1, "name": "Ana One", "weight": 1, "is_free": True, "count": 2, "last": 3}]
    kept.append({"host": 2, "name": "Ben Two", "weight": 1, "is_free": False})
    Booking.update(assignment={"rule": "only_one", "chosen": 1, "candidates": kept}).execute()
    page = opened(client, booking)
    assert rows(page) == [
        ["Member", "Had", "Last", "Outcome"],
        ["Ana One", "2", "–", "Chosen"],
        ["Ben Two", "–", "–", "Not free"],
    ]


def test_through_which_hands_it_went(client: FlaskClient, robin: Link, team: list[User]) -> None:
    ana, ben, cleo = team
    boss = make.user("Root Admin", role=ADMIN)
    booking = make.booking(robin)
    bookings.hand_over(ana, booking, ana, ben, make.NOW)
    bookings.hand_over(boss, booking, ben, cleo, make.NOW)
    bookings.hand_over(boss, booking, cleo, boss, make.NOW)
    words = panel(opened(client, booking))
    assert "Ana One gave it to Ben Two, Mon 30 Nov, 09:00." in words
    assert "Root Admin gave it from Ben Two to Cleo Three, Mon 30 Nov, 09:00." in words
    assert "Root Admin took it over from Cleo Three, Mon 30 Nov, 09:00." in words


def test_a_link_of_one_has_no_ledger(client: FlaskClient) -> None:
    assert "Why this host" not in panel(opened(client, make.booking()))
