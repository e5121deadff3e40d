"""The boxes of consent in a browser: put in order by keyboard, at home on every screen."""

import pytest
from playwright.sync_api import expect

from meetings.models import Link
from tests import make
from tests.browser import assert_accessible

pytestmark = pytest.mark.browser

BOXES = [
    {"id": "news", "label": "Send me news"},
    {"id": "rules", "label": "I know the house rules", "required": True},
    {"id": "more", "label": "Ask me how it was"},
]


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_boxes_are_put_in_order_by_keyboard(workspace, host, width):
    consent = {"mode": "consent", "text": "May we?", "privacy_text": "Ours.", "checkboxes": BOXES}
    make.link(host, "demo", form={"consent": consent})
    page = workspace("/links/demo/edit/form", width=width)
    page.locator("#down-news").focus()
    words = page.locator("[name=box_label]")
    for place in (1, 2, 2):  # at the end it stays
        page.keyboard.press("Enter")
        expect(words.nth(place)).to_have_value("Send me news")
        expect(page.locator("#down-news")).to_be_focused()
    expect(page.locator("#down-news")).to_have_attribute("aria-disabled", "true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)
    page.locator("#onward").click()
    expect(page.locator("#wizard-state")).to_contain_text("Saved")
    boxes = Link.by_slug("demo").scheduling["form"]["consent"]["checkboxes"]
    assert [box["id"] for box in boxes] == ["rules", "more", "news"]
