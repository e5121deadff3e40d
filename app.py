"""Runs Meetings: migrates, starts the background jobs, serves, and drains on SIGTERM."""

import fcntl
import logging
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import peewee
from flask import Flask
from waitress.server import create_server

from meetings import clock, config, create_app, db, jobs
from meetings.errors import Busy
from meetings.services import setup

log = logging.getLogger("meetings")

THREADS = 8


def main() -> None:
    """Bring the database up to date and serve until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    application = _made()
    _migrate(application)
    server = _server(application)
    with application.app_context():
        _announce(application.config["BASE_URL"])
    signal.signal(signal.SIGTERM, _drain)
    jobs.start(application)
    try:
        with _marked(application.config["DATA_DIR"]):
            server.run()
    finally:
        jobs.stop()
        db.disconnect()


@contextmanager
def _marked(data_dir: Path) -> Iterator[None]:
    """Mark the data folder as served, and say so if another process serves it.

    A second one does no harm to bookings and mails, but limits are counted in each by itself, and an old SQLite has a
    fault that only shows between two.
    """
    with (data_dir / "serving.lock").open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            log.warning("Another process serves the data folder %s already. One is meant to.", data_dir)
            if db.is_risky_to_share():
                log.warning("SQLite %s may damage a file that several processes use. Run one.", sqlite3.sqlite_version)
        yield


def _made() -> Flask:
    """The application; with a setting that can't be used, the process ends with a sentence about it."""
    try:
        return create_app()
    except config.ConfigError as error:
        sys.exit(str(error))


def _migrate(application: Flask) -> None:
    try:
        db.migrate(application.config["DATA_DIR"] / "backups")
    except db.SchemaTooNew as error:
        sys.exit(str(error))
    except peewee.OperationalError as error:
        sys.exit(f"The database can't be used: {str(error).strip()}")
    except OSError as error:
        sys.exit(f"The data folder can't be used: {error}")


def _server(application: Flask) -> Any:
    """A server that listens already."""
    try:
        return _listening(application)
    except OSError as error:
        sys.exit(f"Meetings can't listen at {application.config['HOST']}:{application.config['PORT']}: {error}")


def _listening(application: Flask) -> Any:
    settings = application.config
    return create_server(
        application,
        host=settings["HOST"],
        port=settings["PORT"],
        threads=THREADS,
        ident="meetings",
        max_request_body_size=settings["MAX_CONTENT_LENGTH"],
        # Which of the proxies' headers count, the application decides; taken away here, none ever would.
        clear_untrusted_proxy_headers=not settings["TRUSTED_PROXIES"],
    )


def _announce(base_url: str) -> None:
    _say(f"Meetings runs at {base_url}")
    try:
        if setup.needs_setup():
            _say(f"Set it up here, once: {base_url}/setup?code={setup.setup_code(clock.now())}")
    except (Busy, *db.AWAY) as error:
        sys.exit(f"The database can't be used: {error}")
    db.disconnect()


def _say(words: str) -> None:
    with suppress(OSError):  # a full disk under the log keeps nobody from being served
        print(words, flush=True)


def _drain(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
else:
    app = _made()
