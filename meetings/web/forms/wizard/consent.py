"""What is said about privacy, as it is typed: on the form page of the wizard, and for all links in the settings."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from meetings.domain.form import ACCOUNT, CHECKBOXES_MAX, CONSENT, OFF, ONE_TO_ONE
from meetings.services import consents

from ...legal import suggested_consent
from .typed import Button, Buttons, Patch, Posted, Typed, move_row

_PATH: Final = "scheduling.form.consent"
_TEXTS: Final = {"text": "consent_text", "privacy_text": "privacy_text", "processing_label": "processing_label"}


def read(posted: Posted) -> Typed:
    return {"consent": read_consent(posted)}


def read_consent(posted: Posted) -> Typed:
    """What stands in the controls, whichever page they are on."""
    required = set(posted.getlist("box_required"))
    columns = (posted.getlist(f"box_{name}") for name in ("id", "label", "subscription"))
    boxes = [
        {"id": box_id, "label": label, "subscription": subscription, "required": box_id in required}
        for box_id, label, subscription in zip(*columns, strict=False)
    ]
    return {
        "mode": posted.get("consent_mode", ACCOUNT),
        **{name: posted.get(control, "") for name, control in _TEXTS.items()},
        "processing": posted.get("processing", ""),
        "boxes": boxes,
        "legal_basis": posted.get("legal_basis", ""),
        "subscriptions": posted.getlist("subscriptions"),
    }


def show(document: Mapping[str, Any]) -> Typed:
    return {"consent": show_consent(document["scheduling"]["form"]["consent"])}


def show_consent(consent: Mapping[str, Any]) -> Typed:
    """What stands in the controls for these words."""
    shown = {name: value for name, value in consent.items() if name != "checkboxes"}
    return {**shown, "boxes": [dict(box) for box in consent["checkboxes"]]}


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    """As typed; what was kept of a page from before it said anything about privacy says nothing about it."""
    if "consent" not in typed:
        return Patch({"scheduling": {"form": {}}})
    said = values(typed["consent"])
    return Patch({"scheduling": {"form": {"consent": said}}}, places(typed["consent"], _PATH))


def values(typed: Typed) -> dict[str, Any]:
    """What the controls say, in the document's form. What the chosen way doesn't show stays as it was."""
    mode = typed["mode"]
    if mode in {ACCOUNT, OFF}:
        return {"mode": mode}
    said = {"mode": mode, **{name: typed[name] for name in ("text", "privacy_text")}}
    if mode == CONSENT:
        return {
            **said,
            "processing": typed["processing"] or None,
            "processing_label": typed["processing_label"],
            "checkboxes": typed["boxes"],
        }
    return {**said, "legal_basis": typed["legal_basis"] or None, "subscriptions": typed["subscriptions"]}


def places(typed: Typed, path: str) -> dict[str, str]:
    """By which control each part was typed."""
    found = {f"{path}.{name}": control for name, control in _TEXTS.items()} | {f"{path}.checkboxes": "add-box"}
    for index, box in enumerate(typed["boxes"]):
        found[f"{path}.checkboxes.{index}"] = f"box-{box['id']}"
        found[f"{path}.checkboxes.{index}.subscription"] = f"box-subscription-{box['id']}"
    return found


# ---- buttons ---------------------------------------------------------------------------------------------------------


def _customize(typed: Typed, _where: str, _posted: Posted) -> None:
    """Words of the link's own, to begin with those of the account; where it says nothing, with a suggestion."""
    account = consents.account_consent()
    is_silent = account["mode"] == OFF
    typed["consent"] = show_consent({**account, **suggested_consent()} if is_silent else account)


def _back_to_account(typed: Typed, _where: str, _posted: Posted) -> None:
    typed["consent"] = {**typed["consent"], "mode": ACCOUNT}


def _add_box(typed: Typed, _where: str, _posted: Posted) -> None:
    if len(typed["consent"]["boxes"]) < CHECKBOXES_MAX:
        # A name of its own for good: what was agreed to stays with its box when that is worded anew.
        box_id = f"box_{secrets.token_hex(4)}"
        typed["consent"]["boxes"].append({"id": box_id, "label": "", "subscription": ONE_TO_ONE, "required": False})


def _last_box(typed: Typed, _where: str) -> str:
    return f"box-{typed['consent']['boxes'][-1]['id']}"


def _remove_box(typed: Typed, where: str, _posted: Posted) -> None:
    boxes = typed["consent"]["boxes"]
    typed["consent"]["boxes"] = [box for box in boxes if box["id"] != where]


def _mover(way: str, by: int) -> Button:
    """The button keeps the focus, wherever its row went."""

    def move(typed: Typed, where: str, _posted: Posted) -> None:
        move_row(typed["consent"]["boxes"], "id", where, by)

    return Button(move, lambda _typed, where: f"{way}-{where}")


BUTTONS: Buttons = {
    ("customize", "consent"): Button(_customize, lambda _typed, _where: "consent-title"),
    ("account", "consent"): Button(_back_to_account, lambda _typed, _where: "customize-consent"),
    ("add", "box"): Button(_add_box, _last_box),
    ("remove", "box"): Button(_remove_box, lambda _typed, _where: "add-box"),
    ("up", "consent-box"): _mover("up", -1),  # no property has a hyphen in its name
    ("down", "consent-box"): _mover("down", 1),
}
