"""Clocks that jump, stand still, drift and change to summer time while the app runs (T33)."""

import random
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from http.cookiejar import CookieJar
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from meetings.models import Delivery
from tests import make
from tests.battery.alterations import GUARDS, MAKING_UP, false_clock, hasty, without
from tests.battery.checker import REMINDERS, lead_of
from tests.battery.history import DONE, Operation
from tests.battery.mail_order import by_message
from tests.battery.races import verdict
from tests.battery.report import Figure, Result, control
from tests.battery.rows import Row, Rows
from tests.battery.world import Stand, World, open_hours

HALF_HOUR = 1800
HOUR = timedelta(hours=1)
DECADE = timedelta(days=3652)
LEADS = ({"value": 1, "unit": "days"}, {"value": 1, "unit": "hours"}, {"value": 10, "unit": "minutes"})
# Hours from now at which meetings begin, so that some reminders are due on either side of every jump.
AHEAD = (0.5, 1.2, 1.6, 2.5, 24.2, 25.2, 26.5, 49.5)
FAR = 80  # hours: of the meetings that are changed after a jump; nobody was reminded of them yet
SPRING = {"Europe/Paris": "2027-03-28 01:00", "Australia/Lord_Howe": "2027-04-03 15:00"}
LATEST = 60  # seconds that a reminder may come late


class Liar(World):
    """A world in which the machine's own clock is wrong: all that a process asks but the steady clock."""

    def shift_clock(self, by: timedelta) -> None:
        self._shift += by
        self._lie = getattr(self, "_lie", 0.0) + by.total_seconds()
        file = self.folder / "lie"
        fresh = file.with_suffix(".new")
        fresh.write_text(f"{self._lie:+.6f}\n")
        fresh.replace(file)


def clocks(stand: Stand, size: int, seed: int) -> Iterator[Result]:
    """T33: `size` rounds of each scenario, or a few of them; first only the app's clock is moved, then the machine's."""
    chosen = random.Random(seed)
    scenarios = [*JUMPS * size, *ZONES] if size > 1 else [*chosen.sample(JUMPS, 3), chosen.choice(ZONES)]
    with World(stand, alterations=[hasty()]) as world:
        yield _clocks(world, stand, seed, "the app's clock is moved", scenarios)
    yield control(lambda drawn: _without_making_up(stand, drawn), seed)
    world = Liar(stand)
    lie = false_clock(world.folder / "lie")
    if not lie:
        figures = {"left out": "libfaketime is missing (apt install faketime)"}
        yield Result("T33", "the machine's clock is moved", stand.database, seed, figures)
        return
    for process in world.processes:
        process.alterations += [*lie, hasty()]
    with world:
        world.shift_clock(timedelta())
        scenarios = JUMPS * size if size > 1 else [an_hour_back, drift]
        yield _clocks(world, stand, seed, "the machine's clock is moved", scenarios)


def _without_making_up(stand: Stand, seed: int) -> Result:
    with World(stand, alterations=[hasty(), *without(MAKING_UP)]) as world:
        title = f"the app's clock is moved{GUARDS[MAKING_UP]}"
        return _clocks(world, stand, seed, title, [ten_years_and_back])


def _clocks(world: World, stand: Stand, seed: int, title: str, scenarios: Sequence[Callable[["_Run"], None]]) -> Result:
    world.fill(lambda: make.link(slug="clock", start_increment=30, automation={"reminders": list(LEADS)}, **OPEN))
    world.start()
    run = _Run(world)
    for scenario in scenarios:
        run.sign_in()
        scenario(run)
        run.finish(scenario.__name__)
    figures: dict[str, Figure] = {"scenarios": len(scenarios), **run.figures()}
    return Result("T33", title, stand.database, seed, figures, verdict(world, *run.found))


OPEN = open_hours(minimum_notice=0)


