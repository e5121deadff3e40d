"""The page of hours in a real browser: single days and the picture, by keyboard, without script, at every width."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from meetings.models import DayOff, Link, User
from meetings.services import holidays
from tests import make
from tests.browser import assert_accessible

pytestmark = pytest.mark.browser

EDIT = "/links/demo/edit/scheduling"


@pytest.fixture
def demo(host) -> Link:
    return make.link(host, "demo", durations=[30, 45], date_overrides=[{"date": "2026-11-02", "hours": []}])


def overrides() -> list[dict]:
    return Link.by_slug("demo").scheduling["date_overrides"]


def test_a_single_day_by_keyboard_alone(workspace, demo):
    page = workspace(EDIT)
    page.focus("#add-override")
    page.keyboard.press("Enter")
    expect(page.locator("#o1_date")).to_be_focused()
    page.fill("#o1_date", "2026-12-24")  # how a date is typed is up to the browser
    page.locator("#o1_date").dispatch_event("change")
    expect(page.locator("#o1-words")).to_have_text("Thu 24 Dec 2026")
    page.focus("#o1_open")
    page.keyboard.press("Space")
    expect(page.locator("#o1_0_start")).to_have_value("09:00")  # as on other Thursdays
    page.fill("#o1_0_end", "noon")
    page.keyboard.press("Tab")
    expect(page.locator("#o1_0-error")).to_be_visible()
    page.fill("#o1_0_end", "12")
    page.keyboard.press("Tab")
    expect(page.locator("#o1_0_end")).to_have_value("12:00")
    page.focus("#onward")
    page.keyboard.press("Enter")
    expect(page.locator("#wizard-state")).to_contain_text("Saved")
    assert overrides()[1] == {"date": "2026-12-24", "hours": [{"start": "09:00", "end": "12:00"}]}
    expect(page.locator("#past-days summary")).to_contain_text("1 past day")


def test_single_days_and_a_picture_without_script(workspace, demo, tmp_path: Path):
    Image.new("RGB", (60, 40), "teal").save(tmp_path / "me.png")
    page = workspace(EDIT, script=False)
    page.click("#add-override")
    page.fill("#o1_date", "2026-12-24")
    page.check("#o1_open")
    page.click("#add-o1")
    page.fill("#o1_0_end", "11")
    page.click("#more > summary")
    page.set_input_files("[name=picture_file]", tmp_path / "me.png")
    page.locator("#picture button").click()
    expect(page.locator("#picture-shown")).to_be_visible()
    assert_accessible(page, script=False)
    page.click("#onward")
    assert overrides()[1]["hours"] == [{"start": "09:00", "end": "11:00"}, {"start": "18:00", "end": "22:00"}]
    assert len(Link.by_slug("demo").scheduling["picture"]) == 37


def test_a_chosen_file_is_sent_once(workspace, demo, tmp_path: Path):
    Image.new("RGB", (60, 40), "teal").save(tmp_path / "me.png")
    (tmp_path / "bad.png").write_text("<svg>")
    page = workspace(EDIT)
    page.click("#more > summary")
    page.set_input_files("[name=picture_file]", tmp_path / "bad.png")
    expect(page.locator("#picture-error")).to_contain_text("not a picture")
    assert_accessible(page)
    page.fill("#heading", "Something else")
    page.keyboard.press("Tab")
    expect(page.locator("#picture-error")).to_be_hidden()
    page.set_input_files("[name=picture_file]", tmp_path / "me.png")
    expect(page.locator("#picture-shown")).to_be_visible()
    expect(page.locator("#picture-own")).to_be_checked()
    expect(page.frame_locator("#preview iframe").locator(".who img")).to_be_visible()
    assert page.evaluate("document.querySelector('[name=picture_file]').files.length") == 0


@pytest.mark.parametrize("width", ["phone", "tablet", "desktop"])
def test_days_are_accessible_and_fit(workspace, demo, host, width):
    holidays.choose(host, host, "FR", make.NOW)
    page = workspace(EDIT, width=width)
    page.click("#add-override")
    page.fill("#o1_date", "2026-12-24")
    page.check("#o1_open")
    expect(page.locator("#o1_0_start")).to_be_visible()
    page.fill("#mon_0_end", "18")
    page.click("#add-mon")
    page.click("#more > summary")
    page.click("#past-days > summary")
    page.click("#rehearsal-2 > summary")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for box in ("#o1_date", "#o1_0_end", "#picture"):
        assert page.evaluate(
            "box => document.querySelector(box).scrollWidth <= document.querySelector(box).clientWidth + 1", box
        )


def test_a_picture_that_is_too_large_is_told_at_once(workspace, demo, tmp_path: Path):
    """More than eight megabytes are never read: each request with the file would be cut off, whatever else is in it."""
    (tmp_path / "photo.jpg").write_bytes(bytes(9_000_000))
    page = workspace("/links/demo/edit/scheduling")
    page.click("#more > summary")
    page.set_input_files("[name=picture_file]", tmp_path / "photo.jpg")
    expect(page.get_by_role("alert")).to_have_text("This file is too large. At most 2 MB fit.")
    page.fill("#heading", "Saved nevertheless")
    page.click("#onward")
    expect(page.locator("#wizard-state")).to_contain_text("Saved at")
    page.goto("/profile")
    page.set_input_files("#picture", tmp_path / "photo.jpg")
    expect(page.get_by_role("alert")).to_have_text("This file is too large. At most 2 MB fit.")
    assert page.evaluate("document.querySelector('#picture').files.length") == 0
    Image.new("RGB", (80, 80), "teal").save(tmp_path / "me.png")
    page.set_input_files("#picture", tmp_path / "me.png")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert_accessible(page)


def test_holidays_in_the_profile(workspace, host):
    page = workspace("/profile")
    page.select_option("#country", "DE")
    expect(page.locator("#region")).to_be_visible()
    page.select_option("#region", "BY")
    page.get_by_role("button", name="Save the holidays").click()
    expect(page.locator("#holidays")).to_contain_text("Epiphany")
    assert User.get_by_id(host.id).holidays == "DE-BY"
    page.check("#works-2027-01-06")
    page.get_by_role("button", name="Save the days").click()
    expect(page.locator("#works-2027-01-06")).to_be_checked()
    assert [row.day for row in DayOff.select().where(~DayOff.is_off)] == ["2027-01-06"]
    assert_accessible(page)
    for size in (375, 768):
        page.set_viewport_size({"width": size, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
