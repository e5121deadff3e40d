"""Whose turn it is on a round robin's link."""

from ...domain.explain import Cause
from ...services.standing import HOLIDAY, PAUSED
from .parts import BOOLEAN, EMAIL, INSTANT, Schema, given, list_of, one_of, or_null

RULES = ("contact_owner", "only_one", "fewest", "longest_ago", "lowest_id")
_PART: Schema = {"type": "number", "minimum": 0, "maximum": 1}


_NAME: Schema = {"type": "string"}
_IN_THE_WAY = {
    "cause": one_of([PAUSED, HOLIDAY, *Cause]),
    "start": or_null(INSTANT),
    "end": or_null(INSTANT),
    "too_near": {**BOOLEAN, "description": "It doesn't overlap, but leaves less time between than has to be free"},
}


def assignment() -> Schema:
    candidate = {
        "user": {**or_null(EMAIL), "description": "Null once they were deleted"},
        "name": _NAME,
        "weight": {"type": "integer", "minimum": 1},
        "free": BOOLEAN,
        "chosen": BOOLEAN,
        "count": or_null({"type": "integer", "minimum": 0}),
        "last_turn": or_null(INSTANT),
        "in_the_way": {**or_null(given(_IN_THE_WAY)), "description": "What kept them from it; null where nothing did"},
    }
    hand = {"at": INSTANT, "by": _NAME, "from": _NAME, "to": _NAME}
    ledger = {
        "rule": or_null(one_of(RULES)),
        "candidates": list_of(given(candidate)),
        "handed_over": list_of(given(hand)),
    }
    description = (
        "How a round robin chose its host, everybody as they were then, and who gave the meeting to whom since"
    )
    return {**or_null(given(ledger)), "description": description}


def turns() -> Schema:
    at = given({"start": INSTANT, "user": EMAIL})
    member = {
        "user": EMAIL,
        "name": {"type": "string"},
        "weight": {"type": "integer", "minimum": 1},
        "paused": BOOLEAN,
        "count": {"type": "integer", "minimum": 0, "description": "Confirmed bookings, last 30 days and to come"},
        "last_turn": or_null(INSTANT),
        "share": {**_PART, "description": "The part that is theirs by weight"},
        "share_held": {**or_null(_PART), "description": "The part that they had; null where nobody had any"},
    }
    would_get = given({"start": INSTANT, "user": EMAIL, "rule": one_of(RULES), "following": list_of(at)})
    return given({"members": list_of(given(member)), "would_get": or_null(would_get)})
