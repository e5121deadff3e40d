"""The only place that asks for the time; only the edges (web, API, commands, jobs) import it."""

from collections.abc import Callable
from datetime import UTC, datetime


def _system_now() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system_now


def now() -> datetime:
    """The present instant, aware and in UTC."""
    return _source()


def set_source(source: Callable[[], datetime] | None) -> None:
    """Let tests move the clock; None goes back to the system's."""
    global _source
    _source = source or _system_now
