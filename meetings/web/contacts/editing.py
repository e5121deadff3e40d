"""Making a contact by hand, and changing one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for

from meetings import clock, i18n
from meetings.domain.fields import Flaw
from meetings.errors import DuplicateContact, Forbidden, Invalid, NotFound
from meetings.i18n import gettext as _
from meetings.models import Contact, PropertyValue, User
from meetings.services import contacts, directory

from ..forms.contacts import ContactForm
from ..session import Answer, login_required, signed_in
from .pages import blueprint, found, owner_choices

DETAILS = ("first_name", "last_name", "email", "company", "owner")
OF_PROPERTY = "p-"  # in front of a property's name, which may be any word
COMPANIES_SUGGESTED = 500


@dataclass(frozen=True)
class KnownField:
    """A property as the form draws it."""

    name: str
    label: str
    kind: str
    options: list[str]  # also what was chosen before and is no choice any more
    value: str
    errors: list[str]


@blueprint.route("/contacts/new", methods=["GET", "POST"])
@login_required
def create() -> Answer:
    """Make one."""
    form = ContactForm()
    if request.method == "GET":
        form.owner.data = "" if signed_in().is_admin else signed_in().email
        return _page(form, None)
    try:
        typed = _typed(form)
        if not typed["company"]:
            del typed["company"]  # then their address tells it
        made = contacts.create(signed_in(), typed, clock.now())
    except (Invalid, DuplicateContact) as problem:
        return _page(form, None, problem), problem.status
    flash(_("%(name)s is added.", name=made.name or made.email))
    return redirect(_after(made), 303)


@blueprint.route("/contacts/<key:contact_id>/edit", methods=["GET", "POST"])
@login_required
def edit(contact_id: int) -> Answer:
    """Change one. Whoever sees them without owning them may not."""
    contact = found(contact_id)
    if not contacts.may_edit(signed_in(), contact):
        raise Forbidden
    form = ContactForm()
    if request.method == "GET":
        form.process(data=_present(contact))
        return _page(form, contact)
    try:
        changed = contacts.change(signed_in(), contact, _changed(contact, _typed(form)), clock.now())
    except (Invalid, DuplicateContact) as problem:
        return _page(form, contact, problem), problem.status
    flash(_("%(name)s is saved.", name=changed.name or changed.email))
    return redirect(_after(changed), 303)


def _after(contact: Contact) -> str:
    """Their page; the list for whoever has just given them away."""
    try:
        directory.contact_for(signed_in(), contact.id)
    except NotFound:
        return url_for("contacts.index")
    return url_for("contacts.person", contact_id=contact.id)


def _present(contact: Contact) -> dict[str, str]:
    company, owner = contact.company, contact.owner
    names = {name: str(getattr(contact, name)) for name in ("first_name", "last_name", "email")}
    return {**names, "company": company.name if company else "", "owner": owner.email if owner else ""}


def _typed(form: ContactForm) -> dict[str, object]:
    """What was typed, as the service takes it; a field that wasn't there says nothing."""
    details = {name: form[name].data or "" for name in DETAILS if name in request.form}
    known = {
        asked.name: "\n".join(request.form.getlist(OF_PROPERTY + asked.name)).strip("\n")
        for asked in contacts.asked()
        if OF_PROPERTY + asked.name in request.form
    }
    return {"company": "", **details, "properties": known}


def _changed(contact: Contact, typed: dict[str, object]) -> dict[str, object]:
    """Without what is as it was: nobody takes back what somebody else has changed meanwhile, or chooses anew."""
    present = _present(contact)
    return {name: value for name, value in typed.items() if name not in present or present[name] != value}


# ---- the page --------------------------------------------------------------------------------------------------------


def _page(form: ContactForm, contact: Contact | None, problem: Invalid | DuplicateContact | None = None) -> str:
    flaws: Sequence[Flaw] = problem.flaws if isinstance(problem, Invalid) else ()
    of_properties = [flaw for flaw in flaws if flaw.field.startswith("properties.")]
    form.lay([flaw for flaw in flaws if flaw not in of_properties])
    if isinstance(problem, DuplicateContact):
        form.lay_problem("email", problem)
    present, by_rule = _owner(contact)
    nobody = _("%(name)s, as the company’s owner", name=by_rule) if by_rule else ""
    form.owner.choices = owner_choices(present, nobody)
    return render_template(
        "contacts/edit.html",
        form=form,
        contact=contact,
        fields=_fields(contact, of_properties),
        companies=[one.name for one in directory.companies(signed_in()).limit(COMPANIES_SUGGESTED)],
        is_wrong=problem is not None,
    )


def _owner(contact: Contact | None) -> tuple[User | None, str]:
    """The owner, and the name of who owns them by their company's rule only."""
    told = contacts.owners([contact]).get(contact.id) if contact else None
    if told is None:
        return None, ""
    owner, is_rule = told
    return (None, owner.name) if is_rule else (owner, "")


def _fields(contact: Contact | None, flaws: Sequence[Flaw]) -> list[KnownField]:
    known: Mapping[str, str] = PropertyValue.known(contact.id) if contact else {}
    errors: dict[str, list[str]] = {}
    for flaw in flaws:
        errors.setdefault(flaw.field.split(".")[1], []).append(i18n.flaw_message(flaw))
    fields = []
    for asked in contacts.asked():
        sent = request.form.getlist(OF_PROPERTY + asked.name)
        value = "\n".join(sent).strip("\n") if request.method == "POST" else known.get(asked.name, "")
        former = [one for one in known.get(asked.name, "").split("\n") if asked.options and one not in asked.options]
        options = [*asked.options, *filter(None, former)]
        label = i18n.property_label(asked.name, asked.label, i18n.current_locale())
        fields.append(KnownField(asked.name, label, asked.kind, options, value, errors.get(asked.name, [])))
    return fields
