"""Every address, with every kind of number or name in it, opened by everybody: who may not is told so, nothing changes.

The cells are made from the routes themselves: a route that is added is in here at once. Whoever may open it, beside
admins and whoever it belongs to, has to be written down below.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from meetings import clock
from meetings.api.calls import CALLS, Access
from meetings.errors import NotFound
from meetings.models import (
    TABLES,
    ApiToken,
    Attempt,
    Booking,
    BusyTime,
    Company,
    ContactFile,
    Delivery,
    Link,
    LinkChange,
    Property,
    Schedule,
    Session,
    SingleUse,
    SubscriptionType,
    Transfer,
    User,
)
from meetings.models.links import DELETED
from meetings.services import access, links, notes, sessions, single_use, users
from meetings.web import guard
from meetings.web.doors import Door, door_of
from tests import make
from tests.web.pages import sign_in

UNKNOWN: Final = ("unknown", "deleted", "negative", "huge", "other")  # kinds of values that nobody has anything under
ROLES: Final = ("nobody", "contact", "organizer", "member", "former", "colleague", "left", "admin")

# What members of a team may do with its links: look, and pass them on.
OF_THE_TEAM: Final = {
    *("links.ask_for_copy", "links.duplicate", "history.page", "api.show_link", "api.show_history"),
    *("links.share", "links.qr", "links.share_embed", "links.try_embed", "links.share_once", "links.invite"),
    *("links.share_person", "links.name_person", "links.share_times"),
    *("explain.page", "api.explain_link", "turns.page", "api.show_turns"),
}
# What whoever holds a meeting may do with it, in the team or not any more.
OF_THE_HOSTS: Final = {
    *("bookings.show", "bookings.move", "bookings.do_move", "bookings.cancel", "bookings.do_cancel"),
    *("bookings.give", "bookings.do_give"),
    *("api.show_booking", "api.move_booking", "api.cancel_booking", "api.hand_over"),
}
HOSTS: Final = {"member", "former"}
# What is one's own so much that admins have no part in it.
ONES_OWN: Final = {"account.revoke", "account.revoke_token"}
# What anybody may open who has the address; of names that nobody has, they are told so.
ANYBODYS: Final = {Door.NONE, Door.ADDRESS, Door.BOOKING, Door.MAILBOX, Door.CODE}


CANARY: Final = {"internal_name": "Canary"}


class World:
    """Alice organizes a link of her own and one of a team, with Bob in it; Charlie has the same kinds of things."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        alice, bob, dora = make.user(), make.user("Bob Berg"), make.user("Dora Diaz")
        charlie, ed = make.user("Charlie Roux"), make.user("Ed Eden")
        admin = make.user("Zoe Admin", role="admin")
        self.things = {"own": self._things(alice, "own"), "foreign": self._things(charlie, "foreign")}
        team = make.link(alice, "team", kind="group", team=[alice, bob, dora], overview=CANARY)
        self.things["team"] = {
            **self.things["own"],
            "slug": "team",
            "public_id": make.booking(team, "2026-12-01 13:00").public_id,
        }
        rota = make.link(alice, "rota", kind="round_robin", team=[alice, bob], overview=CANARY)
        meeting = make.booking(rota, "2026-12-01 15:00", email="own@example.com")  # Alice's, who is first
        self.things["rota"] = {**self.things["own"], "slug": "rota", "public_id": meeting.public_id}
        links.update(alice, team, {"team": [{"user": alice.email}, {"user": bob.email}]}, make.NOW)
        links.update(alice, Link.get(Link.slug == "own"), {"scheduling": {"slug": "renamed"}}, make.NOW)
        make.link(alice, "draft", status="draft", overview=CANARY)
        self.things["draft"] = {**self.things["own"], "slug": "draft"}
        self.things["deleted"] = {"slug": "own-deleted", "public_id": "own-deleted", "token": "own-deleted"}
        self.things["unknown"] = {
            "slug": "nowhere",
            "public_id": "0b9d9b7c-5cf5-4b52-a8a0-2d64a2bcd1ab",
            "token": "x.y",
        }
        self.things["negative"] = dict.fromkeys(("slug", "public_id", "token"), "-1")
        self.things["huge"] = dict.fromkeys(("slug", "public_id", "token"), "9" * 300)
        self.things["other"] = {"slug": alice.id, "public_id": Booking.select().first().id, "token": alice.id}
        self.contacts_token = access.manage_token(Booking.get(Booking.email == "foreign@example.com"))
        people = {"organizer": alice, "member": bob, "former": dora, "colleague": charlie, "left": ed, "admin": admin}
        self.clients = {role: self._client(people.get(role)) for role in ROLES}
        self.bearers = {role: users.api_token(person, "", make.NOW) for role, person in people.items()}
        users.set_active(admin, ed, is_active=False)

    def _things(self, owner: User, name: str) -> dict[str, Any]:
        """One of everything, by the name that addresses have for it."""
        link = make.link(owner, name, overview=CANARY)
        booking = make.booking(link, email=f"{name}@example.com")
        links.update(owner, link, {"scheduling": {"heading": "Another"}}, make.NOW)
        links.delete(owner, make.link(owner, f"{name}-deleted"), make.NOW)
        single_use.make(owner, link, "For Maren", make.NOW)
        make.busy(owner, "2026-12-01 10:00", "2026-12-01 11:00")
        sessions.open_session(owner, device="", now=make.NOW)
        users.api_token(owner, "", make.NOW)
        return {
            "slug": name,
            "public_id": booking.public_id,
            "contact_id": booking.contact_id,
            "user_id": owner.id,
            "delivery_id": Delivery.select().where(Delivery.booking == booking).first().id,
            "session_id": Session.get(Session.user == owner).id,
            "token_id": ApiToken.get(ApiToken.user == owner).id,
            "link_id": Link.get(Link.organizer == owner, Link.status == DELETED).id,
            "number": SingleUse.get(SingleUse.link == link).id,
            "entry_id": LinkChange.get(LinkChange.link == link).id,
            "token": access.manage_token(booking),
            "file_id": self._file(owner).id,
            "property_id": Property.get().id,
            "type_id": SubscriptionType.get().id,
            "busy_id": BusyTime.get(BusyTime.user == owner).id,
            "transfer_id": self._transfer(owner, link).id,
            "schedule_id": Schedule.create(
                user=owner, name="Canary", timezone="UTC", hours=[], date_overrides=[], position=1
            ).id,
            "note_id": notes.add(owner, booking.contact, "Canary", make.NOW).id,
            "company_id": Company.create(
                name="Canary", name_key=name, domain=f"{name}.example", owner=owner, created_at=make.NOW
            ).id,
        }

    def _transfer(self, owner: User, link: Link) -> Transfer:
        given = {"id": link.id, "slug": link.slug, "from": owner.id, "to": owner.id, "members": [], "members_since": []}
        former = {"links": [given], "bookings": [], "stayed": []}
        return Transfer.create(actor=owner, actor_name=owner.name, made_at=make.NOW, former=former)

    def _file(self, owner: User) -> ContactFile:
        return ContactFile.create(
            user=owner, name="Canary", text="email\na@b.example", expires_at=make.at("2026-12-24 09:00")
        )

    def _client(self, person: User | None) -> FlaskClient:
        client = self.app.test_client()
        if person is not None:
            sign_in(client, person)
        return client

    def value(self, kind: str, rule: Rule, name: str) -> object:
        """What stands in a part of an address: of a kind of values, by the name of the part."""
        name = self._meant(rule, name)
        if kind in self.things and name in self.things[kind]:
            return self.things[kind][name]
        if name in STEADY:
            return STEADY[name]
        if kind in ("team", "rota", "draft"):
            return self.things["own"][name]
        strange = {"unknown": 987_654, "deleted": 0, "negative": -1, "huge": 2**63, "other": "own"}
        assert name in self.things["own"], f"{rule.rule}: say what <{name}> is"
        return strange[kind]

    def _meant(self, rule: Rule, name: str) -> str:
        start = rule.rule.removeprefix("/api/v1/").partition("/")[0]
        numbers = {"bookings": "public_id", "companies": "company_id"}
        return numbers.get(start, f"{start.removesuffix('s')}_id") if name == "id" else name

    def fingerprint(self) -> str:
        """Of all that is kept, but for what looking leaves behind."""
        rows = [list(table.select().order_by(table.id).tuples()) for table in TABLES if table not in (Session, Attempt)]
        return hashlib.sha256(repr(rows).encode()).hexdigest()


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    clock.set_source(lambda: make.NOW)
    monkeypatch.setattr(guard.csrf, "protect", lambda: None)  # as if everybody had found a way around it
    return World(app)