class _Run:
    """What happens in all scenarios of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.found: list[str] = []
        (self._caller,) = world.callers(1)
        self._taken: set[int] = set()
        self._moments: list[tuple[float, float]] = []  # of every jump: by the steady clock, and by the app's
        self._latest = 0.0
        self._jumps = 0
        self._reminders = 0
        self._kept = 0
        self._browser: Any = None
        self.mark()

    # -- what a scenario does

    def book(self, hours: float, **more: Any) -> Operation:
        """A meeting so many hours from now, or as soon after as there is a free half hour."""
        start = int((self._now() + hours * 3600) // HALF_HOUR + 1) * HALF_HOUR
        while start in self._taken:
            start += HALF_HOUR
        return self.book_at(start, **more)

    def book_at(self, start: int, **more: Any) -> Operation:
        self._taken.add(start)
        booked = self._caller.book("clock", start, **more)
        if booked.outcome != DONE:
            self.found.append(f"T33 a booking was answered with {booked.status}: {booked.answer}")
        return booked

    def fill_calendar(self) -> None:
        """Book around all that may be jumped over, and let the news of it go out."""
        for hours in AHEAD:
            self.book(hours)
        self.settle()

    def jump(self, by: timedelta, *, keeps: bool = True) -> None:
        """Move the clock, wait for what is due then, and change bookings; `keeps`: nobody is signed out by it."""
        far = [self.book(FAR) for _ in range(2)]
        self.settle()
        self.world.shift_clock(by)
        self.mark()
        self._jumps += 1
        self.settle()
        if abs(by) < timedelta(days=30):
            self._change(far)
        if keeps:
            self._look_whether_signed_in()

    def _change(self, booked: Sequence[Operation]) -> None:
        start = int((self._now() + FAR * 3600) // HALF_HOUR + 48) * HALF_HOUR
        while start in self._taken:
            start += HALF_HOUR
        self._taken.add(start)
        moved, cancelled = booked
        for done in (self._caller.move(moved, start), self._caller.cancel(cancelled)):
            if done.outcome != DONE:
                self.found.append(f"T33 a {done.kind} was answered with {done.status}: {done.answer}")
        self.settle()

    def go_to(self, instant: float) -> None:
        self.world.shift_clock(timedelta(seconds=instant - self._now()))
        self.mark()

    def settle(self) -> None:
        if not self.world.settle(90):
            self.found.append(f"T33 {len(self.world.unsettled())} mails are due and don't go out")

    def _now(self) -> float:
        return self.world.now().timestamp()

    def mark(self) -> None:
        self._caller.close()  # the server takes connections for long idle when its clock is put forward
        self._moments.append((time.monotonic(), self._now()))

    # -- who is signed in

    def sign_in(self) -> None:
        self._browser = build_opener(HTTPCookieProcessor(CookieJar()))
        address = f"{self.world.processes[0].url}/sign-in"
        page = self._browser.open(address, timeout=60).read().decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token, page
        fields = {"csrf_token": token[1], "email": "alice@example.org", "password": make.PASSWORD, "stays": "y"}
        self._browser.open(address, urlencode(fields).encode(), timeout=60).read()
        self._look_whether_signed_in()

    def _look_whether_signed_in(self) -> None:
        answer = self._browser.open(f"{self.world.processes[0].url}/links", timeout=60)
        if answer.url.endswith("/links"):
            self._kept += 1
        else:
            self.found.append(f"T33 signed out: {answer.url}")

    # -- what came of it

    def finish(self, name: str) -> None:
        """Judge all reminders so far."""
        self.settle()
        rows = self.world.rows()
        came = by_message(self.world.mail.received)
        known_since = self._known_since()
        self._reminders = 0
        public = {row["id"]: row for row in rows.bookings}
        for row in _standing(rows):
            booking = public[row["booking_id"]]
            times = [mail.at for mail in came.get(row["message_id"], [])]
            self._reminders += len(times)
            for trouble in self._judge(row, booking, times, known_since[booking["public_id"]]):
                self.found.append(f"T33 {name}: reminder {row['id']} {trouble}")

    def _known_since(self) -> dict[str, float]:
        """When each booking was last changed, by the steady clock."""
        done = [one for one in self.world.history.operations if one.outcome == DONE]
        return {one.asked.get("id") or one.answer["id"]: one.ended for one in done}

    def _judge(self, row: Row, booking: Row, times: Sequence[float], known_since: float) -> Iterator[str]:
        if len(times) > 1:
            yield f"came {len(times)} times"
        lead = lead_of(row)
        assert lead is not None
        at = self._first_due(row["due_at"], booking["starts_at"] - min(300, lead // 2), known_since)
        if at is None:
            yield from ["came when it was not due, or of no use"] if times else []
        elif not times:
            yield f"is lost: {row['state']}, {row['last_error']}"
        for came in times if at is not None else []:
            self._latest = max(self._latest, came - at)
            if not -1 < came - at < LATEST:
                yield f"came {came - at:.1f} s after it was due"

    def _first_due(self, due_at: int, useless_at: int, since: float) -> float | None:
        """When, by the steady clock, the app's clock first said that a reminder known since then was due and of use."""
        for (began, clock), (ended, _) in pairwise([*self._moments, (time.monotonic(), 0)]):
            at = max(began, since, began + due_at - clock)
            if at < ended and clock + at - began < useless_at:
                return at
        return None

    def figures(self) -> dict[str, Figure]:
        return {
            "jumps": self._jumps,
            "bookings": len(self.world.history.of("book", DONE)),
            "reminders that came": self._reminders,
            "late by at most (s)": self._latest,
            "still signed in": self._kept,
        }


