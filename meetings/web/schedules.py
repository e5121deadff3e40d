"""Named schedules: in one's own profile, for admins in the team; each edited like the hours of a link."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain import link as link_document
from meetings.domain.fields import Flaw
from meetings.domain.sections import OVERRIDES_MAX, check_schedule
from meetings.domain.time import local_date, to_instant, zone
from meetings.errors import Conflict, Invalid
from meetings.i18n import gettext as _
from meetings.models import Link, Schedule, User
from meetings.services import access, schedules

from . import htmx
from .forms import schedule as form
from .forms.wizard import Typed, rows
from .forms.wizard.hours import grouped
from .hours_words import week_in_short
from .session import Answer, login_required, signed_in
from .wizard import hours
from .wizard.rules import document_with

blueprint = Blueprint("schedules", __name__)

REFRESH = "refresh"  # what the page sends while somebody types in it


# ---- the list --------------------------------------------------------------------------------------------------------


def section(person: User) -> dict[str, Any]:
    """What `schedules/_list.html` shows of a person: in the profile, and for admins on the person's page."""
    locale, now, use = i18n.current_locale(), clock.now(), schedules.use(person)
    is_own = person.id == signed_in().id
    found = [
        {
            "id": row.id,
            "name": row.name,
            "hours": week_in_short(link_document.hours_of(schedules.document(row)).windows, locale),
            "zone_label": i18n.zone_label(row.timezone, now, locale),
            "links": [link.internal_name for link in use[row.id]],
        }
        for row in schedules.of(person)
    ]
    new_url = url_for("schedules.new") if is_own else url_for("schedules.new", user_id=person.id)
    has_room = len(found) < schedules.MOST
    return {"schedules": found, "new_schedule_url": new_url, "has_room": has_room, "are_own_schedules": is_own}


def _list_of(person: User) -> str:
    if person.id == signed_in().id:
        return url_for("account.profile", _anchor="schedules")
    return url_for("team.person", user_id=person.id, _anchor="schedules")


@blueprint.post("/schedules/<key:schedule_id>/first")
@login_required
def make_first(schedule_id: int) -> Response:
    """Let it count wherever none is named."""
    row = schedules.schedule_for(signed_in(), schedule_id)
    schedules.update(signed_in(), row, {"first": True}, clock.now())
    flash(_("“%(name)s” counts now wherever no schedule is named.", name=row.name))
    return redirect(_list_of(row.user), 303)


@blueprint.route("/schedules/<key:schedule_id>/delete", methods=["GET", "POST"])
@login_required
def delete(schedule_id: int) -> Answer:
    """Ask, then take it away; links that go by it are named."""
    row = schedules.schedule_for(signed_in(), schedule_id)
    if request.method == "POST":
        schedules.delete(signed_in(), row, clock.now())
        flash(_("“%(name)s” is deleted.", name=row.name))
        return htmx.redirect(_list_of(row.user))
    others = [other for other in schedules.of(row.user) if other.id != row.id]
    return htmx.page_or_fragment(
        "schedules/delete.html",
        "schedules/_delete.html",
        schedule=row,
        links=schedules.use(row.user)[row.id],
        next_name=others[0].name if others else None,
        list_url=_list_of(row.user),
    )


# ---- one schedule ----------------------------------------------------------------------------------------------------


@blueprint.route("/profile/schedules/new", methods=["GET", "POST"], defaults={"user_id": None})
@blueprint.route("/team/<key:user_id>/schedules/new", methods=["GET", "POST"])
@login_required
def new(user_id: int | None) -> Answer:
    """Make one. It begins with office hours, or with those of the link whose page led here."""
    actor = signed_in()
    person = actor if user_id is None else access.user_for(actor, user_id)
    if request.method == "GET":
        return _page(person, None, form.show(_beginning(person)))
    return _answer(person, None)


def _beginning(person: User) -> dict[str, Any]:
    usual = check_schedule({"timezone": person.timezone}, "")[0]
    link = _link_before()
    if link is None:
        return dict(usual)
    said = document_with(link, None, {})["scheduling"]
    clean, _flaws = check_schedule({name: said[name] for name in usual if name in said}, "")
    return dict(clean)


