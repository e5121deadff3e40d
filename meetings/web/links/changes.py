"""What is done with a link from the list: switched off and on, copied, deleted, brought back."""

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.availability import Kind
from meetings.errors import Invalid, Problem
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Link
from meetings.services import access, links

from .. import htmx
from ..session import login_required, signed_in
from .pages import blueprint, name_of
from .transferring import LINKS_MAX


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
    """Switch all chosen links off or on, or ask whom they go to.

    What the user may not change, or is a draft, stays as it is.
    """
    if request.form.get("do") == "transfer":
        return htmx.redirect(url_for("links.transfer", slug=request.form.getlist("slug")[:LINKS_MAX]))
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


# --- copying


@blueprint.get("/links/<slug>/duplicate")
@login_required
def ask_for_copy(slug: str) -> Response:
    """Of which kind the copy is to be, and how it is to be called."""
    link = access.link_for(signed_in(), slug)
    return htmx.page_or_fragment(
        "links/duplicate.html", "links/_duplicate.html", link=link, name=_copy_name(link), kinds=list(map(str, Kind))
    )


@blueprint.post("/links/<slug>/duplicate")
@login_required
def duplicate(slug: str) -> Response:
    """A draft that is like this link, opened in the wizard."""
    link = access.link_for(signed_in(), slug)
    kind = request.form.get("kind")
    name = " ".join(request.form.get("name", "").split()) or _copy_name(link)
    try:
        copy = links.duplicate(signed_in(), link, name, clock.now(), kind if kind in set(Kind) else None)
    except Invalid as problem:
        flash(i18n.flaw_message(problem.flaws[0]), "warn")
        return htmx.redirect(url_for("links.index"))
    return htmx.redirect(url_for("wizard.edit", slug=copy.slug, step="overview"))


def _copy_name(link: Link) -> str:
    return _("%(name)s, copy", name=name_of(link))


# --- deleting


@blueprint.route("/links/<slug>/delete", methods=["GET", "POST"])
@login_required
def delete(slug: str) -> Response:
    """Ask with the link's name, then delete it; the list offers to bring it back."""
    link = access.link_for(signed_in(), slug, write=True)
    if request.method == "GET":
        ahead = access.bookings_of(signed_in(), status="confirmed", first=clock.now(), link_id=link.id).count()
        return htmx.page_or_fragment("links/delete.html", "links/_delete.html", link=link, ahead=ahead)
    links.delete(signed_in(), link, clock.now())
    return htmx.redirect(url_for("links.index", deleted=link.id))


@blueprint.post("/links/deleted/<key:link_id>/restore")
@login_required
def restore(link_id: int) -> Response:
    """Bring a deleted link back."""
    now = clock.now()
    gone = links.deleted_link(signed_in(), link_id, now)
    link = links.restore(signed_in(), gone, now)
    if link.slug == gone.slug:
        flash(_("“%(name)s” is back.", name=name_of(link)))
    else:
        path = url_for("booking.page", slug=link.slug)
        flash(_("“%(name)s” is back, at %(path)s: its old address is taken by now.", name=name_of(link), path=path))
    return htmx.redirect(url_for("links.index"))
