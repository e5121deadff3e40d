"""The database: opening, transactions, host locks, migrations. What differs between SQLite and PostgreSQL is here."""

import fcntl
import re
import select
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
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
READERS_HAVE = 250  # milliseconds to come to an end when the journal is to be emptied
_VARIABLES_MOST = 900  # in one statement; old builds of SQLite take 999
_ROWS_MOST = 20_000  # in one statement for PostgreSQL, which takes lists
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
        file = peewee.SqliteDatabase(
            _sqlite_path(url),
            pragmas={
                "journal_mode": "wal",
                "journal_size_limit": JOURNAL_KEPT,
                "synchronous": "full",
                "foreign_keys": 1,
                "secure_delete": 1,  # what is deleted is overwritten: nobody finds it in the file
                "cache_size": -8000,
            },
            timeout=LOCK_SECONDS,
            autoconnect=False,
        )
        # Without and with an escape: SQLite takes both names for one, but peewee keeps one function for each.
        file.register_function(_is_like, "LIKE", 2, deterministic=True)
        file.register_function(_is_like, "like", 3, deterministic=True)
        opened: peewee.Database = file
    else:
        opened = connect_url(url, autoconnect=False, prefer_psycopg3=True)
    database.initialize(opened)
    _files_seen.clear()
    return opened


def _is_like(pattern: str | None, text: object, escape: str = "") -> bool | None:
    """LIKE on SQLite, as on PostgreSQL for all letters: its own takes É and é for two."""
    if pattern is None or text is None:
        return None
    return _pattern(pattern, escape).fullmatch(str(text)) is not None


@lru_cache(maxsize=64)
def _pattern(pattern: str, escape: str) -> re.Pattern[str]:
    wild = {"%": ".*?", "_": "."}
    found, characters = [], iter(pattern)
    for character in characters:
        if character == escape:
            found.append(re.escape(next(characters, "")))
        else:
            found.append(wild.get(character) or re.escape(character))
    return re.compile("".join(found), re.IGNORECASE | re.DOTALL)


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


def empty_journal() -> None:
    """Leave nothing in SQLite's journal, where what was deleted stands until it is written over.

    Somebody who reads at this moment keeps it from being emptied: whoever needs that tries again later.
    """
    if not is_sqlite():
        return
    database.execute_sql(f"PRAGMA busy_timeout = {READERS_HAVE}")  # it keeps writers out while it waits
    try:
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        database.execute_sql(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")


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


def lock(host_ids: Iterable[int], *, strength: str = "NO KEY UPDATE") -> None:
    """Make bookings serial per host: must be a transaction's first statement.

    PostgreSQL locks the hosts' rows in id order, so that two groups never wait for each other crosswise; on SQLite the
    transaction itself is the lock. Others may refer to the hosts meanwhile, unless `strength` is UPDATE.
    """
    if is_sqlite():
        return
    ids = sorted(set(host_ids))
    database.execute_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
    if ids:
        rows(f'SELECT id FROM "user" WHERE id IN ({placeholders(ids)}) ORDER BY id{holding(strength)}', ids)


def holding(strength: str) -> str:
    """What makes a SELECT hold its rows until the transaction ends; on SQLite the transaction itself is the lock.

    `strength` is PostgreSQL's: KEY SHARE keeps others from deleting a row and from changing what it is known by, UPDATE
    also from referring to it.
    """
    return "" if is_sqlite() else f" FOR {strength}"


def same() -> str:
    """The comparison for which nothing is the same as nothing."""
    return "IS" if is_sqlite() else "IS NOT DISTINCT FROM"


def placeholders(values: Sequence[object]) -> str:
    """As many ? marks as there are values, for IN (…) in a statement given to `rows`."""
    return ", ".join("?" * len(values))


def many(types: Sequence[str], values: Sequence[Sequence[object]]) -> Iterator[tuple[str, list[Any]]]:
    """Rows for an INSERT, or an UPDATE on PostgreSQL, in portions: words with ? marks, and what they stand for.

    PostgreSQL gets a list for each column, whose names for types are `types`: quicker than a mark for each value.
    """
    size = _VARIABLES_MOST // len(types) if is_sqlite() else _ROWS_MOST
    for start in range(0, len(values), size):
        some = values[start : start + size]
        if is_sqlite():
            marks = ", ".join([f"({placeholders(types)})"] * len(some))
            yield f"VALUES {marks}", [value for row in some for value in row]
        else:
            lists = ", ".join(f"?::{kind}[]" for kind in types)
            yield f"SELECT * FROM unnest({lists})", [list(column) for column in zip(*some, strict=True)]


def among(values: Iterable[object]) -> Iterator[tuple[str, list[Any]]]:
    """What stands after a column that is one of many values, in portions: words with ? marks, and their values."""
    known = list(values)
    size = _VARIABLES_MOST if is_sqlite() else _ROWS_MOST
    for start in range(0, len(known), size):
        some = known[start : start + size]
        yield (f"IN ({placeholders(some)})", some) if is_sqlite() else ("= ANY(?)", [some])


def part_after(column: Any, mark: str) -> Any:
    """What stands after the first `mark` in a column, as an expression."""
    if is_sqlite():
        return peewee.fn.SUBSTR(column, peewee.fn.INSTR(column, mark) + 1)
    return peewee.fn.SPLIT_PART(column, mark, 2)


def rows(sql: str, params: Iterable[object]) -> list[tuple[Any, ...]]:
    """Rows of a reading statement written with ? marks, as plain tuples: where model instances cost too much."""
    return list(execute(sql, params).fetchall())


def execute(sql: str, params: Iterable[object]) -> Any:
    """Run a statement written with ? marks; returns the cursor."""
    return database.execute_sql(sql if is_sqlite() else sql.replace("?", "%s"), tuple(params))


def execute_each(sql: str, params: Iterable[Sequence[object]]) -> int:
    """Run a statement for SQLite once for each of these; returns how many rows were written."""
    try:
        return int(database.connection().executemany(sql, params).rowcount)
    except sqlite3.OperationalError as error:  # as peewee says it
        raise peewee.OperationalError(*error.args) from error
    except sqlite3.IntegrityError as error:
        raise peewee.IntegrityError(*error.args) from error


def insert(sql: str, params: Iterable[object]) -> int:
    """Run an INSERT of one row, written with ? marks; returns the row's id."""
    if is_sqlite():  # without RETURNING, which older versions of it don't know
        return int(execute(sql, params).lastrowid)
    return int(execute(f"{sql} RETURNING id", params).fetchone()[0])


def insert_if_new(sql: str, params: Iterable[object]) -> int | None:
    """The same for one that may find a row in its way; returns None where it wrote nothing."""
    whole = f"{sql} ON CONFLICT DO NOTHING"
    if is_sqlite():
        cursor = execute(whole, params)
        return int(cursor.lastrowid) if cursor.rowcount == 1 else None
    made = execute(f"{whole} RETURNING id", params).fetchone()
    return None if made is None else int(made[0])


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
