"""Processes that die or stop at any moment, and at every single point: T12 and T13."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count, cycle, islice
from typing import Any

from meetings import db
from meetings.domain.time import to_instant
from meetings.models import Delivery, Link, User
from tests import make
from tests.battery import rows
from tests.battery.callers import Caller
from tests.battery.checker import _message_id as message_id_of
from tests.battery.checker import count_repeats
from tests.battery.deaths import ARRIVES, DELIVER, LET_TIME_PASS, Point, Trap
from tests.battery.history import DONE, Operation
from tests.battery.load import FIRST, HALF_HOUR, Load
from tests.battery.races import verdict
from tests.battery.report import Result
from tests.battery.world import LEASE_SECONDS, Stand, World, open_hours
from tests.process import Process

TAKEN_UP = timedelta(seconds=150)  # of the app's time, after which nothing of the dead may lie about any more
LEASE_OVER = timedelta(seconds=LEASE_SECONDS + 1)
SLOW_MAIL = 0.02  # seconds between the mail server's having a mail and its saying so: the dangerous window
STEP = timedelta(seconds=20)  # that the app's clock is put forward with each death, for reminders to fall due
REMINDED_EVERY = 10  # seconds of the app's time between the reminders of two bookings made before
FAR = 400  # seconds between the reminders of two bookings: more than a lease, and more than what happens in between
TEAM_DAYS = make.at("2026-12-07 00:00")  # of these, the team's hosts are busy in turns
BUSY_DAYS = 200
DAY = {"value": 1, "unit": "days"}

Claim = tuple[str, int]  # the Message-ID of a mail that a process holds, and until when


class Windows:
    """The dangerous windows that were hit: mails that had arrived when their sender died, before it could say so."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.seen: set[Claim] = set()  # at the last look; what is still there at the next belongs to the dead
        self._hit: set[Claim] = set()

    def look(self) -> None:
        """To be called after each death, and before leases run out."""
        now = self.in_hand()
        arrived = set(message_ids(self._world))
        self._hit |= {claim for claim in self.seen & now if claim[0] in arrived}
        self.seen = now

    def in_hand(self) -> set[Claim]:
        """The mails that are held just now, their bytes stored."""
        found = rows.query(
            self._world.database_url,
            "SELECT message_id, leased_until FROM delivery WHERE state = 'sending' AND content IS NOT NULL",
        )
        return {(row["message_id"], row["leased_until"]) for row in found}

    def allow(self, claims: set[Claim]) -> None:
        """Mails whose senders were stopped with the bytes stored: nothing could call them back any more."""
        self._hit |= claims

    @property
    def hits(self) -> int:
        return len(self._hit)

    def unexplained(self) -> Iterator[str]:
        """V6, mail by mail: each came again no oftener than its own window was hit."""
        allowed = Counter(identity for identity, _ in self._hit)
        for identity, times in Counter(message_ids(self._world)).items():
            if times - 1 > allowed[identity]:
                yield f"V6 mail {identity} came {times} times, its window was hit {allowed[identity]} times"


def message_ids(world: World) -> list[str]:
    """Of all mails that came."""
    return [message_id_of(mail.raw) for mail in list(world.mail.received)]


def take_up(world: World, windows: Windows) -> Iterator[str]:
    """End all processes in peace, let leases run out, start anew: what the dead held must go out now."""
    for process in world.processes:
        if process.is_running:
            process.stop()
    windows.look()
    world.shift_clock(TAKEN_UP)
    world.start()
    if not world.settle(300):
        yield f"{len(world.unsettled())} mails lie about {TAKEN_UP.seconds} s after the last death"


# -- T12


