"""The ways in which a mail server can fail, one after the other, while people book (T35)."""

import json
import random
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from operator import gt
from threading import Thread
from typing import Any

from tests import make
from tests.battery.alterations import hasty
from tests.battery.checker import count_repeats
from tests.battery.history import DONE
from tests.battery.mail_order import climb, go_to
from tests.battery.races import verdict
from tests.battery.report import Figure, Result
from tests.battery.rows import Row, query
from tests.battery.world import Stand, World, open_hours
from tests.providers.scripted import (
    CERTIFICATE,
    HANG_UP,
    SILENCE,
    TAKEN_UNSAID,
    USUAL,
    ScriptedServer,
)
from tests.smtp import Received

FIRST = int(make.at("2027-02-01 00:00").timestamp())
HALF_HOUR = 1800
LIMITS = {"connect": 1.0, "command": 1.0, "whole": 2.5}  # seconds that the server gets here
ABILITIES = "250-here\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME"
WELL = {"EHLO": ABILITIES, "STARTTLS": "220 go on", "AUTH": "235 ok"}

FEW = 8  # bookings up to which only so many ways are tried

WAITS = "waits"  # this mail is tried again later
FAILS = "fails"  # this mail is given up at once, with the server's words
PAUSES = "pauses"  # all mail waits, and no try is counted
REFUSES = "refuses"  # as that, and somebody has to mend the settings


@dataclass(frozen=True)
class Mode:
    """One way to fail. `answers` differ from a healthy server's; `only` those to the contacts, not to the host."""

    name: str
    effect: str
    answers: Mapping[str, str] = field(default_factory=dict)
    only: bool = False
    words: str = ""  # of the server, that must be seen
    is_up: bool = True
    slowly: float = 0
    tls: str = "starttls"
    hours: int = 0  # for which it goes on
    minutes: int = 0
    is_repeated: bool = False  # the mail was taken, and comes again


MODES = (
    Mode("down for a day", PAUSES, is_up=False, hours=24),
    Mode("hangs up at once", PAUSES, {"greeting": HANG_UP}),
    Mode("421 at the greeting", PAUSES, {"greeting": "421 4.3.2 closing" + HANG_UP}, words="421 4.3.2 closing"),
    Mode("the banner never comes", PAUSES, {"greeting": SILENCE}),
    Mode("one letter at a time", PAUSES, slowly=0.2),
    Mode("TLS that is none", PAUSES, tls="broken"),
    Mode("no TLS offered", REFUSES, {"EHLO": "250-here\r\n250 8BITMIME"}),
    Mode("535 at the sign-in", REFUSES, {"AUTH": "535 5.7.8 who are you"}, words="535 5.7.8 who are you"),
    Mode("the sender is refused", REFUSES, {"MAIL": "550 5.7.1 not you"}, words="550 5.7.1 not you"),
    Mode("450 for five minutes", WAITS, {"RCPT": "450 4.2.0 gray"}, words="450 4.2.0 gray", minutes=5),
    Mode("451 after the content", WAITS, {"content": "451 4.3.0 later"}, words="451 4.3.0 later"),
    Mode("452 no room", WAITS, {"MAIL": "452 4.3.1 full"}, words="452 4.3.1 full"),
    Mode("hangs at the content", WAITS, {"DATA": SILENCE}, only=True),
    Mode("hangs up before 250", WAITS, {"content": HANG_UP}, only=True),
    Mode("hangs up before 250, but took it", WAITS, {"content": TAKEN_UNSAID}, only=True, is_repeated=True),
    Mode("hangs up after 250", "", {"content": "250 taken " + HANG_UP}),
    Mode("550 for the recipient", FAILS, {"RCPT": "550 5.1.1 unknown"}, only=True, words="550 5.1.1 unknown"),
    Mode("552 too large", FAILS, {"content": "552 5.3.4 too large"}, only=True, words="552 5.3.4 too large"),
    Mode("554 spam", FAILS, {"content": "554 5.7.1 spam"}, only=True, words="554 5.7.1 spam"),
)


