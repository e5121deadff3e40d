"""A picture to be chosen: the usual one, the team's logo, or one that was uploaded; and that of the booking page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from meetings.domain.sections import DEFAULT_PICTURE, LOGO

from .typed import Buttons, Patch, Posted, Typed

OWN = "own"
BUTTONS: Buttons = {}


@dataclass(frozen=True, slots=True)
class PictureChoice:
    """Controls of which one tells what is chosen, the other which picture was uploaded."""

    control: str

    @property
    def uploaded(self) -> str:
        """The control that holds the name of the uploaded picture."""
        return f"{self.control}_name"

    def read(self, posted: Posted) -> Typed:
        return {self.control: posted.get(self.control, DEFAULT_PICTURE), self.uploaded: posted.get(self.uploaded, "")}

    def show(self, picture: str) -> Typed:
        is_own = picture not in {DEFAULT_PICTURE, LOGO}
        return {self.control: OWN if is_own else picture, self.uploaded: picture if is_own else ""}

    def value(self, typed: Typed) -> str:
        """What the document says; one's own, once there is one."""
        own = typed[self.uploaded] or DEFAULT_PICTURE
        return str(own if typed[self.control] == OWN else typed[self.control])


ON_PAGE: Final = PictureChoice("picture")


def read(posted: Posted) -> Typed:
    return ON_PAGE.read(posted)


def show(document: Mapping[str, Any]) -> Typed:
    return ON_PAGE.show(document["scheduling"]["picture"])


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    return Patch({"scheduling": {"picture": ON_PAGE.value(typed)}})
