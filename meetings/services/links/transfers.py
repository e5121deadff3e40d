"""Links given to another organizer, with the meetings to come if wanted; for ten minutes it can be taken back."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import peewee

from meetings import db
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw
from meetings.errors import Conflict, Invalid, NotFound, SlotTaken
from meetings.models import Booking, Link, Member, Participant, Schedule, Transfer, User
from meetings.models.links import DELETED

from .. import access, bookings, calendars, link_history
from ..access import require_admin
from .writing import save

UNDO_LASTS: Final = timedelta(minutes=10)  # for which mails of moved meetings wait
NOTICE: Final = timedelta(minutes=30)  # a meeting that begins sooner stays: its mails would come too late
REASONS: Final = {SlotTaken: "not-free", Invalid: "in-it-already", Conflict: "changed"}
TOO_SOON: Final = "too-soon"


class _Undone(Exception):
    """Ends a transaction with nothing written."""


def transfer(actor: User, slugs: Sequence[str], email: str, now: datetime, *, move_bookings: bool = False) -> Transfer:
    """Give links to another organizer, all of them or none. Addresses stay; meetings keep who holds them.

    In a group the new organizer takes the former one's place. `move_bookings`: what the former organizer is still to
    hold is handed over where the new one is free; the row that is returned lists what stayed, and why.

    Raises Forbidden for members, Invalid.
    """
    require_admin(actor)
    organizer, links = _wanted(slugs, email)
    with db.transaction():
        locked = _lock_all(links, organizer, now)
        given = [_give(actor, link_id, organizer, now) for link_id in sorted(links)]
        former: dict[str, Any] = {"links": given, "bookings": [], "stayed": []}
        if move_bookings:
            for one in given:
                _move_bookings(actor, one, organizer, now, locked, former)
        return Transfer.create(actor=actor, actor_name=actor.name, made_at=now, former=former)


def foresee_transfer(
    actor: User, slugs: Sequence[str], email: str, now: datetime, *, move_bookings: bool = False
) -> Transfer:
    """What `transfer` would come to, by the same code; nothing of it is kept. Raises as it does."""
    found: list[Transfer] = []
    with suppress(_Undone), db.transaction():
        found.append(transfer(actor, slugs, email, now, move_bookings=move_bookings))
        raise _Undone
    return found[0]


def undo_transfer(actor: User, transfer_id: int, now: datetime) -> list[dict[str, Any]]:
    """Take a transfer back where nothing changed since; what did is returned, and stays as it is.

    Meetings whose mails still wait are what they were, row for row: nobody hears of anything.

    Raises Forbidden, NotFound once its time has passed or it was undone.
    """
    require_admin(actor)
    made = _undoable(transfer_id, now)
    with db.transaction():
        db.lock(_concerned(made))
        is_first = Transfer.undone_at.is_null()
        if not Transfer.update(undone_at=now).where(Transfer.id == made.id, is_first).execute():
            raise NotFound
        kept = [{"slug": one["slug"]} for one in made.former["links"] if not _give_back(actor, one, now)]
        for one in reversed(made.former["bookings"]):
            reason = bookings.take_back(actor, one, now)
            if reason:
                kept.append({"booking": one["public_id"], "reason": reason})
        Transfer.update(former={**made.former, "kept": kept}).where(Transfer.id == made.id).execute()
    return kept


def recent_transfers(actor: User, now: datetime) -> list[Transfer]:
    """Those of the last ten minutes, the latest first, taken back or not. Raises Forbidden."""
    require_admin(actor)
    return list(Transfer.select().where(*_recent(now)).order_by(Transfer.id.desc()))


def clear_transfers(now: datetime) -> int:
    """Let go of what can't be undone any more; returns how many. The caller holds the transaction.

    The latest stays: SQLite would give its number to the next one, and whoever still has it would take that one back.
    """
    latest = Transfer.select(peewee.fn.MAX(Transfer.id))
    return int(Transfer.delete().where(Transfer.made_at <= now - UNDO_LASTS, Transfer.id < latest).execute())


def _wanted(slugs: Sequence[str], email: str) -> tuple[User, set[int]]:
    organizer = access.user_by_email(email)
    flaws = []
    if organizer is None or not organizer.is_active:
        flaws.append(Flaw("organizer", "unknown-user"))
    elif calendars.is_lacking(organizer):
        flaws.append(Flaw("organizer", "no-calendar"))
    found = [Link.by_slug(slug) for slug in slugs]
    flaws += [Flaw(f"slugs.{index}", "unknown-link") for index, link in enumerate(found) if link is None]
    if flaws or organizer is None:
        raise Invalid(flaws)
    return organizer, {link.id for link in found if link is not None}


def _lock_all(link_ids: Collection[int], organizer: User, now: datetime) -> set[int]:
    """Lock everybody whom the transfer may concern, at once: bit by bit, two transfers could wait for each other."""
    owners = Link.select(Link.organizer).where(Link.id.in_(link_ids))
    members = Member.select(Member.user).where(Member.link.in_(link_ids))
    coming = Booking.select(Booking.id).where(Booking.link.in_(link_ids), Booking.starts_at > now)
    seats = Participant.select(Participant.host).where(Participant.booking.in_(coming))
    ids: set[int] = {organizer.id}
    queries: tuple[Any, ...] = (owners, members, seats)
    for query in queries:
        ids |= {user_id for (user_id,) in query.tuples()}
    db.lock(ids)
    # Only now what they hold is certain, and whether they are still there.
    if not User.select().where(User.id == organizer.id, User.is_active).exists():
        raise Invalid([Flaw("organizer", "unknown-user")])
    return ids


def _give(actor: User, link_id: int, organizer: User, now: datetime) -> dict[str, Any]:
    """Change a link's organizer, in a group their place too; what was before, and what the team is since."""
    with link_history.changing(actor, Link.get_by_id(link_id), now):  # from here on nobody else changes the link
        link = Link.get_by_id(link_id)
        if link.status == DELETED:
            raise Invalid([Flaw("slugs", "unknown-link")])
        one: dict[str, Any] = {
            "id": link.id,
            "slug": link.slug,
            "from": link.organizer_id,
            "to": organizer.id,
            "members": _team(link),
        }
        if one["from"] != organizer.id:
            save(actor, link, {"organizer": organizer}, now, None)
            if link.kind == Kind.GROUP:
                _take_place(link, one["from"], organizer)
    return {**one, "members_since": _team(link)}


