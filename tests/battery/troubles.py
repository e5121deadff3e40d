"""What programs about trouble share: what a mail's record may lose by it, and a verdict that takes 503 for an answer."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests import make
from tests.battery.checker import Evidence, check, count_repeats
from tests.battery.load import Load, is_failure
from tests.battery.report import Figure
from tests.battery.rows import Row, is_sound, query
from tests.battery.world import LEASE_SECONDS, World, open_hours

SLUGS = ("one", "two", "three")
SEEN = 3  # failures by which a trouble has been noticed
HEALED = 10  # seconds after which nobody may notice any more that there was trouble
REFUSED_OVERLAP = "The database had to refuse an overlap"


class Unrecorded:
    """Counts mails that arrived, but whose record the trouble prevented: they come once more, and may."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._before: set[tuple[int, int]] = set()
        self.seen: set[tuple[int, int]] = set()

    def look(self) -> None:
        """A claim that is there twice in a row, on a mail that has arrived, is not one in work."""
        now = {(row["id"], row["leased_until"]) for row in self._claimed()}
        self.seen |= self._before & now
        self._before = now

    def _claimed(self) -> list[Row]:
        arrived = [mail.raw for mail in list(self._world.mail.received)]
        sql = "SELECT id, leased_until, message_id FROM delivery WHERE state = 'sending' AND message_id IS NOT NULL"
        claimed = query(self._world.database_url, sql)
        return [row for row in claimed if any(row["message_id"].encode() in raw for raw in arrived)]

    def take_up_again(self) -> None:
        """Once all others are out, let the leases of those run out whose sender lost the database."""
        waiting = self._world.unsettled()
        give_up = time.monotonic() + 120
        while waiting and time.monotonic() < give_up:
            self._world.processes[0].wait_for_ticks(1)
            before, waiting = waiting, self._world.unsettled()
            if waiting == before:
                break
        self.look()
        self.look()
        self._world.shift_clock(timedelta(seconds=LEASE_SECONDS + 5))

    def figures(self) -> dict[str, Figure]:
        return {
            "mails": len(self._world.mail.received),
            "mails that could come twice": len(self.seen),
            "that did": count_repeats(self._world.mail.received),
        }


def verdict(world: World, *own: str, **facts: Any) -> list[str]:
    """What the checker and the program found, once all mail is out. `facts` are further evidence."""
    is_settled = world.settle()
    now = int(world.now().timestamp())
    found = [*own, *check(Evidence(world.history, world.rows(), world.mail.received, now, log=world.log, **facts))]
    if not is_settled:
        found.append(f"{len(world.unsettled())} mails are still due")
    if not is_sound(world.database_url):
        found.append("the database is damaged")
    if errors := world.unanswered_errors() + world.log.count(REFUSED_OVERLAP):
        found.append(f"{errors} errors in the log")
    for status, number in world.history.statuses().items():
        if status >= 500 and status != 503:
            found.append(f"{number} requests were answered {status}")
    return found


def healed(load: Load, what: str, over: float) -> Iterator[str]:
    """What is wrong about how the app gets over it; it was over at this moment."""
    if not load.wait_until_well(over):
        yield f"{what}: not all callers are answered a minute after it was over"
    for one in load.since(over + HEALED):
        if is_failure(one):
            yield f"{what}: {one.kind} answered {one.status} {one.began - over:.0f} s after it was over"


def links() -> None:
    """A host and a link for each slug."""
    for number, slug in enumerate(SLUGS):
        make.link(make.user(f"Host{number} Battery"), slug, start_increment=30, **open_hours())
