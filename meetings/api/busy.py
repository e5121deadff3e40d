"""Busy times entered by hand."""

from datetime import MAXYEAR
from typing import Any

from .. import clock
from ..domain.fields import Checked, Field, email, email_key, none_if_blank, record, refuse, text
from ..domain.time import to_instant
from ..models import BusyTime, User
from ..services import busy
from . import documents, pages, reading
from .calls import Access, Group, Parameter, call

TITLE_MAX = 200


def _printable(value: object, path: str) -> Checked:
    """An instant that can be rounded up: the calendar's last year is not to be had."""
    at, flaws = reading.instant(value, path)
    return refuse(path, "not-an-instant") if not flaws and at.year == MAXYEAR else (at, flaws)


_BUSY = record(
    {
        "user": Field(none_if_blank(email)),
        "start": Field(_printable, required=True),
        "end": Field(_printable, required=True),
        "title": Field(text(TITLE_MAX), ""),
    }
)


@call(
    "GET",
    "/busy",
    access=Access.TOKEN,
    group=Group.BUSY,
    summary="Busy times entered by hand",
    answer="BusyList",
    query=(Parameter("user", {"type": "string"}, "Only those of the user with this address"), *pages.PARAMETERS),
    explanation="One's own; for admins everybody's. In the order of their starts.",
)
def list_busy(actor: User) -> dict[str, object]:
    found = busy.of(actor)
    if wanted := reading.query({"user": Field(email)})["user"]:
        found = found.where(User.email == email_key(wanted))
    page = pages.of_query(found, (BusyTime.starts_at, BusyTime.id), _key)
    return page.document([documents.busy(row) for row in page.rows])


def _key(row: Any) -> tuple[int, int]:
    return to_instant(row.starts_at), row.id


@call(
    "POST",
    "/busy",
    access=Access.TOKEN,
    group=Group.BUSY,
    summary="Enter a busy time",
    body="BusyRequest",
    answer="Busy",
    problems=("forbidden",),
    explanation="`user` is the caller if not said; only admins may name somebody else.",
)
def add_busy(actor: User) -> dict[str, object]:
    return documents.busy(busy.add(actor, reading.body(_BUSY), clock.now()))


@call("DELETE", "/busy/<key:id>", access=Access.TOKEN, group=Group.BUSY, summary="Remove a busy time")
def remove_busy(actor: User, busy_id: int) -> None:
    busy.remove(actor, busy_id)
