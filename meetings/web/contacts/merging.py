"""Two contacts that are one person: looked for, held beside each other, made one. For admins."""

from dataclasses import dataclass
from itertools import chain

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from meetings import i18n
from meetings.errors import Conflict, NotFound
from meetings.i18n import gettext as _
from meetings.models import Contact, OtherAddress
from meetings.services import contacts, directory, merging, notes, rights

from .. import htmx
from ..session import Answer, admin_required, signed_in
from ..workspace import asked_for
from .pages import blueprint, found, number

SHOWN = 10  # contacts to choose from


@dataclass(frozen=True)
class Compared:
    """What is known of both about one thing, and what there will be."""

    label: str
    kept: str
    other: str
    stays: str


@blueprint.get("/contacts/duplicates")
@admin_required
def duplicates() -> Response:
    """Pairs that may be one person."""
    return htmx.page_or_fragment(
        "contacts/duplicates.html", "contacts/duplicates.html", pairs=merging.suggestions(signed_in())
    )


@blueprint.route("/contacts/<key:contact_id>/merge", methods=["GET", "POST"])
@admin_required
def merge(contact_id: int) -> Answer:
    """Look for the other one, compare, then merge."""
    kept = found(contact_id)
    other_id = number(request.values.get("other", ""))
    if request.method == "POST":
        return _merged(kept, _other(kept, other_id or 0))
    if other_id is None:
        return _search(kept)
    other = _other(kept, other_id)
    return htmx.page_or_fragment(
        "contacts/merge_two.html", "contacts/merge_two.html", kept=kept, other=other, rows=_rows(kept, other)
    )


def _other(kept: Contact, other_id: int) -> Contact:
    other = found(other_id)
    if other == kept:
        raise NotFound
    return other


def _search(kept: Contact) -> Response:
    wanted = asked_for("q")
    text = wanted["q"] or kept.last_name or kept.first_name
    query = directory.contacts(signed_in(), text).where(Contact.id != kept.id, Contact.erasing_since.is_null())
    people = list(query.limit(SHOWN))
    return htmx.page_or_fragment("contacts/merge.html", "contacts/_merge_found.html", kept=kept, q=text, people=people)


def _merged(kept: Contact, other: Contact) -> Answer:
    seen = request.form.get("kept_email"), request.form.get("other_email")
    if seen != (kept.email, other.email):  # a number can stand for somebody else since
        raise Conflict
    merged = merging.merge(signed_in(), kept, other)
    if kept.name == other.name:
        flash(_("%(kept)s is one contact now, with both addresses.", kept=merged.name or merged.email))
    else:
        one, two = other.name or other.email, kept.name or kept.email
        flash(_("%(other)s and %(kept)s are one contact now.", other=one, kept=two))
    return htmx.redirect(url_for("contacts.person", contact_id=merged.id))


def _rows(kept: Contact, other: Contact) -> list[Compared]:
    """Side by side; what differs in nothing and says nothing is left out."""
    both = _known(kept), _known(other)
    alone = [
        Compared(label, both[0].get(label, ""), both[1].get(label, ""), both[0].get(label) or both[1].get(label, ""))
        for label in dict.fromkeys([*both[0], *both[1]])
    ]
    addresses = [[one.email, *OtherAddress.of(one.id)] for one in (kept, other)]
    mail = Compared(_("E-mail"), ", ".join(addresses[0]), ", ".join(addresses[1]), ", ".join(chain(*addresses)))
    counts = contacts.meetings_of(signed_in(), [kept, other])
    met = [counts.get(one.id, (0, None))[0] for one in (kept, other)]
    written = [notes.of(one).count() for one in (kept, other)]
    summed = [
        Compared(label, str(first), str(second), str(first + second))
        for label, (first, second) in ((_("Meetings"), met), (_("Notes"), written))
    ]
    return [row for row in (*alone[:1], mail, *alone[1:], *summed) if row.stays]


def _known(contact: Contact) -> dict[str, str]:
    """What is known of one, in words, by its label."""
    locale = i18n.current_locale()
    told = {
        _("Name"): contact.name,
        _("Company"): contact.company.name if contact.company else "",
        _("Owner"): contact.owner.name if contact.owner else "",
    }
    for row in rights.values_of(contact):
        label = i18n.property_label(row.property.name, row.property.label, locale)
        told.setdefault(label, i18n.answer_in_words(row.property.kind, row.value, locale))
    return told
