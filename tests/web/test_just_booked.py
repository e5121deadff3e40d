"""Whoever has booked and goes back is told of their booking, not that the time is gone."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Link
from meetings.models.links import OFF
from meetings.services import access, bookings, single_use
from tests import make
from tests.web.pages import Page, visit
from tests.web.test_booking import fill, form_page


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link(durations=[30, 60])


def is_told(page: Page) -> bool:
    assert ("no longer free" in page.main()) != ("You have booked this time" in page.main())
    return "You have booked this time" in page.main()


def test_the_form_leads_to_the_booking(client: FlaskClient, link: Link) -> None:
    fill(form_page(client))
    back = form_page(client)
    assert is_told(back)
    assert back.status == 200
    assert back.response.headers["Cache-Control"] == "no-store"
    assert back.links()["See your booking"] == f"/booking/{access.manage_token(Booking.get())}"
    assert "10:15" not in back.go("Choose another time").main()  # the booking's own
    assert "10:30" in back.go("Choose another time").main()


def test_nobody_else_is_told(client: FlaskClient, link: Link) -> None:
    fill(form_page(client))
    assert not is_told(form_page(client.application.test_client()))


def test_a_form_changed_after_it_had_booked_leads_there_too(client: FlaskClient, link: Link) -> None:
    page = form_page(client)
    fill(page)
    again = Page(client, fill(page, first_name="Mareike"))
    assert again.status == 409
    assert is_told(again)
    assert Booking.select().count() == 1


def test_a_second_tab_leads_there_too(client: FlaskClient, link: Link) -> None:
    tabs = form_page(client), form_page(client)
    fill(tabs[0])
    second = Page(client, fill(tabs[1]))
    assert second.status == 409
    assert is_told(second)
    assert Booking.select().count() == 1


def test_a_second_tab_with_something_to_mend_leads_there_too(client: FlaskClient, link: Link) -> None:
    tabs = form_page(client), form_page(client)
    fill(tabs[0])
    assert is_told(Page(client, fill(tabs[1], email="maren")))


def test_a_second_tab_of_a_link_that_has_ended_leads_there_too(client: FlaskClient, link: Link) -> None:
    tabs = form_page(client), form_page(client)
    fill(tabs[0])
    Link.update(status=OFF).execute()
    assert is_told(Page(client, fill(tabs[1])))


def test_it_is_forgotten_after_an_hour(client: FlaskClient, link: Link) -> None:
    answer = fill(form_page(client))
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("booked="))
    assert "Max-Age=3600" in cookie
    assert "Path=/book;" in cookie
    assert "HttpOnly" in cookie
    assert Booking.get().public_id not in cookie.partition(".")[0]


def test_a_cookie_made_up_tells_nothing(client: FlaskClient, link: Link) -> None:
    booking = make.booking(link)
    for value in ("x", booking.public_id, access.manage_token(booking), access.mailed_token(booking)):
        client.set_cookie("booked", value, path="/book")
        assert not is_told(form_page(client))


def test_a_time_that_is_free_again_or_still_is_booked_as_any(client: FlaskClient, link: Link) -> None:
    fill(form_page(client))
    bookings.cancel(Booking.get(), make.NOW, by=None)
    assert fill(form_page(client)).status_code == 303
    assert Booking.select().count() == 2


def test_another_links_time_is_not_meant(client: FlaskClient, link: Link) -> None:
    fill(form_page(client))
    make.link(link.organizer, "other")
    assert not is_told(visit(client, form_page(client).address.replace("/book/demo", "/book/other")))


def test_an_invitation_that_it_used_up_leads_to_it_too(client: FlaskClient) -> None:
    link = make.link(visibility="single_use")
    token = single_use.make(link.organizer, link, "", make.NOW)
    page = form_page(client, more=f"&once={token}")
    fill(page)
    back = form_page(client, more=f"&once={token}")
    assert back.status == 200
    assert is_told(back)
    assert "Choose another time" not in back.links()
    assert visit(client, f"/book/demo?once={token}").status == 410
    other = client.application.test_client()
    assert form_page(other, more=f"&once={token}").status == 410


def test_in_a_frame_there_are_no_cookies(client: FlaskClient, link: Link) -> None:
    page = visit(client, form_page(client).address.replace("/book/", "/embed/"))
    clock.set_source(lambda: make.NOW + timedelta(minutes=1))
    assert "Set-Cookie" not in fill(page).headers
