"""Trying a link as a contact would: its real page and form, and then all that would be sent. Nothing is booked."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.fields import Flaw
from meetings.domain.time import to_datetime
from meetings.errors import ConsentChanged, Invalid, NotFound, SlotTaken
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.models.links import LIVE
from meetings.services import access, consents, host_hours, outbox, ownership, rehearsal
from meetings.services.bookings import BookingRequest
from meetings.services.rehearsal import Rehearsal, Told

from . import filled, htmx, sent_form, terms, welcome
from .details import form_context
from .fields import field_names, values_in
from .session import Reader, login_required, reader, signed_in
from .times import page_context
from .visit import Visit, is_everyones, read_visit
from .wizard import rules

blueprint = Blueprint("rehearsal", __name__)

PAGES = ("rehearsal/page.html", "booking/_stage.html")
RESULT = ("rehearsal/result.html", "rehearsal/_result.html")


@blueprint.get("/links/<slug>/try")
@login_required
def page(slug: str) -> Response:
    """The booking page as it would be, with what waits unsaved: each step as a contact walks it."""
    link, host = _link(slug), reader()
    known, now = filled.tried(link), clock.now()
    visit = _for_address(link, _visit(link), known.values.get(welcome.EMAIL, ""))
    if welcome.is_due(link, known):
        value, flaws = welcome.typed()
        return _shown(host, link, welcome.context(link, visit, now, value, flaws), 422 if flaws else 200)
    if visit.start is None:
        return _shown(host, link, page_context(link, visit, now))
    return _shown(host, link, form_context(link, visit, now, values=known.values, filled=known))


def _link(slug: str) -> Link:
    """The link as it is on the pages of the wizard: saved or not, live or a draft."""
    link = access.link_for(signed_in(), slug, write=True)
    made = rules.shadow(link, rules.judged(link, rules.document_with(link, None, {})))
    made.status = LIVE
    return made


def _visit(link: Link) -> Visit:
    scheduling = link.scheduling
    visit = read_visit(
        url_for("rehearsal.page", slug=link.slug),
        scheduling["durations"],
        host_hours.zone_of(link),
        scheduling["language"],
        scheduling["date_format"],
    )
    i18n.speak(visit.locale)
    return visit


def _for_address(link: Link, visit: Visit, email: str) -> Visit:
    """The visit of whoever has this address. Of contacts whom the host doesn't see it must not tell whose they are."""
    return replace(visit, view=ownership.view_told(signed_in(), link, email, is_everyones=is_everyones()))


def _shown(host: Reader, link: Link, context: dict[str, Any], status: int = 200) -> Response:
    """A page of the contact's, in their language; what is said around it is in the host's."""
    with i18n.speaking(host.locale):
        context |= {"is_trial": True, "trial": _("A trial: nothing you do here books anything.")}
        context |= {"trial_back": _("Back to the link"), "trial_url": _wizard_url(link)}
    return htmx.page_or_fragment(*PAGES, status, **context)


def _wizard_url(link: Link) -> str:
    return url_for("wizard.edit", slug=link.slug, step="automation")


# ---- sending the form ------------------------------------------------------------------------------------------------


@blueprint.post("/links/<slug>/try")
@login_required
def act(slug: str) -> Response:
    """Try the booking, and show what it would have sent."""
    link, host = _link(slug), reader()
    values, now = values_in(request.form, field_names(link)), clock.now()
    visit = _for_address(link, sent_form.visit_of(_visit(link), link), values[welcome.EMAIL])
    if visit.start is None:
        return _shown(host, link, page_context(link, visit, now), 422)
    wanted, flaws = _request(link, visit, values)
    again: dict[str, Any] = {"values": values, "filled": filled.tried(link)}
    if flaws:
        return _shown(host, link, form_context(link, visit, now, flaws=flaws, **again), 422)
    try:
        found = rehearsal.rehearse(link, wanted, now)
    except SlotTaken:
        gone = _("This time is not free, or no longer.")
        return _shown(host, link, form_context(link, visit, now, gone=gone, **again), 409)
    except (ConsentChanged, Invalid, NotFound) as problem:
        notice = i18n.problem_message(problem)
        return _shown(host, link, form_context(link, visit, now, notice=notice, **again), problem.status)
    return _result(link, visit, found, host)


def _request(link: Link, visit: Visit, values: dict[str, str]) -> tuple[BookingRequest, list[Flaw]]:
    contact, answers, flaws = sent_form.read(link, values)
    agreed = replace(terms.agreed(), address=None)
    wanted = BookingRequest(
        start=to_datetime(visit.start or 0),
        duration=visit.duration,
        timezone=visit.zone,
        locale=visit.locale,
        answers=answers,
        agreed=agreed,
        email=contact["email"],
        first_name=contact["first_name"],
        last_name=contact["last_name"],
        is_of_nobody=not ownership.may_tell(signed_in(), contact["email"]),
        is_for_owner=not is_everyones(),
    )
    return wanted, [*flaws, *consents.flaws(link, visit.locale, agreed)]


# ---- what came of it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """One mail as the page shows it."""

    title: str
    when: str
    language: str
    mail: Any
    reason: str
    calendar: str  # address of the event that goes with it, as a file; empty where none does


def _result(link: Link, visit: Visit, found: Rehearsal, host: Reader) -> Response:
    i18n.speak(host.locale)
    return htmx.page_or_fragment(
        *RESULT,
        link=link,
        visit=visit,
        found=found,
        theirs=_when(found, visit.zone, host.locale),
        ours=_when(found, host.zone, host.locale) if host.zone != visit.zone else "",
        hosts=i18n.listed(found.hosts, host.locale),
        going_out=_list([one for one in found.told if not one.reason], host),
        left_out=_list([one for one in found.told if one.reason], host),
        calendar=_file(found.calendar),
        again_url=url_for("rehearsal.page", slug=link.slug),
        back_url=_wizard_url(link),
        page_title=_("What would be sent"),
        trial=_("A trial: nothing you do here books anything."),
        trial_back=_("Back to the link"),
        trial_url=_wizard_url(link),
    )


def _when(found: Rehearsal, zone: str, locale: str) -> str:
    when = i18n.date_time_full(found.starts_at, found.ends_at, zone, locale)
    return f"{when}, {i18n.zone_label(zone, found.starts_at, locale)}"


def _list(told: Sequence[Told], host: Reader) -> list[Shown]:
    return [
        Shown(
            title=_title(one),
            when=_("Not sent") if one.reason else _due(one.due_at, host),
            language=i18n.language_name(one.mail.locale),
            mail=one.mail,
            reason=outbox.in_plain_words(one.reason, host.locale).sentence,
            calendar=_file(one.mail.invitation.content) if one.mail.invitation else "",
        )
        for one in told
    ]


def _title(one: Told) -> str:
    titles = {
        "confirmation": _("Invitation to %(name)s", name=one.name),
        "host_booked": _("Mail about the booking to %(name)s", name=one.name),
    }
    return titles.get(one.kind) or _("Reminder to %(name)s", name=one.name)


def _due(at: datetime, host: Reader) -> str:
    return _("At once") if at <= clock.now() else host.date_time_long(at)


def _file(content: bytes) -> str:
    """The event as an address of its own: there is nothing to fetch it from afterwards."""
    return f"data:text/calendar;base64,{base64.b64encode(content).decode()}"
