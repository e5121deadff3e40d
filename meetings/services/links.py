"""Making and changing scheduling links. The document's rules are in domain/link.py, for wizard and API alike."""

import logging
import secrets as random_source
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import peewee
from flask import current_app

from meetings import db
from meetings.domain import link as link_document
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw, email_key
from meetings.domain.link import Surroundings
from meetings.domain.sections import INTERNAL_NAME_MAX
from meetings.errors import Busy, Conflict, DuplicateSlug, Forbidden, Invalid, OrganizerFixed
from meetings.models import Link, Member, Slug, User
from meetings.models.links import DRAFT, LIVE, OFF

from . import access, users

log = logging.getLogger(__name__)

ROW_VERSIONS = 2**31  # no row reaches it; a form may claim anything
SLUG_TRIES = 20  # suggestions tried before a random ending is taken
MERGE_TRIES = 5  # times that a patch is merged anew because others changed the link meanwhile
MADE_UP_SLUG = "draft-"  # how the address of a draft begins until one is chosen


def create(actor: User, document: Mapping[str, Any], now: datetime, *, status: str = LIVE) -> Link:
    """Make a link from a whole document. Raises Invalid, DuplicateSlug, Forbidden (organizing for others)."""
    organizer, organizer_flaws = _organizer(actor, document)
    clean, flaws = link_document.check(document, _surroundings(organizer))
    team, team_flaws = _team(clean, organizer) if not flaws else ([], [])
    if problems := [*flaws, *organizer_flaws, *team_flaws]:
        raise Invalid(problems)
    with db.transaction():
        link = _insert(organizer, clean, status, now)
        _write_team(link, team)
    return link


def _organizer(actor: User, document: Mapping[str, Any]) -> tuple[User, list[Flaw]]:
    """Who will own the link: the actor, or whom an admin names."""
    overview = document.get("overview")
    email = overview.get("organizer") if isinstance(overview, Mapping) else None
    if not isinstance(email, str) or email_key(email) == actor.email:
        return actor, []
    if not actor.is_admin:
        raise Forbidden
    user = access.user_by_email(email)
    if user is None or not user.is_active:
        return actor, [Flaw("overview.organizer", "unknown-user")]
    return user, []


def _surroundings(organizer: User) -> Surroundings:
    return Surroundings(timezone=organizer.timezone, organizer=organizer.email, languages=current_app.config["LOCALES"])


def _team(
    clean: Mapping[str, Any], organizer: User, present: Collection[str] = ()
) -> tuple[list[dict[str, Any]], list[Flaw]]:
    """The members as rows; a group's organizer is added if missing. Who is kept out may stay (`present`), not join."""
    rows: list[dict[str, Any]] = []
    flaws: list[Flaw] = []
    if clean["kind"] == Kind.INDIVIDUAL:
        return rows, flaws
    for index, member in enumerate(clean["team"]):
        user = access.user_by_email(member["user"])
        if user is None or not (user.is_active or user.email in present):
            flaws.append(Flaw(f"team.{index}.user", "unknown-user"))
            continue
        rows.append({"user": user, "check_availability": member["check_availability"], "weight": member["weight"]})
    if clean["kind"] == Kind.GROUP and organizer.id not in {row["user"].id for row in rows}:
        rows.insert(0, {"user": organizer, "check_availability": True, "weight": 1})
    return rows, flaws


def _insert(organizer: User, clean: Mapping[str, Any], status: str, now: datetime) -> Link:
    link = Link.create(
        kind=clean["kind"],
        status=status,
        organizer=organizer,
        created_at=now,
        updated_at=now,
        **_columns(clean),
    )
    _claim_slug(link, link.slug)
    return link


def _columns(clean: Mapping[str, Any]) -> dict[str, Any]:
    """The document as the link's row keeps it; the organizer has a column of its own."""
    overview = {name: value for name, value in clean["overview"].items() if name != "organizer"}
    return {
        "internal_name": overview["internal_name"],
        "slug": clean["scheduling"]["slug"],
        "overview": overview,
        "scheduling": clean["scheduling"],
        "automation": clean["automation"],
    }


def _claim_slug(link: Link, slug: str) -> None:
    """Take an address. One that this link had before is taken back; another link's is refused."""
    try:
        with db.savepoint():
            Slug.create(key=slug.lower(), link=link)
    except peewee.IntegrityError as error:
        if not Slug.select().where(Slug.key == slug.lower(), Slug.link == link).exists():
            raise DuplicateSlug(slug=slug) from error


def _write_team(link: Link, team: Sequence[Mapping[str, Any]]) -> None:
    kept = [member["user"].id for member in team]
    Member.delete().where(Member.link == link, Member.user.not_in(kept)).execute()
    for position, member in enumerate(team):
        Member.insert(link=link, position=position, **member).on_conflict(
            conflict_target=[Member.link, Member.user],
            preserve=[Member.check_availability, Member.weight, Member.position],
        ).execute()


