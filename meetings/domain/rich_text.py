"""Light Markdown in descriptions: bold, italic, links, lists, line breaks. Whatever else is typed is plain text.

One parser reads all three ways out: `check` on the way in, `to_html` for pages and mails, `to_text` for calendars and
the text part of mails.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from meetings.domain.fields import Check, Checked, Flaw, harmless, text

_RULES: Final = ("emphasis", "link", "autolink", "list", "newline", "escape")
_SCHEMES: Final = frozenset({"https", "http", "mailto", "tel"})
_FIT = re.compile(r"(?:https?://|mailto:|tel:)[^\s/]", re.IGNORECASE)  # what a browser would guess at is not a link
_TAGS: Final = frozenset({"p", "br", "strong", "em", "a", "ul", "ol", "li"})
_BULLET: Final = "•"
_REMEMBERED: Final = 256  # descriptions; a public page shows the same one again and again

Styles = Mapping[str, str]  # by tag, for mails: they bring no style sheet that every program reads


def is_link(address: str) -> bool:
    """Whether an address may be linked to."""
    return bool(_FIT.match(address))


@cache
def _parser(*, is_trusting: bool = False) -> MarkdownIt:
    """The one that pages trust takes fit addresses for links, the trusting one any: to find those that are not."""
    parser = MarkdownIt("zero", {"breaks": True, "html": False}).enable(list(_RULES))
    setattr(parser, "validateLink", bool if is_trusting else is_link)  # noqa: B010 - a method, of which it makes a field
    return parser


# ---- in --------------------------------------------------------------------------------------------------------------


def check(maximum: int) -> Check:
    """Markdown of so many characters, kept as it was typed; links lead to the web, a mailbox or a phone."""
    plain = text(maximum, lines=True)

    def checked(value: object, path: str) -> Checked:
        tidy, flaws = plain(value, path)
        if flaws or not tidy:
            return tidy, flaws
        unfit = dict.fromkeys(address for address in _addresses(tidy) if not is_link(address))
        wrong = [Flaw(path, "unfit-link", {"address": harmless(address)}) for address in unfit]
        return (None if wrong else tidy), wrong[:1]

    return checked


def _addresses(source: str) -> Iterator[str]:
    for block in _parser(is_trusting=True).parse(source):
        for token in block.children or ():
            if token.type == "link_open":
                yield str(token.attrGet("href") or "")


# ---- out -------------------------------------------------------------------------------------------------------------


def to_html(source: str, *, in_new_tab: bool = False) -> str:
    """What was typed, as safe HTML. `in_new_tab`: where following a link must not lose what is on the page."""
    return _html(source, in_new_tab=in_new_tab, styles=())


def to_mail_html(source: str, styles: Styles) -> str:
    """The same with a style on each tag that has one."""
    return _html(source, in_new_tab=False, styles=tuple(sorted(styles.items())))


@lru_cache(maxsize=_REMEMBERED)
def _html(source: str, *, in_new_tab: bool, styles: tuple[tuple[str, str], ...]) -> str:
    wanted = {tag: {"style": style} for tag, style in styles}
    if in_new_tab:
        wanted["a"] = {**wanted.get("a", {}), "target": "_blank"}
    return nh3.clean(
        str(_parser().render(source)),
        tags=set(_TAGS),
        attributes={"a": {"href"}, "ol": {"start"}, "*": set()},
        attribute_filter=_fit,
        url_schemes=set(_SCHEMES),
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values=wanted,
    ).strip()


def _fit(_tag: str, attribute: str, value: str) -> str | None:
    return None if attribute == "href" and not is_link(value) else value


@lru_cache(maxsize=_REMEMBERED)
def to_text(source: str) -> str:
    """How one would write it without any marks: "words (address)" for links, a dot before what is listed."""
    lines: list[str] = []
    lists: list[_List] = []
    item = ""  # what stands before the next line, where a list begins one
    for token in _parser().parse(source):
        match token.type:
            case "paragraph_open" if not token.hidden and not item:
                lines += _gap(lines, lists)
            case "bullet_list_open" | "ordered_list_open":
                lines += [] if lists else _gap(lines, lists)
                lists.append(_List(token))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                item = lists[-1].mark()
            case "inline":
                indent = "".join("  " for _ in lists[1:])
                first, *more = _words(token.children or []).split("\n")
                hanging = "  " if lists else ""
                lines.append(f"{indent}{item or hanging}{first}")
                lines += [f"{indent}{hanging}{line}" for line in more]
                item = ""
    return "\n".join(lines).strip()


class _List:
    """A list that is being written, with the number of its next entry if it counts."""

    def __init__(self, token: Token) -> None:
        self.number = int(token.attrGet("start") or 1)
        self.is_ordered = token.type == "ordered_list_open"

    def mark(self) -> str:
        """What stands before the next entry."""
        if not self.is_ordered:
            return f"{_BULLET} "
        self.number += 1
        return f"{self.number - 1}. "


def _gap(lines: list[str], lists: list[_List]) -> list[str]:
    """An empty line between paragraphs; within a list only before a further paragraph of an entry."""
    return [""] if lines and not (lists and not lines[-1]) else []


def _words(tokens: list[Token]) -> str:
    """A paragraph's text."""
    parts: list[str] = []
    began, address = 0, ""
    for token in tokens:
        match token.type:
            case "text" | "text_special":
                parts.append(token.content)
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "link_open":
                began, address = len(parts), str(token.attrGet("href") or "")
            case "link_close":
                said = "".join(parts[began:])
                parts[began:] = [_link(said, address)]
    return "".join(parts)


def _link(said: str, address: str) -> str:
    shown = re.sub(r"^(?:mailto|tel):", "", address, flags=re.IGNORECASE)
    if said.strip() in {"", address, shown} or re.sub(r"^https?://", "", address).rstrip("/") == said.strip("/ "):
        return said if said.strip() and "://" not in address else address if "://" in address else shown
    return f"{said} ({shown})"
