"""The list of links, and what is done with one from there: share, duplicate, switch off and on, delete."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import segno
from flask import Blueprint, current_app, flash, make_response, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.time import days_span, to_datetime, to_instant, zone
from meetings.errors import Invalid, NotFound, Problem
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Booking, Link, User
from meetings.models.links import DRAFT, LIVE, OFF
from meetings.services import access, links

from . import htmx
from .session import Reader, login_required, reader, signed_in
from .workspace import asked_for

blueprint = Blueprint("links", __name__)

STATUSES = (LIVE, DRAFT, OFF)
FAR = 2**62  # later than any booking


@dataclass(frozen=True)
class Row:
    """A link as the list shows it."""

    link: Link
    next_at: int | None
    next_when: str
    next_who: str
    this_month: int
    can_edit: bool

    @property
    def name(self) -> str:
        return self.link.internal_name or _("Unnamed link")

    @property
    def has_address(self) -> bool:
        """Whether the host has chosen where the page will be."""
        return not links.has_made_up_slug(self.link)


# --- the list


@blueprint.get("/links")
@login_required
def index() -> Response:
    """All links that the user may see: searched, filtered, sorted."""
    user = signed_in()
    wanted = _wanted()
    found = access.links_of(user, query=wanted["q"], owner_id=_number(wanted["owner"]), status=wanted["status"] or None)
    rows = _sorted(_rows(found, user), wanted["sort"])
    return htmx.page_or_fragment(
        "links/index.html",
        "links/_list.html",
        rows=rows,
        wanted=wanted,
        is_narrowed=any(wanted[name] for name in ("q", "owner", "status")),
        sort_links=_sort_links(wanted),
        summary=_summary(rows),
        owners=access.team() if user.is_admin else [],
    )


def _wanted() -> dict[str, str]:
    """What is asked for, as far as it makes sense."""
    asked = asked_for("q", "owner", "status", "sort")
    if asked["status"] not in STATUSES:
        asked["status"] = ""
    if asked["sort"].removeprefix("-") not in SORTS:
        asked["sort"] = "next"
    return asked


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _rows(found: Sequence[Link], user: User) -> list[Row]:
    """The links with their next booking and this month's count: two queries, however many links."""
    now, whom = clock.now(), reader()
    ids = [link.id for link in found]
    upcoming = Booking.next_of_links(ids, to_instant(now))
    month = _month_span(whom.local(now).date(), whom.zone)
    counts = Booking.count_by_link(ids, *month)
    return [_row(link, upcoming.get(link.id), counts.get(link.id, 0), user, whom, now) for link in found]


def _row(link: Link, upcoming: tuple[int, str] | None, count: int, user: User, whom: Reader, now: datetime) -> Row:
    start, who = upcoming or (None, "")
    when = "" if start is None else moment(to_datetime(start), whom, now)
    return Row(link, start, when, who, count, user.is_admin or link.organizer_id == user.id)


def _month_span(today: date, zone_name: str) -> tuple[int, int]:
    first = today.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    span = days_span(first, last, zone(zone_name))
    return span.start, span.end


def moment(at: datetime, whom: Reader, now: datetime) -> str:
    """Today, 14:30 · Tomorrow, 09:30 · Thu 3 Dec, 10:00."""
    ahead = (whom.local(at).date() - whom.local(now).date()).days
    if ahead == 0:
        return _("Today, %(time)s", time=whom.time(at))
    if ahead == 1:
        return _("Tomorrow, %(time)s", time=whom.time(at))
    return whom.date_time_short(at)


def _by_name(row: Row) -> str:
    return row.name.casefold()


