"""The people of the team, for admins: who is here, adding, roles. Keeping out and removing: leaving.py."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from meetings import clock, i18n
from meetings.errors import Invalid
from meetings.i18n import gettext as _
from meetings.models import User
from meetings.models.users import ADMIN, MEMBER
from meetings.services import access, passwords, sessions, users

from .forms import language_options, zone_options
from .forms.workspace import PersonForm
from .holidays import section as holiday_section
from .schedules import section as schedule_section
from .session import Answer, admin_required, reader, signed_in
from .workspace import mail_summary

blueprint = Blueprint("team", __name__)

NEW = ("name", "email", "role", "timezone", "locale")
DETAILS = (*NEW, "job_title")


@blueprint.get("/team")
@admin_required
def index() -> Answer:
    """Everybody, by name."""
    return render_template(
        "team/index.html", people=access.team(), counts=access.link_counts(), seen=sessions.last_seen(), reader=reader()
    )


@blueprint.route("/team/add", methods=["GET", "POST"])
@admin_required
def add() -> Answer:
    """Add a person; their one-time link is mailed to them and shown once."""
    form = PersonForm()
    if request.method == "GET":
        form.timezone.data, form.locale.data, form.role.data = signed_in().timezone, i18n.spoken()[0], MEMBER
        return _add_page(form)
    try:
        person, url = users.create(signed_in(), {name: form[name].data or "" for name in NEW}, clock.now())
    except Invalid as problem:
        form.lay(problem.flaws)
        return _add_page(form), problem.status
    return render_template("team/added.html", person=person, url=url, has_mail_server=mail_summary().has_server)


def _add_page(form: PersonForm) -> str:
    _fill_choices(form)
    return render_template("team/add.html", form=form)


def _fill_choices(form: PersonForm) -> None:
    form.role.choices = [(MEMBER, _("Member: own links and bookings")), (ADMIN, _("Admin: everything"))]
    form.timezone.choices = zone_options(clock.now(), form.timezone.data or "")
    form.locale.choices = language_options()


@blueprint.route("/team/<key:user_id>", methods=["GET", "POST"])
@admin_required
def person(user_id: int) -> Answer:
    """One person's details."""
    found = _found(user_id)
    form = PersonForm(obj=found)
    if request.method == "GET":
        return _person_page(found, form)
    try:
        users.update(signed_in(), found, {name: form[name].data or "" for name in DETAILS})
    except Invalid as problem:
        form.lay(problem.flaws)
        return _person_page(found, form), problem.status
    flash(_("%(name)s is saved.", name=form.name.data))
    return redirect(url_for("team.index"), 303)


def _person_page(found: User, form: PersonForm) -> str:
    _fill_choices(form)
    sections = {**holiday_section(found), **schedule_section(found)}
    return render_template("team/person.html", person=found, form=form, **sections)


def _found(user_id: int) -> User:
    return access.user_for(signed_in(), user_id)


@blueprint.post("/team/<key:user_id>/link")
@admin_required
def new_link(user_id: int) -> Answer:
    """A new one-time set-password link, mailed and shown once."""
    found = _found(user_id)
    url = passwords.invite(signed_in(), found, clock.now())
    return render_template("team/added.html", person=found, url=url, has_mail_server=mail_summary().has_server)
