"""What happened in the demo so far: busy times, bookings, one of them cancelled, one given to another host."""

import random
from datetime import datetime, timedelta

from meetings import db
from meetings.domain.time import SECONDS_PER_DAY, Span, to_datetime, to_instant
from meetings.models import Booking, BusyTime, Link, User
from meetings.models.bookings import CONFIRMED

from .. import bookings, offers
from .contacts import CONTACTS

PAST_DAYS = 10  # bookings are made from this long ago until now
SHARED = "acoustician"  # the round robin of which a meeting changes hands
WEIGHTS = (5, 6, 2, 3, 1, 1, 4)  # how often each link is booked

WISHES = (
    "Our meeting room on the 4th floor: people dialling in hear an echo.",
    "A rehearsal room under a school. The neighbours complain about the bass.",
    "Open office, forty desks, nobody can make a call.",
    "La salle de classe résonne, les élèves du fond n’entendent rien.",
    "We are building a small studio and have drawings.",
)


def make_busy_times(team: list[User], now: datetime, chance: random.Random) -> None:
    """Lunches, visits and the like, so that free times look like a real week's."""
    today = to_instant(now) // SECONDS_PER_DAY * SECONDS_PER_DAY
    with db.transaction():
        for user in team:
            for day in range(1, 30):
                for _ in range(chance.choice((0, 1, 1, 2))):
                    start = today + day * SECONDS_PER_DAY + chance.randrange(7 * 4, 16 * 4) * 900
                    length = chance.choice((1800, 3600, 3600, 5400))
                    BusyTime.create(
                        user=user, starts_at=to_datetime(start), ends_at=to_datetime(start + length), created_at=now
                    )


def make(made: list[Link], now: datetime, chance: random.Random) -> None:
    """Contacts book over the past days, each at a moment of their own, among the times offered then."""
    live = [link for link in made if link.is_bookable]
    moments = sorted(now - timedelta(minutes=chance.randrange(1, PAST_DAYS * 1440)) for _ in range(52))
    for moment in moments:
        link = chance.choices(live, weights=WEIGHTS[: len(live)])[0]
        duration = chance.choice(link.durations)
        start = to_instant(moment)
        offered = offers.offered(link, duration, Span(start, start + 16 * SECONDS_PER_DAY), moment)
        if offered:
            booking = bookings.take(link, _request(link, chance.choice(offered), duration, chance), moment)
            if chance.random() < 0.08 and booking.starts_at > now:
                bookings.cancel(booking, now, reason="Something came up, sorry.", by=None)


def hand_one_over(now: datetime) -> None:
    """The organizer of a round robin gives the first meeting for which that is possible to whoever else is free."""
    coming = Booking.select(Booking, Link).join(Link).order_by(Booking.starts_at, Booking.id)
    is_open = (Link.slug == SHARED) & (Booking.status == CONFIRMED) & (Booking.starts_at > now + timedelta(days=1))
    for booking in coming.where(is_open):
        organizer = booking.link.organizer
        team = [host.id for host in offers.hosts_of(booking.link)]
        others = list(bookings.successors(organizer, booking).where(User.id.in_(team)).order_by(User.id))
        found = bookings.hindrances(booking, others)
        free = next((user for user in others if not found[user.id]), None)
        if free is not None:
            bookings.hand_over(organizer, booking, booking.hosts()[0].host, free, now - timedelta(minutes=20))
            return


def _request(link: Link, start: int, duration: int, chance: random.Random) -> bookings.BookingRequest:
    first_name, last_name, email, timezone, locale = chance.choice(CONTACTS)
    answers = [
        {"name": field["name"], "label": field["label"], "value": chance.choice(WISHES)}
        for field in link.scheduling["form"]["fields"]
        if chance.random() < 0.7
    ]
    return bookings.BookingRequest(
        start=to_datetime(start),
        duration=duration,
        timezone=timezone,
        locale=locale,
        email=email,
        first_name=first_name,
        last_name=last_name,
        answers=answers,
    )
