"""The page of the welcome: whether contacts see the times of their own host, and what greets them before that."""

from collections.abc import Mapping
from typing import Any, Final

from .picture import PictureChoice
from .typed import Patch, Posted, Typed

PATHS = ("scheduling.prioritize_contact_owner", "scheduling.owner", "scheduling.welcome")
PICTURE: Final = PictureChoice("welcome_picture")
TEXT: Final = "welcome_text"
_SWITCHES: Final = ("beyond_team", "assign_unowned")


def read(posted: Posted) -> Typed:
    switches = ("prioritize_contact_owner", *_SWITCHES)
    return {
        **{name: bool(posted.get(name, "")) for name in switches},
        TEXT: posted.get(TEXT, "").replace("\r\n", "\n"),
        **PICTURE.read(posted),
    }


def show(document: Mapping[str, Any]) -> Typed:
    scheduling = document["scheduling"]
    return {
        "prioritize_contact_owner": scheduling["prioritize_contact_owner"],
        **{name: scheduling["owner"][name] for name in _SWITCHES},
        TEXT: scheduling["welcome"]["text"],
        **PICTURE.show(scheduling["welcome"]["picture"]),
    }


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    values = {
        "prioritize_contact_owner": typed["prioritize_contact_owner"],
        "owner": {name: typed[name] for name in _SWITCHES},
        "welcome": {"picture": PICTURE.value(typed), "text": typed[TEXT]},
    }
    places = {"scheduling.welcome.text": TEXT, "scheduling.welcome.picture": PICTURE.control}
    return Patch({"scheduling": values}, places)
