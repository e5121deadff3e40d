"""What every page of the wizard shows around its own part: steps, state, preview; and which part belongs to which."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import current_app

from meetings import clock, i18n
from meetings.i18n import gettext as _
from meetings.i18n import lazy_gettext as _l
from meetings.i18n import ngettext
from meetings.models import Link
from meetings.models.links import DRAFT

from ..forms import wizard as forms
from ..forms.wizard import Typed, steps_of
from ..session import reader
from . import automation, confirmation, form, merging, overview, preview, schedule, team, welcome
from .page import Page
from .rules import judge, kept, opened_document, shadow, shown_document, version_of

# The stepper's entries, each with its pages: of a link those that its kind has.
CHAPTERS = (
    (_l("Overview"), ("overview",)),
    (_l("Team"), ("team",)),
    (_l("Scheduling experience"), ("welcome", "scheduling", "form", "confirmation")),
    (_l("Automation"), ("automation",)),
)
PAGE_NAMES = {
    "overview": _l("Overview"),
    "team": _l("Team"),
    "welcome": _l("Welcome"),
    "scheduling": _l("Schedule"),
    "form": _l("Form"),
    "confirmation": _l("Confirmation"),
    "automation": _l("Automation"),
}
_TO_SCHEDULING = _l("Next: Scheduling experience")
NEXT_NAMES = {  # by the step that follows
    "team": _l("Next: Team"),
    "welcome": _TO_SCHEDULING,
    "scheduling": _TO_SCHEDULING,
    "form": _l("Next: Form"),
    "confirmation": _l("Next: Confirmation"),
    "automation": _l("Next: Automation"),
    None: _l("Finish and share"),
}

# What each page's template needs besides.
_EXTRAS: Mapping[str, Callable[[Page], dict[str, Any]]] = {
    "overview": overview.context,
    "team": team.context,
    "welcome": welcome.context,
    "scheduling": schedule.context,
    "form": form.context,
    "confirmation": confirmation.context,
    "automation": automation.context,
}


def context(link: Link, step: str, typed: Typed, *, strict: bool) -> dict[str, Any]:
    """All that the templates need for one step."""
    found = judge(link, step, typed)
    page = Page(link, step, typed, found, found.errors(strict=strict), i18n.current_locale(), clock.now())
    return {
        "link": link,
        "is_draft": link.status == DRAFT,
        "step": step,
        "typed": typed,
        "errors": page.errors,
        "chapters": _chapters(page),
        "page_name": PAGE_NAMES[step],
        "next_name": _next_name(link, step),
        "back": _neighbour(link, step, -1),
        "state": _state(page),
        "is_changed": _is_changed(page),
        "version": version_of(link, typed),
        "choices": list(merging.choices(link, typed, found.document)),
        "mend_at": next(iter(page.errors), None),
        "shown_language": preview.language(shadow(link, found.document)),
        "usual_language": preview.usual_language(shadow(link, found.document)),
        "shown_slug": _shown_slug(page),
        "locales": [(code, i18n.language_name(code)) for code in current_app.config["LOCALES"]],
        **_EXTRAS[step](page),
    }


def _neighbour(link: Link, step: str, by: int) -> str | None:
    """The step before or after this one; None at the ends."""
    steps = steps_of(link.kind)
    at = steps.index(step) + by
    return steps[at] if 0 <= at < len(steps) else None


def _next_name(link: Link, step: str) -> Any:
    following = _neighbour(link, step, 1)
    is_within = step == "welcome" and following == "scheduling"
    return _l("Next: Schedule") if is_within else NEXT_NAMES[following]


def _shown_slug(page: Page) -> str:
    """The address in the frame's head; three dots while there is none."""
    slug = page.typed["slug"].strip() if page.step == "overview" else shown_document(page.link)["scheduling"]["slug"]
    return slug or "…"


def _chapters(page: Page) -> list[dict[str, Any]]:
    wrong = _wrong_pages(page.link, page.step) | ({page.step} if page.errors else set())
    steps = steps_of(page.link.kind)
    chapters = [(label, [name for name in names if name in steps]) for label, names in CHAPTERS]
    return [
        {
            "name": names[0],
            "label": label,
            "is_current": page.step in names,
            "is_done": steps.index(names[-1]) < steps.index(page.step) and not wrong.intersection(names),
            "is_wrong": bool(wrong.intersection(names)),
            "tabs": [{"name": name, "label": PAGE_NAMES[name], "is_wrong": name in wrong} for name in names],
        }
        for label, names in chapters
        if names
    ]


def _wrong_pages(link: Link, but: str | None = None) -> set[str]:
    """Pages whose unsaved values can't be saved as they are."""
    return {name for name, values in kept(link).items() if name != but and judge(link, name, values).flaws}


def _is_changed(page: Page) -> bool:
    """Whether something is on the pages that the link doesn't have yet."""
    others = [name for name in page.link.unsaved if name != page.step]
    return bool(others) or not forms.says_the_same(page.step, page.typed, opened_document(page.link, page.typed))


def _state(page: Page) -> str:
    """How things stand, in a line under the name."""
    is_draft = page.link.status == DRAFT
    if page.errors:
        count = ngettext("%(num)d thing to fix", "%(num)d things to fix", len(page.errors))
        return _("Draft, %(count)s", count=count) if is_draft else _("Not saved yet, %(count)s", count=count)
    saved = _moment(page.link.updated_at, page.now)
    if is_draft:
        return _("Draft, saved at %(time)s", time=saved) if page.link.internal_name else _("Draft, not saved yet")
    return _("Not saved yet") if _is_changed(page) else _("Saved at %(time)s", time=saved)


def _moment(at: datetime, now: datetime) -> str:
    mine = reader()
    return mine.time(at) if mine.local(at).date() == mine.local(now).date() else mine.date_time_short(at)


def left_out(link: Link) -> list[str]:
    """What of a link waits unsaved, in words, for the way out."""
    wrong = _wrong_pages(link)
    if wrong:
        names = ", ".join(str(PAGE_NAMES[name]) for name in steps_of(link.kind) if name in wrong)
        return [_("Kept as you typed it, but not saved until it is fixed: %(pages)s.", pages=names)]
    if link.unsaved and link.status != DRAFT:
        return [_("Your changes are kept, but not saved yet. Open the link again to save them.")]
    return []
