"""What nobody needs any more is cleared away: ended sessions, old attempts, used or stale password links."""

import logging
from datetime import datetime, timedelta

from .. import db
from ..models import Attempt, PasswordLink, Session

ATTEMPTS_KEPT = timedelta(days=1)
JOURNAL_MOST = 64 * 2**20  # bytes
LINKS_KEPT = timedelta(days=30)  # after they ended: so that an old one can be told from a wrong one

log = logging.getLogger(__name__)


def clear_away(now: datetime) -> int:
    """Delete what has ended; returns how many rows."""
    _watch_journal()
    with db.transaction():
        return int(
            Session.delete().where(Session.expires_at <= now).execute()
            + Attempt.delete().where(Attempt.at < now - ATTEMPTS_KEPT).execute()
            + PasswordLink.delete().where(PasswordLink.expires_at < now - LINKS_KEPT).execute()
        )


def _watch_journal() -> None:
    size = db.journal_size()
    if size > JOURNAL_MOST:
        log.warning("Some program has been reading the database for long: its journal has grown to %d MB", size >> 20)
