"""What is kept about a contact, for them: a link by mail, then a visit in which they see, take along, and have erased.

The link works once. Opening it asks for a press of a button, as programs that check mails follow links; from there a
cookie goes along, and the secret is in no address any more.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain import rich_text
from meetings.domain.fields import Flaw, email
from meetings.errors import NotFound, RateLimited
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Booking, Consent, Contact, Link
from meetings.models.bookings import CONFIRMED, booking_answers
from meetings.models.contacts import OtherAddress, PropertyValue
from meetings.ratelimit import place
from meetings.secrets import Signer
from meetings.services import consents, privacy, retention, rights, subscriptions

from . import guard
from .session import Answer
from .visit import choose_locale

blueprint = Blueprint("rights", __name__, url_prefix="/privacy")

COOKIE = "privacy"  # and what it is signed for


@blueprint.before_request
def _begin() -> None:
    i18n.speak(choose_locale("auto"))
    guard.keep_private()


def _page(name: str, title: str, status: int = 200, **context: Any) -> Response:
    return make_response(render_template(f"rights/{name}.html", page_title=title, **context), status)


# ---- asking ----------------------------------------------------------------------------------------------------------


@blueprint.route("", methods=["GET", "POST"])
def ask() -> Response:
    """Ask for the link. The answer is the same whoever asks about whom."""
    if request.method == "GET":
        return _form()
    typed = request.form.get("email", "")
    address, flaws = email(typed, "email")
    if not address and not flaws:
        flaws = [Flaw("email", "required")]
    if flaws:
        return _form(typed, i18n.flaw_message(flaws[0]), 422)
    try:
        rights.ask(address, i18n.current_locale(), address=place(request.remote_addr), now=clock.now())
    except RateLimited as problem:
        return _form(typed, i18n.problem_message(problem), problem.status)
    return _page("sent", _("Check your mail"), email=address)


def _form(typed: str = "", error: str = "", status: int = 200) -> Response:
    title = _("Your data")
    return _page("ask", _("Error: %(title)s", title=title) if error else title, status, typed=typed, error=error)


# ---- the link --------------------------------------------------------------------------------------------------------


@blueprint.route("/<token>", methods=["GET", "POST"])
def open_link(token: str) -> Response:
    """Looking at the link uses nothing up; the button does, and begins a visit."""
    now = clock.now()
    if request.method == "GET":
        if rights.is_good(token, now):
            return _page("open", _("Your data"))
        return _over()
    visit = rights.use(token, now)
    if visit is None:
        return _over()
    answer = redirect(url_for("rights.mine"), 303)
    answer.set_cookie(
        COOKIE,
        _signer().sign_timed(COOKIE, visit),
        max_age=int(rights.VISIT_LASTS.total_seconds()),
        path=url_for("rights.ask"),
        httponly=True,
        samesite="Strict",
        secure=current_app.config["BASE_URL"].startswith("https://"),
    )
    return answer


def _over() -> Response:
    return _page("over", _("This link is over"), NotFound.status)


def _visitor(now: datetime) -> Contact | None:
    """Who opened their link in this browser within the last hour."""
    lasts = int(rights.VISIT_LASTS.total_seconds())
    visit = _signer().unsign_timed(COOKIE, request.cookies.get(COOKIE, ""), lasts)
    return rights.visitor(visit, now) if isinstance(visit, str) else None


def _signer() -> Signer:
    signer: Signer = current_app.extensions["signer"]
    return signer


# ---- the visit -------------------------------------------------------------------------------------------------------


@blueprint.get("/mine")
def mine() -> Answer:
    """Everything that is kept, in plain words."""
    contact = _visitor(clock.now())
    return _over() if contact is None else _mine(contact)


def _mine(contact: Contact, said: str = "") -> Response:
    found = Booking.select(Booking, Link).join(Link).where(Booking.contact == contact)
    bookings, known = list(found.order_by(Booking.starts_at.desc())), rights.values_of(contact)
    return _page(
        "mine",
        _("Your data"),
        contact=contact,
        company=rights.company_of(contact, known),
        values=[_value(row) for row in known],
        bookings=[_meeting(booking) for booking in bookings],
        agreements=[_agreement(row) for row in consents.granted(contact)],
        others=OtherAddress.of(contact.id),
        notes=[(_day(row.created_at), row.text) for row in rights.notes_on(contact)],
        mails=_mails(len(rights.mails_to(booking.id for booking in bookings))),
        said=said,
        kept_for=_kept_for(retention.rules()["bookings_months"]),
    )


def _kept_for(months: int) -> str:
    if not months:
        return ""
    return ngettext(
        "By itself it goes %(num)s month after the meeting.",
        "By itself it goes %(num)s months after the meeting.",
        months,
    )


def _value(row: PropertyValue) -> tuple[str, str]:
    locale = i18n.current_locale()
    known = row.property
    return i18n.question_and_answer(known.name, known.label, known.kind, row.value, locale)


def _meeting(booking: Booking) -> Mapping[str, Any]:
    locale = i18n.current_locale()
    zone = booking.timezone
    start, end = booking.starts_at, booking.ends_at
    return {
        "title": booking.title,
        "when": i18n.date_time_full(start, end, zone, locale, form="short-year"),
        "zone": i18n.zone_label(zone, start, locale),
        "hosts": i18n.listed([seat.host.name for seat in booking.hosts()], locale),
        "is_cancelled": not booking.is_confirmed,
        "reason": booking.cancel_reason,
        "answers": [
            i18n.question_and_answer(row.name, row.label, row.kind, row.value, locale)
            for row in booking_answers(booking)
        ],
    }


def _agreement(row: Consent) -> Mapping[str, Any]:
    locale = i18n.current_locale()
    return {
        "subscription": row.subscription,
        "label": subscriptions.labels(locale).get(row.subscription, row.subscription),
        "wording": row.wording if row.box else rich_text.to_text(row.wording),
        "since": _day(row.created_at),
        "was_asked": bool(row.box),
    }


def _day(at: datetime) -> str:
    return i18n.day_of(at.date(), i18n.current_locale(), "short-year")


def _mails(count: int) -> str:
    return ngettext("%(num)s mail about your meetings", "%(num)s mails about your meetings", count)


@blueprint.get("/mine/my-data.json")
def download() -> Answer:
    """All of it as a file that programs read."""
    contact = _visitor(clock.now())
    if contact is None:
        return _over()
    return as_file(rights.export(contact), "my-data.json")


def as_file(found: Mapping[str, Any], name: str) -> Response:
    """An export, to be kept as a file."""
    answer = current_app.response_class(json.dumps(found, ensure_ascii=False, indent=2), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.post("/mine/withdraw")
def withdraw() -> Answer:
    """Take back what was agreed to; doing so twice is the same as once."""
    now = clock.now()
    contact = _visitor(now)
    if contact is None:
        return _over()
    name = request.form.get("subscription", "")
    with suppress(NotFound):  # it holds no more, which is what was asked for
        consents.withdraw(contact, name, now, request.remote_addr)
    label = subscriptions.labels(i18n.current_locale()).get(name)
    return _mine(contact, _("Withdrawn: %(what)s. It is written down with today’s date.", what=label) if label else "")


@blueprint.route("/mine/erase", methods=["GET", "POST"])
def erase() -> Answer:
    """Ask, then forget."""
    now = clock.now()
    contact = _visitor(now)
    if contact is None:
        return _over()
    if request.method == "GET":
        ahead = Booking.select().where(Booking.contact == contact, Booking.status == CONFIRMED, Booking.starts_at > now)
        return _page("erase", _("Erase everything?"), email=contact.email, ahead=ahead.count())
    is_done = privacy.erase(contact, now, by=None)
    answer = _page("erased", _("Your data is erased") if is_done else _("Your data is being erased"), is_done=is_done)
    answer.delete_cookie(COOKIE, path=url_for("rights.ask"))
    return answer
