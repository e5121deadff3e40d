"""A round robin that goes by whose contact somebody is: the question first, then the times of their own host.

The first ten tests are the ten branches of that rule; then what the page carries along, and that it tells strangers
nothing. Who gets the meeting is in tests/services/test_ownership.py.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock, ratelimit
from meetings.domain import availability
from meetings.domain.time import Span, to_instant
from meetings.models import Booking, BusyTime, Company, Contact, Link, OtherAddress, User
from meetings.services import access, assignment, calendars, offers, ownership, prefill, single_use
from tests import make
from tests.services.test_bookings import CountedQueries
from tests.web.pages import Page, visit
from tests.web.test_booking import fill, form_action, slots, wrong

ALL = ["09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"]
MORNING, NOON, AFTERNOON = ALL[:2], ALL[2:5], ALL[5:]  # when Inês, Joakim and Aiko are free
SEE_ALL = "See everyone’s times"
ONE_DAY = {
    "durations": [60],
    "start_increment": 60,
    "window": {"kind": "range", "start": "2026-12-01", "end": "2026-12-01"},
}


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def team(app: Flask) -> list[User]:
    """Three hosts, each free at other times of the one day; in Paris, where it is an hour later than in UTC."""
    ines = make.user("Inês Carvalho", email="ines@example.org", role="admin")
    joakim, aiko = make.user("Joakim Berg"), make.user("Aiko Mori")
    make.busy(ines, "2026-12-01 10:00", "2026-12-01 16:00")
    make.busy(joakim, "2026-12-01 08:00", "2026-12-01 10:00")
    make.busy(joakim, "2026-12-01 13:00", "2026-12-01 16:00")
    make.busy(aiko, "2026-12-01 08:00", "2026-12-01 13:00")
    return [ines, joakim, aiko]


def prioritizing(team: list[User], members: int = 3, **more: Any) -> Link:
    given = {**ONE_DAY, "prioritize_contact_owner": True, "heading": "Talk to us", **more}
    return make.link(team[0], kind="round_robin", team=team[:members], **given)


@pytest.fixture
def link(team: list[User]) -> Link:
    return prioritizing(team)


def own(owner: User | None, email: str = "ana@acme.example") -> Contact:
    return Contact.create(email=email, first_name="Ana", last_name="Silva", owner=owner, created_at=make.NOW)


def times(client: FlaskClient, email: str = "ana@acme.example", more: str = "") -> list[str]:
    page = visit(client, f"/book/demo?email={email}{more}")
    assert page.status == 200
    return slots(page)


def company(domain: str, owner: User) -> Company:
    return Company.create(name=domain, name_key=domain, domain=domain, owner=owner, created_at=make.NOW)


def question(page: Page) -> str:
    """Where the page's question leads; empty where it asks none."""
    asking = [
        one.get("action", "") for one in page.all("form") if any(e.get("id") == "f-email" for e in one.iter("input"))
    ]
    return asking[0] if asking and not slots(page) and page.all("section", class_="step welcome") else ""


def answer(page: Page, email: str) -> Page:
    """Send the question as a browser would: a form that asks, so its fields stand in the address."""
    given = {**page.fields(question(page)), "email": [email]}
    return Page(page.client, page.client.get(question(page), query_string=given))


# --- the ten branches


def test_branch_1_whose_address_is_known_is_not_asked(client: FlaskClient, team: list[User], link: Link) -> None:
    own(team[0])
    assert times(client) == MORNING  # in the address
    personal = urlsplit(prefill.personal_url(link, "ana@acme.example", "Ana", "Silva", make.NOW, by=team[0]))
    assert slots(visit(client, f"{personal.path}?{personal.query}")) == MORNING
    form = visit(client, "/book/demo?email=ana@acme.example").go("09:00")
    assert fill(form, **{"remember-me": "y"}, email="ana@acme.example").status_code == 303
    assert slots(visit(client, "/book/demo")) == MORNING[1:]  # this browser
    client.post("/book/demo/forget")
    assert question(visit(client, "/book/demo"))


