"""A booking as it stands, for the contact: what, when, with whom, and what happens next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, request, url_for

from meetings import clock, i18n
from meetings.domain import invite, typos
from meetings.domain.time import to_instant
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Answer, Booking, Delivery, Link, User
from meetings.models.outbox import FAILED, PENDING, SENDING, SENT, TO_CONTACT
from meetings.services import access, bookings, guarding, mails, offers

from . import guard
from .details import when_fact
from .times import who_context
from .visit import Visit
from .who import formatted, host_clock, place_fact

WEB_CALENDARS = ("Google", "Outlook")
NEWS = ("confirmation", "rescheduled")  # mails that carry the invitation


def hosts_of(booking: Booking) -> list[User]:
    return [participant.host for participant in booking.hosts()]


def look_context(booking: Booking, token: str, visit: Visit, now: datetime) -> dict[str, Any]:
    """All that is told of a booking as it stands: what, when, with whom, and what happens next."""
    hosts = hosts_of(booking)
    meeting = mails.meeting_of(booking)
    state = "cancelled" if not booking.is_confirmed else "past" if booking.starts_at <= now else "coming"
    context = _facts(meeting, visit, hosts, state) | {
        "can_move": state == "coming" and booking.link.is_bookable,
        "urls": {
            name: url_for(f"manage.{name}", token=token)
            for name in ("page", "reschedule", "cancel", "reminders", "invitation", "mine")
        },
        "again_url": _again_url(booking.link),
    }
    if state == "coming":
        context |= {"calendars": _calendars(meeting), "steps": _what_happens_next(booking, visit)}
        if not access.is_mailed(token, booking) and bookings.can_mend_address(booking, now):
            context["urls"]["address"] = url_for("manage.address", token=token)
            context["meant"] = typos.suggestion(booking.email)
        context["can_undo"] = "undo" in request.args
        context["asks_whose"] = guarding.asks_whose(booking, token, now)
    return context


def sample_context(link: Link, visit: Visit, now: datetime) -> dict[str, Any]:
    """The same right after a made-up contact has booked. The link may be unsaved: the wizard's preview."""
    meeting = mails.sample_meeting(link, visit.locale, now)
    booking = meeting.booking
    told = {"label": _("Now"), "iso": None, "is_done": True}
    told["text"] = _("An invitation is on its way to %(email)s.", email=booking.email)
    return _facts(meeting, visit, [host for host, _is_required in meeting.hosts], "coming") | {
        "can_move": True,
        "urls": dict.fromkeys(("page", "reschedule", "cancel", "reminders", "invitation", "mine", "address"), "#"),
        "calendars": [(name, "#") for name in WEB_CALENDARS],
        "steps": [told, *_reminders_planned(booking, link, visit, now), _the_meeting(booking, visit)],
    }


def _reminders_planned(booking: Booking, link: Link, visit: Visit, now: datetime) -> list[dict[str, Any]]:
    """The link's reminders, as far as they would be in time for the booking; the earliest first."""
    rules = [(int(rule["value"]), str(rule["unit"])) for rule in link.automation["reminders"]]
    due = sorted((booking.starts_at - timedelta(**{unit: value}), value, unit) for value, unit in rules)
    return [_step(at, visit, _reminder_words(value, unit)) for at, value, unit in due if at > now]


def _facts(meeting: mails.Meeting, visit: Visit, hosts: Sequence[User], state: str) -> dict[str, Any]:
    """What is the same whoever looks."""
    booking = meeting.booking
    start, end = to_instant(booking.starts_at), to_instant(booking.ends_at)
    return shown(booking, visit, start, hosts) | {
        "step": "look",
        "state": state,
        "headline": _headline(booking, state),
        "when": i18n.date_time_long(start, visit.zone, visit.locale, visit.clock),
        "iso": i18n.local(start, visit.zone).isoformat(timespec="minutes"),
        "until": i18n.time(end, visit.zone, visit.locale, visit.clock),
        "zone_note": " ".join(
            filter(None, (f"{i18n.zone_label(visit.zone, start, visit.locale)}.", host_clock(hosts, visit, start)))
        ),
        "join_url": booking.place.join_url,
        "call_url": booking.place.call_url,
        "told": _told(meeting.answers, visit.locale),
    }


