"""The list of meeting types, as admins keep it."""

import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from meetings.models import LinkChange, MeetingType, User
from meetings.services import links, meeting_types
from tests import make
from tests.browser import assert_accessible, data, shoot
from tests.web.pages import sign_in, visit

HERE = "/settings/meeting-types"


@pytest.fixture
def boss(client: FlaskClient) -> User:
    admin = make.user(role="admin")
    sign_in(client, admin)
    return admin


def names() -> list[str]:
    return [row.name for row in MeetingType.in_order()]


def typed(name: str) -> dict:
    return {"meeting_type": name}


def test_a_list_is_kept(client, boss):
    page = visit(client, HERE)
    assert "None yet." in page.main()
    for name in ("Review", "First talk", "  Site   visit "):
        page = page.send(HERE, name=name)
    assert names() == ["Review", "First talk", "Site   visit"]
    first = MeetingType.get(name="First talk")
    page.send(f"{HERE}/{first.id}/move", do="up")
    assert names() == ["First talk", "Review", "Site   visit"]
    page = visit(client, HERE).send(f"{HERE}/{first.id}/move", do="up")  # it is the first already
    page.send(f"{HERE}/{first.id}/move", do="down")
    assert names() == ["Review", "First talk", "Site   visit"]


@pytest.mark.parametrize("name", ["", "   ", "REVIEW", "a" * 101, "a\0b"])
def test_a_poor_name_is_refused_and_comes_back(client, boss, name):
    meeting_types.add(boss, "Review")
    page = visit(client, HERE).send(HERE, name=name)
    assert (page.status, list(page.errors()), names()) == (422, ["new-name"], ["Review"])
    row = meeting_types.add(boss, "Other")
    page = visit(client, f"{HERE}?rename={row.id}").send(f"{HERE}/{row.id}", name=name)
    assert (page.status, list(page.errors()), names()) == (422, [f"name-{row.id}"], ["Review", "Other"])


def test_the_list_has_an_end(boss):
    for number in range(meeting_types.MOST):
        meeting_types.add(boss, f"Type {number}")
    with pytest.raises(Exception) as refused:
        meeting_types.add(boss, "One more")
    assert [flaw.code for flaw in refused.value.flaws] == ["too-many"]


def test_another_name_reaches_links_and_leaves_the_past(client, boss):
    row = meeting_types.add(boss, "First talk")
    link = make.link(boss, overview=typed("First talk"))
    other = make.link(boss, "other")
    booked = make.booking(link)
    visit(client, f"{HERE}?rename={row.id}").send(f"{HERE}/{row.id}", name="Welcome")
    changed = type(link).get_by_id(link.id)
    assert changed.overview["meeting_type"] == "Welcome"
    assert changed.version == link.version + 1
    assert LinkChange.select().where(LinkChange.link == link).order_by(LinkChange.id.desc()).first().changes == [
        {"path": "overview.meeting_type", "old": "First talk", "new": "Welcome"}
    ]
    assert type(other).get_by_id(other.id).version == other.version
    assert type(booked).get_by_id(booked.id).meeting_type == "First talk"
    assert make.booking(changed, "2026-12-01 10:00").meeting_type == "Welcome"


def test_deleting_asks_and_leaves_links_as_they_are(client, boss):
    row = meeting_types.add(boss, "First talk")
    link = make.link(boss, overview=typed("First talk"))
    page = visit(client, f"{HERE}/{row.id}/delete")
    assert "One link has it, and keeps it until somebody chooses another." in page.main()
    assert names() == ["First talk"]
    page = page.send(f"{HERE}/{row.id}/delete")
    assert page.notices() == ["“First talk” is removed."]
    assert names() == []
    saved = links.update(boss, link, {"overview": {"title": "Talk"}}, make.NOW)
    assert saved.overview["meeting_type"] == "First talk"
    assert links.duplicate(boss, saved, "Copy", make.NOW).overview["meeting_type"] == "First talk"
    cleared = links.update(boss, saved, {"overview": {"meeting_type": None}}, make.NOW)
    with pytest.raises(Exception) as refused:
        links.update(boss, cleared, {"overview": typed("First talk")}, make.NOW)
    assert [flaw.code for flaw in refused.value.flaws] == ["unknown-meeting-type"]


def test_members_keep_out(client):
    sign_in(client, make.user())
    row = MeetingType.create(name="Review")
    for path in (HERE, f"{HERE}/{row.id}/delete"):
        assert client.get(path).status_code in {403, 404}
    assert client.post(f"{HERE}/{row.id}", data={"name": "x"}).status_code in {400, 403, 404}
    assert names() == ["Review"]


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False])
def test_with_the_keyboard_and_without_script(open_page, live, script):
    with data(live):
        admin = make.user(role="admin")
    page = open_page(HERE, signed_in=admin.email, script=script)
    for name in ("Review", "First talk"):
        page.get_by_label("New type").fill(name)
        page.get_by_label("New type").press("Enter")
        page.locator("b", has_text=name).wait_for()
        assert page.get_by_label("New type").input_value() == ""
    page.get_by_role("button", name="Move up: First talk").press("Enter")
    page.locator("li:first-child b", has_text="First talk").wait_for()
    if script:
        assert page.evaluate("document.activeElement.title") == "Move up"
    page.get_by_role("link", name="Rename: Review").click()
    page.get_by_label("New name for “Review”").fill("Look back")
    page.get_by_role("button", name="Save").click()
    page.locator("b", has_text="Look back").wait_for()
    assert_accessible(page, script=script)
    if folder := os.environ.get("MEETINGS_TEST_SHOTS"):
        shoot(page, f"types-{script}", Path(folder))
    page.get_by_role("link", name="Delete: Look back").click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("“Look back” is removed.").wait_for()
