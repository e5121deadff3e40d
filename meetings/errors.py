"""Problem and its children: answers that a caller must see, by code, HTTP status and fields."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from .domain.fields import Flaw


class Problem(Exception):
    """An answer other than success. `code` is the last part of a problem document's `type` (RFC 9457)."""

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 500

    def __init__(self, **params: object) -> None:
        """`params` fill the placeholders of the sentence that belongs to the code."""
        super().__init__(self.code)
        self.params: Mapping[str, object] = params


class NotFound(Problem):
    """It does not exist, or the caller may not know that it does."""

    code = "not-found"
    status = 404


class Forbidden(Problem):
    """The caller is known, the thing is visible, the act is not theirs."""

    code = "forbidden"
    status = 403


class Unauthorized(Problem):
    """Who is asking could not be established."""

    code = "unauthorized"
    status = 401


class Invalid(Problem):
    """Values that can't be taken; `flaws` names each by its path."""

    code = "invalid"
    status = 422

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__()
        self.flaws = list(flaws)


class SlotTaken(Problem):
    """A well-formed start that some rule refuses now; `rule` says which one."""

    code = "slot-taken"
    status = 409

    def __init__(self, rule: str) -> None:
        super().__init__(rule=rule)
        self.rule = rule


class DuplicateSlug(Problem):
    """Another link has, or had, this address."""

    code = "duplicate-slug"
    status = 409


class OwnsLinks(Problem):
    """A user who organizes links can't be deleted before these are dealt with."""

    code = "owns-links"
    status = 409

    def __init__(self, slugs: Sequence[str]) -> None:
        super().__init__(slugs=list(slugs))


class OrganizerFixed(Problem):
    """A link's organizer changes by transfer only."""

    code = "organizer-fixed"
    status = 409


class Conflict(Problem):
    """Somebody else changed the thing in between, or it is in a state that forbids the act."""

    code = "conflict"
    status = 409


class RateLimited(Problem):
    """Too many tries; `retry_after` is in seconds."""

    code = "rate-limited"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.retry_after = retry_after


class TooLarge(Problem):
    """The request's body is larger than taken."""

    code = "too-large"
    status = 413


class Busy(Problem):
    """The database could not be had in time; the same request may succeed a moment later."""

    code = "busy"
    status = 503

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__(retry_after=retry_after)
        self.retry_after = retry_after
