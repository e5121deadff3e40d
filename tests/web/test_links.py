"""The list of links: what it says, who sees what, and what is done from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from meetings import clock, db
from meetings.models import Link
from meetings.models.links import DELETED, DRAFT, LIVE, OFF
from meetings.services import links
from tests import make
from tests.browser import Opener, assert_accessible, assert_accessible_light_and_dark, data
from tests.web.pages import Page, sign_in, visit


@pytest.fixture(autouse=True)
def monday_morning(app: Any) -> None:
    clock.set_source(lambda: make.NOW)


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The statements that run inside the block."""
    seen: list[str] = []
    real = db.database.obj.execute_sql

    def execute(sql: str, *args: Any, **more: Any) -> Any:
        seen.append(sql)
        return real(sql, *args, **more)

    db.database.obj.execute_sql = execute
    yield seen
    db.database.obj.execute_sql = real


def rows(page: Page) -> list[str]:
    return [page.words(one) for one in page.tree.iter("tr") if (one.get("id") or "").startswith("link-")]


def test_nothing_yet_says_what_will_be_here_and_offers_the_first_step(client: FlaskClient) -> None:
    sign_in(client, make.user())
    page = visit(client, "/links")
    assert "Nothing to book yet" in page.main()
    assert page.links()["Make the first link"] == "/links/new"
    assert "New link" not in page.links()


def test_a_row_says_all_there_is_to_know(client: FlaskClient) -> None:
    alice = make.user()
    link = make.link(alice, durations=[30, 60])
    make.booking(link, "2026-11-30 13:30")
    make.booking(link, "2026-12-01 09:00")
    sign_in(client, alice)
    page = visit(client, "/links")
    (row,) = rows(page)
    for words in (
        "Link demo",
        "/book/demo",
        "Individual",
        "Alice Martin",
        "30, 60 min",
        "Today, 14:30",
        "Maren Holt",
        "Live",
    ):
        assert words in row
    assert page.words(next(one for one in page.tree.iter("td") if one.get("data-label") == "This month")) == "1"
    assert "1 link is live. The next booking: Today, 14:30." in page.main()


def test_the_number_of_queries_does_not_grow_with_the_list(client: FlaskClient) -> None:
    alice = make.user(role="admin")
    sign_in(client, alice)
    counts = []
    for number in range(12):
        link = make.link(make.user(f"Host{number} Name"), f"link-{number}")
        make.booking(link, "2026-12-01 09:00")
        if number in {1, 11}:
            with counted_queries() as seen:
                visit(client, "/links")
            counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_everybody_sees_what_is_theirs(client: FlaskClient, app: Any) -> None:
    alice, bob, charlie = make.user(), make.user("Bob Stone"), make.user("Charlie Vane")
    make.link(alice, "alices-own")
    make.link(alice, "the-team", kind="group", team=[alice, bob])
    boss = make.user("Dana Boss", role="admin")
    seen = {}
    for person in (alice, bob, charlie, boss):
        visitor = app.test_client()
        sign_in(visitor, person)
        seen[person.name] = sorted(
            word for row in rows(visit(visitor, "/links")) for word in row.split() if word.startswith("/book/")
        )
    assert seen["Alice Martin"] == ["/book/alices-own", "/book/the-team"]
    assert seen["Bob Stone"] == ["/book/the-team"]
    assert seen["Charlie Vane"] == []
    assert seen["Dana Boss"] == ["/book/alices-own", "/book/the-team"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=demo", ["/book/demo"]),
        ("q=DEMO", ["/book/demo"]),
        ("q=stone", ["/book/bobs"]),
        ("q=nothing+like+it", []),
        ("status=off", ["/book/bobs"]),
        ("status=live", ["/book/demo"]),
        ("status=nonsense", ["/book/bobs", "/book/demo"]),
        ("kind=individual", ["/book/bobs", "/book/demo"]),
        ("kind=group", []),
        ("kind=nonsense", ["/book/bobs", "/book/demo"]),
        ("owner=x", ["/book/bobs", "/book/demo"]),
        ("q=%25", []),
        ("q=_", []),
    ],
)
def test_search_and_filters(client: FlaskClient, query: str, found: list[str]) -> None:
    boss = make.user(role="admin")
    make.link(boss)
    bobs = make.link(make.user("Bob Stone"), "bobs")
    links.switch_off(boss, bobs, make.NOW)
    sign_in(client, boss)
    page = visit(client, f"/links?{query}")
    addresses = sorted(word for row in rows(page) for word in row.split() if word.startswith("/book/"))
    assert addresses == found
    assert ("No link matches" in page.main()) is (not found)


