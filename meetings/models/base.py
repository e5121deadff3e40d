"""The base of all tables and the field types that peewee lacks: aware instants and JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, Unpack, overload

import peewee

from meetings.db import (
    database,
    execute,
    execute_each,
    insert,
    insert_if_new,
    is_sqlite,
    many,
    placeholders,
    rows,
    same,
)
from meetings.domain.time import to_datetime, to_instant

_Row = TypeVar("_Row")

if TYPE_CHECKING:
    from peewee import _FieldKwargs

    _V = TypeVar("_V")

    class InstantField(peewee.Field[_V]):
        """See below."""

        @overload
        def __new__(
            cls, *args: Any, null: Literal[True], **kwargs: Unpack[_FieldKwargs]
        ) -> "InstantField[datetime | None]": ...
        @overload
        def __new__(
            cls, *args: Any, null: Literal[False] = ..., **kwargs: Unpack[_FieldKwargs]
        ) -> "InstantField[datetime]": ...
        def __new__(cls, *args: Any, **kwargs: Any) -> Any: ...

    class JsonField(peewee.Field[Any]):
        """See below."""

else:

    class InstantField(peewee.BigIntegerField):
        """An aware UTC datetime in Python, whole seconds since the epoch in the database. Refuses naive datetimes."""

        def adapt(self, value):
            return value

        def db_value(self, value):
            return to_instant(value) if isinstance(value, datetime) else value

        def python_value(self, value):
            return None if value is None else to_datetime(value)

    class JsonField(peewee.TextField):
        """A JSON value, kept as text: the same on every database."""

        def adapt(self, value):
            return value

        def db_value(self, value):
            return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

        def python_value(self, value):
            return None if value is None else json.loads(value)


_PLAIN = frozenset((int, str, type(None)))


def batched(values: Sequence[_Row], size: int) -> Iterator[Sequence[_Row]]:
    """The values in portions."""
    return (values[start : start + size] for start in range(0, len(values), size))


class Base(peewee.Model):
    """What all tables share."""

    id: "peewee.AutoField[int]"

    class Meta:
        database = database
        legacy_table_names = False

    @classmethod
    def create(cls, **values: Any) -> Self:
        """As peewee's, with a statement that is kept: to build it each time costs more than to run it."""
        made = cls(**values)
        made.id = insert(*cls._insertion(made))
        return made

    @classmethod
    def create_again(cls, **values: Any) -> Self:
        """Write a row that was there before; under its former number, unless SQLite gave that to another since."""
        is_taken = bool(rows(f'SELECT 1 FROM "{cls._meta.table_name}" WHERE id = ?', [values["id"]]))
        return cls.create(**{**values, "id": None} if is_taken else values)

    @classmethod
    def create_if_new(cls, **values: Any) -> None:
        """Write a row, unless one with the same value in a unique column is there."""
        sql, params = cls._insertion(cls(**values))
        execute(f"{sql} ON CONFLICT DO NOTHING", params)

    @classmethod
    def create_unless(cls, found: str, known: Sequence[Any], **values: Any) -> Self | None:
        """The same, and nothing either where the query `found` finds something; `known` are its values.

        Returns the row, None where nothing was written.
        """
        made = cls(**values)
        sql, params = cls._insertion(made)
        head, _, marks = sql.partition(" VALUES ")
        number = insert_if_new(f"{head} SELECT {marks[1:-1]} WHERE NOT EXISTS ({found})", [*params, *known])
        if number is None:
            return None
        made.id = number
        return made

    @classmethod
    def create_many(
        cls, rows: Sequence[dict[str, Any]], replacing: Sequence[str] = (), unique: Sequence[str] = ()
    ) -> int:
        """Write many rows, all of the same columns, with few statements; returns how many were written.

        Where a unique value is taken, nothing is; or the fields `replacing` of the row with the same `unique` ones are.
        """
        if not rows:
            return 0
        names = tuple(rows[0])
        head = f'INSERT INTO "{cls._meta.table_name}" ({cls._columns(names)})'
        taken = f"({cls._columns(unique)}) DO UPDATE SET {cls._columns(replacing, '= excluded.{}')}"
        end = f"ON CONFLICT {taken if replacing else 'DO NOTHING'}"
        portions = many(cls._types(names), [cls._in_columns(row) for row in rows])
        return sum(execute(f"{head} {source} {end}", values).rowcount for source, values in portions)

    @classmethod
    def change_many(cls, changes: Sequence[tuple[int, dict[str, Any], dict[str, Any]]]) -> set[int]:
        """Change rows that still are as they were read: number, some of what was read, and what they shall be.

        All of the same columns. Returns the numbers of those that were.
        """
        if not changes:
            return set()
        _, before, after = changes[0]
        if is_sqlite():
            sql = cls._change_statement(tuple(after), tuple(before))
            each = ([*cls._in_columns(new), row_id, *cls._in_columns(old)] for row_id, old, new in changes)
            is_all = execute_each(sql, each) == len(changes)
            return {row_id for row_id, _, new in changes if is_all or cls._is_now(row_id, new)}
        values = [[row_id, *cls._in_columns(old), *cls._in_columns(new)] for row_id, old, new in changes]
        portions = many(["INT", *cls._types(before), *cls._types(after)], values)
        sql = cls._change_many_statement(tuple(after), tuple(before))
        return {row_id for source, some in portions for (row_id,) in rows(sql.format(source), some)}

    @classmethod
    def _is_now(cls, row_id: int, values: dict[str, Any]) -> bool:
        sql = f'SELECT 1 FROM "{cls._meta.table_name}" WHERE id = ? AND {cls._are_same(values)}'
        return bool(rows(sql, [row_id, *cls._in_columns(values)]))

    @classmethod
    def _in_columns(cls, values: dict[str, Any]) -> list[Any]:
        """What stands in the columns; what is text or a number already stays, as that is most of many rows."""
        fields = cls._meta.fields
        return [
            value if type(value) in _PLAIN and type(fields[name]) is not JsonField else fields[name].db_value(value)
            for name, value in values.items()
        ]

    @classmethod
    def _types(cls, names: Iterable[str]) -> list[str]:
        return [cls._meta.fields[name].field_type for name in names]

    @classmethod
    def _columns(cls, names: Sequence[str], end: str = "") -> str:
        found = [f'"{cls._meta.fields[name].column_name}"' for name in names]
        return ", ".join(f"{name} {end.format(name)}".rstrip() for name in found)

    @classmethod
    def _change_many_statement(cls, changed: tuple[str, ...], read: tuple[str, ...]) -> str:
        """For PostgreSQL; {} stands for the rows."""
        old, new = [f"old_{name}" for name in read], [f"new_{name}" for name in changed]
        they_are = ", ".join(f"{cls._columns([name])} = x.{value}" for name, value in zip(changed, new, strict=True))
        are_same = [f"t.{cls._columns([name])} {same()} x.{value}" for name, value in zip(read, old, strict=True)]
        where = " AND ".join(["t.id = x.id", *are_same])
        source = f"({{}}) AS x (id, {', '.join([*old, *new])})"
        return f'UPDATE "{cls._meta.table_name}" AS t SET {they_are} FROM {source} WHERE {where} RETURNING t.id'

    @classmethod
    @cache
    def _change_statement(cls, changed: tuple[str, ...], read: tuple[str, ...]) -> str:
        set_to = cls._columns(changed, "= ?")
        return f'UPDATE "{cls._meta.table_name}" SET {set_to} WHERE id = ? AND {cls._are_same(read)}'

    @classmethod
    def _are_same(cls, names: Iterable[str]) -> str:
        return " AND ".join(f"{cls._columns([name])} {same()} ?" for name in names)

    @classmethod
    def _insertion(cls, row: Self) -> tuple[str, list[Any]]:
        data = {name: value for name, value in row.__data__.items() if name != "id" or value is not None}
        fields = cls._meta.fields
        return cls._insert_statement(tuple(data)), [fields[name].db_value(value) for name, value in data.items()]

    @classmethod
    @cache
    def _insert_statement(cls, names: tuple[str, ...]) -> str:
        columns = ", ".join(f'"{cls._meta.fields[name].column_name}"' for name in names)
        return f'INSERT INTO "{cls._meta.table_name}" ({columns}) VALUES ({placeholders(names)})'


class Arranged(Base):
    """Rows of a short list that admins put in order."""

    position = peewee.IntegerField(default=0)

    @classmethod
    def in_order(cls) -> list[Self]:
        """All of them, as admins arranged them."""
        return list(cls.select().order_by(cls.position, cls.id))
