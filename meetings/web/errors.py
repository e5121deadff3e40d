"""Error pages: what went wrong in plain words, in the same form as every other page."""

import logging
import secrets
from dataclasses import dataclass

from flask import Flask, current_app, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from meetings import db, i18n
from meetings.errors import Busy, Problem, RateLimited
from meetings.i18n import gettext as _

from . import addressed, guard, htmx
from .session import has_session, page_again

LATER = (429, 503)  # what may go well a little later
AWAY_SECONDS = 10  # until somebody should ask again when there is no database

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """An error page: a heading, what to do, and a number to tell the people who run the place."""

    status: int
    title: str
    text: str
    reference: str | None = None

    @property
    def is_host(self) -> bool:
        """Whether the browser came with a session: its owner is shown the way back. No database is asked for that."""
        return has_session()

    @property
    def way_back(self) -> str | None:
        """Where to try again: this very page, or the one whose button was pressed."""
        if self.status not in LATER:
            return None
        return page_again()


def init_app(app: Flask) -> None:
    """Answer every error outside the API with a page."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crash)
    for kind in db.AWAY:
        app.register_error_handler(kind, _away)


def _problem(problem: Problem) -> Response:
    if not isinstance(problem, Busy):  # the database is not to be asked for more
        addressed.speak()
    trouble = _trouble(problem.status)
    if trouble.status in {401, 409, 410, 422}:
        trouble = Trouble(problem.status, trouble.title, i18n.problem_message(problem))
    response = _page(trouble)
    if isinstance(problem, Busy | RateLimited):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _http(error: HTTPException) -> Response:
    if error.response is not None:  # such as a redirect
        return make_response(error.response)
    addressed.speak()
    response = _page(_trouble(error.code or 500))
    for name, value in error.get_headers():
        if name in {"Allow", "Location", "Retry-After"}:
            response.headers[name] = value
    return response


def _away(error: Exception) -> Response:
    log.error("No database at %s %s: %s", request.method, request.path, error)
    return _problem(Busy(retry_after=AWAY_SECONDS))


def _crash(error: Exception) -> Response:
    if current_app.testing or current_app.debug:
        raise error
    reference = secrets.token_hex(4)
    log.error("Error %s at %s %s", reference, request.method, request.path, exc_info=error)
    trouble = _trouble(500)
    return _page(Trouble(500, trouble.title, trouble.text, reference))


def _page(trouble: Trouble) -> Response:
    guard.keep_private()
    template = "errors/_trouble.html" if htmx.is_htmx() else "errors/page.html"
    response = make_response(render_template(template, trouble=trouble), trouble.status)
    return htmx.to_main(response) if htmx.is_htmx() else response


def _trouble(status: int) -> Trouble:
    texts = {
        400: (_("That could not be read"), _("The address or the form is damaged. Go back and try again.")),
        401: (_("Please sign in first"), _("This page is for people who are signed in.")),
        403: (_("This is not for you"), _("You may not see or do this. If you should, ask whoever runs this site.")),
        404: (
            _("There is nothing here"),
            _("The address may be mistyped, or what was here has gone. Ask whoever gave you the link for a new one."),
        ),
        405: (_("This can’t be done here"), _("This page can only be viewed. Go back and try again.")),
        409: (_("Somebody was quicker"), _("This has changed in the meantime. Go back, reload and look again.")),
        410: (_("This is over"), _("What was here is no longer available.")),
        413: (_("That is too large"), _("What you sent is too large. Make it smaller and try again.")),
        422: (_("Something needs to be fixed"), _("Go back and check the form once more.")),
        429: (_("A moment, please"), _("That was a lot in a short time. Wait a little, then try again.")),
        500: (_("Something broke on our side"), _("It is not your fault, and we have a record of it.")),
        503: (_("Too much going on"), _("The server is busy right now. Try again in a few seconds.")),
    }
    known = status if status in texts else (400 if status < 500 else 500)
    title, text = texts[known]
    return Trouble(status, title, text)
