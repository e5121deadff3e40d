"""Rows as JSON: one function per resource. What is not named here is not given away."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from flask import current_app

from ..domain.answers import Asked, typed_value
from ..domain.consent import Terms
from ..domain.time import EPOCH_DAY, MINUTE, SECONDS_PER_DAY, Instant
from ..i18n import current_locale, property_label
from ..models import Answer, Booking, BusyTime, Link, Participant, Property, Schedule, User
from ..services import access, forms, host_hours, ownership, pictures
from ..services import schedules as named_schedules
from ..services.branding import Branding
from ..services.offers import HostOfLink

SLOTS_KEPT = 16_384  # texts of slots kept ready: the same starts are asked for again and again


def instant(at: datetime) -> str:
    """An aware instant as all calls print it: in UTC, with Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at.year >= 1000 else f"{at.year:04d}{at.strftime('-%m-%dT%H:%M:%SZ')}"


def user(row: User) -> dict[str, object]:
    """A person of the team."""
    return {
        "id": row.id,
        "email": row.email,
        "name": row.name,
        "timezone": row.timezone,
        "locale": row.locale,
        "role": row.role,
        "holidays": row.holidays,
        "active": row.is_active,
    }


def busy(row: BusyTime) -> dict[str, object]:
    """A busy time entered by hand; its user must be loaded."""
    return {
        "id": row.id,
        "user": row.user.email,
        "start": instant(row.starts_at),
        "end": instant(row.ends_at),
        "title": row.title,
    }


def schedule(row: Schedule) -> dict[str, object]:
    """One schedule."""
    return schedules([row])[0]


def schedules(rows: Sequence[Schedule]) -> list[dict[str, object]]:
    """Schedules of one user, each with whether it is their first."""
    first = named_schedules.first_of(rows[0].user) if rows else None
    return [_schedule(row, is_first=row.id == first) for row in rows]


def _schedule(row: Schedule, *, is_first: bool) -> dict[str, object]:
    return {"id": row.id, "user": row.user.email, **named_schedules.document(row), "first": is_first}


# ---- booking pages ---------------------------------------------------------------------------------------------------


def page(
    link: Link, hosts: Iterable[HostOfLink], terms: Terms, brand: Branding, *, is_guarded: bool
) -> dict[str, object]:
    """What a booking page shows to anybody: of the hosts no more than their names."""
    scheduling = link.scheduling
    return {
        "slug": link.slug,
        "kind": link.kind,
        "is_bookable": link.is_bookable,
        "asks_email_first": ownership.are_prioritized(link),
        "heading": scheduling["heading"],
        "description": link.overview["description"],
        "location": link.place.public,
        "durations": scheduling["durations"],
        "timezone": host_hours.zone_of(link),
        "language": scheduling["language"],
        "hosts": [{"name": host.name} for host in hosts if not host.is_paused],
        "form": {
            "fields": [_asked(field) for field in forms.asked(link)],
            "captcha": is_guarded,
            "consent": consent(terms),
        },
        "branding": branding(brand),
    }


def branding(brand: Branding) -> dict[str, object]:
    """How the team looks, as its booking pages show it."""
    return {
        "company": brand.company_name,
        "logo_url": pictures.address(brand.logo) if brand.logo else None,
        "colour": brand.colour or None,
        "website": brand.website or None,
    }


def consent(terms: Terms) -> dict[str, object]:
    """What is said about privacy: no longer whose words it is, the link's or the account's."""
    names = ("id", "label", "is_required", "subscription")
    return {
        "mode": terms.mode,
        "text": terms.text,
        "processing_text": terms.processing_text,
        "privacy_text": terms.privacy_text,
        "checkboxes": [{name.removeprefix("is_"): getattr(box, name) for name in names} for box in terms.boxes],
        "version": terms.version,
    }


