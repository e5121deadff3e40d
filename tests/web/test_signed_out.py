"""A session that ended while a form was open: nothing typed is lost without a word, and the open page goes on afterwards."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from meetings import clock
from meetings.models import Link, Session, User
from meetings.services import links
from tests import make
from tests.browser import Live, Opener, assert_accessible, data
from tests.browser import sign_in as sign_in_anew
from tests.web.pages import Page, sign_in, visit

HTMX = {"HX-Request": "true"}
EDITOR = "/links/demo/edit/overview"
LOST = "What you entered last was not saved"


@pytest.fixture
def alice(app: Flask) -> User:
    clock.set_source(lambda: make.NOW)
    return make.user()


@pytest.fixture
def editor(client: FlaskClient, alice: User) -> Page:
    """The editor of a link, opened by somebody who signed in by the form."""
    make.link(alice, "demo")
    sign_in(client, alice)
    return visit(client, EDITOR)


def typed(editor: Page) -> dict[str, object]:
    return {**editor.fields(EDITOR), "description": "A long text", "do": "save"}


def end_session(client: FlaskClient, way: str) -> None:
    """However a session ends: its row goes, the browser forgets the cookie, or somebody signs out in another tab."""
    match way:
        case "over":
            Session.delete().execute()
        case "forgotten":
            client.delete_cookie("session")
        case "signed out":
            visit(client, "/links").send("/sign-out")


WAYS = ["over", "forgotten", "signed out"]


@pytest.mark.parametrize("way", WAYS)
def test_the_editor_is_told_and_told_where_to_sign_in(client: FlaskClient, editor: Page, way: str) -> None:
    end_session(client, way)
    answer = client.post(EDITOR, data=typed(editor), headers=HTMX)
    assert answer.status_code == 401
    assert answer.headers["HX-Reswap"] == "none"
    assert "HX-Redirect" not in answer.headers
    text = answer.get_data(as_text=True)
    assert "You are signed out." in text
    assert re.search(r'<a href="/sign-in"[^>]* target="_blank"', text)


@pytest.mark.parametrize("way", WAYS)
def test_after_signing_in_again_the_open_page_saves(client: FlaskClient, editor: Page, alice: User, way: str) -> None:
    end_session(client, way)
    client.post(EDITOR, data=typed(editor), headers=HTMX)
    sign_in(client, alice)
    assert client.post(EDITOR, data=typed(editor), headers=HTMX).status_code == 200
    assert Link.by_slug("demo").overview["description"] == "A long text"


def test_an_open_page_is_no_key_for_somebody_else(client: FlaskClient, editor: Page) -> None:
    end_session(client, "signed out")
    sign_in(client, make.user("Bob Bee", role="admin"))
    assert client.post(EDITOR, data=typed(editor), headers=HTMX).status_code == 400
    assert Link.by_slug("demo").overview["description"] != "A long text"


def test_a_form_of_before_signing_in_is_no_key_afterwards(client: FlaskClient, alice: User) -> None:
    door = visit(client, "/sign-in").fields("/sign-in")
    sign_in(client, alice)
    assert client.post("/profile", data={"csrf_token": door["csrf_token"], "name": "Mallory"}).status_code == 400


def test_what_was_typed_is_not_said_to_be_kept(client: FlaskClient, editor: Page) -> None:
    end_session(client, "over")
    answer = client.post(EDITOR, data={**typed(editor), "do": "keep"}, headers=HTMX)
    assert answer.status_code == 401
    assert Link.by_slug("demo").unsaved == {}


def test_strangers_are_asked_to_sign_in_whatever_they_send(client: FlaskClient) -> None:
    assert client.post("/links/demo/delete", headers=HTMX).status_code == 401
    assert client.post("/profile").headers["Location"] == "/sign-in?next=%2Fprofile&unsaved=1"


def test_a_page_that_shows_no_note_leads_to_sign_in(client: FlaskClient, editor: Page) -> None:
    end_session(client, "over")
    answer = client.post("/links/demo/try", headers={**HTMX, "HX-Boosted": "true"})
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Flinks%2Fdemo%2Ftry&unsaved=1"


# --- without script


@pytest.mark.parametrize("way", WAYS)
def test_without_script_one_comes_back_to_the_page_and_is_told(
    client: FlaskClient, editor: Page, alice: User, way: str
) -> None:
    end_session(client, way)
    door = Page(client, client.post(EDITOR, data=typed(editor), follow_redirects=True))
    assert door.path == "/sign-in"
    assert "You were signed out." in door.main()
    back = door.send("/sign-in", email=alice.email, password=make.PASSWORD)
    assert back.path == EDITOR
    assert any(LOST in notice for notice in back.notices())


def test_a_mistyped_password_forgets_none_of_it(client: FlaskClient, editor: Page, alice: User) -> None:
    end_session(client, "over")
    door = Page(client, client.post(EDITOR, data=typed(editor), follow_redirects=True))
    back = door.send("/sign-in", email=alice.email, password="x").send(
        "/sign-in", email=alice.email, password=make.PASSWORD
    )
    assert back.path == EDITOR
    assert any(LOST in notice for notice in back.notices())


def test_a_button_elsewhere_leads_back_to_its_page(client: FlaskClient, editor: Page) -> None:
    end_session(client, "over")
    pressed = client.post("/links/switch", data={}, headers={"Referer": "http://localhost/links?status=live"})
    assert pressed.headers["Location"] == "/sign-in?next=%2Flinks%3Fstatus%3Dlive&unsaved=1"
    pressed = client.post("/links/switch", data={}, headers={"Referer": "http://evil.example/links"})
    assert pressed.headers["Location"] == "/sign-in"


def test_who_lost_nothing_is_told_nothing(client: FlaskClient, alice: User) -> None:
    inside = visit(client, "/links").send("/sign-in", email=alice.email, password=make.PASSWORD)
    assert inside.notices() == []


# --- a link that is gone


def test_a_link_that_somebody_deleted_is_said_to_be(client: FlaskClient, editor: Page) -> None:
    admin = make.user("Bob Bee", role="admin")
    link = Link.by_slug("demo")
    links.delete(admin, link, make.NOW)
    answer = client.post(EDITOR, data=typed(editor), headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Reswap"]) == (410, "none")
    text = answer.get_data(as_text=True)
    assert "This link was deleted." in text
    undo = re.search(r'<a href="([^"]+)"[^>]* target="_blank"', text)
    assert undo
    assert undo[1] == f"/links?deleted={link.id}"
    visit(client, undo[1]).send(f"/links/deleted/{link.id}/restore")
    assert client.post(EDITOR, data=typed(editor), headers=HTMX).status_code == 200
    assert Link.by_slug("demo").overview["description"] == "A long text"


def test_after_the_time_to_bring_it_back_only_the_list_is_left(client: FlaskClient, editor: Page) -> None:
    links.delete(make.user("Bob Bee", role="admin"), Link.by_slug("demo"), make.NOW - links.UNDO_LASTS)
    answer = client.post(EDITOR, data=typed(editor), headers=HTMX)
    assert answer.status_code == 410
    assert "This link was deleted." in answer.get_data(as_text=True)
    assert 'href="/links"' in answer.get_data(as_text=True)


def test_without_script_a_deleted_link_is_said_to_be_gone(client: FlaskClient, editor: Page) -> None:
    links.delete(make.user("Bob Bee", role="admin"), Link.by_slug("demo"), make.NOW)
    page = Page(client, client.post(EDITOR, data=typed(editor)))
    assert page.status == 410
    assert "This link was deleted." in page.main()


def test_strangers_learn_of_no_deleted_link(client: FlaskClient, editor: Page, app: Flask) -> None:
    links.delete(make.user("Bob Bee", role="admin"), Link.by_slug("demo"), make.NOW)
    other = app.test_client()
    page = sign_in(other, make.user("Carol Cole"))
    token = page.fields("/sign-out")["csrf_token"]
    assert other.post(EDITOR, data={"csrf_token": token, "do": "save"}, headers=HTMX).status_code == 404


# --- in a browser


def furnished(live: Live) -> User:
    """Whose link is there to be edited."""
    clock.set_source(lambda: make.NOW)
    with data(live):
        alice = make.user()
        make.link(alice, "demo")
    return alice


def typing(live: Live, open_page: Opener) -> Tab:
    """The editor in which something was typed that is not saved yet."""
    page = open_page(EDITOR, signed_in=furnished(live).email)
    page.fill("#description", "A long text")
    return page


@pytest.mark.browser
def test_signed_out_while_typing_nothing_is_lost(live: Live, open_page: Opener) -> None:
    page = typing(live, open_page)
    with data(live):
        Session.delete().execute()
    page.click("#onward")
    note = page.locator("#form-note")
    expect(note).to_contain_text("You are signed out.")
    expect(note.get_by_role("link")).to_be_focused()
    expect(page.locator("#fault")).to_be_hidden()
    expect(page.locator("#description")).to_have_value("A long text")
    assert_accessible(page)
    page.fill("#description", "A longer text")  # the page asks again, and says it once
    with page.expect_response(lambda answer: answer.status == 401):
        page.locator("#description").blur()
    expect(note).to_have_count(1)
    with page.expect_popup() as tab:
        note.get_by_role("link").click()
    expect(tab.value).to_have_url(re.compile("/sign-in"))
    sign_in_anew(page.context, "alice@example.org")
    tab.value.close()
    page.click("#onward")
    expect(note).to_have_count(0)
    expect(page.locator("#wizard-state")).not_to_have_text("Not saved yet")
    with data(live):
        assert Link.by_slug("demo").overview["description"] == "A longer text"


@pytest.mark.browser
def test_deleted_meanwhile_it_is_brought_back_and_saved(live: Live, open_page: Opener) -> None:
    page = typing(live, open_page)
    with data(live):
        links.delete(make.user("Bob Bee", role="admin"), Link.by_slug("demo"), make.NOW)
    page.click("#onward")
    note = page.locator("#form-note")
    expect(note).to_contain_text("This link was deleted.")
    expect(page.locator("#fault")).to_be_hidden()
    assert_accessible(page)
    with page.expect_popup() as tab:
        note.get_by_role("link").click()
    tab.value.get_by_role("button", name="Undo").click()
    expect(tab.value.locator(".notices")).to_contain_text("is back")
    tab.value.close()
    page.click("#onward")
    expect(note).to_have_count(0)
    with data(live):
        assert Link.by_slug("demo").overview["description"] == "A long text"


@pytest.mark.browser
def test_who_leaves_signed_out_is_asked_first(live: Live, open_page: Opener) -> None:
    page = typing(live, open_page)
    with data(live):
        Session.delete().execute()
    page.click("#onward")
    expect(page.locator("#form-note")).to_be_visible()
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.locator(".rail a[href$='/bookings']").click(no_wait_after=True)
    expect(page.locator("#description")).to_have_value("A long text")
    assert asked == ["beforeunload"]


@pytest.mark.browser
def test_a_dialog_keeps_what_was_typed_too(live: Live, open_page: Opener) -> None:
    page = open_page("/links", signed_in=furnished(live).email)
    page.locator("tbody details[data-menu] > summary").click()
    page.locator("tbody a[hx-get$='/demo/share']").click()
    page.locator("#dialog [hx-get*='/share/person']").click()
    page.fill("#person-email", "max@example.com")
    with data(live):
        Session.delete().execute()
    page.get_by_role("button", name="Make the address").click()
    expect(page.locator("#dialog #form-note")).to_contain_text("You are signed out.")
    expect(page.locator("#person-email")).to_have_value("max@example.com")
    assert_accessible(page)
