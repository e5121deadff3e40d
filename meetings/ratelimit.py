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
    if _is_limited() and not _limiter().hit(limit, *map(str, key)):
        raise RateLimited(_seconds_left(limit, *map(str, key)))


def afford(limit: RateLimitItem, *key: object) -> None:
    """Raise RateLimited when an act under this key would be one too many, without counting it."""
    if _is_limited() and not _limiter().test(limit, *map(str, key)):
        raise RateLimited(_seconds_left(limit, *map(str, key)))


def afford_booking(address: str | None, link_id: int) -> None:
    """Raise RateLimited when this address, or all together through this link, have booked too much."""
    afford(BOOKINGS, "booked", place(address))
    afford(HOST_BOOKINGS, "link", link_id)


def note_booking(address: str | None, link_id: int) -> None:
    """Count a booking that was made. Never refuses: one that stands is not told off for others made meanwhile."""
    if _is_limited():
        _limiter().hit(BOOKINGS, "booked", place(address))
        _limiter().hit(HOST_BOOKINGS, "link", str(link_id))


def _is_limited() -> bool:
    return bool(current_app.config["RATELIMIT_ENABLED"])


def _limiter() -> MovingWindowRateLimiter:
    limiter: MovingWindowRateLimiter = current_app.extensions["rate_limiter"]
    return limiter


def _seconds_left(limit: RateLimitItem, *key: str) -> int:
    reset = _limiter().get_window_stats(limit, *key).reset_time
    return max(1, int(reset - time.time()) + 1)
