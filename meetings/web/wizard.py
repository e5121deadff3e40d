"""The wizard: a link's steps, each a page of its own. Drafts go through them by Next; a link that exists has a menu."""

from typing import Any

from flask import Blueprint, flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw
from meetings.domain.link import merge_patch
from meetings.errors import Conflict, DuplicateSlug, Invalid, NotFound
from meetings.models import Link
from meetings.models.links import DRAFT
from meetings.services import access, links

from . import htmx, wizard_pages, wizard_preview
from .forms import wizard as forms
from .forms import wizard_rows
from .forms.wizard import STEPS, Typed
from .session import login_required, signed_in
from .wizard_rules import completed, document_with, group_hours, judge, kept, shown_document

blueprint = Blueprint("wizard", __name__)


@blueprint.get("/links/new/<kind>")
@login_required
def new(kind: str) -> Response:
    """Start a link, or go on with one that has no name yet: nobody collects empty drafts."""
    if kind != Kind.INDIVIDUAL:
        raise NotFound
    user = signed_in()
    link = links.nameless_draft(user, kind) or links.start_draft(user, kind, clock.now())
    return htmx.redirect(_address(link, "overview"))


@blueprint.get("/links/<slug>/edit/")
@blueprint.get("/links/<slug>/edit/<step>")
@login_required
def edit(slug: str, step: str = "overview") -> Response:
    """A step as it was left: what was typed and can't be saved yet comes back with what is wrong with it."""
    link = _link(slug, step)
    return _page(link, step, _left(link, step), strict="check" in request.args)


def _link(slug: str, step: str) -> Link:
    if step not in STEPS:
        raise NotFound
    return access.link_for(signed_in(), slug, write=True)


def _left(link: Link, step: str) -> Typed:
    return kept(link).get(step) or forms.typed_from(step, shown_document(link))


def _address(link: Link, step: str, *, strict: bool = False) -> str:
    return url_for("wizard.edit", slug=link.slug, step=step, check="1" if strict else None)


# ---- what the buttons do ---------------------------------------------------------------------------------------------


@blueprint.post("/links/<slug>/edit/")
@blueprint.post("/links/<slug>/edit/<step>")
@login_required
def save(slug: str, step: str = "overview") -> Response:
    """Do what the pressed button says. Whatever it is, what was typed is either saved, kept or shown again."""
    link = _link(slug, step)
    typed = forms.read(step, request.form)
    action = request.form.get("do", "next")
    if wizard_rows.change(typed, action, request.form):
        return _again(link, step, typed, focus=wizard_rows.onward(typed, action))
    verb, _colon, where = action.partition(":")
    match verb:
        case "next" | "save":
            return _next(link, step, typed)
        case "go" if where in STEPS:
            _leave(link, step, typed)
            return _show(link, where)
        case "close" | "keep":
            return _close(link, step, typed) if verb == "close" else _keep(link, step, typed)
        case "discard":
            return _discard(link)
        case _:
            return _again(link, step, completed(link, step, typed))


def _keep(link: Link, step: str, typed: Typed) -> Response:
    """What was typed when somebody went away without a button. Nobody waits for an answer."""
    if forms.says_the_same(step, typed, shown_document(link)):
        links.forget_unsaved(link, step)
    else:
        links.keep_unsaved(link, step, typed)
    return Response(status=204)


def _again(link: Link, step: str, typed: Typed, *, focus: str = "") -> Response:
    """The same step with what was typed, nothing saved. Without script it is kept, for the preview to follow."""
    if not htmx.is_htmx():
        links.keep_unsaved(link, step, typed)
    more: dict[str, Any] = {"zones": ()} if htmx.is_htmx() else {}  # the list is long, and the page has it already
    return _page(link, step, typed, focus=focus, **more)


def _next(link: Link, step: str, typed: Typed) -> Response:
    typed = completed(link, step, typed)
    if judge(link, step, typed).flaws:
        return _refused(link, step, typed)
    was_draft = link.status == DRAFT
    try:
        link = _store(link, step, typed, version=request.form.get("version", type=int))
    except DuplicateSlug:
        return _refused(link, "overview", typed if step == "overview" else _left(link, "overview"))
    except Conflict:
        links.keep_unsaved(link, step, typed)
        return _page(link, step, typed, status=409, conflict=True)
    except Invalid as problem:
        return _to_flaws(link, step, typed, problem.flaws)
    return _onward(link, step) if was_draft else _show(link, step)


def _refused(link: Link, step: str, typed: Typed) -> Response:
    links.keep_unsaved(link, step, {**typed, "is_judged": True})
    return _page(link, step, typed, status=422, strict=True)


