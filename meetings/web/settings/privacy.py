"""What all links say about privacy, what contacts can subscribe to, and how long anything is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import i18n
from meetings.domain.fields import Flaw, typed_number
from meetings.domain.form import OFF
from meetings.errors import Invalid, NotFound
from meetings.i18n import gettext as _
from meetings.models import Setting, SubscriptionType
from meetings.services import consents, retention, subscriptions

from .. import htmx, terms
from ..forms.wizard import consent as form
from ..forms.wizard import rows
from ..forms.wizard.typed import Patch, Typed
from ..legal import suggested_consent
from ..session import Answer, admin_required, signed_in
from ..wizard.consent import choices

blueprint = Blueprint("privacy", __name__, url_prefix="/privacy")

SUBSCRIPTIONS, RETENTION = "s-subscriptions", "s-retention"  # places on the page


@blueprint.route("", methods=["GET", "POST"])
@admin_required
def page() -> Answer:
    """The words of all links; a button but the last only changes what is on the page, or looks at it."""
    if request.method == "GET":
        return _page(_kept())
    typed: Typed = {"consent": form.read_consent(request.form)}
    action = request.form.get("do", "save")
    if rows.change(typed, action, request.form):
        return _page(typed["consent"], focus=rows.onward(typed, action))
    if action == "preview":
        return _page(typed["consent"])
    try:
        consents.save_account(signed_in(), _values(typed["consent"]))
    except Invalid as problem:
        return _page(typed["consent"], Invalid.status, errors=_by_control(typed["consent"], problem.flaws))
    flash(_("Saved. Links without words of their own say this from now on."))
    return redirect(url_for("settings.privacy.page"), 303)


def _kept() -> Typed:
    """What is said; while nothing ever was, words to begin with wait behind the choice."""
    said = consents.account_consent()
    if Setting.read(consents.SETTING) is None:
        said |= {**suggested_consent(), "mode": OFF}
    return form.show_consent(said)


def _values(typed: Typed) -> dict[str, Any]:
    """The whole of what is said: what the chosen way doesn't show stays as it was."""
    return {**consents.account_consent(), **form.values(typed)}


def _by_control(typed: Typed, flaws: Sequence[Flaw]) -> dict[str, list[str]]:
    patch = Patch({}, form.places(typed, consents.SETTING))
    found: dict[str, list[str]] = {}
    for flaw in flaws:
        found.setdefault(patch.place(flaw), []).append(i18n.flaw_message(flaw))
    return found


def _page(typed: Typed, status: int = 200, **more: Any) -> Response:
    locale = i18n.current_locale()
    shown, _flaws = consents.account_flaws(_values(typed))
    context = {
        "typed": typed,
        "consent_choices": choices(typed, locale),
        "errors": {},
        "here": url_for("settings.privacy.page"),
        "look": render_template(
            "settings/privacy_look.html",
            terms=terms.drawn(consents.shown(shown, locale)),
            is_preview=True,
            page_title=_("Preview"),
        ),
        "types": _types(locale),
        "kept": retention.rules(),
        "retention_max": (retention.MONTHS_MAX, retention.MAIL_DAYS_MAX),
        **more,
    }
    return htmx.page_or_fragment("settings/privacy.html", "settings/_privacy_look.html", status, **context)


# ---- types of subscription -------------------------------------------------------------------------------------------


def _types(locale: str) -> list[Mapping[str, Any]]:
    used = subscriptions.in_use()
    return [
        {"id": row.id, "label": subscriptions.label(row, locale), "typed": row.label, "is_used": row.name in used}
        for row in SubscriptionType.in_order()
    ]


@blueprint.post("/subscriptions")
@admin_required
def add_subscription() -> Answer:
    """Add one."""
    typed = request.form.get("label", "")
    try:
        subscriptions.add(signed_in(), {"label": typed})
    except Invalid as problem:
        return _refused(problem, new_label=typed)
    return _done(_("Added: %(name)s.", name=typed.strip()), SUBSCRIPTIONS)


@blueprint.post("/subscriptions/<key:type_id>")
@admin_required
def change_subscription(type_id: int) -> Answer:
    """Rename one, or delete it."""
    row: SubscriptionType | None = SubscriptionType.get_or_none(SubscriptionType.id == type_id)
    if row is None:
        raise NotFound
    typed = request.form.get("label", "")
    try:
        if request.form.get("do") == "delete":
            subscriptions.delete(signed_in(), row)
            return _done(_("Deleted: %(name)s.", name=row.label), SUBSCRIPTIONS)
        subscriptions.rename(signed_in(), row, {"label": typed, "description": row.description})
    except Invalid as problem:
        return _refused(problem, wrong_type=type_id, wrong_label=typed)
    return _done(_("Renamed: %(name)s.", name=typed.strip()), SUBSCRIPTIONS)


def _refused(problem: Invalid, **more: Any) -> Response:
    return _page(_kept(), problem.status, type_errors=[i18n.flaw_message(flaw) for flaw in problem.flaws], **more)


def _done(words: str, place: str) -> Response:
    flash(words)
    return redirect(url_for("settings.privacy.page", _anchor=place), 303)


# ---- how long --------------------------------------------------------------------------------------------------------


@blueprint.post("/retention")
@admin_required
def save_retention() -> Answer:
    """How long who booked, and the words of mails, are kept."""
    typed = {name: request.form.get(name, "") for name in ("bookings_months", "mail_days")}
    try:
        retention.save_rules(signed_in(), {name: typed_number(value) for name, value in typed.items()})
    except Invalid as problem:
        errors = {flaw.field: [i18n.flaw_message(flaw)] for flaw in problem.flaws}
        return _page(_kept(), problem.status, kept=typed, errors=errors)
    return _done(_("Saved."), RETENTION)
