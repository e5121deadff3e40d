"""JSON Schemas (2020-12) of everything that calls take and give, written into the OpenAPI document."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..domain import sections
from ..domain.answers import CONTACT_NAME_MAX
from ..domain.availability import MAX_BUFFER, Kind
from ..domain.fields import EMAIL_MAX, SLUG_MAX
from ..domain.personalize import TITLE_MAX
from ..domain.reminders import UNITS
from ..models.bookings import CANCELLED, CONFIRMED
from ..models.users import ROLES

Schema = dict[str, Any]
Fields = Mapping[str, Schema]
Shape = Callable[..., Schema]

# ---- small parts -----------------------------------------------------------------------------------------------------

EMAIL: Schema = {"type": "string", "maxLength": EMAIL_MAX, "examples": ["ada@example.org"]}
ZONE: Schema = {"type": "string", "description": "An IANA time zone", "examples": ["Europe/Paris"]}
INSTANT: Schema = {"type": "string", "format": "date-time", "examples": ["2026-12-01T08:00:00Z"]}
DATE: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", "examples": ["09:00"]}
BOOLEAN: Schema = {"type": "boolean"}
CURSOR: Schema = {"type": ["string", "null"], "description": "The next page by ?cursor=; null on the last"}
SLUG: Schema = {"type": "string", "pattern": f"^[A-Za-z0-9_-]{{1,{SLUG_MAX}}}$"}
ID: Schema = {"type": "integer", "minimum": 1}


def line(maximum: int, minimum: int = 0) -> Schema:
    return {"type": "string", "minLength": minimum, "maxLength": maximum}


def whole(minimum: int, maximum: int, unit: str = "") -> Schema:
    described = {"description": unit} if unit else {}
    return {"type": "integer", "minimum": minimum, "maximum": maximum, **described}


def one_of(options: Sequence[object]) -> Schema:
    return {"enum": [*options]}


def list_of(item: Schema, maximum: int | None = None, minimum: int = 0) -> Schema:
    limits = {} if maximum is None else {"maxItems": maximum}
    return {"type": "array", "items": item, **({"minItems": minimum} if minimum else {}), **limits}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str) -> Schema:
    return given({"items": list_of(ref(name)), "next": CURSOR})


# Three shapes of one record.


def given(fields: Fields, _needed: Sequence[str] = ()) -> Schema:
    """As an answer gives it: every field is there."""
    return _record(fields, list(fields))


def taken(fields: Fields, needed: Sequence[str] = ()) -> Schema:
    """As a request makes one: only what is needed must be there, null is the same as absent."""
    return _record({name: one if name in needed else _or_null(one) for name, one in fields.items()}, list(needed))


def patched(fields: Fields, _needed: Sequence[str] = ()) -> Schema:
    """As a merge patch changes one: nothing must be there, null means the default."""
    return _record({name: _or_null(one) for name, one in fields.items()}, [])


def _record(fields: Fields, required: list[str]) -> Schema:
    needs = {"required": required} if required else {}
    return {"type": "object", "properties": dict(fields), **needs, "additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


# ---- links -----------------------------------------------------------------------------------------------------------


def link(shape: Shape, item: Shape, maybe: Shape) -> Schema:
    """A link document; `shape` is that of its objects, `item` that of entries of its lists."""
    return shape(
        {
            "kind": one_of([*Kind]),
            "overview": _overview(shape),
            "team": list_of(_member(item), sections.MEMBERS_MAX),
            "scheduling": _scheduling(shape, item, maybe),
            "automation": _automation(shape, item),
        },
        ("kind", "overview", "scheduling"),
    )


def _overview(shape: Shape) -> Schema:
    fields = {
        "internal_name": line(sections.INTERNAL_NAME_MAX, 1),
        "organizer": EMAIL,
        "title": line(TITLE_MAX),
        "location": line(sections.LOCATION_MAX),
        "conferencing": one_of(["none"]),
        "description": line(sections.DESCRIPTION_MAX),
        "meeting_type": {"type": ["string", "null"], "maxLength": sections.MEETING_TYPE_MAX},
    }
    return shape(fields, ("internal_name",))


def _member(item: Shape) -> Schema:
    fields = {"user": EMAIL, "check_availability": BOOLEAN, "weight": whole(1, sections.WEIGHT_MAX)}
    return item(fields, ("user",))


def _scheduling(shape: Shape, item: Shape, maybe: Shape) -> Schema:
    length = whole(sections.DURATION_MIN, sections.DURATION_MAX, "Minutes")
    language = {"type": "string", "description": "A language code, or auto", "examples": ["auto", "fr"]}
    fields = {
        "slug": SLUG,
        "heading": line(sections.HEADING_MAX),
        "durations": list_of(length, sections.DURATIONS_MAX, 1),
        "timezone": ZONE,
        "available_hours": list_of(_hours(item, with_days=True), sections.HOURS_MAX),
        "date_overrides": list_of(_override(item), sections.OVERRIDES_MAX),
        "window": _window(maybe),
        "minimum_notice": whole(0, sections.NOTICE_MAX, "Minutes"),
        "buffer": whole(0, MAX_BUFFER, "Minutes"),
        "start_increment": {"anyOf": [length, one_of([sections.SAME_AS_DURATION])]},
        "prioritize_contact_owner": BOOLEAN,
        "language": language,
        "date_format": language,
        "form": _form(shape, item),
        "confirmation": shape({"redirect_url": {"type": ["string", "null"]}}),
    }
    return shape(fields, ("slug",))


def _hours(item: Shape, *, with_days: bool) -> Schema:
    days = {"days": list_of(one_of(sections.DAYS), len(sections.DAYS), 1)} if with_days else {}
    fields = {**days, "start": TIME, "end": TIME}
    return item(fields, tuple(fields))


def _override(item: Shape) -> Schema:
    hours = list_of(_hours(item, with_days=False), sections.OVERRIDE_HOURS_MAX)
    return item({"date": DATE, "hours": hours}, ("date",))


def _window(maybe: Shape) -> Schema:
    rolling = maybe({"kind": one_of(["rolling"]), "weeks": whole(1, sections.WEEKS_MAX)}, ("kind",))
    fixed = maybe({"kind": one_of(["range"]), "start": DATE, "end": DATE}, ("kind", "start", "end"))
    return {"anyOf": [rolling, fixed]}


def _form(shape: Shape, item: Shape) -> Schema:
    field = {
        "name": {"type": "string"},
        "label": line(sections.LABEL_MAX),
        "type": one_of(["property", "question"]),
        "required": BOOLEAN,
    }
    fields = {
        "fields": list_of(item(field, ("type",)), sections.QUESTIONS_MAX),
        "captcha": BOOLEAN,
        "consent": _consent(shape, item),
        "prefill": BOOLEAN,
        "auto_submit": BOOLEAN,
    }
    return shape(fields)


def _consent(shape: Shape, item: Shape) -> Schema:
    box = {"id": {"type": "string"}, "label": line(sections.CONSENT_TEXT_MAX), "required": BOOLEAN}
    fields = {
        "mode": one_of(["off", "consent", "legitimate_interest"]),
        "text": line(sections.CONSENT_TEXT_MAX),
        "checkboxes": list_of(item(box, ("label",)), sections.CHECKBOXES_MAX),
    }
    return shape(fields)


def _automation(shape: Shape, item: Shape) -> Schema:
    reminder = {"value": {"type": "integer", "minimum": 1}, "unit": one_of([*UNITS])}
    fields = {
        "confirmation_email": BOOLEAN,
        "reminders": list_of(item(reminder, ("value", "unit")), sections.REMINDERS_MAX),
        "include_description": BOOLEAN,
    }
    return shape(fields)


# ---- people, busy times, bookings ------------------------------------------------------------------------------------

_NAMED = line(120, 1)
_PERSON: Fields = {
    "email": EMAIL,
    "name": _NAMED,
    "timezone": ZONE,
    "locale": {"type": "string"},
    "role": one_of(ROLES),
}
_USER: Fields = {"id": ID, **_PERSON}
_BUSY: Fields = {"user": EMAIL, "start": INSTANT, "end": INSTANT, "title": line(200)}
_SLOT = given({"start": INSTANT, "end": INSTANT})
_CONTACT_NAME = line(CONTACT_NAME_MAX, 1)
_CONTACT: Fields = {"email": EMAIL, "first_name": _CONTACT_NAME, "last_name": _CONTACT_NAME}
_ANSWERS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_BOOKING: Fields = {
    "id": {"type": "string", "format": "uuid"},
    "status": one_of([CONFIRMED, CANCELLED]),
    "link": SLUG,
    "start": INSTANT,
    "end": INSTANT,
    "duration": {"type": "integer", "description": "Minutes"},
    "timezone": ZONE,
    "hosts": list_of(given({"email": EMAIL, "name": {"type": "string"}, "required": BOOLEAN})),
    "contact": given(_CONTACT),
    "answers": _ANSWERS,
}
_NEW_BOOKING: Fields = {**_BOOKING, "manage_url": {"type": "string", "format": "uri"}}
_BOOKING_REQUEST: Fields = {
    "start": INSTANT,
    "duration": {"type": "integer", "description": "Minutes, one of the link's; its first if not said"},
    "timezone": {**ZONE, "description": "The contact's; the link's if not said"},
    "contact": taken(_CONTACT, ("email", "first_name", "last_name")),
    "answers": _ANSWERS,
    "consents": list_of({"type": "string"}),
    "captcha": {"type": "string"},
}


def _page() -> Schema:
    form = _form(given, given)["properties"]
    fields = {
        "slug": SLUG,
        "kind": one_of([*Kind]),
        "is_bookable": BOOLEAN,
        "heading": {"type": "string"},
        "description": {"type": "string"},
        "location": {"type": "string"},
        "durations": list_of({"type": "integer"}),
        "timezone": ZONE,
        "language": {"type": "string"},
        "hosts": list_of(given({"name": {"type": "string"}})),
        "form": given({name: form[name] for name in ("fields", "captcha", "consent")}),
    }
    return given(fields)


def _problem() -> Schema:
    error = given({"field": {"type": "string"}, "message": {"type": "string"}})
    fields = {
        "type": {"type": "string", "format": "uri", "description": "Ends in the code"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": list_of(error),
    }
    return {"type": "object", "properties": fields, "required": ["type", "title", "status", "detail"]}


SCHEMAS: Mapping[str, Schema] = {
    "Page": _page(),
    "Slots": given({"timezone": ZONE, "duration": {"type": "integer"}, "slots": list_of(_SLOT)}),
    "BookingRequest": taken(_BOOKING_REQUEST, ("start", "contact")),
    "NewBooking": given(_NEW_BOOKING),
    "Booking": given(_BOOKING),
    "BookingList": page_of("Booking"),
    "RescheduleRequest": taken({"start": INSTANT, "any_host": BOOLEAN}, ("start",)),
    "CancelRequest": taken({"reason": line(1000)}),
    "Link": link(given, given, given),
    "LinkList": page_of("Link"),
    "LinkRequest": link(taken, taken, taken),
    "LinkPatch": link(patched, taken, patched),
    "TransferRequest": taken({"slugs": list_of(SLUG, 200, 1), "organizer": EMAIL}, ("slugs", "organizer")),
    "User": given(_USER),
    "UserList": page_of("User"),
    "NewUser": given({**_USER, "set_password_url": {"type": ["string", "null"], "format": "uri"}}),
    "UserRequest": taken(_PERSON, ("email", "name")),
    "UserPatch": patched(_USER),
    "Busy": given({"id": ID, **_BUSY}),
    "BusyList": page_of("Busy"),
    "BusyRequest": taken(_BUSY, ("start", "end")),
    "Problem": _problem(),
}
