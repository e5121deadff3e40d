"""Any time of a link explained, as a page without script has it."""

import random
from datetime import timedelta

import pytest
from flask import g

from meetings import clock
from meetings.domain.time import Span, to_datetime
from meetings.models import BusyTime, Link, Schedule
from meetings.services import links, offers
from meetings.web.explain import pages
from tests import make
from tests.domain import fuzz
from tests.web.pages import Page, sign_in, visit

PATH = "/links/demo/explain"


@pytest.fixture
def alice(app):
    clock.set_source(lambda: make.NOW)
    return make.user()


@pytest.fixture
def signed_in(client, alice):
    sign_in(client, alice)
    return client


def explained(client, at: str, **query: object) -> Page:
    asked = "&".join(f"{name}={value}" for name, value in {"timezone": "Europe/Paris", **query}.items())
    page = visit(client, f"{PATH}?at={at}&{asked}")
    assert page.status == 200
    return page


def answer(page: Page) -> str:
    return page.words(next(one for one in page.tree.iter("div") if (one.get("class") or "").startswith("answer")))


def rules(page: Page) -> dict[str, tuple[bool, str]]:
    """What each rule says: yes or no, and its sentence."""
    return {
        one.get("id").removeprefix("rule-"): (one.get("class") == "is-good", page.words(one.find("p")))
        for one in page.tree.iter("li")
        if (one.get("id") or "").startswith("rule-")
    }


def hosts(page: Page) -> list[str]:
    return [page.words(one) for one in page.tree.iter("article")]


def strokes(page: Page, kind: str) -> list[tuple[int, int]]:
    return [(int(one.get("x")), int(one.get("width"))) for one in page.all("rect", class_=kind)]


# --- asking


def test_what_is_typed_leads_to_an_address_that_can_be_sent(signed_in, alice):
    make.link(alice)
    page = visit(signed_in, PATH)
    assert page.fields(PATH)["date"] == ["2026-11-30"]  # the first time offered
    page = page.send(PATH, date="2026-12-01", time="9", duration="30", timezone="Europe/Paris")
    assert page.address == f"{PATH}?at=2026-12-01T09%3A00&duration=30&timezone=Europe%2FParis"
    assert "This time is offered." in answer(page)
    assert "Tue 1 Dec 2026, 09:00 to 09:30 Paris time (UTC+1)" in answer(page)


@pytest.mark.parametrize("typed", ["9:30", "930", "9.30", "9:30 am", "9h30"])
def test_times_are_typed_as_everywhere(signed_in, alice, typed):
    make.link(alice)
    page = visit(signed_in, PATH).send(PATH, date="2026-12-01", time=typed, timezone="Asia/Tokyo")
    assert "at=2026-12-01T09%3A30" in page.address


def test_what_cannot_be_read_is_said_beside_its_field(signed_in, alice):
    make.link(alice)
    page = visit(signed_in, PATH).send(PATH, date="2026-13-01", time="soon", timezone="Mars/Base")
    assert page.status == 422
    assert set(page.errors()) == {"date", "time", "timezone"}
    assert page.fields(PATH)["time"] == ["soon"]
    assert [one.get("name") for one in page.all("input") if "autofocus" in one.attrib] == ["date"]  # the first of them
    assert set(visit(signed_in, PATH).send(PATH, date="", time="").errors()) == {"date", "time"}
    page = visit(signed_in, PATH).send(PATH, time="24:00")
    assert set(page.errors()) == {"time"}
    assert [one.get("name") for one in page.all("input") if "autofocus" in one.attrib] == ["time"]


@pytest.mark.parametrize(
    "at",
    [
        "2026-12-01T10:00",
        "2026-12-01T10:00:00%2B01:00",
        "2026-12-01T09:00:00Z",
        str(int(make.at("2026-12-01 09:00").timestamp())),
    ],
)
def test_addresses_may_name_an_instant_too(signed_in, alice, at):
    make.link(alice)
    assert "Tue 1 Dec 2026, 10:00 to 10:30" in answer(explained(signed_in, at))


@pytest.mark.parametrize(
    "at", ["", "x", "2026-02-30T10:00", "2026-12-01T25:00", "2026-12-01T10:77", "0001-01-01T00:00", "9" * 40, "%00"]
)
def test_an_address_that_means_nothing_shows_the_form(signed_in, alice, at):
    make.link(alice)
    page = visit(signed_in, f"{PATH}?at={at}&duration=-1&timezone=x")
    assert page.status == 200
    assert rules(page) == {}


# --- who may


def test_strangers_find_nothing(client, alice):
    make.link(alice)
    sign_in(client, make.user("Charlie Low"))
    assert client.get(PATH).status_code == 404
    assert client.get("/links/nothing/explain").status_code == 404