def _take_place(link: Link, former: int, organizer: User) -> None:
    theirs = Member.select().where(Member.link == link)
    if theirs.where(Member.user == organizer).exists():
        Member.delete().where(Member.link == link, Member.user == former).execute()
        return
    place = Member.update(user=organizer, schedule=None)  # the schedule is the former one's own
    if not place.where(Member.link == link, Member.user == former).execute():
        Member.create(link=link, user=organizer, position=theirs.count())


def _team(link: Link) -> list[dict[str, Any]]:
    rows: Any = Member.select().where(Member.link == link).order_by(Member.id).dicts()
    return [dict(row) for row in rows]


def _move_bookings(
    actor: User, given: dict[str, Any], organizer: User, now: datetime, locked: set[int], former: dict[str, Any]
) -> None:
    """Hand over what the former organizer holds of a link; into `former` goes what was moved and what stayed."""
    if given["from"] == organizer.id:
        return
    held = Participant.select(Participant.booking).where(Participant.host == given["from"])
    coming = Booking.coming_of(Link.get_by_id(given["id"]), now).where(Booking.id.in_(held))
    for booking in coming.order_by(Booking.starts_at, Booking.id):
        moved = _moved(actor, booking, given["from"], organizer, now, locked)
        if isinstance(moved, str):
            former["stayed"].append({"public_id": booking.public_id, "reason": moved, "link": given["id"]})
        else:
            former["bookings"].append({**moved, "link": given["id"]})


def _moved(
    actor: User, booking: Booking, former: int, organizer: User, now: datetime, locked: set[int]
) -> bookings.Loan | str:
    """Hand one meeting over, and what taking it back needs; why not, if it can't be."""
    if booking.starts_at <= now + NOTICE:
        return TOO_SOON
    if not {seat.host_id for seat in booking.hosts()} <= locked:  # somebody came into it while we waited
        return REASONS[Conflict]
    try:
        return bookings.lend(actor, booking, User.get_by_id(former), organizer, now, until=now + UNDO_LASTS)
    except (SlotTaken, Invalid, Conflict) as problem:
        return REASONS[type(problem)]


def _recent(now: datetime) -> tuple[Any, ...]:
    return (Transfer.made_at > now - UNDO_LASTS,)


def _undoable(transfer_id: int, now: datetime) -> Transfer:
    one = Transfer.id == transfer_id, Transfer.undone_at.is_null()
    made: Transfer | None = Transfer.select().where(*one, *_recent(now)).first()
    if made is None:
        raise NotFound
    return made


def _concerned(made: Transfer) -> Iterable[int]:
    """Everybody whom taking a transfer back may concern: both organizers, the teams, who is in the meetings.

    All of them are known from the transfer: where others have come into a meeting since, it stays as it is.
    """
    ids: set[int] = set()
    for one in made.former["links"]:
        ids |= {one["from"], one["to"], *(row["user"] for row in one["members"])}
    return ids.union(*(one["concerned"] for one in made.former["bookings"]))


def _give_back(actor: User, one: dict[str, Any], now: datetime) -> bool:
    """Let the former organizer have the link again, and the team as it was; False if somebody changed either."""
    if one["from"] == one["to"]:
        return True
    link = Link.get_or_none(Link.id == one["id"], Link.status != DELETED, Link.organizer == one["to"])
    former = User.get_or_none(User.id == one["from"], User.is_active)
    if link is None or former is None:
        return False
    with link_history.changing(actor, link, now):  # from here on nobody else changes the link
        fresh = Link.get_by_id(link.id)
        if fresh.organizer_id != one["to"] or _team(fresh) != one["members_since"]:
            return False
        save(actor, fresh, {"organizer": former}, now, None)
        if one["members"] != one["members_since"]:
            Member.delete().where(Member.link == fresh).execute()
            for row in one["members"]:
                theirs = Schedule.select().where(Schedule.id == row["schedule"], Schedule.user == row["user"])
                Member.create_again(**{**row, "schedule": row["schedule"] if theirs.exists() else None})
    return True
