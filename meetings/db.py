"""The database: opening, transactions, host locks, migrations. What differs between SQLite and PostgreSQL is here."""

import fcntl
import select
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import peewee
from playhouse.db_url import connect as connect_url
from playhouse.migrations import Runner

from .errors import Busy

MIGRATIONS = Path(__file__).parent / "migrations"
JOURNAL_KEPT = 8 * 2**20  # bytes; SQLite's journal outgrows it only while somebody reads for long
FIT_TO_SHARE = (3, 51, 3)  # the SQLite from which several processes can't damage a file with such a journal any more
LOCK_SECONDS = 5  # how long a writer waits for its turn before the caller is told to try again
_MIGRATION_LOCK = 7_283_110  # any constant: the advisory lock that lets one process at a time migrate

AWAY = (peewee.OperationalError, peewee.InterfaceError)  # what a query raises when the database can't be had
_READS_ONLY = "25006"  # what PostgreSQL answers where nothing can be written, as on a standby

database: Any = peewee.DatabaseProxy()
_opened = threading.local()  # `file`: the number of the SQLite file that this thread's connection is about
_files_seen: list[int | None] = []  # the last one that anybody connected to; none before the first
_one_writer = threading.RLock()  # SQLite's own back-off is unfair and starves threads; a queue in the process isn't


class SchemaTooNew(Exception):
    """The database was written by a newer version of the app; running on would damage it."""


def open_database(url: str) -> peewee.Database:
    """Bind the models to the database at `url` (sqlite:///PATH or postgresql://…); opens no connection yet."""
    if url.startswith("sqlite"):
        opened: peewee.Database = peewee.SqliteDatabase(
            _sqlite_path(url),
            pragmas={
                "journal_mode": "wal",
                "journal_size_limit": JOURNAL_KEPT,
                "synchronous": "full",
                "foreign_keys": 1,
                "cache_size": -8000,
            },
            timeout=LOCK_SECONDS,
            autoconnect=False,
        )
    else:
        opened = connect_url(url, autoconnect=False, prefer_psycopg3=True)
    database.initialize(opened)
    _files_seen.clear()
    return opened


def _sqlite_path(url: str) -> str:
    return unquote(urlsplit(url).path)[1:]  # three slashes: relative to the working folder; four: absolute


def is_sqlite() -> bool:
    """Whether the open database is SQLite."""
    return isinstance(database.obj, peewee.SqliteDatabase)


def is_risky_to_share() -> bool:
    """Whether this SQLite has the fault of 3.7.0 to 3.51.2: very rarely, two processes damage the file between them."""
    return is_sqlite() and sqlite3.sqlite_version_info < FIT_TO_SHARE


def journal_size() -> int:
    """Bytes of SQLite's journal, which can't be emptied while somebody reads; PostgreSQL looks after its own."""
    if not is_sqlite():
        return 0
    journal = Path(f"{database.obj.database}-wal")
    return journal.stat().st_size if journal.exists() else 0


def connect() -> None:
    """Make sure that this thread has a connection that works; it is kept for the thread's next request."""
    if is_sqlite():
        _connect_to_file()
        return
    if not database.is_closed() and _is_cut(database.connection()):
        database.close()
    database.connect(reuse_if_open=True)


def _is_cut(connection: Any) -> bool:
    """Whether the server has ended this idle connection: it says nothing unasked but farewell.

    Without this look, the first request of each thread would fail after a restart of the server.
    """
    if connection.closed:
        return True
    unasked = select.poll()
    unasked.register(connection.fileno(), select.POLLIN)
    return bool(unasked.poll(0))


def _connect_to_file() -> None:
    """Connect to the file that is there now. One that was deleted or replaced would take rows nobody sees again."""
    found = _file_number()
    if not database.is_closed() and _opened.file == found:
        return
    disconnect()
    if found is None and _files_seen:
        raise peewee.OperationalError("The database file is gone.")  # and a new, empty one would not be it
    database.connect()
    _opened.file = _file_number()
    _files_seen.append(_opened.file)
    del _files_seen[:-1]


def _file_number() -> int | None:
    try:
        return Path(database.obj.database).stat().st_ino
    except FileNotFoundError:
        return None


def try_to_connect() -> None:
    """As `connect`, for a request: whatever needs the database finds out by itself that it is away."""
    with suppress(peewee.OperationalError):
        connect()


def disconnect() -> None:
    """Close this thread's connection, if any."""
    if not database.is_closed():
        database.close()