def test_branch_2_others_are_asked_and_their_address_goes_into_the_form(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo")
    assert (page.status, page.heading(), slots(page)) == (200, "Talk to us", [])
    assert "We don’t write to it before you book. See free times" in page.main()
    refused = answer(page, " ")
    assert (refused.status, wrong(refused)) == (422, {"email": "Please fill this in."})
    refused = answer(page, "maren@nowhere")
    assert refused.status == 422
    assert set(wrong(refused)) == {"email"}
    assert refused.fields(question(refused))["email"] == ["maren@nowhere"]
    assert "Error: " in refused.words(refused.all("title")[0])
    page = answer(refused, " Maren@Example.com ")
    assert slots(page) == ALL
    form = page.go("09:00")
    assert form.fields(form_action(form))["email"] == ["Maren@example.com"]


def test_branch_2_also_where_nothing_else_is_filled_in(client: FlaskClient, team: list[User]) -> None:
    prioritizing(team, form={"prefill": False})
    form = visit(client, "/book/demo?email=maren@example.com&first_name=Maren").go("09:00")
    sent = form.fields(form_action(form))
    assert (sent["email"], sent["first_name"]) == (["maren@example.com"], [""])


def test_branch_3_nobodys_contact_sees_everyones_times(client: FlaskClient, link: Link) -> None:
    assert times(client) == ALL
    own(None)
    assert times(client) == ALL


def test_branch_4_an_owner_who_has_left_is_nobody(client: FlaskClient, team: list[User], link: Link) -> None:
    own(team[0])
    User.update(is_active=False).where(User.id == team[0].id).execute()
    assert times(client) == ALL[2:]  # of those who are left


def test_branch_4_and_nobody_steps_in(client: FlaskClient, team: list[User], link: Link) -> None:
    company("acme.example", team[1])
    assert times(client) == NOON
    own(team[0])
    assert times(client) == MORNING
    User.update(is_active=False).where(User.id == team[0].id).execute()
    assert times(client) == ALL[2:]


def test_branch_5_an_owner_without_the_calendar_that_the_team_requires(
    client: FlaskClient, team: list[User], link: Link
) -> None:
    own(team[0])
    calendars.require(team[0], is_required=True)
    assert times(client) == ALL


def test_branch_6_an_owner_who_is_no_member(client: FlaskClient, team: list[User]) -> None:
    prioritizing(team, members=2)
    own(team[2])
    assert times(client) == [*MORNING, *NOON]


def test_branch_6_an_owner_who_is_no_member_is_met_where_the_link_says_so(
    client: FlaskClient, team: list[User]
) -> None:
    prioritizing(team, members=2, owner={"beyond_team": True})
    own(team[2])
    page = visit(client, "/book/demo?email=ana@acme.example")
    assert slots(page) == AFTERNOON
    assert "Aiko" not in page.words()
    assert slots(page.go(SEE_ALL)) == ALL  # the team's, and their own host's
    assert times(client, "other@example.com") == [*MORNING, *NOON]
    assert fill(page.go("14:00"), email="ana@acme.example").status_code == 303
    assert [(p.host_id, p.booking.assigned_by) for p in Booking.get().hosts()] == [(team[2].id, "contact_owner")]


def test_branch_6_a_paused_owner_is_no_member_whatever_the_link_says(client: FlaskClient, team: list[User]) -> None:
    members = [{"user": team[0].email, "paused": True}, *team[1:]]
    more = {**ONE_DAY, "prioritize_contact_owner": True, "owner": {"beyond_team": True}}
    make.link(team[0], kind="round_robin", team=members, **more)
    own(team[0])
    assert times(client) == ALL[2:]


def test_branch_7_the_owners_times_alone_and_not_a_word_about_it(
    client: FlaskClient, team: list[User], link: Link
) -> None:
    for host, free in zip(team, (MORNING, NOON, AFTERNOON), strict=True):
        email = f"{host.id}@example.com"
        own(host, email)
        page = visit(client, f"/book/demo?email={email}")
        assert slots(page) == free
        assert "Inês, Joakim and Aiko You will meet one of us" in page.main()
        form = page.go(free[0])
        assert "Inês, Joakim and Aiko" in form.main()


def test_branch_7_known_by_another_address_or_by_the_company(client: FlaskClient, team: list[User], link: Link) -> None:
    OtherAddress.create(email="a.silva@home.example", contact=own(team[1]))
    assert times(client, "A.Silva@Home.example") == NOON
    company("borges.example", team[2])
    assert times(client, "anybody@borges.example") == AFTERNOON
    own(None, "known@borges.example")
    assert times(client, "known@borges.example") == AFTERNOON


def test_branch_8_an_owner_without_free_time_and_everyones_times_at_a_click(
    client: FlaskClient, team: list[User], link: Link
) -> None:
    own(team[0])
    make.busy(team[0], "2026-12-01 08:00", "2026-12-01 16:00")
    page = visit(client, "/book/demo?email=ana@acme.example")
    assert "No free time at the moment" in page.main()
    assert [page.words(one) for one in page.all("a", class_="button first")] == [SEE_ALL]
    assert slots(page.go(SEE_ALL)) == ALL[2:]
    for host in team[1:]:
        make.busy(host, "2026-12-01 08:00", "2026-12-01 16:00")
    stranger = visit(client, "/book/demo?email=someone@example.com")
    assert stranger.main() == visit(client, "/book/demo?email=ana@acme.example").main()
    assert "Everything is taken for now." in stranger.go(SEE_ALL).main()


def test_branch_9_what_an_owner_gets_is_not_their_turn(client: FlaskClient, team: list[User], link: Link) -> None:
    own(team[0])
    assert (
        fill(visit(client, "/book/demo?email=ana@acme.example").go("09:00"), email="ana@acme.example").status_code
        == 303
    )
    booking = Booking.get()
    assert (booking.assigned_by, booking.assignment["rule"]) == ("contact_owner", "contact_owner")
    assert assignment.turns_of(link, make.NOW) == {}
    usual = fill(visit(client, "/book/demo?email=someone@example.com").go("10:00"))
    assert (usual.status_code, len(assignment.turns_of(link, make.NOW))) == (303, 1)


def test_branch_10_a_contact_of_nobodys_is_whoever_gets_the_meeting(client: FlaskClient, team: list[User]) -> None:
    prioritizing(team, owner={"assign_unowned": True})
    assert (
        fill(visit(client, "/book/demo?email=ana@acme.example").go("11:00"), email="ana@acme.example").status_code
        == 303
    )
    assert Contact.get().owner == team[1]
    assert times(client) == NOON[1:]


# --- what goes along


CARRIED = "lang=fr&timezone=Asia/Tokyo&clock=12&duration=60&topic=Echo"


def test_the_question_keeps_what_the_address_says(client: FlaskClient, team: list[User]) -> None:
    prioritizing(team, durations=[30, 60])
    start = to_instant(make.at("2026-12-01 09:00"))
    page = visit(client, f"/book/demo?{CARRIED}&start={start}")
    assert page.tree.get("lang") == "fr"
    form = answer(page, "maren@example.com")
    assert dict(parse_qsl(urlsplit(form.address).query)) == {
        **dict(parse_qsl(CARRIED)),
        "start": str(start),
        "email": "maren@example.com",
    }
    assert form.fields(form_action(form))["start"] == [str(start)]
    again = answer(visit(client, f"/book/demo?{CARRIED}&start={start}&email=nobody"), "maren@example.com")
    assert again.address == form.address


def test_a_wrong_address_in_a_link_is_asked_for(client: FlaskClient, link: Link) -> None:
    page = visit(client, "/book/demo?email=nobody&email=else")
    assert page.status == 422
    assert question(page) == "/book/demo"


def test_in_a_frame(client: FlaskClient, team: list[User], link: Link) -> None:
    own(team[0])
    page = visit(client, "/embed/demo?embed_theme=dark")
    assert question(page) == "/embed/demo"
    page = answer(page, "ana@acme.example")
    assert slots(page) == MORNING
    assert page.address.startswith("/embed/demo?embed_theme=dark")
    assert "Set-Cookie" not in page.response.headers
    assert fill(page.go("09:00"), email="ana@acme.example").status_code == 303


def test_of_a_link_that_books_once(client: FlaskClient, team: list[User]) -> None:
    link = prioritizing(team, visibility="single_use")
    own(team[0])
    token = single_use.make(team[0], link, "", make.NOW)
    page = answer(visit(client, f"/book/demo?once={token}"), "ana@acme.example")
    assert slots(page) == MORNING
    assert fill(page.go("09:00"), email="ana@acme.example").status_code == 303
    assert visit(client, f"/book/demo?once={token}").status == 410


def test_of_a_hidden_link_and_of_one_that_is_off(client: FlaskClient, team: list[User]) -> None:
    link = prioritizing(team, visibility="hidden")
    page = visit(client, "/book/demo")
    assert question(page) == "/book/demo"
    assert page.response.headers["X-Robots-Tag"] == "noindex"
    Link.update(status="off").where(Link.id == link.id).execute()
    assert "No bookings here at the moment" in visit(client, "/book/demo").main()


def test_search_engines_list_the_question_and_nobodys_times(client: FlaskClient, link: Link) -> None:
    assert "X-Robots-Tag" not in visit(client, "/book/demo").response.headers
    assert visit(client, "/book/demo?email=maren@example.com").response.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("kind", ["round_robin", "group", "individual"])
def test_other_links_ask_nothing(client: FlaskClient, team: list[User], kind: str) -> None:
    more = {**ONE_DAY, "prioritize_contact_owner": kind != "round_robin"}
    make.link(team[0], kind=kind, team=() if kind == "individual" else team, **more)
    own(team[0])
    page = visit(client, "/book/demo")
    assert question(page) == ""
    assert slots(page) == slots(visit(client, "/book/demo?email=ana@acme.example"))
    assert SEE_ALL not in page.links()


@pytest.mark.parametrize(
    ("text", "shown"), [("", "Your e-mail address first, then the times."), ("Hello <b>", "Hello <b>")]
)
def test_the_words_of_the_link(client: FlaskClient, team: list[User], text: str, shown: str) -> None:
    prioritizing(team, welcome={"text": text})
    assert shown in visit(client, "/book/demo").main()


# --- the narrowed view, all the way


def test_whoever_changes_the_address_is_judged_by_the_last_one(
    client: FlaskClient, team: list[User], link: Link
) -> None:
    own(team[0])
    own(team[1], "ben@acme.example")
    form = visit(client, "/book/demo?email=someone@example.com").go("09:00")
    refused = fill(form, email="ben@acme.example")  # Joakim's, who is not free
    page = Page(client, refused)
    assert (refused.status_code, Booking.select().count()) == (409, 0)
    near = [page.words(one) for one in page.all("b") if ":" in page.words(one)]
    assert near == NOON
    assert fill(form, email="ana@acme.example").status_code == 303
    assert Booking.get().assigned_by == "contact_owner"


def test_a_time_that_only_others_have_free_is_refused(client: FlaskClient, team: list[User], link: Link) -> None:
    own(team[0])
    start = to_instant(make.at("2026-12-01 13:00"))  # 14:00, Aiko's
    page = visit(client, f"/book/demo?email=ana@acme.example&start={start}")
    assert "This time is not free, or no longer." in page.main()
    page = visit(client, f"/book/demo?email=ana@acme.example&team=1&start={start}")
    assert fill(page, email="ana@acme.example").status_code == 303
    assert [host.host for host in Booking.get().hosts()] == [team[2]]


def test_everyones_times_stay_everyones(client: FlaskClient, team: list[User], link: Link) -> None:
    own(team[0])
    page = visit(client, "/book/demo?email=ana@acme.example").go(SEE_ALL)
    assert slots(page) == ALL
    assert SEE_ALL not in page.links()
    form = page.go("14:00")
    assert "team=1" in form_action(form)
    assert fill(form, email="ana@acme.example").status_code == 303


def test_of_everyones_times_the_owner_gets_their_own(client: FlaskClient, team: list[User], link: Link) -> None:
    own(team[0])
    form = visit(client, "/book/demo?email=ana@acme.example&team=1").go("09:00")
    assert fill(form, email="ana@acme.example").status_code == 303
    assert Booking.get().assigned_by == "contact_owner"


def test_at_a_click(client: FlaskClient, team: list[User]) -> None:
    prioritizing(team, form={"auto_submit": True})
    own(team[0])
    address = "/book/demo?first_name=Ana&last_name=Silva"
    page = answer(visit(client, address), "ana@acme.example")
    starts = [one.get("value") for one in page.all("button", name="start")]
    assert len(starts) == len(MORNING)
    action = next(one.get("action", "") for one in page.all("form", method="post") if one.get("aria-describedby"))
    sent = {**page.fields(action), "start": starts[0]}
    assert client.post(action, data=sent).status_code == 303
    late = {**page.fields(action), "start": starts[0]}
    client.delete_cookie("booked", path="/book")
    refused = Page(client, client.post(action, data={**late, "first_name": "Anna"}))
    assert refused.status == 409
    assert [one.get("value") for one in refused.all("button", name="start")] == starts[1:]


def test_a_later_month_is_found_for_the_owner(client: FlaskClient, team: list[User]) -> None:
    prioritizing(team, window={"kind": "range", "start": "2026-12-01", "end": "2027-01-05"})
    own(team[0])
    make.busy(team[0], "2026-12-01 00:00", "2027-01-01 23:00")
    page = visit(client, "/book/demo?email=ana@acme.example")
    assert "January 2027" in page.main()
    assert "December 2026" in visit(client, "/book/demo?email=someone@example.com").main()
    empty = visit(client, "/book/demo?email=ana@acme.example&month=2026-12")
    assert "The nearest free day is" in empty.main()
    assert "month=2026-12" in empty.links()[SEE_ALL]


# --- moving


def manage(booking: Booking) -> str:
    return f"/booking/{access.manage_token(booking)}/reschedule"


def test_moving_shows_the_times_of_the_host_and_of_the_owner(client: FlaskClient, team: list[User], link: Link) -> None:
    booking = make.booking(link, "2026-12-01 13:00", email="ana@acme.example", duration=60)  # Aiko's
    assert slots(visit(client, manage(booking))) == ALL  # it can be moved to its own time
    Contact.update(owner=team[0]).execute()
    page = visit(client, manage(booking))
    assert slots(page) == [*MORNING, *AFTERNOON]
    assert slots(page.go(SEE_ALL)) == ALL
    start = to_instant(make.at("2026-12-01 10:00"))
    client.post(manage(booking), data={"start": start})
    assert Booking.get().starts_at == make.at("2026-12-01 13:00")  # Joakim's time
    client.post(manage(booking), data={"start": to_instant(make.at("2026-12-01 08:00"))})
    moved = Booking.get()
    assert ([host.host for host in moved.hosts()], moved.assigned_by) == ([team[0]], "contact_owner")
    client.post(f"{manage(moved)}?team=1", data={"start": start})
    assert [host.host for host in Booking.get().hosts()] == [team[1]]


# --- what strangers learn


@pytest.fixture
def alike(team: list[User]) -> list[str]:
    """Addresses of which as different things are known as can be, where everybody has the same times."""
    BusyTime.delete().execute()
    company("company.example", team[1])
    OtherAddress.create(email="other@owned.example", contact=own(team[0], "known@owned.example"))
    own(None, "known@nobody.example")
    own(team[2], "known@beyond.example")
    gone = make.user("Gone Away", is_active=False)
    own(gone, "known@gone.example")
    locals_ = ("known@owned.example", "other@owned.example", "anyone@company.example", "known@nobody.example")
    return [*locals_, "known@beyond.example", "known@gone.example", "unknown@nowhere.example"]


PAGES = ("", "&month=2026-12", "&team=1", "&date=2026-12-01", "&month=2027-03", "&start={start}", "&start=1")


WAYS: list[dict[str, Any]] = [{}, {"owner": {"beyond_team": True}}, {"owner": {"beyond_team": True}, "hours": "hosts"}]


@pytest.mark.parametrize("way", WAYS, ids=["team", "beyond", "hosts-hours"])
@pytest.mark.parametrize("page", PAGES)
def test_all_addresses_get_the_same_page_by_the_same_statements(
    client: FlaskClient, team: list[User], alike: list[str], page: str, way: dict[str, Any]
) -> None:
    prioritizing(team, members=2, **way)
    more = page.format(start=to_instant(make.at("2026-12-01 09:00")))
    client.get("/book/demo?email=warm@up.example")
    found = set()
    for email in alike:
        with CountedQueries() as statements:
            text = client.get(f"/book/demo?email={email}{more}").get_data(as_text=True)
        found.add((masked(text, email), tuple(statements)))
    assert len(found) == 1


def masked(text: str, email: str) -> str:
    """The page without the address that was typed, and without what is drawn anew each time."""
    for at in ("@", "%40", "%2540"):  # also in an address within an address
        text = text.replace(email.replace("@", at), "EMAIL")
    return re.sub(r'name="token" value="[^"]*"', "", text)


def test_with_other_times_only_the_times_differ(client: FlaskClient, team: list[User], link: Link) -> None:
    own(team[0])
    pages = {}
    for email in ("ana@acme.example", "unknown@nowhere.example"):
        with CountedQueries() as statements:
            text = client.get(f"/book/demo?email={email}").get_data(as_text=True)
        pages[email] = (without_times(masked(text, email)), tuple(statements))
    assert len(set(pages.values())) == 1


def without_times(text: str) -> str:
    text = re.sub(r'<li><a class="slot".*?</li>', "", text)
    text = re.sub(r'<h3 class="part".*?</ul>', "", text, flags=re.DOTALL)
    text = re.sub(r"\d+ free times?", "", text)
    text = re.sub(r'<i( class="on")?></i>', "", text)
    return re.sub(r"\s+", " ", text)


def test_a_refused_booking_tells_no_more(client: FlaskClient, team: list[User], alike: list[str]) -> None:
    """A time that nobody has free any more: the same answer by the same statements, whoever asks."""
    prioritizing(team, members=2, owner={"beyond_team": True})
    forms = [visit(client, f"/book/demo?email={email}").go("09:00") for email in alike]
    for host in team:
        make.busy(host, "2026-12-01 08:00", "2026-12-01 09:00")
    found = set()
    for email, form in zip(alike, forms, strict=True):
        sent = {**form.fields(form_action(form)), "first_name": "A", "last_name": "B"}
        with CountedQueries() as statements:
            text = client.post(form_action(form), data=sent).get_data(as_text=True)
        assert "is no longer free" in text
        found.add((masked(text, email), tuple(statements)))
    assert len(found) == 1


def test_the_question_itself_asks_the_database_nothing_about_anybody(client: FlaskClient, link: Link) -> None:
    client.get("/book/demo")
    with CountedQueries() as statements:
        client.get("/book/demo?email=nobody")
    assert [one for one in statements if "contact" in one and "COALESCE" not in one] == []


def test_both_ways_are_computed_for_everybody(team: list[User], link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes time must not depend on what is known: so often are slots computed, and for so many hosts."""
    own(team[1])
    real, worked = availability.slots, []
    monkeypatch.setattr(availability, "slots", lambda *given: (worked[-1].append(len(given[2])), real(*given))[1])
    span = Span(to_instant(make.at("2026-12-01 00:00")), to_instant(make.at("2026-12-02 00:00")))
    for email in ("ana@acme.example", "unknown@nowhere.example"):
        for is_everyones in (False, True):
            worked.append([])
            view = ownership.view_of(link, email, is_everyones=is_everyones)
            offers.offered(link, 60, span, make.NOW, view=view)
    assert worked == [[3, 1]] * 4


def test_trying_addresses_counts_as_looking(client: FlaskClient, link: Link) -> None:
    for _ in range(ratelimit.LOOKS.amount - 2):
        ratelimit.spend(ratelimit.LOOKS, "look", ratelimit.place("127.0.0.1"))
    assert client.get("/book/demo").status_code == 200
    assert client.get("/book/demo?email=a@example.com").status_code == 200
    assert client.get("/book/demo?email=b@example.com").status_code == 429
