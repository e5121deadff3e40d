"""Reminders of bookings that change around their moment (T37), and news that must not overtake each other (T38)."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests import make
from tests.battery.alterations import GUARDS, JUDGEMENT, ORDER, hasty, without
from tests.battery.callers import Caller, in_threads
from tests.battery.checker import REMINDERS, event_of
from tests.battery.checker import _message_id as message_id
from tests.battery.history import DONE, Operation
from tests.battery.races import verdict
from tests.battery.report import Figure, Result, control
from tests.battery.rows import Row, Rows, query
from tests.battery.world import Stand, World, open_hours
from tests.smtp import MailServer, Received

MONDAY = int(make.at("2026-12-07 09:00").timestamp())
HALF_HOUR = 1800
OVERTAKEN = (*REMINDERS, "confirmation", "rescheduled", "host_booked", "host_rescheduled")  # by any later change
LEAD = 600  # seconds before the start at which is reminded
HOSTS = 20
PEOPLE = 3  # who change at once; more, and what is told waits for its turn, where all is in order anyway


class Moody(MailServer):
    """A slow server that now and then takes no mail; `agreed` tells when it last agreed to a mail's recipient.

    What is over by then was not to be sent: the app looks once more after that.
    """

    def __init__(self, seed: int, *, lag: float, refusals: float = 0.0, patience: float = 0.0) -> None:
        """`lag`: up to how many seconds it takes now and then; `refusals`: which part of the mails is put off.

        `patience`: up to how many seconds it lets a mail wait for one that may overtake it.
        """
        super().__init__()
        self.agreed: dict[bytes, float] = {}
        self.begun: Counter[str] = Counter()  # mails to each address that it agreed to
        self.came: Counter[str] = Counter()  # and those that it had
        self.put_off = 0
        self._chosen = random.Random(seed)
        self._lag = lag
        self._refusals = refusals
        self._patience = patience
        self.followed: set[str] = set()  # to whom more is going to be told

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._dawdle()
        answer = await super().handle_RCPT(server, session, envelope, address, options)
        session.agreed_at = time.monotonic()
        self.begun[address] += 1
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        await self._hesitate(envelope.rcpt_tos[0])  # as if the content took its time
        if self._chosen.random() < self._refusals:
            self.put_off += 1
            return "451 4.3.0 try again later"
        self.agreed[envelope.content] = session.agreed_at
        answer = await super().handle_DATA(server, session, envelope)
        self.came[envelope.rcpt_tos[0]] += 1
        await self._dawdle()
        return answer

    async def _dawdle(self) -> None:
        is_slow = self._chosen.random() < 0.1
        await asyncio.sleep(self._chosen.uniform(0, self._lag) if is_slow else 0)

    async def _hesitate(self, address: str) -> None:
        """Let another mail to the same person by, if one may come soon."""
        if address not in self.followed or self._chosen.random() < 0.3:
            return
        before, give_up = self.came[address], time.monotonic() + self._patience
        while self.came[address] == before and time.monotonic() < give_up:  # noqa: ASYNC110 - simpler
            await asyncio.sleep(0.01)


def hosts(number: int, **parts: Any) -> None:
    """So many hosts, each with a link of their own: host0, host1, …"""
    for index in range(number):
        host = make.user(f"Host{index} Doe")
        make.link(host, slug=f"host{index}", start_increment=30, **parts, **open_hours(minimum_notice=0))


# -- T37


def reminder_life(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T37: `size` rounds of 20 bookings that are moved, cancelled or left alone around the instant of a reminder."""
    yield _reminder_life(stand, size, seed)
    yield control(lambda drawn: _reminder_life(stand, 1, drawn, JUDGEMENT), seed)


