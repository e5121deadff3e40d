"""What the frame beside the form shows: the real booking page, or the real mail, of the link as it is being typed."""

from datetime import datetime
from typing import Any

from flask import current_app, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.time import to_instant
from meetings.models import Link
from meetings.services import access, mails, offers
from meetings.services.mails import Outgoing

from . import guard
from .details import form_context
from .forms.wizard import Typed
from .times import page_context
from .visit import Visit
from .wizard_rules import document_with, judged, shadow

# A mail brings its own styles; it may load nothing and send nothing.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def frame(link: Link, step: str, typed: Typed) -> Response:
    """The page in the frame. Nothing in it can be pressed: it is a picture."""
    guard.allow_own_frames()
    made = unsaved(link, step, typed)
    locale = formats(made, language(made))
    if step == "automation":
        html = mail(made, locale, clock.now()).html.replace("<body", "<body inert", 1)
        response = make_response(html)
        response.headers["Content-Security-Policy"] = MAIL_POLICY
        return response
    i18n.speak(locale)
    context = _page(made, locale, clock.now(), is_form=step == "form")
    return make_response(render_template("booking/page.html", is_preview=True, **context))


def unsaved(link: Link, step: str, typed: Typed) -> Link:
    """The link with everything on its pages that is right, this page as it is typed now."""
    document = judged(link, document_with(link, step, typed))
    organizer = access.user_by_email(typed["organizer"]) if typed.get("organizer") else None
    return shadow(link, document, organizer)


def language(link: Link) -> str:
    """The language picked for the preview, else the link's own, else that of whoever looks."""
    picked = request.values.get("preview_language")
    own = link.scheduling["language"]
    if picked in current_app.config["LOCALES"]:
        return str(picked)
    return i18n.negotiate([own if own != "auto" else i18n.current_locale()])


def formats(link: Link, locale: str) -> str:
    """The language with the territory whose dates and times the link asks for."""
    wanted = str(link.scheduling["date_format"])
    return i18n.negotiate([wanted]) if wanted.partition("-")[0] == locale.partition("-")[0] else locale


def _page(link: Link, locale: str, now: datetime, *, is_form: bool) -> dict[str, Any]:
    duration = link.durations[0]
    visit = Visit(
        path=url_for("booking.page", slug=link.slug),
        zone=link.scheduling["timezone"],
        locale=locale,
        clock=i18n.default_clock(locale),
        duration=duration,
        start=offers.next_offered(link, duration, to_instant(now), now) if is_form else None,
    )
    if visit.start is None:
        return page_context(link, visit, now)
    return form_context(link, visit, now, values={})


# ---- mails -----------------------------------------------------------------------------------------------------------


def mail(link: Link, locale: str, now: datetime) -> Outgoing:
    """The mail that is picked beside the form, as it would be sent."""
    reminders = link.automation["reminders"]
    index = picked_mail(len(reminders)).partition("-")[2]
    rule = reminders[int(index)] if index else None
    kind = "confirmation" if rule is None else "reminder"
    return mails.preview(link, kind, rule, audience(), locale, now)


def picked_mail(reminders: int) -> str:
    """Which mail: "confirmation", or "reminder-0" and so on; a new reminder shows itself."""
    offered = [*(f"reminder-{index}" for index in range(reminders)), "confirmation"]
    if request.form.get("do") == "add:reminder" and reminders:
        return offered[reminders - 1]
    picked = request.values.get("mail")
    return picked if picked in offered else offered[0]


def audience() -> str:
    """To whom the mail goes that is shown."""
    return "host" if request.values.get("audience") == "host" else "contact"
