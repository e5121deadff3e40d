"""The verdict: what must be true of a history, the final rows and the mails received. Each rule has its number.

The history is the callers' own. What got no answer may have happened or not, but not twice.
"""

import re
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from itertools import groupby, pairwise

from tests.battery.callers import CANARY, instant_of
from tests.battery.history import DONE, REFUSED, UNKNOWN, History, Operation
from tests.battery.rows import Row, Rows
from tests.smtp import Received

REMINDERS = ("reminder", "host_reminder")
SECRET = ("set_password", "reset_password")
LATE = 60  # seconds that a due reminder may still be unsent when the run ends


@dataclass
class Evidence:
    """All that the verdict is based on. `windows`: how often a process died between a mail's arrival and its record."""

    history: History
    rows: Rows
    received: Sequence[Received]
    now: int  # the app's clock at the end, epoch seconds
    windows: int = 0
    log: str = ""
    excused: set[str] = field(default_factory=set)  # recipients whose mails were refused on purpose


Rule = Callable[[Evidence], Iterator[str]]


def check(evidence: Evidence, rules: Sequence[Rule] = ()) -> list[str]:
    """Everything that is not as it must be, each with the number of its rule; by all rules, or by these alone."""
    return [violation for rule in rules or RULES for violation in rule(evidence)]


def no_overlaps(evidence: Evidence) -> Iterator[str]:
    """V1: two meetings of a host are apart, by the longer of their buffers."""
    active = [row for row in evidence.rows.participants if row["is_active"] and row["is_required"]]
    active.sort(key=lambda row: (row["host_id"], row["starts_at"], row["ends_at"]))
    for host, seats in groupby(active, key=lambda row: row["host_id"]):
        held = list(seats)
        widest = max(row["buffer"] for row in held) * 60
        for index, first in enumerate(held):
            for second in held[index + 1 :]:
                if second["starts_at"] >= first["ends_at"] + widest:
                    break
                if second["starts_at"] - first["ends_at"] < max(first["buffer"], second["buffer"]) * 60:
                    yield f"V1 host {host}: bookings {first['booking_id']} and {second['booking_id']} are too close"


def booked_once(evidence: Evidence) -> Iterator[str]:
    """V2: what was said to be booked is there once, at a time and in a state that was acknowledged."""
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.rows.bookings:
        by_id[row["public_id"]].append(row)
    changes: dict[str, list[Operation]] = defaultdict(list)
    for operation in evidence.history.operations:
        if operation.kind in ("move", "cancel"):
            changes[operation.asked["id"]].append(operation)
    for identity, answers in _ids_of(evidence.history.of("book", DONE)).items():
        found = by_id[identity]
        if len(found) != 1:
            yield f"V2 booking {identity} is there {len(found)} times"
            continue
        yield from _state(found[0], instant_of(answers[0].answer["start"]), changes[identity])


def _ids_of(operations: Sequence[Operation]) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        found[operation.answer["id"]].append(operation)
    return found


def _state(row: Row, start: int, changes: Sequence[Operation]) -> Iterator[str]:
    """Whether a booking is as the last acknowledged changes left it; those without an answer may have happened."""
    cancels = [one for one in changes if one.kind == "cancel" and one.outcome != REFUSED]
    is_cancelled = row["status"] == "cancelled"
    if any(one.outcome == DONE for one in cancels) and not is_cancelled:
        yield f"V2 booking {row['public_id']} was cancelled and is not"
    if is_cancelled and not cancels:
        yield f"V2 booking {row['public_id']} is cancelled, and nobody asked for it"
    moves = [one for one in changes if one.kind == "move" and one.outcome != REFUSED]
    if row["starts_at"] not in _possible_starts(start, moves):
        yield f"V2 booking {row['public_id']} is at {row['starts_at']}, where nobody was told it is"


def _possible_starts(start: int, moves: Sequence[Operation]) -> set[int]:
    """Where it may be: where a move took it that no later acknowledged move followed for certain."""
    done = [one for one in moves if one.outcome == DONE]
    latest = max((one.began for one in done), default=None)
    possible = {one.asked["start"] for one in moves if one.outcome == UNKNOWN or latest is None or one.ended >= latest}
    return possible if done else possible | {start}


def refused_left_nothing(evidence: Evidence) -> Iterator[str]:
    """V3: what was refused is not there; what got no answer is there once at most."""
    present = Counter(row["email"] for row in evidence.rows.bookings)
    attempts: dict[str, list[Operation]] = defaultdict(list)
    for operation in evidence.history.of("book"):
        attempts[operation.asked["email"]].append(operation)
    for email, operations in attempts.items():
        done = {one.answer["id"] for one in operations if one.outcome == DONE}
        open_keys = {one.asked["key"] for one in operations if one.outcome == UNKNOWN}
        open_keys -= {one.asked["key"] for one in operations if one.outcome == DONE}
        if not len(done) <= present[email] <= len(done) + len(open_keys):
            yield (
                f"V3 {email} has {present[email]} bookings; acknowledged {len(done)}, without an answer {len(open_keys)}"
            )


