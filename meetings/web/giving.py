"""To whom a meeting may be given, and how free they are then, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from meetings.domain.availability import Kind
from meetings.domain.explain import Hindrance
from meetings.i18n import gettext as _
from meetings.models import Booking, Participant, User
from meetings.services import bookings, standing
from meetings.services.offers import HostOfLink, hosts_among, hosts_of

from .ledger import hindrance
from .session import Reader


@dataclass(frozen=True)
class Taker:
    """Somebody who could take a meeting over."""

    user: User
    words: str
    is_outside: bool  # of the link's team, which only admins may choose
    is_free: bool
    can_take: bool  # nothing stands against it that nobody could overlook


@dataclass(frozen=True)
class Giving:
    """Whose part of a meeting is given away, and to whom it could go."""

    seat: Participant
    seats: Sequence[Participant]  # those that the reader may give away
    takers: Sequence[Taker]

    def taker(self, user_id: int | None) -> Taker | None:
        """The one with this id, if it can go to them."""
        return next((one for one in self.takers if one.user.id == user_id and one.can_take), None)


def givable(actor: User, booking: Booking) -> list[Participant]:
    """The hosts' parts in a meeting that `actor` may give to others, their own first."""
    seats = [seat for seat in booking.hosts() if bookings.can_hand_over(actor, booking, seat.host)]
    return sorted(seats, key=lambda seat: seat.host_id != actor.id)


def giving_of(actor: User, booking: Booking, host_id: int | None, whom: Reader) -> Giving | None:
    """Everybody who could take it over, the team and the free ones first; None where `actor` has nothing to give away.

    `host_id` says whose part is given away, if there are several.
    """
    seats = givable(actor, booking)
    if not seats:
        return None
    seat = next((seat for seat in seats if seat.host_id == host_id), seats[0])
    users = list(bookings.successors(actor, booking).order_by(User.name, User.id))
    found = bookings.hindrances(booking, users)
    hosts = {host.id: host for host in hosts_among(booking.link, [user.id for user in users])}
    team = {host.id for host in hosts_of(booking.link)} if booking.link.kind != Kind.INDIVIDUAL else set(hosts)
    takers = [
        _taker(user, hosts[user.id], found[user.id], seat, whom, is_outside=user.id not in team) for user in users
    ]
    return Giving(seat, seats, sorted(takers, key=lambda one: (one.is_outside, not one.is_free, not one.can_take)))


def _taker(
    user: User, host: HostOfLink, found: Sequence[Hindrance], seat: Participant, whom: Reader, *, is_outside: bool
) -> Taker:
    if not found:
        words = _("Free, but paused here") if host.is_paused else _("Free")
        return Taker(user, words, is_outside, is_free=True, can_take=True)
    words = hindrance(standing.kept(standing.weightiest(found), host), whom)
    can_take = not seat.is_required or not any(map(bookings.is_hard, found))
    return Taker(user, words, is_outside, is_free=False, can_take=can_take)
