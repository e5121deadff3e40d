"""The list of links: searched, filtered, sorted, each with its next booking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.domain.availability import Kind
from meetings.domain.time import days_span, to_datetime, to_instant, zone
from meetings.errors import NotFound
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Booking, Link, Member, User
from meetings.models.links import DRAFT, LIVE, OFF
from meetings.services import access, links

from .. import htmx
from ..session import Reader, login_required, reader, signed_in
from ..workspace import asked_for
from .pages import blueprint, name_of
from .transferring import can_undo, just_made

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
    meets_nobody: bool = False  # everybody is paused or gone

    @property
    def name(self) -> str:
        return name_of(self.link)

    @property
    def has_address(self) -> bool:
        """Whether the host has chosen where the page will be."""
        return not links.has_made_up_slug(self.link)


@blueprint.get("/links")
@login_required
def index() -> Response:
    """All links that the user may see: searched, filtered, sorted."""
    user = signed_in()
    wanted = _wanted()
    found = access.links_of(
        user,
        query=wanted["q"],
        owner_id=_number(wanted["owner"]),
        status=wanted["status"] or None,
        kind=wanted["kind"] or None,
    )
    rows = _sorted(_rows(found, user), wanted["sort"])
    return htmx.page_or_fragment(
        "links/index.html",
        "links/_list.html",
        rows=rows,
        wanted=wanted,
        is_narrowed=any(wanted[name] for name in ("q", "owner", "kind", "status")),
        sort_links=_sort_links(wanted),
        summary=_summary(rows),
        owners=access.team() if user.is_admin else [],
        deleted=_just_deleted(user),
        transferred=just_made(user),
        can_undo=can_undo(user),
    )


def _just_deleted(user: User) -> Link | None:
    """The link that the user has just deleted, while it can be brought back."""
    number = _number(request.args.get("deleted", ""))
    if number is None:
        return None
    try:
        return links.deleted_link(user, number, clock.now())
    except NotFound:
        return None


def _wanted() -> dict[str, str]:
    """What is asked for, as far as it makes sense."""
    asked = asked_for("q", "owner", "kind", "status", "sort")
    if asked["status"] not in STATUSES:
        asked["status"] = ""
    if asked["kind"] not in set(Kind):
        asked["kind"] = ""
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
    rows = [_row(link, upcoming.get(link.id), counts.get(link.id, 0), user, whom, now) for link in found]
    return _with_empty(rows)


def _with_empty(rows: list[Row]) -> list[Row]:
    """The rows, those marked through which nobody can be met."""
    teams = [row.link.id for row in rows if row.link.kind != Kind.INDIVIDUAL]
    met = Member.met_through(teams) if teams else set()
    empty = set(teams) - met
    empty |= {row.link.id for row in rows if row.link.kind == Kind.INDIVIDUAL and not row.link.organizer.is_active}
    return [replace(row, meets_nobody=row.link.id in empty) for row in rows]


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
    "durations": lambda row: sorted(row.link.durations),
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
