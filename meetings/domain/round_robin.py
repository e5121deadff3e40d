"""Who gets a round-robin booking, and by which rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Candidate:
    """A member who is free for the slot, with what was assigned through this link so far."""

    host_id: int
    weight: int
    count: int
    last_assigned: int | None  # any number that grows with time; None: never

    def __post_init__(self) -> None:
        if self.weight < 1 or self.count < 0:
            raise ValueError("a weight is at least 1, a count at least 0")

    @property
    def load(self) -> Fraction:
        return Fraction(self.count, self.weight)


@dataclass(frozen=True)
class Choice:
    """The chosen host and the name of the rule that decided."""

    host_id: int
    rule: str


def choose(candidates: Sequence[Candidate], owner: int | None = None) -> Choice:
    """Apply the rules one after the other until a single candidate is left."""
    if not candidates:
        raise ValueError("nobody to choose from")
    if owner is not None and any(candidate.host_id == owner for candidate in candidates):
        return Choice(owner, "contact_owner")
    if len(candidates) == 1:
        return Choice(candidates[0].host_id, "only_one")
    left = _fewest(candidates)
    if len(left) == 1:
        return Choice(left[0].host_id, "fewest")
    left = _longest_ago(left)
    if len(left) == 1:
        return Choice(left[0].host_id, "longest_ago")
    return Choice(min(candidate.host_id for candidate in left), "lowest_id")


def _fewest(candidates: Sequence[Candidate]) -> list[Candidate]:
    least = min(candidate.load for candidate in candidates)
    return [candidate for candidate in candidates if candidate.load == least]


def _longest_ago(candidates: Sequence[Candidate]) -> list[Candidate]:
    never = [candidate for candidate in candidates if candidate.last_assigned is None]
    if never:
        return never
    oldest = min(candidate.last_assigned for candidate in candidates if candidate.last_assigned is not None)
    return [candidate for candidate in candidates if candidate.last_assigned == oldest]
