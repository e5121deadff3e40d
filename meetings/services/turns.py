"""Whose turn it is on a round robin's link: how it is shared out so far, and what would happen now. Writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from meetings.domain import availability
from meetings.domain.availability import Host, Kind, Rules
from meetings.domain.time import DAY, Instant, Span, instant_of, local_date, wall_clock, zone
from meetings.errors import NotFound
from meetings.models import Link, User
from meetings.models.links import LIVE, OFF

from . import access, bookings, offers, ownership
from .assignment import Turns, decide, ledger_of, turns_of
from .offers import HostOfLink, View
from .standing import Judged

FOLLOWING: Final = 5  # assignments that are looked ahead
LOOK_AHEAD: Final = timedelta(days=70)  # for these


@dataclass(frozen=True)
class Standing:
    """A member, and their part in what was shared out."""

    host: HostOfLink
    turns: Turns
    total: int  # of all members who aren't paused
    weights: int

    @property
    def wanted(self) -> float:
        """The part of all meetings that is theirs by weight; nothing while they are paused."""
        return 0 if self.host.is_paused else self.host.weight / self.weights

    @property
    def held(self) -> float | None:
        """The part that they had; None where nobody had any, or they are paused."""
        return None if self.host.is_paused or not self.total else self.turns.count / self.total

    @property
    def ahead(self) -> float:
        """By how many meetings they are ahead of their part, or below zero behind it."""
        return 0 if self.host.is_paused else self.turns.count - self.total * self.wanted


@dataclass(frozen=True)
class Foreseen:
    """Who would get a meeting, and what was weighed."""

    ledger: Mapping[str, Any]
    host: HostOfLink
    following: Sequence[tuple[Instant, HostOfLink]]  # the next ones at this time of day, one after the other


def link_for(actor: User, slug: str) -> Link:
    """A round robin's link that `actor` may see. Raises NotFound, also for drafts and other kinds."""
    link = access.link_for(actor, slug)
    if link.kind != Kind.ROUND_ROBIN or link.status not in (LIVE, OFF):
        raise NotFound
    return link


def standings(link: Link, now: datetime) -> list[Standing]:
    """Every member in the link's order."""
    hosts, turns = offers.hosts_of(link), turns_of(link, now)
    taking_part = [host for host in hosts if not host.is_paused]
    total = sum(turns.get(host.id, Turns()).count for host in taking_part)
    weights = sum(host.weight for host in taking_part)
    return [Standing(host, turns.get(host.id, Turns()), total, weights) for host in hosts]


def foresee(actor: User, link: Link, duration: int, start: Instant, email: str, now: datetime) -> Foreseen:
    """Who would get a meeting that was booked now, by the code that decides it. Raises SlotTaken if it isn't offered.

    Where the contact's own host isn't free, it is whose turn it is: of those who look at everyone's times.

    Whose contact `email` is counts only where `actor` sees that contact: otherwise anybody could ask about anybody.
    """
    view = view_told(actor, link, email)
    judged = bookings.judge(link, view.hosts, duration, start, now)
    turns = turns_of(link, now)
    choice = decide(view.met, judged.free, turns, view.owner)
    by_id = {host.id: host for host in view.met}
    ledger = ledger_of(view.met, judged, turns, choice)
    following = list(_following(link, judged, turns, now)) if choice.rule != "contact_owner" else []
    return Foreseen(ledger, by_id[choice.host_id], following)


def view_told(actor: User, link: Link, email: str) -> View:
    """Whose times whoever has this address is shown, as far as `actor` may know it; of no address, everyone's."""
    view = ownership.view_told(actor, link, email) if email else None
    return view or View(offers.hosts_of(link))


def _following(
    link: Link, judged: Judged, turns: Mapping[int, Turns], now: datetime
) -> Iterator[tuple[Instant, HostOfLink]]:
    """Who would get one meeting after the other at this time of day, of contacts who are nobody's."""
    rules = judged.rules
    starts = list(_same_time(judged.start, rules))
    span = Span(starts[0], starts[-1] + 1)
    hosts = offers.hosts_of(link)
    busy = offers.with_busy(link, hosts, rules, span, judged.duration, None)
    given = dict(turns)
    found = 0
    for start in starts:
        free = _free(rules, busy, judged.duration, start, now)
        if not free:
            continue
        host_id = decide(hosts, free, given).host_id
        given[host_id] = _one_more(given, host_id)
        yield start, next(host for host in hosts if host.id == host_id)
        found += 1
        if found == FOLLOWING:
            return


def _free(rules: Rules, busy: Sequence[Host], duration: int, start: Instant, now: datetime) -> list[int]:
    kind = Kind.ROUND_ROBIN
    if not availability.is_offered(rules, kind, busy, duration, start, offers.instant_of(now)):
        return []
    return availability.free_hosts(rules, kind, busy, duration, start)


def _same_time(start: Instant, rules: Rules) -> Iterator[Instant]:
    """This time of the link's clocks, on this day and those that follow."""
    where = zone(rules.zone)
    shown = wall_clock(start, where)
    minute = int(shown[11:13]) * 60 + int(shown[14:16])
    day = local_date(start, where)
    yield start
    for number in range(1, LOOK_AHEAD // timedelta(days=1)):
        yield instant_of(day + number * DAY, minute, where)


def _one_more(turns: Mapping[int, Turns], host_id: int) -> Turns:
    """What a host had with one meeting more, which is the latest of all."""
    had = turns.get(host_id, Turns())
    latest = max((each.latest or 0 for each in turns.values()), default=0) + 1
    return Turns(had.count + 1, latest, had.at)
