"""The team of the demo: who they are, and the hours that some of them keep under a name."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from meetings.models import User

from .. import schedules, users

PORTRAITS = Path(__file__).parent / "portraits"

PEOPLE = (
    ("ines@northlight.example", "Inês Carvalho", "Europe/Lisbon", "Room acoustics", "admin"),
    ("joakim@northlight.example", "Joakim Ström", "Europe/Stockholm", "Measurements", "member"),
    ("aiko@northlight.example", "Aiko Tanabe", "Europe/Paris", "Concert halls", "member"),
    ("priya@northlight.example", "Priya Raman", "Europe/London", "Noise at work", "member"),
    ("samir@northlight.example", "Samir Haddad", "Europe/Paris", "Building physics", "member"),
)

IN_THE_STUDIO = "In the studio"  # of Aiko, named by her office hours


def hours(days: str, start: str, end: str) -> dict[str, Any]:
    return {"days": days.split(), "start": start, "end": end}


SCHEDULES: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
    ("ines@", "Usual hours", [hours("mon tue wed thu", "09:00", "17:30"), hours("fri", "09:00", "13:00")]),
    ("ines@", "On site", [hours("tue thu", "08:00", "12:00")]),
    ("joakim@", "Mornings", [hours("mon tue wed thu fri", "08:00", "12:30")]),
    ("aiko@", IN_THE_STUDIO, [hours("mon wed", "08:40", "12:00")]),
    ("aiko@", "Afternoons", [hours("mon tue wed thu", "13:00", "18:00")]),
)


def make(now: datetime, password: str) -> list[User]:
    """Everybody, in the order of PEOPLE; the first is the admin."""
    team = []
    for email, name, timezone, job_title, role in PEOPLE:
        values = {"email": email, "name": name, "timezone": timezone, "job_title": job_title, "role": role}
        user, _ = users.create(None, values, now - timedelta(days=90), password=password)
        portrait = PORTRAITS / f"{email.partition('@')[0]}.webp"
        if portrait.exists():  # some have none, as in life
            users.set_picture(user, portrait.read_bytes(), now)
        for whose, called, available in SCHEDULES:
            if email.startswith(whose):
                schedules.create(user, user, {"name": called, "available_hours": available})
        team.append(user)
    return team
