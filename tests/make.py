"""Rows for tests, with fixed defaults: a test names only what it is about.

Alice organizes, Bob is on her team, Charlie must see nothing. NOW is a Monday morning in Paris.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from meetings import db
from meetings.domain.time import to_datetime, to_instant
from meetings.models import Booking, BusyTime, Link, User
from meetings.services import bookings, links, offers, passwords, users

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
PASSWORD = "a long enough secret"
_hashes: dict[str, str] = {}


def user(
    name: str = "Alice Martin", *, role: str = "member", timezone: str = "Europe/Paris", locale: str = "en", **more: Any
) -> User:
    """A user who signs in as first name @example.org with PASSWORD."""
    email = more.pop("email", f"{name.split(maxsplit=1)[0].lower()}@example.org")
    if PASSWORD not in _hashes:  # argon2 is slow on purpose
        _hashes[PASSWORD] = passwords.make_hash(PASSWORD)
    return User.create(
        email=email,
        name=name,
        role=role,
        timezone=timezone,
        locale=locale,
        password_hash=_hashes[PASSWORD],
        created_at=NOW - timedelta(days=30),
        **more,
    )


def document(
    slug: str = "demo",
    *,
    kind: str = "individual",
    team: Sequence[User | Mapping[str, Any]] = (),
    overview: Mapping[str, Any] | None = None,
    automation: Mapping[str, Any] | None = None,
    **scheduling: Any,
) -> dict[str, Any]:
    """A link document; keyword arguments go into its scheduling section."""
    return {
        "kind": kind,
        "overview": {"internal_name": f"Link {slug}", **(overview or {})},
        "team": [{"user": member.email} if isinstance(member, User) else dict(member) for member in team],
        "scheduling": {"slug": slug, "timezone": "Europe/Paris", **scheduling},
        "automation": dict(automation or {}),
    }


def link(organizer: User | None = None, slug: str = "demo", *, now: datetime = NOW, **parts: Any) -> Link:
    """A live link: 30 minutes, weekdays 9 to 17 in Paris, two weeks ahead. `parts` as for `document`."""
    status = parts.pop("status", "live")
    return links.create(organizer or user(), document(slug, **parts), now, status=status)


def request(start: datetime | int, *, email: str = "maren@example.com", **more: Any) -> bookings.BookingRequest:
    """What Maren Holt of Oslo asks for."""
    values: dict[str, Any] = {
        "start": to_datetime(start) if isinstance(start, int) else start,
        "duration": 30,
        "timezone": "Europe/Oslo",
        "locale": "en",
        "email": email,
        "first_name": "Maren",
        "last_name": "Holt",
    }
    return bookings.BookingRequest(**{**values, **more})


def at(text: str) -> datetime:
    """An instant from "2026-12-01 09:00" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def booking(
    of: Link | None = None, start: str | datetime = "2026-12-01 09:00", *, now: datetime = NOW, **more: Any
) -> Booking:
    """A confirmed booking."""
    begin = at(start) if isinstance(start, str) else start
    return bookings.take(of or link(), request(begin, **more), now)


def busy(host: User, start: str, end: str) -> BusyTime:
    """A busy time entered by hand."""
    return BusyTime.create(user=host, starts_at=at(start), ends_at=at(end), created_at=NOW)


def removed(admin: User, host: User) -> None:
    """Remove a host whose meetings stay in their name: once, nobody had to decide what becomes of them."""
    with db.transaction():
        users.take_out(admin, host, NOW)


def offered(of: Link, first: str, last: str, *, duration: int = 30, now: datetime = NOW) -> list[str]:
    """Starts offered in [first, last), as "2026-12-01 09:00" in UTC."""
    from meetings.domain.time import Span

    span = Span(to_instant(at(first)), to_instant(at(last)))
    return [f"{to_datetime(start):%Y-%m-%d %H:%M}" for start in offers.offered(of, duration, span, now)]
