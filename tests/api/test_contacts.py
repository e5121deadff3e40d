"""Contacts and notes by API."""

import pytest

from meetings.models import Booking, Company, Contact, Note, OtherAddress, User
from meetings.services import contacts, properties
from tests import make
from tests.api.conftest import code, fields
from tests.hostile import PAYLOADS

OLGA = {"email": "Olga@Acme.Example", "first_name": "Olga", "last_name": "Berg"}
BODY = {**OLGA, "company": "Acme", "owner": "bob@example.org", "properties": {"job_title": "Boss", "phone": None}}


@pytest.fixture
def met(alice, bob):
    """A contact whom Alice and Bob have met."""
    link = make.link(alice, kind="group", team=[alice, bob])
    return make.booking(link).contact


def test_one_is_made_read_changed_and_erased(as_user, ada, bob):
    caller = as_user(ada)
    made = caller.post("/contacts", BODY).json
    assert made == {
        "id": made["id"],
        "email": "olga@acme.example",
        "other_addresses": [],
        "first_name": "Olga",
        "last_name": "Berg",
        "company": "Acme",
        "owner": "bob@example.org",
        "properties": {"job_title": "Boss"},
        "created_at": "2026-11-30T08:00:00Z",
    }
    path = f"/contacts/{made['id']}"
    assert caller.get(path).json == made
    changed = caller.patch(
        path, {"last_name": "Lund", "owner": None, "properties": {"phone": "+33 1 23 45 67 89"}}
    ).json
    assert changed == {
        **made,
        "last_name": "Lund",
        "owner": None,
        "properties": {"job_title": "Boss", "phone": "+33 1 23 45 67 89"},
    }
    assert caller.patch(path, {"properties": {"job_title": None}}).json["properties"] == {"phone": "+33 1 23 45 67 89"}
    assert caller.patch(path, {"properties": None, "company": None}).json["properties"] == {}
    assert Contact.get_by_id(made["id"]).company is None
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404
    assert Company.select().count() == 1  # a company is nobody's own


def test_without_a_company_the_address_tells_it(as_user, ada):
    assert as_user(ada).post("/contacts", OLGA).json["company"] == "acme.example"
    assert as_user(ada).post("/contacts", {"email": "olga@gmail.com"}).json["company"] == ""
    assert as_user(ada).post("/contacts", {"email": "o@other.example", "company": ""}).json["company"] == ""


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"email": "nonsense"}, ["email"]),
        ({"email": None}, ["email"]),
        ({"first_name": "x" * 101}, ["first_name"]),
        ({"company": 5}, ["company"]),
        ({"owner": "nobody@example.org"}, ["owner"]),
        ({"owner": 5}, ["owner"]),
        ({"nickname": "O"}, ["nickname"]),
        ({"properties": []}, ["properties"]),
        ({"properties": {"shoe_size": 42}}, ["properties.shoe_size"]),
        ({"properties": {"company": "Acme"}}, ["properties.company"]),
        ({"properties": {"phone": "call me", "website": "?"}}, ["properties.phone", "properties.website"]),
    ],
)
def test_what_is_wrong_is_named(as_user, ada, change, wrong):
    assert fields(as_user(ada).post("/contacts", {**OLGA, **change})) == wrong
    made = as_user(ada).post("/contacts", OLGA).json
    if change != {"email": None}:
        assert fields(as_user(ada).patch(f"/contacts/{made['id']}", change)) == wrong
    for other in (99, "1", [], {}):
        assert fields(as_user(ada).patch(f"/contacts/{made['id']}", {"id": other})) == ["id"]


def test_every_kind_of_property_as_programs_have_it(as_user, ada):
    kinds = {"number": 12.5, "yes_no": False, "checkboxes": ["A", "B"], "date": "2026-12-03", "select": "B"}
    names = {
        kind: properties.add(ada, {"label": kind, "kind": kind, "options": ["A", "B"]}, make.NOW).name for kind in kinds
    }
    sent = {names[kind]: value for kind, value in kinds.items()}
    assert as_user(ada).post("/contacts", {**OLGA, "properties": sent}).json["properties"] == sent


def test_an_address_is_somebody_s_once(as_user, ada, alice, met):
    OtherAddress.create(email="m@home.example", contact=met)
    for email in ("MAREN@example.com", "m@home.example"):
        answer = as_user(alice).post("/contacts", {"email": email})
        assert (answer.status_code, code(answer)) == (409, "duplicate-contact")
    other = as_user(ada).post("/contacts", OLGA).json
    answer = as_user(ada).patch(f"/contacts/{other['id']}", {"email": "maren@example.com"})
    assert code(answer) == "duplicate-contact"


