"""One contact: what is known, their meetings, notes, what they agreed to."""

from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.models import Booking, Consent, Contact, OtherAddress, Participant
from meetings.services import contacts
from meetings.services import notes as written

from .. import htmx
from ..session import login_required, reader, signed_in
from ..statements import statements
from .pages import blueprint, found


@dataclass(frozen=True)
class Meeting:
    """A meeting as the contact's page shows it."""

    booking: Booking
    hosts: str
    is_open: bool  # whether the reader may open it


@blueprint.get("/contacts/<key:contact_id>")
@login_required
def person(contact_id: int) -> Response:
    """One contact."""
    return show(found(contact_id), "contacts/person.html")


def show(contact: Contact, fragment: str, status: int = 200, **more: Any) -> Response:
    """The page, or a part of it; `more` is about the note that is being written."""
    user, now = signed_in(), clock.now()
    meetings = _meetings(contact)
    is_theirs = contacts.may_edit(user, contact)
    said = Consent.select().where(Consent.contact == contact).order_by(Consent.id.desc())
    return htmx.page_or_fragment(
        "contacts/person.html",
        fragment,
        status,
        contact=contact,
        owner=contacts.owners([contact]).get(contact.id),
        values=_values(contact),
        others=OtherAddress.of(contact.id),
        to_come=[one for one in reversed(meetings) if one.booking.ends_at > now and one.booking.is_confirmed],
        past=[one for one in meetings if one.booking.ends_at <= now or not one.booking.is_confirmed],
        can_edit=is_theirs,
        statements=statements(said, reader()) if is_theirs else [],
        reader=reader(),
        **{**_notes(contact), **more},
    )


def _meetings(contact: Contact) -> list[Meeting]:
    """The contact's meetings, the latest first."""
    rows, open_to = contacts.meetings_with(signed_in(), contact)
    hosts: dict[int, list[str]] = {}
    for booking_id, _email, name, _required in Participant.names([row.id for row in rows]) if rows else ():
        hosts.setdefault(booking_id, []).append(name)
    return [Meeting(row, ", ".join(hosts.get(row.id, [])), row.id in open_to) for row in rows]


def _values(contact: Contact) -> list[tuple[str, str]]:
    locale, known = i18n.current_locale(), contacts.known_of([contact])[contact.id]
    return [
        (i18n.property_label(asked.name, asked.label, locale), i18n.answer_in_words(*known[asked.name], locale))
        for asked in contacts.asked()
        if asked.name in known
    ]


def _notes(contact: Contact) -> dict[str, Any]:
    user = signed_in()
    rows = [(note, written.may_change(user, note), written.may_delete(user, note)) for note in written.of(contact)]
    return {"notes": rows, "editing": None, "typed": "", "errors": (), "is_added": False, "note_max": written.NOTE_MAX}
