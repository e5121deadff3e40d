"""An opened booking as its page shows it: when and for whom, what went out, why this host; and times to move it to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for

from meetings import i18n
from meetings.domain.availability import Kind
from meetings.domain.time import Span, days_span, local_date, to_datetime, to_instant, zone
from meetings.i18n import gettext as _
from meetings.models import Answer, Booking, Delivery, Link, Participant, User
from meetings.models.bookings import booking_answers
from meetings.models.links import LIVE, OFF
from meetings.models.outbox import DROPPED, FAILED, MISSED, PENDING, SENDING, SENT
from meetings.services import access, consents, offers, outbox

from .agenda import State
from .giving import givable
from .ledger import Ledger, ledger_of
from .session import Reader
from .statements import Statement, statements

MOVE_DAYS = 5  # days with free times shown at once
LOOK_DAYS = 21  # days searched for these


@dataclass(frozen=True)
class Told:
    """A line of "What went out"."""

    delivery_id: int
    state: State
    what: str
    lead: str  # of a reminder: how long before the meeting
    words: str  # what became of it, where the state doesn't say
    server_words: str
    when: str
    is_waiting: bool
    can_resend: bool


@dataclass(frozen=True)
class Said:
    """An answer of the contact in the reader's words."""

    label: str
    value: str
    is_private: bool  # stays with the hosts


@dataclass(frozen=True)
class Panel:
    """All that is shown of a booking."""

    booking: Booking
    has_begun: bool
    is_over: bool
    when: str
    zones: str
    hosts: Sequence[Participant]
    answers: Sequence[Said]
    told: Sequence[Told]
    ledger: Ledger | None
    turns_url: str  # whose turn it is now; blank where the reader may not see the link
    is_givable: bool  # the reader may give it, or somebody's part in it, to another host
    statements: Sequence[Statement]

    @property
    def is_waiting(self) -> bool:
        """Whether something is still to go out."""
        return any(told.is_waiting for told in self.told)

    @property
    def can_change(self) -> bool:
        """Whether it can still be moved or cancelled."""
        return self.booking.is_confirmed and not self.has_begun


def panel_of(booking: Booking, actor: User, whom: Reader, now: datetime) -> Panel:
    """Everything about a booking, in the reader's language and zone."""
    hosts = booking.hosts()
    return Panel(
        booking,
        booking.starts_at <= now,
        booking.ends_at <= now,
        whom.date_and_times(booking.starts_at, booking.ends_at),
        _zones(booking, whom),
        hosts,
        [_said(answer, whom.locale) for answer in booking_answers(booking)],
        [
            _told(delivery, booking, actor, whom, now)
            for delivery in outbox.states_of(booking)
            if _matters(delivery, booking)
        ],
        ledger_of(booking.assignment, booking.starts_at, booking.duration, whom) if booking.assignment else None,
        _turns_url(booking, actor),
        bool(givable(actor, booking)),
        statements(consents.of_booking(booking), whom),
    )


def _turns_url(booking: Booking, actor: User) -> str:
    """Where it is told whose turn it is on the booking's link, for a round robin's that `actor` may see."""
    if booking.link.kind != Kind.ROUND_ROBIN or booking.link.status not in (LIVE, OFF):
        return ""
    can_see = access.visible_links(actor).where(Link.id == booking.link_id).exists()
    return url_for("turns.page", slug=booking.link.slug) if can_see else ""


def _said(answer: Answer, locale: str) -> Said:
    told = i18n.question_and_answer(answer.name, answer.label, answer.kind, answer.value, locale)
    return Said(*told, not answer.in_invite)


def _zones(booking: Booking, whom: Reader) -> str:
    """The reader's zone, and the contact's where clocks differ."""
    yours = _("%(zone)s, yours.", zone=whom.zone_label(booking.starts_at))
    theirs = Reader(whom.locale, booking.timezone)
    if booking.is_anonymous:
        return yours
    if i18n.offset_minutes(booking.starts_at, booking.timezone) == i18n.offset_minutes(booking.starts_at, whom.zone):
        return yours
    is_same_day = theirs.local(booking.starts_at).date() == whom.local(booking.starts_at).date()
    there = theirs.time(booking.starts_at) if is_same_day else theirs.date_time_short(booking.starts_at)
    label = theirs.zone_label(booking.starts_at)
    other = _("For %(name)s it is %(time)s, %(zone)s.", name=booking.first_name, time=there, zone=label)
    return f"{yours} {other}"


# --- what went out


def _matters(delivery: Delivery, booking: Booking) -> bool:
    """Whether it is worth a line: reminders of a time that is no longer the meeting's are not."""
    is_overtaken = delivery.sequence != booking.sequence and _is_reminder(delivery)
    return not (is_overtaken and delivery.state == DROPPED)


def _is_reminder(delivery: Delivery) -> bool:
    return delivery.kind in {"reminder", "host_reminder"}


def _told(delivery: Delivery, booking: Booking, actor: User, whom: Reader, now: datetime) -> Told:
    fate = fate_of(delivery, whom.locale)
    return Told(
        delivery.id,
        state_of(delivery, now),
        _title(delivery, booking, _recipient(delivery, booking, actor)),
        _lead(delivery, whom.locale),
        " ".join(filter(None, (fate.sentence, _next_try(delivery, whom, now)))),
        fate.words,
        _when(delivery, whom),
        delivery.state in {PENDING, SENDING},
        outbox.can_resend(delivery, now),
    )


