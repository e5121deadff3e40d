"""People who book."""

import peewee

from .base import Base, InstantField


class Contact(Base):
    """Who books, known by e-mail address (case-folded, trimmed)."""

    email = peewee.CharField(max_length=254, unique=True)
    first_name = peewee.CharField(max_length=120)
    last_name = peewee.CharField(max_length=120)
    created_at = InstantField()

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()
