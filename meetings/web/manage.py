"""The contact's own booking, by the signed link from the mail: looking shows, only a post acts."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, make_response, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain import invite
from meetings.domain.answers import check_reason
from meetings.domain.time import Span, local_date, to_datetime, to_instant, zone, zone_names
from meetings.errors import Conflict, SlotTaken
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Booking, Delivery, User
from meetings.models.outbox import FAILED, PENDING, SENDING, SENT, TO_CONTACT
from meetings.services import access, bookings, mails, offers

from . import guard, htmx
from .details import NEAR, chosen_time, near_times, when_fact
from .times import times_context, who_context
from .visit import Visit, read_start, read_visit, remember
from .who import host_clock, place_fact

blueprint = Blueprint("manage", __name__)

PAGES = ("manage/page.html", "manage/_stage.html")
NEWS = ("confirmation", "rescheduled")  # mails that carry the invitation


@blueprint.before_request
def _keep_private() -> None:
    guard.keep_private()


# ---- looking ---------------------------------------------------------------------------------------------------------


@blueprint.get("/booking/<token>")
def page(token: str) -> Response:
    """The booking as it stands; right after it was made, the confirmation."""
    booking = access.booking_by_token(token, clock.now())
    visit = _visit(booking, token, "page")
    return remember(htmx.page_or_fragment(*PAGES, **_look(booking, token, visit, clock.now())), visit)


def _visit(booking: Booking, token: str, endpoint: str) -> Visit:
    """The visit: in the zone and language of the booking, unless others are asked for."""
    path = url_for(f"manage.{endpoint}", token=token)
    visit = read_visit(path, [booking.duration], booking.timezone, booking.locale)
    if request.args.get("timezone") not in zone_names():
        visit = replace(visit, zone=booking.timezone if booking.timezone in zone_names() else "UTC")
    i18n.speak(visit.locale)
    return visit


def _hosts(booking: Booking) -> list[User]:
    return [participant.host for participant in booking.hosts()]


def _look(booking: Booking, token: str, visit: Visit, now: datetime) -> dict[str, Any]:
    start, end = to_instant(booking.starts_at), to_instant(booking.ends_at)
    hosts = _hosts(booking)
    state = "cancelled" if not booking.is_confirmed else "past" if booking.starts_at <= now else "coming"
    context = _shown(booking, visit, start, hosts) | {
        "step": "look",
        "state": state,
        "headline": _headline(booking, state),
        "when": i18n.date_time_long(start, visit.zone, visit.locale, visit.clock),
        "iso": i18n.local(start, visit.zone).isoformat(timespec="minutes"),
        "until": i18n.time(end, visit.zone, visit.locale, visit.clock),
        "zone_note": " ".join(
            filter(None, (f"{i18n.zone_label(visit.zone, start, visit.locale)}.", host_clock(hosts, visit, start)))
        ),
        "join_url": mails.place_url(booking.location),
        "can_move": state == "coming" and booking.link.is_bookable,
        "urls": {
            name: url_for(f"manage.{name}", token=token)
            for name in ("page", "reschedule", "cancel", "reminders", "invitation")
        },
        "again_url": url_for("booking.page", slug=booking.link.slug) if booking.link.is_bookable else "",
    }
    if state == "coming":
        context |= {"calendars": _calendars(booking), "steps": _what_happens_next(booking, visit)}
    return context


def _shown(booking: Booking, visit: Visit, start: int, hosts: Sequence[User]) -> dict[str, Any]:
    """What every page of a booking shows: its people, its place, its time."""
    met = [_as_host(user) for user in hosts]
    context = who_context(booking.link, visit, met, start)
    when = when_fact(start, start + booking.duration * 60, visit)
    context["facts"] = [
        ("clock", i18n.duration(booking.duration, visit.locale)),
        ("calendar", when),
        *place_fact(booking.location, is_public=False),
    ]
    return context | {
        "booking": booking,
        "visit": visit,
        "page_title": _("%(when)s: %(names)s", when=when, names=context["who"].names),
    }


def _as_host(user: User) -> offers.HostOfLink:
    return offers.HostOfLink(
        user.id, user.name, user.email, user.timezone, user.job_title, user.picture, True, 1, False
    )


def _headline(booking: Booking, state: str) -> str:
    if state == "cancelled":
        return _("This meeting is cancelled")
    if state == "past":
        return _("This meeting is over") if booking.ends_at <= clock.now() else _("This meeting has begun")
    if "moved" in request.args:
        return _("It’s moved, %(name)s", name=booking.first_name)
    return _("It’s booked, %(name)s", name=booking.first_name)


def _calendars(booking: Booking) -> list[tuple[str, str]]:
    """Ways into web calendars. What they are given names no secret address."""
    facts = replace(mails.contact_facts(mails.meeting_of(booking)), description=booking.description)
    return [("Google", invite.google_url(facts)), ("Outlook", invite.outlook_url(facts))]


def _what_happens_next(booking: Booking, visit: Visit) -> list[dict[str, Any]]:
    """The mails, the reminders and the meeting, as a line in time; only what really will happen."""
    deliveries = list(
        Delivery.select()
        .where(Delivery.booking == booking, Delivery.audience == TO_CONTACT, Delivery.sequence == booking.sequence)
        .order_by(Delivery.due_at, Delivery.id)
    )
    news = next((delivery for delivery in deliveries if delivery.kind in NEWS), None)
    steps = [{"label": _("Now"), "iso": None, "text": _mail_news(booking, news), "is_done": True}]
    steps += _reminder_steps(booking, deliveries, visit)
    return [*steps, _step(booking.starts_at, visit, _("The meeting"))]


def _reminder_steps(booking: Booking, deliveries: Sequence[Delivery], visit: Visit) -> list[dict[str, Any]]:
    """The reminders to come, or that they are off; beside the last, the way to the page that changes it."""
    if not booking.is_reminded:
        words = {"text": _("Reminders are off."), "change_words": _("Switch them on again")}
        return [{"label": _("Reminders"), "iso": None, "is_done": False, **words}]
    coming = [row for row in deliveries if row.kind == "reminder" and row.state in (PENDING, SENDING)]
    if not current_app.config["MAIL_SERVER"] or not coming:
        return []
    steps = [_step(row.due_at, visit, _reminder_words(row)) for row in coming]
    return [*steps[:-1], steps[-1] | {"change_words": _("Switch off")}]


def _step(at: datetime, visit: Visit, words: str) -> dict[str, Any]:
    return {
        "label": i18n.date_time_short(at, visit.zone, visit.locale, visit.clock),
        "iso": i18n.local(at, visit.zone).isoformat(timespec="minutes"),
        "text": words,
        "is_done": False,
    }


def _reminder_words(delivery: Delivery) -> str:
    value, unit = int(delivery.details["value"]), str(delivery.details["unit"])
    words = {
        "minutes": ngettext("A reminder, %(num)d minute before", "A reminder, %(num)d minutes before", value),
        "hours": ngettext("A reminder, %(num)d hour before", "A reminder, %(num)d hours before", value),
        "days": ngettext("A reminder, %(num)d day before", "A reminder, %(num)d days before", value),
        "weeks": ngettext("A reminder, %(num)d week before", "A reminder, %(num)d weeks before", value),
    }
    return words[unit]


def _mail_news(booking: Booking, news: Delivery | None) -> str:
    """What became of the invitation, as it is."""
    if news is None:
        return _("No mail is sent for this meeting. Keep the address of this page: it leads back here.")
    if news.state == SENT:
        return _("An invitation was sent to %(email)s.", email=booking.email)
    if news.state == FAILED:
        return _(
            "The invitation could not be delivered to %(email)s. Keep the address of this page.", email=booking.email
        )
    if not current_app.config["MAIL_SERVER"]:
        return _("This server can’t send mail yet, so keep the address of this page: it leads back here.")
    return _("An invitation is on its way to %(email)s.", email=booking.email)


@blueprint.get("/booking/<token>/invite.ics")
def invitation(token: str) -> Response:
    """The event for any calendar."""
    booking = access.booking_by_token(token, clock.now())
    response = make_response(mails.calendar_file(booking))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8; method=PUBLISH"
    response.headers["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return response


# ---- moving ----------------------------------------------------------------------------------------------------------


@blueprint.get("/booking/<token>/reschedule")
def reschedule(token: str) -> Response:
    """Other times for the same meeting; with one chosen, the question whether to move it there."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    visit = _visit(booking, token, "reschedule")
    if not _can_move(booking, now):
        return htmx.redirect(url_for("manage.page", token=token))
    context = _move_times(booking, visit, now) if visit.start is None else _move_form(booking, token, visit, now)
    return remember(htmx.page_or_fragment(*PAGES, **context), visit)


