"""The types of meeting that links can have: a list in an order, kept by admins."""

from typing import Any

from flask import Blueprint, flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.sections import MEETING_TYPE_MAX
from meetings.errors import Invalid, NotFound
from meetings.i18n import gettext as _
from meetings.models import MeetingType
from meetings.services import arranging, meeting_types

from .. import htmx
from ..session import admin_required, signed_in

blueprint = Blueprint("meeting_types", __name__, url_prefix="/meeting-types")

_PLACES = {"up": -1, "down": 1}


@blueprint.get("")
@admin_required
def page() -> Response:
    """The list; one of them with a field for another name where that is asked for."""
    return _page(renamed=request.args.get("rename", type=int))


@blueprint.post("")
@admin_required
def add() -> Response:
    """Put one at the end of the list."""
    typed = request.form.get("name", "")
    try:
        meeting_types.add(signed_in(), typed)
    except Invalid as problem:
        return _page(problem.status, new_name=typed, new_errors=_sentences(problem))
    return _done(focus="new-name")


@blueprint.post("/<key:type_id>")
@admin_required
def rename(type_id: int) -> Response:
    """Call one something else."""
    typed = request.form.get("name", "")
    try:
        meeting_types.rename(signed_in(), _found(type_id), typed, clock.now())
    except Invalid as problem:
        return _page(problem.status, renamed=type_id, typed=typed, errors=_sentences(problem))
    return _done(focus=f"rename-{type_id}")


@blueprint.post("/<key:type_id>/move")
@admin_required
def move(type_id: int) -> Response:
    """Move one up or down."""
    where = request.form.get("do", "")
    arranging.move(signed_in(), _found(type_id), _PLACES.get(where, 0))
    return _done(focus=f"{where}-{type_id}")


@blueprint.route("/<key:type_id>/delete", methods=["GET", "POST"])
@admin_required
def delete(type_id: int) -> Response:
    """Ask, then take one off the list."""
    found = _found(type_id)
    if request.method == "GET":
        return htmx.page_or_fragment(
            "settings/meeting_type_delete.html",
            "settings/_meeting_type_delete.html",
            meeting_type=found,
            link_count=meeting_types.use().get(found.name, 0),
        )
    meeting_types.delete(signed_in(), found)
    flash(_("“%(name)s” is removed.", name=found.name))
    return htmx.redirect(url_for("settings.meeting_types.page"))


def _found(type_id: int) -> MeetingType:
    found: MeetingType | None = MeetingType.get_or_none(MeetingType.id == type_id)
    if found is None:
        raise NotFound
    return found


def _sentences(problem: Invalid) -> list[str]:
    return [i18n.flaw_message(flaw) for flaw in problem.flaws]


def _done(*, focus: str) -> Response:
    """The list as it is now: with script in its place, else by its address."""
    return _page(focus=focus) if htmx.is_htmx() else htmx.redirect(url_for("settings.meeting_types.page"))


def _page(status: int = 200, **more: Any) -> Response:
    context = {"types": MeetingType.in_order(), "use": meeting_types.use(), "name_max": MEETING_TYPE_MAX, **more}
    return htmx.page_or_fragment("settings/meeting_types.html", "settings/_meeting_types.html", status, **context)
