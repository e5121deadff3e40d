"""The booking page: month and times, the form, taking a slot. What follows is on the contact's own page, manage.py."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n, ratelimit
from meetings.domain import availability
from meetings.domain import link as link_document
from meetings.domain.answers import check_answers, check_contact
from meetings.domain.fields import Flaw
from meetings.domain.time import Instant, Span, local_date, to_datetime, zone, zone_names
from meetings.errors import Invalid, NotFound, SlotTaken
from meetings.i18n import gettext as _
from meetings.models import Booking, Link
from meetings.secrets import Signer, new_token
from meetings.services import access, bookings
from meetings.services.bookings import BookingRequest, HostOfLink

from . import guard, htmx
from .month import Month, draw, instant, month_of, month_span
from .visit import Visit, choose_locale, prefill, read_start, read_visit, remember
from .who import across, far_zone, first_name, host_clock, place_fact, who

blueprint = Blueprint("booking", __name__)

FORM = "booking-form"  # purpose of the form's token
FORM_LIVES = 12 * 3600  # seconds that a form may stay open
NEAR = 4
CONTACT = ("first_name", "last_name", "email")


# ---- month and times -------------------------------------------------------------------------------------------------


@blueprint.get("/book/<slug>")
def page(slug: str) -> Response:
    """Month and times; with a start in the address the form for it."""
    link = access.public_link(slug)
    if link.slug != slug:
        return redirect(f"{url_for('booking.page', slug=link.slug)}?{request.query_string.decode('ascii', 'ignore')}")
    visit = _visit(link)
    now = clock.now()
    if not link.is_bookable:
        return remember(htmx.page_or_fragment(*PAGES, **closed_context(link, visit, now)), visit)
    if visit.start is not None:
        context = form_context(link, visit, now, values=_prefilled(link))
    else:
        context = page_context(link, visit, now)
    return remember(htmx.page_or_fragment(*PAGES, **context), visit)


PAGES = ("booking/page.html", "booking/_stage.html")


def _visit(link: Link) -> Visit:
    scheduling = link.scheduling
    visit = read_visit(
        url_for("booking.page", slug=link.slug),
        scheduling["durations"],
        scheduling["timezone"],
        scheduling["language"],
        scheduling["date_format"],
    )
    i18n.speak(visit.locale)
    return visit


def page_context(link: Link, visit: Visit, now: datetime) -> dict[str, Any]:
    """All that booking/_stage.html shows of month and times. The link may be unsaved: the wizard's preview."""
    hosts = bookings.hosts_of(link)
    return times_context(link, visit, now, hosts) | who_context(link, visit, hosts, instant(now)) | {"step": "times"}


def times_context(
    link: Link, visit: Visit, now: datetime, hosts: Sequence[HostOfLink], without: Booking | None = None
) -> dict[str, Any]:
    """Month and times. `without` is a booking that is to be moved: its own time is free for it."""
    first, starts = _month_shown(link, visit, now, without)
    last = availability.horizon_span(link_document.rules(link.scheduling), instant(now)).end
    # Differences between zones are told for the day that is looked at, not for today: clocks may change in between.
    reference = starts[0] if starts else instant(now)
    month = draw(
        starts,
        first,
        visit.day,
        instant(now),
        last,
        zone_name=visit.zone,
        locale=visit.locale,
        clock=visit.clock,
        far_zone=far_zone(link, hosts, visit, reference),
    )
    if month.parts:
        reference = month.parts[0][1][0].start
    at_day = replace(visit, month=None, day=month.chosen)
    return {
        "visit": visit,
        "month": month,
        "weekdays": _weekdays(visit.locale),
        "prefix": visit.prefix,
        "part_names": (_("Morning"), _("Afternoon"), _("Evening")),
        "chosen_weekday": i18n.weekday_names(visit.locale, "wide", from_first=False)[month.chosen.weekday()]
        if month.chosen
        else "",
        "chosen_date": i18n.day_of(month.chosen, visit.locale, "date") if month.chosen else "",
        "empty": None if month.chosen else _empty(link, visit, month, now, hosts, without),
        "zone_label": i18n.zone_label(visit.zone, reference, visit.locale),
        "zones_url": _zones_url(at_day, hosts),
        "across": across(link, hosts, visit, reference),
    }


def _zones_url(visit: Visit, hosts: Sequence[HostOfLink]) -> str:
    first = dict.fromkeys([visit.zone, *(host.timezone for host in hosts)])
    pairs = [("page", visit.here()), *(("first", name) for name in list(first)[:5])]
    return f"{url_for('booking.zones')}?{urlencode(pairs)}"


@lru_cache(maxsize=64)
def _weekdays(locale: str) -> list[tuple[str, str, str]]:
    return list(zip(*(i18n.weekday_names(locale, width) for width in ("abbreviated", "narrow", "wide")), strict=True))


