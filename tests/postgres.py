"""A PostgreSQL server for the tests: its own folder, an unprivileged user, the loopback only, nothing durable."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

NOBODY = 65534  # a server refuses to run as root; this user owns nothing
OWNER = "meetings"  # the role that the app uses: no superuser, as in real life
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "autovacuum": "off",  # it would sit in the template database just when that is to be copied
}
CARELESS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}  # quick, and gone with the power


class Unavailable(Exception):
    """No server programs on this machine."""


@dataclass(frozen=True)
class Databases:
    """A server's databases, made and dropped at will; `url` is of one that already exists."""

    url: str

    def create(self, name: str, template: str = "template0") -> str:
        """A new database, a copy of another one of the same server; returns its address."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            # Half the time of the usual way, where there is a choice: nothing has to be kept in the log.
            way = "STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else ""
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {way}')
        return self.at(name)

    def at(self, name: str) -> str:
        """The address of one of them."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def drop(self, name: str) -> None:
        """Gone, whoever is still connected."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


class Rows:
    """What stands in the tables of a database when it is new, to make another one of the same tables as new again."""

    OTHERS = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    SHAPE = (
        "SELECT c.relname, c.relkind, a.attname, a.atttypid, a.atttypmod, a.attnotnull,"
        " (SELECT COUNT(*) FROM pg_constraint), (SELECT COUNT(*) FROM pg_trigger), (SELECT COUNT(*) FROM pg_proc)"
        " FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum"
    )
    REFERENCES = "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    COUNTERS = "SELECT sequencename, COALESCE(last_value, 1), last_value IS NOT NULL FROM pg_sequences"

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self._shape = connection.execute(self.SHAPE).fetchall()
            referred: dict[str, set[str]] = {}
            for table, other in connection.execute(self.REFERENCES):
                referred.setdefault(other, set()).add(table)
            tables = [name for (name,) in connection.execute("SELECT relid::regclass::text FROM pg_stat_user_tables")]
            order = TopologicalSorter({name: referred.get(name, set()) - {name} for name in tables})
            self._tables = list(order.static_order())  # who refers first
            self._kept = [(name, content) for name in reversed(self._tables) if (content := _copied(connection, name))]
            self._counters = connection.execute(self.COUNTERS).fetchall()

    def put_back(self, url: str) -> bool:
        """Whether it could be done: not if the tables are other ones, or the database is gone."""
        try:
            with psycopg.connect(url) as connection:
                connection.execute(self.OTHERS)
                if connection.execute(self.SHAPE).fetchall() != self._shape:
                    return False
                connection.execute("; ".join(f"DELETE FROM {name}" for name in self._tables))
                for name, content in self._kept:
                    with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                        copy.write(content)
                counts = ", ".join(f"setval('{name}', {last}, {used})" for name, last, used in self._counters)
                connection.execute(f"SELECT {counts}")
        except psycopg.Error:
            return False
        return True


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(bytes(part) for part in copy)


class Server:
    """A server process; `databases` once started. One that is `durable` keeps on disk what it has confirmed."""

    def __init__(self, *, durable: bool = False) -> None:
        self._bin = _programs()
        self._options = OPTIONS if durable else OPTIONS | CARELESS
        folder = None if durable else _quick_folder()
        self._folder = Path(tempfile.mkdtemp(prefix="meetings-postgres-", dir=folder))
        self._process: subprocess.Popen | None = None
        self._port = _free_port()

    @property
    def databases(self) -> Databases:
        return Databases(self._url(OWNER))

    def start(self) -> None:
        """Make the cluster, run it, and add the app's role."""
        if _is_root():
            os.chown(self._folder, NOBODY, NOBODY)
        cluster = str(self._folder / "cluster")
        initdb = ["initdb", "-D", cluster, "-A", "trust", "-N", "-U", "postgres", "-E", "UTF8", "--locale", "C"]
        self._spawn(initdb).wait()
        self.run()
        self.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")

    def run(self) -> None:
        """Run it on the cluster that is there, and wait until it answers."""
        settings = [part for key, value in self._options.items() for part in ("-c", f"{key}={value}")]
        self._process = self._spawn(["postgres", "-D", str(self._folder / "cluster"), "-p", str(self._port), *settings])
        self._wait()

    def end(self, how: int = signal.SIGINT) -> None:
        """End its process: SIGINT disconnects everybody and ends cleanly, SIGQUIT drops everything at once."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def crash(self) -> None:
        """Kill all its processes at once, as a power cut does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)  # else it would make new ones
            for child in _children(self._process.pid):
                os.kill(child, signal.SIGKILL)
            self.end(signal.SIGKILL)

    def execute(self, statement: str) -> list[tuple]:
        """Run a statement as the superuser; returns the rows, if there are any."""
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        """End the process we started and remove its folder."""
        self.end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _url(self, role: str) -> str:
        return f"postgresql://{role}@127.0.0.1:{self._port}/postgres"

    def _spawn(self, command: list[str]) -> subprocess.Popen:
        drop_rights = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if _is_root() else {}
        with (self._folder / "log").open("ab") as log:
            program = str(self._bin / command[0])
            return subprocess.Popen(
                [program, *command[1:]],
                stdout=log,
                stderr=log,
                cwd="/",
                env={"LC_ALL": "C", "TZ": "UTC"},
                **drop_rights,
            )

    def _wait(self) -> None:
        give_up = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self._url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    log = (self._folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from error
                time.sleep(0.05)
            else:
                return


def _children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(child) for child in found.read_text().split()]


def _programs() -> Path:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise Unavailable("PostgreSQL's server programs are not installed (on Debian: apt install postgresql).")
    return Path(on_path).resolve().parent


def _quick_folder() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_root() -> bool:
    return os.geteuid() == 0
