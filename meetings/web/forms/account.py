"""Forms of set-up, sign-in, passwords and the profile."""

from flask_wtf.file import FileField
from wtforms import BooleanField, PasswordField, SelectField, StringField

from meetings.i18n import lazy_gettext as _l

from . import PageForm


class SetupForm(PageForm):
    """The first admin and the team's name."""

    code = StringField(_l("One-time code"))
    team_name = StringField(_l("Name of the team"))
    name = StringField(_l("Your name"))
    email = StringField(_l("E-mail"))
    password = PasswordField(_l("Password"))
    timezone = SelectField(_l("Time zone"), validate_choice=False)
    locale = SelectField(_l("Language"), validate_choice=False)


class SignInForm(PageForm):
    """Address and password."""

    email = StringField(_l("E-mail"))
    password = PasswordField(_l("Password"))
    stays = BooleanField(_l("Stay signed in on this device"))


class ForgotForm(PageForm):
    """Whose password was forgotten."""

    email = StringField(_l("E-mail"))


class PasswordForm(PageForm):
    """A new password, by a one-time link."""

    password = PasswordField(_l("New password"))


class ProfileForm(PageForm):
    """What a user says of themselves."""

    name = StringField(_l("Name"))
    job_title = StringField(_l("Line under the name"))
    timezone = SelectField(_l("Time zone"), validate_choice=False)
    locale = SelectField(_l("Language"), validate_choice=False)


class PictureForm(PageForm):
    """A picture to be shown on booking pages."""

    picture = FileField(_l("Picture"))


class ChangePasswordForm(PageForm):
    """The old password and the new one."""

    old_password = PasswordField(_l("Current password"))
    new_password = PasswordField(_l("New password"))
