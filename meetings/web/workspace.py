"""What every page of the workspace shows around its content."""

from dataclasses import dataclass
from functools import cached_property

from flask import Blueprint, Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import User, workspace
from meetings.models.outbox import FAILED, MISSED
from meetings.services import outbox, pictures
from meetings.services.outbox.reasons import is_answer

from .session import Reader, current_user, local_path, reader

blueprint = Blueprint("workspace", __name__)

THEMES = ("light", "dark")
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Entry:
    """A line of the rail."""

    name: str
    endpoint: str
    icon: str
    label: str
    only_wide: bool = False  # on phones it is under "More"


@dataclass(frozen=True)
class Status:
    """Whether everything is all right: what the rail's foot says, and where that is not enough, all there is to say."""

    is_well: bool
    headline: str
    detail: str
    mend: str = ""  # what follows, and what can be done
    server_words: str = ""
    is_alarm: bool = False  # admins are told on every page
    show: str = ""  # the list of the outbox that has it


class Shell:
    """What the frame asks for; each thing is looked up only if a page shows it."""

    @cached_property
    def user(self) -> User | None:
        return current_user()

    @property
    def picture_limit(self) -> int:
        """Megabytes of a picture that is uploaded, at most."""
        return pictures.MEGABYTES_MAX

    @cached_property
    def team_name(self) -> str:
        return workspace.team_name()

    @property
    def lang(self) -> str:
        return i18n.current_locale()

    @property
    def dir(self) -> str:
        return i18n.direction(self.lang)

    @property
    def theme(self) -> str | None:
        """Light or dark, if the browser was told to remember one."""
        kept = request.cookies.get("theme")
        return kept if kept in THEMES else None

    @property
    def menu(self) -> list[Entry]:
        """The rail's entries for this user."""
        entries = [
            Entry("links", "links.index", "link", _("Links")),
            Entry("bookings", "bookings.index", "booking", _("Bookings")),
            Entry("contacts", "contacts.index", "contact", _("Contacts"), only_wide=True),
        ]
        if self.user is not None and self.user.is_admin:
            entries += [
                Entry("team", "team.index", "team", _("Team"), only_wide=True),
                Entry("settings", "settings.general.page", "settings", _("Settings"), only_wide=True),
            ]
        return entries

    @cached_property
    def status(self) -> Status:
        return mail_status(mail_summary(), reader())

    @property
    def alarm(self) -> Status | None:
        """What admins must know, whatever page they are on. Members see on their bookings what concerns them."""
        return self.status if self.user is not None and self.user.is_admin and self.status.is_alarm else None


def mail_summary() -> outbox.Summary:
    """How the mail is doing; asked once a request."""
    if "mail_summary" not in g:
        g.mail_summary = outbox.summary(clock.now())
    found: outbox.Summary = g.mail_summary
    return found


def mail_status(summary: outbox.Summary, whom: Reader) -> Status:
    """The state of the outbox in words: of what is not well, what weighs most."""
    troubles = (
        _silence(summary, whom),
        _no_server(summary),
        _pause(summary, whom),
        _failures(summary),
        _lateness(summary, whom),
        _missed(summary),
    )
    well = Status(True, _("All is well"), _waiting_line(summary.waiting))
    return next((trouble for trouble in troubles if trouble is not None), well)


def _silence(summary: outbox.Summary, whom: Reader) -> Status | None:
    if summary.silent_since is None:
        return None
    when = whom.date_time_short(summary.silent_since)
    mend = _(
        "Since %(when)s nobody has looked for mail to send: nothing goes out, no reminder either. Start the app again;"
        " where MEETINGS_SCHEDULER is off, have “flask run-jobs” run every few minutes.",
        when=when,
    )
    return Status(False, _("The background work stands still"), _("Since %(when)s", when=when), mend, is_alarm=True)


def _no_server(summary: outbox.Summary) -> Status | None:
    return None if summary.has_server else Status(False, _("Mail is not set up"), _waiting_line(summary.waiting))


def _pause(summary: outbox.Summary, whom: Reader) -> Status | None:
    """No mail at all goes out. If somebody has to mend the settings, there is no use in waiting before saying so."""
    pause = summary.pause
    if pause is None or not summary.waiting:
        return None
    why = outbox.in_plain_words(pause.words, whom.locale, is_pause=True)
    all_waits = _("All mail has been waiting since %(when)s; nothing is lost.", when=whom.date_time_short(pause.since))
    return Status(
        False,
        _pause_in_short(pause),
        _waiting_line(summary.waiting),
        f"{why.sentence} {all_waits}",
        why.words,
        is_alarm=pause.is_refusal or summary.is_late,
        show=outbox.WAITING,
    )


def _pause_in_short(pause: outbox.Pause) -> str:
    if pause.is_refusal:
        return _("The mail server refuses our mail")
    if is_answer(pause.words):
        return _("The mail server takes no mail just now")
    return _("The mail server can’t be reached")


def _failures(summary: outbox.Summary) -> Status | None:
    if not summary.failed:
        return None
    headline = ngettext("%(num)s mail could not be sent", "%(num)s mails could not be sent", summary.failed)
    mend = _("Look at the reason, fix it, and send it again.")
    return Status(False, headline, _waiting_line(summary.waiting), mend, is_alarm=True, show=FAILED)


def _lateness(summary: outbox.Summary, whom: Reader) -> Status | None:
    if not summary.is_late or summary.oldest is None:
        return None
    headline = ngettext("%(num)s mail is late", "%(num)s mails are late", summary.waiting)
    since = whom.date_time_short(summary.oldest)
    mend = _("The oldest has been waiting since %(when)s. It is tried again and again; the list says why.", when=since)
    return Status(False, headline, _("It is tried again and again"), mend, is_alarm=True, show=outbox.WAITING)


def _missed(summary: outbox.Summary) -> Status | None:
    if not summary.missed:
        return None
    headline = ngettext("%(num)s reminder came too late", "%(num)s reminders came too late", summary.missed)
    mend = _("Nothing was sent. If the meeting is still to come, remind people yourself.")
    return Status(False, headline, _waiting_line(summary.waiting), mend, is_alarm=True, show=MISSED)


def _waiting_line(waiting: int) -> str:
    if not waiting:
        return _("No mail is waiting")
    return ngettext("%(num)s mail is waiting", "%(num)s mails are waiting", waiting)


def init_app(app: Flask) -> None:
    """Give templates the frame's things."""
    app.context_processor(lambda: {"shell": Shell()})


def asked_for(*names: str) -> dict[str, str]:
    """What a list's address asks for, tidy: no longer than anybody types, and without NUL, which no row holds."""
    return {name: request.args.get(name, "").replace("\0", "").strip()[:200] for name in names}


# --- light or dark, without script


@blueprint.post("/theme")
def theme() -> Response:
    """Turn to the other theme and come back; with script this happens in the page."""
    chosen = "light" if request.cookies.get("theme") == "dark" else "dark"
    back = local_path(request.form.get("back")) or url_for("account.home")
    answer = redirect(back, 303)
    is_secure = current_app.config["BASE_URL"].startswith("https://")
    answer.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=is_secure)
    return answer
