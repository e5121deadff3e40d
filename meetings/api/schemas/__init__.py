"""JSON Schemas (2020-12) of everything that calls take and give, written into the OpenAPI document."""

from collections.abc import Mapping

from ...domain.explain import Fit, Free, Grid, Horizon, Notice
from .contacts import COMPANY, COMPANY_TAKEN, CONTACT, CONTACT_TAKEN, NOTE
from .explaining import explanation
from .links import CHANGE, link, schedule
from .parts import (
    BOOLEAN,
    CURSOR,
    EMAIL,
    ID,
    INSTANT,
    PIXELS,
    SLUG,
    URI,
    ZONE,
    Schema,
    given,
    line,
    list_of,
    one_of,
    page_of,
    patched,
    ref,
    taken,
)
from .public import challenge, page
from .rows import BOOKING, BOOKING_REQUEST, BUSY, HOSTS_BOOKING, NEW_BOOKING, PERSON, PROPERTY, SLOT, USER
from .turns import turns

__all__ = ["SCHEMAS", "ref"]

STAYED = ["not-free", "in-it-already", "changed", "too-soon"]  # why a meeting was not moved along with its link

REFUSING = [rule.rule for rule in (Grid, Fit, Notice, Horizon, Free)]

IN_THE_WAY = ["undecided", "not-free", "changed"]  # why a meeting keeps somebody from being removed


def _problem() -> Schema:
    error = given({"field": {"type": "string"}, "message": {"type": "string"}})
    fields = {
        "type": {"type": "string", "format": "uri", "description": "Ends in the code"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": list_of(error),
        "rule": {**one_of(REFUSING), "description": "With `slot-taken`: what refused the start"},
        "nearest": {**list_of(SLOT, 4), "description": "With `slot-taken`: times that are free"},
        "links": list_of(SLUG),
        "bookings": list_of(given({"id": {"type": "string"}, "reason": one_of(IN_THE_WAY)})),
    }
    return {"type": "object", "properties": fields, "required": ["type", "title", "status", "detail"]}


SCHEMAS: Mapping[str, Schema] = {
    "Page": page(),
    "Challenge": challenge(),
    "Slots": given({"timezone": ZONE, "duration": {"type": "integer"}, "slots": list_of(SLOT)}),
    "BookingRequest": taken(BOOKING_REQUEST, ("start", "contact")),
    "NewBooking": given(NEW_BOOKING),
    "Booking": given(BOOKING),
    "HostsBooking": given(HOSTS_BOOKING),
    "SeenBooking": {
        "anyOf": [ref("HostsBooking"), ref("Booking")],
        "description": "The first to a bearer token, the second to the booking's own",
    },
    "BookingList": page_of("HostsBooking"),
    "RescheduleRequest": taken({"start": INSTANT, "any_host": BOOLEAN}, ("start",)),
    "HandOverRequest": taken({"host": EMAIL, "from": EMAIL, "accept_events": BOOLEAN}, ("host",)),
    "CancelRequest": taken({"reason": line(1000)}),
    "Link": link(given, given, given),
    "LinkList": page_of("Link"),
    "LinkChange": given({"at": INSTANT, "by": {"type": "string"}, "version": ID, "changes": list_of(given(CHANGE))}),
    "Turns": turns(),
    "LinkChangeList": page_of("LinkChange"),
    "Explanation": explanation(),
    "LinkRequest": link(taken, taken, taken),
    "LinkPatch": link(patched, taken, patched),
    "Property": given(PROPERTY),
    "PropertyList": page_of("Property"),
    "TransferRequest": taken(
        {"slugs": list_of(SLUG, 200, 1), "organizer": EMAIL, "move_bookings": BOOLEAN}, ("slugs", "organizer")
    ),
    "Transfer": given(
        {
            "id": ID,
            "items": list_of(ref("Link")),
            "next": CURSOR,
            "moved": list_of({"type": "string"}),
            "stayed": list_of(given({"booking": {"type": "string"}, "reason": {"enum": STAYED}})),
        }
    ),
    "TransferUndone": given({"links": list_of({"type": "string"}), "bookings": list_of({"type": "string"})}),
    "Picture": given({"name": {"type": "string"}, "url": URI, "width": PIXELS, "height": PIXELS}),
    "User": given(USER),
    "UserList": page_of("User"),
    "NewUser": given({**USER, "set_password_url": {"type": ["string", "null"], "format": "uri"}}),
    "UserRequest": taken(PERSON, ("email", "name")),
    "UserPatch": patched(USER),
    "Contact": given(CONTACT),
    "ContactList": page_of("Contact"),
    "ContactRequest": taken(CONTACT_TAKEN, ("email",)),
    "ContactPatch": patched({"id": ID, **CONTACT_TAKEN}),
    "ContactMerge": taken({"kept": ID, "other": ID}, ("kept", "other")),
    "Note": given(NOTE),
    "NoteList": page_of("Note"),
    "NoteRequest": taken({"text": NOTE["text"]}, ("text",)),
    "Company": given(COMPANY),
    "CompanyList": page_of("Company"),
    "CompanyRequest": taken(COMPANY_TAKEN, ("name",)),
    "CompanyPatch": patched({"id": ID, **COMPANY_TAKEN}),
    "Busy": given({"id": ID, **BUSY}),
    "BusyList": page_of("Busy"),
    "BusyRequest": taken(BUSY, ("start", "end")),
    "Schedule": given({"id": ID, **schedule(given)}),
    "ScheduleList": page_of("Schedule"),
    "ScheduleRequest": taken(schedule(taken), ("name",)),
    "SchedulePatch": patched({"id": ID, **schedule(taken)}),
    "Problem": _problem(),
}
