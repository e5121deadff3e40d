"""Busy times that hosts enter by hand. They count as events of a calendar."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from meetings import db
from meetings.domain.fields import Flaw
from meetings.errors import Invalid, NotFound
from meetings.models import BusyTime, User

from . import access


def of(actor: User) -> Any:
    """The query of busy times that `actor` may see, joined with their users: one's own, for admins everybody's."""
    found = BusyTime.select(BusyTime, User).join(User)
    return found if actor.is_admin else found.where(BusyTime.user == actor)


def add(actor: User, values: Mapping[str, Any], now: datetime) -> BusyTime:
    """Enter a busy time. `values`: user (an address; None: oneself), start, end, title, each checked by itself.

    Fractions of a second are rounded outward. Raises Forbidden for somebody else's time, Invalid.
    """
    user = access.whose(actor, values["user"])
    if values["end"] < values["start"]:
        raise Invalid([Flaw("end", "ends-before-start")])
    with db.transaction():
        return BusyTime.create(
            user=user,
            starts_at=values["start"].replace(microsecond=0),
            ends_at=_rounded_up(values["end"]),
            title=values["title"],
            created_at=now,
        )


def _rounded_up(at: datetime) -> datetime:
    return at.replace(microsecond=0) + timedelta(seconds=1 if at.microsecond else 0)


def remove(actor: User, busy_id: int) -> None:
    """Delete a busy time. Raises NotFound."""
    busy = of(actor).where(BusyTime.id == busy_id).first()
    if busy is None:
        raise NotFound
    with db.transaction():
        BusyTime.delete().where(BusyTime.id == busy.id).execute()
