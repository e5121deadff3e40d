"""Notes on a contact: writing, changing one's own, taking away."""

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.errors import Forbidden, Invalid
from meetings.i18n import gettext as _
from meetings.models import Contact, Note
from meetings.services import notes

from .. import htmx
from ..session import Answer, login_required, signed_in
from .pages import blueprint, found
from .person import show

PART = "contacts/_notes.html"


@blueprint.post("/contacts/<key:contact_id>/notes")
@login_required
def add_note(contact_id: int) -> Answer:
    """Write one."""
    contact, typed = found(contact_id), request.form.get("text", "")
    try:
        notes.add(signed_in(), contact, typed, clock.now())
    except Invalid as problem:
        return _mend(contact, problem, typed)
    return _done(contact)


@blueprint.route("/contacts/<key:contact_id>/notes/<key:note_id>", methods=["GET", "POST"])
@login_required
def edit_note(contact_id: int, note_id: int) -> Answer:
    """Put other words into one's own."""
    contact = found(contact_id)
    note = notes.note_on(contact, note_id)
    if not notes.may_change(signed_in(), note):
        raise Forbidden
    if request.method == "GET":
        return show(contact, PART, editing=note, typed=note.text)
    typed = request.form.get("text", "")
    try:
        notes.change(signed_in(), note, typed)
    except Invalid as problem:
        return _mend(contact, problem, typed, note)
    return _done(contact)


@blueprint.route("/contacts/<key:contact_id>/notes/<key:note_id>/delete", methods=["GET", "POST"])
@login_required
def delete_note(contact_id: int, note_id: int) -> Answer:
    """Ask, then take one away."""
    contact = found(contact_id)
    note = notes.note_on(contact, note_id)
    if not notes.may_delete(signed_in(), note):
        raise Forbidden
    if request.method == "GET":
        return htmx.page_or_fragment(
            "contacts/note_delete.html", "contacts/_note_delete.html", contact=contact, note=note
        )
    notes.delete(signed_in(), note)
    flash(_("The note is deleted."))
    return htmx.redirect(url_for("contacts.person", contact_id=contact.id))  # with a mark at its end nothing would load


def _mend(contact: Contact, problem: Invalid, typed: str, note: Note | None = None) -> Response:
    errors = [i18n.flaw_message(flaw) for flaw in problem.flaws]
    return show(contact, PART, problem.status, editing=note, typed=typed, errors=errors)


def _done(contact: Contact) -> Response:
    return show(contact, PART, is_added=True) if htmx.is_htmx() else htmx.redirect(_address(contact))


def _address(contact: Contact) -> str:
    return url_for("contacts.person", contact_id=contact.id) + "#notes"