def test_whoever_is_signed_out_signs_in_first(client, alice):
    make.link(alice)
    page = visit(client, f"{PATH}?at=2026-12-01T10:00").send("/sign-in", email=alice.email, password=make.PASSWORD)
    assert "This time is offered." in answer(page)


def test_a_member_of_the_team_may(client, alice):
    bob = make.user("Bob Stone")
    make.link(alice, kind="group", team=[alice, bob])
    sign_in(client, bob)
    assert "This time is offered." in answer(explained(client, "2026-12-01T10:00"))


def test_nothing_of_it_is_kept_by_anybody(signed_in, alice):
    make.link(alice)
    response = signed_in.get(f"{PATH}?at=2026-12-01T10:00", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in response.headers


# --- the rules, in words


@pytest.mark.parametrize(
    ("at", "scheduling", "rule", "sentence"),
    [
        (
            "2026-12-01T10:05",
            {},
            "grid",
            "Meetings start every 15 min from 09:00 on. The nearest starts are 10:00 and 10:15.",
        ),
        ("2026-12-01T20:00", {}, "grid", "The hours on Tuesday 1 December are 09:00–17:00, Paris time (UTC+1)."),
        ("2026-12-05T10:00", {}, "grid", "There are no hours on this day of the week (Saturday)."),
        (
            "2026-12-01T10:00",
            {"date_overrides": [{"date": "2026-12-01", "hours": []}]},
            "grid",
            "Tuesday 1 December is a special date without hours.",
        ),
        (
            "2026-12-01T10:00",
            {"date_overrides": [{"date": "2026-12-01", "hours": [{"start": "13:00", "end": "15:00"}]}]},
            "grid",
            "Tuesday 1 December has hours of its own: 13:00–15:00, Paris time (UTC+1).",
        ),
        (
            "2026-12-01T16:30",
            {"durations": [60], "start_increment": 30},
            "fit",
            "The meeting would end at 17:30, but the hours end at 17:00.",
        ),
        (
            "2026-11-30T09:30",
            {"minimum_notice": 120},
            "notice",
            "Too soon: the link asks for 2 hours, so that times from 11:00 on can be booked.",
        ),
        ("2026-11-27T10:00", {}, "notice", "This time has passed."),
        ("2026-12-15T10:00", {}, "horizon", "Too far ahead: the last day that can be booked now is Sun 13 Dec."),
        (
            "2026-12-01T10:00",
            {"window": {"kind": "range", "start": "2026-12-07", "end": "2026-12-09"}},
            "horizon",
            "Too early: the first day that can be booked is Mon 7 Dec.",
        ),
    ],
)
def test_what_refuses_is_said_in_a_sentence(signed_in, alice, at, scheduling, rule, sentence):
    make.link(alice, **scheduling)
    page = explained(signed_in, at, duration=(scheduling.get("durations") or [30])[0])
    assert rules(page)[rule] == (False, sentence)
    assert "This time is not offered." in answer(page)


def test_an_offered_time_says_why_too(signed_in, alice):
    make.link(alice, minimum_notice=240)
    assert rules(explained(signed_in, "2026-12-01T10:00")) == {
        "grid": (True, "Meetings can start every 15 min from 09:00 on: this is one of the starts."),
        "fit": (True, "The meeting ends at 10:30; the hours last until 17:00."),
        "notice": (True, "The link asks for 4 hours: this can be booked until 06:00."),
        "horizon": (True, "Days from Mon 30 Nov to Sun 13 Dec can be booked now."),
        "free": (True, "Alice Martin is free."),
    }


def test_what_would_help_is_said(signed_in, alice):
    make.link(alice, buffer=30, minimum_notice=120)
    make.busy(alice, "2026-12-01 08:00", "2026-12-01 08:45")
    page = explained(signed_in, "2026-12-01T10:00")
    assert "It would be offered if the time free between meetings were 15 minutes or less." in answer(page)
    assert "Offered after it 10:15" in answer(page)
    assert "It would be offered if the minimum notice were 1 hour 30 minutes or less." in answer(
        explained(signed_in, "2026-11-30T10:30")
    )


def test_how_the_link_stands_comes_first(signed_in, alice):
    demo = make.link(alice)
    links.switch_off(alice, demo, make.NOW)
    page = explained(signed_in, "2026-12-01T10:00")
    assert next(iter(rules(page).items())) == ("status", (False, "The link is off: its page takes no bookings."))
    assert "The link is off" in answer(page)
    links.switch_on(alice, Link.by_slug("demo"), make.NOW)
    page = explained(signed_in, "2026-12-01T10:00", duration=45)
    assert rules(page)["duration"] == (False, "There are no meetings of 45 min here, only of 30 min.")
    assert page.fields(PATH)["duration"] == ["45"]
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"visibility": "single_use"}}, make.NOW)
    page = explained(signed_in, "2026-12-01T10:00")
    assert rules(page)["status"] == (True, "The link is live, for those who have an invitation.")


