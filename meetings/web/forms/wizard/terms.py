"""How far ahead and how often; language and formats."""

from collections.abc import Mapping
from typing import Any

from meetings.domain.fields import typed_number

from .typed import Buttons, Patch, Posted, Typed

NUMBERS = ("minimum_notice", "buffer", "start_increment")
CHOICES = ("language", "date_format")
BUTTONS: Buttons = {}


def read(posted: Posted) -> Typed:
    return {name: posted.get(name, "") for name in ("window", "weeks", "first", "last", *NUMBERS, *CHOICES)}


def show(document: Mapping[str, Any]) -> Typed:
    scheduling = document["scheduling"]
    window = scheduling["window"]
    return {
        **{name: str(scheduling[name]) for name in (*NUMBERS, *CHOICES)},
        "window": window["kind"],
        "weeks": str(window.get("weeks", 2)),
        "first": window.get("start", ""),
        "last": window.get("end", ""),
    }


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    numbers = {name: typed_number(typed[name]) for name in NUMBERS}
    values = {"window": _window(typed), **numbers, **{name: typed[name] for name in CHOICES}}
    return Patch({"scheduling": values}, {"scheduling.window.start": "first", "scheduling.window.end": "last"})


def _window(typed: Typed) -> dict[str, Any]:
    if typed["window"] == "range":
        return {"kind": "range", "start": typed["first"] or None, "end": typed["last"] or None}
    return {"kind": "rolling", "weeks": typed_number(typed["weeks"])}
