"""What people tell: a contact who they are and the answers to the form's questions, whoever cancels the reason.

An answer is kept as text, whatever its kind: a number as "12.5", a date as "2026-12-03", "yes" or "no", the options
that were ticked one to a line, everything else as it was typed. A form sends exactly that, a program may send numbers,
true and false, and lists.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

from meetings.domain.fields import (
    LAST_DATE,
    Check,
    Checked,
    Field,
    Flaw,
    date_between,
    decimal_number,
    email,
    phone,
    record,
    refuse,
    text,
    unknown_fields,
    web_address,
)

CONTACT_NAME_MAX: Final = 100
LINE_MAX: Final = 500
ANSWER_MAX: Final = 2000
REASON_MAX: Final = 1000
YES: Final = "yes"
NO: Final = "no"
TYPED_FREELY: Final = frozenset({"line", "text", "url"})  # kinds of which an answer may say anything
CUT: Final = "[…]"

_CONTACT = record(
    {
        "email": Field(email, "", required=True),
        "first_name": Field(text(CONTACT_NAME_MAX), "", required=True),
        "last_name": Field(text(CONTACT_NAME_MAX), "", required=True),
    }
)

check_reason = text(REASON_MAX, lines=True)  # why a meeting is cancelled, whoever cancels it


def check_contact(values: object, path: str = "contact") -> tuple[dict[str, str], list[Flaw]]:
    """Who books: all three parts, blank where wrong."""
    return Field(_CONTACT, {}).read(values, path)


# ---- answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A question or a property as the form asks for it."""

    name: str
    label: str
    type: str = "question"
    kind: str = "line"
    options: tuple[str, ...] = ()
    help: str = ""
    is_required: bool = True
    in_invite: bool = True
    is_named_anew: bool = False  # by each reader's language, so that no word for it is kept

    @classmethod
    def of(cls, field: Mapping[str, Any]) -> Self:
        """As an entry of a link's document has it."""
        return cls(
            name=field["name"],
            label=field["label"] or field["name"],
            type=field["type"],
            kind=field["kind"],
            options=tuple(field["options"]),
            help=field["help"],
            is_required=field["required"],
            in_invite=field["in_invite"],
        )


Given = dict[str, Any]  # an answer as its row keeps it: name, label, value, kind, in_invite


def check_answers(fields: Iterable[Asked], answers: object, path: str = "answers") -> tuple[list[Given], list[Flaw]]:
    """The answers to what a form asks, in its order, blank ones left out.

    The label is kept with the answer: the host may word the question differently later.
    """
    asked = list(fields)
    if answers is None:
        answers = {}
    if not isinstance(answers, Mapping):
        return [], [Flaw(path, "not-an-object")]
    flaws = unknown_fields(answers, [field.name for field in asked], path)
    given = []
    for field in asked:
        value, wrong = _check_one(field, answers.get(field.name), f"{path}.{field.name}")
        flaws += wrong
        if value:
            given.append(_given(field, value))
    return given, flaws


def _check_one(field: Asked, answer: object, path: str) -> Checked:
    value, flaws = _check_of(field)("" if answer is None else answer, path)
    if not flaws and not value and field.is_required:
        return "", [_missing(field.kind, path)]
    return value or "", flaws


def _missing(kind: str, path: str) -> Flaw:
    """What is wrong where an answer is needed. "No" is an answer; of checkboxes one is enough."""
    if kind == "checkboxes":
        return Flaw(path, "choose-some")
    if kind in {"select", "radio", "yes_no"}:
        return Flaw(path, "choose-one")
    return Flaw(path, "required")


def _given(field: Asked, value: str) -> Given:
    return {
        "name": field.name,
        "label": "" if field.is_named_anew else field.label,
        "value": value,
        "kind": field.kind,
        "in_invite": field.in_invite,
    }


def _check_of(field: Asked) -> Check:
    choosing = _CHOOSING.get(field.kind)
    return choosing(field.options) if choosing else _CHECKS[field.kind]


_any_date = date_between(date(1800, 1, 1), LAST_DATE)  # somebody's birthday, or when a house was built


def _date(value: object, path: str) -> Checked:
    tidy = value.strip() if isinstance(value, str) else value
    return ("", []) if tidy == "" else _any_date(tidy, path)


def _yes_or_no(value: object, path: str) -> Checked:
    if isinstance(value, bool):
        return (YES if value else NO), []
    if isinstance(value, str) and value in {YES, NO, ""}:
        return value, []
    return refuse(path, "not-yes-or-no")


def _one_of(options: Sequence[str]) -> Check:
    def check(value: object, path: str) -> Checked:
        if isinstance(value, str) and (value in options or not value):
            return value, []
        return refuse(path, "not-a-choice", choices=", ".join(options))

    return check


def _some_of(options: Sequence[str]) -> Check:
    def check(value: object, path: str) -> Checked:
        """A list, or what was ticked one to a line; in the order of the options, whatever the order it came in."""
        ticked = list(filter(None, value.split("\n"))) if isinstance(value, str) else value
        if not isinstance(ticked, list):
            return refuse(path, "not-a-list")
        if not all(isinstance(one, str) and one in options for one in ticked):
            return refuse(path, "not-a-choice", choices=", ".join(options))
        return "\n".join(option for option in options if option in ticked), []

    return check


_CHECKS: Final[Mapping[str, Check]] = {
    "line": text(LINE_MAX),
    "text": text(ANSWER_MAX, lines=True),
    "number": decimal_number,
    "date": _date,
    "yes_no": _yes_or_no,
    "phone": phone,
    "url": web_address,
}
_CHOOSING: Final[Mapping[str, Callable[[Sequence[str]], Check]]] = {
    "select": _one_of,
    "radio": _one_of,
    "checkboxes": _some_of,
}


def typed_value(kind: str, value: str) -> object:
    """A kept answer as programs have it: a number, true or false, a list, or text. `check_answers` takes it back."""
    match kind:
        case "number":
            number = float(value)
            return int(number) if "." not in value else number
        case "yes_no":
            return value == YES
        case "checkboxes":
            return value.split("\n")
        case _:
            return value


# ---- strangers' words in other people's mailboxes --------------------------------------------------------------------

_LINK_LIKE = re.compile(r"://|www\.|[/@]|\.[^\W\d_]{2,}", re.IGNORECASE)
_IN_EVERY_LINK = re.compile("[.:@]")  # "and/or" has none of these


def is_link_like(words: str) -> bool:
    """Whether mail programs might make a link of it."""
    return bool(_LINK_LIKE.search(words))


def without_links(words: str) -> str:
    """The text with whatever might become a link cut out of it."""
    return re.sub(r"\S+", lambda found: CUT if _is_link(found[0]) else found[0], words)


def _is_link(word: str) -> bool:
    return is_link_like(word) and bool(_IN_EVERY_LINK.search(word.rstrip(".,:;!?")))


def fit_for_others(kind: str, value: str) -> str:
    """An answer as it may go to a mailbox that whoever typed it need not own; "" if nothing of it may."""
    if kind not in TYPED_FREELY:
        return value
    left = without_links(value)
    return left if left.replace(CUT, "").strip() else ""
