"""The first set-up: /setup, with the one-time code that the process printed; gone once an admin exists."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from meetings import clock, i18n
from meetings.domain.fields import Flaw
from meetings.errors import Invalid, NotFound, RateLimited
from meetings.i18n import gettext as _
from meetings.models import User
from meetings.ratelimit import place
from meetings.services import sessions
from meetings.services import setup as first_setup

from .forms import language_options, zone_options
from .forms.account import SetupForm
from .session import Answer, device, open_session

blueprint = Blueprint("setup", __name__)

FIELDS = ("team_name", "name", "email", "password", "timezone", "locale")


@blueprint.route("/setup", methods=["GET", "POST"])
def index() -> Answer:
    """Ask for the first admin and the team's name."""
    if not first_setup.needs_setup():
        raise NotFound
    form = _form()
    if request.method == "GET":
        return _page(form)
    try:
        user = _set_up(form)
    except RateLimited as problem:
        form.lay_problem("code", problem)
        return _page(form), problem.status
    except Invalid as problem:
        form.lay(problem.flaws)
        return _page(form), problem.status
    open_session(sessions.open_session(user, device=device(), now=clock.now()), stays=True)
    flash(_("Welcome, %(name)s. The workspace is yours. Make your first link, and share it.", name=user.name))
    return redirect(url_for("links.index"), 303)


def _form() -> SetupForm:
    form = SetupForm()
    form.locale.choices = language_options()
    if request.method == "GET":
        form.code.data = request.args.get("code", "")
        form.locale.data = i18n.negotiate([i18n.current_locale()]).partition("-")[0]
        form.timezone.data = "UTC"
    form.timezone.choices = zone_options(clock.now(), form.timezone.data or "")
    return form


def _set_up(form: SetupForm) -> User:
    """Make the first admin. Raises Invalid, also for a wrong code; RateLimited after too many of these."""
    code = (form.code.data or "").strip()
    if not first_setup.is_setup_code(code, address=place(request.remote_addr), now=clock.now()):
        raise Invalid([Flaw("code", "wrong-code")])
    values = {name: form[name].data or "" for name in FIELDS}
    return first_setup.set_up(values, clock.now())


def _page(form: SetupForm) -> str:
    return render_template("setup/index.html", form=form)
