"""Forms of the whole place and of its people."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from meetings.i18n import gettext as _
from meetings.i18n import lazy_gettext as _l
from meetings.models import User
from meetings.services.leaving import Choices, Contacts, Links, Meetings

from . import PageForm


class TeamForm(PageForm):
    """What the team calls itself."""

    team_name = StringField(_l("Name of the team"))


class CalendarsForm(PageForm):
    """What is asked of everybody's calendars."""

    is_required = BooleanField(_l("Require connected calendars"))


class PersonForm(PageForm):
    """A person of the team, as an admin sees them."""

    name = StringField(_l("Name"))
    email = StringField(_l("E-mail"))
    job_title = StringField(_l("Line under the name"))
    role = SelectField(_l("Role"), validate_choice=False)
    timezone = SelectField(_l("Time zone"), validate_choice=False)
    locale = SelectField(_l("Language"), validate_choice=False)


_Way = TypeVar("_Way", bound=StrEnum)


class LeavingForm(PageForm):
    """What becomes of everything that somebody leaves behind."""

    transfer_to = SelectField(_l("Who takes over"), validate_choice=False)
    links = RadioField(_l("Links"), validate_choice=False)
    meetings = RadioField(_l("Meetings to come"), validate_choice=False)
    cancel_rest = BooleanField(_l("Cancel what can’t be handed over"))
    contacts = RadioField(_l("Contacts and companies"), validate_choice=False)

    def choices(self) -> Choices:
        """What was chosen; where nothing was, everything is kept, and whoever is removed has to be asked again."""
        return Choices(
            links=_way(Links, self.links.data, Links.KEEP),
            meetings=_way(Meetings, self.meetings.data, Meetings.KEEP),
            contacts=_way(Contacts, self.contacts.data, Contacts.KEEP),
            transfer_to=self.transfer_to.data or "",
            cancel_rest=bool(self.cancel_rest.data),
        )

    def offer(self, people: Sequence[tuple[User, bool]], *, is_final: bool) -> None:
        """The ways to choose from: to anybody of these; who is only deactivated may keep everything."""
        self.transfer_to.choices = [
            ("", _("Choose a person")),
            *((user.email, _named(user, is_lacking=lacks)) for user, lacks in people),
        ]
        keep = not is_final
        self.links.choices = [
            *([(Links.KEEP, _("Keep. The pages take no bookings where nobody else is met."))] if keep else []),
            *([(Links.TRANSFER, _("Give to whoever takes over. The addresses stay."))] if people else []),
            *([] if keep else [(Links.DELETE, _("Delete. The addresses stop working."))]),
        ]
        self.meetings.choices = [
            *([(Meetings.KEEP, _("Keep as they are. Somebody has to be there."))] if keep else []),
            *([(Meetings.HAND_OVER, _("Hand over to whoever takes over, where they are free."))] if people else []),
            (Meetings.CANCEL, _("Cancel. Everybody gets a mail.")),
        ]
        self.contacts.choices = [
            *([(Contacts.KEEP, _("Keep. Until the person is back, they count as nobody’s."))] if keep else []),
            *([(Contacts.TRANSFER, _("Give to whoever takes over."))] if people else []),
            (Contacts.RELEASE, _("Leave without an owner.")),
        ]


def _way(ways: type[_Way], chosen: str | None, otherwise: _Way) -> _Way:
    return next((way for way in ways if way == chosen), otherwise)


def _named(user: User, *, is_lacking: bool) -> str:
    return _("%(name)s (no connected calendar)", name=user.name) if is_lacking else user.name


class PropertyForm(PageForm):
    """Something that can be known of contacts."""

    label = StringField(_l("Name"))
    kind = SelectField(_l("How it is answered"), validate_choice=False)
    options = TextAreaField(_l("Choices, one to a line"))
