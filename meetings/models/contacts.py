"""People who book."""

import peewee

from ..db import database
from .base import Base, InstantField


class Contact(Base):
    """Who books, known by e-mail address (case-folded, trimmed)."""

    email = peewee.CharField(max_length=254, unique=True)
    first_name = peewee.CharField(max_length=120)
    last_name = peewee.CharField(max_length=120)
    created_at = InstantField()

    @classmethod
    def by_email(cls, email: str) -> "Contact":
        """The contact with this address, which is there."""
        found: Contact = next(iter(cls.raw(f"SELECT * FROM contact WHERE email = {database.param}", email)))
        return found

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()
