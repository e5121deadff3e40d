"""The wizard's values held against the document's rules: what is wrong, and the link as it would be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meetings import i18n
from meetings.domain import link as link_document
from meetings.domain.availability import Kind
from meetings.domain.fields import Flaw, email_key
from meetings.domain.link import Surroundings, merge_patch
from meetings.domain.naming import tidy_slug
from meetings.models import Link, User
from meetings.services import access, link_history, links

from ..forms import wizard as forms
from ..forms.wizard import Typed, team
from ..forms.wizard.hours import grouped


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
    found = [_said(flaw, patch) for flaw in flaws if forms.step_of(flaw.field) == step]
    if step == "team" and not found:
        found = links.team_flaws(link, clean)
    if step == "overview":
        found = _with_slug(found, link, typed["slug"].strip())
    return Judgement(clean, found, patch)


def _said(flaw: Flaw, patch: forms.Patch) -> Flaw:
    """What was left blank is missing, whatever else the document finds wrong with it."""
    return Flaw(flaw.field, "required") if flaw.field in patch.missing else flaw


def _with_slug(flaws: list[Flaw], link: Link, slug: str) -> list[Flaw]:
    """Say that an address is taken; say nothing of a missing one that follows from the missing name."""
    if slug:
        known = any(flaw.field == "scheduling.slug" for flaw in flaws)
        return flaws if known or links.is_slug_free(link, slug) else [*flaws, Flaw("scheduling.slug", "slug-taken")]
    is_nameless = any(flaw.field == "overview.internal_name" for flaw in flaws)
    return [flaw for flaw in flaws if not (is_nameless and flaw.field == "scheduling.slug")]


def around(link: Link) -> Surroundings:
    """What the link's document is held against."""
    return links.surroundings(link.organizer, link)


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
        step: _of_present_people(link, step, {**forms.typed_from(step, shown_document(link)), **values})
        for step, values in link.unsaved.items()
        if step in forms.steps_of(link.kind)
    }


def group_hours(patch: dict[str, Any]) -> None:
    """Write hours as one would: the days of a window together. Only for hours that are right."""
    hours = patch.get("scheduling", {}).get("available_hours")
    if hours and all(isinstance(entry["start"], str) and isinstance(entry["end"], str) for entry in hours):
        patch["scheduling"]["available_hours"] = grouped(hours)


def version_of(link: Link, typed: Typed) -> int:
    """The version of the link that a page was opened with; the present one where that can't be."""
    version = typed.get("version")
    return version if isinstance(version, int) and 0 < version <= link.version else link.version


def opened_document(link: Link, typed: Typed) -> dict[str, Any]:
    """The document as it was when the page was opened."""
    return shown_document(link, version_of(link, typed))


def shown_document(link: Link, version: int | None = None) -> dict[str, Any]:
    """The document as the pages show it: a draft's made-up address is not worth showing."""
    document = link_history.document_at(link, version or link.version)
    if links.has_made_up_slug(link):
        document["scheduling"] = {**document["scheduling"], "slug": ""}
    return document


def tidied(link: Link, step: str, typed: Typed) -> Typed:
    """What was typed, the address as one can be. One that the link has stays, whoever chose it."""
    if step == "team":
        return _of_present_people(link, step, typed)
    if step != "overview" or typed["slug"].strip() == link.slug:
        return typed
    return {**typed, "slug": tidy_slug(typed["slug"])}


def _of_present_people(link: Link, step: str, typed: Typed) -> Typed:
    """A team as it was typed, without those who were deleted since: they are gone from the link as well.

    A group's organizer always belongs to it, whoever that is by now.
    """
    if step != "team":
        return typed
    present = access.users_by_email(row["user"] for row in typed["members"])
    rows = [row for row in typed["members"] if email_key(row["user"]) in present]
    if link.kind == Kind.GROUP and link.organizer.email not in present:
        rows.insert(0, team.member(link.organizer.email))
    return {**typed, "members": rows}


def completed(link: Link, step: str, typed: Typed) -> Typed:
    """What was typed, with what follows from it: an address from the name, the zone of a typed city."""
    if step == "overview" and typed["internal_name"].strip() and not typed["slug"].strip():
        return {**typed, "slug": links.suggest_slug(link, typed["internal_name"])}
    if step == "scheduling":
        return {**typed, "timezone": i18n.zone_meant(typed["timezone"], i18n.current_locale())}
    return typed


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
        proposed_team=_seated(document["team"], link.organizer, organizer),
        created_at=link.created_at,
        updated_at=link.updated_at,
    )
    made.save = _never  # type: ignore[method-assign]
    return made


def _seated(team: list[dict[str, Any]], former: User, organizer: User | None) -> list[dict[str, Any]]:
    """The team where somebody else is to organize a draft: they get the place of whoever began it."""
    if organizer is None or organizer.email in {member["user"] for member in team}:
        return team
    return [{**member, "user": organizer.email} if member["user"] == former.email else member for member in team]


def _never(*_args: object, **_more: object) -> bool:
    raise AssertionError("a preview is never saved")
