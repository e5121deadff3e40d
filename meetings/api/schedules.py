"""Named schedules: hours of a host that several links can keep to."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from .. import clock
from ..domain.fields import Checked, Field, Flaw, email, email_key, refuse
from ..errors import Conflict, Invalid, PreconditionFailed
from ..models import Schedule, User
from ..services import access, schedules
from . import documents, pages, reading
from .calls import Access, Group, Parameter, call, json_answer

IF_MATCH = Parameter(
    "If-Match",
    {"type": "string", "examples": ['"5f2c0d9a1b7e4c38"']},
    "The `ETag` of the schedule as it was last read: it is changed only if it still says that",
    place="header",
)


def _answer(row: Schedule, status: int = 200) -> Response:
    """A schedule with the mark of what it says."""
    response = json_answer(documents.schedule(row), status)
    response.set_etag(schedules.mark(row))
    return response


@call(
    "GET",
    "/schedules",
    access=Access.TOKEN,
    group=Group.PEOPLE,
    summary="A person's schedules",
    answer="ScheduleList",
    query=(Parameter("user", {"type": "string"}, "Whose, by address; one's own if not said"), *pages.PARAMETERS),
    explanation="In their order: the first counts wherever none is named. Members see their own.",
)
def list_schedules(actor: User) -> dict[str, object]:
    wanted = reading.query({"user": Field(email)})["user"] or actor.email
    found = schedules.visible(actor).where(User.email == email_key(wanted))
    page = pages.of_query(found, (Schedule.position, Schedule.id), _key)
    return page.document(documents.schedules(page.rows))


def _key(row: Any) -> tuple[int, int]:
    return row.position, row.id


@call(
    "POST",
    "/schedules",
    access=Access.TOKEN,
    group=Group.PEOPLE,
    summary="Make a schedule",
    body="ScheduleRequest",
    answer="Schedule",
    problems=("forbidden",),
    explanation="`user` is the caller if not said; only admins may name somebody else.",
)
def add_schedule(actor: User) -> Response:
    sent = dict(reading.body(_an_object))
    user = _whose(actor, sent.pop("user", None))
    return _answer(schedules.create(actor, user, sent), 201)


def _an_object(value: object, path: str) -> Checked:
    return (value, []) if isinstance(value, Mapping) else refuse(path, "not-an-object")


def _whose(actor: User, address: object) -> User:
    clean, flaws = Field(email).read(address, "user")
    if flaws:
        raise Invalid(flaws)
    return access.whose(actor, clean)


@call(
    "GET",
    "/schedules/<key:id>",
    access=Access.TOKEN,
    group=Group.PEOPLE,
    summary="One schedule",
    answer="Schedule",
    explanation="The header `ETag` tells it from what it once said.",
)
def show_schedule(actor: User, schedule_id: int) -> Response:
    return _answer(schedules.schedule_for(actor, schedule_id))


@call(
    "PATCH",
    "/schedules/<key:id>",
    access=Access.TOKEN,
    group=Group.PEOPLE,
    summary="Change a schedule",
    body="SchedulePatch",
    answer="Schedule",
    query=(IF_MATCH,),
    problems=("precondition-failed",),
    explanation="Links that name it go on doing so under a new name. `first: true` makes it the first.",
)
def change_schedule(actor: User, schedule_id: int) -> Response:
    row = schedules.schedule_for(actor, schedule_id)
    sent = dict(reading.body(_an_object))
    fixed = {"id": row.id, "user": row.user.email}
    if flaws := [Flaw(name, "fixed") for name, value in fixed.items() if sent.pop(name, value) != value]:
        raise Invalid(flaws)
    known = schedules.mark(row) if reading.is_expected(schedules.mark(row)) else None
    try:
        return _answer(schedules.update(actor, row, sent, clock.now(), known=known))
    except Conflict as problem:
        raise PreconditionFailed from problem


@call(
    "DELETE",
    "/schedules/<key:id>",
    access=Access.TOKEN,
    group=Group.PEOPLE,
    summary="Delete a schedule",
    explanation="Links that named it go by the person's first one, without any by their own hours.",
)
def remove_schedule(actor: User, schedule_id: int) -> None:
    schedules.delete(actor, schedules.schedule_for(actor, schedule_id), clock.now())
