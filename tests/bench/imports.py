"""How long bookings wait while a file of contacts is imported: `python -m tests.bench.imports`, on both databases.

Meanwhile three kinds of people book one time after the other, each kind with a host who owns a third of the file: who
is in the file, who isn't but works where others in it do, and who has nothing to do with it. Exits non-zero if anybody
is refused, or waits longer than the goal.
"""

import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask

from meetings import create_app, db
from meetings.domain import contact_file
from meetings.models import ContactFile, Link, User
from meetings.services import contact_files
from tests import make
from tests.postgres import Server

DATABASES = "SQLite", "PostgreSQL"
CONTACTS = 20_000
COMPANIES = 500
GOAL = 1.0  # seconds that a booking may take meanwhile
REST = 0.02  # seconds between two bookings of one kind
HEADINGS = ["email", "first name", "last name", "owner", "phone", "job title", "website", "note"]
OWNERS = [f"host{number}@example.org" for number in range(3)]


@contextmanager
def address(database: str) -> Iterator[str]:
    """Of an empty database of this kind; SQLite's is where the app keeps its data."""
    if database == "SQLite":
        yield ""
        return
    server = Server(durable=True)
    try:
        server.start()
        yield server.databases.create("imports")
    finally:
        server.stop()


@contextmanager
def running(url: str) -> Iterator[Flask]:
    """An app with an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"DATA_DIR": Path(folder), "DATABASE_URL": url, "RATELIMIT_ENABLED": False})
        with app.app_context():
            db.migrate()
            yield app
            db.disconnect()


# ---- the file --------------------------------------------------------------------------------------------------------


def address_of(number: int) -> str:
    return f"p{number}@c{number % COMPANIES}.example"


def waiting(admin: User, generation: int, how: str) -> ContactFile:
    """A file ready to be imported: the same contacts in every generation, of whom it says something else."""
    lines = [
        [
            address_of(number),
            f"Ann {generation}",
            f"Lee {number}",
            OWNERS[number % len(OWNERS)],
            f"+33 1 {generation} {number:06}",
            f"Chief {generation}",
            f"https://c{number % COMPANIES}.example/{generation}",
            f"Said {generation}",
        ]
        for number in range(CONTACTS)
    ]
    file = contact_files.keep(admin, "", contact_file.written([HEADINGS, *lines]).encode(), make.NOW)
    sheet = contact_files.sheet_of(file)
    contact_files.settle(file, contact_files.choices_of(sheet, contact_files.guessed(sheet), how))
    return contact_files.waiting_file(admin, file.id, make.NOW)


# ---- whoever books meanwhile -----------------------------------------------------------------------------------------

KINDS: dict[str, Callable[[int], str]] = {
    "in the file": lambda number: address_of(number * 37 % CONTACTS),
    "of a company in it": lambda number: f"x{number}@c{number % COMPANIES}.example",
    "of neither": lambda number: f"x{number}@gmail.com",
}


def links() -> list[Link]:
    """A link of each owner, open day and night for a year."""
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    hours = [{"days": days, "start": "00:00", "end": "24:00"}]
    hosts = [make.user(f"Host{number} Test") for number in range(len(OWNERS))]
    more = {"available_hours": hours, "window": {"kind": "rolling", "weeks": 50}, "minimum_notice": 0}
    return [make.link(host, f"link-{host.id}", **more) for host in hosts]


class Booker(threading.Thread):
    """Books until told to stop; keeps how long each booking took, and what was refused."""

    starts = map(timedelta, itertools.repeat(0), itertools.count(step=1800))

    def __init__(self, app: Flask, link: Link, address: Callable[[int], str], done: threading.Event) -> None:
        super().__init__()
        self._app, self._link, self._address, self._done = app, link, address, done
        self.took: list[float] = []
        self.refused: list[str] = []

    def run(self) -> None:
        with self._app.app_context():
            db.connect()
            for number in itertools.count():
                if self._done.wait(REST):
                    break
                self._book(number)
            db.disconnect()

    def _book(self, number: int) -> None:
        start = make.at("2026-12-01 00:00") + next(self.starts)
        began = time.perf_counter()
        try:
            make.booking(self._link, start, email=self._address(number))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            self.refused.append(repr(error))
        self.took.append(time.perf_counter() - began)


def measured(app: Flask, act: Callable[[], object], people: list[Link]) -> bool:
    """Do it while people book; tells how long everybody waited, returns whether that is well."""
    done = threading.Event()
    bookers = {kind: Booker(app, link, KINDS[kind], done) for kind, link in zip(KINDS, people, strict=True)}
    for booker in bookers.values():
        booker.start()
    time.sleep(0.3)
    began = time.perf_counter()
    try:
        act()
    finally:
        lasted = time.perf_counter() - began
        done.set()
        for booker in bookers.values():
            booker.join()
    print(f"  {lasted:.1f} s for the import")
    for kind, booker in bookers.items():
        print(f"    {max(booker.took):.2f} s at most of {len(booker.took)} bookings {kind}", *booker.refused[:2])
    return all(not booker.refused and max(booker.took) <= GOAL for booker in bookers.values())


def measure(database: str) -> bool:
    """Everything on one kind of database."""
    is_well = True
    with address(database) as url, running(url) as app:
        people, admin = links(), make.user("Ada Admin", role="admin")
        for generation, (name, how) in enumerate({"new": "fill", "overwritten": "overwrite"}.items()):
            file = waiting(admin, generation, how)
            print(f"{database}: {CONTACTS} {name}")
            is_well &= measured(app, lambda file=file: contact_files.bring_in(admin, file, make.NOW), people)
    return is_well


def main() -> int:
    """The databases that are named, or all; each in a process of its own, as an app has one."""
    names = sys.argv[1:]
    if len(names) == 1:
        return int(not measure(names[0]))
    command = [sys.executable, "-m", "tests.bench.imports"]
    return max(subprocess.run([*command, name], check=False).returncode for name in names or DATABASES)


if __name__ == "__main__":
    sys.exit(main())
