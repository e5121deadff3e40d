"""Signing in and out; the sessions of a user, which can be seen and revoked."""

from contextlib import suppress
from datetime import datetime, timedelta

from meetings import db
from meetings.domain.fields import email_key
from meetings.errors import Busy, NotFound, Unauthorized
from meetings.models import Session, User
from meetings.secrets import new_token, token_hash

from . import attempts, passwords

SESSION_LASTS = timedelta(days=30)
SESSION_LASTS_SHORT = timedelta(hours=12)  # without "stay signed in"
SEEN_EVERY = timedelta(minutes=10)  # how often a session's last use is written


def sign_in(
    email: str, password: str, *, address: str, device: str, now: datetime, stays: bool = True
) -> tuple[User, str]:
    """Check a password and open a session; returns the user and the session's token.

    Raises Unauthorized, the same and as slowly whoever it was; RateLimited after too many failures.
    """
    email = email_key(email)
    mine, whole_address = f"sign-in:{email}:{address}", f"sign-in:{address}"
    attempts.refuse_after(mine, attempts.PER_ACCOUNT, now)
    attempts.refuse_after(whole_address, attempts.PER_ADDRESS, now)
    user = User.get_or_none(User.email == email, User.is_active)
    if not passwords.is_password(user, password) or user is None:
        attempts.note([mine, whole_address], now)
        raise Unauthorized
    with db.transaction():
        attempts.forgive(mine)
        token = insert_session(user, device, now, stays=stays)
    return user, token


def open_session(user: User, *, device: str, now: datetime) -> str:
    """Sign a user in who has just proved who they are in another way; returns the session's token."""
    with db.transaction():
        return insert_session(user, device, now, stays=True)


def insert_session(user: User, device: str, now: datetime, *, stays: bool) -> str:
    """Write a session and return its token; the caller holds the transaction."""
    token = new_token()
    lasts = SESSION_LASTS if stays else SESSION_LASTS_SHORT
    Session.create(
        user=user,
        token_hash=token_hash(token),
        device=device[:200],
        created_at=now,
        seen_at=now,
        expires_at=now + lasts,
    )
    return token


def session_user(token: str, now: datetime) -> User | None:
    """Whose session this is; None if it ended, was revoked, or the user was deactivated."""
    session = (
        Session.select(Session, User)
        .join(User)
        .where(Session.token_hash == token_hash(token), Session.expires_at > now, User.is_active)
        .first()
    )
    if session is None:
        return None
    if session.seen_at < now - SEEN_EVERY:
        with suppress(Busy), db.transaction():  # nobody waits for that, and nothing fails over it
            Session.update(seen_at=now).where(Session.id == session.id).execute()
    return session.user  # type: ignore[no-any-return]


def sign_out(token: str) -> None:
    """End the session of this token."""
    with db.transaction():
        Session.delete().where(Session.token_hash == token_hash(token)).execute()


def sessions(user: User, now: datetime) -> list[Session]:
    """A user's open sessions, the latest used first."""
    return list(Session.select().where(Session.user == user, Session.expires_at > now).order_by(Session.seen_at.desc()))


def session_id(token: str) -> int | None:
    """The number of the session that this token opens, for marking it in the list."""
    found = Session.get_or_none(Session.token_hash == token_hash(token))
    return None if found is None else found.id


def last_seen() -> dict[int, datetime]:
    """When each user who is signed in somewhere was last here."""
    seen: dict[int, datetime] = {}
    for session in Session.select(Session.user, Session.seen_at).order_by(Session.seen_at):
        seen[session.user_id] = session.seen_at
    return seen


def revoke(user: User, session_id: int) -> None:
    """End one of a user's own sessions. Raises NotFound."""
    with db.transaction():
        if not Session.delete().where(Session.id == session_id, Session.user == user).execute():
            raise NotFound


def revoke_others(user: User, token: str) -> int:
    """End all sessions of a user but that of `token`; returns how many."""
    with db.transaction():
        return int(Session.delete().where(Session.user == user, Session.token_hash != token_hash(token)).execute())