def one_row_each(evidence: Evidence) -> Iterator[str]:
    """V4: for each version of a booking one row per recipient and kind, and none is missing."""
    rows = [row for row in evidence.rows.deliveries if row["booking_id"] is not None]
    seen = Counter((row["booking_id"], row["sequence"], row["kind"], row["recipient"], _lead(row)) for row in rows)
    for what, times in seen.items():
        if times > 1:
            yield f"V4 {what} is queued {times} times"
    told = {(row["booking_id"], row["sequence"], row["audience"]) for row in rows if row["kind"] not in REMINDERS}
    for booking in evidence.rows.bookings:
        for sequence in range(booking["sequence"] + 1):
            for audience in ("contact", "host"):
                if (booking["id"], sequence, audience) not in told:
                    yield f"V4 version {sequence} of booking {booking['id']} is not told to the {audience}"


def _lead(row: Row) -> int | None:
    found = re.search(r'"lead": ?(\d+)', str(row["details"]).replace("'", '"'))
    return int(found.group(1)) if found and row["kind"] in REMINDERS else None


def received_what_was_sent(evidence: Evidence) -> Iterator[str]:
    """V5: what counts as sent has arrived; copies are the same to the byte; nothing came that no row knows.

    And what is true at the end was told: no news of a booking's last version is lost.
    """
    copies: dict[str, list[bytes]] = defaultdict(list)
    for mail in evidence.received:
        copies[_message_id(mail.raw)].append(mail.raw)
    known = {row["message_id"] for row in evidence.rows.deliveries}
    for identity, contents in copies.items():
        if identity not in known:
            yield f"V5 mail {identity} came, and no row knows it"
        if len(set(contents)) > 1:
            yield f"V5 mail {identity} came in {len(set(contents))} versions"
    for row in evidence.rows.deliveries:
        if row["state"] == "sent" and row["message_id"] not in copies:
            yield f"V5 delivery {row['id']} ({row['kind']}) counts as sent, and never came"
    yield from _untold(evidence)


def _untold(evidence: Evidence) -> Iterator[str]:
    versions = {row["id"]: row["sequence"] for row in evidence.rows.bookings}
    for row in evidence.rows.deliveries:
        is_current = row["booking_id"] is not None and row["sequence"] == versions[row["booking_id"]]
        if not is_current or row["kind"] in REMINDERS or row["recipient"] in evidence.excused:
            continue
        if row["state"] != "sent":
            yield f"V5 delivery {row['id']} ({row['kind']}) is true and {row['state']}: {row['last_error']}"


def few_repeats(evidence: Evidence) -> Iterator[str]:
    """V6: mails came twice no oftener than a process died between a mail's arrival and its record."""
    repeats = count_repeats(evidence.received)
    if repeats > evidence.windows:
        yield f"V6 {repeats} mails came again, {evidence.windows} could have"


def count_repeats(received: Sequence[Received]) -> int:
    """How many mails came that had come before."""
    return len(received) - len({_message_id(mail.raw) for mail in received})


def _message_id(raw: bytes) -> str:
    found = re.search(rb"^Message-ID:\s*(<[^>]+>)", raw, re.MULTILINE | re.IGNORECASE)
    return found.group(1).decode() if found else "none"


@dataclass(frozen=True)
class Event:
    """What an invitation says."""

    method: str
    uid: str
    sequence: int
    stamp: str
    start: int


def event_of(raw: bytes) -> Event | None:
    """The invitation in a mail's calendar alternative, read without a calendar library; None if it has none."""
    for part in message_from_bytes(raw).walk():
        if part.get_content_type() == "text/calendar" and part.get_filename() is None:
            text = re.sub(r"\r\n[ \t]", "", b64decode(part.get_payload()).decode())
            return _read(text)
    return None


def _read(text: str) -> Event:
    def value(name: str) -> str:
        found = re.search(rf"^{name}[:;]([^\r\n]*)", text, re.MULTILINE)
        return found.group(1).rpartition("VALUE=DATE-TIME:")[2] if found else ""

    stamp = value("DTSTART")
    start = instant_of(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}+00:00")
    return Event(value("METHOD"), value("UID"), int(value("SEQUENCE")), value("DTSTAMP"), start)


def invitations_in_order(evidence: Evidence) -> Iterator[str]:
    """V7: for each recipient and event SEQUENCE and DTSTAMP never go back, and the last message is the final state."""
    threads: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for mail in sorted(evidence.received, key=lambda mail: mail.at):
        event = event_of(mail.raw)
        if event is not None:
            threads[(mail.recipients[0], event.uid)].append(event)
    final = {row["uid"]: row for row in evidence.rows.bookings}
    for (recipient, uid), events in threads.items():
        for first, second in pairwise(events):
            if (second.sequence, second.stamp) < (first.sequence, first.stamp):
                yield f"V7 {recipient}: {uid} went back from {first} to {second}"
        yield from _last(recipient, uid, events[-1], final.get(uid))