def _to_flaws(link: Link, step: str, typed: Typed, flaws: list[Flaw]) -> Response:
    """Something on another page can't be saved: keep this one, show that one."""
    links.keep_unsaved(link, step, typed)
    other = next((forms.step_of(flaw.field) for flaw in flaws), step)
    return _show(link, other, strict=True)


def _store(link: Link, step: str, typed: Typed, *, version: int | None) -> Link:
    """Save the page: a draft's by itself, a live link's together with what waits on other pages, in one go."""
    if link.status == DRAFT:
        return _store_draft(link, step, typed, version)
    document = document_with(link, step, typed)
    patch = {section: document[section] for section in ("overview", "scheduling", "automation")}
    saved = links.update(signed_in(), link, patch, clock.now(), version=version)
    for name in list(saved.unsaved):
        links.forget_unsaved(saved, name)
    return saved


def _store_draft(link: Link, step: str, typed: Typed, version: int | None) -> Link:
    user, now, document = signed_in(), clock.now(), links.document(link)
    if step == "overview" and typed["organizer"]:
        links.set_organizer(user, link, typed["organizer"])
    patch = forms.patch(step, typed, document).values
    group_hours(patch)
    merged = merge_patch(document, patch)
    for section in patch:
        link = links.save_section(user, link, section, merged[section], now, version=version)
        version = link.version
    links.forget_unsaved(link, step)
    return link


def _onward(link: Link, step: str) -> Response:
    """The draft's next step; after the last one the link is made public, if nothing is missing."""
    following = STEPS[STEPS.index(step) + 1 :]
    if following:
        return _show(link, following[0])
    for name, typed in kept(link).items():
        if judge(link, name, typed).flaws:
            return _show(link, name, strict=True)
        link = _store_draft(link, name, typed, None)
    try:
        link = links.publish(signed_in(), link, clock.now())
    except Invalid as problem:
        return _show(link, forms.step_of(problem.flaws[0].field), strict=True)
    return htmx.redirect(url_for("links.share", slug=link.slug, new=1))


def _leave(link: Link, step: str, typed: Typed) -> None:
    """Turn to another page: a draft's good values are saved, all others kept as they were typed."""
    if forms.says_the_same(step, typed, shown_document(link)):
        links.forget_unsaved(link, step)
        return
    if link.status == DRAFT and not judge(link, step, typed).flaws:
        try:
            saved = _store_draft(link, step, typed, None)
            link.slug, link.unsaved = saved.slug, saved.unsaved
            return
        except (DuplicateSlug, Invalid):
            pass  # somebody was quicker; the page will say so
    links.keep_unsaved(link, step, {**typed, "is_judged": True})


def _close(link: Link, step: str, typed: Typed) -> Response:
    """Go to the list. What can't be saved stays with the link, and the list says what."""
    _leave(link, step, typed)
    link = access.link_for(signed_in(), link.slug, write=True)
    if link.status == DRAFT and not link.internal_name and not link.unsaved:
        links.delete(signed_in(), link)
    for sentence in wizard_pages.left_out(link):
        flash(sentence, "warn")
    return htmx.redirect(url_for("links.index"))


def _discard(link: Link) -> Response:
    """Forget what was typed and not saved; a draft without a name goes altogether."""
    for name in list(link.unsaved):
        links.forget_unsaved(link, name)
    if link.status == DRAFT and not link.internal_name:
        links.delete(signed_in(), link)
        return htmx.redirect(url_for("links.index"))
    return _show(link, "overview")


# ---- pages -----------------------------------------------------------------------------------------------------------


def _show(link: Link, step: str, *, strict: bool = False) -> Response:
    """Turn to a step: by its address, or for htmx at once with the address set."""
    address = _address(link, step, strict=strict)
    if not htmx.is_htmx():
        return htmx.redirect(address)
    response = _page(link, step, _left(link, step), strict=strict)
    response.headers["HX-Push-Url"] = address
    return response


def _page(link: Link, step: str, typed: Typed, *, status: int = 200, strict: bool = False, **more: Any) -> Response:
    """The whole page, or for htmx what is inside it. `strict`: what is missing is said, too."""
    strict = strict or bool(typed.get("is_judged"))
    context = wizard_pages.context(link, step, typed, strict=strict) | more
    response = htmx.page_or_fragment("wizard/step.html", "wizard/_step.html", status, **context)
    response.headers["Cache-Control"] = "no-store"  # going back shows what was saved, not what was once typed
    return response


# ---- preview ---------------------------------------------------------------------------------------------------------


@blueprint.route("/links/<slug>/preview", methods=["GET", "POST"])
@login_required
def preview_frame(slug: str) -> Response:
    """What the frame beside the form shows: by POST from what is typed at this moment, by GET from what was left."""
    step = request.values.get("step", "overview")
    link = _link(slug, step)
    typed = forms.read(step, request.form) if request.method == "POST" else _left(link, step)
    return wizard_preview.frame(link, step, typed)
