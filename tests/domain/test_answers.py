import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from meetings.domain.answers import (
    ANSWER_MAX,
    CUT,
    LINE_MAX,
    TYPED_FREELY,
    Asked,
    check_answers,
    check_contact,
    fit_for_others,
    is_link_like,
    typed_value,
    without_links,
)
from meetings.domain.form import CHOOSING, KINDS
from tests.domain.strange import VALUES, anything

COMPANY = Asked("company", "company", type="property", kind="text")
TOPIC = Asked("topic", "What about?", kind="text", is_required=False)
ANA = {"email": "ana@example.org", "first_name": "Ana", "last_name": "Lee"}
ROOMS = ("Meeting room", "Studio", "Home, or what is called so")


def codes(flaws):
    return {flaw.field: flaw.code for flaw in flaws}


def one(kind: str, **more) -> Asked:
    return Asked("it", "It?", kind=kind, options=ROOMS if kind in CHOOSING else (), **more)


def answered(kind: str, answer: object, **more) -> tuple[str | None, str | None]:
    """The kept value of an answer, and the code of what is wrong with it."""
    given, flaws = check_answers([one(kind, **more)], {"it": answer})
    assert len(given) + len(flaws) <= 1
    assert all(flaw.field == "answers.it" for flaw in flaws)
    return (given[0]["value"] if given else None), (flaws[0].code if flaws else None)


def test_answers_keep_the_form_s_order_and_its_words():
    answers, flaws = check_answers([COMPANY, TOPIC], {"topic": " Prices\r\nand more ", "company": "Acme"})
    assert flaws == []
    assert answers == [
        {"name": "company", "label": "company", "value": "Acme", "kind": "text", "in_invite": True},
        {"name": "topic", "label": "What about?", "value": "Prices\nand more", "kind": "text", "in_invite": True},
    ]


def test_what_is_asked_is_read_from_a_link_s_document():
    field = {"name": "size", "label": "", "type": "property", "kind": "select", "options": ["S", "M"], "help": "Yours"}
    asked = Asked.of({**field, "required": False, "in_invite": False})
    assert asked == Asked("size", "size", "property", "select", ("S", "M"), "Yours", False, False)


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


@pytest.mark.parametrize(
    ("kind", "answer", "kept"),
    [
        ("line", "  A  line ", "A  line"),
        ("text", "Two\r\nlines", "Two\nlines"),
        ("number", "12,50", "12.5"),
        ("number", 12.5, "12.5"),
        ("number", -3, "-3"),
        ("number", 0, "0"),
        ("number", 0.000001, "0.000001"),
        ("date", " 2026-12-03 ", "2026-12-03"),
        ("date", "1957-10-04", "1957-10-04"),
        ("yes_no", True, "yes"),
        ("yes_no", False, "no"),
        ("yes_no", "no", "no"),
        ("select", "Studio", "Studio"),
        ("radio", "Meeting room", "Meeting room"),
        ("checkboxes", ["Studio", "Meeting room", "Studio"], "Meeting room\nStudio"),
        ("checkboxes", "Home, or what is called so\nStudio", "Studio\nHome, or what is called so"),
        ("checkboxes", "Studio", "Studio"),
        ("phone", " +33 6 12 34 56 78 ", "+33 6 12 34 56 78"),
        ("url", "example.org/plan", "https://example.org/plan"),
    ],
)
def test_each_kind_is_kept_in_one_way(kind, answer, kept):
    assert answered(kind, answer) == (kept, None)


@pytest.mark.parametrize(
    ("kind", "answer", "code"),
    [
        ("line", "Two\nlines", "line-breaks"),
        ("line", "x" * (LINE_MAX + 1), "too-long"),
        ("number", "twelve", "not-a-decimal"),
        ("number", "1e3", "not-a-decimal"),
        ("number", True, "not-text"),
        ("number", float("nan"), "not-a-decimal"),
        ("date", "3.12.2026", "not-a-date"),
        ("date", "2026-02-30", "not-a-date"),
        ("date", 20261203, "not-a-date"),
        ("date", "0198-12-03", "date-out-of-range"),
        ("date", "9999-12-31", "date-out-of-range"),
        ("yes_no", "maybe", "not-yes-or-no"),
        ("yes_no", 1, "not-yes-or-no"),
        ("select", "Cellar", "not-a-choice"),
        ("radio", ["Studio"], "not-a-choice"),
        ("checkboxes", ["Studio", "Cellar"], "not-a-choice"),
        ("checkboxes", ["Studio", 5], "not-a-choice"),
        ("checkboxes", {"Studio": True}, "not-a-list"),
        ("phone", "call me", "not-a-phone"),
        ("url", "javascript:alert(1)", "not-a-web-address"),
    ],
)
def test_what_is_no_answer_of_its_kind(kind, answer, code):
    assert answered(kind, answer) == (None, code)


