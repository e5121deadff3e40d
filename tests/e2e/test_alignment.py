"""What stands beside each other: as high as its neighbour, whole, and not under it."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import Opener

HOST = "ines@northlight.example"

pytestmark = pytest.mark.browser

SPARE = """(select) => {
  const words = document.createElement("span");
  words.style.font = getComputedStyle(select).font;
  words.style.whiteSpace = "nowrap";
  words.textContent = select.selectedOptions[0].textContent;
  document.body.append(words);
  const needed = words.getBoundingClientRect().width;
  words.remove();
  const {paddingInlineStart, paddingInlineEnd} = getComputedStyle(select);
  return select.clientWidth - parseFloat(paddingInlineStart) - parseFloat(paddingInlineEnd) - needed;
}"""


def box(of: Locator) -> dict[str, float]:
    found = of.bounding_box()
    assert found is not None
    return dict(found)


def test_filters_on_a_phone_show_their_whole_words(open_filled: Opener) -> None:
    page = open_filled("/links", signed_in=HOST, width="phone")
    for path in ("/links", "/bookings?whose=all", "/contacts", "/companies"):
        page.goto(path)
        for select in page.locator(".toolbar select").all():
            assert select.evaluate(SPARE) >= 0, path


@pytest.mark.parametrize("path", ["/settings/properties", "/links/acoustician/share/invitations"])
def test_the_current_tab_is_in_view(open_filled: Opener, path: str) -> None:
    page = open_filled(path, signed_in=HOST, width="phone")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)


def test_reminders_on_a_phone_stand_beside_their_unit(open_filled: Opener) -> None:
    page = open_filled("/settings/reminders", signed_in=HOST, width="phone")
    number, unit = box(page.locator("#reminder_0")), box(page.locator("#reminder_0_unit"))
    assert number["x"] + number["width"] <= unit["x"]


def test_a_field_for_several_lines_shows_more_than_one(open_filled: Opener) -> None:
    page = open_filled("/book/ines-room")
    page.locator("#here a.slot").first.click()
    expect(page.locator("form#details")).to_be_visible()
    assert box(page.locator("form#details textarea"))["height"] >= 60


def test_the_dialog_of_sharing_stays_in_its_place(open_filled: Opener) -> None:
    page = open_filled("/links", signed_in=HOST)
    page.locator("summary[aria-label^='More for']").first.click()
    page.get_by_role("link", name="Share").first.click()
    dialog = page.locator("dialog[open]")
    before = box(dialog)
    dialog.get_by_role("link", name="Invitations").click()
    expect(dialog.get_by_text("An invitation is an address")).to_be_visible()
    after = box(dialog)
    assert (after["y"], after["width"]) == (before["y"], before["width"])
    assert after["height"] != before["height"]
