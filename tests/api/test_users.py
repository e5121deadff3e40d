"""People of the team."""

import pytest

from meetings.models import ApiToken, Contact, DayOff, Link, User
from meetings.services import users
from tests import make
from tests.api.conftest import code, fields

GRACE = {"email": "grace@example.org", "name": "Grace Hopper"}


def test_me(as_user, alice):
    assert as_user(alice).get("/me").json == {
        "id": alice.id,
        "email": "alice@example.org",
        "name": "Alice Martin",
        "timezone": "Europe/Paris",
        "locale": "en",
        "role": "member",
        "holidays": "",
        "active": True,
    }


# --- who may do what


def test_members_see_themselves_admins_everybody(as_user, alice, bob, ada):
    def emails(user):
        return [item["email"] for item in as_user(user).get("/users").json["items"]]

    assert emails(alice) == ["alice@example.org"]
    assert emails(ada) == ["alice@example.org", "bob@example.org", "ada@example.org"]
    assert as_user(alice).get(f"/users/{bob.id}").status_code == 404
    assert as_user(alice).get(f"/users/{alice.id}").status_code == 200
    assert as_user(ada).get(f"/users/{bob.id}").json["name"] == "Bob Okafor"


def test_members_change_only_their_own_details(as_user, alice, bob):
    caller = as_user(alice)
    changed = caller.patch(f"/users/{alice.id}", {"name": "Alice M.", "timezone": "Asia/Tokyo", "locale": "fr"})
    assert (changed.json["name"], changed.json["timezone"], changed.json["locale"]) == ("Alice M.", "Asia/Tokyo", "fr")
    assert code(caller.patch(f"/users/{alice.id}", {"role": "admin"})) == "forbidden"
    assert code(caller.patch(f"/users/{alice.id}", {"email": "bob@example.org"})) == "forbidden"
    assert code(caller.patch(f"/users/{bob.id}", {"name": "Robert"})) == "not-found"
    assert code(caller.post("/users", GRACE)) == "forbidden"
    assert code(caller.delete(f"/users/{bob.id}")) == "forbidden"
    assert code(caller.delete(f"/users/{alice.id}")) == "forbidden"
    assert User.get_by_id(alice.id).role == "member"
    assert User.get_by_id(bob.id).name == "Bob Okafor"


def test_public_holidays_are_chosen_by_country_or_region(as_user, alice, ada):
    caller = as_user(alice)
    for place in ("FR", "DE-BY", "", None):
        assert caller.patch(f"/users/{alice.id}", {"holidays": place}).json["holidays"] == (place or "")
    assert fields(caller.patch(f"/users/{alice.id}", {"holidays": "Atlantis", "name": "Alice M."})) == ["holidays"]
    for nonsense in (3, False, [], {}, "fr"):
        assert fields(caller.patch(f"/users/{alice.id}", {"holidays": nonsense})) == ["holidays"]
    assert User.get_by_id(alice.id).name == "Alice Martin"
    assert as_user(ada).patch(f"/users/{alice.id}", {"holidays": "US-CA"}).json["holidays"] == "US-CA"
    assert as_user(ada).post("/users", {**GRACE, "holidays": "FR"}).json["holidays"] == "FR"
    assert DayOff.select().join(User).where(User.email == GRACE["email"], DayOff.day == "2026-12-25").exists()
    assert code(as_user(ada).post("/users", {**GRACE, "holidays": "FR"})) == "invalid"


def test_nobody_gets_in_without_a_token(anybody, alice):
    for method, path in (
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", f"/users/{alice.id}"),
        ("DELETE", f"/users/{alice.id}"),
    ):
        answer = anybody.call(method, path)
        assert (answer.status_code, code(answer)) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "given", ["Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "bearer\tx", "Token x", "Bearer x y"]
)
def test_other_credentials_are_no_token(anybody, alice, given):
    assert anybody.get("/me", headers={"Authorization": given}).status_code == 401


def test_a_session_is_no_token(client, alice):
    """What a browser carries along must not act here: foreign pages could make it."""
    client.set_cookie("session", "anything")
    assert client.get("/api/v1/me").status_code == 401


def test_a_token_ends_with_its_user(as_user, alice, ada):
    caller = as_user(alice)
    users.set_active(ada, alice, is_active=False)
    assert caller.get("/me").status_code == 401


# --- adding


def test_an_admin_adds_somebody(as_user, ada):
    answer = as_user(ada).post("/users", {**GRACE, "timezone": "America/New_York", "locale": "fr", "role": "admin"})
    assert answer.status_code == 201
    made = User.get(User.email == "grace@example.org")
    found = answer.json
    assert found.pop("set_password_url").startswith("http://localhost/password/")
    assert found == {
        "id": made.id,
        **GRACE,
        "timezone": "America/New_York",
        "locale": "fr",
        "role": "admin",
        "holidays": "",
        "active": True,
    }
    assert made.is_active
    assert made.password_hash is None


