"""Fixtures of every test: an app with a data folder and a database of its own; the world outside is out of reach.

The database is migrated once a session and copied for each test. `--postgres` does the same on PostgreSQL, and then
runs only what touches the database; MEETINGS_TEST_DATABASE_URL names a server to use instead of starting one.
"""

import os
import shutil
import socket
from collections.abc import Hashable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from jinja2 import MemcachedBytecodeCache
from werkzeug.routing import Rule

from meetings import clock, create_app, db
from meetings.services import bookings
from tests.postgres import Databases, Rows, Server

pytest_plugins = ["tests.smtp", "tests.browser"]

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
_numbers = count()

# Time limits for single examples only tell how busy the machine is; in CI the same cases are drawn each time.
hypothesis.settings.register_profile(
    "meetings", deadline=None, derandomize=IN_CI, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.settings.load_profile("meetings")


# --- which tests run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run the tests that touch the database on PostgreSQL")


def on_postgres(config: pytest.Config) -> bool:
    return config.getoption("--postgres") or bool(os.environ.get("MEETINGS_TEST_DATABASE_URL"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the chosen database has no part in; measurements only run when asked for."""
    unwanted = ("sqlite", "alike") if on_postgres(config) else ("postgres",)
    only_database = on_postgres(config)
    asked = config.getoption("markexpr")

    def wanted(item: pytest.Item) -> bool:
        if any(map(item.get_closest_marker, unwanted)) or ("bench" not in asked and item.get_closest_marker("bench")):
            return False
        return not only_database or "database_url" in getattr(item, "fixturenames", ())

    left_out = [item for item in items if not wanted(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if wanted(item)]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is installed, a skipped test is a failure: it would go unnoticed for ever."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("CI=true: a skipped test is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# --- the world outside


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Only the loopback answers."""
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if not (host in {"localhost", "::1"} or str(host).startswith("127.")):
            raise AssertionError(f"A test called {address}: tests don't leave this machine")
        real_connect(self, address)

    socket.socket.connect = connect
    yield
    socket.socket.connect = real_connect


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Passwords are hashed by the real algorithm, at a price that hundreds of tests can pay."""
    from argon2 import PasswordHasher

    from meetings.services import passwords

    costly, passwords._hasher = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    yield
    passwords._hasher = costly


@pytest.fixture(scope="session", autouse=True)
def quick_people() -> Iterator[None]:
    """Tests fill in forms quicker than people do, and are taken for people nevertheless."""
    from meetings.web import robots

    quickest, robots.QUICKEST = robots.QUICKEST, 0
    yield
    robots.QUICKEST = quickest


class Compiled(dict):
    """What was compiled once, for jinja2's MemcachedBytecodeCache."""

    def set(self, key: str, value: bytes, timeout: int | None = None) -> None:
        self[key] = value


@pytest.fixture(scope="session", autouse=True)
def quick_apps() -> Iterator[None]:
    """Each test makes an app of its own, thousands in all; the templates and routes of all of them are compiled once."""
    known: dict[Hashable, Rule] = {}
    compile_rule = Rule.compile

    def compile_once(rule: Rule) -> None:
        converters = tuple(rule.map.converters.values())
        key = (rule.rule, repr(rule.defaults), rule.host, rule.subdomain, rule.merge_slashes, converters)
        if key not in known:
            compile_rule(rule)
            known[key] = rule
            return
        like = known[key]
        rule._parts, rule._trace, rule._converters = like._parts, like._trace, like._converters
        rule.arguments = set(like.arguments)
        rule._build, rule._build_unknown = (way.__func__.__get__(rule) for way in (like._build, like._build_unknown))

    options, Flask.jinja_options = Flask.jinja_options, {"bytecode_cache": MemcachedBytecodeCache(Compiled())}
    Rule.compile = compile_once
    yield
    Rule.compile = compile_rule
    Flask.jinja_options = options


# --- the database


class Template(Protocol):
    """A migrated, empty database that can be copied."""

    def copy(self, folder: Path) -> str: ...

    def drop(self, url: str) -> None: ...


class SQLiteTemplate:
    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.sqlite3"
        _migrate(f"sqlite:///{self._file}")

    def copy(self, folder: Path) -> str:
        path = folder / "meetings.sqlite3"
        shutil.copyfile(self._file, path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """The test's folder goes with its file."""


class PostgresTemplate:
    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self.name = f"meetings_template_{os.getpid()}"
        _migrate(databases.create(self.name))
        self._rows = Rows(databases.at(self.name))

        self._cleared: list[str] = []  # used before, and as good as new

    def copy(self, folder: Path) -> str:
        if self._cleared:
            return self._cleared.pop()
        return self._databases.create(f"meetings_test_{os.getpid()}_{next(_numbers)}", template=self.name)

    def drop(self, url: str) -> None:
        """Clear it for the next test, which takes a fifth of the time; gone if it can't be."""
        if self._rows.put_back(url):
            self._cleared.append(url)
        else:
            self._databases.drop(url.rpartition("/")[2])

    def drop_all(self) -> None:
        for name in (self.name, *(url.rpartition("/")[2] for url in self._cleared)):
            self._databases.drop(name)


def _migrate(url: str) -> None:
    db.open_database(url)
    db.migrate()
    db.disconnect()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """A PostgreSQL server: the one that the environment names, else our own."""
    named = os.environ.get("MEETINGS_TEST_DATABASE_URL")
    if named:
        yield Databases(named)
        return
    server = Server()
    server.start()
    yield server.databases
    server.stop()


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    if not on_postgres(request.config):
        yield SQLiteTemplate(tmp_path_factory.mktemp("template"))
        return
    databases = request.getfixturevalue("postgres")
    made = PostgresTemplate(databases)
    yield made
    made.drop_all()


@pytest.fixture
def database_url(template: Template, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database of this test alone."""
    url = template.copy(tmp_path)
    yield url
    db.disconnect()
    template.drop(url)


# --- the app


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> dict[str, Any]:
    """Settings of the app; a test module may override this fixture to add some."""
    return {
        "TESTING": True,
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "only for tests",
        "BASE_URL": "http://localhost",
        "SCHEDULER": False,
    }


class Client(FlaskClient):
    """Gives each request a `g` of its own, as a server does, although the test has a context open."""

    def open(self, *args: Any, **more: Any) -> Any:
        with self.application.app_context():
            return super().open(*args, **more)


@pytest.fixture
def app(settings: dict[str, Any]) -> Iterator[Flask]:
    """The app, its context pushed and its database connected."""
    app = create_app(settings)
    app.test_client_class = Client
    bookings.refusals.clear()  # some tests provoke them
    with app.app_context():
        db.connect()
        yield app
    db.disconnect()
    clock.set_source(None)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without script, signed in as nobody."""
    return app.test_client()
