"""Why a link offers a time or not: what the rules say, with as much of what is in the way as the asker may know."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from meetings.domain.availability import Host, Kind, Rules, relevant_span, where_free
from meetings.domain.explain import Cause, Explanation, Hindrance, HostVerdict, explain, judge, refused
from meetings.domain.remedies import Remedy, remedy
from meetings.domain.time import (
    DAY,
    SECONDS_PER_DAY,
    Instant,
    Span,
    days_span,
    local_date,
    to_datetime,
    to_instant,
    zone,
)
from meetings.models import Booking, BusyTime, DayOff, Link, Member, Participant, User
from meetings.models.links import LIVE

from . import access, host_hours, offers
from .offers import HostOfLink, View

NEAR_DAYS = 7  # days before and after in which offered times are looked for
OWNER = "owner"  # beside the rules: the host whose contact it is isn't free; others may be
LONGEST = SECONDS_PER_DAY // 60 - 1  # minutes; no link offers longer meetings


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in a host's way, as far as the asker may know it."""

    hindrance: Hindrance
    is_counted: bool  # False: ignored, as the host's availability isn't checked
    title: str = ""  # of a meeting, an event, a public holiday; blank: theirs to know
    contact: str = ""
    booking_id: str = ""  # the public id of a booking that the asker may see
    schedule: str = ""  # whose hours leave the time out, where they are a schedule's
    is_holiday: bool = False


@dataclass(frozen=True, slots=True)
class HostAccount:
    """A host: how they stand to the time, and what is in their way."""

    host: HostOfLink
    verdict: HostVerdict
    obstacles: list[Obstacle]
    busy: Host  # all that is known of them around the time


@dataclass(frozen=True, slots=True)
class Account:
    """All that is to be said about one time of a link."""

    link: Link
    rules: Rules
    duration: int
    start: Instant
    now: Instant
    explanation: Explanation
    hosts: list[HostAccount]
    left: list[str]  # names of hosts who can't be met any more: they were deactivated
    schedule: str  # that an individual link keeps to; blank: its own hours
    remedy: Remedy | None
    before: Instant | None  # the nearest offered times
    after: Instant | None

    @property
    def is_live(self) -> bool:
        """Whether the link offers any times at all."""
        return self.link.status == LIVE

    @property
    def has_duration(self) -> bool:
        """Whether the link has meetings of this length."""
        return self.duration in self.link.durations

    @property
    def is_offered(self) -> bool:
        """Whether it can be booked."""
        return self.is_live and self.has_duration and self.explanation.is_offered


@dataclass(frozen=True, slots=True)
class HiddenTime:
    """A start that a link's page leaves out: the rule that refuses it, and who would be needed but isn't free."""

    start: Instant
    rule: str
    hosts: list[HostAccount]


def account(actor: User, link: Link, duration: int, start: Instant, now: datetime) -> Account:
    """Explain a time of a link that `actor` may see."""
    rules = offers.rules_of(link)
    hosts = offers.hosts_of(link)
    span = day_around(start, rules)
    busy = offers.with_busy(link, hosts, rules, span, duration, None)
    at = offers.instant_of(now)
    explanation = explain(rules, Kind(link.kind), busy, duration, start, at)
    secrets = _Known(actor, link, explanation.hosts)
    before, after = _nearest(link, duration, start, now)
    return Account(
        link=link,
        rules=rules,
        duration=duration,
        start=start,
        now=at,
        explanation=explanation,
        hosts=[
            HostAccount(host, verdict, list(secrets.obstacles(host, verdict)), theirs)
            for host, verdict, theirs in zip(hosts, explanation.hosts, busy, strict=True)
        ],
        left=_left(link),
        schedule=_schedule(link),
        remedy=remedy(explanation, start, at),
        before=before,
        after=after,
    )


def hidden_times(
    actor: User, link: Link, duration: int, span: Span, now: datetime, view: View | None = None
) -> list[HiddenTime]:
    """The starts within a span that would be on the page of a link that `actor` may see, if nothing were in the way.

    With a `view` those of the page that it shows; who the contact's own host is stays untold.
    """
    rules, kind = offers.rules_of(link), Kind(link.kind)
    hosts = view.met if view else offers.hosts_of(link)
    busy = offers.with_busy(link, hosts, rules, span, duration, None)
    found = refused(rules, kind, busy, duration, span, offers.instant_of(now))
    if view and view.only:
        theirs = refused(rules, kind, view.narrowed(busy), duration, span, offers.instant_of(now))
        for_all = dict(found)
        found = _within_hosts_hours(link, rules, busy, duration, theirs)
        return [HiddenTime(start, for_all.get(start, OWNER), []) for start, _rule in found]
    found = _within_hosts_hours(link, rules, busy, duration, found)
    verdicts = {
        start: [judge(rules, kind, host, duration, start) for host in busy] for start, rule in found if rule == "free"
    }
    known = _Known(actor, link, [verdict for judged in verdicts.values() for verdict in judged])

    def kept(start: Instant) -> list[HostAccount]:
        looked_at = zip(hosts, verdicts.get(start, ()), busy, strict=False)
        return [
            HostAccount(host, verdict, list(known.obstacles(host, verdict)), theirs)
            for host, verdict, theirs in looked_at
            if verdict.is_needed and not verdict.is_free
        ]

    return [HiddenTime(start, rule, kept(start)) for start, rule in found]


