"""Bookings: lists for hosts; looking at, moving and cancelling one, also for the contact with the booking's token."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import request

from .. import clock, ratelimit
from ..domain.answers import check_reason
from ..domain.fields import Checked, Field, Flaw, boolean, choice, email, email_key, iso_date, record, text
from ..domain.time import to_instant, zone
from ..errors import Invalid, NotFound, SlotTaken, Unauthorized
from ..models import Booking, Link, User
from ..models.bookings import CANCELLED, CONFIRMED
from ..services import access, bookings, guarding, ownership
from . import documents, ledger, pages, reading
from .calls import Access, Group, Parameter, bearer, call, has_bearer
from .public import taken

_DAY_OR_INSTANT = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
_TOKEN = Parameter("token", {"type": "string"}, "The booking's own token, the last part of `manage_url`")

_MOVE = record({"start": Field(reading.instant, required=True), "any_host": Field(boolean, False)})
_HAND_OVER = record({"host": Field(email, required=True), "from": Field(email), "accept_events": Field(boolean, False)})
_CANCEL = record({"reason": Field(check_reason, "")})


# ---- lists -----------------------------------------------------------------------------------------------------------


@call(
    "GET",
    "/bookings",
    access=Access.TOKEN,
    group=Group.BOOKINGS,
    summary="Bookings",
    answer="BookingList",
    query=(
        Parameter("from", _DAY_OR_INSTANT, "Starts at or after this; a date is a day of the caller's zone"),
        Parameter("to", _DAY_OR_INSTANT, "Starts before this; a date is included to its end"),
        Parameter("status", {"enum": [CONFIRMED, CANCELLED]}, "Only those"),
        Parameter("host", {"type": "string"}, "Only those with the host of this address"),
        Parameter("link", {"type": "string"}, "Only those made through the link with this slug"),
        *pages.PARAMETERS,
    ),
    explanation="Those that one is in, or whose link one organizes; for admins all. In the order of their starts.",
)
def list_bookings(actor: User) -> dict[str, object]:
    page = pages.of_query(_found(actor), (Booking.starts_at, Booking.id), _key)
    return page.document(_hosts_bookings(page.rows))


def _hosts_bookings(rows: Sequence[Booking]) -> list[dict[str, object]]:
    """With what is the hosts' business alone."""
    return [
        {**document, "meeting_type": row.meeting_type or None, "assignment": assignment}
        for document, row, assignment in zip(documents.bookings(rows), rows, ledger.of(rows), strict=True)
    ]


def _key(row: Any) -> tuple[int, int]:
    return to_instant(row.starts_at), row.id


def _found(actor: User) -> Any:
    wanted = reading.query(
        {
            "from": Field(_day_or_instant),
            "to": Field(_day_or_instant),
            "status": Field(choice(CONFIRMED, CANCELLED)),
            "host": Field(email),
            "link": Field(text(100)),
        }
    )
    first, last = _bound(actor, wanted["from"], 0), _bound(actor, wanted["to"], 1)
    if first is not None and last is not None and last < first:
        raise Invalid([Flaw("to", "ends-before-start")])
    return access.bookings_of(
        actor,
        status=wanted["status"],
        first=first,
        last=last,
        host_id=_id(wanted["host"] and access.user_by_email(wanted["host"]), asked=wanted["host"]),
        link_id=_id(wanted["link"] and Link.by_slug(wanted["link"]), asked=wanted["link"]),
    )


def _day_or_instant(value: object, path: str) -> Checked:
    day, flaws = iso_date(value, path)
    return (date.fromisoformat(day), []) if not flaws else reading.instant(value, path)


def _bound(actor: User, value: date | datetime | None, end: int) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return access.day_bounds(value, value, zone(actor.timezone))[end]


def _id(row: Any, *, asked: object) -> int | None:
    """The row's id; none asked for is no limit, an unknown one finds nothing."""
    if not asked:
        return None
    return row.id if row else 0


# ---- one booking -----------------------------------------------------------------------------------------------------


def _opened(public_id: str) -> tuple[Booking, User | None]:
    """The booking, and the user who asked; None: the contact, by the booking's own token."""
    if has_bearer():
        actor = bearer()
        return access.booking_for(actor, public_id), actor
    token = request.args.get("token")
    if not token:
        raise Unauthorized
    booking = access.booking_by_token(token, clock.now())
    if booking.public_id != public_id:
        raise NotFound
    return booking, None


@call(
    "GET",
    "/bookings/<id>",
    access=Access.BOOKING,
    group=Group.BOOKINGS,
    summary="One booking",
    answer="SeenBooking",
    query=(_TOKEN,),
)
def show_booking(public_id: str) -> dict[str, object]:
    return _seen(*_opened(public_id))


