"""A link's next free times as plain text and as Markdown, at its own address with an ending: /book/<slug>.txt, .md."""

from flask import Blueprint, make_response, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.services import host_hours, sharing, single_use
from meetings.services.sharing import Wish

from . import filled, welcome
from .visit import is_everyones, once, read_visit

blueprint = Blueprint("text", __name__)

DAYS = 7  # with times, unless more or fewer are asked for
TYPES = {"txt": "text/plain", "md": "text/markdown"}


@blueprint.get("/book/<slug>.<any(txt, md):form>")
def times(slug: str, form: str) -> Response:
    """The times in the asked zone, language and length; `?days=` says for how many days.

    With an address (`?email=`) they are those that the page shows for it.
    """
    link = single_use.link_at(slug, once(), clock.now())
    scheduling = link.scheduling
    visit = read_visit(
        url_for("booking.page", slug=link.slug),
        scheduling["durations"],
        host_hours.zone_of(link),
        scheduling["language"],
        scheduling["date_format"],
    )
    i18n.speak(visit.locale)
    wish = Wish(
        duration=visit.duration,
        zone=visit.zone,
        locale=visit.locale,
        days=_days(),
        clock=visit.clock,
        once=once(),
        email=filled.tried(link).values.get(welcome.EMAIL, ""),
        is_everyones=is_everyones(),
    )
    said = sharing.times(link, wish, clock.now())
    response = make_response(sharing.markdown(said) if form == "md" else sharing.plain(said, has_links=True))
    response.headers["Content-Type"] = f"{TYPES[form]}; charset=utf-8"
    response.headers["Content-Language"] = visit.locale
    response.headers["X-Robots-Tag"] = "noindex"
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _days() -> int:
    asked = request.args.get("days", "")
    return min(int(asked), sharing.DAYS_MAX) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 else DAYS
