"""The page of names."""

from collections.abc import Mapping
from typing import Any

from meetings.domain import personalize
from meetings.domain.sections import LOCATION_KINDS

from .typed import Button, Buttons, Patch, Posted, Typed

PATHS = ("overview", "scheduling.slug")
_SAID = ("internal_name", "title", "location_kind", "location", "description", "meeting_type")
GROUPS = ("contact", "company")  # of tokens, each with a menu


def fallback_of(group: str) -> str:
    """The control beside a menu of tokens: what to write if the value is not known."""
    return f"{group}_fallback"


def read(posted: Posted) -> Typed:
    keys = (*_SAID, "organizer", "slug", *map(fallback_of, GROUPS))
    typed = {key: posted.get(key, "") for key in keys}
    return {**typed, "location_kind": _kind(typed["location_kind"])}


def _kind(posted: str) -> str:
    return posted if posted in LOCATION_KINDS else LOCATION_KINDS[0]


def show(document: Mapping[str, Any]) -> Typed:
    overview = document["overview"]
    return {
        **{key: overview.get(key) or "" for key in (*_SAID, "organizer")},
        "slug": document["scheduling"]["slug"] or "",
        **{fallback_of(group): "" for group in GROUPS},
    }


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    return Patch({"overview": {key: typed[key] for key in _SAID}, "scheduling": {"slug": typed["slug"]}})


# ---- buttons ---------------------------------------------------------------------------------------------------------


def _add_token(typed: Typed, name: str, _posted: Posted) -> None:
    """At the end of the title: where script is at work, it goes to where the cursor is."""
    fallback = fallback_of(name.partition(".")[0])
    token = personalize.written(name, typed[fallback])
    typed["title"] = f"{typed['title'].rstrip()} {token}".lstrip()
    typed[fallback] = ""


BUTTONS: Buttons = {("token", "*"): Button(_add_token, lambda _typed, _where: "title")}
