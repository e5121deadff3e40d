"""Death at a chosen point: what a thread of work passes is numbered, and its process killed or stopped there.

Points are before and after every SQL statement, BEGIN and COMMIT, the answer to the caller, and every word said to the
mail server or heard from it. Works are the API's requests and a run of the delivery job. A file tells the process what to do, so that a test
can set a trap while it runs: `Trap` writes it, `install` is the alteration that looks for it.
"""

import json
import os
import re
import signal
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

from tests.process import Alteration

DELIVER = "deliver"
ARRIVES = 0.05  # seconds within which a caller has an answer
RUN = "run"  # what a delivery's points are about as long as no mail is in hand
TICK = 0.2  # seconds between two looks of the delivery job, so that nobody has to wait for it

LET_TIME_PASS: Alteration = ("tests.battery.deaths:let_time_pass", {})
Point = tuple[str, int]  # a name, and which time it is passed in one piece of work


@dataclass(frozen=True)
class Fall:
    """Who stepped into a trap, and where."""

    process: int
    point: Point


class Trap:
    """The test's end: at most one trap is set at a time; the first process to reach it falls."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def alteration(self) -> Alteration:
        """What a process needs that is to fall."""
        return ("tests.battery.deaths:install", {"folder": str(self._folder)})

    def set(self, work: str, point: Point, how: signal.Signals = signal.SIGKILL) -> None:
        """Have the next piece of such work end at this point."""
        self._write({"work": work, "point": point, "signal": int(how)})

    def record(self, work: str) -> None:
        """Have the next piece of such work write down its points."""
        self._write({"work": work, "point": None})

    def unset(self) -> bool:
        """Take it away; False if somebody has fallen into it."""
        try:
            (self._folder / "trap").unlink()
        except FileNotFoundError:
            return False
        return True

    def has_caught(self) -> bool:
        return (self._folder / "fallen").exists()

    def points(self, seconds: float = 30) -> list[Point]:
        """The points written down, in order."""
        return [(name, int(number)) for name, number in json.loads(self._await("trace", seconds))]

    def fallen(self, seconds: float = 30) -> Fall:
        """Who fell, once somebody has."""
        process, point = json.loads(self._await("fallen", seconds))
        return Fall(process, (point[0], point[1]))

    def _write(self, what: dict[str, Any]) -> None:
        for name in ("trace", "fallen"):
            (self._folder / name).unlink(missing_ok=True)
        _put(self._folder / "trap", what)

    def _await(self, name: str, seconds: float) -> str:
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            with suppress(FileNotFoundError):
                return (self._folder / name).read_text()
            time.sleep(0.01)
        raise TimeoutError(f"nobody came by in {seconds} seconds")


def _put(path: Path, what: Any) -> None:
    fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    fresh.write_text(json.dumps(what))
    fresh.replace(path)


# -- in the app's process


class _Work(threading.local):
    """What the present thread is at: nothing, as long as no trap is set for it."""

    trap: dict[str, Any] | None = None
    about = ""  # the mail in hand
    said = "greeting"  # the latest word to the mail server


_work = _Work()
_files: list[Path] = []  # the folder of the files


def install(folder: str) -> None:
    """Called in the app's process before it starts."""
    _files.append(Path(folder))
    let_time_pass()
    _watch_statements()
    _watch_mail()
    _watch_requests()
    _watch_delivery()


def let_time_pass() -> None:
    """Have a delivery under way notice when a test moves the clock, as it would notice that time had passed."""
    from meetings import clock
    from meetings.services.outbox import delivery

    delivery._Watch.now = lambda _watch: clock.now()  # type: ignore[method-assign]


def _passed(name: str) -> None:
    """A point: note it, and fall if it is the one."""
    if _work.trap is None:
        return
    full = f"{_work.about}: {name}" if _work.about else name
    _work.trap["counts"][full] += 1
    point = [full, _work.trap["counts"][full]]
    _work.trap["trace"].append(point)
    if _work.trap["point"] == point:
        _fall(_work.trap, point)


def _fall(trap: dict[str, Any], point: list[Any]) -> None:
    fallen = _files[0] / f"fallen.{os.getpid()}"
    fallen.write_text(json.dumps([os.getpid(), point]))
    try:
        (_files[0] / "trap").unlink()  # one process alone falls into it
    except FileNotFoundError:
        fallen.unlink()
        return
    fallen.replace(_files[0] / "fallen")
    signal.pthread_kill(
        threading.get_ident(), trap["signal"]
    )  # sent to the process, another thread might take its time