def test_what_is_not_said_has_its_default(as_user, ada):
    answer = as_user(ada).post("/users", {"email": " Grace@Example.org ", "name": "Grace", "role": None})
    found = {key: answer.json[key] for key in ("email", "timezone", "locale", "role")}
    assert found == {"email": "grace@example.org", "timezone": "UTC", "locale": "en", "role": "member"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"email": None}, ["email"]),
        ({"email": "grace"}, ["email"]),
        ({"email": "a@example.org, b@example.org"}, ["email"]),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, ["email"]),
        ({"email": "ada@example.org"}, ["email"]),
        ({"email": "ADA@example.org"}, ["email"]),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 121}, ["name"]),
        ({"name": ["Grace"]}, ["name"]),
        ({"timezone": "New York"}, ["timezone"]),
        ({"locale": "tlh"}, ["locale"]),
        ({"role": "owner"}, ["role"]),
        ({"id": 1}, ["id"]),
        ({"password": "secret"}, ["password"]),
        ({"is_active": False}, ["is_active"]),
        ({"password_hash": "x", "created_at": 1}, ["created_at", "password_hash"]),
    ],
)
def test_wrong_details_are_named(as_user, ada, change, wrong):
    assert sorted(fields(as_user(ada).post("/users", {**GRACE, **change}))) == wrong
    assert User.select().count() == 1


# --- changing


def test_null_goes_back_to_the_default(as_user, ada, alice):
    assert as_user(ada).patch(f"/users/{alice.id}", {"timezone": None}).json["timezone"] == "UTC"
    assert fields(as_user(ada).patch(f"/users/{alice.id}", {"name": None})) == ["name"]


def test_a_document_can_be_sent_back_as_it_came(as_user, alice):
    document = as_user(alice).get("/me").json
    changed = as_user(alice).patch(f"/users/{alice.id}", {**document, "name": "Alice M."})
    assert changed.json == {**document, "name": "Alice M."}
    assert fields(as_user(alice).patch(f"/users/{alice.id}", {"id": alice.id + 1})) == ["id"]


def test_an_admin_changes_role_and_address(as_user, ada, alice):
    answer = as_user(ada).patch(f"/users/{alice.id}", {"role": "admin", "email": "Alice.M@example.org"})
    assert (answer.json["role"], answer.json["email"]) == ("admin", "alice.m@example.org")


def test_the_last_admin_stays_one(as_user, ada):
    assert fields(as_user(ada).patch(f"/users/{ada.id}", {"role": "member"})) == ["role"]
    assert as_user(ada).delete(f"/users/{ada.id}").status_code == 422


def test_a_wrong_change_changes_nothing(as_user, ada, alice):
    answer = as_user(ada).patch(f"/users/{alice.id}", {"name": "New", "timezone": "Nowhere", "shoe_size": 38})
    assert set(fields(answer)) <= {"timezone", "shoe_size"}
    assert User.get_by_id(alice.id).name == "Alice Martin"


# --- removing


def test_who_has_nothing_is_gone(as_user, ada, alice):
    caller = as_user(alice)
    assert as_user(ada).delete(f"/users/{alice.id}").status_code == 204
    assert as_user(ada).get(f"/users/{alice.id}").status_code == 404
    assert caller.get("/me").status_code == 401
    assert as_user(ada).delete(f"/users/{alice.id}").status_code == 404


def test_who_organizes_links_stays_unless_these_go_too(as_user, ada, alice):
    make.link(alice, "one")
    make.link(alice, "two")
    answer = as_user(ada).delete(f"/users/{alice.id}")
    assert (answer.status_code, code(answer), answer.json["links"]) == (409, "owns-links", ["one", "two"])
    assert as_user(ada).delete(f"/users/{alice.id}?delete_links=false").status_code == 409
    assert fields(as_user(ada).delete(f"/users/{alice.id}?delete_links=yes")) == ["delete_links"]
    assert as_user(ada).delete(f"/users/{alice.id}?delete_links=true").status_code == 204
    assert as_user(ada).get("/links").json["items"] == []


def test_who_met_somebody_is_gone_too_but_the_booking_stays(as_user, ada, alice):
    row = make.booking(make.link(alice))
    assert as_user(ada).delete(f"/users/{alice.id}?delete_links=true").status_code == 204
    assert as_user(ada).get(f"/users/{alice.id}").status_code == 404
    assert [item["email"] for item in as_user(ada).get("/users").json["items"]] == ["ada@example.org"]
    assert as_user(ada).get(f"/bookings/{row.public_id}").json["hosts"][0]["name"] == "Alice Martin"
    assert ApiToken.select().where(ApiToken.user == alice).count() == 0
    assert Link.get().status == "deleted"


