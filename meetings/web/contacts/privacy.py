"""A contact's rights, by an admin's hand: all that is kept as a file, and forgetting them."""

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.i18n import gettext as _
from meetings.models import Booking
from meetings.models.bookings import CONFIRMED
from meetings.services import privacy, rights

from .. import htmx
from ..rights import as_file
from ..session import Answer, admin_required, signed_in
from .pages import blueprint, found


@blueprint.get("/contacts/<key:contact_id>/export.json")
@admin_required
def export(contact_id: int) -> Response:
    """All that is kept, as the contact would get it."""
    return as_file(rights.export(found(contact_id)), f"contact-{contact_id}.json")


@blueprint.route("/contacts/<key:contact_id>/erase", methods=["GET", "POST"])
@admin_required
def erase(contact_id: int) -> Answer:
    """Ask, then forget."""
    contact, now = found(contact_id), clock.now()
    if request.method == "GET":
        coming = (Booking.status == CONFIRMED) & (Booking.starts_at > now)
        ahead = Booking.select().where(Booking.contact == contact, coming).count()
        return htmx.page_or_fragment("contacts/erase.html", "contacts/_erase.html", contact=contact, ahead=ahead)
    name = contact.name or contact.email
    if privacy.erase(contact, now, by=signed_in()):
        flash(_("%(name)s is erased.", name=name))
    else:
        flash(_("%(name)s will be erased once everybody knows that the meetings are off.", name=name))
    return htmx.redirect(url_for("contacts.index"))
