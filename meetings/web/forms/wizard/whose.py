"""Whose hours count: the link's, which are typed below, or those of the hosts."""

from collections.abc import Mapping
from typing import Any

from meetings.domain.sections import LINK_HOURS

from .typed import Buttons, Patch, Posted, Typed


def read(posted: Posted) -> Typed:
    return {"hours_of": posted.get("hours_of", LINK_HOURS), "schedule": posted.get("schedule", "")}


def show(document: Mapping[str, Any]) -> Typed:
    scheduling = document["scheduling"]
    return {"hours_of": scheduling["hours"], "schedule": scheduling["schedule"] or ""}


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    values = {"hours": typed["hours_of"], "schedule": typed["schedule"] or None}
    return Patch({"scheduling": values}, {"scheduling.hours": "hours_of", "scheduling.schedule": "schedule"})


BUTTONS: Buttons = {}
