"""What the pages about links have in common, and the panels of the one for sharing."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from meetings import i18n
from meetings.errors import NotFound
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.models.links import DRAFT
from meetings.services import access

from .. import htmx
from ..session import signed_in

blueprint = Blueprint("links", __name__)


def shown(slug: str) -> Link:
    """A link that the user may see and that has a page. Raises NotFound."""
    link = access.link_for(signed_in(), slug)
    if link.status == DRAFT:
        raise NotFound
    return link


def name_of(link: Link) -> str:
    """How hosts call it."""
    return link.internal_name or _("Unnamed link")


# --- sharing


@dataclass(frozen=True)
class Tab:
    """A way to share a link, at the head of all of them."""

    name: str
    label: str
    url: str


def panel(link: Link, name: str, status: int = 200, **context: Any) -> Response:
    """One of the ways to share a link: in the dialog, or as a page."""
    return htmx.page_or_fragment(
        "links/share.html",
        f"links/_share_{name}.html",
        status,
        link=link,
        panel=name,
        tabs=_tabs(link),
        **context,
    )


def _tabs(link: Link) -> list[Tab]:
    tabs = [
        Tab("address", _("Address"), url_for("links.share", slug=link.slug)),
        Tab("times", _("Times as text"), url_for("links.share_times", slug=link.slug)),
        Tab("embed", _("On a website"), url_for("links.share_embed", slug=link.slug)),
    ]
    if link.scheduling["form"]["prefill"]:
        tabs.append(Tab("person", _("For one person"), url_for("links.share_person", slug=link.slug)))
    once = Tab("once", _("Invitations"), url_for("links.share_once", slug=link.slug))
    return [once] if link.is_by_invitation else [*tabs, once]


def languages() -> list[tuple[str, str]]:
    """Those that texts can be written in, by their own names."""
    return [(code, i18n.language_name(code)) for code in i18n.spoken()]


def language_asked(link: Link, asked: str = "") -> str:
    """A language to write about a link in: the one asked for, else that of its page, else the host's own."""
    if asked in i18n.spoken():
        return asked
    own = link.scheduling["language"]
    return i18n.current_locale() if own == "auto" else i18n.negotiate([own])
