"""The list of bookings as a page shows it: days and lines, the state of each one's mail, today on the hour rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from meetings import i18n
from meetings.domain.time import days_span, to_datetime, zone
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Booking, BusyTime, Delivery, Participant, User
from meetings.models.bookings import CANCELLED, CONFIRMED
from meetings.models.outbox import FAILED, MISSED, PENDING, SENDING, SENT
from meetings.services import access, zone_data

from .session import Reader

UPCOMING, PAST, CALLED_OFF = "upcoming", "past", "cancelled"
PAGE = 50  # bookings at once


@dataclass(frozen=True)
class State:
    """How the mail of a booking is doing: a tone, a glyph, words."""

    tone: str
    icon: str
    words: str


@dataclass(frozen=True)
class Line:
    """A booking in the list."""

    booking: Booking
    time: str
    duration: str
    who: str
    state: State | None


@dataclass(frozen=True)
class Day:
    """The bookings of one day of the reader's."""

    title: str
    detail: str
    lines: list[Line]


@dataclass(frozen=True)
class Displaced:
    """A meeting whose clock time is not the agreed one any more, because a country changed its clocks since."""

    booking: Booking
    agreed: str
    shows: str


# --- which bookings


def query(actor: User, which: str, text: str, whose: str, now: datetime) -> Any:
    """The bookings of one tab, in the order it shows them."""
    host_id = actor.id if whose == "mine" else None
    status = CANCELLED if which == CALLED_OFF else CONFIRMED
    found = access.bookings_of(actor, status=status, host_id=host_id, query=text)
    if which == UPCOMING:
        return found.where(Booking.ends_at > now).order_by(Booking.starts_at, Booking.id)
    if which == PAST:
        found = found.where(Booking.ends_at <= now)
    return found.order_by(Booking.starts_at.desc(), Booking.id.desc())


def days(bookings: Sequence[Booking], whom: Reader, actor: User, now: datetime) -> list[Day]:
    """The bookings by day: two queries for their hosts and mails, however many there are."""
    ids = [booking.id for booking in bookings]
    seated = Participant.of_bookings(ids)
    told: dict[int, list[Delivery]] = {booking_id: [] for booking_id in ids}
    for delivery in Delivery.of_bookings(ids):
        if delivery.booking_id is not None:
            told[delivery.booking_id].append(delivery)
    grouped: dict[date, list[Line]] = {}
    for booking in bookings:
        line = _line(booking, seated[booking.id], told[booking.id], whom, actor, now)
        grouped.setdefault(whom.local(booking.starts_at).date(), []).append(line)
    today = whom.local(now).date()
    return [_day(day, today, lines, whom) for day, lines in grouped.items()]


def _line(
    booking: Booking, seated: Sequence[Participant], told: Iterable[Delivery], whom: Reader, actor: User, now: datetime
) -> Line:
    others = [participant.host.name for participant in seated if participant.host_id != actor.id]
    who = booking.contact_name or _("Erased contact")
    if others:
        who = _("%(contact)s, with %(hosts)s", contact=who, hosts=i18n.listed(others, whom.locale))
    return Line(booking, whom.time(booking.starts_at), whom.duration(booking.duration), who, mail_state(told, now))


def _day(day: date, today: date, lines: list[Line], whom: Reader) -> Day:
    ahead = (day - today).days
    if ahead == 0:
        return Day(_("Today"), i18n.day_of(day, whom.locale, "long"), lines)
    if ahead == 1:
        return Day(_("Tomorrow"), i18n.day_of(day, whom.locale, "long"), lines)
    weekday = i18n.weekday_names(whom.locale, "wide", from_first=False)[day.weekday()]
    return Day(weekday[:1].upper() + weekday[1:], _date_of(day, today, whom.locale), lines)


def _date_of(day: date, today: date, locale: str) -> str:
    """3 December, with its year where that isn't plain."""
    if abs((day - today).days) < 180:
        return i18n.day_of(day, locale, "date")
    return i18n.day_of(day, locale, "full")


def mail_state(told: Iterable[Delivery], now: datetime) -> State | None:
    """The one thing worth knowing about a booking's mails."""
    told = list(told)
    states = {delivery.state for delivery in told}
    waiting = [delivery for delivery in told if delivery.state in {PENDING, SENDING}]
    if FAILED in states:
        return State("bad", "bad", _("A mail failed"))
    if any(delivery.attempts and delivery.state == PENDING for delivery in waiting):
        return State("warn", "refresh", _("Mail is being retried"))
    if any(delivery.due_at <= now for delivery in waiting):
        return State("soft", "clock", _("Mail is waiting"))
    if waiting:
        return State("good", "check", ngettext("Reminder to come", "Reminders to come", len(waiting)))
    if MISSED in states:
        return State("warn", "warn", _("A reminder came too late"))
    return State("good", "check", _("All sent")) if SENT in states else None


