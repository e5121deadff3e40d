"""Shares of a round robin, counted from the rows; and over very many assignments: T7."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from tests import make
from tests.battery import rows
from tests.battery.callers import Caller, in_threads
from tests.battery.history import DONE
from tests.battery.races import MINUTE, MONDAY, Race
from tests.battery.report import Result
from tests.battery.world import Stand, World, open_hours

STEP = 15 * MINUTE  # from one start to the next; meetings are as short, so that a time asked for stands in nobody's way
STARTS = 300 * 96  # times to draw from
PER_LINK = 2500  # bookings of a link of equal hosts
CALLERS = 64
BUSY = 503  # hours of 64 at once on a machine that has other work: who is told to come again does, with the same key


def many(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T7: at least `size` assignments: a third one after the other, the rest by 64 at once, of these a fifth by weight.

    Each link has 3 to 20 hosts of its own, who are free but for what they are given: so each has their share.
    """
    yield _many(Race(stand, size, seed))


def _many(race: Race) -> Result:
    chosen = race.random()
    alone, together = _links("alone", race.size // 3, chosen), _links("together", race.size // 2, chosen)
    weights = [chosen.randint(1, 5) for _ in range(8)]
    with race.world() as world:
        world.fill(lambda: _write({**alone, **together, "weighted": weights}))
        world.start()
        crowd = world.callers(CALLERS)
        for slug in alone:
            _book(crowd[:1], slug, min(PER_LINK, race.size // 3), chosen)
        for slug in together:
            _book(crowd, slug, min(PER_LINK, race.size // 2), chosen)
        _book(crowd, "weighted", max(race.size // 6, 50), chosen)
        found = [trouble for slug in (*alone, *together, "weighted") for trouble in unfair(world, slug, slug)]
        found += _unreasonable(world)
        history = world.history
        figures = {
            "links": len(alone) + len(together) + 1,
            "assignments": len(history.of("book", DONE)),
            "one after the other, spread": max(spread(world, slug) for slug in alone),
            "64 at once, spread": max(spread(world, slug) for slug in together),
            "off a weight's share, most (%)": spread(world, "weighted", by_weight=True),
            "told to come again": history.statuses()[BUSY],
            "slowest (s)": history.quantile(1),
        }
        return race.result("T7", "shares over many assignments", world, figures, *found, failures=[BUSY])


def _links(name: str, bookings: int, chosen: random.Random) -> dict[str, list[int]]:
    """Addresses, each with the weights of its hosts, for so many bookings."""
    number = -(-bookings // PER_LINK)
    return {f"{name}{index}": [1] * chosen.randint(3, 20) for index in range(number)}


def _write(links: dict[str, list[int]]) -> None:
    for slug, weights in links.items():
        hosts = [make.user(f"{slug}x{number} Smith") for number in range(len(weights))]
        team = [{"user": host.email, "weight": weight} for host, weight in zip(hosts, weights, strict=True)]
        make.link(hosts[0], slug, kind="round_robin", team=team, **open_hours(durations=[15], start_increment=15))


def _book(crowd: Sequence[Caller], slug: str, number: int, chosen: random.Random) -> None:
    """So many bookings at times drawn from a year, shared out among the callers; no time twice, so all are free."""
    starts = [MONDAY + index * STEP for index in chosen.sample(range(STARTS), number)]
    works = [_works(caller, slug, starts[index :: len(crowd)]) for index, caller in enumerate(crowd)]
    in_threads(works)


def _works(caller: Caller, slug: str, starts: Sequence[int]) -> Callable[[], None]:
    def work() -> None:
        for start in starts:
            asked = caller.book(slug, start)
            while asked.status == BUSY:
                asked = caller.book(slug, start, email=asked.asked["email"])
        caller.close()

    return work


def _unreasonable(world: World) -> Iterator[str]:
    """Bookings whose ledger doesn't say what the bookings before it make of it."""
    held: dict[str, Counter[int]] = {}
    for row in rows.query(
        world.database_url,
        "SELECT l.slug, b.id, b.assignment FROM booking b JOIN link l ON l.id = b.link_id ORDER BY b.id",
    ):
        counts = held.setdefault(row["slug"], Counter())
        ledger = json.loads(row["assignment"])
        for one in ledger["candidates"]:
            if one.get("count", 0) != counts[one["host"]]:
                yield f"T7 {row['slug']}: {one} in the ledger of booking {row['id']}, {counts[one['host']]} by the rows"
        counts[ledger["chosen"]] += 1


# -- counted from the rows


def loads(world: World, slug: str) -> dict[int, tuple[int, int]]:
    """(confirmed bookings, weight) of each member."""
    found = rows.query(
        world.database_url,
        "SELECT m.user_id, m.weight, (SELECT COUNT(*) FROM participant p JOIN booking b ON b.id = p.booking_id"
        " WHERE p.host_id = m.user_id AND p.is_active AND b.link_id = m.link_id) AS held"
        f" FROM member m JOIN link l ON l.id = m.link_id WHERE l.slug = '{slug}'",
    )
    return {row["user_id"]: (row["held"], row["weight"]) for row in found}


def unfair(world: World, slug: str, when: str) -> Iterator[str]:
    """Each booking goes to whoever has the fewest for their weight: nobody is ever more than that one booking ahead."""
    found = loads(world, slug)
    least = min(Fraction(held, weight) for held, weight in found.values())
    for host, (held, weight) in found.items():
        if Fraction(held, weight) - least > Fraction(1, weight):
            yield f"T7 {when}: host {host} has {held} by a weight of {weight}, others {least} by 1"


def spread(world: World, slug: str, *, by_weight: bool = False) -> float:
    """The most bookings less the fewest of any host; by weight the largest distance from their share, in percent."""
    found = list(loads(world, slug).values())
    counts = [held for held, _ in found]
    if not by_weight:
        return max(counts) - min(counts)
    total, weights = sum(counts), sum(weight for _, weight in found)
    return max(abs(100 * held / total - 100 * weight / weights) for held, weight in found)


PROGRAMS = [("T7", many, 300, 100_000)]
