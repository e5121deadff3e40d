"""What somebody would leave behind, and who could take it over."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meetings.models import Booking, Company, Contact, Link, Member, Participant, Schedule, User
from meetings.models.bookings import CONFIRMED
from meetings.models.links import DELETED

from .. import calendars


@dataclass(frozen=True)
class LinkLeft:
    """A link that they organize."""

    link: Link
    coming: int  # meetings that are still to begin, whoever holds them


@dataclass(frozen=True)
class Membership:
    """A team that they are in."""

    link: Link
    others: int  # members who can still be met


@dataclass(frozen=True)
class Meeting:
    """A meeting to come that they hold."""

    booking: Booking
    is_shared: bool  # with somebody who can hold it without them


@dataclass(frozen=True)
class LeftBehind:
    """All that somebody would leave behind."""

    links: Sequence[LinkLeft]
    memberships: Sequence[Membership]
    meetings: Sequence[Meeting]
    contacts: int
    companies: int
    schedules: Sequence[str]

    @property
    def owned(self) -> int:
        """Contacts and companies together."""
        return self.contacts + self.companies


def left_behind(user: User, now: datetime) -> LeftBehind:
    """What this person would leave behind. Drafts without a name are no links yet."""
    return LeftBehind(
        _links_of(user, now),
        _memberships_of(user),
        _meetings_of(user, now),
        Contact.select().where(Contact.owner == user).count(),
        Company.select().where(Company.owner == user).count(),
        [row.name for row in Schedule.select().where(Schedule.user == user).order_by(Schedule.position, Schedule.id)],
    )


def _links_of(user: User, now: datetime) -> list[LinkLeft]:
    owned = Link.select().where(Link.organizer == user, Link.status != DELETED, Link.internal_name != "")
    found = list(owned.order_by(Link.kind, Link.slug))
    coming = Counter(
        booking.link_id for booking in Booking.select(Booking.link).where(Booking.link.in_(found), *to_begin(now))
    )
    return [LinkLeft(link, coming[link.id]) for link in found]


def to_begin(now: datetime) -> tuple[Any, ...]:
    """The conditions of meetings that are still to begin."""
    return Booking.status == CONFIRMED, Booking.starts_at > now


def _memberships_of(user: User) -> list[Membership]:
    teams = Link.select().join(Member).where(Member.user == user, Link.status != DELETED)
    found = list(teams.order_by(Link.kind, Link.slug))
    is_met = User.is_active, ~Member.is_paused, Member.user != user
    others = Member.select(Member.link).join(User).where(Member.link.in_(found), *is_met)
    counts = Counter(member.link_id for member in others)
    return [Membership(link, counts[link.id]) for link in found]


def _meetings_of(user: User, now: datetime) -> list[Meeting]:
    theirs = Participant.select(Participant.booking).where(Participant.host == user)
    coming = Booking.select(Booking, Link).join(Link).where(Booking.id.in_(theirs), *to_begin(now))
    found = list(coming.order_by(Booking.starts_at, Booking.id))
    hosts = Participant.of_bookings([booking.id for booking in found])
    return [Meeting(one, _is_shared(hosts[one.id], user)) for one in found]


def _is_shared(seats: Iterable[Participant], user: User) -> bool:
    return any(seat.host_id != user.id and seat.host.is_active for seat in seats)


def successors(user: User) -> list[tuple[User, bool]]:
    """Who could take over from somebody, by name, each with whether they lack a calendar that the team requires."""
    others = User.present().where(User.is_active, User.id != user.id).order_by(User.name, User.id)
    return [(one, calendars.is_lacking(one)) for one in others]