class Faulty(ScriptedServer):
    """Encrypts, wants a sign-in, keeps what it is given, and can be switched off."""

    def __init__(self) -> None:
        super().__init__(WELL, tls="starttls")
        self.received: list[Received] = []
        self._is_up = False

    def start(self) -> None:
        self._is_up = True
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.closing.set()
        if self._is_up:
            self.shutdown()
        self.server_close()

    def take(self, recipient: str, content: bytes) -> None:
        self.received.append(Received("", [recipient], content, time.monotonic()))

    @contextmanager
    def failing(self, mode: Mode, contacts: Sequence[str]) -> Iterator[None]:
        """As the mode says, until it is over."""
        for_some = {f"{what} {contact}": words for contact in contacts for what, words in mode.answers.items()}
        self.answers = {**USUAL, **WELL, **(for_some if mode.only else mode.answers)}
        self.slowly, self.tls = mode.slowly, mode.tls
        if not mode.is_up:
            self._go_down()
        self.cut()  # else the app may tell all on a connection from before
        yield
        self.answers = {**USUAL, **WELL}
        self.slowly, self.tls = 0, "starttls"
        if not mode.is_up:
            self._come_up()

    def _go_down(self) -> None:
        self.shutdown()
        self.socket.close()
        self._is_up = False

    def _come_up(self) -> None:
        self.socket = socket.socket()
        self.server_bind()  # to the port that it had
        self.server_activate()
        self.start()


