"""Booking pages for programs: what a page shows, the times it offers, and booking one. No token needed."""

from collections.abc import Sequence
from dataclasses import replace
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
    email,
    iso_date,
    list_of,
    record,
    refuse,
    text,
    zone_name,
)
from ..domain.time import Instant, Span, days_span, local_date, to_instant, zone
from ..errors import CaptchaFailed, Invalid, SlotTaken
from ..i18n import current_locale
from ..models import Booking, Link
from ..ratelimit import afford_booking, bookings_lately, note_booking
from ..services import bookings, branding, consents, forms, guarding, host_hours, offers, ownership, single_use
from ..services.offers import View
from . import documents, problems, reading
from .calls import Access, Group, Parameter, call
from .schemas.parts import BOOLEAN, EMAIL

DAYS_MAX = 70  # of slots in one answer
CAPTCHA_MAX = 4000
CONSENTS_MAX = 20
VERSION_MAX = 64
ONCE_MAX = 100
_ODD_HOURS = 3 * 3600  # seconds; no clock was ever put back further across midnight

_DATE = {"type": "string", "format": "date"}
ONCE = Parameter("once", {"type": "string"}, "The token of an address that books one meeting")


@call(
    "GET",
    "/book/<slug>",
    access=Access.PUBLIC,
    group=Group.PAGES,
    summary="What a booking page shows",
    answer="Page",
    query=(ONCE,),
    problems=("invitation-over",),
    explanation=(
        "`is_bookable` is false while the page is switched off: it offers no times then. `form.captcha` is true while "
        "whoever books has to solve a challenge. `asks_email_first` is true where the times go by the contact's "
        "address: send it along as `email` when asking for them."
    ),
)
def show_page(slug: str) -> dict[str, object]:
    link = _page_at(slug)
    is_guarded = guarding.is_guarded(link, clock.now())
    terms = consents.terms(link, _language(link))
    return documents.page(link, offers.hosts_of(link), terms, branding.current(), is_guarded=is_guarded)


def _page_at(slug: str, *, is_sent: bool = False) -> Link:
    return single_use.link_at(slug, _once(), clock.now(), is_sent=is_sent)


def _once() -> str:
    return request.args.get(ONCE.name, "")[:ONCE_MAX]


def _language(link: Link) -> str:
    """In which the page speaks: the link's, else the caller's."""
    language = str(link.scheduling["language"])
    return current_locale() if language == AUTO else language


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
        Parameter("email", EMAIL, "The contact's address, where the page has `asks_email_first`"),
        Parameter("team", BOOLEAN, "With `true` everyone's times, whatever the address"),
        ONCE,
    ),
    problems=("invitation-over",),
    explanation=(
        "Where the page has `asks_email_first`, `email` narrows the times to those of the host whose contact it is, if "
        "they can be met there; for any other address, known or not, everyone's times are told. Booking goes by the "
        "same rule: the contact's own host gets the meeting if free, else whoever's turn it is."
    ),
)
def list_slots(slug: str) -> str:
    link = _page_at(slug)
    asked = _asked_days(link)
    first, last, local = date.fromisoformat(asked["from"]), date.fromisoformat(asked["to"]), zone(asked["timezone"])
    span = days_span(first, last, local)
    view = ownership.view_of(link, asked["email"] or "", is_everyones=bool(asked["team"]))
    starts = offers.offered(link, asked["duration"], span, clock.now(), view=view) if link.is_bookable else []
    return documents.slots(asked["timezone"], asked["duration"], _on_days(starts, span, first, last, local))


def _asked_days(link: Link) -> dict[str, Any]:
    asked = reading.query(
        {
            "from": Field(iso_date, required=True),
            "to": Field(iso_date, required=True),
            "timezone": Field(zone_name, host_hours.zone_of(link)),
            "duration": Field(reading.typed(one_of(link.durations)), link.durations[0]),
            "email": Field(email),
            "team": Field(reading.switch),
        }
    )
    days = (date.fromisoformat(asked["to"]) - date.fromisoformat(asked["from"])).days
    if days < 0:
        raise Invalid([Flaw("to", "ends-before-start")])
    if days >= DAYS_MAX:
        raise Invalid([Flaw("to", "range-too-long", {"maximum": DAYS_MAX})])
    return asked


def one_of(durations: Sequence[int]) -> Check:
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


# ---- robots ----------------------------------------------------------------------------------------------------------


