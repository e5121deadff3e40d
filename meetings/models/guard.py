"""What keeps robots out, as far as it must be remembered."""

import peewee

from ..db import rows
from .base import Base, InstantField


class UsedChallenge(Base):
    """A solved challenge: it counts once. Kept until it would have expired anyway."""

    digest = peewee.CharField(max_length=64, unique=True)
    expires_at = InstantField()


def written_to(email: str, key: str, since: int, limit: int) -> list[int]:
    """The last times since then at which bookings had mail sent to a contact with this address who has not shown yet.

    Attempts under `key` count as well. Asked before every booking. Of somebody with several addresses, whoever reads
    one of them has shown for all: an admin said that they are one person.
    """
    sql = (
        "WITH whose AS (SELECT id, confirmed_at FROM contact WHERE email = ?"
        " OR id = (SELECT contact_id FROM other_address WHERE email = ?))"
        " SELECT at FROM (SELECT b.created_at AS at FROM booking b JOIN whose ON whose.id = b.contact_id"
        " WHERE b.created_at > ?"
        " UNION ALL SELECT a.at FROM attempt a WHERE a.key = ? AND a.at > ?) AS mailed"
        " WHERE NOT EXISTS (SELECT 1 FROM whose WHERE confirmed_at IS NOT NULL)"
        " ORDER BY at DESC LIMIT ?"
    )
    return [at for (at,) in rows(sql, [email, email, since, key, since, limit])]
