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


class DuplicateContact(Problem):
    """Another contact has this address."""

    code = "duplicate-contact"
    status = 409


class OwnsLinks(Problem):
    """A user who organizes links can't be deleted before these are dealt with."""

    code = "owns-links"
    status = 409

    def __init__(self, slugs: Sequence[str]) -> None:
        super().__init__(slugs=list(slugs))


class HoldsMeetings(Problem):
    """A user who holds meetings to come can't be deleted before it is decided what becomes of each."""

    code = "holds-meetings"
    status = 409

    def __init__(self, meetings: Sequence[tuple[str, str]]) -> None:
        """`meetings` are the bookings' public ids, each with why it is in the way (services/leaving.py)."""
        super().__init__(meetings=list(meetings))
        self.meetings = list(meetings)


class OrganizerFixed(Problem):
    """A link's organizer changes by transfer only."""

    code = "organizer-fixed"
    status = 409


class Conflict(Problem):
    """Somebody else changed the thing in between, or it is in a state that forbids the act."""

    code = "conflict"
    status = 409


class ConsentChanged(Problem):
    """Who books was shown other words about privacy than those that hold by now."""

    code = "consent-changed"
    status = 409


class InvitationOver(Problem):
    """An address that books once was used, or its time has passed."""

    code = "invitation-over"
    status = 410


class PreconditionFailed(Problem):
    """The thing is no longer as the caller saw it last, and they asked to change it only as it was then."""

    code = "precondition-failed"
    status = 412


class RateLimited(Problem):
    """Too many tries; `retry_after` is in seconds; `reason` tells of a limit with words of its own."""

    code = "rate-limited"
    status = 429

    def __init__(self, retry_after: int, reason: str = "") -> None:
        super().__init__(retry_after=retry_after, reason=reason)
        self.retry_after = retry_after


class Unconfirmed(RateLimited):
    """Enough was booked with an address that nobody has shown to be theirs."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after, "unconfirmed")


class CaptchaFailed(Problem):
    """What proves that no robot is at work is missing, wrong, or was used before."""

    code = "captcha-failed"
    status = 422


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
