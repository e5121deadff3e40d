"""The filled instance that most pages are looked at in, and the real app in a process of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from meetings import clock, db
from meetings.models import Delivery, Link, User
from meetings.models.outbox import FAILED
from meetings.services import demo, links, passwords
from tests import make
from tests.browser import Live, Opener, data, opening
from tests.process import Process
from tests.smtp import MailServer

from .inspection import NOW, instance

START_OF_FLOWS = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)  # a Monday


@pytest.fixture(scope="module")
def filled(template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The demo, with a password we know, a mail that failed, and a link that is switched off."""
    with instance(template, tmp_path_factory.mktemp("filled"), RATELIMIT_ENABLED=False) as live:
        with data(live):
            list(demo.fill(NOW))
            User.update(password_hash=passwords.make_hash(make.PASSWORD)).execute()
            Delivery.update(state=FAILED, last_error="550 5.1.1 No such user here").where(
                Delivery.id == Delivery.select(Delivery.id).order_by(Delivery.id.desc()).limit(1).scalar()
            ).execute()
            off = Link.by_slug("hiring-first")
            links.switch_off(off.organizer, off, NOW)
            make.user("Newman Nolink", email="newman@northlight.example", role="admin")
        yield live


@pytest.fixture
def open_filled(browser: Browser, filled: Live) -> Iterator[Opener]:
    clock.set_source(lambda: NOW)
    db.open_database(filled.app.config["DATABASE_URL"])  # other tests here had one of their own in between
    with opening(browser, filled.url) as open_one:
        yield open_one


@pytest.fixture
def process(tmp_path: Path, mail_server: MailServer) -> Iterator[Process]:
    settings = {
        "MAIL_SERVER": mail_server.hostname,
        "MAIL_PORT": mail_server.port,
        "MAIL_DEFAULT_SENDER": "meet@northlight.example",
    }
    with Process(tmp_path, **settings) as running:
        running.set_clock(START_OF_FLOWS)
        yield running


@pytest.fixture
def open_there(browser: Browser, process: Process) -> Iterator[Opener]:
    with opening(browser, process.url) as open_one:
        yield open_one