def _begin(work: str, about: str = "") -> None:
    try:
        trap = json.loads((_files[0] / "trap").read_text())
    except FileNotFoundError:
        return
    if trap["work"] == work:
        _work.trap = trap | {"counts": Counter(), "trace": []}
        _work.about = about


def _end(*, is_whole: bool = True) -> None:
    """The work is done; one that was only looking for work leaves no trace."""
    trap, _work.trap, _work.about = _work.trap, None, ""
    if trap is not None and trap["point"] is None and is_whole:
        (_files[0] / "trap").unlink(missing_ok=True)
        _put(_files[0] / "trace", trap["trace"])


def _around(owner: Any, name: str, title: Callable[..., str]) -> None:
    """Make points of the beginning and the end of a method."""
    original = getattr(owner, name)

    @wraps(original)
    def passed(*given: Any, **more: Any) -> Any:
        if _work.trap is None:
            return original(*given, **more)
        words = title(*given)
        _passed(f"before {words}")
        done = original(*given, **more)
        _passed(f"after {words}")
        return done

    setattr(owner, name, passed)


def _watch_statements() -> None:
    import peewee

    _around(peewee.Database, "execute_sql", lambda _database, sql, *_params: _title(sql))
    for kind in (peewee.SqliteDatabase, peewee.PostgresqlDatabase):
        _around(kind, "begin", lambda *_: "BEGIN")
    _around(peewee.Database, "commit", lambda *_: "COMMIT")


def _title(sql: str) -> str:
    table = re.search(r'\b(?:FROM|INTO|UPDATE)\s+"?(\w+)', sql, re.IGNORECASE)
    return f"{sql.split(maxsplit=1)[0]} {table.group(1) if table else ''}".strip()


def _watch_mail() -> None:
    putcmd, send, getreply = smtplib.SMTP.putcmd, smtplib.SMTP.send, smtplib.SMTP.getreply

    def say(self: Any, command: str, arguments: str = "") -> None:
        _work.said = command.upper()
        putcmd(self, command, arguments)

    def give(self: Any, what: Any) -> None:
        if _work.said == "DATA" and b"\r\n.\r\n" in (what if isinstance(what, bytes) else b""):
            _work.said = "the content"
        _passed(f"before {_work.said}")
        send(self, what)
        _passed(f"after {_work.said}")

    def hear(self: Any) -> Any:
        reply = getreply(self)
        _passed(f"after {reply[0]} to {_work.said}")
        if _work.said == "QUIT":
            _work.said = "greeting"  # that of the next connection
        return reply

    smtplib.SMTP.putcmd, smtplib.SMTP.send, smtplib.SMTP.getreply = say, give, hear  # type: ignore[method-assign]


def _watch_requests() -> None:
    import flask

    serve = flask.Flask.wsgi_app
    works = {"bookings": "book", "reschedule": "move", "cancel": "cancel"}

    def watched(self: Any, environ: Any, start_response: Any) -> Any:
        last = environ["PATH_INFO"].rpartition("/")[2]
        if environ["REQUEST_METHOD"] != "POST" or last not in works:
            return serve(self, environ, start_response)
        _begin(works[last])
        try:
            answer = serve(self, environ, start_response)
            _passed("before the answer")
        except BaseException:
            _end()
            raise
        return _tell(answer)

    flask.Flask.wsgi_app = watched  # type: ignore[method-assign]


def _tell(answer: Any) -> Iterator[bytes]:
    """The answer, and what is still done after it."""
    try:
        for part in answer:
            yield part
            if _work.trap is not None:
                time.sleep(ARRIVES)
            _passed("after the answer")
    finally:
        answer.close()
        _end()


def _watch_delivery() -> None:
    from meetings import jobs
    from meetings.models import Delivery
    from meetings.services.outbox import delivery

    deliver = delivery._deliver

    def watched(delivery_id: int, *more: Any) -> Any:
        if _work.trap is None:
            return deliver(delivery_id, *more)
        trap, _work.trap = _work.trap, None  # our own question is no point
        _work.about = Delivery.get_by_id(delivery_id).kind
        _work.trap = trap
        try:
            return deliver(delivery_id, *more)
        finally:
            _work.about = RUN

    def run(now: Any) -> int:
        _begin(DELIVER, RUN)
        done = 0
        try:
            done = delivery.deliver_due(now)
            return done
        finally:
            _end(is_whole=bool(done))

    delivery._deliver = watched
    jobs.JOBS = tuple(replace(job, run=run, every=TICK) if job.name == "deliver" else job for job in jobs.JOBS)  # type: ignore[arg-type]
