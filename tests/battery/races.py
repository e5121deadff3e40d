"""Many at once for the same times: T1, T2 and T4. What all races share: their world, the verdict, the controls (T11)."""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests import make
from tests.battery import sabotage
from tests.battery.callers import Caller, at_once, in_threads
from tests.battery.checker import BOOKINGS, RULES, Evidence, Rule, check
from tests.battery.history import DONE, REFUSED, Operation
from tests.battery.report import Figure, Result, control
from tests.battery.world import POSTGRES, Stand, World, open_hours

MONDAY = int(make.at("2026-12-07 09:00").timestamp())
MINUTE = 60
HALF_HOUR = 1800
LOCK = "without the lock"
LOCK_AND_REFUSAL = "without the lock and the database's own refusal"


# -- the verdict


def verdict(world: World, *more: str, **facts: Any) -> list[str]:
    """What the checker finds, once all mail is out, and what a program found itself. `facts`: more of the evidence."""
    is_settled = world.settle(120 + len(world.history.operations) / 5)
    found = _judged(world, RULES, more, facts)
    if not is_settled:
        found.append(f"{len(world.unsettled())} mails are still due")
    return found


def verdict_on_bookings(world: World, *more: str) -> list[str]:
    """As `verdict`, by the rules that no mail is needed for."""
    return _judged(world, BOOKINGS, more, {})


def _judged(world: World, rules: Sequence[Rule], more: Sequence[str], facts: Mapping[str, Any]) -> list[str]:
    now = int(world.now().timestamp())
    evidence = Evidence(world.history, world.rows(), world.mail.received, now, log=world.log, **facts)
    found = [*more, *check(evidence, rules)]
    if fired := world.log.count("The database had to refuse an overlap"):
        found.append(f"the database itself had to refuse {fired} overlaps: the lock let them through")
    if errors := world.unanswered_errors() - fired:
        found.append(f"{errors} errors in the log")
    return found


def no_failures(world: World, but: Collection[int] = ()) -> Iterator[str]:
    """However many come at once: nobody is told that something broke, or (503) to try again, `but` where that may be."""
    statuses = {
        status: count for status, count in world.history.statuses().items() if status >= 500 and status not in but
    }
    if statuses:
        yield f"answers of 500 and above: {statuses}"


# -- worlds and controls


@dataclass(frozen=True)
class Race:
    """A run of a race. With a `guard` it is a control, which takes the app without this guard and has to fail."""

    stand: Stand
    size: int
    seed: int
    guard: str = ""
    mail: bool = False  # whether it is about mail, too

    def world(self) -> World:
        """Two processes; they send mail if that is asked about, but not in controls, which are judged at once."""
        scheduler = "true" if self.mail and not self.guard else "false"
        return World(self.stand, processes=2, alterations=sabotage.without(self.guard), SCHEDULER=scheduler)

    def random(self) -> random.Random:
        return random.Random(self.seed)

    def result(
        self,
        name: str,
        title: str,
        world: World,
        figures: dict[str, Figure],
        *found: str,
        failures: Collection[int] = (),
    ) -> Result:
        """With the verdict on this world; these `failures` are answers that may come."""
        judge = verdict if self.mail and not self.guard else verdict_on_bookings
        violations = judge(world, *found, *no_failures(world, failures))
        return Result(name, self.guard or title, self.stand.database, self.seed, figures, violations)


def with_controls(race: Race, run: Callable[[Race], Result], guards: Sequence[str], size: int) -> Iterator[Result]:
    """A race, and then the same, smaller, without each of the guards: if that does not fail, the race proves nothing."""
    yield run(race)
    for guard in guards:
        yield control(lambda seed, guard=guard: run(Race(race.stand, size, seed, guard, mail=race.mail)), race.seed)


# -- T1


