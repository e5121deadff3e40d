"""The final state, read from the database without a line of the app's code."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """The tables that the verdict is about; instants are epoch seconds."""

    bookings: list[Row]
    participants: list[Row]
    deliveries: list[Row]
    links: list[Row]
    members: list[Row]
    users: list[Row]


def read(url: str) -> Rows:
    """All rows of the database at `url`."""
    return Rows(
        bookings=query(url, "SELECT * FROM booking ORDER BY id"),
        participants=query(url, "SELECT * FROM participant ORDER BY id"),
        deliveries=query(url, "SELECT * FROM delivery ORDER BY id"),
        links=query(url, "SELECT * FROM link ORDER BY id"),
        members=query(url, "SELECT * FROM member ORDER BY id"),
        users=query(url, 'SELECT id, email, timezone, locale FROM "user" ORDER BY id'),
    )


def query(url: str, sql: str) -> list[Row]:
    """What a reading statement finds."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(sqlite_path(url), timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql)]
        finally:
            connection.close()
    with psycopg.connect(url, row_factory=dict_row) as reading:
        return list(reading.execute(sql))


def is_sound(url: str) -> bool:
    """SQLite: whether the file is whole. PostgreSQL looks after itself."""
    if not url.startswith("sqlite"):
        return True
    return query(url, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def sqlite_path(url: str) -> str:
    """The file of a sqlite:/// address."""
    return url.removeprefix("sqlite:///")