def faults(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T35: ways to fail with `size` bookings meanwhile; then the server heals, and all must come right.

    All ways, or with few bookings some of them.
    """
    server = Faulty()
    settings = {
        "MAIL_SERVER": "localhost",
        "MAIL_PORT": server.port,
        "MAIL_USE_TLS": "true",
        "MAIL_USERNAME": "meetings",
        "MAIL_PASSWORD": "secret",
    }
    trust = ("tests.battery.alterations:trust", {"certificate": str(CERTIFICATE)})
    modes = random.Random(seed).sample(MODES, len(MODES) if size > FEW else FEW)
    with World(stand, alterations=[hasty(**LIMITS), trust], mail=server, **settings) as world:
        world.fill(lambda: make.link(slug="mail", start_increment=30, **open_hours()))
        world.start()
        run = _Run(world, server, size)
        run.book("healthy", [f"healthy{number}@example.com" for number in range(4 * size)])
        run.refuse_at_once("mödus@example.com")
        for number, mode in enumerate(modes):
            run.go_through(mode, number)
        yield Result(
            "T35",
            "ways for the mail server to fail",
            stand.database,
            seed,
            run.figures(),
            verdict(world, *run.found, windows=run.repeats, excused=run.refused),
        )


class _Run:
    """What happens in all modes."""

    def __init__(self, world: World, server: Faulty, size: int) -> None:
        self.found: list[str] = []
        self.refused: set[str] = set()
        self.repeats = 0
        self._world = world
        self._server = server
        self._size = size
        (self._caller,) = world.callers(1)
        self._starts = count(FIRST, HALF_HOUR)
        self._booking: dict[str, float] = {}  # median seconds of a booking, by mode
        self._healing: dict[str, float] = {}  # seconds until the first mail came again
        self._others = 0.0  # longest time that others waited beside hanging mails

    def go_through(self, mode: Mode, number: int) -> None:
        last = max((row["id"] for row in self._world.rows().deliveries), default=0)
        contacts = [f"mode{number}.{index}@example.com" for index in range(self._size)]
        with self._server.failing(mode, contacts):
            began = time.monotonic()
            self.book(mode.name, contacts)
            self._wait_for(mode, last, set(contacts))
            if mode.effect == WAITS and mode.only:
                others = [mail.at for mail in self._server.received if mail.recipients[0] not in contacts]
                self._others = max(self._others, *(at - began for at in others if at > began))
            self._go_on(mode, last, set(contacts))
        self._heal(mode)
        if mode.effect == FAILS:
            self.refused |= set(contacts)
        if mode.is_repeated:
            self.repeats += self._size

    def refuse_at_once(self, contact: str) -> None:
        """An address that many servers can't write to is not taken in the first place."""
        if (answer := self._caller.book("mail", next(self._starts), email=contact)).status != 422:
            self.found.append(f"T35 {contact} was answered with {answer.status}")

    def book(self, name: str, contacts: Sequence[str]) -> None:
        made = [self._caller.book("mail", next(self._starts), email=contact) for contact in contacts]
        self.found += [f"T35 {name}: a booking was answered with {one.status}" for one in made if one.outcome != DONE]
        self._booking[name] = statistics.median(one.seconds for one in made)

    def _wait_for(self, mode: Mode, last: int, contacts: set[str]) -> None:
        """Wait until the effect shows: within a minute, by any clock."""
        give_up = time.monotonic() + 60
        while wrong := list(self._not_yet(mode, last, contacts)):
            if time.monotonic() > give_up:
                self.found += [f"T35 {mode.name}: {one}" for one in wrong]
                return
            time.sleep(0.05)

    def _not_yet(self, mode: Mode, last: int, contacts: set[str]) -> Iterator[str]:
        if mode.effect in (PAUSES, REFUSES):
            pause = self._pause()
            if pause is None or pause["is_refusal"] != (mode.effect == REFUSES) or mode.words not in pause["words"]:
                yield f"no such pause: {pause}"
        for row in self._since(last):
            is_hit = not mode.only or row["recipient"] in contacts
            if not is_hit or not mode.effect:
                is_right = row["state"] == "sent"
            elif mode.effect == WAITS:
                is_right = row["state"] == "pending" and row["attempts"] > 0 and mode.words in row["last_error"]
            elif mode.effect == FAILS:
                is_right = row["state"] == "failed" and mode.words in row["last_error"]
            else:
                is_right = row["state"] == "pending" and row["attempts"] == 0
            if not is_right:
                yield f"{row['kind']} is {row['state']} after {row['attempts']} tries: {row['last_error']}"

    def _pause(self) -> dict[str, Any] | None:
        found = query(self._world.database_url, "SELECT value FROM setting WHERE name = 'mail_pause'")
        value = found[0]["value"] if found else None
        return json.loads(value) if isinstance(value, str) else value

    def _since(self, last: int) -> list[Row]:
        return query(self._world.database_url, f"SELECT * FROM delivery WHERE id > {last} ORDER BY id")

    def _go_on(self, mode: Mode, last: int, contacts: set[str]) -> None:
        """Fail for longer."""
        for _ in range(mode.hours):
            tries = (self._pause() or {"tries": 0})["tries"]
            self._world.shift_clock(timedelta(hours=1))
            if not _comes_true(lambda tries=tries: (self._pause() or {"tries": 0})["tries"] > tries):
                self.found.append(f"T35 {mode.name}: it was not tried again")
        healed_at = self._world.now() + timedelta(minutes=mode.minutes)
        while self._world.now() < healed_at:
            tries = [row["attempts"] for row in self._since(last)]
            go_to(self._world, 1 + max(row["due_at"] for row in self._since(last)))
            if not _comes_true(lambda tries=tries: all(map(gt, [r["attempts"] for r in self._since(last)], tries))):
                self.found.append(f"T35 {mode.name}: not all was tried again")
                return
        self._wait_for(mode, last, contacts)

    def _heal(self, mode: Mode) -> None:
        """The server is well again: all goes out by itself, though not before the pause is over."""
        began, before = time.monotonic(), len(self._server.received)
        if (pause := self._pause()) is not None:
            go_to(self._world, max(pause["until"], self._world.now().timestamp()) + 1)
        self.found += [f"T35 {mode.name}: {trouble}" for trouble in climb(self._world)]
        if len(self._server.received) > before:
            self._healing[mode.name] = self._server.received[before].at - began
        if self._pause() is not None:
            self.found.append(f"T35 {mode.name}: mail still waits: {self._pause()}")

    def figures(self) -> dict[str, Figure]:
        healthy = self._booking.pop("healthy")
        slowest = max(self._booking, key=lambda name: self._booking[name])
        return {
            "modes": len(self._booking),
            "bookings": len(self._world.history.of("book", DONE)),
            "mails": len(self._server.received),
            "came twice": count_repeats(self._server.received),
            "median booking (ms)": 1000 * healthy,
            "as a multiple of it, at worst": self._booking[slowest] / healthy,
            "namely with": slowest,
            "first mail after healing at the latest (s)": max(self._healing.values(), default=0.0),
            f"others waited beside {self._size} hanging mails (s)": self._others,
        }


def _comes_true(condition: Callable[[], bool], seconds: float = 60) -> bool:
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True


PROGRAMS = [("T35", faults, 2, 40)]