def one_time(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T1: `size` rounds of 200 callers for one time each; one gets it."""
    yield from with_controls(Race(stand, size, seed, mail=True), _one_time, (LOCK, LOCK_AND_REFUSAL), 3)


def _one_time(race: Race) -> Result:
    callers = 30 if race.guard else 200
    with race.world() as world:
        world.fill(lambda: make.link(slug="one", start_increment=30, **open_hours()))
        world.start()
        crowd = world.callers(callers)
        starts = [MONDAY + HALF_HOUR * number for number in race.random().sample(range(10_000), race.size)]
        found: list[str] = []
        for start in starts:
            before = len(world.history.operations)
            calls = [lambda caller=caller, start=start: (caller.book("one", start), caller.close()) for caller in crowd]
            at_once(calls, [caller.connect for caller in crowd])
            found += _one_winner(world, before, callers, start)
        history = world.history
        figures = {
            "rounds": race.size,
            "attempts": len(history.operations),
            "booked": len(history.of("book", DONE)),
            "told it is taken": history.statuses()[409],
            "99 of 100 answered within (s)": history.quantile(0.99),
        }
        return race.result("T1", f"{callers} callers, one time", world, figures, *found)


def _one_winner(world: World, before: int, callers: int, start: int) -> Iterator[str]:
    answers = [one.status for one in world.history.operations[before:]]
    if (answers.count(201), answers.count(409)) != (1, callers - 1):
        yield f"T1 at {start}: {sorted(answers)}"


# -- T2

NARROW = 60  # starts, five minutes apart: five hours that all want


@dataclass(frozen=True)
class Shape:
    """A link over some of the hosts; the first one organizes it."""

    slug: str
    kind: str
    hosts: Sequence[int]
    durations: Sequence[int]
    buffer: int
    optional: Sequence[int] = field(default=())


SHAPES = (
    Shape("short", "individual", [0], [15, 30], 0),
    Shape("wide", "individual", [0], [45, 60], 15),
    Shape("odd", "individual", [1], [20, 50], 10),
    Shape("pair", "group", [0, 1], [30], 5),
    Shape("three", "group", [1, 2, 3], [25, 40], 0, optional=[3]),
    Shape("turns", "round_robin", [0, 1, 2, 3], [30], 10),
    Shape("more-turns", "round_robin", [5, 4, 3, 2], [15, 60], 0),
)


def overlapping(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T2: `size` requests of 64 callers over links of the same hosts, different in kind, duration and buffer.

    Five hours are wanted by all, so most attempts collide; what was booked is moved or cancelled again, and so on.
    """
    yield from with_controls(Race(stand, size, seed), _overlapping, (LOCK, LOCK_AND_REFUSAL), 512)


def _overlapping(race: Race) -> Result:
    with race.world() as world:
        world.fill(_write_shapes)
        world.start()
        crowd = world.callers(64)
        each = -(-race.size // len(crowd))
        in_threads([lambda one=one: _jostle(one, random.Random(f"{race.seed}/{one.number}"), each) for one in crowd])
        history = world.history
        asked = len(history.of("book"))
        figures = {
            "requests": len(history.operations),
            "asked for a time": asked,
            "booked (%)": 100 * len(history.of("book", DONE)) / max(asked, 1),
            "moved": len(history.of("move", DONE)),
            "not moved, taken": len(history.of("move", REFUSED)),
            "cancelled": len(history.of("cancel", DONE)),
            "slowest (s)": history.slowest(),
        }
        return race.result("T2", "64 callers, links of all kinds over the same hosts", world, figures)


def _write_shapes() -> None:
    hosts = [make.user(f"Host{number} Smith") for number in range(6)]
    for shape in SHAPES:
        members = [
            {"user": hosts[number].email, "check_availability": number not in shape.optional} for number in shape.hosts
        ]
        make.link(
            hosts[shape.hosts[0]],
            shape.slug,
            kind=shape.kind,
            team=[] if shape.kind == "individual" else members,
            **open_hours(durations=list(shape.durations), buffer=shape.buffer, start_increment=5),
        )


def _jostle(caller: Caller, chosen: random.Random, requests: int) -> None:
    """Book, move and cancel at random."""
    held: list[Operation] = []
    for _ in range(requests):
        start = MONDAY + 5 * MINUTE * chosen.randrange(NARROW)
        act = chosen.random()
        if held and act < 0.5:
            caller.cancel(held.pop(chosen.randrange(len(held))))
        elif held and act < 0.7:
            caller.move(chosen.choice(held), start, any_host=chosen.random() < 0.5)
        else:
            shape = chosen.choice(SHAPES)
            made = caller.book(shape.slug, start, duration=chosen.choice(shape.durations))
            held += [made] if made.outcome == DONE else []
    caller.close()


# -- T4

HOSTS = 20
NEEDED = 5
ORDER = "with locks in any order"
LATE = "with a lock that begins late"


def crosswise(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T4: `size` bookings asked for at once of group links, each needing 5 of 20 hosts in an order of its own.

    Nobody may wait for somebody who waits for them. On SQLite there is one lock for all; the danger there is a
    transaction that takes it too late.
    """
    guard = ORDER if stand.database == POSTGRES else LATE
    yield from with_controls(Race(stand, size, seed), _crosswise, (guard,), 24 if guard == ORDER else 200)


def _crosswise(race: Race) -> Result:
    chosen = race.random()
    teams = [chosen.sample(range(HOSTS), NEEDED) for _ in range(40)]
    with race.world() as world:
        world.fill(lambda: _write_teams(teams))
        world.start()
        crowd = world.callers(8 if race.guard else 32)  # each that waits crosswise waits for seconds
        each = -(-race.size // len(crowd))
        in_threads([lambda one=one: _ask_teams(one, random.Random(f"{race.seed}/{one.number}"), each) for one in crowd])
        history = world.history
        figures = {
            "attempts": len(history.operations),
            "booked": len(history.of("book", DONE)),
            "told it is taken": history.statuses()[409],
            "answers of 500 and above": sum(one.status >= 500 for one in history.operations),
            "longest wait (s)": history.slowest(),
        }
        return race.result("T4", f"groups of {NEEDED} out of {HOSTS} hosts", world, figures)


def _write_teams(teams: Sequence[Sequence[int]]) -> None:
    hosts = [make.user(f"Host{number} Smith") for number in range(HOSTS)]
    for number, team in enumerate(teams):
        members = [hosts[index] for index in team]
        make.link(members[0], f"team{number}", kind="group", team=members, **open_hours(start_increment=30))


def _ask_teams(caller: Caller, chosen: random.Random, requests: int) -> None:
    """Time after time, all callers more or less together; there is room for four groups at each."""
    for number in range(requests):
        caller.book(f"team{chosen.randrange(40)}", MONDAY + HALF_HOUR * number)
    caller.close()


PROGRAMS: list[tuple[Any, ...]] = [
    ("T1", one_time, 2, 100),
    ("T2", overlapping, 448, 20_000),
    ("T4", crosswise, 320, 20_000),
]
