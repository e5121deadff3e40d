"""How each host stands to a time, in words: free or not, and what is in the way."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for

from meetings import i18n
from meetings.domain.availability import Kind
from meetings.domain.explain import Cause, Hindrance
from meetings.i18n import gettext as _
from meetings.services.explaining import HostAccount, Obstacle

from .words import Words


@dataclass(frozen=True)
class Thing:
    """One thing in a host's way. `url`: the booking, where its reader may see it."""

    words: str
    when: str
    gap: str
    url: str


@dataclass(frozen=True)
class HostSays:
    """How a host stands to the time."""

    state: str
    tone: str  # "good", "bad" or "soft"
    icon: str
    things: list[Thing]
    ignored: list[Thing]
    note: str


def host(words: Words, one: HostAccount) -> HostSays:
    """How one host stands to the time."""
    things = [_thing(words, one, obstacle) for obstacle in one.obstacles if obstacle.is_counted]
    ignored = [_thing(words, one, obstacle) for obstacle in one.obstacles if not obstacle.is_counted]
    kind = words.account.explanation.free.kind
    if one.verdict.is_paused:
        return HostSays(_("Paused"), "soft", "off", [], [], _("Left out of this link for now."))
    if not one.verdict.is_needed:
        note = _("Invited if they can; whether they are free isn’t checked.")
        return HostSays(_("Optional"), "soft", "info", things, ignored, note)
    is_unchecked = kind == Kind.ROUND_ROBIN and not one.host.check_availability
    note = _("Only meetings booked here count; their calendar isn’t checked.") if is_unchecked else ""
    if one.verdict.is_free:
        return HostSays(_("Free"), "good", "good", things, ignored, note)
    return HostSays(_("Not free"), "bad", "bad", things, ignored, note)


def what(one: HostAccount, obstacle: Obstacle) -> str:
    """What is in a host's way."""
    return _NAMES[obstacle.hindrance.cause](one, obstacle)


def _thing(words: Words, one: HostAccount, obstacle: Obstacle) -> Thing:
    hindrance = obstacle.hindrance
    url = url_for("bookings.show", public_id=obstacle.booking_id) if obstacle.booking_id else ""
    is_timed = hindrance.cause != Cause.LIMITS
    return Thing(
        words=what(one, obstacle),
        when=words.when(hindrance.span) if is_timed else "",
        gap=_gap(words, hindrance) if hindrance.left is not None else "",
        url=url,
    )


def _gap(words: Words, hindrance: Hindrance) -> str:
    """How much is free beside it, and how much has to be."""
    needed, left = i18n.duration(hindrance.gap, words.locale), hindrance.left or 0
    names = {"needed": needed, "left": i18n.duration(left, words.locale)}
    if hindrance.buffer > words.account.rules.buffer and hindrance.buffer == hindrance.gap:
        if not left:
            return _("Right beside it, but it was booked with %(needed)s free around it.", **names)
        return _("%(left)s away, but it was booked with %(needed)s free around it.", **names)
    if not left:
        return _("Right beside it, but %(needed)s have to be free between meetings.", **names)
    return _("%(left)s away, but %(needed)s have to be free between meetings.", **names)


def _booking(_one: HostAccount, obstacle: Obstacle) -> str:
    if not obstacle.booking_id:
        return _("Another meeting")
    if not obstacle.contact:
        return obstacle.title
    return _("%(title)s, with %(contact)s", title=obstacle.title, contact=obstacle.contact)


def _event(_one: HostAccount, obstacle: Obstacle) -> str:
    return obstacle.title or _("Busy")


def _limits(one: HostAccount, obstacle: Obstacle) -> str:
    if obstacle.is_holiday:
        return _("A public holiday: %(name)s", name=obstacle.title)
    if obstacle.schedule:
        return _("Outside %(host)s’s schedule “%(schedule)s”", host=one.host.name, schedule=obstacle.schedule)
    return _("Outside the link’s hours")  # which limit whoever has no schedule


_NAMES: dict[Cause, Callable[[HostAccount, Obstacle], str]] = {
    Cause.BOOKING: _booking,
    Cause.EVENT: _event,
    Cause.LIMITS: _limits,
}
