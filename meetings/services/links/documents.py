"""Links as documents: what the API prints and what making a link takes."""

from collections.abc import Sequence
from typing import Any

import peewee

from meetings.models import Link, Member, Schedule, User


def document(link: Link) -> dict[str, Any]:
    """The whole link document, as the API prints it and `create` takes it."""
    return documents([link])[0]


def documents(links: Sequence[Link]) -> list[dict[str, Any]]:
    """The documents of several links; their members come by one query."""
    teams: dict[int, list[dict[str, Any]]] = {link.id: [] for link in links}
    members = Member.select(Member, User, Schedule).join(User).switch(Member).join(Schedule, peewee.JOIN.LEFT_OUTER)
    for member in members.where(Member.link.in_(list(links))).order_by(Member.position, Member.id):
        teams[member.link_id].append(
            {
                "user": member.user.email,
                "check_availability": member.check_availability,
                "weight": member.weight,
                "paused": member.is_paused,
                "schedule": member.schedule.name if member.schedule else None,
            }
        )
    return [
        {
            "kind": link.kind,
            "overview": {**link.overview, "organizer": link.organizer.email},
            "team": teams[link.id],
            "scheduling": link.scheduling,
            "automation": link.automation,
        }
        for link in links
    ]
