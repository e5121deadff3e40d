"""The outbox, for admins: every mail with its state, its exact content, and what can be done about a failed one."""

from typing import Any

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.errors import NotFound
from meetings.i18n import current_locale
from meetings.i18n import gettext as _
from meetings.models import Delivery
from meetings.models.outbox import DROPPED, FAILED, MISSED, PENDING, SENDING, SENT
from meetings.services import outbox

from . import guard, htmx
from .panel import title
from .session import admin_required, reader
from .workspace import mail_summary

blueprint = Blueprint("outbox", __name__)

PAGE = 50
TABS = ("", PENDING, SENT, FAILED)
# What a mail's own styles may do in its frame: nothing but paint.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


@blueprint.get("/outbox")
@admin_required
def index() -> Response:
    """The latest mails, or those in one state."""
    now = clock.now()
    state = request.args.get("state", "")
    state = state if state in TABS else ""
    page = max(1, request.args.get("page", 1, type=int) or 1) if len(request.args.get("page", "")) < 6 else 1
    found = list(outbox.list_of(state or None).limit(PAGE + 1).offset((page - 1) * PAGE))
    return htmx.page_or_fragment(
        "outbox/index.html",
        "outbox/_list.html",
        mails=[(mail, title(mail, _addressee(mail))) for mail in found[:PAGE]],
        summary=mail_summary(),
        state=state,
        tabs=[(name, url_for("outbox.index", state=name or None)) for name in TABS],
        newer=url_for("outbox.index", state=state or None, page=page - 1) if page > 1 else None,
        older=url_for("outbox.index", state=state or None, page=page + 1) if len(found) > PAGE else None,
        reader=reader(),
        now=now,
        states=_states(),
        reason=_reason,
    )


def _addressee(mail: Delivery) -> str:
    if mail.user is not None:
        return mail.user.name
    return mail.booking.contact_name if mail.booking is not None else mail.recipient


def _reason(mail: Delivery) -> str:
    return outbox.reason(mail, current_locale())


def _states() -> dict[str, tuple[str, str, str]]:
    """For each state its tone, its glyph and its word."""
    return {
        PENDING: ("soft", "clock", _("Waiting")),
        SENDING: ("soft", "refresh", _("Being sent")),
        SENT: ("good", "good", _("Sent")),
        FAILED: ("bad", "bad", _("Failed")),
        DROPPED: ("soft", "x", _("Not needed")),
        MISSED: ("warn", "warn", _("Too late")),
    }


@blueprint.get("/outbox/<key:mail_id>")
@admin_required
def show(mail_id: int) -> str:
    """One mail, exactly as it goes out."""
    mail = _mail(mail_id)
    return render_template(
        "outbox/show.html",
        mail=mail,
        title=title(mail, _addressee(mail)),
        content=outbox.content(mail, clock.now()),
        summary=mail_summary(),
        state=_states()[mail.state],
        reason=_reason,
        reader=reader(),
    )


def _mail(mail_id: int) -> Delivery:
    found: Any = outbox.list_of().where(Delivery.id == mail_id).first()
    if found is None:
        raise NotFound
    mail: Delivery = found
    return mail


@blueprint.get("/outbox/<key:mail_id>/html")
@admin_required
def html(mail_id: int) -> Response:
    """The mail's HTML for the frame that shows it: no script, no request, no form gets out of it."""
    content = outbox.content(_mail(mail_id), clock.now())
    if content is None:
        raise NotFound
    guard.allow_own_frames()
    answer = make_response(content.html)
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    return answer


@blueprint.get("/outbox/<key:mail_id>/raw")
@admin_required
def raw(mail_id: int) -> Response:
    """The mail's bytes, to be opened in a mail program."""
    content = outbox.content(_mail(mail_id), clock.now())
    if content is None:
        raise NotFound
    answer = current_app.response_class(content.raw, mimetype="message/rfc822")
    answer.headers["Content-Disposition"] = f'attachment; filename="mail-{mail_id}.eml"'
    return answer


@blueprint.post("/outbox/<key:mail_id>/resend")
@admin_required
def resend(mail_id: int) -> Response:
    """Give a failed mail another chance."""
    outbox.resend(_mail(mail_id), clock.now())
    flash(_("The mail is tried again."))
    return redirect(url_for("outbox.show", mail_id=mail_id), 303)


@blueprint.post("/outbox/<key:mail_id>/drop")
@admin_required
def drop(mail_id: int) -> Response:
    """Take a mail out of the queue."""
    outbox.drop(_mail(mail_id))
    flash(_("The mail is withdrawn. It will not be sent."))
    return redirect(url_for("outbox.show", mail_id=mail_id), 303)


@blueprint.post("/outbox/try-now")
@admin_required
def try_now() -> Response:
    """Don't wait for the next try."""
    outbox.try_all_now(clock.now())
    flash(_("All waiting mail is tried at once."))
    return redirect(url_for("outbox.index"), 303)
