"""A country changes its clocks: meetings stay the instants they are, and somebody is told."""

import pytest

from meetings.models import Booking, Setting
from meetings.services import bookings, zone_data
from tests import make
from tests.make import NOW, at

pytestmark = pytest.mark.usefixtures("app")


def change_the_rules(booking: Booking) -> None:
    """As if the meeting had been agreed on under rules that said one hour earlier."""
    Booking.update(agreed_clock="2026-12-01 09:00 Europe/Paris").where(Booking.id == booking.id).execute()
    Setting.delete().where(Setting.name == zone_data.RELEASE).execute()


def test_the_agreed_clock_is_the_links() -> None:
    booking = make.booking()
    assert booking.agreed_clock == "2026-12-01 10:00 Europe/Paris"
    assert (
        bookings.reschedule(booking, at("2026-12-02 09:30"), NOW, by=None).agreed_clock
        == "2026-12-02 10:30 Europe/Paris"
    )


def test_nothing_is_said_while_the_rules_stay() -> None:
    booking = make.booking()
    assert zone_data.check(NOW) == 0
    assert zone_data.moved_meetings(booking.link.organizer, NOW) == []


def test_a_meeting_that_moved_is_listed_until_it_is_settled() -> None:
    booking = make.booking()
    host, stranger = booking.link.organizer, make.user("Charlie Cho")
    change_the_rules(booking)
    assert zone_data.check(NOW) == 1
    assert zone_data.check(NOW) == 0  # once for each release
    assert Booking.get_by_id(booking.id).starts_at == booking.starts_at
    assert zone_data.moved_meetings(host, NOW) == [booking]
    assert zone_data.moved_meetings(stranger, NOW) == []
    bookings.reschedule(booking, at("2026-12-02 09:30"), NOW, by=host)
    assert zone_data.moved_meetings(host, NOW) == []


def test_what_is_over_or_cancelled_is_not_listed() -> None:
    booking = make.booking()
    change_the_rules(booking)
    zone_data.check(NOW)
    assert zone_data.moved_meetings(booking.link.organizer, at("2026-12-01 10:00")) == []
    bookings.cancel(booking, NOW, by=None)
    assert zone_data.moved_meetings(booking.link.organizer, NOW) == []
