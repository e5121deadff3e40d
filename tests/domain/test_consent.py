"""What a page says and asks about privacy, and what is kept of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain.consent import Terms, Words, flaws_of, shortened, statements_of, terms_of
from meetings.domain.fields import Flaw
from meetings.domain.form import LEGAL_BASES, check_account_consent

WORDS = Words("I agree.", "We may write to you.")
NEWS = {"id": "news", "label": "Send me news", "subscription": "news"}
RULES = {"id": "rules", "label": "I know the house rules", "required": True}


def terms(**said: Any) -> Terms:
    clean, flaws = check_account_consent(said, "consent")
    assert flaws == []
    return terms_of(clean, WORDS)


def test_a_page_that_says_nothing_keeps_nothing() -> None:
    silent = terms(text="Ready for the day it is switched on", checkboxes=[NEWS])
    assert silent == Terms()
    assert silent.version == ""
    assert statements_of(silent, ["news"]) == []


def test_boxes_are_kept_whether_ticked_or_not() -> None:
    page = terms(mode="consent", text="May we write?", privacy_text="We keep little.", checkboxes=[NEWS, RULES])
    kept = [(one.purpose, one.box, one.wording, one.is_given) for one in statements_of(page, ["rules"])]
    assert kept == [
        ("notice", "", "May we write?\n\nWe keep little.", True),
        ("communication", "news", "Send me news", False),
        ("communication", "rules", "I know the house rules", True),
    ]
    assert [one.subscription for one in statements_of(page, [])] == ["", "news", "one_to_one"]


def test_boxes_that_must_be_ticked() -> None:
    page = terms(mode="consent", checkboxes=[NEWS, RULES], processing="checkbox")
    assert [flaw.field for flaw in flaws_of(page, ["news"])] == ["consents.rules", "consents.processing"]
    assert flaws_of(page, ["rules", "processing"]) == []
    assert page.must_tick
    assert not terms(mode="consent", checkboxes=[NEWS]).must_tick


def test_the_box_for_processing_has_words_even_if_nobody_wrote_them() -> None:
    (box,) = terms(mode="consent", processing="checkbox").boxes
    assert (box.label, box.is_required) == ("I agree.", True)
    (box,) = terms(mode="consent", processing="checkbox", processing_label="Yes, do").boxes
    assert box.label == "Yes, do"


def test_agreement_by_booking_is_said_and_kept() -> None:
    page = terms(mode="consent", processing_label="By booking you agree that we keep this.")
    (kept,) = statements_of(page, [])
    assert (kept.purpose, kept.wording, kept.is_given) == (
        "processing",
        "By booking you agree that we keep this.",
        True,
    )


def test_a_legitimate_interest_is_a_notice_with_its_basis() -> None:
    page = terms(
        mode="legitimate_interest", legal_basis="performance_of_contract", subscriptions=["one_to_one", "news"]
    )
    assert page.boxes == ()
    kept = [(one.purpose, one.subscription, one.wording, one.legal_basis) for one in statements_of(page, ["news"])]
    assert kept == [
        ("legitimate_interest", name, "We may write to you.", "performance_of_contract")
        for name in ("one_to_one", "news")
    ]
    (alone,) = statements_of(terms(mode="legitimate_interest", subscriptions=[]), [])
    assert alone.subscription == ""


def test_no_box_has_the_name_of_the_one_for_processing() -> None:
    assert check_account_consent({"checkboxes": [{"id": "processing", "label": "X"}]}, "consent")[1] == [
        Flaw("consent.checkboxes.0.id", "reserved", {"name": "processing"})
    ]
    clean, _ = check_account_consent({"checkboxes": [{"label": "Processing"}]}, "consent")
    assert clean["checkboxes"][0]["id"] == "processing_2"


def test_a_blank_subscription_is_the_one_that_is_always_there() -> None:
    clean, flaws = check_account_consent(
        {"checkboxes": [{"label": "X", "subscription": ""}], "subscriptions": [""]}, "consent"
    )
    assert flaws == []
    assert (clean["checkboxes"][0]["subscription"], clean["subscriptions"]) == ("one_to_one", ["one_to_one"])


# ---- whatever is said ------------------------------------------------------------------------------------------------

words = st.text("ab ", max_size=6)
consents = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["consent", "legitimate_interest"]),
        "text": words,
        "privacy_text": words,
        "processing": st.sampled_from(["implicit", "checkbox"]),
        "processing_label": words,
        "checkboxes": st.lists(
            st.fixed_dictionaries({"label": st.text("xyz", min_size=1), "required": st.booleans()}), max_size=4
        ),
        "legal_basis": st.sampled_from(LEGAL_BASES),
    }
)


@given(consents, st.data())
def test_what_is_kept_is_what_was_shown(said: dict[str, Any], data: st.DataObject) -> None:
    page = terms(**said)
    ids = [box.id for box in page.boxes]
    ticked = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    kept = statements_of(page, ticked)
    assert {one.box: (one.wording, one.is_given) for one in kept if one.box} == {
        box.id: (box.label, box.id in ticked) for box in page.boxes
    }
    told = " ".join(one.wording for one in kept if not one.box)
    assert all(text in told for text in (page.text, page.privacy_text, page.processing_text))
    assert {flaw.field for flaw in flaws_of(page, ticked)} == {
        f"consents.{box.id}" for box in page.boxes if box.is_required and box.id not in ticked
    }


@given(consents, consents)
def test_the_version_tells_pages_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (terms(**one).version == terms(**other).version) == (terms(**one) == terms(**other))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678:9abc::1", "2001:db8:1234::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unix:", ""),
        (None, ""),
    ],
)
def test_an_address_is_kept_as_far_as_it_names_nobody(address: str | None, kept: str) -> None:
    assert shortened(address) == kept
