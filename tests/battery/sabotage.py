"""Guards taken out of the app on purpose, in its own process: what a race test must notice."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.process import Alteration

PAUSE = 0.1  # seconds between finding a time free and writing it, so that whoever isn't kept out gets in


def without(guard: str) -> Sequence[Alteration]:
    """The alterations of a process that take a guard out; none for no guard."""
    return [("tests.battery.sabotage:take_out", {"guard": guard})] if guard else []


def take_out(guard: str) -> None:
    """Called in the app's process before it starts."""
    for change in GUARDS[guard]:
        change()


# -- whoever books alone: the lock of the hosts, the database's own rule


def _widen_window() -> None:
    from meetings.services.bookings import judging

    judge = judging.judge

    def judge_and_wait(*given: Any, **more: Any) -> Any:
        free = judge(*given, **more)
        time.sleep(PAUSE)
        return free

    judging.judge = judge_and_wait


def _no_lock() -> None:
    from meetings import db

    held = db.transaction

    @contextmanager
    def open_to_all() -> Iterator[None]:
        if not db.is_sqlite():
            with held():
                yield
            return
        yield  # SQLite's own lock begins with the transaction: without one, nobody waits

    db.transaction = open_to_all
    db.lock = lambda _host_ids: None


def _no_refusal() -> None:
    def drop() -> None:
        from meetings import db

        if db.is_sqlite():
            for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'", []):
                db.database.execute_sql(f'DROP TRIGGER IF EXISTS "{name}"')
            return
        found = db.rows(
            "SELECT conname FROM pg_constraint WHERE contype = 'x' AND conrelid = 'participant'::regclass", []
        )
        for (name,) in found:
            db.database.execute_sql(f'ALTER TABLE participant DROP CONSTRAINT IF EXISTS "{name}"')

    _after_migrating(drop)


def _after_migrating(alter: Callable[[], None]) -> None:
    from meetings import db

    migrate = db.migrate

    def migrate_and_alter(*given: Any) -> Any:
        done = migrate(*given)
        alter()
        return done

    db.migrate = migrate_and_alter


# -- a repeat books once: the look for the key under the lock, its unique index


def _no_look_for_key() -> None:
    from meetings.services.bookings import taking

    taking._replayed = lambda *_given: None


def _no_unique_key() -> None:
    def drop() -> None:
        from meetings import db

        db.database.execute_sql("DROP INDEX IF EXISTS booking_idempotency_key")

    _after_migrating(drop)


# -- nobody waits crosswise: SQLite's lock from the beginning on, PostgreSQL's in one order


def _late_lock() -> None:
    import peewee

    from meetings import db
    from meetings.errors import Busy

    @contextmanager
    def deferred() -> Iterator[None]:
        try:
            with db.database.atomic():
                yield
        except peewee.OperationalError as error:
            raise Busy from error

    db.transaction = deferred


def _lock_in_any_order() -> None:
    from meetings import db

    def lock(host_ids: Any) -> None:
        for host_id in host_ids:
            db.execute('SELECT id FROM "user" WHERE id = ? FOR UPDATE', [host_id]).fetchall()
            time.sleep(PAUSE / 20)

    db.lock = lock


# -- changes of one booking follow each other: it is read again under the lock


def _no_second_look() -> None:
    from meetings import db
    from meetings.services.bookings import writing

    held = db.transaction

    @contextmanager
    def late() -> Iterator[None]:
        time.sleep(PAUSE / 4)  # between reading the booking and the lock
        with held():
            yield

    db.transaction = late
    writing.alone_with = lambda booking: booking


# -- whose turn it is, is found out under the lock


def _assign_outside() -> None:
    from meetings.domain.time import to_instant
    from meetings.services import bookings, offers
    from meetings.services.bookings import changing, judging, taking

    take, assign = bookings.take, taking.assign
    early = threading.local()

    def take_late(link: Any, request: Any, now: Any) -> Any:
        hosts = offers.hosts_of(link)
        free = judging.judge(link, hosts, request.duration, to_instant(request.start), now)
        early.choice = assign(link, hosts, free, now)
        time.sleep(PAUSE / 4)
        return take(link, request, now)

    bookings.take = take_late
    taking.assign = changing.assign = lambda *_given: early.choice


GUARDS: dict[str, Sequence[Callable[[], None]]] = {
    "without the lock": (_widen_window, _no_lock),
    "without the lock and the database's own refusal": (_widen_window, _no_lock, _no_refusal),
    "without the look for the key": (_no_look_for_key,),
    "without the look for the key and its unique index": (_no_look_for_key, _no_unique_key),
    "with a lock that begins late": (_late_lock,),
    "with locks in any order": (_lock_in_any_order,),
    "without a second look at the booking": (_no_second_look,),
    "with the host chosen before the lock": (_assign_outside,),
}
