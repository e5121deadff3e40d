"""Every call by everybody who may not make it: nothing is told, nothing changes."""

import hashlib

import pytest

from meetings.api.calls import CALLS
from meetings.models import TABLES, ApiToken, Transfer
from meetings.services import access, notes, schedules
from tests import make
from tests.api.test_links import SHORT
from tests.api.test_public import wish

BODIES = {
    "book_slot": wish(),
    "move_booking": {"start": "2026-12-02T09:00:00Z"},
    "cancel_booking": {"reason": "Because"},
    "add_link": {**SHORT, "overview": {"internal_name": "x", "organizer": "alice@example.org"}},
    "change_link": {"scheduling": {"heading": "Mine now"}},
    "transfer_links": {"slugs": ["demo"], "organizer": "charlie@example.org"},
    "add_user": {"email": "new@example.org", "name": "New"},
    "change_user": {"name": "Changed"},
    "add_schedule": {"user": "alice@example.org", "name": "Mine now"},
    "change_schedule": {"name": "Mine now"},
    "add_contact": {"email": "maren@example.com"},
    "change_contact": {"first_name": "Mine now"},
    "add_note": {"text": "Mine now"},
    "change_note": {"text": "Mine now"},
    "add_company": {"name": "Mine now"},
    "change_company": {"name": "Mine now"},
    "add_busy": {"user": "alice@example.org", "start": "2026-12-01T11:00:00Z", "end": "2026-12-01T12:00:00Z"},
}
LISTS = {"list_links", "list_users", "list_busy", "list_bookings", "list_schedules", "list_contacts", "list_companies"}
OWN = {"show_me"}
NEW = {"upload_picture"}  # what concerns nobody else
TAKEN = {"add_contact"}  # says no more than that the address is somebody's
SHARED = {"list_properties"}  # the whole team's
CLOSED = [name for name, line in CALLS.items() if line.access != "public"]


@pytest.fixture
def alices(alice):
    """What Alice has: a link, a booking, a busy time, a schedule, a note."""
    row = make.booking(make.link(alice))
    busy = make.busy(alice, "2026-12-03 09:00", "2026-12-03 10:00")
    own = schedules.create(alice, alice, {"name": "Alice's mornings"})
    made = Transfer.create(actor=alice, actor_name=alice.name, made_at=make.NOW, former={"links": [], "bookings": []})
    return {
        "user": alice.id,
        "busy": busy.id,
        "schedule": own.id,
        "booking": row.public_id,
        "link": "demo",
        "row": row,
        "transfer": made.id,
        "note": notes.add(alice, row.contact, "Alice's", make.NOW).id,
    }


def path_of(name: str, alices) -> str:
    path = CALLS[name].path
    kind = path.split("/")[1]
    value = {
        "users": alices["user"],
        "busy": alices["busy"],
        "schedules": alices["schedule"],
        "bookings": alices["booking"],
        "links": alices["link"],
        "transfers": alices["transfer"],
        "contacts": alices["row"].contact_id,
        "companies": alices["row"].contact.company_id,
    }.get(kind)
    for mark in ("<key:id>", "<id>", "<slug>"):
        path = path.replace(mark, str(value))
    return path.replace("<key:note_id>", str(alices["note"]))


def fingerprint() -> str:
    """A hash of everything that is stored, but for the tokens that tests themselves make."""
    rows = [
        str(sorted(table.select().order_by(table.id).dicts(), key=lambda row: row["id"]))
        for table in TABLES
        if table is not ApiToken
    ]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@pytest.mark.parametrize("name", CLOSED)
def test_a_stranger(as_user, charlie, alices, name):
    caller = as_user(charlie)
    before = fingerprint()
    answer = caller.call(CALLS[name].method, path_of(name, alices), json=BODIES.get(name))
    assert fingerprint() == before
    if name in LISTS:
        found = [item for item in answer.json["items"] if item.get("email") != "charlie@example.org"]
        assert (answer.status_code, found) == (200, [])
    elif name in OWN:
        assert answer.json["email"] == "charlie@example.org"
    elif name in SHARED:
        assert answer.status_code == 200
        assert "alice" not in answer.text
    elif name in NEW:
        assert answer.status_code == 422
    elif name in TAKEN:
        assert answer.status_code == 409
    else:
        assert answer.status_code == (
            403 if CALLS[name].access == "admin" or name in {"add_link", "add_busy", "add_schedule"} else 404
        )
        assert "alice" not in answer.text


@pytest.mark.parametrize("token", [None, "", "wrong", "null", "0" * 4000])
def test_nobody_in_particular(anybody, alices, token):
    anybody.token = token
    before = fingerprint()
    for name in CLOSED:
        answer = anybody.call(CALLS[name].method, path_of(name, alices), json=BODIES.get(name))
        assert answer.status_code == 401, name
    assert fingerprint() == before


@pytest.mark.parametrize("name", [name for name, line in CALLS.items() if line.access == "booking"])
def test_a_contact_with_another_booking_s_token(anybody, bob, alices, name):
    other = make.booking(make.link(bob, "bobs"))
    before = fingerprint()
    path = f"{path_of(name, alices)}?token={access.manage_token(other)}"
    assert anybody.call(CALLS[name].method, path, json=BODIES.get(name)).status_code == 404
    assert fingerprint() == before


def test_looking_changes_nothing(as_user, ada, alices):
    caller = as_user(ada)
    before = fingerprint()
    for name in [name for name, line in CALLS.items() if line.method == "GET"]:
        path = path_of(name, alices).replace("None", "demo").replace("<code>", "invalid")
        for method in ("GET", "HEAD", "OPTIONS"):
            headers = {"Authorization": f"Bearer {caller.token}"}
            assert caller.client.open(f"/api/v1{path}", method=method, headers=headers).status_code < 500
        assert fingerprint() == before, name
