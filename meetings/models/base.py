"""The base of all tables and the field types that peewee lacks: aware instants and JSON."""

import json
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, Unpack, overload

import peewee

from meetings.db import database, execute, insert, placeholders
from meetings.domain.time import to_datetime, to_instant

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
    def create_if_new(cls, **values: Any) -> None:
        """Write a row, unless one with the same value in a unique column is there."""
        sql, params = cls._insertion(cls(**values))
        execute(f"{sql} ON CONFLICT DO NOTHING", params)

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
