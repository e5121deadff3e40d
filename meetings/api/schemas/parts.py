"""What all schemas are made of: kinds of value, and the three shapes of a record."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...domain.fields import EMAIL_MAX, SLUG_MAX

Schema = dict[str, Any]
Fields = Mapping[str, Schema]
Shape = Callable[..., Schema]

EMAIL: Schema = {"type": "string", "maxLength": EMAIL_MAX, "examples": ["ada@example.org"]}
ZONE: Schema = {"type": "string", "description": "An IANA time zone", "examples": ["Europe/Paris"]}
INSTANT: Schema = {"type": "string", "format": "date-time", "examples": ["2026-12-01T08:00:00Z"]}
DATE: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", "examples": ["09:00"]}
BOOLEAN: Schema = {"type": "boolean"}
CURSOR: Schema = {"type": ["string", "null"], "description": "The next page by ?cursor=; null on the last"}
SLUG: Schema = {"type": "string", "pattern": f"^[A-Za-z0-9_-]{{1,{SLUG_MAX}}}$"}
URI: Schema = {"type": "string", "format": "uri"}
PIXELS: Schema = {"type": "integer", "minimum": 1}
ID: Schema = {"type": "integer", "minimum": 1}


def line(maximum: int, minimum: int = 0) -> Schema:
    return {"type": "string", "minLength": minimum, "maxLength": maximum}


def whole(minimum: int, maximum: int, unit: str = "") -> Schema:
    described = {"description": unit} if unit else {}
    return {"type": "integer", "minimum": minimum, "maximum": maximum, **described}


def one_of(options: Sequence[object]) -> Schema:
    return {"enum": [*options]}


def list_of(item: Schema, maximum: int | None = None, minimum: int = 0) -> Schema:
    limits = {} if maximum is None else {"maxItems": maximum}
    return {"type": "array", "items": item, **({"minItems": minimum} if minimum else {}), **limits}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str) -> Schema:
    return given({"items": list_of(ref(name)), "next": CURSOR})


# Three shapes of one record.


def given(fields: Fields, _needed: Sequence[str] = ()) -> Schema:
    """As an answer gives it: every field is there."""
    return _record(fields, list(fields))


def taken(fields: Fields, needed: Sequence[str] = ()) -> Schema:
    """As a request makes one: only what is needed must be there, null is the same as absent."""
    return _record({name: one if name in needed else or_null(one) for name, one in fields.items()}, list(needed))


def patched(fields: Fields, _needed: Sequence[str] = ()) -> Schema:
    """As a merge patch changes one: nothing must be there, null means the default."""
    return _record({name: or_null(one) for name, one in fields.items()}, [])


def _record(fields: Fields, required: list[str]) -> Schema:
    needs = {"required": required} if required else {}
    return {"type": "object", "properties": dict(fields), **needs, "additionalProperties": False}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
