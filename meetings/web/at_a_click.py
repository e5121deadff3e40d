"""Booking at a click on a time: where nothing is left to type and nothing to agree to, each time is the button."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request

from meetings.models import Link
from meetings.services import consents, guarding

from . import form_token, terms
from .fields import field_names
from .filled import SHOW_FORM, Filled
from .month import Month
from .visit import Visit

MARK = "at-a-click"  # in the form: it came from the times, and goes back there


@dataclass(frozen=True)
class AtAClick:
    """What turns the list of times into a form."""

    token: str
    values: list[tuple[str, str]]
    terms: terms.Block | None
    form_url: str  # to look at the details first


def offered(link: Link, visit: Visit, filled: Filled, now: datetime) -> bool:
    """Whether the times of this page book at once for this visitor."""
    return (
        link.scheduling["form"]["auto_submit"]
        and filled.is_complete
        and SHOW_FORM not in request.args
        and not guarding.is_guarded(link, now)
        and not consents.terms(link, visit.locale).must_tick
    )


def context(link: Link, visit: Visit, filled: Filled, shown: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """More for the page of times; nothing where its times lead to the form."""
    month: Month | None = shown.get("month")
    if month is None or not month.parts or not offered(link, visit, filled, now):
        return {}
    starts = [slot.start for _, slots in month.parts for slot in slots]
    made = AtAClick(
        token=form_token.sign(link, visit, starts, now, None, is_filled=True),
        values=[(name, line) for name in field_names(link) for line in filled.values[name].split("\n")],
        terms=terms.block(link, visit.locale),
        form_url=visit.url(date=month.chosen, **{SHOW_FORM: 1}),
    )
    return {"at_a_click": made, "filled": filled}


def is_sent() -> bool:
    """Whether the form was a click on a time."""
    return MARK in request.form