@contextmanager
def transaction() -> Iterator[None]:
    """One writing transaction: everything or nothing. Services alone open it.

    SQLite takes the write lock at BEGIN (a read that later writes could not wait); PostgreSQL runs READ COMMITTED.
    Raises Busy when the lock can't be had within LOCK_SECONDS, and one of AWAY where nothing can be written at all.
    """
    try:
        if is_sqlite():
            with _writer_turn(), database.atomic("IMMEDIATE"):
                yield
        else:
            with database.atomic():
                yield
    except peewee.OperationalError as error:
        cause = _first(error)
        if _is_lock_timeout(cause):
            raise Busy from cause
        raise cause from None
    except peewee.InternalError as error:
        if getattr(error.__context__, "sqlstate", None) == _READS_ONLY:
            raise peewee.OperationalError(str(error)) from error
        raise


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of a transaction that may fail alone: after an error PostgreSQL takes nothing more but its undoing."""
    with database.savepoint():
        yield


@contextmanager
def _writer_turn() -> Iterator[None]:
    if not _one_writer.acquire(timeout=LOCK_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _one_writer.release()


def _first(error: peewee.OperationalError) -> peewee.OperationalError:
    """What went wrong first: SQLite ends a transaction itself when the disk fails, and then the ROLLBACK fails too."""
    before = error.__context__
    while before is not None and not isinstance(before, peewee.OperationalError):
        before = before.__context__
    return before if before is not None and "cannot rollback" in str(error) else error


def _is_lock_timeout(error: Exception) -> bool:
    """Whether others were in the way; PostgreSQL also ends one of two transactions that wait for each other."""
    text = str(error).lower()
    return any(sign in text for sign in ("database is locked", "lock timeout", "lock_timeout", "deadlock detected"))


def lock(host_ids: Iterable[int]) -> None:
    """Make bookings serial per host: must be a transaction's first statement.

    PostgreSQL locks the hosts' rows in id order, so that two groups never wait for each other crosswise; on SQLite the
    transaction itself is the lock.
    """
    if is_sqlite():
        return
    ids = sorted(set(host_ids))
    database.execute_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    if ids:
        marks = ", ".join(["%s"] * len(ids))
        database.execute_sql(f'SELECT id FROM "user" WHERE id IN ({marks}) ORDER BY id FOR UPDATE', ids).fetchall()


def placeholders(values: Sequence[object]) -> str:
    """As many ? marks as there are values, for IN (…) in a statement given to `rows`."""
    return ", ".join("?" * len(values))


def rows(sql: str, params: Iterable[object]) -> list[tuple[Any, ...]]:
    """Rows of a reading statement written with ? marks, as plain tuples: where model instances cost too much."""
    return list(execute(sql, params).fetchall())


def execute(sql: str, params: Iterable[object]) -> Any:
    """Run a statement written with ? marks; returns the cursor."""
    return database.execute_sql(sql if is_sqlite() else sql.replace("?", "%s"), tuple(params))


def insert(sql: str, params: Iterable[object]) -> int:
    """Run an INSERT of one row, written with ? marks; returns the row's id."""
    if is_sqlite():  # without RETURNING, which older versions of it don't know
        return int(execute(sql, params).lastrowid)
    return int(execute(f"{sql} RETURNING id", params).fetchone()[0])


def pending_migrations() -> list[str]:
    """Names of migrations that this version has and the database has not. Raises SchemaTooNew."""
    status = _runner().status()
    unknown = [migration.name for migration in status if migration.path is None]
    if unknown:
        raise SchemaTooNew(
            f"The database has changes that this version doesn't know ({', '.join(unknown)}). Start the newer version."
        )
    return [migration.name for migration in status if not migration.applied]


def migrate(backup_dir: Path | None = None) -> list[str]:
    """Bring the schema up to date; returns what was applied. A SQLite file is copied to `backup_dir` first."""
    connect()
    with _one_migrator(backup_dir):
        pending = pending_migrations()
        if pending and backup_dir is not None and database.get_tables():
            _copy_file(backup_dir, pending[0])
        if pending:
            _runner().up()
    return pending


def _runner() -> Runner:
    return Runner(database.obj, str(MIGRATIONS))


@contextmanager
def _one_migrator(folder: Path | None) -> Iterator[None]:
    if not is_sqlite():
        database.execute_sql("SELECT pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
        try:
            yield
        finally:
            database.execute_sql("SELECT pg_advisory_unlock(%s)", (_MIGRATION_LOCK,))
        return
    if folder is None:
        yield
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "migrating.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _copy_file(folder: Path, name: str) -> None:
    if not is_sqlite():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with sqlite3.connect(folder / f"before-{name}-{stamp}.sqlite3") as target:
        database.connection().backup(target)
