"""Public holidays on screen: in the profile, in the team, with and without script."""

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import DayOff, User
from meetings.services import holidays
from tests import make
from tests.web.pages import sign_in, visit


@pytest.fixture(autouse=True)
def alice(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    alice = make.user()
    sign_in(client, alice)
    return alice


def test_a_country_is_chosen_then_its_region(client: FlaskClient, alice: User) -> None:
    page = visit(client, "/profile")
    assert not page.has_form("/profile/holidays/days")
    assert "region" not in page.fields("/profile/holidays")
    page = page.send("/profile/holidays", country="DE")
    assert "The public holidays are saved." in page.words()
    assert page.fields("/profile/holidays")["region"] == [""]
    page = page.send("/profile/holidays", region="BY")
    assert page.fields("/profile/holidays") | {"csrf_token": []} == {
        "csrf_token": [],
        "country": ["DE"],
        "region": ["BY"],
    }
    assert User.get_by_id(alice.id).holidays == "DE-BY"
    assert "Wednesday 6 January 2027 Epiphany" in page.words()
    page = page.send("/profile/holidays", country="FR")  # whose regions are others
    assert User.get_by_id(alice.id).holidays == "FR"
    page = page.send("/profile/holidays", country="")
    assert "No public holidays are taken off any more." in page.words()
    assert not DayOff.select().exists()


def test_days_on_which_one_works(client: FlaskClient, alice: User) -> None:
    page = visit(client, "/profile").send("/profile/holidays", country="FR")
    page = page.send("/profile/holidays/days", works=["2026-12-25"])
    assert page.fields("/profile/holidays/days")["works"] == ["2026-12-25"]
    assert [row.day for row in DayOff.select().where(~DayOff.is_off)] == ["2026-12-25"]
    page = page.send("/profile/holidays/days", works=[])
    assert "works" not in page.fields("/profile/holidays/days")


def test_the_regions_of_a_country_come_along_when_it_is_picked(client: FlaskClient) -> None:
    fragment = client.get("/profile/holidays?country=DE", headers={"HX-Request": "true"})
    assert "Bayern" in fragment.text
    assert "<html" not in fragment.text
    assert "<select" not in client.get("/profile/holidays?country=JP", headers={"HX-Request": "true"}).text
    assert "<select" not in client.get("/profile/holidays?country=<x>", headers={"HX-Request": "true"}).text
    assert visit(client, "/profile/holidays?country=DE").path == "/profile"


def test_nonsense_changes_nothing(client: FlaskClient, alice: User) -> None:
    page = visit(client, "/profile").send("/profile/holidays", country="XX")
    assert "not known here" in page.words()
    assert User.get_by_id(alice.id).holidays == ""


def test_a_new_language_names_the_days_anew(client: FlaskClient, alice: User) -> None:
    visit(client, "/profile").send("/profile/holidays", country="FR").send("/profile", locale="fr")
    assert DayOff.get(DayOff.day == "2027-07-14").name == "Fête nationale"


def test_each_reader_sees_the_days_in_their_own_language(client: FlaskClient, alice: User) -> None:
    User.update(role="admin", locale="fr").where(User.id == alice.id).execute()
    bob = make.user("Bob Stone")
    holidays.choose(bob, bob, "FR", make.NOW)
    assert "Fête nationale" in visit(client, f"/team/{bob.id}").words()
    make.link(bob, "bobs", window={"kind": "rolling", "weeks": 6})
    assert "(Noël)" in visit(client, "/links/bobs/edit/scheduling").words()


def test_a_day_that_the_library_dropped_keeps_its_name(client: FlaskClient, alice: User) -> None:
    holidays.choose(alice, alice, "FR", make.NOW)
    DayOff.create(user=alice, day="2027-02-02", name="Abolished")
    assert "Abolished" in visit(client, "/profile").words()


def test_admins_choose_for_others(client: FlaskClient, alice: User) -> None:
    User.update(role="admin").execute()
    bob = make.user("Bob Stone")
    path = f"/team/{bob.id}/holidays"
    page = visit(client, f"/team/{bob.id}").send(path, country="FR")
    assert (page.path, page.heading()) == (f"/team/{bob.id}", "Bob Stone")
    page = page.send(f"{path}/days", works=["2027-01-01"])
    assert page.fields(f"{path}/days")["works"] == ["2027-01-01"]
    assert [row.day for row in DayOff.select().where(DayOff.user == bob, ~DayOff.is_off)] == ["2027-01-01"]


def test_members_find_nobody_else(client: FlaskClient, alice: User) -> None:
    bob = make.user("Bob Stone")
    holidays.choose(bob, bob, "FR", make.NOW)
    token = visit(client, "/profile").fields("/profile/holidays")["csrf_token"]
    path = f"/team/{bob.id}/holidays"
    assert client.get(path, headers={"HX-Request": "true"}).status_code == 404
    assert client.post(path, data={"country": "DE", "csrf_token": token}).status_code == 404
    assert client.post(f"{path}/days", data={"works": "2026-12-25", "csrf_token": token}).status_code == 404
    assert User.get_by_id(bob.id).holidays == "FR"
    assert not DayOff.select().where(~DayOff.is_off).exists()
