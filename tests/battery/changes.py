"""Changes of the same booking, or of the same time, against each other: T5, T10 and V11."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations_with_replacement
from typing import Any

from meetings import db
from meetings.domain.time import to_datetime
from meetings.models import BusyTime
from meetings.services import users
from tests import make
from tests.battery.callers import Caller, at_once, in_threads, instant_of
from tests.battery.checker import REMINDERS, linearizable
from tests.battery.history import DONE, REFUSED, UNKNOWN, Operation
from tests.battery.races import HALF_HOUR, LOCK, LOCK_AND_REFUSAL, MINUTE, MONDAY, Race, with_controls
from tests.battery.report import Result
from tests.battery.rows import Row
from tests.battery.world import Stand, World, open_hours

HOUR = 3600
DAY = 24 * HOUR
SECOND_LOOK = "without a second look at the booking"


# -- T5

LANES = 4  # pairs at a time, each of a link of its own; in every other one the hosts of a round robin take turns
ACTS = ("move to A", "move to B", "cancel by the contact", "cancel by the host", "hand over")
PAIRS = tuple(combinations_with_replacement(ACTS, 2))
THIRD = 8 * HOUR


@dataclass
class Pair:
    """A booking, and the two acts on it."""

    booked: Operation
    acts: list[Operation]


def pairs(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T5: `size` bookings, each with two acts at once, all fifteen pairs in turn: what came of it is one order of the two.

    The acts are those there are: two moves, a cancellation by the contact and one by the host, and giving it to another
    host, each also against itself.
    There is nothing to confirm, to decline or to let expire in this app.
    """
    yield from with_controls(Race(stand, size, seed, mail=True), _pairs, (SECOND_LOOK,), 20)


def _pairs(race: Race) -> Result:
    with race.world() as world:
        tokens = world.fill(_write_lanes)
        world.start()
        lanes: list[list[Pair]] = [[] for _ in range(LANES)]
        crowd = world.callers(2 * LANES)
        works = [
            lambda lane=lane: lanes[lane].extend(_lane(race, lane, crowd[2 * lane : 2 * lane + 2], tokens[lane]))
            for lane in range(LANES)
        ]
        in_threads(works)
        done = [pair for lane in lanes for pair in lane]
        bookings = {row["public_id"]: row for row in world.rows().bookings}
        found = [line for pair in done for line in _in_some_order(pair, bookings)]
        figures = {
            "pairs": len(done),
            "really at the same time": sum(_overlap(*pair.acts) for pair in done),
            "both told it is done": sum(all(one.outcome == DONE for one in pair.acts) for pair in done),
            "handed over": sum(row["kind"] == "withdrawn" for row in world.rows().deliveries),
            "told to try again": world.history.statuses()[503],
        }
        return race.result("T5", "two acts on one booking", world, figures, *found)


def _write_lanes() -> list[str]:
    tokens = []
    for lane in range(LANES):
        hosts = [make.user(f"Lane{lane}Host{number} Smith", role="admin") for number in range(3)]
        kind = "round_robin" if lane % 2 else "individual"
        team = hosts if lane % 2 else []
        make.link(hosts[0], f"lane{lane}", kind=kind, team=team, **open_hours(start_increment=30))
        if team:
            with db.transaction():
                _away_in_turn(hosts)
        tokens.append(users.api_token(hosts[0], "acts", make.NOW))
    return tokens


def _away_in_turn(hosts: Sequence[Any]) -> None:
    """Each host is away for another third of every day: whoever moves from one third to another may get another host."""
    for day in range(350):
        for third, host in enumerate(hosts):
            start = _midnight(day) + third * THIRD
            BusyTime.create(
                user=host, starts_at=to_datetime(start), ends_at=to_datetime(start + THIRD), created_at=make.NOW
            )


def _midnight(day: int) -> int:
    return MONDAY - MONDAY % DAY + day * DAY