SORTS: dict[str, Callable[[Row], Any]] = {
    "name": _by_name,
    "type": lambda row: (row.link.kind, row.link.organizer.name.casefold()),
    "next": lambda row: row.next_at or FAR,
    "month": lambda row: row.this_month,
    "status": lambda row: STATUSES.index(row.link.status),
}


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    """By the chosen column; equals by name, either way."""
    rows.sort(key=_by_name)
    rows.sort(key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    return rows


def _sort_links(wanted: dict[str, str]) -> dict[str, tuple[str, str]]:
    """For each column: what sorts by it (turning round if it does already), and how it is sorted now."""
    kept = {name: value for name, value in wanted.items() if value and name != "sort"}
    now = wanted["sort"]
    found = {}
    for name in SORTS:
        turned = f"-{name}" if now == name else name
        state = {name: "ascending", f"-{name}": "descending"}.get(now, "none")
        found[name] = (f"{url_for('links.index')}?{urlencode({**kept, 'sort': turned})}", state)
    return found


def _summary(rows: Sequence[Row]) -> str:
    """How things stand, in whole sentences."""
    live = sum(row.link.status == LIVE for row in rows)
    drafts = sum(row.link.status == DRAFT for row in rows)
    said = [ngettext("%(num)s link is live.", "%(num)s links are live.", live) if live else _("No link is live.")]
    if drafts:
        said.append(ngettext("%(num)s draft waits to be finished.", "%(num)s drafts wait to be finished.", drafts))
    coming = [row for row in rows if row.next_at is not None]
    if coming:
        first = min(coming, key=lambda row: row.next_at or FAR)
        said.append(_("The next booking: %(when)s.", when=first.next_when))
    else:
        said.append(_("No booking ahead."))
    return " ".join(said)


# --- sharing


@blueprint.get("/links/<slug>/share")
@login_required
def share(slug: str) -> Response:
    """The address to give away: to copy, as a QR code, in a mail."""
    link = _shown(slug)
    address = _address(link)
    return htmx.page_or_fragment(
        "links/share.html",
        "links/_share.html",
        link=link,
        address=address,
        qr=segno.make(address, micro=False, error="m").svg_inline(scale=4, border=2, omitsize=True),
        is_new="new" in request.args,
        has_hours=_has_hours(link),
    )


def _has_hours(link: Link) -> bool:
    """Whether a time could ever be offered, however busy the hosts are."""
    dates = link.scheduling["date_overrides"]
    return bool(link.scheduling["available_hours"]) or any(date["hours"] for date in dates)


@blueprint.get("/links/<slug>/qr.svg")
@login_required
def qr(slug: str) -> Response:
    """The QR code as a file."""
    link = _shown(slug)
    drawn = io.BytesIO()
    segno.make(_address(link), micro=False, error="m").save(drawn, kind="svg", scale=8, border=4)
    answer = make_response(drawn.getvalue())
    answer.headers["Content-Type"] = "image/svg+xml"
    answer.headers["Content-Disposition"] = f'attachment; filename="{link.slug}.svg"'
    return answer


def _shown(slug: str) -> Link:
    link = access.link_for(signed_in(), slug)
    if link.status == DRAFT:
        raise NotFound
    return link


def _address(link: Link) -> str:
    return f"{current_app.config['BASE_URL']}/book/{link.slug}"


# --- changing one


@blueprint.post("/links/<slug>/<any(on, off):switch>")
@login_required
def set_status(slug: str, switch: str) -> Response:
    """Offer times again, or stop."""
    link = access.link_for(signed_in(), slug, write=True)
    if switch == "off":
        links.switch_off(signed_in(), link, clock.now())
        flash(_("“%(name)s” is off. Its page says that it takes no bookings.", name=link.internal_name))
    else:
        links.switch_on(signed_in(), link, clock.now())
        flash(_("“%(name)s” is live again.", name=link.internal_name))
    return htmx.redirect(url_for("links.index"))


@blueprint.post("/links/switch")
@login_required
def set_many() -> Response:
    """Switch all chosen links off or on; what the user may not change, or is a draft, stays as it is."""
    turn = links.switch_on if request.form.get("do") == "on" else links.switch_off
    count = 0
    for slug in request.form.getlist("slug")[:500]:
        try:
            link = access.link_for(signed_in(), slug, write=True)
        except Problem:
            continue
        count += turn(signed_in(), link, clock.now()).status != link.status
    flash(ngettext("%(num)s link is changed.", "%(num)s links are changed.", count))
    return htmx.redirect(url_for("links.index"))


@blueprint.post("/links/<slug>/duplicate")
@login_required
def duplicate(slug: str) -> Response:
    """A draft that is like this link, opened in the wizard."""
    link = access.link_for(signed_in(), slug)
    name = _("%(name)s, copy", name=link.internal_name or _("Unnamed link"))
    try:
        copy = links.duplicate(signed_in(), link, name, clock.now())
    except Invalid as problem:
        flash(i18n.flaw_message(problem.flaws[0]), "warn")
        return htmx.redirect(url_for("links.index"))
    return htmx.redirect(url_for("wizard.edit", slug=copy.slug, step="overview"))


@blueprint.route("/links/<slug>/delete", methods=["GET", "POST"])
@login_required
def delete(slug: str) -> Response:
    """Ask with the link's name, then delete it."""
    link = access.link_for(signed_in(), slug, write=True)
    if request.method == "GET":
        ahead = access.bookings_of(signed_in(), status="confirmed", first=clock.now(), link_id=link.id).count()
        return htmx.page_or_fragment("links/delete.html", "links/_delete.html", link=link, ahead=ahead)
    links.delete(signed_in(), link)
    flash(_("“%(name)s” is deleted.", name=link.internal_name or _("Unnamed link")))
    return htmx.redirect(url_for("links.index"))
