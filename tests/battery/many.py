"""Several processes that all deliver the same mails, one of them asleep at the wrong moment: T36, and T11 for it."""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from meetings import db
from meetings.models import Delivery
from meetings.providers import mail
from tests import make
from tests.battery import rows
from tests.battery.callers import Caller
from tests.battery.checker import REMINDERS
from tests.battery.crashes import FAR, LEASE_OVER, message_ids, reminded, reminder_due
from tests.battery.deaths import DELIVER, Point, Trap
from tests.battery.history import DONE, Operation
from tests.battery.load import FIRST, HALF_HOUR
from tests.battery.races import verdict
from tests.battery.report import Result, control
from tests.battery.world import Stand, World, open_hours
from tests.process import Alteration, Process

DUE = make.NOW + timedelta(minutes=10)  # the minute in which all reminders fall due
LEADS = 3  # reminders of a booking, each for the contact and for the host
SERVERS = 4
STUCK = 15  # seconds: without the guard a mail may stay claimed by nobody until its lease is over
MOST_MISSES = 10  # mails that are sent by a run that had begun before the trap was set
CLAIM, FENCE = "the conditional claim", "the second look before the content goes over"


def many_at_once(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T36: `size` reminders that fall due in one minute, four processes and `flask run-jobs` to send them."""
    yield _one_minute(stand, size, seed)
    yield control(lambda drawn: _one_minute(stand, 60, drawn, guard=CLAIM), seed, f"T36 without {CLAIM}")
    yield _asleep(stand, max(4, min(100, size // 100)), seed)
    yield control(lambda drawn: _asleep(stand, 2, drawn, guard=FENCE), seed, f"T36 without {FENCE}")


# -- all in one minute


def _one_minute(stand: Stand, reminders: int, seed: int, *, guard: str = "") -> Result:
    chosen = random.Random(seed)
    with World(stand, processes=SERVERS + 1, alterations=_without(guard)) as world:
        for process in world.processes:
            process.alterations.append(("tests.battery.many:count_claims", {"folder": str(world.folder)}))
        beside = world.processes[-1]
        beside.alterations.append(("tests.battery.many:run_flask", {"arguments": ["run-jobs"]}))
        world.fill(lambda: _all_due(max(1, reminders // (2 * LEADS)), chosen))
        for process in world.processes[:SERVERS]:
            process.start()
        patience = STUCK if guard else 120 + reminders / 10
        assert world.settle(patience) or guard
        if guard:
            world.mail.slowly = 0.02  # nobody is so quick that the others find nothing
        began = time.monotonic()
        world.shift_clock(DUE + timedelta(minutes=1) - world.now())
        beside.start(wait=False)
        ended = beside.wait(600)
        found = [f"flask run-jobs ended with {ended}"] if ended else []
        world.settle(patience)
        found += _each_once(world)
        seconds = max(mail.at for mail in world.mail.received) - began
        claims = _claims(world)
        sent = sum(mail.at > began for mail in world.mail.received)
        return Result(
            "T36",
            f"reminders of one minute, {SERVERS} processes and run-jobs",
            stand.database,
            seed,
            {
                "reminders": sent,
                "mails a second": sent / seconds,
                "by process": "/".join(str(won) for won, _ in claims),
                "claims lost to another": sum(lost for _, lost in claims),
            },
            verdict(world, *found),
        )


def _all_due(bookings: int, chosen: random.Random) -> None:
    automation = {"reminders": [{"value": days, "unit": "days"} for days in range(1, LEADS + 1)]}
    link = make.link(slug="reminded", start_increment=30, automation=automation, **open_hours())
    for number in range(bookings):
        start = datetime.fromtimestamp(FIRST + HALF_HOUR * number, tz=DUE.tzinfo)
        make.booking(link, start, email=f"reminded{number}@example.com")
    with db.transaction():
        for row in Delivery.select(Delivery.id).where(Delivery.kind.in_(REMINDERS)):
            due_at = DUE + timedelta(seconds=chosen.randrange(60))
            Delivery.update(due_at=due_at).where(Delivery.id == row.id).execute()


def _each_once(world: World) -> Iterator[str]:
    came = Counter(message_ids(world))
    for row in world.rows().deliveries:
        if row["kind"] in REMINDERS and came[row["message_id"]] != 1:
            yield f"reminder {row['id']} ({row['state']}) came {came[row['message_id']]} times"


def _claims(world: World) -> list[tuple[int, int]]:
    """Of each process, how many mails it claimed and how many it wanted to."""
    counts = [json.loads(path.read_text()) for path in sorted(world.folder.glob("claims-*"))]
    return [(one["won"], one["lost"]) for one in counts]


# -- one asleep


def _asleep(stand: Stand, rounds: int, seed: int, *, guard: str = "") -> Result:
    """A process is stopped with a mail in hand; meanwhile another sends it, or its booking is moved."""
    chosen = random.Random(seed)
    with World(stand, processes=2, alterations=_without(guard)) as world:
        trap = Trap(world.folder)
        for process in world.processes:
            process.alterations.append(trap.alteration)
        world.fill(lambda: _two_links(rounds))
        world.start()
        assert world.settle()
        found: list[str] = []
        reminders = iter(range(rounds + MOST_MISSES))
        for number in range(rounds):
            if number % 2:
                found += _moved_meanwhile(world, trap, chosen, number)
            else:
                _sent_meanwhile(world, trap, chosen, reminders)
        found += [] if guard else _still_at_it(world, trap, rounds)
        for process in world.processes:
            process.stop()  # not before whoever woke is done
        world.start()
        return Result(
            "T36",
            "stopped with a mail in hand, woken when it is another's or no longer true",
            stand.database,
            seed,
            {
                "sent meanwhile by another": (rounds + 1) // 2,
                "moved meanwhile": rounds // 2,
                "mails": len(world.mail.received),
            },
            verdict(world, *found),
        )


STEPS: Sequence[Point] = (("after COMMIT", 1), ("after 250 to RCPT", 1), ("before BEGIN", 2))  # claimed, not yet given


def _two_links(rounds: int) -> None:
    reminded(rounds + MOST_MISSES, FAR)
    make.link(make.user("Anna Alone"), "alone", start_increment=30, **open_hours())


def _sent_meanwhile(world: World, trap: Trap, chosen: random.Random, reminders: Iterator[int]) -> None:
    """The lease runs out in the sleep, and another process sends the mail."""
    _set(trap, "reminder", chosen)
    email = _reminder_caught(world, trap, reminders)
    sleeper, _ = _sleeper(world, trap)
    _wait_for_all_but(world, 1)
    world.shift_clock(LEASE_OVER)
    _wait_until_sent(world, email, "reminder")
    sleeper.signal(signal.SIGCONT)


def _reminder_caught(world: World, trap: Trap, reminders: Iterator[int]) -> str:
    """Whose reminder is in the hands of a process that fell asleep."""
    for number in reminders:
        email = f"reminded{number}@example.com"
        _wait_for_all_but(world, 0)
        world.shift_clock(reminder_due(number, FAR) + timedelta(seconds=1) - world.now())
        if _is_caught(world, trap, email, "reminder"):
            return email
    raise AssertionError("nobody fell asleep")


def _wait_for_all_but(world: World, number: int, seconds: float = 60) -> None:
    """No mail but so many is on its way: no server takes the minutes over one by which the clock is about to move."""
    give_up = time.monotonic() + seconds
    while len(world.unsettled()) > number and time.monotonic() < give_up:
        time.sleep(0.02)


def _is_caught(world: World, trap: Trap, email: str, kind: str) -> bool:
    """Whether somebody fell asleep over this mail. A run that had begun before the trap was set may send it unharmed."""
    while not trap.has_caught():
        if _is_sent(world, email, kind):
            return False
        time.sleep(0.02)
    return True


def _moved_meanwhile(world: World, trap: Trap, chosen: random.Random, number: int) -> Iterator[str]:
    """The booking is moved in the sleep: what was to confirm it is no longer true, and must not be sent."""
    _set(trap, "confirmation", chosen)
    booked = _booked_and_caught(world, trap, FIRST + 20 * HALF_HOUR * number)
    email = booked.asked["email"]
    sleeper, other = _sleeper(world, trap)
    moved = Caller(world.history, other.url).move(booked, booked.asked["start"] + HALF_HOUR)
    assert moved.outcome == DONE, moved
    sleeper.signal(signal.SIGCONT)
    _wait_until_sent(world, email, "rescheduled")
    if len(world.mail.to(email)) > 1:
        yield f"{email} was told of a time that was over when its sender slept"


def _still_at_it(world: World, trap: Trap, number: int) -> Iterator[str]:
    """The mail server has all of a mail and takes its time: as long as the app waits for it, nobody else sends it."""
    trap.set(DELIVER, ("confirmation: before the content", 1), signal.SIGSTOP)
    email = _booked_and_caught(world, trap, FIRST + 20 * HALF_HOUR * number).asked["email"]
    sleeper, other = _sleeper(world, trap)
    world.shift_clock(timedelta(seconds=mail.Limits().whole))
    booked = Caller(world.history, other.url).book("alone", FIRST + 20 * HALF_HOUR * (number + 1))
    _wait_until_sent(world, booked.asked["email"], "confirmation")  # by the other, which found nothing else to do
    sleeper.signal(signal.SIGCONT)
    _wait_until_sent(world, email, "confirmation")
    if (times := len(world.mail.to(email))) != 1:
        yield f"{email} was told {times} times while the mail server took its time"


def _booked_and_caught(world: World, trap: Trap, start: int) -> Operation:
    """A booking whose confirmation is in the hands of a process that fell asleep."""
    for attempt in range(MOST_MISSES):
        booked = Caller(world.history, world.processes[0].url).book("alone", start + 2 * HALF_HOUR * attempt)
        assert booked.outcome == DONE, booked
        if _is_caught(world, trap, booked.asked["email"], "confirmation"):
            return booked
    raise AssertionError("nobody fell asleep")


def _set(trap: Trap, kind: str, chosen: random.Random) -> None:
    name, number = chosen.choice(STEPS)
    trap.set(DELIVER, (f"{kind}: {name}", number), signal.SIGSTOP)


def _sleeper(world: World, trap: Trap) -> tuple[Process, Process]:
    """Who fell asleep, and the other one."""
    asleep = trap.fallen(60).process
    first, second = world.processes
    return (first, second) if first.id == asleep else (second, first)


def _wait_until_sent(world: World, email: str, kind: str, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not _is_sent(world, email, kind) and time.monotonic() < give_up:
        time.sleep(0.02)


def _is_sent(world: World, email: str, kind: str) -> bool:
    sql = f"SELECT id FROM delivery WHERE recipient = '{email}' AND kind = '{kind}' AND state = 'sent'"
    return bool(rows.query(world.database_url, sql))


# -- called in the app's process


def _without(guard: str) -> list[Alteration]:
    return [("tests.battery.many:take_out", {"guard": guard})] if guard else []


def take_out(guard: str) -> None:
    from meetings.services.outbox import delivery

    if guard == CLAIM:
        delivery._claim = _claim_always
    else:
        delivery._Claim.hold = _hold_always  # type: ignore[method-assign]


def _claim_always(delivery_id: int, now: datetime) -> Any:
    from meetings.services.outbox import delivery

    until = delivery._lease_end(now)
    with db.transaction():
        Delivery.update(state="sending", leased_until=until).where(Delivery.id == delivery_id).execute()
    return delivery._Claim(delivery_id, until)


def _hold_always(claim: Any, raw: bytes, message_id: str, _now: datetime) -> bool:
    with db.transaction():
        Delivery.update(content=raw, message_id=message_id).where(Delivery.id == claim._id).execute()
    return True


def count_claims(folder: str) -> None:
    """Keep a file that says how many mails this process claimed, and how many others were quicker with."""
    from meetings.services.outbox import delivery

    counts = {"won": 0, "lost": 0}
    claim, path = delivery._claim, Path(folder) / f"claims-{os.getpid()}"

    def counted(*given: Any) -> Any:
        taken = claim(*given)
        counts["lost" if taken is None else "won"] += 1
        fresh = path.with_name(f"new-{path.name}")
        fresh.write_text(json.dumps(counts))
        fresh.replace(path)
        return taken

    delivery._claim = counted


def run_flask(arguments: Sequence[str]) -> None:
    """Run a command of the shell instead of the server, with the clock and all else that was altered."""
    from flask.cli import main

    sys.argv = ["flask", "--app", str(Path(__file__).parents[2] / "app.py"), *arguments]
    sys.exit(main())


PROGRAMS = [("T36", many_at_once, 300, 10_000)]
