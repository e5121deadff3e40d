"""Guards taken out of the app on purpose, in its own process: what a race test must notice."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.process import Alteration

PAUSE = 0.02  # seconds between finding a time free and writing it, so that whoever isn't kept out gets in

GUARDS = {
    "lock": "without the lock",
    "lock and refusal": "without the lock and the database's own refusal",
}


def without(guard: str) -> Sequence[Alteration]:
    """The alterations of a process that take a guard out; none for no guard."""
    return [("tests.battery.sabotage:take_out", {"guard": guard})] if guard else []


def take_out(guard: str) -> None:
    """Called in the app's process before it starts."""
    _widen_window()
    _no_lock()
    if guard == "lock and refusal":
        _no_refusal()


def _widen_window() -> None:
    from meetings.services import bookings

    judge = bookings._judge

    def judge_and_wait(*given: Any, **more: Any) -> Any:
        free = judge(*given, **more)
        time.sleep(PAUSE)
        return free

    bookings._judge = judge_and_wait


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
    from meetings import db

    migrate = db.migrate

    def migrate_and_drop(*given: Any) -> Any:
        done = migrate(*given)
        if db.is_sqlite():
            for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'", []):
                db.database.execute_sql(f'DROP TRIGGER IF EXISTS "{name}"')
        else:
            found = db.rows(
                "SELECT conname FROM pg_constraint WHERE contype = 'x' AND conrelid = 'participant'::regclass", []
            )
            for (name,) in found:
                db.database.execute_sql(f'ALTER TABLE participant DROP CONSTRAINT IF EXISTS "{name}"')
        return done

    db.migrate = migrate_and_drop
