"""Which slots a link offers, and to whom: the hosts of a link, what is busy, the rules of domain/availability."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from meetings import db
from meetings.domain import availability
from meetings.domain.availability import Host, Kind, Rules
from meetings.domain.fields import email_key
from meetings.domain.time import SECONDS_PER_DAY, Instant, Span, to_instant, zone
from meetings.models import Booking, BusyTime, Link, Participant

from . import host_hours

LOOK_AHEAD_DAYS = 35  # days searched at once for the next free slot
NEAR_DAYS = 14  # days before and after within which a taken slot's nearest free ones are looked for


@dataclass(frozen=True, slots=True)
class HostOfLink:
    """Who can be met through a link, with what its pages show of them."""

    id: int
    name: str
    email: str
    timezone: str
    job_title: str
    picture: str | None
    check_availability: bool
    weight: int
    is_paused: bool
    holidays: str = ""  # country or region whose public holidays they take off
    is_stand_in: bool = False  # never met: their calendar is looked at where another's might have been


NOBODY: Final = HostOfLink(0, "", "", "UTC", "", None, check_availability=False, weight=1, is_paused=True)


@dataclass(frozen=True, slots=True)
class View:
    """What whoever gave their address gets of a link (services/ownership.py)."""

    hosts: Sequence[HostOfLink]  # who can be met; maybe somebody who only stands in
    owner: int | None = None  # whose contact it is
    only: frozenset[int] = frozenset()  # those of the hosts whose times alone are shown; empty: everyone's
    is_everyones: bool = False  # whether it was asked for everyone's times

    @property
    def met(self) -> list[HostOfLink]:
        """The hosts, without whoever only stands in."""
        return [host for host in self.hosts if not host.is_stand_in]

    @property
    def locked(self) -> list[int]:
        """Ids of the hosts to lock before they are judged; 0, which is nobody, for whoever only stands in."""
        return [0 if host.is_stand_in else host.id for host in self.hosts]

    def narrowed(self, hosts: Sequence[Host]) -> list[Host]:
        """Those whose times are shown alone, if any are; else one of the others, for as much work."""
        return [host for host in hosts if host.id in self.only] or list(hosts[:1])


def hosts_of(link: Link) -> list[HostOfLink]:
    """Hosts that can be met through the link, in its order; users who were deactivated are left out."""
    if link.kind == Kind.INDIVIDUAL:
        return _by_themselves(link.organizer_id)
    if link.proposed_team is not None:
        return _proposed(link.proposed_team)
    found = db.rows(
        f"{_HOST_COLUMNS}, m.check_availability, m.weight, m.is_paused, u.holidays"
        ' FROM member m JOIN "user" u ON u.id = m.user_id'
        " WHERE m.link_id = ? AND u.is_active ORDER BY m.position, m.id",
        [link.id],
    )
    return [HostOfLink(*row) for row in found]


def _proposed(team: Sequence[Mapping[str, Any]]) -> list[HostOfLink]:
    """Hosts as they would be with this team."""
    emails = [email_key(member["user"]) for member in team]
    if not emails:
        return []
    among = f'FROM "user" u WHERE u.is_active AND u.email IN ({db.placeholders(emails)})'
    rows = db.rows(f"{_HOST_COLUMNS}, ?, 1, ?, u.holidays {among}", [True, False, *emails])
    known = {host.email: host for host in (HostOfLink(*row) for row in rows)}
    return [_seated(known[email], member) for email, member in zip(emails, team, strict=True) if email in known]


def _seated(host: HostOfLink, member: Mapping[str, Any]) -> HostOfLink:
    return replace(
        host,
        check_availability=member["check_availability"],
        weight=member["weight"],
        is_paused=member["paused"],
    )


def _by_themselves(user_id: int) -> list[HostOfLink]:
    found = db.rows(
        f'{_HOST_COLUMNS}, ?, 1, ?, u.holidays FROM "user" u WHERE u.id = ? AND u.is_active', [True, False, user_id]
    )
    return [HostOfLink(*row) for row in found]


def guest(user_id: int) -> HostOfLink:
    """Somebody who is met beside the members, by the link's rules; NOBODY if there is nobody with this id."""
    return next(iter(_by_themselves(user_id)), NOBODY)


def guest_or_stand_in(link: Link, user_id: int) -> HostOfLink:
    """The same for a user who is no member; else somebody else who is none, and only stands in.

    So it is as much work whether there is such a user or not. Holidays are asked for in any case.
    """
    others = 'SELECT {} FROM "user" u WHERE u.is_active AND u.id NOT IN (SELECT user_id FROM member WHERE link_id = ?)'
    found = db.rows(
        f'{_HOST_COLUMNS}, ?, 1, ?, u.holidays FROM "user" u'
        f" WHERE u.id = COALESCE(({others.format('u.id')} AND u.id = ?), ({others.format('MIN(u.id)')}))",
        [True, False, link.id, user_id, link.id],
    )
    host = HostOfLink(*found[0]) if found else NOBODY
    return replace(host, holidays=host.holidays or "-", is_stand_in=host.id != user_id or not found)


def hosts_among(link: Link, user_ids: Sequence[int]) -> list[HostOfLink]:
    """Active users as the link's hosts: as its team has them, or as anybody who takes one of its meetings over."""
    known = {host.id: host for host in hosts_of(link)}
    others = [user_id for user_id in user_ids if user_id not in known]
    known |= {host.id: host for host in _outsiders(others)}
    return [known[user_id] for user_id in user_ids]


