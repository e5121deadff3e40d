"""Forms of contacts and companies."""

from wtforms import SelectField, StringField

from meetings.i18n import lazy_gettext as _l

from . import PageForm


class ContactForm(PageForm):
    """Who somebody is; what else is known of them has fields by the properties."""

    first_name = StringField(_l("First name"))
    last_name = StringField(_l("Last name"))
    email = StringField(_l("E-mail"))
    company = StringField(_l("Company"))
    owner = SelectField(_l("Owner"), validate_choice=False)


class CompanyForm(PageForm):
    """A company as admins keep it."""

    name = StringField(_l("Name"))
    domain = StringField(_l("Domain of its addresses"))
    owner = SelectField(_l("Owner"), validate_choice=False)
