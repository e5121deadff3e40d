"""Who and what: the first pane of the public pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from meetings import i18n
from meetings.domain import rich_text
from meetings.domain.availability import Kind
from meetings.domain.place import PHONE, Place
from meetings.domain.sections import DEFAULT_PICTURE, LOGO
from meetings.domain.time import Instant
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import branding
from meetings.services.offers import HostOfLink

from . import faces
from .filters import initials
from .visit import Visit

_NAMED = 3  # more hosts than these are counted instead of named


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A host as the page shows them."""

    name: str
    face: Markup
    place: str


@dataclass(frozen=True, slots=True)
class Who:
    """Hosts, heading and description."""

    names: str
    line: str
    people: list[PersonShown]
    picture: Markup | None  # instead of the host's own
    is_group: bool
    heading: str
    about: Markup


def who(link: Link, hosts: Sequence[HostOfLink], visit: Visit, at: Instant) -> Who:
    """The pane for a link whose hosts are known. `at`: for when differences between zones are told."""
    met = [host for host in hosts if not host.is_paused]
    is_group = link.kind == Kind.GROUP and len(met) > 1
    people = [
        PersonShown(host.name, face(host, carried=not is_group), _place(host, visit, at) if is_group else "")
        for host in (met if is_group else met[:1])
    ]
    names = _names(met, visit.locale)
    heading = link.scheduling["heading"] or (_("Meet %(names)s", names=names) if names else _("Book a time"))
    return Who(
        names=names,
        line=_line(link, met),
        people=people,
        picture=_picture(link, heading),
        is_group=is_group,
        heading=heading,
        about=formatted(link.overview["description"]),
    )


def _picture(link: Link, heading: str) -> Markup | None:
    """What the link shows instead of the host's picture, as long as there is such a thing."""
    chosen = str(link.scheduling["picture"])
    if chosen == DEFAULT_PICTURE:
        return None
    if chosen != LOGO:
        return faces.face(chosen, carried=True, alt=_("Picture: %(heading)s", heading=heading))
    brand = branding.current()
    return faces.logo(brand) if brand.logo else None


def _names(hosts: Sequence[HostOfLink], locale: str) -> str:
    if len(hosts) == 1:
        return hosts[0].name
    first = [first_name(host.name) for host in hosts]
    if len(first) <= _NAMED:
        return i18n.listed(first, locale)
    rest = len(first) - _NAMED + 1
    others = i18n.say_count(locale, "%(num)d other", "%(num)d others", rest)
    return i18n.listed([*first[: _NAMED - 1], others], locale)


def _line(link: Link, hosts: Sequence[HostOfLink]) -> str:
    if link.kind == Kind.ROUND_ROBIN and len(hosts) > 1:
        return _("You will meet one of us")
    return hosts[0].job_title if len(hosts) == 1 else ""


def _place(host: HostOfLink, visit: Visit, at: Instant) -> str:
    city = i18n.zone_city(host.timezone, visit.locale)
    return _(
        "%(city)s, %(difference)s", city=city, difference=i18n.distance(host.timezone, visit.zone, at, visit.locale)
    )


def face(host: Any, *, carried: bool = False) -> Markup:
    """The picture, or the initials on a quiet ground; the name stands beside it.

    `carried`: a small picture comes inside the page, which saves a first visit a request.
    """
    if host.picture:
        return faces.face(host.picture, carried=carried)
    return Markup('<span class="face initials" aria-hidden="true">{}</span>').format(initials(host.name))


def first_name(name: str) -> str:
    """How one speaks of somebody; the whole name where it begins with a title or an initial."""
    first = name.split(maxsplit=1)[0] if name.strip() else name
    return name if first.endswith(".") else first


def formatted(description: str) -> Markup:
    """A description as it was formatted; its links open beside the page."""
    return Markup(rich_text.to_html(description, in_new_tab=True))  # noqa: S704 - cleaned there


def public_place_fact(place: Place) -> list[tuple[str, str]]:
    """Where it takes place, as far as everybody may know: an icon and words. The rest is for those who booked."""
    if not place.text:
        return []
    if place.kind == PHONE:
        return [("phone", _("By phone; the number comes with the invitation"))]
    if not place.public:
        return [("video", _("Video call; the link comes with the invitation"))]
    return [("place", place.public)]


def place_fact(place: Place) -> list[tuple[str, str]]:
    """The same for those who booked, with what is to be joined or called as a link."""
    if not place.text:
        return []
    if place.call_url:
        return [("phone", Markup('<a href="{}" dir="ltr">{}</a>').format(place.call_url, place.line))]
    if place.join_url:
        link = Markup('<a href="{}" rel="noreferrer noopener" target="_blank">{}</a>')
        return [("video", link.format(place.join_url, place.line))]
    return [("place", place.text)]


def across(link: Link, hosts: Sequence[HostOfLink], visit: Visit, at: Instant) -> str:
    """How far the hosts' clocks are from the visitor's, where it matters and one sentence can say it."""
    met = [host for host in hosts if not host.is_paused]
    if link.kind == Kind.GROUP and len(met) > 1:
        return i18n.say_count(
            visit.locale, "Free for %(num)d host.", "Free for all %(num)d of your hosts at once.", len(met)
        )
    zones = {host.timezone for host in met}
    if len(zones) != 1 or (zone := zones.pop()) == visit.zone:
        return ""
    if i18n.offset_minutes(at, zone) == i18n.offset_minutes(at, visit.zone):
        return ""
    difference = i18n.distance(zone, visit.zone, at, visit.locale)
    city = i18n.zone_city(zone, visit.locale)
    if len(met) > 1:
        return _("Your host is in %(city)s, %(difference)s.", city=city, difference=difference)
    return _("%(name)s is in %(city)s, %(difference)s.", name=first_name(met[0].name), city=city, difference=difference)


def host_clock(hosts: Sequence[Any], visit: Visit, at: Instant) -> str:
    """What a single host's clock says at that time, where it says something else: "For Inês in Lisbon it is 13:30."."""
    if len(hosts) != 1 or i18n.offset_minutes(at, hosts[0].timezone) == i18n.offset_minutes(at, visit.zone):
        return ""
    there, here = i18n.local(at, hosts[0].timezone), i18n.local(at, visit.zone)
    moment = i18n.time(at, hosts[0].timezone, visit.locale, visit.clock)
    if there.date() != here.date():
        moment = i18n.date_time_short(at, hosts[0].timezone, visit.locale, visit.clock)
    return _(
        "For %(name)s in %(city)s it is %(time)s.",
        name=first_name(hosts[0].name),
        city=i18n.zone_city(hosts[0].timezone, visit.locale),
        time=moment,
    )


def far_zone(link: Link, hosts: Sequence[HostOfLink], visit: Visit, at: Instant) -> str | None:
    """The zone of a group's host whose clock is farthest from the visitor's, if any differs."""
    if link.kind != Kind.GROUP:
        return None
    here = i18n.offset_minutes(at, visit.zone)
    gaps = [(abs(i18n.offset_minutes(at, host.timezone) - here), host.timezone) for host in hosts if not host.is_paused]
    gap, zone = max(gaps, default=(0, ""))
    return zone if gap else None
