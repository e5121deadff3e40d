"""A believable instance, for trying out and for pictures: a team, links of every kind, contacts, bookings."""

import random
import secrets as random_source
from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import current_app

from meetings import db
from meetings.models import Booking, Delivery, User
from meetings.models.outbox import PENDING, SENT
from meetings.models.workspace import TEAM_NAME

from .. import branding, meeting_types
from ..workspace import write_setting
from . import bookings, contacts, links, people

SEED = 1887
TEAM = "Northlight Acoustics"
LOOK = {
    "colour": "#0f5a6b",
    "company": "Northlight Acoustics, Lda.",
    "address": "Rua do Alecrim 41\n1200-018 Lisboa",
    "website": "https://northlight.example",
}


def is_empty() -> bool:
    """Whether nobody uses the instance yet."""
    return not User.select().exists()


def fill(now: datetime) -> Iterator[str]:
    """Fill an empty instance; yields lines that say where to look. Nobody lives at the addresses: nothing is mailed."""
    chance = random.Random(SEED)
    password = random_source.token_urlsafe(9)
    with db.transaction():
        write_setting(TEAM_NAME, TEAM)
    team = people.make(now, password)
    branding.save(team[0], LOOK)
    for name in links.MEETING_TYPES:
        meeting_types.add(team[0], name)
    contacts.make_owned(team, now)
    made = links.make(team, now)
    bookings.make_busy_times(team, now, chance)
    bookings.make(made, now, chance)
    _consider_sent(now - timedelta(hours=1))  # a meeting that nobody heard of would change hands in silence
    bookings.hand_one_over(now)
    contacts.write_notes(team, now)
    _consider_sent(now)
    base = current_app.config["BASE_URL"]
    yield f"{TEAM} is ready: {len(team)} people, {len(made)} links, {Booking.select().count()} bookings."
    yield f"Sign in:  {base}/sign-in  as {team[0].email}  with password {password}"
    for link in made:
        if link.is_bookable:
            yield f"Book:     {base}/book/{link.slug}  ({link.internal_name})"


def _consider_sent(now: datetime) -> None:
    """Nothing that is due already goes out: nobody lives at these addresses."""
    with db.transaction():
        Delivery.update(state=SENT, sent_at=Delivery.due_at, reply="Demo: not really sent.").where(
            Delivery.state == PENDING, Delivery.due_at <= now
        ).execute()
