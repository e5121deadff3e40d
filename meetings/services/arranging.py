"""Lists that admins put in order: types of meetings, the contact's properties."""

from meetings import db
from meetings.models import User
from meetings.models.base import Arranged

from .access import require_admin


def move(actor: User, row: Arranged, by: int) -> None:
    """Move a row up or down its list by so many places. Raises Forbidden for members."""
    require_admin(actor)
    table = type(row)
    with db.transaction():
        order = [other.id for other in table.in_order()]
        if row.id not in order:
            return
        place = min(max(order.index(row.id) + by, 0), len(order) - 1)
        order.remove(row.id)
        order.insert(place, row.id)
        for position, row_id in enumerate(order):
            table.update(position=position).where(table.id == row_id).execute()
