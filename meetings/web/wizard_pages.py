"""What the wizard's pages show beside the typed values: steps, state, and what the settings mean in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from meetings import clock, i18n
from meetings.domain import personalize, reminders
from meetings.domain.sections import QUESTIONS_MAX, REMINDERS_MAX
from meetings.domain.time import to_datetime, to_instant
from meetings.i18n import gettext as _
from meetings.i18n import lazy_gettext as _l
from meetings.i18n import ngettext
from meetings.models import Link, User
from meetings.models.links import DRAFT
from meetings.services import access, offers

from . import wizard_preview, wizard_schedule
from .forms import wizard as forms
from .forms.wizard import STEPS, Typed
from .session import reader, signed_in
from .wizard_rules import Judgement, judge, kept, shadow, shown_document

# The stepper's entries, each with its pages.
CHAPTERS = (
    (_l("Overview"), ("overview",)),
    (_l("Scheduling experience"), ("scheduling", "form")),
    (_l("Automation"), ("automation",)),
)
PAGE_NAMES = {
    "overview": _l("Overview"),
    "scheduling": _l("Schedule"),
    "form": _l("Form"),
    "automation": _l("Automation"),
}
NEXT_NAMES = {
    "overview": _l("Next: Scheduling experience"),
    "scheduling": _l("Next: Form"),
    "form": _l("Next: Automation"),
    "automation": _l("Finish and share"),
}
SAMPLE_AHEAD = timedelta(days=9)  # of the meeting that the course of mails is shown with


@dataclass
class Page:
    """A step with all that its parts are made from."""

    link: Link
    step: str
    typed: Typed
    found: Judgement
    errors: dict[str, list[str]]
    locale: str
    now: datetime


def context(link: Link, step: str, typed: Typed, *, strict: bool) -> dict[str, Any]:
    """All that the templates need for one step."""
    found = judge(link, step, typed)
    page = Page(link, step, typed, found, found.errors(strict=strict), i18n.current_locale(), clock.now())
    return {
        "link": link,
        "is_draft": link.status == DRAFT,
        "step": step,
        "typed": typed,
        "errors": page.errors,
        "chapters": _chapters(page),
        "page_name": PAGE_NAMES[step],
        "next_name": NEXT_NAMES[step],
        "back": STEPS[STEPS.index(step) - 1] if step != STEPS[0] else None,
        "state": _state(page),
        "is_changed": _is_changed(page),
        "mend_at": next(iter(page.errors), None),
        "shown_language": wizard_preview.language(shadow(link, found.document)),
        "shown_slug": _shown_slug(page),
        "locales": [(code, i18n.language_name(code)) for code in current_app.config["LOCALES"]],
        **_EXTRAS[step](page),
    }


def _shown_slug(page: Page) -> str:
    """The address in the frame's head; three dots while there is none."""
    slug = page.typed["slug"].strip() if page.step == "overview" else shown_document(page.link)["scheduling"]["slug"]
    return slug or "…"


def _chapters(page: Page) -> list[dict[str, Any]]:
    wrong = _wrong_pages(page.link, page.step) | ({page.step} if page.errors else set())
    return [
        {
            "name": names[0],
            "label": label,
            "is_current": page.step in names,
            "is_done": STEPS.index(names[-1]) < STEPS.index(page.step) and not wrong.intersection(names),
            "is_wrong": bool(wrong.intersection(names)),
            "tabs": [{"name": name, "label": PAGE_NAMES[name], "is_wrong": name in wrong} for name in names],
        }
        for label, names in CHAPTERS
    ]


def _wrong_pages(link: Link, but: str | None = None) -> set[str]:
    """Pages whose unsaved values can't be saved as they are."""
    return {name for name, values in kept(link).items() if name != but and judge(link, name, values).flaws}


def _is_changed(page: Page) -> bool:
    """Whether something is on the pages that the link doesn't have yet."""
    others = [name for name in page.link.unsaved if name != page.step]
    return bool(others) or not forms.says_the_same(page.step, page.typed, shown_document(page.link))


def _state(page: Page) -> str:
    """How things stand, in a line under the name."""
    is_draft = page.link.status == DRAFT
    if page.errors:
        count = ngettext("%(num)d thing to fix", "%(num)d things to fix", len(page.errors))
        return _("Draft, %(count)s", count=count) if is_draft else _("Not saved yet, %(count)s", count=count)
    saved = _moment(page.link.updated_at, page.now)
    if is_draft:
        return _("Draft, saved at %(time)s", time=saved) if page.link.internal_name else _("Draft, not saved yet")
    return _("Not saved yet") if _is_changed(page) else _("Saved at %(time)s", time=saved)


