"""Round robin: everybody who is free can be booked, nobody else is, and all get their share: T7."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from meetings import db
from meetings.domain.time import to_datetime
from meetings.models import BusyTime, Member, User
from tests import make
from tests.battery import rows
from tests.battery.callers import Caller, at_once
from tests.battery.history import DONE
from tests.battery.races import HALF_HOUR, MINUTE, MONDAY, Race, with_controls
from tests.battery.report import Result
from tests.battery.rows import Row
from tests.battery.shares import spread, unfair
from tests.battery.world import Stand, World, open_hours

HOSTS = 20
LINKS = 6
MEETING = 30 * MINUTE
TIMES_A_WEEK = 50  # asked for: with more of them nobody would be free any more
HOUR = 3600
DAY = 24 * HOUR
MONDAYS_MIDNIGHT = MONDAY - MONDAY % DAY
EARLY = "with the host chosen before the lock"


@dataclass(frozen=True)
class Robin:
    """A link, open from one hour of the day (UTC) to another."""

    slug: str
    members: Sequence[int]
    buffer: int  # minutes
    opens: int
    closes: int


def robins(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T7: `size` times of round robins of 3 to 20 hosts, each asked for by three callers more than hosts are free.

    Hosts are in several of these links; they are busy at random, some are not asked whether they are, some are paused.
    As many are booked as are free, by this page's own count from the rows, and each of them was free. Then shares:
    hosts of equal and of different weights, one caller after the other and 64 at once, and once more after some cancelled.
    """
    yield from with_controls(Race(stand, size, seed), _robins, (EARLY,), 4)


def _robins(race: Race) -> Result:
    chosen = race.random()
    links = [_robin(number, chosen) for number in range(LINKS)]
    days = _weekdays(race.size)
    with race.world() as world:
        world.fill(lambda: _write(links, days, chosen))
        world.start()
        crowd = world.callers(64)
        found: list[str] = []
        places = 0
        for _ in range(race.size):
            link, start = chosen.choice(links), _some_start(days, chosen)
            free = _free(world, link, start)
            places += free
            found += _fill_up(world, crowd[: free + 3], link, start, free)
        found += _held_by_the_free(world, links)
        spreads = [_shares(world, crowd, even, found) for even in ("even", "weighted")]
        history = world.history
        figures = {
            "times": race.size,
            "hosts free then": places,
            "attempts": len(history.of("book")),
            "booked": len(history.of("book", DONE)),
            "spread of equal hosts, largest": max(spreads[0]),
            "off a weight's share, most (%)": max(spreads[1]),
        }
        return race.result("T7", "round robin of 3 to 20 hosts", world, figures, *found)


# -- who is there


def _robin(number: int, chosen: random.Random) -> Robin:
    members = chosen.sample(range(HOSTS), HOSTS if not number else chosen.randint(3, HOSTS))
    return Robin(f"robin{number}", members, chosen.choice((0, 5, 15)), chosen.randint(0, 8), chosen.randint(16, 24))


def _weekdays(times: int) -> list[int]:
    """The midnights of enough days for so many times."""
    weeks = 1 + times // TIMES_A_WEEK
    return [MONDAYS_MIDNIGHT + (week * 7 + day) * DAY for week in range(weeks) for day in range(5)]


def _write(links: Sequence[Robin], days: Sequence[int], chosen: random.Random) -> None:
    hosts = [make.user(f"Host{number} Smith") for number in range(HOSTS)]
    with db.transaction():
        for host in hosts:
            _busy_at_random(host, days, chosen)
    for link in links:
        team = [
            {"user": hosts[index].email, "weight": chosen.randint(1, 3), "check_availability": chosen.random() < 0.9}
            for index in link.members
        ]
        hours = [
            {"days": ["mon", "tue", "wed", "thu", "fri"], "start": f"{link.opens:02}:00", "end": f"{link.closes}:00"}
        ]
        common = open_hours(start_increment=15, buffer=link.buffer) | {"available_hours": hours}
        made = make.link(hosts[link.members[0]], link.slug, kind="round_robin", team=team, **common)
        paused = hosts[chosen.choice(link.members)]
        Member.update(is_paused=True).where(Member.link == made, Member.user == paused).execute()
    _write_even("even", [1] * 7)
    _write_even("weighted", [chosen.randint(1, 5) for _ in range(6)])


def _write_even(slug: str, weights: Sequence[int]) -> None:
    hosts = [make.user(f"{slug}{number} Smith") for number in range(len(weights))]
    team = [{"user": host.email, "weight": weight} for host, weight in zip(hosts, weights, strict=True)]
    make.link(hosts[0], slug, kind="round_robin", team=team, **open_hours(start_increment=30))


def _busy_at_random(host: User, days: Sequence[int], chosen: random.Random) -> None:
    for midnight in days:
        for _ in range(4):
            start = midnight + chosen.randrange(24 * 12) * 5 * MINUTE
            end = start + chosen.choice((10, 25, 60, 180)) * MINUTE
            BusyTime.create(user=host, starts_at=to_datetime(start), ends_at=to_datetime(end), created_at=make.NOW)


def _some_start(days: Sequence[int], chosen: random.Random) -> int:
    return chosen.choice(days) + chosen.randrange(24 * 4) * 15 * MINUTE


