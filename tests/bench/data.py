"""What is measured on: five hosts, six meetings each a working day, for three months."""

import random
from datetime import UTC, datetime, timedelta

from meetings import db
from meetings.models import Booking, Contact, Link, Participant, User
from meetings.services import links, passwords, schedules

NOW = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
MONTH = "2026-12"
HOSTS = 5
MEETINGS_A_DAY = 6
DAYS = 91
ZONES = ("Europe/Paris", "Europe/Lisbon", "Europe/Helsinki", "America/New_York", "Asia/Kolkata")  # of HOSTS' schedules
HOURS = [
    {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "14:30"},
    {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "15:00", "end": "18:00"},
]


def fill() -> int:
    """Make hosts, links of one of them, of all, and of all by their schedules, one for booking, and the meetings.

    Returns how many meetings there are.
    """
    team = [_host(number) for number in range(HOSTS)]
    for user, zone in zip(team, ZONES, strict=True):
        _schedule(user, zone)
    members = [{"user": user.email} for user in team]
    _link(team[0], "one", "individual", [])
    _link(team[0], "robin", "round_robin", members)
    _link(team[0], "own", "round_robin", members, hours="hosts")
    booker = _host(HOSTS)
    _link(booker, "empty", "individual", [])
    with db.transaction():
        return sum(_meetings(user) for user in team)


def _host(number: int) -> User:
    return User.create(
        email=f"host{number}@example.org",
        name=f"Host {number}",
        timezone="Europe/Paris",
        password_hash=passwords.make_hash("measured and weighed") if number == 0 else None,
        created_at=NOW,
    )


def _schedule(host: User, zone: str) -> None:
    closed = [{"date": f"2026-12-{day}", "hours": []} for day in range(20, 32)]
    said = {"name": "Own", "timezone": zone, "available_hours": HOURS, "date_overrides": closed[host.id :]}
    schedules.create(host, host, said)


def _link(owner: User, slug: str, kind: str, team: list[dict[str, str]], **more: str) -> Link:
    document = {
        "kind": kind,
        "overview": {"internal_name": slug},
        "team": team,
        "scheduling": {
            "slug": slug,
            "durations": [30],
            "timezone": "Europe/Paris",
            "available_hours": HOURS,
            "window": {"kind": "rolling", "weeks": 13},
            "start_increment": 15,
            **more,
        },
    }
    return links.create(owner, document, NOW)


def _meetings(host: User) -> int:
    """Six meetings of half an hour at random quarters of each working day, never two at once."""
    chance = random.Random(host.id)
    contact, _ = Contact.get_or_create(
        email="maren@example.com", defaults={"first_name": "Maren", "last_name": "Holt", "created_at": NOW}
    )
    link = Link.get(Link.slug == "one")
    made = 0
    for day in range(DAYS):
        morning = datetime(2026, 12, 1, 8, tzinfo=UTC) + timedelta(days=day)
        if morning.weekday() >= 5:
            continue
        for half_hour in sorted(chance.sample(range(18), MEETINGS_A_DAY)):
            start = morning + timedelta(minutes=30 * half_hour)
            made += 1
            _meeting(link, contact, host, start, f"{host.id}-{made}")
    return made


def _meeting(link: Link, contact: Contact, host: User, start: datetime, name: str) -> None:
    end = start + timedelta(minutes=30)
    booking = Booking.create(
        public_id=name, agreed_clock="", link=link, contact=contact, starts_at=start, ends_at=end, duration=30, timezone="Europe/Oslo",
        locale="en", email=contact.email, first_name="Maren", last_name="Holt", title="Meeting", uid=name,
        organizer_email=host.email, stamped_at=NOW, created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    Participant.create(booking=booking, host=host, starts_at=start, ends_at=end)
