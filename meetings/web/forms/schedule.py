"""A named schedule as it is typed: its name, and hours and single days as on a link's page of hours."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from .wizard import hours, overrides
from .wizard.typed import Patch, Posted, Typed

_PARTS: Final[tuple[ModuleType, ...]] = (hours, overrides)


def read(posted: Posted) -> Typed:
    """What was typed."""
    return {
        "name": posted.get("name", ""),
        "version": posted.get("version", ""),
        **{key: value for part in _PARTS for key, value in part.read(posted).items()},
    }


def show(document: Mapping[str, Any]) -> Typed:
    """What stands in the controls when the schedule is opened."""
    rows = {key: value for part in _PARTS for key, value in part.show({"scheduling": document}).items()}
    return {"name": document["name"], "version": "", **rows}


def patch(typed: Typed) -> Patch:
    """What is said, all of it; wrong values unchanged, for the domain to refuse."""
    said: dict[str, Any] = {}
    places = {"name": "name"}
    for part in _PARTS:
        part_said: Patch = part.patch(typed, {})
        said |= part_said.values["scheduling"]
        places |= {path.removeprefix("scheduling."): control for path, control in part_said.places.items()}
    return Patch({"name": typed["name"], **said}, places)
