"""Settings that are made on screen, for the whole instance."""

from typing import Any

import peewee

from .base import Base, JsonField


class Setting(Base):
    """One value under one name."""

    name = peewee.CharField(max_length=64, unique=True)
    value = JsonField()

    @classmethod
    def read(cls, name: str, default: Any = None) -> Any:
        """The value under `name`, or `default`."""
        found = cls.get_or_none(cls.name == name)
        return default if found is None else found.value


TEAM_NAME = "team_name"


def team_name() -> str:
    """What the team calls itself: on booking pages and as part of the sender's name."""
    return str(Setting.read(TEAM_NAME, "Meetings"))
