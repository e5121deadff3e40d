"""The contact's own booking, by the signed link from the mail: looking shows, only a post acts."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any

from flask import Blueprint, make_response, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n, ratelimit
from meetings.domain.answers import check_reason
from meetings.domain.time import Span, local_date, to_datetime, to_instant, zone, zone_names
from meetings.errors import Busy, Conflict, RateLimited, SlotTaken
from meetings.i18n import gettext as _
from meetings.models import Booking
from meetings.services import access, bookings, guarding, mails, offers, ownership

from . import guard, htmx, onward
from .details import NEAR, chosen_time, near_times
from .look import hosts_of, look_context, shown
from .times import times_context
from .visit import Visit, is_everyones, read_start, read_visit, remember

blueprint = Blueprint("manage", __name__)

PAGES = ("manage/page.html", "manage/_stage.html")


@blueprint.before_request
def _keep_private() -> None:
    guard.keep_private()


# ---- looking ---------------------------------------------------------------------------------------------------------


@blueprint.get("/booking/<token>")
def page(token: str) -> Response:
    """The booking as it stands; right after it was made, the confirmation."""
    booking = access.booking_by_token(token, clock.now())
    visit = _visit(booking, token, "page")
    return remember(htmx.page_or_fragment(*PAGES, **look_context(booking, token, visit, clock.now())), visit)


def _visit(booking: Booking, token: str, endpoint: str) -> Visit:
    return visit_of(booking, url_for(f"manage.{endpoint}", token=token))


def visit_of(booking: Booking, path: str) -> Visit:
    """The visit: in the zone and language of the booking, unless others are asked for."""
    visit = read_visit(path, [booking.duration], booking.timezone, booking.locale)
    if request.args.get("timezone") not in zone_names():
        visit = replace(visit, zone=booking.timezone if booking.timezone in zone_names() else "UTC")
    i18n.speak(visit.locale)
    return visit


@blueprint.get("/booking/<token>/onward")
def further(token: str) -> Response:
    """The way to the page after booking, for browsers that follow no redirect there; else the booking itself."""
    booking = access.booking_by_token(token, clock.now())
    onward_url = onward.address(booking)
    if not onward_url:
        return htmx.redirect(url_for("manage.page", token=token))
    visit = _visit(booking, token, "page")
    context = look_context(booking, token, visit, clock.now()) | {"step": "onward", "onward": onward_url}
    return htmx.page_or_fragment(*PAGES, **context)


@blueprint.get("/booking/<token>/invite.ics")
def invitation(token: str) -> Response:
    """The event for any calendar."""
    booking = access.booking_by_token(token, clock.now())
    response = make_response(mails.calendar_file(booking))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8; method=PUBLISH"
    response.headers["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return response


# ---- who acts --------------------------------------------------------------------------------------------------------


def _admit(booking: Booking, token: str, now: datetime) -> None:
    """Before a contact changes a booking, which is mail to others. Raises RateLimited."""
    ratelimit.afford_change(booking.contact_id, is_known=guarding.is_known(booking, token, now))


def _not_now(problem: Busy | RateLimited, context: dict[str, Any]) -> Response:
    """The form as it was sent, with when it may be sent again."""
    if isinstance(problem, Busy):
        notice = _("The server is very busy. Nothing has changed yet: try again in a few seconds.")
    else:
        span = i18n.span_in_words(ceil(problem.retry_after / 60), context["visit"].locale)
        notice = _(
            "That was changed a lot in a short time. The meeting stays as it is; try again in %(span)s.", span=span
        )
    response = htmx.page_or_fragment(*PAGES, problem.status, **context, notice=notice)
    response.headers["Retry-After"] = str(problem.retry_after)
    return response


@blueprint.post("/booking/<token>/mine")
def mine(token: str) -> Response:
    """Say that the address is one's own: only a link from a mail to it can."""
    now = clock.now()
    guarding.is_known(access.booking_by_token(token, now), token, now)
    return htmx.redirect(url_for("manage.page", token=token))


# ---- moving ----------------------------------------------------------------------------------------------------------


