"""A booking page as its hosts see it: with the times that are not offered, and why. Nobody else sees any of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask import request, url_for

from meetings import i18n
from meetings.domain.availability import Kind
from meetings.domain.explain import Cause
from meetings.domain.time import DAY, days_span, local_date, to_instant, zone
from meetings.errors import NotFound
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Link, Member, User
from meetings.services import access, explaining
from meetings.services.explaining import HiddenTime, HostAccount, Obstacle

from . import explain
from .month import Month
from .session import current_user
from .visit import Visit

SHOWN = "hidden"  # in the address, for hosts alone


@dataclass(frozen=True)
class HiddenSlot:
    """A time that is not offered, with the reason in a few words."""

    iso: str
    label: str
    reason: str
    url: str


@dataclass(frozen=True)
class HostsView:
    """What a host's own view has besides: the way to and from hidden times, and those of the day."""

    is_host: bool  # else they merely look after the link
    is_shown: bool
    toggle_url: str
    explain_url: str
    day_before: str
    day_after: str
    times: list[HiddenSlot]


def context(link: Link, visit: Visit, page: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What a month with its times shows besides to somebody who may see the link; nothing to everybody else."""
    user = current_user() if request.blueprint == "booking" else None  # never in a frame
    if user is None or not _may_see(user, link):
        return {}
    month: Month = page["month"]
    is_shown = request.args.get(SHOWN) == "1"
    day = visit.day or month.chosen or local_date(to_instant(now), zone(visit.zone))
    view = HostsView(
        is_host=_is_host(user, link),
        is_shown=is_shown,
        toggle_url=visit.url(**{SHOWN: None if is_shown else 1}, date=day),
        explain_url=url_for("explain.page", slug=link.slug),
        day_before=visit.url(date=day - DAY),
        day_after=visit.url(date=day + DAY),
        times=_slots(user, link, visit, day, now) if is_shown else [],
    )
    return {"hosts_view": view, **(_opened(month, day, visit.locale) if is_shown else {})}


def _may_see(user: User, link: Link) -> bool:
    try:
        access.link_for(user, link.slug)
    except NotFound:
        return False
    return True


def _is_host(user: User, link: Link) -> bool:
    """Whether the link is theirs; admins see those of others, too."""
    if not user.is_admin or link.organizer_id == user.id:
        return True
    return bool(Member.select().where(Member.link == link, Member.user == user).exists())


def _opened(month: Month, day: date, locale: str) -> dict[str, Any]:
    """The pane of a day, also of one that has no time to offer."""
    if day != month.chosen:
        weeks = [
            [cell and cell._replace(is_chosen=cell.iso == day.isoformat()) for cell in week] for week in month.weeks
        ]
        month = replace(month, chosen=day, parts=[], weeks=weeks)
    return {
        "month": month,
        "chosen_weekday": i18n.weekday_names(locale, "wide", from_first=False)[day.weekday()],
        "chosen_date": i18n.day_of(day, locale, "date"),
    }


def _slots(user: User, link: Link, visit: Visit, day: date, now: datetime) -> list[HiddenSlot]:
    span = days_span(day, day, zone(visit.zone))
    found = explaining.hidden_times(user, link, visit.duration, span, now, visit.view)
    return [_slot(link, visit, one, now) for one in found]


def _slot(link: Link, visit: Visit, one: HiddenTime, now: datetime) -> HiddenSlot:
    return HiddenSlot(
        iso=i18n.local(one.start, visit.zone).isoformat(timespec="minutes"),
        label=i18n.time(one.start, visit.zone, visit.locale, visit.clock),
        reason=_reason(link, one, now),
        url=explain.address(link, one.start, visit.duration, visit.zone),
    )


def _reason(link: Link, one: HiddenTime, now: datetime) -> str:
    """Why it is left out, in a few words."""
    said = {
        "fit": _("Too long for the hours"),
        "notice": _("Already past") if one.start < to_instant(now) else _("Too soon"),
        "horizon": _("Not open for booking"),
        explaining.OWNER: _("The contact’s own host is not free"),
    }
    if one.rule in said:
        return said[one.rule]
    if link.kind == Kind.ROUND_ROBIN or not one.hosts:
        return _("Nobody is free")
    if len(one.hosts) > 1:
        names = i18n.listed([kept.host.name for kept in one.hosts], i18n.current_locale())
        return ngettext("%(names)s is not free", "%(names)s are not free", len(one.hosts), names=names)
    return _kept(one.hosts[0], is_alone=link.kind == Kind.INDIVIDUAL)


def _kept(one: HostAccount, *, is_alone: bool) -> str:
    """What keeps a host, the nearest thing first; by whose name where there are several."""
    obstacle = min((each for each in one.obstacles if each.is_counted), key=lambda each: each.hindrance.is_too_near)
    said = _near(obstacle) if obstacle.hindrance.is_too_near else explain.what(one, obstacle)
    return said if is_alone else _("%(host)s: %(what)s", host=one.host.name, what=said)


def _near(obstacle: Obstacle) -> str:
    if obstacle.title:
        return _("Too close to “%(title)s”", title=obstacle.title)
    if obstacle.hindrance.cause == Cause.BOOKING:
        return _("Too close to another meeting")
    return _("Too close to a busy time")
