"""What a booking's mails say: the booking with all they need, and its calendar event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from meetings import i18n, render
from meetings.domain import invite, rich_text
from meetings.domain.answers import is_link_like
from meetings.domain.time import MINUTE, to_instant
from meetings.models import Answer, Booking, User
from meetings.models.bookings import booking_answers
from meetings.models.workspace import team_name
from meetings.services import access

from . import answers

Details = Mapping[str, Any]


@dataclass(frozen=True)
class Meeting:
    """A booking with all that its mails need."""

    booking: Booking
    hosts: Sequence[tuple[User, bool]]  # with whether they are required; the event's organizer first
    team: str
    token: str  # of the contact's links
    answers: Sequence[Answer] = ()
    again_path: str = ""  # where the contact may book anew
    event: Mapping[str, Any] = field(default_factory=dict)  # what an event before this one was: uid, sequence, …

    @property
    def host(self) -> User:
        """The organizer of the calendar event."""
        return self.hosts[0][0]

    @property
    def organizer_email(self) -> str:
        """The organizer's address in the event, whatever the host's is by now."""
        return str(self.event.get("organizer_email", self.booking.organizer_email))

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
        token=access.mailed_token(booking),
        answers=booking_answers(booking),
        again_path=f"/book/{booking.link.slug}" if booking.link.is_bookable else "",
    )
    if previous is None:
        return found
    by_id = {user.id: user for user in User.select().where(User.id.in_(previous["hosts"]))}
    hosts = [(by_id[host_id], True) for host_id in previous["hosts"] if host_id in by_id]
    return replace(found, hosts=hosts or found.hosts, event=previous)


def _facts(meeting: Meeting, description: str) -> invite.Facts:
    booking = meeting.booking
    hosts = [(user, is_required) for user, is_required in meeting.hosts[1:] if not user.is_removed]
    others = [invite.Person(user.name, user.email, is_required) for user, is_required in hosts]
    sequence = booking.sequence
    if meeting.event:  # its last message is its end
        sequence = int(meeting.event["sequence"]) + 1
    return invite.Facts(
        uid=str(meeting.event.get("uid", booking.uid)),
        sequence=sequence,
        stamped_at=to_instant(booking.stamped_at),
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        title=str(meeting.event.get("title", booking.title)),
        organizer=invite.Person(meeting.host.name, meeting.organizer_email),
        attendees=(invite.Person(booking.contact_name, booking.email), *others),
        booking_id=booking.public_id,
        created_at=to_instant(booking.created_at),
        changed_at=to_instant(booking.changed_at),
        description=description,
        location=booking.place.line,
        url=booking.place.join_url,
        conference=booking.place.join_url or booking.place.call_url,
        is_cancelled=not booking.is_confirmed or bool(meeting.event),
    )


def described(booking: Booking) -> str:
    """The description for readers that show plain text alone."""
    return rich_text.to_text(invite.plain(booking.description))


def contact_facts(meeting: Meeting) -> invite.Facts:
    """The event as the contact's calendar shows it."""
    told = answers.as_text(answers.for_contact(meeting.answers, i18n.negotiate([meeting.booking.locale])))
    parts = [described(meeting.booking), *told]
    facts = _facts(meeting, _with_link("\n\n".join(filter(None, parts)), manage_url(meeting)))
    return _without_links(facts, meeting.booking)


def _without_links(facts: invite.Facts, booking: Booking) -> invite.Facts:
    """The event without a name that would carry a stranger's link into somebody else's calendar."""
    names = (booking.contact_name, booking.first_name, booking.last_name)
    unfit = [name for name in names if is_link_like(name)]
    if not unfit:
        return facts
    title = facts.title
    for name in unfit:  # the whole name first
        title = title.replace(name, booking.email)
    contact, *others = facts.attendees
    return replace(facts, title=title, attendees=(replace(contact, name=""), *others))


def host_facts(meeting: Meeting, locale: str) -> invite.Facts:
    """The event as a host's calendar shows it."""
    booking = meeting.booking
    told = answers.as_text(answers.for_invite(meeting.answers, locale))
    parts = [f"{booking.contact_name} <{booking.email}>", *told, described(booking)]
    return _facts(meeting, _with_link("\n\n".join(filter(None, parts)), host_url(meeting)))


def _with_link(text: str, url: str) -> str:
    return f"{text}\n\n{url}".strip()


def calendar_file(booking: Booking, known: Meeting | None = None) -> bytes:
    """The event as a file for the contact to download. Its link is that of the page: no mail was needed to get it."""
    meeting = replace(known or meeting_of(booking), token=access.manage_token(booking))
    return invite.calendar(contact_facts(meeting), invite.PUBLISH)


def manage_url(meeting: Meeting) -> str:
    return render.absolute_url(f"/booking/{meeting.token}")


def host_url(meeting: Meeting) -> str:
    return render.absolute_url(f"/bookings/{meeting.booking.public_id}")
