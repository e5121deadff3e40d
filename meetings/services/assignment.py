"""Who holds a booking: for individual and group links their hosts, for round robin whoever's turn it is, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from meetings import db
from meetings.domain import round_robin
from meetings.domain.availability import Kind
from meetings.domain.round_robin import Candidate, Choice
from meetings.domain.time import Instant
from meetings.models import Link
from meetings.models.bookings import CONFIRMED

from .offers import HostOfLink, instant_of
from .standing import Judged

COUNTED = timedelta(days=30)  # how far back round robin counts bookings, in exact days of 24 h


@dataclass(frozen=True)
class Assignment:
    """Who is in a booking, and for round robin why."""

    hosts: list[tuple[int, bool]]  # id, required
    rule: str | None = None
    ledger: dict[str, object] | None = None


@dataclass(frozen=True)
class Turns:
    """What was assigned to a host through a link so far."""

    count: int = 0
    latest: int | None = None  # grows with every assignment; None: never
    at: Instant | None = None  # when that was


def assign(
    link: Link, hosts: Sequence[HostOfLink], judged: Judged, now: datetime, owner: int | None = None
) -> Assignment:
    """Choose among the hosts who are free. Inside the booking's transaction, so that a burst spreads evenly.

    The `owner`, whose contact it is where the link prioritizes that, comes before whoever's turn it is.
    """
    if link.kind != Kind.ROUND_ROBIN:
        members = [host for host in hosts if not host.is_paused]
        members.sort(key=lambda host: host.id != link.organizer_id)  # the organizer of the event comes first
        return Assignment([(host.id, bool(host.check_availability)) for host in members])
    turns = turns_of(link, now)
    choice = decide(hosts, judged.free, turns, owner)
    ledger = ledger_of(hosts, judged, turns, choice)
    return Assignment([(choice.host_id, True)], choice.rule, ledger)


def decide(
    hosts: Sequence[HostOfLink], free: Sequence[int], turns: Mapping[int, Turns], owner: int | None = None
) -> Choice:
    """Whose turn it is among the hosts who are free."""
    return round_robin.choose([_candidate(host, turns) for host in hosts if host.id in free], owner)


def _candidate(host: HostOfLink, turns: Mapping[int, Turns]) -> Candidate:
    had = turns.get(host.id, Turns())
    return Candidate(host.id, host.weight, had.count, had.latest)


def turns_of(link: Link, now: datetime) -> dict[int, Turns]:
    """What each host was assigned through this link: how many confirmed ones that count, and the latest."""
    since = instant_of(now - COUNTED)
    found = db.rows(
        "SELECT p.host_id, SUM(CASE WHEN b.status = ? AND b.starts_at >= ? THEN 1 ELSE 0 END), MAX(p.id),"
        " MAX(COALESCE(p.seated_at, b.created_at))"
        " FROM booking b JOIN participant p ON p.booking_id = b.id"
        " WHERE b.link_id = ? AND b.assigned_by <> ? GROUP BY p.host_id",
        [CONFIRMED, since, link.id, "contact_owner"],
    )
    return {host_id: Turns(int(count), latest, at) for host_id, count, latest, at in found}


def ledger_of(
    hosts: Sequence[HostOfLink], judged: Judged, turns: Mapping[int, Turns], choice: Choice
) -> dict[str, Any]:
    """Why a meeting went to this host, to be read long after: everybody as they were."""
    return {
        "rule": choice.rule,
        "chosen": choice.host_id,
        "start": judged.start,
        "duration": judged.duration,
        "candidates": [_line(host, judged, turns.get(host.id, Turns())) for host in hosts],
    }


def _line(host: HostOfLink, judged: Judged, had: Turns) -> dict[str, Any]:
    return {
        "host": host.id,
        "name": host.name,
        "weight": host.weight,
        "is_free": host.id in judged.free,
        "count": had.count,
        "last": had.latest,
        "turn": had.at,
        **judged.facts(host),
    }