def _month_shown(link: Link, visit: Visit, now: datetime, without: Booking | None) -> tuple[date, list[Instant]]:
    """The month to show and its free times: the one asked for, else the first that has any."""
    asked = visit.day.replace(day=1) if visit.day else visit.month
    if asked:
        return asked, bookings.offered(link, visit.duration, month_span(asked, visit.zone), now, without)
    first = month_of(instant(now), visit.zone)
    starts = bookings.offered(link, visit.duration, month_span(first, visit.zone), now, without)
    if starts:
        return first, starts
    coming = bookings.next_offered(link, visit.duration, month_span(first, visit.zone).end, now, without)
    if coming is None:
        return first, []
    first = month_of(coming, visit.zone)
    return first, bookings.offered(link, visit.duration, month_span(first, visit.zone), now, without)


def _empty(
    link: Link, visit: Visit, month: Month, now: datetime, hosts: Sequence[HostOfLink], without: Booking | None
) -> dict[str, str]:
    """What to say, and where to go, when a month has no free time."""
    shown = visit.day.replace(day=1) if visit.day else visit.month
    after = month_span(shown, visit.zone).end if shown else instant(now)
    coming = bookings.next_offered(link, visit.duration, after, now, without) or bookings.next_offered(
        link, visit.duration, instant(now), now, without
    )
    if coming is None:
        return {"title": _("No free time at the moment"), "text": _no_time_at_all(link, now), "url": ""}
    day = local_date(coming, zone(visit.zone))
    in_words = i18n.day_of(day, visit.locale, "long")
    names = {"name": first_name(hosts[0].name), "day": in_words} if len(hosts) == 1 else {"day": in_words}
    text = (
        _("%(name)s has time on %(day)s.", **names)
        if len(hosts) == 1
        else _("The nearest free day is %(day)s.", **names)
    )
    return {
        "title": _("No free time in %(month)s", month=month.name),
        "text": text,
        "url": visit.url(date=day),
        "button": _("Go to %(day)s", day=i18n.day_of(day, visit.locale, "short")),
    }


def _no_time_at_all(link: Link, now: datetime) -> str:
    window = link.scheduling["window"]
    if window["kind"] == "range" and date.fromisoformat(window["end"]) < now.date():
        return _("The dates of this page have passed.")
    return _("Everything is taken for now. New times may open later, so look in again.")


def who_context(link: Link, visit: Visit, hosts: Sequence[HostOfLink], at: Instant) -> dict[str, Any]:
    """The first pane, and the page's title."""
    shown = who(link, hosts, visit, at)
    return {
        "link": link,
        "who": shown,
        "page_title": _("%(heading)s: %(names)s", heading=shown.heading, names=shown.names),
        "facts": place_fact(link.overview["location"]),
        "chips": [
            {
                "minutes": minutes,
                "label": i18n.duration(minutes, visit.locale),
                "url": visit.url(duration=minutes, date=visit.day, month=_value(visit.month)),
                "is_current": minutes == visit.duration,
            }
            for minutes in link.durations
        ],
    }


def _value(month: date | None) -> str | None:
    return f"{month:%Y-%m}" if month else None


def closed_context(link: Link, visit: Visit, now: datetime) -> dict[str, Any]:
    """The page of a link that is switched off."""
    return who_context(link, visit, bookings.hosts_of(link), instant(now)) | {"visit": visit, "step": "closed"}


# ---- the form --------------------------------------------------------------------------------------------------------


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
    hosts = bookings.hosts_of(link)
    start = visit.start or instant(now)
    if gone is None and not flaws and not notice and not _is_free(link, visit, now):
        gone = _("This time is not free, or no longer.")
    near = bookings.nearest(link, visit.duration, start, now, NEAR) if gone else []
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
    return bool(bookings.offered(link, visit.duration, Span(start, start + 1), now))


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


def _names(link: Link) -> list[str]:
    return [*CONTACT, *(field["name"] for field in link.scheduling["form"]["fields"])]


def _prefilled(link: Link) -> Mapping[str, str]:
    return prefill(_names(link)) if link.scheduling["form"]["prefill"] else {}


def form_token(link: Link, visit: Visit, starts: Sequence[Instant]) -> str:
    """What lets a form be sent once: bound to link, duration and the times it offers; holds the idempotency key."""
    return _signer().sign_timed(FORM, [link.id, visit.duration, list(starts), new_token()[:24]])


def _signer() -> Signer:
    signer: Signer = current_app.extensions["signer"]
    return signer


# ---- taking a slot ---------------------------------------------------------------------------------------------------


@blueprint.post("/book/<slug>")
def book(slug: str) -> Response:
    """Book the chosen time."""
    link = access.public_link(slug)
    visit = _sent_visit(link)
    now = clock.now()
    if not link.is_bookable:
        return htmx.page_or_fragment(*PAGES, 409, **closed_context(link, visit, now))
    values = {name: request.form.get(name, "") for name in _names(link)}
    if visit.start is None:
        return htmx.page_or_fragment(*PAGES, 422, **page_context(link, visit, now))
    contact, answers, flaws = _read(link, values)
    key = _key(link, visit)
    if flaws or key is None:
        notice = "" if key else _("This page was open for a long time. Check it once more, then confirm.")
        context = form_context(link, visit, now, values=values, flaws=flaws, notice=notice)
        return htmx.page_or_fragment(*PAGES, 422, **context)
    wanted = BookingRequest(
        start=to_datetime(visit.start),
        duration=visit.duration,
        timezone=visit.zone,
        locale=visit.locale,
        answers=answers,
        idempotency_key=key,
        request_hash=_fingerprint(visit, contact, answers),
        **contact,
    )
    return _take(link, visit, wanted, values, now)


