"""Every mail the app sends: to whom, in which language and zone, from which template, with which invitation.

One function a mail, under the name of its kind in MAILS; each kind has its templates in templates/mail/.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.lists import format_list
from flask import current_app

from .. import i18n, render
from ..domain import invite
from ..domain.time import MINUTE, to_instant
from ..models import Booking, Delivery, Link, User
from ..models.bookings import booking_answers
from ..models.workspace import team_name
from ..providers import mail
from . import access

Details = Mapping[str, Any]

_NAME_MAX = 70  # of a name in a header; a longer one is cut
_SUBJECT_MAX = 200
# Breaks, controls, marks of direction, lone surrogates; in names also what has a meaning in an address.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_UNFIT_IN_SUBJECTS = re.compile(rf"[{_UNSEEN}]+")
_UNFIT_IN_NAMES = re.compile(rf'[\s{_UNSEEN}"<>()\[\]\\,;:@]+')
_LINK_LIKE = re.compile(r"://|www\.|[/@]|\.[a-z]{2,}\b", re.IGNORECASE)
_PLACE_URL = re.compile(r"https://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a mail's head."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the mail, in which language and zone."""

    name: str  # by which they are greeted
    email: str
    locale: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """The event that goes with a mail."""

    method: str
    content: bytes


@dataclass(frozen=True)
class Outgoing:
    """A mail ready to be sent, or to be shown exactly as it would be."""

    kind: str
    locale: str
    subject: str
    sender: Party
    to: Party
    text: str
    html: str
    reply_to: Party | None = None
    invitation: Invitation | None = None

    def as_bytes(self, message_id: str, now: datetime) -> bytes:
        """The message as it goes over the wire: ASCII throughout, lines ended by CRLF."""
        message = EmailMessage(policy=SMTP if self.to.email.isascii() else SMTPUTF8)
        message["From"] = _header_address(self.sender)
        if self.reply_to is not None and self.reply_to.email.isascii():
            message["Reply-To"] = _header_address(self.reply_to)
        message["To"] = _header_address(self.to)
        message["Subject"] = self.subject
        message["Date"] = format_datetime(now.replace(microsecond=0))
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers to machines (RFC 3834)
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(self.text, cte="quoted-printable")
        message.add_alternative(self.html, subtype="html", cte="quoted-printable")
        if self.invitation is not None:
            _attach(message, self.invitation)
        message["Content-Language"] = self.locale  # last: whatever is named Content-… moves into the first part
        return message.as_bytes()


def _attach(message: EmailMessage, invitation: Invitation) -> None:
    """A REQUEST or CANCEL is the last alternative of the text, with a copy as a file; a PUBLISH is a file alone."""
    if invitation.method == invite.PUBLISH:
        message.make_mixed()
        message.add_attachment(
            invitation.content.decode(),
            subtype="calendar",
            params={"method": invitation.method, "component": "VEVENT"},
            filename="invite.ics",
            cte="base64",
        )
        return
    message.add_alternative(
        invitation.content.decode(),
        subtype="calendar",
        params={"method": invitation.method, "component": "VEVENT"},
        cte="base64",
    )
    # Not text/calendar a second time: some programs would take both up.
    message.add_attachment(
        invitation.content, maintype="application", subtype="ics", filename="invite.ics", params={"name": "invite.ics"}
    )


def _header_address(party: Party) -> Address | str:
    if not party.email.isascii():  # Python's own class refuses it, the SMTPUTF8 form of the header does not
        return party.email
    name = _UNFIT_IN_NAMES.sub(" ", party.name)[:_NAME_MAX].strip()
    return Address(_inert(name), addr_spec=party.email)


def _inert(text: str) -> str:
    """Text in which nothing looks encoded: Python decodes such words, line breaks and all, while it writes a header."""
    return text.replace("=?", "= ?")


# -- what a booking's mails say


@dataclass(frozen=True)
class Meeting:
    """A booking with all that its mails need."""

    booking: Booking
    hosts: Sequence[tuple[User, bool]]  # with whether they are required; the event's organizer first
    team: str
    token: str  # of the contact's links
    answers: Sequence[tuple[str, str]] = ()
    again_path: str = ""  # where the contact may book anew
    event: Mapping[str, Any] = field(default_factory=dict)  # the uid and sequence of an event before this one

    @property
    def host(self) -> User:
        """The organizer of the calendar event."""
        return self.hosts[0][0]

    @property
    def starts_at(self) -> int:
        return int(self.event.get("starts_at", to_instant(self.booking.starts_at)))

    @property
    def ends_at(self) -> int:
        return self.starts_at + self.booking.duration * MINUTE


