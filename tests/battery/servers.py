"""PostgreSQL goes away, drops connections or refuses to write, while callers book: T18."""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice

from tests.battery.callers import Caller
from tests.battery.checker import BOOKINGS, Evidence, check
from tests.battery.history import DONE
from tests.battery.load import Load
from tests.battery.report import Result, control
from tests.battery.troubles import SEEN, SLUGS, Unrecorded, healed, links, verdict
from tests.battery.world import POSTGRES, Stand, World
from tests.postgres import OWNER, Server

WAIT = 2  # seconds for trouble that need not be noticed


class Trouble:
    """One kind of trouble. `cause` returns once the server does its work again."""

    def __init__(self, server: Server, world: World, load: Load) -> None:
        self.server = server
        self.world = world
        self.load = load

    def cause(self) -> Iterator[str]:
        """Make it, end it; yields what came out wrong meanwhile."""
        raise NotImplementedError

    def page(self) -> int:
        """The status of a booking page."""
        caller = Caller(self.world.history, self.world.processes[0].url)
        status, content = caller.get(f"/book/{SLUGS[0]}")
        caller.close()
        return status if b"</html>" in content else 0

    def set(self, assignment: str) -> None:
        """Change a setting of the server for everybody."""
        self.server.execute(f"ALTER SYSTEM {assignment}")
        self.server.execute("SELECT pg_reload_conf()")

    def drop_all(self) -> None:
        self.server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{OWNER}'")


class _Restart(Trouble):
    def end(self) -> None:
        raise NotImplementedError

    def cause(self) -> Iterator[str]:
        self.end()
        if (status := self.page()) != 503:
            yield f"T18 a page without a server has status {status}"
        self.server.run()


class Fast(_Restart):
    """Everybody is disconnected, and it ends cleanly."""

    def end(self) -> None:
        self.server.end(signal.SIGINT)


class Immediate(_Restart):
    """It ends at once and repairs itself when it starts."""

    def end(self) -> None:
        self.server.end(signal.SIGQUIT)


class Crash(_Restart):
    """kill -9 of all its processes."""

    def end(self) -> None:
        self.server.crash()


class Dropped(Trouble):
    """All connections are cut, as by a proxy."""

    def cause(self) -> Iterator[str]:
        self.drop_all()
        yield from ()


class Impatient(Trouble):
    """Transactions are cut that do nothing for a millisecond."""

    def cause(self) -> Iterator[str]:
        began = time.monotonic()
        self.set("SET idle_in_transaction_session_timeout = 1")
        self.load.wait_for_failures(began, SEEN, seconds=WAIT)
        self.set("RESET idle_in_transaction_session_timeout")
        yield from ()


class Standby(Trouble):
    """Nothing can be written, as after a failover to a standby. Pages go on."""

    def cause(self) -> Iterator[str]:
        began = time.monotonic()
        self.set("SET default_transaction_read_only = on")
        if not self.load.wait_for_failures(began, SEEN, seconds=30):
            yield "T18 nobody noticed that nothing can be written"
        if (status := self.page()) != 200:
            yield f"T18 a page of a server that only reads has status {status}"
        self.set("RESET default_transaction_read_only")


class Crowded(Trouble):
    """There are fewer connections than the app has threads."""

    def cause(self) -> Iterator[str]:
        began = time.monotonic()
        self.server.execute(f"ALTER ROLE {OWNER} CONNECTION LIMIT 2")
        self.drop_all()
        self.load.wait_for_failures(began, SEEN, seconds=WAIT)
        self.server.execute(f"ALTER ROLE {OWNER} CONNECTION LIMIT -1")
        yield from ()


RESTARTS: tuple[type[Trouble], ...] = (Fast, Immediate, Crash)
TROUBLES: tuple[type[Trouble], ...] = (Dropped, Standby, Impatient, Crowded)


def restarts(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T18: `size` restarts of a server of its own under load, and as many times other trouble in between."""
    kinds = [*islice(cycle(RESTARTS), size), *islice(cycle(TROUBLES), max(size, len(TROUBLES)))]
    random.Random(seed).shuffle(kinds)
    yield _restarts(stand, kinds, seed)
    if size > len(RESTARTS):
        yield control(lambda drawn: _forgetful(stand, drawn), seed)


def _restarts(stand: Stand, kinds: list[type[Trouble]], seed: int) -> Result:
    with Stand(stand.database) as own, World(own, processes=2) as world:
        assert own.server is not None
        world.fill(links)
        world.mail.slowly = 0.01
        world.start()
        unrecorded = Unrecorded(world)
        found: list[str] = []
        with Load(world, SLUGS, 6, seed) as load:
            load.wait_until_well(0)
            for kind in kinds:
                found += kind(own.server, world, load).cause()
                found += healed(load, f"T18 {kind.__name__}", time.monotonic())
                unrecorded.look()
        unrecorded.take_up_again()
        found = verdict(world, *found, windows=len(unrecorded.seen))
        history = world.history
        figures = {
            **{kind.__name__: number for kind, number in Counter(kinds).items()},
            "requests": len(history.operations),
            "without an answer": history.statuses()[0],
            "told to come again": history.statuses()[503],
            "booked": len(history.of("book", DONE)),
            **unrecorded.figures(),
        }
        return Result("T18", "the server goes away", stand.database, seed, figures, found)


def _forgetful(stand: Stand, seed: int) -> Result:
    """The control: a server that confirms what it has not yet written, and crashes, has to be caught."""
    with Stand(stand.database) as own, World(own) as world:
        assert own.server is not None
        world.fill(links)
        for setting in ("synchronous_commit = off", "wal_writer_delay = '10s'"):
            own.server.execute(f"ALTER SYSTEM SET {setting}")
        own.server.execute("SELECT pg_reload_conf()")
        world.start()
        with Load(world, SLUGS, 6, seed) as load:
            load.wait_until_well(time.monotonic(), each=10)
            own.server.crash()
            own.server.run()
        found = check(Evidence(world.history, world.rows(), (), 0), BOOKINGS)
        figures = {"booked": len(world.history.of("book", DONE))}
        title = "on a server that confirms before it writes"
        return Result("T18", title, stand.database, seed, figures, found)


PROGRAMS = [("T18", restarts, 3, 30, (POSTGRES,))]