def _moment(at: datetime, now: datetime) -> str:
    mine = reader()
    return mine.time(at) if mine.local(at).date() == mine.local(now).date() else mine.date_time_short(at)


# ---- overview ---


def _overview(page: Page) -> dict[str, Any]:
    return {
        "address_host": current_app.config["BASE_URL"].partition("://")[2],
        "slug_is_free": bool(page.typed["slug"].strip()) and "slug" not in page.errors,
        "organizers": _organizers(page.link),
        "event": _event(page),
    }


def _event(page: Page) -> dict[str, str]:
    """The meeting as it will stand in both calendars, for a sample contact."""
    overview = page.found.document["overview"]
    values = {"contact.first_name": _("Maren"), "contact.last_name": _("Holt"), "contact.email": "maren@example.org"}
    title = personalize.fill(overview["title"], values)
    name = f"{values['contact.first_name']} {values['contact.last_name']}"
    minutes = page.found.document["scheduling"]["durations"][0]
    return {
        "title": title or i18n.default_title(name, page.link.organizer.name, page.locale),
        "time": i18n.minute_of_day(14 * 60 + 30, page.locale),
        "length": i18n.duration(minutes, page.locale),
        "location": overview["location"],
    }


def _organizers(link: Link) -> list[tuple[str, str]]:
    """For whom an admin may make a link; nobody to choose from once it exists."""
    user = signed_in()
    if link.status != DRAFT or not user.is_admin:
        return []
    return [(person.email, _organizer_name(person, user)) for person in access.team() if person.is_active]


def _organizer_name(person: User, user: User) -> str:
    return _("%(name)s (you)", name=person.name) if person.id == user.id else person.name


# ---- form ---


def _form(page: Page) -> dict[str, Any]:
    return {
        "fixed_fields": (_("First name"), _("Last name"), _("E-mail")),
        "has_room": len(page.typed["questions"]) < QUESTIONS_MAX,
    }


# ---- automation ---


def _automation(page: Page) -> dict[str, Any]:
    document = page.found.document
    return {
        "has_room": len(page.typed["reminders"]) < REMINDERS_MAX,
        "room": REMINDERS_MAX,
        "units": [_units(reminder["value"]) for reminder in page.typed["reminders"]],
        "course": _course(page.link, document, page.locale, page.now),
        "mails": [*_reminder_names(document, page.locale), ("confirmation", _("Confirmation"))],
        **_mail(page),
    }


def _mail(page: Page) -> dict[str, Any]:
    """The mail in the preview: its head is shown above the frame."""
    made = shadow(page.link, page.found.document)
    locale = wizard_preview.language(made)
    picked = wizard_preview.picked_mail(len(made.automation["reminders"]))
    query = {"mail": picked, "audience": wizard_preview.audience(), "preview_language": locale}
    return {"mail": wizard_preview.mail(made, wizard_preview.formats(made, locale), page.now), "mail_query": query}


def _units(typed: str) -> list[tuple[str, str]]:
    """The units to choose from, as they are called after this number."""
    count = int(typed) if typed.strip().isdecimal() and len(typed) <= 9 else 2
    names = {
        "weeks": ngettext("week", "weeks", count),
        "days": ngettext("day", "days", count),
        "hours": ngettext("hour", "hours", count),
        "minutes": ngettext("minute", "minutes", count),
    }
    return [(unit, names[unit]) for unit in forms.UNITS]


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
    starts_at = _sample_start(made, duration, now)
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


def _sample_start(link: Link, duration: int, now: datetime) -> int:
    """A time that could be booked: some days from now if there is one, else the next, else simply then."""
    for after in (now + SAMPLE_AHEAD, now):
        start = offers.next_offered(link, duration, to_instant(after), now)
        if start is not None:
            return start
    return to_instant((now + SAMPLE_AHEAD).replace(hour=13, minute=30, second=0, microsecond=0))


def left_out(link: Link) -> list[str]:
    """What of a link waits unsaved, in words, for the way out."""
    wrong = _wrong_pages(link)
    if wrong:
        names = ", ".join(str(PAGE_NAMES[name]) for name in STEPS if name in wrong)
        return [_("Kept as you typed it, but not saved until it is fixed: %(pages)s.", pages=names)]
    if link.unsaved and link.status != DRAFT:
        return [_("Your changes are kept, but not saved yet. Open the link again to save them.")]
    return []


def _schedule(page: Page) -> dict[str, Any]:
    return wizard_schedule.context(page.link, page.typed, page.found, page.locale, page.now)


_EXTRAS: dict[str, Callable[[Page], dict[str, Any]]] = {
    "overview": _overview,
    "scheduling": _schedule,
    "form": _form,
    "automation": _automation,
}
