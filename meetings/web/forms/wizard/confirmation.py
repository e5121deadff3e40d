"""The page of what comes after booking."""

from collections.abc import Mapping
from typing import Any

from .typed import Patch, Posted, Typed

PATHS = ("scheduling.confirmation",)
OURS, ANOTHER, ELSEWHERE = "ours", "another", "elsewhere"
OWN_PAGES = "/book/"  # how addresses of ours begin
_ADDRESS = "scheduling.confirmation.redirect_url"
_UNFINISHED = "https://"  # nothing typed yet where an address is wanted: the domain refuses it, as it should


def read(posted: Posted) -> Typed:
    after = posted.get("after", OURS)
    return {
        "after": after if after in (ANOTHER, ELSEWHERE) else OURS,
        "own_page": posted.get("own_page", ""),
        "redirect_url": posted.get("redirect_url", ""),
        "pass_details": bool(posted.get("pass_details", "")),
    }


def show(document: Mapping[str, Any]) -> Typed:
    confirmation = document["scheduling"]["confirmation"]
    address = confirmation["redirect_url"] or ""
    is_own = address.startswith(OWN_PAGES)
    return {
        "after": ANOTHER if is_own else ELSEWHERE if address else OURS,
        "own_page": address if is_own else "",
        "redirect_url": "" if is_own else address,
        "pass_details": bool(confirmation.get("pass_details", False)),
    }


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    control = {ANOTHER: "own_page", ELSEWHERE: "redirect_url"}.get(typed["after"], "")
    address = typed[control].strip() if control else ""
    wanted = (address or _UNFINISHED) if control else None
    values = {"redirect_url": wanted, "pass_details": typed["pass_details"]}
    is_missing = bool(control) and not address
    return Patch(
        {"scheduling": {"confirmation": values}},
        places={_ADDRESS: control} if control else {},
        missing=frozenset({_ADDRESS} if is_missing else ()),
    )