def test_the_owner_filter_is_for_admins_with_a_team(client: FlaskClient) -> None:
    boss, bob = make.user(role="admin"), make.user("Bob Stone")
    make.link(boss)
    make.link(bob, "bobs")
    sign_in(client, boss)
    page = visit(client, f"/links?owner={bob.id}")
    assert [one.get("value") for one in page.all("option", selected="")] == [str(bob.id)]
    assert len(rows(page)) == 1


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["a", "b", "c"]),
        ("-name", ["c", "b", "a"]),
        ("next", ["c", "a", "b"]),
        ("durations", ["b", "a", "c"]),
        ("-durations", ["a", "c", "b"]),
        ("-month", ["a", "b", "c"]),
        ("nonsense", ["c", "a", "b"]),
    ],
)
def test_columns_sort_both_ways(client: FlaskClient, sort: str, order: list[str]) -> None:
    alice = make.user()
    for slug in "abc":
        make.link(alice, slug, durations=[30] if slug != "b" else [30, 15])
    make.booking(Link.by_slug("c"), "2026-11-30 13:00")
    make.booking(Link.by_slug("a"), "2026-12-02 13:00")
    sign_in(client, alice)
    page = visit(client, f"/links?sort={sort}")
    assert [row.split()[1] for row in rows(page)] == order or sort == "-month"
    header = {one.get("aria-sort") for one in page.tree.iter("th")}
    assert header & {"ascending", "descending"}


def test_htmx_gets_the_list_alone(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice)
    sign_in(client, alice)
    response = client.get("/links?q=demo", headers={"HX-Request": "true"})
    assert response.get_data(as_text=True).lstrip().startswith('<div id="links">')
    assert "HX-Request" in response.headers["Vary"]


def test_markup_in_names_stays_text(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice, overview={"internal_name": "<script>alert(1)</script>"})
    sign_in(client, alice)
    page = visit(client, "/links")
    assert "<script>alert(1)</script>" in rows(page)[0]
    assert not [one for one in page.tree.iter("script") if not one.get("src")]


def test_whose_page_is_not_for_everybody_says_so(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice, "open")
    make.link(alice, "hidden", visibility="hidden")
    make.link(alice, "private", visibility="single_use")
    sign_in(client, alice)
    page = visit(client, "/links")
    said = {row.split()[1]: row for row in rows(page)}
    assert "Hidden" in said["hidden"]
    assert "By invitation" in said["private"]
    assert "Hidden" not in said["open"]
    assert "/book/private" not in page.links().values()  # nobody gets in there without an invitation


# --- sharing


def test_sharing_gives_address_code_and_text(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice)
    sign_in(client, alice)
    page = visit(client, "/links/demo/share")
    assert page.all("input", id="share-address")[0].get("value") == "http://localhost/book/demo"
    assert "http://localhost/book/demo" in page.words(page.all("textarea", id="share-mail")[0])
    assert any("segno" in (one.get("class") or "") for one in page.tree.iter("svg"))
    drawing = client.get("/links/demo/qr.svg")
    assert drawing.mimetype == "image/svg+xml"
    assert b"<svg" in drawing.data
    assert "attachment" in drawing.headers["Content-Disposition"]


def test_whoever_shares_a_link_without_hours_is_told(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice, available_hours=[])
    sign_in(client, alice)
    assert "has no hours yet" in visit(client, "/links/demo/share").main()
    day = {"date": "2026-12-24", "hours": [{"start": "10:00", "end": "12:00"}]}
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"date_overrides": [day]}}, make.NOW)
    assert "Whoever has this address can book" in visit(client, "/links/demo/share").main()


