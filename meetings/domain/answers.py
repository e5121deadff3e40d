"""What people tell: a contact who they are and the answers to the form's questions, whoever cancels the reason."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from meetings.domain.fields import Field, Flaw, email, record, text, unknown_fields

CONTACT_NAME_MAX: Final = 100
ANSWER_MAX: Final = 2000
REASON_MAX: Final = 1000

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


def check_answers(
    fields: Iterable[Mapping[str, Any]], answers: object, path: str = "answers"
) -> tuple[list[dict[str, str]], list[Flaw]]:
    """The answers to a link's form fields as name, label and value, in the form's order, blank ones left out.

    The label is kept with the answer: the host may word the question differently later.
    """
    asked = list(fields)
    if answers is None:
        answers = {}
    if not isinstance(answers, Mapping):
        return [], [Flaw(path, "not-an-object")]
    flaws = unknown_fields(answers, [field["name"] for field in asked], path)
    given = []
    for field in asked:
        answer = Field(text(ANSWER_MAX, lines=True), "", required=field["required"])
        value, wrong = answer.read(answers.get(field["name"]), f"{path}.{field['name']}")
        flaws += wrong
        if value:
            given.append({"name": field["name"], "label": field["label"] or field["name"], "value": value})
    return given, flaws
