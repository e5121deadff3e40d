"""What the form does by itself: keep robots out, fill in what is known, book at a click on a time."""

from collections.abc import Mapping
from typing import Any, Final

from .typed import Buttons, Patch, Posted, Typed

SWITCHES: Final = ("prefill", "auto_submit", "captcha")
BUTTONS: Buttons = {}


def read(posted: Posted) -> Typed:
    return {name: bool(posted.get(name, "")) for name in SWITCHES}


def show(document: Mapping[str, Any]) -> Typed:
    form = document["scheduling"]["form"]
    return {name: form[name] for name in SWITCHES}


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    """As typed; what was kept of a page from before it had these switches says nothing about them."""
    said = {name: typed[name] for name in SWITCHES if name in typed}
    if not said.get("prefill", True):
        said["auto_submit"] = False
    return Patch({"scheduling": {"form": said}})
