"""The app as a newcomer starts it: a process of its own, an empty folder, a free port. Its clock can be moved."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from meetings.jobs import JOBS
from tests.e2e import clocked

PROGRAM = clocked.__file__
DELIVERY = next(job for job in JOBS if job.name == "deliver")


class Process:
    """A running app.py. Use it in a `with`: it ends by SIGTERM, and fails if it did not end well."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self._offset = folder / "clock"
        self._log = folder / "log"
        self._environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "MEETINGS_DATA_DIR": str(folder / "data"),
            "MEETINGS_DATABASE_URL": "",
            "MEETINGS_BASE_URL": "",
            "MEETINGS_PORT": str(self.port),
            **{f"MEETINGS_{name}": str(value) for name, value in settings.items()},
        }

    def __enter__(self) -> Self:
        self._set_offset(0)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, PROGRAM, str(self._offset)],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready()
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        assert status == 0, self.log
        assert "Traceback" not in self.log, self.log

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def setup_address(self) -> str:
        """What it printed for whoever started it."""
        found = re.search(r"http://\S+/setup\?code=\S+", self.log)
        assert found, self.log
        return found.group()

    def set_clock(self, now: datetime) -> None:
        """From now on it is `now`, for the app alone."""
        self._set_offset((now - datetime.now(UTC)).total_seconds())

    def wait_for_ticks(self, count: int) -> None:
        """Give the background jobs time to come around so many times."""
        time.sleep(count * DELIVERY.every + 0.5)

    def _set_offset(self, seconds: float) -> None:
        fresh = self._offset.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._offset)

    def _wait_until_ready(self) -> None:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            assert self._process.poll() is None, self.log
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.05)
        self._process.kill()
        raise AssertionError(f"not ready after 30 seconds:\n{self.log}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
