"""People of the team: making, changing and removing them; their pictures and API tokens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import peewee
from flask import current_app

from meetings import db
from meetings.domain import fields
from meetings.domain.fields import Field, Flaw
from meetings.errors import Forbidden, Invalid, NotFound
from meetings.models import (
    ApiToken,
    BusyTime,
    Company,
    Contact,
    ContactFile,
    DayOff,
    Link,
    Member,
    Participant,
    PasswordLink,
    Schedule,
    Session,
    Slug,
    User,
)
from meetings.models.links import DELETED
from meetings.models.users import ADMIN, GONE, MEMBER, ROLES
from meetings.secrets import new_token, token_hash

from . import link_history, outbox, passwords, pictures
from .access import require_admin

PERSON = {
    "email": Field(fields.email, required=True),
    "name": Field(fields.text(120), required=True),
    "timezone": Field(fields.zone_name, default="UTC"),
    "locale": Field(fields.language, default="en"),
    "role": Field(fields.choice(*ROLES), default=MEMBER),
    "job_title": Field(fields.text(120), default=""),
}
_check = fields.record(PERSON)


def check_person(values: Mapping[str, object]) -> tuple[dict[str, Any], list[Flaw]]:
    """A person's details made clean, and what is wrong with them."""
    clean, flaws = _check(values, "")
    if clean.get("email"):
        clean["email"] = fields.email_key(clean["email"])
    if clean.get("locale") and clean["locale"] not in current_app.config["LOCALES"]:
        flaws = [*flaws, Flaw("locale", "not-a-language")]
    return clean, flaws


def insert(person: Mapping[str, Any], password_hash: str | None, now: datetime) -> User:
    """Write a user; the caller holds the transaction. Raises Invalid if the address is another's."""
    try:
        with db.savepoint():
            return User.create(**person, password_hash=password_hash, created_at=now)
    except peewee.IntegrityError as error:
        raise Invalid([Flaw("email", "email-taken")]) from error


def create(
    actor: User | None, values: Mapping[str, object], now: datetime, *, password: str | None = None
) -> tuple[User, str | None]:
    """Make a user, active at once. Without a password, the second value is a one-time set-password address.

    `actor` is None for the command line. With an actor the address is also mailed. Raises Forbidden, Invalid.
    """
    if actor is not None and not actor.is_admin:
        raise Forbidden
    person, flaws = check_person(values)
    if password is not None:
        flaws = [*flaws, *passwords.flaws_of(password, person)]
    if flaws:
        raise Invalid(flaws)
    hashed = passwords.make_hash(password) if password is not None else None
    with db.transaction():
        user = insert(person, hashed, now)
        if password is not None:
            return user, None
        url = passwords.new_link(user, now, passwords.INVITATION_LASTS)
        if actor is not None:
            passwords.queue_invitation(actor, user, url, now)
    return user, url


def update(actor: User, user: User, values: Mapping[str, object]) -> User:
    """Change some of a person's details. Only admins change others, roles and addresses.

    Raises Forbidden, Invalid, NotFound for who is removed by now.
    """
    if not actor.is_admin and (actor.id != user.id or {"role", "email"} & values.keys()):
        raise Forbidden
    present = {name: getattr(user, name) for name in PERSON}
    person, flaws = check_person({**present, **values})
    if flaws:
        raise Invalid(flaws)
    changed = {name: person[name] for name in values if person[name] != present[name]}
    if not changed:
        return user
    with db.transaction():
        if person["role"] != ADMIN:
            keep_an_admin(user, "role")
        try:
            with db.savepoint():  # only what changes: the rest may have been changed by somebody else since it was read
                if not _write(user, changed):
                    raise NotFound
        except peewee.IntegrityError as error:
            raise Invalid([Flaw("email", "email-taken")]) from error
        if "email" in changed:
            outbox.readdress(user, person["email"])
    return User.get_by_id(user.id)


def keep_an_admin(user: User, field: str) -> None:
    """Raise Invalid if without `user` nobody administers the instance: the first thing in the transaction that does it.

    The admins' rows are locked like hosts', so that two can't take each other out at once.
    """
    if not user.is_admin:
        return
    admins = User.select().where(User.role == ADMIN, User.is_active)
    db.lock(admin.id for admin in admins)
    if not admins.where(User.id != user.id).exists():
        raise Invalid([Flaw(field, "last-admin")])


