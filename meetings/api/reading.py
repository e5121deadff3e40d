"""What a request holds, strictly: its JSON body, its query, instants and idempotency keys."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from flask import request

from ..domain.fields import Check, Checked, Field, Flaw, refuse, typed_number
from ..errors import Invalid, PreconditionFailed
from .problems import BadRequest, UnsupportedMediaType

MAX_DEPTH = 20  # the deepest link document has 6 levels
KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,255}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])"
)


# ---- bodies ----------------------------------------------------------------------------------------------------------


def body(check: Check) -> Any:
    """The clean value of the request's JSON body. Raises Invalid, or a Problem for what isn't JSON."""
    return clean(check, json_body())


def optional_body(check: Check) -> Any:
    """As `body`; nothing sent is the same as an empty object."""
    return clean(check, json_body() if request.get_data() else {})


def json_body() -> Any:
    """The request's JSON body as it is."""
    data = request.get_data()
    if not request.is_json:
        raise UnsupportedMediaType
    return parse(data)


def parse(data: bytes) -> Any:
    """A JSON text; stricter than Python: UTF-8 only, no name twice in an object, no NaN, bounded depth."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise BadRequest("too-deep") from None
    except ValueError:  # also of what isn't UTF-8, and of numbers with thousands of digits
        raise BadRequest("not-json") from None
    if _is_deep(value):
        raise BadRequest("too-deep")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadRequest("duplicate-key")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise BadRequest("not-json")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def clean(check: Check, value: Any) -> Any:
    """The clean value. Raises Invalid with what is wrong."""
    tidy, flaws = check(value, "")
    if flaws:
        raise Invalid(flaws)
    return tidy


def anything(value: object, path: str) -> Checked:
    """Any object: what is in it is checked further in."""
    return (value, []) if isinstance(value, Mapping) else refuse(path, "not-an-object")


# ---- queries ---------------------------------------------------------------------------------------------------------


def query(fields: Mapping[str, Field]) -> dict[str, Any]:
    """The clean values of the query's parameters; blank is absent, unknown ones have no effect."""
    clean, flaws = {}, []
    for name, field in fields.items():
        clean[name], wrong = field.read(request.args.get(name) or None, name)
        flaws += wrong
    if flaws:
        raise Invalid(flaws)
    return clean


def typed(check: Check) -> Check:
    """The check of a number, for a query, where everything is text."""

    def check_typed(value: object, path: str) -> Checked:
        return check(typed_number(value) if isinstance(value, str) else value, path)

    return check_typed


def switch(value: object, path: str) -> Checked:
    """True or false in a query."""
    known = {"true": True, "false": False}
    return (known[value], []) if isinstance(value, str) and value in known else refuse(path, "not-yes-or-no")


# ---- values ----------------------------------------------------------------------------------------------------------


def instant(value: object, path: str) -> Checked:
    """An RFC 3339 date and time with its offset, as an aware UTC datetime; a time without one is refused."""
    if not isinstance(value, str):
        return refuse(path, "not-text")
    if not _INSTANT.fullmatch(value):
        return refuse(path, "not-an-instant")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC), []
    except (ValueError, OverflowError):
        return refuse(path, "not-an-instant")


def is_expected(mark: str) -> bool:
    """Whether `If-Match` wants just what has this mark to be changed; not if it wants whatever it is by now.

    Raises PreconditionFailed where it wants something else.
    """
    wanted = request.if_match
    if not wanted or wanted.star_tag:
        return False
    if not wanted.contains(mark):
        raise PreconditionFailed
    return True


def idempotency_key() -> str | None:
    """The key under which a repeated request is answered as the first was; None if there is none."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Invalid([Flaw(KEY_HEADER, "not-a-key")])
    return key


def fingerprint(value: Any) -> str:
    """A hash of a JSON value that ignores the order of names and blanks between them."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
