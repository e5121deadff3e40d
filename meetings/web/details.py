"""The form for a chosen time: its fields, its messages, the nearest times when it is gone, and the token it carries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import current_app

from meetings import i18n
from meetings.domain.fields import Flaw
from meetings.domain.time import Instant, Span, local_date, zone
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.secrets import Signer, new_token
from meetings.services import offers

from .month import instant
from .times import times_context, who_context
from .visit import Visit, prefill
from .who import host_clock, place_fact

FORM = "booking-form"  # purpose of the form's token
FORM_LIVES = 12 * 3600  # seconds that a form may stay open
NEAR = 4
CONTACT = ("first_name", "last_name", "email")


@dataclass(frozen=True)
class FormField:
    """A field of the form as it is drawn."""

    name: str
    label: str
    kind: str  # "line", "lines", "email"
    value: str
    is_required: bool = True
    autocomplete: str = "off"
    error: str = ""
    takes_focus: bool = False


def form_context(
    link: Link,
    visit: Visit,
    now: datetime,
    *,
    values: Mapping[str, str],
    flaws: Sequence[Flaw] = (),
    notice: str = "",
    gone: str | None = None,
) -> dict[str, Any]:
    """The form for the chosen time; when that is gone (`gone` says why), with the nearest free ones to choose from."""
    hosts = offers.hosts_of(link)
    start = visit.start or instant(now)
    if gone is None and not flaws and not notice and not _is_free(link, visit, now):
        gone = _("This time is not free, or no longer.")
    near = offers.nearest(link, visit.duration, start, now, NEAR) if gone else []
    if gone and not near:  # nothing to offer in the weeks around: the calendar knows more
        return (
            times_context(link, replace(visit, start=None), now, hosts)
            | who_context(link, visit, hosts, start)
            | {"step": "times"}
        )
    rows = _rows(link, values, flaws)
    context = who_context(link, visit, hosts, start)
    context |= {
        "visit": visit,
        "step": "form",
        "form_rows": rows,
        "chosen": chosen_time(visit, start, hosts),
        "near": near_times(near, visit, _("Confirm for %(time)s")),
        "gone": {"title": _gone_title(visit, start), "text": gone},
        "notice": notice,
        "is_notice_first": bool(notice) and not flaws,  # a field to mend comes before it
        "token": form_token(link, visit, near or [start]),
        "times_url": visit.url(date=local_date(start, zone(visit.zone))),
        "zone_label": i18n.zone_label(visit.zone, start, visit.locale),
        "facts": _form_facts(visit, start, is_gone=bool(gone)) + place_fact(link.overview["location"]),
        "confirm_label": _("Confirm for %(time)s", time=_short(start, visit)),
    }
    context["page_title"] = _form_title(context, sum(bool(field.error) for row in rows for field in row), gone)
    return context


def _is_free(link: Link, visit: Visit, now: datetime) -> bool:
    start = visit.start or 0
    return bool(offers.offered(link, visit.duration, Span(start, start + 1), now))


def _form_title(context: Mapping[str, Any], errors: int, gone: str | None) -> str:
    title = str(context["page_title"])
    if gone:
        return _("%(gone)s: %(title)s", gone=context["gone"]["title"], title=title)
    if errors:
        return _("Error: %(title)s", title=title)
    return _("Your details. %(title)s", title=title)


def _gone_title(visit: Visit, start: Instant) -> str:
    return _("%(time)s is no longer free", time=_short(start, visit))


def _short(start: Instant, visit: Visit) -> str:
    return i18n.date_time_short(start, visit.zone, visit.locale, visit.clock)


def near_times(starts: Sequence[Instant], visit: Visit, confirm: str) -> list[dict[str, Any]]:
    """Nearest free times, given nearest first, in the order of the clock.

    `confirm` is what the button says while one is chosen, with its time for %(time)s.
    """
    return [
        {
            "start": start,
            "time": i18n.time(start, visit.zone, visit.locale, visit.clock),
            "day": i18n.day_short(start, visit.zone, visit.locale),
            "confirm": confirm % {"time": _short(start, visit)},
            "is_nearest": start == starts[0],
        }
        for start in sorted(starts)
    ]


def chosen_time(visit: Visit, start: Instant, hosts: Sequence[Any]) -> dict[str, Any]:
    """The time that stands on top of the form."""
    local = i18n.local(start, visit.zone)
    end = start + visit.duration * 60
    until = _(
        "Until %(end)s, %(zone)s.",
        end=i18n.time(end, visit.zone, visit.locale, visit.clock),
        zone=i18n.zone_label(visit.zone, start, visit.locale),
    )
    return {
        "start": start,
        "weekday": i18n.weekday_names(visit.locale, from_first=False)[local.weekday()],
        "number": local.day,
        "iso": local.isoformat(timespec="minutes"),
        "long": i18n.date_time_long(start, visit.zone, visit.locale, visit.clock),
        "note": " ".join(filter(None, (until, host_clock(hosts, visit, start)))),
    }


def _form_facts(visit: Visit, start: Instant, *, is_gone: bool) -> list[tuple[str, str]]:
    facts = [("clock", i18n.duration(visit.duration, visit.locale))]
    if not is_gone:
        facts.append(("calendar", when_fact(start, start + visit.duration * 60, visit)))
    return facts


def when_fact(start: Instant, end: Instant, visit: Visit) -> str:
    """Thu 3 Dec 2026, 14:30–15:00."""
    day = i18n.day_of(i18n.local(start, visit.zone).date(), visit.locale, "short-year")
    times = i18n.time_range(start, end, visit.zone, visit.locale, visit.clock)
    return _("%(day)s, %(times)s", day=day, times=times)


def _rows(link: Link, values: Mapping[str, str], flaws: Sequence[Flaw]) -> list[list[FormField]]:
    errors: dict[str, str] = {}
    for flaw in flaws:
        errors.setdefault(flaw.field.rpartition(".")[2], i18n.flaw_message(flaw))
    fields = [
        FormField("first_name", _("First name"), "line", "", autocomplete="given-name"),
        FormField("last_name", _("Last name"), "line", "", autocomplete="family-name"),
        FormField("email", _("E-mail"), "email", ""),
        *(
            FormField(asked["name"], asked["label"] or asked["name"], "lines", "", is_required=asked["required"])
            for asked in link.scheduling["form"]["fields"]
        ),
    ]
    wrong = next((field.name for field in fields if field.name in errors), None)
    filled = [
        replace(
            field,
            value=values.get(field.name, ""),
            error=errors.get(field.name, ""),
            takes_focus=field.name == wrong,
        )
        for field in fields
    ]
    return [filled[:2], *([field] for field in filled[2:])]


def field_names(link: Link) -> list[str]:
    return [*CONTACT, *(field["name"] for field in link.scheduling["form"]["fields"])]


def prefilled(link: Link) -> Mapping[str, str]:
    return prefill(field_names(link)) if link.scheduling["form"]["prefill"] else {}


def form_token(link: Link, visit: Visit, starts: Sequence[Instant]) -> str:
    """What lets a form be sent once: bound to link, duration and the times it offers; holds the idempotency key."""
    return _signer().sign_timed(FORM, [link.id, visit.duration, list(starts), new_token()[:24]])


def _signer() -> Signer:
    signer: Signer = current_app.extensions["signer"]
    return signer


def key_of(token: str, link: Link, visit: Visit) -> str | None:
    """The idempotency key of a form that we made for this link and time, not too long ago."""
    found = _signer().unsign_timed(FORM, token[:2000], FORM_LIVES)
    if not isinstance(found, list) or found[:2] != [link.id, visit.duration] or visit.start not in found[2]:
        return None
    return str(found[3])