def random_deaths(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T12: `size` times kill -9, a third of them of one process that is all there is, the others of one or both of two."""
    alone = max(1, size // 3)
    yield _random_deaths(stand, alone, seed, processes=1)
    yield _random_deaths(stand, max(1, size - alone), seed, processes=2)


def _random_deaths(stand: Stand, kills: int, seed: int, *, processes: int) -> Result:
    chosen = random.Random(f"{seed}/{processes}")
    with World(stand, processes=processes, alterations=[LET_TIME_PASS]) as world:
        filled = world.fill(lambda: _fill(kills))
        world.mail.slowly = SLOW_MAIL
        world.start()
        scene = _Scene(world, chosen)
        with Load(world, ("team", "alone"), 2 * processes, seed, pause=0.5):
            while scene.kills < kills:
                scene.kill()
                if processes > 1 and scene.rounds % 4 == 0:
                    scene.stop_for_a_while()
        found = [*take_up(world, scene.windows), *_lost(world, filled)]
        return Result(
            "T12",
            f"kill -9 at any moment, {processes} process{'es' if processes > 1 else ''}",
            stand.database,
            seed,
            scene.figures(),
            verdict(world, *found, *scene.found, *scene.windows.unexplained(), windows=scene.windows.hits),
        )


class _Scene:
    """Processes that are killed and stopped while callers are at work."""

    def __init__(self, world: World, chosen: random.Random) -> None:
        self.windows = Windows(world)
        self.kills = self.rounds = 0
        self.found: list[str] = []
        self._world = world
        self._chosen = chosen
        self._pauses = self._held = self._in_hand = 0

    def kill(self) -> None:
        """Kill one process or all, some time after they were ready, and start them again."""
        time.sleep(self._chosen.uniform(0, 2))  # the moment of a death has no condition to wait for
        victims = self._victims()
        for victim in victims:
            victim.kill()
        self.kills += len(victims)
        self.rounds += 1
        self.windows.look()
        self._in_hand += bool(self.windows.in_hand())
        if not rows.is_sound(self._world.database_url):
            self.found.append(f"the file is broken after kill {self.kills}")
        self._world.shift_clock(STEP)
        for victim in victims:
            victim.start(wait=False)
        for victim in victims:
            victim.wait_until_ready()

    def _victims(self) -> Sequence[Process]:
        all_of_them = self._world.processes
        return all_of_them if self._chosen.random() < 1 / 3 else [self._chosen.choice(all_of_them)]

    def stop_for_a_while(self) -> None:
        """Stop a process for so long that its leases run out, and let it wake once the other one has taken over.

        The other one is stopped while the clock jumps: a lease that ran out in the middle of its work would be our
        doing alone.
        """
        sleeper, other = self._chosen.sample(self._world.processes, 2)
        left_by_the_dead = self.windows.in_hand() & self.windows.seen
        for process in (sleeper, other):
            process.signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.id, os.WSTOPPED)
        self._wait_for_statements()
        held = self.windows.in_hand() - left_by_the_dead
        self.windows.look()
        self.windows.allow(held)
        self._world.shift_clock(LEASE_OVER)
        other.signal(signal.SIGCONT)
        self._wait_for_successor(self._chosen.uniform(1, 4))
        sleeper.signal(signal.SIGCONT)
        self._pauses += 1
        self._held += bool(held)

    def _wait_for_statements(self) -> None:
        """PostgreSQL may still be at what was asked for before; some wait for those who sleep."""
        sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
        give_up = time.monotonic() + 1
        while self._is_postgres() and time.monotonic() < give_up:
            if not rows.query(self._world.database_url, f"{sql} AND pid <> pg_backend_pid()"):
                return
            time.sleep(0.01)

    def _is_postgres(self) -> bool:
        return self._world.database_url.startswith("postgres")

    def _wait_for_successor(self, seconds: float) -> None:
        """Wait until no lease is out any more, or as long as nobody notices a writer that sleeps."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            now = int(self._world.now().timestamp())
            sql = f"SELECT id FROM delivery WHERE state = 'sending' AND leased_until <= {now}"
            if not rows.query(self._world.database_url, sql):
                return
            time.sleep(0.02)

    def figures(self) -> dict[str, int | float]:
        history = self._world.history
        return {
            "kills": self.kills,
            "killed with a mail in hand": self._in_hand,
            "window hit": self.windows.hits,
            "came again": count_repeats(self._world.mail.received),
            "stopped past the lease": self._pauses,
            "stopped with a mail in hand": self._held,
            "booked": len(history.of("book", DONE)),
            "moved": len(history.of("move", DONE)),
            "cancelled": len(history.of("cancel", DONE)),
            "without an answer": history.statuses()[0],
            "mails": len(self._world.mail.received),
        }


def _fill(kills: int) -> set[str]:
    """Links for the callers, and bookings whose reminders fall due one after the other; returns who was booked."""
    _team()
    make.link(make.user("Anna Alone"), "alone", start_increment=30, **open_hours())
    return reminded(5 * kills + 5, REMINDED_EVERY)


def _team() -> Link:
    hosts = [make.user("Tom Team"), make.user("Tina Team")]
    return make.link(hosts[0], "team", kind="round_robin", team=hosts, start_increment=30, **open_hours())


def reminded(number: int, every: int) -> set[str]:
    """Bookings whose reminders fall due one after the other, `every` so many seconds."""
    link = make.link(
        make.user("Rita Reminded"), "reminded", start_increment=30, automation={"reminders": [DAY]}, **open_hours()
    )
    first = make.at("2026-12-14 00:00")
    booked = set()
    for index in range(number):
        start = first + timedelta(minutes=30 * index)
        booking = make.booking(link, start, email=f"reminded{index}@example.com")
        booked.add(booking.public_id)
        due_at = reminder_due(index, every)
        with db.transaction():
            Delivery.update(due_at=due_at).where(
                Delivery.booking == booking, Delivery.kind.endswith("reminder")
            ).execute()
    return booked


def reminder_due(index: int, every: int) -> datetime:
    return make.NOW + timedelta(seconds=every * (index + 1))


def _lost(world: World, filled: set[str]) -> Iterator[str]:
    """Of the bookings that were there before, those that are not any more."""
    for identity in filled - {row["public_id"] for row in world.rows().bookings if row["status"] == "confirmed"}:
        yield f"booking {identity}, made before the first death, is lost"


# -- T13


def every_point(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T13: `size` deaths, at points in a random order, each as often as the others; the most delicate come first."""
    chosen = random.Random(seed)
    with World(stand) as world:
        trap = Trap(world.folder)
        world.processes[0].alterations.append(trap.alteration)
        filled = world.fill(lambda: _fill_for_points(size))
        world.start()
        assert world.settle()
        world.mail.slowly = SLOW_MAIL
        stage = _Stage(world, trap)
        points = [(act, point) for act in stage.acts for point in stage.points_of(act)]
        chosen.shuffle(points)
        points.sort(key=lambda one: not _is_delicate(one[1]))
        for act, point in islice(cycle(points), size):
            stage.die(act, point)
        found = [*take_up(world, stage.windows), *_lost(world, filled)]
        yield Result(
            "T13",
            "death at every point",
            stand.database,
            seed,
            stage.figures(len(points)),
            verdict(world, *found, *stage.found, *stage.windows.unexplained(), windows=stage.windows.hits),
        )


def _is_delicate(point: Point) -> bool:
    """Whether something was just written or told, and what belongs to it may not have been."""
    around = ("before the content", "after 250 to the content")
    return point[0] in ("after COMMIT", "after the answer") or point[0].endswith(around)


def _fill_for_points(deaths: int) -> set[str]:
    """The team's hosts are busy on alternate days, so that a move by a day needs the other one."""
    _team()
    hosts = User.select().order_by(User.id)
    for index, host in enumerate(hosts):
        for day in range(index, BUSY_DAYS, 2):
            start = TEAM_DAYS + timedelta(days=day)
            make.busy(host, f"{start:%Y-%m-%d %H:%M}", f"{start + timedelta(days=1):%Y-%m-%d %H:%M}")
    make.link(make.user("Anna Alone"), "alone", start_increment=30, **open_hours())
    return reminded(deaths + 5, FAR)


class _Stage:
    """One process, told at which point of which act to die."""

    def __init__(self, world: World, trap: Trap) -> None:
        self.windows = Windows(world)
        self.found: list[str] = []
        self.acts: dict[str, tuple[str, Callable[[], Callable[[], Any]]]] = {
            "book": ("book", self._book),
            "move": ("move", self._move),
            "hand over": ("move", self._hand_over),
            "cancel": ("cancel", self._cancel),
            "confirmation": (DELIVER, self._confirm),
            "reminder": (DELIVER, self._remind),
        }
        self._world = world
        self._process = world.processes[0]
        self._trap = trap
        self._caller = Caller(world.history, self._process.url)
        self._starts = (FIRST + HALF_HOUR * number for number in count())
        self._team_starts = (FIRST + HALF_HOUR * (number % 48) + 2 * 86400 * (number // 48) for number in count())
        self._reminder = 0
        self._deaths: Counter[str] = Counter()
        self._missed = 0
        self._left: set[tuple[int, int]] = set()  # mails that the dead held

    # -- the acts: each makes ready, and returns what is then to be done

    def _book(self) -> Callable[[], Any]:
        start = next(self._starts)
        name = f"dying{start}@example.com"
        return lambda: self._caller.book("alone", start, email=name)

    def _booked(self, slug: str = "alone", start: int = 0) -> Operation:
        booked = self._caller.book(slug, start or next(self._starts))
        assert booked.outcome == DONE, booked
        return booked

    def _move(self) -> Callable[[], Any]:
        booked, start = self._booked(), next(self._starts)
        return lambda: self._caller.move(booked, start)

    def _hand_over(self) -> Callable[[], Any]:
        start = next(self._team_starts)
        booked = self._booked("team", start)
        return lambda: self._caller.move(booked, start + 86400, any_host=True)

    def _cancel(self) -> Callable[[], Any]:
        booked = self._booked()
        return lambda: self._caller.cancel(booked)

    def _confirm(self) -> Callable[[], Any]:
        return lambda: self._caller.book("alone", next(self._starts))  # its mail may kill the process before it answers

    def _remind(self) -> Callable[[], Any]:
        due = reminder_due(self._reminder, FAR) + timedelta(seconds=1)
        self._reminder += 1

        def let_come() -> None:
            self.windows.look()
            self._world.shift_clock(due - self._world.now())

        return let_come

    # -- and their ends

    def points_of(self, act: str) -> list[Point]:
        """All points of an act, from one that is let through."""
        work, prepare = self.acts[act]
        do = prepare()
        assert self._world.settle()
        self._trap.record(work)
        done = do()
        assert work == DELIVER or done.outcome == DONE, done  # else these are the points of a refusal
        points = self._trap.points()
        assert self._world.settle()
        return [point for point in points if work != DELIVER or point[0].startswith((act, "run"))]

    def die(self, act: str, point: Point) -> None:
        """Have the process die at this point, start it again, and ask again for what was asked for."""
        work, prepare = self.acts[act]
        do = prepare()
        self._wait_for_quiet()
        self._trap.set(work, point)
        do()
        if self._is_dead(work):
            self._deaths[act] += 1
            self.windows.look()
            self._left = self._held()
            if not rows.is_sound(self._world.database_url):
                self.found.append(f"the file is broken after {act} {point}")
            self._process.start()
            self._caller.close()
            if work != DELIVER and not self._world.history.operations[-1].status:
                do()  # what was acknowledged has to be there without asking again

    def _is_dead(self, work: str) -> bool:
        """Whether the process fell into the trap; not if the work came to its end another way, past the point."""
        if self._is_over() if work == DELIVER else self._is_answered():
            self._missed += 1
            if self._trap.unset():
                return False
        self._trap.fallen()
        self._process.wait()
        return True

    def _is_answered(self) -> bool:
        """Whether the caller was answered, and nobody fell right after that."""
        give_up = time.monotonic() + 10 * ARRIVES
        while self._world.history.operations[-1].status and time.monotonic() < give_up:
            if self._trap.has_caught():
                return False
            time.sleep(0.01)
        return bool(self._world.history.operations[-1].status)

    def _is_over(self) -> bool:
        """Wait for a death, or until there is nothing to deliver."""
        give_up = time.monotonic() + 2
        while time.monotonic() < give_up or self._can_be_sent():
            if self._trap.has_caught():
                return False
            time.sleep(0.02)
        return True

    def _wait_for_quiet(self) -> None:
        """Wait until nothing is sent any more; what the dead held has to wait for its lease."""
        give_up = time.monotonic() + 60
        while self._can_be_sent() and time.monotonic() < give_up:
            time.sleep(0.02)

    def _can_be_sent(self) -> bool:
        """Whether there is a mail to claim, or one in the hands of the living."""
        now = to_instant(self._world.now())
        sql = (
            f"SELECT d.id FROM delivery d WHERE d.state = 'pending' AND d.due_at <= {now} AND NOT EXISTS"
            " (SELECT 1 FROM delivery e WHERE e.booking_id = d.booking_id AND e.recipient = d.recipient"
            f" AND e.id < d.id AND e.leased_until > {now})"
        )
        return bool(rows.query(self._world.database_url, sql) or self._held() - self._left)

    def _held(self) -> set[tuple[int, int]]:
        found = rows.query(
            self._world.database_url, "SELECT id, leased_until FROM delivery WHERE leased_until IS NOT NULL"
        )
        return {(row["id"], row["leased_until"]) for row in found}

    def figures(self, points: int) -> dict[str, int | float]:
        return {
            "distinct points": points,
            "deaths": self._deaths.total(),
            **{f"at {act}": number for act, number in self._deaths.items()},
            "window hit": self.windows.hits,
            "came again": count_repeats(self._world.mail.received),
            "points missed": self._missed,
        }


PROGRAMS = [("T12", random_deaths, 12, 300), ("T13", every_point, 12, 600)]
