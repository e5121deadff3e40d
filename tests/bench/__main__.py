"""How fast, as ratios: `python -m tests.bench` measures every target in turn within each round, in one process's life.

Times of one minute say nothing about the next on a shared machine, so each target is divided by the reference route T
of the same round; what is printed is the median of those ratios. Exits non-zero if a goal is missed.
"""

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.data import MONTH

ROOT = Path(__file__).resolve().parents[2]
PSS_GOAL = 90  # MB after the load
START_GOAL = 1.5  # seconds from process start to first answer
GOALS = {
    "month of slots, one host, JSON": 3.0,
    "month of slots, round robin of five, JSON": 4.0,
    "month of slots, five by their own hours, JSON": 5.0,
    "month page, round robin of five": 5.0,
    "confirm a booking": 6.0,
}
Call = Callable[[http.client.HTTPConnection, int], None]


def get(path: str) -> Call:
    def call(connection: http.client.HTTPConnection, _number: int) -> None:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, f"{path}: {answer.status}"

    return call


class Booker:
    """Takes one free slot after the other of a link that nothing else uses."""

    def __init__(self, starts: list[str]) -> None:
        self._starts = iter(starts)

    def __call__(self, connection: http.client.HTTPConnection, number: int) -> None:
        body = {
            "start": next(self._starts),
            "duration": 30,
            "timezone": "Europe/Oslo",
            "contact": {"email": f"c{number}@example.com", "first_name": "Maren", "last_name": "Holt"},
        }
        connection.request(
            "POST", "/api/v1/book/empty/bookings", json.dumps(body), {"Content-Type": "application/json"}
        )
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status


def free_slots(connection: http.client.HTTPConnection) -> list[str]:
    """Slots of the empty link that don't touch one another."""
    starts: list[str] = []
    for first, last in (("2026-12-01", "2027-01-31"), ("2027-02-01", "2027-02-28")):
        connection.request("GET", f"/api/v1/book/empty/slots?from={first}&to={last}")
        found = json.loads(connection.getresponse().read())["slots"]
        end = ""
        for slot in found:
            if slot["start"] >= end:
                starts.append(slot["start"])
                end = slot["end"]
    return starts


@contextmanager
def serving(data_dir: str) -> Iterator[tuple[int, int]]:
    """The measured server's process id and port."""
    command = [sys.executable, "-m", "tests.bench.server", data_dir]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.pid, int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def measure(connection: http.client.HTTPConnection, call: Call, count: int, base: int) -> float:
    """Median seconds of `count` calls, one after the other on a kept connection."""
    times = []
    for number in range(count):
        began = time.perf_counter()
        call(connection, base + number)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def run(port: int, rounds: int, count: int) -> dict[str, list[float]]:
    """Per target the ratios to T, a round each."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    slots = "/api/v1/book/{}/slots?from=2026-12-01&to=2026-12-31"
    targets: dict[str, Call] = {
        "month of slots, one host, JSON": get(slots.format("one")),
        "month of slots, round robin of five, JSON": get(slots.format("robin")),
        "month of slots, five by their own hours, JSON": get(slots.format("own")),
        "month page, round robin of five": get(f"/book/robin?month={MONTH}&timezone=Europe/Paris"),
        "confirm a booking": Booker(free_slots(connection)),
    }
    reference = get("/bench/reference")
    ratios: dict[str, list[float]] = {name: [] for name in targets}
    for call in (reference, *list(targets.values())[:-1]):
        measure(connection, call, 20, 0)
    for number in range(rounds):
        for name, call in targets.items():
            times = count // 4 if name == "confirm a booking" else count
            before = measure(connection, reference, count, 0)
            taken = measure(connection, call, times, number * count)
            after = measure(connection, reference, count, 0)
            ratios[name].append(taken / statistics.mean((before, after)))
        print(f"round {number + 1}: T = {1000 * after:.2f} ms", file=sys.stderr)
    return ratios


def pss(pid: int) -> float:
    """Proportional set size of a process in MB."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def start_up(folder: str) -> float:
    """Seconds from starting app.py to its first answer; the second start, with a database that exists."""
    port = 8997
    environ = {**os.environ, "MEETINGS_DATA_DIR": folder, "MEETINGS_PORT": str(port), "MEETINGS_SCHEDULER": "on"}
    seconds = 0.0
    for _ in range(2):
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not answers(port):
            assert process.poll() is None
            assert time.perf_counter() - began < 60
            time.sleep(0.01)
        seconds = time.perf_counter() - began
        process.terminate()
        process.wait(15)
    return seconds


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=60, help="calls per target and round")
    options = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as folder, serving(folder) as (pid, port):
        for name, found in run(port, options.rounds, options.count).items():
            low, middle, high = min(found), statistics.median(found), max(found)
            print(f"{name:45} {low:5.2f} / {middle:5.2f} / {high:5.2f} T   goal {GOALS[name]:.0f}")
            if middle > GOALS[name]:
                missed.append(name)
        memory = pss(pid)
    print(f"{'memory after the load (PSS)':45} {memory:5.0f} MB   goal {PSS_GOAL}")
    with tempfile.TemporaryDirectory() as folder:
        seconds = start_up(folder)
    print(f"{'process start to first answer':45} {seconds:5.2f} s   goal {START_GOAL}")
    missed += ["memory"] * (memory > PSS_GOAL) + ["start"] * (seconds > START_GOAL)
    if missed:
        sys.exit(f"missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
