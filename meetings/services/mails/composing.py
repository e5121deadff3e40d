"""From what is to be said to a mail: the reader's language and zone, the templates, what several mails share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import current_app
from markupsafe import Markup

from meetings import i18n, render
from meetings.domain import invite, rich_text
from meetings.domain.time import MINUTE, to_instant
from meetings.models import User
from meetings.providers import mail
from meetings.services import branding

from .meeting import Details, Meeting, described
from .message import Invitation, Outgoing, Party, subject_line

_LIST = "margin: 0 0 16px; padding-inline-start: 24px;"
RICH_TEXT: Final = {"p": "margin: 0 0 16px;", "ul": _LIST, "ol": _LIST}


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
    booking = meeting.booking
    place = replace(booking.place, text=invite.plain(booking.location))
    return {
        "when": i18n.date_time_full(start, end, zone, locale),
        "short_when": i18n.date_time_short(start, zone, locale),
        "day": i18n.day_long(start, zone, locale),
        "zone": i18n.zone_label(zone, start, locale),
        "place": place.text,
        "place_url": place.join_url or place.call_url,
        "is_call": bool(place.call_url),
        "description": described(booking),
        "description_html": Markup(rich_text.to_mail_html(invite.plain(booking.description), RICH_TEXT)),  # noqa: S704 - cleaned there
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
        context["is_moved"] = start != to_instant(meeting.booking.starts_at)
    return context


def _privacy_lines(url: str, locale: str) -> list[str]:
    return [i18n.say(locale, "Your data"), url, ""] if url else []


def put_together(
    kind: str,
    reader: Reader,
    context: Mapping[str, Any],
    *,
    sender: str,
    reply_to: Party | None = None,
    invitation: Invitation | None = None,
    unsubscribe_url: str = "",
    is_contact: bool = False,
) -> Outgoing:
    """Render the kind's templates for this reader. A contact is told where to see what is kept about them."""
    brand = branding.current()
    logo_url = render.absolute_url(branding.LOGO_PATH) if brand.logo else ""
    privacy_url = render.absolute_url("/privacy") if is_contact else ""
    values = {"reader_name": reader.name, "brand": brand, "logo_url": logo_url, "privacy_url": privacy_url, **context}
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
        text="\n".join(
            [
                render.render_plain(f"mail/{kind}/body.txt", reader.locale, **values),
                *_privacy_lines(privacy_url, reader.locale),
                *brand.details,
            ]
        ),
        html=render.render(f"mail/{kind}/body.html", reader.locale, **values),
        invitation=invitation,
        unsubscribe_url=unsubscribe_url,
    )