def meeting_of(booking: Booking, previous: Details | None = None) -> Meeting:
    """What mails say of a booking; `previous` tells of the event that it was before a change of hosts."""
    found = Meeting(
        booking=booking,
        hosts=[(participant.host, participant.is_required) for participant in booking.hosts()],
        team=team_name(),
        token=access.manage_token(booking),
        answers=[(answer.label, answer.value) for answer in booking_answers(booking) if answer.value],
        again_path=f"/book/{booking.link.slug}" if booking.link.is_bookable else "",
    )
    if previous is None:
        return found
    by_id = {user.id: user for user in User.select().where(User.id.in_(previous["hosts"]))}
    hosts = [(by_id[host_id], True) for host_id in previous["hosts"] if host_id in by_id]
    return replace(found, hosts=hosts or found.hosts, event=previous)


def _facts(meeting: Meeting, description: str) -> invite.Facts:
    booking = meeting.booking
    others = [invite.Person(user.name, user.email, is_required) for user, is_required in meeting.hosts[1:]]
    sequence = booking.sequence
    if meeting.event:  # its last message is its end
        sequence = int(meeting.event["sequence"]) + 1
    return invite.Facts(
        uid=str(meeting.event.get("uid", booking.uid)),
        sequence=sequence,
        stamped_at=to_instant(booking.stamped_at),
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        title=booking.title,
        organizer=invite.Person(meeting.host.name, meeting.host.email),
        attendees=(invite.Person(booking.contact_name, booking.email), *others),
        booking_id=booking.public_id,
        created_at=to_instant(booking.created_at),
        changed_at=to_instant(booking.changed_at),
        description=description,
        location=booking.location,
        url=_place_url(booking.location),
        is_cancelled=not booking.is_confirmed or bool(meeting.event),
    )


def contact_facts(meeting: Meeting) -> invite.Facts:
    """The event as the contact's calendar shows it."""
    return _facts(meeting, _with_link(meeting.booking.description, _manage_url(meeting)))


def _host_facts(meeting: Meeting) -> invite.Facts:
    booking = meeting.booking
    answers = [f"{label}: {value}" for label, value in meeting.answers]
    about = "\n".join([f"{booking.contact_name} <{booking.email}>", *answers])
    return _facts(meeting, _with_link("\n\n".join(filter(None, [about, booking.description])), _host_url(meeting)))


def _with_link(text: str, url: str) -> str:
    return f"{text}\n\n{url}".strip()


def calendar_file(booking: Booking) -> bytes:
    """The event as a file for the contact to download."""
    return invite.calendar(contact_facts(meeting_of(booking)), invite.PUBLISH)


def _manage_url(meeting: Meeting) -> str:
    return render.absolute_url(f"/booking/{meeting.token}")


def _host_url(meeting: Meeting) -> str:
    return render.absolute_url(f"/bookings/{meeting.booking.public_id}")


def _place_url(place: str) -> str:
    """The address of a meeting held on the web; nothing for any other place."""
    return place.strip() if _PLACE_URL.fullmatch(place.strip()) else ""


# -- mails to the contact


def confirmation(meeting: Meeting, _details: Details, _now: datetime) -> Outgoing:
    """Booked: with the invitation."""
    return _to_contact("confirmation", meeting, invite.REQUEST)


def rescheduled(meeting: Meeting, details: Details, _now: datetime) -> Outgoing:
    """Another time: the same event, its sequence grown."""
    return _to_contact("rescheduled", meeting, invite.REQUEST, **_change(meeting, details, _contact(meeting)))


def cancelled(meeting: Meeting, details: Details, _now: datetime) -> Outgoing:
    """Off: takes the event out of the contact's calendar."""
    context = _change(meeting, details, _contact(meeting))
    return _to_contact(
        "cancelled", meeting, invite.CANCEL, reason=invite.plain(meeting.booking.cancel_reason), **context
    )


def withdrawn(meeting: Meeting, _details: Details, _now: datetime) -> Outgoing:
    """The event with the former host ends, because calendars can't change an event's organizer."""
    return _to_contact("withdrawn", meeting, invite.CANCEL)


