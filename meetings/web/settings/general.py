"""The team's name, what is asked of its calendars, and how the place is doing."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for

from meetings.errors import Invalid
from meetings.i18n import gettext as _
from meetings.models import workspace
from meetings.services import calendars
from meetings.services import workspace as settings_of

from ..forms.workspace import CalendarsForm, TeamForm
from ..session import Answer, admin_required, signed_in
from ..workspace import mail_summary

blueprint = Blueprint("general", __name__)


@blueprint.route("", methods=["GET", "POST"])
@admin_required
def page() -> Answer:
    """The team's name, and how the place is doing."""
    form = TeamForm()
    if request.method == "GET":
        form.team_name.data = workspace.team_name()
        return _page(form)
    try:
        settings_of.rename_team(signed_in(), form.team_name.data or "")
    except Invalid as problem:
        form.lay(problem.flaws)
        return _page(form), problem.status
    flash(_("The team’s name is saved."))
    return redirect(url_for("settings.general.page"), 303)


@blueprint.post("/calendars")
@admin_required
def require_calendars() -> Answer:
    """Whether whoever joins a team's link must have a connected calendar."""
    is_required = bool(CalendarsForm().is_required.data)
    calendars.require(signed_in(), is_required=is_required)
    if is_required:
        flash(_("From now on, only people with a connected calendar can join a link."))
    else:
        flash(_("People can join a link with or without a connected calendar."))
    return redirect(url_for("settings.general.page"), 303)


def _page(form: TeamForm) -> str:
    return render_template(
        "settings/general.html",
        form=form,
        calendars_form=CalendarsForm(is_required=calendars.are_required(), formdata=None),
        summary=mail_summary(),
        base_url=current_app.config["BASE_URL"],
        is_demo_address="localhost" in current_app.config["BASE_URL"],
    )
