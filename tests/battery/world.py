"""What a program runs in: a database, a mail server, processes of the app, callers, and the verdict at the end."""

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self

from flask import Flask

from meetings import clock, create_app, db
from tests import make
from tests.battery import rows
from tests.battery.callers import Caller
from tests.battery.history import History
from tests.postgres import Server
from tests.process import Alteration, Process
from tests.smtp import MailServer

SQLITE = "sqlite"
POSTGRES = "postgres"
LEASE_SECONDS = 120  # after which a mail whose sender died is taken up again


class Stand:
    """Where worlds get their databases: files on a disk, or a PostgreSQL server that keeps what it confirms."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.server: Server | None = None
        self._numbers = count()

    def __enter__(self) -> Self:
        if self.database == POSTGRES:
            self.server = Server(durable=True)
            self.server.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.server is not None:
            self.server.stop()

    def new_database(self, folder: Path) -> str:
        """The address of an empty database."""
        if self.server is None:
            return f"sqlite:///{folder / 'data' / 'meetings.sqlite3'}"
        return self.server.databases.create(f"battery{next(self._numbers)}")

    def drop_database(self, url: str) -> None:
        if self.server is not None:
            self.server.databases.drop(url.rpartition("/")[2])


class World:
    """Use it in a `with`; then `fill` it, `start` it, let callers loose, `settle` it and read `rows`.

    Its clock starts at a Monday morning (make.NOW) and goes on at its own pace; `shift_clock` moves it.
    """

    def __init__(
        self,
        stand: Stand,
        *,
        processes: int = 1,
        alterations: Sequence[Alteration] = (),
        user: int | None = None,
        folder: Path | None = None,
        mail: Any = None,
        **settings: object,
    ) -> None:
        """`settings` are the app's without their prefix, over those that a battery needs.

        `folder` is where all files go; without one, a temporary folder that is removed at the end.
        `mail` is the mail server, where it is not the one that takes everything.
        """
        self._stand = stand
        self._is_own_folder = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="meetings-battery-"))
        (self.folder / "data").mkdir(exist_ok=True)
        self.database_url = stand.new_database(self.folder)
        self.history = History()
        self.mail = mail or MailServer()
        base: dict[str, object] = {
            "DATABASE_URL": self.database_url,
            "RATELIMIT_ENABLED": "false",
            "SECRET_KEY": "battery",
            "BASE_URL": "http://meet.example.org",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": self.mail.port,
        }
        self.processes = [
            Process(self.folder, name=str(number), alterations=alterations, user=user, **{**base, **settings})
            for number in range(processes)
        ]
        self._shift = timedelta()

    def __enter__(self) -> Self:
        self.mail.start()
        self._began = datetime.now(UTC)
        self._write_clock()
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self.processes:
            if process.is_running:
                with suppress(ProcessLookupError):
                    process.signal(signal.SIGCONT)
                process.kill()
        self.mail.stop()
        self._stand.drop_database(self.database_url)
        if self._is_own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- the clock

    def now(self) -> datetime:
        """What the app takes for the present."""
        return datetime.now(UTC) - self._began + make.NOW + self._shift

    def shift_clock(self, by: timedelta) -> None:
        """Move it; processes see it at once."""
        self._shift += by
        self._write_clock()

    def _write_clock(self) -> None:
        self.processes[0].set_clock(self.now())

    # -- what is there before

    def fill(self, write: Callable[[], Any]) -> Any:
        """Make the tables, and rows by calling `write` with the app's context; returns what it returns."""
        app = self._quiet_app()
        with app.app_context():
            clock.set_source(self.now)
            try:
                db.migrate()
                return write()
            finally:
                db.disconnect()
                clock.set_source(None)

    def _quiet_app(self) -> Flask:
        return create_app(
            {
                "DATA_DIR": str(self.folder / "data"),
                "DATABASE_URL": self.database_url,
                "SECRET_KEY": "battery",
                "BASE_URL": "http://meet.example.org",
                "SCHEDULER": False,
            }
        )

    # -- processes and callers

    def start(self) -> None:
        """Start all processes, side by side."""
        for process in self.processes:
            process.start(wait=False)
        for process in self.processes:
            process.wait_until_ready()

    def callers(self, number: int, **more: Any) -> list[Caller]:
        """So many callers, spread over the processes."""
        return [
            Caller(self.history, self.processes[index % len(self.processes)].url, index, **more)
            for index in range(number)
        ]

    # -- the end

    def settle(self, seconds: float = 600) -> bool:
        """Wait until no mail is due or on its way; False if that takes longer."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if not self.unsettled():
                return True
            time.sleep(0.25)
        return False

    def unsettled(self) -> list[rows.Row]:
        """Mails that are due or on their way."""
        now = int(self.now().timestamp())
        return rows.query(
            self.database_url,
            "SELECT id, kind, state, due_at, attempts, last_error FROM delivery"
            f" WHERE state = 'sending' OR (state = 'pending' AND due_at <= {now})",
        )

    def rows(self) -> rows.Rows:
        """The final state."""
        return rows.read(self.database_url)

    @property
    def log(self) -> str:
        """What all processes wrote."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("log*")))

    def unanswered_errors(self) -> int:
        """How often a process logged an error that it had no answer for."""
        return self.log.count("Traceback (most recent call last)")


def open_hours(**scheduling: Any) -> Mapping[str, Any]:
    """Scheduling values of a link that is open around the clock for a year."""
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    hours = [{"days": days, "start": "00:00", "end": "24:00"}]
    return {"available_hours": hours, "window": {"kind": "rolling", "weeks": 52}, "timezone": "UTC", **scheduling}
