import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain.personalize import TITLE_MAX, TOKENS, Token, check, fill, tokens, written

FIRST, LAST, COMPANY = "{{ contact.first_name }}", "{{contact.last_name}}", "{{ company.name }}"


def filled(template, first="", last="", company=""):
    """The template, with F, L and C for the three tokens, filled."""
    for letter, token in (("F", FIRST), ("L", LAST), ("C", COMPANY)):
        template = template.replace(f"<{letter}>", token)
    return fill(template, {"contact.first_name": first, "contact.last_name": last, "company.name": company})


@pytest.mark.parametrize(
    ("template", "values", "title"),
    [
        ("Plain words", {}, "Plain words"),
        ("", {}, ""),
        ("Demo with <F> of <C>", {"first": "Ana", "company": "Acme"}, "Demo with Ana of Acme"),
        ("Demo with <F> of <C>", {"first": "Ana"}, "Demo with Ana"),
        ("Demo with <F> of <C>", {"company": "Acme"}, "Demo of Acme"),
        ("Demo with <F> of <C>", {}, "Demo"),
        ("Meeting with <F> <L> of <C>", {"last": "Lee"}, "Meeting with Lee"),
        ("Meeting with <F> <L>", {"first": "Ana", "last": "Lee"}, "Meeting with Ana Lee"),
        ("Démo avec <F> !", {}, "Démo !"),
        ("Démo d'<C>", {}, "Démo"),
        ("Démo d’<C>", {"company": "Acme"}, "Démo d’Acme"),
        ("Termin mit <F> von <C>", {"first": "Ana"}, "Termin mit Ana"),
        ("Check in with <F>", {}, "Check in"),
        ("Hello <F>, welcome", {}, "Hello, welcome"),
        ("Call: <F> – <C>", {"first": "Ana"}, "Call: Ana"),
        ("<F> / <C> / <L>", {"first": "A", "last": "Z"}, "A / Z"),
        ("<C>: intro", {}, "intro"),
        ("<F> & Bob", {}, "Bob"),
        ("<F> and Bob", {}, "Bob"),
        ("Bob & <F>", {}, "Bob"),
        ("Demo (<C>)", {}, "Demo"),
        ("Demo (with <F>) now", {}, "Demo now"),
        ("Demo “<C>”", {}, "Demo"),
        ("Démo « <C> » ici", {}, "Démo ici"),
        ('Demo "<C>"', {}, "Demo"),
        ('"Big" <C> "deal"', {}, '"Big" "deal"'),
        ("[<C>] Demo", {}, "Demo"),
        ("Demo (<C>, Paris)", {}, "Demo (Paris)"),
        ("Demo (Paris, <C>)", {}, "Demo (Paris)"),
        ("With <F> at Acme", {}, "Acme"),
        ("Plan DE <C>", {}, "Plan DE"),
        ("Call <C>2", {}, "Call 2"),
        ("Call <C>2!", {}, "Call 2!"),
        ("<F> And Bob", {}, "And Bob"),
        ("<F>, <C>", {"first": "van"}, "van"),
        ("<F> of <C>", {"first": "Ana with"}, "Ana with"),
        ("<F> <C>", {}, ""),
        ("a  b", {}, "a b"),
    ],
)
def test_a_title_closes_over_what_is_missing(template, values, title):
    assert filled(template, **values) == title


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ("Ana", "Hello Ana"),
        (" Ana \t Lee ", "Hello Ana Lee"),
        ("Ana\r\nBcc: bob@example.org", "Hello Ana Bcc: bob@example.org"),
        ("a\0b\ud800c", "Hello a b c"),
        ("‮evil", "Hello evil"),
        ("{{ contact.email }}", "Hello (( contact.email ))"),
        ("{0} %s ${x}", "Hello (0) %s $(x)"),
        ("<b>", "Hello <b>"),
        ("   ", "Hello"),
        (None, "Hello"),
    ],
)
def test_a_stranger_s_value_stays_a_value(value, title):
    assert fill(f"Hello {FIRST}", {"contact.first_name": value}) == title