def test_a_draft_has_nothing_to_share(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice, status=DRAFT)
    sign_in(client, alice)
    assert visit(client, "/links/demo/share").status == 404
    assert client.get("/links/demo/qr.svg").status_code == 404


# --- changing


def test_off_and_on(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice)
    sign_in(client, alice)
    page = visit(client, "/links").send("/links/demo/off")
    assert (page.path, Link.get().status) == ("/links", OFF)
    assert "“Link demo” is off" in page.notices()[0]
    assert visit(client, "/links").send("/links/demo/on").notices()
    assert Link.get().status == LIVE


def test_many_at_once_and_only_ones_own(client: FlaskClient) -> None:
    alice, bob = make.user(), make.user("Bob Stone")
    for slug in ("one", "two", "three"):
        make.link(alice, slug)
    make.link(bob, "bobs")
    sign_in(client, alice)
    page = visit(client, "/links").send("/links/switch", slug=["one", "two", "bobs", "nonsense"], do="off")
    assert "2 links are changed." in page.notices()
    assert {link.slug: link.status for link in Link.select()} == {"one": OFF, "two": OFF, "three": LIVE, "bobs": LIVE}


def test_a_duplicate_is_a_draft_with_an_address_of_its_own(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice, durations=[45])
    sign_in(client, alice)
    page = visit(client, "/links").send("/links/demo/duplicate")
    copy = Link.get(Link.status == DRAFT)
    assert page.path == f"/links/{copy.slug}/edit/overview"
    assert (copy.slug != "demo", copy.durations, copy.internal_name) == (True, [45], "Link demo, copy")


def test_a_duplicate_of_another_kind_and_name(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice, overview={"internal_name": "<b>Demo</b>"})
    sign_in(client, alice)
    asked = visit(client, "/links/demo/duplicate")
    assert asked.heading() == "Duplicate “<b>Demo</b>”"
    assert asked.fields("/links/demo/duplicate")["kind"] == ["individual"]
    asked.send("/links/demo/duplicate", name=" The  team ", kind="round_robin")
    copy = Link.get(Link.status == DRAFT)
    assert (copy.kind, copy.internal_name) == ("round_robin", "The team")
    asked.send("/links/demo/duplicate", name="", kind="nonsense")
    copies = list(Link.select().where(Link.status == DRAFT).order_by(Link.id))
    assert (copies[1].kind, copies[1].internal_name) == ("individual", "<b>Demo</b>, copy")


def test_the_longest_name_has_a_duplicate_too(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice, overview={"internal_name": "n" * 120})
    sign_in(client, alice)
    visit(client, "/links").send("/links/demo/duplicate")
    assert len(Link.get(Link.status == DRAFT).internal_name) == 120


def test_deleting_asks_with_the_name_and_says_what_follows(client: FlaskClient) -> None:
    alice = make.user()
    link = make.link(alice)
    make.booking(link)
    sign_in(client, alice)
    asked = visit(client, "/links/demo/delete")
    assert asked.heading() == "Delete “Link demo”?"
    assert "One meeting that was booked through it lies ahead; it takes place." in asked.main()
    assert Link.get().status == LIVE
    gone = asked.send("/links/demo/delete")
    assert (gone.path, Link.get().status) == ("/links", DELETED)
    assert client.get("/book/demo").status_code == 404
    assert visit(client, "/links/demo/delete").status == 404


def test_what_was_deleted_can_be_brought_back_for_a_while(client: FlaskClient) -> None:
    alice = make.user()
    link = make.link(alice, overview={"internal_name": "<i>Talk</i>"})
    sign_in(client, alice)
    gone = visit(client, "/links/demo/delete").send("/links/demo/delete")
    assert "“<i>Talk</i>” is deleted." in gone.words()
    assert rows(gone) == []
    back = gone.send(f"/links/deleted/{link.id}/restore")
    assert back.notices() == ["“<i>Talk</i>” is back."]
    assert (Link.get().status, len(rows(back))) == (LIVE, 1)
    assert client.get("/book/demo").status_code == 200
    visit(client, "/links/demo/delete").send("/links/demo/delete")
    clock.set_source(lambda: make.NOW + links.UNDO_LASTS)
    assert not visit(client, f"/links?deleted={link.id}").has_form(f"/links/deleted/{link.id}/restore")


