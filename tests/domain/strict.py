"""A strict reader of calendar objects (RFC 5545, 3.1), written here: it shares no code with what writes them."""

import re
from datetime import UTC, datetime
from typing import Any

_NAME = r"[A-Z0-9-]+"
_PARAM = rf'{_NAME}=(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^"\x00-\x08\x0a-\x1f\x7f;:,]*)'
_LINE = re.compile(rf"({_NAME})((?:;{_PARAM})*):(.*)", re.DOTALL)
_TEXT = {"SUMMARY", "DESCRIPTION", "LOCATION"}
_ESCAPES = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}


def read_strictly(data: bytes) -> list[tuple[str, dict[str, str], str]]:
    """(name, parameters, value) of every line. Fails on whatever the standard does not allow."""
    assert data.endswith(b"\r\n")
    assert not data.endswith(b"\r\n\r\n")
    physical = data.removesuffix(b"\r\n").split(b"\r\n")
    for line in physical:
        assert len(line) <= 75, line
        assert b"\r" not in line
        assert b"\n" not in line
        line.decode()  # never folded inside a letter
    logical = re.sub(rb"\r\n[ \t]", b"", data.removesuffix(b"\r\n")).decode().split("\r\n")
    return [_one(line) for line in logical]


def _one(line: str) -> tuple[str, dict[str, str], str]:
    match = _LINE.fullmatch(line)
    assert match, line
    name, params, value = match.groups()
    found = re.findall(rf";({_NAME})=(\"[^\"]*\"|[^\";:,]*)", params)
    if name in _TEXT:
        assert not re.search(r"(?<!\\)(?:\\\\)*\\[^nN,;\\]", value)
        value = re.sub(r"\\[nN,;\\]", lambda escape: _ESCAPES[escape[0]], value)
    return name, {key: text.strip('"') for key, text in found}, value


def strict_facts(data: bytes) -> dict[str, Any]:
    lines = read_strictly(data)
    values = {name: value for name, _, value in lines}
    people = [(name, params.get("CN", ""), value) for name, params, value in lines if name in ("ATTENDEE", "ORGANIZER")]
    return {
        "uid": values["UID"],
        "sequence": int(values["SEQUENCE"]),
        "start": utc(values["DTSTART"]),
        "end": utc(values["DTEND"]),
        "stamp": utc(values["DTSTAMP"]),
        "status": values["STATUS"],
        "title": values["SUMMARY"],
        "description": values.get("DESCRIPTION", ""),
        "location": values.get("LOCATION", ""),
        "people": sorted(people),
    }


def utc(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
