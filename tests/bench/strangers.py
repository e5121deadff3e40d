"""Whether the time of an answer tells who is known: `python -m tests.bench.strangers`, on a machine that does nothing else.

A link that goes by whose contact somebody is, with hosts who are all as busy as each other, so that every address gets
the same times. Each round asks for each kind of address in a new order; what is printed is the median of each kind,
over that of addresses that nobody knows. Exits non-zero if one is further from 1 than the tolerance.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from meetings import clock, create_app, db
from meetings.models import BusyTime, Company, Contact, OtherAddress, User
from tests import make

ROUNDS = 400
WARM_UP = 20  # rounds that don't count
TOLERANCE = 0.05
HOSTS = 5
BUSY = 120  # half hours of each host within the weeks ahead
CONTACTS = 5000
KINDS = {
    "unknown": "stranger{}@nowhere.example",
    "unknown too": "nobody{}@elsewhere.example",  # how far two of the same kind are apart
    "known, with an owner": "known{}@owned.example",
    "known by another address": "other{}@owned.example",
    "known, without an owner": "known{}@nobody.example",
    "with a company's owner": "anyone{}@company.example",
    "owner beyond the team": "known{}@beyond.example",
}
PAGES = {
    "month": "/book/demo?email={}",
    "times for programs": "/api/v1/book/demo/slots?from=2026-12-01&to=2026-12-31&email={}",
}


@contextmanager
def filled() -> Iterator[Flask]:
    """An app with a link, its hosts and many contacts."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"DATA_DIR": Path(folder), "DATABASE_URL": "", "RATELIMIT_ENABLED": False})
        clock.set_source(lambda: make.NOW)
        with app.app_context():
            db.migrate()
            fill()
        db.disconnect()
        yield app


def fill() -> None:
    hosts = [make.user(f"Host{number} Test", role="admin") for number in range(HOSTS + 1)]
    more = {"prioritize_contact_owner": True, "owner": {"beyond_team": True}, "window": {"kind": "rolling", "weeks": 5}}
    make.link(hosts[0], kind="round_robin", team=hosts[:HOSTS], **more)
    with db.transaction():
        fill_in(hosts)


def fill_in(hosts: list[User]) -> None:
    """All hosts are busy at the same times; as many contacts of each kind."""
    for host in hosts:
        for number in range(BUSY):
            start = make.NOW + timedelta(hours=5 * number)
            BusyTime.create(user=host, starts_at=start, ends_at=start + timedelta(minutes=30), created_at=make.NOW)
    domain = "company.example"
    Company.create(name=domain, name_key=domain, domain=domain, owner=hosts[2], created_at=make.NOW)
    for number in range(CONTACTS // 3):
        contact = known(f"known{number}@owned.example", hosts[number % HOSTS])
        OtherAddress.create(email=f"other{number}@owned.example", contact=contact)
        known(f"known{number}@nobody.example", None)
        known(f"known{number}@beyond.example", hosts[HOSTS])


def known(email: str, owner: User | None) -> Contact:
    return Contact.create(email=email, first_name="A", last_name="B", owner=owner, created_at=make.NOW)


def measure(client: FlaskClient, page: str, rounds: int) -> dict[str, float]:
    """The median of each kind, in seconds."""
    took: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(WARM_UP + rounds):
        for kind in random.sample(list(KINDS), len(KINDS)):
            address = page.format(KINDS[kind].format(number % (CONTACTS // 3)))
            start = time.perf_counter()
            answer = client.get(address)
            lasted = time.perf_counter() - start
            assert answer.status_code == 200
            if number >= WARM_UP:
                took[kind].append(lasted)
    return {kind: statistics.median(found) for kind, found in took.items()}


def main() -> int:
    worst = 0.0
    with filled() as app:
        for name, page in PAGES.items():
            medians = measure(app.test_client(), page, ROUNDS)
            print(f"{name}: {medians['unknown'] * 1000:.2f} ms for unknown addresses")
            for kind, median in medians.items():
                ratio = median / medians["unknown"]
                worst = max(worst, abs(ratio - 1))
                print(f"  {ratio:.3f}  {kind}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
