"""Pages of the wizard: what was typed ⇄ sections of the link document.

Plain dictionaries instead of form classes: rows come, go and move at every button, whatever was typed must come back
unchanged (also as JSON, from `Link.unsaved`), and the rules stay in `domain/link.py`. Rows are read by their order on
the page, so that moving a row needs no new names.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from meetings.domain.availability import Kind

from . import automation, confirmation, form, overview, schedule, team, welcome
from .typed import Patch, Posted, Typed

__all__ = ["STEPS", "Patch", "Posted", "Typed", "patch", "read", "says_the_same", "step_of", "steps_of", "typed_from"]


class Page(Protocol):
    """What each page's module has."""

    @property
    def PATHS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """What of the document is typed on this page, unless another page has a longer path."""

    def read(self, posted: Posted) -> Typed:
        """What was typed on the page."""

    def show(self, document: Mapping[str, Any]) -> Typed:
        """What stands on the page when the link is opened."""

    def patch(self, typed: Typed, document: Mapping[str, Any]) -> Patch:
        """The merge patch that the page stands for; wrong values unchanged, for the domain to refuse."""


# In the order in which a draft goes through them.
_PAGES: Mapping[str, Page] = {
    "overview": overview,
    "team": team,
    "welcome": welcome,
    "scheduling": schedule,
    "form": form,
    "confirmation": confirmation,
    "automation": automation,
}
STEPS = tuple(_PAGES)
_WITHOUT: Mapping[str, frozenset[str]] = {
    Kind.INDIVIDUAL: frozenset({"team", "welcome"}),
    Kind.GROUP: frozenset({"welcome"}),
    Kind.ROUND_ROBIN: frozenset(),
}


def steps_of(kind: str) -> tuple[str, ...]:
    """The steps that a link of this kind has: who organizes alone has no team, and only a round robin a welcome."""
    return tuple(step for step in STEPS if step not in _WITHOUT[kind])


def read(step: str, posted: Posted) -> Typed:
    """What was typed on the page of a step."""
    return _PAGES[step].read(posted)


def typed_from(step: str, document: Mapping[str, Any]) -> Typed:
    """What stands on the page of a step when the link is opened."""
    return _PAGES[step].show(document)


def patch(step: str, typed: Typed, document: Mapping[str, Any]) -> Patch:
    """The merge patch of the document that a page stands for; wrong values unchanged, for the domain to refuse."""
    return _PAGES[step].patch(typed, document)


def says_the_same(step: str, typed: Typed, document: Mapping[str, Any]) -> bool:
    """Whether a page says what the document says already, however it is written."""
    return patch(step, typed, document).values == patch(step, typed_from(step, document), document).values


def step_of(path: str) -> str:
    """The page on which a path of the document is typed: the one that has most of it."""
    found = [
        (len(own), step) for step, page in _PAGES.items() for own in page.PATHS if f"{path}.".startswith(f"{own}.")
    ]
    return max(found)[1] if found else STEPS[0]
