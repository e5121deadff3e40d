"""A form of the booking page as it came back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import request

from meetings.domain.answers import Given, check_answers, check_contact
from meetings.domain.fields import Flaw
from meetings.domain.time import zone_names
from meetings.models import Link
from meetings.services import forms

from .fields import CONTACT
from .form_token import FormToken
from .visit import Visit, read_start


@dataclass(frozen=True)
class Sent:
    """What was typed, for which time, and when it came."""

    link: Link
    visit: Visit
    values: Mapping[str, str]
    token: FormToken | None
    now: datetime


def visit_of(shown: Visit, link: Link) -> Visit:
    """The visit as the form tells it: what was on the page counts, whatever cookies say by now."""
    length, zone_name = request.form.get("duration", ""), request.form.get("timezone", "")
    return replace(
        shown,
        start=read_start(request.form.get("start")),
        duration=int(length) if length in map(str, link.durations) else shown.duration,
        zone=zone_name if zone_name in zone_names() else shown.zone,
    )


def read(link: Link, values: Mapping[str, str]) -> tuple[dict[str, str], list[Given], list[Flaw]]:
    """Who books, what they answered, and what is wrong with either."""
    contact, flaws = check_contact({name: values[name] for name in CONTACT})
    asked = forms.asked(link)
    answers, wrong = check_answers(asked, {field.name: values[field.name] for field in asked})
    return contact, answers, [*flaws, *wrong]


def fingerprint(visit: Visit, contact: Mapping[str, str], answers: Sequence[Mapping[str, str]]) -> str:
    """By what a form that is sent again is the same wish."""
    body = json.dumps([visit.start, visit.duration, contact, answers], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()
