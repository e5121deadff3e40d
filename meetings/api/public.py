"""Booking pages for programs: what a page shows, the times it offers, and booking one. No token needed."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from .. import clock
from ..domain.answers import check_answers, check_contact
from ..domain.fields import (
    AUTO,
    Check,
    Checked,
    Field,
    Flaw,
    choice,
    iso_date,
    list_of,
    record,
    refuse,
    text,
    zone_name,
)
from ..domain.time import Instant, Span, days_span, local_date, to_instant, zone
from ..errors import Invalid, SlotTaken
from ..i18n import current_locale
from ..models import Booking, Link
from ..ratelimit import afford_booking, note_booking
from ..services import access, bookings, offers
from . import documents, problems, reading
from .calls import Access, Group, Parameter, call

DAYS_MAX = 70  # of slots in one answer
CAPTCHA_MAX = 4000
CONSENTS_MAX = 10
_ODD_HOURS = 3 * 3600  # seconds; no clock was ever put back further across midnight

_DATE = {"type": "string", "format": "date"}


@call(
    "GET",
    "/book/<slug>",
    access=Access.PUBLIC,
    group=Group.PAGES,
    summary="What a booking page shows",
    answer="Page",
    explanation="`is_bookable` is false while the page is switched off: it offers no times then.",
)
def show_page(slug: str) -> dict[str, object]:
    link = access.public_link(slug)
    return documents.page(link, offers.hosts_of(link))


# ---- slots -----------------------------------------------------------------------------------------------------------


@call(
    "GET",
    "/book/<slug>/slots",
    access=Access.PUBLIC,
    group=Group.PAGES,
    summary="The times offered",
    answer="Slots",
    query=(
        Parameter("from", _DATE, "The first day, a date in `timezone`", required=True),
        Parameter("to", _DATE, f"The last day, included; at most {DAYS_MAX} days in all", required=True),
        Parameter("timezone", {"type": "string"}, "An IANA name; without it the link's own zone"),
        Parameter("duration", {"type": "integer"}, "Minutes, one of the link's; without it the first of them"),
    ),
)
def list_slots(slug: str) -> str:
    link = access.public_link(slug)
    asked = _asked_days(link)
    first, last, local = date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"]), zone(asked["timezone"])
    span = days_span(first, last, local)
    starts = offers.offered(link, asked["duration"], span, clock.now()) if link.is_bookable else []
    return documents.slots(asked["timezone"], asked["duration"], _on_days(starts, span, first, last, local))


def _asked_days(link: Link) -> dict[str, Any]:
    asked = reading.query(
        {
            "from": Field(iso_date, required=True),
            "to": Field(iso_date, required=True),
            "timezone": Field(zone_name, link.scheduling["timezone"]),
            "duration": Field(reading.typed(_one_of(link.durations)), link.durations[0]),
        }
    )
    days = (date.fromisoformat(asked["to"]) - date.fromisoformat(asked["from"])).days
    if days < 0:
        raise Invalid([Flaw("to", "ends-before-start")])
    if days >= DAYS_MAX:
        raise Invalid([Flaw("to", "range-too-long", {"maximum": DAYS_MAX})])
    return asked


def _one_of(durations: Sequence[int]) -> Check:
    def check(value: object, path: str) -> Checked:
        if not isinstance(value, int) or isinstance(value, bool):
            return refuse(path, "not-a-number")
        if value not in durations:
            return refuse(path, "not-a-choice", choices=", ".join(map(str, durations)))
        return value, []

    return check


def _on_days(starts: Sequence[Instant], span: Span, first: date, last: date, local: ZoneInfo) -> list[Instant]:
    """Those whose local date is asked for: where clocks go back across midnight, the span's ends hold others too."""
    inner = Span(span.start + _ODD_HOURS, span.end - _ODD_HOURS)
    return [at for at in starts if inner.start <= at < inner.end or first <= local_date(at, local) <= last]


# ---- booking ---------------------------------------------------------------------------------------------------------


@call(
    "POST",
    "/book/<slug>/bookings",
    access=Access.PUBLIC,
    group=Group.PAGES,
    summary="Book a time",
    answer="NewBooking",
    body="BookingRequest",
    query=(
        Parameter(
            reading.KEY_HEADER,
            {"type": "string", "minLength": 1, "maxLength": 255},
            "Makes repeating safe: the same request under the same key is answered as the first was",
            place="header",
        ),
    ),
    problems=("slot-taken",),
    explanation=(
        "409 `slot-taken` whichever rule refuses a well-formed start: `rule` names it, and `nearest` has the closest "
        "times that are free. `manage_url` is the contact's own page; its last part is the token that the calls for "
        "one booking take."
    ),
)
def book_slot(slug: str) -> Any:
    link = access.public_link(slug)
    given, key = reading.json_body(), reading.idempotency_key()
    body_hash = reading.fingerprint(given)
    earlier = bookings.earlier(link, key, body_hash) if key else None
    if earlier is not None:
        return _as_made(earlier, given)
    wanted = reading.clean(_request_check(link), given)
    afford_booking(request.remote_addr, link.id)
    if wanted["start"].microsecond:
        return taken(SlotTaken("grid"), link, wanted["duration"], to_instant(wanted["start"]))
    try:
        booking = bookings.take(link, _request(link, wanted, key, body_hash), clock.now())
    except SlotTaken as problem:
        return taken(problem, link, wanted["duration"], to_instant(wanted["start"]))
    if not booking.is_replay:
        note_booking(request.remote_addr, link.id)
    return _as_made(booking, given)


def _request_check(link: Link) -> Check:
    form = link.scheduling["form"]
    boxes = [box["id"] for box in form["consent"]["checkboxes"]]
    return record(
        {
            "start": Field(reading.instant, required=True),
            "duration": Field(_one_of(link.durations), link.durations[0]),
            "timezone": Field(zone_name, link.scheduling["timezone"]),
            "contact": Field(check_contact, {}),
            "answers": Field(partial(check_answers, form["fields"]), {}),
            "consents": Field(list_of(choice(*boxes), maximum=CONSENTS_MAX, same=str), []),
            "captcha": Field(text(CAPTCHA_MAX), ""),
        }
    )


def _request(link: Link, wanted: dict[str, Any], key: str | None, body_hash: str) -> bookings.BookingRequest:
    language = link.scheduling["language"]
    return bookings.BookingRequest(
        start=wanted["start"],
        duration=wanted["duration"],
        timezone=wanted["timezone"],
        locale=current_locale() if language == AUTO else language,
        answers=wanted["answers"],
        idempotency_key=key,
        request_hash=body_hash if key else "",
        **wanted["contact"],
    )


def _as_made(booking: Booking, given: Any) -> dict[str, Any]:
    start = reading.instant(given["start"], "start")[0]
    return documents.new_booking(booking, start, start + timedelta(minutes=booking.duration))


def taken(problem: SlotTaken, link: Link, duration: int, start: Instant, without: Booking | None = None) -> Any:
    """The answer to a start that is refused, with the closest free ones."""
    near = sorted(offers.nearest(link, duration, start, clock.now(), without=without)) if link.is_bookable else []
    return problems.respond(problem, nearest=[documents.slot(at, duration) for at in near])
