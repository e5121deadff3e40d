"""People who can sign in: hosts and admins, their sessions, tokens and failed attempts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import peewee

from meetings.db import holding, placeholders, rows

from .base import Base, InstantField, JsonField

ADMIN = "admin"
MEMBER = "member"
ROLES = (ADMIN, MEMBER)
GONE = "@deleted.invalid"  # ends the address of a removed user whose name stays on bookings


class User(Base):
    """A person of the team. As *host* they can be met; as *organizer* they own links."""

    email = peewee.CharField(max_length=254, unique=True)  # case-folded
    name = peewee.CharField(max_length=120)
    role = peewee.CharField(max_length=10, default=MEMBER)
    timezone = peewee.CharField(max_length=64, default="UTC")
    locale = peewee.CharField(max_length=16, default="en")
    job_title = peewee.CharField(max_length=120, default="")  # a line under the name on booking pages
    password_hash = peewee.CharField(max_length=255, null=True)  # None until the set-password link was used
    picture = peewee.CharField(max_length=80, null=True)  # file name in the uploads folder
    holidays = peewee.CharField(max_length=16, default="")  # country or region ("FR", "DE-BY") whose holidays are kept
    is_active = peewee.BooleanField(default=True)
    created_at = InstantField()

    @classmethod
    def present(cls) -> Any:
        """The query of users who weren't removed."""
        return cls.select().where(~cls.email.endswith(GONE))

    @classmethod
    def held(cls, user_ids: Sequence[int]) -> set[int]:
        """Which of them weren't removed; they stay until the transaction ends."""
        if not user_ids:
            return set()
        some = f'SELECT id FROM "user" WHERE id IN ({placeholders(user_ids)}) AND email NOT LIKE ? ORDER BY id'
        return {user_id for (user_id,) in rows(f"{some}{holding('KEY SHARE')}", [*sorted(user_ids), f"%{GONE}"])}

    @property
    def is_admin(self) -> bool:
        """Whether the user administers the instance."""
        return self.role == ADMIN

    @property
    def is_removed(self) -> bool:
        """Whether only the name is left of them: nothing can be written to them any more."""
        return self.email.endswith(GONE)


class DayOff(Base):
    """A public holiday of a host, by the calendar of their own zone; they may work on one all the same."""

    user = peewee.ForeignKeyField(User, backref="days_off", on_delete="CASCADE")
    day = peewee.CharField(max_length=10)  # YYYY-MM-DD
    name = peewee.CharField(max_length=200)
    is_off = peewee.BooleanField(default=True)
    user_id: int

    class Meta:
        indexes = ((("user", "day"), True),)

    @classmethod
    def taken(cls, user_ids: Sequence[int], first: date, last: date) -> list[tuple[int, str]]:
        """(user, day) of the holidays from first to last that these users take off."""
        sql = (
            f"SELECT user_id, day FROM day_off WHERE user_id IN ({placeholders(user_ids)})"
            " AND day >= ? AND day <= ? AND is_off"
        )
        return rows(sql, [*user_ids, first.isoformat(), last.isoformat()])


class Schedule(Base):
    """Hours of a host under a name, in a zone: what several links can keep to. The first counts where none is named."""

    user = peewee.ForeignKeyField(User, backref="schedules", on_delete="CASCADE")
    name = peewee.CharField(max_length=80)
    timezone = peewee.CharField(max_length=64)
    hours = JsonField(default=list)  # as a link's available_hours
    date_overrides = JsonField(default=list)  # as a link's
    position = peewee.IntegerField(default=0)
    user_id: int

    class Meta:
        indexes = ((("user", "name"), True),)


class Session(Base):
    """One signed-in browser. Deleting the row signs it out."""

    user = peewee.ForeignKeyField(User, backref="sessions", on_delete="CASCADE")
    token_hash = peewee.CharField(max_length=64, unique=True)
    device = peewee.CharField(max_length=200, default="")
    created_at = InstantField()
    seen_at = InstantField()
    expires_at = InstantField()
    user_id: int


class ApiToken(Base):
    """A bearer token of the HTTP API with its user's rights; only its hash is kept."""

    user = peewee.ForeignKeyField(User, backref="api_tokens", on_delete="CASCADE")
    name = peewee.CharField(max_length=120, default="")
    token_hash = peewee.CharField(max_length=64, unique=True)
    created_at = InstantField()
    user_id: int


class PasswordLink(Base):
    """A one-time link by which a user sets a password; only its hash is kept."""

    user = peewee.ForeignKeyField(User, backref="password_links", on_delete="CASCADE")
    token_hash = peewee.CharField(max_length=64, unique=True)
    expires_at = InstantField()
    used_at = InstantField(null=True)
    user_id: int


class Attempt(Base):
    """A failed try (wrong password, wrong set-up code …) under a key that is limited."""

    key = peewee.CharField(max_length=320)
    at = InstantField()

    class Meta:
        indexes = ((("key", "at"), False),)

    @classmethod
    def since(cls, key: str, start: datetime) -> int:
        """How many failed tries there were under `key` after `start`."""
        return cls.select().where(cls.key == key, cls.at > start).count()
