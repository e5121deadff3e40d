"""Who looks after contacts in these tests, and the contact most of them are about."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Contact, User
from meetings.services import contacts
from tests import make
from tests.web.pages import sign_in


@pytest.fixture
def ada(app: Flask, client: FlaskClient) -> User:
    """An admin, whom `client` is signed in as."""
    clock.set_source(lambda: make.NOW)
    found = make.user("Ada Admin", role="admin")
    sign_in(client, found)
    return found


@pytest.fixture
def maren(ada: User) -> Contact:
    values = {"email": "maren@nordlicht.example", "first_name": "Maren", "last_name": "Holt"}
    return contacts.create(ada, values, make.NOW)
