"""The page that says whose turn it is."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Contact, Delivery, Link, Member, User
from meetings.services import bookings
from tests import make
from tests.browser import Opener, assert_accessible, data
from tests.hostile import MARKUP
from tests.web.pages import Page, sign_in, visit


@pytest.fixture(autouse=True)
def monday_morning(app: Any) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def team(app: Any) -> list[User]:
    return [make.user("Ana One"), make.user("Ben Two"), make.user("Cleo Three")]


@pytest.fixture
def robin(team: list[User]) -> Link:
    return make.link(make.user("Otto Rganizer"), "robin", kind="round_robin", team=team, durations=[30, 60])


def table(page: Page, class_: str) -> list[list[str]]:
    (found,) = page.all("table", class_=class_)
    return [[page.words(cell) for cell in line] for line in found.iter("tr")]


def test_it_is_reached_from_the_list_of_links(client: FlaskClient, robin: Link) -> None:
    make.link(robin.organizer, "own")
    sign_in(client, robin.organizer)
    page = visit(client, "/links")
    assert [url for words, url in page.links().items() if words == "Whose turn is it?"] == ["/links/robin/turns"]


def test_and_from_the_booking_by_who_sees_the_link(
    client: FlaskClient, app: Any, robin: Link, team: list[User]
) -> None:
    booking = make.booking(robin)
    sign_in(client, team[0])
    assert visit(client, f"/bookings/{booking.public_id}").go("Whose turn is it now?").path == "/links/robin/turns"
    Member.delete().where(Member.user == team[0]).execute()
    assert "Whose turn is it now?" not in visit(client, f"/bookings/{booking.public_id}").links()


def test_how_it_stands(client: FlaskClient, robin: Link, team: list[User]) -> None:
    Member.update(weight=2).where(Member.user == team[0]).execute()
    Member.update(is_paused=True).where(Member.user == team[2]).execute()
    make.booking(robin, "2026-12-01 09:00")
    make.booking(robin, "2026-12-02 09:00")
    sign_in(client, robin.organizer)
    page = visit(client, "/links/robin/turns")
    assert table(page, "ledger shares") == [
        ["Member", "Weight", "Had", "Share", "Last turn"],
        ["Ana One", "2", "1", "50% Fair share: 67%", "30 Nov"],
        ["Ben Two", "1", "1", "50% Fair share: 33%", "30 Nov"],
        ["Cleo Three", "1", "0", "Paused", "Never"],
    ]
    assert "Nobody is more than one meeting from their share." in page.main()


def test_what_is_not_even_is_said(client: FlaskClient, robin: Link, team: list[User]) -> None:
    ana, *_ = team
    for number in range(4):
        booking = make.booking(robin, f"2026-12-0{number + 1} 09:00")
        if booking.hosts()[0].host_id != ana.id:
            bookings.hand_over(robin.organizer, booking, booking.hosts()[0].host, ana, make.NOW)
    Member.update(is_paused=True).where(Member.user == team[2]).execute()
    sign_in(client, robin.organizer)
    words = visit(client, "/links/robin/turns").main()
    assert "Ana One has had more than their share, Ben Two less. The next meetings even that out." in words


def test_what_would_happen_at_the_next_time(client: FlaskClient, robin: Link) -> None:
    make.booking(robin, "2026-12-01 09:00")
    sign_in(client, robin.organizer)
    page = visit(client, "/links/robin/turns")
    assert "Ben Two would get the meeting on Monday 30 November, 09:00." in page.main()
    assert table(page, "ledger")[1][-1] == "Had more"
    (listed,) = page.all("ol", class_="turns-next")
    assert [page.words(line) for line in listed] == [
        "Mon 30 Nov, 09:00 Ben Two",
        "Tue 1 Dec, 09:00 Cleo Three",
        "Wed 2 Dec, 09:00 Ana One",
        "Thu 3 Dec, 09:00 Ben Two",
        "Fri 4 Dec, 09:00 Cleo Three",
    ]
    assert Booking.select().count() == 1


def test_any_time_and_contact_can_be_asked_about(client: FlaskClient, robin: Link, team: list[User]) -> None:
    Link.update(scheduling={**robin.scheduling, "prioritize_contact_owner": True}).execute()
    make.booking(robin, "2026-12-01 09:00")
    Contact.update(owner=team[2]).execute()
    sign_in(client, robin.organizer)
    page = visit(client, "/links/robin/turns")
    page = page.send("/links/robin/turns", date="2026-12-03", time="14", duration="60", email="maren@example.com")
    assert "Cleo Three would get the meeting on Thursday 3 December, 14:00." in page.main()
    assert "Cleo Three, because this contact is theirs." in page.main()
    assert page.fields("/links/robin/turns") == {
        "date": ["2026-12-03"],
        "time": ["14:00"],
        "duration": ["60"],
        "email": ["maren@example.com"],
    }
    page = page.go("Thu 3 Dec, 09:00")
    assert "email=maren" in page.address
    assert "duration=60" in page.address


def test_of_a_contact_the_times_are_those_that_they_are_shown(
    client: FlaskClient, robin: Link, team: list[User]
) -> None:
    Link.update(scheduling={**robin.scheduling, "prioritize_contact_owner": True}).execute()
    make.booking(robin, "2026-12-10 09:00")
    Contact.update(owner=team[2]).execute()
    make.busy(team[2], "2026-11-30 07:00", "2026-12-01 12:00")
    sign_in(client, team[2])
    assert "Mon 30 Nov, 09:00" in visit(client, "/links/robin/turns").main()
    page = visit(client, "/links/robin/turns?email=maren@example.com")
    assert "Cleo Three would get the meeting on Tuesday 1 December, 13:00." in page.main()
    assert "Tue 1 Dec, 13:00" in page.links()
    assert "Mon 30 Nov, 09:00" not in page.links()


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("date=&time=9", {"date"}),
        ("date=2026-12-01&time=", {"time"}),
        ("date=2026-12-01&time=25:00", {"time"}),
        ("date=2026-13-01&time=x&email=nobody", {"date", "time", "email"}),
        ("email=@", {"email"}),
    ],
)
def test_what_is_wrong_is_said_beside_it(client: FlaskClient, robin: Link, query: str, wrong: set[str]) -> None:
    sign_in(client, robin.organizer)
    page = visit(client, f"/links/robin/turns?{query}")
    assert (page.status, set(page.errors())) == (422, wrong)
    focused = [one.get("name") for one in page.all("input") if "autofocus" in one.attrib]
    assert focused == [name for name in ("date", "time", "email") if name in wrong][:1]


def test_every_answer_is_read_out_in_one_place(client: FlaskClient, robin: Link) -> None:
    sign_in(client, robin.organizer)
    for query, said in (("", "would get the meeting"), ("date=2026-12-05&time=9", "is not offered"), ("time=x", "")):
        places = visit(client, f"/links/robin/turns?{query}").all("div", role="status", id="turns-found")
        assert len(places) == 1
        assert said in "".join(places[0].itertext())
    assert not len(places[0])  # nothing is said about what could not be read


@pytest.mark.parametrize(
    "query", ["at=x", "at=-1", "at=99999999999", "duration=7", "duration=x", "duration=%C2%B2", "at=1"]
)
def test_nonsense_is_no_question(client: FlaskClient, robin: Link, query: str) -> None:
    sign_in(client, robin.organizer)
    assert visit(client, f"/links/robin/turns?{query}").status == 200


def test_a_time_that_is_not_offered_leads_to_why(client: FlaskClient, robin: Link) -> None:
    sign_in(client, robin.organizer)
    page = visit(client, "/links/robin/turns?date=2026-12-05&time=9")
    assert "Saturday 5 December, 09:00 is not offered, so nobody would get it." in page.main()
    assert page.go("Why is a time not offered?").status == 200


def test_with_nobody_there_or_no_time_left(client: FlaskClient, robin: Link) -> None:
    Member.update(is_paused=True).execute()
    sign_in(client, robin.organizer)
    words = visit(client, "/links/robin/turns").main()
    assert "Everybody is paused, so nobody can be booked." in words
    assert "No time is offered at the moment." in words


def test_only_for_who_may_see_the_link(client: FlaskClient, app: Any, robin: Link, team: list[User]) -> None:
    make.link(robin.organizer, "own")
    for person, slug, status in (
        (team[1], "robin", 200),
        (make.user("Dora Four"), "robin", 404),
        (robin.organizer, "own", 404),
    ):
        visitor = app.test_client()
        sign_in(visitor, person)
        assert visit(visitor, f"/links/{slug}/turns").status == status
    assert visit(client, "/links/robin/turns").path == "/sign-in"


def test_names_are_only_text(client: FlaskClient) -> None:
    hosts = [make.user(name[:120], email=f"h{number}@example.org") for number, name in enumerate(MARKUP[:12])]
    link = make.link(hosts[0], "robin", kind="round_robin", team=hosts, overview={"internal_name": MARKUP[1]})
    make.booking(link)
    sign_in(client, hosts[0])
    page = visit(client, "/links/robin/turns")
    assert [row[0] for row in table(page, "ledger shares")[1:]] == [" ".join(host.name.split()) for host in hosts]
    assert not page.all("script", src="//evil.example/zqx.js")
    assert not list(page.tree.iter("iframe"))


def test_looking_sends_nothing(client: FlaskClient, robin: Link) -> None:
    sign_in(client, robin.organizer)
    visit(client, "/links/robin/turns?email=x@example.com")
    assert not Delivery.select().exists()
    assert not Contact.select().exists()


@pytest.fixture
def shared_link(live: Any) -> Iterator[None]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        hosts = [make.user("Alice Martin"), make.user("Ben Two"), make.user("Cleopatra Wolfeschlegelstein Three")]
        weights = [{"user": host.email, "weight": number + 1} for number, host in enumerate(hosts)]
        link = make.link(hosts[0], "robin", kind="round_robin", team=weights, durations=[30, 60])
        make.busy(hosts[1], "2026-12-01 07:30", "2026-12-01 11:00")
        for day in (1, 2, 3):
            make.booking(link, f"2026-12-0{day} 09:00")
        yield


@pytest.mark.browser
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_asking_in_a_browser(open_page: Opener, shared_link: None, width: str) -> None:
    page = open_page("/links/robin/turns", signed_in="alice@example.org", width=width)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Date").fill("2026-12-01")
    page.get_by_role("textbox", name="Time").fill("14")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("would get the meeting on Tuesday 1 December, 14:00.").wait_for()
    assert_accessible(page)
    page.get_by_role("textbox", name="Time").fill("noon")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("This is not a time of day.").wait_for()
    assert page.get_by_role("textbox", name="Time").input_value() == "noon"
