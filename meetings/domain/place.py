"""Where a meeting takes place: free words, an address, a phone number, or an address of the web."""

import re
from dataclasses import dataclass
from typing import Final

CUSTOM: Final = "custom"
ADDRESS: Final = "address"
PHONE: Final = "phone"
LINK: Final = "link"

_WEB_ADDRESS = re.compile(r"https://[^\s<>\"]+")
_ANY_WEB_ADDRESS = re.compile(r"[(\[<]?https?://\S+", re.IGNORECASE)
_EXTENSION = re.compile(r"\D*(?:ext|x|#|p|poste)\D*(\d+)$", re.IGNORECASE)
_LOOSE_ENDS = " \t\n-–—:;,·|(/"


@dataclass(frozen=True, slots=True)
class Place:
    """A location with its kind, as links and bookings have it."""

    kind: str
    text: str

    @property
    def line(self) -> str:
        """On one line: those of an address with commas between them."""
        lines = [" ".join(line.split()) for line in self.text.splitlines()]
        return ", ".join(line.rstrip(",") for line in lines if line)

    @property
    def join_url(self) -> str:
        """Where a meeting on the web is entered; free words count where they are nothing but such an address."""
        whole = self.text.strip()
        return whole if self.kind in {LINK, CUSTOM} and _WEB_ADDRESS.fullmatch(whole) else ""

    @property
    def call_url(self) -> str:
        """The phone number as a link that calls it (RFC 3966)."""
        if self.kind != PHONE or not self.text.strip():
            return ""
        extension = _EXTENSION.search(self.text.strip())
        number = self.text[: extension.start()] if extension else self.text
        plus = "+" if number.strip().startswith("+") else ""
        dialled = number.replace("(0)", "") if plus else number  # the zero that is left out from abroad
        digits = "".join(character for character in dialled if character.isdecimal())
        return f"tel:{plus}{digits}" + (f";ext={extension[1]}" if extension else "")

    @property
    def public(self) -> str:
        """What everybody may read before they book: not where to walk into a call, nor whose phone rings."""
        if self.kind in {LINK, PHONE}:
            return ""
        if not _ANY_WEB_ADDRESS.search(self.text):
            return self.text
        return " ".join(_ANY_WEB_ADDRESS.sub(" ", self.text).split()).strip(_LOOSE_ENDS)
