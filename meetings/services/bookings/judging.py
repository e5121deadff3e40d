"""Whether a time may be booked: the same rules for taking a slot and for moving to it."""

from collections.abc import Container, Sequence
from datetime import datetime

from meetings.domain import availability
from meetings.domain.availability import Kind
from meetings.domain.time import Instant, Span
from meetings.errors import SlotTaken
from meetings.models import Booking, Link

from .. import offers
from ..standing import Judged


def judge(
    link: Link,
    hosts: Sequence[offers.HostOfLink],
    duration: int,
    start: Instant,
    now: datetime,
    without: Booking | None = None,
    only: Container[int] = (),
) -> Judged:
    """How the hosts stand to the slot: at least one is free. Raises SlotTaken with the first rule that refuses it.

    `only`, if there are any: the hosts whose times were shown, so that one of them has to be free.
    """
    rules = offers.rules_of(link)
    kind = Kind(link.kind)
    busy = offers.with_busy(link, hosts, rules, Span(start, start + 1), duration, without)
    shown = [host for host in busy if host.id in only] or busy
    refusal = availability.refusal(rules, kind, shown, duration, start, offers.instant_of(now))
    if refusal is not None:
        raise SlotTaken(refusal)
    return Judged(rules, start, duration, availability.free_hosts(rules, kind, busy, duration, start), busy)
