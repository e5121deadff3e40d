"""Mails to a user, about their account or their links."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from meetings import i18n
from meetings.models import User
from meetings.models.workspace import team_name

from .composing import put_together, reader_of
from .meeting import Details
from .message import Outgoing


def set_password(user: User, details: Details, _now: datetime) -> Outgoing:
    """An account was made: the link to set its first password."""
    return _to_user("set_password", user, details)


def reset_password(user: User, details: Details, _now: datetime) -> Outgoing:
    """The link to set another password."""
    return _to_user("reset_password", user, details)


def storm(user: User, details: Details, _now: datetime) -> Outgoing:
    """Very many bookings through one of their links: the captcha is on for a while."""
    return _to_user("storm", user, details, link=details.get("link", ""), count=details.get("count", 0))


def nobody_met(user: User, details: Details, _now: datetime) -> Outgoing:
    """The last who could be met through one of their team links is gone."""
    return _to_user("nobody_met", user, details, link=details.get("link", ""), who=details.get("who", ""))


def _to_user(kind: str, user: User, details: Details, **more: object) -> Outgoing:
    reader = reader_of(user)
    context: dict[str, object] = {"team": team_name(), "url": details["url"], "inviter": details.get("inviter", "")}
    context |= more
    if "expires_at" in details:
        end = int(details["expires_at"])
        label = i18n.zone_label(user.timezone, end, reader.locale)
        context["expires"] = f"{i18n.date_time_long(end, user.timezone, reader.locale)}, {label}"
    return put_together(kind, reader, context, sender=team_name())


UserMail = Callable[[User, Details, datetime], Outgoing]
TO_USER: Final[Mapping[str, UserMail]] = {
    "set_password": set_password,
    "reset_password": reset_password,
    "storm": storm,
    "nobody_met": nobody_met,
}
