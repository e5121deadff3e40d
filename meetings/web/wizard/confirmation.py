"""The page of what comes after booking."""

from typing import Any

from meetings.domain.fields import URL_MAX
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.models.links import LIVE
from meetings.services import access

from ..forms.wizard.confirmation import OWN_PAGES
from ..session import signed_in
from .page import Page


def context(page: Page) -> dict[str, Any]:
    """What the template needs beside what every page has."""
    return {"address_length": URL_MAX, "own_pages": _own_pages(page.link, page.typed["own_page"])}


def _own_pages(link: Link, chosen: str) -> list[tuple[str, str]]:
    """The booking pages to go on to; one that was chosen stays on the list, whatever became of it."""
    found = access.links_of(signed_in(), status=LIVE)
    pages = [(f"{OWN_PAGES}{other.slug}", other.internal_name) for other in found if other.id != link.id]
    pages.sort(key=lambda entry: entry[1].casefold())
    if chosen and chosen not in {address for address, _name in pages}:
        pages.insert(0, (chosen, _("%(address)s (not among your live links)", address=chosen)))
    return [("", _("Choose a page")), *pages]
