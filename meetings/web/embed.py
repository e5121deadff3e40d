"""The booking page for frames on other sites: no cookies, no session, and the script behind the embed code.

Both addresses are pasted into other people's sites and never change.
"""

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.models import Booking
from meetings.services import access, single_use

from . import assets, booking, guard, htmx, look, manage, onward
from .visit import once

blueprint = Blueprint("embed", __name__)

SCRIPT_LASTS = 3600  # seconds that browsers may use a copy before they ask again


@blueprint.after_request
def _no_cookies(response: Response) -> Response:
    """Browsers block them on other sites anyway: what must be kept stands in the addresses."""
    response.headers.remove("Set-Cookie")
    return response


def _admit(slug: str) -> None:
    """Let those sites show the page that its host names; any, if none is named."""
    link = single_use.link_at(slug, once(), clock.now(), is_sent=True)
    guard.allow_frames(link.scheduling["embed_sites"])


@blueprint.get("/embed/<slug>")
def page(slug: str) -> Response:
    """Month and times; with a start in the address the form for it."""
    _admit(slug)
    return booking.page(slug)


@blueprint.post("/embed/<slug>")
def book(slug: str) -> Response:
    """Book the chosen time."""
    _admit(slug)
    return booking.book(slug)


@blueprint.get("/embed/booked/<token>")
def booked(token: str) -> Response:
    """Right after a booking: what was agreed. All that could change it is on the booking's own page, out of frames."""
    made = access.booking_by_token(token, clock.now())
    guard.allow_frames(made.link.scheduling["embed_sites"])
    guard.keep_private()
    visit = manage.visit_of(made, url_for("embed.booked", token=token))
    context = look.look_context(made, token, visit, clock.now())
    context |= {"news": _news(made), "onward": onward.address(made)}
    return htmx.page_or_fragment("embed/booked.html", "embed/_booked.html", **context)


def _news(made: Booking) -> dict[str, Any]:
    """What the site around the frame is told: nothing about the person."""
    return {"link": made.link.slug, "start": made.starts_at.isoformat(), "duration": made.duration}


@blueprint.get("/static/embed.js")
def script() -> Response:
    """The script that the embed code loads."""
    response = assets.served(assets.shelf().find("embed.js"), f"public, max-age={SCRIPT_LASTS}")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    return response.make_conditional(request)
