"""What the frame beside the form shows: the real booking page, or the real mail, of the link as it is being typed."""

from datetime import datetime
from typing import Any

from flask import current_app, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.time import to_instant
from meetings.errors import RateLimited
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.ratelimit import TEST_MAILS, spend
from meetings.services import access, host_hours, mails, offers, ownership, trial_mails
from meetings.services.mails import Outgoing

from .. import filled, guard, look, robots, welcome
from ..details import form_context
from ..forms.wizard import Typed
from ..session import signed_in
from ..times import page_context
from ..visit import Visit
from .rules import document_with, judged, shadow

# A mail brings its own styles; it may load nothing but the team's logo, and send nothing.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def frame(link: Link, step: str, typed: Typed) -> Response:
    """The page in the frame. Nothing in it can be pressed: it is a picture."""
    guard.allow_own_frames()
    made = unsaved(link, step, typed)
    locale = formats(made, language(made))
    if step == "automation":
        return mail_response(mail(made, locale, clock.now()).html)
    i18n.speak(locale)
    context = booking_context(made, locale, clock.now(), step)
    template = "manage/page.html" if context["step"] == "look" else "booking/page.html"
    return make_response(render_template(template, is_preview=True, **context))


def unsaved(link: Link, step: str, typed: Typed) -> Link:
    """The link with everything on its pages that is right, this page as it is typed now."""
    document = judged(link, document_with(link, step, typed))
    organizer = access.user_by_email(typed["organizer"]) if typed.get("organizer") else None
    return shadow(link, document, organizer)


def language(link: Link) -> str:
    """The language picked for the preview, else that which the link's page opens in."""
    picked = request.values.get("preview_language")
    return str(picked) if picked in current_app.config["LOCALES"] else usual_language(link)


def usual_language(link: Link) -> str:
    """The link's own language, else that of whoever looks. It is no pick: it follows when the link's changes."""
    own = link.scheduling["language"]
    return i18n.negotiate([own if own != "auto" else i18n.current_locale()])


def formats(link: Link, locale: str) -> str:
    """The language with the territory whose dates and times the link asks for."""
    wanted = str(link.scheduling["date_format"])
    return i18n.negotiate([wanted]) if wanted.partition("-")[0] == locale.partition("-")[0] else locale


def booking_context(link: Link, locale: str, now: datetime, step: str = "") -> dict[str, Any]:
    """What contacts see of a link, which may be unsaved: its times, its form, what greets them, what comes after.

    Where they are sent on to another page after booking, there is none of ours to show.
    """
    duration = link.durations[0]
    visit = Visit(
        path=url_for("booking.page", slug=link.slug),
        zone=host_hours.zone_of(link),
        locale=locale,
        clock=i18n.default_clock(locale),
        duration=duration,
        start=offers.next_offered(link, duration, to_instant(now), now) if step == "form" else None,
    )
    if step == "welcome" and ownership.are_prioritized(link):
        return welcome.context(link, visit, now)
    if step == "confirmation" and not link.scheduling["confirmation"]["redirect_url"]:
        return look.sample_context(link, visit, now)
    if visit.start is None:
        return page_context(link, visit, now)
    return form_context(link, visit, now, values={}, filled=filled.sample(link), check=robots.sample(link))


# ---- mails -----------------------------------------------------------------------------------------------------------


def mail_response(html: str) -> Response:
    """A mail in the frame, with a policy of its own; nothing in it can be pressed."""
    response = make_response(html.replace("<body", "<body inert", 1))
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def mail(link: Link, locale: str, now: datetime) -> Outgoing:
    """The mail that is picked beside the form, as it would be sent."""
    reminders = link.automation["reminders"]
    index = picked_mail(len(reminders)).partition("-")[2]
    rule = reminders[int(index)] if index else None
    kind = "confirmation" if rule is None else "reminder"
    return mails.preview(link, kind, rule, audience(), locale, now)


def send_to_reader(link: Link, now: datetime) -> str:
    """Send the picked mail to whoever looks at it; returns what became of it, in a sentence."""
    user = signed_in()
    try:
        spend(TEST_MAILS, "test", user.id)
    except RateLimited as problem:
        return i18n.problem_message(problem)
    trial_mails.send(user, mail(link, formats(link, language(link)), now), now)
    if not current_app.config["MAIL_SERVER"]:
        return _("No mail server is set up yet. The mail waits in the outbox.")
    return _("It is on its way to %(email)s.", email=user.email)


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
