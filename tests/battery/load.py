"""Callers who book, move and cancel until they are told to stop, as people do: who gets no answer asks again."""

import random
import threading
import time
from collections.abc import Sequence
from typing import Self

from tests import make
from tests.battery.callers import Caller, in_threads
from tests.battery.history import DONE, UNKNOWN, Operation
from tests.battery.world import World

FIRST = int(make.at("2026-12-07 00:00").timestamp())
HALF_HOUR = 1800
STARTS = 40 * 7 * 48  # half hours in 40 weeks


class Load:
    """Use it in a `with`: its callers are at work in between."""

    def __init__(self, world: World, slugs: Sequence[str], callers: int, seed: int, *, pause: float = 0.15) -> None:
        """`pause` is the longest time, in seconds, that a caller waits between two requests."""
        self._history = world.history
        self._slugs = slugs
        self._callers = world.callers(callers)
        self._chosen = [random.Random(f"{seed}/{number}") for number in range(callers)]
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    # -- what they do

    def _run(self) -> None:
        try:
            in_threads(
                [
                    lambda caller=caller, chosen=chosen: self._work(caller, chosen)
                    for caller, chosen in zip(self._callers, self._chosen, strict=True)
                ]
            )
        except Exception as error:  # noqa: BLE001 - raised at the end
            self._error = error

    def _work(self, caller: Caller, chosen: random.Random) -> None:
        held: list[Operation] = []
        while not self._over.is_set():
            act = chosen.random()
            if not held or act < 0.6:
                self._book(caller, chosen, held)
            elif act < 0.8:
                caller.move(chosen.choice(held), self._start(chosen))
            else:
                caller.cancel(held.pop(chosen.randrange(len(held))))
            self._over.wait(chosen.uniform(0, self._pause))
        caller.close()

    def _book(self, caller: Caller, chosen: random.Random, held: list[Operation]) -> None:
        slug, start = chosen.choice(self._slugs), self._start(chosen)
        booked = caller.book(slug, start)
        while booked.outcome == UNKNOWN and not self._over.wait(0.2):
            booked = caller.book(slug, start, email=booked.asked["email"], key=booked.asked["key"])
        if booked.outcome == DONE:
            held.append(booked)

    @staticmethod
    def _start(chosen: random.Random) -> int:
        return FIRST + HALF_HOUR * chosen.randrange(STARTS)

    # -- what comes of it

    def since(self, began: float) -> list[Operation]:
        """The operations that began after this moment of the steady clock."""
        return [one for one in list(self._history.operations) if one.began > began]

    def wait_for_failures(self, began: float, number: int, seconds: float) -> int:
        """Wait until so many requests failed since; returns how many did."""
        give_up = time.monotonic() + seconds
        while (failed := sum(map(is_failure, self.since(began)))) < number and time.monotonic() < give_up:
            time.sleep(0.02)
        return failed

    def wait_until_well(self, began: float, each: int = 3, seconds: float = 60) -> bool:
        """Wait until every caller got so many answers in a row since; False if that takes longer."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if self._is_well(began, each):
                return True
            time.sleep(0.05)
        return False

    def _is_well(self, began: float, each: int) -> bool:
        latest: dict[int, list[bool]] = {caller.number: [] for caller in self._callers}
        for one in self.since(began):
            latest[one.caller].append(not is_failure(one))
        return all(len(own) >= each and all(own[-each:]) for own in latest.values())


def is_failure(operation: Operation) -> bool:
    """Whether there was no answer, or none but that it can't be done now."""
    return operation.status == 0 or operation.status >= 500
