"""How often one address may do a thing. Counted in memory, for this process; pages and API draw on the same budgets."""

import time
from ipaddress import IPv6Network, ip_address

from flask import Flask, current_app
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from .errors import RateLimited

LOOKS: RateLimitItem = RateLimitItemPerMinute(300)  # per address: a whole office may sit behind one
TRIES: RateLimitItem = RateLimitItemPerMinute(30)  # posts on public pages, per address
BOOKINGS: RateLimitItem = RateLimitItemPerHour(10)  # bookings made, per address
HOST_BOOKINGS: RateLimitItem = RateLimitItemPerHour(30)  # bookings made through one link, from all addresses
ANSWERS: RateLimitItem = RateLimitItemPerHour(20)  # wrong answers to the question that tells people from robots
QUICK_FORMS: RateLimitItem = RateLimitItemPerHour(5)  # sent quicker than people write, before that is held against them
CHANGES: RateLimitItem = RateLimitItemPerHour(10)  # meetings moved or cancelled by one contact: each is mail to hosts
STRANGERS_CHANGES: RateLimitItem = RateLimitItemPerHour(5)  # by a contact of whom we don't know that the mail is theirs
TEST_MAILS: RateLimitItem = RateLimitItemPerHour(30)  # that a user sends to themselves


def init_app(app: Flask) -> None:
    """Give the app counters of its own."""
    app.extensions["rate_limiter"] = MovingWindowRateLimiter(MemoryStorage())


def place(address: str | None) -> str:
    """What counts as one visitor: an IPv4 address, or the network of 64 bits that one household has of IPv6."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return str(address)
    return str(found) if found.version == 4 else str(IPv6Network((int(found) >> 64 << 64, 64)))


def spend(limit: RateLimitItem, *key: object) -> None:
    """Count one act under a key. Raises RateLimited when there were too many."""
    if is_on() and not _limiter().hit(limit, *map(str, key)):
        raise RateLimited(_seconds_left(limit, *map(str, key)))


def afford(limit: RateLimitItem, *key: object) -> None:
    """Raise RateLimited when an act under this key would be one too many, without counting it."""
    if is_on() and not _limiter().test(limit, *map(str, key)):
        raise RateLimited(_seconds_left(limit, *map(str, key)))


def is_often(limit: RateLimitItem, *key: object) -> bool:
    """Count one act under a key, and tell whether there were more than the limit."""
    return is_on() and not _limiter().hit(limit, *map(str, key))


def afford_booking(address: str | None, link_id: int) -> None:
    """Raise RateLimited when this address, or all together through this link, have booked too much."""
    afford(BOOKINGS, "booked", place(address))
    afford(HOST_BOOKINGS, "link", link_id)


def note_booking(address: str | None, link_id: int) -> None:
    """Count a booking that was made. Never refuses: one that stands is not told off for others made meanwhile."""
    if is_on():
        _limiter().hit(BOOKINGS, "booked", place(address))
        _limiter().hit(HOST_BOOKINGS, "link", str(link_id))


def bookings_lately(link_id: int) -> int:
    """How many bookings were made through a link within the last hour, as far as limits count them."""
    if not is_on():
        return 0
    return HOST_BOOKINGS.amount - _limiter().get_window_stats(HOST_BOOKINGS, "link", str(link_id)).remaining


def afford_change(contact_id: int, *, is_known: bool) -> None:
    """Raise RateLimited when a contact has moved and cancelled too much."""
    afford(CHANGES if is_known else STRANGERS_CHANGES, "changed", contact_id)


def note_change(contact_id: int) -> None:
    """Count a meeting that a contact has moved or cancelled."""
    if is_on():
        for limit in (CHANGES, STRANGERS_CHANGES):
            _limiter().hit(limit, "changed", str(contact_id))


def is_on() -> bool:
    """Whether anything is limited at all."""
    return bool(current_app.config["RATELIMIT_ENABLED"])


def _limiter() -> MovingWindowRateLimiter:
    limiter: MovingWindowRateLimiter = current_app.extensions["rate_limiter"]
    return limiter


def _seconds_left(limit: RateLimitItem, *key: str) -> int:
    reset = _limiter().get_window_stats(limit, *key).reset_time
    return max(1, int(reset - time.time()) + 1)
