"""Tokens in a title, `{{ contact.first_name | there }}`: find, check and fill in. Nothing is ever evaluated.

Where a token's value is empty and it has no fallback, the title closes over the gap:

1. Tokens with only blanks between them belong together ("{{ contact.first_name }} {{ contact.last_name }}"): the
   values that there are, with a space between; a gap only if there are none.
2. In front of a gap go the blanks and separators (dashes, bars, commas, colons, @, & and the like), then at most one
   of the JOINING_WORDS, then the blanks and separators before that word. So "Demo with Ana of {{ company.name }}"
   becomes "Demo with Ana". Only the host's own words go, never a part of a value.
3. A bracket or quotation mark left with nothing before its other half goes with it, and rule 2 applies again.
4. Where nothing is left in front (the title's start, or an opening bracket), the separators and a joining word go
   from what follows: "{{ company.name }}: demo" becomes "demo".
5. Runs of blanks become one space, blanks at the ends go. A title may come out empty: the caller has a word for it.

Values come from strangers: line breaks, controls and marks of direction become spaces, curly braces become round
brackets, so that no value brings a token of its own.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from meetings.domain.fields import Flaw, harmless

TITLE_MAX = 255
TOKENS = ("contact.first_name", "contact.last_name", "contact.email", "company.name", "company.domain")

# Words that read as a mistake in front of a gap; English, French, German, Spanish, Italian, Portuguese, Dutch.
JOINING_WORDS = frozenset(
    {
        *("with", "of", "for", "from", "at", "by", "and", "to", "via", "vs"),
        *("avec", "de", "du", "des", "d'", "d’", "pour", "chez", "et", "à", "par"),
        *("mit", "von", "vom", "für", "bei", "und", "zu", "zum", "zur"),
        *("con", "del", "para", "por", "y", "en"),
        *("per", "di", "da", "ed"),
        *("com", "do", "dos"),
        *("met", "van", "voor", "bij"),
    }
)

_TOKEN = re.compile(r"\{\{([^{}]*)\}\}")
_LAST_WORD = re.compile(r"(?:^|(?<=[\s(\[<«“„‘\"（【]))[^\W\d_]+['’]?$")
_FIRST_WORD = re.compile(r"^[^\W\d_]+(?=\s|$)")
_SEPARATORS = " \t\u00a0\u202f\u2009-‐‑‒–—―·•|/\\:;,،、，@&+×~#→"
_PAIRS = {"(": ")", "[": "]", "<": ">", "«": "»", "“": "”", "„": "“", "‘": "’", '"': '"', "（": "）", "【": "】"}
_OPENING = _PAIRS.keys() - {'"'}  # a straight quotation mark may just as well have closed something
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BLANKS = re.compile(r"\s{2,}")
_ROUND = str.maketrans("{}", "()")


@dataclass(frozen=True, slots=True)
class Token:
    """A place in a title: whose value goes there, and what if it has none."""

    name: str
    fallback: str


def tokens(template: str) -> list[Token]:
    return [_token(match[1]) for match in _TOKEN.finditer(template)]


def _token(inside: str) -> Token:
    name, _, fallback = inside.partition("|")
    return Token(name.strip(), _plain(fallback))


def written(name: str, fallback: str = "") -> str:
    """A token as it is written in a title."""
    words = _plain(fallback.replace("|", " "))
    return f"{{{{ {name} | {words} }}}}" if words else f"{{{{ {name} }}}}"


def check(template: str, field: str, properties: Collection[str] = ()) -> list[Flaw]:
    """What is wrong with a title's tokens; `properties`: the contact's further properties, by name."""
    known = {*TOKENS, *(f"contact.{name}" for name in properties)}
    rest = _TOKEN.sub("\0", template)
    broken = [Flaw(field, "broken-token")] if "{{" in rest or "}}" in rest else []
    strange = dict.fromkeys(token.name for token in tokens(template) if token.name not in known)
    return broken + [Flaw(field, "unknown-token", {"token": harmless(name)}) for name in strange]


def fill(template: str, values: Mapping[str, str | None]) -> str:
    """The title with its tokens' values, on one line of at most TITLE_MAX characters."""
    literals, groups = _pieces(template, values)
    fixed, loose = "", literals[0]  # text that stays; the host's words since the last value, which a gap may take
    for index, value in enumerate(groups, start=1):
        if value:
            fixed, loose = fixed + loose + value, literals[index]
        else:
            loose = _closed(loose, literals[index], is_start=not fixed)
    return shortened(_plain(fixed + loose, braces=True))


def _pieces(template: str, values: Mapping[str, str | None]) -> tuple[list[str], list[str]]:
    """The host's words, and between them the values of tokens that belong together (rule 1)."""
    parts = _TOKEN.split(template)
    literals, groups = [parts[0]], [[_value(parts[1], values)]] if len(parts) > 1 else []
    for literal, inside in _pairs(parts[2:-1]):
        if literal.strip():
            literals.append(literal)
            groups.append([])
        groups[-1].append(_value(inside, values))
    if groups:
        literals.append(parts[-1])
    return literals, [" ".join(filter(None, group)) for group in groups]


def _pairs(parts: list[str]) -> Iterator[tuple[str, str]]:
    return zip(parts[::2], parts[1::2], strict=True)


def _value(inside: str, values: Mapping[str, str | None]) -> str:
    token = _token(inside)
    return _plain(values.get(token.name) or "") or token.fallback


def _closed(before: str, after: str, *, is_start: bool) -> str:
    """The host's words on both sides of a gap, brought together (rules 2 to 4)."""
    front = _without_lead(before, is_start=is_start)
    while front and _is_pair(front[-1], after):
        front, after = _without_lead(front[:-1], is_start=is_start), after.lstrip()[1:]
    if front[-1:] in _OPENING or (is_start and not front):
        after = _without_follow(after)
    # The words kept their distance before: "Call {{ company.name }}2" must not become "Call2".
    glue = " " if front[-1:].isalnum() and after[:1].isalnum() else ""
    return front + glue + after


def _is_pair(opening: str, after: str) -> bool:
    # A straight quotation mark looks the same at both ends: only one right behind the gap can close it.
    rest = after if opening == '"' else after.lstrip()
    return bool(rest) and _PAIRS.get(opening) == rest[0]


def _without_lead(words: str, *, is_start: bool) -> str:
    rest = words.rstrip(_SEPARATORS)
    last = _LAST_WORD.search(rest)
    if last is None or not _joins(last[0], is_first=is_start and not rest[: last.start()].strip()):
        return rest
    return rest[: last.start()].rstrip(_SEPARATORS)


def _without_follow(words: str) -> str:
    rest = words.lstrip(_SEPARATORS)
    first = _FIRST_WORD.search(rest)
    if first is None or not _joins(first[0]):
        return rest
    return rest[first.end() :].lstrip(_SEPARATORS)


def _joins(word: str, *, is_first: bool = False) -> bool:
    """A capital marks a name or an abbreviation, except at the title's start."""
    return (word.lower() if is_first else word) in JOINING_WORDS


def _plain(words: str, *, braces: bool = False) -> str:
    line = _BLANKS.sub(" ", _UNFIT.sub(" ", words)).strip()
    return line if braces else line.translate(_ROUND)


def shortened(line: str) -> str:
    """A title as long as it may be."""
    return line if len(line) <= TITLE_MAX else line[: TITLE_MAX - 1].rstrip() + "…"
