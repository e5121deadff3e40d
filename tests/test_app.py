"""The program itself: what it believes of a proxy, and what it says when it can't start."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from meetings import db
from tests.process import Process

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize("proxies", [0, 1])
def test_only_trusted_proxies_are_believed(tmp_path: Path, proxies: int) -> None:
    """Else behind a proxy all visitors would share one address, and no cookie were secure."""
    with Process(tmp_path, TRUSTED_PROXIES=proxies, BASE_URL="https://meet.example.org") as running:
        asked = Request(f"http://127.0.0.1:{running.port}/sign-in", headers={"X-Forwarded-Proto": "https"})
        with urlopen(asked, timeout=10) as answer:
            assert ("Strict-Transport-Security" in answer.headers) is bool(proxies)


def test_a_second_process_on_one_folder_is_said(tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    with Process(tmp_path) as first, Process(others, DATA_DIR=tmp_path / "data") as second:
        for running in (first, second):
            with urlopen(f"http://127.0.0.1:{running.port}/healthz", timeout=10) as answer:
                assert answer.status == 200
        assert "Another process serves the data folder" not in first.log
        assert "Another process serves the data folder" in second.log
        assert ("may damage a file that several processes use" in second.log) is (
            sqlite3.sqlite_version_info < db.FIT_TO_SHARE
        )


def start(folder: Path, *command: str, **settings: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEETINGS_")}
    environment |= {"MEETINGS_DATA_DIR": str(folder), **{f"MEETINGS_{name}": str(of) for name, of in settings.items()}}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_log_that_has_no_room_keeps_nobody_from_being_served(tmp_path: Path) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environment = {**os.environ, "MEETINGS_DATA_DIR": str(tmp_path), "MEETINGS_PORT": str(port)}
    with (
        Path("/dev/full").open("w") as full,
        subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=full, stderr=full) as running,
    ):
        try:
            wait_for_answer(running, f"http://127.0.0.1:{port}/healthz")
        finally:
            running.terminate()


def wait_for_answer(running: "subprocess.Popen[bytes]", url: str) -> None:
    give_up = time.monotonic() + 30
    while True:
        assert running.poll() is None, "it ended"
        try:
            with urlopen(url, timeout=10) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < give_up
            time.sleep(0.05)


def test_an_occupied_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = start(tmp_path, sys.executable, "app.py", PORT=port, SCHEDULER="off")
    assert ended.returncode == 1
    assert f"can't listen at 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Set it up here" not in ended.stdout  # a code for a server that never ran


def test_a_database_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The set-up code could not be kept."""
    with Process(tmp_path):
        pass
    data = tmp_path / "data"
    with closing(sqlite3.connect(data / "meetings.sqlite3", isolation_level=None)) as other:
        other.execute("DELETE FROM setting")
        other.execute("BEGIN IMMEDIATE")
        ended = start(data, sys.executable, "app.py", PORT=0, SCHEDULER="off")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("The database can't be used")
    assert "Traceback" not in ended.stderr


def test_an_unreachable_database_is_said(tmp_path: Path) -> None:
    nowhere = "postgresql://meetings@127.0.0.1:1/meetings"
    for command in ((sys.executable, "app.py"), (sys.executable, "-m", "flask", "api-token", "ada@example.org")):
        ended = start(tmp_path, *command, DATABASE_URL=nowhere)
        assert ended.returncode == 1
        assert "The database can't be used" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_wrong_setting_is_said(tmp_path: Path) -> None:
    for command in ((sys.executable, "app.py"), (sys.executable, "-m", "flask", "check")):
        ended = start(tmp_path, *command, PORT="eighty")
        assert ended.returncode == 1
        assert ended.stderr.startswith("MEETINGS_PORT='eighty' can't be used")
        assert "Traceback" not in ended.stderr