def contact_property(row: Property) -> dict[str, object]:
    """Something that forms can ask for."""
    label = property_label(row.name, row.label, current_locale())
    return {"name": row.name, "label": label, "kind": row.kind, "options": row.options}


def _asked(field: Asked) -> dict[str, object]:
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "kind": field.kind,
        "options": field.options,
        "help": field.help,
        "required": field.is_required,
        "in_invite": field.in_invite,
    }


def slots(timezone: str, duration: int, starts: Iterable[Instant]) -> str:
    """The answer's text, put together from ready-made pieces: a month can have a thousand slots."""
    head = json.dumps({"timezone": timezone, "duration": duration}, ensure_ascii=False, separators=(",", ":"))
    return f'{head[:-1]},"slots":[{",".join([_slot_text(start, duration) for start in starts])}]}}'


@lru_cache(maxsize=SLOTS_KEPT)
def _slot_text(start: Instant, duration: int) -> str:
    return f'{{"start":"{_printed(start)}","end":"{_printed(start + duration * MINUTE)}"}}'


def slot(start: Instant, duration: int) -> dict[str, str]:
    """A start and its end."""
    return {"start": _printed(start), "end": _printed(start + duration * MINUTE)}


def _printed(at: Instant) -> str:
    """As `instant`, without a datetime: days and times of day repeat."""
    day, second = divmod(at, SECONDS_PER_DAY)
    return _day(day) + _time(second)


@lru_cache(maxsize=2048)
def _day(day: int) -> str:
    return date.fromordinal(EPOCH_DAY + day).isoformat()


@lru_cache(maxsize=2048)
def _time(second: int) -> str:
    minute, second = divmod(second, MINUTE)
    return f"T{minute // 60:02d}:{minute % 60:02d}:{second:02d}Z"


# ---- bookings --------------------------------------------------------------------------------------------------------


def booking(row: Booking) -> dict[str, object]:
    """One booking; its link must be loaded."""
    return bookings([row])[0]


def bookings(rows: Sequence[Booking]) -> list[dict[str, object]]:
    """Bookings with their hosts and answers, by two queries however many they are."""
    ids = [row.id for row in rows]
    if not ids:
        return []
    hosts = _hosts(ids)
    answers = _answers(ids)
    return [_booking(row, hosts.get(row.id, []), answers.get(row.id, {})) for row in rows]


def _booking(row: Booking, hosts: list[dict[str, object]], answers: dict[str, object]) -> dict[str, object]:
    return {
        "id": row.public_id,
        "status": row.status,
        "link": row.link.slug,
        "start": instant(row.starts_at),
        "end": instant(row.ends_at),
        "duration": row.duration,
        "timezone": row.timezone,
        "hosts": hosts,
        "contact": None if row.is_anonymous else _contact(row),
        "answers": answers,
    }


def _contact(row: Booking) -> dict[str, object]:
    return {"email": row.email, "first_name": row.first_name, "last_name": row.last_name}


def _hosts(ids: list[int]) -> dict[int, list[dict[str, object]]]:
    found: dict[int, list[dict[str, object]]] = {}
    for booking_id, email, name, required in Participant.names(ids):
        found.setdefault(booking_id, []).append({"email": email, "name": name, "required": required})
    return found


def _answers(ids: list[int]) -> dict[int, dict[str, object]]:
    found: dict[int, dict[str, object]] = {}
    for booking_id, name, kind, value in Answer.given(ids):
        found.setdefault(booking_id, {})[name] = typed_value(kind, value)
    return found


def new_booking(row: Booking, start: datetime, end: datetime) -> dict[str, Any]:
    """The answer to a booking's creation: as it was made, also when the same request comes again later."""
    made = {"status": "confirmed", "start": instant(start), "end": instant(end)}
    return {**booking(row), **made, "manage_url": manage_url(row)}


def manage_url(row: Booking) -> str:
    """The contact's own page of the booking."""
    return f"{current_app.config['BASE_URL']}/booking/{access.manage_token(row)}"