def test_one_s_other_address_becomes_the_first(as_user, ada, met):
    OtherAddress.create(email="m@home.example", contact=met)
    changed = as_user(ada).patch(f"/contacts/{met.id}", {"email": "m@home.example"}).json
    assert (changed["email"], changed["other_addresses"]) == ("m@home.example", ["maren@example.com"])


# --- who may do what


def test_members_see_whom_they_own_or_have_met(as_user, ada, alice, bob, charlie, met):
    def seen(user):
        return [one["email"] for one in as_user(user).get("/contacts").json["items"]]

    as_user(ada).post("/contacts", {**OLGA, "owner": charlie.email})
    assert seen(alice) == seen(bob) == ["maren@example.com"]
    assert seen(charlie) == ["olga@acme.example"]
    assert seen(ada) == ["maren@example.com", "olga@acme.example"]
    assert as_user(charlie).get(f"/contacts/{met.id}").status_code == 404
    assert as_user(charlie).patch(f"/contacts/{met.id}", {"first_name": "X"}).status_code == 404
    assert code(as_user(charlie).delete(f"/contacts/{met.id}")) == "forbidden"


def test_members_make_their_own_and_give_them_away(as_user, alice, bob):
    made = as_user(alice).post("/contacts", OLGA).json
    assert made["owner"] == "alice@example.org"
    path = f"/contacts/{made['id']}"
    assert as_user(alice).patch(path, {"owner": "bob@example.org"}).json["owner"] == "bob@example.org"
    assert as_user(alice).get(path).status_code == 404
    assert as_user(bob).get(path).status_code == 200
    assert as_user(alice).post("/contacts", {"email": "x@x.example", "owner": None}).json["owner"] == alice.email


def test_who_has_met_somebody_changes_only_their_own(as_user, alice, met):
    assert code(as_user(alice).patch(f"/contacts/{met.id}", {"first_name": "X"})) == "forbidden"
    Contact.update(owner=alice).execute()
    assert as_user(alice).patch(f"/contacts/{met.id}", {"first_name": "Mara"}).json["first_name"] == "Mara"


def test_whoever_owns_the_company_owns_its_contacts_without_one(as_user, ada, bob, charlie):
    made = as_user(ada).post("/contacts", OLGA).json
    Company.update(owner=charlie).execute()
    path = f"/contacts/{made['id']}"
    assert as_user(charlie).patch(path, {"first_name": "Ola"}).json["owner"] is None
    as_user(ada).patch(path, {"owner": bob.email})
    assert as_user(charlie).get(path).status_code == 404


def test_an_owner_who_left_stays_until_another_is_named(as_user, ada, bob):
    made = as_user(ada).post("/contacts", {**OLGA, "owner": bob.email}).json
    User.update(is_active=False).where(User.id == bob.id).execute()
    path = f"/contacts/{made['id']}"
    assert as_user(ada).patch(path, {"first_name": "Ola"}).json["owner"] == bob.email
    assert fields(as_user(ada).patch(path, {"owner": bob.email})) == ["owner"]


# --- lists


def test_the_list_is_narrowed_and_goes_on(as_user, ada, bob):
    caller = as_user(ada)
    for number in range(5):
        owner = {"owner": bob.email} if number % 2 else {}
        caller.post("/contacts", {"email": f"c{number}@acme.example", "first_name": f"C{number}", **owner})
    first = caller.get("/contacts?limit=2").json
    second = caller.get(f"/contacts?limit=2&cursor={first['next']}").json
    assert [one["first_name"] for one in first["items"] + second["items"]] == ["C0", "C1", "C2", "C3"]
    company = Company.get()
    for query, found in [
        ("owner=bob@example.org", ["C1", "C3"]),
        ("owner=none", ["C0", "C2", "C4"]),
        ("owner=nobody@example.org", []),
        ("query=c3", ["C3"]),
        (f"company={company.id}&query=c4", ["C4"]),
        ("company=987", []),
    ]:
        assert [one["first_name"] for one in caller.get(f"/contacts?{query}").json["items"]] == found, query
    for query, wrong in [("owner=x", ["owner"]), ("company=x", ["company"]), ("limit=0", ["limit"])]:
        assert fields(caller.get(f"/contacts?{query}")) == wrong


