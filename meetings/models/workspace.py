"""Settings that are made on screen, for the whole instance."""

import json
from typing import Any

import peewee

from ..db import rows
from .base import Base, JsonField


class Setting(Base):
    """One value under one name."""

    name = peewee.CharField(max_length=64, unique=True)
    value = JsonField()

    @classmethod
    def read(cls, name: str, default: Any = None) -> Any:
        """The value under `name`, or `default`."""
        found = rows("SELECT value FROM setting WHERE name = ?", [name])  # on every page: worth the shortest way
        return json.loads(found[0][0]) if found else default


TEAM_NAME = "team_name"
UNNAMED = "Meetings"  # a team that has not said what it is called


def team_name() -> str:
    """What the team calls itself: on booking pages and as part of the sender's name."""
    return str(Setting.read(TEAM_NAME, UNNAMED))
