"""The first step of a page that goes by whose contact somebody is: it asks for their address.

What follows looks the same for every address, known or not; only the times may be others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import request
from markupsafe import Markup

from meetings.domain.answers import check_contact
from meetings.domain.fields import Flaw
from meetings.domain.sections import DEFAULT_PICTURE, LOGO
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import branding, offers, ownership, pictures
from meetings.services.offers import HostOfLink

from . import faces, fields
from .filled import Filled
from .month import instant
from .times import who_context
from .visit import Visit, is_everyones
from .who import face

EMAIL = "email"  # in the address of every later page
_FACES = 3


@dataclass(frozen=True, slots=True)
class Welcome:
    """What stands beside the question."""

    text: str
    cover: str  # address of a picture as large as its pane; empty where there is none
    pictures: Sequence[Markup]  # smaller ones in its place
    faces: Sequence[Markup]  # of the hosts, beside their names


def is_due(link: Link, known: Filled) -> bool:
    """Whether the page has to ask whose address it is before it shows times."""
    return ownership.are_prioritized(link) and not known.values.get(EMAIL)


def for_address(link: Link, visit: Visit, email: str) -> Visit:
    """The visit that sees the times which the link shows to this address."""
    return replace(visit, view=ownership.view_of(link, email, is_everyones=is_everyones()))


def typed() -> tuple[str, list[Flaw]]:
    """The address as it was sent, and what is wrong with it; nothing is, as long as none was sent."""
    if EMAIL not in request.args:
        return "", []
    value = "\n".join(request.args.getlist(EMAIL))
    _clean, flaws = check_contact({EMAIL: value})
    return value, [flaw for flaw in flaws if flaw.field.endswith(EMAIL)]


def context(link: Link, visit: Visit, now: datetime, value: str = "", flaws: Sequence[Flaw] = ()) -> dict[str, Any]:
    """All that booking/_welcome.html shows. The link may be unsaved: the wizard's preview."""
    hosts = offers.hosts_of(link)
    shown = who_context(link, visit, hosts, instant(now))
    title = str(shown["page_title"])
    return shown | {
        "visit": visit,
        "step": "welcome",
        "welcome": _welcome(link, [host for host in hosts if not host.is_paused]),
        "form_rows": fields.email_alone(value, flaws, _("We don’t write to it before you book.")),
        "kept": _kept(visit),
        "page_title": _("Error: %(title)s", title=title) if flaws else title,
    }


def _kept(visit: Visit) -> list[tuple[str, str]]:
    """What the address says besides: it goes on with the form."""
    return [pair for pair in parse_qsl(urlsplit(visit.here()).query, keep_blank_values=True) if pair[0] != EMAIL]


def _welcome(link: Link, hosts: Sequence[HostOfLink]) -> Welcome:
    chosen = link.scheduling["welcome"]
    text = chosen["text"] or _("Your e-mail address first, then the times.")
    people = [face(host, carried=True) for host in hosts[:_FACES]]
    brand = branding.current()
    if chosen["picture"] == LOGO and brand.logo:
        return Welcome(text, "", [faces.logo(brand)], people)
    if chosen["picture"] in {DEFAULT_PICTURE, LOGO}:
        return Welcome(text, "", people, [])
    if pictures.is_large(chosen["picture"]):
        return Welcome(text, faces.source(chosen["picture"], carried=False), [], people)
    return Welcome(text, "", [faces.face(chosen["picture"], carried=True)], people)
