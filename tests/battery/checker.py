"""The verdict: what must be true of a history, the final rows and the mails received. Each rule has its number.

The history is the callers' own. What got no answer may have happened or not, but not twice.
"""

import json
import re
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

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
    """V1: two meetings of a host are apart, by the longer of their links' buffers, and are noted down with these."""
    buffers = _buffers(evidence.rows)
    active = [row for row in evidence.rows.participants if row["is_active"] and row["is_required"]]
    for row in active:
        if row["buffer"] != buffers[row["booking_id"]]:
            yield f"V1 booking {row['booking_id']} keeps {row['buffer']} minutes free, not {buffers[row['booking_id']]}"
    active = [{**row, "buffer": buffers[row["booking_id"]]} for row in active]
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


def _buffers(rows: Rows) -> dict[int, int]:
    """Of each booking, the buffer that its link asks for: nobody changes a link here."""
    of_links = {link["id"]: json.loads(link["scheduling"])["buffer"] for link in rows.links}
    return {booking["id"]: of_links[booking["link_id"]] for booking in rows.bookings}


def booked_once(evidence: Evidence) -> Iterator[str]:
    """V2: what was said to be booked is there once, as it was asked for, at a time and in a state that was acknowledged."""
    slugs = {row["id"]: row["slug"] for row in evidence.rows.links}
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
        yield from _as_asked(found[0], answers[0], slugs[found[0]["link_id"]])
        yield from _state(found[0], instant_of(answers[0].answer["start"]), changes[identity])


def _as_asked(row: Row, booked: Operation, slug: str) -> Iterator[str]:
    """What no change of a booking changes: whose it is, of which link, how long."""
    asked = booked.asked
    minutes = asked.get("duration", row["duration"])
    wanted = (asked["email"], asked["slug"], minutes, minutes * 60)
    is_there = (row["email"], slug, row["duration"], row["ends_at"] - row["starts_at"])
    if is_there != wanted:
        yield f"V2 booking {row['public_id']} is {is_there}, asked for was {wanted}"
    if instant_of(booked.answer["start"]) != asked["start"]:
        yield f"V2 booking {row['public_id']} was acknowledged for {booked.answer['start']}, not {asked['start']}"


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
    """V4: for each version of a booking one row per recipient and kind, and none is missing, for no host."""
    rows = [row for row in evidence.rows.deliveries if row["booking_id"] is not None]
    seen = Counter((row["booking_id"], row["sequence"], row["kind"], row["recipient"], lead_of(row)) for row in rows)
    for what, times in seen.items():
        if times > 1:
            yield f"V4 {what} is queued {times} times"
    told = {(row["booking_id"], row["sequence"], row["audience"]) for row in rows if row["kind"] not in REMINDERS}
    for booking in evidence.rows.bookings:
        for sequence in range(booking["sequence"] + 1):
            for audience in ("contact", "host"):
                if (booking["id"], sequence, audience) not in told:
                    yield f"V4 version {sequence} of booking {booking['id']} is not told to the {audience}"
    yield from _told_to_all(evidence.rows)


def _told_to_all(rows: Rows) -> Iterator[str]:
    """Contact and all hosts are told of each version since the present hosts were the hosts; nobody else is."""
    news: dict[int, list[Row]] = defaultdict(list)
    for row in rows.deliveries:
        if row["booking_id"] is not None and row["kind"] not in REMINDERS:
            news[row["booking_id"]].append(row)
    for booking in rows.bookings:
        told = news[booking["id"]]
        handed_over = max((row["sequence"] for row in told if row["kind"] == "withdrawn"), default=0)
        people = _people(rows, booking)
        for sequence in range(handed_over, booking["sequence"] + 1):
            version = [row for row in told if row["sequence"] == sequence and "withdrawn" not in row["kind"]]
            if sorted(row["recipient"] for row in version) != sorted(people):
                yield (
                    f"V4 version {sequence} of booking {booking['id']} is told to"
                    f" {[row['recipient'] for row in version]}, it is about {people}"
                )


def _people(rows: Rows, booking: Row) -> list[str]:
    """The addresses of all whom a booking is about now: the contact and the hosts."""
    emails = {user["id"]: user["email"] for user in rows.users}
    hosts = [emails[seat["host_id"]] for seat in rows.participants if seat["booking_id"] == booking["id"]]
    return [booking["email"], *hosts]


