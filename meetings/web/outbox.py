"""The outbox: every row with its state and its exact content, for admins; and what can be done about one."""

from typing import Any

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.errors import Conflict, NotFound
from meetings.i18n import current_locale
from meetings.i18n import gettext as _
from meetings.models import Delivery
from meetings.models.outbox import DROPPED, FAILED, MISSED, PENDING, SENDING, SENT
from meetings.services import outbox

from . import guard, htmx
from .panel import fate_of, state_of, title
from .session import admin_required, local_path, login_required, reader, signed_in
from .workspace import asked_for, mail_summary

blueprint = Blueprint("outbox", __name__)

PAGE = 50
TABS = (outbox.EVERYTHING, outbox.WAITING, outbox.PLANNED, SENT, FAILED, MISSED, DROPPED)
# What a mail's own styles may do in its frame: nothing but paint.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; sandbox"


@blueprint.get("/outbox")
@admin_required
def index() -> Response:
    """All rows, or those in one state, or to somebody."""
    now, wanted = clock.now(), _wanted()
    page = int(wanted["page"])
    rows = outbox.list_of(now, wanted["state"], wanted["q"])
    found = list(rows.limit(PAGE + 1).offset((page - 1) * PAGE))
    return htmx.page_or_fragment(
        "outbox/index.html",
        "outbox/_list.html",
        rows=[_line(delivery) for delivery in found[:PAGE]],
        summary=mail_summary(),
        wanted=wanted,
        tabs=[(name, _address(wanted, state=name, page=1)) for name in TABS],
        newer=_address(wanted, page=page - 1) if page > 1 else None,
        older=_address(wanted, page=page + 1) if len(found) > PAGE else None,
        reader=reader(),
        tries=outbox.TRIES,
    )


def _wanted() -> dict[str, str]:
    """What is asked for, as far as it makes sense."""
    asked = asked_for("state", "q", "page")
    asked["state"] = asked["state"] if asked["state"] in TABS else outbox.EVERYTHING
    page = asked["page"][:6]
    asked["page"] = str(int(page)) if page.isascii() and page.isdigit() and int(page) else "1"
    return asked


def _address(wanted: dict[str, str], **changed: object) -> str:
    values: dict[str, Any] = wanted | {name: str(value) for name, value in changed.items()}
    usual = {"state": outbox.EVERYTHING, "q": "", "page": "1"}
    return url_for("outbox.index", **{name: value for name, value in values.items() if value != usual[name]})


def _line(delivery: Delivery) -> dict[str, Any]:
    """A row as list and page show it."""
    return {
        "delivery": delivery,
        "title": title(delivery, _addressee(delivery)),
        "state": state_of(delivery, clock.now()),
        "fate": fate_of(delivery, current_locale()),
    }


def _addressee(delivery: Delivery) -> str:
    if delivery.user is not None:
        return delivery.user.name
    name = delivery.booking.contact_name if delivery.booking is not None else ""
    return name or delivery.recipient


@blueprint.get("/outbox/<key:delivery_id>")
@admin_required
def show(delivery_id: int) -> str:
    """One row, exactly as it goes out."""
    delivery, now = _delivery(delivery_id), clock.now()
    return render_template(
        "outbox/show.html",
        **_line(delivery),
        content=outbox.content(delivery, now),
        summary=mail_summary(),
        reader=reader(),
        tries=outbox.TRIES,
        can_resend=outbox.can_resend(delivery, now),
        can_drop=outbox.can_drop(delivery),
    )


def _delivery(delivery_id: int) -> Delivery:
    return outbox.delivery_for(signed_in(), delivery_id)


@blueprint.get("/outbox/<key:delivery_id>/html")
@admin_required
def html(delivery_id: int) -> Response:
    """The mail's HTML for the frame that shows it: no script, no request, no form gets out of it."""
    content = outbox.content(_delivery(delivery_id), clock.now())
    if content is None:
        raise NotFound
    guard.allow_own_frames()
    answer = make_response(content.html)
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    return answer


@blueprint.get("/outbox/<key:delivery_id>/raw")
@admin_required
def raw(delivery_id: int) -> Response:
    """The mail's bytes, to be opened in a mail program."""
    content = outbox.content(_delivery(delivery_id), clock.now())
    if content is None:
        raise NotFound
    answer = current_app.response_class(content.raw, mimetype="message/rfc822")
    answer.headers["Content-Disposition"] = f'attachment; filename="mail-{delivery_id}.eml"'
    return answer


@blueprint.post("/outbox/<key:delivery_id>/resend")
@login_required
def resend(delivery_id: int) -> Response:
    """Send it once more: admins anything, others what is about a booking that they see."""
    delivery = _delivery(delivery_id)
    try:
        outbox.resend(delivery, clock.now())
        flash(_("It will be sent once more."))
    except Conflict:
        flash(_not_resent(_delivery(delivery_id)), "warn")
    return _back(delivery)


def _not_resent(delivery: Delivery) -> str:
    if delivery.state in {PENDING, SENDING}:
        return _("It is on its way already.")
    if delivery.state == SENT:
        return _("It was not sent again: it has gone out just now, or what it says is no longer true.")
    return _("It was not sent again: what it says is no longer true.")


def _back(delivery: Delivery) -> Response:
    """To the booking, if the button stood there: its hosts have no page of the outbox."""
    asked_from = local_path(request.form.get("back"))
    return redirect(asked_from or url_for("outbox.show", delivery_id=delivery.id), 303)


@blueprint.post("/outbox/<key:delivery_id>/drop")
@admin_required
def drop(delivery_id: int) -> Response:
    """Take a row out of the queue."""
    try:
        outbox.drop(_delivery(delivery_id))
        flash(_("It is withdrawn and will not be sent."))
    except Conflict:
        flash(_not_dropped(_delivery(delivery_id)), "warn")
    return redirect(url_for("outbox.show", delivery_id=delivery_id), 303)


def _not_dropped(delivery: Delivery) -> str:
    return {
        SENDING: _("It is being sent this very moment, so it can’t be held back."),
        SENT: _("It has been sent meanwhile, so it can’t be held back."),
    }.get(delivery.state, _("It will not be sent anyway."))


@blueprint.post("/outbox/try-now")
@admin_required
def try_now() -> Response:
    """Don't wait for the next try."""
    outbox.try_all_now(clock.now())
    flash(_("Everything that waits is tried at once."))
    return redirect(url_for("outbox.index"), 303)
