"""The settings of the whole place, for admins: pages side by side, each a module with a blueprint of its own."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask_babel.speaklater import LazyString

from meetings.i18n import lazy_gettext as _l

from . import branding, general, meeting_types, privacy, properties, reminders


@dataclass(frozen=True)
class Page:
    """A page of the settings, as the tabs at its head name it."""

    endpoint: str
    label: LazyString
    blueprint: Blueprint


PAGES = (
    Page("settings.general.page", _l("General"), general.blueprint),
    Page("settings.branding.page", _l("Branding"), branding.blueprint),
    Page("settings.meeting_types.page", _l("Meeting types"), meeting_types.blueprint),
    Page("settings.reminders.page", _l("Reminders"), reminders.blueprint),
    Page("settings.privacy.page", _l("Privacy"), privacy.blueprint),
    Page("settings.properties.page", _l("Contact properties"), properties.blueprint),
)

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
for each in PAGES:
    blueprint.register_blueprint(each.blueprint)


@blueprint.context_processor
def tabs() -> dict[str, Any]:
    """What `settings/_nav.html` shows."""
    return {"settings_pages": PAGES}
