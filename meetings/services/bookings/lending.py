"""Handing a meeting over so that it can be taken back, row for row, while nobody has heard of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from meetings import db
from meetings.domain.time import to_datetime, to_instant
from meetings.errors import Conflict
from meetings.models import Booking, Participant, User

from .. import outbox
from . import handing, writing

KEPT: Final = ("uid", "organizer_email", "sequence", "assigned_by")
# Why a meeting is not taken back.
CHANGED: Final = "changed"  # since, or the mail about it has gone out
NOT_FREE: Final = "not-free"
GONE: Final = "gone"

# As JSON; nothing in it tells who the contact is. `concerned`: hosts to lock before it is taken back.
Loan = dict[str, Any]


def lend(actor: User, booking: Booking, former: User, new: User, now: datetime, *, until: datetime) -> Loan:
    """Hand a booking over, and say what taking it back needs; the news wait `until` then. Raises as `hand_over`."""
    with db.transaction():
        db.lock([*writing.seated(booking), new.id])
        before = writing.alone_with(booking)
        loan = {
            "id": before.id,
            "public_id": before.public_id,
            "from": former.id,
            "to": new.id,
            "before": _state(before),
            "concerned": [new.id, *(seat.host_id for seat in before.hosts())],
            "seats": _seats(before),
            "deliveries": outbox.standing(before),
        }
        after = handing.hand_over(actor, before, former, new, now, due_at=until)
        return {**loan, "sequence": after.sequence, "news": outbox.held_news(after)}


def _state(booking: Booking) -> dict[str, Any]:
    stamps = {"stamped_at": to_instant(booking.stamped_at), "changed_at": to_instant(booking.changed_at)}
    return {**{name: getattr(booking, name) for name in KEPT}, **stamps}


def _seats(booking: Booking) -> list[dict[str, Any]]:
    seats = booking.hosts()
    return [{**_seat(seat), "seated_at": to_instant(seat.seated_at) if seat.seated_at else None} for seat in seats]


def _seat(seat: Participant) -> dict[str, Any]:
    names = ("id", "is_required", "buffer", "position")
    return {"host": seat.host_id, **{name: getattr(seat, name) for name in names}}


def take_back(actor: User, loan: Loan, now: datetime) -> str:
    """Let the booking be what it was, as far as anybody knows; if it can't be, why, and nothing happens.

    Its event, its place in a round robin's turns and its waiting mails are those from before. Only the ledger tells.
    """
    with db.transaction():
        db.lock(loan["concerned"])
        booking = Booking.get_or_none(Booking.id == loan["id"])
        if booking is None:
            return CHANGED
        fresh = writing.alone_with(booking)
        reason = _why_not(fresh, loan, now)
        if not reason:
            _restore(actor, fresh, loan, now)
    return reason


def _why_not(booking: Booking, loan: Loan, now: datetime) -> str:
    try:
        writing.still_open(booking, now)
    except Conflict:
        return CHANGED
    if booking.sequence != loan["sequence"]:
        return CHANGED
    seated = {seat.host_id for seat in booking.hosts()}
    back = {seat["host"]: seat["is_required"] for seat in loan["seats"] if seat["host"] not in seated}
    users = list(User.present().where(User.id.in_(list(back)), User.is_active))
    if len(users) < len(back):
        return GONE
    if not outbox.is_unheard(booking, loan["news"]):
        return CHANGED
    asked = handing.hindrances(booking, [user for user in users if back[user.id]])
    return NOT_FREE if any(handing.is_hard(one) for found in asked.values() for one in found) else ""


def _restore(actor: User, booking: Booking, loan: Loan, now: datetime) -> None:
    former, new = User.get_by_id(loan["from"]), User.get_by_id(loan["to"])
    outbox.put_back(booking, loan["deliveries"])
    first = next(seat["host"] for seat in loan["seats"])
    booking.title = handing.title_with(booking, User.get_by_id(first))
    booking.assignment = handing.with_hand(booking, actor, new, former, now)
    _write_state(booking, loan["before"])
    Participant.delete().where(Participant.booking == booking).execute()
    times = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
    for seat in loan["seats"]:
        seated_at = None if seat["seated_at"] is None else to_datetime(seat["seated_at"])
        Participant.create_again(**{**seat, "seated_at": seated_at}, booking=booking, **times)
    booking.forget_hosts()


def _write_state(booking: Booking, before: Mapping[str, Any]) -> None:
    for name in KEPT:
        setattr(booking, name, before[name])
    booking.stamped_at, booking.changed_at = to_datetime(before["stamped_at"]), to_datetime(before["changed_at"])
    booking.save()
