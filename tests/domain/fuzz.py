"""Compare the package with the oracle on any number of random cases.

    python -m tests.domain.fuzz --cases 1000000 --seed 1

Prints seed and rate. At the first difference it prints the case and what repeats it, and ends with status 1.
"""

import argparse
import random
import sys
import time
from collections import Counter
from datetime import date, timedelta
from functools import cache

from meetings.domain.availability import (
    DateRange,
    Host,
    Kind,
    Rolling,
    Rules,
    Window,
    free_hosts,
    horizon_span,
    is_offered,
    refusal,
    relevant_span,
    slots,
)
from meetings.domain.round_robin import Candidate, choose
from meetings.domain.time import Span, days_span, instant_of, zone
from tests.domain import oracle

DAY = 86_400
YEARS = date(1970, 1, 5), date(2037, 12, 20)
# Half hours and double hours, midnights that are skipped or shown twice, days that never were, laws that changed.
ODD_ZONES = """
Australia/Lord_Howe Antarctica/Troll Pacific/Apia Pacific/Kiritimati Pacific/Kwajalein Africa/Casablanca Africa/Cairo
America/St_Johns America/Goose_Bay America/Havana America/Santiago America/Sao_Paulo America/Asuncion America/Nuuk
America/Scoresbysund America/Vancouver America/Edmonton Asia/Almaty Asia/Amman Asia/Beirut Asia/Gaza Asia/Tehran
Asia/Kathmandu Asia/Pyongyang Atlantic/Azores Africa/Monrovia Africa/Juba America/Caracas Europe/Berlin Europe/Dublin
America/New_York Pacific/Chatham Pacific/Norfolk Europe/Chisinau Antarctica/Casey Asia/Manila Asia/Kolkata
""".split()  # noqa: SIM905 - easier to read and to add to


@cache
def clock_changes(name):
    """Instants at which the zone's clocks were set, but for those undone within the week."""
    weeks = range((YEARS[0] - oracle.ORIGIN).days * DAY, (YEARS[1] - oracle.ORIGIN).days * DAY, 7 * DAY)
    shifts = [oracle.shift(at, name) for at in weeks]
    steps = zip(weeks, shifts, weeks[1:], shifts[1:], strict=False)
    return [oracle.turning_point(low, high, name) for low, before, high, after in steps if before != after]


