"""From what is to be said to a mail: the reader's language and zone, the templates, what several mails share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from meetings import i18n, render
from meetings.domain import invite
from meetings.domain.time import MINUTE
from meetings.models import User
from meetings.providers import mail

from .meeting import Details, Meeting, place_url
from .message import Invitation, Outgoing, Party, subject_line


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the mail, in which language and zone."""

    name: str  # by which they are greeted
    email: str
    locale: str
    timezone: str


def reader_of(user: User) -> Reader:
    """A user as reader of a mail."""
    return Reader(user.name, user.email, i18n.negotiate([user.locale]), user.timezone)


def primary(reader: Reader, join_url: str, page_url: str, page_words: str) -> dict[str, str]:
    """A mail's one button: into the meeting where it is held on the web, else to the booking's page."""
    if join_url:
        return {"primary_url": join_url, "primary_words": i18n.say(reader.locale, "Join the meeting")}
    return {"primary_url": page_url, "primary_words": page_words}


def about(meeting: Meeting, reader: Reader) -> dict[str, object]:
    start, end, zone, locale = meeting.starts_at, meeting.ends_at, reader.timezone, reader.locale
    place = invite.plain(meeting.booking.location)
    return {
        "when": i18n.date_time_full(start, end, zone, locale),
        "short_when": i18n.date_time_short(start, zone, locale),
        "day": i18n.day_long(start, zone, locale),
        "zone": i18n.zone_label(zone, start, locale),
        "place": place,
        "place_url": place_url(place),
        "description": invite.plain(meeting.booking.description),
        "team": meeting.team,
    }


def change(meeting: Meeting, details: Details, reader: Reader) -> dict[str, Any]:
    """Who changed it, and what it was before."""
    context: dict[str, object] = {"by_contact": details.get("by") is None}
    previous = details.get("previous")
    if previous:
        start = int(previous["starts_at"])
        end = start + meeting.booking.duration * MINUTE
        before = i18n.date_time_full(start, end, reader.timezone, reader.locale)
        context["moved_from"] = f"{before}, {i18n.zone_label(reader.timezone, start, reader.locale)}"
        context["is_handed_over"] = previous["uid"] != meeting.booking.uid
    return context


def put_together(
    kind: str,
    reader: Reader,
    context: Mapping[str, Any],
    *,
    sender: str,
    reply_to: Party | None = None,
    invitation: Invitation | None = None,
    unsubscribe_url: str = "",
) -> Outgoing:
    """Render the kind's templates for this reader."""
    values = {"reader_name": reader.name, **context}
    if not values.get("has_description", True):
        values["description"] = ""
    values["subject"] = subject_line(render.render_line(f"mail/{kind}/subject.txt", reader.locale, **values))
    return Outgoing(
        kind=kind,
        locale=reader.locale,
        subject=values["subject"],
        sender=Party(sender, mail.sender_address(current_app.config)),
        reply_to=reply_to,
        to=Party("", reader.email),
        text=render.render_plain(f"mail/{kind}/body.txt", reader.locale, **values),
        html=render.render(f"mail/{kind}/body.html", reader.locale, **values),
        invitation=invitation,
        unsubscribe_url=unsubscribe_url,
    )
