"""What every page of the workspace shows around its content, and the settings of the whole place."""

from dataclasses import dataclass
from functools import cached_property

from flask import Blueprint, Flask, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.errors import Invalid
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import User, workspace
from meetings.services import outbox
from meetings.services import workspace as settings_of

from .forms.workspace import TeamForm
from .session import Answer, admin_required, current_user, local_path, signed_in

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
    """Whether everything is all right, in words, as the rail's foot says it."""

    is_well: bool
    headline: str
    detail: str


class Shell:
    """What the frame asks for; each thing is looked up only if a page shows it."""

    @cached_property
    def user(self) -> User | None:
        return current_user()

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
        ]
        if self.user is not None and self.user.is_admin:
            entries += [
                Entry("team", "team.index", "team", _("Team"), only_wide=True),
                Entry("settings", "workspace.settings", "settings", _("Settings"), only_wide=True),
            ]
        return entries

    @cached_property
    def status(self) -> Status:
        return mail_status(mail_summary())


def mail_summary() -> outbox.Summary:
    """How the mail is doing; asked once a request."""
    if "mail_summary" not in g:
        g.mail_summary = outbox.summary(clock.now())
    found: outbox.Summary = g.mail_summary
    return found


def mail_status(summary: outbox.Summary) -> Status:
    """The state of the mail in words."""
    if not summary.has_server:
        return Status(False, _("Mail is not set up"), _waiting_line(summary.waiting))
    if summary.failed:
        headline = ngettext("%(num)s mail could not be sent", "%(num)s mails could not be sent", summary.failed)
        return Status(False, headline, _waiting_line(summary.waiting))
    if summary.is_late:
        headline = ngettext("%(num)s mail is late", "%(num)s mails are late", summary.waiting)
        return Status(False, headline, _("It is tried again and again"))
    return Status(True, _("All is well"), _waiting_line(summary.waiting))


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


# --- settings


@blueprint.route("/settings", methods=["GET", "POST"])
@admin_required
def settings() -> Answer:
    """The team's name, and how the place is doing."""
    form = TeamForm()
    if request.method == "GET":
        form.team_name.data = workspace.team_name()
        return _settings_page(form)
    try:
        settings_of.rename_team(signed_in(), form.team_name.data or "")
    except Invalid as problem:
        form.lay(problem.flaws)
        return _settings_page(form), problem.status
    flash(_("The team’s name is saved."))
    return redirect(url_for("workspace.settings"), 303)


def _settings_page(form: TeamForm) -> str:
    return render_template(
        "workspace/settings.html",
        form=form,
        summary=mail_summary(),
        base_url=current_app.config["BASE_URL"],
        is_demo_address="localhost" in current_app.config["BASE_URL"],
    )
