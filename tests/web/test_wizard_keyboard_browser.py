"""A link made from the list to the public page with Tab, Enter and letters alone: nothing is out of reach or hidden."""

import pytest
from playwright.sync_api import Page, expect

from meetings.models import Link

pytestmark = pytest.mark.browser

STOPS = 90  # more than any page of the wizard has before its last button
# Whether what has the focus is seen: on the screen, and under nothing else.
IS_SEEN = """() => {
  const { activeElement: one } = document, { left, top, width, height } = one.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return Boolean(there) && (one.contains(there) || there.contains(one) || Boolean(there.closest("label")));
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until it has the focus; whatever has it on the way is seen."""
    for _ in range(STOPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(IS_SEEN), page.evaluate("document.activeElement.outerHTML")
    raise AssertionError(f"no way to {selector}")


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_from_the_list_to_a_public_page(workspace, width):
    page = workspace("/links", width=width)
    tab_to(page, "a[href$='/links/new']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Whom will people meet?")).to_be_visible()
    tab_to(page, "a[href$='/links/new/individual']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/overview")
    tab_to(page, "#internal_name")
    page.keyboard.type("Überblick ü!")
    tab_to(page, "#slug")
    expect(page.locator("#slug")).to_have_value("uberblick-u")
    for step in ("scheduling", "form", "confirmation", "automation"):
        tab_to(page, "#onward")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/uberblick-u/edit/{step}")
        expect(page.locator("#wizard-title")).to_be_focused()
        if step == "form":
            tab_to(page, "#add-question")
            page.keyboard.press("Enter")
            expect(page.locator("[name=question_label]")).to_be_focused()
            page.keyboard.type("How loud is it?")
    tab_to(page, "#onward")
    page.keyboard.press("Enter")
    page.wait_for_url("**/links/uberblick-u/share**")
    made = Link.by_slug("uberblick-u")
    assert made.is_bookable
    assert [field["label"] for field in made.scheduling["form"]["fields"]] == ["How loud is it?"]
