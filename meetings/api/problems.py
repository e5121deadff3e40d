"""Problem documents (RFC 9457): what every call answers when it can't do what was asked."""

import json
from collections.abc import Mapping

from flask import Response, current_app
from werkzeug.exceptions import HTTPException

from ..errors import CaptchaFailed, HoldsMeetings, Invalid, NotFound, OwnsLinks, Problem, SlotTaken, TooLarge
from ..i18n import flaw_message, problem_message
from ..i18n import lazy_gettext as _l

MEDIA_TYPE = "application/problem+json"


class BadRequest(Problem):
    """The request can't be read; `reason` is a key of REASONS."""

    code = "bad-request"
    status = 400

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class MethodNotAllowed(Problem):
    """The address is right, the method isn't."""

    code = "method-not-allowed"
    status = 405


class UnsupportedMediaType(Problem):
    """A body that does not say it is JSON."""

    code = "unsupported-media-type"
    status = 415


class InternalError(Problem):
    """A fault of ours."""

    code = "internal-error"
    status = 500


# Every code with its title; those that only requests by HTTP can provoke also with their sentence.
TITLES: Mapping[str, object] = {
    "slot-taken": _l("That time is no longer free"),
    "duplicate-slug": _l("That address is taken"),
    "duplicate-contact": _l("That contact is here already"),
    "owns-links": _l("This person organizes links"),
    "holds-meetings": _l("This person has meetings to come"),
    "organizer-fixed": _l("A link keeps its organizer"),
    "conflict": _l("That can’t be done now"),
    "consent-changed": _l("What the page says about privacy has changed"),
    "precondition-failed": _l("Changed in the meantime"),
    "invalid": _l("Some values can’t be taken"),
    "captcha-failed": _l("The check against robots failed"),
    "not-found": _l("There is nothing here"),
    "forbidden": _l("That is not yours to do"),
    "unauthorized": _l("Who is asking?"),
    "rate-limited": _l("Too many requests"),
    "invitation-over": _l("This invitation is over"),
    "too-large": _l("The request is too large"),
    "busy": _l("Busy for a moment"),
    "bad-request": _l("The request can’t be read"),
    "method-not-allowed": _l("Not a method of this address"),
    "unsupported-media-type": _l("The body must be JSON"),
    "internal-error": _l("Something went wrong here"),
}
DETAILS: Mapping[str, object] = {
    "unauthorized": _l("Send a valid token in the header “Authorization: Bearer TOKEN”."),
    "captcha-failed": _l("Please solve the check again."),
    "method-not-allowed": _l("The Allow header lists the methods that work here."),
    "unsupported-media-type": _l("Send the body with the header “Content-Type: application/json”."),
    "internal-error": _l("The fault is ours and has been noted. Please try again later."),
}
CONFLICTS: Mapping[str, object] = {
    "cancelled": _l("This booking is cancelled."),
    "past": _l("This meeting has begun, or is over."),
    "handed-over": _l("Somebody else holds this meeting by now."),
    "off": _l("Its page takes no bookings at the moment, so there is no time to move to."),
}
REASONS: Mapping[str, object] = {
    "not-json": _l("The body is not JSON in UTF-8."),
    "duplicate-key": _l("An object in the body has the same name twice."),
    "too-deep": _l("The body is nested too deeply."),
    "malformed": _l("The server could not make sense of the request."),
}
_BY_STATUS: Mapping[int, type[Problem]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
    500: InternalError,
}


def respond(problem: Problem, **more: object) -> Response:
    """The answer to a request that ended in `problem`; `more` are further members of the document."""
    document: dict[str, object] = {
        "type": f"{current_app.config['BASE_URL']}/api/v1/problems/{problem.code}",
        "title": str(TITLES[problem.code]),
        "status": problem.status,
        "detail": _detail(problem),
    }
    document.update(_members(problem))
    document.update(more)
    response = Response(json.dumps(document, ensure_ascii=False), problem.status, content_type=MEDIA_TYPE)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Meetings"'
    if (wait := getattr(problem, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def from_http(error: HTTPException) -> Response:
    """The same for what Flask itself refused: an unknown address, a wrong method, an oversized body."""
    kind = _BY_STATUS.get(error.code or 500)
    problem = kind() if kind else BadRequest("malformed") if (error.code or 500) < 500 else InternalError()
    response = respond(problem)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value  # Allow, above all
    return response


def _detail(problem: Problem) -> str:
    if isinstance(problem, BadRequest):
        return str(REASONS[problem.reason])
    own = CONFLICTS.get(str(problem.params.get("reason"))) or DETAILS.get(problem.code)
    return str(problem_message(problem) if own is None else own)


def _members(problem: Problem) -> dict[str, object]:
    if isinstance(problem, Invalid):
        return {"errors": [{"field": flaw.field, "message": str(flaw_message(flaw))} for flaw in problem.flaws]}
    if isinstance(problem, CaptchaFailed):
        return {"errors": [{"field": "captcha", "message": str(DETAILS[problem.code])}]}
    if isinstance(problem, SlotTaken):
        return {"rule": problem.rule}
    if isinstance(problem, OwnsLinks):
        return {"links": problem.params["slugs"]}
    if isinstance(problem, HoldsMeetings):
        return {"bookings": [{"id": public_id, "reason": reason} for public_id, reason in problem.meetings]}
    return {}
