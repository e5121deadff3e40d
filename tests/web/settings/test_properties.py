"""The contact's properties, as admins keep them."""

import os
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from meetings import clock
from meetings.models import Link, LinkChange, Property, User
from meetings.services import arranging, forms, properties
from tests import make
from tests.browser import assert_accessible, data, shoot
from tests.web.pages import Page, sign_in, visit

HERE = "/settings/properties"
BUILT_IN = ["company", "job_title", "phone", "website"]


@pytest.fixture
def boss(client: FlaskClient) -> User:
    admin = make.user(role="admin")
    sign_in(client, admin)
    return admin


def names() -> list[str]:
    return [row.name for row in Property.in_order()]


def size(boss: User, **more: Any) -> Property:
    values = {"label": "Size", "kind": "radio", "options": ["S", "M"], **more}
    return properties.add(boss, values, make.NOW)


def asking(boss: User, slug: str = "demo", **more: Any) -> Link:
    return make.link(boss, slug, form={"fields": [{"name": "size", "type": "property", **more}]})


def edit(client: FlaskClient, row: Property, **typed: Any) -> Page:
    return visit(client, f"{HERE}/{row.id}").send(f"{HERE}/{row.id}", **typed)


def test_a_list_is_kept(client: FlaskClient, boss: User) -> None:
    page = visit(client, HERE)
    assert "Company One line" in page.main()
    page = visit(client, f"{HERE}/add").send(f"{HERE}/add", label=" Größe ", kind="select", options="S\r\n\r\n M \r\n")
    assert page.notices() == ["“Größe” can be asked for on every form now."]
    made = Property.in_order()[-1]
    assert (made.name, made.label, made.kind, made.options) == ("grosse", "Größe", "select", ["S", "M"])
    page = visit(client, HERE).send(f"{HERE}/{made.id}/move", do="up")
    assert names() == ["company", "job_title", "phone", "grosse", "website"]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"label": ""}, "label"),
        ({"label": "a\0b"}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"label": "SIZE"}, "label"),
        ({"label": "Other", "kind": "select", "options": ""}, "options"),
        ({"label": "Other", "kind": "select", "options": "S\nS"}, "options"),
        ({"label": "Other", "kind": "file"}, "kind"),
    ],
)
def test_a_poor_property_is_refused_and_comes_back(client: FlaskClient, boss: User, typed: Any, wrong: str) -> None:
    size(boss)
    page = visit(client, f"{HERE}/add").send(f"{HERE}/add", **typed)
    assert (page.status, list(page.errors())) == (422, [wrong])
    assert names() == [*BUILT_IN, "size"]
    other = properties.add(boss, {"label": "Another"}, make.NOW)
    page = edit(client, other, **typed)
    assert (page.status, list(page.errors())) == (422, [wrong])


@pytest.mark.parametrize("name", ["phone", "Phone", "TÉLÉPHONE"])
def test_nothing_is_called_like_what_is_built_in(client: FlaskClient, boss: User, name: str) -> None:
    refused = visit(client, f"{HERE}/add").send(f"{HERE}/add", label=name)
    assert (refused.status, refused.errors().keys()) == (422, {"label"})
    edit(client, Property.get(Property.name == "phone"), label="Mobile")
    assert visit(client, f"{HERE}/add").send(f"{HERE}/add", label=name).path == HERE


def test_two_names_alike_are_two_properties(boss: User) -> None:
    assert size(boss, label="Size").name == "size"
    assert size(boss, label="Size?").name == "size_2"


def test_links_follow_another_name_unless_they_have_their_own(client: FlaskClient, boss: User) -> None:
    row = size(boss)
    asking(boss, "follows", label="Size")
    asking(boss, "own", label="Your size")
    page = edit(client, row, label="Format")
    assert page.notices() == ["“Format” is saved."]
    assert [forms.asked(Link.by_slug(slug), "en")[0].label for slug in ("follows", "own")] == ["Format", "Your size"]
    assert [change.link.slug for change in LinkChange.select().where(LinkChange.version > 1)] == ["follows"]


