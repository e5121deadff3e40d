"""Public holidays that a host takes off: in one's own profile, and for admins in the team."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.errors import Invalid
from meetings.i18n import gettext as _
from meetings.models import DayOff, User
from meetings.services import access, holidays

from . import htmx
from .session import Answer, login_required, signed_in

blueprint = Blueprint("holidays", __name__)


@blueprint.get("/profile/holidays", defaults={"user_id": None})
@blueprint.get("/team/<key:user_id>/holidays")
@login_required
def regions(user_id: int | None) -> Answer:
    """The regions of a country that was just picked; without script they come once it is saved."""
    person = _person(user_id)
    if not htmx.is_htmx():
        return redirect(_page_of(person))
    return render_template("account/_holiday_region.html", **section(person, request.args.get("country", "")))


@blueprint.post("/profile/holidays", defaults={"user_id": None})
@blueprint.post("/team/<key:user_id>/holidays")
@login_required
def choose(user_id: int | None) -> Response:
    """Keep whose holidays the host takes off."""
    person = _person(user_id)
    country, region = request.form.get("country", ""), request.form.get("region", "")
    is_there = region in dict(holidays.regions(country))  # a region may be left over from another country
    try:
        holidays.choose(signed_in(), person, f"{country}-{region}" if is_there else country, clock.now())
    except Invalid as problem:
        flash(i18n.flaw_message(problem.flaws[0]), "warn")
        return redirect(_page_of(person), 303)
    flash(_("The public holidays are saved.") if country else _("No public holidays are taken off any more."))
    return redirect(_page_of(person), 303)


@blueprint.post("/profile/holidays/days", defaults={"user_id": None})
@blueprint.post("/team/<key:user_id>/holidays/days")
@login_required
def work_on(user_id: int | None) -> Response:
    """Keep on which of the coming holidays the host works."""
    person = _person(user_id)
    holidays.work_on(signed_in(), person, request.form.getlist("works"), clock.now())
    flash(_("The days are saved."))
    return redirect(_page_of(person), 303)


def _person(user_id: int | None) -> User:
    actor = signed_in()
    return actor if user_id is None else access.user_for(actor, user_id)


def _page_of(person: User) -> str:
    if person.id == signed_in().id:
        return url_for("account.profile", _anchor="holidays")
    return url_for("team.person", user_id=person.id, _anchor="holidays")


def _in_words(day: str) -> str:
    return i18n.day_of(date.fromisoformat(day), i18n.current_locale(), "full")


def _named(person: User) -> list[tuple[DayOff, str, str]]:
    """The coming holidays, each with its date and name as the reader writes them."""
    locale = i18n.current_locale()
    coming = holidays.coming(person, clock.now())
    return [(row, _in_words(row.day), holidays.name_of(person, row, locale)) for row in coming]


def section(person: User, country: str | None = None) -> dict[str, Any]:
    """What `account/_holidays.html` shows of a person; `country` is one that was picked and not saved yet."""
    saved, _hyphen, region = person.holidays.partition("-")
    country = saved if country is None else country
    is_own = person.id == signed_in().id
    whose: dict[str, Any] = {} if is_own else {"user_id": person.id}
    return {
        "is_own_calendar": is_own,
        "countries": i18n.country_names(tuple(holidays.countries()), i18n.current_locale()),
        "country": country,
        "regions": holidays.regions(country),
        "region": region if country == saved else "",
        "holidays_url": url_for("holidays.choose", **whose),
        "days_url": url_for("holidays.work_on", **whose),
        "days_off": _named(person),
    }
