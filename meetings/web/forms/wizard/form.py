"""The page of the form: its parts stand one below the other, each a module of its own."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from . import consent, guard, questions
from .typed import Buttons, Patch, Posted, Typed

PATHS = ("scheduling.form",)
# Each has `read`, `show` and `patch` as a page has them, the patch with no more than `scheduling.form`, and `BUTTONS`.
PARTS: Final[tuple[ModuleType, ...]] = (questions, consent, guard)


def read(posted: Posted) -> Typed:
    return {name: value for part in PARTS for name, value in part.read(posted).items()}


def show(document: Mapping[str, Any]) -> Typed:
    return {name: value for part in PARTS for name, value in part.show(document).items()}


def patch(typed: Typed, document: Mapping[str, Any]) -> Patch:
    whole = Patch({"scheduling": {"form": {}}})
    for part in PARTS:
        said: Patch = part.patch(typed, document)
        whole.values["scheduling"]["form"] |= said.values["scheduling"]["form"]
        whole.places |= said.places
        whole.missing |= said.missing
    return whole


BUTTONS: Buttons = {action: button for part in PARTS for action, button in part.BUTTONS.items()}
