import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain import fields
from meetings.domain.naming import name_from, slug_from, tidy_slug


@pytest.mark.parametrize(
    ("written", "slug"),
    [
        ("Demo", "demo"),
        ("Démo d’équipe", "demo-d-equipe"),
        ("Ana's demo", "anas-demo"),
        ("Straße & Søn", "strasse-son"),
        ("Łódź / İstanbul", "lodz-istanbul"),
        ("30-min call!", "30-min-call"),
        ("snake_case", "snake-case"),
        ("new", "new-meeting"),
        ("Transfer", "transfer-meeting"),
        ("日本", "meeting"),
        ("", "meeting"),
        ("\0\ud800", "meeting"),
        ("a" * 63 + " b", "a" * 63),
        ("ﬁne №5", "fine-no5"),
        ("x" * 1_000_000, "x" * 64),
    ],
)
def test_a_slug_is_made_from_a_name(written, slug):
    assert slug_from(written) == slug


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("Überblick ü!", "Uberblick-u"),
        ("Straße Ødegård Łódź ÆON", "Strasse-Odegard-Lodz-AEON"),
        ("--my - own_page--", "my-own_page"),
        ("Kept_as-It-1s", "Kept_as-It-1s"),
        ("_", "_"),
        ("日本", ""),
        ("-", ""),
        ("a" * 63 + "-b", "a" * 63),
    ],
)
def test_a_typed_slug_is_made_one(typed, slug):
    assert tidy_slug(typed) == slug


@given(st.text())
def test_every_tidy_slug_is_taken_and_stays(typed):
    tidy = tidy_slug(typed)
    assert tidy_slug(tidy) == tidy
    assert not tidy or tidy.lower() in fields.RESERVED_SLUGS or fields.slug(tidy, "") == (tidy, [])
    assert "--" not in tidy
    assert tidy == tidy.strip("-")


@given(st.text())
def test_every_suggested_slug_is_taken(written):
    suggestion = slug_from(written)
    assert fields.slug(suggestion, "") == (suggestion, [])


@pytest.mark.parametrize(
    ("label", "taken", "name"),
    [
        ("Company size?", (), "company_size"),
        ("Company size?", {"company_size"}, "company_size_2"),
        ("Company size?", {"company_size", "company_size_2"}, "company_size_3"),
        ("2nd choice", (), "field_2nd_choice"),
        ("?", (), "field"),
        ("E-mail", {"e_mail"}, "e_mail_2"),
        ("x" * 100, {"x" * 64}, "x" * 62 + "_2"),
    ],
)
def test_a_field_is_named_after_its_label(label, taken, name):
    assert name_from(label, taken) == name


@given(st.text(), st.sets(st.from_regex(re.compile(r"\A[a-z][a-z0-9_]{0,5}\Z", re.ASCII)), max_size=5))
def test_every_made_up_name_is_taken_and_new(label, taken):
    name = name_from(label, taken)
    assert fields.name()(name, "") == (name, [])
    assert name not in taken
