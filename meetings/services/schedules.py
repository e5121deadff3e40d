"""Named schedules: hours of a host that several links can keep to. Links name them by name, members by their row."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Final

from meetings import db
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw
from meetings.domain.sections import HOSTS_HOURS, check_schedule
from meetings.errors import Conflict, Invalid, NotFound
from meetings.models import Link, Member, Schedule, User
from meetings.models.links import DELETED

from . import access, link_history

MOST: Final = 20  # of one user


# ---- reading ---------------------------------------------------------------------------------------------------------


def of(user: User) -> list[Schedule]:
    """A user's schedules, in their order; the first counts wherever none is named."""
    return list(Schedule.select().where(Schedule.user == user).order_by(Schedule.position, Schedule.id))


def of_each(users: Collection[User]) -> dict[int, list[Schedule]]:
    """The schedules of several users by their ids, each in their order, by one query."""
    found: dict[int, list[Schedule]] = {user.id: [] for user in users}
    rows = Schedule.select().where(Schedule.user.in_([*found])).order_by(Schedule.position, Schedule.id)
    for row in rows if found else ():
        found[row.user_id].append(row)
    return found


def first_of(user: User) -> int | None:
    """The id of the schedule that counts wherever none of the user's is named; None if they have none."""
    return next((row.id for row in of(user)), None)


def names(user: User) -> set[str]:
    """What a user's schedules are called."""
    return {row.name for row in Schedule.select(Schedule.name).where(Schedule.user == user)}


def named(user: User, name: str | None) -> Schedule | None:
    """A user's schedule of this name; None if there is none, or no name."""
    return Schedule.get_or_none(Schedule.user == user, Schedule.name == name) if name else None


def visible(actor: User) -> Any:
    """The query of schedules that `actor` may see and change, users loaded: their own, for admins everybody's."""
    found = Schedule.select(Schedule, User).join(User)
    return found if actor.is_admin else found.where(Schedule.user == actor)


def schedule_for(actor: User, schedule_id: int) -> Schedule:
    """One of them. Raises NotFound."""
    found: Schedule | None = visible(actor).where(Schedule.id == schedule_id).first()
    if found is None:
        raise NotFound
    return found


def document(row: Schedule) -> dict[str, Any]:
    """What a schedule says, as `create` takes it."""
    return {
        "name": row.name,
        "timezone": row.timezone,
        "available_hours": row.hours,
        "date_overrides": row.date_overrides,
    }


def mark(row: Schedule) -> str:
    """Tells what a schedule says from what it once said, or will."""
    return hashlib.sha256(json.dumps(document(row), sort_keys=True).encode()).hexdigest()[:16]


def use(user: User) -> dict[int, list[Link]]:
    """By schedule: the links that go by it, because they name it or because it is the first."""
    rows = of(user)
    found: dict[int, list[Link]] = {row.id: [] for row in rows}
    if not rows:
        return found
    by_name = {row.name: row.id for row in rows}
    for link in _keeping_to_hosts(Link.select().where(Link.organizer == user, Link.kind == Kind.INDIVIDUAL)):
        found[by_name.get(link.scheduling["schedule"], rows[0].id)].append(link)
    seats = {seat.link_id: seat for seat in Member.select().where(Member.user == user)}
    for link in _keeping_to_hosts(Link.select().where(Link.id.in_(list(seats)))):
        found[seats[link.id].schedule_id or rows[0].id].append(link)
    return found


def _keeping_to_hosts(links: Any) -> list[Link]:
    """Those whose hosts' hours count. A draft without a name is no link yet."""
    there = links.where(Link.status != DELETED, Link.internal_name != "").order_by(Link.internal_name, Link.id)
    return [link for link in there if link.scheduling["hours"] == HOSTS_HOURS]


# ---- writing ---------------------------------------------------------------------------------------------------------


