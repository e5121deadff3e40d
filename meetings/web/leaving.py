"""Deactivating and removing a person: first all that they would leave behind, with what is to become of it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.availability import Kind
from meetings.errors import HoldsMeetings, Invalid, OwnsLinks
from meetings.i18n import gettext as _
from meetings.i18n import lazy_gettext as _l
from meetings.i18n import ngettext
from meetings.models import User
from meetings.services import access, leaving, users
from meetings.services.leaving import Choices, Contacts, LeftBehind, Links, Meetings, Membership, Outcome

from . import htmx
from .forms.workspace import LeavingForm
from .session import admin_required, reader, signed_in

blueprint = Blueprint("leaving", __name__)

REASONS = {
    leaving.UNDECIDED: _l("Say what becomes of it."),
    leaving.NOT_FREE: _l("Whoever takes over is not free then."),
    leaving.CHANGED: _l("It was changed just now."),
}
_Act = Callable[[User, User, Choices, Any], Outcome]


@blueprint.route("/team/<key:user_id>/deactivate", methods=["GET", "POST"])
@admin_required
def deactivate(user_id: int) -> Response:
    """Ask what becomes of everything, then keep the person out; what nobody could take over is listed."""
    person = access.user_for(signed_in(), user_id)
    answer = _asked(person, LeavingForm(), leaving.deactivate, is_final=False)
    if isinstance(answer, Response):
        return answer
    text = _("%(name)s is signed out and can’t be booked any more.", name=person.name)
    return _left(person, text, answer) if answer.stayed else _done(text, answer)


@blueprint.route("/team/<key:user_id>/delete", methods=["GET", "POST"])
@admin_required
def delete(user_id: int) -> Response:
    """Ask what becomes of everything, then remove the person."""
    person = access.user_for(signed_in(), user_id)
    answer = _asked(person, LeavingForm(), leaving.delete, is_final=True)
    return answer if isinstance(answer, Response) else _done(_("%(name)s is removed.", name=person.name), answer)


@blueprint.post("/team/<key:user_id>/reactivate")
@admin_required
def reactivate(user_id: int) -> Response:
    """Let a person in again, with all that was kept."""
    person = access.user_for(signed_in(), user_id)
    users.set_active(signed_in(), person, is_active=True)
    flash(_("%(name)s can sign in and be booked again.", name=person.name))
    return htmx.redirect(url_for("team.index"))


def _asked(person: User, form: LeavingForm, act: _Act, *, is_final: bool) -> Response | Outcome:
    """The page that asks, or what came of the answer."""
    if request.method == "GET":
        _suggest(form, is_final=is_final, has_others=bool(leaving.successors(person)))
        return _page(person, form, is_final=is_final)
    try:
        return act(signed_in(), person, form.choices(), clock.now())
    except OwnsLinks:
        form.links.errors = [_("Say what becomes of these links.")]
        return _page(person, form, 409, is_final=is_final)
    except HoldsMeetings as problem:
        return _page(person, form, problem.status, is_final=is_final, stuck=dict(problem.meetings))
    except Invalid as problem:
        if left := form.lay(problem.flaws):  # they are the last admin
            flash(left[0], "warn")
            return htmx.redirect(url_for("team.person", user_id=person.id))
        return _page(person, form, problem.status, is_final=is_final)


def _suggest(form: LeavingForm, *, is_final: bool, has_others: bool) -> None:
    """What is chosen at first: everything goes on, where it can."""
    ways: tuple[str, str, str] = (Links.KEEP, Meetings.KEEP, Contacts.KEEP)
    if is_final:
        ways = (Links.TRANSFER, Meetings.HAND_OVER, Contacts.TRANSFER)
        if not has_others:
            ways = (Links.DELETE, Meetings.CANCEL, Contacts.RELEASE)
    form.links.data, form.meetings.data, form.contacts.data = ways


def _page(
    person: User, form: LeavingForm, status: int = 200, *, is_final: bool, stuck: Mapping[str, str] | None = None
) -> Response:
    left, stuck = leaving.left_behind(person, clock.now()), stuck or {}
    form.offer(leaving.successors(person), is_final=is_final)
    return htmx.page_or_fragment(
        "team/leaving.html",
        "team/_leaving.html",
        status,
        person=person,
        form=form,
        left=left,
        meetings=sorted(left.meetings, key=lambda one: one.booking.public_id not in stuck),
        is_final=is_final,
        teams=[(one.link, _without(one)) for one in left.memberships if one.link.organizer_id != person.id],
        owned=_owned(left),
        stuck={public_id: REASONS[reason] for public_id, reason in stuck.items()},
        is_oneself=person.id == signed_in().id,
        reader=reader(),
    )


def _without(membership: Membership) -> str:
    """What a team is without the person."""
    if not membership.others:
        return _("Nobody is left to meet, so its page takes no bookings.")
    if membership.link.kind == Kind.GROUP:
        return ngettext("Goes on with %(num)s host.", "Goes on with %(num)s hosts.", membership.others)
    return ngettext(
        "The other host gets its meetings.", "The other %(num)s hosts share its meetings.", membership.others
    )


def _owned(left: LeftBehind) -> str:
    """Contacts and companies, counted."""
    counted = [
        *([ngettext("%(num)s contact", "%(num)s contacts", left.contacts)] if left.contacts else []),
        *([ngettext("%(num)s company", "%(num)s companies", left.companies)] if left.companies else []),
    ]
    return i18n.listed(counted, i18n.current_locale())


def _news(outcome: Outcome) -> str:
    """What became of the meetings, in sentences."""
    over, on, off = len(outcome.handed_over), len(outcome.going_on), len(outcome.cancelled)
    said = [
        ngettext("%(num)s meeting was handed over.", "%(num)s meetings were handed over.", over) if over else "",
        ngettext("%(num)s goes on with its other hosts.", "%(num)s go on with their other hosts.", on) if on else "",
        ngettext("%(num)s meeting was cancelled.", "%(num)s meetings were cancelled.", off) if off else "",
    ]
    return " ".join(filter(None, said))


def _left(person: User, text: str, outcome: Outcome) -> Response:
    """What could not be handed over, each a step away."""
    words = " ".join(filter(None, (text, _news(outcome))))
    return htmx.page_or_fragment(
        "team/left.html",
        "team/_left.html",
        person=person,
        outcome=outcome,
        text=words,
        reasons=REASONS,
        reader=reader(),
    )


def _done(text: str, outcome: Outcome) -> Response:
    flash(" ".join(filter(None, (text, _news(outcome)))))
    return htmx.redirect(url_for("team.index"))