def reminder(meeting: Meeting, details: Details, now: datetime) -> Outgoing:
    """The meeting is near. Without invitation: calendars would take a cancelled event up again."""
    context = _nearness(meeting, _contact(meeting), now)
    return _to_contact("reminder", meeting, None, has_description=bool(details.get("describe", True)), **context)


def _contact(meeting: Meeting) -> Reader:
    booking = meeting.booking
    return Reader(_greeting(booking.first_name), booking.email, i18n.negotiate([booking.locale]), booking.timezone)


def _greeting(name: str) -> str:
    """The name to greet somebody by; none where it would carry a stranger's link to somebody else's mailbox."""
    return "" if _LINK_LIKE.search(name) else " ".join(name.split())


def _to_contact(kind: str, meeting: Meeting, method: str | None, **context: Any) -> Outgoing:
    reader = _contact(meeting)
    facts = contact_facts(meeting)
    web_facts = replace(facts, description=_manage_url(meeting))  # the whole description would make endless links
    booking = meeting.booking
    names = i18n.babel_locale(reader.locale), [user.name for user, _ in meeting.hosts]
    values = _about(meeting, reader) | {
        "hosts": format_list(names[1], locale=names[0]),
        "move_url": f"{_manage_url(meeting)}/reschedule",
        "cancel_url": f"{_manage_url(meeting)}/cancel",
        "file_url": f"{_manage_url(meeting)}/invite.ics",
        "google_url": invite.google_url(web_facts),
        "outlook_url": invite.outlook_url(web_facts),
        "again_url": render.absolute_url(meeting.again_path) if meeting.again_path else "",
    }
    values |= _primary(
        reader, _place_url(booking.location), _manage_url(meeting), i18n.say(reader.locale, "See your booking")
    )
    values |= {"has_description": True} | context
    return _compose(
        kind,
        reader,
        values,
        sender=i18n.say(reader.locale, "%(host)s via %(team)s", host=meeting.host.name, team=meeting.team),
        reply_to=Party(meeting.host.name, meeting.host.email),
        invitation=Invitation(method, invite.calendar(facts, method)) if method else None,
    )


def _primary(reader: Reader, join_url: str, page_url: str, page_words: str) -> dict[str, str]:
    """A mail's one button: into the meeting where it is held on the web, else to the booking's page."""
    if join_url:
        return {"primary_url": join_url, "primary_words": i18n.say(reader.locale, "Join the meeting")}
    return {"primary_url": page_url, "primary_words": page_words}


# -- mails to a host


def host_booked(meeting: Meeting, host: User, _details: Details, _now: datetime) -> Outgoing:
    """Somebody booked: with the event as a file for the host's calendar."""
    return _to_host("host_booked", meeting, host)


def host_rescheduled(meeting: Meeting, host: User, details: Details, _now: datetime) -> Outgoing:
    """Another time."""
    return _to_host("host_rescheduled", meeting, host, **_change(meeting, details, _host(host)))


def host_cancelled(meeting: Meeting, host: User, details: Details, _now: datetime) -> Outgoing:
    """Off."""
    context = _change(meeting, details, _host(host)) | {"reason": invite.plain(meeting.booking.cancel_reason)}
    return _to_host("host_cancelled", meeting, host, **context)


def host_withdrawn(meeting: Meeting, host: User, _details: Details, _now: datetime) -> Outgoing:
    """The meeting moved to a time at which another host takes it."""
    return _to_host("host_withdrawn", meeting, host)


def host_reminder(meeting: Meeting, host: User, details: Details, now: datetime) -> Outgoing:
    """The meeting is near."""
    context = _nearness(meeting, _host(host), now) | {"has_description": bool(details.get("describe", True))}
    return _to_host("host_reminder", meeting, host, has_event=False, **context)


def _host(user: User) -> Reader:
    return Reader(user.name, user.email, i18n.negotiate([user.locale]), user.timezone)


def _to_host(kind: str, meeting: Meeting, host: User, *, has_event: bool = True, **context: Any) -> Outgoing:
    reader = _host(host)
    booking = meeting.booking
    values = _about(meeting, reader) | {
        "contact_name": " ".join(invite.plain(booking.contact_name).split()),
        "contact_email": booking.email,
        "answers": meeting.answers,
        "their_when": _their_when(meeting, reader),
        "has_description": True,
    }
    values |= _primary(
        reader,
        _place_url(booking.location) if not has_event else "",
        _host_url(meeting),
        i18n.say(reader.locale, "See the booking"),
    )
    return _compose(
        kind,
        reader,
        values | context,
        sender=meeting.team,
        reply_to=Party(booking.contact_name, booking.email),
        invitation=_publication(meeting) if has_event else None,
    )


