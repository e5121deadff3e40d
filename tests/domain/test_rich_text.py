import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain import rich_text
from meetings.domain.rich_text import to_html, to_text
from tests import dom

LINK = 'rel="nofollow noopener noreferrer"'
TAGS = {"html", "head", "body", "p", "br", "strong", "em", "a", "ul", "ol", "li"}
ATTRIBUTES = {"a": {"href", "rel"}, "ol": {"start"}}
MARKS = "*_[]()<>\\!-+1. \n&;:/aé😀#`|~\"'{}"


def elements(html):
    """Tags and their attributes, as a browser reads them."""
    return [(one.tag, dict(one.attrib)) for one in dom.parse(html).iter()]


def words(html):
    return "".join(dom.parse(html).itertext())


@pytest.mark.parametrize(
    ("typed", "html", "text"),
    [
        ("", "", ""),
        ("Half an hour.", "<p>Half an hour.</p>", "Half an hour."),
        ("One\ntwo\n\nthree", "<p>One<br>\ntwo</p>\n<p>three</p>", "One\ntwo\n\nthree"),
        ("a\n\n\n\nb", "<p>a</p>\n<p>b</p>", "a\n\nb"),
        ("**bold** and *italic*", "<p><strong>bold</strong> and <em>italic</em></p>", "bold and italic"),
        ("snake_case, 2 * 3 * 4", "<p>snake_case, 2 * 3 * 4</p>", "snake_case, 2 * 3 * 4"),
        ("a\\*b", "<p>a*b</p>", "a*b"),
        ("[us](https://a.org/?b=1&c)", f'<p><a href="https://a.org/?b=1&amp;c" {LINK}>us</a></p>', "us (https://a.org/?b=1&c)"),
        ("<https://a.org>", f'<p><a href="https://a.org" {LINK}>https://a.org</a></p>', "https://a.org"),
        ("[a.org](https://a.org/)", f'<p><a href="https://a.org/" {LINK}>a.org</a></p>', "https://a.org/"),
        ("[write](mailto:a@b.org)", f'<p><a href="mailto:a@b.org" {LINK}>write</a></p>', "write (a@b.org)"),
        ("[+33 1](tel:+331)", f'<p><a href="tel:+331" {LINK}>+33 1</a></p>', "+33 1 (+331)"),
        ("[x](https://a.org 'over')", f'<p><a href="https://a.org" {LINK}>x</a></p>', "x (https://a.org)"),
        ("Bring:\n- plans\n- time", "<p>Bring:</p>\n<ul>\n<li>plans</li>\n<li>time</li>\n</ul>", "Bring:\n\n• plans\n• time"),
        ("2. b\n3. c", '<ol start="2">\n<li>b</li>\n<li>c</li>\n</ol>', "2. b\n3. c"),
        ("- a\n  b\n  - c", "<ul>\n<li>a<br>\nb\n<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>", "• a\n  b\n  • c"),
        ("# no\n> heading", "<p># no<br>\n&gt; heading</p>", "# no\n> heading"),
        ("<b>no</b> &lt; `x`", "<p>&lt;b&gt;no&lt;/b&gt; &amp;lt; `x`</p>", "<b>no</b> &lt; `x`"),
    ],
)  # fmt: skip
def test_a_description_as_html_and_as_text(typed, html, text):
    assert to_html(typed) == html
    assert to_text(typed) == text


def test_a_link_opens_beside_the_page_where_it_should():
    assert to_html("<https://a.org>", in_new_tab=True).startswith('<p><a href="https://a.org" target="_blank" rel="no')


def test_mails_bring_their_styles():
    assert rich_text.to_mail_html("a\n\n- b", {"p": "margin: 0"}).startswith('<p style="margin: 0">a</p>\n<ul>\n<li>b')


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "/bookings",
        "//evil.example", "ftp://a.org", "https:evil.example", "https:///evil.example", "#top", "evil.example", "tel:",
    ],
)  # fmt: skip
def test_links_lead_to_the_web_a_mailbox_or_a_phone(address):
    typed = f"See [this]({address})"
    clean, flaws = rich_text.check(5000)(typed, "description")
    assert clean is None
    assert [(flaw.field, flaw.code) for flaw in flaws] == [("description", "unfit-link")]
    assert "href" not in to_html(typed)
    assert to_text(typed) == typed


def test_a_link_to_nowhere_is_refused_and_leads_nowhere():
    assert rich_text.check(5000)("[this]()", "description")[1][0].code == "unfit-link"
    assert "href" not in to_html("[this]()")


@pytest.mark.parametrize("typed", ["a\0b", "a‮b", "x" * 5001, 5])
def test_what_no_text_may_be_is_refused(typed):
    assert rich_text.check(5000)(typed, "description")[1]


def test_what_is_kept_is_what_was_typed():
    assert rich_text.check(5000)(" **a**\r\n- b ", "description") == ("**a**\n- b", [])


@given(st.text(alphabet=MARKS, max_size=120) | st.text(max_size=60))
def test_nothing_typed_becomes_anything_else_than_these_tags(typed):
    for tag, attributes in elements(to_html(typed)):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set())
        assert not attributes.get("href") or rich_text.is_link(attributes["href"])


@given(st.lists(st.text(alphabet="abc é.,?!", min_size=1, max_size=20).filter(str.strip), min_size=1, max_size=6))
def test_plain_words_stay_as_they_are(lines):
    typed = "\n".join(line.strip() for line in lines)
    assert to_text(typed) == typed
    assert words(to_html(typed)) == typed


@pytest.mark.parametrize("start", ["[", "*", "- ", "[a](", "**a ", "\\[", "_a*", "1. ", "- a\n", "![[", "[](<", "a\n"])
def test_no_text_takes_long(start):
    from time import process_time

    typed = (start * 5000)[:5000]
    began = process_time()
    to_html(typed)
    to_text(typed)
    rich_text.check(5000)(typed, "description")
    assert process_time() - began < 1.5
