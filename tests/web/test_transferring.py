"""Links given to somebody else from the list: chosen, foreseen, done, undone, without script; and by keyboard."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

from meetings import clock
from meetings.models import Booking, Delivery, Link, Transfer, User
from meetings.models.outbox import PENDING
from meetings.services import access, bookings, calendars, links, outbox
from tests import make
from tests.browser import assert_accessible_light_and_dark, until
from tests.web.pages import Page, sign_in, visit
from tests.web.test_links import counted_queries, rows


@pytest.fixture(autouse=True)
def monday_morning(app: Any) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def boss(client: FlaskClient) -> User:
    boss = make.user("Zoe Boss", role="admin")
    sign_in(client, boss)
    return boss


@pytest.fixture
def bob() -> User:
    return make.user("Bob Stone")


def preview(client: FlaskClient, to: User, *slugs: str, meetings: str = "move") -> Page:
    asked = "&".join(f"slug={slug}" for slug in slugs)
    return visit(client, f"/links/transfer?{asked}&to={to.email}&meetings={meetings}&do=preview")


def give(client: FlaskClient, to: User, *slugs: str, meetings: str = "move") -> Page:
    return preview(client, to, *slugs, meetings=meetings).send("/links/transfer")


def notice(page: Page) -> str:
    return next((page.words(one) for one in page.all("form", class_="notice of-transfer")), "")


def test_chosen_links_are_given_after_a_look_at_what_changes(client: FlaskClient, boss: User, bob: User) -> None:
    alice = make.user()
    make.booking(make.link(alice))
    make.link(alice, "two")
    page = visit(client, "/links").send("/links/switch", slug=["demo", "two"], do="transfer")
    assert (page.path, page.heading()) == ("/links/transfer", "Transfer 2 links")
    assert "Bob Stone" in page.main()
    assert "No calendar connected" in page.main()
    assert "1 meeting to come" in page.main()
    seen = page.send("/links/transfer", to=bob.email, meetings="move", do="preview")
    assert seen.heading() == "2 links to Bob Stone?"
    assert "From Alice Martin to Bob Stone." in seen.main()
    assert "1 meeting moves" in seen.main()
    assert Link.by_slug("demo").organizer_id == alice.id
    done = seen.send("/links/transfer")
    assert done.path == "/links"
    assert notice(done).startswith("2 links went to Bob Stone. 1 meeting moved.")
    assert all("Bob Stone" in row for row in rows(done))


def test_meetings_stay_unless_they_are_to_move(client: FlaskClient, boss: User, bob: User) -> None:
    booking = make.booking()
    seen = preview(client, bob, "demo", meetings="stay")
    assert "One meeting to come stays with Alice Martin." in seen.main()
    seen.send("/links/transfer")
    assert [seat.host.name for seat in Booking.get_by_id(booking.id).hosts()] == ["Alice Martin"]


def test_what_cannot_move_is_said_before_with_the_reason(client: FlaskClient, boss: User, bob: User) -> None:
    link = make.link()
    make.booking(link)
    make.booking(link, "2026-12-01 10:00")
    make.booking(make.link(bob, "bobs"), email="other@example.com")
    seen = preview(client, bob, "demo")
    assert "1 meeting moves" in seen.main()
    assert "Alice Martin : Tue 1 Dec, 10:00 Maren Holt · Not free then." in seen.main()
    assert not Transfer.select().exists()
    assert "1 meeting could not be moved." in notice(give(client, bob, "demo"))


def test_in_a_group_the_place_is_told(client: FlaskClient, boss: User, bob: User) -> None:
    alice = make.user()
    make.link(alice, kind="group", team=[alice])
    assert "In the group Bob Stone takes the place of Alice Martin." in preview(client, bob, "demo").main()


def test_all_links_of_somebody_at_once(client: FlaskClient, boss: User, bob: User) -> None:
    alice = make.user()
    make.link(alice)
    make.link(alice, "two")
    make.link(bob, "bobs")
    page = visit(client, f"/links/transfer?owner={alice.id}")
    assert page.heading() == "Transfer 2 links"


def test_people_are_found_by_name_and_whoever_was_chosen_stays(client: FlaskClient, boss: User, bob: User) -> None:
    make.link()
    for number in range(8):
        make.user(f"Guest{number} Person")
    page = visit(client, "/links/transfer?slug=demo")
    assert "more fit. Type a name or an address to find them." in page.main()
    found = visit(client, f"/links/transfer?slug=demo&to={bob.email}&looked_for=guest7")
    assert [one.get("value") for one in found.all("input", name="to")] == [bob.email, "guest7@example.org"]
    assert found.fields("/links/transfer")["to"] == [bob.email]
    assert "Nobody of this name." in visit(client, "/links/transfer?slug=demo&looked_for=nobody").main()


def test_people_can_be_looked_for_before_anybody_is_chosen(client: FlaskClient, boss: User, bob: User) -> None:
    """Without script the browser itself asks for a choice before it sends the form."""
    make.link(boss)
    page = visit(client, "/links/transfer?slug=demo")
    assert [one.get("value") for one in page.all("button") if "formnovalidate" in one.attrib] == ["find"]


def test_whoever_lacks_a_required_calendar_is_shown_with_the_reason(client: FlaskClient, boss: User, bob: User) -> None:
    make.link()
    calendars.require(boss, is_required=True)
    page = visit(client, "/links/transfer?slug=demo")
    assert "Can’t take over: your team requires a connected calendar." in page.main()
    refused = preview(client, bob, "demo")
    assert refused.status == 422
    assert "This person has no connected calendar, and your team requires one." in refused.main()


@pytest.mark.parametrize("query", ["", "slug=unknown", "slug=", "owner=999", "owner=x", "slug=demo%00"])
def test_without_links_there_is_nothing_to_transfer(client: FlaskClient, boss: User, query: str) -> None:
    make.link()
    assert visit(client, f"/links/transfer?{query}").status == 404


def test_nobody_but_admins_sees_or_does_any_of_it(client: FlaskClient, boss: User, bob: User, app: Any) -> None:
    make.link(bob)
    made = links.transfer(boss, ["demo"], boss.email, make.NOW)
    member = app.test_client()
    sign_in(member, bob)
    assert "Transfer" not in visit(member, "/links").main()
    assert {member.get(path).status_code for path in ("/links/transfer?slug=demo", "/transfers")} <= {403, 404}
    assert member.post(f"/transfers/{made.id}/undo").status_code >= 400
    assert Link.by_slug("demo").organizer_id == boss.id


def test_it_is_undone_from_the_list(client: FlaskClient, boss: User, bob: User) -> None:
    make.booking()
    done = give(client, bob, "demo")
    number = Transfer.get().id
    back = done.send(f"/transfers/{number}/undo")
    assert back.path == "/links"
    assert back.notices() == ["The transfer is undone. Everything is as it was, and nobody got a mail."]
    assert "Alice Martin" in rows(back)[0]
    assert client.post(f"/transfers/{number}/undo", data=back.fields("/links/switch")).status_code == 404


def test_it_is_found_again_for_ten_minutes(client: FlaskClient, boss: User, bob: User) -> None:
    make.booking()
    give(client, bob, "demo")
    assert visit(client, "/links").links()["Undo a transfer"] == "/transfers"
    page = visit(client, "/transfers")
    assert "“Link demo” to Bob Stone" in page.main()
    assert "By Zoe Boss, 09:00" in page.main()
    clock.set_source(lambda: make.NOW + timedelta(minutes=10))
    assert "Nothing to undo" in visit(client, "/transfers").main()
    assert "Undo a transfer" not in visit(client, "/links").links()
    assert notice(visit(client, f"/links?transferred={Transfer.get().id}")) == ""


def test_what_could_not_be_taken_back_is_said(client: FlaskClient, boss: User, bob: User) -> None:
    booking = make.booking()
    give(client, bob, "demo")
    bookings.cancel(Booking.get_by_id(booking.id), make.NOW, by=None)
    links.transfer(boss, ["demo"], boss.email, make.NOW)
    page = visit(client, "/transfers").send(f"/transfers/{Transfer.select().order_by(Transfer.id)[0].id}/undo")
    assert page.path == "/transfers"
    assert "“Link demo” was changed since, so it was left as it is." in page.main()
    assert "These meetings were left as they are: Tue 1 Dec, 10:00 Maren Holt · Changed meanwhile" in page.main()


def test_a_page_of_before_takes_back_no_later_transfer(client: FlaskClient, boss: User, bob: User) -> None:
    make.link()
    first = give(client, bob, "demo")
    number = Transfer.get().id
    later = make.NOW + timedelta(minutes=20)
    clock.set_source(lambda: later)
    links.clear_transfers(later)
    second = links.transfer(boss, ["demo"], boss.email, later)
    assert first.send(f"/transfers/{number}/undo").status == 404
    assert Link.by_slug("demo").organizer_id == boss.id
    assert visit(client, "/transfers").send(f"/transfers/{second.id}/undo").path == "/links"
    assert Link.by_slug("demo").organizer_id == bob.id


@pytest.mark.parametrize("then", ["undo", "wait"])
def test_a_contact_who_cancels_by_the_old_invitation_meanwhile_is_heard(
    client: FlaskClient, boss: User, bob: User, app: Any, then: str
) -> None:
    booking = make.booking()
    outbox.deliver_due(make.NOW)
    give(client, bob, "demo")
    token = access.manage_token(booking)
    cancelled = visit(app.test_client(), f"/booking/{token}/cancel").send(f"/booking/{token}/cancel")
    assert cancelled.status == 200
    assert not Booking.get_by_id(booking.id).is_confirmed
    if then == "undo":
        page = visit(client, "/transfers").send(f"/transfers/{Transfer.get().id}/undo")
        assert "These meetings were left as they are:" in page.main()
    told = Delivery.select().where(Delivery.booking == booking, Delivery.state == PENDING, Delivery.due_at <= make.NOW)
    ends = {(row.kind, row.recipient) for row in told}
    assert {("withdrawn", booking.email), ("host_withdrawn", "alice@example.org")} <= ends
    assert not Booking.get_by_id(booking.id).is_confirmed


def test_the_history_tells_who_gave_it_to_whom(client: FlaskClient, boss: User, bob: User) -> None:
    make.link()
    give(client, bob, "demo")
    told = visit(client, "/links/demo/history").main()
    assert "Zoe Boss gave the link from Alice Martin to Bob Stone." in told


def test_the_number_of_queries_does_not_grow_with_the_links(client: FlaskClient, boss: User, bob: User) -> None:
    counts = []
    alice = make.user()
    for number in range(8):
        make.link(alice, f"link-{number}")
        if number in {1, 7}:
            with counted_queries() as seen:
                visit(client, f"/links/transfer?owner={alice.id}")
            counts.append(len(seen))
    assert counts[0] == counts[1]


# --- in a browser


@pytest.mark.browser
def test_links_are_given_in_the_dialog_by_keyboard_and_taken_back(
    workspace: Callable[..., BrowserPage], host: User
) -> None:
    alice = make.user("Alice Martin")
    make.booking(make.link(alice))
    make.link(alice, "two")
    make.user("Bob Stone")
    page = workspace("/links")
    menu = page.locator("#links summary").first
    menu.press("Enter")
    page.locator("#links .menu").first.get_by_role("link", name="Transfer…").press("Enter")
    expect(page.locator("#dialog-title")).to_have_text("Transfer “Link demo”")
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()  # its menu has closed meanwhile
    for box in page.locator("[data-pick]").all():
        box.focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Transfer…").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog-title")).to_have_text("Transfer 2 links")
    page.get_by_label("Search people").focus()
    page.keyboard.type("stone")
    until(page, "document.querySelectorAll('#takers li').length === 1")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_label("Move to the new organizer, where free").focus()
    page.keyboard.press("Space")
    assert_accessible_light_and_dark(page)
    page.get_by_role("button", name="See what changes").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog-title")).to_have_text("2 links to Bob Stone?")
    expect(page.locator("#dialog-title")).to_be_focused()  # it took the place of the button that was pressed
    assert_accessible_light_and_dark(page)
    page.get_by_role("button", name="Transfer", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("2 links went to Bob Stone. 1 meeting moved.")
    assert_accessible_light_and_dark(page)
    page.locator("#undo-transfer").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("The transfer is undone.")
    assert "Alice Martin" in page.locator("#links").inner_text()
