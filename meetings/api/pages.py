"""Long lists by pieces: `?limit=`, and `?cursor=` with what the piece before gave as `next`."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..domain.fields import Checked, Field, refuse, whole
from .calls import Parameter
from .reading import query, typed

LIMIT = 50
LIMIT_MAX = 200
_CURSOR_MAX = 200  # characters
_NUMBER_MAX = 2**63 - 1  # what a database's column can be compared with

PARAMETERS = (
    Parameter("limit", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT}, "How many at once"),
    Parameter("cursor", {"type": "string"}, "Where to go on: `next` of the answer before"),
)

Key = tuple[int, ...]


@dataclass(frozen=True)
class Page:
    """Some rows of a list and, unless they are its last, the cursor of those after them."""

    rows: list[Any]
    next: str | None

    def document(self, items: Sequence[object]) -> dict[str, object]:
        """The answer with the rows as `items`."""
        return {"items": list(items), "next": self.next}


def of_query(found: Any, columns: Sequence[Any], key: Callable[[Any], Key]) -> Page:
    """The asked-for piece of a query in the order of one or two number columns, the last of them unique."""
    limit, after = _asked(len(columns))
    if after is not None:
        found = found.where(_beyond(columns, after))
    return _page(list(found.order_by(*columns).limit(limit + 1)), limit, key)


def _beyond(columns: Sequence[Any], after: Key) -> Any:
    if len(columns) == 1:
        return columns[0] > after[0]
    return (columns[0] > after[0]) | ((columns[0] == after[0]) & (columns[1] > after[1]))


def _page(rows: list[Any], limit: int, key: Callable[[Any], Key]) -> Page:
    kept = rows[:limit]
    return Page(kept, _cursor(key(kept[-1])) if len(rows) > limit else None)


def _asked(size: int) -> tuple[int, Key | None]:
    def cursor(value: object, path: str) -> Checked:
        key = _key(str(value), size)
        return refuse(path, "not-a-cursor") if key is None else (key, [])

    asked = query({"limit": Field(typed(whole(1, LIMIT_MAX)), LIMIT), "cursor": Field(cursor)})
    return asked["limit"], asked["cursor"]


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _key(cursor: str, size: int) -> Key | None:
    if len(cursor) > _CURSOR_MAX:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return None
    is_key = isinstance(key, list) and len(key) == size and all(_is_number(part) for part in key)
    return tuple(key) if is_key else None


def _is_number(part: object) -> bool:
    return isinstance(part, int) and not isinstance(part, bool) and abs(part) <= _NUMBER_MAX