def create(actor: User, user: User, values: Mapping[str, Any]) -> Schedule:
    """Make one, the last of the user's unless it says `first`. Raises Forbidden, Invalid, NotFound."""
    if actor.id != user.id:
        access.require_admin(actor)
    with db.transaction():
        db.lock([user.id])
        if not User.held([user.id]):  # removed by now
            raise NotFound
        others = of(user)
        if len(others) >= MOST:
            raise Invalid([Flaw("name", "too-many", {"maximum": MOST})])
        clean = _checked(values, others, user.timezone)
        row = Schedule.create(user=user, position=len(others), **_columns(clean))
        _put_in_order([row, *others] if clean["first"] else [*others, row])
    return row


def update(
    actor: User, row: Schedule, patch: Mapping[str, Any], now: datetime, *, known: str | None = None
) -> Schedule:
    """Change what a merge patch says. Links that name it keep it, whatever it is called.

    `known`: the mark of what it said when it was read. Raises NotFound, Invalid, Conflict (it says something else).
    """
    with db.transaction():
        present = _alone_with(actor, row)
        if known is not None and known != mark(present):
            raise Conflict
        rows = of(present.user)
        others = [other for other in rows if other.id != row.id]
        clean = _checked({**document(present), **patch}, others, present.user.timezone)
        if clean["first"]:
            _put_in_order([present, *others])
        elif patch.get("first") is False and rows[0].id == row.id:
            raise Invalid([Flaw("first", "always-a-first")])
        with ExitStack() as stack:
            if clean["name"] != present.name:
                stack.enter_context(_naming(actor, present, clean["name"], now))
            Schedule.update(**_columns(clean)).where(Schedule.id == row.id).execute()
    return schedule_for(actor, row.id)


def delete(actor: User, row: Schedule, now: datetime) -> None:
    """Take it away. Links that named it go by the first one then, else by their own hours. Raises NotFound."""
    with db.transaction():
        present = _alone_with(actor, row)
        with _naming(actor, present, None, now):
            Member.update(schedule=None).where(Member.schedule == row.id).execute()
            Schedule.delete().where(Schedule.id == row.id).execute()


def _alone_with(actor: User, row: Schedule) -> Schedule:
    """The schedule as it is, with nobody else changing this user's, nor booking by it. Raises NotFound."""
    db.lock([row.user_id])
    return schedule_for(actor, row.id)


def _put_in_order(rows: list[Schedule]) -> None:
    for position, row in enumerate(rows):
        Schedule.update(position=position).where(Schedule.id == row.id).execute()


def _checked(values: Mapping[str, Any], others: list[Schedule], timezone: str) -> dict[str, Any]:
    """What is said, in the user's own zone unless another is named."""
    clean, flaws = check_schedule({**values, "timezone": values.get("timezone") or timezone}, "")
    if not flaws and clean["name"].casefold() in {other.name.casefold() for other in others}:
        flaws = [Flaw("name", "schedule-name-taken")]
    if flaws:
        raise Invalid(flaws)
    return dict(clean)


def _columns(clean: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": clean["name"],
        "timezone": clean["timezone"],
        "hours": clean["available_hours"],
        "date_overrides": clean["date_overrides"],
    }


@contextmanager
def _naming(actor: User, row: Schedule, name: str | None, now: datetime) -> Iterator[None]:
    """What becomes of a schedule's name inside stands in the history of all links that name it; None: it goes.

    Deleted ones too: for a while they may come back.
    """
    theirs = [link for link in Link.select().where(Link.organizer == row.user_id) if _names(link, row.name)]
    joined = Link.select().where(Link.id.in_(Member.select(Member.link).where(Member.schedule == row.id)))
    with ExitStack() as stack:
        for link in sorted({*theirs, *joined}, key=lambda link: link.id):
            stack.enter_context(link_history.changing(actor, link, now))
            Link.update(version=Link.version + 1).where(Link.id == link.id).execute()
        for link in theirs:
            fresh = Link.get_by_id(link.id)  # nobody else changes it now
            scheduling = {**fresh.scheduling, "schedule": name}
            Link.update(scheduling=scheduling).where(Link.id == link.id).execute()
        yield


def _names(link: Link, name: str) -> bool:
    return bool(link.scheduling["schedule"] == name)
