"""People who book, what is known of them, and their right to know and to be forgotten."""

import json

import peewee

from ..db import database, holding, placeholders, rows
from .base import Arranged, Base, InstantField, JsonField
from .users import User


class Company(Base):
    """Where contacts work, known by the domain of their addresses."""

    name = peewee.CharField(max_length=200)
    name_key = peewee.CharField(max_length=600)  # the name, case-folded; of those without a domain no two have the same
    domain = peewee.CharField(max_length=253, unique=True, null=True)  # lower case; None: known by name alone
    owner = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")  # of its contacts without one of their own
    created_at = InstantField()
    owner_id: int | None

    @classmethod
    def of_domain(cls, domain: str) -> "Company | None":
        """The company whose people have addresses of this domain; nobody deletes it until the transaction ends."""
        sql = f"SELECT * FROM company WHERE domain = {database.param}{holding('KEY SHARE')}"
        found: Company | None = next(iter(cls.raw(sql, domain)), None)
        return found

    @classmethod
    def named(cls, name: str) -> "Company | None":
        """The company of this name, whatever its case; of several the one that is known by its name alone.

        Nobody deletes it until the transaction ends.
        """
        order = "ORDER BY CASE WHEN domain IS NULL THEN 0 ELSE 1 END, id LIMIT 1"
        sql = f"SELECT * FROM company WHERE name_key = {database.param} {order}{holding('KEY SHARE')}"
        found: Company | None = next(iter(cls.raw(sql, name.casefold())), None)
        return found


# Also by another address. Written so that whoever waits for a change of the address looks again at what it is then.
_KNOWN = "SELECT * FROM contact WHERE email = {0} OR id = (SELECT contact_id FROM other_address WHERE email = {0})"
_IS_ANOTHER = "SELECT 1 FROM other_address WHERE email = ?"


class Contact(Base):
    """Who books, known by e-mail address (case-folded, trimmed)."""

    email = peewee.CharField(max_length=254, unique=True)
    first_name = peewee.CharField(max_length=120)
    last_name = peewee.CharField(max_length=120)
    company = peewee.ForeignKeyField(Company, null=True, backref="contacts", on_delete="SET NULL")
    owner = peewee.ForeignKeyField(User, null=True, backref="contacts", on_delete="SET NULL")  # whose contact it is
    locale = peewee.CharField(max_length=16, default="")  # of the page they booked on last
    confirmed_at = InstantField(null=True)  # since when it is known that who acts reads this mailbox
    erasing_since = InstantField(null=True)  # when they, or an admin, asked that they be forgotten
    created_at = InstantField()
    company_id: int | None
    owner_id: int | None

    @classmethod
    def by_email(cls, email: str) -> "Contact":
        """The contact with this address, which is there."""
        found = cls.known_as(email)
        if found is None:
            raise LookupError
        return found

    @classmethod
    def known_as(cls, email: str) -> "Contact | None":
        """Whose address this is, if anybody's: the one they are known by, or another."""
        found: Contact | None = next(iter(cls.raw(_KNOWN.format(database.param), email, email)), None)
        return found

    @classmethod
    def held(cls, email: str) -> "Contact | None":
        """The same; they have this address until the transaction ends.

        Else they might be gone, or be somebody else, before a booking refers to them.
        """
        sql = f"{_KNOWN.format(database.param)}{holding('KEY SHARE')}"
        found: Contact | None = next(iter(cls.raw(sql, email, email)), None)
        return found

    @classmethod
    def made(cls, email: str, **if_new: object) -> "Contact":
        """A new contact, held; the one that there is where somebody else was quicker."""
        while True:  # once more where somebody took it away in between
            made = cls.create_unless(_IS_ANOTHER, [email], email=email, **if_new)
            if (found := made or cls.held(email)) is not None:
                return found

    @classmethod
    def alone_with(cls, contact_id: int) -> "Contact":
        """A contact, to whom nobody refers anew until the transaction ends. Raises LookupError if they are gone."""
        sql = f"SELECT * FROM contact WHERE id = {database.param}{holding('UPDATE')}"
        found: Contact | None = next(iter(cls.raw(sql, contact_id)), None)
        if found is None:
            raise LookupError
        return found

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class OtherAddress(Base):
    """An address by which a contact is known as well: of somebody who turned out to be the same person."""

    email = peewee.CharField(max_length=254, unique=True)
    contact = peewee.ForeignKeyField(Contact, backref="other_addresses", on_delete="CASCADE")
    former_id = peewee.IntegerField(null=True)  # of the contact who had it: links that were made for them go on
    contact_id: int

    @classmethod
    def of_all(cls, contact_ids: list[int]) -> dict[int, list[str]]:
        """The further addresses of those of these contacts that have any; in one query."""
        found: dict[int, list[str]] = {}
        sql = (
            f"SELECT contact_id, email FROM other_address WHERE contact_id IN ({placeholders(contact_ids)}) ORDER BY id"
        )
        for contact_id, email in rows(sql, contact_ids) if contact_ids else ():
            found.setdefault(contact_id, []).append(email)
        return found

    @classmethod
    def of(cls, contact_id: int) -> list[str]:
        """The further addresses of a contact, in the order in which they became known."""
        return [
            email for (email,) in rows("SELECT email FROM other_address WHERE contact_id = ? ORDER BY id", [contact_id])
        ]