# Parts of an address that name nothing of anybody's.
STEADY: Final[Mapping[str, str]] = {
    "step": "overview",
    "kind": "individual",
    "code": "nothing",
    "path": "x",
    "name": "x",
    "switch": "off",
    "form": "txt",
    "filename": "x",
}
PART: Final = re.compile(r"<(?:[^<>]+:)?(\w+)>")


def cells(world: World) -> list[tuple[Rule, str, str, str]]:
    """(rule, kind of the values, method, address) of whatever names something."""
    return list(_cells(world))


def _cells(world: World) -> Iterator[tuple[Rule, str, str, str]]:
    for rule in world.app.url_map.iter_rules():
        if not set(PART.findall(rule.rule)) - STEADY.keys():
            continue
        for kind in ("own", "draft", "team", "rota", "foreign", *UNKNOWN):
            path = PART.sub(lambda part, rule=rule, kind=kind: str(world.value(kind, rule, part[1])), rule.rule)
            yield from ((rule, kind, method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def is_let_in(world: World, role: str, endpoint: str, kind: str) -> bool:
    """Whether whoever has this role may open it, where the values are of this kind: Alice's, her team's, Charlie's."""
    if kind in UNKNOWN:
        return False
    return _door(world, endpoint) in ANYBODYS or role in _let_in(world, endpoint, kind)


def _let_in(world: World, endpoint: str, kind: str) -> set[str]:
    if _door(world, endpoint) == Door.ADMIN:
        return {"admin"}
    found = {"colleague" if kind == "foreign" else "organizer"}
    found |= set() if endpoint in ONES_OWN else {"admin"}
    if kind in ("team", "rota"):
        found |= {"member"} if endpoint in OF_THE_TEAM else set()
    if kind == "team":
        found |= HOSTS if endpoint in OF_THE_HOSTS else set()
    if kind == "foreign" and _is_open_to_contacts(endpoint):
        found |= {"contact"}
    return found


def _is_open_to_contacts(endpoint: str) -> bool:
    """Whether the token of a booking opens it: the contact has one of Charlie's."""
    call = CALLS.get(endpoint.removeprefix("api."))
    return call is not None and call.access == Access.BOOKING


def _door(world: World, endpoint: str) -> Door | None:
    if endpoint.startswith("api."):
        is_open = CALLS[endpoint.removeprefix("api.")].access == Access.PUBLIC
        is_for_admins = CALLS[endpoint.removeprefix("api.")].access == Access.ADMIN
        return Door.NONE if is_open else Door.ADMIN if is_for_admins else Door.USER
    return door_of(world.app, endpoint)


def opened(world: World, role: str, method: str, path: str) -> Any:
    if not path.startswith("/api/"):
        return world.clients[role].open(path, method=method)
    bearer = {"Authorization": f"Bearer {world.bearers[role]}"} if role in world.bearers else {}
    query = {"token": world.contacts_token} if role == "contact" else {}
    return world.app.test_client().open(path, method=method, headers=bearer, query_string=query, json=BODY[method])


BODY: Final[Mapping[str, object]] = {"GET": None, "POST": {}, "PATCH": {}, "PUT": {}, "DELETE": None}


def faults(world: World, role: str) -> list[str]:
    """Whatever answers somebody in this role as it must not."""
    found = []
    let_in = 0
    for rule, kind, method, path in cells(world):
        may = is_let_in(world, role, rule.endpoint, kind)
        if may and method != "GET":
            continue  # what it does is told by the tests of each page
        answer = opened(world, role, method, path)
        is_in = answer.status_code < 300 or (answer.status_code < 400 and "/sign-in" not in answer.location)
        is_told = not may and "Canary" in answer.get_data(as_text=True)
        if answer.status_code >= 500 or (is_in and not may) or is_told:
            found.append(f"{method} {path} ({rule.endpoint}, {kind}): {answer.status_code}")
        let_in += is_in and may and _door(world, rule.endpoint) not in ANYBODYS
    assert found or let_in > LEAST.get(role, -1)  # or it would be no test
    return found


LEAST: Final = {"organizer": 50, "admin": 100, "member": 12}


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_is_told_so_and_nothing_changes(world: World, role: str) -> None:
    before = world.fingerprint()
    found = faults(world, role)
    assert not found, "\n".join(found)
    assert world.fingerprint() == before, f"something was changed by what the {role} sent"


def test_the_matrix_is_large(world: World) -> None:
    assert len(cells(world)) * len(ROLES) >= 2000


def any_link(_actor: User, slug: str, *, write: bool = False) -> Link:
    """Whoever asks gets it."""
    link = Link.by_slug(slug)
    if link is None:
        raise NotFound
    return link


@pytest.mark.alike
@pytest.mark.parametrize(
    ("place", "name", "hole"),
    [
        (access, "link_for", any_link),
        (access, "visible_bookings", lambda _actor, real=access.visible_bookings: real(User(role="admin"))),
        (User, "is_admin", property(lambda _user: True)),
    ],
)
def test_a_hole_is_found(world: World, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, hole: Any) -> None:
    monkeypatch.setattr(place, name, hole)
    assert faults(world, "colleague")
