"""A believable instance, for trying out and for pictures: a team, links of every kind, contacts, bookings."""

import random
import secrets as random_source
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from meetings import db
from meetings.domain.time import SECONDS_PER_DAY, Span, to_datetime, to_instant
from meetings.models import Booking, BusyTime, Delivery, Link, User
from meetings.models.links import DRAFT
from meetings.models.outbox import PENDING, SENT
from meetings.models.workspace import TEAM_NAME

from . import bookings, links, offers, users
from .workspace import write_setting

SEED = 1887
PAST_DAYS = 10  # bookings are made from this long ago until now
TEAM = "Northlight Acoustics"
PORTRAITS = Path(__file__).parent / "portraits"

PEOPLE = (
    ("ines@northlight.example", "Inês Carvalho", "Europe/Lisbon", "Room acoustics", "admin"),
    ("joakim@northlight.example", "Joakim Ström", "Europe/Stockholm", "Measurements", "member"),
    ("aiko@northlight.example", "Aiko Tanabe", "Europe/Paris", "Concert halls", "member"),
    ("priya@northlight.example", "Priya Raman", "Europe/London", "Noise at work", "member"),
    ("samir@northlight.example", "Samir Haddad", "Europe/Paris", "Building physics", "member"),
)

CONTACTS = (
    ("Maren", "Holt", "maren.holt@fjordkontor.example", "Europe/Oslo", "en"),
    ("Farah", "El-Amin", "farah@oasisbank.example", "Europe/Paris", "fr"),
    ("Wanjirũ", "Kamau", "w.kamau@savannaradio.example", "Africa/Nairobi", "en"),
    ("Mateusz", "Wiśniewski", "mateusz@brzmienie.example", "Europe/Warsaw", "en"),
    ("Léa", "Fontaine", "lea@fontaine-architectes.example", "Europe/Paris", "fr"),
    ("Tomasz", "Brzęczyszczykiewicz", "tomasz@filharmonia.example", "Europe/Warsaw", "en"),
    ("Elin", "Sandberg", "elin@norrlandtimber.example", "Europe/Stockholm", "en"),
    ("Jun", "Park", "jun.park@hanok.example", "Asia/Seoul", "en"),
    ("Chloé", "Marchand", "chloe@radio-canal.example", "America/Montreal", "fr"),
    ("Diego", "Robles", "diego@teatromayor.example", "America/Bogota", "en"),
    ("Nora", "Lindqvist", "nora@vardcentral.example", "Europe/Stockholm", "en"),
    ("Bartholomäus", "von Hohenfels-Wittgenstein", "b.hohenfels@stadttheater.example", "Europe/Berlin", "en"),
)

WISHES = (
    "Our meeting room on the 4th floor: people dialling in hear an echo.",
    "A rehearsal room under a school. The neighbours complain about the bass.",
    "Open office, forty desks, nobody can make a call.",
    "La salle de classe résonne, les élèves du fond n’entendent rien.",
    "We are building a small studio and have drawings.",
)

ABOUT_ROOM = """We go through your floor plan and a few photos and find out what the room needs: measurements, \
treatment, or simply another layout.

Nothing to prepare. A plan helps, a phone video of someone clapping helps even more."""


def is_empty() -> bool:
    """Whether nobody uses the instance yet."""
    return not User.select().exists()


def fill(now: datetime) -> Iterator[str]:
    """Fill an empty instance; yields lines that say where to look. Nobody lives at the addresses: nothing is mailed."""
    chance = random.Random(SEED)
    password = random_source.token_urlsafe(9)
    with db.transaction():
        write_setting(TEAM_NAME, TEAM)
    team = _people(now, password)
    made = _links(team, now)
    _busy_times(team, now, chance)
    _bookings(made, now, chance)
    _consider_sent(now)
    base = current_app.config["BASE_URL"]
    yield f"{TEAM} is ready: {len(team)} people, {len(made)} links, {Booking.select().count()} bookings."
    yield f"Sign in:  {base}/sign-in  as {PEOPLE[0][0]}  with password {password}"
    for link in made:
        if link.is_bookable:
            yield f"Book:     {base}/book/{link.slug}  ({link.internal_name})"


