"""What one page of the wizard is made from."""

from dataclasses import dataclass
from datetime import datetime

from meetings.models import Link

from ..forms.wizard import Typed
from .rules import Judgement


@dataclass
class Page:
    """A step with all that its parts are made from."""

    link: Link
    step: str
    typed: Typed
    found: Judgement
    errors: dict[str, list[str]]
    locale: str
    now: datetime
