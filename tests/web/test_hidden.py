"""A booking page in its hosts' own view: with the times that aren't offered. Contacts never see any of it."""

import gzip

import pytest

from meetings import clock
from meetings.models import BusyTime, Contact, Link
from meetings.web import hidden
from tests import make
from tests.web.pages import Page, sign_in, visit

DAY = "/book/demo?date=2026-12-01&timezone=Europe/Paris"
HIDDEN = f"{DAY}&hidden=1"
TAKES = {"Accept-Encoding": "gzip"}


@pytest.fixture(autouse=True)
def _now(app):
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def alice():
    return make.user()


@pytest.fixture
def demo(alice) -> Link:
    return make.link(
        alice, start_increment=60, available_hours=[{"days": ["mon", "tue"], "start": "09:00", "end": "13:00"}]
    )


def strip(page: Page) -> str:
    return " ".join(page.words(one) for one in page.all("aside", class_="hosts-view"))


def left_out(page: Page) -> list[tuple[str, str]]:
    """The hidden times: label and reason."""
    sections = page.all("section", class_="not-offered")
    return [
        (page.words(one.find("time")), page.words(one.find("small")))
        for part in sections
        for one in part.iter("a")
        if one.find("time") is not None
    ]


def offered(page: Page) -> list[str]:
    return [page.words(one.find("time")) for one in page.all("a", class_="slot")]


def test_the_organizer_sees_the_hidden_times_of_a_day_with_reasons(client, alice, demo):
    booked = make.booking(demo, "2026-12-01 09:00")
    BusyTime.create(
        user=alice,
        starts_at=make.at("2026-12-01 10:00"),
        ends_at=make.at("2026-12-01 10:30"),
        title="Dentist",
        created_at=make.NOW,
    )
    sign_in(client, alice)
    page = visit(client, DAY)
    assert strip(page) == "You see this page as one of its hosts. Contacts don’t see this line. Show hidden times"
    assert left_out(page) == []
    page = page.go("Show hidden times")
    assert offered(page) == ["09:00", "12:00"]
    assert left_out(page) == [("10:00", f"{booked.title}, with Maren Holt"), ("11:00", "Dentist")]
    explained = page.go("11:00 Dentist")
    assert explained.heading() == "Why is a time not offered?"
    assert "Tue 1 Dec 2026, 11:00 to 11:30" in explained.main()
    assert left_out(page.go("Show it as contacts see it")) == []


def test_a_hidden_time_cannot_be_booked_from_there(client, alice, demo):
    make.busy(alice, "2026-12-01 08:00", "2026-12-01 12:00")
    sign_in(client, alice)
    page = visit(client, HIDDEN)
    (section,) = page.all("section", class_="not-offered")
    assert all("/links/demo/explain" in one.get("href") for one in section.iter("a") if one.find("time") is not None)
    assert len(left_out(page)) == 4


def test_a_day_without_any_free_time_opens_all_the_same(client, alice, demo):
    make.busy(alice, "2026-12-01 00:00", "2026-12-02 00:00")
    sign_in(client, alice)
    page = visit(client, HIDDEN)
    assert "Tuesday 1 December" in page.main()
    assert left_out(page) == [(time, "Busy") for time in ("09:00", "10:00", "11:00", "12:00")]
    page = page.go("Day after")
    assert "Wednesday 2 December" in page.main()
    assert "There are no hours on this day." in page.main()
    beside = [one.get("id") for one in page.all("p", class_="days-beside")[0].iter("a")]
    assert beside == ["day-before", "day-after"]  # the same on each day, so that one can be pressed again and again
    assert left_out(page.go("Day before")) != []


