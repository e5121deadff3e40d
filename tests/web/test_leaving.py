"""Deactivating and removing people: what the page tells and asks, and what is left afterwards for everybody."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from meetings import clock
from meetings.models import Booking, Company, Contact, Link, User
from meetings.models.links import DELETED
from meetings.services import calendars, schedules
from tests import make
from tests.browser import Opener, assert_accessible, data
from tests.web.pages import Page, sign_in, visit
from tests.web.test_booking import fill, form_page, slots
from tests.web.test_links import three_links  # noqa: F401 - a fixture


@pytest.fixture
def boss(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    admin = make.user("Zoe Boss", role="admin")
    sign_in(client, admin)
    return admin


@pytest.fixture
def alice(boss: User) -> User:
    return make.user()


@pytest.fixture
def bob(boss: User) -> User:
    return make.user("Bob Stone")


def asked(client: FlaskClient, person: User, what: str = "delete") -> Page:
    return visit(client, f"/team/{person.id}/{what}")


def hosts(booking: Booking) -> list[int]:
    return [seat.host_id for seat in Booking.get_by_id(booking.id).hosts()]


def ways(page: Page, name: str) -> list[str]:
    return [one.get("value") for one in page.all("input", name=name, type="radio")]


# --- what is asked


def test_everything_is_listed_before_anything_happens(client: FlaskClient, alice: User, bob: User) -> None:
    make.booking(make.link(alice))
    make.link(bob, "group", kind="group", team=[bob, alice])
    make.link(bob, "turns", kind="round_robin", team=[alice])
    Contact.update(owner=alice).execute()
    Company.create(name="Acme", name_key="acme", owner=alice, created_at=make.NOW)
    schedules.create(alice, alice, {"name": "Mornings"})
    page = asked(client, alice)
    assert page.heading() == "Remove Alice Martin?"
    for said in (
        "1 link", "Link demo /book/demo · 1 meeting to come", "Maren Holt · Link demo", "1 contact and 1 company",
        "Link group Goes on with 1 host.", "Link turns Nobody is left to meet", "The schedule Mornings goes with the account.",
    ):  # fmt: skip
        assert said in page.main(), said
    assert page.links()["Tue 1 Dec, 10:00"] == f"/bookings/{Booking.get().public_id}"
    assert (ways(page, "links"), ways(page, "meetings")) == (["transfer", "delete"], ["hand_over", "cancel"])
    page = asked(client, alice, "deactivate")
    assert page.heading() == "Deactivate Alice Martin?"
    assert (ways(page, "links"), ways(page, "contacts")) == (["keep", "transfer"], ["keep", "transfer", "release"])
    assert page.fields(f"/team/{alice.id}/deactivate")["meetings"] == ["keep"]


def test_whoever_lacks_a_calendar_says_so_and_is_refused_for_links(
    client: FlaskClient, boss: User, alice: User, bob: User
) -> None:
    make.link(alice)
    calendars.require(boss, is_required=True)
    page = asked(client, alice)
    assert "Bob Stone (no connected calendar)" in page.main()
    page = page.send(f"/team/{alice.id}/delete", transfer_to=bob.email)
    assert (page.status, list(page.errors())) == (422, ["transfer_to"])
    assert Link.get().organizer == alice


def test_the_fragment_is_the_same_form(client: FlaskClient, alice: User) -> None:
    make.link(alice)
    found = client.get(f"/team/{alice.id}/delete", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in found
    assert 'hx-post="/team/' in found


# --- removing


def test_whoever_has_nothing_goes_at_once(client: FlaskClient, bob: User) -> None:
    page = asked(client, bob)
    assert "Nothing of theirs is left behind" in page.main()
    page = page.send(f"/team/{bob.id}/delete")
    assert (page.path, page.notices()) == ("/team", ["Bob Stone is removed."])
    assert visit(client, f"/team/{bob.id}").status == 404


def test_whoever_takes_over_has_to_be_named(client: FlaskClient, alice: User) -> None:
    make.link(alice)
    page = asked(client, alice).send(f"/team/{alice.id}/delete")
    assert (page.status, page.errors()) == (422, {"transfer_to": "Please fill this in."})
    assert "autofocus" in page.all("select", name="transfer_to")[0].attrib
    assert page.fields(f"/team/{alice.id}/delete")["links"] == ["transfer"]


def test_everything_goes_if_that_is_said(client: FlaskClient, bob: User) -> None:
    booking = make.booking(make.link(bob, "bobs"))
    page = asked(client, bob).send(f"/team/{bob.id}/delete", links="delete", meetings="cancel", contacts="release")
    assert page.notices() == ["Bob Stone is removed. 1 meeting was cancelled."]
    assert (Link.get().status, Booking.get_by_id(booking.id).is_confirmed) == (DELETED, False)
    assert client.get("/book/bobs").status_code == 404
    assert "Bob Stone" not in page.words(next(iter(page.tree.iter("table"))))


@pytest.mark.parametrize(("way", "id_"), [({"links": "keep"}, "links"), ({"links": None}, "links")])
def test_links_can_not_stay_with_nobody(client: FlaskClient, alice: User, way: dict[str, Any], id_: str) -> None:
    make.link(alice)
    page = asked(client, alice).send(f"/team/{alice.id}/delete", **way)
    assert (page.status, list(page.errors())) == (409, [id_])
    first = next(one for one in page.all("input", type="radio") if one.get("name") == id_)
    assert "autofocus" in first.attrib
    assert first.get("aria-describedby") == f"{id_}-error"


def test_what_can_not_be_handed_over_comes_back_and_is_decided_there(
    client: FlaskClient, alice: User, bob: User
) -> None:
    booking = make.booking(make.link(alice))
    make.booking(make.link(bob, "bobs"), email="other@example.com")
    page = asked(client, alice).send(f"/team/{alice.id}/delete", transfer_to=bob.email)
    assert page.status == 409
    assert "Nothing has happened yet: 1 meeting below still needs a decision." in page.main()
    assert "Whoever takes over is not free then." in page.main()
    assert f"/bookings/{booking.public_id}" in page.links().values()
    assert (hosts(booking), Link.by_slug("demo").organizer) == ([alice.id], alice)
    page = page.send(f"/team/{alice.id}/delete", cancel_rest="y")
    assert page.notices() == ["Alice Martin is removed. 1 meeting was cancelled."]
    assert Link.by_slug("demo").organizer == bob


def test_a_meeting_that_was_booked_since_the_page_was_opened_is_asked_about(client: FlaskClient, bob: User) -> None:
    turns = make.link(make.user("Carl Orr"), "turns", kind="round_robin", team=[bob])
    page = asked(client, bob)
    booking = make.booking(turns)
    page = page.send(f"/team/{bob.id}/delete")
    assert (page.status, hosts(booking)) == (409, [bob.id])
    assert "Say what becomes of it." in page.main()


# --- the same address, another host


@pytest.mark.parametrize("kind", ["individual", "group", "round_robin"])
def test_the_old_address_books_the_successor(client: FlaskClient, app: Any, alice: User, bob: User, kind: str) -> None:
    make.link(alice, kind=kind, team=[] if kind == "individual" else [alice])
    make.busy(bob, "2026-12-01 08:00", "2026-12-01 10:00")
    visitor = app.test_client()
    day = "/book/demo?date=2026-12-01&timezone=Europe/Paris"
    assert slots(visit(visitor, day))[0] == "09:00"
    asked(client, alice).send(f"/team/{alice.id}/delete", transfer_to=bob.email)
    page = visit(visitor, day)
    assert slots(page)[0] == "11:00"
    assert "Bob Stone" in page.words()
    assert "Alice" not in page.words()
    answer = fill(form_page(visitor, make.at("2026-12-01 10:00")))
    assert answer.status_code == 303
    assert hosts(Booking.get()) == [bob.id]


# --- deactivating


def test_keeping_out_and_letting_in(client: FlaskClient, app: Any, bob: User) -> None:
    visitor = app.test_client()
    sign_in(visitor, bob)
    page = asked(client, bob, "deactivate").send(f"/team/{bob.id}/deactivate")
    assert page.notices() == ["Bob Stone is signed out and can’t be booked any more."]
    assert "Left Deactivated" in page.main()
    assert visit(visitor, "/links").path == "/sign-in"
    assert sign_in(visitor, bob).status == 401
    page = visit(client, f"/team/{bob.id}")
    assert not page.has_form(f"/team/{bob.id}/deactivate")
    page.send(f"/team/{bob.id}/reactivate")
    assert sign_in(visitor, bob).path == "/links"


def test_the_page_of_a_kept_link_says_that_it_takes_no_bookings(client: FlaskClient, app: Any, alice: User) -> None:
    make.link(alice)
    make.link(alice, "turns", kind="round_robin", team=[alice])
    visitor = app.test_client()
    form = form_page(visitor)
    asked(client, alice, "deactivate").send(f"/team/{alice.id}/deactivate")
    for slug in ("demo", "turns"):
        page = visit(visitor, f"/book/{slug}")
        assert page.status == 200
        assert "No bookings here at the moment Nobody can be met through this page at the moment." in page.words()
        assert "taken" not in page.words()
    assert fill(form).status_code == 409
    assert not Booking.select().exists()
    page = visit(client, f"/team/{alice.id}").send(f"/team/{alice.id}/reactivate")
    assert slots(visit(visitor, "/book/demo?date=2026-12-01"))


def test_what_nobody_could_take_over_is_listed_with_the_way_there(client: FlaskClient, alice: User, bob: User) -> None:
    booking = make.booking(make.link(alice))
    free = make.booking(Link.by_slug("demo"), "2026-12-02 10:00", email="else@example.com")
    make.booking(make.link(bob, "bobs"), email="other@example.com")
    choices = {"links": "transfer", "meetings": "hand_over", "transfer_to": bob.email}
    page = asked(client, alice, "deactivate").send(f"/team/{alice.id}/deactivate", **choices)
    assert page.heading() == "Alice Martin is deactivated"
    assert "1 meeting was handed over." in page.main()
    assert "1 meeting is still theirs" in page.main()
    assert [href for href in page.links().values() if href.startswith("/bookings/")] == [
        f"/bookings/{booking.public_id}"
    ]
    assert (hosts(booking), hosts(free)) == ([alice.id], [bob.id])


def test_others_see_who_left(client: FlaskClient, alice: User, bob: User) -> None:
    make.link(bob, "turns", kind="round_robin", team=[alice, bob])
    make.link(alice)
    User.update(is_active=False).where(User.id == alice.id).execute()
    assert "Was deactivated, and is not met any more." in visit(client, "/links/turns/edit/team").main()
    listed = visit(client, "/links").main()
    assert "Alice Martin (left) Nobody can be met" in listed


def test_one_s_own_account_says_so(client: FlaskClient, boss: User, bob: User) -> None:
    User.update(role="admin").where(User.id == bob.id).execute()
    assert "This is your own account" in asked(client, boss).main()
    page = asked(client, boss).send(f"/team/{boss.id}/delete")
    assert page.path == "/sign-in"


# --- in a browser


@pytest.mark.browser
def test_it_is_asked_in_a_dialog_by_keyboard(open_page: Opener, three_links: None) -> None:  # noqa: F811
    page = open_page("/team/2", signed_in="alice@example.org")
    page.get_by_role("link", name="Remove…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name="Remove Bob Stone?").wait_for()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Remove…").click()
    dialog.get_by_role("button", name="Remove for good").press("Enter")
    expect(page.get_by_text("Bob Stone is removed.")).to_be_visible()


@pytest.fixture
def much_to_leave(live: Any) -> Iterator[None]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        make.user("Zoe Boss", role="admin")
        alice = make.user("Alexandrina Theodora Wolfeschlegelstein-Featherstonehaugh", email="alice@example.org")
        bob = make.user("Bob Stone")
        link = make.link(alice, "a-rather-long-address-of-a-link-that-goes-on-and-on-and-on-x")
        make.link(bob, "turns", kind="round_robin", team=[alice])
        schedules.create(alice, alice, {"name": "Mornings"})
        for hour in range(9, 17):
            make.booking(link, f"2026-12-01 {hour - 1:02}:30", email=f"m{hour}@example.com")
        Contact.update(owner=alice).execute()
        make.busy(bob, "2026-12-01 09:00", "2026-12-01 11:00")
        yield


@pytest.mark.browser
@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_the_page_fits_with_all_that_is_on_it(open_page: Opener, much_to_leave: None, width: str) -> None:
    page = open_page("/team/2/delete", signed_in="zoe@example.org", width=width)
    page.get_by_role("combobox").select_option(label="Bob Stone")
    page.get_by_role("button", name="Remove for good").click()
    expect(page.get_by_text("2 meetings below still need a decision")).to_be_visible()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
