"""One's own account: signing in and out, passwords, the profile with its picture, sessions and keys."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.fields import Flaw
from meetings.errors import Invalid, NotFound, Problem, RateLimited, Unauthorized
from meetings.i18n import gettext as _
from meetings.models import User
from meetings.ratelimit import place
from meetings.services import holidays, passwords, sessions, users
from meetings.services import setup as first_setup

from . import htmx
from .forms import language_options, zone_options
from .forms.account import ChangePasswordForm, ForgotForm, PasswordForm, PictureForm, ProfileForm, SignInForm
from .holidays import section as holiday_section
from .schedules import section as schedule_section
from .session import (
    UNSAVED,
    Answer,
    close_session,
    current_user,
    device,
    local_path,
    login_required,
    open_session,
    reader,
    session_token,
    signed_in,
)

blueprint = Blueprint("account", __name__)


@blueprint.get("/")
def home() -> Response:
    """Where the bare address leads."""
    if current_user() is not None:
        return redirect(url_for("links.index"))
    return redirect(url_for("account.sign_in"))


# --- signing in and out


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Answer:
    """Ask for address and password."""
    onward = local_path(request.values.get("next")) or url_for("links.index")
    if current_user() is not None:
        return redirect(onward, 303)
    form = SignInForm()
    if request.method == "GET":
        form.stays.data = True
        return _sign_in_page(form)
    try:
        user, token = sessions.sign_in(
            form.email.data or "",
            form.password.data or "",
            address=place(request.remote_addr),
            device=device(),
            now=clock.now(),
            stays=form.stays.data,
        )
    except (Unauthorized, RateLimited) as problem:
        return _sign_in_page(form, problem), problem.status
    open_session(token, stays=form.stays.data)
    if UNSAVED in request.form:
        i18n.speak(user.locale)  # the browser's language ends here
        flash(_("You were signed out in between. What you entered last was not saved: please enter it again."), "warn")
    return htmx.redirect(onward)


def _sign_in_page(form: SignInForm, problem: Problem | None = None) -> str:
    return render_template(
        "account/sign_in.html",
        form=form,
        problem=problem,
        needs_setup=first_setup.needs_setup(),
        onward=onward_field(),
        is_unsaved=UNSAVED in request.values,
    )


def onward_field() -> str:
    """The page to go to after signing in, as the form carries it."""
    return local_path(request.values.get("next")) or ""


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    close_session()
    return htmx.redirect(url_for("account.sign_in"))


# --- passwords


@blueprint.route("/password/forgot", methods=["GET", "POST"])
def forgot() -> Answer:
    """Mail a link to set a new password; the answer is the same whoever asks for whom."""
    form = ForgotForm()
    if request.method == "GET":
        return render_template("account/forgot.html", form=form, is_sent=False)
    try:
        passwords.request_reset(form.email.data or "", address=place(request.remote_addr), now=clock.now())
    except RateLimited as problem:
        form.lay_problem("email", problem)
        return render_template("account/forgot.html", form=form, is_sent=False), problem.status
    return render_template("account/forgot.html", form=form, is_sent=True)


@blueprint.route("/password/<token>", methods=["GET", "POST"])
def set_password(token: str) -> Answer:
    """Set a password by a one-time link."""
    user = passwords.password_link(token, clock.now())
    if user is None:
        return render_template("account/link_over.html"), NotFound.status
    form = PasswordForm()
    if request.method == "GET":
        return render_template("account/set_password.html", form=form, person=user)
    try:
        passwords.set_password(token, form.password.data or "", clock.now())
    except Invalid as problem:
        form.lay(problem.flaws)
        return render_template("account/set_password.html", form=form, person=user), problem.status
    open_session(sessions.open_session(user, device=device(), now=clock.now()), stays=True)
    i18n.speak(user.locale)  # the browser's language ends here
    flash(_("Your password is set, and you are signed in."))
    return redirect(url_for("links.index"), 303)


# --- the profile


@blueprint.get("/profile")
@login_required
def profile() -> Answer:
    """What one says of oneself, the password, the sessions."""
    return _profile_page()


@blueprint.post("/profile")
@login_required
def save_profile() -> Answer:
    """Keep name, line, zone and language."""
    form = ProfileForm()
    values = {name: form[name].data or "" for name in ("name", "job_title", "timezone", "locale")}
    try:
        user = users.update(signed_in(), signed_in(), values)
    except Invalid as problem:
        form.lay(problem.flaws)
        return _profile_page(profile_form=form), problem.status
    if user.locale != i18n.current_locale():
        holidays.name_anew(user, clock.now())
    i18n.speak(user.locale)
    flash(_("Your profile is saved."))
    return redirect(url_for("account.profile"), 303)


@blueprint.post("/profile/picture")
@login_required
def save_picture() -> Answer:
    """Keep an uploaded picture, or remove it."""
    form = PictureForm()
    upload = request.files.get("picture")
    content = None if "remove" in request.form else (upload.read() if upload else b"")
    try:
        users.set_picture(signed_in(), content, clock.now())
    except Invalid as problem:
        form.lay(problem.flaws)
        return _profile_page(picture_form=form), problem.status
    flash(_("Your picture is removed.") if content is None else _("Your picture is saved."))
    return redirect(url_for("account.profile"), 303)


@blueprint.post("/profile/password")
@login_required
def change_password() -> Answer:
    """Replace the password; other sessions end, this one is opened anew."""
    form = ChangePasswordForm()
    user = signed_in()
    try:
        passwords.change_password(user, form.old_password.data or "", form.new_password.data or "", clock.now())
    except Problem as problem:
        if not isinstance(problem, Invalid):
            raise
        form.lay(problem.flaws)
        return _profile_page(password_form=form), problem.status
    open_session(sessions.open_session(user, device=device(), now=clock.now()), stays=True)
    flash(_("Your password is changed. Everywhere else you are signed out."))
    return redirect(url_for("account.profile"), 303)


@blueprint.post("/profile/sessions/<key:session_id>")
@login_required
def revoke(session_id: int) -> Answer:
    """End one of one's own sessions."""
    sessions.revoke(signed_in(), session_id)
    flash(_("That device is signed out."))
    return redirect(url_for("account.profile"), 303)