def test_what_is_too_soon_too_late_or_too_long(client, alice):
    make.link(alice, start_increment=60, durations=[30, 90], minimum_notice=120)
    sign_in(client, alice)
    assert left_out(visit(client, "/book/demo?date=2026-11-30&timezone=Europe/Paris&hidden=1")) == [
        ("09:00", "Too soon"),
        ("10:00", "Too soon"),
    ]
    assert ("16:00", "Too long for the hours") in left_out(visit(client, f"{HIDDEN}&duration=90"))
    beyond = left_out(visit(client, "/book/demo?date=2026-12-14&timezone=Europe/Paris&hidden=1"))
    assert {reason for _time, reason in beyond} == {"Not open for booking"}
    assert left_out(visit(client, "/book/demo?date=2026-11-27&timezone=Europe/Paris&hidden=1"))[0] == (
        "09:00",
        "Already past",
    )


def test_a_gap_is_told_apart_from_a_meeting(client, alice):
    demo = make.link(alice, start_increment=30, buffer=30)
    booked = make.booking(demo, "2026-12-01 09:00")
    sign_in(client, alice)
    said = dict(left_out(visit(client, HIDDEN)))
    assert said["09:30"] == f"Too close to “{booked.title}”"
    assert said["10:00"] == f"{booked.title}, with Maren Holt"
    make.busy(alice, "2026-12-01 13:00", "2026-12-01 13:30")
    assert dict(left_out(visit(client, HIDDEN)))["13:30"] == "Too close to a busy time"


def test_members_of_a_group_read_who_is_not_free_and_no_more(client, alice):
    bob, carol = make.user("Bob Stone"), make.user("Carol Dee")
    make.link(alice, kind="group", team=[alice, bob, carol], start_increment=60)
    own = make.link(carol, "own")
    make.booking(own, "2026-12-01 09:00")
    BusyTime.create(
        user=carol,
        starts_at=make.at("2026-12-01 10:00"),
        ends_at=make.at("2026-12-01 12:00"),
        title="Secret",
        created_at=make.NOW,
    )
    make.busy(alice, "2026-12-01 11:00", "2026-12-01 12:00")
    sign_in(client, bob)
    page = visit(client, HIDDEN)
    assert left_out(page) == [
        ("10:00", "Carol Dee: Another meeting"),
        ("11:00", "Carol Dee: Busy"),
        ("12:00", "Alice Martin and Carol Dee are not free"),
    ]
    assert "Secret" not in page.words()
    assert "Holt" not in page.words()


def test_a_round_robin(client, alice):
    bob = make.user("Bob Stone")
    make.link(alice, kind="round_robin", team=[alice, bob], start_increment=60)
    for host in (alice, bob):
        make.busy(host, "2026-12-01 09:00", "2026-12-01 10:00")
    sign_in(client, bob)
    assert left_out(visit(client, HIDDEN)) == [("10:00", "Nobody is free")]


def test_what_a_contact_with_a_host_of_their_own_would_not_see(client, alice):
    bob = make.user("Bob Stone")
    make.link(alice, kind="round_robin", team=[alice, bob], start_increment=60, prioritize_contact_owner=True)
    Contact.create(email="ana@acme.example", first_name="Ana", last_name="Silva", owner=bob, created_at=make.NOW)
    make.busy(bob, "2026-12-01 09:00", "2026-12-01 11:00")
    make.busy(alice, "2026-12-01 09:00", "2026-12-01 10:00")
    sign_in(client, alice)
    said = [("10:00", "Nobody is free"), ("11:00", "The contact’s own host is not free")]
    assert left_out(visit(client, f"{HIDDEN}&email=ana@acme.example")) == said
    assert left_out(visit(client, f"{HIDDEN}&email=ana@acme.example&team=1")) == said[:1]
    assert left_out(visit(client, f"{HIDDEN}&email=nobody@acme.example")) == said[:1]