def _people(now: datetime, password: str) -> list[User]:
    team = []
    for email, name, timezone, job_title, role in PEOPLE:
        values = {"email": email, "name": name, "timezone": timezone, "job_title": job_title, "role": role}
        user, _ = users.create(None, values, now - timedelta(days=90), password=password)
        portrait = PORTRAITS / f"{email.partition('@')[0]}.webp"
        if portrait.exists():  # some have none, as in life
            users.set_picture(user, portrait.read_bytes())
        team.append(user)
    return team


def _links(team: list[User], now: datetime) -> list[Link]:
    ines, joakim, aiko, priya, samir = team
    made = now - timedelta(days=60)
    everyday = [
        _hours("mon tue wed thu", "09:00", "12:30"),
        _hours("mon tue wed thu", "13:30", "17:30"),
        _hours("fri", "09:00", "13:00"),
    ]
    listen = {"name": "listen_for", "label": "What should we listen for?", "type": "question", "required": False}
    room = _document(
        "individual",
        "Let’s listen to your room",
        "ines-room",
        heading="Let’s listen to your room",
        durations=[15, 30, 60],
        timezone=ines.timezone,
        hours=everyday,
        title="{{ contact.first_name }}: a room to listen to",
        location="Video call; the link comes with the invitation",
        description=ABOUT_ROOM,
        fields=[listen],
        increment=30,
    )
    acoustician = _document(
        "round_robin",
        "Talk to an acoustician",
        "acoustician",
        heading="Talk to an acoustician",
        durations=[30, 45],
        timezone="Europe/Paris",
        hours=everyday,
        title="Acoustics: {{ contact.first_name | our guest }}",
        location="Video call",
        description="Half an hour by video about your room, your noise or your drawings.",
        fields=[listen],
        increment=30,
        team=[joakim, aiko, ines],
    )
    hiring = _document(
        "round_robin",
        "Hiring: first conversation",
        "hiring-first",
        heading="Get to know us",
        durations=[25],
        timezone="Europe/Stockholm",
        hours=[_hours("tue thu", "10:00", "16:00")],
        title="First conversation with {{ contact.first_name }}",
        location="Phone",
        description="Twenty-five minutes, no preparation, questions from both sides.",
        team=[joakim, priya],
    )
    office = _document(
        "individual",
        "Office hours for architects",
        "office-hours",
        heading="Office hours for architects",
        durations=[20],
        timezone=aiko.timezone,
        hours=[_hours("mon wed", "08:40", "12:00")],
        title="Office hours: {{ contact.last_name }}",
        location="Rue de la Roquette 41, Paris",
        description="Bring drawings, leave with an answer.",
        increment=20,
    )
    halls = _document(
        "individual",
        "Concert halls and theatres: advice before the tender in its first round",
        "concert-halls-and-theatres-advice",
        heading="Concert halls and theatres",
        durations=[45, 60, 90],
        timezone="Europe/Berlin",
        hours=[_hours("tue wed thu", "10:00", "18:00")],
        title="Halls: {{ contact.last_name }}",
        location="",
        description="",
    )
    site = _document(
        "group",
        "Site review",
        "site-review",
        heading="Site review",
        durations=[60],
        timezone="Europe/Stockholm",
        hours=[_hours("mon tue wed thu fri", "09:00", "16:00")],
        title="Site review: {{ contact.last_name }}",
        location="On site",
        description="Two of us walk through the building with you.",
        team=[priya, joakim],
    )
    workshop = _document(
        "group",
        "Noise workshop, half a day",
        "noise-workshop",
        heading="Noise workshop",
        durations=[240],
        timezone="Europe/Paris",
        hours=[_hours("tue", "09:00", "17:00")],
        title="",
        location="",
        description="",
        team=[samir, priya],
    )
    live = [
        links.create(owner, document, made)
        for owner, document in (
            (ines, room),
            (ines, acoustician),
            (joakim, hiring),
            (aiko, office),
            (samir, halls),
            (priya, site),
        )
    ]
    return [*live, links.create(samir, workshop, now - timedelta(days=1), status=DRAFT)]