def _last(recipient: str, uid: str, event: Event, row: Row | None) -> Iterator[str]:
    if row is None or row["status"] == "cancelled":
        if event.method != "CANCEL":
            yield f"V7 {recipient}: {uid} is over, and their calendar was never told"
    elif (event.method, event.sequence, event.start) != ("REQUEST", row["sequence"], row["starts_at"]):
        yield f"V7 {recipient}: {uid} is {row['sequence']} at {row['starts_at']}, their calendar has {event}"


def reminders_once(evidence: Evidence) -> Iterator[str]:
    """V9: a due reminder of a meeting that takes place was sent; none of a version that was overtaken came later."""
    bookings = {row["id"]: row for row in evidence.rows.bookings}
    changed_at = {row["id"]: row["changed_at"] for row in evidence.rows.bookings}
    for row in evidence.rows.deliveries:
        if row["kind"] not in REMINDERS or row["recipient"] in evidence.excused:
            continue
        booking = bookings[row["booking_id"]]
        is_current = row["sequence"] == booking["sequence"] and booking["status"] == "confirmed"
        if is_current and row["state"] in ("pending", "sending") and row["due_at"] < evidence.now - LATE:
            yield f"V9 reminder {row['id']} was due at {row['due_at']} and is {row['state']}"
        if is_current and row["state"] == "dropped" and "too late" not in row["last_error"]:
            yield f"V9 reminder {row['id']} of a meeting that takes place was dropped: {row['last_error']}"
        if not is_current and row["state"] == "sent" and row["sent_at"] > changed_at[row["booking_id"]] + 1:
            yield f"V9 reminder {row['id']} of an overtaken version was sent after the change"


def legal_lives(evidence: Evidence) -> Iterator[str]:
    """V10: a booking is confirmed first, moved any number of times, cancelled once at most, and then nothing more."""
    news: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in evidence.rows.deliveries:
        if row["booking_id"] is not None and row["audience"] == "host" and row["kind"] not in REMINDERS:
            news[row["booking_id"]][row["sequence"]].add(row["kind"])
    seats: dict[int, list[Row]] = defaultdict(list)
    for row in evidence.rows.participants:
        seats[row["booking_id"]].append(row)
    for booking in evidence.rows.bookings:
        versions = news[booking["id"]]
        cancelled = [sequence for sequence, kinds in versions.items() if "host_cancelled" in kinds]
        expected = [booking["sequence"]] if booking["status"] == "cancelled" else []
        if cancelled != expected:
            yield f"V10 booking {booking['id']} ({booking['status']}): cancelled in versions {cancelled}"
        if "host_booked" not in versions[0]:
            yield f"V10 booking {booking['id']} began with {versions[0]}"
        yield from _seats(booking, seats[booking["id"]])


def _seats(booking: Row, seats: Sequence[Row]) -> Iterator[str]:
    if not seats:
        yield f"V10 booking {booking['id']} has no host"
    for seat in seats:
        if bool(seat["is_active"]) != (booking["status"] == "confirmed"):
            yield f"V10 booking {booking['id']} is {booking['status']}, its host's time says otherwise"
        if (seat["starts_at"], seat["ends_at"]) != (booking["starts_at"], booking["ends_at"]):
            yield f"V10 booking {booking['id']} and its host's time differ"


def nothing_in_the_log(evidence: Evidence) -> Iterator[str]:
    """V12: no contact's name is in the log."""
    if CANARY in evidence.log:
        yield f"V12 the log has a contact's name {evidence.log.count(CANARY)} times"


BOOKINGS: Sequence[Rule] = (  # what can be told at once, with mails still under way
    no_overlaps,
    booked_once,
    refused_left_nothing,
    one_row_each,
    legal_lives,
    nothing_in_the_log,
)
RULES: Sequence[Rule] = (
    *BOOKINGS,
    received_what_was_sent,
    few_repeats,
    invitations_in_order,
    reminders_once,
)


# -- V11


def linearizable(operations: Sequence[Operation]) -> bool:
    """V11: whether some order explains all answers about one time that one may have: free, or held by one caller.

    An operation takes effect between its begin and its end; one without an answer at any time from its begin on, or
    never. Operations: book (by caller), cancel (by the caller who holds it).
    """
    pending = sorted(operations, key=lambda one: one.began)
    seen: set[tuple[frozenset[int], int | None]] = set()

    def explain(left: frozenset[int], holder: int | None) -> bool:
        if all(pending[index].outcome == UNKNOWN for index in left):
            return True
        if (left, holder) in seen:
            return False
        seen.add((left, holder))
        first_end = min(pending[index].ended for index in left if pending[index].outcome != UNKNOWN)
        return any(
            explain(left - {index}, after)
            for index in left
            if pending[index].began <= first_end
            for after in _effects(pending[index], holder)
        )

    return explain(frozenset(range(len(pending))), None)


def _effects(operation: Operation, holder: int | None) -> list[int | None]:
    """What the time may be after it; nothing if its answer does not fit."""
    if operation.kind == "book":
        took = [operation.caller] if holder is None else []
        kept = [holder] if holder is not None else []
    else:
        took = [None] if holder == operation.caller else []
        kept = [holder] if holder != operation.caller else []
    if operation.outcome == UNKNOWN:
        return [*took, holder]
    return list(took if operation.outcome == DONE else kept)
