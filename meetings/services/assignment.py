"""Who holds a booking: for individual and group links their hosts, for round robin whoever's turn it is, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from meetings import db
from meetings.domain import round_robin
from meetings.domain.availability import Kind
from meetings.models import Link
from meetings.models.bookings import CONFIRMED

from .offers import HostOfLink, instant_of

COUNTED = timedelta(days=30)  # how far back round robin counts bookings, in exact days of 24 h


@dataclass(frozen=True)
class Assignment:
    """Who is in a booking, and for round robin why."""

    hosts: list[tuple[int, bool]]  # id, required
    rule: str | None = None
    ledger: dict[str, object] | None = None


def assign(link: Link, hosts: Sequence[HostOfLink], free: Iterable[int], now: datetime) -> Assignment:
    """Choose among the hosts `free` at a slot. Inside the booking's transaction, so that a burst spreads evenly."""
    if link.kind != Kind.ROUND_ROBIN:
        members = [host for host in hosts if not host.is_paused]
        members.sort(key=lambda host: host.id != link.organizer_id)  # the organizer of the event comes first
        return Assignment([(host.id, bool(host.check_availability)) for host in members])
    candidates = _candidates(link, hosts, set(free), now)
    choice = round_robin.choose(candidates)
    ledger: dict[str, object] = {
        "rule": choice.rule,
        "chosen": choice.host_id,
        "candidates": [
            {"host": host.id, "name": host.name, "weight": host.weight, "is_free": host.id in set(free)}
            | next(({"count": c.count, "last": c.last_assigned} for c in candidates if c.host_id == host.id), {})
            for host in hosts
        ],
    }
    return Assignment([(choice.host_id, True)], choice.rule, ledger)


def _candidates(link: Link, hosts: Sequence[HostOfLink], free: set[int], now: datetime) -> list[round_robin.Candidate]:
    """Free members with their confirmed bookings through this link and the order of their latest assignment."""
    since = instant_of(now - COUNTED)
    loads = db.rows(
        "SELECT p.host_id, SUM(CASE WHEN b.status = ? AND b.starts_at >= ? THEN 1 ELSE 0 END), MAX(p.id)"
        " FROM booking b JOIN participant p ON p.booking_id = b.id"
        " WHERE b.link_id = ? AND b.assigned_by <> ? GROUP BY p.host_id",
        [CONFIRMED, since, link.id, "contact_owner"],
    )
    known = {host_id: (int(count), latest) for host_id, count, latest in loads}
    return [
        round_robin.Candidate(host.id, host.weight, *known.get(host.id, (0, None))) for host in hosts if host.id in free
    ]
