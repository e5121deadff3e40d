"""The links of the demo: of one host, of groups and of round robins, one of which asks whose contact it is."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from meetings.domain import place
from meetings.models import Link, User
from meetings.models.links import DRAFT

from .. import links
from .people import IN_THE_STUDIO, hours

MEETING_TYPES = ("First conversation", "Site visit", "Review")

ABOUT_ROOM = """We go through your floor plan and a few photos and find out what the room needs: measurements, \
treatment, or simply another layout.

**Nothing to prepare.** What helps:

- a plan, even drawn by hand
- a phone video of someone clapping"""

EVERYDAY = [
    hours("mon tue wed thu", "09:00", "12:30"),
    hours("mon tue wed thu", "13:30", "17:30"),
    hours("fri", "09:00", "13:00"),
]
LISTEN = {
    "name": "listen_for",
    "label": "What should we listen for?",
    "type": "question",
    "kind": "text",
    "required": False,
}


def make(team: list[User], now: datetime) -> list[Link]:
    """All links; the last is a draft."""
    ines, joakim, aiko, priya, samir = team
    wanted = (
        (ines, _room(ines)),
        (ines, _acoustician(joakim, aiko, ines)),
        (joakim, _hiring(joakim, priya)),
        (aiko, _office(aiko)),
        (samir, _halls()),
        (priya, _site(priya, joakim)),
        (ines, _clients(joakim, aiko, ines, samir)),
    )
    live = [links.create(owner, document, now - timedelta(days=60)) for owner, document in wanted]
    return [*live, links.create(samir, _workshop(samir, priya), now - timedelta(days=1), status=DRAFT)]


# ---- of one host -----------------------------------------------------------------------------------------------------


def _room(ines: User) -> dict[str, Any]:
    return _document(
        "individual",
        "Let’s listen to your room",
        "ines-room",
        heading="Let’s listen to your room",
        durations=[15, 30, 60],
        timezone=ines.timezone,
        available=EVERYDAY,
        title="{{ contact.first_name }}: a room to listen to",
        location="Video call; the link comes with the invitation",
        description=ABOUT_ROOM,
        fields=[LISTEN],
        increment=30,
    )


def _office(aiko: User) -> dict[str, Any]:
    return _document(
        "individual",
        "Office hours for architects",
        "office-hours",
        heading="Office hours for architects",
        durations=[20],
        timezone=aiko.timezone,
        available=[hours("mon wed", "08:40", "12:00")],
        title="Office hours: {{ contact.last_name }}",
        location="Rue de la Roquette 41\n75011 Paris",
        location_kind=place.ADDRESS,
        description="Bring drawings, leave with an answer.",
        increment=20,
        more={"hours": "hosts", "schedule": IN_THE_STUDIO},
    )


def _halls() -> dict[str, Any]:
    return _document(
        "individual",
        "Concert halls and theatres: advice before the tender in its first round",
        "concert-halls-and-theatres-advice",
        heading="Concert halls and theatres",
        durations=[45, 60, 90],
        timezone="Europe/Berlin",
        available=[hours("tue wed thu", "10:00", "18:00")],
        title="Halls: {{ contact.last_name }}",
    )


# ---- of round robins -------------------------------------------------------------------------------------------------


def _acoustician(*team: User) -> dict[str, Any]:
    return _document(
        "round_robin",
        "Talk to an acoustician",
        "acoustician",
        heading="Talk to an acoustician",
        durations=[30, 45],
        timezone="Europe/Paris",
        available=EVERYDAY,
        title="Acoustics: {{ contact.first_name | our guest }}",
        location="Video call",
        meeting_type="First conversation",
        description="Half an hour by video about your room, your noise or your drawings.",
        fields=[LISTEN],
        increment=30,
        team=[{"user": user.email} for user in team],
    )


def _hiring(*team: User) -> dict[str, Any]:
    return _document(
        "round_robin",
        "Hiring: first conversation",
        "hiring-first",
        heading="Get to know us",
        durations=[25],
        timezone="Europe/Stockholm",
        available=[hours("tue thu", "10:00", "16:00")],
        title="First conversation with {{ contact.first_name }}",
        location="+46 8 465 004 12",
        location_kind=place.PHONE,
        meeting_type="First conversation",
        description="Twenty-five minutes, no preparation, questions from both sides.",
        team=[{"user": user.email} for user in team],
    )


def _clients(joakim: User, aiko: User, ines: User, samir: User) -> dict[str, Any]:
    """Whoever has a host of their own meets them; the others meet Joakim twice as often, and Samir not for now."""
    welcome = "You know one of us already? Then you see their free times, else those of the whole team."
    return _document(
        "round_robin",
        "Your project, half an hour",
        "your-project",
        heading="How is your project going?",
        durations=[30],
        timezone="Europe/Paris",
        available=EVERYDAY,
        title="Project: {{ contact.first_name }} {{ contact.last_name }}",
        location="Video call",
        meeting_type="Review",
        description="What has been done, what comes next, and what you would like to ask.",
        increment=30,
        team=[
            {"user": joakim.email, "weight": 2},
            {"user": aiko.email},
            {"user": ines.email},
            {"user": samir.email, "paused": True},
        ],
        more={
            "hours": "hosts",
            "prioritize_contact_owner": True,
            "owner": {"assign_unowned": True},
            "welcome": {"text": welcome},
        },
    )


# ---- of groups -------------------------------------------------------------------------------------------------------


def _site(priya: User, joakim: User) -> dict[str, Any]:
    return _document(
        "group",
        "Site review",
        "site-review",
        heading="Site review",
        durations=[60],
        timezone="Europe/Stockholm",
        available=[hours("mon tue wed thu fri", "09:00", "16:00")],
        title="Site review: {{ contact.last_name }}",
        location="On site",
        meeting_type="Site visit",
        description="Two of us walk through the building with you.",
        team=[{"user": priya.email}, {"user": joakim.email}],
    )


def _workshop(samir: User, priya: User) -> dict[str, Any]:
    return _document(
        "group",
        "Noise workshop, half a day",
        "noise-workshop",
        heading="Noise workshop",
        durations=[240],
        timezone="Europe/Paris",
        available=[hours("tue", "09:00", "17:00")],
        team=[{"user": samir.email}, {"user": priya.email, "check_availability": False}],
    )


def _document(
    kind: str,
    name: str,
    slug: str,
    *,
    heading: str,
    durations: list[int],
    timezone: str,
    available: list[dict[str, Any]],
    title: str = "",
    location: str = "",
    description: str = "",
    location_kind: str = place.CUSTOM,
    meeting_type: str | None = None,
    fields: list[Mapping[str, Any]] | None = None,
    increment: int = 15,
    team: list[dict[str, Any]] | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "overview": {
            "internal_name": name,
            "title": title,
            "location": location,
            "location_kind": location_kind,
            "description": description,
            "meeting_type": meeting_type,
        },
        "team": team or [],
        "scheduling": {
            "slug": slug,
            "heading": heading,
            "durations": durations,
            "timezone": timezone,
            "available_hours": available,
            "window": {"kind": "rolling", "weeks": 6},
            "minimum_notice": 240,
            "buffer": 15,
            "start_increment": increment,
            "form": {"fields": list(fields or [])},
            **(more or {}),
        },
        "automation": {"reminders": [{"value": 1, "unit": "days"}, {"value": 1, "unit": "hours"}]},
    }
