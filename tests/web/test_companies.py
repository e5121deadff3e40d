"""Companies on screen, without script."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playhouse.test_utils import count_queries

from meetings import clock
from meetings.models import Company, Contact, User
from meetings.services import companies, contacts
from tests import make
from tests.hostile import BATCHES, MARK, dangers
from tests.web.pages import sign_in, visit


@pytest.fixture
def ada(app: Flask, client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    found = make.user("Ada Admin", role="admin")
    sign_in(client, found)
    return found


@pytest.fixture
def acme(ada: User) -> Company:
    """With Olga at it."""
    found = companies.create(ada, {"name": "Acme", "domain": "acme.example"}, make.NOW)
    contacts.create(ada, {"email": "olga@acme.example", "first_name": "Olga"}, make.NOW)
    return found


def test_one_is_made_changed_and_taken_away(client: FlaskClient, ada: User) -> None:
    bob = make.user("Bob Okafor")
    page = visit(client, "/contacts").go("Companies")
    assert "No company yet" in page.main()
    page = page.go("Add a company").send("/companies/new", name="Acme", domain="@Acme.example", owner=bob.email)
    assert page.notices() == ["Acme is added."]
    assert "Owns everybody at @acme.example who has no owner of their own." in page.main()
    here = page.path
    page = page.send(here, name="Acme Group")
    assert page.notices() == ["Acme Group is saved."]
    page = page.go("Delete…")
    assert page.heading() == "Delete Acme Group?"
    assert "no longer belong to Bob Okafor" in page.main()
    assert page.send(f"{here}/delete").notices() == ["Acme Group is deleted. Its contacts are still here."]


def test_its_contacts_stay(client: FlaskClient, acme: Company) -> None:
    page = visit(client, f"/companies/{acme.id}")
    assert {"Olga", "Show it in the list"} <= page.links().keys()
    assert "Olga" in page.go("Show it in the list").main()
    page = visit(client, f"/companies/{acme.id}/delete")
    assert "One contact stays, without a company." in page.main()
    page.send(f"/companies/{acme.id}/delete")
    assert Contact.get().company is None
    assert visit(client, f"/companies/{acme.id}").status == 404


def test_what_is_wrong_stands_beside_its_field(client: FlaskClient, acme: Company) -> None:
    for typed, field in [
        ({"name": ""}, "name"),
        ({"name": "Other", "domain": "acme.example"}, "domain"),
        ({"name": "Other", "domain": "gmail.com"}, "domain"),
        ({"name": "Other", "domain": "nothing"}, "domain"),
    ]:
        page = visit(client, "/companies/new").send("/companies/new", **typed)
        assert (page.status, page.errors().keys()) == (422, {field}), typed


def test_the_list_is_searched_and_tells_how_many_are_there(client: FlaskClient, ada: User, acme: Company) -> None:
    bob = make.user("Bob Okafor")
    companies.create(ada, {"name": "Globex", "domain": "globex.example", "owner": bob.email}, make.NOW)
    assert "Acme acme.example 1" in visit(client, "/companies").main()
    for query, found in [
        ("q=glob", {"Globex"}),
        ("q=acme.ex", {"Acme"}),
        (f"owner={bob.id}", {"Globex"}),
        ("q=zz", set()),
    ]:
        assert {"Acme", "Globex"} & visit(client, f"/companies?{query}").links().keys() == found, query


@pytest.mark.parametrize(("looked_for", "said"), [("acm", "1 company"), ("nobody", "0 companies")])
def test_how_many_were_found_is_said(client: FlaskClient, acme: Company, looked_for: str, said: str) -> None:
    found = visit(client, f"/companies?q={looked_for}").all("p", role="status", id="found")
    assert [one.text.strip() for one in found] == [said]


def test_all_pages_are_counted_and_which_one_it_is_is_said(client: FlaskClient, ada: User) -> None:
    for number in range(51):
        companies.create(ada, {"name": f"C{number}"}, make.NOW)
    for query, said in (("", "51 companies. Page 1"), ("?page=2", "51 companies. Page 2")):
        page = visit(client, f"/companies{query}")
        assert [page.words(one) for one in page.all("p", role="status", id="found")] == [said]


def test_a_long_list_asks_the_database_no_more_often(client: FlaskClient, ada: User, acme: Company) -> None:
    def asked() -> int:
        visit(client, "/companies")
        with count_queries() as counted:
            visit(client, "/companies")
        return counted.count

    few = asked()
    for number in range(60):
        companies.create(ada, {"name": f"C{number:02}", "domain": f"c{number}.example", "owner": ada.email}, make.NOW)
    assert asked() <= few + 1  # whose they are, to choose from
    assert "C59" in visit(client, "/companies").go("Next").links()


def test_members_look_at_those_of_their_contacts(app: Flask, client: FlaskClient, ada: User, acme: Company) -> None:
    bob, browser = make.user("Bob Okafor"), app.test_client()
    sign_in(browser, bob)
    assert visit(browser, f"/companies/{acme.id}").status == 404
    assert "Acme" not in visit(browser, "/companies").main()
    make.booking(make.link(bob), email="olga@acme.example")
    page = visit(browser, "/companies").go("Acme")
    assert "Everybody with an address" not in page.main()
    assert not page.all("input", name="name")
    assert "Delete…" not in page.links()
    token = page.all("input", name="csrf_token")[0].get("value")
    assert browser.post(f"/companies/{acme.id}", data={"name": "Mine", "csrf_token": token}).status_code == 403
    for path in ("/companies/new", f"/companies/{acme.id}/delete"):
        assert visit(browser, path).status == 403
    assert Company.get().name == "Acme"


@pytest.mark.alike
@pytest.mark.parametrize("batch", BATCHES, ids=range(len(BATCHES)))
def test_hostile_names_are_words(client: FlaskClient, ada: User, batch: list[str]) -> None:
    made = [companies.create(ada, {"name": words}, make.NOW) for words in batch]
    contact = contacts.create(ada, {"email": "olga@acme.example", "company": batch[0]}, make.NOW)
    for path in (
        "/companies",
        "/contacts",
        f"/contacts/{contact.id}",
        f"/contacts/{contact.id}/edit",
        f"/companies/{made[0].id}",
    ):
        page = visit(client, path)
        assert page.status == 200
        assert MARK in page.words() or MARK in page.response.get_data(as_text=True)
        assert dangers(page.response.get_data(as_text=True)) == [], path
    for company in made:
        shown = visit(client, f"/companies/{company.id}/delete")
        assert dangers(shown.response.get_data(as_text=True)) == []
