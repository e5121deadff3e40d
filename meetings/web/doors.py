"""Who each page is open to. Every address stands behind a door; an app with one that doesn't refuses to start.

Pages for users are behind `login_required` or `admin_required` (session.py), calls of the API behind what their table
says (api/calls.py). All others are listed here: what needs no sign-in has to be written down.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from flask import Flask


class Door(StrEnum):
    """What lets somebody in."""

    NONE = "none"  # anybody
    ADDRESS = "address"  # whoever has a link's address, where the link may be by invitation
    BOOKING = "booking"  # the contact, by the token of their booking
    MAILBOX = "mailbox"  # whoever reads a mailbox, by a link that was sent there
    CODE = "code"  # whoever has the one-time code of the set-up
    USER = "user"  # who is signed in; what they may see of the rest, services/access.py says
    ADMIN = "admin"  # who is signed in and looks after the instance
    CALL = "call"  # a call of the API, see there


OPEN: Final[Mapping[str, Door]] = {
    "static": Door.NONE,
    "assets.file": Door.NONE,
    "embed.script": Door.NONE,
    "health.healthz": Door.NONE,
    "health.readyz": Door.NONE,
    "pictures.file": Door.NONE,
    "pictures.logo": Door.NONE,
    "workspace.theme": Door.NONE,
    "zones.choose": Door.NONE,
    "account.home": Door.NONE,
    "account.sign_in": Door.NONE,
    "account.sign_out": Door.NONE,
    "account.forgot": Door.NONE,
    "account.set_password": Door.MAILBOX,
    "setup.index": Door.CODE,
    "booking.page": Door.ADDRESS,
    "booking.book": Door.ADDRESS,
    "booking.forget": Door.ADDRESS,
    "embed.page": Door.ADDRESS,
    "embed.book": Door.ADDRESS,
    "text.times": Door.ADDRESS,
    "embed.booked": Door.BOOKING,
    "manage.page": Door.BOOKING,
    "manage.mine": Door.BOOKING,
    "manage.further": Door.BOOKING,
    "manage.invitation": Door.BOOKING,
    "manage.address": Door.BOOKING,
    "manage.mend": Door.BOOKING,
    "manage.cancel": Door.BOOKING,
    "manage.call_off": Door.BOOKING,
    "manage.reschedule": Door.BOOKING,
    "manage.move": Door.BOOKING,
    "manage.reminders": Door.BOOKING,
    "manage.switch_reminders": Door.BOOKING,
    "rights.ask": Door.NONE,
    "rights.open_link": Door.MAILBOX,
    "rights.mine": Door.MAILBOX,
    "rights.download": Door.MAILBOX,
    "rights.withdraw": Door.MAILBOX,
    "rights.erase": Door.MAILBOX,
}
_MARK = "door"


class NoDoor(Exception):
    """An address that nobody has decided about."""


def behind(door: Door, view: Callable[..., Any]) -> None:
    """Mark a view with its door, where the view sees to it by itself."""
    vars(view)[_MARK] = door


def door_of(app: Flask, endpoint: str) -> Door | None:
    """The door of an address; None if there is no such address, or nobody has decided about it."""
    marked = vars(app.view_functions[endpoint]).get(_MARK) if endpoint in app.view_functions else None
    if endpoint.startswith("api."):
        return Door.CALL
    return marked or OPEN.get(endpoint)


def check(app: Flask) -> None:
    """Raise NoDoor if an address has none, or one is listed that isn't there."""
    undecided = sorted(endpoint for endpoint in app.view_functions if door_of(app, endpoint) is None)
    gone = sorted(OPEN.keys() - app.view_functions.keys())
    if undecided or gone:
        raise NoDoor(f"Say in web/doors.py who may open {undecided}; it names {gone}, which are gone")