@blueprint.get("/booking/<token>/reschedule")
def reschedule(token: str) -> Response:
    """Other times for the same meeting; with one chosen, the question whether to move it there."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    visit = _visit_to_move(booking, token)
    if not _can_move(booking, now):
        return htmx.redirect(url_for("manage.page", token=token))
    context = _move_times(booking, visit, now) if visit.start is None else _move_form(booking, token, visit, now)
    return remember(htmx.page_or_fragment(*PAGES, **context), visit)


def _visit_to_move(booking: Booking, token: str) -> Visit:
    """The visit that sees the times to which the meeting can be moved."""
    visit, link = _visit(booking, token, "reschedule"), booking.link
    if not ownership.are_prioritized(link):
        return visit
    return replace(visit, view=ownership.view_for(link, booking, is_everyones=is_everyones()))


def _is_coming(booking: Booking, now: datetime) -> bool:
    """Whether the meeting is to take place and has not begun: only then is there anything left to change."""
    return booking.is_confirmed and booking.starts_at > now


def _can_move(booking: Booking, now: datetime) -> bool:
    return _is_coming(booking, now) and booking.link.is_bookable


def _move_times(booking: Booking, visit: Visit, now: datetime) -> dict[str, Any]:
    start = to_instant(booking.starts_at)
    hosts = offers.hosts_of(booking.link)
    context = times_context(booking.link, visit, now, hosts, booking)
    context |= shown(booking, visit, start, hosts_of(booking))
    context["page_title"] = _("Another time. %(title)s", title=context["page_title"])
    when = i18n.date_time_long(start, visit.zone, visit.locale, visit.clock)
    return context | {"step": "times", "chips": [], "instead": _("Instead of %(when)s", when=when)}


def _move_form(booking: Booking, token: str, visit: Visit, now: datetime, gone: str | None = None) -> dict[str, Any]:
    start = visit.start or 0
    hosts = hosts_of(booking)
    link, span = booking.link, Span(start, start + 1)
    if gone is None and start not in offers.offered(link, booking.duration, span, now, booking, visit.view):
        gone = _("This time is not free, or no longer.")
    near = offers.nearest(link, booking.duration, start, now, NEAR, booking, visit.view) if gone else []
    context = shown(booking, visit, to_instant(booking.starts_at), hosts)
    if gone and not near:
        return _move_times(booking, replace(visit, start=None), now)
    moment = i18n.date_time_short(start, visit.zone, visit.locale, visit.clock)
    title = _("%(time)s is no longer free", time=moment) if gone else _("Move to %(time)s", time=moment)
    return context | {
        "step": "move",
        "chosen": chosen_time(visit, start, hosts),
        "near": near_times(near, visit, _("Move to %(time)s")),
        "gone": {"title": title, "text": gone},
        "zone_label": i18n.zone_label(visit.zone, start, visit.locale),
        "times_url": visit.url(date=local_date(start, zone(visit.zone))),
        "instead": _(
            "Instead of %(when)s",
            when=i18n.date_time_long(booking.starts_at, visit.zone, visit.locale, visit.clock),
        ),
        "confirm_label": _("Move to %(time)s", time=moment),
        "other_host": "" if gone else _other_host(booking, start, now),
        "keep_url": url_for("manage.page", token=token),
        "page_title": _("%(step)s. %(title)s", step=title, title=context["page_title"]),
    }


def _other_host(booking: Booking, start: int, now: datetime) -> str:
    """That somebody else of the team meets the contact at this time, if so."""
    with suppress(SlotTaken):
        if bookings.would_meet(booking, to_datetime(start), now, is_for_owner=not is_everyones()):
            name = booking.hosts()[0].host.name
            return _("%(name)s is not free then. Somebody else from the team will meet you.", name=name)
    return ""


@blueprint.post("/booking/<token>/reschedule")
def move(token: str) -> Response:
    """Move the meeting to the chosen time."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    visit = replace(_visit_to_move(booking, token), start=read_start(request.form.get("start")))
    if visit.start is None:
        return htmx.redirect(url_for("manage.reschedule", token=token))
    if not _can_move(booking, now):
        return htmx.redirect(url_for("manage.page", token=token))
    try:
        _admit(booking, token, now)
        bookings.reschedule(booking, to_datetime(visit.start), now, by=None, is_for_owner=not is_everyones())
    except (Busy, RateLimited) as problem:
        return _not_now(problem, _move_form(booking, token, visit, now))
    except Conflict:
        return htmx.redirect(url_for("manage.page", token=token))
    except SlotTaken:
        gone = _("Someone else was a moment quicker. Your meeting stays as it was.")
        return htmx.page_or_fragment(*PAGES, 409, **_move_form(booking, token, visit, now, gone))
    ratelimit.note_change(booking.contact_id)
    return htmx.redirect(url_for("manage.page", token=token, moved=1))