def _outsiders(user_ids: Sequence[int]) -> list[HostOfLink]:
    if not user_ids:
        return []
    found = db.rows(
        f'{_HOST_COLUMNS}, ?, 1, ?, u.holidays FROM "user" u'
        f" WHERE u.id IN ({db.placeholders(user_ids)}) AND u.is_active",
        [True, False, *user_ids],
    )
    return [HostOfLink(*row) for row in found]


_HOST_COLUMNS = "SELECT u.id, u.name, u.email, u.timezone, u.job_title, u.picture"


def rules_of(link: Link) -> Rules:
    """All that a link says about its times. It may be unsaved: the wizard's preview."""
    return host_hours.rules_of(link)


def offered(
    link: Link, duration: int, span: Span, now: datetime, without: Booking | None = None, view: View | None = None
) -> list[Instant]:
    """Starts offered in `span`, ascending. `without` leaves one booking's own time out, as for moving it.

    With a `view` everyone's times and those of one host are computed for everybody, whichever of them are returned: how
    long it takes tells nothing.
    """
    rules = rules_of(link)
    hosts = hosts_to_meet(link, without) if view is None else view.hosts
    span = _within_horizon(rules, span, now)
    busy = with_busy(link, hosts, rules, span, duration, without)
    kind, at = Kind(link.kind), instant_of(now)
    everyones = availability.slots(rules, kind, busy, duration, span, at)
    if view is None:
        return everyones
    theirs = availability.slots(rules, kind, view.narrowed(busy), duration, span, at)
    return theirs if view.only else everyones


def _within_horizon(rules: Rules, span: Span, now: datetime) -> Span:
    horizon = availability.horizon_span(rules, instant_of(now))
    start = max(span.start, horizon.start)
    return Span(start, max(start, min(span.end, horizon.end)))


def next_offered(
    link: Link, duration: int, after: Instant, now: datetime, without: Booking | None = None, view: View | None = None
) -> Instant | None:
    """The first start offered at or after an instant; None if the link offers nothing more."""
    end = availability.horizon_span(rules_of(link), instant_of(now)).end
    start = max(after, instant_of(now))
    while start < end:
        stop = min(start + LOOK_AHEAD_DAYS * SECONDS_PER_DAY, end)
        if found := offered(link, duration, Span(start, stop), now, without, view):
            return found[0]
        start = stop
    return None


def nearest(
    link: Link,
    duration: int,
    start: Instant,
    now: datetime,
    count: int = 4,
    without: Booking | None = None,
    view: View | None = None,
) -> list[Instant]:
    """At most `count` starts offered closest to `start`, the closest first."""
    reach = NEAR_DAYS * SECONDS_PER_DAY
    found = offered(link, duration, Span(start - reach, start + reach), now, without, view)
    return sorted(found, key=lambda at: (abs(at - start), at))[:count]


def hosts_to_meet(link: Link, booking: Booking | None) -> list[HostOfLink]:
    """The link's hosts; for a booking being moved, its own, but round robin may choose among all again.

    Whoever holds it is among them, also if it was given to somebody outside of the team. Nobody, once a host whom the
    meeting needs was deactivated: it can't be moved to a time at which nobody comes.
    """
    if booking is None:
        return hosts_of(link)
    if link.kind == Kind.ROUND_ROBIN:
        return _with_holder(hosts_of(link), booking)
    found = db.rows(
        f"{_HOST_COLUMNS}, p.is_required, 1, ?, u.holidays, u.is_active"
        ' FROM participant p JOIN "user" u ON u.id = p.host_id'
        " WHERE p.booking_id = ? ORDER BY p.position, p.id",
        [False, booking.id],
    )
    hosts = [(HostOfLink(*row), is_active) for *row, is_active in found]
    has_left = any(host.check_availability and not is_active for host, is_active in hosts)
    return [] if has_left else [host for host, _ in hosts]


def _with_holder(hosts: list[HostOfLink], booking: Booking) -> list[HostOfLink]:
    """The hosts and, behind them, whoever holds a booking without being one of them."""
    ids = {host.id for host in hosts}
    seated = db.rows("SELECT host_id FROM participant WHERE booking_id = ?", [booking.id])
    others = [guest(host_id) for (host_id,) in seated if host_id not in ids]
    return [*hosts, *(host for host in others if host.id)]


def with_busy(
    link: Link, hosts: Sequence[HostOfLink], rules: Rules, span: Span, duration: int, without: Booking | None
) -> list[Host]:
    """The hosts as the rules see them, with what is busy around `span`; `without` leaves one booking out.

    Where the link keeps to its hosts' hours, each is limited by them.
    """
    if not hosts or span.start >= span.end:
        return []
    ids = [host.id for host in hosts]
    around = availability.relevant_span(rules, span, duration)
    bookings: dict[int, list[tuple[int, int, int]]] = {host_id: [] for host_id in ids}
    for host_id, start, end, buffer in Participant.busy(ids, around.start, around.end, without.id if without else None):
        bookings[host_id].append((start, end, buffer))
    events: dict[int, list[tuple[int, int]]] = {host_id: [] for host_id in ids}
    for host_id, start, end in BusyTime.busy(ids, around.start, around.end):
        events[host_id].append((start, end))
    holiday_zones = {host.id: zone(host.timezone) for host in hosts if host.holidays}
    limits = host_hours.limits(host_hours.of(link, ids), holiday_zones, around)
    return [
        Host(
            *(host.id, bookings[host.id], events[host.id], bool(host.check_availability), bool(host.is_paused)),
            limits=() if host.is_stand_in else limits.get(host.id),
        )
        for host in hosts
    ]


def instant_of(now: datetime) -> Instant:
    """`now` as the domain counts it. A fraction is rounded up: a notice that isn't quite over isn't over."""
    return to_instant(now) + (1 if now.microsecond else 0)