def test_a_built_in_property_takes_a_name_and_gives_it_back(client: FlaskClient, boss: User) -> None:
    row = Property.get(name="company")
    edit(client, row, label="Organisation")
    assert "Organisation One line" in visit(client, HERE).main()
    page = edit(client, row, label="")
    assert "Company One line" in page.main()


def test_the_kind_stays_once_something_is_known(client: FlaskClient, boss: User) -> None:
    row, link = size(boss), None
    edit(client, row, kind="text")
    assert Property.get_by_id(row.id).kind == "text"
    link = asking(boss)
    make.booking(link, answers=[{"name": "size", "label": "Size", "value": "M", "kind": "text", "in_invite": True}])
    page = visit(client, f"{HERE}/{row.id}")
    assert "known of contacts already" in page.main()
    page.send(f"{HERE}/{row.id}", label="Format", kind="number")
    kept = Property.get_by_id(row.id)
    assert (kept.label, kept.kind) == ("Format", "text")


def test_deleting_asks_and_leaves_the_forms_their_question(client: FlaskClient, boss: User) -> None:
    row, link = size(boss), asking(boss, required=False, help="Yours")
    make.booking(link, answers=[{"name": "size", "label": "Size", "value": "M", "kind": "radio", "in_invite": True}])
    page = visit(client, f"{HERE}/{row.id}/delete")
    assert "One link asks for it." in page.main()
    assert "What is known of contacts" in page.main()
    page = page.send(f"{HERE}/{row.id}/delete")
    assert page.notices() == ["“Size” is deleted."]
    assert names() == BUILT_IN
    [field] = Link.by_slug("demo").scheduling["form"]["fields"]
    assert (field["type"], field["label"], field["kind"], field["options"]) == ("question", "Size", "radio", ["S", "M"])
    assert (field["required"], field["help"]) == (False, "Yours")


def test_members_and_strangers_to_the_list_get_nowhere(client: FlaskClient, boss: User) -> None:
    row = size(boss)
    for path in (f"{HERE}/999", f"{HERE}/999/delete"):
        assert client.get(path).status_code == 404
    bob, theirs = make.user("Bob Stone"), client.application.test_client()
    sign_in(theirs, bob)
    for path in (HERE, f"{HERE}/add", f"{HERE}/{row.id}", f"{HERE}/{row.id}/delete"):
        assert theirs.get(path).status_code in {403, 404}
    for verb in (
        lambda: properties.add(bob, {"label": "X"}, make.NOW),
        lambda: properties.change(bob, row, {"label": "X"}, make.NOW),
        lambda: arranging.move(bob, row, 1),
        lambda: properties.delete(bob, row, "X", make.NOW),
    ):
        with pytest.raises(Exception, match="forbidden"):
            verb()


def test_the_list_has_an_end(boss: User) -> None:
    for number in range(properties.MOST - len(BUILT_IN)):
        properties.add(boss, {"label": f"Property {number}"}, make.NOW)
    with pytest.raises(Exception, match="invalid"):
        properties.add(boss, {"label": "One more"}, make.NOW)


@pytest.mark.browser
def test_in_a_browser(live, open_page) -> None:
    with data(live):
        clock.set_source(lambda: make.NOW)
        boss = make.user(role="admin")
        row = size(boss)
        asking(boss)
        for width in ("phone", "desktop"):
            page = open_page(HERE, signed_in=boss.email, width=width)
            for name, path in (("list", ""), ("add", "/add"), ("edit", f"/{row.id}"), ("delete", f"/{row.id}/delete")):
                page.goto(HERE + path)
                assert_accessible(page)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
                if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
                    shoot(page, f"properties-{name}-{width}", Path(folder))
        page.goto(HERE)
        page.focus(f"#up-{row.id}")
        page.keyboard.press("Enter")
        expect(page.locator(".rows li").nth(3)).to_contain_text("Size")
        expect(page.locator(f"#up-{row.id}")).to_be_focused()
        page.goto(f"{HERE}/add")
        expect(page.locator("#options")).to_be_hidden()
        page.select_option("#kind", "checkboxes")
        expect(page.locator("#options")).to_be_visible()
