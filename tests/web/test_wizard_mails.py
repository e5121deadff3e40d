"""The wizard's page of mails: previews, a test to oneself, and reminders that reach meetings booked already."""

from email import message_from_bytes, policy

import pytest

from meetings import clock, ratelimit
from meetings.models import Delivery, Link
from meetings.services import outbox
from tests import make
from tests.web.test_wizard import Page, sign_in


@pytest.fixture
def alice(app):
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


@pytest.fixture
def signed_in(client, alice):
    return sign_in(client, alice)


@pytest.fixture
def live_link(alice):
    return make.link(alice, "demo")


def test_changed_reminders_reach_booked_meetings_only_if_wanted(signed_in, alice):
    make.link(alice, "demo", automation={"reminders": [{"value": 1, "unit": "hours"}]})
    booking = make.booking(Link.by_slug("demo"))
    make.booking(Link.by_slug("demo"), "2026-12-01 11:00")

    def leads():
        rows = Delivery.select().where(Delivery.booking == booking, Delivery.kind == "reminder")
        return [row.details["lead"] for row in rows.where(Delivery.state == "pending")]

    page = Page(signed_in, "/links/demo/edit/automation")
    assert "Also for the 2 meetings that are booked already" in page.text()
    page = page.press("save", reminder_value="2")
    assert leads() == [3600]
    page = page.press("save", reminder_value="3", reaches_back="y")
    assert leads() == [3 * 3600]
    assert page.value("reaches_back") == []  # not for the next time, too


def test_what_reaches_back_may_wait_on_its_page(signed_in, alice):
    make.link(alice, "demo", automation={"reminders": [{"value": 1, "unit": "hours"}]})
    booking = make.booking(Link.by_slug("demo"))
    page = Page(signed_in, "/links/demo/edit/automation").press("go:overview", reminder_value="2", reaches_back="y")
    page.press("save")
    row = Delivery.get(Delivery.booking == booking, Delivery.kind == "reminder", Delivery.state == "pending")
    assert row.details["lead"] == 7200


def test_where_nothing_is_booked_nothing_reaches_back(signed_in, live_link):
    assert "booked already" not in Page(signed_in, "/links/demo/edit/automation").text()


def test_the_mail_of_the_preview_comes_to_whoever_wants_to_see_it(signed_in, live_link, alice):
    page = Page(signed_in, "/links/demo/edit/automation").press("add:reminder")
    page = page.press("test", mail="reminder-0", audience="contact", include_description=[])
    assert "outbox" in page.text("test-sent")
    (row,) = Delivery.select()
    assert (row.kind, row.recipient, row.user_id) == ("test", alice.email, alice.id)
    message = message_from_bytes(row.content, policy=policy.default)
    assert message["To"] == alice.email
    assert message["Subject"].startswith("Test: Reminder")
    assert message["List-Unsubscribe"] is None
    assert "text/calendar" not in {part.get_content_type() for part in message.walk()}
    assert Link.by_slug("demo").automation["reminders"] == []  # nothing is saved by that


def test_the_test_goes_out_as_any_mail(signed_in, live_link, alice, app):
    Page(signed_in, "/links/demo/edit/automation").press("test")
    outbox.deliver_due(make.NOW)
    (row,) = Delivery.select()
    assert (row.state, row.last_error) == ("pending", "")  # no server is set up: it waits, as all do
    listed = signed_in.get("/outbox").get_data(as_text=True)
    assert "Test to Alice Martin" in listed
    assert signed_in.get(f"/outbox/{row.id}").status_code == 200


def test_tests_are_limited(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/automation")
    for _ in range(ratelimit.TEST_MAILS.amount):
        page = page.press("test")
    assert "too often" in page.press("test").text("test-sent")
    assert Delivery.select().count() == ratelimit.TEST_MAILS.amount


def test_the_mail_is_shown_as_plain_text_too(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/automation")
    assert "Alex" in page.text("plain-mail")


def test_the_preview_is_about_a_time_that_could_be_booked(signed_in, alice):
    hours = [{"days": ["wed"], "start": "09:00", "end": "10:00"}]
    make.link(alice, "demo", available_hours=hours, window={"kind": "rolling", "weeks": 4})
    text = Page(signed_in, "/links/demo/edit/automation").text("plain-mail")
    assert "Wednesday 9 December 2026, 09:00" in text
