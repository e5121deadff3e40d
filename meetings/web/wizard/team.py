"""The page of the team: its members with what follows from each choice, and the panel in which others are found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any, Final

from meetings.domain.availability import Kind
from meetings.domain.fields import email_key, typed_number
from meetings.domain.sections import HOSTS_HOURS, MEMBERS_MAX, WEIGHT_MAX
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Schedule, User
from meetings.services import access, calendars, schedules
from meetings.services.calendars import State

from ..forms.wizard import Typed
from ..forms.wizard.team import SEARCH, key_of
from .page import Page

FEW: Final = 8  # people whom the panel shows at once
_QUERY_MAX: Final = 200  # characters

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """A member as the list shows them."""

    typed: Typed
    key: str
    user: User | None
    gone: str  # why they aren't met any more
    badge: str  # what is wrong with their calendar
    availability: str  # what follows from checking it, or not
    is_risky: bool
    pause: str
    share: str
    schedules: Choices
    kept_by: str  # why they can't be removed

    @property
    def name(self) -> str:
        return self.user.name if self.user else str(self.typed["user"])


@dataclass(frozen=True)
class Candidate:
    """Somebody who could be a member."""

    user: User
    key: str
    badge: str
    why_not: str


def context(page: Page) -> dict[str, Any]:
    """What the template needs beside what every page has."""
    typed = page.typed["members"]
    users = access.users_by_email(row["user"] for row in typed)
    found = Team(page, users)
    rows = [found.row(row) for row in typed]
    return {
        "rows": rows,
        "is_round_robin": page.link.kind == Kind.ROUND_ROBIN,
        "has_room": len(rows) < MEMBERS_MAX,
        "weight_max": WEIGHT_MAX,
        "by_hosts": found.is_by_hosts,
        "nobody": bool(rows) and not any(is_met(row.typed, row.user) for row in rows),
        "panel": _panel(page) if page.typed["is_adding"] else None,
        "search_id": SEARCH,
        "on_enter": "find:member" if page.typed["is_adding"] else "next",
        "enter_leads_to": SEARCH if page.typed["is_adding"] else "",
    }


def is_met(typed: Mapping[str, Any], user: User | None) -> bool:
    """Whether contacts can meet this member now."""
    return user is not None and user.is_active and not typed["paused"]


class Team:
    """What the rows have in common: who is there, whose hours count, how meetings are shared out."""

    def __init__(self, page: Page, users: Mapping[str, User]) -> None:
        self._link = page.link
        self._users = users
        self._states = calendars.states(list(users.values()))
        self.is_by_hosts = page.found.document["scheduling"]["hours"] == HOSTS_HOURS
        self._schedules = schedules.of_each(list(users.values())) if self.is_by_hosts else {}
        rows = page.typed["members"]
        weights = [_weight(row) for row in rows if is_met(row, users.get(email_key(row["user"])))]
        self._total = sum(weights) if all(weights) else 0  # what everybody gets is open while one weight is

    def row(self, typed: Typed) -> Row:
        user = self._users.get(email_key(typed["user"]))
        name = user.name if user else typed["user"]
        is_group = self._link.kind == Kind.GROUP
        return Row(
            typed=typed,
            key=key_of(typed["user"]),
            user=user,
            gone=_gone(user),
            badge=badge(self._states.get(user.id)) if user and user.is_active else "",
            availability=_availability(typed, name, is_group=is_group),
            is_risky=not is_group and not typed["check_availability"],
            pause=_pause(typed, name, is_group=is_group),
            share="" if is_group else self._share(typed, user),
            schedules=_choices(self._schedules.get(user.id, []) if user else [], typed["schedule"]),
            kept_by=self._kept_by(user),
        )

    def _share(self, typed: Typed, user: User | None) -> str:
        """Of how many meetings this member gets how many, as whole numbers."""
        weight = _weight(typed)
        if not is_met(typed, user):
            return _("Gets no meetings for now.")
        if not self._total:
            return ""
        if weight == self._total:
            return _("Gets every meeting.")
        by = gcd(weight, self._total)
        return ngettext(
            "Gets about %(num)s of %(total)s meetings.",
            "Gets about %(num)s of %(total)s meetings.",
            weight // by,
            total=self._total // by,
        )

    def _kept_by(self, user: User | None) -> str:
        if self._link.kind != Kind.GROUP or user is None or user.id != self._link.organizer_id:
            return ""
        return _("Organizes this link, and so always belongs to the group.")


def _weight(typed: Typed) -> int:
    weight = typed_number(typed["weight"])
    return weight if isinstance(weight, int) and 0 < weight <= WEIGHT_MAX else 0


def _gone(user: User | None) -> str:
    if user is None or user.is_removed:
        return _("Was deleted, and is not met any more.")
    return "" if user.is_active else _("Was deactivated, and is not met any more.")


def badge(state: State | None) -> str:
    """What is wrong with somebody's calendars, in a few words."""
    if state == State.NEVER:
        return _("No calendar connected")
    return _("Calendar can’t be read") if state == State.FAILING else ""


def _availability(typed: Typed, name: str, *, is_group: bool) -> str:
    is_checked = typed["check_availability"]
    if is_group:
        if is_checked:
            return _("Times are offered only when %(name)s is free.", name=name)
        return _("%(name)s is invited as optional, and never stands in the way of a time.", name=name)
    if is_checked:
        return _("Is met only when free.")
    return _("Can be booked at every offered time, whatever the calendar says. Only meetings made here are avoided.")


def _pause(typed: Typed, name: str, *, is_group: bool) -> str:
    if not typed["paused"]:
        return ""
    if is_group:
        return _("New meetings take place without %(name)s. Those that are booked stay.", name=name)
    return _("Gets no new meetings until you switch this off. Those that are booked stay.")


def _choices(rows: Sequence[Schedule], chosen: str) -> Choices:
    """The schedules to go by; one that is gone by now stays where it was chosen."""
    usual = _("Their first: %(schedule)s", schedule=rows[0].name) if rows else _("None of their own: the link’s hours")
    names = [row.name for row in rows]
    if chosen and chosen not in names:
        names.append(chosen)
    return [("", usual), *((name, name) for name in names)]


# ---- adding ----------------------------------------------------------------------------------------------------------


def _panel(page: Page) -> dict[str, Any]:
    """People to add: the first few of those who fit what was typed, and how many more there are."""
    query = page.typed["looked_for"][:_QUERY_MAX]
    found = access.users_to_meet(query, [row["user"] for row in page.typed["members"]])
    count, shown = found.count(), list(found.limit(FEW))
    states, are_required = calendars.states(shown), calendars.are_required()
    return {
        "query": query,
        "people": [_candidate(user, states[user.id], are_required=are_required) for user in shown],
        "summary": _summary(query, count),
    }


def _candidate(user: User, state: State, *, are_required: bool) -> Candidate:
    is_lacking = are_required and state == State.NEVER
    why_not = _("Can’t be added: your team requires a connected calendar.") if is_lacking else ""
    return Candidate(user, key_of(user.email), badge(state), why_not)


def _summary(query: str, count: int) -> str:
    """How many there are, for eyes and readers alike."""
    if not count:
        return _("Nobody of this name.") if query.strip() else _("Everybody is in the team already.")
    if count > FEW:
        more = ngettext("%(num)d more fits.", "%(num)d more fit.", count - FEW)
        return _("%(more)s Type a name or an address to find them.", more=more)
    return ngettext("%(num)d person", "%(num)d people", count)
