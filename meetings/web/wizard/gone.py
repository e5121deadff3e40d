"""A link deleted while somebody edits it: they are told so, and led to where it can be brought back."""

from flask import make_response, render_template, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.errors import NotFound
from meetings.models import Link
from meetings.services import links

from .. import htmx
from ..session import signed_in

GONE = 410


def answer(slug: str) -> Response:
    """Say that the link is deleted, beside what was typed. Raises NotFound for whom it doesn't concern."""
    gone = links.gone_from(signed_in(), slug)
    context = {"gone": gone, "undo_url": _undo_url(gone), "is_fragment": htmx.is_htmx()}
    if htmx.is_htmx():
        return htmx.beside("wizard/_gone.html", GONE, **context)
    return make_response(render_template("wizard/gone.html", **context), GONE)


def _undo_url(gone: Link) -> str | None:
    try:
        links.deleted_link(signed_in(), gone.id, clock.now())
    except NotFound:
        return None
    return url_for("links.index", deleted=gone.id)
