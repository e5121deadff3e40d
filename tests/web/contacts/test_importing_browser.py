"""Importing and merging in a browser: by keyboard, without script, for everybody's eyes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from meetings.models import Contact, User
from tests import make
from tests.browser import assert_accessible, assert_accessible_light_and_dark, shoot

pytestmark = pytest.mark.browser

FILE = "E-mail;Prénom;Nom;Société;Pointure\nann@acme.example;Ann;Lee;Acme;38\nbob@gmail.com;Bob;Roe;;\nfaux;Cy;;;\n"
UPLOAD = {"name": "people.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
Workspace = Callable[..., Page]


def pictures(page: Page, name: str) -> None:
    """For whoever wants to look, as in tests/e2e."""
    if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
        shoot(page, name, Path(folder))


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def press(page: Page, name: str) -> None:
    """By keyboard alone."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def test_the_way_of_a_file_by_keyboard(workspace: Workspace) -> None:
    page = workspace("/contacts/import")
    pictures(page, "import-1")
    assert_accessible(page)
    press(page, "Continue")
    expect(page.get_by_label("CSV file")).to_be_focused()  # which was forgotten
    expect(page.locator("#file-error")).to_be_visible()
    page.get_by_label("CSV file").set_input_files(UPLOAD)
    press(page, "Continue")
    heading(page, "What are the columns?")
    expect(page.get_by_label("Prénom")).to_have_value("first_name")
    page.get_by_label("Pointure").focus()
    page.keyboard.type("Make")
    press(page, "Update the preview")
    expect(page.locator("#columns")).to_contain_text("38")
    expect(page.get_by_role("button", name="Update the preview")).to_be_focused()
    pictures(page, "import-2")
    assert_accessible_light_and_dark(page)
    press(page, "Check the contacts")
    heading(page, "Ready to import?")
    pictures(page, "import-3")
    assert_accessible_light_and_dark(page)
    press(page, "Import the right ones")
    heading(page, "The contacts are here")
    pictures(page, "import-4")
    assert_accessible(page)
    assert sorted(contact.email for contact in Contact.select()) == ["ann@acme.example", "bob@gmail.com"]


def test_a_file_and_a_merge_without_script(workspace: Workspace) -> None:
    page = workspace("/contacts/import", script=False)
    page.get_by_label("CSV file").set_input_files({**UPLOAD, "buffer": FILE.replace("faux;Cy;;;\n", "").encode()})
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Check the contacts").click()
    page.get_by_role("button", name="Import", exact=True).click()
    heading(page, "The contacts are here")
    page.goto(page.url.partition("/contacts")[0] + f"/contacts/{Contact.by_email('ann@acme.example').id}")
    page.get_by_role("link", name="Merge Ann Lee").click()
    page.get_by_role("searchbox").fill("roe")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Compare Bob Roe").click()
    page.get_by_role("button", name="Merge them").click()
    expect(page.locator(".notices")).to_contain_text("Bob Roe and Ann Lee are one contact now.")


def test_two_beside_each_other(workspace: Workspace, host: User) -> None:
    link = make.link(host)
    kept: Any = make.booking(link, email="maren@nordlicht.example").contact
    make.booking(link, "2026-12-01 10:00", email="maren@gmail.com")
    page = workspace("/contacts/duplicates")
    pictures(page, "duplicates")
    assert_accessible(page)
    page.get_by_role("link", name="Compare").click()
    pictures(page, "merge-two")
    assert_accessible_light_and_dark(page)
    page.get_by_role("link", name="Another contact").click()
    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_text("No contact found. Try another word.")).to_be_visible()
    assert_accessible(page)
    page.goto(page.url.partition("/contacts")[0] + f"/contacts/{kept.id}")
    pictures(page, "contact-with-merge")
