"""Types of meeting: what meetings are about, from a list that admins keep. Bookings carry the name as it then was."""

from datetime import datetime
from typing import Final

from meetings import db
from meetings.domain.fields import Flaw, text
from meetings.domain.sections import MEETING_TYPE_MAX
from meetings.errors import Invalid
from meetings.models import Link, MeetingType, User
from meetings.models.links import DELETED

from . import link_history
from .access import require_admin

MOST: Final = 50


def use() -> dict[str, int]:
    """How many links have each type."""
    found: dict[str, int] = {}
    for link in Link.select(Link.overview).where(Link.status != DELETED):
        if name := link.overview.get("meeting_type"):
            found[name] = found.get(name, 0) + 1
    return found


def add(actor: User, name: str) -> MeetingType:
    """Put one at the end of the list. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    with db.transaction():
        known = MeetingType.in_order()
        if len(known) >= MOST:
            raise Invalid([Flaw("name", "too-many", {"maximum": MOST})])
        position = max((row.position for row in known), default=0) + 1
        return MeetingType.create(name=_checked(name, known), position=position)


def rename(actor: User, row: MeetingType, name: str, now: datetime) -> None:
    """Call it something else, on links too; meetings booked before keep the name that they were booked under.

    Raises Forbidden for members, Invalid.
    """
    require_admin(actor)
    with db.transaction():
        tidy = _checked(name, [other for other in MeetingType.in_order() if other.id != row.id])
        for link in _links_with(row.name):
            with link_history.changing(actor, link, now):
                overview = {**link.overview, "meeting_type": tidy}
                Link.update(overview=overview, version=Link.version + 1).where(Link.id == link.id).execute()
        MeetingType.update(name=tidy).where(MeetingType.id == row.id).execute()


def delete(actor: User, row: MeetingType) -> None:
    """Take it off the list. Links that have it keep it until somebody chooses another. Raises Forbidden for members."""
    require_admin(actor)
    with db.transaction():
        MeetingType.delete().where(MeetingType.id == row.id).execute()


def _checked(name: str, others: list[MeetingType]) -> str:
    tidy, flaws = text(MEETING_TYPE_MAX)(name, "name")
    if not tidy and not flaws:
        flaws = [Flaw("name", "required")]
    if not flaws and tidy.casefold() in {other.name.casefold() for other in others}:
        flaws = [Flaw("name", "duplicate")]
    if flaws:
        raise Invalid(flaws)
    return str(tidy)


def _links_with(name: str) -> list[Link]:
    """Deleted ones too: for a while they may come back."""
    return [link for link in Link.select() if link.overview.get("meeting_type") == name]
