"""The wizard: a link's steps, each a page of its own. Drafts go through them by Next; a link that exists has a menu."""

from typing import Any

from flask import Blueprint, flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw
from meetings.errors import Conflict, DuplicateSlug, Invalid, NotFound
from meetings.models import Link
from meetings.models.links import DRAFT
from meetings.services import access, links

from .. import htmx
from ..forms import wizard as forms
from ..forms.wizard import Typed, rows, steps_of
from ..session import login_required, signed_in
from . import gone, merging, pages, preview, saving, uploads
from .merging import Collision
from .rules import completed, judge, kept, opened_document, shown_document, tidied

blueprint = Blueprint("wizard", __name__)

REFRESH = "refresh"  # what a page sends while somebody types in it


@blueprint.get("/links/new")
@login_required
def choose() -> Response:
    """The three kinds of links, each with what it means."""
    return htmx.page_or_fragment("wizard/choose.html", "wizard/_choose.html")


@blueprint.get("/links/new/<kind>")
@login_required
def new(kind: str) -> Response:
    """Start a link, or go on with one that has no name yet: nobody collects empty drafts."""
    if kind not in set(Kind):
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
    link = access.link_for(signed_in(), slug, write=True)
    if step not in steps_of(link.kind):
        raise NotFound
    return link


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
    try:
        link = _link(slug, step)
    except NotFound:
        return gone.answer(slug)
    typed = _typed(link, step)
    if refused := uploads.take(step, typed, request.files):
        links.keep_unsaved(link, step, typed)
        return _page(link, step, typed, status=422, picture_errors=refused)
    return _act(link, step, typed, request.form.get("do", "next"))


def _act(link: Link, step: str, typed: Typed, action: str) -> Response:
    if rows.change(typed, action, request.form):
        return _again(link, step, typed, focus=rows.onward(typed, action))
    verb, _colon, where = action.partition(":")
    match verb:
        case "go" if where in steps_of(link.kind):
            _leave(link, step, typed)
            return _show(link, where)
        case "next" | "save" | "close" | "keep" | "discard" | "test" | "try":
            return _ACTS[verb](link, step, typed)
        case merging.MINE | merging.THEIRS:
            return _again(link, step, merging.pick(link, step, typed, verb, where), is_kept=True)
        case _:
            return _again(link, step, completed(link, step, typed))


def _typed(link: Link, step: str) -> Typed:
    """What stands on the page that was sent, and which version of the link it was opened with."""
    version = request.form.get("version", type=int)
    typed = merging.carried(link, step, {**forms.read(step, request.form), "version": version or link.version})
    is_typing = htmx.is_htmx() and request.form.get("do") == REFRESH
    return typed if is_typing else tidied(link, step, typed)


def _keep(link: Link, step: str, typed: Typed) -> Response:
    """What was typed when somebody went away without a button. Nobody waits for an answer."""
    if forms.says_the_same(step, typed, opened_document(link, typed)):
        links.forget_unsaved(link, step)
    else:
        links.keep_unsaved(link, step, typed)
    return Response(status=204)


def _again(link: Link, step: str, typed: Typed, *, is_kept: bool = False, **shown: Any) -> Response:
    """The same step with what was typed, nothing saved. Without script it is kept, for the preview to follow."""
    if is_kept or not htmx.is_htmx():
        links.keep_unsaved(link, step, typed)
    more: dict[str, Any] = {"zones": ()} if htmx.is_htmx() else {}  # the list is long, and the page has it already
    return _page(link, step, typed, **more, **shown)


def _next(link: Link, step: str, typed: Typed) -> Response:
    typed = completed(link, step, typed)
    if judge(link, step, typed).flaws:
        return _refused(link, step, typed)
    was_draft, news = link.status == DRAFT, merging.news(link, typed)
    try:
        link = saving.store(link, step, typed)
    except DuplicateSlug:
        return _refused(link, "overview", typed if step == "overview" else _left(link, "overview"))
    except Collision as clash:
        return _ask(link, step, typed, clash)
    except Invalid as problem:
        return _to_flaws(link, step, typed, problem.flaws)
    return _onward(link, step) if was_draft else _show(link, step, news=news)


def _ask(link: Link, step: str, typed: Typed, clash: Collision) -> Response:
    """Somebody else changed the same: show both, on the page where it is. Nothing is saved, all is kept."""
    link = Link.get_by_id(link.id)
    links.keep_unsaved(link, step, typed)
    asked = merging.asking(link, clash, typed if clash.step == step else _left(link, clash.step))
    links.keep_unsaved(link, clash.step, asked)
    return _page(link, step, asked, status=409) if clash.step == step else _show(link, clash.step)


