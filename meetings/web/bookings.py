"""The hosts' bookings: the list by day, an opened one beside it, moving and cancelling."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.answers import check_reason
from meetings.domain.time import to_datetime
from meetings.errors import Conflict, Forbidden, Invalid, SlotTaken
from meetings.i18n import gettext as _
from meetings.models import Booking
from meetings.services import access
from meetings.services import bookings as booked

from . import agenda, htmx
from .giving import Giving, Taker, giving_of
from .panel import free_times, panel_of
from .session import login_required, reader, signed_in
from .workspace import asked_for, mail_summary

blueprint = Blueprint("bookings", __name__)

TABS = (agenda.UPCOMING, agenda.PAST, agenda.CALLED_OFF)
LATEST = 7_258_118_400  # the year 2200; a start beyond it is nonsense


@blueprint.get("/bookings")
@login_required
def index() -> Response:
    """The list alone."""
    return _page()


@blueprint.get("/bookings/<public_id>")
@login_required
def show(public_id: str) -> Response:
    """The list with one booking opened."""
    return _page(access.booking_for(signed_in(), public_id))


def _page(booking: Booking | None = None, mode: str = "look", status: int = 200, **context: Any) -> Response:
    """The list, and beside it one booking: to look at, to move, to cancel."""
    user, whom, now = signed_in(), reader(), clock.now()
    wanted = _wanted()
    found = list(
        agenda.query(user, wanted["show"], wanted["q"], wanted["whose"], now)
        .limit(agenda.PAGE + 1)
        .offset((int(wanted["page"]) - 1) * agenda.PAGE)
    )
    today = agenda.today_of(user, whom, now)
    return htmx.page_or_fragment(
        "bookings/index.html",
        "bookings/_split.html",
        status,
        wanted=wanted,
        days=agenda.days(found[: agenda.PAGE], whom, user, now),
        today=today if wanted["show"] == agenda.UPCOMING else None,
        displaced=agenda.displaced(user, whom, now) if wanted["show"] == agenda.UPCOMING else [],
        summary=agenda.summary(today, mail_summary().failed if user.is_admin else 0),
        earlier=_address(wanted, page=int(wanted["page"]) - 1) if wanted["page"] != "1" else None,
        later=_address(wanted, page=int(wanted["page"]) + 1) if len(found) > agenda.PAGE else None,
        tabs=[(name, _address(wanted, show=name, page=1)) for name in TABS],
        panel=panel_of(booking, user, whom, now) if booking is not None else None,
        mode=mode,
        asked=_query(wanted),
        reader=whom,
        **context,
    )


def _wanted() -> dict[str, str]:
    """What is asked for, as far as it makes sense."""
    asked = asked_for("show", "q", "whose", "page")
    asked["show"] = asked["show"] if asked["show"] in TABS else agenda.UPCOMING
    asked["whose"] = asked["whose"] if asked["whose"] in {"mine", "all"} else "mine"
    is_page = asked["page"].isascii() and asked["page"].isdigit() and 0 < int(asked["page"][:6]) < 100_000
    asked["page"] = str(int(asked["page"][:6])) if is_page else "1"
    return asked


DEFAULTS = {"show": agenda.UPCOMING, "q": "", "whose": "mine", "page": "1"}


def _query(wanted: dict[str, str]) -> str:
    """The list's state as a query, "?show=past", or nothing where it is the usual one."""
    said = {name: value for name, value in wanted.items() if value != DEFAULTS[name]}
    return f"?{urlencode(said)}" if said else ""


def _address(wanted: dict[str, str], **changed: object) -> str:
    return url_for("bookings.index") + _query(wanted | {name: str(value) for name, value in changed.items()})


# --- moving


@blueprint.get("/bookings/<public_id>/move")
@login_required
def move(public_id: str) -> Response:
    """Free times to move a meeting to; with a chosen one, the question whether to."""
    booking = _open_booking(public_id)
    start = _start(request.args.get("start"))
    if start is not None:
        return _ask_move(booking, start)
    return _choose(booking)


def _choose(booking: Booking, status: int = 200, problem: str = "") -> Response:
    choice = free_times(booking, _date(request.args.get("from")), reader(), clock.now())
    return _page(booking, "move", status, choice=choice, problem=problem)


def _ask_move(booking: Booking, start: datetime, status: int = 200) -> Response:
    """Whether to move it there; a round robin's host who isn't free then is named, with who would take it."""
    try:
        taker = booked.would_meet(booking, start, clock.now())
    except SlotTaken as problem:
        return _choose(booking, problem.status, _("That time is no longer free. These are:"))
    end = start + (booking.ends_at - booking.starts_at)
    new_when = reader().date_and_times(start, end)
    return _page(booking, "ask_move", status, start=start, new_when=new_when, taker=taker)


