"""The app as a newcomer starts it: a process of its own, an empty folder, a free port. Its clock can be moved."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.error import URLError
from urllib.request import urlopen

from meetings.jobs import JOBS
from tests import launch

DELIVERY = next(job for job in JOBS if job.name == "deliver")
Alteration = tuple[str, Mapping[str, Any]]  # what tests/launch.py calls before the app starts


class Process:
    """A running app.py. Use it in a `with`: it ends by SIGTERM, and fails if it did not end well.

    Or start, kill and start it again by hand: it stays at its port, and its log goes on.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "",
        alterations: Sequence[Alteration] = (),
        user: int | None = None,
        **settings: object,
    ) -> None:
        """`folder` holds the data, the log and the clock; `name` tells several processes in it apart.

        `user` is the id of the system's user that it runs as; `settings` are the app's, without their prefix.
        """
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.alterations = list(alterations)
        self._offset = folder / "clock"
        self._log = folder / f"log{name}"
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "MEETINGS_DATA_DIR": str(folder / "data"),
            "MEETINGS_DATABASE_URL": "",
            "MEETINGS_BASE_URL": "",
            "MEETINGS_PORT": str(self.port),
            **{f"MEETINGS_{key}": str(value) for key, value in settings.items()},
        }

    def __enter__(self) -> Self:
        if not self._offset.exists():
            self._set_offset(0)
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        status = self.stop()
        assert status == 0, self.log
        assert "Traceback" not in self.log, self.log

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it serves."""
        rights: dict[str, Any] = {}
        if self._user is not None:
            rights = {"user": self._user, "group": self._user, "extra_groups": []}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, launch.__file__, str(self._offset), json.dumps(self.alterations)],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                **rights,
            )
        if wait:
            self.wait_until_ready()

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self._running.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        self.signal(signal.SIGKILL)
        self.wait()

    def signal(self, number: int) -> None:
        """Send it a signal, such as SIGSTOP."""
        self._running.send_signal(number)

    def wait(self, seconds: float = 30) -> int:
        """Its exit status, once it has ended."""
        return self._running.wait(timeout=seconds)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def id(self) -> int:
        """Of the process in the system."""
        return self._running.pid

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "not started"
        return self._process

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def setup_address(self) -> str:
        """What it printed for whoever started it."""
        found = re.search(r"http://\S+/setup\?code=\S+", self.log)
        assert found, self.log
        return found.group()

    def set_clock(self, now: datetime) -> None:
        """From now on it is `now`, for the app alone: for all its processes in this folder."""
        self._set_offset((now - datetime.now(UTC)).total_seconds())

    def wait_for_ticks(self, count: int) -> None:
        """Give the background jobs time to come around so many times."""
        time.sleep(count * DELIVERY.every + 0.5)

    def _set_offset(self, seconds: float) -> None:
        fresh = self._offset.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._offset)

    def wait_until_ready(self, seconds: float = 30) -> None:
        """Wait until it serves; fails if it ends before, or takes too long."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            assert self.is_running, self.log
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.02)
        self.kill()
        raise AssertionError(f"not ready after {seconds} seconds:\n{self.log}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
