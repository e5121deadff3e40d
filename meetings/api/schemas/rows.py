"""People, properties, busy times and bookings."""

from ...domain import form
from ...domain.answers import CONTACT_NAME_MAX
from ...models.bookings import CANCELLED, CONFIRMED
from ...models.users import ROLES
from .parts import BOOLEAN, EMAIL, ID, INSTANT, SLUG, ZONE, Fields, Schema, given, line, list_of, one_of, or_null, taken
from .turns import assignment

_NAMED = line(120, 1)
PERSON: Fields = {
    "email": EMAIL,
    "name": _NAMED,
    "timezone": ZONE,
    "locale": {"type": "string"},
    "role": one_of(ROLES),
    "holidays": {
        "type": "string",
        "description": "A country (ISO 3166-1) or region whose public holidays they take off; blank: none",
        "examples": ["FR", "DE-BY"],
    },
}
PROPERTY: Fields = {
    "name": {"type": "string"},
    "label": line(form.LABEL_MAX),
    "kind": one_of(form.KINDS),
    "options": list_of(line(form.OPTION_MAX), form.OPTIONS_MAX),
}
USER: Fields = {"id": ID, **PERSON, "active": BOOLEAN}
BUSY: Fields = {"user": EMAIL, "start": INSTANT, "end": INSTANT, "title": line(200)}
SLOT = given({"start": INSTANT, "end": INSTANT})
_CONTACT_NAME = line(CONTACT_NAME_MAX, 1)
_CONTACT: Fields = {"email": EMAIL, "first_name": _CONTACT_NAME, "last_name": _CONTACT_NAME}
_ANSWER: Schema = {"type": ["string", "number", "boolean", "array"], "items": {"type": "string"}}
_ANSWERS: Schema = {
    "type": "object",
    "description": "By name: a number for a number, true or false for yes_no, a list for checkboxes, else text",
    "additionalProperties": _ANSWER,
}
BOOKING: Fields = {
    "id": {"type": "string", "format": "uuid"},
    "status": one_of([CONFIRMED, CANCELLED]),
    "link": SLUG,
    "start": INSTANT,
    "end": INSTANT,
    "duration": {"type": "integer", "description": "Minutes"},
    "timezone": ZONE,
    "hosts": list_of(given({"email": EMAIL, "name": {"type": "string"}, "required": BOOLEAN})),
    "contact": {**or_null(given(_CONTACT)), "description": "Null once the contact was erased"},
    "answers": _ANSWERS,
}
HOSTS_BOOKING: Fields = {
    **BOOKING,
    "meeting_type": {"type": ["string", "null"], "description": "As the link had it when the meeting was booked"},
    "assignment": assignment(),
}
NEW_BOOKING: Fields = {**BOOKING, "manage_url": {"type": "string", "format": "uri"}}
BOOKING_REQUEST: Fields = {
    "start": INSTANT,
    "duration": {"type": "integer", "description": "Minutes, one of the link's; its first if not said"},
    "timezone": {**ZONE, "description": "The contact's; the link's if not said"},
    "contact": taken(_CONTACT, ("email", "first_name", "last_name")),
    "answers": {**_ANSWERS, "additionalProperties": or_null(_ANSWER)},
    "consents": list_of({"type": "string", "description": "The `id` of each box that the contact ticked"}),
    "consent_version": {"type": "string", "description": "Of the texts that the contact was shown"},
    "captcha": {"type": "string"},
}