def _lane(race: Race, lane: int, callers: Sequence[Caller], token: str) -> Iterator[Pair]:
    for number in range(lane, race.size, LANES):
        turn = number // LANES
        start = _midnight(turn // 16) + turn % 16 * HALF_HOUR
        booked = callers[0].book(f"lane{lane}", start)
        if booked.outcome != DONE:
            raise AssertionError(f"nothing to change: {booked}")
        yield Pair(booked, _both(callers, PAIRS[number % len(PAIRS)], booked, lane, token))


def _both(callers: Sequence[Caller], acts: Sequence[str], booked: Operation, lane: int, token: str) -> list[Operation]:
    done: list[Operation] = []
    calls = [
        lambda caller=caller, act=act: done.append(_act(caller, act, booked, lane, token))
        for caller, act in zip(callers, acts, strict=True)
    ]
    at_once(calls, [caller.connect for caller in callers])
    return done


def _act(caller: Caller, act: str, booked: Operation, lane: int, token: str) -> Operation:
    start = booked.asked["start"]
    if act.startswith("move"):
        return caller.move(booked, start + (THIRD if act.endswith("A") else 2 * THIRD), any_host=True)
    if act == "hand over":  # to who is away then, of a round robin, so that nobody has it already
        return caller.hand_over(booked, f"lane{lane}host{0 if lane % 2 else 1}@example.org", bearer=token)
    return caller.cancel(booked, bearer=token if act.endswith("host") else "")


def _overlap(first: Operation, second: Operation) -> bool:
    return first.began < second.ended and second.began < first.ended


State = tuple[str, int, int]  # status, start, sequence


def _in_some_order(pair: Pair, bookings: dict[str, Row]) -> Iterator[str]:
    row = bookings[pair.booked.answer["id"]]
    final = (row["status"], row["starts_at"], row["sequence"])
    began = ("confirmed", instant_of(pair.booked.answer["start"]), 0)
    first, second = pair.acts
    possible = {end for order in ((first, second), (second, first)) for end in _ends({began}, order)}
    if final not in possible:
        told = [(one.kind, one.asked.get("start"), one.status) for one in pair.acts]
        yield f"T5 booking {row['id']} from {began} is {final} after {told}"


def _ends(states: set[State], acts: Sequence[Operation]) -> set[State]:
    """The states that acts in this order may leave, with the answers that were given."""
    for act in acts:
        states = {after for state in states for after in _after(state, act)}
    return states


def _after(state: State, act: Operation) -> Iterator[State]:
    """The state after an act, if its answer fits; after one without an answer also the state before."""
    status, start, sequence = state
    if act.outcome == UNKNOWN:
        yield state
    is_over = status == "cancelled"
    if act.kind == "hand over":
        yield from _after_hand_over(state, act)
    elif act.kind == "cancel" and act.outcome != REFUSED:
        yield state if is_over else ("cancelled", start, sequence + 1)
    elif act.kind == "move" and act.outcome == REFUSED:
        if is_over:
            yield state
    elif act.kind == "move" and not is_over:
        wanted = act.asked["start"]
        yield state if wanted == start else (status, wanted, sequence + 1)


def _after_hand_over(state: State, act: Operation) -> Iterator[State]:
    """It is refused only after the other act: then it is cancelled, or may be theirs already."""
    status, start, sequence = state
    if act.outcome == REFUSED:
        if sequence:
            yield state
    elif status != "cancelled":
        yield status, start, sequence + 1


# -- T10

MOVERS = 16
STEP = 15 * MINUTE
REACH = 48  # starts to choose from: twelve hours


def storm(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T10: `size` moves of nine bookings by 16 callers, within twelve hours and now and then onto a time that overlaps its own.

    A move is about the booking, not about a version of it: it has none to be refused by. What is overtaken are the
    mails of earlier versions, and no such may come after a later one. Bookings that overlapped for a moment only are
    noticed by the database's refusals.
    """
    yield from with_controls(Race(stand, size, seed, mail=True), _storm, (LOCK, SECOND_LOOK), 192)


def _storm(race: Race) -> Result:
    with race.world() as world:
        world.fill(_write_stormy)
        world.start()
        crowd = world.callers(MOVERS)
        slugs = ["one", "two", "turns"] * 3
        booked = [crowd[0].book(slug, MONDAY + number * 5 * STEP) for number, slug in enumerate(slugs)]
        each = -(-race.size // MOVERS)
        works = [
            lambda one=one: _keep_moving(one, booked, random.Random(f"{race.seed}/{one.number}"), each) for one in crowd
        ]
        in_threads(works)
        history = world.history
        moves = history.of("move", DONE)
        rows = world.rows()
        versions = sum(row["sequence"] for row in rows.bookings)
        figures = {
            "moves asked for": len(history.of("move")),
            "done": len(moves),
            "versions made": versions,
            "told it is taken": history.statuses()[409],
            "handed over": sum(row["kind"] == "withdrawn" for row in rows.deliveries),
            "told to try again": history.statuses()[503],
        }
        return race.result("T10", "few bookings moved around by many", world, figures, *_lives(world))


def _write_stormy() -> None:
    hosts = [make.user(f"Host{number} Smith") for number in range(5)]
    common = open_hours(durations=[60], start_increment=15, buffer=10)
    make.link(hosts[0], "one", **common)
    make.link(hosts[1], "two", kind="group", team=hosts[:3], **common)
    make.link(hosts[2], "turns", kind="round_robin", team=hosts[2:], **common)


def _keep_moving(caller: Caller, booked: Sequence[Operation], chosen: random.Random, times: int) -> None:
    for _ in range(times):
        caller.move(chosen.choice(booked), MONDAY + STEP * chosen.randrange(REACH), any_host=chosen.random() < 0.5)
    caller.close()


def _lives(world: World) -> Iterator[str]:
    """Each version says what it follows: an unbroken chain from the booking to its last state, and no other UID in it.

    Only a meeting that gets other hosts gets another UID: calendars can't change an organizer.
    """
    rows, history = world.rows(), world.history
    asked: dict[str, list[Operation]] = defaultdict(list)
    for one in history.of("move"):
        asked[one.asked["id"]].append(one)
    began = {one.answer["id"]: instant_of(one.answer["start"]) for one in history.of("book", DONE)}
    for row in rows.bookings:
        news = [one for one in rows.deliveries if one["booking_id"] == row["id"] and one["kind"] not in REMINDERS]
        yield from _life(row, news, asked[row["public_id"]], began[row["public_id"]])


def _life(row: Row, news: Sequence[Row], moves: Sequence[Operation], began: int) -> Iterator[str]:
    told = {one["sequence"]: json.loads(one["details"]).get("previous") for one in news}
    if sorted(told) != list(range(row["sequence"] + 1)):
        yield f"T10 booking {row['id']} is {row['sequence']}, told were {sorted(told)}"
        return
    befores = [told[version] for version in range(1, row["sequence"] + 1)]
    starts = [*(before["starts_at"] for before in befores), row["starts_at"]]
    uids = [*(before["uid"] for before in befores), row["uid"]]
    if [before["sequence"] for before in befores] != list(range(row["sequence"])):
        yield f"T10 booking {row['id']} has versions that do not follow each other"
    handed_over = {one["sequence"] for one in news if one["kind"] == "withdrawn"}
    for version in range(1, row["sequence"] + 1):
        if (uids[version] != uids[version - 1]) != (version in handed_over):
            yield f"T10 booking {row['id']}, version {version}: UID {uids[version - 1]} became {uids[version]}"
        if starts[version] == starts[version - 1]:
            yield f"T10 booking {row['id']}, version {version} moved nothing"
    yield from _moves_of(row, starts, moves, began)


def _moves_of(row: Row, starts: Sequence[int], moves: Sequence[Operation], began: int) -> Iterator[str]:
    """Every version comes from a move of its own, and every acknowledged move was true once."""
    if starts[0] != began:
        yield f"T10 booking {row['id']} began at {starts[0]}, booked was {began}"
    made = Counter(starts[1:])
    allowed = Counter(one.asked["start"] for one in moves if one.outcome != REFUSED)
    if made - allowed:
        yield f"T10 booking {row['id']} was moved without being asked: {made - allowed}"
    if lost := {one.asked["start"] for one in moves if one.outcome == DONE} - set(starts):
        yield f"T10 booking {row['id']} was said to be moved to {lost}, and never was there"


# -- V11

RIVALS = 4
TURNS = 3  # of each: twelve operations at most
CUT = 0.05


def small_histories(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """V11: `size` histories of one time, at most 12 operations of 3 or 4 callers who book it or cancel what is theirs.

    Some order of the operations must explain all answers. One line in twenty is cut; who hung up is not heard of again.
    """
    yield from with_controls(Race(stand, size, seed), _small_histories, (LOCK_AND_REFUSAL,), 16)


def _small_histories(race: Race) -> Result:
    with race.world() as world:
        world.fill(lambda: [make.link(make.user(f"Host{n} Smith"), f"one{n}", **open_hours()) for n in range(LANES)])
        world.start()
        crowd = world.callers(LANES * RIVALS)
        works = [
            lambda lane=lane: _rounds(race, lane, crowd[lane * RIVALS : (lane + 1) * RIVALS]) for lane in range(LANES)
        ]
        in_threads(works)
        histories = _by_time(world)
        found = [
            f"V11 no order explains {[(one.caller, one.kind, one.outcome) for one in operations]}"
            for operations in histories
            if not linearizable(operations)
        ]
        operations = world.history.operations
        figures = {
            "histories": len(histories),
            "operations": len(operations),
            "most in one": max(map(len, histories)),
            "booked": len(world.history.of("book", DONE)),
            "refused": len(world.history.of("book", REFUSED)),
            "cancelled": len(world.history.of("cancel", DONE)),
            "cut off": sum(one.outcome == UNKNOWN for one in operations),
            "not explained": len(found),
        }
        return race.result("V11", "small histories of one time", world, figures, *found)


def _rounds(race: Race, lane: int, rivals: Sequence[Caller]) -> None:
    chosen = random.Random(f"{race.seed}/{lane}")
    for number in range(lane, race.size, LANES):
        start = MONDAY + HALF_HOUR * (number // LANES)
        crowd = chosen.sample(rivals, chosen.choice((3, RIVALS)))
        calls = [
            partial(_take_turns, caller, f"one{lane}", start, [chosen.random() < CUT for _ in range(TURNS)])
            for caller in crowd
        ]
        at_once(calls, [caller.connect for caller in crowd])


def _take_turns(caller: Caller, slug: str, start: int, cuts: Sequence[bool]) -> None:
    held: Operation | None = None
    for is_cut in cuts:
        if is_cut:
            caller.cut_next()
        if held:
            last, held = caller.cancel(held), None
        else:
            last = caller.book(slug, start)
            held = last if last.outcome == DONE else None
        if last.outcome == UNKNOWN:
            return


def _by_time(world: World) -> list[list[Operation]]:
    """The operations of each time of each link."""
    place = {one.answer["id"]: (one.asked["slug"], one.asked["start"]) for one in world.history.of("book", DONE)}
    found: dict[tuple[str, int], list[Operation]] = defaultdict(list)
    for one in world.history.operations:
        is_book = one.kind == "book"
        found[(one.asked["slug"], one.asked["start"]) if is_book else place[one.asked["id"]]].append(one)
    return list(found.values())


PROGRAMS = [
    ("T5", pairs, 30, 2500),
    ("T10", storm, 240, 8000),
    ("V11", small_histories, 32, 2000),
]
