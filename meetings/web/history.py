"""What was changed of a link, by whom and when, in sentences; and the way back to what it was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.fields import Flaw
from meetings.errors import Conflict, DuplicateSlug, Invalid
from meetings.i18n import gettext as _
from meetings.models import Link, LinkChange
from meetings.models.links import DELETED, DRAFT, LIVE, OFF
from meetings.services import access, link_history, links
from meetings.services.link_history import WaysBack

from . import htmx, team_words
from .link_words import KEYS, SHORT, entry_names, name_of, value_of
from .session import login_required, reader, signed_in

blueprint = Blueprint("history", __name__)

PER_PAGE = 30


@dataclass(frozen=True)
class Line:
    """One thing that was changed: a sentence, and both values where they are too long for it."""

    path: str
    sentence: str
    old: str = ""
    new: str = ""
    can_put_back: bool = False
    why_not: str = ""  # why it can't be put back, though one may


@dataclass(frozen=True)
class Entry:
    """What somebody changed in one go."""

    id: int
    when: str
    iso: str
    lines: list[Line]
    can_go_back: bool  # to the link as it was then
    why_not: str = ""


@blueprint.get("/links/<slug>/history")
@login_required
def page(slug: str) -> Response:
    """All changes of a link, the latest first."""
    return _page(access.link_for(signed_in(), slug), status=200)


def _page(link: Link, *, status: int, problem: str = "") -> Response:
    number = request.args.get("page", default=1, type=int)
    number = number if 1 <= number < 10_000 else 1
    found = list(link_history.entries(link).limit(PER_PAGE + 1).offset((number - 1) * PER_PAGE))
    can_edit = signed_in().is_admin or link.organizer_id == signed_in().id
    ways = link_history.WaysBack(link) if can_edit else None
    entries = [_entry(row, ways, is_last=number == 1 and row is found[0]) for row in found[:PER_PAGE]]
    return htmx.page_or_fragment(
        "history/index.html",
        "history/_list.html",
        status,
        link=link,
        has_pages=link.status != DRAFT,
        can_edit=can_edit,
        entries=entries,
        problem=problem,
        newer=url_for("history.page", slug=link.slug, page=number - 1) if number > 1 else "",
        older=url_for("history.page", slug=link.slug, page=number + 1) if len(found) > PER_PAGE else "",
    )


def _entry(row: LinkChange, ways: WaysBack | None, *, is_last: bool) -> Entry:
    """One entry; without `ways` back for somebody who only looks."""
    mine = reader()
    flaws = ways.go_back_to(row) if ways and not is_last else []
    lines = (line for change in row.changes for line in lines_of(row.actor_name, change, can_edit=ways is not None))
    return Entry(
        id=row.id,
        when=mine.date_time_long(row.at),
        iso=mine.local(row.at).isoformat(timespec="minutes"),
        lines=[_offered(line, row, ways) for line in lines] if ways else list(lines),
        can_go_back=ways is not None and not is_last and not flaws,
        why_not=_why_not(flaws[0]) if flaws else "",
    )


def _offered(line: Line, row: LinkChange, ways: WaysBack) -> Line:
    """The line with its button, or why it has none."""
    flaws = ways.put_back(row, line.path) if line.can_put_back else []
    return replace(line, can_put_back=False, why_not=_why_not(flaws[0])) if flaws else line


# ---- sentences -------------------------------------------------------------------------------------------------------


def lines_of(who: str, change: Mapping[str, Any], *, can_edit: bool = False) -> Iterator[Line]:
    """What a change says: a sentence; of a list one for each entry that came, went or became another."""
    path, old, new = change["path"], change["old"], change["new"]
    if path == link_history.STATUS:
        yield Line(path, _of_status(who, old, new))
        return
    if path == link_history.ORGANIZER:
        yield Line(path, _of_organizer(who, old, new))
        return
    can_put_back = can_edit and path not in link_history.FIXED
    if path in KEYS and isinstance(old, list) and isinstance(new, list):
        sentences = list(_of_list(who, path, old, new))
        yield from (Line(path, one) for one in sentences[:-1])
        yield Line(path, sentences[-1], can_put_back=can_put_back)
        return
    before, after = value_of(path, old), value_of(path, new)
    if max(len(before), len(after)) > SHORT:
        sentence = _("%(name)s changed “%(what)s”.", name=who, what=name_of(path))
        yield Line(path, sentence, before, after, can_put_back)
    else:
        yield Line(path, _of_value(who, path, old, new), can_put_back=can_put_back)


def _of_status(who: str, old: str | None, new: str | None) -> str:
    sentences: dict[tuple[str | None, str | None], Callable[[], str]] = {
        (None, DRAFT): lambda: _("%(name)s began this link.", name=who),
        (None, LIVE): lambda: _("%(name)s made this link.", name=who),
        (DRAFT, LIVE): lambda: _("%(name)s made the link public.", name=who),
        (LIVE, OFF): lambda: _("%(name)s turned the link off.", name=who),
        (OFF, LIVE): lambda: _("%(name)s turned the link on.", name=who),
    }
    if (old, new) in sentences:
        return sentences[old, new]()
    if new == DELETED:
        return _("%(name)s deleted the link.", name=who)
    return _("%(name)s brought the link back.", name=who)


def _of_organizer(who: str, old: str, new: str) -> str:
    former, present = team_words.names_of([{"user": old}, {"user": new}])
    return _("%(name)s gave the link from %(former)s to %(new)s.", name=who, former=former, new=present)


def _of_value(who: str, path: str, old: Any, new: Any) -> str:
    what, before, after = name_of(path), value_of(path, old), value_of(path, new)
    if isinstance(new, bool):
        if new:
            return _("%(name)s turned on “%(what)s”.", name=who, what=what)
        return _("%(name)s turned off “%(what)s”.", name=who, what=what)
    if not before:
        return _("%(name)s set “%(what)s” to %(new)s.", name=who, what=what, new=after)
    if not after:
        return _("%(name)s cleared “%(what)s”. It was %(old)s.", name=who, what=what, old=before)
    return _("%(name)s changed “%(what)s” from %(old)s to %(new)s.", name=who, what=what, old=before, new=after)


def _of_list(who: str, path: str, old: list[Any], new: list[Any]) -> Iterator[str]:
    """What came, went and changed; else the order did."""
    if path == "team":
        yield from team_words.changes(who, old, new)
        return
    key = KEYS[path][-1]
    before, after = ({entry[key]: entry for entry in entries} for entries in (old, new))
    came = [entry for name, entry in after.items() if name not in before]
    gone = [entry for name, entry in before.items() if name not in after]
    changed = [entry for name, entry in after.items() if name in before and before[name] != entry]
    what = name_of(path)
    called = {
        entry[key]: name
        for entries in (old, new)
        for entry, name in zip(entries, entry_names(path, entries), strict=True)
    }
    for entry in came:
        yield _("%(name)s added “%(entry)s” to “%(what)s”.", name=who, entry=called[entry[key]], what=what)
    for entry in gone:
        yield _("%(name)s removed “%(entry)s” from “%(what)s”.", name=who, entry=called[entry[key]], what=what)
    for entry in changed:
        yield _("%(name)s changed “%(entry)s” under “%(what)s”.", name=who, entry=called[entry[key]], what=what)
    if not came + gone + changed:
        yield _("%(name)s put “%(what)s” into another order.", name=who, what=what)


# ---- putting back ----------------------------------------------------------------------------------------------------


@blueprint.post("/links/<slug>/history/<key:entry_id>/restore")
@login_required
def restore(slug: str, entry_id: int) -> Response:
    """Put back what one place was before a change; without a place, make the link what it was after the change."""
    user, now = signed_in(), clock.now()
    link = access.link_for(user, slug, write=True)
    before = link_history.entries(link).count()
    row = link_history.entry(link, entry_id)
    path = request.form.get("path", "")
    try:
        if path:
            link = link_history.put_back(user, link, row, path, now)
        else:
            link = link_history.go_back_to(user, link, row, now)
    except Invalid as problem:
        return _page(link, status=problem.status, problem=_why_not(problem.flaws[0]))
    except (DuplicateSlug, Conflict) as refusal:
        return _page(link, status=refusal.status, problem=i18n.problem_message(refusal))
    _forget_unsaved(link)
    is_new = link_history.entries(link).count() > before
    flash(_("Restored. The history shows this, too.") if is_new else _("It is so already."))
    return htmx.redirect(url_for("history.page", slug=link.slug))


def _why_not(flaw: Flaw) -> str:
    place = next((path for path in _upwards(flaw.field) if name_of(path) != path), flaw.field)
    return _("This can’t be restored. %(what)s: %(why)s", what=name_of(place), why=i18n.flaw_message(flaw))


def _upwards(path: str) -> Iterator[str]:
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(len(parts), 0, -1))


def _forget_unsaved(link: Link) -> None:
    """What waits unsaved on the pages would hide what was just put back."""
    for step in list(link.unsaved):
        links.forget_unsaved(link, step)
