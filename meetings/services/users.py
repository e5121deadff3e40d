"""People of the team: making, changing and removing them; their pictures and API tokens."""

import io
import secrets as random_source
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import peewee
from flask import current_app
from PIL import Image, ImageOps, UnidentifiedImageError

from meetings import db
from meetings.domain import fields
from meetings.domain.fields import Field, Flaw
from meetings.errors import Forbidden, Invalid, NotFound, OwnsLinks
from meetings.models import ApiToken, Link, Member, Participant, Session, Slug, User
from meetings.models.links import DELETED
from meetings.models.users import ADMIN, GONE, MEMBER, ROLES
from meetings.secrets import new_token, token_hash

from . import outbox, passwords

PICTURE_SIDE = 192  # pixels of the stored square: twice what pages show, and light on a phone
SMALL_PICTURE = 6 * 1024  # bytes
PICTURE_PIXELS_MAX = 25_000_000  # a small file can hold a huge picture

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
    """Change some of a person's details. Only admins change others, roles and addresses. Raises Forbidden, Invalid."""
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
        if user.is_admin and person["role"] != ADMIN:
            _keep_an_admin(user, "role")
        try:
            with db.savepoint():  # only what changes: the rest may have been changed by somebody else since it was read
                User.update(**changed).where(User.id == user.id).execute()
        except peewee.IntegrityError as error:
            raise Invalid([Flaw("email", "email-taken")]) from error
        if "email" in changed:
            outbox.readdress(user, person["email"])
    return User.get_by_id(user.id)


def _keep_an_admin(user: User, field: str) -> None:
    """Raise Invalid if nobody else administers the instance: the first thing in the transaction that takes `user` out.

    The admins' rows are locked like hosts', so that two can't take each other out at once.
    """
    admins = User.select().where(User.role == ADMIN, User.is_active)
    db.lock(admin.id for admin in admins)
    if not admins.where(User.id != user.id).exists():
        raise Invalid([Flaw(field, "last-admin")])


def set_active(actor: User, user: User, *, is_active: bool) -> None:
    """Let a user in, or keep them out: their sessions end, they can't be booked. Raises Forbidden, Invalid."""
    if not actor.is_admin:
        raise Forbidden
    with db.transaction():
        if user.is_admin and not is_active:
            _keep_an_admin(user, "is_active")
        User.update(is_active=is_active).where(User.id == user.id).execute()
        if not is_active:
            Session.delete().where(Session.user == user).execute()


def delete(actor: User, user: User, *, delete_links: bool = False) -> None:
    """Remove a user. Who has bookings is kept as a name on them, but can't sign in or be met any more.

    Raises Forbidden, Invalid (the last admin), OwnsLinks unless the links they organize go as well.
    """
    if not actor.is_admin:
        raise Forbidden
    with db.transaction():
        if user.is_admin:
            _keep_an_admin(user, "role")
        owned = list(Link.select().where(Link.organizer == user, Link.status != DELETED).order_by(Link.slug))
        if owned and not delete_links:
            raise OwnsLinks([link.slug for link in owned])
        for link in owned:
            retire_link(link)
        Member.delete().where(Member.user == user).execute()
        _remove(user)
    set_picture(user, None)


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
    for table in (Session, ApiToken):
        table.delete().where(table.user == user).execute()
    User.update(is_active=False, role=MEMBER, password_hash=None, email=f"deleted-{user.id}{GONE}").where(
        User.id == user.id
    ).execute()


# -- pictures


def pictures_dir() -> Path:
    """The folder of users' pictures."""
    folder: Path = current_app.config["DATA_DIR"] / "pictures"
    return folder


def set_picture(user: User, content: bytes | None) -> None:
    """Keep a picture, re-encoded as a square without anything else the file held; None removes it. Raises Invalid."""
    name = None if content is None else f"{user.id}-{random_source.token_hex(8)}.webp"
    if name is not None and content is not None:
        pictures_dir().mkdir(mode=0o700, parents=True, exist_ok=True)
        (pictures_dir() / name).write_bytes(_square(content))
    former = user.picture
    with db.transaction():
        User.update(picture=name).where(User.id == user.id).execute()
    user.picture = name
    if former:
        (pictures_dir() / former).unlink(missing_ok=True)


def _square(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > PICTURE_PIXELS_MAX:
                raise Invalid([Flaw("picture", "not-a-picture")])
            upright = ImageOps.exif_transpose(opened).convert("RGB")
            square = ImageOps.fit(upright, (PICTURE_SIDE, PICTURE_SIDE))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Invalid([Flaw("picture", "not-a-picture")]) from error
    target = io.BytesIO()
    square.save(target, "WEBP", quality=82, method=6)
    return target.getvalue()


@lru_cache(maxsize=256)
def small_picture(name: str) -> bytes | None:
    """A picture that is light enough to travel inside a page; None for a heavier one, or one that is gone."""
    path = pictures_dir() / name
    with suppress(OSError):
        return path.read_bytes() if path.stat().st_size <= SMALL_PICTURE else None
    return None


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