def _standing(rows: Rows) -> Iterator[Row]:
    """The reminders of what stands, but for those that the booking came too late for."""
    bookings = {row["id"]: row for row in rows.bookings}
    for row in rows.deliveries:
        if row["kind"] not in REMINDERS or "came too late" in row["last_error"]:
            continue
        booking = bookings[row["booking_id"]]
        if booking["status"] == "confirmed" and booking["sequence"] == row["sequence"]:
            yield row


# -- the scenarios


def an_hour_forward(run: _Run) -> None:
    run.fill_calendar()
    run.jump(HOUR)


def a_day_and_an_hour_forward(run: _Run) -> None:
    run.fill_calendar()
    run.jump(25 * HOUR)


def an_hour_back(run: _Run) -> None:
    run.fill_calendar()
    run.jump(-HOUR)
    run.jump(HOUR)


def a_day_and_an_hour_back(run: _Run) -> None:
    run.fill_calendar()
    run.jump(-25 * HOUR)
    run.jump(25 * HOUR)


def ten_years_and_back(run: _Run) -> None:
    run.fill_calendar()
    run.jump(DECADE, keeps=False)
    run.jump(-DECADE, keeps=False)  # the sessions had run out by then
    run.jump(HOUR, keeps=False)  # to the reminders that seemed too late in between


def forward_and_back(run: _Run) -> None:
    run.fill_calendar()
    for by in (HOUR, -HOUR, 25 * HOUR, -25 * HOUR):
        run.jump(by)


def asleep(run: _Run) -> None:
    """The machine is suspended for two hours."""
    run.fill_calendar()
    _sleep(run, 2 * HOUR)


def asleep_and_set_back(run: _Run) -> None:
    """The machine wakes with a clock that lost an hour."""
    run.fill_calendar()
    _sleep(run, -HOUR)
    run.jump(HOUR)


def _sleep(run: _Run, by: timedelta) -> None:
    (process,) = run.world.processes
    process.signal(signal.SIGSTOP)
    run.world.shift_clock(by)
    time.sleep(0.5)
    process.signal(signal.SIGCONT)
    run.mark()
    run.settle()


def drift(run: _Run) -> None:
    """The clock goes 5 % too fast for a while, and then too slow, as reminders fall due."""
    for rate in (0.05, -0.05):
        booked = run.book(1.2)
        run.settle()
        run.go_to(booked.asked["start"] - 3600 - 0.7)
        for _ in range(15):
            run.world.shift_clock(timedelta(seconds=0.1 * rate))
            run.mark()
            time.sleep(0.1)
        run.settle()


def _spring(run: _Run, zone: str) -> None:
    """Summer time begins, with a reminder due in each second around it."""
    change = int(make.at(SPRING[zone]).timestamp())
    run.go_to(change - 2 * 3600)
    seconds = range(-1, 2)
    ids = [run.book_at(change + 3600 + HALF_HOUR * (1 + number), timezone=zone) for number in seconds]
    run.settle()
    starts = {booked.asked["start"]: number for booked, number in zip(ids, seconds, strict=True)}
    run.world.fill(lambda: _due_by_seconds(change, starts))
    run.go_to(change - 1.7)
    time.sleep(3)
    run.settle()


def _due_by_seconds(change: int, starts: dict[int, int]) -> None:
    """Reminders fall due on full minutes; here, each in a second of its own."""
    for row in Delivery.select().where(Delivery.kind.in_(REMINDERS)):
        start = int(row.booking.starts_at.timestamp())
        if start in starts and row.details["lead"] == 3600:
            due_at = make.at("1970-01-01") + timedelta(seconds=change + starts[start])
            Delivery.update(due_at=due_at).where(Delivery.id == row.id).execute()


def spring_in_paris(run: _Run) -> None:
    _spring(run, "Europe/Paris")


def spring_on_lord_howe(run: _Run) -> None:
    """By half an hour only; in the South it is autumn, and clocks go back."""
    _spring(run, "Australia/Lord_Howe")


JUMPS = [
    an_hour_forward,
    a_day_and_an_hour_forward,
    an_hour_back,
    a_day_and_an_hour_back,
    ten_years_and_back,
    forward_and_back,
    asleep,
    asleep_and_set_back,
    drift,
]
ZONES = [spring_in_paris, spring_on_lord_howe]

PROGRAMS = [("T33", clocks, 1, 8)]
