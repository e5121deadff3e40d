"""Which slots a link offers, and to whom: the hosts of a link, what is busy, the rules of domain/availability."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meetings import db
from meetings.domain import availability
from meetings.domain import link as link_document
from meetings.domain.availability import Host, Kind, Rules
from meetings.domain.time import SECONDS_PER_DAY, Instant, Span, to_instant
from meetings.models import Booking, BusyTime, Link, Participant

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


def hosts_of(link: Link) -> list[HostOfLink]:
    """Hosts that can be met through the link, in its order; users who were deactivated are left out."""
    if link.kind == Kind.INDIVIDUAL:
        found = db.rows(
            f'{_HOST_COLUMNS}, ?, 1, ? FROM "user" u WHERE u.id = ? AND u.is_active', [True, False, link.organizer_id]
        )
    else:
        found = db.rows(
            f"{_HOST_COLUMNS}, m.check_availability, m.weight, m.is_paused"
            ' FROM member m JOIN "user" u ON u.id = m.user_id'
            " WHERE m.link_id = ? AND u.is_active ORDER BY m.position, m.id",
            [link.id],
        )
    return [HostOfLink(*row) for row in found]


_HOST_COLUMNS = "SELECT u.id, u.name, u.email, u.timezone, u.job_title, u.picture"


def offered(link: Link, duration: int, span: Span, now: datetime, without: Booking | None = None) -> list[Instant]:
    """Starts offered in `span`, ascending. `without` leaves one booking's own time out, as for moving it."""
    rules = link_document.rules(link.scheduling)
    hosts = hosts_to_meet(link, without)
    span = _within_horizon(rules, span, now)
    busy = with_busy(hosts, rules, span, duration, without)
    return availability.slots(rules, Kind(link.kind), busy, duration, span, instant_of(now))


def _within_horizon(rules: Rules, span: Span, now: datetime) -> Span:
    horizon = availability.horizon_span(rules, instant_of(now))
    start = max(span.start, horizon.start)
    return Span(start, max(start, min(span.end, horizon.end)))


def next_offered(
    link: Link, duration: int, after: Instant, now: datetime, without: Booking | None = None
) -> Instant | None:
    """The first start offered at or after an instant; None if the link offers nothing more."""
    end = availability.horizon_span(link_document.rules(link.scheduling), instant_of(now)).end
    start = max(after, instant_of(now))
    while start < end:
        stop = min(start + LOOK_AHEAD_DAYS * SECONDS_PER_DAY, end)
        if found := offered(link, duration, Span(start, stop), now, without):
            return found[0]
        start = stop
    return None


def nearest(
    link: Link, duration: int, start: Instant, now: datetime, count: int = 4, without: Booking | None = None
) -> list[Instant]:
    """At most `count` starts offered closest to `start`, the closest first."""
    reach = NEAR_DAYS * SECONDS_PER_DAY
    found = offered(link, duration, Span(start - reach, start + reach), now, without)
    return sorted(found, key=lambda at: (abs(at - start), at))[:count]


def hosts_to_meet(link: Link, booking: Booking | None) -> list[HostOfLink]:
    """The link's hosts; for a booking being moved, its own, but round robin may choose among all again.

    Nobody, once a host whom the meeting needs was deactivated: it can't be moved to a time at which nobody comes.
    """
    if booking is None or link.kind == Kind.ROUND_ROBIN:
        return hosts_of(link)
    found = db.rows(
        f'{_HOST_COLUMNS}, p.is_required, 1, ?, u.is_active FROM participant p JOIN "user" u ON u.id = p.host_id'
        " WHERE p.booking_id = ? ORDER BY p.position, p.id",
        [False, booking.id],
    )
    hosts = [(HostOfLink(*row), is_active) for *row, is_active in found]
    has_left = any(host.check_availability and not is_active for host, is_active in hosts)
    return [] if has_left else [host for host, _ in hosts]


def with_busy(
    hosts: Sequence[HostOfLink], rules: Rules, span: Span, duration: int, without: Booking | None
) -> list[Host]:
    """The hosts as the rules see them, with all that is busy around `span`; `without` leaves one booking out."""
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
    return [
        Host(host.id, bookings[host.id], events[host.id], bool(host.check_availability), bool(host.is_paused))
        for host in hosts
    ]


def instant_of(now: datetime) -> Instant:
    """`now` as the domain counts it. A fraction is rounded up: a notice that isn't quite over isn't over."""
    return to_instant(now) + (1 if now.microsecond else 0)