# -- who is free, counted from the rows


def _free(world: World, link: Robin, start: int) -> int:
    """How many hosts of a link can be met then."""
    if not _is_open(link, start):
        return 0
    busy, held = _around(world, "busy_time", start), _around(world, "participant", start)
    gap = link.buffer * MINUTE
    return sum(
        not member["is_paused"]
        and _is_apart(start, [(one["starts_at"], one["ends_at"], gap) for one in _events(member, busy)])
        and _is_apart(
            start,
            [
                (one["starts_at"], one["ends_at"], max(gap, one["buffer"] * MINUTE))
                for one in held
                if one["host_id"] == member["user_id"] and one["is_active"]
            ],
        )
        for member in _members(world, link)
    )


def _is_open(link: Robin, start: int) -> bool:
    """The link's hours begin on the hour, so all its starts are on the quarter."""
    since = (start - MONDAYS_MIDNIGHT) % DAY
    return link.opens * HOUR <= since and since + MEETING <= link.closes * HOUR


def _members(world: World, link: Robin) -> list[Row]:
    return rows.query(
        world.database_url,
        f"SELECT m.* FROM member m JOIN link l ON l.id = m.link_id WHERE l.slug = '{link.slug}'",
    )


def _around(world: World, table: str, start: int) -> list[Row]:
    """Rows with a span within a day of a start."""
    return rows.query(
        world.database_url, f"SELECT * FROM {table} WHERE starts_at > {start - DAY} AND starts_at < {start + DAY}"
    )


def _events(member: Row, busy: Sequence[Row]) -> list[Row]:
    """The busy times that count for a member: none if nobody asks for them."""
    return [one for one in busy if member["check_availability"] and one["user_id"] == member["user_id"]]


def _is_apart(start: int, spans: Sequence[tuple[int, int, int]]) -> bool:
    """Whether a meeting then is as far from all of (start, end, gap) as it must be."""
    return all(start >= end + gap or start + MEETING + gap <= begin for begin, end, gap in spans)


# -- as many as are free


def _fill_up(world: World, crowd: Sequence[Caller], link: Robin, start: int, free: int) -> Iterator[str]:
    before = len(world.history.operations)
    calls = [lambda caller=caller: (caller.book(link.slug, start), caller.close()) for caller in crowd]
    at_once(calls, [caller.connect for caller in crowd])
    answers = Counter(one.status for one in world.history.operations[before:])
    if answers != +Counter({201: free, 409: len(crowd) - free}):
        yield f"T7 {link.slug} at {start}: {free} hosts were free, {dict(answers)} answered"


def _held_by_the_free(world: World, links: Sequence[Robin]) -> Iterator[str]:
    """Nobody was booked who is paused, closed or busy elsewhere; V1 sees to the bookings among each other."""
    busy = defaultdict(list)
    for one in rows.query(world.database_url, "SELECT * FROM busy_time"):
        busy[one["user_id"]].append(one)
    for link in links:
        members = {member["user_id"]: member for member in _members(world, link)}
        for seat in rows.query(
            world.database_url,
            "SELECT p.* FROM participant p JOIN booking b ON b.id = p.booking_id JOIN link l ON l.id = b.link_id"
            f" WHERE l.slug = '{link.slug}' AND p.is_active",
        ):
            member = members.get(seat["host_id"])
            if member is None or member["is_paused"] or not _is_open(link, seat["starts_at"]):
                yield f"T7 {link.slug}: booking {seat['booking_id']} has a host who is not to be met then"
                continue
            spans = [
                (one["starts_at"], one["ends_at"], link.buffer * MINUTE)
                for one in _events(member, busy[seat["host_id"]])
            ]
            if not _is_apart(seat["starts_at"], spans):
                yield f"T7 {link.slug}: the host of booking {seat['booking_id']} is busy elsewhere then"


# -- shares


def _shares(world: World, crowd: Sequence[Caller], slug: str, found: list[str]) -> list[float]:
    """Book one after the other, 64 at once, and again after some cancelled; how far off a fair share each time ended."""
    spreads = []
    for turn, book in enumerate(PHASES):
        book(world, crowd, slug, MONDAY + turn * 30 * DAY)
        found += unfair(world, slug, f"{slug}, {book.__name__.strip('_')}")
        spreads.append(spread(world, slug, by_weight=slug != "even"))
    return spreads


def _in_turn(_world: World, crowd: Sequence[Caller], slug: str, first: int) -> None:
    for number in range(30):
        crowd[number % 2].book(slug, first + number * HALF_HOUR)


def _together(_world: World, crowd: Sequence[Caller], slug: str, first: int) -> None:
    calls = [lambda one=one: (one.book(slug, first + one.number * HALF_HOUR), one.close()) for one in crowd]
    at_once(calls, [one.connect for one in crowd])


def _after_cancelling(world: World, crowd: Sequence[Caller], slug: str, first: int) -> None:
    made = [one for one in world.history.of("book", DONE) if one.asked["slug"] == slug]
    for booked in made[:10]:
        crowd[0].cancel(booked)
    _together(world, crowd, slug, first)


PHASES = (_in_turn, _together, _after_cancelling)


PROGRAMS: list[tuple[Any, ...]] = [("T7", robins, 8, 1000)]
