"""Those who book, move and cancel over HTTP, and write down what came of it."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from itsdangerous import URLSafeSerializer

from tests.battery.history import DONE, REFUSED, UNKNOWN, History, Operation

CANARY = "Kanarienvogel-9f27"  # stands in every contact's name; no log may ever show it
ZONE = "Asia/Kathmandu"  # of contacts: no host's, and not even a whole hour off
TIMEOUT = 60.0

_addresses = count()


def text_of(instant: int) -> str:
    """An instant (epoch seconds) as the API writes it."""
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%dT%H:%M:%SZ}"


def instant_of(text: str) -> int:
    """The API's text as epoch seconds."""
    return int(datetime.fromisoformat(text).timestamp())


class Answer(NamedTuple):
    """What came back; `location` is where a page sends its visitor on."""

    status: int
    content: bytes
    location: str


class Caller:
    """One client with a connection of its own; not to be shared between threads."""

    def __init__(self, history: History, url: str, number: int = 0, *, timeout: float = TIMEOUT) -> None:
        self.number = number
        self._history = history
        self._timeout = timeout
        self._host = urlsplit(url).netloc
        self._connection: HTTPConnection | None = None
        self._is_cut_next = False

    def book(self, slug: str, start: int, *, email: str = "", key: str = "", **more: Any) -> Operation:
        """Ask for a time. Without an address or key the attempt has ones that no other has."""
        email = email or f"contact{next(_addresses)}@example.com"
        key = key or email
        contact = {"email": email, "first_name": CANARY, "last_name": email.partition("@")[0]}
        body = {"start": text_of(start), "timezone": ZONE, "contact": contact, **more}
        asked = {"slug": slug, "start": start, "email": email, "key": key, **more}
        return self._do("book", asked, f"/api/v1/book/{slug}/bookings", body, {"Idempotency-Key": key})

    def open_form(self, slug: str, start: int) -> str:
        """Open the page's form for a time, as a browser does; the token that it carries."""
        status, page = self.get(f"/book/{slug}?start={start}")
        found = re.search(r'name="token" value="([^"]+)"', page.decode())
        if found is None:
            raise ValueError(f"no form, {status}")
        return found[1]

    def send_form(self, slug: str, start: int, token: str, *, email: str) -> Operation:
        """Send the page's form, as a browser without JavaScript does."""
        contact = {"email": email, "first_name": CANARY, "last_name": email.partition("@")[0]}
        fields = {"start": start, "token": token, "duration": 30, "timezone": ZONE, **contact}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self._host}"}
        asked = {"slug": slug, "start": start, "email": email, "key": token}
        return self._do("book", asked, f"/book/{slug}", urlencode(fields), headers)

    def move(self, booked: Operation, start: int, *, bearer: str = "", **more: Any) -> Operation:
        """Ask for another start of what `booked` made, by the contact's own token or a user's."""
        asked = {"id": booked.answer["id"], "start": start, **more}
        path, headers = self._way(booked, "reschedule", bearer)
        return self._do("move", asked, path, {"start": text_of(start), **more}, headers)

    def cancel(self, booked: Operation, *, bearer: str = "") -> Operation:
        """Cancel what `booked` made, by the contact's own token or a user's."""
        path, headers = self._way(booked, "cancel", bearer)
        return self._do("cancel", {"id": booked.answer["id"]}, path, {}, headers)

    def hand_over(self, booked: Operation, host: str, *, bearer: str) -> Operation:
        """Give what `booked` made to another host by address, whatever else they have planned, as this user."""
        path, headers = self._way(booked, "hand-over", bearer)
        body = {"host": host, "accept_events": True}
        return self._do("hand over", {"id": booked.answer["id"], "host": host}, path, body, headers)

    def cut_next(self) -> None:
        """Hang up right after sending the next request, before any answer."""
        self._is_cut_next = True

    def get(self, path: str) -> tuple[int, bytes]:
        """A page or document; 0 without an answer. Not written down."""
        try:
            return self._send("GET", path, None, {})[:2]
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
    def _way(booked: Operation, act: str, bearer: str) -> tuple[str, dict[str, str]]:
        """Path and headers of an act on a booking."""
        path = f"/api/v1/bookings/{booked.answer['id']}/{act}"
        if bearer:
            return path, {"Authorization": f"Bearer {bearer}"}
        return f"{path}?token={booked.answer['manage_url'].rpartition('/')[2]}", {}

    def _do(
        self, kind: str, asked: dict[str, Any], path: str, body: dict[str, Any] | str, headers: dict[str, str]
    ) -> Operation:
        operation = Operation(kind, self.number, asked, time.monotonic())
        try:
            answer = self._send("POST", path, body, headers)
            operation.status, operation.outcome = answer.status, _outcome(answer.status)
            operation.answer = _read(answer, asked)
        except ConnectionRefusedError:
            operation.outcome = REFUSED  # nobody was there to do anything
            self.close()
        except (OSError, HTTPException, ValueError):
            operation.outcome = UNKNOWN
            self.close()
        operation.ended = time.monotonic()
        self._history.add(operation)
        return operation

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        self.connect()
        assert self._connection is not None
        payload = body if body is None or isinstance(body, str) else json.dumps(body)
        self._connection.request(method, path, payload, {"Content-Type": "application/json", **headers})
        if self._is_cut_next:
            self._is_cut_next = False
            raise ConnectionAbortedError
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.will_close:
            self.close()
        return Answer(answer.status, content, answer.getheader("Location") or "")


def _outcome(status: int) -> str:
    if status < 400:
        return DONE
    return REFUSED if status < 500 else UNKNOWN


def _read(answer: Answer, asked: dict[str, Any]) -> dict[str, Any]:
    """What the API says; of a page's answer the same, as far as it is told."""
    if answer.location:
        address = answer.location.partition("?")[0]
        _, identity = URLSafeSerializer("").loads_unsafe(address.rpartition("/")[2])
        return {"id": identity, "start": text_of(asked["start"]), "manage_url": address}
    is_page = answer.content.startswith(b"<!")
    return json.loads(answer.content) if answer.content and not is_page else {}


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