def _publication(meeting: Meeting) -> Invitation:
    return Invitation(invite.PUBLISH, invite.calendar(_host_facts(meeting), invite.PUBLISH))


def _their_when(meeting: Meeting, reader: Reader) -> str:
    """When it is for the contact, if their clock shows another time."""
    start, theirs = meeting.starts_at, meeting.booking.timezone
    if i18n.offset_minutes(start, theirs) == i18n.offset_minutes(start, reader.timezone):
        return ""
    label = i18n.zone_label(theirs, start, reader.locale)
    return f"{i18n.date_time_short(start, theirs, reader.locale)}, {label}"


# -- what several mails share


def _about(meeting: Meeting, reader: Reader) -> dict[str, object]:
    start, end, zone, locale = meeting.starts_at, meeting.ends_at, reader.timezone, reader.locale
    place = invite.plain(meeting.booking.location)
    return {
        "when": i18n.date_time_full(start, end, zone, locale),
        "short_when": i18n.date_time_short(start, zone, locale),
        "day": i18n.day_long(start, zone, locale),
        "zone": i18n.zone_label(zone, start, locale),
        "place": place,
        "place_url": _place_url(place),
        "description": invite.plain(meeting.booking.description),
        "team": meeting.team,
    }


def _change(meeting: Meeting, details: Details, reader: Reader) -> dict[str, Any]:
    """Who changed it, and what it was before."""
    context: dict[str, object] = {"by_contact": details.get("by") is None}
    previous = details.get("previous")
    if previous:
        start = int(previous["starts_at"])
        end = start + meeting.booking.duration * MINUTE
        context["moved_from"] = i18n.date_time_full(start, end, reader.timezone, reader.locale)
    return context


def _nearness(meeting: Meeting, reader: Reader, now: datetime) -> dict[str, Any]:
    start_on = i18n.local(meeting.starts_at, reader.timezone).date()
    return {"days_ahead": (start_on - i18n.local(now, reader.timezone).date()).days}


def _compose(
    kind: str,
    reader: Reader,
    context: Mapping[str, Any],
    *,
    sender: str,
    reply_to: Party | None = None,
    invitation: Invitation | None = None,
) -> Outgoing:
    values = {"reader_name": reader.name, **context}
    if not values.get("has_description", True):
        values["description"] = ""
    subject = render.render_line(f"mail/{kind}/subject.txt", reader.locale, **values)[:_SUBJECT_MAX]
    values["subject"] = subject
    return Outgoing(
        kind=kind,
        locale=reader.locale,
        subject=_inert(_UNFIT_IN_SUBJECTS.sub(" ", subject)),
        sender=Party(sender, mail.sender_address(current_app.config)),
        reply_to=reply_to,
        to=Party("", reader.email),
        text=render.render_plain(f"mail/{kind}/body.txt", reader.locale, **values),
        html=render.render(f"mail/{kind}/body.html", reader.locale, **values),
        invitation=invitation,
    )


# -- mails about an account


def set_password(user: User, details: Details, _now: datetime) -> Outgoing:
    """An account was made: the link to set its first password."""
    return _to_user("set_password", user, details)


def reset_password(user: User, details: Details, _now: datetime) -> Outgoing:
    """The link to set another password."""
    return _to_user("reset_password", user, details)


def _to_user(kind: str, user: User, details: Details) -> Outgoing:
    reader = _host(user)
    context: dict[str, object] = {"team": team_name(), "url": details["url"], "inviter": details.get("inviter", "")}
    if "expires_at" in details:
        end = int(details["expires_at"])
        label = i18n.zone_label(user.timezone, end, reader.locale)
        context["expires"] = f"{i18n.date_time_long(end, user.timezone, reader.locale)}, {label}"
    return _compose(kind, reader, context, sender=team_name())


# -- from a row to a mail

ContactMail = Callable[[Meeting, Details, datetime], Outgoing]
HostMail = Callable[[Meeting, User, Details, datetime], Outgoing]
UserMail = Callable[[User, Details, datetime], Outgoing]

