"""Every address there is, opened by somebody whom it doesn't concern: not there, or forbidden, and nothing changed."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import ApiToken, Booking, BusyTime, Delivery, Link, Session, User
from meetings.services import links, sessions, users
from meetings.web import guard
from tests import make
from tests.web.pages import sign_in

# What concerns nobody in particular.
OPEN = (
    "/api/v1/book/<slug>",
    "/api/v1/problems/",
    "/book/<slug>",
    "/links/new/<kind>",
    "/static/",
)


@pytest.fixture
def alice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> User:
    """Has a link that had another address before, a draft, a meeting, a busy time, a session and a token."""
    clock.set_source(lambda: make.NOW)
    monkeypatch.setattr(guard.csrf, "protect", lambda: None)  # as if the stranger had found a way around it
    alice = make.user()
    make.booking(make.link(alice))
    links.update(alice, Link.get(), {"scheduling": {"slug": "newer"}}, make.NOW)
    make.link(alice, "unfinished", status="draft")
    make.busy(alice, "2026-12-01 10:00", "2026-12-01 11:00")
    sessions.open_session(alice, device="", now=make.NOW)
    users.api_token(alice, "", make.NOW)
    return alice


def addresses(app: Flask, alice: User) -> Iterator[tuple[str, str]]:
    """(method, address) of each rule that names something, filled with what is Alice's."""
    values = {
        "token": "x",
        "step": "overview",
        "switch": "off",
        "public_id": Booking.get().public_id,
        "user_id": alice.id,
        "mail_id": Delivery.select().first().id,
        "session_id": Session.get(Session.user == alice).id,
        "token_id": ApiToken.get(ApiToken.user == alice).id,
    }
    numbers = {"/api/v1/busy/": BusyTime.get().id, "/api/v1/users/": alice.id}
    for rule in app.url_map.iter_rules():
        if "<" not in rule.rule or rule.rule.startswith(OPEN):
            continue
        found = next((of for start, of in numbers.items() if rule.rule.startswith(start)), values["public_id"])
        for slug in ("demo", "newer", "unfinished"):
            known = {**values, "id": found, "slug": slug}
            path = re.sub(r"<(?:.+:)?(\w+)>", lambda part, known=known: str(known.get(part[1], "x")), rule.rule)
            yield from ((method, path) for method in sorted(rule.methods - {"HEAD", "OPTIONS"}))


def test_nothing_of_others_is_shown_or_changed(app: Flask, client: FlaskClient, alice: User) -> None:
    charlie = make.user("Charlie Roux")
    bearer = {"Authorization": f"Bearer {users.api_token(charlie, '', make.NOW)}"}
    sign_in(client, charlie)
    before = [list(table.select().dicts()) for table in (User, Link, Booking, BusyTime, ApiToken, Delivery)]
    asked = list(addresses(app, alice))
    assert len(asked) > 80
    for method, path in asked:
        more = {"headers": bearer, "json": {}} if path.startswith("/api/") else {}
        answer = client.open(path, method=method, **more)
        assert answer.status_code in {403, 404}, (method, path, answer.status_code)
        assert "Maren" not in answer.get_data(as_text=True)
    assert [list(table.select().dicts()) for table in (User, Link, Booking, BusyTime, ApiToken, Delivery)] == before
    assert Session.select().where(Session.user == alice).count() == 1
