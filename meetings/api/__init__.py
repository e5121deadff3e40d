"""The HTTP API under /api/v1: JSON in and out, bearer tokens, problem documents, and a description of itself."""

import logging
import secrets

import peewee
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from .. import i18n
from ..errors import Busy, Problem
from . import (  # noqa: F401 - each enters its calls
    bookings,
    busy,
    companies,
    contacts,
    explaining,
    links,
    openapi,
    pictures,
    problems,
    properties,
    public,
    reading,
    schedules,
    turns,
    users,
)
from .calls import CALLS, blueprint, current

__all__ = ["CALLS", "init_app"]

MAX_BODY = 256 * 1024  # bytes; the largest link document is far smaller

AWAY_SECONDS = 10  # until somebody should ask again when there is no database

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Register all calls."""
    app.before_request(_refuse_unknown)
    app.register_blueprint(blueprint)


# ---- around every call -----------------------------------------------------------------------------------------------


def _refuse_unknown() -> Response | None:
    """Answer what no call answers, such as an unknown address, with a problem document too."""
    error = request.routing_exception
    if error is None or isinstance(error, RequestRedirect) or request.path.split("/")[1] != "api":
        return None
    i18n.speak(i18n.browser_locale())
    return _finish(problems.from_http(error))


@blueprint.before_request
def _prepare() -> None:
    request.max_content_length = MAX_BODY
    i18n.speak(i18n.browser_locale())


@blueprint.after_request
def _finish(response: Response) -> Response:
    response.vary.add("Accept-Language")
    response.headers.setdefault("Cache-Control", "no-store")
    line = current()
    if line is not None and line.is_open:
        _open_to_other_sites(response)
    return response


def _open_to_other_sites(response: Response) -> None:
    """Let pages of any origin make the call: it takes no cookie, so it gives nothing that they couldn't have."""
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = "Retry-After"
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        headers["Access-Control-Allow-Headers"] = f"Content-Type, {reading.KEY_HEADER}"
        headers["Access-Control-Max-Age"] = "86400"


@blueprint.errorhandler(Problem)
def _problem(problem: Problem) -> Response:
    return problems.respond(problem)


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return problems.from_http(error)


@blueprint.errorhandler(peewee.OperationalError)
@blueprint.errorhandler(peewee.InterfaceError)
def _away(error: Exception) -> Response:
    log.error("No database at %s %s: %s", request.method, request.path, error)
    return problems.respond(Busy(retry_after=AWAY_SECONDS))


@blueprint.errorhandler(Exception)
def _crash(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("Error %s at %s %s", reference, request.method, request.path, exc_info=error)
    return problems.respond(problems.InternalError(), reference=reference)
