"""What can be known of contacts: a list in an order, kept by admins, which forms ask from."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.form import CHOOSING
from meetings.errors import Invalid, NotFound
from meetings.i18n import gettext as _
from meetings.models import Property
from meetings.services import arranging, properties

from .. import htmx
from ..forms.workspace import PropertyForm
from ..session import Answer, admin_required, signed_in
from ..wizard.form import kinds

blueprint = Blueprint("properties", __name__, url_prefix="/properties")

_PLACES = {"up": -1, "down": 1}


@blueprint.get("")
@admin_required
def page() -> Response:
    """The list."""
    return _list()


def _list(**more: Any) -> Response:
    locale = i18n.current_locale()
    rows = [(row, _label(row), i18n.say(locale, i18n.KIND_NAMES[row.kind])) for row in Property.in_order()]
    context = {"properties": rows, "use": properties.use(), "spread": properties.spread(), **more}
    return htmx.page_or_fragment("settings/properties.html", "settings/_properties.html", **context)


def _label(row: Property) -> str:
    return i18n.property_label(row.name, row.label, i18n.current_locale())


@blueprint.post("/<key:property_id>/move")
@admin_required
def move(property_id: int) -> Response:
    """Move one up or down."""
    where = request.form.get("do", "")
    arranging.move(signed_in(), _found(property_id), _PLACES.get(where, 0))
    if htmx.is_htmx():
        return _list(focus=f"{where}-{property_id}")
    return htmx.redirect(url_for("settings.properties.page"))


@blueprint.route("/add", methods=["GET", "POST"])
@admin_required
def add() -> Answer:
    """Make one."""
    form = PropertyForm()
    if request.method == "GET":
        return _form(form, None)
    try:
        made = properties.add(signed_in(), _typed(form), clock.now())
    except Invalid as problem:
        _lay(form, problem)
        return _form(form, None), problem.status
    flash(_("“%(name)s” can be asked for on every form now.", name=_label(made)))
    return redirect(url_for("settings.properties.page"), 303)


@blueprint.route("/<key:property_id>", methods=["GET", "POST"])
@admin_required
def change(property_id: int) -> Answer:
    """Another name, other choices."""
    found = _found(property_id)
    form = PropertyForm()
    if request.method == "GET":
        form.label.data, form.kind.data, form.options.data = found.label, found.kind, "\n".join(found.options)
        return _form(form, found)
    try:
        properties.change(signed_in(), found, _typed(form), clock.now())
    except Invalid as problem:
        _lay(form, problem)
        return _form(form, found), problem.status
    flash(_("“%(name)s” is saved.", name=_label(_found(property_id))))
    return redirect(url_for("settings.properties.page"), 303)


def _typed(form: PropertyForm) -> dict[str, Any]:
    return {
        "label": form.label.data or "",
        "kind": form.kind.data or None,
        "options": (form.options.data or "").splitlines(),
    }


def _lay(form: PropertyForm, problem: Invalid) -> None:
    """What is wrong, beside its field; a choice that is wrong belongs to all of them."""
    for flaw in problem.flaws:
        form[flaw.field.partition(".")[0]].errors = [i18n.flaw_message(flaw)]


def _form(form: PropertyForm, row: Property | None) -> str:
    form.kind.choices = kinds(i18n.current_locale())
    is_kind_fixed = row is not None and properties.has_values(row)
    if row is not None and is_kind_fixed:
        form.kind.data = row.kind
    return render_template(
        "settings/property.html",
        form=form,
        property=row,
        label=_label(row) if row else "",
        is_kind_fixed=is_kind_fixed,
        is_built_in=row is not None and row.name in i18n.PROPERTY_NAMES,
        choosing=CHOOSING,
    )


@blueprint.route("/<key:property_id>/delete", methods=["GET", "POST"])
@admin_required
def delete(property_id: int) -> Response:
    """Ask, then delete one."""
    found = _found(property_id)
    label = _label(found)
    if request.method == "GET":
        return htmx.page_or_fragment(
            "settings/property_delete.html",
            "settings/_property_delete.html",
            property=found,
            label=label,
            links=properties.links_asking(found),
            has_values=properties.has_values(found),
        )
    properties.delete(signed_in(), found, label, clock.now())
    flash(_("“%(name)s” is deleted.", name=label))
    return htmx.redirect(url_for("settings.properties.page"))


def _found(property_id: int) -> Property:
    found: Property | None = Property.get_or_none(Property.id == property_id)
    if found is None:
        raise NotFound
    return found
