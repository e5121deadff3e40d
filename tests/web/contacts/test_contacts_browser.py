"""Contacts in a browser: notes in place, the list as one types, every page for eyes and readers."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from meetings.models import Company, Contact, User
from meetings.services import contacts, notes, properties
from tests import make
from tests.browser import assert_accessible_light_and_dark, shoot

pytestmark = pytest.mark.browser


@pytest.fixture
def maren(host: User) -> Contact:
    User.update(role="admin").execute()
    host = User.get_by_id(host.id)
    size = properties.add(host, {"label": "Team size", "kind": "select", "options": ["1 to 10", "More"]}, make.NOW)
    properties.add(host, {"label": "x" * 200, "kind": "line"}, make.NOW)
    properties.add(host, {"label": "Speaks", "kind": "checkboxes", "options": ["English", "French"]}, make.NOW)
    values = {"first_name": "Maren", "last_name": "Holt", "company": "Nordlicht AS", "properties": {size.name: "More"}}
    found = contacts.create(host, {"email": "maren@nordlicht.example", **values}, make.NOW)
    contacts.create(host, {"email": "jon@nordlicht.example", "first_name": "Jon"}, make.NOW)
    contacts.create(host, {"email": "eva@gmail.com", "first_name": "Eva", "owner": host.email}, make.NOW)
    Company.update(owner=host).where(Company.domain == "nordlicht.example").execute()
    link = make.link(host)
    make.booking(link, "2026-12-01 09:00", email=found.email)
    make.booking(link, "2026-12-02 09:00", email=found.email)
    notes.add(host, found, "Prefers mornings.\nHas a dog called Ada.", make.NOW)
    return found


def test_a_note_is_written_and_changed_in_place(workspace, maren: Contact) -> None:
    page = workspace(f"/contacts/{maren.id}")
    page.get_by_label("New note").fill("Likes tea")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator(".notes li").first).to_contain_text("Likes tea")
    expect(page.get_by_label("New note")).to_have_value("")
    page.get_by_role("link", name="Edit the note").first.click()
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.get_by_role("textbox", name="Note").fill("Likes coffee")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notes li").first).to_contain_text("Likes coffee")
    page.get_by_role("link", name="Delete the note").first.click()
    expect(page.locator("#dialog")).to_contain_text("Likes coffee")
    page.locator("#dialog").get_by_role("button", name="Delete for good").click()
    expect(page.locator(".notes li")).to_have_count(1)


def test_the_list_follows_what_is_typed_and_chosen(workspace, maren: Contact) -> None:
    page = workspace("/contacts")
    page.get_by_label("Search contacts").fill("nordl")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_label("Search contacts")).to_be_focused()
    page.get_by_label("Search contacts").fill("")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("#by-company").select_option(label="Nordlicht AS")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("Jon")
    page.get_by_label("Search contacts").fill("nobody")
    page.get_by_role("link", name="Show all of them").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_label("Search contacts")).to_be_focused()  # as the button is gone


def test_what_was_asked_for_last_is_shown(workspace, maren: Contact) -> None:
    """Whoever leaves the search asks again by that; an answer that is late does not take the place of a later one."""
    page = workspace("/contacts")
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.continue_()

    page.route("**/contacts?q=nobody*", answer)
    page.get_by_label("Search contacts").fill("nobody")
    show_all = page.get_by_role("link", name="Show all of them")
    expect(show_all).to_be_visible()
    with page.expect_event("requestfailed", lambda request: "q=nobody" in request.url):
        show_all.press("Enter")
    assert len(asked) == 2
    expect(page.locator("tbody tr")).to_have_count(3)


def test_every_page_is_for_everybody(workspace, maren: Contact, tmp_path: Path) -> None:
    """One after the other in one tab: starting a browser costs more than a page does."""
    paths = {
        "list": "/contacts",
        "person": f"/contacts/{maren.id}",
        "edit": f"/contacts/{maren.id}/edit",
        "new": "/contacts/new",
        "companies": "/companies",
        "company": f"/companies/{maren.company_id}",
    }
    page = workspace(paths["list"])
    for name, path in paths.items():
        page.goto(path)
        assert_accessible_light_and_dark(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        shoot(page, f"contacts-{name}", Path(os.environ.get("MEETINGS_TEST_SHOTS", tmp_path)))
