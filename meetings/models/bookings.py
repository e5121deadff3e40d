"""Slots taken: the booking, the hosts in it, what the contact answered; and hosts' other busy times."""

from datetime import datetime
from typing import Any

import peewee

from meetings.db import database, placeholders, rows
from meetings.domain.place import Place

from .base import Base, InstantField, JsonField
from .contacts import Contact
from .links import Link
from .users import User

CONFIRMED = "confirmed"
CANCELLED = "cancelled"
LONGEST_BOOKING = 24 * 3600  # seconds; no duration reaches it, so busy spans are found by their start alone


class Booking(Base):
    """A slot taken. A rescheduled booking keeps its identity; its sequence grows."""

    public_id = peewee.CharField(max_length=36, unique=True)
    link = peewee.ForeignKeyField(Link, backref="bookings", on_delete="RESTRICT")
    contact = peewee.ForeignKeyField(Contact, backref="bookings", on_delete="RESTRICT")
    status = peewee.CharField(max_length=10, default=CONFIRMED)
    starts_at = InstantField()
    ends_at = InstantField()
    duration = peewee.IntegerField()  # minutes
    timezone = peewee.CharField(max_length=64)  # the contact's
    agreed_clock = peewee.CharField(max_length=90)  # wall clock and zone of the link when the time was agreed on
    locale = peewee.CharField(max_length=16)  # of the page it was booked on: the contact's mails keep it
    email = peewee.CharField(max_length=254)  # the contact's details as given with this booking
    first_name = peewee.CharField(max_length=120)
    last_name = peewee.CharField(max_length=120)
    title = peewee.CharField(max_length=255)
    location = peewee.TextField(default="")
    location_kind = peewee.CharField(max_length=8, default="custom")
    meeting_type = peewee.CharField(max_length=100, default="")
    description = peewee.TextField(default="")
    uid = peewee.CharField(max_length=255)  # of the calendar event; new only when the organizer of the event changes
    organizer_email = peewee.CharField(max_length=254)  # of the calendar event: stays when the host's address changes
    is_reminded = peewee.BooleanField(default=True)  # False once the contact switched their reminders off
    sequence = peewee.IntegerField(default=0)
    stamped_at = InstantField()  # DTSTAMP of the last invitation: never goes back
    assigned_by = peewee.CharField(max_length=20, null=True)  # round robin: the rule that chose the host
    assignment = JsonField(null=True)  # round robin: the candidates with their counts at that moment
    idempotency_key = peewee.CharField(max_length=64, null=True)  # hash of link and key
    request_hash = peewee.CharField(max_length=64, null=True)  # hash of the body that came with the key
    cancel_reason = peewee.TextField(default="")
    created_at = InstantField()
    changed_at = InstantField()
    link_id: int
    contact_id: int
    is_replay = False  # set on what a repeated idempotency key returns
    _hosts: "list[Participant] | None" = None

    class Meta:
        indexes = ((("idempotency_key",), True), (("link", "starts_at"), False), (("starts_at",), False))

    @classmethod
    def by_key(cls, key_hash: str) -> "Booking | None":
        """The booking that was made with this idempotency key, by the hash that is kept of it."""
        # Written out: asked before every booking, and building the query costs more than asking it.
        return next(iter(cls.raw(f"SELECT * FROM booking WHERE idempotency_key = {database.param}", key_hash)), None)

    @classmethod
    def usual_zones(cls, host_id: int, limit: int) -> list[str]:
        """The zones of those who booked with a host, the most frequent first."""
        sql = (
            "SELECT b.timezone FROM booking b JOIN participant p ON p.booking_id = b.id WHERE p.host_id = ?"
            " GROUP BY b.timezone ORDER BY COUNT(*) DESC, b.timezone LIMIT ?"
        )
        return [name for (name,) in rows(sql, [host_id, limit])]

    @classmethod
    def next_of_links(cls, link_ids: list[int], now: int) -> dict[int, tuple[int, str]]:
        """The first confirmed start from `now` on of each link that has one, with the contact's name."""
        if not link_ids:
            return {}
        found = rows(
            "SELECT link_id, starts_at, first_name, last_name FROM booking b"
            f" WHERE status = ? AND starts_at >= ? AND link_id IN ({placeholders(link_ids)}) AND starts_at ="
            " (SELECT MIN(starts_at) FROM booking n WHERE n.link_id = b.link_id AND n.status = ? AND n.starts_at >= ?)",
            [CONFIRMED, now, *link_ids, CONFIRMED, now],
        )
        return {link_id: (start, f"{first} {last}".strip()) for link_id, start, first, last in found}

    @classmethod
    def count_by_link(cls, link_ids: list[int], start: int, end: int) -> dict[int, int]:
        """How many confirmed meetings of each link start in [start, end)."""
        if not link_ids:
            return {}
        return dict(
            rows(
                "SELECT link_id, COUNT(*) FROM booking"
                f" WHERE status = ? AND starts_at >= ? AND starts_at < ? AND link_id IN ({placeholders(link_ids)})"
                " GROUP BY link_id",
                [CONFIRMED, start, end, *link_ids],
            )
        )

    @classmethod
    def coming_of(cls, link: Link, now: datetime) -> Any:
        """The query of a link's meetings that are still to begin."""
        return cls.select().where(cls.link == link, cls.status == CONFIRMED, cls.starts_at > now)

    @property
    def is_confirmed(self) -> bool:
        """Whether the meeting is to take place, or did."""
        return self.status == CONFIRMED

    @property
    def is_anonymous(self) -> bool:
        """Whether it was forgotten who booked."""
        return not self.email

    @property
    def place(self) -> Place:
        """Where it takes place."""
        return Place(self.location_kind, self.location)

    @property
    def contact_name(self) -> str:
        """First and last name as given with this booking."""
        return f"{self.first_name} {self.last_name}".strip()

    def hosts(self) -> "list[Participant]":
        """The hosts in it with their users; the organizer of the calendar event first. Read once."""
        if self._hosts is None:
            seats = f"participant WHERE booking_id = {database.param}"  # written out: on every way to a booking
            self._hosts = list(Participant.raw(f"SELECT * FROM {seats} ORDER BY position, id", self.id))
            found = User.raw(f'SELECT * FROM "user" WHERE id IN (SELECT host_id FROM {seats})', self.id)
            users = {user.id: user for user in found}
            for participant in self._hosts:
                participant.host = users[participant.host_id]
        return self._hosts

    def forget_hosts(self) -> None:
        """Read the hosts again when they are asked for: they have changed."""
        self._hosts = None