def test_a_draft_is_explained_as_well(signed_in, alice):
    make.link(alice, status="draft")
    assert rules(explained(signed_in, "2026-12-01T10:00"))["status"][0] is False


# --- clocks


def test_a_time_that_does_not_exist(client, alice):
    clock.set_source(lambda: make.at("2027-03-22 08:00"))
    make.link(alice)
    sign_in(client, alice)
    said = answer(explained(client, "2027-03-28T02:30"))
    assert "Clocks in Paris go forward that day, from 02:00 to 03:00." in said
    assert "Clocks skip 02:30 that day, so this is about 03:00." in said


def test_a_time_that_comes_twice(signed_in, alice):
    make.link(alice)
    page = explained(signed_in, "2026-10-25T02:30")
    assert "Clocks show 02:30 twice that day. This is the first one (UTC+2)." in answer(page)
    assert "Clocks in Paris go back that day, from 03:00 to 02:00." in answer(page)
    page = visit(signed_in, page.links()["See the second one"])
    assert "This is the second one (UTC+1)." in answer(page)
    assert "See the first one" in page.links()


@pytest.mark.parametrize("kind", ["individual", "group"])
def test_any_time_of_any_clock_is_explained(client, alice, kind):
    """Around changes of odd clocks, at the ends of what is understood: as the rules have it, with a drawing that fits."""
    random_ = random.Random(f"clocks {kind}")
    for number in range(40):
        name = random_.choice(fuzz.ODD_ZONES)
        turn = random_.choice([*fuzz.clock_changes(name), 0, 99_999_900_000])
        now = to_datetime(min(turn, 4_000_000_000)) - timedelta(days=1)
        hours = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "24:00"}]
        more = {"timezone": name, "available_hours": hours, "start_increment": 30, "date_overrides": []}
        demo = make.link(alice, f"l{kind}{number}", kind=kind, team=[alice] if kind == "group" else [], **more)
        clock.set_source(lambda at=now: at)
        start = turn + random_.randrange(-6, 6) * 1800
        where = random_.choice([name, "Asia/Tokyo", "Etc/GMT+12"])
        with client.application.test_request_context(f"/?at={max(start, 0)}&timezone={where}"):
            g.user = alice
            question = pages._question(demo)
            found = pages._explained(demo, question, now)
        words, drawing = found["words"], found["drawing"]
        assert words.rules()
        assert words.whole()
        assert all(stroke.width > 0 for host in drawing.hosts for stroke in (*host.open, *host.busy))
        assert len(drawing.ticks) == 5
        assert drawing.first <= drawing.asked.x < drawing.first + drawing.length
        offered = offers.offered(demo, 30, Span(question.start, question.start + 1), now)
        assert found["account"].is_offered == bool(offered)


def test_another_zone_than_the_links(signed_in, alice):
    make.link(alice)
    page = explained(signed_in, "2026-12-01T18:00", timezone="Asia/Tokyo")
    assert rules(page)["grid"][0]
    assert "Tue 1 Dec 2026, 18:00 to 18:30 Tokyo time (UTC+9)" in answer(page)
    assert rules(page)["fit"][1] == "The meeting ends at 18:30; the hours last until Wed 2 Dec, 01:00."


def test_hours_without_an_end_have_none(signed_in, alice):
    """As every link that goes by its hosts' hours: how far ahead was looked is no closing time."""
    make.link(alice, kind="group", team=[alice], hours="hosts")
    page = explained(signed_in, "2026-12-01T18:00")
    assert rules(page)["fit"] == (True, "The meeting ends at 18:30; the hours go on after it.")


# --- the hosts, in words and drawn


def test_everything_in_a_hosts_way_is_listed_and_drawn(signed_in, alice):
    make.link(alice, buffer=15)
    booked = make.booking(None or Link.by_slug("demo"), "2026-12-01 09:00")
    BusyTime.create(
        user=alice,
        starts_at=make.at("2026-12-01 10:00"),
        ends_at=make.at("2026-12-01 11:00"),
        title="Dentist",
        created_at=make.NOW,
    )
    page = explained(signed_in, "2026-12-01T10:30")
    (alice_says,) = hosts(page)
    assert (
        f"{booked.title}, with Maren Holt 10:00–10:30 Right beside it, but 15 min have to be free between meetings."
        in alice_says
    )
    assert "Dentist 11:00–12:00 Right beside it" in alice_says
    assert page.links()[f"{booked.title}, with Maren Holt"] == f"/bookings/{booked.public_id}"
    assert strokes(page, "soft-open") == [(540, 480)]
    assert strokes(page, "busy") == [(600, 30), (660, 60)]
    assert strokes(page, "beside") == [(585, 150)]
    assert strokes(page, "asked") == [(630, 30)]