def test_without_a_word_about_meetings_nothing_happens(as_user, ada, alice, bob):
    row = make.booking(make.link(bob, kind="round_robin", team=[alice]))
    answer = as_user(ada).delete(f"/users/{alice.id}")
    assert (answer.status_code, code(answer)) == (409, "holds-meetings")
    assert answer.json["bookings"] == [{"id": row.public_id, "reason": "undecided"}]
    assert as_user(ada).delete(f"/users/{alice.id}?bookings=cancel").status_code == 204
    assert as_user(ada).get(f"/bookings/{row.public_id}").json["status"] == "cancelled"


def test_whoever_takes_over_gets_everything(as_user, ada, alice, bob):
    row = make.booking(make.link(alice))
    Contact.update(owner=alice).execute()
    assert as_user(ada).delete(f"/users/{alice.id}?transfer_to={bob.email.upper()}").status_code == 204
    assert as_user(ada).get("/links/demo").json["overview"]["organizer"] == bob.email
    assert as_user(ada).get(f"/bookings/{row.public_id}").json["hosts"][0]["email"] == bob.email
    assert Contact.get().owner == bob


def test_what_they_have_no_time_for_is_in_the_way(as_user, ada, alice, bob):
    row = make.booking(make.link(alice))
    make.booking(make.link(bob, "bobs"), email="other@example.com")
    path = f"/users/{alice.id}?transfer_to={bob.email}"
    answer = as_user(ada).delete(path)
    assert (code(answer), answer.json["bookings"]) == (
        "holds-meetings",
        [{"id": row.public_id, "reason": "not-free"}],
    )
    assert as_user(ada).get("/links/demo").json["overview"]["organizer"] == alice.email
    assert as_user(ada).delete(f"{path}&cancel_rest=true").status_code == 204
    assert as_user(ada).get(f"/bookings/{row.public_id}").json["status"] == "cancelled"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("bookings=keep", "bookings"),
        ("contacts=keep", "contacts"),
        ("cancel_rest=1", "cancel_rest"),
        ("transfer_to=bob", "transfer_to"),
        ("transfer_to=nobody@example.org", "transfer_to"),
        ("transfer_to=alice@example.org", "transfer_to"),
        ("delete_links=true&bookings=hand_over", "transfer_to"),
    ],
)
def test_wrong_wishes_are_named(as_user, ada, alice, query, wrong):
    make.booking(make.link(alice))
    assert fields(as_user(ada).delete(f"/users/{alice.id}?{query}")) == [wrong]


# --- deactivating


def test_who_is_deactivated_is_out_until_they_are_back(as_user, ada, alice):
    make.link(alice)
    caller = as_user(alice)
    assert as_user(ada).patch(f"/users/{alice.id}", {"active": False}).json["active"] is False
    assert caller.get("/me").status_code == 401
    assert as_user(ada).get(f"/users/{alice.id}").json["active"] is False
    day = "/book/demo/slots?from=2026-12-01&to=2026-12-01"
    assert as_user(ada).get(day).json["slots"] == []
    assert as_user(ada).patch(f"/users/{alice.id}", {"active": None}).json["active"] is True
    assert caller.get("/me").status_code == 401  # tokens are made anew
    assert as_user(ada).get(day).json["slots"]


def test_what_becomes_of_everything_is_said_in_the_query(as_user, ada, alice, bob):
    row = make.booking(make.link(alice))
    path = f"/users/{alice.id}?transfer_to={bob.email}&links=keep"
    assert as_user(ada).patch(path, {"active": False}).status_code == 200
    assert as_user(ada).get("/links/demo").json["overview"]["organizer"] == alice.email
    assert as_user(ada).get(f"/bookings/{row.public_id}").json["hosts"][0]["email"] == bob.email


def test_being_here_is_changed_by_admins_on_its_own(as_user, ada, alice):
    assert code(as_user(alice).patch(f"/users/{alice.id}", {"active": False})) == "forbidden"
    assert fields(as_user(ada).patch(f"/users/{alice.id}", {"active": False, "name": "New"})) == ["active"]
    assert fields(as_user(ada).patch(f"/users/{alice.id}", {"active": "no"})) == ["active"]
    assert fields(as_user(ada).patch(f"/users/{alice.id}?links=delete", {"active": False})) == ["links"]
    assert fields(as_user(ada).patch(f"/users/{ada.id}", {"active": False})) == ["active"]
    assert fields(as_user(ada).post("/users", {**GRACE, "active": False})) == ["active"]
    assert User.get_by_id(alice.id).is_active


def test_a_list_goes_on_page_by_page(as_user, ada):
    for number in range(4):
        make.user(f"User{number} Test")
    first = as_user(ada).get("/users?limit=3").json
    rest = as_user(ada).get(f"/users?limit=3&cursor={first['next']}").json
    assert len(first["items"]) == 3
    assert [item["name"] for item in rest["items"]] == ["User2 Test", "User3 Test"]
    assert rest["next"] is None


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "999999999999999999999999", "2147483648", "abc", "1e3", "%31%00"])
def test_odd_numbers_are_unknown_people(as_user, ada, number):
    assert as_user(ada).get(f"/users/{number}").status_code == 404