def _again_url(link: Link) -> str:
    """Where another meeting can be booked; nothing where that takes an invitation."""
    is_open = link.is_bookable and not link.is_by_invitation
    return url_for("booking.page", slug=link.slug) if is_open else ""


def _told(answers: Sequence[Answer], locale: str) -> list[tuple[str, str]]:
    """What was answered on the form, but for what is the hosts' business."""
    seen = (answer for answer in answers if answer.in_invite)
    return [i18n.question_and_answer(answer.name, answer.label, answer.kind, answer.value, locale) for answer in seen]


def shown(booking: Booking, visit: Visit, start: int, hosts: Sequence[User]) -> dict[str, Any]:
    """What every page of a booking shows: its people, its place, its time."""
    met = [_as_host(user) for user in hosts]
    context = who_context(booking.link, visit, met, start)
    context["who"] = replace(context["who"], about=formatted(booking.description))
    when = when_fact(start, start + booking.duration * 60, visit)
    context["facts"] = [
        ("clock", i18n.duration(booking.duration, visit.locale)),
        ("calendar", when),
        *place_fact(booking.place),
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


def _calendars(meeting: mails.Meeting) -> list[tuple[str, str]]:
    """Ways into web calendars. What they are given names no secret address."""
    facts = replace(mails.contact_facts(meeting), description=mails.described(meeting.booking))
    return list(zip(WEB_CALENDARS, (invite.google_url(facts), invite.outlook_url(facts)), strict=True))


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
    return [*steps, _the_meeting(booking, visit)]


def _reminder_steps(booking: Booking, deliveries: Sequence[Delivery], visit: Visit) -> list[dict[str, Any]]:
    """The reminders to come, or that they are off; beside the last, the way to the page that changes it."""
    if not booking.is_reminded:
        words = {"text": _("Reminders are off."), "change_words": _("Switch them on again")}
        return [{"label": _("Reminders"), "iso": None, "is_done": False, **words}]
    coming = [row for row in deliveries if row.kind == "reminder" and row.state in (PENDING, SENDING)]
    if not current_app.config["MAIL_SERVER"] or not coming:
        return []
    steps = [_step(row.due_at, visit, _reminder_words(*_lead(row))) for row in coming]
    return [*steps[:-1], steps[-1] | {"change_words": _("Switch off")}]


def _the_meeting(booking: Booking, visit: Visit) -> dict[str, Any]:
    return _step(booking.starts_at, visit, _("The meeting"))


def _step(at: datetime, visit: Visit, words: str) -> dict[str, Any]:
    return {
        "label": i18n.date_time_short(at, visit.zone, visit.locale, visit.clock),
        "iso": i18n.local(at, visit.zone).isoformat(timespec="minutes"),
        "text": words,
        "is_done": False,
    }


def _lead(delivery: Delivery) -> tuple[int, str]:
    return int(delivery.details["value"]), str(delivery.details["unit"])


def _reminder_words(value: int, unit: str) -> str:
    words = {
        "minutes": ngettext("A reminder, %(num)d minute before", "A reminder, %(num)d minutes before", value),
        "hours": ngettext("A reminder, %(num)d hour before", "A reminder, %(num)d hours before", value),
        "days": ngettext("A reminder, %(num)d day before", "A reminder, %(num)d days before", value),
        "weeks": ngettext("A reminder, %(num)d week before", "A reminder, %(num)d weeks before", value),
    }
    return words[unit]


def _mail_news(booking: Booking, news: Delivery | None) -> str:
    """What became of the invitation, as it is. In a frame, the page's own address is nowhere to be seen."""
    has_server = bool(current_app.config["MAIL_SERVER"])
    if guard.is_framed() and (news is None or news.state == FAILED or not (has_server or news.state == SENT)):
        return _("No mail can be sent for this meeting: open your booking, and keep the address of its page.")
    if news is None:
        return _("No mail is sent for this meeting. Keep the address of this page: it leads back here.")
    if news.state == SENT:
        return _("An invitation was sent to %(email)s.", email=booking.email)
    if news.state == FAILED:
        return _(
            "The invitation could not be delivered to %(email)s. Keep the address of this page.", email=booking.email
        )
    if not has_server:
        return _("This server can’t send mail yet, so keep the address of this page: it leads back here.")
    return _("An invitation is on its way to %(email)s.", email=booking.email)