def _is_coming(booking: Booking, now: datetime) -> bool:
    """Whether the meeting is to take place and has not begun: only then is there anything left to change."""
    return booking.is_confirmed and booking.starts_at > now


def _can_move(booking: Booking, now: datetime) -> bool:
    return _is_coming(booking, now) and booking.link.is_bookable


def _move_times(booking: Booking, visit: Visit, now: datetime) -> dict[str, Any]:
    start = to_instant(booking.starts_at)
    hosts = offers.hosts_of(booking.link)
    context = times_context(booking.link, visit, now, hosts, booking)
    context |= _shown(booking, visit, start, _hosts(booking))
    context["page_title"] = _("Another time. %(title)s", title=context["page_title"])
    when = i18n.date_time_long(start, visit.zone, visit.locale, visit.clock)
    return context | {"step": "times", "chips": [], "instead": _("Instead of %(when)s", when=when)}


def _move_form(booking: Booking, token: str, visit: Visit, now: datetime, gone: str | None = None) -> dict[str, Any]:
    start = visit.start or 0
    hosts = _hosts(booking)
    if gone is None and start not in offers.offered(
        booking.link, booking.duration, Span(start, start + 1), now, booking
    ):
        gone = _("This time is not free, or no longer.")
    near = offers.nearest(booking.link, booking.duration, start, now, NEAR, booking) if gone else []
    context = _shown(booking, visit, to_instant(booking.starts_at), hosts)
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
        "keep_url": url_for("manage.page", token=token),
        "page_title": _("%(step)s. %(title)s", step=title, title=context["page_title"]),
    }


@blueprint.post("/booking/<token>/reschedule")
def move(token: str) -> Response:
    """Move the meeting to the chosen time."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    visit = replace(_visit(booking, token, "reschedule"), start=read_start(request.form.get("start")))
    if visit.start is None:
        return htmx.redirect(url_for("manage.reschedule", token=token))
    if not _can_move(booking, now):
        return htmx.redirect(url_for("manage.page", token=token))
    try:
        bookings.reschedule(booking, to_datetime(visit.start), now, by=None)
    except Conflict:
        return htmx.redirect(url_for("manage.page", token=token))
    except SlotTaken:
        gone = _("Someone else was a moment quicker. Your meeting stays as it was.")
        return htmx.page_or_fragment(*PAGES, 409, **_move_form(booking, token, visit, now, gone))
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
    context = _shown(booking, visit, to_instant(booking.starts_at), _hosts(booking))
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
        bookings.cancel(booking, now, reason=reason or "", by=None)
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
    context = _shown(booking, visit, to_instant(booking.starts_at), _hosts(booking))
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
        bookings.switch_reminders(booking, now, is_on=wanted == "on")
    return htmx.redirect(url_for("manage.page" if wanted == "on" else "manage.reminders", token=token))
