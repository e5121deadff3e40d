"""Mails to a host of a booking."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from meetings import i18n
from meetings.domain import invite
from meetings.domain.time import to_instant
from meetings.models import User

from . import answers
from .composing import Reader, about, change, primary, put_together, reader_of
from .meeting import Details, Meeting, host_facts, host_url
from .message import Invitation, Outgoing, Party


def host_booked(meeting: Meeting, host: User, details: Details, _now: datetime) -> Outgoing:
    """Somebody booked, or another host's meeting is this one's now: with the event as a file for their calendar."""
    is_handed_over = "previous" in details
    context = _hand(meeting, host, details) if is_handed_over else {}
    return _to_host("host_booked", meeting, host, is_handed_over=is_handed_over, **context)


def host_rescheduled(meeting: Meeting, host: User, details: Details, _now: datetime) -> Outgoing:
    """Another time."""
    return _to_host("host_rescheduled", meeting, host, **change(meeting, details, reader_of(host)))


def host_readdressed(meeting: Meeting, host: User, _details: Details, _now: datetime) -> Outgoing:
    """The contact has another address than the host was told."""
    return _to_host("host_readdressed", meeting, host)


def host_cancelled(meeting: Meeting, host: User, details: Details, _now: datetime) -> Outgoing:
    """Off."""
    context = change(meeting, details, reader_of(host)) | {"reason": invite.plain(meeting.booking.cancel_reason)}
    return _to_host("host_cancelled", meeting, host, **context)


def host_withdrawn(meeting: Meeting, host: User, details: Details, _now: datetime) -> Outgoing:
    """Another host takes the meeting: the event that this one knows ends."""
    return _to_host("host_withdrawn", meeting, host, **_hand(meeting, host, details))


def _hand(meeting: Meeting, host: User, details: Details) -> dict[str, Any]:
    """Who gave the meeting into whose hands (nobody's name for a contact), and whether this host was and is in it."""
    previous, present = details["previous"], meeting.booking.hosts()
    by = User.get_or_none(User.id == details["by"])
    return {
        "is_moved": int(previous["starts_at"]) != to_instant(meeting.booking.starts_at),
        "is_staying": host.id in previous["hosts"] and any(seat.host_id == host.id for seat in present),
        "is_by_reader": by == host,
        "by_name": by.name if by else "",
        "new_host": next((seat.host.name for seat in present if seat.host_id not in previous["hosts"]), ""),
    }


def host_reminder(meeting: Meeting, host: User, details: Details, _now: datetime) -> Outgoing:
    """The meeting is near."""
    has_description = bool(details.get("describe", True))
    return _to_host("host_reminder", meeting, host, has_event=False, has_description=has_description)


def _to_host(kind: str, meeting: Meeting, host: User, *, has_event: bool = True, **context: Any) -> Outgoing:
    reader = reader_of(host)
    booking = meeting.booking
    values = about(meeting, reader) | {
        "contact_name": " ".join(invite.plain(booking.contact_name).split()),
        "contact_email": booking.email,
        "answers": answers.for_host(meeting.answers, reader.locale),
        "their_when": _their_when(meeting, reader),
        "has_description": True,
    }
    values |= primary(
        reader,
        booking.place.join_url if not has_event else "",
        host_url(meeting),
        i18n.say(reader.locale, "See the booking"),
    )
    return put_together(
        kind,
        reader,
        values | context,
        sender=meeting.team,
        reply_to=Party(booking.contact_name, booking.email),
        invitation=_publication(meeting, reader.locale) if has_event else None,
    )


def _publication(meeting: Meeting, locale: str) -> Invitation:
    return Invitation(invite.PUBLISH, invite.calendar(host_facts(meeting, locale), invite.PUBLISH))


def _their_when(meeting: Meeting, reader: Reader) -> str:
    """When it is for the contact, if their clock shows another time."""
    start, theirs = meeting.starts_at, meeting.booking.timezone
    if i18n.offset_minutes(start, theirs) == i18n.offset_minutes(start, reader.timezone):
        return ""
    label = i18n.zone_label(theirs, start, reader.locale)
    return f"{i18n.date_time_short(start, theirs, reader.locale)}, {label}"


HostMail = Callable[[Meeting, User, Details, datetime], Outgoing]
TO_HOST: Final[Mapping[str, HostMail]] = {
    "host_booked": host_booked,
    "host_rescheduled": host_rescheduled,
    "host_readdressed": host_readdressed,
    "host_cancelled": host_cancelled,
    "host_withdrawn": host_withdrawn,
    "host_reminder": host_reminder,
}
