import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain import fields
from meetings.domain.fields import CODE_PARAMS, CODES, Field, Flaw, list_of, record, text, whole
from tests.domain.strange import VALUES, anything

PACKAGE = Path(fields.__file__).parent.parent
KINDS = {
    "text": text(50),
    "lines": text(50, lines=True),
    "email": fields.email,
    "whole": whole(5, 720),
    "boolean": fields.boolean,
    "choice": fields.choice("one", "two"),
    "zone": fields.zone_name,
    "date": fields.iso_date,
    "time": fields.time_of_day,
    "slug": fields.slug,
    "name": fields.name(frozenset({"taken"})),
    "language": fields.language,
    "url": fields.https_url,
    "decimal": fields.decimal_number,
    "phone": fields.phone,
    "web": fields.web_address,
    "list": list_of(whole(1, 3), minimum=1, maximum=3, same=int),
    "record": record({"a": Field(text(5), required=True), "b": Field(whole(0, 9), 4)}),
}


def verdict(kind, value):
    """The clean value, or the codes of what is wrong."""
    clean, flaws = KINDS[kind](value, "here")
    return [flaw.code for flaw in flaws] or clean


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("decimal", "12", "12"),
        ("decimal", "-0,50", "-0.5"),
        ("decimal", 100, "100"),
        ("decimal", "1e5", ["not-a-decimal"]),
        ("decimal", "1 000", ["not-a-decimal"]),
        ("decimal", "1,000", ["not-a-decimal"]),  # one, or a thousand?
        ("decimal", "0,125", "0.125"),
        ("decimal", "1.125", "1.125"),
        ("decimal", 0.000001, "0.000001"),
        ("decimal", float("nan"), ["not-a-decimal"]),
        ("decimal", True, ["not-text"]),
        ("phone", "+33 (0)1 23-45.67 89", "+33 (0)1 23-45.67 89"),
        ("phone", "030/123456 ext. 12", "030/123456 ext. 12"),
        ("phone", "1234", ["not-a-phone"]),
        ("phone", "call me maybe 12345", ["not-a-phone"]),
        ("phone", "", ""),
        ("web", "example.org/a?b=c", "https://example.org/a?b=c"),
        ("web", "HTTP://example.org", "http://example.org"),
        ("web", "javascript:alert(1)", ["not-a-web-address"]),
        ("web", "https://a@example.org", ["not-a-web-address"]),
        ("web", "localhost", ["not-a-web-address"]),
        ("text", "  Ana  ", "Ana"),
        ("text", "", ""),
        ("text", "a\tb", "a b"),
        ("text", "Ana\n", "Ana"),
        ("text", "a\nb", ["line-breaks"]),
        ("text", "a\u2028b", ["line-breaks"]),
        ("text", "a\0b", ["control-characters"]),
        ("text", "a\x1bb", ["control-characters"]),
        ("text", "a\ud800b", ["control-characters"]),
        ("text", "a‮b", ["control-characters"]),
        ("text", "שלום\u200f!", "שלום\u200f!"),
        ("text", "👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("text", "e\u0301", "é"),
        ("text", "\u200b \u2060", ""),
        ("text", "x" * 50, "x" * 50),
        ("text", "x" * 51, ["too-long"]),
        ("text", "e\u0301" * 50, "é" * 50),
        ("text", "e\u0301" * 51, ["too-long"]),
        ("text", "x" * 10_000_000, ["too-long"]),
        ("text", 5, ["not-text"]),
        ("text", None, ["not-text"]),
        ("text", b"bytes", ["not-text"]),
        ("lines", "a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne"),
        ("lines", "a\tb", "a\tb"),
        ("lines", "a\x00", ["control-characters"]),
        ("email", " Ana.Lee@Example.ORG ", "Ana.Lee@example.org"),
        ("email", "ana@bücher.example.com", "ana@xn--bcher-kva.example.com"),
        ("email", "ana@example", ["not-an-email"]),
        ("email", "ana", ["not-an-email"]),
        ("email", "ana@localhost", ["not-an-email"]),
        ("email", "Ana <ana@example.org>", ["not-an-email"]),
        ("email", "ana@example.org, bob@example.org", ["not-an-email"]),
        ("email", "ana@example.org\nBcc: bob@example.org", ["line-breaks"]),
        ("email", "añá@example.org", ["email-beyond-ascii"]),
        ("email", "a" * 250 + "@example.org", ["too-long"]),
        ("email", "", ""),
        ("whole", 5, 5),
        ("whole", 720, 720),
        ("whole", 4, ["out-of-range"]),
        ("whole", 721, ["out-of-range"]),
        ("whole", 10**400, ["out-of-range"]),
        ("whole", "30", ["not-a-number"]),
        ("whole", 30.0, ["not-a-number"]),
        ("whole", float("nan"), ["not-a-number"]),
        ("whole", True, ["not-a-number"]),
        ("boolean", True, True),
        ("boolean", False, False),
        ("boolean", 1, ["not-yes-or-no"]),
        ("boolean", "true", ["not-yes-or-no"]),
        ("choice", "one", "one"),
        ("choice", "One", ["not-a-choice"]),
        ("choice", ["one"], ["not-a-choice"]),
        ("zone", "Europe/Paris", "Europe/Paris"),
        ("zone", "Asia/Calcutta", "Asia/Calcutta"),
        ("zone", "europe/paris", ["not-a-zone"]),
        ("zone", "../../etc/passwd", ["not-a-zone"]),
        ("zone", "/etc/localtime", ["not-a-zone"]),
        ("zone", "", ["not-a-zone"]),
        ("zone", "a" * 10_000, ["not-a-zone"]),
        ("zone", 5, ["not-text"]),
        ("date", "2026-02-28", "2026-02-28"),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "2026-02-29", ["not-a-date"]),
        ("date", "20260228", ["not-a-date"]),
        ("date", "2026-W09-6", ["not-a-date"]),
        ("date", "2026-2-28", ["not-a-date"]),
        ("date", "2026-02-28\n", ["not-a-date"]),
        ("date", "٢٠٢٦-٠٢-٢٨", ["not-a-date"]),
        ("date", "1999-12-31", ["date-out-of-range"]),
        ("date", "2000-01-01", "2000-01-01"),
        ("date", "2199-12-31", "2199-12-31"),
        ("date", "9999-12-31", ["date-out-of-range"]),
        ("time", "00:00", "00:00"),
        ("time", "23:59", "23:59"),
        ("time", "24:00", "24:00"),
        ("time", "24:01", ["not-a-time"]),
        ("time", "9:00", ["not-a-time"]),
        ("time", "09:60", ["not-a-time"]),
        ("time", "09:00\n", ["not-a-time"]),
        ("time", 900, ["not-a-time"]),
        ("slug", "Demo_30-min", "Demo_30-min"),
        ("slug", " demo ", "demo"),
        ("slug", "x" * 64, "x" * 64),
        ("slug", "x" * 65, ["not-a-slug"]),
        ("slug", "demo/now", ["not-a-slug"]),
        ("slug", "démo", ["not-a-slug"]),
        ("slug", "de mo", ["not-a-slug"]),
        ("slug", "a.b", ["not-a-slug"]),
        ("slug", "New", ["reserved"]),
        ("slug", 5, ["not-text"]),
        ("name", "company_2", "company_2"),
        ("name", "", ""),
        ("name", "x" * 64, "x" * 64),
        ("name", "x" * 65, ["not-a-name"]),
        ("name", "Company", ["not-a-name"]),
        ("name", "2nd", ["not-a-name"]),
        ("name", "a.b", ["not-a-name"]),
        ("name", "taken", ["reserved"]),
        ("language", "auto", "auto"),
        ("language", "FR", "fr"),
        ("language", "pt_br", "pt-BR"),
        ("language", "zh-hant-tw", "zh-Hant-TW"),
        ("language", "es-419", "es-419"),
        ("language", "french", ["not-a-language"]),
        ("language", "", ["not-a-language"]),
        ("language", "../fr", ["not-a-language"]),
        ("url", "https://example.org/thanks?x=1#top", "https://example.org/thanks?x=1#top"),
        ("url", "", None),
        ("url", "http://example.org/", ["not-https"]),
        ("url", "javascript:alert(1)", ["not-https"]),
        ("url", "//example.org/", ["not-https"]),
        ("url", "https://", ["not-https"]),
        ("url", "https://user@example.org/", ["not-https"]),
        ("url", "https://example.org\\@evil.example", ["not-https"]),
        ("url", "https://example.org/a b", ["not-https"]),
        ("url", "https://example.org:99999/", ["not-https"]),
        ("url", "https://[::1", ["not-https"]),
        ("url", "https://example.org/\r\nSet-Cookie: a=b", ["line-breaks"]),
        ("url", "https://example.org/" + "x" * 2000, ["too-long"]),
        ("list", [3, 1], [3, 1]),
        ("list", [], ["too-few"]),
        ("list", [1, 2, 3, 1], ["too-many"]),
        ("list", [1, 1], ["duplicate"]),
        ("list", [1, "2", 9], ["not-a-number", "out-of-range"]),
        ("list", (1, 2), ["not-a-list"]),
        ("list", {"0": 1}, ["not-a-list"]),
        ("record", {"a": "x"}, {"a": "x", "b": 4}),
        ("record", {"a": "x", "b": None}, {"a": "x", "b": 4}),
        ("record", {"b": 1}, ["required"]),
        ("record", {"a": " "}, ["required"]),
        ("record", {"a": "x", "c": 1}, ["unknown-field"]),
        ("record", [], ["not-an-object"]),
    ],
)
def test_a_kind_of_field_takes_or_names_what_is_wrong(kind, value, expected):
    assert verdict(kind, value) == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_strange_values_are_answered(kind, value):
    assert_answered(kind, value)


