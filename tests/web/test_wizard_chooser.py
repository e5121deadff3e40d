"""The choice of a kind: three cards that say what each is, and the draft that begins behind each."""

import pytest

from meetings import clock
from meetings.models import Link
from tests import make
from tests.web.test_wizard import Page, sign_in


@pytest.fixture
def signed_in(app, client):
    clock.set_source(lambda: make.NOW)
    return sign_in(client, make.user())


def test_three_kinds_are_explained_and_can_not_be_changed_later(signed_in):
    page = Page(signed_in, "/links/new")
    cards = {one.get("href"): " ".join(one.itertext()) for one in page.all("a") if one.get("class") == "kind-card"}
    assert list(cards) == ["/links/new/individual", "/links/new/group", "/links/new/round_robin"]
    assert "every one of them is free" in cards["/links/new/group"]
    assert "any of them is free" in cards["/links/new/round_robin"]
    assert "This can’t be changed later" in page.text()
    assert not Link.select().exists()  # looking makes nothing


@pytest.mark.parametrize("kind", ["individual", "group", "round_robin"])
def test_each_card_begins_a_draft_of_its_kind(signed_in, kind):
    page = Page(signed_in, f"/links/new/{kind}")
    assert page.path.endswith("/edit/overview")
    assert [link.kind for link in Link.select()] == [kind]
    Page(signed_in, f"/links/new/{kind}")
    assert Link.select().count() == 1  # one without a name is gone on with


def test_it_is_a_page_and_for_script_what_is_inside_it(signed_in):
    assert "<html" in signed_in.get("/links/new").text
    fragment = signed_in.get("/links/new", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert "kind-card" in fragment


def test_strangers_sign_in_first(app):
    assert app.test_client().get("/links/new").status_code in {302, 303}


def test_the_list_leads_there(signed_in):
    assert 'href="/links/new"' in signed_in.get("/links").text
    make.link(make.user("Bob Brown"))
    assert 'href="/links/new"' in signed_in.get("/links").text


def test_the_list_shows_each_kind_with_its_organizer(signed_in):
    organizer = make.user("Bob Brown", role="admin")
    for kind in ("individual", "group", "round_robin"):
        make.link(organizer, kind.replace("_", "-"), kind=kind, team=[] if kind == "individual" else [organizer])
    page = Page(sign_in(signed_in.application.test_client(), organizer), "/links")
    for kind in ("Individual", "Group", "Round robin"):
        assert any(
            kind in " ".join(one.itertext()) and "Bob Brown" in " ".join(one.itertext()) for one in page.all("tr")
        )
