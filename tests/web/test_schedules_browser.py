"""Schedules in a real browser: made by keyboard and without script, and followed by a link, at every width."""

import pytest
from playwright.sync_api import expect

from meetings.models import User
from meetings.services import schedules
from tests import make
from tests.browser import assert_accessible, assert_accessible_light_and_dark

pytestmark = pytest.mark.browser

SPLIT = [
    {"days": ["mon", "tue", "wed", "thu"], "start": "09:00", "end": "12:30"},
    {"days": ["mon", "tue", "thu"], "start": "14:00", "end": "18:00"},
]


@pytest.fixture
def own(host: User) -> list[int]:
    """Two schedules of the host."""
    said = [
        {"name": "Office", "available_hours": SPLIT, "timezone": "Europe/Lisbon"},
        {"name": "Late", "timezone": "America/New_York", "date_overrides": [{"date": "2026-12-24", "hours": []}]},
    ]
    return [schedules.create(host, host, values).id for values in said]


def test_one_is_made_by_keyboard_alone(workspace, host):
    page = workspace("/profile/schedules/new")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("Mornings")
    page.fill("#mon_0_end", "noon")
    page.keyboard.press("Tab")
    expect(page.locator("#mon_0-error")).to_be_visible()
    page.fill("#mon_0_end", "12")
    page.keyboard.press("Tab")
    expect(page.locator("#mon_0_end")).to_have_value("12:00")
    page.focus("#add-sat")
    page.keyboard.press("Enter")
    expect(page.locator("#sat_0_start")).to_be_focused()
    assert_accessible_light_and_dark(page)
    page.focus("#name")
    page.keyboard.press("Enter")
    expect(page.locator("#schedules")).to_contain_text("Mornings")
    (row,) = schedules.of(host)
    assert row.hours[0] == {"days": ["mon"], "start": "09:00", "end": "12:00"}


def test_a_link_goes_by_one_and_what_was_typed_stays(workspace, host, own):
    make.link(host)
    page = workspace("/links/demo/edit/scheduling")
    page.fill("#mon_0_start", "8")
    page.check("#hours_of-hosts")
    expect(page.locator(".followed")).to_contain_text("Lisbon time")
    page.select_option("#schedule", "Late")
    expect(page.locator(".followed")).to_contain_text("New York time")
    expect(page.locator("#mon_0_start")).to_be_hidden()
    assert_accessible_light_and_dark(page)
    page.click("#own-hours > summary")
    expect(page.locator("#mon_0_start")).to_have_value("08:00")
    page.check("#hours_of-link")
    expect(page.locator("#mon_0_start")).to_have_value("08:00")
    assert page.locator("#zones option").count() > 300  # the list of zones outlives the moves


def test_the_editor_and_the_list_without_script_on_a_phone(workspace, host, own):
    page = workspace(f"/schedules/{own[1]}", script=False, width="phone")
    page.click("#add-sun")
    expect(page.locator("#sun_0_start")).to_have_value("09:00")
    assert_accessible(page, script=False)
    page.click("#onward")
    expect(page.locator("#schedules")).to_contain_text("Late")
    assert_accessible(page, script=False)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_who_saves_what_was_changed_meanwhile_is_led_to_the_news(workspace, host, own):
    page = workspace(f"/schedules/{own[0]}")
    page.fill("#name", "Mine")
    schedules.update(host, schedules.schedule_for(host, own[0]), {"name": "Theirs"}, make.NOW)
    page.click("#onward")
    expect(page.locator("#conflict")).to_be_focused()
    assert_accessible_light_and_dark(page)
    page.click("#onward")
    expect(page.locator("#schedules")).to_contain_text("Mine")