def _hours(days: str, start: str, end: str) -> dict[str, Any]:
    return {"days": days.split(), "start": start, "end": end}


def _document(
    kind: str,
    name: str,
    slug: str,
    *,
    heading: str,
    durations: list[int],
    timezone: str,
    hours: list[dict[str, Any]],
    title: str,
    location: str,
    description: str,
    fields: list[Mapping[str, Any]] | None = None,
    increment: int = 15,
    team: list[User] | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "overview": {"internal_name": name, "title": title, "location": location, "description": description},
        "team": [{"user": member.email} for member in team or []],
        "scheduling": {
            "slug": slug,
            "heading": heading,
            "durations": durations,
            "timezone": timezone,
            "available_hours": hours,
            "window": {"kind": "rolling", "weeks": 6},
            "minimum_notice": 240,
            "buffer": 15,
            "start_increment": increment,
            "form": {"fields": list(fields or [])},
        },
        "automation": {"reminders": [{"value": 1, "unit": "days"}, {"value": 1, "unit": "hours"}]},
    }


def _busy_times(team: list[User], now: datetime, chance: random.Random) -> None:
    """Lunches, visits and the like, so that free times look like a real week's."""
    today = to_instant(now) // SECONDS_PER_DAY * SECONDS_PER_DAY
    with db.transaction():
        for user in team:
            for day in range(1, 30):
                for _ in range(chance.choice((0, 1, 1, 2))):
                    start = today + day * SECONDS_PER_DAY + chance.randrange(7 * 4, 16 * 4) * 900
                    length = chance.choice((1800, 3600, 3600, 5400))
                    BusyTime.create(
                        user=user, starts_at=to_datetime(start), ends_at=to_datetime(start + length), created_at=now
                    )


def _bookings(made: list[Link], now: datetime, chance: random.Random) -> None:
    """Contacts book over the past days, each at a moment of their own, among the times offered then."""
    live = [link for link in made if link.is_bookable]
    moments = sorted(now - timedelta(minutes=chance.randrange(1, PAST_DAYS * 1440)) for _ in range(46))
    for moment in moments:
        link = chance.choices(live, weights=[5, 6, 2, 3, 1, 1][: len(live)])[0]
        duration = chance.choice(link.durations)
        start = to_instant(moment)
        offered = offers.offered(link, duration, Span(start, start + 16 * SECONDS_PER_DAY), moment)
        if offered:
            booking = bookings.take(link, _request(link, chance.choice(offered), duration, chance), moment)
            if chance.random() < 0.08 and booking.starts_at > now:
                bookings.cancel(booking, now, reason="Something came up, sorry.", by=None)


def _request(link: Link, start: int, duration: int, chance: random.Random) -> bookings.BookingRequest:
    first_name, last_name, email, timezone, locale = chance.choice(CONTACTS)
    answers = [
        {"name": field["name"], "label": field["label"], "value": chance.choice(WISHES)}
        for field in link.scheduling["form"]["fields"]
        if chance.random() < 0.7
    ]
    return bookings.BookingRequest(
        start=to_datetime(start),
        duration=duration,
        timezone=timezone,
        locale=locale,
        email=email,
        first_name=first_name,
        last_name=last_name,
        answers=answers,
    )


def _consider_sent(now: datetime) -> None:
    """Nothing that is due already goes out: nobody lives at these addresses."""
    with db.transaction():
        Delivery.update(state=SENT, sent_at=Delivery.due_at, reply="Demo: not really sent.").where(
            Delivery.state == PENDING, Delivery.due_at <= now
        ).execute()