# ---- cancelling ------------------------------------------------------------------------------------------------------


@blueprint.get("/booking/<token>/cancel")
def cancel(token: str) -> Response:
    """Ask whether to cancel, naming the meeting."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    if not _is_coming(booking, now):
        return htmx.redirect(url_for("manage.page", token=token))
    visit = _visit(booking, token, "cancel")
    return htmx.page_or_fragment(*PAGES, **_cancel_form(booking, token, visit))


def _cancel_form(booking: Booking, token: str, visit: Visit, reason: str = "", error: str = "") -> dict[str, Any]:
    context = shown(booking, visit, to_instant(booking.starts_at), hosts_of(booking))
    when = i18n.date_time_long(booking.starts_at, visit.zone, visit.locale, visit.clock)
    return context | {
        "step": "cancel",
        "question": _("Cancel “%(title)s” on %(when)s?", title=booking.title, when=when),
        "keep_url": url_for("manage.page", token=token),
        "reason": reason,
        "error": error,
        "page_title": _("Cancel? %(title)s", title=context["page_title"]),
    }


@blueprint.post("/booking/<token>/cancel")
def call_off(token: str) -> Response:
    """Cancel the meeting."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    visit = _visit(booking, token, "cancel")
    typed = request.form.get("reason", "")
    reason, flaws = check_reason(typed, "reason")
    if flaws:
        context = _cancel_form(booking, token, visit, typed, i18n.flaw_message(flaws[0]))
        return htmx.page_or_fragment(*PAGES, 422, **context)
    with suppress(Conflict):  # it has begun: the page says so
        try:
            _admit(booking, token, now)
            bookings.cancel(booking, now, reason=reason or "", by=None)
        except (Busy, RateLimited) as problem:
            return _not_now(problem, _cancel_form(booking, token, visit, typed))
        ratelimit.note_change(booking.contact_id)
    return htmx.redirect(url_for("manage.page", token=token))


# ---- reminders -------------------------------------------------------------------------------------------------------


@blueprint.get("/booking/<token>/reminders")
def reminders(token: str) -> Response:
    """Ask whether to switch the reminders off; where they are, the way back."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    if not _is_coming(booking, now):
        return htmx.redirect(url_for("manage.page", token=token))
    return _reminders_page(booking, token)


def _reminders_page(booking: Booking, token: str) -> Response:
    visit = _visit(booking, token, "reminders")
    context = shown(booking, visit, to_instant(booking.starts_at), hosts_of(booking))
    question = _("No more reminders of this meeting?") if booking.is_reminded else _("Reminders are off")
    context |= {
        "step": "reminders",
        "question": question,
        "when": i18n.date_time_long(booking.starts_at, visit.zone, visit.locale, visit.clock),
        "keep_url": url_for("manage.page", token=token),
        "page_title": _("%(step)s. %(title)s", step=question, title=context["page_title"]),
    }
    return htmx.page_or_fragment(*PAGES, **context)


@blueprint.post("/booking/<token>/reminders")
def switch_reminders(token: str) -> Response:
    """Switch the contact's reminders off, or on again.

    Mail programs do the first without anybody looking (RFC 8058): no session, no token of a form, and no redirect.
    """
    now = clock.now()
    booking = access.booking_by_token(token, now)
    if request.form.get("List-Unsubscribe") == "One-Click":
        return _reminders_page(bookings.switch_reminders(booking, now, is_on=False), token)
    wanted = request.form.get("reminders")
    if wanted in ("on", "off"):
        guarding.is_known(booking, token, now)
        bookings.switch_reminders(booking, now, is_on=wanted == "on")
    return htmx.redirect(url_for("manage.page" if wanted == "on" else "manage.reminders", token=token))