class Note(Base):
    """What a host wrote down about a contact, for the team."""

    contact = peewee.ForeignKeyField(Contact, backref="notes", on_delete="CASCADE")
    author = peewee.ForeignKeyField(User, null=True, on_delete="SET NULL")
    author_name = peewee.CharField(max_length=120)
    text = peewee.TextField()
    created_at = InstantField()
    contact_id: int
    author_id: int | None


class ContactFile(Base):
    """A file of contacts that an admin is about to import; kept for an hour."""

    user = peewee.ForeignKeyField(User, on_delete="CASCADE")
    name = peewee.CharField(max_length=200)
    text = peewee.TextField()
    choices = JsonField(default=dict)  # what becomes of each column, and of contacts that are known
    outcome = JsonField(null=True)  # what came of it; None while it waits
    expires_at = InstantField()
    user_id: int


class Property(Arranged):
    """Something that can be known of a contact. Forms ask for it, and titles may mention it."""

    name = peewee.CharField(max_length=64, unique=True)  # by which documents know it; stays when the label changes
    label = peewee.CharField(max_length=200)
    kind = peewee.CharField(max_length=16)
    options = JsonField(default=list)
    created_at = InstantField()

    @classmethod
    def by_names(cls, names: list[str]) -> dict[str, tuple[str, str, list[str]]]:
        """(label, kind, options) of those of these properties that there are."""
        if not names:
            return {}
        sql = f"SELECT name, label, kind, options FROM property WHERE name IN ({placeholders(names)})"
        return {name: (label, kind, json.loads(options)) for name, label, kind, options in rows(sql, names)}

    @classmethod
    def names(cls) -> list[str]:
        """The names of all of them: what titles may mention."""
        return [name for (name,) in rows("SELECT name FROM property", [])]


class PropertyValue(Base):
    """What is known of a contact under one property; written as an answer is."""

    contact = peewee.ForeignKeyField(Contact, backref="values", on_delete="CASCADE")
    property = peewee.ForeignKeyField(Property, backref="values", on_delete="CASCADE")
    value = peewee.TextField()
    changed_at = InstantField()
    contact_id: int
    property_id: int

    class Meta:
        indexes = ((("contact", "property"), True),)

    @classmethod
    def known(cls, contact_id: int) -> dict[str, str]:
        """What is known of a contact, by the properties' names."""
        sql = (
            "SELECT p.name, v.value FROM property_value v JOIN property p ON p.id = v.property_id"
            " WHERE v.contact_id = ? ORDER BY p.position, p.id"
        )
        return dict(rows(sql, [contact_id]))


class RightsLink(Base):
    """A one-time link by which whoever reads a mailbox sees and erases what is kept under its address."""

    email = peewee.CharField(max_length=254)
    token_hash = peewee.CharField(max_length=64, unique=True)
    expires_at = InstantField()
    used_at = InstantField(null=True)


class Erasure(Base):
    """Somebody was erased: only a hash of the address stays, so that a restored copy can forget them again."""

    email_hash = peewee.CharField(max_length=64, unique=True)
    erased_at = InstantField()
