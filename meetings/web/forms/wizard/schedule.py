"""The page of hours: its parts stand one below the other, each a module of its own."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from . import hours, overrides, picture, terms, top, visibility, whose
from .typed import Buttons, Patch, Posted, Typed

PATHS = ("scheduling",)
# Each has `read`, `show` and `patch` as a page has them, and `BUTTONS`.
PARTS: Final[tuple[ModuleType, ...]] = (top, whose, hours, overrides, terms, picture, visibility)


def read(posted: Posted) -> Typed:
    return {name: value for part in PARTS for name, value in part.read(posted).items()}


def show(document: Mapping[str, Any]) -> Typed:
    return {name: value for part in PARTS for name, value in part.show(document).items()}


def patch(typed: Typed, document: Mapping[str, Any]) -> Patch:
    whole = Patch({"scheduling": {}})
    for part in PARTS:
        said: Patch = part.patch(typed, document)
        whole.values["scheduling"] |= said.values["scheduling"]
        whole.places |= said.places
    return whole


BUTTONS: Buttons = {action: button for part in PARTS for action, button in part.BUTTONS.items()}