def _refused(link: Link, step: str, typed: Typed) -> Response:
    links.keep_unsaved(link, step, {**typed, "is_judged": True})
    return _page(link, step, typed, status=422, strict=True)


def _to_flaws(link: Link, step: str, typed: Typed, flaws: list[Flaw]) -> Response:
    """Something on another page can't be saved: keep this one, show that one."""
    links.keep_unsaved(link, step, typed)
    other = next((forms.step_of(flaw.field) for flaw in flaws), step)
    return _show(link, other, strict=True)


def _onward(link: Link, step: str) -> Response:
    """The draft's next step; after the last one the link is made public, if nothing is missing."""
    steps = steps_of(link.kind)
    following = steps[steps.index(step) + 1 :]
    if following:
        return _show(link, following[0])
    for name, typed in kept(link).items():
        if judge(link, name, typed).flaws:
            return _show(link, name, strict=True)
        link = saving.store_draft(link, name, typed)
    try:
        link = links.publish(signed_in(), link, clock.now())
    except Invalid as problem:
        return _show(link, forms.step_of(problem.flaws[0].field), strict=True)
    return htmx.redirect(url_for("links.share", slug=link.slug, new=1))


def _leave(link: Link, step: str, typed: Typed) -> None:
    """Turn to another page: a draft's good values are saved, all others kept as they were typed."""
    if forms.says_the_same(step, typed, opened_document(link, typed)):
        links.forget_unsaved(link, step)
        return
    if link.status == DRAFT and not judge(link, step, typed).flaws:
        try:
            saved = saving.store_draft(link, step, typed)
            link.slug, link.unsaved = saved.slug, saved.unsaved
            return
        except (DuplicateSlug, Invalid, Collision, Conflict):
            pass  # somebody was quicker; the page will say so
    links.keep_unsaved(link, step, {**typed, "is_judged": True})


def _close(link: Link, step: str, typed: Typed) -> Response:
    """Go to the list. What can't be saved stays with the link, and the list says what."""
    _leave(link, step, typed)
    link = access.link_for(signed_in(), link.slug, write=True)
    if link.status == DRAFT and not link.internal_name and not link.unsaved:
        links.delete(signed_in(), link, clock.now())
    for sentence in pages.left_out(link):
        flash(sentence, "warn")
    return htmx.redirect(url_for("links.index"))


def _send_to_me(link: Link, step: str, typed: Typed) -> Response:
    """Send the mail of the preview to whoever looks at it, as it would be with what is typed."""
    return _again(link, step, typed, sent=preview.send_to_reader(preview.unsaved(link, step, typed), clock.now()))


def _try(link: Link, step: str, typed: Typed) -> Response:
    """Go and be a contact for a while; what was typed is kept, and counts there."""
    _leave(link, step, typed)
    return htmx.redirect(url_for("rehearsal.page", slug=link.slug))


def _discard(link: Link, _step: str, _typed: Typed) -> Response:
    """Forget what was typed and not saved; a draft without a name goes altogether."""
    for name in list(link.unsaved):
        links.forget_unsaved(link, name)
    if link.status == DRAFT and not link.internal_name:
        links.delete(signed_in(), link, clock.now())
        return htmx.redirect(url_for("links.index"))
    return _show(link, "overview")


_ACTS = {
    "next": _next,
    "save": _next,
    "close": _close,
    "keep": _keep,
    "discard": _discard,
    "test": _send_to_me,
    "try": _try,
}


# ---- pages -----------------------------------------------------------------------------------------------------------


def _show(link: Link, step: str, *, strict: bool = False, news: str = "") -> Response:
    """Turn to a step: by its address, or for htmx at once with the address set."""
    address = _address(link, step, strict=strict)
    if not htmx.is_htmx():
        if news:
            flash(news)
        return htmx.redirect(address)
    response = _page(link, step, _left(link, step), strict=strict, news=news)
    response.headers["HX-Push-Url"] = address
    return response


def _page(link: Link, step: str, typed: Typed, *, status: int = 200, strict: bool = False, **more: Any) -> Response:
    """The whole page, or for htmx what is inside it. `strict`: what is missing is said, too."""
    strict = strict or bool(typed.get("is_judged"))
    context = pages.context(link, step, typed, strict=strict) | uploads.emptied(request.files) | more
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
    return preview.frame(link, step, typed)
