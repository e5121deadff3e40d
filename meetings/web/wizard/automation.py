"""The page of mails: reminders in words, and what somebody who books now is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from meetings import i18n
from meetings.domain import reminders
from meetings.domain.sections import REMINDERS_MAX
from meetings.domain.time import to_datetime, to_instant
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Booking, Link
from meetings.models.links import DRAFT
from meetings.services import mails

from ..forms.wizard.automation import UNITS
from . import preview
from .page import Page
from .rules import shadow


def context(page: Page) -> dict[str, Any]:
    """What the template needs beside what every page has."""
    document = page.found.document
    return {
        "has_room": len(page.typed["reminders"]) < REMINDERS_MAX,
        "room": REMINDERS_MAX,
        "units": [unit_names(reminder["value"]) for reminder in page.typed["reminders"]],
        "coming": Booking.coming_of(page.link, page.now).count() if page.link.status != DRAFT else 0,
        "course": _course(page.link, document, page.locale, page.now),
        "mails": [*_reminder_names(document, page.locale), ("confirmation", _("Confirmation"))],
        **_mail(page),
    }


def _mail(page: Page) -> dict[str, Any]:
    """The mail in the preview: its head is shown above the frame."""
    made = shadow(page.link, page.found.document)
    locale = preview.language(made)
    picked = preview.picked_mail(len(made.automation["reminders"]))
    query = {"mail": picked, "audience": preview.audience(), "preview_language": locale}
    return {"mail": preview.mail(made, preview.formats(made, locale), page.now), "mail_query": query}


def unit_names(typed: str) -> list[tuple[str, str]]:
    """The units to choose from, as they are called after this number."""
    count = int(typed) if typed.strip().isdecimal() and len(typed) <= 9 else 2
    names = {
        "weeks": ngettext("week", "weeks", count),
        "days": ngettext("day", "days", count),
        "hours": ngettext("hour", "hours", count),
        "minutes": ngettext("minute", "minutes", count),
    }
    return [(unit, names[unit]) for unit in UNITS]


def _reminder_names(document: Mapping[str, Any], locale: str) -> list[tuple[str, str]]:
    return [
        (f"reminder-{index}", _("Reminder, %(time)s before", time=reminder_length(reminder, locale)))
        for index, reminder in enumerate(document["automation"]["reminders"])
    ]


def reminder_length(reminder: Mapping[str, Any], locale: str) -> str:
    """How long before the meeting a reminder goes out, in words."""
    return i18n.span_in_words(reminders.lead_seconds(reminder["value"], reminder["unit"]) // 60, locale)


def _course(link: Link, document: Mapping[str, Any], locale: str, now: datetime) -> dict[str, Any]:
    """What somebody who books now is sent, and when: with the first time offered some days from now."""
    made = shadow(link, document)
    zone_name = document["scheduling"]["timezone"]
    duration = document["scheduling"]["durations"][0]
    starts_at = mails.sample_start(made, duration, now)
    automation = document["automation"]
    stations = [{"day": _("Now"), "what": _first_mail(automation)}]
    due = sorted(reminders.due(starts_at, **reminder) for reminder in automation["reminders"])
    for at in due:
        what = _("reminder left out") if reminders.is_skipped(at, to_instant(now)) else _("reminder to both")
        stations.append(_station(at, what, zone_name, locale))
    stations.append(_station(starts_at, _("the meeting"), zone_name, locale))
    return {
        "now": i18n.date_time_short(now, zone_name, locale),
        "then": i18n.date_time_short(to_datetime(starts_at), zone_name, locale),
        "stations": stations,
    }


def _first_mail(automation: Mapping[str, Any]) -> str:
    if automation["confirmation_email"]:
        return _("Invitation to the contact, notice to the host")
    return _("Notice to the host only")


def _station(at: int, what: str, zone_name: str, locale: str) -> dict[str, str]:
    moment = to_datetime(at)
    return {
        "day": i18n.day_short(moment, zone_name, locale),
        "what": _("%(time)s, %(what)s", time=i18n.time(moment, zone_name, locale), what=what),
    }
