"""Those who book, move and cancel over HTTP, and write down what came of it."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from tests.battery.history import DONE, REFUSED, UNKNOWN, History, Operation

CANARY = "Kanarienvogel-9f27"  # stands in every contact's name; no log may ever show it
TIMEOUT = 60.0

_addresses = count()


def text_of(instant: int) -> str:
    """An instant (epoch seconds) as the API writes it."""
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%dT%H:%M:%SZ}"


def instant_of(text: str) -> int:
    """The API's text as epoch seconds."""
    return int(datetime.fromisoformat(text).timestamp())


class Caller:
    """One client with a connection of its own; not to be shared between threads."""

    def __init__(self, history: History, url: str, number: int = 0, *, timeout: float = TIMEOUT) -> None:
        self.number = number
        self._history = history
        self._timeout = timeout
        self._host = urlsplit(url).netloc
        self._connection: HTTPConnection | None = None

    def book(self, slug: str, start: int, *, email: str = "", key: str = "", **more: Any) -> Operation:
        """Ask for a time. Without an address or key the attempt has ones that no other has."""
        email = email or f"contact{next(_addresses)}@example.com"
        key = key or email
        contact = {"email": email, "first_name": CANARY, "last_name": email.partition("@")[0]}
        body = {"start": text_of(start), "timezone": "Europe/Oslo", "contact": contact, **more}
        asked = {"slug": slug, "start": start, "email": email, "key": key, **more}
        return self._do("book", asked, f"/api/v1/book/{slug}/bookings", body, {"Idempotency-Key": key})

    def move(self, booked: Operation, start: int, **more: Any) -> Operation:
        """Ask for another start of what `booked` made, by the contact's own token."""
        asked = {"id": booked.answer["id"], "start": start, **more}
        return self._do("move", asked, self._path(booked, "reschedule"), {"start": text_of(start), **more})

    def cancel(self, booked: Operation) -> Operation:
        """Cancel what `booked` made."""
        return self._do("cancel", {"id": booked.answer["id"]}, self._path(booked, "cancel"), {})

    def get(self, path: str) -> tuple[int, bytes]:
        """A page or document; 0 without an answer. Not written down."""
        try:
            return self._send("GET", path, None, {})
        except (OSError, HTTPException):
            self.close()
            return 0, b""

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def connect(self) -> None:
        """Have the connection open, so that the next call is only sent."""
        if self._connection is None:
            self._connection = HTTPConnection(self._host, timeout=self._timeout)
            self._connection.connect()

    @staticmethod
    def _path(booked: Operation, act: str) -> str:
        token = booked.answer["manage_url"].rpartition("/")[2]
        return f"/api/v1/bookings/{booked.answer['id']}/{act}?token={token}"

    def _do(
        self, kind: str, asked: dict[str, Any], path: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Operation:
        operation = Operation(kind, self.number, asked, time.monotonic())
        try:
            operation.status, content = self._send("POST", path, body, headers or {})
            operation.answer = json.loads(content) if content else {}
            operation.outcome = _outcome(operation.status)
        except ConnectionRefusedError:
            operation.outcome = REFUSED  # nobody was there to do anything
            self.close()
        except (OSError, HTTPException, ValueError):
            self.close()
        operation.ended = time.monotonic()
        self._history.add(operation)
        return operation

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, bytes]:
        self.connect()
        assert self._connection is not None
        payload = None if body is None else json.dumps(body)
        self._connection.request(method, path, payload, {"Content-Type": "application/json", **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, content


def _outcome(status: int) -> str:
    if status < 300:
        return DONE
    return REFUSED if status < 500 else UNKNOWN


def at_once(calls: Sequence[Callable[[], Any]], prepare: Iterable[Callable[[], Any]] = ()) -> None:
    """Make all calls at the same moment, each in a thread of its own; `prepare` is done before by each of them."""
    together = threading.Barrier(len(calls))
    before = list(prepare) or [lambda: None] * len(calls)

    def run(ready: Callable[[], Any], call: Callable[[], Any]) -> None:
        try:
            ready()
        finally:
            together.wait()
        call()

    in_threads([lambda ready=ready, call=call: run(ready, call) for ready, call in zip(before, calls, strict=True)])


def in_threads(works: Sequence[Callable[[], Any]]) -> None:
    """Do all of it side by side; an error in one of them is raised here."""
    errors: list[Exception] = []

    def run(work: Callable[[], Any]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
