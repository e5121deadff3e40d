"""The checker itself: a sound history passes, and each rule notices what it is there for.

V8 is missing: it is about connected calendars, of which there are none yet.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest

from tests.battery.callers import CANARY, text_of
from tests.battery.checker import BOOKINGS, RULES, Evidence, check, linearizable
from tests.battery.history import DONE, REFUSED, UNKNOWN, History, Operation
from tests.battery.rows import Rows
from tests.smtp import Received

NOON = 1_796_126_400
HOUR = 3600
CONTACT, HOST, SECOND = "maren@example.com", "alice@example.org", "bob@example.org"
USERS = [
    {"id": 1, "email": HOST, "timezone": "America/New_York", "locale": "en"},
    {"id": 2, "email": SECOND, "timezone": "UTC", "locale": "en"},
]
ANSWER = {"id": "b-1", "start": text_of(NOON)}


class Plant:
    """Evidence of one booking, made, moved by an hour and told; each test spoils one thing."""

    def __init__(self) -> None:
        self._clock = count(1.0)
        self.operations: list[Operation] = []
        self.bookings = [
            {
                "id": 1,
                "public_id": "b-1",
                "email": CONTACT,
                "uid": "u-1",
                "status": "confirmed",
                "sequence": 1,
                "link_id": 1,
                "timezone": "Asia/Tokyo",
                "duration": 30,
                "starts_at": NOON + HOUR,
                "ends_at": NOON + HOUR + 1800,
                "changed_at": NOON - 2 * HOUR,
            }
        ]
        self.link = {
            "id": 1,
            "slug": "talk",
            "kind": "individual",
            "organizer_id": 1,
            "scheduling": {"buffer": 0},
            "automation": {"reminders": []},
        }
        self.members: list[dict] = []
        self.participants = [self.seat(1, 1, NOON + HOUR)]
        self.deliveries: list[dict] = []
        self.received: list[Received] = []
        self.evidence: dict = {"windows": 0, "log": "", "excused": set(), "now": NOON}
        self.do("book", {"email": CONTACT, "slug": "talk", "key": "k-1", "start": NOON}, answer=ANSWER)
        self.do("move", {"id": "b-1", "start": NOON + HOUR})
        for sequence, words in ((0, ("confirmation", "host_booked")), (1, ("rescheduled", "host_rescheduled"))):
            for kind, recipient in zip(words, (CONTACT, HOST), strict=True):
                self.tell(sequence, kind, recipient)

    def do(self, kind: str, asked: dict, outcome: str = DONE, answer: dict | None = None, caller: int = 0) -> Operation:
        """An operation after all others."""
        began = next(self._clock)
        made = Operation(kind, caller, asked, began, began + 0.5, outcome, 201, answer or {})
        self.operations.append(made)
        return made

    def seat(self, booking: int, host: int, start: int, *, length: int = 1800, **more: bool) -> dict:
        span = {"starts_at": start, "ends_at": start + length, "buffer": self.link["scheduling"]["buffer"]}
        return {"booking_id": booking, "host_id": host, "is_active": True, "is_required": True, **span, **more}

    def tell(
        self,
        sequence: int,
        kind: str,
        recipient: str,
        *,
        method: str = "REQUEST",
        state: str = "sent",
        start: int = 0,
        **event: str,
    ) -> dict:
        """A row, and its mail if it was sent."""
        number = len(self.deliveries) + 1
        row = {
            "id": number,
            "booking_id": 1,
            "sequence": sequence,
            "kind": kind,
            "recipient": recipient,
            "audience": "contact" if recipient == CONTACT else "host",
            "details": "{}",
            "state": state,
            "message_id": f"<m-{number}@x>",
            "last_error": "",
            "due_at": NOON - HOUR,
            "sent_at": NOON - HOUR,
        }
        self.deliveries.append(row)
        if state == "sent":
            self.arrive(row, method, sequence, start or NOON + (HOUR if sequence else 0), **event)
        return row

    def arrive(
        self,
        row: dict,
        method: str,
        sequence: int,
        start: int,
        *,
        uid: str = "u-1",
        stamp: str = "",
        length: int = 1800,
    ) -> None:
        """A mail with an invitation."""
        event = [
            f"METHOD:{method}",
            f"UID:{uid}",
            f"SEQUENCE:{sequence}",
            f"DTSTAMP:{stamp or f'20261201T00000{sequence}Z'}",
            *(
                f"{name}:{text_of(at).replace('-', '').replace(':', '')}"
                for name, at in (("DTSTART", start), ("DTEND", start + length))
            ),
        ]
        calendar = b64encode("\r\n".join([*event, ""]).encode()).decode()
        raw = mail_of(row, words(row, start), ("text/calendar; charset=utf-8", calendar))
        self.received.append(Received("from@example.org", [row["recipient"]], raw, next(self._clock)))

    def violations(self) -> list[str]:
        history = History()
        for operation in self.operations:
            history.add(operation)
        links = [self.link | {name: json.dumps(self.link[name]) for name in ("scheduling", "automation")}]
        rows = Rows(self.bookings, self.participants, self.deliveries, links, self.members, USERS)
        return check(Evidence(history, rows, self.received, **self.evidence))


def words(row: dict, start: int) -> str:
    """What the mail says of the start: noon in UTC is this time for its reader."""
    hours = {CONTACT: 9, HOST: -5}.get(row["recipient"], 0)
    return f"On Tuesday {datetime.fromtimestamp(start + hours * HOUR, UTC):%-d %B %Y, %H:%M} and for half an hour"


def mail_of(row: dict, *parts: str | tuple[str, str]) -> bytes:
    """A mail with a text, and more parts with their types."""
    typed = [("text/plain; charset=utf-8", b64encode(parts[0].encode()).decode()), *parts[1:]]
    body = "".join(
        f"--x\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}\r\n"
        for kind, content in typed
    )
    head = f"Message-ID: {row['message_id']}\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n"
    return f"{head}{body}--x--\r\n".encode()


def cancel(plant: Plant) -> None:
    """Soundly."""
    plant.do("cancel", {"id": "b-1"})
    plant.bookings[0] |= {"status": "cancelled", "sequence": 2}
    plant.participants[0]["is_active"] = False
    for kind, recipient in (("cancelled", CONTACT), ("host_cancelled", HOST)):
        plant.tell(2, kind, recipient, method="CANCEL")


def remind(plant: Plant, sequence: int, state: str = "sent", *, to: str = CONTACT, **more: object) -> dict:
    """A reminder, which has no invitation."""
    row = plant.tell(sequence, "reminder" if to == CONTACT else "host_reminder", to, state="pending")
    row |= {"state": state, "details": '{"lead": 900}', **more}
    if state == "sent":
        raw = mail_of(row, words(row, NOON + (HOUR if sequence else 0)))
        plant.received.append(Received("from@example.org", [to], raw, 99))
    return row


def ask_for_reminders(plant: Plant) -> None:
    plant.link["automation"] = {"reminders": [{"value": 15, "unit": "minutes"}]}


def member(user: int, *, is_asked: bool = True, is_paused: bool = False) -> dict:
    return {"link_id": 1, "user_id": user, "check_availability": is_asked, "is_paused": is_paused}


def meet_both(plant: Plant) -> None:
    """A group of two, one of whom need not be free; a third one pauses."""
    plant.link["kind"] = "group"
    plant.members = [member(1), member(2, is_asked=False), member(3, is_paused=True)]
    plant.participants.append(plant.seat(1, 2, NOON + HOUR, is_required=False))
    for sequence, kind in ((0, "host_booked"), (1, "host_rescheduled")):
        plant.tell(sequence, kind, SECOND)


def take_turns(plant: Plant) -> None:
    plant.link["kind"] = "round_robin"
    plant.members = [member(1, is_asked=False), member(2)]


def hand_over(plant: Plant) -> None:
    """To the second host, at noon again: the old event ends, a new one begins."""
    plant.do("move", {"id": "b-1", "start": NOON})
    plant.bookings[0] |= {"uid": "u-2", "sequence": 2, "starts_at": NOON, "ends_at": NOON + 1800}
    plant.participants = [plant.seat(1, 2, NOON)]
    for kind, recipient in (("withdrawn", CONTACT), ("host_withdrawn", HOST)):
        plant.tell(2, kind, recipient, method="CANCEL", start=NOON + HOUR)
    for kind, recipient in (("rescheduled", CONTACT), ("host_booked", SECOND)):
        plant.tell(2, kind, recipient, uid="u-2", start=NOON)


def also_booked(plant: Plant, number: int, start: int, length: int = 1800) -> None:
    """Another booking of the same host."""
    booking = {**plant.bookings[0], "id": number, "public_id": f"b-{number}", "uid": f"u-{number}", "starts_at": start}
    plant.bookings.append(booking | {"ends_at": start + length})
    plant.participants.append(plant.seat(number, 1, start, length=length))


def come_again(plant: Plant) -> None:
    plant.received.append(plant.received[-1])


class TestWhatIsSound:
    def test_a_booking_made_moved_and_told(self) -> None:
        assert Plant().violations() == []

    @pytest.mark.parametrize(
        "alter",
        [
            cancel,
            lambda plant: plant.do("book", {"email": "late@example.com", "key": "k"}, REFUSED),
            lambda plant: plant.do("book", {"email": "cut@example.com", "key": "k"}, UNKNOWN),
            lambda plant: plant.do("book", plant.operations[0].asked, answer=ANSWER),
            lambda plant: plant.do("book", plant.operations[0].asked, UNKNOWN),
            lambda plant: plant.do("move", {"id": "b-1", "start": NOON + 9 * HOUR}, UNKNOWN),
            meet_both,
            take_turns,
            lambda plant: (take_turns(plant), hand_over(plant)),
            lambda plant: (ask_for_reminders(plant), remind(plant, 1), remind(plant, 1, to=HOST)),
            lambda plant: (cancel(plant), ask_for_reminders(plant)),
            lambda plant: (remind(plant, 1, "missed"), spoil(plant.evidence, now=NOON + HOUR - 300)),
            lambda plant: remind(plant, 1),
            lambda plant: remind(plant, 0, "dropped", last_error="it has changed"),
            lambda plant: remind(plant, 1, "dropped", last_error="booked too late for it"),
            lambda plant: remind(plant, 1, "pending", due_at=NOON + HOUR),
        ],
    )
    def test_what_may_be(self, alter: Callable[[Plant], object]) -> None:
        plant = Plant()
        alter(plant)
        assert plant.violations() == []

    def test_a_mail_comes_twice_if_a_process_died_just_then(self) -> None:
        plant = Plant()
        come_again(plant)
        plant.evidence["windows"] = 1
        assert plant.violations() == []

    def test_a_recipient_who_was_refused_on_purpose(self) -> None:
        plant = Plant()
        plant.deliveries[2] |= {"state": "failed", "last_error": "550"}
        plant.received = [mail for mail in plant.received if mail.recipients != [CONTACT]]
        plant.deliveries[0] |= {"state": "dropped"}
        plant.evidence["excused"] = {CONTACT}
        assert plant.violations() == []

    def test_without_mails_the_bookings_are_judged(self) -> None:
        assert set(BOOKINGS) < set(RULES)


def spoil(row: dict, **values: object) -> None:
    row |= values


SPOILT: list[tuple[str, str, Callable[[Plant], object]]] = [
    ("V1", "overlap", lambda p: also_booked(p, 2, NOON + HOUR + 900)),
    (
        "V1",
        "too close",
        lambda p: (
            spoil(p.link, scheduling={"buffer": 15}),
            spoil(p.participants[0], buffer=15),
            also_booked(p, 2, NOON + HOUR + 1800 + 600),
        ),
    ),
    ("V1", "a buffer that the app forgot", lambda p: spoil(p.link, scheduling={"buffer": 15})),
    (
        "V1",
        "a short one inside, another between",
        lambda p: (also_booked(p, 2, NOON + HOUR - 7200, 600), also_booked(p, 3, NOON + HOUR + 60, 60)),
    ),
    ("V2", "lost", lambda p: (p.bookings.clear(), p.participants.clear(), p.deliveries.clear())),
    ("V2", "there twice", lambda p: p.bookings.append({**p.bookings[0], "id": 2})),
    ("V2", "the cancellation is lost", lambda p: p.do("cancel", {"id": "b-1"})),
    ("V2", "cancelled by nobody", lambda p: (cancel(p), p.operations.pop())),
    ("V2", "cancelled though that was refused", lambda p: (cancel(p), spoil_last(p, REFUSED))),
    ("V2", "the move is lost", lambda p: spoil(p.bookings[0], starts_at=NOON)),
    ("V2", "moved elsewhere", lambda p: spoil(p.bookings[0], starts_at=NOON + 9 * HOUR)),
    ("V2", "longer than asked for", lambda p: spoil(p.bookings[0], ends_at=NOON + HOUR + 3600)),
    ("V2", "another duration", lambda p: spoil(p.operations[0].asked, duration=60)),
    ("V2", "of another link", lambda p: spoil(p.operations[0].asked, slug="other")),
    ("V2", "somebody else's", lambda p: spoil(p.bookings[0], email="late@example.com")),
    ("V2", "acknowledged for another time", lambda p: spoil(p.operations[0].asked, start=NOON - HOUR)),
    ("V2", "an earlier move counts", lambda p: p.do("move", {"id": "b-1", "start": NOON + 9 * HOUR})),
    (
        "V3",
        "refused and there",
        lambda p: (
            p.do("book", {"email": "late@example.com", "key": "k"}, REFUSED),
            p.bookings.append(
                {**p.bookings[0], "id": 2, "public_id": "b-2", "uid": "u-2", "email": "late@example.com"}
            ),
        ),
    ),
    (
        "V3",
        "no answer and there twice",
        lambda p: (
            p.do("book", {"email": "cut@example.com", "key": "k"}, UNKNOWN),
            p.do("book", {"email": "cut@example.com", "key": "k"}, UNKNOWN),
            p.bookings.extend(
                {**p.bookings[0], "id": n, "public_id": f"b-{n}", "email": "cut@example.com"} for n in (2, 3)
            ),
        ),
    ),
    ("V3", "a repeat booked again", lambda p: p.bookings.append({**p.bookings[0], "id": 2, "public_id": "b-2"})),
    ("V4", "queued twice", lambda p: p.tell(1, "host_rescheduled", HOST)),
    ("V4", "a reminder queued twice", lambda p: (remind(p, 1), remind(p, 1))),
    ("V4", "a version is not told to the host", lambda p: p.deliveries.pop(1)),
    ("V4", "a version is not told to the contact", lambda p: p.deliveries.pop(2)),
    ("V4", "the second host is never told", lambda p: (meet_both(p), p.deliveries.pop(-1), p.deliveries.pop(-1))),
    ("V4", "the second host is not told of the move", lambda p: (meet_both(p), p.deliveries.pop(-1))),
    ("V4", "the new host is not told", lambda p: (take_turns(p), hand_over(p), p.deliveries.pop(-1))),
    ("V4", "somebody else is told", lambda p: p.tell(1, "host_rescheduled", SECOND)),
    ("V5", "come to somebody else", lambda p: p.received.append(replace(p.received.pop(), recipients=[SECOND]))),
    ("V5", "come to somebody else, too", lambda p: p.received[-1].recipients.append(SECOND)),
    ("V5", "sent and never come", lambda p: p.received.pop()),
    ("V5", "come from nowhere", lambda p: spoil(p.deliveries[0], message_id="<other@x>")),
    (
        "V5",
        "another content the second time",
        lambda p: p.received.append(replace(p.received[-1], raw=p.received[-1].raw + b"more")),
    ),
    ("V5", "the last news given up", lambda p: (spoil(p.deliveries[3], state="failed"), p.received.pop())),
    ("V5", "the last news dropped", lambda p: spoil(p.deliveries[3], state="dropped")),
    ("V6", "come again", come_again),
    ("V7", "told the wrong way round", lambda p: p.received.append(replace(p.received[0], at=99))),
    ("V7", "the last one told is not the last state", lambda p: p.received.pop()),
    ("V7", "the cancellation is not told", lambda p: (cancel(p), p.received.pop(), p.received.pop())),
    (
        "V7",
        "the calendar has another time",
        lambda p: (p.received.pop(), p.arrive(p.deliveries[3], "REQUEST", 1, NOON)),
    ),
    (
        "V7",
        "the calendar has another end",
        lambda p: (p.received.pop(), p.arrive(p.deliveries[3], "REQUEST", 1, NOON + HOUR, length=3600)),
    ),
    (
        "V7",
        "the cancellation has the number of what it cancels",
        lambda p: (p.do("cancel", {"id": "b-1"}), p.tell(1, "host_cancelled", HOST, method="CANCEL")),
    ),
    (
        "V7",
        "the cancellation has a number of its own",
        lambda p: (cancel(p), p.received.pop(), p.arrive(p.deliveries[-1], "CANCEL", 9, NOON + HOUR)),
    ),
    (
        "V7",
        "an older stamp",
        lambda p: (
            p.received.pop(),
            p.arrive(p.deliveries[3], "REQUEST", 1, NOON + HOUR, stamp="20261130T000000Z"),
        ),
    ),
    ("V7", "an event that no booking knows", lambda p: spoil(p.bookings[0], uid="u-9")),
    ("V9", "a reminder is forgotten", lambda p: remind(p, 1, "pending", due_at=NOON - HOUR)),
    ("V9", "a reminder is dropped for nothing", lambda p: remind(p, 1, "dropped", last_error="it has changed")),
    ("V9", "a reminder of what has changed", lambda p: remind(p, 0, sent_at=NOON)),
    ("V9", "a reminder is given up", lambda p: remind(p, 1, "failed", last_error="451")),
    ("V9", "a reminder is missed in good time", lambda p: remind(p, 1, "missed")),
    ("V9", "no reminder was planned", ask_for_reminders),
    ("V9", "no reminder was planned for the host", lambda p: (ask_for_reminders(p), remind(p, 1))),
    ("V9", "none was planned for the new time", lambda p: (ask_for_reminders(p), remind(p, 0, "dropped"))),
    ("V10", "a group's second host is missing", lambda p: (meet_both(p), p.participants.pop())),
    (
        "V10",
        "a group's host need not be free though the link says so",
        lambda p: (meet_both(p), spoil(p.participants[0], is_required=False)),
    ),
    (
        "V10",
        "two take one turn",
        lambda p: (take_turns(p), p.participants.append(p.seat(1, 2, NOON + HOUR))),
    ),
    ("V10", "the turn of somebody who pauses", lambda p: (take_turns(p), spoil(p.members[0], is_paused=True))),
    ("V10", "not the organizer", lambda p: spoil(p.participants[0], host_id=2)),
    ("V10", "not who was given it", lambda p: spoil(p.bookings[0], assignment='{"handed_over":[{"to":2}]}')),
    ("V10", "no host", lambda p: p.participants.clear()),
    ("V10", "the host's time is free again", lambda p: spoil(p.participants[0], is_active=False)),
    ("V10", "the host's time is another", lambda p: spoil(p.participants[0], starts_at=NOON)),
    ("V10", "cancelled and then alive", lambda p: (cancel(p), spoil(p.bookings[0], status="confirmed"))),
    (
        "V10",
        "cancelled twice",
        lambda p: (cancel(p), spoil(p.bookings[0], sequence=3), p.tell(3, "host_cancelled", HOST)),
    ),
    (
        "V10",
        "moved after it was cancelled",
        lambda p: (cancel(p), spoil(p.bookings[0], sequence=3), p.tell(3, "host_rescheduled", HOST)),
    ),
    ("V10", "began with a move", lambda p: spoil(p.deliveries[1], kind="host_rescheduled")),
    ("V13", "the contact reads the host's time", lambda p: spoil(p.bookings[0], timezone="America/New_York")),
    ("V13", "a mail says another time", lambda p: (p.received.pop(), p.arrive(p.deliveries[3], "REQUEST", 1, NOON))),
    ("V13", "a reminder says another time", lambda p: spoil(remind(p, 1), recipient=HOST, audience="host")),
    ("V12", "a contact's name", lambda p: spoil(p.evidence, log=f"booked by {CANARY}")),
]


def spoil_last(plant: Plant, outcome: str) -> None:
    plant.operations[-1].outcome = outcome


class TestWhatIsNoticed:
    @pytest.mark.parametrize(
        ("rule", "alter"), [(rule, alter) for rule, _, alter in SPOILT], ids=[f"{r}: {t}" for r, t, _ in SPOILT]
    )
    def test_each_rule_can_fail(self, rule: str, alter: Callable[[Plant], object]) -> None:
        plant = Plant()
        alter(plant)
        assert rule in {violation.partition(" ")[0] for violation in plant.violations()}


def history(*steps: str) -> list[Operation]:
    """Operations from "caller kind began-ended outcome"; `?` is no answer, `+` done, `-` refused."""
    outcomes = {"+": DONE, "-": REFUSED, "?": UNKNOWN}
    found = []
    for step in steps:
        caller, kind, times, outcome = step.split()
        began, ended = map(float, times.split("-"))
        found.append(Operation(kind, int(caller), {}, began, ended, outcomes[outcome]))
    return found


class TestLinearizable:
    """V11."""

    @pytest.mark.parametrize(
        "steps",
        [
            ("1 book 0-1 +", "2 book 0-1 -"),
            ("1 book 0-1 +", "1 cancel 2-3 +", "2 book 4-5 +"),
            ("1 book 0-1 +", "1 cancel 2-5 +", "2 book 3-4 +"),  # while it was cancelled
            ("1 book 0-1 +", "1 cancel 2-5 +", "2 book 3-4 -"),
            ("1 book 0-1 ?", "2 book 2-3 -"),  # the first one may have got it
            ("1 book 0-1 ?", "2 book 2-3 +"),  # or not
            ("1 book 0-1 ?", "2 book 2-3 +", "2 cancel 4-5 +", "3 book 6-7 -"),  # or late
            ("1 book 0-1 +", "1 cancel 2-3 ?", "2 book 4-5 -", "3 book 6-7 +"),
        ],
    )
    def test_some_order_explains_it(self, steps: tuple[str, ...]) -> None:
        assert linearizable(history(*steps))

    @pytest.mark.parametrize(
        "steps",
        [
            ("1 book 0-1 +", "2 book 0-1 +"),  # both have it
            ("1 book 0-1 -", "2 book 0-1 -"),  # neither, though it was free
            ("1 book 0-1 +", "1 cancel 2-3 +", "2 book 4-5 -"),  # not free again
            ("1 book 0-1 +", "2 book 2-3 +", "1 cancel 4-5 +"),  # free too early
            ("1 book 0-1 +", "1 cancel 2-3 +", "2 book 4-5 +", "3 book 6-7 +"),
            ("1 book 2-3 ?", "2 book 0-1 -"),  # refused before anybody asked
        ],
    )
    def test_no_order_does(self, steps: tuple[str, ...]) -> None:
        assert not linearizable(history(*steps))