@given(st.sampled_from(sorted(KINDS)), anything)
def test_anything_is_answered(kind, value):
    assert_answered(kind, value)


def assert_answered(kind, value):
    clean, flaws = KINDS[kind](value, "here")
    json.dumps(clean, allow_nan=False).encode("utf-8")
    for flaw in flaws:
        assert CODE_PARAMS[flaw.code] == flaw.params.keys()
        assert flaw.field.startswith("here")
        flaw.field.encode("utf-8")
        json.dumps(dict(flaw.params), ensure_ascii=False).encode("utf-8")
    if not flaws and clean is not None:
        assert KINDS[kind](clean, "here") == (clean, [])


def test_a_flaw_is_found_at_its_path():
    people = record({"people": Field(list_of(KINDS["record"], maximum=9), [])})
    _, flaws = people({"people": [{"a": "x"}, {"a": "too long"}, {"z": 1, "a": "y"}]}, "team")
    assert flaws == [
        Flaw("team.people.1.a", "too-long", {"maximum": 5}),
        Flaw("team.people.2.z", "unknown-field", {"name": "z"}),
    ]


def test_what_is_wrong_gives_way_to_the_default_or_is_left_out():
    clean, flaws = KINDS["record"]({"a": "x", "b": "nine"}, "")
    assert (clean, len(flaws)) == ({"a": "x", "b": 4}, 1)
    assert list_of(whole(1, 3), maximum=5)([1, "2", 3], "")[0] == [1, 3]


