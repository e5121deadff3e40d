"""The team's logo, colour and details, beside what they make of the booking page and of mails."""

import secrets as random_source
from contextlib import closing
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain import colour
from meetings.domain import link as link_document
from meetings.domain.availability import Kind
from meetings.domain.colour import Palette
from meetings.errors import Invalid
from meetings.i18n import gettext as _
from meetings.models import Link, User
from meetings.models.links import LIVE
from meetings.services import branding, mails

from .. import guard, htmx
from ..forms.branding import BrandingForm
from ..frame import THEMES, Frame
from ..session import Answer, admin_required, signed_in
from ..wizard.preview import booking_context, mail_response

blueprint = Blueprint("branding", __name__, url_prefix="/branding")

PAGE, MAIL = "page", "mail"
_DARK = "@media (prefers-color-scheme: dark)"


@blueprint.route("", methods=["GET", "POST"])
@admin_required
def page() -> Answer:
    """The form and what it makes. Only the button that saves changes what others see."""
    form = BrandingForm()
    if request.method == "GET":
        form.show(branding.current())
        return _page(form)
    pressed = request.form.get("do")
    if pressed == "own-colour":
        form.colour.data = ""
    if pressed == "remove-logo":
        form.logo_name.data = ""
    is_refused = not _take_file(form)
    flaws = branding.typed(form.values)[1]
    if pressed or flaws or is_refused:
        form.lay(flaws)
        return _page(form, 200 if pressed else Invalid.status)
    branding.save(signed_in(), form.values)
    flash(_("Saved. Booking pages and mails look like this from now on."))
    return redirect(url_for("settings.branding.page"), 303)


def _take_file(form: BrandingForm) -> bool:
    """Keep a file that came along as the logo to be; whether there is nothing wrong with it."""
    upload = request.files.get("logo")
    if not upload:
        return True
    try:
        with closing(upload):  # a large one is a file of the system's
            form.logo_name.data = branding.keep_logo(signed_in(), upload.read(), clock.now())
    except Invalid as problem:
        form.lay(problem.flaws)
        return False
    return True


def _page(form: BrandingForm, status: int = 200) -> Response:
    shown, _flaws = branding.typed(form.values)
    return htmx.page_or_fragment(
        "settings/branding.html", "settings/_branding_parts.html", status, form=form, shown=shown, **_look(form, shown)
    )


# ---- what becomes of it ----------------------------------------------------------------------------------------------


def _look(form: BrandingForm, shown: branding.Branding) -> dict[str, Any]:
    what, scheme = _asked()
    query = urlencode({"what": what, "scheme": scheme, **form.values})
    came = bool(request.files.get("logo"))  # then a new field, or it would come with every answer
    return {
        "file_id": f"logo-{random_source.token_hex(3)}" if came else "logo",
        "what": what,
        "scheme": scheme,
        "frame_url": f"{url_for('settings.branding.look')}?{query}",
        "frame_id": f"look-{crc32(query.encode()):08x}",  # a frame that moves on is a step back in history
        "note": _note(shown.colour, shown.palette) if shown.colour else _("The product’s own blue."),
    }


def _asked() -> tuple[str, str]:
    """What is looked at: the page or a mail, in which scheme."""
    what, scheme = request.values.get("what"), request.values.get("scheme")
    return (MAIL if what == MAIL else PAGE), (scheme if scheme in THEMES else THEMES[0])


def _note(brand: str, made: Palette) -> str:
    """What was done to the team's colour, in words."""
    said = {
        (-1, 1): _("Darkened on light pages and lightened on dark ones, so that it can be read."),
        (-1, 0): _("Darkened on light pages, so that it can be read."),
        (0, 1): _("Lightened on dark pages, so that it can be read."),
        (0, 0): _("Can be read as it is, on light pages and dark ones."),
    }
    moved = max(-1, min(0, colour.shift(brand, made.light.accent))), max(0, colour.shift(brand, made.dark.accent))
    return said[moved]


@blueprint.get("/look")
@admin_required
def look() -> Response:
    """The booking page, or a mail, as the address says that the team looks. Nothing in it can be pressed."""
    guard.allow_own_frames()
    what, scheme = _asked()
    asked = {name: request.args.get(name, "") for name in branding.FIELDS}
    if "logo" in request.args:
        asked["logo"] = request.args["logo"]
    unsaved, _flaws = branding.typed(asked)
    with branding.looking_at(unsaved):
        return (_mail if what == MAIL else _booking_page)(_sample(signed_in(), clock.now()), scheme, clock.now())


class _Seen(Frame):
    """The public frame in one scheme, whatever the device of whoever looks prefers."""

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme

    @property
    def theme(self) -> str:
        return self._scheme


def _booking_page(link: Link, scheme: str, now: datetime) -> Response:
    context = booking_context(link, i18n.current_locale(), now)
    return make_response(render_template("booking/page.html", is_preview=True, public=_Seen(scheme), **context))


def _mail(link: Link, scheme: str, now: datetime) -> Response:
    html = mails.preview(link, "confirmation", None, "contact", i18n.current_locale(), now).html
    return mail_response(html.replace(_DARK, "@media all" if scheme == "dark" else "@media not all"))


def _sample(user: User, now: datetime) -> Link:
    """A link of the team to look at; a made-up one, while there is none."""
    found: Link | None = Link.select().where(Link.status == LIVE).order_by(Link.id).first()
    return found or _made_up(user, now)


def _made_up(user: User, now: datetime) -> Link:
    document = link_document.defaults(Kind.INDIVIDUAL, user.timezone)
    return Link(
        kind=Kind.INDIVIDUAL,
        status=LIVE,
        organizer=user,
        slug="meeting",
        internal_name="",
        overview=document["overview"],
        scheduling=document["scheduling"],
        automation=document["automation"],
        created_at=now,
        updated_at=now,
    )
