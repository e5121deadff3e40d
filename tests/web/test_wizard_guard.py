"""The wizard's switches against robots and against typing."""

import pytest
from playwright.sync_api import expect

from meetings import clock
from tests import make
from tests.browser import Live, Opener, assert_accessible, data
from tests.web.test_wizard import Page, document, sign_in


@pytest.fixture
def page(client, app) -> Page:
    clock.set_source(lambda: make.NOW)
    alice = make.user()
    make.link(alice)
    return Page(sign_in(client, alice), "/links/demo/edit/form")


def test_the_switches_say_what_the_link_does(page):
    assert (page.value("prefill"), page.value("auto_submit"), page.value("captcha")) == ("y", [], [])
    page.send("save", auto_submit="y", captcha="y")
    form = document("demo")["scheduling"]["form"]
    assert (form["prefill"], form["auto_submit"], form["captcha"]) == (True, True, True)


def test_booking_at_a_click_goes_with_what_is_filled_in(page):
    page.send("save", auto_submit="y")
    after = Page(page.client, page.path).send("save", prefill=[])
    form = document("demo")["scheduling"]["form"]
    assert (form["prefill"], form["auto_submit"]) == (False, False)
    assert (after.value("prefill"), after.value("auto_submit")) == ([], [])


def test_the_preview_shows_what_is_switched_on(page):
    address = "/links/demo/preview?step=form"
    before = page.client.post(address, data=page.fields()).get_data(as_text=True)
    assert "Remember me on this device" in before
    assert "you are no robot" not in before
    switched = {**page.fields(), "captcha": ["y"]}
    switched.pop("prefill")
    after = page.client.post(address, data=switched).get_data(as_text=True)
    assert "Remember me on this device" not in after
    assert "Checked: you are no robot" in after


@pytest.mark.browser
def test_what_needs_another_switch_goes_with_it(live: Live, open_page: Opener) -> None:
    clock.set_source(lambda: make.NOW)
    with data(live):
        make.link()
    page = open_page("/sign-in")
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Password", exact=True).fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/links/demo/edit/form")
    at_a_click = page.get_by_role("switch", name="Book at a click on a time")
    expect(at_a_click).to_be_visible()
    page.get_by_role("switch", name="Fill in what is known").press("Space")
    expect(at_a_click).to_be_hidden()
    assert_accessible(page)