def document(link: Link) -> dict[str, Any]:
    """The whole link document, as the API prints it and `create` takes it."""
    return documents([link])[0]


def documents(links: Sequence[Link]) -> list[dict[str, Any]]:
    """The documents of several links; their members come by one query."""
    teams: dict[int, list[dict[str, Any]]] = {link.id: [] for link in links}
    members = Member.select(Member, User).join(User).where(Member.link.in_(list(links)))
    for member in members.order_by(Member.position, Member.id):
        teams[member.link_id].append(
            {"user": member.user.email, "check_availability": member.check_availability, "weight": member.weight}
        )
    return [
        {
            "kind": link.kind,
            "overview": {**link.overview, "organizer": link.organizer.email},
            "team": teams[link.id],
            "scheduling": link.scheduling,
            "automation": link.automation,
        }
        for link in links
    ]


# -- changing


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
    present = document(link)
    merged = link_document.merge_patch(present, patch)
    if _names_other_organizer(merged, link):
        raise OrganizerFixed
    clean, flaws = link_document.check(merged, _surroundings(link.organizer), kind=link.kind)
    members = {member["user"] for member in present["team"]}
    team, team_flaws = _team(clean, link.organizer, members) if not flaws else ([], [])
    if problems := [*flaws, *team_flaws]:
        raise Invalid(problems)
    with db.transaction():
        _save(actor, link, _columns(clean), now, version)
        _claim_slug(link, clean["scheduling"]["slug"])
        _write_team(link, team)
    return Link.get_by_id(link.id)


def transfer(actor: User, slugs: Sequence[str], email: str, now: datetime) -> list[Link]:
    """Give links to another organizer, all of them or none. Addresses stay; meetings keep who holds them.

    In a group the new organizer takes the former one's place. Raises Forbidden for members, Invalid.
    """
    if not actor.is_admin:
        raise Forbidden
    organizer = access.user_by_email(email)
    flaws = [] if organizer is not None and organizer.is_active else [Flaw("organizer", "unknown-user")]
    found = [Link.by_slug(slug) for slug in slugs]
    flaws += [Flaw(f"slugs.{index}", "unknown-link") for index, link in enumerate(found) if link is None]
    if flaws or organizer is None:
        raise Invalid(flaws)
    links = {link.id: link for link in found if link is not None}
    with db.transaction():
        for link in links.values():
            _hand_over(actor, link, organizer, now)
    return [Link.get_by_id(link_id) for link_id in links]


def _hand_over(actor: User, link: Link, organizer: User, now: datetime) -> None:
    former = link.organizer_id
    _save(actor, link, {"organizer": organizer}, now, None)
    if link.kind != Kind.GROUP or former == organizer.id:
        return
    theirs = Member.select().where(Member.link == link)
    if theirs.where(Member.user == organizer).exists():
        Member.delete().where(Member.link == link, Member.user == former).execute()
    elif not Member.update(user=organizer).where(Member.link == link, Member.user == former).execute():
        Member.create(link=link, user=organizer, position=theirs.count())


def _names_other_organizer(merged: Mapping[str, Any], link: Link) -> bool:
    overview = merged.get("overview")
    email = overview.get("organizer") if isinstance(overview, Mapping) else None
    return isinstance(email, str) and email_key(email) != link.organizer.email


def save_section(
    actor: User, link: Link, section: str, values: Mapping[str, Any], now: datetime, *, version: int | None = None
) -> Link:
    """Save one step of the wizard, forget what was kept unsaved of it. Judges only this section; raises as `update`."""
    clean, flaws = link_document.check_section(section, values, link.kind, _surroundings(link.organizer))
    if flaws:
        raise Invalid(flaws)
    columns: dict[str, Any] = {section: {name: value for name, value in clean.items() if name != "organizer"}}
    if section == "overview":
        columns["internal_name"] = clean["internal_name"]
    if section == "scheduling":
        columns["slug"] = clean["slug"]
    columns["unsaved"] = {step: kept for step, kept in link.unsaved.items() if step != section}
    with db.transaction():
        _save(actor, link, columns, now, version)
        if section == "scheduling":
            _claim_slug(link, clean["slug"])
    return Link.get_by_id(link.id)


def _save(actor: User, link: Link, columns: Mapping[str, Any], now: datetime, version: int | None) -> None:
    changed = Link.update(**columns, version=Link.version + 1, updated_at=now).where(Link.id == link.id)
    if version is not None:
        if not 0 < version < ROW_VERSIONS:
            raise Conflict(reason="changed")
        changed = changed.where(Link.version == version)
    if not changed.execute():
        raise Conflict(reason="changed")
    log.info("link %s: %s changed %s", link.id, actor.email, ", ".join(columns))


