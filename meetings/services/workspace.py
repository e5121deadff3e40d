"""Settings of the whole instance that admins make on screen."""

from meetings import db
from meetings.domain import fields
from meetings.domain.fields import Flaw
from meetings.errors import Invalid
from meetings.models import Setting, User
from meetings.models.workspace import TEAM_NAME

from .access import require_admin

TEAM_NAME_MAX = 80


def team_name_flaws(name: object) -> tuple[str, list[Flaw]]:
    """The team's name made tidy, and what is wrong with it."""
    tidy, flaws = fields.text(TEAM_NAME_MAX)(name, "team_name")
    return tidy or "", flaws or ([] if tidy else [Flaw("team_name", "required")])


def write_setting(name: str, value: object) -> None:
    """Keep one setting; the caller holds the transaction."""
    Setting.insert(name=name, value=value).on_conflict(
        conflict_target=[Setting.name], preserve=[Setting.value]
    ).execute()


def rename_team(actor: User, name: str) -> None:
    """Change what the team calls itself. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    tidy, flaws = team_name_flaws(name)
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        write_setting(TEAM_NAME, tidy)