def test_defaults_are_not_shared():
    hours = record({"hours": Field(list_of(whole(0, 9), maximum=9), [1])})
    hours({}, "")[0]["hours"].append(2)
    assert hours({}, "")[0] == {"hours": [1]}


def test_names_of_unknown_fields_are_made_harmless_and_few():
    strange = {"\ud800\n<b>": 1, "x" * 5000: 2, **{f"field{number}": 3 for number in range(5000)}}
    _, flaws = record({})(strange, "here")
    assert len(flaws) == 20
    assert flaws[0].params["name"] == "��<b>"
    assert flaws[1].field == "here." + "x" * 60


@pytest.mark.parametrize(("minute", "wall"), [(0, "00:00"), (545, "09:05"), (1440, "24:00")])
def test_minutes_and_wall_clock_turn_into_each_other(minute, wall):
    assert fields.wall_of(minute) == wall
    assert fields.minute_of(wall) == minute


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("30", 30),
        (" 30 ", 30),
        ("٣٠", 30),
        ("030", 30),
        ("", ""),
        ("3.5", "3.5"),
        ("-1", -1),
        ("+5", 5),
        ("1" + "0" * 30, 10**30),
        ("- 1", "- 1"),
        ("1_000", "1_000"),
        ("²", "²"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_numbers_as_typed(typed, number):
    assert fields.typed_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "site"),
    [
        ("https://www.example.org", "https://www.example.org"),
        ("https://Example.org/contact?x=1#y", "https://example.org"),
        ("example.org:8443", "https://example.org:8443"),
        ("https://*.example.org", "https://*.example.org"),
    ],
)
def test_sites_are_taken_from_addresses(typed, site):
    assert fields.https_site(typed, "site") == (site, [])


@pytest.mark.parametrize(
    "typed",
    [
        *("", "http://example.org", "https://", "https://a b", "https://a;b", "https://a'b", "https://a,b"),
        *("https://user@example.org", "https://exämple.org", "https://example.org:0", "https://*", "https://a.*.b"),
        *("*", "javascript:x()"),
    ],
)
def test_what_is_no_site_is_refused(typed):
    assert [flaw.code for flaw in fields.https_site(typed, "site")[1]] == ["not-a-site"]


def test_addresses_are_the_same_person_whatever_their_case():
    assert fields.email_key(" Ana@Example.ORG") == fields.email_key("ana@example.org")


def flaws_in_code() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """Where, code and names of parameters of every flaw that the package makes, as far as they are written out."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            where = f"{path.name}:{node.lineno}"
            if called == "refuse":
                yield where, node.args[1].value, frozenset(keyword.arg or "" for keyword in node.keywords)
            elif called == "Flaw" and len(node.args) == 2:
                yield where, node.args[1].value, frozenset()
            elif called == "Flaw":
                params = node.args[2]
                keys = [key.value for key in params.keys] if isinstance(params, ast.Dict) else None
                yield where, node.args[1].value, None if keys is None else frozenset(keys)


def test_every_flaw_has_a_code_with_its_parameters():
    found = list(flaws_in_code())
    assert {(where, code) for where, code, _ in found if code not in CODES} == set()
    assert [row for row in found if row[2] is not None and row[2] != CODE_PARAMS[row[1]]] == []


def test_every_code_is_used():
    assert CODES - {code for _, code, _ in flaws_in_code()} == set()
