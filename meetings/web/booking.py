"""The booking page: month and times, the form, taking a slot. What follows is on the contact's own page, manage.py."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from math import ceil

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n, ratelimit
from meetings.domain.answers import check_answers, check_contact
from meetings.domain.fields import Flaw
from meetings.domain.time import to_datetime, zone_names
from meetings.errors import Busy, Invalid, RateLimited, SlotTaken
from meetings.i18n import gettext as _
from meetings.models import Booking, Link
from meetings.secrets import new_token
from meetings.services import access, bookings
from meetings.services.bookings import BookingRequest

from . import htmx
from .details import CONTACT, field_names, form_context, key_of, prefilled
from .times import closed_context, page_context
from .visit import Visit, read_start, read_visit, remember

blueprint = Blueprint("booking", __name__)

PAGES = ("booking/page.html", "booking/_stage.html")


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
        context = form_context(link, visit, now, values=prefilled(link))
    else:
        context = page_context(link, visit, now)
    return remember(htmx.page_or_fragment(*PAGES, **context), visit)


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


# ---- taking a slot ---------------------------------------------------------------------------------------------------


@blueprint.post("/book/<slug>")
def book(slug: str) -> Response:
    """Book the chosen time."""
    link = access.public_link(slug)
    visit = _sent_visit(link)
    now = clock.now()
    values = {name: request.form.get(name, "") for name in field_names(link)}
    if visit.start is None:
        return htmx.page_or_fragment(*PAGES, 422, **page_context(link, visit, now))
    contact, answers, flaws = _read(link, values)
    key = key_of(request.form.get("token", ""), link, visit)
    if not link.is_bookable and (flaws or key is None):
        return _closed(link, visit, now)
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
    booking = _sent_before(link, wanted)
    if booking is None and not link.is_bookable:
        return _closed(link, visit, now)
    if booking is None:
        try:
            ratelimit.afford_booking(request.remote_addr, link.id)
            booking = _taken_once(link, wanted, now)
        except (Busy, RateLimited) as problem:
            return _not_now(link, visit, values, now, problem)
        except SlotTaken as problem:
            context = form_context(link, visit, now, values=values, gone=_why(problem))
            return htmx.page_or_fragment(*PAGES, 409, **context)
    if not booking.is_replay:
        ratelimit.note_booking(request.remote_addr, link.id)
    return htmx.redirect(url_for("manage.page", token=access.manage_token(booking), new=1))


def _not_now(
    link: Link, visit: Visit, values: Mapping[str, str], now: datetime, problem: Busy | RateLimited
) -> Response:
    """The form as it was sent, its token too: sent again, it books once even if it had booked after all."""
    if isinstance(problem, Busy):
        notice = _("The server is very busy. What you wrote is kept: confirm again in a few seconds.")
    else:
        span = i18n.span_in_words(ceil(problem.retry_after / 60), visit.locale)
        notice = _("That was a lot in a short time. What you wrote is kept: confirm again in %(span)s.", span=span)
    context = form_context(link, visit, now, values=values, notice=notice) | {"token": request.form["token"]}
    response = htmx.page_or_fragment(*PAGES, problem.status, **context)
    response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _closed(link: Link, visit: Visit, now: datetime) -> Response:
    return htmx.page_or_fragment(*PAGES, 409, **closed_context(link, visit, now))


def _sent_before(link: Link, wanted: BookingRequest) -> Booking | None:
    """What the same form booked already: that needs no budget."""
    with suppress(Invalid):  # changed since: another wish
        return bookings.earlier(link, str(wanted.idempotency_key), wanted.request_hash)
    return None


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


def _fingerprint(visit: Visit, contact: Mapping[str, str], answers: Sequence[Mapping[str, str]]) -> str:
    body = json.dumps([visit.start, visit.duration, contact, answers], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()