class Participant(Base):
    """A host in a booking, with the booking's span: the row that the rule "no overlap of one host" is about."""

    booking = peewee.ForeignKeyField(Booking, backref="participants", on_delete="CASCADE")
    host = peewee.ForeignKeyField(User, backref="participations", on_delete="RESTRICT")
    is_required = peewee.BooleanField(default=True)
    is_active = peewee.BooleanField(default=True)  # False once the booking is cancelled
    starts_at = InstantField()
    ends_at = InstantField()
    buffer = peewee.IntegerField(default=0)  # minutes; the link's when the booking was made
    position = peewee.IntegerField(default=0)
    seated_at = InstantField(null=True)  # since when they are in it; None: since it was booked
    booking_id: int
    host_id: int

    class Meta:
        # The first answers `busy` by itself, without a look at the rows.
        indexes = (
            (("host", "is_active", "starts_at", "ends_at", "buffer", "booking"), False),
            (("booking", "host"), True),
        )

    @classmethod
    def of_bookings(cls, booking_ids: list[int]) -> "dict[int, list[Participant]]":
        """The hosts of several bookings with their users, in order: one query."""
        found = cls.select(cls, User).join(User).where(cls.booking.in_(booking_ids)).order_by(cls.position, cls.id)
        seated: dict[int, list[Participant]] = {booking_id: [] for booking_id in booking_ids}
        for participant in found:
            seated[participant.booking_id].append(participant)
        return seated

    @classmethod
    def names(cls, booking_ids: list[int]) -> list[tuple[int, str, str, bool]]:
        """(booking, the host's address, the host's name, required) of all hosts of some bookings, in order."""
        sql = (
            'SELECT p.booking_id, u.email, u.name, p.is_required FROM participant p JOIN "user" u ON u.id = p.host_id'
            f" WHERE p.booking_id IN ({placeholders(booking_ids)}) ORDER BY p.position, p.id"
        )
        return [(booking, email, name, bool(required)) for booking, email, name, required in rows(sql, booking_ids)]

    @classmethod
    def busy(
        cls, host_ids: list[int], start: int, end: int, without: int | None = None
    ) -> list[tuple[int, int, int, int]]:
        """(host, start, end, buffer) of active bookings that touch [start, end); `without` leaves one out."""
        sql = (
            "SELECT host_id, starts_at, ends_at, buffer FROM participant"
            f" WHERE host_id IN ({placeholders(host_ids)}) AND is_active = ? AND starts_at > ? AND starts_at < ?"
            " AND ends_at > ? AND booking_id <> ?"
        )
        return rows(sql, [*host_ids, True, start - LONGEST_BOOKING, end, start, without or 0])