class Case:
    """One question: a link, its hosts, a span to look at, and now."""

    def __init__(self, random_):
        self.random = random_
        names = oracle.all_zones() if random_.random() < 0.6 else ODD_ZONES
        self.zone = random_.choice(names)
        self.middle = self._middle()
        self.duration = random_.choice([5, 10, 15, 20, 25, 30, 45, 60, 90, 120, 180, random_.randint(1, 720)])
        if random_.random() < 0.02:
            self.duration = random_.randint(720, 3000)
        self.now = (self.middle - random_.choice([0, 1, 2, 3, 4, 5]) * DAY) + random_.randint(-DAY, DAY)
        self.rules = Rules(
            zone=self.zone,
            windows=tuple(self._windows()),
            overrides=tuple(self._overrides()),
            increment=random_.choice([None, 5, 10, 15, 15, 20, 30, 30, 60, 90, random_.randint(3, 240)]),
            minimum_notice=random_.choice([0, 0, 0, 0, 15, 60, 240, 1440, random_.randint(0, 5000)]),
            buffer=random_.choice([0, 0, 0, 5, 10, 15, 30, 60, random_.randint(0, 1440)]),
            horizon=self._horizon(),
        )
        self.kind = random_.choice(list(Kind))
        count = 1 if self.kind == Kind.INDIVIDUAL else random_.choice([1, 2, 2, 3, 4, random_.randint(0, 1)])
        self.hosts = [self._host(number) for number in range(1, count + 1)]
        low = self.middle + random_.randint(-2 * DAY, DAY)
        self.span = Span(low, low + random_.choice([DAY, 2 * DAY, random_.randint(1, 4 * DAY)]))

    def _middle(self):
        """An instant, mostly within two days of a clock change."""
        changes = clock_changes(self.zone)
        if changes and self.random.random() < 0.8:
            return self.random.choice(changes) + self.random.randint(-DAY, 2 * DAY)
        first, last = ((day - oracle.ORIGIN).days * DAY for day in YEARS)
        return self.random.randint(first, last)

    def _minutes(self):
        """A window's ends, with a liking for round numbers, for the night and for the whole day."""
        pick = self.random.random()
        if pick < 0.15:
            return 0, 1440
        if pick < 0.25:
            return self.random.choice(
                [(0, 240), (1200, 1440), (60, 180), (120, 150), (150, 1440), (0, 90), (1410, 1440)]
            )
        grain = self.random.choice([60, 30, 15, 1])
        top = 300 if self.random.random() < 0.3 else 1440
        start, end = sorted(self.random.randint(0, top // grain) * grain for _ in range(2))
        return start, end

    def _windows(self):
        for _ in range(self.random.choice([0, 1, 2, 2, 3, 4])):
            start, end = self._minutes()
            weekdays = range(7) if self.random.random() < 0.7 else self.random.sample(range(7), 3)
            yield from (Window(weekday, start, end) for weekday in weekdays)

    def _date(self):
        return oracle.ORIGIN + timedelta(days=self.middle // DAY + self.random.randint(-3, 3))

    def _overrides(self):
        for _ in range(self.random.choice([0, 0, 0, 1, 2])):
            yield self._date(), tuple(self._minutes() for _ in range(self.random.choice([0, 1, 1, 2])))

    def _horizon(self):
        if self.random.random() < 0.5:
            return Rolling(self.random.choice([1, 1, 2, 5, 52]))
        first = self._date()
        return DateRange(first, first + timedelta(days=self.random.randint(-1, 6)))

    def _busy(self):
        start = self.middle + self.random.randint(-3 * DAY, 5 * DAY)
        if self.random.random() < 0.7:
            start -= start % 900
        return start, start + self.random.choice(
            [0, -60, 900, 1800, 1800, 3600, 3600, 7200, DAY, self.random.randint(1, DAY)]
        )

    def _host(self, number):
        pick = self.random.random()
        crowd = self.random.choice([0, 0, 0, 1, 2, 6])
        return Host(
            id=number,
            bookings=[(*self._busy(), self.random.choice([0, 0, 15, 30, 60, 1440])) for _ in range(crowd)],
            events=[self._busy() for _ in range(self.random.choice([0, 0, 0, 1, 2, 6]))],
            check_availability=self.random.random() < 0.8,
            is_paused=self.random.random() < 0.1,
            limits=None if pick < 0.85 else self._limits(),
        )

    def _limits(self):
        spans = (self._busy() for _ in range(self.random.randint(0, 6)))
        return [Span(start - self.random.choice([0, DAY]), end) for start, end in spans]

    def __str__(self):
        return f"{self.rules}\n{self.kind} {self.hosts}\nduration={self.duration} span={self.span} now={self.now}"

    def oracle(self):
        days = [oracle.ORIGIN + timedelta(days=at // DAY) for at in (self.span.start, self.span.end)]
        return oracle.Oracle(self.rules, self.kind, self.hosts, self.duration, self.now, *days)

    def probes(self, offered, judge):
        """Some starts to ask about one by one: offered, on the grid, near it, anywhere."""
        near = [at for at in judge.grid if self.span.start <= at < self.span.end]
        picks = [self.random.choice(found) for found in (offered, near, near) if found]
        return [*picks, *(at + self.random.choice([-60, 60, 1]) for at in picks[:1]), self.span.start]

    def difference(self):
        """Say where the package and the oracle part; None if nowhere."""
        rules, kind, hosts, duration, now = self.rules, self.kind, self.hosts, self.duration, self.now
        judge = self.oracle()
        expected = judge.slots(self.span.start, self.span.end)
        offered = slots(rules, kind, hosts, duration, self.span, now)
        if offered != expected:
            return f"slots: only here {set(offered) - set(expected)}, only oracle {set(expected) - set(offered)}"
        for start in self.probes(offered, judge):
            answer = refusal(rules, kind, hosts, duration, start, now)
            if answer != judge.refusal(start):
                return f"refusal({start}): {answer}, oracle {judge.refusal(start)}"
            if is_offered(rules, kind, hosts, duration, start, now) != (answer is None):
                return f"is_offered({start}) contradicts refusal"
            if free_hosts(rules, kind, hosts, duration, start) != judge.free(start):
                return f"free_hosts({start}): oracle {judge.free(start)}"
        return self._loading_difference(offered) or self._horizon_difference(offered)

    def _loading_difference(self, offered):
        """Busy times outside relevant_span must not matter."""
        seen = relevant_span(self.rules, self.span, self.duration)
        for host in self.hosts:
            host.bookings = [busy for busy in host.bookings if busy[0] < seen.end and busy[1] > seen.start]
            host.events = [busy for busy in host.events if busy[0] < seen.end and busy[1] > seen.start]
        if slots(self.rules, self.kind, self.hosts, self.duration, self.span, self.now) != offered:
            return "relevant_span leaves out something that matters"
        return None

    def _horizon_difference(self, offered):
        horizon = horizon_span(self.rules, self.now)
        if any(not horizon.start <= start < horizon.end for start in offered):
            return "a slot outside horizon_span"
        return None


def clock_difference(random_):
    """Compare one wall-clock reading, and where some days begin and end."""
    name = random_.choice(oracle.all_zones())
    changes = clock_changes(name)
    at = random_.choice(changes) if changes else random_.randint(0, 2_000_000_000)
    day, minute = oracle.ORIGIN + timedelta(days=at // DAY + random_.randint(-1, 2)), random_.randint(0, 1440)
    for is_end in (False, True):
        expected = (oracle.closes if is_end or minute == 1440 else oracle.opens)(day, minute, name)
        found = instant_of(day, minute, zone(name), is_end=is_end)
        if found != expected:
            return f"instant_of({day}, {minute}, {name}, is_end={is_end}): {found}, oracle {expected}"
    last = day + timedelta(days=random_.choice([0, 0, 1, 3]))
    span, expected = days_span(day, last, zone(name)), oracle.hull(day, last, name)
    if (expected is None and span.start < span.end) or expected not in {None, (span.start, span.end)}:
        return f"days_span({day}, {last}, {name}): {span}, oracle {expected}"
    return None


def choice_difference(random_):
    ids = random_.sample(range(1, 30), random_.randint(1, 6))
    candidates = [
        Candidate(number, random_.randint(1, 3), random_.randint(0, 4), random_.choice([None, None, 1, 2, 3]))
        for number in ids
    ]
    owner = random_.choice([None, None, ids[0], 99])
    choice = choose(candidates, owner)
    if (choice.host_id, choice.rule) != oracle.chosen(candidates, owner):
        return f"{candidates} owner={owner}: {choice}, oracle {oracle.chosen(candidates, owner)}"
    return None


def run(cases, seed):
    """Return (what differed or None, slots compared)."""
    compared = 0
    for number in range(cases):
        random_ = random.Random(f"{seed}/{number}")
        case = Case(random_)
        difference = case.difference() or clock_difference(random_) or choice_difference(random_)
        if difference:
            return f"seed {seed}, case {number}\n{case}\n{difference}", compared
        compared += len(slots(case.rules, case.kind, case.hosts, case.duration, case.span, case.now))
    return None, compared


def answers(cases, seed):
    """Count the oracle's answers to all starts on the grid."""
    count = Counter()
    for number in range(cases):
        case = Case(random.Random(f"{seed}/{number}"))
        judge = case.oracle()
        count.update(judge.refusal(start) for start in judge.grid if case.span.start <= start < case.span.end)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    options = parser.parse_args()
    began = time.perf_counter()
    difference, compared = run(options.cases, options.seed)
    seconds = time.perf_counter() - began
    if difference:
        sys.exit(difference)
    rate = options.cases / seconds
    print(
        f"seed {options.seed}: {options.cases} cases, {compared} slots, no difference, {seconds:.0f} s, {rate:.0f} cases/s"
    )


if __name__ == "__main__":
    main()
