"""The team's name and how the place is doing, as admins have them."""

import pytest
from flask.testing import FlaskClient

from meetings.models import User, workspace
from meetings.services import calendars
from tests import make
from tests.web.pages import sign_in, visit


@pytest.fixture
def boss(client: FlaskClient) -> User:
    admin = make.user(role="admin")
    sign_in(client, admin)
    return admin


def test_the_team_gets_a_name(client: FlaskClient, boss: User) -> None:
    page = visit(client, "/settings").send("/settings", team_name="  Northlight   Acoustics ")
    assert page.notices() == ["The team’s name is saved."]
    assert workspace.team_name() == "Northlight   Acoustics"
    assert "Northlight" in page.words(next(iter(page.tree.iter("title"))))


@pytest.mark.parametrize("name", ["", "   ", "a" * 81, "a\x00b"])
def test_a_poor_name_is_refused(client: FlaskClient, boss: User, name: str) -> None:
    page = visit(client, "/settings").send("/settings", team_name=name)
    assert (page.status, list(page.errors())) == (422, ["team_name"])
    assert workspace.team_name() == "Meetings"


def test_settings_say_what_is_missing(client: FlaskClient, boss: User) -> None:
    words = visit(client, "/settings").main()
    assert "Mail is not set up" in words
    assert "Only this machine can reach it." in words


def test_calendars_are_not_required_until_an_admin_says_so(client: FlaskClient, boss: User) -> None:
    page = visit(client, "/settings")
    assert not calendars.are_required()
    page = page.send("/settings/calendars", is_required="y")
    assert page.notices() == ["From now on, only people with a connected calendar can join a link."]
    assert calendars.are_required()
    box = next(one for one in page.all("input", name="is_required"))
    assert box.get("checked") is not None
    page = page.send("/settings/calendars", is_required=None)
    assert page.notices() == ["People can join a link with or without a connected calendar."]
    assert not calendars.are_required()


def test_members_decide_nothing_about_calendars(client: FlaskClient, boss: User) -> None:
    page = visit(client, "/settings")
    boss.role = "member"
    boss.save()
    assert page.send("/settings/calendars", is_required="y").status == 403
    assert not calendars.are_required()
