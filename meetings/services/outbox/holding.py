"""News that are held back for a while: whether anybody has heard of them, and what stood there before."""

from collections.abc import Mapping
from typing import Any

from meetings import db
from meetings.models import Booking, Delivery
from meetings.models.outbox import DROPPED, PENDING, SENDING

Standing = list[list[Any]]  # of each row: id, state, sequence, last error


def standing(booking: Booking) -> Standing:
    """How the rows stand that a change of the booking may take back, or let go out after all."""
    found = Delivery.select(Delivery.id, Delivery.state, Delivery.sequence, Delivery.last_error).where(
        Delivery.booking == booking, Delivery.state.in_((PENDING, SENDING, DROPPED))
    )
    return [[row.id, row.state, row.sequence, row.last_error] for row in found.order_by(Delivery.id)]


def held_news(booking: Booking) -> dict[str, str]:
    """What the last change of a booking left to be told: the state of each row, by its id."""
    return {str(row.id): row.state for row in _of_last_change(booking)}


def is_unheard(booking: Booking, held: Mapping[str, str]) -> bool:
    """Whether these rows still are as they were: none went out, was tried, or changed. The caller's transaction."""
    sql = "SELECT id FROM delivery WHERE booking_id = ? ORDER BY id"
    db.rows(f"{sql}{db.holding('UPDATE')}", [booking.id])  # so that none goes out meanwhile
    return held_news(booking) == held and not any(row.attempts for row in _of_last_change(booking))


def _of_last_change(booking: Booking) -> list[Delivery]:
    shown = Delivery.select(Delivery.id, Delivery.state, Delivery.attempts)
    return list(shown.where(Delivery.booking == booking, Delivery.sequence == booking.sequence))


def put_back(booking: Booking, before: Standing) -> None:
    """Let rows stand as they did `before` the booking's last change, and those of that change not at all.

    Which addresses they go to is what holds now. The caller holds the transaction.
    """
    known = [number for number, *_ in before]
    newer = Delivery.booking == booking, Delivery.sequence == booking.sequence, Delivery.id.not_in(known)
    Delivery.delete().where(*newer).execute()
    idle = Delivery.select().where(Delivery.id.in_(known), Delivery.state.in_((PENDING, DROPPED)))
    rows = {row.id: row for row in idle}
    for number, state, sequence, last_error in before:
        if number in rows:
            _stand(rows[number], PENDING if state == SENDING else state, sequence, last_error)


def _stand(row: Delivery, state: str, sequence: int, last_error: str) -> None:
    values: dict[str, Any] = {"state": state, "sequence": sequence, "last_error": last_error}
    if row.user is not None and row.recipient != row.user.email:  # only what waits follows a host who moves
        values |= {"recipient": row.user.email, "content": None, "message_id": None}
    Delivery.update(**values).where(Delivery.id == row.id).execute()