@blueprint.post("/bookings/<public_id>/move")
@login_required
def do_move(public_id: str) -> Response:
    """Move the meeting; everybody in it gets a mail."""
    booking = _open_booking(public_id)
    start = _start(request.form.get("start"))
    if start is None:
        return _choose(booking, 422, _("Choose a time first."))
    is_told = request.form.get("taker") is not None  # that somebody else takes it
    try:
        moved = booked.reschedule(booking, start, clock.now(), by=signed_in(), any_host=is_told)
    except SlotTaken as problem:
        return _ask_move(booking, start, problem.status)
    flash(_("Moved to %(when)s. The mails are on their way.", when=reader().date_time_long(moved.starts_at)))
    return htmx.redirect(_back_to(booking))


def _start(text: str | None) -> datetime | None:
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 11 or int(text) > LATEST:
        return None
    return to_datetime(int(text))


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _open_booking(public_id: str) -> Booking:
    """A booking that can still be changed. Raises Conflict for one that is cancelled or has begun."""
    booking = access.booking_for(signed_in(), public_id)
    if not booking.is_confirmed or booking.starts_at <= clock.now():
        raise Conflict(reason="over")
    return booking


def _back_to(booking: Booking) -> str:
    return url_for("bookings.show", public_id=booking.public_id)


# --- giving it to another host


@blueprint.get("/bookings/<public_id>/give")
@login_required
def give(public_id: str) -> Response:
    """Who could take the meeting over; with a chosen one, the question whether to."""
    booking = _open_booking(public_id)
    giving = _giving(booking, request.args)
    taker = giving.taker(_id(request.args.get("to")))
    return _ask_give(booking, giving, taker) if taker else _choose_taker(booking, giving)


def _giving(booking: Booking, asked: MultiDict[str, str]) -> Giving:
    giving = giving_of(signed_in(), booking, _id(asked.get("from")), reader())
    if giving is None:
        raise Forbidden
    return giving


def _choose_taker(booking: Booking, giving: Giving, status: int = 200, problem: str = "") -> Response:
    return _page(booking, "give", status, giving=giving, problem=problem)


def _ask_give(booking: Booking, giving: Giving, taker: Taker, status: int = 200) -> Response:
    return _page(booking, "ask_give", status, giving=giving, taker=taker)


@blueprint.post("/bookings/<public_id>/give")
@login_required
def do_give(public_id: str) -> Response:
    """Give the meeting, or one host's part in it, to another; everybody concerned gets a mail."""
    booking = _open_booking(public_id)
    giving = _giving(booking, request.form)
    taker = giving.taker(_id(request.form.get("to")))
    if taker is None:
        return _choose_taker(booking, giving, 422, _("Choose somebody first."))
    is_accepted = request.form.get("accept") == "1"
    if not taker.is_free and giving.seat.is_required and not is_accepted:
        return _ask_give(booking, giving, taker, 409)
    try:
        booked.hand_over(signed_in(), booking, giving.seat.host, taker.user, clock.now(), accept_events=is_accepted)
    except (SlotTaken, Invalid):
        again = _giving(booking, request.form)
        return _choose_taker(booking, again, 409, _("%(name)s is no longer free then.", name=taker.user.name))
    flash(
        _("%(name)s meets %(contact)s now. The mails are on their way.", name=taker.user.name, contact=_with(booking))
    )
    return htmx.redirect(_back_to(booking) if _is_visible(booking) else url_for("bookings.index"))


def _with(booking: Booking) -> str:
    return booking.contact_name or _("somebody who was erased")


def _is_visible(booking: Booking) -> bool:
    """Whether whoever is signed in may still see a booking: who has given it away may not."""
    return booking.id in access.visible_among(signed_in(), [booking.id])


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


# --- cancelling


@blueprint.get("/bookings/<public_id>/cancel")
@login_required
def cancel(public_id: str) -> Response:
    """Ask, with the meeting's name, whether to cancel it."""
    return _page(_open_booking(public_id), "ask_cancel")


@blueprint.post("/bookings/<public_id>/cancel")
@login_required
def do_cancel(public_id: str) -> Response:
    """Cancel the meeting; its time is free at once, and everybody in it gets a mail."""
    booking = access.booking_for(signed_in(), public_id)
    typed = request.form.get("reason", "")
    reason, flaws = check_reason(typed, "reason")
    if flaws:
        return _page(booking, "ask_cancel", 422, problem=i18n.flaw_message(flaws[0]), typed=typed)
    booked.cancel(booking, clock.now(), reason=reason, by=signed_in())
    flash(_("Cancelled. %(name)s gets a mail.", name=booking.contact_name))
    return htmx.redirect(_back_to(booking))