# -- drafts


def start_draft(actor: User, kind: str, now: datetime) -> Link:
    """A new link with nothing said yet, at a made-up address, that nobody can book."""
    clean = link_document.defaults(kind, actor.timezone)
    clean["overview"]["internal_name"] = ""
    clean["scheduling"]["slug"] = f"{MADE_UP_SLUG}{random_source.token_hex(6)}"
    with db.transaction():
        link = _insert(actor, clean, DRAFT, now)
        team, _ = _team(clean, actor)
        _write_team(link, team)
    return link


def nameless_draft(actor: User, kind: str) -> Link | None:
    """A draft that the actor began and gave no name yet: to go on with instead of beginning another."""
    return Link.get_or_none(Link.organizer == actor, Link.kind == kind, Link.status == DRAFT, Link.internal_name == "")


def has_made_up_slug(link: Link) -> bool:
    """Whether nobody has chosen the address yet."""
    return link.status == DRAFT and link.slug.startswith(MADE_UP_SLUG)


def set_organizer(actor: User, draft: Link, email: str) -> None:
    """Choose for whom a draft is made; fixed once the link exists. Raises Forbidden, Invalid, OrganizerFixed."""
    if email_key(email) == draft.organizer.email:
        return
    if draft.status != DRAFT:
        raise OrganizerFixed
    organizer, flaws = _organizer(actor, {"overview": {"organizer": email}})
    if flaws:
        raise Invalid(flaws)
    with db.transaction():
        Link.update(organizer=organizer).where(Link.id == draft.id).execute()
    draft.organizer = organizer


def keep_unsaved(link: Link, step: str, values: Mapping[str, Any]) -> None:
    """Keep what was typed in a step and can't be saved yet, so that coming back loses nothing."""
    _write_unsaved(link, {**link.unsaved, step: dict(values)})


def forget_unsaved(link: Link, step: str) -> None:
    """Drop what `keep_unsaved` kept of a step."""
    if step in link.unsaved:
        _write_unsaved(link, {name: kept for name, kept in link.unsaved.items() if name != step})


def _write_unsaved(link: Link, unsaved: Mapping[str, Any]) -> None:
    with db.transaction():
        Link.update(unsaved=unsaved).where(Link.id == link.id).execute()
    link.unsaved = dict(unsaved)


def is_slug_free(link: Link | None, slug: str) -> bool:
    """Whether a link may have this address: nobody else has or had it."""
    taken = Slug.select().where(Slug.key == slug.lower())
    if link is not None:
        taken = taken.where(Slug.link != link)
    return not taken.exists()


def suggest_slug(link: Link | None, name: str) -> str:
    """A free address made from a name."""
    base = link_document.slug_from(name) or "meeting"
    candidates = [base, *(f"{base[:60]}-{number}" for number in range(2, SLUG_TRIES))]
    free = (slug for slug in candidates if is_slug_free(link, slug))
    return next(free, f"{base[:50]}-{random_source.token_hex(4)}")


# -- life


def publish(actor: User, link: Link, now: datetime) -> Link:
    """Make a draft bookable; a live link stays as it is. Raises Invalid if a section isn't complete."""
    _clean, flaws = link_document.check(document(link), _surroundings(link.organizer), kind=link.kind)
    if flaws:
        raise Invalid(flaws)
    return _set_status(actor, link, LIVE, now)


def switch_off(actor: User, link: Link, now: datetime) -> Link:
    """Stop offering times; the page says so. Drafts stay drafts."""
    return _set_status(actor, link, OFF, now) if link.status == LIVE else link


def switch_on(actor: User, link: Link, now: datetime) -> Link:
    """Offer times again."""
    return _set_status(actor, link, LIVE, now) if link.status == OFF else link


def _set_status(actor: User, link: Link, status: str, now: datetime) -> Link:
    with db.transaction():
        _save(actor, link, {"status": status}, now, None)
    return Link.get_by_id(link.id)


def delete(actor: User, link: Link) -> None:
    """Take a link away and free its addresses. Meetings that were booked through it take place."""
    with db.transaction():
        users.retire_link(link)
    log.info("link %s: deleted by %s", link.id, actor.email)


def duplicate(actor: User, link: Link, name: str, now: datetime) -> Link:
    """A draft like `link` under the given name, cut to fit, at an address of its own, organized by the actor."""
    copy = document(link)
    copy["overview"] = {**copy["overview"], "internal_name": name[:INTERNAL_NAME_MAX].strip(), "organizer": actor.email}
    copy["scheduling"] = {**copy["scheduling"], "slug": suggest_slug(None, link.slug)}
    return create(actor, copy, now, status=DRAFT)
