"""Giving a meeting to another host, from the bookings."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Link, Member, User
from meetings.models.users import ADMIN
from meetings.services import access, bookings
from tests import make
from tests.browser import Opener, assert_accessible, data
from tests.hostile import MARKUP
from tests.web.pages import Page, sign_in, visit
from tests.web.test_bookings import panel
from tests.web.test_links import counted_queries


@pytest.fixture(autouse=True)
def monday_morning(app: Any) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def boss(app: Any) -> User:
    return make.user("Root Admin", role=ADMIN)


@pytest.fixture
def team(app: Any) -> list[User]:
    return [make.user("Ana One"), make.user("Ben Two"), make.user("Cleo Three")]


@pytest.fixture
def robin(team: list[User]) -> Link:
    return make.link(make.user("Otto Rganizer"), "robin", kind="round_robin", team=team)


@pytest.fixture
def booking(robin: Link) -> Booking:
    return make.booking(robin)


def holder(booking: Booking) -> list[str]:
    return [seat.host.name for seat in Booking.get_by_id(booking.id).hosts()]


def takers(page: Page) -> dict[str, str]:
    """Who could take it, and what is said of them."""
    (listed,) = [one for one in page.tree.iter("ul") if one.get("class") == "sent takers"]
    found = {}
    for line in listed:
        name, words = line[1].text.strip(), page.words(line[1][0])
        found[name] = words if len(line) > 2 else f"({words})"
    return found


def test_three_steps_and_everybody_gets_a_mail(client: FlaskClient, booking: Booking, robin: Link) -> None:
    sign_in(client, robin.organizer)
    page = visit(client, f"/bookings/{booking.public_id}").go("Give to another host")
    assert takers(page) == {"Ben Two": "Free", "Cleo Three": "Free"}
    asked = page.go("Choose Ben Two")
    assert "Give the meeting to Ben Two?" in panel(asked)
    assert holder(booking) == ["Ana One"]
    given = asked.send(f"/bookings/{booking.public_id}/give")
    assert given.notices()[0] == "Ben Two meets Maren Holt now. The mails are on their way."
    assert given.path == f"/bookings/{booking.public_id}"
    assert "Otto Rganizer gave it from Ana One to Ben Two, Mon 30 Nov, 09:00." in panel(given)
    assert holder(booking) == ["Ben Two"]


def test_who_is_not_free_and_why(client: FlaskClient, booking: Booking, team: list[User], robin: Link) -> None:
    _, ben, cleo = team
    make.booking(make.link(ben, "own"), "2026-12-01 09:15", email="b@example.com")
    make.busy(cleo, "2026-12-01 08:30", "2026-12-01 11:00")
    sign_in(client, robin.organizer)
    page = visit(client, f"/bookings/{booking.public_id}/give")
    assert takers(page) == {
        "Cleo Three": "Busy, 09:30–12:00",
        "Ben Two": "(In another meeting, 10:15–10:45)",
    }
    asked = page.go("Choose Cleo Three")
    assert "Cleo Three is not free then. You can give them the meeting all the same." in panel(asked)
    asked.send(f"/bookings/{booking.public_id}/give")
    assert holder(booking) == ["Cleo Three"]


def test_a_busy_time_is_asked_about_even_if_it_came_meanwhile(
    client: FlaskClient, booking: Booking, team: list[User], robin: Link
) -> None:
    sign_in(client, robin.organizer)
    asked = visit(client, f"/bookings/{booking.public_id}/give?to={team[1].id}")
    make.busy(team[1], "2026-12-01 08:30", "2026-12-01 11:00")
    again = asked.send(f"/bookings/{booking.public_id}/give")
    assert (again.status, holder(booking)) == (409, ["Ana One"])
    assert "Ben Two is not free then." in panel(again)
    again.send(f"/bookings/{booking.public_id}/give")
    assert holder(booking) == ["Ben Two"]


def test_a_meeting_that_came_meanwhile_is_said(
    client: FlaskClient, booking: Booking, team: list[User], robin: Link
) -> None:
    sign_in(client, robin.organizer)
    asked = visit(client, f"/bookings/{booking.public_id}/give?to={team[1].id}")
    make.booking(make.link(team[1], "own"), email="b@example.com")
    again = asked.send(f"/bookings/{booking.public_id}/give")
    assert (again.status, holder(booking)) == (422, ["Ana One"])
    assert "Ben Two" in takers(again)


def test_of_a_group_one_part_at_a_time(client: FlaskClient, boss: User, team: list[User]) -> None:
    ana, ben, _ = team
    booking = make.booking(make.link(ana, kind="group", team=[ana, ben]))
    sign_in(client, boss)
    page = visit(client, f"/bookings/{booking.public_id}/give")
    assert "In place of Ana One, at the same time." in panel(page)
    page = page.go("Ben Two")
    assert "In place of Ben Two, at the same time." in panel(page)
    page.go("Choose Cleo Three").send(f"/bookings/{booking.public_id}/give")
    assert holder(booking) == ["Ana One", "Cleo Three"]


def test_members_give_only_their_own_part(client: FlaskClient, team: list[User]) -> None:
    ana, ben, cleo = team
    booking = make.booking(make.link(ana, kind="group", team=[ana, ben]))
    Member.create(link=booking.link, user=cleo, position=5)
    sign_in(client, ben)
    page = visit(client, f"/bookings/{booking.public_id}/give?from={ana.id}&to={cleo.id}")
    assert "In place of Ben Two" not in panel(page)
    assert "Give the meeting to Cleo Three?" in panel(page)
    given = page.send(f"/bookings/{booking.public_id}/give")
    assert holder(booking) == ["Ana One", "Cleo Three"]
    assert given.path == "/bookings"  # it isn't Ben's to see any more
    assert given.notices()


def test_nobody_else_and_nobody_outside(
    client: FlaskClient, app: Any, booking: Booking, team: list[User], robin: Link
) -> None:
    dora = make.user("Dora Four")
    sign_in(client, team[0])
    page = visit(client, f"/bookings/{booking.public_id}/give?to={dora.id}")
    assert set(takers(page)) == {"Ben Two", "Cleo Three"}
    asked = page.go("Choose Ben Two")
    assert asked.send(f"/bookings/{booking.public_id}/give", to=str(dora.id)).status == 422
    assert holder(booking) == ["Ana One"]
    own = make.booking(make.link(dora, "own"), email="d@example.com")
    visitor = app.test_client()
    sign_in(visitor, dora)
    assert visit(visitor, f"/bookings/{booking.public_id}/give").status == 404
    assert "Give to another host" not in visit(visitor, f"/bookings/{own.public_id}").main()
    assert visit(visitor, f"/bookings/{own.public_id}/give").status == 403


def test_with_nobody_to_give_it_to_that_is_said(client: FlaskClient, team: list[User]) -> None:
    booking = make.booking(make.link(team[0], kind="round_robin", team=team[:1]))
    sign_in(client, team[0])
    page = visit(client, f"/bookings/{booking.public_id}/give")
    assert "Nobody else is on this link’s team." in panel(page)


@pytest.mark.parametrize("to", ["", "x", "0", "99999999999999999999", "-1", "1.5"])
def test_nonsense_is_nobody(client: FlaskClient, booking: Booking, robin: Link, to: str) -> None:
    sign_in(client, robin.organizer)
    page = visit(client, f"/bookings/{booking.public_id}/give?to={to}&from={to}")
    assert (page.status, "Give it to whom?" in panel(page)) == (200, True)


def test_what_is_over_stays(client: FlaskClient, booking: Booking, robin: Link) -> None:
    sign_in(client, robin.organizer)
    bookings.cancel(booking, make.NOW, by=None)
    assert visit(client, f"/bookings/{booking.public_id}/give").status == 409
    assert "Give to another host" not in visit(client, f"/bookings/{booking.public_id}").main()


def test_admins_see_who_is_outside_of_the_team(client: FlaskClient, boss: User, booking: Booking) -> None:
    dora = make.user("Aaron Four")
    sign_in(client, boss)
    page = visit(client, f"/bookings/{booking.public_id}/give")
    assert list(takers(page))[:2] == ["Ben Two", "Cleo Three"]
    assert panel(page).count("Not on this link’s team") == 3  # Aaron, the boss, and who organizes the link
    visit(client, f"/bookings/{booking.public_id}/give?to={dora.id}").send(f"/bookings/{booking.public_id}/give")
    assert holder(booking) == ["Aaron Four"]


def test_the_number_of_queries_does_not_grow_with_the_team(client: FlaskClient, boss: User, booking: Booking) -> None:
    sign_in(client, boss)
    with counted_queries() as few:
        visit(client, f"/bookings/{booking.public_id}/give")
    for number in range(12):
        make.user(f"More{number} Doe")
    with counted_queries() as many:
        visit(client, f"/bookings/{booking.public_id}/give")
    assert len(many) == len(few)


def test_names_are_only_text(client: FlaskClient, boss: User) -> None:
    hosts = [make.user(name[:120], email=f"h{number}@example.org") for number, name in enumerate(MARKUP[:8])]
    booking = make.booking(make.link(hosts[0], kind="round_robin", team=hosts))
    sign_in(client, boss)
    page = visit(client, f"/bookings/{booking.public_id}/give")
    assert set(takers(page)) == {" ".join(host.name.split()) for host in hosts[1:]} | {"Root Admin (you)"}
    page = visit(client, f"/bookings/{booking.public_id}/give?to={hosts[1].id}")
    page.send(f"/bookings/{booking.public_id}/give")
    page = visit(client, f"/bookings/{booking.public_id}")
    assert hosts[1].name in panel(page)
    assert not page.all("script", src="//evil.example/zqx.js")
    assert not list(page.tree.iter("iframe"))


# --- moving it to a time at which its host is not free


def test_who_would_take_it_is_told_before_it_is_moved(client: FlaskClient, booking: Booking, robin: Link) -> None:
    make.busy(User.get(name="Ana One"), "2026-12-02 08:00", "2026-12-02 16:00")
    start = int(make.at("2026-12-02 10:00").timestamp())
    sign_in(client, robin.organizer)
    asked = visit(client, f"/bookings/{booking.public_id}/move?start={start}")
    assert "Ana One is not free then, so Ben Two would take the meeting." in panel(asked)
    asked.send(f"/bookings/{booking.public_id}/move")
    assert (holder(booking), Booking.get().starts_at) == (["Ben Two"], make.at("2026-12-02 10:00"))


def test_also_where_the_host_became_busy_meanwhile(client: FlaskClient, booking: Booking, robin: Link) -> None:
    start = int(make.at("2026-12-02 10:00").timestamp())
    sign_in(client, robin.organizer)
    asked = visit(client, f"/bookings/{booking.public_id}/move?start={start}")
    assert "would take the meeting" not in panel(asked)
    make.busy(User.get(name="Ana One"), "2026-12-02 08:00", "2026-12-02 16:00")
    again = asked.send(f"/bookings/{booking.public_id}/move")
    assert (again.status, holder(booking)) == (409, ["Ana One"])
    assert "Ana One is not free then, so Ben Two would take the meeting." in panel(again)
    again.send(f"/bookings/{booking.public_id}/move")
    assert holder(booking) == ["Ben Two"]


def test_the_contact_is_told_that_somebody_else_meets_them(client: FlaskClient, booking: Booking) -> None:
    make.busy(User.get(name="Ana One"), "2026-12-02 08:00", "2026-12-02 16:00")
    here = f"/booking/{access.manage_token(booking)}/reschedule"
    said = "Ana One is not free then. Somebody else from the team will meet you."
    times = {day: int(make.at(f"2026-12-0{day} 10:00").timestamp()) for day in (2, 3)}
    assert said not in visit(client, f"{here}?start={times[3]}").main()
    asked = visit(client, f"{here}?start={times[2]}")
    assert said in asked.main()
    asked.send(asked.address)
    assert holder(booking) == ["Ben Two"]


@pytest.fixture
def open_booking(live: Any) -> Iterator[str]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        hosts = [make.user("Alice Martin"), make.user("Ben Two"), make.user("Cleo Three")]
        link = make.link(hosts[0], "robin", kind="round_robin", team=hosts)
        make.busy(hosts[2], "2026-12-01 08:30", "2026-12-01 11:00")
        yield make.booking(link).public_id


@pytest.mark.browser
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_giving_in_a_browser(open_page: Opener, open_booking: str, width: str) -> None:
    page = open_page(f"/bookings/{open_booking}", signed_in="alice@example.org", width=width)
    assert_accessible(page)
    page.get_by_role("link", name="Give to another host").click()
    page.get_by_text("Busy, 09:30").wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="Choose Ben Two").click()
    page.get_by_text("Give the meeting to Ben Two?").wait_for()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Give the meeting").click()
    page.get_by_text("Ben Two meets Maren Holt now.").wait_for()