def test_whose_address_was_taken_meanwhile_is_told_the_new_one(client: FlaskClient) -> None:
    alice = make.user()
    link = make.link(alice)
    sign_in(client, alice)
    gone = visit(client, "/links/demo/delete").send("/links/demo/delete")
    make.link(alice)
    back = gone.send(f"/links/deleted/{link.id}/restore")
    assert back.notices() == ["“Link demo” is back, at /book/demo-2: its old address is taken by now."]


def test_nobody_else_is_offered_to_bring_it_back(client: FlaskClient, app: Any) -> None:
    alice, bob = make.user(), make.user("Bob Stone")
    link = make.link(alice)
    links.delete(alice, link, make.NOW)
    sign_in(client, bob)
    page = visit(client, f"/links?deleted={link.id}")
    assert "is deleted" not in page.words()
    token = visit(client, "/profile").fields("/sign-out")["csrf_token"]
    assert client.post(f"/links/deleted/{link.id}/restore", data={"csrf_token": token}).status_code == 404
    for strange in ("x", "99999999999999999999", "-1", "0"):
        assert visit(client, f"/links?deleted={strange}").status == 200


@pytest.mark.parametrize("act", ["off", "on", "duplicate", "delete"])
def test_strangers_and_mere_members_change_nothing(client: FlaskClient, app: Any, act: str) -> None:
    alice, bob, charlie = make.user(), make.user("Bob Stone"), make.user("Charlie Vane")
    make.link(alice, kind="group", team=[alice, bob])
    for person, allowed in ((charlie, {404}), (bob, {403} if act != "duplicate" else {200})):
        visitor = app.test_client()
        sign_in(visitor, person)
        token = visit(visitor, "/profile").fields("/sign-out")["csrf_token"]
        response = visitor.post(f"/links/demo/{act}", data={"csrf_token": token}, follow_redirects=True)
        assert response.status_code in allowed
    assert Link.get(Link.slug == "demo").status == LIVE


def test_nothing_changes_by_looking(client: FlaskClient) -> None:
    alice = make.user()
    make.link(alice)
    sign_in(client, alice)
    for path in ("/links/demo/off", "/links/demo/on", "/links/switch", "/links/deleted/1/restore"):
        assert client.get(path).status_code in {404, 405}
    assert client.get("/links/demo/duplicate").status_code == 200
    assert (Link.select().count(), Link.get().status) == (1, LIVE)


def test_a_member_may_look_and_share_but_is_offered_no_change(client: FlaskClient) -> None:
    alice, bob = make.user(), make.user("Bob Stone")
    make.link(alice, kind="group", team=[alice, bob])
    sign_in(client, bob)
    page = visit(client, "/links")
    assert len(rows(page)) == 1
    assert not page.has_form("/links/demo/off")
    assert "/links/demo/share" in page.links().values()
    assert "/links/demo/edit/overview" not in page.links().values()


# --- in a browser


@pytest.fixture
def three_links(live: Any) -> Iterator[None]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        alice = make.user(role="admin")
        make.user("Bob Stone")
        for hour, slug in enumerate(("first", "second", "third"), start=8):
            make.booking(make.link(alice, slug), make.at("2026-12-01 00:00") + timedelta(hours=hour))
        yield


@pytest.mark.browser
def test_searching_as_one_types_keeps_the_words_and_the_focus(open_page: Opener, three_links: None) -> None:
    page = open_page("/links", signed_in="alice@example.org")
    field = page.get_by_role("searchbox", name="Search links")
    field.press_sequentially("seco", delay=30)
    page.get_by_role("link", name="Link first", exact=True).wait_for(state="detached")
    assert page.locator("#links tbody tr").count() == 1
    assert field.input_value() == "seco"
    assert page.evaluate("document.activeElement.name") == "q"
    assert "q=seco" in page.url
    assert_accessible(page)


