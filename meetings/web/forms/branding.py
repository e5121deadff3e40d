"""How the team looks to others."""

from wtforms import FileField, HiddenField, StringField, TextAreaField

from meetings.i18n import lazy_gettext as _l
from meetings.services.branding import FIELDS, Branding

from . import PageForm


class BrandingForm(PageForm):
    """Logo, colour and details."""

    logo = FileField(_l("Choose a logo"))
    logo_name = HiddenField()  # of the picture that becomes the logo
    logo_was = HiddenField()  # when the page was opened: another admin may have changed it since
    alt = StringField(_l("What the logo says"))
    colour = StringField(_l("Colour"))
    company = StringField(_l("Full name of the company"))
    address = TextAreaField(_l("Address"))
    phone = StringField(_l("Phone"))
    website = StringField(_l("Website"))

    def show(self, saved: Branding) -> None:
        """Fill in what is saved."""
        for name in FIELDS:
            self[name].data = getattr(saved, name)
        self.logo_name.data = self.logo_was.data = saved.logo

    @property
    def values(self) -> dict[str, str]:
        """What is typed, and the logo if it was changed."""
        found = {name: self[name].data or "" for name in FIELDS}
        logo = self.logo_name.data or ""
        return found if logo == (self.logo_was.data or "") else {**found, "logo": logo}
