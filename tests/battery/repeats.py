"""The same request again and again, at once and later, with lines that are cut: T3."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests import make
from tests.battery.callers import Caller, at_once
from tests.battery.history import DONE, UNKNOWN, Operation
from tests.battery.races import HALF_HOUR, MONDAY, Race, with_controls
from tests.battery.report import Result
from tests.battery.world import Stand, World, open_hours

HOSTS = 20  # of a round robin: there is room for every repeat, so nothing but the key stands in its way
MOST = 20
KEY = "without the look for the key"
KEY_AND_INDEX = "without the look for the key and its unique index"


@dataclass(frozen=True)
class Wish:
    """What one contact sends, over and over."""

    email: str
    send: Callable[[Caller], Operation]


def repeats(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T3: `size` wishes, each sent 2 to 20 times at once and up to 3 times later: one booking, one set of mails.

    One half goes to the API under an Idempotency-Key, the other is the page's form sent again. A fifth of the lines is
    cut right after sending; now and then the booking is cancelled before the repeats that come later. What comes under a
    key that was used at another link is a request of its own.
    """
    race = Race(stand, size, seed, mail=True)
    yield from with_controls(race, _repeats, (KEY, KEY_AND_INDEX), 6)


def _repeats(race: Race) -> Result:
    chosen = race.random()
    with race.world() as world:
        world.fill(_write_link)
        world.start()
        crowd = world.callers(MOST)
        found: list[str] = []
        cancelled = 0
        for number in range(race.size):
            wish = _wish(crowd[0], number, MONDAY + HALF_HOUR * number)
            sent = _at_once(wish, chosen.sample(crowd, chosen.randint(2, MOST)), chosen)
            made = next((one for one in sent if one.outcome == DONE), None)
            if made and chosen.random() < 0.2:
                crowd[1].cancel(made)
                cancelled += 1
            sent += [wish.send(caller) for caller in chosen.sample(crowd, chosen.randint(1, 3))]
            found += _same_answer(wish, sent)
            found += _elsewhere(crowd[0], number)
        history = world.history
        figures = {
            "wishes": race.size,
            "times sent": len(history.of("book")),
            "cut off": len(history.of("book", UNKNOWN)),
            "cancelled before the last repeats": cancelled,
            "slowest (s)": history.slowest(),
        }
        return race.result("T3", "the same request many times", world, figures, *found, *_one_mail_each(world, race))


def _write_link() -> None:
    hosts = [make.user(f"Host{number} Smith") for number in range(HOSTS)]
    make.link(hosts[0], "turns", kind="round_robin", team=hosts, **open_hours(start_increment=30))
    make.link(make.user("Anna Alone"), "alone", start_increment=30, **open_hours())


def _wish(reader: Caller, number: int, start: int) -> Wish:
    email = f"wish{number}@example.com"
    if number % 2:
        return Wish(email, lambda caller: caller.book("turns", start, email=email, key=email))
    token = reader.open_form("turns", start)
    return Wish(email, lambda caller: caller.send_form("turns", start, token, email=email))


def _at_once(wish: Wish, crowd: Sequence[Caller], chosen: random.Random) -> list[Operation]:
    sent: list[Operation] = []
    for caller in crowd:
        if chosen.random() < 0.2:
            caller.cut_next()
    calls = [lambda caller=caller: sent.append(wish.send(caller)) for caller in crowd]
    at_once(calls, [caller.connect for caller in crowd])
    return sent


def _same_answer(wish: Wish, sent: Sequence[Operation]) -> Iterator[str]:
    answers = {repr(sorted(one.answer.items())) for one in sent if one.status}
    if len(answers) != 1:
        yield f"T3 {wish.email} got {len(answers)} different answers, {Counter(one.status for one in sent)}"


def _elsewhere(caller: Caller, number: int) -> Iterator[str]:
    """Another link, the same key: somebody else may have thought of it."""
    key = f"wish{number}@example.com"
    made = caller.book("alone", MONDAY + HALF_HOUR * number, email=f"elsewhere{number}@example.com", key=key)
    if made.status != 201:
        yield f"T3 the key of {key} at another link was answered with {made.status}"


def _one_mail_each(world: World, race: Race) -> Iterator[str]:
    """Each contact is told once, and so is a host, however often it was sent."""
    news: Counter[Any] = Counter()
    for row in world.rows().deliveries:
        news[row["booking_id"], row["kind"]] += 1
    for (booking, kind), times in news.items():
        if times != 1:
            yield f"T3 booking {booking}: {kind} is told {times} times"
    if (made := len(world.rows().bookings)) != 2 * race.size:
        yield f"T3 {race.size} wishes at two links made {made} bookings"


PROGRAMS = [("T3", repeats, 8, 1000)]
