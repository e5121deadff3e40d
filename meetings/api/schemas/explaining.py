"""Why a time is offered or not."""

from ...domain.availability import Kind
from ...domain.explain import Cause
from ...models.links import DRAFT, LIVE, OFF
from .parts import BOOLEAN, DATE, EMAIL, INSTANT, TIME, ZONE, Fields, Schema, given, list_of, one_of, or_null

_MINUTES: Schema = {"type": "integer", "description": "Minutes"}
_WORDS: Schema = or_null({"type": "string"})
_DETAILS: Fields = {
    "status": given({"status": one_of([LIVE, OFF, DRAFT])}),
    "duration": given({"durations": list_of(_MINUTES)}),
    "grid": given(
        {
            "date": {**DATE, "description": "In the link's zone"},
            "timezone": ZONE,
            "hours": list_of(given({"start": TIME, "end": TIME})),
            "is_special_date": {**BOOLEAN, "description": "The date has hours of its own, or none"},
            "step": _MINUTES,
            "previous": {**or_null(INSTANT), "description": "The starts next to it, within a week"},
            "next": or_null(INSTANT),
        }
    ),
    "fit": given(
        {
            "ends_at": INSTANT,
            "closes_at": {
                **or_null(INSTANT),
                "description": "Null outside the hours, and where they go on for a day or more",
            },
        }
    ),
    "notice": given({"minutes": {"type": "integer"}, "ends_at": INSTANT}),
    "horizon": given({"date": DATE, "first": DATE, "last": DATE}),
    "free": given({"kind": {**one_of([*Kind]), "description": "In a round robin one free host is enough"}}),
}
_RULE: Schema = {
    "oneOf": [given({"rule": {"const": rule}, "ok": BOOLEAN, "detail": detail}) for rule, detail in _DETAILS.items()]
}
_IN_THE_WAY: Fields = {
    "cause": one_of([*Cause]),
    "counts": {**BOOLEAN, "description": "False where the host's availability isn't checked"},
    "start": INSTANT,
    "end": INSTANT,
    "gap": {"type": "integer", "description": "Minutes that have to be free beside it"},
    "left": {
        "type": ["integer", "null"],
        "description": "Minutes that are free beside it; null where the times overlap",
    },
    "title": {**_WORDS, "description": "Of a meeting that one may see, one's own event, or a public holiday"},
    "booking": {**_WORDS, "description": "The id of a meeting that one may see"},
    "schedule": {**_WORDS, "description": "Of the host, if its hours leave the time out"},
}
_HOST: Fields = {
    "email": EMAIL,
    "name": {"type": "string"},
    "paused": BOOLEAN,
    "needed": {**BOOLEAN, "description": "Of a round robin one of the needed is enough"},
    "free": {**BOOLEAN, "description": "Doesn't stand in the way"},
    "in_the_way": list_of(given(_IN_THE_WAY)),
}


def explanation() -> Schema:
    helping = given({"of": one_of(["buffer", "notice", "duration"]), "at_most": _MINUTES})
    fields = {
        "start": INSTANT,
        "end": INSTANT,
        "offered": BOOLEAN,
        "rules": list_of(_RULE),
        "hosts": list_of(given(_HOST)),
        "would_help": {**or_null(helping), "description": "The one number that would have to be smaller"},
        "nearest": {
            **given({"before": or_null(INSTANT), "after": or_null(INSTANT)}),
            "description": "The times next to it that are offered",
        },
    }
    return given(fields)
