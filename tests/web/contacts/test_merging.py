"""Merging two contacts, without script."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings.models import Contact, OtherAddress, Property, PropertyValue, User
from tests import hostile, make
from tests.web.pages import sign_in, visit


@pytest.fixture
def pair(ada: User) -> tuple[Contact, Contact]:
    link = make.link()
    kept = make.booking(link, email="maren@nordlicht.example").contact
    other = make.booking(link, "2026-12-01 10:00", email="maren@gmail.com").contact
    phone = Property.get(Property.name == "phone")
    PropertyValue.create(contact=other, property=phone, value="+33 1 23 45", changed_at=make.NOW)
    return kept, other


def test_the_whole_way(client: FlaskClient, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    search = visit(client, f"/contacts/{kept.id}").go("Merge Maren Holt")
    assert "maren@gmail.com" in search.main()  # the same last name is looked for at once
    two = search.go("Compare Maren Holt maren@gmail.com")
    assert two.heading() == "Merge maren@nordlicht.example and maren@gmail.com?"  # they are called the same
    for words in (
        "+33 1 23 45",
        "Whoever reads either mailbox can see and erase what is kept about both",
        "Meetings 1 1 2",
    ):
        assert words in two.main()
    done = two.send(f"/contacts/{kept.id}/merge")
    assert done.path == f"/contacts/{kept.id}"
    assert done.notices() == ["Maren Holt is one contact now, with both addresses."]
    assert OtherAddress.get().email == "maren@gmail.com"
    assert visit(client, f"/contacts/{other.id}").status == 404


def test_the_other_one_can_be_kept_instead(client: FlaskClient, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    two = visit(client, f"/contacts/{kept.id}/merge?other={other.id}").go("Swap what is kept")
    two.send(f"/contacts/{other.id}/merge")
    assert [contact.email for contact in Contact.select()] == ["maren@gmail.com"]


def test_what_has_changed_since_is_not_merged(client: FlaskClient, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    two = visit(client, f"/contacts/{kept.id}/merge?other={other.id}")
    Contact.update(email="else@x.example").where(Contact.id == other.id).execute()
    assert two.send(f"/contacts/{kept.id}/merge").status == 409
    assert Contact.select().count() == 2


def test_searching(client: FlaskClient, pair: tuple[Contact, Contact]) -> None:
    kept, _ = pair
    Contact.create(email="jon@x.example", first_name="Jon", last_name="Dahl", created_at=make.NOW)
    for text, said in (("dahl", "1 person"), ("nobody", "No contact found. Try another word.")):
        page = visit(client, f"/contacts/{kept.id}/merge?q={text}")
        assert [page.words(one) for one in page.all("p", role="status", id="found-count")] == [said]
        assert ("jon@x.example" in page.main()) == (text == "dahl")
    fragment = visit(client, f"/contacts/{kept.id}/merge?q=dahl", HX_Request="true")
    assert not list(fragment.all("main"))


@pytest.mark.parametrize("other", ["999", "x", "-1", "9" * 30])
def test_nobody_to_merge_with(client: FlaskClient, pair: tuple[Contact, Contact], other: str) -> None:
    kept, _ = pair
    page = visit(client, f"/contacts/{kept.id}/merge?other={other}")
    assert page.status in {200, 404}
    assert visit(client, f"/contacts/{kept.id}/merge?other={kept.id}").status == 404


def test_likely_pairs_are_listed(client: FlaskClient, pair: tuple[Contact, Contact]) -> None:
    page = visit(client, "/contacts").go("Duplicates")
    two = page.go("Compare maren@nordlicht.example maren@gmail.com")
    two.send(two.path)
    assert "No duplicates found" in visit(client, "/contacts/duplicates").main()


def test_members_may_not(app: Flask, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    member = app.test_client()
    sign_in(member, make.user("Bob Berg"))
    for path in ("/contacts/duplicates", f"/contacts/{kept.id}/merge", f"/contacts/{kept.id}/merge?other={other.id}"):
        assert visit(member, path).status == 403


def test_hostile_names_stay_names(client: FlaskClient, ada: User) -> None:
    for text in hostile.PAYLOADS[::7]:
        kept, other = (
            Contact.create(
                email=f"{hash(text) % 10**9}@{domain}", first_name=text[:100], last_name="X", created_at=make.NOW
            )
            for domain in ("gmail.com", "web.de")
        )
        for path in (f"/contacts/{kept.id}/merge", f"/contacts/{kept.id}/merge?other={other.id}"):
            assert hostile.dangers(visit(client, path).response.get_data(as_text=True)) == []
    assert hostile.dangers(visit(client, "/contacts/duplicates").response.get_data(as_text=True)) == []
