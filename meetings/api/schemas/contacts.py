"""Contacts, companies and notes."""

from ...domain.answers import CONTACT_NAME_MAX
from ...services.notes import NOTE_MAX
from .parts import EMAIL, ID, INSTANT, Fields, Schema, line, list_of, or_null

_OWNER: Schema = {**or_null(EMAIL), "description": "Whose they are; null: nobody’s"}
_VALUE: Schema = {"type": ["string", "number", "boolean", "array"], "items": {"type": "string"}}
_PROPERTIES: Schema = {
    "type": "object",
    "description": "By name: a number for a number, true or false for yes_no, a list for checkboxes, else text",
}
_NAME = line(CONTACT_NAME_MAX)
_COMPANY_NAME = line(200)

CONTACT_TAKEN: Fields = {
    "email": EMAIL,
    "first_name": _NAME,
    "last_name": _NAME,
    "company": {**_COMPANY_NAME, "description": "Its name; blank: none"},
    "owner": _OWNER,
    "properties": {**_PROPERTIES, "additionalProperties": or_null(_VALUE)},
}
CONTACT: Fields = {
    "id": ID,
    **CONTACT_TAKEN,
    "properties": {**_PROPERTIES, "additionalProperties": _VALUE},
    "other_addresses": list_of(EMAIL),
    "created_at": INSTANT,
}
COMPANY_TAKEN: Fields = {
    "name": line(200, 1),
    "domain": {
        **or_null(line(253)),
        "description": "What stands after the @ in its addresses; null: it is known by its name alone",
        "examples": ["acme.example"],
    },
    "owner": {**_OWNER, "description": "Whose everybody with such an address is, without an owner of their own"},
}
COMPANY: Fields = {
    "id": ID,
    **COMPANY_TAKEN,
    "contacts": {"type": "integer", "minimum": 0, "description": "How many contacts one sees there"},
}
NOTE: Fields = {
    "id": ID,
    "text": line(NOTE_MAX, 1),
    "by": {"type": "string", "description": "The author’s name"},
    "author": {**or_null(EMAIL), "description": "Null once the author has left"},
    "at": INSTANT,
}
