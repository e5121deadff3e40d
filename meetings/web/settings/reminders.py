"""The reminders that new links begin with."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from meetings import i18n
from meetings.domain.fields import typed_number
from meetings.domain.sections import REMINDERS_MAX
from meetings.errors import Invalid
from meetings.i18n import gettext as _
from meetings.services import reminder_defaults

from ..session import Answer, admin_required, signed_in
from ..wizard.automation import unit_names

blueprint = Blueprint("reminders", __name__)


@blueprint.route("/reminders", methods=["GET", "POST"])
@admin_required
def page() -> Answer:
    """As many rows as there may be reminders; a row without a number is none."""
    if request.method == "GET":
        saved = reminder_defaults.current()
        return _page([{"value": str(entry["value"]), "unit": entry["unit"]} for entry in saved])
    typed = _typed()
    try:
        reminder_defaults.change(signed_in(), [{**row, "value": typed_number(row["value"])} for row in typed])
    except Invalid as problem:
        errors = {int(flaw.field.split(".")[1]): i18n.flaw_message(flaw) for flaw in problem.flaws}
        return _page(typed, errors), problem.status
    flash(_("New links begin with these reminders. Links that are there keep theirs."))
    return redirect(url_for("settings.reminders.page"), 303)


def _typed() -> list[dict[str, str]]:
    pairs = zip(request.form.getlist("value"), request.form.getlist("unit"), strict=False)
    rows = [{"value": value.strip(), "unit": unit} for value, unit in pairs]
    return [row for row in rows if row["value"]][:REMINDERS_MAX]


def _page(typed: list[dict[str, str]], errors: dict[int, str] | None = None) -> str:
    blank = {"value": "", "unit": "days"}
    rows: list[dict[str, Any]] = [*typed, *[blank] * (REMINDERS_MAX - len(typed))]
    return render_template(
        "settings/reminders.html",
        rows=[{**row, "units": unit_names(row["value"])} for row in rows],
        errors=errors or {},
    )