# --- today


@dataclass(frozen=True)
class Today:
    """The host's day on the hour rule: minutes of the local day."""

    first: int
    last: int
    busy: list[tuple[int, int]]
    meetings: list[tuple[int, int]]
    now: int
    left: int  # meetings still to begin
    ticks: list[str]
    line: str  # beside the heading
    words: str  # for whoever can't see the drawing


def today_of(user: User, whom: Reader, now: datetime) -> Today:
    """The user's own day: meetings booked here, and other busy times."""
    day = whom.local(now).date()
    span = days_span(day, day, zone(whom.zone))
    booked = sorted(Participant.busy([user.id], span.start, span.end), key=lambda seat: seat[1])
    meetings = [minutes_of(start, end, day, whom) for _host, start, end, _buffer in booked]
    busy = [minutes_of(start, end, day, whom) for _user, start, end in BusyTime.busy([user.id], span.start, span.end)]
    first, last = frame_of([*meetings, *busy])
    moment = whom.local(now)
    coming = [to_datetime(start) for _host, start, _end, _buffer in booked if to_datetime(start) > now]
    return Today(
        first,
        last,
        busy,
        meetings,
        moment.hour * 60 + moment.minute,
        len(coming),
        [i18n.minute_of_day(minute % 1440, whom.locale) for minute in range(first, last + 1, (last - first) // 4)],
        _today_line(coming, whom, now),
        _today_words(booked, whom),
    )


def minutes_of(start: int, end: int, day: date, whom: Reader) -> tuple[int, int]:
    """A span as minutes of the local day, cut to it."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall clock against wall clock
    first = whom.local(to_datetime(start)).replace(tzinfo=None) - midnight
    last = whom.local(to_datetime(end)).replace(tzinfo=None) - midnight
    minutes = [min(1440, max(0, moment // timedelta(minutes=1))) for moment in (first, last)]
    return minutes[0], minutes[1]


def frame_of(spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """From 8 to 20, wider where something lies outside; a number of hours that four parts go into."""
    first = min([480, *(start // 60 * 60 for start, _end in spans)])
    last = max([1200, *((end + 59) // 60 * 60 for _start, end in spans)])
    missing = -(last - first) // 60 % 4 * 60
    return (first, last + missing) if last + missing <= 1440 else (max(0, last - 1440), 1440)


def _today_line(coming: Sequence[datetime], whom: Reader, now: datetime) -> str:
    if not coming:
        return _("%(now)s, nothing more today", now=whom.time(now))
    return _("%(now)s, next at %(next)s", now=whom.time(now), next=whom.time(min(coming)))


def _today_words(booked: Sequence[tuple[int, int, int, int]], whom: Reader) -> str:
    if not booked:
        return _("No meetings today")
    starts = [whom.time(to_datetime(start)) for _host, start, _end, _buffer in booked]
    return _("Meetings today at %(times)s", times=i18n.listed(starts, whom.locale))


def summary(today: Today, failed: int) -> str:
    """How things stand, in whole sentences."""
    more = ngettext("%(num)s more meeting today.", "%(num)s more meetings today.", today.left)
    said = [more if today.left else _("No more meetings today.")]
    if failed:
        said.append(ngettext("%(num)s mail could not be sent.", "%(num)s mails could not be sent.", failed))
    return " ".join(said)


# --- new zone data


def displaced(actor: User, whom: Reader, now: datetime) -> list[Displaced]:
    """The meetings to come that new zone data moved on the clock."""
    found = zone_data.moved_meetings(actor, now)
    return [
        Displaced(booking, _clock(booking.agreed_clock, whom), _clock(zone_data.now_shows(booking), whom))
        for booking in found
    ]


def _clock(kept: str, whom: Reader) -> str:
    """A wall clock that was kept as text, as its reader writes it; it belongs to no zone of theirs."""
    shown = datetime.fromisoformat(kept.rpartition(" ")[0]).replace(tzinfo=UTC)
    return i18n.date_time_short(shown, "UTC", whom.locale)
