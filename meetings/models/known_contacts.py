"""What is known of many contacts at once: read in a few statements, however many there are."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from meetings.db import among, execute, holding, is_sqlite, rows


@dataclass(slots=True)
class Known:
    """A contact as they were read."""

    id: int
    email: str
    first_name: str
    last_name: str
    company: int | None
    owner: int | None
    is_being_erased: bool
    values: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)  # other addresses


def known_by(addresses: Collection[str]) -> dict[str, Known]:
    """Contacts by the addresses that were asked for: the one that they are known by, or another."""
    columns = "c.id, c.email, c.first_name, c.last_name, c.company_id, c.owner_id, c.erasing_since IS NOT NULL"
    own = f"SELECT c.email, {columns} FROM contact c WHERE c.email"
    other = f"SELECT o.email, {columns} FROM other_address o JOIN contact c ON c.id = o.contact_id WHERE o.email"
    by_id: dict[int, Known] = {}
    found: dict[str, Known] = {}
    for sql in (own, other):
        for address, contact_id, *row, is_going in _rows(sql, [address for address in addresses if address]):
            email, first_name, last_name, company, owner = row
            read = Known(contact_id, email, first_name, last_name, company, owner, bool(is_going))
            found[address] = by_id.setdefault(contact_id, read)
    _add_what_is_known(by_id)
    return found


def _add_what_is_known(by_id: dict[int, Known]) -> None:
    values = "SELECT v.contact_id, p.name, v.value FROM property_value v JOIN property p ON p.id = v.property_id"
    for contact_id, name, value in _rows(f"{values} WHERE v.contact_id", by_id):
        by_id[contact_id].values[name] = value
    for contact_id, address in _rows("SELECT contact_id, email FROM other_address WHERE contact_id", by_id):
        by_id[contact_id].others.add(address)
    for contact_id, _, words in sorted(_rows("SELECT contact_id, id, text FROM note WHERE contact_id", by_id)):
        by_id[contact_id].notes.append(words)


def ids_of(addresses: Iterable[str]) -> dict[str, int]:
    """The numbers of contacts by the addresses that they are known by."""
    return dict(_rows("SELECT email, id FROM contact WHERE email", addresses))


def company_ids(keys: Iterable[tuple[str, str]]) -> dict[Any, int]:
    """The numbers of companies by ("domain", their domain) and ("name", their name in small letters, without one)."""
    known = list(keys)
    domains = "SELECT domain, id FROM company WHERE domain"
    names = "SELECT name_key, id FROM company WHERE domain IS NULL AND name_key"
    found: dict[Any, int] = {}
    for kind, sql in (("domain", domains), ("name", names)):
        found |= {(kind, value): row for value, row in _rows(sql, [value for of, value in known if of == kind])}
    return found


def hold(contact_ids: Iterable[int]) -> bool:
    """Let nobody delete or rename these contacts until the transaction ends; whether all are there."""
    return _hold("contact", contact_ids)


def hold_users(user_ids: Iterable[int]) -> None:
    """The same of users: before contacts, as a booking has its hosts first."""
    _hold('"user"', user_ids)


def _hold(table: str, ids: Iterable[int]) -> bool:
    asked = sorted(set(ids))
    sql = f"SELECT id FROM {table} WHERE id {{}} ORDER BY id{holding('KEY SHARE')}"
    return sum(len(rows(sql.format(words), values)) for words, values in among(asked)) == len(asked)


def let_nobody_import() -> None:
    """Of two who write many contacts at once the second waits; on SQLite the transaction itself sees to it."""
    if not is_sqlite():
        execute("LOCK TABLE contact IN SHARE UPDATE EXCLUSIVE MODE", [])


def hold_everybody() -> None:
    """Let nobody make or change any contact until the transaction ends; on SQLite the transaction itself sees to it."""
    if not is_sqlite():
        execute("LOCK TABLE contact IN SHARE ROW EXCLUSIVE MODE", [])


def _rows(sql: str, values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for words, some in among(values):
        yield from rows(f"{sql} {words}", some)
