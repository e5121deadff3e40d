"""The language of what an address is about: what a link's or a booking's page refuses is said as the page says it."""

from contextlib import suppress

from flask import request

from meetings import clock, i18n
from meetings.errors import NotFound
from meetings.models import Link
from meetings.services import access, single_use

from . import guard
from .visit import choose_locale, once


def speak() -> None:
    """Use it for the rest of the request. A link that the visitor may not know of is as unknown as any other."""
    if request.blueprint in guard.PUBLIC:
        i18n.speak(choose_locale(*_wanted()))


def _wanted() -> tuple[str, str]:
    """Language and formats."""
    given = request.view_args or {}
    link = _link(given["slug"]) if "slug" in given else None
    if link is not None:
        return link.scheduling["language"], link.scheduling["date_format"]
    booking = access.booking_named(given["token"]) if "token" in given else None
    return (booking.locale if booking else "auto"), "auto"


def _link(slug: str) -> Link | None:
    """The link of this address, for whoever was invited also once the invitation is over."""
    with suppress(NotFound):
        return single_use.link_at(slug, once(), clock.now(), is_sent=True)
    with suppress(NotFound):  # no such invitation, but a page for everybody
        return access.public_link(slug)
    return None