def test_a_long_list_costs_no_more_statements(as_user, ada, count_queries):
    caller = as_user(ada)
    counts = []
    for number in range(12):
        values = {"email": f"c{number}@firm{number}.example", "properties": {"phone": "+33 1 23 45 67 89"}}
        contacts.create(ada, values, make.NOW)
        if number in {1, 11}:
            with count_queries() as seen:
                caller.get("/contacts")
            counts.append(len(seen))
    assert counts[0] == counts[1]


# --- notes


def test_notes_are_written_and_read_by_whoever_sees_the_contact(as_user, alice, bob, charlie, met):
    path = f"/contacts/{met.id}/notes"
    note = as_user(alice).post(path, {"text": " Likes tea\n"}).json
    assert note == {
        "id": note["id"],
        "text": "Likes tea",
        "by": "Alice Martin",
        "author": "alice@example.org",
        "at": "2026-11-30T08:00:00Z",
    }
    as_user(bob).post(path, {"text": "Likes coffee"})
    first = as_user(bob).get(f"{path}?limit=1").json
    assert first["items"] == [note]
    assert [one["text"] for one in as_user(bob).get(f"{path}?cursor={first['next']}").json["items"]] == ["Likes coffee"]
    for answer in (as_user(charlie).get(path), as_user(charlie).post(path, {"text": "x"})):
        assert answer.status_code == 404


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 5001}, {"text": 5}, {"text": None}])
def test_what_is_no_note_is_refused(as_user, ada, met, body):
    assert fields(as_user(ada).post(f"/contacts/{met.id}/notes", body)) == ["text"]
    assert not Note.select().exists()


def test_notes_are_changed_by_their_author_and_deleted_by_admins_too(as_user, ada, alice, bob, charlie, met):
    path = f"/contacts/{met.id}/notes"
    note, other = (as_user(alice).post(path, {"text": words}).json for words in ("Likes tea", "Likes cake"))
    one = f"{path}/{note['id']}"
    assert as_user(alice).patch(one, {"text": "Likes coffee"}).json == {**note, "text": "Likes coffee"}
    for caller, status in ((bob, 403), (ada, 403), (charlie, 404)):
        assert as_user(caller).patch(one, {"text": "x"}).status_code == status
    for caller, status in ((bob, 403), (charlie, 404), (alice, 204)):
        assert as_user(caller).delete(one).status_code == status
    assert as_user(alice).delete(one).status_code == 404
    assert as_user(ada).delete(f"{path}/{other['id']}").status_code == 204
    assert not Note.select().exists()


def test_the_author_who_was_removed_is_a_name_without_an_address(as_user, ada, alice, met):
    as_user(alice).post(f"/contacts/{met.id}/notes", {"text": "Likes tea"})
    make.removed(ada, alice)
    (note,) = as_user(ada).get(f"/contacts/{met.id}/notes").json["items"]
    assert (note["by"], note["author"]) == ("Alice Martin", None)


def test_a_note_is_found_at_its_own_contact_alone(as_user, ada, met):
    caller = as_user(ada)
    stranger = caller.post("/contacts", OLGA).json["id"]
    note = caller.post(f"/contacts/{met.id}/notes", {"text": "Likes tea"}).json["id"]
    assert caller.patch(f"/contacts/{stranger}/notes/{note}", {"text": "x"}).status_code == 404
    assert caller.delete(f"/contacts/{stranger}/notes/{note}").status_code == 404
    assert fields(caller.patch(f"/contacts/{met.id}/notes/{note}", {})) == ["text"]
    assert Note.get().text == "Likes tea"


def test_hostile_words_come_back_as_they_were(as_user, ada, met):
    caller = as_user(ada)
    for words in PAYLOADS:
        short = words[:100]
        changed = caller.patch(
            f"/contacts/{met.id}", {"first_name": short, "company": words, "properties": {"job_title": words}}
        )
        assert changed.status_code == 200, (words, changed.text)
        assert changed.json["company"] == " ".join(words.split())
        assert caller.post(f"/contacts/{met.id}/notes", {"text": words}).status_code == 201


def test_erasing_waits_for_the_mails_of_meetings_that_are_off(as_user, ada, met):
    assert as_user(ada).delete(f"/contacts/{met.id}").status_code == 204
    assert Booking.get().status == "cancelled"
    assert as_user(ada).get(f"/contacts/{met.id}").status_code == 200
