"""What the form asks, on its page of the wizard: own questions and the contact's properties, in their order."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from meetings.domain.form import CHOOSING, KINDS, QUESTIONS_MAX

from .typed import Button, Buttons, Patch, Posted, Typed, move_row

QUESTION: Final = "question"
PROPERTY: Final = "property"
NEW_PROPERTY: Final = "new"  # a property that is made when the page is saved, named after its label
_COLUMNS: Final = {"type": QUESTION, "label": "", "kind": KINDS[0], "options": "", "help": ""}  # with what if missing
_FIELDS: Final = "scheduling.form.fields"


def read(posted: Posted) -> Typed:
    required, private = set(posted.getlist("required")), set(posted.getlist("private"))
    columns = {key: posted.getlist(f"question_{key}") for key in _COLUMNS}
    rows = [
        {
            "name": name,
            **{key: _nth(columns[key], index, default) for key, default in _COLUMNS.items()},
            "required": name in required,
            "private": name in private,
        }
        for index, name in enumerate(posted.getlist("question_name"))
    ]
    return {"questions": rows, "open_question": posted.get("open_question", "")}


def _nth(values: Sequence[str], index: int, default: str) -> str:
    return values[index] if index < len(values) else default


def show(document: Mapping[str, Any]) -> Typed:
    fields = document["scheduling"]["form"]["fields"]
    return {"questions": [_shown(field) for field in fields], "open_question": ""}


def _shown(field: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{key: field[key] for key in ("name", "type", "label", "kind", "help", "required")},
        "options": "\n".join(field["options"]),
        "private": not field["in_invite"],
    }


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    rows = typed["questions"]
    places: dict[str, str] = {}
    for index, row in enumerate(rows):
        path, name = f"{_FIELDS}.{index}", row["name"]
        places |= {path: name} | {f"{path}.{part}": f"{part}-{name}" for part in ("kind", "options", "help")}
    return Patch({"scheduling": {"form": {"fields": [_field(row) for row in rows]}}}, places)


def _field(row: Mapping[str, Any]) -> dict[str, Any]:
    is_new = row["type"] == NEW_PROPERTY
    return {
        "name": "" if is_new else row["name"],
        "type": PROPERTY if is_new else row["type"],
        "label": row["label"],
        "kind": row["kind"],
        "options": [line for line in row["options"].splitlines() if line.strip()] if row["kind"] in CHOOSING else [],
        "help": row["help"],
        "required": row["required"],
        "in_invite": not row["private"],
    }


# ---- rows ------------------------------------------------------------------------------------------------------------


def _add(typed: Typed, row_type: str, name: str) -> None:
    """One more row, which opens; required, as most questions are meant."""
    if len(typed["questions"]) < QUESTIONS_MAX:
        typed["questions"].append({"name": name, **_COLUMNS, "type": row_type, "required": True, "private": False})
        typed["open_question"] = name


def _add_question(typed: Typed, _where: str, _posted: Posted) -> None:
    # A name of its own for good: answers stay with their question when it is worded anew.
    _add(typed, QUESTION, f"q_{secrets.token_hex(4)}")


def _add_new_property(typed: Typed, _where: str, _posted: Posted) -> None:
    _add(typed, NEW_PROPERTY, f"new_{secrets.token_hex(4)}")


def _add_property(typed: Typed, where: str, _posted: Posted) -> None:
    if where and where not in _names(typed):
        _add(typed, PROPERTY, where)
        typed["open_question"] = ""


def _names(typed: Typed) -> list[str]:
    return [row["name"] for row in typed["questions"]]


def _last_label(typed: Typed, _where: str) -> str:
    return str(typed["questions"][-1]["name"])


def _last_row(typed: Typed, _where: str) -> str:
    return f"open-{typed['questions'][-1]['name']}"


def _remove(typed: Typed, where: str, _posted: Posted) -> None:
    typed["questions"] = [row for row in typed["questions"] if row["name"] != where]


def _mover(by: int) -> Callable[[Typed, str, Posted], None]:
    def move(typed: Typed, where: str, _posted: Posted) -> None:
        move_row(typed["questions"], "name", where, by)

    return move


def _toggle(typed: Typed, where: str, _posted: Posted) -> None:
    typed["open_question"] = "" if typed["open_question"] == where else where


BUTTONS: Buttons = {
    ("add", "question"): Button(_add_question, _last_label),
    ("add", "new-property"): Button(_add_new_property, _last_label),
    ("add", "property"): Button(_add_property, _last_row),
    ("remove", "question"): Button(_remove, lambda _typed, _where: "add-question"),
    ("up", "*"): Button(_mover(-1)),
    ("down", "*"): Button(_mover(1)),
    ("open", "*"): Button(_toggle),
}
