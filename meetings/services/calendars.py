"""Connected calendars of hosts: how each host stands, and whether the team requires one."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from meetings import db
from meetings.models import Setting, User

from .access import require_admin
from .workspace import write_setting

REQUIRED: Final = "require_calendars"


class State(StrEnum):
    """How a host's calendars stand."""

    FRESH = "fresh"
    NEVER = "never"  # none was ever connected: their pages run on what is known here
    FAILING = "failing"


def states(users: Collection[User]) -> dict[int, State]:
    """How each of these stands, by id. No calendars can be connected yet, so: never."""
    return {user.id: State.NEVER for user in users}


def are_required() -> bool:
    """Whether members and organizers must have a connected calendar."""
    return bool(Setting.read(REQUIRED, False))


def require(actor: User, *, is_required: bool) -> None:
    """Say whether calendars are required of who joins from now on; who is there stays. Raises Forbidden."""
    require_admin(actor)
    with db.transaction():
        write_setting(REQUIRED, is_required)


def is_lacking(user: User) -> bool:
    """Whether the team requires a connected calendar that this user doesn't have."""
    return are_required() and states([user])[user.id] == State.NEVER
