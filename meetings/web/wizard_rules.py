"""The wizard's values held against the document's rules: what is wrong, and the link as it would be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from meetings import i18n
from meetings.domain import link as link_document
from meetings.domain.fields import Flaw
from meetings.domain.link import Surroundings, merge_patch
from meetings.models import Link, User
from meetings.services import links

from .forms import wizard as forms
from .forms.wizard import STEPS, Typed


@dataclass
class Judgement:
    """A page held against the rules: the whole document as it would be, and what is wrong with this page."""

    document: dict[str, Any]  # complete and clean; what is wrong has its default, or is left out of its list
    flaws: list[Flaw]
    patch: forms.Patch

    def errors(self, *, strict: bool) -> dict[str, list[str]]:
        """Sentences by control. Before somebody wants to go on, what is still missing is no mistake."""
        found: dict[str, list[str]] = {}
        for flaw in self.flaws:
            if strict or flaw.code != "required":
                found.setdefault(self.patch.place(flaw), []).append(i18n.flaw_message(flaw))
        return found


def judge(link: Link, step: str, typed: Typed) -> Judgement:
    """Hold a page against the rules, in the document that it would change."""
    document = document_with(link, None, {})
    patch = forms.patch(step, typed, document)
    clean, flaws = link_document.check(merge_patch(document, patch.values), around(link), kind=link.kind)
    found = [flaw for flaw in flaws if forms.step_of(flaw.field) == step]
    if step == "overview":
        found = _with_slug(found, link, typed["slug"].strip())
    return Judgement(clean, found, patch)


def _with_slug(flaws: list[Flaw], link: Link, slug: str) -> list[Flaw]:
    """Say that an address is taken; say nothing of a missing one that follows from the missing name."""
    if slug:
        known = any(flaw.field == "scheduling.slug" for flaw in flaws)
        return flaws if known or links.is_slug_free(link, slug) else [*flaws, Flaw("scheduling.slug", "slug-taken")]
    is_nameless = any(flaw.field == "overview.internal_name" for flaw in flaws)
    return [flaw for flaw in flaws if not (is_nameless and flaw.field == "scheduling.slug")]


def around(link: Link) -> Surroundings:
    """What the link's document is held against."""
    return Surroundings(timezone=link.organizer.timezone, languages=current_app.config["LOCALES"])


def document_with(link: Link, step: str | None, typed: Typed) -> dict[str, Any]:
    """The link's document with all that waits unsaved on its pages, and with this page as it was just typed."""
    document = links.document(link)
    for name, values in {**kept(link), **({step: typed} if step else {})}.items():
        patch = forms.patch(name, values, document).values
        group_hours(patch)
        document = merge_patch(document, patch)
    return document


def kept(link: Link) -> dict[str, Typed]:
    """What waits unsaved, by step. A control that a later version of the app added has the saved value."""
    return {
        step: {**forms.typed_from(step, shown_document(link)), **values}
        for step, values in link.unsaved.items()
        if step in STEPS
    }


def group_hours(patch: dict[str, Any]) -> None:
    """Write hours as one would: the days of a window together. Only for hours that are right."""
    hours = patch.get("scheduling", {}).get("available_hours")
    if hours and all(isinstance(entry["start"], str) and isinstance(entry["end"], str) for entry in hours):
        patch["scheduling"]["available_hours"] = forms.grouped(hours)


def shown_document(link: Link) -> dict[str, Any]:
    """The document as the pages show it: a draft's made-up address is not worth showing."""
    document = links.document(link)
    if links.has_made_up_slug(link):
        document["scheduling"] = {**document["scheduling"], "slug": ""}
    return document


def completed(link: Link, step: str, typed: Typed) -> Typed:
    """What was typed, with what follows from it: an address from the name, the zone of a typed city."""
    if step == "overview" and typed["internal_name"].strip() and not typed["slug"].strip():
        return {**typed, "slug": links.suggest_slug(link, typed["internal_name"])}
    if step == "scheduling":
        return {**typed, "timezone": _zone_meant(typed["timezone"])}
    return typed


def _zone_meant(written: str) -> str:
    """The zone that a city stands for, where only one place has that name; else what was written."""
    wanted = written.strip().casefold()
    names = {place.city.casefold(): place.zone for place in i18n.places(i18n.current_locale())}
    return names.get(wanted, written.strip())


def judged(link: Link, document: dict[str, Any]) -> dict[str, Any]:
    """The document with whatever is wrong left out: for looking at."""
    clean, flaws = link_document.check(document, around(link), kind=link.kind)
    wrong = {int(flaw.field.split(".")[3]) for flaw in flaws if flaw.field.startswith("scheduling.form.fields.")}
    if not wrong:
        return clean
    # A form with one unfinished question is refused as a whole; the others are still worth showing.
    asked = [entry for index, entry in enumerate(document["scheduling"]["form"]["fields"]) if index not in wrong]
    without = merge_patch(document, {"scheduling": {"form": {"fields": asked}}})
    return link_document.check(without, around(link), kind=link.kind)[0]


def shadow(link: Link, document: Mapping[str, Any], organizer: User | None = None) -> Link:
    """The link as it would be with this document: for looking at, never saved."""
    overview = {name: value for name, value in document["overview"].items() if name != "organizer"}
    made = Link(
        id=link.id,
        kind=link.kind,
        status=link.status,
        organizer=organizer or link.organizer,
        internal_name=overview["internal_name"] or "",
        slug=document["scheduling"]["slug"] or link.slug,
        overview=overview,
        scheduling=document["scheduling"],
        automation=document["automation"],
        version=link.version,
        created_at=link.created_at,
        updated_at=link.updated_at,
    )
    made.save = _never  # type: ignore[method-assign]
    return made


def _never(*_args: object, **_more: object) -> bool:
    raise AssertionError("a preview is never saved")