def lead_of(row: Row) -> int | None:
    found = re.search(r'"lead": ?(\d+)', str(row["details"]).replace("'", '"'))
    return int(found.group(1)) if found and row["kind"] in REMINDERS else None


def received_what_was_sent(evidence: Evidence) -> Iterator[str]:
    """V5: what counts as sent has arrived; copies are the same to the byte; nothing came that no row knows.

    It came to whom it was for and to nobody else. And what is true at the end was told: no news of a booking's last
    version is lost.
    """
    copies: dict[str, list[bytes]] = defaultdict(list)
    known = {row["message_id"]: row["recipient"] for row in evidence.rows.deliveries}
    for mail in evidence.received:
        identity = _message_id(mail.raw)
        copies[identity].append(mail.raw)
        if identity in known and mail.recipients != [known[identity]]:
            yield f"V5 mail {identity} to {known[identity]} came to {mail.recipients}"
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
    end: int


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

    start, end = (instant_of(value(name)) for name in ("DTSTART", "DTEND"))
    return Event(value("METHOD"), value("UID"), int(value("SEQUENCE")), value("DTSTAMP"), start, end)


def invitations_in_order(evidence: Evidence) -> Iterator[str]:
    """V7: for each recipient and event SEQUENCE grows with each message, DTSTAMP never goes back, the last is the final state.

    A repeat is the same message once more.
    """
    threads: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for mail in sorted(evidence.received, key=lambda mail: mail.at):
        event = event_of(mail.raw)
        if event is not None:
            threads[(mail.recipients[0], event.uid)].append(event)
    final = {row["uid"]: row for row in evidence.rows.bookings}
    for (recipient, uid), events in threads.items():
        for first, second in pairwise(events):
            if second != first and not (second.sequence > first.sequence and second.stamp >= first.stamp):
                yield f"V7 {recipient}: {uid} does not go on from {first} to {second}"
        yield from _last(recipient, uid, events[-1], final.get(uid))


def _last(recipient: str, uid: str, event: Event, row: Row | None) -> Iterator[str]:
    if row is None or row["status"] == "cancelled":
        if event.method != "CANCEL" or (row is not None and event.sequence != row["sequence"]):
            yield f"V7 {recipient}: {uid} is over, and their calendar was never told"
        return
    final = ("REQUEST", row["sequence"], row["starts_at"], row["ends_at"])
    if (event.method, event.sequence, event.start, event.end) != final:
        yield f"V7 {recipient}: {uid} is {row['sequence']} at {row['starts_at']}, their calendar has {event}"


def reminders_once(evidence: Evidence) -> Iterator[str]:
    """V9: a due reminder of a meeting that takes place was sent; none of a version that was overtaken came later.

    None is missing, given up, or left out as too late before it was.
    """
    yield from _planned(evidence.rows)
    bookings = {row["id"]: row for row in evidence.rows.bookings}
    changed_at = {row["id"]: row["changed_at"] for row in evidence.rows.bookings}
    for row in evidence.rows.deliveries:
        if row["kind"] not in REMINDERS or row["recipient"] in evidence.excused:
            continue
        booking = bookings[row["booking_id"]]
        is_current = row["sequence"] == booking["sequence"] and booking["status"] == "confirmed"
        if is_current and row["state"] in ("pending", "sending") and row["due_at"] < evidence.now - LATE:
            yield f"V9 reminder {row['id']} was due at {row['due_at']} and is {row['state']}"
        if is_current and (row["state"] == "failed" or _was_useful(row, booking, evidence.now)):
            yield f"V9 reminder {row['id']} is {row['state']}, though it could have come: {row['last_error']}"
        if is_current and row["state"] == "dropped" and "too late" not in row["last_error"]:
            yield f"V9 reminder {row['id']} of a meeting that takes place was dropped: {row['last_error']}"
        if not is_current and row["state"] == "sent" and row["sent_at"] > changed_at[row["booking_id"]] + 1:
            yield f"V9 reminder {row['id']} of an overtaken version was sent after the change"


