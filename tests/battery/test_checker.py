"""The checker itself: a sound history passes, and each rule notices what it is there for.

V8 is missing: it is about connected calendars, of which there are none yet.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from tests.battery.callers import CANARY, text_of
from tests.battery.checker import BOOKINGS, RULES, Evidence, check, linearizable
from tests.battery.history import DONE, REFUSED, UNKNOWN, History, Operation
from tests.battery.rows import Rows
from tests.smtp import Received

NOON = 1_796_126_400
HOUR = 3600
CONTACT, HOST = "maren@example.com", "alice@example.org"
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
                "starts_at": NOON + HOUR,
                "ends_at": NOON + HOUR + 1800,
                "changed_at": NOON - 2 * HOUR,
            }
        ]
        self.participants = [self.seat(1, 1, NOON + HOUR)]
        self.deliveries: list[dict] = []
        self.received: list[Received] = []
        self.evidence: dict = {"windows": 0, "log": "", "excused": set()}
        self.do("book", {"email": CONTACT, "key": "k-1", "start": NOON}, answer=ANSWER)
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

    def seat(self, booking: int, host: int, start: int, *, length: int = 1800, buffer: int = 0, **more: bool) -> dict:
        span = {"starts_at": start, "ends_at": start + length, "buffer": buffer}
        return {"booking_id": booking, "host_id": host, "is_active": True, "is_required": True, **span, **more}

    def tell(self, sequence: int, kind: str, recipient: str, *, method: str = "REQUEST", state: str = "sent") -> dict:
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
            self.arrive(row, method, sequence, NOON + (HOUR if sequence else 0))
        return row

    def arrive(self, row: dict, method: str, sequence: int, start: int) -> None:
        """A mail with an invitation."""
        event = [
            f"METHOD:{method}",
            "UID:u-1",
            f"SEQUENCE:{sequence}",
            f"DTSTAMP:20261201T00000{sequence}Z",
            f"DTSTART:{text_of(start).replace('-', '').replace(':', '')}",
        ]
        calendar = b64encode("\r\n".join([*event, ""]).encode()).decode()
        head = f"Message-ID: {row['message_id']}\r\nContent-Type: text/calendar; charset=utf-8\r\n"
        raw = f"{head}Content-Transfer-Encoding: base64\r\n\r\n{calendar}\r\n".encode()
        self.received.append(Received("from@example.org", [row["recipient"]], raw, next(self._clock)))

    def violations(self) -> list[str]:
        history = History()
        for operation in self.operations:
            history.add(operation)
        rows = Rows(self.bookings, self.participants, self.deliveries)
        return check(Evidence(history, rows, self.received, NOON, **self.evidence))


def cancel(plant: Plant) -> None:
    """Soundly."""
    plant.do("cancel", {"id": "b-1"})
    plant.bookings[0] |= {"status": "cancelled", "sequence": 2}
    plant.participants[0]["is_active"] = False
    for kind, recipient in (("cancelled", CONTACT), ("host_cancelled", HOST)):
        plant.tell(2, kind, recipient, method="CANCEL")


def remind(plant: Plant, sequence: int, state: str = "sent", **more: object) -> dict:
    """A reminder, which has no invitation."""
    row = plant.tell(sequence, "reminder", CONTACT, state="pending")
    row |= {"state": state, "details": '{"lead": 900}', **more}
    if state == "sent":
        raw = f"Message-ID: {row['message_id']}\r\n\r\nsoon\r\n".encode()
        plant.received.append(Received("from@example.org", [CONTACT], raw, 99))
    return row


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
            lambda plant: plant.participants.append(plant.seat(1, 2, NOON + HOUR)),
            lambda plant: plant.participants.append(plant.seat(1, 1, NOON + HOUR, is_required=False)),
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
    ("V1", "overlap", lambda p: p.participants.append(p.seat(2, 1, NOON + HOUR + 900))),
    (
        "V1",
        "the first one's buffer",
        lambda p: (spoil(p.participants[0], buffer=15), p.participants.append(p.seat(2, 1, NOON + HOUR + 1800 + 600))),
    ),
    (
        "V1",
        "the second one's buffer",
        lambda p: p.participants.append(p.seat(2, 1, NOON + HOUR + 1800 + 600, buffer=15)),
    ),
    (
        "V1",
        "a short one inside, another between",
        lambda p: p.participants.extend(
            [p.seat(2, 1, NOON + HOUR - 7200, length=600), p.seat(3, 1, NOON + HOUR + 60, length=60)]
        ),
    ),
    ("V2", "lost", lambda p: (p.bookings.clear(), p.participants.clear(), p.deliveries.clear())),
    ("V2", "there twice", lambda p: p.bookings.append({**p.bookings[0], "id": 2})),
    ("V2", "the cancellation is lost", lambda p: p.do("cancel", {"id": "b-1"})),
    ("V2", "cancelled by nobody", lambda p: (cancel(p), p.operations.pop())),
    ("V2", "cancelled though that was refused", lambda p: (cancel(p), spoil_last(p, REFUSED))),
    ("V2", "the move is lost", lambda p: spoil(p.bookings[0], starts_at=NOON)),
    ("V2", "moved elsewhere", lambda p: spoil(p.bookings[0], starts_at=NOON + 9 * HOUR)),
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
    ("V7", "an event that no booking knows", lambda p: spoil(p.bookings[0], uid="u-9")),
    ("V9", "a reminder is forgotten", lambda p: remind(p, 1, "pending", due_at=NOON - HOUR)),
    ("V9", "a reminder is dropped for nothing", lambda p: remind(p, 1, "dropped", last_error="it has changed")),
    ("V9", "a reminder of what has changed", lambda p: remind(p, 0, sent_at=NOON)),
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
