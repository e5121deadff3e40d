"""Mails to the contact of a booking."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from babel.lists import format_list

from meetings import i18n, render
from meetings.domain import invite
from meetings.domain.answers import is_link_like

from . import answers
from .composing import Reader, about, change, primary, put_together
from .meeting import Details, Meeting, contact_facts, manage_url
from .message import Invitation, Outgoing, Party


def confirmation(meeting: Meeting, _details: Details, _now: datetime) -> Outgoing:
    """Booked: with the invitation."""
    return _to_contact("confirmation", meeting, invite.REQUEST)


def rescheduled(meeting: Meeting, details: Details, _now: datetime) -> Outgoing:
    """Another time: the same event, its sequence grown."""
    return _to_contact("rescheduled", meeting, invite.REQUEST, **change(meeting, details, _contact(meeting)))


def cancelled(meeting: Meeting, details: Details, _now: datetime) -> Outgoing:
    """Off: takes the event out of the contact's calendar."""
    context = change(meeting, details, _contact(meeting))
    return _to_contact(
        "cancelled", meeting, invite.CANCEL, reason=invite.plain(meeting.booking.cancel_reason), **context
    )


def withdrawn(meeting: Meeting, details: Details, _now: datetime) -> Outgoing:
    """The event with the former host ends, because calendars can't change an event's organizer."""
    return _to_contact("withdrawn", meeting, invite.CANCEL, **change(meeting, details, _contact(meeting)))


def misdirected(meeting: Meeting, details: Details, _now: datetime) -> Outgoing:
    """To the address that was mistyped: takes the event back, and says nothing about anybody."""
    booking = meeting.booking
    reader = Reader("", str(details["email"]), i18n.negotiate([booking.locale]), booking.timezone)
    known = contact_facts(meeting)
    stranger = replace(known.attendees[0], name="", email=reader.email)
    facts = replace(
        known,
        attendees=(stranger,),
        title=i18n.say(reader.locale, "Withdrawn"),
        description="",
        location="",
        url="",
        conference="",
        is_cancelled=True,
    )
    return put_together(
        "misdirected",
        reader,
        about(meeting, reader),
        sender=meeting.team,
        invitation=Invitation(invite.CANCEL, invite.calendar(facts, invite.CANCEL)),
    )


def reminder(meeting: Meeting, details: Details, _now: datetime) -> Outgoing:
    """The meeting is near: on which day, as "tomorrow" may be wrong by the time it arrives.

    Without invitation: calendars would take a cancelled event up again.
    """
    unsubscribe_url = f"{manage_url(meeting)}/reminders"
    has_description = bool(details.get("describe", True))
    return _to_contact("reminder", meeting, None, unsubscribe_url=unsubscribe_url, has_description=has_description)


def _contact(meeting: Meeting) -> Reader:
    booking = meeting.booking
    return Reader(_greeting(booking.first_name), booking.email, i18n.negotiate([booking.locale]), booking.timezone)


def _greeting(name: str) -> str:
    """The name to greet somebody by; none where it would carry a stranger's link to somebody else's mailbox."""
    return "" if is_link_like(name) else " ".join(name.split())


def _to_contact(
    kind: str, meeting: Meeting, method: str | None, *, unsubscribe_url: str = "", **context: Any
) -> Outgoing:
    reader = _contact(meeting)
    facts = contact_facts(meeting)
    web_facts = replace(facts, description=manage_url(meeting))  # the whole description would make endless links
    booking = meeting.booking
    names = i18n.babel_locale(reader.locale), [user.name for user, _ in meeting.hosts]
    values = about(meeting, reader) | {
        "hosts": format_list(names[1], locale=names[0]),
        "move_url": f"{manage_url(meeting)}/reschedule" if meeting.again_path else "",
        "cancel_url": f"{manage_url(meeting)}/cancel",
        "file_url": f"{manage_url(meeting)}/invite.ics",
        "google_url": invite.google_url(web_facts),
        "outlook_url": invite.outlook_url(web_facts),
        "again_url": _again_url(meeting),
        "unsubscribe_url": unsubscribe_url,
        "answers": answers.for_contact(meeting.answers, reader.locale),
    }
    values |= primary(reader, booking.place.join_url, manage_url(meeting), i18n.say(reader.locale, "See your booking"))
    values |= {"has_description": True} | context
    return put_together(
        kind,
        reader,
        values,
        sender=i18n.say(reader.locale, "%(host)s via %(team)s", host=meeting.host.name, team=meeting.team),
        reply_to=next((Party(user.name, user.email) for user, _ in meeting.hosts if not user.is_removed), None),
        invitation=Invitation(method, invite.calendar(facts, method)) if method else None,
        unsubscribe_url=unsubscribe_url,
        is_contact=True,
    )


ContactMail = Callable[[Meeting, Details, datetime], Outgoing]
TO_CONTACT: Final[Mapping[str, ContactMail]] = {
    "confirmation": confirmation,
    "rescheduled": rescheduled,
    "cancelled": cancelled,
    "withdrawn": withdrawn,
    "misdirected": misdirected,
    "reminder": reminder,
}


def _again_url(meeting: Meeting) -> str:
    """Where another meeting can be booked; nothing where that takes an invitation."""
    is_open = meeting.again_path and not meeting.booking.link.is_by_invitation
    return render.absolute_url(meeting.again_path) if is_open else ""
