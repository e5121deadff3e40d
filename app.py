"""Runs Meetings: migrates, starts the background jobs, serves, and drains on SIGTERM."""

import logging
import signal
import sys
from types import FrameType
from typing import NoReturn

from waitress.server import create_server

from meetings import clock, config, create_app, db, jobs
from meetings.services import setup

THREADS = 8


def main() -> None:
    """Bring the database up to date and serve until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    try:
        application = create_app()
        db.migrate(application.config["DATA_DIR"] / "backups")
    except (config.ConfigError, db.SchemaTooNew) as error:
        sys.exit(str(error))
    with application.app_context():
        _announce(application.config["BASE_URL"])
    server = create_server(
        application,
        host=application.config["HOST"],
        port=application.config["PORT"],
        threads=THREADS,
        ident="meetings",
        max_request_body_size=application.config["MAX_CONTENT_LENGTH"],
    )
    signal.signal(signal.SIGTERM, _drain)
    jobs.start(application)
    try:
        server.run()
    finally:
        jobs.stop()
        db.disconnect()


def _announce(base_url: str) -> None:
    print(f"Meetings runs at {base_url}", flush=True)
    if setup.needs_setup():
        print(f"Set it up here, once: {base_url}/setup?code={setup.setup_code(clock.now())}", flush=True)
    db.disconnect()


def _drain(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
else:
    app = create_app()
