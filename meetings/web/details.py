"""The form for a chosen time: its fields, its messages, and the nearest times when it is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from meetings import i18n
from meetings.domain.fields import Flaw
from meetings.domain.time import Instant, Span, local_date, zone
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import offers

from . import fields, form_token, terms
from .filled import Filled
from .form_token import FormToken
from .month import instant
from .robots import Check
from .times import times_context, who_context
from .visit import Visit
from .who import host_clock, public_place_fact

NEAR = 4


def form_context(
    link: Link,
    visit: Visit,
    now: datetime,
    *,
    values: Mapping[str, str],
    filled: Filled | None = None,
    flaws: Sequence[Flaw] = (),
    notice: str = "",
    gone: str | None = None,
    check: Check | None = None,
    sent: FormToken | None = None,
) -> dict[str, Any]:
    """The form for the chosen time; when that is gone (`gone` says why), with the nearest free ones to choose from.

    `filled` tells where values are from that nobody typed, `check` keeps robots out; `sent` is what the token of the
    form said that is shown again.
    """
    hosts = offers.hosts_of(link)
    start = visit.start or instant(now)
    if gone is None and not flaws and not notice and not is_free(link, visit, now):
        gone = _("This time is not free, or no longer.")
    near = offers.nearest(link, visit.duration, start, now, NEAR, view=visit.view) if gone else []
    if gone and not near:  # nothing to offer in the weeks around: the calendar knows more
        return (
            times_context(link, replace(visit, start=None), now, hosts)
            | who_context(link, visit, hosts, start)
            | {"step": "times"}
        )
    rows = fields.rows(link, values, [flaw for flaw in flaws if not terms.is_about(flaw)])
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
        "terms": terms.block(link, visit.locale, flaws),
        "filled": filled,
        "check": check,
        "token": form_token.sign(
            link,
            visit,
            near or [start],
            now,
            sent,
            is_asking=check is not None and not check.challenge,
            is_filled=bool(values),
        ),
        "times_url": visit.url(date=local_date(start, zone(visit.zone))),
        "zone_label": i18n.zone_label(visit.zone, start, visit.locale),
        "facts": _form_facts(visit, start, is_gone=bool(gone)) + public_place_fact(link.place),
        "confirm_label": _("Confirm for %(time)s", time=_short(start, visit)),
    }
    context["page_title"] = _form_title(context, len(flaws), gone)
    return context


def is_free(link: Link, visit: Visit, now: datetime) -> bool:
    """Whether the time that is asked for can be booked."""
    start = visit.start or 0
    return bool(offers.offered(link, visit.duration, Span(start, start + 1), now, view=visit.view))


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
