"""Many at once for the same times: T1 to T5, T7, T10, and T11, the same without their guards."""

import random
from collections.abc import Iterator
from typing import Any

from tests import make
from tests.battery import sabotage
from tests.battery.callers import at_once
from tests.battery.checker import Evidence, check
from tests.battery.report import Result
from tests.battery.world import Stand, World, open_hours

MONDAY = int(make.at("2026-12-07 09:00").timestamp())
HALF_HOUR = 1800


def verdict(world: World, *more: str, **facts: Any) -> list[str]:
    """What the checker finds, once all mail is out, and what a program found itself. `facts`: more of the evidence."""
    is_settled = world.settle()
    now = int(world.now().timestamp())
    found = check(Evidence(world.history, world.rows(), world.mail.received, now, log=world.log, **facts))
    found += more
    if not is_settled:
        found.append(f"{len(world.unsettled())} mails are still due")
    if fired := world.log.count("The database had to refuse an overlap"):
        found.append(f"the database itself had to refuse {fired} overlaps: the lock let them through")
    if errors := world.unanswered_errors() - fired:
        found.append(f"{errors} errors in the log")
    return found


# -- T1


def one_time(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T1: `size` rounds of 200 callers for one time each; one gets it."""
    yield _one_time(stand, size, seed, callers=200, processes=2)
    yield from _controls("T1", lambda guard: _one_time(stand, 3, seed, callers=30, processes=2, guard=guard))


def _one_time(stand: Stand, rounds: int, seed: int, *, callers: int, processes: int, guard: str = "") -> Result:
    chosen = random.Random(seed)
    with World(stand, processes=processes, alterations=sabotage.without(guard)) as world:
        world.fill(lambda: make.link(slug="one", start_increment=30, **open_hours()))
        world.start()
        crowd = world.callers(callers)
        starts = [MONDAY + HALF_HOUR * number for number in chosen.sample(range(10_000), rounds)]
        found: list[str] = []
        for start in starts:
            before = len(world.history.operations)
            calls = [lambda caller=caller, start=start: (caller.book("one", start), caller.close()) for caller in crowd]
            at_once(calls, [caller.connect for caller in crowd])
            found += _one_winner(world, before, callers, start)
        history = world.history
        return Result(
            "T1",
            f"{callers} callers, one time",
            stand.database,
            seed,
            {
                "rounds": rounds,
                "attempts": len(history.operations),
                "booked": len(history.of("book", "done")),
                "told it is taken": history.statuses()[409],
                "99 of 100 answered within (s)": history.quantile(0.99),
            },
            verdict(world, *found),
        )


def _one_winner(world: World, before: int, callers: int, start: int) -> Iterator[str]:
    answers = [one.status for one in world.history.operations[before:]]
    if (answers.count(201), answers.count(409)) != (1, callers - 1):
        yield f"T1 at {start}: {sorted(answers)}"


# -- T11


def _controls(program: str, run: Any) -> Iterator[Result]:
    """The same with each guard taken out: it has to fail, else the program proves nothing."""
    for guard, title in sabotage.GUARDS.items():
        result = run(guard)
        result.id, result.title, result.must_fail = "T11", f"{program} {title}", True
        yield result


PROGRAMS = [("T1", one_time, 3, 100)]
