"""The reminders that new links begin with: one list for the whole workspace. Links that are there keep their own."""

from collections.abc import Mapping
from typing import Any, Final

from meetings import db
from meetings.domain.sections import check_reminders
from meetings.errors import Invalid
from meetings.models import Setting, User

from .access import require_admin
from .workspace import write_setting

REMINDERS: Final = "reminders"


def current() -> list[dict[str, Any]]:
    """What new links begin with."""
    return list(Setting.read(REMINDERS, []))


def change(actor: User, reminders: object) -> list[dict[str, Any]]:
    """Let new links begin with these. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    clean, flaws = check_reminders(reminders, REMINDERS)
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        write_setting(REMINDERS, clean)
    return list(clean)


def given_to(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A new link's document; if it says nothing of reminders, with those of the workspace."""
    automation = document.get("automation")
    if automation is None:
        automation = {}
    if not isinstance(automation, Mapping) or automation.get(REMINDERS) is not None or not (usual := current()):
        return document
    return {**document, "automation": {**automation, REMINDERS: usual}}
