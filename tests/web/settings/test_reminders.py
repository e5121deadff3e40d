"""The reminders that new links begin with, on their page of the settings."""

import pytest

from meetings import clock
from meetings.models import Link
from meetings.services import reminder_defaults
from tests import make
from tests.web.pages import Page
from tests.web.test_wizard import sign_in

PATH = "/settings/reminders"


@pytest.fixture
def ada(app):
    clock.set_source(lambda: make.NOW)
    return make.user("Ada Admin", role="admin")


@pytest.fixture
def page(client, ada):
    return Page(sign_in(client, ada), client.get(PATH))


def test_they_are_kept_and_shown(page):
    assert page.fields(PATH)["value"] == ["", "", ""]
    page = page.send(PATH, value=["1", "", "2"], unit=["days", "days", "hours"])
    assert "New links begin with these reminders" in page.words()
    assert reminder_defaults.current() == [{"value": 1, "unit": "days"}, {"value": 2, "unit": "hours"}]
    assert page.fields(PATH)["value"] == ["1", "2", ""]
    assert page.fields(PATH)["unit"] == ["days", "hours", "days"]


def test_what_is_wrong_is_said_beside_its_row(page):
    page = page.send(PATH, value=["1", "24", "x"], unit=["days", "hours", "days"])
    assert page.status == 422
    assert set(page.errors()) == {"reminder_1", "reminder_2"}
    page = page.send(PATH, value=["1", "24", ""], unit=["days", "hours", "days"])
    assert page.errors() == {"reminder_1": "This is here twice. Remove one of them."}
    assert page.fields(PATH)["value"] == ["1", "24", ""]
    assert reminder_defaults.current() == []


def test_a_new_link_begins_with_them_and_may_differ(page):
    page.send(PATH, value=["1", "", ""], unit=["days", "days", "days"])
    page.client.get("/links/new/individual", follow_redirects=True)
    assert Link.get().automation["reminders"] == [{"value": 1, "unit": "days"}]


def test_members_have_no_such_page(app, ada):
    assert sign_in(app.test_client(), make.user("Bob Stone")).get(PATH).status_code == 403
