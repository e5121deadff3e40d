"""How many failed tries there may be, kept in the database so that a restart forgives nothing."""

from datetime import datetime, timedelta

from flask import current_app

from meetings import db
from meetings.errors import RateLimited
from meetings.models import Attempt

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5  # failed tries on one account from one address within the window
PER_ADDRESS = 20  # failed tries from one address within the window
KEY_MAX = 320


def refuse_after(key: str, allowed: int, now: datetime) -> None:
    """Raise RateLimited once there were `allowed` failures under `key` within the window."""
    if is_spent(key, allowed, now):
        raise RateLimited(retry_after=int(WINDOW.total_seconds()))


def refuse_since(key: str, allowed: int, start: datetime) -> None:
    """Raise RateLimited once there were `allowed` under `key` after `start`."""
    if current_app.config["RATELIMIT_ENABLED"] and Attempt.since(key[:KEY_MAX], start) >= allowed:
        raise RateLimited(retry_after=int(WINDOW.total_seconds()))


def is_spent(key: str, allowed: int, now: datetime, within: timedelta = WINDOW) -> bool:
    """Whether there were `allowed` failures under `key` lately."""
    if not current_app.config["RATELIMIT_ENABLED"]:
        return False
    return Attempt.since(key[:KEY_MAX], now - within) >= allowed


def note(keys: list[str], now: datetime) -> None:
    """Keep a failure under each of the keys."""
    with db.transaction():
        for key in keys:
            Attempt.create(key=key[:KEY_MAX], at=now)


def forgive(key: str) -> None:
    """Forget the failures under `key`; the caller holds the transaction."""
    Attempt.delete().where(Attempt.key == key[:KEY_MAX]).execute()