def _seen(booking: Booking, actor: User | None) -> dict[str, object]:
    """A booking as its contact sees it, or a user of the team."""
    return documents.booking(booking) if actor is None else _hosts_bookings([booking])[0]


@call(
    "POST",
    "/bookings/<id>/reschedule",
    access=Access.BOOKING,
    group=Group.BOOKINGS,
    summary="Move a booking",
    body="RescheduleRequest",
    answer="SeenBooking",
    query=(_TOKEN,),
    problems=("slot-taken", "conflict"),
    explanation=(
        "To another start, with the same length. A round robin's host stays the same, and 409 `slot-taken` says that "
        "they are not free then; with `any_host` another member may take over. 409 `conflict` once the booking is "
        "cancelled or its time has come, and for the contact while the page is switched off."
    ),
)
def move_booking(public_id: str) -> Any:
    booking, actor = _opened(public_id)
    wanted = reading.body(_MOVE)
    _admit(booking, actor)
    try:
        if wanted["start"].microsecond:
            raise SlotTaken("grid")  # noqa: TRY301 - answered as the service's refusals are
        moved = bookings.reschedule(booking, wanted["start"], clock.now(), by=actor, any_host=wanted["any_host"])
    except SlotTaken as problem:
        view = ownership.view_to_move(booking.link, booking, any_host=wanted["any_host"])
        return taken(problem, booking.link, booking.duration, to_instant(wanted["start"]), without=booking, view=view)
    _note(booking, actor)
    return _seen(moved, actor)


@call(
    "POST",
    "/bookings/<id>/cancel",
    access=Access.BOOKING,
    group=Group.BOOKINGS,
    summary="Cancel a booking",
    body="CancelRequest",
    answer="SeenBooking",
    query=(_TOKEN,),
    problems=("conflict",),
    explanation="Frees the time at once. Cancelling twice changes nothing; what has begun can't be cancelled.",
)
def cancel_booking(public_id: str) -> dict[str, object]:
    booking, actor = _opened(public_id)
    reason = reading.optional_body(_CANCEL)["reason"]
    _admit(booking, actor)
    cancelled = bookings.cancel(booking, clock.now(), reason=reason, by=actor)
    _note(booking, actor)
    return _seen(cancelled, actor)


@call(
    "POST",
    "/bookings/<id>/hand-over",
    access=Access.TOKEN,
    group=Group.BOOKINGS,
    summary="Give a booking to another host",
    body="HandOverRequest",
    answer="HostsBooking",
    problems=("slot-taken", "conflict", "forbidden"),
    explanation=(
        "At the same time. `from` says in whose place; without it in one's own, or in that of the only host. The host "
        "who holds it, the link's organizer and admins may; to somebody of the link's team, admins to any active user. "
        "Of a link of one person admins alone. 409 `slot-taken` if the new host is not free: in another meeting "
        "always, else unless `accept_events`. 409 `conflict` once the booking is cancelled, its time has come, or "
        "another host has it."
    ),
)
def hand_over(actor: User, public_id: str) -> dict[str, object]:
    booking = access.booking_for(actor, public_id)
    wanted = reading.body(_HAND_OVER)
    former, new = _giver(actor, booking, wanted["from"]), access.user_by_email(wanted["host"])
    if new is None:
        raise Invalid([Flaw("host", "no-successor")])
    accept_events = bool(wanted["accept_events"])
    given = bookings.hand_over(actor, booking, former, new, clock.now(), accept_events=accept_events)
    return _seen(given, actor)


def _giver(actor: User, booking: Booking, asked: str | None) -> User:
    """In whose place somebody else is to meet the contact. Raises Invalid if nobody is named, or no host of it."""
    hosts = {seat.host.email: seat.host for seat in booking.hosts()}
    if asked is None and len(hosts) > 1 and actor.email not in hosts:
        raise Invalid([Flaw("from", "required")])
    found = hosts.get(email_key(asked)) if asked else hosts.get(actor.email) or next(iter(hosts.values()))
    if found is None:
        raise Invalid([Flaw("from", "not-its-host")])
    return found


def _admit(booking: Booking, actor: User | None) -> None:
    """Before a contact changes a booking, which is mail to others. Raises RateLimited."""
    if actor is None:
        is_known = guarding.is_known(booking, request.args["token"], clock.now())
        ratelimit.afford_change(booking.contact_id, is_known=is_known)


def _note(booking: Booking, actor: User | None) -> None:
    if actor is None:
        ratelimit.note_change(booking.contact_id)
