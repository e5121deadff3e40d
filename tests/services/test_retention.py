"""What goes by itself, when, and by which clock."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from meetings.errors import Forbidden, Invalid
from meetings.models import Booking, Contact, Delivery, Setting
from meetings.services import outbox, retention
from tests import make

NOW = make.NOW
BOOKED = make.at("2026-12-01 09:00")
A_YEAR_ON = make.at("2027-12-02 09:00")


def days_pass(until: datetime) -> int:
    """The job as it runs: every day, a portion at a time."""
    assert retention.clear_old(until - timedelta(days=1)) == 0
    gone = 0
    while step := retention.clear_old(until):
        gone += step
    return gone


def test_a_year_after_the_meeting_nobody_knows_who_booked(app: Flask) -> None:
    booking = make.booking(start=BOOKED)
    assert days_pass(make.at("2027-11-30 09:00")) == 0
    assert Booking.get_by_id(booking.id).email == "maren@example.com"
    assert days_pass(A_YEAR_ON) > 0
    assert Booking.get_by_id(booking.id).is_anonymous
    assert Contact.select().where(Contact.email != "").count() == 0


def test_a_contact_with_a_later_meeting_stays(app: Flask) -> None:
    link = make.link()
    make.booking(link, BOOKED)
    make.booking(link, "2027-06-01 09:00", now=make.at("2027-05-31 09:00"))
    days_pass(A_YEAR_ON)
    assert [booking.is_anonymous for booking in Booking.select().order_by(Booking.id)] == [True, False]
    assert Contact.by_email("maren@example.com").first_name == "Maren"


def test_months_are_the_admins_choice_and_none_keeps_everything(app: Flask) -> None:
    ada = make.user("Ada Admin", role="admin")
    booking = make.booking(start=BOOKED)
    retention.save_rules(ada, {"bookings_months": 0, "mail_days": 0})
    assert days_pass(make.at("2036-01-01 09:00")) == 0
    retention.save_rules(ada, {"bookings_months": 120, "mail_days": 0})
    assert days_pass(make.at("2036-11-01 09:00")) == 0
    assert days_pass(make.at("2036-12-03 09:00")) > 0
    assert Booking.get_by_id(booking.id).is_anonymous


def test_the_words_of_mails_go_after_a_month(app: Flask) -> None:
    make.booking(make.link(automation={"reminders": [{"value": 1, "unit": "hours"}]}), BOOKED)
    planned = Delivery.kind.in_(("reminder", "host_reminder"))
    Delivery.update(content=b"words", state="sent").where(~planned).execute()
    days_pass(NOW + timedelta(days=20))
    assert Delivery.select().where(Delivery.content.is_null(False)).count() == 2
    Delivery.update(content=b"planned").where(planned).execute()
    days_pass(NOW + timedelta(days=31))
    assert {row.kind for row in Delivery.select().where(Delivery.content.is_null(False))} == {
        "reminder",
        "host_reminder",
    }  # still to go
    assert Delivery.select().count() == 4
    shown = outbox.content(Delivery.get(Delivery.kind == "host_booked"), NOW + timedelta(days=31))
    assert shown is None


def test_a_clock_that_leaps_costs_nobody_their_data(app: Flask) -> None:
    booking = make.booking(start=BOOKED)
    retention.clear_old(NOW)
    retention.clear_old(NOW + timedelta(days=1))
    for _ in range(3):
        assert retention.clear_old(NOW + timedelta(days=3650)) == 0
        assert retention.clear_old(NOW + timedelta(days=3650, hours=5)) == 0
        assert retention.clear_old(NOW + timedelta(days=2)) == 0
    assert not Booking.get_by_id(booking.id).is_anonymous


def test_it_looks_once_a_day(app: Flask) -> None:
    days_pass(A_YEAR_ON)
    booking = make.booking(start=BOOKED)
    assert retention.clear_old(A_YEAR_ON + timedelta(hours=23)) == 0
    assert not Booking.get_by_id(booking.id).is_anonymous
    assert retention.clear_old(A_YEAR_ON + timedelta(hours=24)) > 0


@pytest.mark.parametrize("values", [{"bookings_months": -1}, {"bookings_months": 121}, {"mail_days": "x"}])
def test_odd_rules_are_refused(app: Flask, values: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        retention.save_rules(make.user("Ada Admin", role="admin"), values)
    assert Setting.read("retention") is None


def test_members_leave_the_rules_alone(app: Flask) -> None:
    with pytest.raises(Forbidden):
        retention.save_rules(make.user(), {"bookings_months": 1})
