"""Who finds the page, and which sites may show it: the last part of the page of hours."""

import secrets as random_source
import string
from collections.abc import Mapping
from typing import Any

from .typed import Button, Buttons, Patch, Posted, Typed

RANDOM_LENGTH = 22  # nobody guesses an address of 113 bits
_SIGNS = string.ascii_lowercase + string.digits  # no hyphen: one at an end doesn't stay


def read(posted: Posted) -> Typed:
    return {name: posted.get(name, "") for name in ("visibility", "sites")}


def show(document: Mapping[str, Any]) -> Typed:
    scheduling = document["scheduling"]
    return {"visibility": scheduling["visibility"], "sites": "\n".join(scheduling["embed_sites"])}


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    """As typed; what was kept of a page from before it had these fields says nothing about them."""
    if "visibility" not in typed:
        return Patch({"scheduling": {}})
    sites = list(filter(None, map(str.strip, typed["sites"].splitlines())))
    values = {"visibility": typed["visibility"] or "open", "embed_sites": sites}
    return Patch({"scheduling": values}, {"scheduling.embed_sites": "sites"})


# ---- buttons ---------------------------------------------------------------------------------------------------------


def _make_random(typed: Typed, _where: str, _posted: Posted) -> None:
    """Beside the address, on its own page."""
    if "slug" in typed:
        typed["slug"] = "".join(random_source.choice(_SIGNS) for _ in range(RANDOM_LENGTH))


BUTTONS: Buttons = {("random", "slug"): Button(_make_random, lambda _typed, _where: "slug")}