@blueprint.route("/schedules/<key:schedule_id>", methods=["GET", "POST"])
@login_required
def edit(schedule_id: int) -> Answer:
    """Change one."""
    row = schedules.schedule_for(signed_in(), schedule_id)
    if request.method == "GET":
        return _page(row.user, row, form.show(schedules.document(row)))
    return _answer(row.user, row)


def _link_before() -> Link | None:
    """The link whose page led here. Raises NotFound, Forbidden."""
    slug = request.args.get("link")
    return access.link_for(signed_in(), slug, write=True) if slug else None


def _way_back(person: User) -> tuple[str, str]:
    """Where to go on, and what it is called: the link whose page led here, else the list."""
    link = _link_before()
    if link is not None:
        return url_for("wizard.edit", slug=link.slug, step="scheduling"), link.internal_name or _("New link")
    return _list_of(person), _("Your profile") if person.id == signed_in().id else person.name


def _answer(person: User, row: Schedule | None) -> Response:
    """Do what the pressed button says."""
    typed, action = form.read(request.form), request.form.get("do", "save")
    if action == "close":
        return htmx.redirect(_way_back(person)[0])
    if rows.change(typed, action, request.form):
        return _page(person, row, typed, focus=rows.onward(typed, action))
    typed["timezone"] = i18n.zone_meant(typed["timezone"], i18n.current_locale())
    if action == REFRESH:
        return _page(person, row, typed)
    try:
        saved = _saved(person, row, typed)
    except Invalid as problem:
        return _page(person, row, typed, status=problem.status, flaws=problem.flaws)
    except Conflict as problem:
        return _page(person, row, {**typed, "version": None}, status=problem.status, is_clash=True)
    flash(_("“%(name)s” is saved.", name=saved.name))
    return htmx.redirect(_way_back(person)[0])


def _saved(person: User, row: Schedule | None, typed: Typed) -> Schedule:
    values = form.patch(typed).values
    if not check_schedule(values, "")[1]:
        values["available_hours"] = grouped(values["available_hours"])  # as one would write them
    if row is None:
        return schedules.create(signed_in(), person, values)
    return schedules.update(signed_in(), row, values, clock.now(), known=typed["version"] or None)


def _page(
    person: User,
    row: Schedule | None,
    typed: Typed,
    *,
    status: int = 200,
    flaws: list[Flaw] | None = None,
    focus: str = "",
    is_clash: bool = False,
) -> Response:
    """The form with what is typed. `flaws`: what kept it from being saved; before that, what is missing isn't wrong.

    `is_clash`: it was changed since it was opened; who saves now does so in place of that.
    """
    said = form.patch(typed)
    clean, found = check_schedule(said.values, "")
    errors: dict[str, list[str]] = {}
    for flaw in flaws if flaws is not None else [flaw for flaw in found if flaw.code != "required"]:
        errors.setdefault(said.place(flaw), []).append(i18n.flaw_message(flaw))
    locale, now = i18n.current_locale(), clock.now()
    today = local_date(to_instant(now), zone(clean["timezone"]))
    response = htmx.page_or_fragment(
        "schedules/edit.html",
        "schedules/_form.html",
        status,
        person=person,
        is_own=person.id == signed_in().id,
        schedule=row,
        version=typed["version"] or (schedules.mark(row) if row else ""),
        is_clash=is_clash,
        typed=typed,
        errors=errors,
        mend_at=next(iter(errors), None),
        focus=focus,
        here=request.full_path.rstrip("?"),
        back=_way_back(person),
        days=hours.week(typed["days"], locale),
        single_days=hours.single_days(typed["overrides"], today, locale),
        has_room_for_days=len(typed["overrides"]) < OVERRIDES_MAX,
        rule=hours.scale([*typed["days"].values(), *typed["overrides"]]),
        zone_label=i18n.zone_label(clean["timezone"], now, locale),
        zones=() if htmx.is_htmx() else i18n.zone_choices(locale, now),
    )
    response.headers["Cache-Control"] = "no-store"  # going back shows what was saved, not what was once typed
    return response
