"""Going back after booking, without script: whoever just took the time is not told that it is no longer free."""

from datetime import datetime
from typing import Any

from flask import current_app, request, url_for
from werkzeug.wrappers import Response

from meetings.domain.time import Instant, local_date, to_instant, zone
from meetings.i18n import gettext as _
from meetings.models import Booking, Link
from meetings.secrets import Signer
from meetings.services import access, offers

from . import guard
from .details import chosen_time, is_free
from .filled import PATH
from .times import who_context
from .visit import Visit, once

COOKIE = "booked"  # and what it is signed for: the name of the booking
LASTS = 3600  # seconds


def keep(response: Response, booking: Booking) -> Response:
    """Remember for a while what was booked in this browser. On other sites there are no cookies."""
    if not guard.is_framed():
        token = _signer().sign_timed(COOKIE, booking.public_id)
        is_secure = request.is_secure
        response.set_cookie(COOKIE, token, max_age=LASTS, path=PATH, secure=is_secure, httponly=True, samesite="Lax")
    return response


def at(link: Link, start: Instant | None) -> Booking | None:
    """The booking of this time that was made in this browser a moment ago."""
    public_id = _signer().unsign_timed(COOKIE, request.cookies.get(COOKIE, "")[:500], LASTS)
    found = Booking.get_or_none(Booking.public_id == public_id) if isinstance(public_id, str) else None
    if found is None or found.is_anonymous or not found.is_confirmed or found.link_id != link.id:
        return None
    return found if to_instant(found.starts_at) == start else None


def of_request(link: Link, visit: Visit, now: datetime) -> Booking | None:
    """That booking, where the form would say that the time is gone, or the invitation over."""
    found = at(link, visit.start)
    return found if found and (once() or not is_free(link, visit, now)) else None


def context(link: Link, visit: Visit, booking: Booking) -> dict[str, Any]:
    """The time, with the ways to its booking and to other times."""
    start = to_instant(booking.starts_at)
    hosts = offers.hosts_of(link)
    shown = who_context(link, visit, hosts, start)
    title = _("You have booked this time")
    return shown | {
        "visit": visit,
        "step": "mine",
        "title": title,
        "chosen": chosen_time(visit, start, hosts),
        "booking_url": url_for("manage.page", token=access.manage_token(booking)),
        "times_url": "" if once() else visit.url(date=local_date(start, zone(visit.zone))),
        "page_title": _("%(step)s. %(title)s", step=title, title=shown["page_title"]),
    }


def _signer() -> Signer:
    signer: Signer = current_app.extensions["signer"]
    return signer