@pytest.mark.parametrize("kind", KINDS)
def test_a_required_answer_is_missing_in_the_words_of_its_kind(kind):
    code = {"yes_no": "choose-one", "select": "choose-one", "radio": "choose-one", "checkboxes": "choose-some"}
    for blank in (None, "", [] if kind == "checkboxes" else ""):
        assert answered(kind, blank) == (None, code.get(kind, "required"))
        assert answered(kind, blank, is_required=False) == (None, None)


def test_no_is_an_answer():
    assert answered("yes_no", False) == ("no", None)


# ---- properties ------------------------------------------------------------------------------------------------------

RIGHT = {
    "line": st.text(max_size=30),
    "text": st.text(max_size=60),
    "number": st.decimals(-(10**9), 10**9, places=3).map(str) | st.integers(-(10**12), 10**12),
    "date": st.dates().map(str),
    "yes_no": st.booleans() | st.sampled_from(["yes", "no"]),
    "phone": st.from_regex(r"\+[0-9]{2} [0-9]{3,9}", fullmatch=True),
    "url": st.from_regex(r"(https?://)?[a-z]{1,9}\.org/[a-z0-9]{0,9}", fullmatch=True),
    "select": st.sampled_from(ROOMS),
    "radio": st.sampled_from(ROOMS),
    "checkboxes": st.lists(st.sampled_from(ROOMS)),
}


@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), RIGHT[kind])))
def test_what_is_kept_is_taken_again_as_it_is_by_forms_and_programs(case):
    kind, answer = case
    value, _code = answered(kind, answer, is_required=False)
    assume(value)
    assert answered(kind, value) == (value, None)
    typed = typed_value(kind, value)
    assert json.loads(json.dumps(typed)) == typed
    assert answered(kind, typed) == (value, None)


@given(st.sampled_from(KINDS), anything, st.booleans())
def test_anything_is_answered_by_every_kind(kind, answer, is_required):
    value, _code = answered(kind, answer, is_required=is_required)
    if value is not None:
        value.encode("utf-8")
        if kind in CHOOSING:
            assert set(value.split("\n")) <= set(ROOMS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", VALUES, ids=lambda value: repr(value)[:20])
def test_strange_values_are_answered_by_every_kind(kind, answer):
    answered(kind, answer)


# ---- links in what strangers typed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("See https://evil.example/x now", f"See {CUT} now"),
        ("www.evil.example", CUT),
        ("evil.example,\nor mail me@evil.example", f"{CUT}\nor mail {CUT}"),
        ("сайт.рф", CUT),
        ("HTTPS://EVIL.EXAMPLE", CUT),
        ("(bit.ly/abc)", CUT),
        ("Rooms 3 and/or 4, 24/7. Then 12.5 m", "Rooms 3 and/or 4, 24/7. Then 12.5 m"),
        ("Nothing. At all", "Nothing. At all"),
    ],
)
def test_links_are_cut_out_of_a_text(words, left):
    assert without_links(words) == left


@given(
    st.lists(st.sampled_from(["see", "https://a.example", "b.example/x", "c@d.example", "and/or", "\n"])).map(" ".join)
)
def test_nothing_that_reads_as_a_link_is_left(words):
    assert not any(is_link_like(word) for word in without_links(words).replace("and/or", "").split())


def test_an_answer_that_is_all_link_does_not_go_to_others():
    assert fit_for_others("url", "https://evil.example/") == ""
    assert fit_for_others("line", "evil.example www.evil.example") == ""
    assert fit_for_others("text", "Echo\nevil.example") == f"Echo\n{CUT}"


@pytest.mark.parametrize("kind", sorted(set(KINDS) - TYPED_FREELY))
def test_what_was_chosen_goes_to_others_as_it_is(kind):
    assert fit_for_others(kind, "a.b/c d") == "a.b/c d"  # the host's own words, or digits


# ---- contacts --------------------------------------------------------------------------------------------------------


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
