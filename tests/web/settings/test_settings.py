"""The pages of the settings among each other."""

import pytest
from flask.testing import FlaskClient

from meetings.web.settings import PAGES
from tests import make
from tests.web.pages import sign_in, visit


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.endpoint)
def test_every_page_shows_them_all_and_marks_itself(client: FlaskClient, page) -> None:
    sign_in(client, make.user(role="admin"))
    with client.application.test_request_context():
        path = client.application.url_for(page.endpoint)
    shown = visit(client, path)
    [tabs] = shown.all("nav", _class="tabs")
    assert [shown.words(tab) for tab in tabs.iter("a")] == [str(each.label) for each in PAGES]
    assert [shown.words(tab) for tab in tabs.iter("a") if tab.get("aria-current")] == [str(page.label)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.endpoint)
def test_members_see_none_of_them(client: FlaskClient, page) -> None:
    sign_in(client, make.user("Bob Stone"))
    with client.application.test_request_context():
        path = client.application.url_for(page.endpoint)
    assert client.get(path).status_code == 403
