"""A second, slow reading of meetings/domain/README.md that shares no code with the package.

Zone files are read straight from the tzdata package, and what a local clock shows is learnt by walking through UTC:
no fold, no gap arithmetic. Every start is judged on its own, by plain loops.
"""

import itertools
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

DAY = 86_400
STEP = 3600  # no two clock changes of one zone lie closer together than this
BLOCK = 4 * DAY
ORIGIN = date(1970, 1, 1)


def all_zones():
    return sorted(files("tzdata").joinpath("zones").read_text().split())


@cache
def load(name):
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def shift(at, name):
    """What the clocks of the zone are ahead of UTC, in seconds."""
    ahead = datetime.fromtimestamp(at, load(name)).utcoffset()
    return ahead.days * DAY + ahead.seconds


def shown(at, name):
    """The local clock's reading as seconds since its own 1970-01-01 00:00."""
    return at + shift(at, name)


def shown_date(at, name):
    return ORIGIN + timedelta(days=shown(at, name) // DAY)


@lru_cache(maxsize=100_000)
def _pieces_of_block(name, block):
    """Walk through a few days of UTC; return (from, until, shift) of each stretch with one shift."""
    low, high = block * BLOCK, (block + 1) * BLOCK
    pieces, begin, previous = [], low, shift(low, name)
    for at in range(low + STEP, high + STEP, STEP):
        current = shift(at, name)
        if current != previous:
            change = turning_point(at - STEP, at, name)
            pieces.append((begin, change, previous))
            begin, previous = change, current
    pieces.append((begin, high, previous))
    return [piece for piece in pieces if piece[0] < piece[1]]


def turning_point(low, high, name):
    first = shift(low, name)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if shift(middle, name) == first else (low, middle)
    return high


def pieces(name, low, high):
    blocks = range(low // BLOCK, high // BLOCK + 1)
    return [piece for block in blocks for piece in _pieces_of_block(name, block)]


def changes(name, low, high):
    """Instants at which the clocks were set, with the reading before and after."""
    for (_, until, before), (_, _, after) in itertools.pairwise(pieces(name, low, high)):
        if before != after:
            yield until, until + before, until + after


def hull(first, last, name):
    """First and last instant (the latter not included) that show one of these dates; None if none does."""
    low, high = ((day - ORIGIN).days * DAY for day in (first, last + timedelta(days=1)))
    found = []
    for start, end, ahead in pieces(name, low - 2 * DAY, high + 2 * DAY):
        begin, finish = max(start, low - ahead), min(end, high - ahead)
        if begin < finish:
            found += [begin, finish]
    return (min(found), max(found)) if found else None


@lru_cache(maxsize=200_000)
def instants(day, minute, name):
    """All instants that show this reading, in order; of a skipped reading, the instant of the jump."""
    reading = (day - ORIGIN).days * DAY + minute * 60
    around = reading - 3 * DAY // 2, reading + 3 * DAY // 2
    found = [reading - ahead for start, end, ahead in pieces(name, *around) if start <= reading - ahead < end]
    if found:
        return found
    return [at for at, before, after in changes(name, *around) if before <= reading < after]


def opens(day, minute, name):
    return instants(day, minute, name)[0]


def closes(day, minute, name):
    if minute == 1440:
        return instants(day + timedelta(days=1), 0, name)[0]
    return instants(day, minute, name)[-1]


def windows_of(rules, day):
    """Wall-clock windows of one date, found minute by minute."""
    replaced = [windows for at, windows in rules.overrides if at == day]
    if replaced:
        ranges = [window for windows in replaced for window in windows]
    else:
        ranges = [(w.start, w.end) for w in rules.windows if w.weekday == (day - date(2001, 1, 1)).days % 7]
    return painted(tuple(ranges))


@lru_cache(maxsize=10_000)
def painted(ranges):
    """Paint the ranges on a strip of minutes; return where the paint begins and ends."""
    strip = bytearray(1442)
    for start, end in ranges:
        for minute in range(start, end):
            strip[minute] = 1
    edges = [minute for minute in range(1441) if strip[minute] != (strip[minute - 1] if minute else 0)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def stretches(rules, first, last):
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for start, end in windows_of(rules, day):
            begin, finish = opens(day, start, rules.zone), closes(day, end, rules.zone)
            if begin < finish:
                found.append((begin, finish))
    return found


class Oracle:
    """Judges the slots of one link from the day `first` to the day `last`, roughly."""

    def __init__(self, rules, kind, hosts, duration, now, first, last):
        self.rules, self.kind, self.duration, self.now = rules, str(kind), duration * 60, now
        self.hosts = [host for host in hosts if not host.is_paused]
        margin = timedelta(days=duration // 1440 + 3)
        self.open = stretches(rules, first - timedelta(days=3), last + margin)
        step = 60 * (duration if rules.increment is None else rules.increment)
        self.grid = set()
        for begin, finish in stretches(rules, first - timedelta(days=2), last + timedelta(days=2)):
            start = begin
            while start < finish:
                self.grid.add(start)
                start += step

    def slots(self, low, high):
        return [start for start in sorted(self.grid) if low <= start < high and self.refusal(start) is None]

    def refusal(self, start):
        if start not in self.grid:
            return "grid"
        if not self.covered(start, start + self.duration, self.open):
            return "fit"
        if start < self.now + 60 * self.rules.minimum_notice:
            return "notice"
        if not self.near_enough(start):
            return "horizon"
        if not self.somebody(start):
            return "free"
        return None

    @staticmethod
    def covered(start, end, spans):
        """Walk from one span to the next while time is covered."""
        reached = start
        while reached < end:
            further = max((until for begin, until in spans if begin <= reached < until), default=reached)
            if further == reached:
                return False
            reached = further
        return True

    def near_enough(self, start):
        day = shown_date(start, self.rules.zone)
        horizon = self.rules.horizon
        if hasattr(horizon, "weeks"):
            today = shown_date(self.now, self.rules.zone)
            return 0 <= (day - today).days < 7 * horizon.weeks
        return horizon.first <= day <= horizon.last

    def somebody(self, start):
        if not self.hosts:
            return False
        answers = [self.is_free(host, start) for host in self.hosts]
        return any(answers) if self.kind == "round_robin" else all(answers)

    def free(self, start):
        return [host.id for host in self.hosts if self.is_free(host, start)]

    def is_free(self, host, start):
        if self.kind == "group" and not host.check_availability:
            return True
        if host.limits is not None:
            limits = [(span.start, span.end) for span in host.limits]
            if not self.covered(start, start + self.duration, limits):
                return False
        busy = [(begin, end, max(self.rules.buffer, own)) for begin, end, own in host.bookings]
        if host.check_availability or self.kind == "individual":
            busy += [(begin, end, self.rules.buffer) for begin, end in host.events]
        return not any(self.too_close(start, begin, end, gap * 60) for begin, end, gap in busy)

    def too_close(self, start, begin, end, gap):
        if end <= begin:
            return False
        return not (end + gap <= start or start + self.duration + gap <= begin)


class OwnHoursOracle(Oracle):
    """Hosts have hours of their own and days off, by the clocks of their own zones; their `limits` say nothing here.

    `own`: by host, what has zone, windows and overrides as rules have them. `closed`: by host, zone and dates.
    """

    def __init__(self, own, closed, rules, kind, hosts, duration, now, first, last):
        super().__init__(rules, kind, hosts, duration, now, first, last)
        margin = timedelta(days=duration // 1440 + 4)
        self.own = {number: stretches(hours, first - timedelta(days=4), last + margin) for number, hours in own.items()}
        self.off = {
            number: [found for day in days if (found := hull(day, day, name))]
            for number, (name, days) in closed.items()
        }

    def is_free(self, host, start):
        if self.kind == "group" and not host.check_availability:
            return True
        end = start + self.duration
        if host.id in self.own and not self.covered(start, end, self.own[host.id]):
            return False
        if any(begin < end and start < finish for begin, finish in self.off.get(host.id, ())):
            return False
        limits, host.limits = host.limits, None
        try:
            return super().is_free(host, start)
        finally:
            host.limits = limits


def chosen(candidates, owner):
    """Round robin by sorting everybody at once, then asking what set the first apart from the second."""
    if owner in {candidate.host_id for candidate in candidates}:
        return owner, "contact_owner"

    def rank(candidate):
        never = candidate.last_assigned is None
        return (
            Fraction(candidate.count) / candidate.weight,
            (0, 0) if never else (1, candidate.last_assigned),
            candidate.host_id,
        )

    order = sorted(candidates, key=rank)
    if len(order) == 1:
        return order[0].host_id, "only_one"
    first, second = rank(order[0]), rank(order[1])
    if first[0] != second[0]:
        return order[0].host_id, "fewest"
    return order[0].host_id, "longest_ago" if first[1] != second[1] else "lowest_id"