TO_CONTACT: Final[Mapping[str, ContactMail]] = {
    "confirmation": confirmation,
    "rescheduled": rescheduled,
    "cancelled": cancelled,
    "withdrawn": withdrawn,
    "reminder": reminder,
}
TO_HOST: Final[Mapping[str, HostMail]] = {
    "host_booked": host_booked,
    "host_rescheduled": host_rescheduled,
    "host_cancelled": host_cancelled,
    "host_withdrawn": host_withdrawn,
    "host_reminder": host_reminder,
}
TO_USER: Final[Mapping[str, UserMail]] = {"set_password": set_password, "reset_password": reset_password}
ENDED: Final = ("withdrawn", "host_withdrawn")  # about the event that a booking was before a change of hosts
KINDS: Final = (*TO_CONTACT, *TO_HOST, *TO_USER)


def compose(delivery: Delivery, now: datetime) -> Outgoing:
    """The mail of a row of the outbox, from what is true now."""
    kind, details, user = delivery.kind, delivery.details, delivery.user
    if user is not None and kind in TO_USER:
        return TO_USER[kind](user, details, now)
    meeting = meeting_of(booking_of(delivery), details.get("previous") if kind in ENDED else None)
    if user is not None and kind in TO_HOST:
        return TO_HOST[kind](meeting, user, details, now)
    return TO_CONTACT[kind](meeting, details, now)


def booking_of(delivery: Delivery) -> Booking:
    """The booking that a row is about. Rows about accounts have none, and no business here."""
    booking = delivery.booking
    if booking is None:
        raise ValueError(f"delivery {delivery.id} is about no booking")
    return booking


# -- the wizard's preview


def preview(link: Link, kind: str, rule: Details | None, audience: str, locale: str, now: datetime) -> Outgoing:
    """A mail as the link would send it, to a made-up contact. `kind`: "confirmation" or "reminder".

    The link need not be saved. `rule` is the reminder's ({"value": 1, "unit": "days"}), `audience` "contact" or "host".
    """
    lead = timedelta(**{rule["unit"]: int(rule["value"])}) if rule else timedelta(days=1)
    meeting = sample_meeting(link, locale, now)
    sent_at = meeting.booking.starts_at - lead if kind == "reminder" else now
    details = {"describe": bool(link.automation.get("include_description", True))}
    if audience == "host":
        host = User(name=meeting.host.name, email=meeting.host.email, timezone=meeting.host.timezone, locale=locale)
        return TO_HOST["host_reminder" if kind == "reminder" else "host_booked"](meeting, host, details, sent_at)
    return TO_CONTACT[kind](meeting, details, sent_at)


def sample_meeting(link: Link, locale: str, now: datetime) -> Meeting:
    """A meeting through this link as it might be: next week, with somebody who does not exist."""
    from .bookings import BookingRequest, title_of  # they write the outbox, which writes mails

    host = link.organizer
    duration = int(link.durations[0])
    zone = str(link.scheduling.get("timezone") or host.timezone)
    starts_at = _sample_start(now, zone)
    request = BookingRequest(
        start=starts_at,
        duration=duration,
        timezone=zone,
        locale=locale,
        email="alex.martin@example.org",
        first_name="Alex",
        last_name="Martin",
    )
    booking = Booking(
        public_id="00000000-0000-4000-8000-000000000000",
        link=link,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=duration),
        duration=duration,
        timezone=zone,
        locale=locale,
        email=request.email,
        first_name=request.first_name,
        last_name=request.last_name,
        title=title_of(link, request, host.name),
        location=str(link.overview.get("location") or ""),
        description=str(link.overview.get("description") or ""),
        uid="sample@example.org",
        stamped_at=now,
        created_at=now,
        changed_at=now,
    )
    return Meeting(booking, [(host, True)], team_name(), token="sample", again_path=f"/book/{link.slug}")  # noqa: S106 - opens nothing


def _sample_start(now: datetime, zone: str) -> datetime:
    """A week from now, at half past two of that zone's clocks."""
    there = (now + timedelta(days=7)).astimezone(i18n.known_zone(zone))
    return there.replace(hour=14, minute=30, second=0, microsecond=0).astimezone(ZoneInfo("UTC"))


def sender_shown() -> str:
    """The address that mails come from, for pages that explain it."""
    return parseaddr(mail.sender_address(current_app.config))[1]
