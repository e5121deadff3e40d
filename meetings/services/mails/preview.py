"""A link's mails before anybody has booked: to a made-up contact, by the same code that sends."""

from datetime import datetime, timedelta
from typing import Final

from meetings.domain.availability import Kind
from meetings.domain.time import to_datetime, to_instant
from meetings.models import Answer, Booking, Link, User
from meetings.models.workspace import team_name
from meetings.services import forms, offers

from . import sample_answers
from .meeting import Details, Meeting
from .message import Outgoing
from .to_contact import TO_CONTACT
from .to_host import TO_HOST

SAMPLE_AHEAD: Final = timedelta(days=9)


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
    from meetings.services.bookings import BookingRequest, title_of  # they write the outbox, which writes mails

    hosts = _hosts(link)
    host = hosts[0]
    duration = int(link.durations[0])
    zone = str(link.scheduling.get("timezone") or host.timezone)
    starts_at = to_datetime(sample_start(link, duration, now))
    answers = [sample_answers.of(asked, locale, starts_at.date()) for asked in forms.asked(link, locale)]
    request = BookingRequest(
        start=starts_at,
        duration=duration,
        timezone=zone,
        locale=locale,
        email="alex.martin@example.org",
        first_name="Alex",
        last_name="Martin",
        answers=answers,
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
        location=link.place.text,
        location_kind=link.place.kind,
        description=str(link.overview.get("description") or ""),
        uid="sample@example.org",
        organizer_email=host.email,
        stamped_at=now,
        created_at=now,
        changed_at=now,
    )
    met = [(each, True) for each in hosts]
    return Meeting(
        booking,
        met,
        team_name(),
        token="sample",  # noqa: S106 - opens nothing
        answers=[Answer(**answer) for answer in answers],
        again_path=f"/book/{link.slug}",
    )


def _hosts(link: Link) -> list[User]:
    """Who would be met: of a round robin one of its members."""
    met = [host.id for host in offers.hosts_of(link) if not host.is_paused]
    met = met[:1] if link.kind == Kind.ROUND_ROBIN else met
    found = {user.id: user for user in User.select().where(User.id.in_(met))}
    return [found[host_id] for host_id in met if host_id in found] or [link.organizer]


def sample_start(link: Link, duration: int, now: datetime) -> int:
    """A time that could be booked: some days from now if there is one, else the next, else simply then."""
    for after in (now + SAMPLE_AHEAD, now):
        start = offers.next_offered(link, duration, to_instant(after), now)
        if start is not None:
            return start
    return to_instant((now + SAMPLE_AHEAD).replace(hour=13, minute=30, second=0, microsecond=0))