def _take(link: Link, visit: Visit, wanted: BookingRequest, values: Mapping[str, str], now: datetime) -> Response:
    ratelimit.afford_booking(request.remote_addr, link.id)
    try:
        booking = _taken_once(link, wanted, now)
    except SlotTaken as problem:
        context = form_context(link, visit, now, values=values, gone=_why(problem))
        return htmx.page_or_fragment(*PAGES, 409, **context)
    if not booking.is_replay:
        ratelimit.note_booking(request.remote_addr, link.id)
    return htmx.redirect(url_for("manage.page", token=access.manage_token(booking), new=1))


def _taken_once(link: Link, wanted: BookingRequest, now: datetime) -> Booking:
    """The booking; a form sent twice books once. One that was changed after it had booked counts as another wish."""
    try:
        return bookings.take(link, wanted, now)
    except Invalid as problem:
        if all(flaw.code != "key-reused" for flaw in problem.flaws):
            raise
    return bookings.take(link, replace(wanted, idempotency_key=new_token()), now)


def _why(problem: SlotTaken) -> str:
    if problem.rule == "free":
        return _("Someone else was a moment quicker. What you wrote is kept.")
    if problem.rule == "notice":
        return _("It is too soon now. What you wrote is kept.")
    return _("The free times have changed. What you wrote is kept.")


def _sent_visit(link: Link) -> Visit:
    """The visit as the form tells it: what was on the page counts, whatever cookies say by now."""
    sent = _visit(link)
    length, zone_name = request.form.get("duration", ""), request.form.get("timezone", "")
    return replace(
        sent,
        start=read_start(request.form.get("start")),
        duration=int(length) if length in map(str, link.durations) else sent.duration,
        zone=zone_name if zone_name in zone_names() else sent.zone,
    )


def _read(link: Link, values: Mapping[str, str]) -> tuple[dict[str, str], list[dict[str, str]], list[Flaw]]:
    contact, flaws = check_contact({name: values[name] for name in CONTACT})
    asked = link.scheduling["form"]["fields"]
    answers, wrong = check_answers(asked, {field["name"]: values[field["name"]] for field in asked})
    return contact, answers, [*flaws, *wrong]


def _key(link: Link, visit: Visit) -> str | None:
    """The idempotency key of a form that we made for this link and time, not too long ago."""
    found = _signer().unsign_timed(FORM, request.form.get("token", "")[:2000], FORM_LIVES)
    if not isinstance(found, list) or found[:2] != [link.id, visit.duration] or visit.start not in found[2]:
        return None
    return str(found[3])


def _fingerprint(visit: Visit, contact: Mapping[str, str], answers: Sequence[Mapping[str, str]]) -> str:
    body = json.dumps([visit.start, visit.duration, contact, answers], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()


# ---- zones -----------------------------------------------------------------------------------------------------------


@blueprint.get("/zones")
def zones() -> Response:
    """Time zones to choose from, as links back to the page that asks: a list in it, or a page of its own."""
    path, pairs = _asking_page(request.args.get("page", ""))
    i18n.speak(choose_locale(dict(pairs).get("lang", "auto")))
    locale = i18n.current_locale()
    query, first = request.args.get("q", "")[:60], request.args.getlist("first")[:5]
    current = first[0] if first else dict(pairs).get("timezone", "")
    picks = i18n.find_zones(query, locale, clock.now(), first=first, clock=dict(pairs).get("clock"))
    kept = [pair for pair in pairs if pair[0] != "timezone"]
    if path.startswith("/booking/"):
        guard.keep_private()
    return htmx.page_or_fragment(
        "booking/zones.html",
        "booking/_zones.html",
        picks=[(pick, f"{path}?{urlencode([*kept, ('timezone', pick.zone)])}", pick.zone == current) for pick in picks],
        query=query,
        first=first,
        asking_page=f"{path}?{urlencode(pairs)}" if pairs else path,
        page_title=_("Time zone"),
    )


def _asking_page(address: str) -> tuple[str, list[tuple[str, str]]]:
    """Path and parameters of one of our public pages. Raises NotFound for any other address."""
    parts = urlsplit(address[:6000])
    is_ours = parts.path.startswith(("/book/", "/booking/")) and not parts.netloc and not parts.scheme
    if not is_ours or "//" in parts.path or "\\" in parts.path or not parts.path.isprintable():
        raise NotFound
    return parts.path, parse_qsl(parts.query, keep_blank_values=True)
