"""A link's mails before anybody has booked: to a made-up contact, by the same code that sends."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from meetings import i18n
from meetings.models import Booking, Link, User
from meetings.models.workspace import team_name

from .meeting import Details, Meeting
from .message import Outgoing
from .to_contact import TO_CONTACT
from .to_host import TO_HOST


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
        organizer_email=host.email,
        stamped_at=now,
        created_at=now,
        changed_at=now,
    )
    return Meeting(booking, [(host, True)], team_name(), token="sample", again_path=f"/book/{link.slug}")  # noqa: S106 - opens nothing


def _sample_start(now: datetime, zone: str) -> datetime:
    """A week from now, at half past two of that zone's clocks."""
    there = (now + timedelta(days=7)).astimezone(i18n.known_zone(zone))
    return there.replace(hour=14, minute=30, second=0, microsecond=0).astimezone(ZoneInfo("UTC"))
