"""The disk is full or read-only, or somebody else holds the database's lock: T14 to T17."""

import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Self
from urllib.parse import urlencode, urlsplit

import psycopg

from tests import make
from tests.battery.callers import CANARY, ZONE, Caller, text_of
from tests.battery.history import DONE
from tests.battery.load import FIRST, HALF_HOUR, STARTS, Load, is_failure
from tests.battery.report import Figure, Result, control
from tests.battery.rows import query, sqlite_path
from tests.battery.troubles import SEEN, SLUGS, Unrecorded, healed, links, verdict
from tests.battery.world import POSTGRES, SQLITE, Stand, World
from tests.postgres import NOBODY, OWNER
from tests.process import Alteration

LINE = 1000  # bytes in the log that a failed request, or a job that finds no database, may cost at most
MEGABYTE = 2**20
VISITOR = {"email": "visitor@example.com", "first_name": CANARY, "last_name": "Visitor"}


# -- how a booking is refused while there is trouble


class Visitor:
    """Somebody who has the form open, and sends it while nothing can be written.

    Where a booking `may_fit` into room that the database already has, it is either refused as it must be, or made whole.
    """

    def __init__(self, world: World, start: int, *, may_fit: bool = False) -> None:
        self._world = world
        self._host = urlsplit(world.processes[0].url).netloc
        self._may_fit = may_fit
        self.fitted = 0
        self._open_form(start)

    def _open_form(self, start: int) -> None:
        self._start = start
        caller = Caller(self._world.history, self._world.processes[0].url)
        self._token = caller.open_form(SLUGS[0], start)
        caller.close()

    def look(self) -> Iterator[str]:
        """What is wrong about the pages that only read."""
        for path in (f"/book/{SLUGS[0]}", f"/book/{SLUGS[1]}?start={self._start}", "/sign-in"):
            status, _, content = self._ask("GET", path)
            if status != 200 or "</html>" not in content:
                yield f"GET {path} was answered {status}"

    def refusals(self) -> Iterator[str]:
        """What is wrong about the way in which a booking is refused."""
        yield from self.no_form()
        yield from self.no_call()

    def no_form(self) -> Iterator[str]:
        """By the page's form."""
        fields = {"start": self._start, "token": self._token, "duration": 30, "timezone": ZONE, **VISITOR}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self._host}"}
        yield from self._refused(f"/book/{SLUGS[0]}", urlencode(fields), headers, "text/html", "</html>")

    def no_call(self) -> Iterator[str]:
        """By the API."""
        body = json.dumps({"start": text_of(self._start), "timezone": ZONE, "contact": VISITOR})
        headers = {"Content-Type": "application/json"}
        path = f"/api/v1/book/{SLUGS[0]}/bookings"
        yield from self._refused(path, body, headers, "application/problem+json", "/problems/busy")

    def _refused(self, path: str, body: str, headers: dict[str, str], kind: str, words: str) -> Iterator[str]:
        status, answered, content = self._ask("POST", path, body, headers)
        if self._may_fit and status in (201, 303) and self._is_booked():
            self.fitted += 1
            self._open_form(self._start - HALF_HOUR)
        elif status != 503 or not answered.get("Retry-After", "").isdigit():
            yield f"POST {path} was answered {status}, to come again after {answered.get('Retry-After')} s"
        elif not answered["Content-Type"].startswith(kind) or words not in content:
            yield f"POST {path} was refused with {content[:80]!r}"

    def _is_booked(self) -> bool:
        """Nobody else asks for times as early as this one's."""
        found = query(self._world.database_url, f"SELECT id FROM booking WHERE starts_at = {self._start}")
        return len(found) == 1

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection(self._host, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()


# -- T14


class Disk:
    """A small disk of its own, or where mounting is not allowed a folder: its processes' files then can't grow."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        self.is_mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.is_mounted:
            subprocess.run(["umount", str(self.folder)], check=True)

    @contextmanager
    def full(self, world: World, left: int = 0) -> Iterator[None]:
        """For a while there is no room but for so many bytes, and those soon used up."""
        if not self.is_mounted:
            with _no_growth(world):
                yield
            return
        with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                ballast.write(bytes(4096))
        os.truncate(self._ballast, max(0, self._ballast.stat().st_size - left))
        try:
            yield
        finally:
            self._ballast.unlink()


@contextmanager
def _no_growth(world: World) -> Iterator[None]:
    for process in world.processes:
        resource.prlimit(process.id, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for process in world.processes:
            resource.prlimit(process.id, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def full_disks(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T14: the database's disk is full `size` times while callers book; then that of the log and temporary files."""
    if stand.database == SQLITE:
        yield _full_sqlite(stand, size, seed)
        yield _full_log(stand, size, seed)
    elif os.geteuid() == 0:
        yield _full_postgres(size, seed)


def _full_sqlite(stand: Stand, size: int, seed: int) -> Result:
    with (
        _temporary() as folder,
        Disk(folder / "data", (8 + size) * MEGABYTE) as disk,  # with room for what is booked in between
        World(stand, processes=2, folder=folder) as world,
    ):
        world.fill(links)
        world.start()
        return _full(world, disk, size, seed, stand.database)


def _full_postgres(size: int, seed: int) -> Result:
    """Its tables alone are on the small disk: a server whose journal has no room ends, and that is T18."""
    with Stand(POSTGRES) as own, _temporary() as folder, Disk(folder / "tables", 48 * MEGABYTE) as disk:
        assert own.server is not None
        folder.chmod(0o755)
        os.chown(disk.folder, NOBODY, NOBODY)
        own.server.execute(f"CREATE TABLESPACE small OWNER {OWNER} LOCATION '{disk.folder}'")
        with World(own, processes=2) as world:
            own.server.execute(f'ALTER DATABASE "{world.database_url.rpartition("/")[2]}" SET TABLESPACE small')
            world.fill(links)
            world.start()
            return _full(world, disk, size, seed, POSTGRES)


def _full(world: World, disk: Disk, size: int, seed: int, database: str) -> Result:
    chosen = random.Random(seed)
    visitor = Visitor(world, FIRST - HALF_HOUR, may_fit=database == POSTGRES)
    unrecorded = Unrecorded(world)
    found: list[str] = []
    costs: list[float] = []
    with Load(world, SLUGS, 4, seed) as load:
        load.wait_until_well(0)
        for _ in range(size):
            began, before = time.monotonic(), len(world.log)
            with disk.full(world, left=chosen.choice((0, 4096, 65536))):
                load.wait_for_failures(began, SEEN, seconds=60)
                found += [*visitor.look(), *visitor.refusals()]
                costs.append((len(world.log) - before) / _troubled(load, began))
            found += healed(load, "T14", time.monotonic())
            unrecorded.look()
    unrecorded.take_up_again()
    if max(costs) > LINE:
        found.append(f"T14 a failed request costs {max(costs):.0f} bytes of log")
    history = world.history
    figures = {
        "times": size,
        "requests": len(history.operations),
        "told to come again": history.statuses()[503],
        "booked": len(history.of("book", DONE)),
        "found room all the same": visitor.fitted,
        "bytes of log per failure": max(costs),
        **unrecorded.figures(),
    }
    found = verdict(world, *found, windows=len(unrecorded.seen))
    return Result("T14", "the database's disk is full", database, seed, figures, found)


def _troubled(load: Load, began: float) -> float:
    """How many requests, and looks of the jobs, may have found no room."""
    return sum(map(is_failure, load.since(began))) + 2 + time.monotonic() - began


@contextmanager
def _temporary() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="meetings-battery-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _full_log(stand: Stand, size: int, seed: int) -> Result:
    """Nothing but the log and temporary files have no room: everything goes on, a start included."""
    with _temporary() as folder, Disk(folder / "small", 2 * MEGABYTE) as disk:
        (folder / "log0").symlink_to(disk.folder / "log")
        talk = ("tests.battery.alterations_of_disks:talk", {"temporary": str(disk.folder)})
        with World(stand, folder=folder, alterations=[talk]) as world:
            world.fill(links)
            world.start()
            with Load(world, SLUGS, 4, seed) as load:
                for _ in range(size):
                    load.wait_until_well(time.monotonic())
                    with disk.full(world):
                        load.wait_until_well(time.monotonic())
                        load.wait_until_well(time.monotonic())
            with disk.full(world):
                world.processes[0].stop()
                world.processes[0].start()
                with Load(world, SLUGS, 4, seed + 1) as load:
                    load.wait_until_well(time.monotonic())
            history = world.history
            failed = sum(map(is_failure, history.operations))
            figures = {"times": size + 1, "requests": len(history.operations), "failed": failed}
            found = [f"T14 {failed} requests failed for want of room for the log"] if failed else []
            return Result("T14", "the log's disk is full", stand.database, seed, figures, verdict(world, *found))


# -- T15


def written_first(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T15: the system's calls of the app show that each booking is on the disk before it is confirmed. Not in short."""
    if size == 1:
        return
    if shutil.which("strace") is None:
        figures = {"left out": "strace is missing"}
        yield Result("T15", "written, then confirmed", stand.database, seed, figures)
        return
    yield _written_first(stand, size, seed)
    careless = [("tests.battery.alterations_of_disks:do_not_wait_for_the_disk", {})]
    yield control(lambda drawn: _written_first(stand, 10, drawn, careless), seed, "T15 without waiting for the disk")


def _written_first(stand: Stand, size: int, seed: int, alterations: Sequence[Alteration] = ()) -> Result:
    """One caller, and no jobs: whatever is written belongs to the booking that is confirmed next."""
    with World(stand, alterations=alterations, SCHEDULER="off") as world:
        world.fill(links)
        world.start()
        caller = world.callers(1)[0]
        with _traced(world) as trace:
            for start in random.Random(seed).sample(range(STARTS), size):
                caller.book(SLUGS[0], FIRST + HALF_HOUR * start)
        confirmed, unwritten = _read_trace(trace.read_text())
        booked = len(world.history.of("book", DONE))
        found = [f"T15 {unwritten} bookings were confirmed before they were on the disk"] if unwritten else []
        if not confirmed == booked == size:
            found.append(f"T15 of {size} bookings {booked} were made, {confirmed} were seen")
        figures = {"confirmed": confirmed, "before they were written": unwritten}
        return Result("T15", "written, then confirmed", stand.database, seed, figures, found)


@contextmanager
def _traced(world: World) -> Iterator[Path]:
    trace = world.folder / "trace"
    command = [
        "strace",
        "-f",
        "-p",
        str(world.processes[0].id),
        "-e",
        "trace=fdatasync,fsync,recvfrom,sendto",
        "-o",
        str(trace),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        tracer.stderr.readline()  # that it is attached
        yield trace
        tracer.terminate()


def _read_trace(text: str) -> tuple[int, int]:
    """How many bookings were confirmed, and how many of them with nothing brought to the disk since they were asked for."""
    confirmed = unwritten = 0
    is_written = False
    for line in text.splitlines():
        if "sync" in line and line.endswith("= 0"):
            is_written = True
        elif '"POST ' in line:
            is_written = False
        elif "HTTP/1.1 201" in line:
            confirmed += 1
            unwritten += not is_written
    return confirmed, unwritten


# -- T16


@contextmanager
def read_only(paths: list[Path]) -> Iterator[None]:
    """For a while nothing can be written there, not even by those who have the files open."""
    subprocess.run(["chattr", "+i", *map(str, paths)], check=True)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *map(str, paths)], check=True)


def _files_in_use(folder: Path) -> list[Path]:
    """The database and its journal. Not the index beside them, which is shared memory: the system ends with SIGBUS
    whoever writes into a file that they have mapped and that may no longer be written."""
    return [path for path in folder.glob("*.sqlite3*") if not path.name.endswith("-shm")]


def nothing_to_write(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T16: `size` times in turn the database's files with their folder, or they alone, can't be written. In long also a start."""
    if os.geteuid() != 0:
        figures: dict[str, Figure] = {"left out": "to make files so takes the rights of root"}
        yield Result("T16", "nothing can be written", stand.database, seed, figures)
        return
    with World(stand, processes=2) as world:
        world.fill(_links_and_admin)
        world.start()
        visitor = Visitor(world, FIRST - HALF_HOUR)
        unrecorded = Unrecorded(world)
        found: list[str] = []
        sent: list[int] = []
        folder = Path(sqlite_path(world.database_url)).parent
        with Load(world, SLUGS, 4, seed) as load:
            load.wait_until_well(0)
            for number in range(size):
                began = time.monotonic()
                with read_only([*_files_in_use(folder), *([folder] if number % 2 == 0 else [])]):
                    load.wait_for_failures(began, SEEN, seconds=60)
                    before = len(world.mail.received)
                    found += [*visitor.look(), *visitor.refusals()]
                    world.processes[0].wait_for_ticks(1)
                    sent.append(len(world.mail.received) - before)
                found += healed(load, "T16", time.monotonic())
                unrecorded.look()
        unrecorded.take_up_again()
        if size > 1:
            found += _start_anew(world, visitor, folder)
        history = world.history
        figures = {
            "times": len(sent),
            "requests": len(history.operations),
            "told to come again": history.statuses()[503],
            "booked": len(history.of("book", DONE)),
            "mails out while nothing could be written": sum(sent),
            **unrecorded.figures(),
        }
        found = verdict(world, *found, windows=len(unrecorded.seen))
        yield Result("T16", "nothing can be written", stand.database, seed, figures, found)


def _links_and_admin() -> None:
    """With an admin there is no set-up code to keep, so that the app can start without writing."""
    links()
    make.user("Ada Battery", role="admin")


def _start_anew(world: World, visitor: Visitor, folder: Path) -> Iterator[str]:
    """What is wrong about a start on files that can't be written: it serves, or ends with a sentence."""
    process = world.processes[0]
    process.stop()
    with read_only(list(folder.glob("*.sqlite3*"))):
        process.start()
        yield from visitor.look()
        yield from visitor.refusals()
        process.stop()
    world.processes[1].stop()
    before = len(process.log)
    with read_only([folder]):
        try:
            process.start()  # it can where SQLite's journal was left behind
            yield from visitor.look()
            process.stop()
        except AssertionError:
            if "The database can't be used" not in process.log[before:]:
                yield f"T16 a start in a folder that can't be written said {process.log[before:][-200:]}"
    process.start()


# -- T17

WAITING = 5  # callers of each process
PATIENCE = 5  # seconds that the app waits for a lock
JOURNAL = 8 * MEGABYTE  # what may be left of SQLite's journal when a long reader has gone


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Another program has the lock that bookings need."""
    if world.database_url.startswith("sqlite"):
        with sqlite_connection(world) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(world.database_url) as session:
            session.execute('SELECT id FROM "user" FOR UPDATE')
            yield


@contextmanager
def sqlite_connection(world: World) -> Iterator[sqlite3.Connection]:
    """Another program at the file; what it has begun is taken back at the end."""
    connection = sqlite3.connect(sqlite_path(world.database_url), timeout=60, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def locks(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T17: another program has the lock for 1 and 7 seconds, or from `size` 4 on for 1, 4, 10 and 60. And a long reader."""
    with World(stand, processes=2) as world:
        world.fill(links)
        world.start()
        visitor = Visitor(world, FIRST - HALF_HOUR)
        starts = iter(random.Random(seed).sample(range(STARTS), 1000))
        found: list[str] = []
        for seconds in (1, 4, 10, 60) if size >= 4 else (1, 7):
            found += _held_for(world, visitor, seconds, starts)
        history = world.history
        figures = {
            "requests": len(history.operations),
            "told to come again": history.statuses()[503],
            "booked": len(history.of("book", DONE)),
            "longest answer (s)": history.slowest(),
        }
        yield Result("T17", "somebody else has the lock", stand.database, seed, figures, verdict(world, *found))
    if stand.database == SQLITE:
        yield _long_reader(stand, size, seed)


def _held_for(world: World, visitor: Visitor, seconds: int, starts: Iterator[int]) -> Iterator[str]:
    """A short time is waited for; who would have to wait longer is told to come again, and can read meanwhile."""
    is_long = seconds > PATIENCE
    before = len(world.history.operations)
    wrong: list[str] = []
    crowd = world.callers(WAITING * len(world.processes))
    asking = [partial(caller.book, SLUGS[0], FIRST + HALF_HOUR * next(starts)) for caller in crowd]
    looking = [lambda look=look: wrong.extend(look()) for look in (visitor.look, visitor.no_form, visitor.no_call)]
    with ThreadPoolExecutor(len(asking) + len(looking)) as people:
        with locked(world):
            asked = [people.submit(ask) for ask in asking]
            looked = [people.submit(look) for look in looking if is_long]
            time.sleep(seconds)
            wait(looked)
        wait(asked)
    for caller in crowd:
        caller.close()
    yield from wrong
    answers = Counter(one.status for one in world.history.operations[before:])
    if set(answers) - {201, 503} or bool(answers[503]) is not is_long:
        yield f"T17 with the lock held for {seconds} s the answers were {dict(answers)}"


def _long_reader(stand: Stand, size: int, seed: int) -> Result:
    """Somebody reads while SQLite's journal outgrows `size` times what may be left of it once they have gone."""
    with World(stand) as world:
        world.fill(links)
        world.start()
        journal = Path(f"{sqlite_path(world.database_url)}-wal")
        with Load(world, SLUGS, 8, seed, pause=0):
            with sqlite_connection(world) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM booking").fetchone()
                _wait_until(lambda: journal.stat().st_size > 1.5 * JOURNAL * size, 30 * size)
                grown = journal.stat().st_size
            booked = len(world.history.of("book", DONE))
            _wait_until(lambda: journal.stat().st_size <= JOURNAL, 30)
        left = journal.stat().st_size
        found = [] if left <= JOURNAL else [f"T17 the journal keeps {left} bytes"]
        figures = {
            "booked while they read": booked,
            "the journal grew to (MB)": grown / MEGABYTE,
            "and shrank to (MB)": left / MEGABYTE,
        }
        return Result("T17", "somebody reads for a long time", stand.database, seed, figures, verdict(world, *found))


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.1)


PROGRAMS = [
    ("T14", full_disks, 1, 40),
    ("T15", written_first, 1, 300, (SQLITE,)),
    ("T16", nothing_to_write, 1, 20, (SQLITE,)),
    ("T17", locks, 1, 4),
]
