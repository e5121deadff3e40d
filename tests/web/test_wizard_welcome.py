"""The welcome of a round robin in the wizard: contacts' own hosts, and what greets contacts before the times."""

import io

import pytest
from flask.testing import FlaskClient
from PIL import Image

from meetings import clock
from meetings.models import Link, Picture
from meetings.services import links, pictures
from tests import make
from tests.web.test_wizard import Page, document, sign_in


@pytest.fixture
def alice(app):
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


@pytest.fixture
def robin(alice) -> Link:
    return make.link(alice, "robin", kind="round_robin", team=[alice, make.user("Bob Brown")])


@pytest.fixture
def signed_in(client, alice) -> FlaskClient:
    return sign_in(client, alice)


@pytest.fixture
def page(signed_in, robin) -> Page:
    return Page(signed_in, "/links/robin/edit/welcome")


def photo(width: int = 1200, height: int = 1800) -> tuple[io.BytesIO, str]:
    found = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(found, "PNG")
    found.seek(0)
    return found, "team.png"


def scheduling() -> dict:
    return document("robin")["scheduling"]


def test_all_of_it_is_saved(page):
    page = page.press(
        "save",
        prioritize_contact_owner="y",
        beyond_team="y",
        assign_unowned="y",
        welcome_text="Good to see you.\nReally.",
    )
    assert page.status == 200
    found = scheduling()
    assert found["prioritize_contact_owner"] is True
    assert found["owner"] == {"beyond_team": True, "assign_unowned": True}
    assert found["welcome"] == {"picture": "default", "text": "Good to see you.\nReally."}
    page = page.press("save", prioritize_contact_owner=[], beyond_team=[], assign_unowned=[], welcome_text="")
    found = scheduling()
    assert found["prioritize_contact_owner"] is False
    assert found["owner"] == {"beyond_team": False, "assign_unowned": False}
    assert found["welcome"]["text"] == ""


def test_looking_changes_nothing(page):
    version = Link.by_slug("robin").version
    assert "Saved at" in page.text("wizard-state")
    page.press("save")
    assert Link.by_slug("robin").version == version


def test_what_follows_is_said(page):
    assert "Nothing on the page tells who is known." in page.text()
    assert "Shown only while “Prioritize contact owner” is on." in page.text()
    assert "while they are asked for their address" in page.press("save", prioritize_contact_owner="y").text()


def test_a_text_that_is_too_long_is_refused_beside_it(page):
    page = page.press("save", welcome_text="x" * 501)
    assert page.status == 422
    assert page.text("welcome_text-error")
    assert scheduling()["welcome"]["text"] == ""


def test_a_picture_is_uploaded_and_kept_upright(page, signed_in):
    page = page.press("save", prioritize_contact_owner="y", welcome_picture="own", picture_file=[photo()])
    assert page.status == 200
    name = scheduling()["welcome"]["picture"]
    kept = Picture.get(Picture.name == name)
    assert (kept.width, kept.height) == (pictures.COVER.width, pictures.COVER.height)
    assert page.all("img", id="welcome_picture-shown")
    assert scheduling()["picture"] == "default"  # that of the booking page is another
    assert name in signed_in.get("/links/robin/preview?step=welcome").text


def test_a_file_that_is_no_picture_is_refused_beside_it(page):
    page = page.press("save", welcome_picture="own", picture_file=[(io.BytesIO(b"no picture"), "x.png")])
    assert page.status == 422
    assert page.text("welcome_picture-error")
    assert scheduling()["welcome"]["picture"] == "default"


def test_a_picture_in_use_is_not_cleared_away_and_may_stay_if_it_is_gone(page, alice):
    page = page.press("save", welcome_picture="own", picture_file=[photo()])
    name = scheduling()["welcome"]["picture"]
    later = make.NOW + pictures.KEPT_UNUSED * 2
    pictures.clear_away(later)
    assert Picture.select().where(Picture.name == name).exists()
    pictures.remove(name)
    assert page.press("save", welcome_text="Still here").status == 200
    assert scheduling()["welcome"] == {"picture": name, "text": "Still here"}


def test_programs_can_not_name_a_picture_that_nobody_uploaded(alice, robin):
    patch = {"scheduling": {"welcome": {"picture": f"{'0' * 32}.webp"}}}
    assert [flaw.field for flaw in links.judge(robin)(patch)] == ["scheduling.welcome.picture"]


def test_the_preview_greets_only_while_owners_are_prioritized(page, signed_in):
    def preview(**changes):
        values = {**page.fields(), **changes, "step": ["welcome"]}
        return signed_in.post("/links/robin/preview", data=values).get_data(as_text=True)

    assert "See free times" not in preview()
    greeted = preview(prioritize_contact_owner="y", welcome_text="Good to see you.")
    assert "See free times" in greeted
    assert "Good to see you." in greeted
    assert "Bob" in greeted


def test_other_steps_keep_what_waits_there(page):
    page = page.press("go:form", welcome_text="Half a sent")
    assert page.path == "/links/robin/edit/form"
    page = page.press("go:welcome")
    assert page.value("welcome_text") == "Half a sent"
    assert scheduling()["welcome"]["text"] == ""
    page.press("save")
    assert scheduling()["welcome"]["text"] == "Half a sent"


def test_the_history_says_it_in_words(page, signed_in):
    page.press("save", prioritize_contact_owner="y", welcome_picture="logo")
    told = Page(signed_in, "/links/robin/history").text()
    assert "turned on “Contacts see their own host first”" in told
    assert "from the team’s faces to the logo" in told
