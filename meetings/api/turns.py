"""Whose turn it is on a round robin's link, and who would get a meeting now."""

from datetime import datetime
from typing import Any

from .. import clock
from ..domain.fields import Field, email
from ..domain.time import to_datetime, to_instant
from ..models import Link, User
from ..services import offers, turns
from . import documents, reading
from .calls import Access, Group, Parameter, call
from .public import one_of
from .schemas.parts import EMAIL


@call(
    "GET",
    "/links/<slug>/turns",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="Whose turn it is",
    answer="Turns",
    query=(
        Parameter(
            "start",
            {"type": "string", "format": "date-time"},
            "Of the meeting; without it the next one that the contact is shown",
        ),
        Parameter("duration", {"type": "integer"}, "Minutes, one of the link's; without it the first of them"),
        Parameter(
            "email", EMAIL, "The contact's address: their own host may come first. Counts if you see that contact"
        ),
    ),
    problems=("slot-taken",),
    explanation=(
        "Of a round robin's link: what each member had, what their share is, and who would get a meeting if it were "
        "booked now; `following` are those who would get the next ones at this time of day. Writes nothing. "
        "`would_get` is null where nothing is offered; 409 `slot-taken` for a `start` that isn't."
    ),
)
def show_turns(actor: User, slug: str) -> dict[str, object]:
    link, now = turns.link_for(actor, slug), clock.now()
    asked = reading.query(
        {
            "start": Field(reading.instant),
            "duration": Field(reading.typed(one_of(link.durations)), link.durations[0]),
            "email": Field(email),
        }
    )
    return {
        "members": [_member(one) for one in turns.standings(link, now)],
        "would_get": _would_get(actor, link, asked, now),
    }


def _member(one: turns.Standing) -> dict[str, object]:
    return {
        "user": one.host.email,
        "name": one.host.name,
        "weight": one.host.weight,
        "paused": bool(one.host.is_paused),
        "count": one.turns.count,
        "last_turn": None if one.turns.at is None else documents.instant(to_datetime(one.turns.at)),
        "share": round(one.wanted, 4),
        "share_held": None if one.held is None else round(one.held, 4),
    }


def _would_get(actor: User, link: Link, asked: dict[str, Any], now: datetime) -> dict[str, object] | None:
    start = asked["start"] and to_instant(asked["start"])
    if start is None:
        view = turns.view_told(actor, link, asked["email"] or "")
        start = offers.next_offered(link, asked["duration"], to_instant(now), now, view=view)
    if start is None:
        return None
    found = turns.foresee(actor, link, asked["duration"], start, asked["email"] or "", now)
    return {
        "start": documents.instant(to_datetime(start)),
        "user": found.host.email,
        "rule": found.ledger["rule"],
        "following": [
            {"start": documents.instant(to_datetime(at)), "user": host.email} for at, host in found.following
        ],
    }
