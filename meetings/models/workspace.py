"""Settings that are made on screen, for the whole instance."""

import json
from typing import Any

import peewee

from ..db import placeholders, rows
from .base import Arranged, Base, InstantField, JsonField
from .users import User


class Setting(Base):
    """One value under one name."""

    name = peewee.CharField(max_length=64, unique=True)
    value = JsonField()

    @classmethod
    def read(cls, name: str, default: Any = None) -> Any:
        """The value under `name`, or `default`."""
        found = rows("SELECT value FROM setting WHERE name = ?", [name])  # on every page: worth the shortest way
        return json.loads(found[0][0]) if found else default

    @classmethod
    def read_all(cls, *names: str) -> dict[str, Any]:
        """Those of the values that are there, by one query."""
        found = rows(f"SELECT name, value FROM setting WHERE name IN ({placeholders(names)})", names)
        return {name: json.loads(value) for name, value in found}


class MeetingType(Arranged):
    """What a meeting is about, from a list that admins keep; bookings carry its name."""

    name = peewee.CharField(max_length=100, unique=True)


class SubscriptionType(Arranged):
    """What a contact may agree to be written to about."""

    name = peewee.CharField(max_length=64, unique=True)  # by which documents and consents know it; stays
    label = peewee.CharField(max_length=200)
    description = peewee.TextField(default="")


class Picture(Base):
    """An uploaded picture, as it was re-encoded; the file of this name is in the pictures folder."""

    name = peewee.CharField(max_length=80, unique=True)
    width = peewee.IntegerField()
    height = peewee.IntegerField()
    uploaded_by = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")
    created_at = InstantField()
    uploaded_by_id: int | None

    @classmethod
    def names(cls) -> list[str]:
        """The names of all of them."""
        return [name for (name,) in rows("SELECT name FROM picture", [])]


TEAM_NAME = "team_name"
BRANDING = "branding"
LOGO = "logo"  # beside the branding, so that whoever saves the one keeps the other
UNNAMED = "Meetings"  # a team that has not said what it is called


def team_name() -> str:
    """What the team calls itself: on booking pages and as part of the sender's name."""
    return str(Setting.read(TEAM_NAME, UNNAMED))