def test_the_view_of_a_contact_whose_host_is_not_in_the_team(client, alice):
    link = make.link(
        alice,
        kind="round_robin",
        team=[alice],
        prioritize_contact_owner=True,
        owner={"beyond_team": True, "assign_unowned": False},
        start_increment=60,
        minimum_notice=60,
        available_hours=[{"days": ["tue"], "start": "09:00", "end": "12:00"}],
    )
    bob = make.user("Bob Okafor")
    make.busy(alice, "2026-12-01 08:00", "2026-12-01 10:00")  # 09:00 to 11:00 in Paris
    make.busy(bob, "2026-12-01 09:00", "2026-12-01 11:00")
    Contact.create(email="maren@example.com", first_name="Maren", last_name="Holt", owner=bob, created_at=make.NOW)
    sign_in(client, alice)
    own = visit(client, f"/book/{link.slug}?email=maren@example.com&hidden=1&date=2026-12-01&timezone=Europe/Paris")
    assert offered(own) == ["09:00"]
    assert left_out(own) == [("10:00", "Nobody is free"), ("11:00", "The contact’s own host is not free")]
    assert "Bob" not in strip(own) + str(left_out(own))
    everyones = visit(client, own.links()["See everyone’s times"])
    assert offered(everyones) == ["09:00", "11:00"]
    assert left_out(everyones) == [("10:00", "Nobody is free")]
    past = visit(client, f"/book/{link.slug}?email=maren@example.com&hidden=1&date=2026-11-24&timezone=Europe/Paris")
    assert {reason for _time, reason in left_out(past)} == {"Already past"}


def test_an_admin_who_is_no_host_is_told_so(client, alice, demo):
    sign_in(client, make.user("Zoe Admin", role="admin"))
    assert strip(visit(client, DAY)).startswith("You see this page as an admin.")


# --- contacts


@pytest.mark.parametrize("path", ["/book/demo", DAY, HIDDEN, "/embed/demo?hidden=1"])
def test_a_contacts_page_is_the_same_byte_for_byte(app, alice, demo, monkeypatch, path):
    """As if there were no such view: also what surrounds it, and how it travels."""
    make.busy(alice, "2026-12-01 09:00", "2026-12-01 10:00")
    found = app.test_client().get(path, headers=TAKES)
    monkeypatch.setattr(hidden, "context", lambda *_: {})
    before = app.test_client().get(path, headers=TAKES)
    assert found.get_data() == before.get_data()
    assert {**found.headers, "Set-Cookie": ""} == {**before.headers, "Set-Cookie": ""}  # it names the second
    assert b"hosts-view" not in gzip.decompress(found.get_data())


def test_what_hosts_ask_for_means_nothing_to_contacts(client, alice, demo):
    make.busy(alice, "2026-12-01 09:00", "2026-12-01 10:00")
    shown = client.get(HIDDEN).text
    as_nothing = shown.replace("hidden=1", "nothing=1").replace("hidden%3D1", "nothing%3D1")
    assert as_nothing == client.get(HIDDEN.replace("hidden", "nothing")).text


def test_a_colleague_who_may_not_see_the_link_is_a_contact(client, alice, demo):
    as_stranger = client.get(HIDDEN).text
    sign_in(client, make.user("Charlie Low"))
    assert client.get(HIDDEN).text == as_stranger


def test_nothing_of_it_in_a_frame(client, alice, demo):
    sign_in(client, alice)
    page = visit(client, "/embed/demo?date=2026-12-01&hidden=1")
    assert strip(page) == ""
    assert left_out(page) == []


def test_nothing_of_it_while_moving_or_filling_in(client, alice, demo):
    sign_in(client, alice)
    assert strip(visit(client, "/book/demo?start=1796115600&hidden=1")) == ""


def test_a_hosts_view_is_kept_by_nobody_and_tells_no_length(client, alice, demo):
    sign_in(client, alice)
    for path in (DAY, HIDDEN):
        response = client.get(path, headers=TAKES)
        assert response.headers["Cache-Control"] == "no-store"
        assert "Content-Encoding" not in response.headers
        assert "Cookie" in response.headers["Vary"]


def test_a_script_gets_it_in_the_fragment(client, alice, demo):
    sign_in(client, alice)
    response = client.get(HIDDEN, headers={"HX-Request": "true"})
    assert "<html" not in response.text
    assert "hosts-view" in response.text
