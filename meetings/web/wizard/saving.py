"""How a page becomes part of its link: merged with what others changed since it was opened."""

from meetings import clock
from meetings.errors import Busy, Conflict
from meetings.models import Link
from meetings.models.links import DRAFT
from meetings.services import bookings, links

from ..forms import wizard as forms
from ..forms.wizard import Typed
from ..session import signed_in
from . import merging
from .rules import kept

MERGE_TRIES = 3  # times that a page is merged anew because others changed the link in the very moment


def store(link: Link, step: str, typed: Typed) -> Link:
    """Save the page, merged with what others changed since it was opened. Raises Collision, and as `links.update`."""
    for _try in range(MERGE_TRIES):
        try:
            return store_draft(link, step, typed) if link.status == DRAFT else _store_live(link, step, typed)
        except Conflict:  # in this very moment: once more, with that
            link = Link.get_by_id(link.id)
    raise Busy


def _store_live(link: Link, step: str, typed: Typed) -> Link:
    """The page together with what waits on other pages, in one go."""
    document, saved = merging.merged(link, {**kept(link), step: typed}), link
    if document != links.document(link):
        patch = {section: document[section] for section in ("overview", "team", "scheduling", "automation")}
        saved = links.update(signed_in(), link, patch, clock.now(), version=link.version)
    if {**kept(link), step: typed}.get("automation", {}).get("reaches_back"):
        bookings.replan_reminders(saved, clock.now())
    for name in list(saved.unsaved):
        links.forget_unsaved(saved, name)
    return saved


def store_draft(link: Link, step: str, typed: Typed) -> Link:
    user, now = signed_in(), clock.now()
    if step == "overview" and typed["organizer"]:
        link = links.set_organizer(user, link, typed["organizer"], now)
    document, present = merging.merged(link, {step: typed}), links.document(link)
    for section in (name for name in forms.patch(step, typed, document).values if document[name] != present[name]):
        link = links.save_section(user, link, section, document[section], now, version=link.version)
    links.forget_unsaved(link, step)
    return link