def set_active(actor: User, user: User, *, is_active: bool) -> None:
    """Let a user in, or keep them out: sessions and tokens end, they can't be booked.

    Raises Forbidden, Invalid, NotFound for who is removed by now.

    What they would leave behind is for `leaving.deactivate`, which ends with this.
    """
    require_admin(actor)
    with db.transaction():
        if not is_active:
            keep_an_admin(user, "active")
        if not _write(user, {"is_active": is_active}):
            raise NotFound
        if not is_active:
            _end_access(user)


def _write(user: User, values: Mapping[str, Any]) -> bool:
    """Change a person, unless somebody removed them meanwhile: who is gone doesn't come back by halves."""
    return bool(User.update(**values).where(User.id == user.id, ~User.email.endswith(GONE)).execute())


def _end_access(user: User) -> None:
    for table in (Session, ApiToken, PasswordLink):
        table.delete().where(table.user == user).execute()


def take_out(actor: User, user: User, now: datetime) -> None:
    """Remove a user, the links that they still organize and their places in teams. The caller holds the transaction.

    Who has bookings is kept as a name on them, but can't sign in or be met any more. What they would leave behind is
    for `leaving.delete`, which ends with this, and removes the picture afterwards.
    """
    for link in _organized(user):
        with link_history.changing(actor, link, now):
            retire_link(link)
    _take_from_teams(actor, user, now)
    _remove(user)


def _organized(user: User) -> list[Link]:
    return list(Link.select().where(Link.organizer == user, Link.status != DELETED).order_by(Link.slug))


def _take_from_teams(actor: User, user: User, now: datetime) -> None:
    for link in Link.select().join(Member).where(Member.user == user, Link.status != DELETED):
        with link_history.changing(actor, link, now):
            Member.delete().where(Member.user == user, Member.link == link).execute()
            Link.update(version=Link.version + 1, updated_at=now).where(Link.id == link.id).execute()
    Member.delete().where(Member.user == user).execute()


def retire_link(link: Link) -> None:
    """Take a link away and free its addresses; its bookings stay. The caller holds the transaction."""
    Link.update(status=DELETED, version=Link.version + 1).where(Link.id == link.id).execute()
    Slug.delete().where(Slug.link == link).execute()


def _remove(user: User) -> None:
    is_needed = (
        Participant.select().where(Participant.host == user).exists()
        or Link.select().where(Link.organizer == user).exists()
    )
    if not is_needed:
        User.delete().where(User.id == user.id).execute()
        return
    _end_access(user)
    for table in (DayOff, Schedule, BusyTime, ContactFile):
        table.delete().where(table.user == user).execute()
    for owned in (Contact, Company):
        owned.update(owner=None).where(owned.owner == user).execute()
    forgotten: dict[str, Any] = {"password_hash": None, "picture": None, "holidays": ""}
    gone = User.update(is_active=False, role=MEMBER, email=f"deleted-{user.id}{GONE}", **forgotten)
    gone.where(User.id == user.id).execute()


# -- pictures


def set_picture(user: User, content: bytes | None, now: datetime) -> None:
    """Keep a picture of a person; None removes it. Raises Invalid."""
    name = None if content is None else pictures.keep(content, user, now, pictures.FACE).name
    former = user.picture
    with db.transaction():
        User.update(picture=name).where(User.id == user.id).execute()
    user.picture = name
    if former:
        pictures.remove(former)


# -- API tokens


def api_token(user: User, name: str, now: datetime) -> str:
    """A new bearer token of the API with the user's rights; this is the only time it is seen."""
    token = new_token()
    with db.transaction():
        ApiToken.create(user=user, name=name[:120], token_hash=token_hash(token), created_at=now)
    return token


def api_tokens(user: User) -> list[ApiToken]:
    """A user's tokens, the latest first; what they are is not known any more."""
    return list(ApiToken.select().where(ApiToken.user == user).order_by(ApiToken.id.desc()))


def revoke_api_token(user: User, token_id: int) -> None:
    """Make one of a user's own tokens worthless. Raises NotFound."""
    with db.transaction():
        if not ApiToken.delete().where(ApiToken.id == token_id, ApiToken.user == user).execute():
            raise NotFound


def user_by_api_token(token: str) -> User | None:
    """Whose token this is; None for an unknown one or a deactivated user."""
    found = (
        ApiToken.select(ApiToken, User)
        .join(User)
        .where(ApiToken.token_hash == token_hash(token), User.is_active)
        .first()
    )
    return None if found is None else found.user
