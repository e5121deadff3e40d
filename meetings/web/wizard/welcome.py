"""The page of the welcome: whether contacts see the times of their own host, and what greets them before that."""

from typing import Any

from meetings.domain.sections import WELCOME_MAX
from meetings.services import branding, pictures

from ..forms.wizard.welcome import TEXT
from .page import Page


def context(_page: Page) -> dict[str, Any]:
    """What the template needs beside what every page has."""
    return {
        "has_logo": bool(branding.current().logo),
        "picture_limit": pictures.MEGABYTES_MAX,
        "text_field": TEXT,
        "text_length": WELCOME_MAX,
    }
