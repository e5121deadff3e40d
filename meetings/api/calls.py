"""The table of calls: each view with its address, who may call it, and what it takes and gives.

Requests are let in by this table, and the OpenAPI document is written from it, so that the two can't differ.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request

from ..errors import Forbidden, Unauthorized
from ..models import User
from ..ratelimit import LOOKS, TRIES, place, spend
from ..services import users

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

Schema = Mapping[str, Any]
View = Callable[..., Any]


class Access(StrEnum):
    """Who may make a call."""

    PUBLIC = "public"  # anybody
    BOOKING = "booking"  # the contact with the booking's own token, or a user who may see the booking
    TOKEN = "token"  # noqa: S105 - a user by bearer token; the view gets the user first
    ADMIN = "admin"  # the same, and an admin


class Group(StrEnum):
    """What calls are about, in the order in which the reference shows them."""

    PAGES = "Booking pages"
    BOOKINGS = "Bookings"
    LINKS = "Links"
    CONTACTS = "Contacts"
    PEOPLE = "People"
    BUSY = "Busy times"
    SELF = "This description"


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query or a header, as documented."""

    name: str
    schema: Schema
    meaning: str
    required: bool = False
    place: str = "query"


@dataclass(frozen=True)
class Call:
    """One line of the table."""

    method: str
    path: str  # as Flask writes it, without /api/v1
    name: str
    summary: str
    access: Access
    group: Group
    status: int
    answer: str | None  # name of the answer's schema; None: no body
    body: str | None  # name of the body's schema; None: no body
    query: tuple[Parameter, ...]
    problems: tuple[str, ...]  # codes beyond those of every call like it
    explanation: str
    media: str  # of the answer
    takes: tuple[str, ...]  # media of a body that is a file; none: it is JSON, or there is none

    @property
    def codes(self) -> list[str]:
        """Codes of all problems that the call may answer with."""
        found = [*self.problems]
        if "<" in self.path:
            found.append("not-found")
        if self.access is not Access.PUBLIC:
            found.append("unauthorized")
        if self.is_open:
            found.append("rate-limited")
        if self.body:
            found += ["bad-request", "unsupported-media-type", "too-large"]
        if self.takes:
            found.append("too-large")
        if self.query or self.body or self.takes:
            found.append("invalid")
        if self.method != "GET":
            found.append("busy")
        return list(dict.fromkeys(found))

    @property
    def is_open(self) -> bool:
        """Whether pages of other sites may make this call: it never acts on who the browser's user is."""
        return self.access in (Access.PUBLIC, Access.BOOKING)


CALLS: dict[str, Call] = {}  # by name, in the order of the files


_STATUS = {"GET": 200, "POST": 201, "PATCH": 200, "DELETE": 204}


def call(
    method: str,
    path: str,
    *,
    access: Access,
    group: Group,
    summary: str,
    answer: str | None = None,
    body: str | None = None,
    query: Iterable[Parameter] = (),
    problems: Iterable[str] = (),
    explanation: str = "",
    status: int | None = None,
    media: str = "application/json",
    takes: Iterable[str] = (),
) -> Callable[[View], View]:
    """Enter a view into the table and make it answer at its address."""

    def enter(view: View) -> View:
        name = view.__name__
        line = Call(
            *(method, path, name, summary, access, group, status or _STATUS[method], answer, body),
            *(tuple(query), tuple(problems), explanation, media, tuple(takes)),
        )
        CALLS[name] = line
        blueprint.add_url_rule(path, name, _answering(view, line), methods=[method])
        return view

    return enter


def current() -> Call | None:
    """The call that the request is about."""
    return CALLS.get((request.endpoint or "").removeprefix("api.")) if request.blueprint == "api" else None


def _answering(view: View, line: Call) -> View:
    takes_actor = line.access in (Access.TOKEN, Access.ADMIN)

    @wraps(view)
    def answer(**path: object) -> Response:
        _count(line)
        result = view(_admitted(line), *path.values()) if takes_actor else view(*path.values())
        return result if isinstance(result, Response) else json_answer(result, line.status)

    return answer


def _count(line: Call) -> None:
    """Calls that need no token are limited by address, as the pages are."""
    if not line.is_open or (line.access is Access.BOOKING and has_bearer()):
        return
    if line.method == "GET":
        spend(LOOKS, "look", place(request.remote_addr))
    else:
        spend(TRIES, "try", place(request.remote_addr))


def _admitted(line: Call) -> User:
    user = bearer()
    if line.access is Access.ADMIN and not user.is_admin:
        raise Forbidden
    return user


def has_bearer() -> bool:
    """Whether the request says whose it is."""
    return "Authorization" in request.headers


def bearer() -> User:
    """The user whose token came with the request. Raises Unauthorized."""
    given = request.authorization
    user = users.user_by_api_token(given.token) if given and given.type == "bearer" and given.token else None
    if user is None:
        raise Unauthorized
    return user


def json_answer(value: object, status: int = 200) -> Response:
    """A JSON answer; without a body for 204."""
    if status == 204:
        return Response(status=204)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json")
