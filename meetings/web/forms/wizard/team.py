"""The page of the team: who is met, in which order, and how each counts."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from meetings.domain.fields import email_key, typed_number
from meetings.domain.sections import MEMBERS_MAX

from .typed import Button, Buttons, Patch, Posted, Typed, move_row

PATHS = ("team",)
SEARCH: Final = "member-search"  # the control in which somebody is looked for
ADD: Final = "add-member"
_PARTS: Final = ("user", "weight", "schedule")


def key_of(email: str) -> str:
    """What the controls of a member are known by: an address may hold signs that names of controls may not."""
    return hashlib.blake2s(email_key(email).encode(errors="replace"), digest_size=6).hexdigest()


def read(posted: Posted) -> Typed:
    checked, paused = set(posted.getlist("member_checked")), set(posted.getlist("member_paused"))
    weights, schedules = posted.getlist("member_weight"), posted.getlist("member_schedule")
    rows = [
        {
            "user": email,
            "check_availability": email in checked,
            "weight": _nth(weights, index, "1"),
            "paused": email in paused,
            "schedule": _nth(schedules, index, ""),
        }
        for index, email in enumerate(posted.getlist("member_user")[: MEMBERS_MAX + 1])
    ]
    return {"members": rows, "is_adding": bool(posted.get("is_adding", "")), "looked_for": posted.get("looked_for", "")}


def _nth(values: Sequence[str], index: int, default: str) -> str:
    return values[index] if index < len(values) else default


def show(document: Mapping[str, Any]) -> Typed:
    return {"members": [_shown(member) for member in document["team"]], "is_adding": False, "looked_for": ""}


def _shown(member: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: member[name] for name in ("user", "check_availability", "paused")},
        "weight": str(member["weight"]),
        "schedule": member["schedule"] or "",
    }


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    places = {"team": "team"}
    for index, row in enumerate(typed["members"]):
        path, key = f"team.{index}", key_of(row["user"])
        places |= {path: f"user-{key}"} | {f"{path}.{part}": f"{part}-{key}" for part in _PARTS}
    return Patch({"team": [_member(row) for row in typed["members"]]}, places)


def _member(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "weight": typed_number(row["weight"]), "schedule": row["schedule"] or None}


# ---- rows ------------------------------------------------------------------------------------------------------------


def member(email: str) -> dict[str, Any]:
    """A row for somebody of whom nothing else is said."""
    return {"user": email, "check_availability": True, "weight": "1", "paused": False, "schedule": ""}


def _open(typed: Typed, _where: str, _posted: Posted) -> None:
    typed["is_adding"] = True
    typed["looked_for"] = ""


def _close(typed: Typed, _where: str, _posted: Posted) -> None:
    typed["is_adding"] = False
    typed["looked_for"] = ""


def _find(typed: Typed, _where: str, _posted: Posted) -> None:
    typed["is_adding"] = True


def _join(typed: Typed, where: str, _posted: Posted) -> None:
    """One more, at the end; the panel stays, as often several come at once."""
    present = {email_key(row["user"]) for row in typed["members"]}
    if where and email_key(where) not in present and len(typed["members"]) < MEMBERS_MAX:
        typed["members"].append(member(where))
        typed["looked_for"] = ""


def _remove(typed: Typed, where: str, _posted: Posted) -> None:
    typed["members"] = [row for row in typed["members"] if row["user"] != where]


def _mover(by: int) -> Callable[[Typed, str, Posted], None]:
    def move(typed: Typed, where: str, _posted: Posted) -> None:
        move_row(typed["members"], "user", where, by)

    return move


BUTTONS: Buttons = {
    ("add", "member"): Button(_open, lambda _typed, _where: SEARCH),
    ("find", "member"): Button(_find),
    ("done", "member"): Button(_close, lambda _typed, _where: ADD),
    ("join", "*"): Button(_join, lambda _typed, _where: SEARCH),
    ("remove", "member"): Button(_remove, lambda _typed, _where: ADD),
    ("higher", "*"): Button(_mover(-1)),
    ("lower", "*"): Button(_mover(1)),
}
