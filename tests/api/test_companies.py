"""Companies by API."""

import pytest

from meetings.models import Company, Contact, User
from tests import make
from tests.api.conftest import code, fields
from tests.hostile import PAYLOADS

ACME = {"name": "Acme", "domain": "acme.example", "owner": "bob@example.org"}


def test_one_is_made_read_changed_and_deleted(as_user, ada, bob):
    caller = as_user(ada)
    made = caller.post("/companies", ACME).json
    assert made == {"id": made["id"], **ACME, "contacts": 0}
    path = f"/companies/{made['id']}"
    caller.post("/contacts", {"email": "olga@acme.example"})
    assert caller.get(path).json == {**made, "contacts": 1}
    changed = caller.patch(path, {"name": "Acme Group", "owner": None}).json
    assert changed == {"id": made["id"], "name": "Acme Group", "domain": "acme.example", "owner": None, "contacts": 1}
    assert caller.patch(path, {"domain": None}).json["domain"] is None
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404
    assert Contact.get().company is None


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"domain": "gmail.com"}, ["domain"]),
        ({"domain": "@mail.yahoo.co.uk"}, ["domain"]),
        ({"domain": "no domain"}, ["domain"]),
        ({"domain": "acme"}, ["domain"]),
        ({"domain": "a@b@acme.example"}, ["domain"]),
        ({"domain": "taken.example"}, ["domain"]),
        ({"domain": None, "name": "ONLY A NAME"}, ["name"]),
        ({"owner": "nobody@example.org"}, ["owner"]),
        ({"contacts": 5}, ["contacts"]),
    ],
)
def test_what_is_wrong_is_named(as_user, ada, bob, change, wrong):
    caller = as_user(ada)
    caller.post("/companies", {"name": "Taken", "domain": "taken.example"})
    caller.post("/companies", {"name": "Only a name"})
    assert fields(caller.post("/companies", {**ACME, **change})) == wrong
    made = caller.post("/companies", ACME).json
    assert fields(caller.patch(f"/companies/{made['id']}", change)) == wrong


def test_a_domain_is_taken_as_people_write_it(as_user, ada, bob):
    assert as_user(ada).post("/companies", {**ACME, "domain": " @ACME.Example "}).json["domain"] == "acme.example"
    assert (
        as_user(ada)
        .post("/companies", {"name": "Bücher", "domain": "bücher.example"})
        .json["domain"]
        .startswith("xn--")
    )


def test_whoever_has_such_an_address_and_no_company_is_at_it(as_user, ada, bob):
    caller = as_user(ada)
    globex = caller.post("/companies", {"name": "Globex", "domain": "globex.example"}).json
    for email, company in [("olga@acme.example", ""), ("jon@acme.example", "Globex"), ("eva@gmail.com", "")]:
        caller.post("/contacts", {"email": email, "company": company})
    assert caller.post("/companies", ACME).json["contacts"] == 1
    found = {one["email"]: one["company"] for one in caller.get("/contacts").json["items"]}
    assert found == {"olga@acme.example": "Acme", "jon@acme.example": globex["name"], "eva@gmail.com": ""}


def test_members_see_companies_of_their_contacts_and_change_none(as_user, ada, alice, bob, charlie):
    make.booking(make.link(alice), email="olga@acme.example")
    make.booking(make.link(bob, "other"), email="jon@acme.example")
    company = Company.get()
    path = f"/companies/{company.id}"
    assert as_user(alice).get(path).json["contacts"] == 1  # whom Alice sees
    assert as_user(ada).get(path).json["contacts"] == 2
    assert as_user(charlie).get(path).status_code == 404
    assert as_user(charlie).get("/companies").json["items"] == []
    assert [one["id"] for one in as_user(alice).get("/companies").json["items"]] == [company.id]
    caller = as_user(alice)
    for answer in (caller.patch(path, {"name": "X"}), caller.delete(path), caller.post("/companies", {"name": "X"})):
        assert code(answer) == "forbidden"


def test_the_list_is_narrowed(as_user, ada, bob):
    caller = as_user(ada)
    caller.post("/companies", ACME)
    caller.post("/companies", {"name": "Globex", "domain": "globex.example"})
    for query, names in [
        ("", ["Acme", "Globex"]),
        ("query=glob", ["Globex"]),
        ("query=acme.ex", ["Acme"]),
        ("owner=bob@example.org", ["Acme"]),
        ("owner=none", ["Globex"]),
    ]:
        assert [one["name"] for one in caller.get(f"/companies?{query}").json["items"]] == names, query


def test_an_owner_who_left_stays_until_another_is_named(as_user, ada, bob):
    made = as_user(ada).post("/companies", ACME).json
    User.update(is_active=False).where(User.id == bob.id).execute()
    assert as_user(ada).patch(f"/companies/{made['id']}", {"name": "Acme Group"}).json["owner"] == bob.email


def test_hostile_names_come_back_as_they_were(as_user, ada):
    for words in PAYLOADS:
        made = as_user(ada).post("/companies", {"name": words})
        assert made.status_code == 201, (words, made.text)
        assert made.json["name"] == " ".join(words.split())
