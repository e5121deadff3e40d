"""Scheduling links: the document of each, the addresses it has and had, and the hosts of a team link."""

import peewee

from ..db import database
from .base import Base, InstantField, JsonField
from .users import User

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
    organizer_id: int

    @classmethod
    def by_slug(cls, slug: str) -> "Link | None":
        """The link that has, or had, this address; None for an unknown one. Who may see it: services/access."""
        # Written out: every look at a booking page begins here, and building the query costs more than asking it.
        if "\0" in slug:  # PostgreSQL refuses to look for it
            return None
        sql = f"SELECT link.* FROM link JOIN slug ON slug.link_id = link.id WHERE slug.key = {database.param}"
        return next(iter(cls.raw(sql, slug.lower())), None)

    @property
    def is_bookable(self) -> bool:
        """Whether its public page offers times."""
        return self.status == LIVE

    @property
    def durations(self) -> list[int]:
        """Minutes that the contact may choose from; the first is the default."""
        return list(self.scheduling["durations"])


class Slug(Base):
    """An address of a link, present or former; unique without regard to case."""

    key = peewee.CharField(max_length=64, unique=True)  # lower case
    link = peewee.ForeignKeyField(Link, backref="slugs", on_delete="CASCADE")
    link_id: int


class Member(Base):
    """A host of a team link."""

    link = peewee.ForeignKeyField(Link, backref="members", on_delete="CASCADE")
    user = peewee.ForeignKeyField(User, backref="memberships", on_delete="CASCADE")
    check_availability = peewee.BooleanField(default=True)
    weight = peewee.IntegerField(default=1)
    is_paused = peewee.BooleanField(default=False)
    position = peewee.IntegerField(default=0)
    link_id: int
    user_id: int

    class Meta:
        indexes = ((("link", "user"), True),)