class Answer(Base):
    """What the contact answered to one question of the form; the label as it was asked."""

    booking = peewee.ForeignKeyField(Booking, backref="answers", on_delete="CASCADE")
    name = peewee.CharField(max_length=64)
    label = peewee.CharField(max_length=200)
    value = peewee.TextField()
    kind = peewee.CharField(max_length=16, default="text")  # how the value is to be read
    in_invite = peewee.BooleanField(default=True)  # False: for the hosts' eyes only
    position = peewee.IntegerField(default=0)
    booking_id: int

    @classmethod
    def given(cls, booking_ids: list[int]) -> list[tuple[int, str, str, str]]:
        """(booking, the question's name, its kind, what was answered) of some bookings, in the order of the form."""
        sql = (
            f"SELECT booking_id, name, kind, value FROM answer WHERE booking_id IN ({placeholders(booking_ids)})"
            " ORDER BY position, id"
        )
        return rows(sql, booking_ids)


class Consent(Base):
    """One thing that the contact was told, or agreed to or not, with a booking: word for word, once and for all."""

    booking = peewee.ForeignKeyField(Booking, backref="consents", on_delete="CASCADE")
    contact = peewee.ForeignKeyField(Contact, backref="consents", on_delete="CASCADE")
    purpose = peewee.CharField(max_length=24)  # "notice", "processing", "communication", "legitimate_interest"
    box = peewee.CharField(max_length=64, default="")  # the checkbox, if there was one
    subscription = peewee.CharField(max_length=64, default="")
    wording = peewee.TextField()
    is_given = peewee.BooleanField()
    legal_basis = peewee.CharField(max_length=40, default="")
    version = peewee.CharField(max_length=64)  # hash of all that was shown together
    locale = peewee.CharField(max_length=16)
    address = peewee.CharField(max_length=64, default="")  # from where, shortened so that it names nobody
    created_at = InstantField()
    booking_id: int
    contact_id: int


class BusyTime(Base):
    """A span in which a host can't be met, entered by hand; counts as a calendar event."""

    user = peewee.ForeignKeyField(User, backref="busy_times", on_delete="CASCADE")
    starts_at = InstantField()
    ends_at = InstantField()
    title = peewee.CharField(max_length=200, default="")
    created_at = InstantField()
    user_id: int

    class Meta:
        indexes = ((("user", "ends_at", "starts_at"), False),)  # answers `busy` by itself

    @classmethod
    def busy(cls, user_ids: list[int], start: int, end: int) -> list[tuple[int, int, int]]:
        """(user, start, end) of busy times that touch [start, end)."""
        sql = (
            "SELECT user_id, starts_at, ends_at FROM busy_time"
            f" WHERE user_id IN ({placeholders(user_ids)}) AND ends_at > ? AND starts_at < ?"
        )
        return rows(sql, [*user_ids, start, end])


def booking_answers(booking: Booking) -> list[Answer]:
    """Answers of a booking in the order of the form."""
    return list(Answer.select().where(Answer.booking == booking).order_by(Answer.position, Answer.id))
