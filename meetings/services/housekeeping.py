"""What nobody needs any more is cleared away: ended sessions, old attempts, used or stale password links."""

from datetime import datetime, timedelta

from .. import db
from ..models import Attempt, PasswordLink, Session

ATTEMPTS_KEPT = timedelta(days=1)
LINKS_KEPT = timedelta(days=30)  # after they ended: so that an old one can be told from a wrong one


def clear_away(now: datetime) -> int:
    """Delete what has ended; returns how many rows."""
    with db.transaction():
        return int(
            Session.delete().where(Session.expires_at <= now).execute()
            + Attempt.delete().where(Attempt.at < now - ATTEMPTS_KEPT).execute()
            + PasswordLink.delete().where(PasswordLink.expires_at < now - LINKS_KEPT).execute()
        )