def _within_hosts_hours(
    link: Link, rules: Rules, hosts: Sequence[Host], duration: int, found: Sequence[tuple[Instant, str]]
) -> list[tuple[Instant, str]]:
    """Where a team's link keeps to its hosts' hours it is open all day: what is left of that if these are its hours."""
    hours = host_hours.of(link, [host.id for host in hosts])
    if not hours or not found:
        return list(found)
    starts = [start for start, _ in found]
    around = relevant_span(rules, Span(starts[0], starts[-1] + 1), duration)
    limits = host_hours.limits(hours, {}, around)  # without holidays: these are a reason to be told
    idle = [replace(host, bookings=(), events=(), limits=limits.get(host.id)) for host in hosts]
    inside = set(where_free(starts, rules, Kind(link.kind), idle, duration))
    return [(start, rule) for start, rule in found if start in inside]


def day_around(start: Instant, rules: Rules) -> Span:
    """The local days of the link's zone next to an instant, and that of it: what a drawing of any zone's day shows."""
    day = local_date(start, zone(rules.zone))
    return days_span(day - DAY, day + DAY, zone(rules.zone))


def _nearest(link: Link, duration: int, start: Instant, now: datetime) -> tuple[Instant | None, Instant | None]:
    """The last time offered before, and the first one after."""
    if not link.is_bookable or duration not in link.durations:
        return None, None
    reach = NEAR_DAYS * SECONDS_PER_DAY
    found = offers.offered(link, duration, Span(start - reach, start + reach), now)
    before = max((at for at in found if at < start), default=None)
    after = min((at for at in found if at > start), default=None)
    return before, after or offers.next_offered(link, duration, start + reach, now)


def _left(link: Link) -> list[str]:
    if link.kind == Kind.INDIVIDUAL:
        return [] if link.organizer.is_active else [link.organizer.name]
    members = Member.select(Member, User).join(User).where(Member.link == link, ~User.is_active)
    return [member.user.name for member in members.order_by(Member.position, Member.id)]


def _schedule(link: Link) -> str:
    if link.kind != Kind.INDIVIDUAL or not host_hours.keeps_to_hosts(link):
        return ""
    theirs = host_hours.of_organizer(link)
    return theirs.schedule if theirs else ""


class _Known:
    """What `actor` may know of the things in the hosts' way: found with a few queries for all of them."""

    def __init__(self, actor: User, link: Link, verdicts: Sequence[HostVerdict]) -> None:
        found = [(verdict.id, one) for verdict in verdicts for one in (*verdict.in_the_way, *verdict.ignored)]
        self._bookings = _bookings(actor, [(host, one.span) for host, one in found if one.cause == Cause.BOOKING])
        mine = [one.span for host, one in found if one.cause == Cause.EVENT and host == actor.id]
        self._events = _titles(actor, mine)
        limited = [host for host, one in found if one.cause == Cause.LIMITS]
        self._days_off = _days_off(limited, [one.span for _, one in found if one.cause == Cause.LIMITS])
        self._schedules = {host_id: hours.schedule for host_id, hours in host_hours.of(link, limited).items()}
        self._actor = actor

    def obstacles(self, host: HostOfLink, verdict: HostVerdict) -> Iterator[Obstacle]:
        """All that is in a host's way, what counts first."""
        for one in verdict.in_the_way:
            yield self._named(host, one, is_counted=True)
        for one in verdict.ignored:
            yield self._named(host, one, is_counted=False)

    def _named(self, host: HostOfLink, one: Hindrance, *, is_counted: bool) -> Obstacle:
        if one.cause == Cause.BOOKING:
            booking = self._bookings.get((host.id, one.span))
            if booking is None:
                return Obstacle(one, is_counted)
            return Obstacle(one, is_counted, booking.title, booking.contact_name, booking.public_id)
        if one.cause == Cause.EVENT:
            title = self._events.get(one.span, "") if host.id == self._actor.id else ""
            return Obstacle(one, is_counted, title)
        day = local_date(one.span.start, zone(host.timezone)).isoformat()
        if (host.id, day) in self._days_off:
            return Obstacle(one, is_counted, self._days_off[host.id, day], is_holiday=True)
        return Obstacle(one, is_counted, schedule=self._schedules.get(host.id, ""))


def _bookings(actor: User, spans: Collection[tuple[int, Span]]) -> dict[tuple[int, Span], Booking]:
    """The bookings that `actor` may see among those that keep hosts busy at these spans."""
    if not spans:
        return {}
    first, last = min(span.start for _, span in spans), max(span.start for _, span in spans)
    found = Participant.select(Participant, Booking).join(Booking)
    found = found.where(Participant.host.in_({host_id for host_id, _ in spans}), Participant.is_active)
    seats = list(found.where(Participant.starts_at.between(to_datetime(first), to_datetime(last))))
    visible = access.visible_among(actor, {seat.booking_id for seat in seats})
    return {(seat.host_id, _span(seat)): seat.booking for seat in seats if seat.booking_id in visible}


def _titles(user: User, spans: Sequence[Span]) -> dict[Span, str]:
    """What somebody's own busy times at these spans are called."""
    if not spans:
        return {}
    first, last = min(span.start for span in spans), max(span.start for span in spans)
    found = BusyTime.select().where(
        BusyTime.user == user, BusyTime.starts_at.between(to_datetime(first), to_datetime(last))
    )
    return {_span(one): one.title for one in found}


def _span(busy: Participant | BusyTime) -> Span:
    return Span(to_instant(busy.starts_at), to_instant(busy.ends_at))


def _days_off(host_ids: Sequence[int], spans: Sequence[Span]) -> dict[tuple[int, str], str]:
    """The public holidays that hosts take off around these spans, by name."""
    if not host_ids:
        return {}
    first: date = to_datetime(min(span.start for span in spans)).date() - DAY
    last = to_datetime(max(span.end for span in spans)).date() + DAY
    found = DayOff.select().where(
        DayOff.user.in_(list(host_ids)), DayOff.day.between(first.isoformat(), last.isoformat()), DayOff.is_off
    )
    return {(day.user_id, day.day): day.name for day in found}
