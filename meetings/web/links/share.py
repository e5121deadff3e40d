"""Giving a link away: its address, as a QR code, in a mail."""

import io
from urllib.parse import quote, urlencode

import segno
from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from meetings import i18n
from meetings.i18n import say
from meetings.models import Link
from meetings.services import sharing

from ..session import login_required, signed_in
from .pages import blueprint, language_asked, languages, panel, shown


@blueprint.get("/links/<slug>/share")
@login_required
def share(slug: str) -> Response:
    """The address to give away: to copy, as a QR code, in a mail."""
    link = shown(slug)
    if link.is_by_invitation:
        return redirect(url_for("links.share_once", slug=link.slug))
    address = sharing.page_url(link)
    language = language_asked(link, request.args.get("language", ""))
    subject, text = mail_text(link, address, language)
    return panel(
        link,
        "address",
        address=address,
        qr=segno.make(address, micro=False, error="m").svg_inline(scale=4, border=2, omitsize=True),
        is_new="new" in request.args,
        has_hours=_has_hours(link),
        language=language,
        languages=languages(),
        direction=i18n.direction(language),
        text=text,
        mailto=mailto(subject, text),
    )


def _has_hours(link: Link) -> bool:
    """Whether a time could ever be offered, however busy the hosts are."""
    dates = link.scheduling["date_overrides"]
    return bool(link.scheduling["available_hours"]) or any(date["hours"] for date in dates)


def mail_text(link: Link, address: str, language: str) -> tuple[str, str]:
    """Subject and text of a mail that gives an address away."""
    subject = link.scheduling["heading"] or say(language, "A time to meet")
    text = say(
        language,
        "Hello,\n\nplease choose a time that suits you:\n%(address)s\n\nBest regards\n%(name)s",
        address=address,
        name=signed_in().name,
    )
    return subject, text


def mailto(subject: str, text: str, to: str = "") -> str:
    """What opens the mail program with this in it."""
    lines = text.replace("\n", "\r\n")
    return f"mailto:{quote(to, safe='@')}?{urlencode({'subject': subject, 'body': lines}, quote_via=quote)}"


@blueprint.get("/links/<slug>/qr.svg")
@login_required
def qr(slug: str) -> Response:
    """The QR code as a file."""
    link = shown(slug)
    drawn = io.BytesIO()
    segno.make(sharing.page_url(link), micro=False, error="m").save(drawn, kind="svg", scale=8, border=4)
    answer = make_response(drawn.getvalue())
    answer.headers["Content-Type"] = "image/svg+xml"
    answer.headers["Content-Disposition"] = f'attachment; filename="{link.slug}.svg"'
    return answer