def state_of(delivery: Delivery, now: datetime) -> State:
    """A row's state as people see it."""
    if delivery.state == PENDING and delivery.attempts:
        return State("warn", "refresh", _("Trying again"))
    if delivery.state == PENDING and delivery.due_at > now:
        return State("soft", "clock", _("Planned"))
    return {
        SENDING: State("soft", "refresh", _("Being sent")),
        SENT: State("good", "good", _("Sent")),
        FAILED: State("bad", "bad", _("Failed")),
        DROPPED: State("soft", "x", _("Not needed")),
        MISSED: State("warn", "warn", _("Too late")),
    }.get(delivery.state, State("soft", "clock", _("Waiting")))


def _recipient(delivery: Delivery, booking: Booking, actor: User) -> str:
    if delivery.user is None:
        return booking.first_name or delivery.recipient or _("somebody who was erased")
    return _("you") if delivery.user == actor else delivery.user.name


def _title(delivery: Delivery, booking: Booking, name: str) -> str:
    """As `title`; of an invitation that came because the hosts changed, not the time, that."""
    previous = delivery.details.get("previous") or {}
    if delivery.kind == "rescheduled" and previous.get("starts_at") == to_instant(booking.starts_at):
        return _("The new invitation to %(name)s", name=name)
    return title(delivery, name)


def title(delivery: Delivery, name: str) -> str:
    """Which mail this is, and to whom."""
    titles = {
        "confirmation": _("Invitation to %(name)s", name=name),
        "rescheduled": _("The new time to %(name)s", name=name),
        "cancelled": _("The cancellation to %(name)s", name=name),
        "withdrawn": _("End of the former meeting to %(name)s", name=name),
        "misdirected": _("Withdrawal to the mistyped address of %(name)s", name=name),
        "readdressed": _("The new address to %(name)s", name=name),
        "reminder": _("Reminder to %(name)s", name=name),
        "booked": _("Mail about the booking to %(name)s", name=name),
        "set_password": _("Link for a password to %(name)s", name=name),
        "reset_password": _("Link for a password to %(name)s", name=name),
        "test": _("Test to %(name)s", name=name),
        "storm": _("Warning of many bookings to %(name)s", name=name),
        "nobody_met": _("Note that nobody can be met, to %(name)s", name=name),
        "rights": _("What is kept, to %(name)s", name=name),
    }
    return titles.get(delivery.kind.removeprefix("host_")) or _("Message to %(name)s", name=name)


def _lead(delivery: Delivery, locale: str) -> str:
    lead = delivery.details.get("lead") if isinstance(delivery.details, dict) else None
    if not isinstance(lead, int):
        return ""
    return _("%(span)s before the meeting.", span=i18n.span_in_words(lead // 60, locale))


def fate_of(delivery: Delivery, locale: str) -> outbox.Reason:
    """What became of it, where the state alone doesn't say; beside it the server's own words."""
    return outbox.Reason("") if delivery.state == SENT else outbox.reason(delivery, locale)


def _next_try(delivery: Delivery, whom: Reader, now: datetime) -> str:
    if delivery.state != PENDING or not delivery.attempts or delivery.due_at <= now:
        return ""
    return _("Next try: %(when)s.", when=whom.date_time_short(delivery.due_at))


def _when(delivery: Delivery, whom: Reader) -> str:
    if delivery.state == SENT and delivery.sent_at is not None:
        return whom.date_time_short(delivery.sent_at)
    is_first_try = delivery.state == PENDING and not delivery.attempts
    return whom.date_time_short(delivery.due_at) if is_first_try else ""


# --- times to move it to


@dataclass(frozen=True)
class FreeTime:
    """A start that is offered."""

    start: int
    time: str


@dataclass(frozen=True)
class FreeDay:
    """A day with its free times."""

    title: str
    times: list[FreeTime]


@dataclass(frozen=True)
class Choice:
    """Some days with free times, and where there are more."""

    days: list[FreeDay]
    later: str | None  # the date to go on from
    is_first: bool


def free_times(booking: Booking, since: date | None, whom: Reader, now: datetime) -> Choice:
    """The next days on which this meeting could take place, from a date of the reader's on."""
    where = zone(whom.zone)
    today = whom.local(now).date()
    first = max(since or today, today)
    start = days_span(first, first, where).start
    found_at = offers.next_offered(booking.link, booking.duration, start, now, without=booking)
    if found_at is None:
        return Choice([], None, first == today)
    day = local_date(found_at, where)
    span = days_span(day, day + timedelta(days=LOOK_DAYS), where)
    starts = offers.offered(booking.link, booking.duration, Span(found_at, span.end), now, without=booking)
    by_day: dict[date, list[int]] = {}
    for at in starts:
        if at != to_instant(booking.starts_at):
            by_day.setdefault(local_date(at, where), []).append(at)
    shown = list(by_day)[:MOVE_DAYS]
    beyond = list(by_day)[MOVE_DAYS] if len(by_day) > MOVE_DAYS else None
    more = beyond or _more_after(booking, span.end, whom, now)
    days = [_free_day(day, by_day[day], whom) for day in shown]
    return Choice(days, more.isoformat() if more else None, first == today)


def _more_after(booking: Booking, end: int, whom: Reader, now: datetime) -> date | None:
    found = offers.next_offered(booking.link, booking.duration, end, now, without=booking)
    return None if found is None else local_date(found, zone(whom.zone))


def _free_day(day: date, starts: Sequence[int], whom: Reader) -> FreeDay:
    times = [FreeTime(at, whom.time(to_datetime(at))) for at in starts]
    return FreeDay(i18n.day_of(day, whom.locale, "long"), times)