def test_a_booking_with_a_longer_buffer_of_its_own(signed_in, alice):
    demo = make.link(alice, buffer=60)
    make.booking(demo, "2026-12-01 09:00")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"buffer": 0}}, make.NOW)
    (said,) = hosts(explained(signed_in, "2026-12-01T11:00"))
    assert "30 min away, but it was booked with 60 min free around it." in said
    assert "would be offered" not in answer(explained(signed_in, "2026-12-01T11:00"))


def test_a_group_waits_for_whoever_is_needed(signed_in, alice):
    bob, carol, dan = make.user("Bob Stone"), make.user("Carol Dee"), make.user("Dan Fox")
    team = [alice, bob, {"user": carol.email, "check_availability": False}, {"user": dan.email, "paused": True}]
    make.link(alice, kind="group", team=team)
    for host in (bob, carol, dan):
        BusyTime.create(
            user=host,
            starts_at=make.at("2026-12-01 09:00"),
            ends_at=make.at("2026-12-01 10:00"),
            title="Secret",
            created_at=make.NOW,
        )
    page = explained(signed_in, "2026-12-01T10:00")
    assert rules(page)["free"] == (False, "Bob Stone is not free, and everybody is needed.")
    said = hosts(page)
    assert "Free" in said[0]
    assert "Not free Busy 10:00–11:00" in said[1]
    assert (
        "Optional Invited if they can; whether they are free isn’t checked. Doesn’t count here: Busy 10:00–11:00"
        in said[2]
    )
    assert "Left out of this link for now." in said[3]
    assert "Secret" not in page.words()


def test_a_round_robin_needs_one(signed_in, alice):
    bob = make.user("Bob Stone")
    make.link(alice, kind="round_robin", team=[alice, {"user": bob.email, "check_availability": False}])
    make.busy(alice, "2026-12-01 09:00", "2026-12-01 10:00")
    make.busy(bob, "2026-12-01 09:00", "2026-12-01 10:00")
    page = explained(signed_in, "2026-12-01T10:00")
    assert rules(page)["free"] == (True, "1 of 2 members is free; one is enough.")
    assert "Only meetings booked here count; their calendar isn’t checked. Doesn’t count here: Busy" in hosts(page)[1]
    make.booking(Link.by_slug("demo"), "2026-12-01 09:00")
    assert rules(explained(signed_in, "2026-12-01T10:00"))["free"] == (False, "None of the 2 members is free.")


def test_hosts_hours_are_named_by_whose_they_are(signed_in, alice):
    bob = make.user("Bob Stone")
    early = [{"days": ["tue"], "start": "07:00", "end": "10:00"}]
    Schedule.create(user=bob, name="Mornings", timezone="Europe/Paris", hours=early)
    make.link(alice, kind="group", team=[alice, bob], hours="hosts")
    alice_says, bob_says = hosts(explained(signed_in, "2026-12-01T18:00"))
    assert "Outside the link’s hours" in alice_says
    assert "Outside Bob Stone’s schedule “Mornings”" in bob_says
    page = explained(signed_in, "2026-12-01T09:00")
    assert "This time is offered." in answer(page)
    assert strokes(page, "soft-open") == [(540, 480), (420, 180)]


def test_whoever_was_blocked_is_named(signed_in, alice):
    bob = make.user("Bob Stone")
    make.link(alice, kind="round_robin", team=[alice, bob])
    bob.is_active = False
    bob.save()
    page = explained(signed_in, "2026-12-01T10:00")
    assert "Bob Stone is blocked and can’t be met." in answer(page)
    assert len(hosts(page)) == 1


def test_the_rule_grows_where_hours_are_early_or_late(signed_in, alice):
    make.link(alice, available_hours=[{"days": ["tue"], "start": "06:00", "end": "22:00"}])
    page = explained(signed_in, "2026-12-01T10:00")
    (drawn,) = [one for one in page.tree.iter("svg") if (one.get("class") or "").startswith("hours ")]
    assert drawn.get("viewBox") == "360 0 960 20"
    assert strokes(page, "soft-open") == [(360, 960)]


# --- the ways there


def test_the_list_and_the_dialog_for_sharing_lead_there(signed_in, alice):
    make.link(alice)
    assert visit(signed_in, "/links").links()["Why is a time not offered?"] == PATH
    assert visit(signed_in, "/links/demo/share").links()["Why is a time not offered?"] == PATH
    assert visit(signed_in, "/links/demo/edit/overview").links()["Explain a time"] == PATH


def test_it_writes_nothing(signed_in, alice, app):
    make.link(alice)
    before = make.NOW
    explained(signed_in, "2026-12-01T10:00")
    assert Link.by_slug("demo").updated_at == before
    assert clock.now() - before == timedelta()
