"""Merging contacts by API."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Contact
from meetings.services import users
from tests import make


@pytest.fixture
def pair(app: Flask) -> tuple[Contact, Contact]:
    clock.set_source(lambda: make.NOW)
    link = make.link()
    kept = make.booking(link, email="maren@nordlicht.example").contact
    return kept, make.booking(link, "2026-12-01 10:00", email="maren@gmail.com").contact


def bearer(name: str, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {users.api_token(make.user(name, role=role), '', make.NOW)}"}


def test_two_become_one(client: FlaskClient, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    sent = {"kept": kept.id, "other": other.id}
    headers = bearer("Ada Admin", "admin")
    answer = client.post("/api/v1/contacts/merge", json=sent, headers=headers)
    assert answer.status_code == 201
    assert answer.json is not None
    assert (answer.json["id"], answer.json["email"]) == (kept.id, "maren@nordlicht.example")
    assert answer.json["other_addresses"] == ["maren@gmail.com"]
    assert client.post("/api/v1/contacts/merge", json=sent, headers=headers).status_code == 404
    same = {"kept": kept.id, "other": kept.id}
    assert client.post("/api/v1/contacts/merge", json=same, headers=headers).status_code == 422
    assert client.post("/api/v1/contacts/merge", json={"kept": 1}, headers=headers).status_code == 422


def test_members_may_not(client: FlaskClient, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    sent = {"kept": kept.id, "other": other.id}
    assert client.post("/api/v1/contacts/merge", json=sent, headers=bearer("Bob Berg", "member")).status_code == 403
    assert Contact.select().count() == 2
