"""What tests in a browser begin with: somebody who is met, and their workspace."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from meetings import clock
from meetings.models import User
from tests import make
from tests.browser import Live, Opener, data


@pytest.fixture
def host(live: Live) -> Iterator[User]:
    """An admin, with the database behind the server open."""
    clock.set_source(lambda: make.NOW)
    with data(live):
        yield make.user("Inês Carvalho", email="ines@example.org", role="admin")


@pytest.fixture
def workspace(open_page: Opener, host: User) -> Callable[..., Page]:
    """Open a page of the workspace, signed in as the host: workspace("/links", width="phone", …)."""

    def open_signed_in(path: str, **more: Any) -> Page:
        return open_page(path, signed_in=host.email, **more)

    return open_signed_in
