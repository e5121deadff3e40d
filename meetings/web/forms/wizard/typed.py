"""What the pages have in common: what stands in their controls, what that says of the document, what buttons do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from meetings.domain.fields import Flaw

Typed = dict[str, Any]  # what stands in the controls of one page
Posted = MultiDict[str, str]


@dataclass
class Patch:
    """What a page says about the document, by which control each of its paths was typed, and what is still missing."""

    values: dict[str, Any]
    places: dict[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()  # blank, but needed by what else is typed

    def place(self, flaw: Flaw) -> str:
        """The control that a flaw belongs to: that of the longest path it starts with, else the end of its path."""
        parts = flaw.field.split(".")
        starts = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self.places[start] for start in starts if start in self.places), parts[-1])


@dataclass(frozen=True)
class Button:
    """What a button does to the rows, and the control that has the focus afterwards: none where the button keeps it."""

    change: Callable[[Typed, str, Posted], None]
    focus: Callable[[Typed, str], str] = lambda _typed, _where: ""


Buttons = dict[tuple[str, str], Button]  # by verb and thing ("add:window:mon"); "*" where only the row is named


def row_number(where: str) -> int:
    """The number of a row; a negative one would count from the end."""
    if not where.isdecimal():
        raise ValueError(where)
    return int(where)


def move_row(rows: list[dict[str, Any]], key: str, name: str, by: int) -> None:
    """Move the row of this name up or down by so many places. Raises ValueError: it is gone."""
    index = [row[key] for row in rows].index(name)
    rows.insert(max(index + by, 0), rows.pop(index))
