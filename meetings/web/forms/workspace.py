"""Forms of the whole place and of its people."""

from wtforms import SelectField, StringField

from meetings.i18n import lazy_gettext as _l

from . import PageForm


class TeamForm(PageForm):
    """What the team calls itself."""

    team_name = StringField(_l("Name of the team"))


class PersonForm(PageForm):
    """A person of the team, as an admin sees them."""

    name = StringField(_l("Name"))
    email = StringField(_l("E-mail"))
    job_title = StringField(_l("Line under the name"))
    role = SelectField(_l("Role"), validate_choice=False)
    timezone = SelectField(_l("Time zone"), validate_choice=False)
    locale = SelectField(_l("Language"), validate_choice=False)