@pytest.mark.browser
def test_the_menu_opens_by_keyboard_and_escape_gives_the_focus_back(open_page: Opener, three_links: None) -> None:
    page = open_page("/links", signed_in="alice@example.org")
    more = page.get_by_label("More for Link second")
    more.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Share…"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "More for Link second"
    assert page.locator("details[open]").count() == 0


@pytest.mark.browser
def test_sharing_opens_in_a_dialog_and_copies(open_page: Opener, three_links: None) -> None:
    page = open_page("/links", signed_in="alice@example.org", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_label("More for Link second").click()
    page.get_by_role("link", name="Share…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name="Share “Link second”").wait_for()
    assert_accessible(page)
    dialog.get_by_role("button", name="Copy").first.click()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/book/second")
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


@pytest.mark.browser
def test_deleting_asks_in_a_dialog(open_page: Opener, three_links: None) -> None:
    page = open_page("/links", signed_in="alice@example.org")
    page.get_by_label("More for Link third").click()
    page.get_by_role("link", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name="Delete “Link third”?").wait_for()
    dialog.get_by_role("link", name="Keep it").click()
    assert not dialog.is_visible()
    page.get_by_label("More for Link third").click()
    page.get_by_role("link", name="Delete…").click()
    dialog.get_by_role("button", name="Delete the link").click()
    page.get_by_text("“Link third” is deleted.").wait_for()
    assert page.locator("#links tbody tr").count() == 2
    assert_accessible(page)
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("“Link third” is back.").wait_for()
    assert page.locator("#links tbody tr").count() == 3


@pytest.mark.browser
def test_duplicating_as_another_kind_asks_in_a_dialog(open_page: Opener, three_links: None) -> None:
    page = open_page("/links", signed_in="alice@example.org")
    page.get_by_label("More for Link third").click()
    page.get_by_role("link", name="Duplicate as another kind…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name="Duplicate “Link third”").wait_for()
    assert_accessible(page)
    dialog.get_by_role("radio", name="Individual").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert dialog.get_by_role("radio", name="Round robin").is_checked()
    dialog.get_by_role("button", name="Make the copy").click()
    page.wait_for_url("**/edit/overview")


@pytest.mark.browser
def test_choosing_several_shows_the_bar(open_page: Opener, three_links: None) -> None:
    page = open_page("/links", signed_in="alice@example.org")
    bar = page.locator("#bulk")
    assert not bar.is_visible()
    page.get_by_label("Select all links").check()
    page.get_by_text("3 selected").wait_for()
    page.get_by_label("Select Link first").uncheck()
    page.get_by_text("2 selected").wait_for()
    bar.get_by_role("button", name="Turn off").click()
    page.get_by_text("2 links are changed.").wait_for()


@pytest.mark.browser
def test_the_theme_turns_at_once_and_stays(open_page: Opener, three_links: None) -> None:
    page = open_page("/links", signed_in="alice@example.org", color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark
    assert_accessible(page)


@pytest.mark.browser
@pytest.mark.parametrize("width", ["phone", "tablet", "desktop"])
def test_the_list_is_accessible_and_fits(open_page: Opener, three_links: None, width: str) -> None:
    page = open_page("/links", signed_in="alice@example.org", width=width)
    assert_accessible_light_and_dark(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_everything_works_without_script(open_page: Opener, three_links: None) -> None:
    page = open_page("/links", signed_in="alice@example.org", script=False)
    page.fill("[name=q]", "second")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#links tbody tr")).to_have_count(1)
    page.get_by_label("More for Link second").click()
    page.get_by_role("link", name="Share…").click()
    page.get_by_role("heading", name="Share “Link second”").wait_for()
    page.get_by_role("link", name="Done").click()
    page.get_by_label("More for Link first").click()
    page.locator("#link-1 .menu").get_by_role("button", name="Turn off").click()
    page.get_by_text("“Link first” is off.").wait_for()
    page.wait_for_load_state()
    expect(page.locator("#bulk")).to_be_hidden()
    page.get_by_label("Select Link second").check()
    page.locator("#bulk").get_by_role("button", name="Turn off").click()
    page.get_by_text("1 link is changed.").wait_for()
