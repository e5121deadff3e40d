"""Time zones to choose from: a list inside the public pages, or a page of its own without script."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, request
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.errors import NotFound
from meetings.i18n import gettext as _

from . import guard, htmx
from .visit import choose_locale

blueprint = Blueprint("zones", __name__)


@blueprint.get("/zones")
def choose() -> Response:
    """Zones as links back to the page that asks."""
    path, pairs = _asking_page(request.args.get("page", ""))
    i18n.speak(choose_locale(dict(pairs).get("lang", "auto")))
    locale = i18n.current_locale()
    query, first = request.args.get("q", "")[:60], request.args.getlist("first")[:5]
    current = first[0] if first else dict(pairs).get("timezone", "")
    picks = i18n.find_zones(query, locale, clock.now(), first=first, clock=dict(pairs).get("clock"))
    kept = [pair for pair in pairs if pair[0] != "timezone"]
    if path.startswith("/booking/"):
        guard.keep_private()
    if path.startswith("/embed/"):
        guard.allow_frames()
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
    is_ours = parts.path.startswith(("/book/", "/booking/", "/embed/")) and not parts.netloc and not parts.scheme
    if not is_ours or "//" in parts.path or "\\" in parts.path or not parts.path.isprintable():
        raise NotFound
    return parts.path, parse_qsl(parts.query, keep_blank_values=True)