def _was_useful(row: Row, booking: Row, now: int) -> bool:
    """Whether a reminder counts as missed though even at the end there would be time for it."""
    return row["state"] == "missed" and now < booking["starts_at"] - min(300, (lead_of(row) or 0) // 2)


def _planned(rows: Rows) -> Iterator[str]:
    """Every reminder that the link asks for is a row, for the contact and for each host, whatever became of it."""
    units = {"minutes": 60, "hours": 3600, "days": 86400, "weeks": 7 * 86400}
    asked_for = {link["id"]: json.loads(link["automation"])["reminders"] for link in rows.links}
    there = Counter(
        (row["booking_id"], row["sequence"], row["recipient"], lead_of(row))
        for row in rows.deliveries
        if row["kind"] in REMINDERS
    )
    for booking in rows.bookings:
        reminders = asked_for[booking["link_id"]] if booking["status"] == "confirmed" else []
        for lead in {one["value"] * units[one["unit"]] for one in reminders}:
            for person in _people(rows, booking):
                if not there[booking["id"], booking["sequence"], person, lead]:
                    yield f"V9 booking {booking['id']}: no reminder {lead} s before for {person}"


def legal_lives(evidence: Evidence) -> Iterator[str]:
    """V10: a booking is confirmed first, moved any number of times, cancelled once at most, and then nothing more.

    Its hosts are those that its link has for it, and their time is its time.
    """
    links = {row["id"]: row for row in evidence.rows.links}
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
        yield from _right_hosts(evidence.rows, booking, links[booking["link_id"]], seats[booking["id"]])


def _seats(booking: Row, seats: Sequence[Row]) -> Iterator[str]:
    if not seats:
        yield f"V10 booking {booking['id']} has no host"
    for seat in seats:
        if bool(seat["is_active"]) != (booking["status"] == "confirmed"):
            yield f"V10 booking {booking['id']} is {booking['status']}, its host's time says otherwise"
        if (seat["starts_at"], seat["ends_at"]) != (booking["starts_at"], booking["ends_at"]):
            yield f"V10 booking {booking['id']} and its host's time differ"


def _right_hosts(rows: Rows, booking: Row, link: Row, seats: Sequence[Row]) -> Iterator[str]:
    """The organizer alone or whoever was given it, all members of a group, or one of those who take turns."""
    members = {
        (row["user_id"], link["kind"] == "round_robin" or bool(row["check_availability"]))
        for row in rows.members
        if row["link_id"] == link["id"] and not row["is_paused"]
    }
    there = [(seat["host_id"], bool(seat["is_required"])) for seat in seats]
    are_right = {
        "individual": there == [(_holder(booking, link), True)],
        "group": sorted(there) == sorted(members),
        "round_robin": len(there) == 1 and set(there) <= members,
    }
    if not are_right[link["kind"]]:
        yield f"V10 booking {booking['id']} of {link['slug']} ({link['kind']}) has the hosts {there}"


def _holder(booking: Row, link: Row) -> int:
    """To whom a meeting was given last, if ever."""
    hands = (json.loads(booking.get("assignment") or "null") or {}).get("handed_over")
    return hands[-1]["to"] if hands else link["organizer_id"]


def nothing_in_the_log(evidence: Evidence) -> Iterator[str]:
    """V12: no contact's name is in the log."""
    if CANARY in evidence.log:
        yield f"V12 the log has a contact's name {evidence.log.count(CANARY)} times"


def times_in_words(evidence: Evidence) -> Iterator[str]:
    """V13: a mail that tells of the final state says its time in words, as the reader's own clock shows it."""
    bookings = {row["id"]: row for row in evidence.rows.bookings}
    zones = {row["email"]: row["timezone"] for row in evidence.rows.users}
    told = {row["message_id"]: row for row in evidence.rows.deliveries}
    for mail in evidence.received:
        row = told.get(_message_id(mail.raw), {})
        booking = bookings.get(row.get("booking_id"), {})
        if not booking or row["sequence"] != booking["sequence"] or "withdrawn" in row["kind"]:
            continue
        zone = booking["timezone"] if row["audience"] == "contact" else zones[row["recipient"]]
        start = datetime.fromtimestamp(booking["starts_at"], ZoneInfo(zone))
        words = f"{start.day} {start:%B %Y}, {start:%H:%M}"
        if words not in _text(mail.raw):
            yield f"V13 delivery {row['id']} ({row['kind']}) does not say {words}, the time in {zone}"


def _text(raw: bytes) -> str:
    """What a mail says to people, on one line."""
    parts = (part for part in message_from_bytes(raw).walk() if part.get_content_type() == "text/plain")
    return " ".join(" ".join(part.get_payload(decode=True).decode() for part in parts).split())


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
    times_in_words,
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