@call(
    "GET",
    "/book/<slug>/captcha",
    access=Access.PUBLIC,
    group=Group.PAGES,
    summary="A challenge against robots",
    answer="Challenge",
    query=(ONCE,),
    explanation=(
        "Proof of work as ALTCHA 3 has it, for pages whose `form.captcha` is true. Solve it with an ALTCHA library and "
        "send the payload along as `captcha`. A challenge counts once, for this page, within twelve hours."
    ),
)
def show_challenge(slug: str) -> dict[str, object]:
    return guarding.challenge(_page_at(slug), clock.now())


def _proof(link: Link, payload: str) -> guarding.Proof | None:
    """What shows that no robot asks; None where nothing has to. Raises CaptchaFailed."""
    now = clock.now()
    if not guarding.is_guarded(link, now):
        return None
    found = guarding.proof_of_work(link, payload, now)
    if found is None:
        raise CaptchaFailed
    return found


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
        ONCE,
        Parameter(
            reading.KEY_HEADER,
            {"type": "string", "minLength": 1, "maxLength": 255},
            "Makes repeating safe: the same request under the same key is answered as the first was",
            place="header",
        ),
    ),
    problems=("slot-taken", "consent-changed", "invitation-over", "captcha-failed"),
    explanation=(
        "409 `slot-taken` whichever rule refuses a well-formed start: `rule` names it, and `nearest` has the closest "
        "times that are free. `manage_url` is the contact's own page; its last part is the token that the calls for "
        "one booking take. 422 `captcha-failed` where the page checks for robots and `captcha` solves no challenge of "
        "its own, or one that was used."
    ),
)
def book_slot(slug: str) -> Any:
    link = _page_at(slug, is_sent=True)
    given, key = reading.json_body(), reading.idempotency_key()
    body_hash = reading.fingerprint(given)
    earlier = bookings.earlier(link, key, body_hash) if key else None
    if earlier is not None:
        return _as_made(earlier, given)
    wanted = reading.clean(_request_check(link), given)
    afford_booking(request.remote_addr, link.id)
    proof = _proof(link, wanted["captcha"])
    guarding.afford_mail(wanted["contact"]["email"], clock.now())  # after that: no robot is to find out about addresses
    refused = partial(_refused, link, wanted)
    if wanted["start"].microsecond:
        return refused(SlotTaken("grid"))
    try:
        wish = replace(_request(link, wanted, key, body_hash), proof=proof)
        booking = bookings.take(link, wish, clock.now())
    except SlotTaken as problem:
        return refused(problem)
    if not booking.is_replay:
        note_booking(request.remote_addr, link.id)
        guarding.watch(link, bookings_lately(link.id), clock.now())
    return _as_made(booking, given)


def _request_check(link: Link) -> Check:
    boxes = [box.id for box in consents.terms(link, _language(link)).boxes]
    return record(
        {
            "start": Field(reading.instant, required=True),
            "duration": Field(one_of(link.durations), link.durations[0]),
            "timezone": Field(zone_name, host_hours.zone_of(link)),
            "contact": Field(check_contact, {}),
            "answers": Field(partial(check_answers, forms.asked(link, _language(link))), {}),
            "consents": Field(list_of(choice(*boxes), maximum=CONSENTS_MAX, same=str), []),
            "consent_version": Field(text(VERSION_MAX)),
            "captcha": Field(text(CAPTCHA_MAX), ""),
        }
    )


def _request(link: Link, wanted: dict[str, Any], key: str | None, body_hash: str) -> bookings.BookingRequest:
    return bookings.BookingRequest(
        start=wanted["start"],
        duration=wanted["duration"],
        timezone=wanted["timezone"],
        locale=_language(link),
        agreed=consents.Agreed(frozenset(wanted["consents"]), wanted["consent_version"], request.remote_addr),
        answers=wanted["answers"],
        idempotency_key=key,
        request_hash=body_hash if key else "",
        once=_once(),
        **wanted["contact"],
    )


def _as_made(booking: Booking, given: Any) -> dict[str, Any]:
    start = reading.instant(given["start"], "start")[0]
    return documents.new_booking(booking, start, start + timedelta(minutes=booking.duration))


def _refused(link: Link, wanted: dict[str, Any], problem: SlotTaken) -> Any:
    view = ownership.view_of(link, wanted["contact"]["email"], is_everyones=True)
    return taken(problem, link, wanted["duration"], to_instant(wanted["start"]), view=view)


def taken(
    problem: SlotTaken,
    link: Link,
    duration: int,
    start: Instant,
    without: Booking | None = None,
    view: View | None = None,
) -> Any:
    """The answer to a start that is refused, with the closest free ones."""
    now = clock.now()
    near = sorted(offers.nearest(link, duration, start, now, without=without, view=view)) if link.is_bookable else []
    return problems.respond(problem, nearest=[documents.slot(at, duration) for at in near])
