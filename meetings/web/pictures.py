"""Uploaded pictures as pages show them to everybody."""

from datetime import timedelta

from flask import Blueprint, make_response, request, send_from_directory
from werkzeug.wrappers import Response

from meetings.errors import NotFound
from meetings.services import branding, pictures
from meetings.services.branding import LOGO_PATH

from .assets import FOR_EVER

blueprint = Blueprint("pictures", __name__)

LOGO_LASTS = timedelta(hours=1)  # how long a mail program may keep a logo before it asks again


@blueprint.get("/pictures/<name>")
def file(name: str) -> Response:
    """A picture: written by us, under a name that no other picture ever has."""
    answer = send_from_directory(pictures.folder(), name, mimetype="image/webp", as_attachment=True)
    return _inert(answer, FOR_EVER)


@blueprint.get(LOGO_PATH)
def logo() -> Response:
    """The team's logo of the day, for mails: one address whoever reads them, so that nobody is told apart."""
    try:
        answer = make_response(branding.logo_png(branding.current().logo))
    except OSError as error:
        raise NotFound from error
    answer.mimetype = "image/png"
    answer.add_etag()
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # mailboxes on the web show it
    return _inert(answer, f"public, max-age={int(LOGO_LASTS.total_seconds())}").make_conditional(request)


def _inert(answer: Response, cache: str) -> Response:
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = cache
    return answer
