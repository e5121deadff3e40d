"""Giving a link to one person for one booking: addresses that book once, made and taken back."""

from datetime import timedelta

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.errors import Forbidden
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import access, sharing, single_use

from .. import htmx
from ..session import login_required, reader, signed_in
from .pages import blueprint, language_asked, languages, panel, shown
from .share import mail_text, mailto

DAYS = (1, 7, 30, 0)  # that an invitation may be good for; 0: until it is used
DEFAULT_DAYS = 30
SHOWN = 100  # of the latest


@blueprint.get("/links/<slug>/share/invitations")
@login_required
def share_once(slug: str) -> Response:
    """The invitations that were made, and a form for another."""
    return _panel(shown(slug))


@blueprint.post("/links/<slug>/share/invitations")
@login_required
def invite(slug: str) -> Response:
    """A new address that books once, shown this one time."""
    link, now = shown(slug), clock.now()
    note = " ".join(request.form.get("note", "").split())
    asked = request.form.get("days", "")
    days = next((number for number in DAYS if str(number) == asked), DEFAULT_DAYS)
    expires_at = now + timedelta(days=days) if days else None
    try:
        token = single_use.make(signed_in(), link, note, now, expires_at=expires_at)
    except Forbidden:
        return _panel(link, Forbidden.status, error=_("There are too many open invitations. Withdraw some first."))
    address = sharing.page_url(link, token)
    language = language_asked(link, request.form.get("language", ""))
    subject, text = mail_text(link, address, language)
    return _panel(link, address=address, token=token, note=note, mailto=mailto(subject, text))


def _panel(link: Link, status: int = 200, **made: str) -> Response:
    now, user = clock.now(), signed_in()
    listed = [(one, single_use.state(one, now)) for one in single_use.of_link(link)[:SHOWN]]
    met = {one.booking_id for one, _state in listed if one.booking_id is not None}
    return panel(
        link,
        "once",
        status,
        listed=listed,
        known=access.visible_among(user, met),
        user_id=user.id,
        may_revoke_any=user.is_admin or link.organizer_id == user.id,
        made=made,
        day_choices=[(days, _day_words(days)) for days in DAYS],
        default_days=DEFAULT_DAYS,
        languages=languages(),
        language=language_asked(link),
        reader=reader(),
    )


def _day_words(days: int) -> str:
    return {1: _("For a day"), 7: _("For a week"), 30: _("For a month"), 0: _("Until it is used")}[days]


@blueprint.post("/links/<slug>/share/invitations/<key:number>/revoke")
@login_required
def revoke(slug: str, number: int) -> Response:
    """Take an invitation back. A member takes back their own, whoever may change the link any."""
    link = shown(slug)
    one = next((one for one in single_use.of_link(link) if one.id == number), None)
    if one is None or one.created_by_id != signed_in().id:
        access.link_for(signed_in(), slug, write=True)
    single_use.revoke(link, number)
    flash(_("The invitation is withdrawn. Its address no longer works."))
    return htmx.redirect(url_for("links.share_once", slug=link.slug))
