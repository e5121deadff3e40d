import json

import pytest
from hypothesis import given

from meetings.domain.answers import ANSWER_MAX, check_answers, check_contact
from tests.domain.strange import VALUES, anything

COMPANY = {"name": "company", "label": "", "type": "property", "required": True}
TOPIC = {"name": "topic", "label": "What about?", "type": "question", "required": False}
ANA = {"email": "ana@example.org", "first_name": "Ana", "last_name": "Lee"}


def codes(flaws):
    return {flaw.field: flaw.code for flaw in flaws}


def test_answers_keep_the_form_s_order_and_its_words():
    answers, flaws = check_answers([COMPANY, TOPIC], {"topic": " Prices\r\nand more ", "company": "Acme"})
    assert flaws == []
    assert answers == [
        {"name": "company", "label": "company", "value": "Acme"},
        {"name": "topic", "label": "What about?", "value": "Prices\nand more"},
    ]


@pytest.mark.parametrize("blank", [{}, {"topic": ""}, {"topic": None}, {"topic": "\u200b"}])
def test_a_question_may_stay_without_answer(blank):
    assert check_answers([TOPIC], blank) == ([], [])


@pytest.mark.parametrize(
    ("answers", "flaws"),
    [
        (None, {"answers.company": "required"}),
        ({"company": "  "}, {"answers.company": "required"}),
        ({"company": "Acme", "other": "x"}, {"answers.other": "unknown-field"}),
        ({"company": 5}, {"answers.company": "not-text"}),
        ({"company": "a\0"}, {"answers.company": "control-characters"}),
        ({"company": "x" * (ANSWER_MAX + 1)}, {"answers.company": "too-long"}),
        ([], {"answers": "not-an-object"}),
        ("Acme", {"answers": "not-an-object"}),
    ],
)
def test_what_is_wrong_with_answers(answers, flaws):
    assert codes(check_answers([COMPANY, TOPIC], answers)[1]) == flaws


def test_a_contact():
    assert check_contact({"email": "Ana@EXAMPLE.org", "first_name": " Ana ", "last_name": "Lee"}) == (
        {"email": "Ana@example.org", "first_name": "Ana", "last_name": "Lee"},
        [],
    )


@pytest.mark.parametrize(
    ("change", "flaws"),
    [
        ({"email": ""}, {"contact.email": "required"}),
        ({"email": None}, {"contact.email": "required"}),
        ({"email": "ana"}, {"contact.email": "not-an-email"}),
        ({"first_name": " "}, {"contact.first_name": "required"}),
        ({"last_name": "Lee\nBcc: x@example.org"}, {"contact.last_name": "line-breaks"}),
        ({"last_name": "x" * 101}, {"contact.last_name": "too-long"}),
        ({"company": "Acme"}, {"contact.company": "unknown-field"}),
    ],
)
def test_what_is_wrong_with_a_contact(change, flaws):
    contact, found = check_contact({**ANA, **change})
    assert codes(found) == flaws
    assert contact.keys() == ANA.keys()
    assert all(isinstance(part, str) for part in contact.values())


@pytest.mark.parametrize(
    "value", [value for value in VALUES if not isinstance(value, dict)], ids=lambda value: repr(value)[:20]
)
def test_no_contact_at_all(value):
    contact, flaws = check_contact(value)
    assert contact == {"email": "", "first_name": "", "last_name": ""}
    assert flaws


@given(anything)
def test_anything_is_answered(value):
    for read in (check_contact, lambda given: check_answers([COMPANY, TOPIC], given)):
        clean, flaws = read({"email": value, "first_name": value, "company": value, "topic": value})
        assert flaws
        json.dumps(clean, ensure_ascii=False).encode("utf-8")
