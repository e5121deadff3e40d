"""Making links and changing them, whole or by section."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from meetings import db
from meetings.domain import link as link_document
from meetings.domain.fields import Flaw, email_key
from meetings.domain.link import Surroundings
from meetings.errors import Busy, Conflict, Invalid, OrganizerFixed
from meetings.models import Link, User
from meetings.models.links import LIVE

from .. import link_history, reminder_defaults
from . import slugs
from .documents import document
from .writing import columns_of, hold_people, insert, organizer_of, save, surroundings, team_of, write_team

MERGE_TRIES = 5  # times that a patch is merged anew because others changed the link meanwhile


def create(
    actor: User, document: Mapping[str, Any], now: datetime, *, status: str = LIVE, like: Link | None = None
) -> Link:
    """Make a link from a whole document. Raises Invalid, DuplicateSlug, Forbidden (organizing for others).

    `like`: the link that it is a copy of, whose meeting type and picture it may have although they are gone.
    """
    organizer, organizer_flaws = organizer_of(actor, document)
    document = reminder_defaults.given_to(document)
    clean, flaws = link_document.check(document, surroundings(organizer, like))
    team, team_flaws = team_of(clean, organizer) if not flaws else ([], [])
    if problems := [*flaws, *organizer_flaws, *team_flaws]:
        raise Invalid(problems)
    with db.transaction():
        hold_people(team, organizer)
        link = insert(organizer, clean, status, now)
        write_team(link, team)
        link_history.began(actor, link, now)
    return link


def update(actor: User, link: Link, patch: Mapping[str, Any], now: datetime, *, version: int | None = None) -> Link:
    """Change what a merge patch says. Raises Invalid, DuplicateSlug, OrganizerFixed, Conflict (another `version`).

    Without a version, what others change meanwhile is merged with: the patch is held against the link as it then is.
    """
    if version is not None:
        return _update(actor, link, patch, now, version)
    for _ in range(MERGE_TRIES):
        try:
            return _update(actor, link, patch, now, link.version)
        except Conflict:
            link = Link.get_by_id(link.id)
    raise Busy


def _update(actor: User, link: Link, patch: Mapping[str, Any], now: datetime, version: int) -> Link:
    clean, team, problems = _patched(link, patch, document(link), surroundings(link.organizer, link))
    if problems:
        raise Invalid(problems)
    with db.transaction():
        hold_people(team)
        with link_history.changing(actor, link, now):
            save(actor, link, columns_of(clean), now, version)
            slugs.claim(link, clean["scheduling"]["slug"])
            write_team(link, team)
    return Link.get_by_id(link.id)


def _patched(
    link: Link, patch: Mapping[str, Any], present: Mapping[str, Any], around: Surroundings
) -> tuple[dict[str, Any], list[dict[str, Any]], list[Flaw]]:
    """The document that a patch makes of the present one, the team's rows, and what is wrong with them."""
    merged = link_document.merge_patch(present, patch)
    if _names_other_organizer(merged, link):
        raise OrganizerFixed
    clean, flaws = link_document.check(merged, around, kind=link.kind)
    if flaws:
        return clean, [], flaws
    return clean, *team_of(clean, link.organizer, {member["user"] for member in present["team"]})


def judge(link: Link) -> Callable[[Mapping[str, Any]], list[Flaw]]:
    """What would be wrong with a patch of the link as it stands; several are judged by the same queries."""
    present, around = document(link), surroundings(link.organizer, link)
    return lambda patch: _patched(link, patch, present, around)[2]


def _names_other_organizer(merged: Mapping[str, Any], link: Link) -> bool:
    overview = merged.get("overview")
    email = overview.get("organizer") if isinstance(overview, Mapping) else None
    return isinstance(email, str) and email_key(email) != link.organizer.email


def save_section(
    actor: User, link: Link, section: str, values: Any, now: datetime, *, version: int | None = None
) -> Link:
    """Save one step of the wizard, forget what was kept unsaved of it. Judges only this section; raises as `update`."""
    clean, flaws = link_document.check_section(section, values, link.kind, surroundings(link.organizer, link))
    if flaws:
        raise Invalid(flaws)
    if section == "team":
        return _save_team(actor, link, clean, now, version)
    columns: dict[str, Any] = {section: {name: value for name, value in clean.items() if name != "organizer"}}
    if section == "overview":
        columns["internal_name"] = clean["internal_name"]
    if section == "scheduling":
        columns["slug"] = clean["slug"]
    columns["unsaved"] = _unsaved_but(link, section)
    with db.transaction(), link_history.changing(actor, link, now):
        save(actor, link, columns, now, version)
        if section == "scheduling":
            slugs.claim(link, clean["slug"])
    return Link.get_by_id(link.id)


def _save_team(actor: User, link: Link, clean: list[dict[str, Any]], now: datetime, version: int | None) -> Link:
    team, flaws = _rows_of(link, clean)
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        hold_people(team)
        with link_history.changing(actor, link, now):
            save(actor, link, {"unsaved": _unsaved_but(link, "team")}, now, version)
            write_team(link, team)
    return Link.get_by_id(link.id)


def _unsaved_but(link: Link, section: str) -> dict[str, Any]:
    return {step: kept for step, kept in link.unsaved.items() if step != section}


def team_flaws(link: Link, clean: Mapping[str, Any]) -> list[Flaw]:
    """What is wrong with the team of a clean document that only the users know: who they are, what they have."""
    return _rows_of(link, clean["team"])[1]


def _rows_of(link: Link, team: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Flaw]]:
    present = {member["user"] for member in document(link)["team"]}
    return team_of({"kind": link.kind, "team": team}, link.organizer, present)
