"""Two people at one link: what each changed since the page was opened, put together; what collides is asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meetings.domain import link as link_document
from meetings.domain.difference import Change, applied, collisions, difference
from meetings.domain.link import merge_patch
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import link_history, links

from ..forms import wizard as forms
from ..forms.wizard import Typed
from ..link_words import name_of, value_of
from .rules import around, group_hours, shown_document, version_of

MINE, THEIRS = "mine", "theirs"
KEPT = ("version", MINE)  # what a page knows beside its controls


class Collision(Exception):
    """Somebody else changed what is changed on this page, too, into something else."""

    def __init__(self, step: str, mine: list[Change]) -> None:
        super().__init__(step)
        self.step = step
        self.mine = mine  # all that was changed on the page


def own_changes(link: Link, step: str, typed: Typed) -> list[Change]:
    """What was changed on a page since it was opened: in clean values, or as it was typed for the rules to refuse."""
    base = link_history.document_at(link, version_of(link, typed))
    patch = forms.patch(step, typed, base).values
    group_hours(patch)
    typed_in = merge_patch(base, patch)
    clean, flaws = link_document.check(typed_in, around(link), kind=link.kind)
    wanted = typed_in if any(forms.step_of(flaw.field) == step for flaw in flaws) else clean
    return [change for change in difference(base, wanted) if forms.step_of(change["path"]) == step]


def merged(link: Link, pages: Mapping[str, Typed]) -> dict[str, Any]:
    """The link's document with what was changed on its pages. Raises Collision."""
    document = links.document(link)
    for step, typed in pages.items():
        mine = own_changes(link, step, typed)
        if collisions(mine, _their_changes(link, typed)):
            raise Collision(step, mine)
        document = applied(document, mine)
    return document


def _their_changes(link: Link, typed: Typed) -> list[Change]:
    """What came to the link since the page was opened."""
    version = version_of(link, typed)
    if version == link.version:
        return []
    return difference(link_history.document_at(link, version), links.document(link))


def news(link: Link, typed: Typed) -> str:
    """What others changed meanwhile, in a sentence; nothing if nobody did."""
    theirs = _their_changes(link, typed)
    if not theirs:
        return ""
    return _(
        "%(names)s changed this link in the meantime: %(what)s. Both your changes are saved.",
        names=_names(link, version_of(link, typed)),
        what=", ".join(name_of(change["path"]) for change in theirs),
    )


def _names(link: Link, version: int) -> str:
    return ", ".join(link_history.editors_since(link, version)) or _("Somebody else")


# ---- asking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """One place that two people want to be something else."""

    path: str
    name: str
    mine: str
    theirs: str
    picked: str  # which of the two stands on the page now; neither after it was typed anew


def asking(link: Link, clash: Collision, typed: Typed) -> Typed:
    """The page with everything of both; where they collide what was typed, and what that was beside it."""
    both = applied(shown_document(link), clash.mine)
    against = collisions(clash.mine, _their_changes(link, typed))
    mine = {own["path"]: own["new"] for own, _other in against}
    names = _names(link, version_of(link, typed))
    return {**forms.typed_from(clash.step, both), "version": link.version, MINE: mine, THEIRS: names}


def carried(link: Link, step: str, typed: Typed) -> Typed:
    """A page as it was just typed, with what it was asked before."""
    kept = link.unsaved.get(step, {})
    if MINE not in kept or kept.get("version") != typed.get("version"):
        return typed
    return {**typed, MINE: kept[MINE], THEIRS: kept[THEIRS]}


def choices(link: Link, typed: Typed, document: Mapping[str, Any]) -> Iterator[Choice]:
    """What is asked on a page; `document` is the link's as the page has it."""
    present = links.document(link)
    for path, mine in typed.get(MINE, {}).items():
        theirs, now = _at(present, path), _at(document, path)
        picked = THEIRS if now == theirs else MINE if now == mine else ""
        yield Choice(path, name_of(path), value_of(path, mine), value_of(path, theirs), picked)


def pick(link: Link, step: str, typed: Typed, whose: str, path: str) -> Typed:
    """The page with one of two values in one place; all else stays as it was typed."""
    if path not in typed.get(MINE, {}):
        return typed
    present = links.document(link)
    value = typed[MINE][path] if whose == MINE else _at(present, path)
    other = _at(present, path) if whose == MINE else typed[MINE][path]
    before, after = (forms.typed_from(step, applied(present, [{"path": path, "new": new}])) for new in (other, value))
    return {**typed, **{name: shown for name, shown in after.items() if before[name] != shown}}


def _at(document: Mapping[str, Any], path: str) -> Any:
    found: Any = document
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