@pytest.mark.parametrize(
    ("inside", "value", "title"),
    [
        (" contact.first_name | there ", "", "Hello there"),
        ("contact.first_name|there", "Ana", "Hello Ana"),
        (" contact.first_name | dear  guest ", None, "Hello dear guest"),
        (" contact.first_name | a | b ", "", "Hello a | b"),
        (" contact.first_name | ", "", "Hello"),
        (" contact.gone | there ", "Ana", "Hello there"),
        (" contact.gone ", "Ana", "Hello"),
    ],
)
def test_a_fallback_stands_in(inside, value, title):
    assert fill(f"Hello {{{{{inside}}}}}", {"contact.first_name": value}) == title


def test_no_value_opens_a_token_beside_a_brace():
    assert fill("{{{ contact.first_name }}}", {"contact.first_name": "{ contact.email }"}) == "{( contact.email )}"


def test_tokens_are_found_in_order():
    assert tokens(f"{FIRST} x {{{{ company.name | us }}}}") == [
        Token("contact.first_name", ""),
        Token("company.name", "us"),
    ]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (" ".join(f"{{{{ {name} }}}}" for name in TOKENS), []),
        ("{{ contact.phone | x }}", []),
        ("{ single } braces", []),
        ("{{ contact.firstname }}", [("unknown-token", "contact.firstname")]),
        ("{{ Contact.Email }}", [("unknown-token", "Contact.Email")]),
        ("{{ x }} {{ x }} {{ y }}", [("unknown-token", "x"), ("unknown-token", "y")]),
        ("{{}}", [("unknown-token", "")]),
        ("{{ contact.__class__ }}", [("unknown-token", "contact.__class__")]),
        ("{{ contact.email", [("broken-token", None)]),
        ("contact.email }}", [("broken-token", None)]),
        ("{{ {{ contact.email }} }}", [("broken-token", None)]),
        ("{% if x %}", []),
    ],
)
def test_what_is_wrong_with_a_title(template, found):
    flaws = check(template, "overview.title", properties=["phone"])
    assert [(flaw.code, flaw.params.get("token")) for flaw in flaws] == found
    assert {flaw.field for flaw in flaws} <= {"overview.title"}


def test_a_long_title_is_cut_to_what_calendars_take():
    title = fill(f"{FIRST} {LAST}", {"contact.first_name": "x" * 200, "contact.last_name": "y" * 200})
    assert len(title) == TITLE_MAX
    assert title.endswith("y…")


words = st.text(st.characters(exclude_categories=[]), max_size=12) | st.sampled_from(
    ["with ", " of ", " (", ") ", " – ", "{", "}", "{{", "}}", "d'", '"', " & ", "\n", "Demo"]
)
known_tokens = st.builds(
    lambda name, fallback: f"{{{{ {name}{fallback} }}}}",
    st.sampled_from(TOKENS),
    st.sampled_from(["", " | there", "|"]),
)
templates = st.lists(words | known_tokens, max_size=8).map("".join)
values = st.dictionaries(st.sampled_from(TOKENS), st.none() | words, max_size=5)


@given(templates, values)
def test_a_filled_title_is_one_short_line_without_tokens(template, values):
    title = fill(template, values)
    assert len(title) <= TITLE_MAX
    assert title == title.strip()
    assert len(title.splitlines()) <= 1
    assert "  " not in title
    assert not [token for token in tokens(title) if token.name in TOKENS] or check(template, "")
    title.encode("utf-8")


@given(
    st.lists(st.sampled_from(["Ana", "Acme", "Zoë"]), min_size=5, max_size=5),
    st.lists(st.sampled_from(TOKENS), max_size=5),
)
def test_known_values_stand_where_their_tokens_were(names, used):
    given_values = dict(zip(TOKENS, names, strict=True))
    template = " with ".join(f"{{{{ {name} }}}}" for name in used)
    assert fill(template, given_values) == " with ".join(given_values[name] for name in used)


@given(templates)
def test_a_checked_title_fills_without_braces_in_pairs(template):
    if not check(template, ""):
        title = fill(template, dict.fromkeys(TOKENS, "{{ contact.email }}"))
        assert not tokens(title)


@pytest.mark.parametrize(
    ("fallback", "token"),
    [
        ("", "{{ company.name }}"),
        ("  ", "{{ company.name }}"),
        ("your  firm", "{{ company.name | your firm }}"),
        ("a | b", "{{ company.name | a b }}"),
        ("{{ x }}", "{{ company.name | (( x )) }}"),
    ],
)
def test_a_token_is_written_as_it_is_read(fallback, token):
    assert written("company.name", fallback) == token
    assert [one.name for one in tokens(token)] == ["company.name"]
    assert check(token, "title") == []
