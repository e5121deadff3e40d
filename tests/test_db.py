"""Transactions, locks and field types, on SQLite and PostgreSQL alike."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import peewee
import psycopg
import pytest

from meetings import db
from meetings.errors import Busy
from meetings.models import Contact, Setting, User
from meetings.services.workspace import write_setting
from tests import make

pytestmark = pytest.mark.usefixtures("app")


def write_and_fail() -> None:
    with db.transaction():
        write_setting("a", 1)
        raise ZeroDivisionError


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


class TestTransaction:
    def test_all_or_nothing(self) -> None:
        with pytest.raises(ZeroDivisionError):
            write_and_fail()
        assert Setting.read("a") is None

    def test_inside_another_it_is_part_of_it(self) -> None:
        with pytest.raises(ZeroDivisionError), db.transaction():
            write_and_fail()
        assert Setting.read("a") is None

    def test_what_went_wrong_first_is_told(self) -> None:
        """SQLite ends a transaction by itself when the disk fails; that there is none to roll back is no news."""

        def fail() -> None:
            with db.transaction():
                db.database.execute_sql("ROLLBACK")
                db.database.execute_sql("SELECT nothing_of_the_kind")

        with pytest.raises(peewee.PeeweeException, match="nothing_of_the_kind"):
            fail()

    def test_who_waits_too_long_is_told_to_come_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(db, "LOCK_SECONDS", 1)
        alice = make.user()
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            db.connect()
            with db.transaction():
                db.lock([alice.id])
                write_setting("held", True)
                held.set()
                done.wait(10)
            db.disconnect()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait(10)
        began = time.monotonic()
        with pytest.raises(Busy), db.transaction():
            db.lock([alice.id])
        assert time.monotonic() - began < 8
        done.set()
        thread.join()

    def test_writers_queue_and_lose_nothing(self) -> None:
        alice = make.user()

        def count_up() -> None:
            db.connect()
            for _ in range(10):
                with db.transaction():
                    db.lock([alice.id])
                    write_setting("count", Setting.read("count", 0) + 1)
            db.disconnect()

        threads = [threading.Thread(target=count_up) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Setting.read("count") == 80


class TestCreate:
    def test_a_row_has_what_was_given_and_what_stands_for_the_rest(self) -> None:
        alice = User.create(id=None, email="alice@example.org", name="Alice", is_active=False, created_at=make.NOW)
        read = User.get_by_id(alice.id)
        assert (read.email, read.is_active, read.created_at) == ("alice@example.org", False, make.NOW)
        assert (read.timezone, read.password_hash) == ("UTC", None)

    def test_what_must_be_there_is_asked_for(self) -> None:
        with pytest.raises(peewee.IntegrityError), db.transaction():
            User.create(email="alice@example.org", created_at=make.NOW)

    def test_a_row_is_new_or_stays_as_it_was(self) -> None:
        for first_name in ("Maren", "Somebody else"):
            Contact.create_if_new(
                email="maren@example.com", first_name=first_name, last_name="Holt", created_at=make.NOW
            )
        assert [(one.first_name, one.last_name) for one in Contact.select()] == [("Maren", "Holt")]


@pytest.mark.sqlite
def test_sqlite_keeps_what_it_confirmed() -> None:
    pragmas = {name: db.database.obj.pragma(name) for name in PRAGMAS}
    assert pragmas == PRAGMAS


@pytest.mark.sqlite
def test_the_journal_of_sqlite_shrinks_once_a_long_reader_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = sqlite3.connect(db.database.obj.database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM user").fetchall()
    for number in range(5):
        with db.transaction():
            write_setting(f"large{number}", "x" * (db.JOURNAL_KEPT // 4))
    assert db.journal_size() > db.JOURNAL_KEPT
    reader.close()
    for number in range(2):  # the first one empties it, the next begins anew
        with db.transaction():
            write_setting("small", number)
    assert db.journal_size() <= db.JOURNAL_KEPT


@pytest.mark.sqlite
def test_the_journal_is_emptied_unless_somebody_reads_and_nobody_waits_long_for_that() -> None:
    reader = sqlite3.connect(db.database.obj.database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM user").fetchall()
    with db.transaction():
        write_setting("said", "a secret")
    began = time.monotonic()
    db.empty_journal()
    assert time.monotonic() - began < 2
    assert db.journal_size() > 0
    assert db.database.obj.pragma("busy_timeout") == db.LOCK_SECONDS * 1000
    reader.close()
    db.empty_journal()
    assert db.journal_size() == 0


@pytest.mark.sqlite
@pytest.mark.parametrize(("version", "is_risky"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)])
def test_a_sqlite_that_should_not_be_shared_is_known(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], is_risky: bool
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert db.is_risky_to_share() is is_risky


@pytest.mark.postgres
def test_a_server_has_no_journal_of_ours() -> None:
    assert db.journal_size() == 0
    assert not db.is_risky_to_share()


# Beyond ASCII a server goes by its own locale.
ON_SQLITE = pytest.mark.sqlite


@pytest.mark.parametrize(
    ("text", "word", "is_found"),
    [
        pytest.param("Élodie Ørsted", "élodie", True, marks=ON_SQLITE),
        pytest.param("Élodie Ørsted", "ØRSTED", True, marks=ON_SQLITE),
        pytest.param("Юлия", "юли", True, marks=ON_SQLITE),
        pytest.param("Élodie", "elodie", False, marks=ON_SQLITE),
        ("one\ntwo", "E\nT", True),
        ("100%", "0%", True),
        ("100", "0%", False),
        ("a_b", "A_B", True),
        ("acb", "a_b", False),
        ("a\\b", "\\", True),
        ("ab", "\\", False),
        ("a.b", ".", True),
        ("ab", ".", False),
        ("ab", "", True),
    ],
)
def test_words_are_looked_for_in_any_case_of_any_script(text: str, word: str, is_found: bool) -> None:
    Contact.made("a@example.org", first_name=text, last_name="", created_at=make.NOW)
    assert Contact.select().where(Contact.first_name.contains(word)).exists() is is_found


def test_a_forgotten_connection_is_an_error() -> None:
    db.disconnect()
    with pytest.raises(peewee.InterfaceError):
        User.select().count()
    db.connect()


@pytest.mark.sqlite
class TestFile:
    """Rows that nobody will see again are worse than an error."""

    @pytest.fixture
    def file(self) -> Path:
        return Path(db.database.obj.database)

    def test_a_file_that_is_gone_takes_no_rows(self, file: Path) -> None:
        file.unlink()
        with pytest.raises(peewee.OperationalError, match="gone"):
            db.connect()
        assert not file.exists()

    def test_one_that_was_put_in_its_place_is_used(self, file: Path) -> None:
        make.user()
        other = file.with_name("copy.sqlite3")
        with sqlite3.connect(other) as target:
            db.database.connection().backup(target)
        target.close()
        User.delete().execute()
        file.with_name(f"{file.name}-wal").unlink()
        other.replace(file)
        db.connect()
        assert User.get().name == "Alice Martin"


@pytest.mark.postgres
class TestServer:
    """It may end connections and refuse to write at any time."""

    @pytest.fixture
    def other(self, database_url: str) -> Iterator[psycopg.Connection]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            yield connection

    def test_an_idle_connection_that_it_ended_is_replaced_before_use(self, other: psycopg.Connection) -> None:
        make.user()
        [(own,)] = db.rows("SELECT pg_backend_pid()", ())
        other.execute("SELECT pg_terminate_backend(%s, 10000)", (own,))
        db.connect()
        assert User.get().name == "Alice Martin"

    def test_one_that_works_is_kept(self) -> None:
        kept = db.database.connection()
        db.connect()
        assert db.database.connection() is kept

    def test_where_it_only_reads_the_database_counts_as_away(self) -> None:
        db.database.execute_sql("SET default_transaction_read_only = on")
        with pytest.raises(db.AWAY), db.transaction():
            write_setting("a", 1)
        assert Setting.read("a") is None

    def test_who_waits_crosswise_with_another_is_told_to_come_again(self, other: psycopg.Connection) -> None:
        """It ends the wait of whoever began first, who may have done nothing wrong but change several rows."""
        for name in ("a", "b"):
            with db.transaction():
                write_setting(name, 1)
        change = "UPDATE setting SET value = value WHERE name = %s"

        def wait_too() -> None:
            time.sleep(0.3)
            other.execute(change, ("a",))
            other.rollback()

        other.autocommit = False
        other.execute(change, ("b",))
        thread = threading.Thread(target=wait_too)

        def wait_crosswise() -> None:
            with db.transaction():
                write_setting("a", 2)
                thread.start()
                write_setting("b", 2)

        with pytest.raises(Busy):
            wait_crosswise()
        thread.join()
        assert (Setting.read("a"), Setting.read("b")) == (1, 1)

    def test_a_transaction_that_it_ended_counts_as_away(self) -> None:
        db.database.execute_sql("SET idle_in_transaction_session_timeout = 10")

        def take_too_long() -> None:
            with db.transaction():
                time.sleep(0.5)
                write_setting("a", 1)

        with pytest.raises(db.AWAY):
            take_too_long()
        db.connect()
        assert Setting.read("a") is None


class TestInstantField:
    def test_an_instant_comes_back_as_the_same_one_in_utc(self) -> None:
        lunch = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=-5)))
        alice = make.user()
        User.update(created_at=lunch).where(User.id == alice.id).execute()
        kept = User.get_by_id(alice.id).created_at
        assert kept == lunch
        assert kept.tzinfo is UTC
        assert User.select().where(User.created_at == lunch).count() == 1

    def test_a_naive_one_is_refused(self) -> None:
        with pytest.raises(ValueError, match="zone"):
            User.create(email="x@example.org", name="X", created_at=datetime(2026, 7, 1, 12, 0))