def _reminder_life(stand: Stand, rounds: int, seed: int, guard: str = "") -> Result:
    chosen = random.Random(seed)
    server = Moody(seed, lag=0.3)
    with World(stand, processes=2, alterations=[hasty(), *without(guard)], mail=server) as world:
        automation = {"reminders": [{"value": LEAD // 60, "unit": "minutes"}]}
        world.fill(lambda: hosts(HOSTS, automation=automation))
        world.start()
        callers = world.callers(HOSTS)
        found = [trouble for number in range(rounds) for trouble in _around_due(world, callers, number, chosen)]
        problems, figures = _judge_truth(world, server)
        problems += _one_of_each(world.rows(), by_message(server.received))
        return Result(
            "T37",
            f"changes around the instant of a reminder{GUARDS[guard]}",
            stand.database,
            seed,
            {"bookings": rounds * HOSTS, **figures},
            verdict(world, *found, *problems),
        )


def _around_due(world: World, callers: Sequence[Caller], number: int, chosen: random.Random) -> Iterator[str]:
    """One round: all meetings begin at once; within a second of their reminder each is changed, or not."""
    start = MONDAY + 4 * HALF_HOUR * number
    booked = [caller.book(f"host{index}", start) for index, caller in enumerate(callers)]
    yield from (f"T37 a booking was answered with {one.status}" for one in booked if one.outcome != DONE)
    yield from _unsettled(world)
    go_to(world, start - LEAD - 1.1)
    due = time.monotonic() + 1.1
    plans = [(chosen.choice(("move", "cancel", "leave")), due + chosen.uniform(-1, 1)) for _ in booked]
    acts = [
        lambda caller=caller, one=one, plan=plan: _act(caller, one, *plan)
        for caller, one, plan in zip(callers, booked, plans, strict=True)
        if one.outcome == DONE
    ]
    in_threads(acts)
    go_to(world, max(start - LEAD + 1, world.now().timestamp()))
    yield from _unsettled(world)
    go_to(world, start + HALF_HOUR - LEAD + 1)  # the reminders of what was moved
    yield from _unsettled(world)


def _unsettled(world: World) -> Iterator[str]:
    if not world.settle():
        yield f"T37 {len(world.unsettled())} mails are due and don't go out"


def go_to(world: World, instant: float) -> None:
    """Set the clock."""
    world.shift_clock(timedelta(seconds=instant - world.now().timestamp()))


def _act(caller: Caller, booked: Operation, act: str, at: float) -> None:
    time.sleep(max(0, at - time.monotonic()))
    if act == "move":
        caller.move(booked, booked.asked["start"] + HALF_HOUR)
    elif act == "cancel":
        caller.cancel(booked)


def _judge_truth(world: World, server: Moody) -> tuple[list[str], dict[str, Figure]]:
    """Whether each mail that came was still true, or on its way already, when the change was acknowledged."""
    found = world.rows()
    public = {row["id"]: row["public_id"] for row in found.bookings}
    changes = _changes(world)
    came = by_message(server.received)
    on_their_way = 0
    problems = []
    for row in found.deliveries:
        later = changes.get(public.get(row["booking_id"], ""), [])[row["sequence"] :]
        for mail in came.get(row["message_id"], []) if row["kind"] in OVERTAKEN and later else []:
            on_their_way += mail.at > later[0].ended
            if server.agreed[mail.raw] > later[0].ended:
                late = mail.at - later[0].ended
                problems.append(f"{row['kind']} {row['id']} was sent {late:.3f} s after the {later[0].kind}")
    return problems, {
        "changes": sum(len(operations) for operations in changes.values()),
        "mails": len(server.received),
        "on their way when the change came": on_their_way,
    }


def _changes(world: World) -> dict[str, list[Operation]]:
    """The acknowledged changes of each booking: the first made version 1, and so on. Each has a single caller."""
    found: dict[str, list[Operation]] = {}
    for operation in world.history.operations:
        if operation.kind in ("move", "cancel") and operation.outcome == DONE:
            found.setdefault(operation.asked["id"], []).append(operation)
    return found


def by_message(received: Sequence[Received]) -> dict[str, list[Received]]:
    came: dict[str, list[Received]] = {}
    for mail in received:
        came.setdefault(message_id(mail.raw), []).append(mail)
    return came


def _one_of_each(found: Rows, came: dict[str, list[Received]]) -> Iterator[str]:
    """Exactly one of each reminder that stands; all of them are due by now."""
    for row in found.deliveries:
        booking = next(one for one in found.bookings if one["id"] == row["booking_id"])
        number = len(came.get(row["message_id"], []))
        if row["kind"] in REMINDERS and _stands(row, booking) and number != 1:
            yield f"T37 reminder {row['id']} of what stands came {number} times: {row['state']}, {row['last_error']}"
        if row["kind"] in REMINDERS and _stands(row, booking) and row["due_at"] != booking["starts_at"] - LEAD:
            yield f"T37 reminder {row['id']} was due at {row['due_at']}, its meeting begins at {booking['starts_at']}"


def _stands(row: Row, booking: Row) -> bool:
    return bool(booking["status"] == "confirmed" and booking["sequence"] == row["sequence"])


# -- T38


def order(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T38: `size` rounds in which 3 people book, move and cancel in quick succession; the mail server is in no mood."""
    yield _order(stand, size, seed)
    yield control(lambda drawn: _order(stand, 4, drawn, ORDER), seed)
    yield control(lambda drawn: _order(stand, 1, drawn, JUDGEMENT), seed)


def _order(stand: Stand, rounds: int, seed: int, guard: str = "") -> Result:
    # Without the order, what may overtake does come; with it, one waits for that in vain.
    mood = {"patience": 10.0} if guard == ORDER else {"patience": 0.6, "refusals": 0.15}
    server = Moody(seed, lag=0.3, **mood)
    with World(stand, processes=4, alterations=[hasty(), *without(guard)], mail=server) as world:
        world.fill(lambda: hosts(PEOPLE))
        world.start()
        callers = world.callers(PEOPLE)
        works = [
            lambda index=index, caller=caller: _live(server, caller, index, rounds, random.Random(f"{seed}/{index}"))
            for index, caller in enumerate(callers)
        ]
        in_threads(works)
        found = list(climb(world))
        problems, figures = _judge_truth(world, server)
        return Result(
            "T38",
            f"changes in quick succession, a slow mail server{GUARDS[guard]}",
            stand.database,
            seed,
            {**figures, **_order_figures(world, server)},
            verdict(world, *found, *problems),
        )


def _live(server: Moody, caller: Caller, index: int, rounds: int, chosen: random.Random) -> None:
    """Book, move a few times, usually cancel: at once, or while what was last to be told is being told."""
    for number in range(rounds):
        start = MONDAY + 10 * HALF_HOUR * number
        email = f"contact{index}.{number}@example.com"
        server.followed.add(email)
        booked = caller.book(f"host{index}", start, email=email)
        for step in range(chosen.randint(0, 3)):
            _wait(server, email, chosen)
            caller.move(booked, start + HALF_HOUR * (step + 1))
        _wait(server, email, chosen)
        if chosen.random() < 0.7:
            caller.cancel(booked)
        server.followed.discard(email)


def _wait(server: Moody, email: str, chosen: random.Random) -> None:
    """Not at all, or until a mail to this address is on its way, if that is soon."""
    if chosen.random() < 0.3:
        return
    before, give_up = server.begun[email], time.monotonic() + 2
    while server.begun[email] == before and time.monotonic() < give_up:
        time.sleep(0.005)


def climb(world: World, most: int = 40) -> Iterator[str]:
    """Move the clock from one retry to the next, until nothing waits for one."""
    for _ in range(most):
        if not _wait_until_stuck(world):
            yield f"{len(world.unsettled())} mails are due and don't go out"
            return
        waiting = [row["due_at"] for row in world.rows().deliveries if row["state"] == "pending" and row["attempts"]]
        if not waiting:
            return
        go_to(world, max(min(waiting), world.now().timestamp()) + 1)
    yield f"mails are still waiting after {most} steps"


def _wait_until_stuck(world: World, seconds: float = 120) -> bool:
    """Wait until nothing can go out before the clock moves on; False if that takes longer."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if not any(_may_go(row, world) for row in world.unsettled()):
            return True
        time.sleep(0.1)
    return False


def _may_go(row: Row, world: World) -> bool:
    """Whether a due mail waits for nobody: neither for its retry nor behind an earlier one's."""
    ahead = f"id < {row['id']} AND state = 'pending' AND attempts > 0"
    same = f"(booking_id, recipient) IN (SELECT booking_id, recipient FROM delivery WHERE id = {row['id']})"
    return not query(world.database_url, f"SELECT id FROM delivery WHERE {ahead} AND {same}")


def _order_figures(world: World, server: Moody) -> dict[str, Figure]:
    operations = world.history.operations
    rows = world.rows().deliveries
    threads = Counter((mail.recipients[0], event.uid) for mail in server.received if (event := event_of(mail.raw)))
    return {
        "bookings": len(world.history.of("book", DONE)),
        "cancellations": len(world.history.of("cancel", DONE)),
        "refused": sum(one.outcome != DONE for one in operations),
        "put off by the server": server.put_off,
        "overtaken before they were sent": sum(row["state"] == "dropped" for row in rows),
        "told more than once": sum(number > 1 for number in threads.values()),
    }


PROGRAMS = [("T37", reminder_life, 1, 25), ("T38", order, 2, 30)]
