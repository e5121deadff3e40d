"""New time zone data: which meetings to come now show another time on the clock than the one agreed on.

A meeting is an instant, so none is moved silently. Where a country changed its clocks since, somebody has to decide.
"""

from datetime import datetime
from importlib.metadata import version

from meetings import db
from meetings.domain.time import to_instant, wall_clock, zone
from meetings.models import Booking, Link, Setting, User
from meetings.models.bookings import CONFIRMED

from . import access, host_hours
from .workspace import write_setting

RELEASE = "zone_data"  # the setting that holds the release whose rules all meetings were held against
MOVED = "meetings_moved_by_zone_data"  # the setting that holds the ids of those that moved


def agreed_clock(link: Link, start: datetime) -> str:
    """What is kept of a start beside its instant: the wall clock in the link's zone, and that zone."""
    name = host_hours.zone_of(link)
    return f"{wall_clock(to_instant(start), zone(name))} {name}"


def now_shows(booking: Booking) -> str:
    """What `agreed_clock` would be with the rules of today, in the zone of then."""
    name = booking.agreed_clock.rpartition(" ")[2]
    return f"{wall_clock(to_instant(booking.starts_at), zone(name))} {name}"


def check(now: datetime) -> int:
    """After a new release of the zone data, hold every meeting to come against it; returns how many moved."""
    release = version("tzdata")
    if Setting.read(RELEASE) == release:
        return 0
    coming = Booking.select().where(Booking.status == CONFIRMED, Booking.starts_at > now)
    moved = [booking.id for booking in coming if now_shows(booking) != booking.agreed_clock]
    with db.transaction():
        write_setting(RELEASE, release)
        write_setting(MOVED, sorted({*Setting.read(MOVED, []), *moved}))
    return len(moved)


def moved_meetings(actor: User, now: datetime) -> list[Booking]:
    """Meetings to come that `actor` may see and whose clock time is not the agreed one any more, by start."""
    ids = Setting.read(MOVED, [])
    if not ids:
        return []
    found = access.visible_bookings(actor).where(
        Booking.id.in_(ids), Booking.status == CONFIRMED, Booking.starts_at > now
    )
    return [booking for booking in found.order_by(Booking.starts_at) if now_shows(booking) != booking.agreed_clock]