@blueprint.post("/profile/sessions")
@login_required
def revoke_others() -> Answer:
    """End all of one's sessions but this one."""
    sessions.revoke_others(signed_in(), session_token())
    flash(_("All other devices are signed out."))
    return redirect(url_for("account.profile"), 303)


@blueprint.post("/profile/tokens")
@login_required
def make_token() -> Answer:
    """A key for a program, shown this once."""
    name = " ".join(request.form.get("token_name", "").split())
    if not name:
        return _profile_page(token_error=i18n.flaw_message(Flaw("token_name", "required"))), Invalid.status
    token = users.api_token(signed_in(), name, clock.now())
    return render_template("account/token.html", name=name[:120], token=token)


@blueprint.post("/profile/tokens/<key:token_id>")
@login_required
def revoke_token(token_id: int) -> Answer:
    """Make one of one's own keys worthless."""
    users.revoke_api_token(signed_in(), token_id)
    flash(_("The key is removed. Programs that used it are locked out."))
    return redirect(url_for("account.profile"), 303)


def _profile_page(
    profile_form: ProfileForm | None = None,
    picture_form: PictureForm | None = None,
    password_form: ChangePasswordForm | None = None,
    token_error: str | None = None,
) -> str:
    user = User.get_by_id(signed_in().id)
    form = profile_form or ProfileForm(formdata=None, obj=user)
    form.locale.choices = language_options()
    form.timezone.choices = zone_options(clock.now(), form.timezone.data or "")
    return render_template(
        "account/profile.html",
        person=user,
        form=form,
        picture_form=picture_form or PictureForm(formdata=None),
        password_form=password_form or ChangePasswordForm(formdata=None),
        sessions=sessions.sessions(user, clock.now()),
        tokens=users.api_tokens(user),
        token_errors=[token_error] if token_error else [],
        this_session=sessions.session_id(session_token()),
        reader=reader(),
        **holiday_section(user),
        **schedule_section(user),
    )
