"""Scheduling links: the document of each, the addresses it has and had, and the hosts of a team link."""

from collections.abc import Mapping, Sequence
from typing import Any

import peewee

from meetings.domain.place import Place

from ..db import database
from .base import Base, InstantField, JsonField
from .users import Schedule, User

DRAFT = "draft"
LIVE = "live"
OFF = "off"
DELETED = "deleted"


class Link(Base):
    """A scheduling link. Its sections are JSON as `domain/link.py` checked them; the team is in `Member`."""

    kind = peewee.CharField(max_length=16)
    status = peewee.CharField(max_length=10, default=DRAFT)
    organizer = peewee.ForeignKeyField(User, backref="links", on_delete="RESTRICT")
    internal_name = peewee.CharField(max_length=200)
    slug = peewee.CharField(max_length=64)
    overview = JsonField()
    scheduling = JsonField()
    automation = JsonField()
    unsaved = JsonField(default=dict)  # step → form values that could not be saved yet, so that Back loses nothing
    version = peewee.IntegerField(default=1)  # raised by every change
    created_at = InstantField()
    updated_at = InstantField()
    deleted_at = InstantField(null=True)  # for as long as it can be brought back
    deleted_from = peewee.CharField(max_length=10, default="")  # how it stood then
    guarded_until = InstantField(null=True)  # until when the captcha is on because of a storm of bookings
    organizer_id: int
    # Members as a document has them, of a link that is looked at before it is saved; None: those that it has.
    proposed_team: Sequence[Mapping[str, Any]] | None = None

    @classmethod
    def by_slug(cls, slug: str) -> "Link | None":
        """The link that has, or had, this address; None for an unknown one. Who may see it: services/access.

        A deleted one has none, even while it can be brought back.
        """
        # Written out: every look at a booking page begins here, and building the query costs more than asking it.
        if "\0" in slug:  # PostgreSQL refuses to look for it
            return None
        key, gone = database.param, database.param
        sql = f"SELECT link.* FROM link JOIN slug ON slug.link_id = link.id WHERE slug.key = {key} AND status <> {gone}"
        return next(iter(cls.raw(sql, slug.lower(), DELETED)), None)

    @property
    def place(self) -> Place:
        """Where its meetings take place."""
        return Place(self.overview["location_kind"], self.overview["location"])

    @property
    def is_bookable(self) -> bool:
        """Whether its public page offers times."""
        return self.status == LIVE

    @property
    def is_by_invitation(self) -> bool:
        """Whether nobody finds or books it without an address of their own."""
        return bool(self.scheduling["visibility"] == "single_use")

    @property
    def durations(self) -> list[int]:
        """Minutes that the contact may choose from; the first is the default."""
        return list(self.scheduling["durations"])


class Slug(Base):
    """An address of a link, present or former; unique without regard to case."""

    key = peewee.CharField(max_length=64, unique=True)  # lower case
    link = peewee.ForeignKeyField(Link, backref="slugs", on_delete="CASCADE")
    link_id: int


class LinkChange(Base):
    """Who changed what of a link, and what it was before: [{"path", "old", "new"}]."""

    link = peewee.ForeignKeyField(Link, backref="changes", on_delete="CASCADE")
    actor = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")
    actor_name = peewee.CharField(max_length=120)
    at = InstantField()
    version = peewee.IntegerField()  # of the link, after the change
    changes = JsonField()
    link_id: int
    actor_id: int | None

    class Meta:
        indexes = ((("link", "version"), False),)


class Transfer(Base):
    """Links that were handed over together, and how things stood before: for as long as it can be undone."""

    actor = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")
    actor_name = peewee.CharField(max_length=120)
    made_at = InstantField()
    undone_at = InstantField(null=True)
    former = JsonField()
    actor_id: int | None


class Member(Base):
    """A host of a team link."""

    link = peewee.ForeignKeyField(Link, backref="members", on_delete="CASCADE")
    user = peewee.ForeignKeyField(User, backref="memberships", on_delete="CASCADE")
    check_availability = peewee.BooleanField(default=True)
    weight = peewee.IntegerField(default=1)
    is_paused = peewee.BooleanField(default=False)
    position = peewee.IntegerField(default=0)
    schedule = peewee.ForeignKeyField(Schedule, null=True, on_delete="SET NULL")  # their hours here; None: their first
    link_id: int
    user_id: int
    schedule_id: int | None

    class Meta:
        indexes = ((("link", "user"), True),)

    @classmethod
    def met_through(cls, link_ids: Sequence[int]) -> set[int]:
        """Of these links the ids of those with a member who can be met: active, and not paused."""
        found = cls.select(cls.link).join(User).where(cls.link.in_(list(link_ids)), ~cls.is_paused, User.is_active)
        return {member.link_id for member in found.distinct()}
