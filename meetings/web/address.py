"""A contact who mistyped their e-mail address mends it: on the page right after booking, before any mail was read."""

from datetime import datetime
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain import typos
from meetings.domain.time import to_instant
from meetings.errors import Conflict, Invalid, RateLimited
from meetings.i18n import gettext as _
from meetings.models import Booking
from meetings.services import access, bookings

from . import htmx
from .look import hosts_of, shown
from .manage import PAGES, blueprint, visit_of


@blueprint.get("/booking/<token>/address")
def address(token: str) -> Response:
    """Ask for the right address."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    if not can_mend(booking, token, now):
        return htmx.redirect(url_for("manage.page", token=token))
    context = _form(booking, token, typos.suggestion(booking.email) or booking.email)
    return htmx.page_or_fragment(*PAGES, **context)


def can_mend(booking: Booking, token: str, now: datetime) -> bool:
    """Whether the address may be changed here: whoever came by a mail has shown that it is right."""
    return not access.is_mailed(token, booking) and bookings.can_mend_address(booking, now)


def _form(booking: Booking, token: str, typed: str, error: str = "") -> dict[str, Any]:
    visit = visit_of(booking, url_for("manage.address", token=token))
    context = shown(booking, visit, to_instant(booking.starts_at), hosts_of(booking))
    question = _("Correct your e-mail address")
    return context | {
        "step": "address",
        "question": question,
        "typed": typed,
        "error": error,
        "keep_url": url_for("manage.page", token=token),
        "page_title": _("%(step)s. %(title)s", step=question, title=context["page_title"]),
    }


@blueprint.post("/booking/<token>/address")
def mend(token: str) -> Response:
    """Send everything to the address that was typed now."""
    now = clock.now()
    booking = access.booking_by_token(token, now)
    typed = request.form.get("email", "")
    try:
        if can_mend(booking, token, now):
            bookings.readdress(booking, typed, now)
    except Invalid as problem:
        error = i18n.flaw_message(problem.flaws[0])
        return htmx.page_or_fragment(*PAGES, problem.status, **_form(booking, token, typed, error))
    except RateLimited as problem:
        error = i18n.problem_message(problem)
        return htmx.page_or_fragment(*PAGES, problem.status, **_form(booking, token, typed, error))
    except Conflict:
        pass  # mail was read there meanwhile, or the meeting has begun: the page says how it stands
    return htmx.redirect(url_for("manage.page", token=token))
