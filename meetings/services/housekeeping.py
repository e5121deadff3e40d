"""What nobody needs any more is cleared away: ended sessions, old attempts, stale links of all sorts and challenges."""

import logging
from datetime import datetime, timedelta

from .. import db
from ..models import Attempt, Delivery, PasswordLink, RightsLink, Session, UsedChallenge
from ..models.outbox import PENDING, SENDING
from . import contact_files, links, single_use

ATTEMPTS_KEPT = timedelta(days=1)
JOURNAL_MOST = 64 * 2**20  # bytes
RIGHTS_KEPT = timedelta(days=1)
LINKS_KEPT = timedelta(days=30)  # after they ended: so that an old one can be told from a wrong one

log = logging.getLogger(__name__)


def clear_away(now: datetime) -> int:
    """Delete what has ended; returns how many rows."""
    _watch_journal()
    db.empty_journal()
    with db.transaction():
        return int(
            Session.delete().where(Session.expires_at <= now).execute()
            + Attempt.delete().where(Attempt.at < now - ATTEMPTS_KEPT).execute()
            + PasswordLink.delete().where(PasswordLink.expires_at < now - LINKS_KEPT).execute()
            + UsedChallenge.delete().where(UsedChallenge.expires_at <= now).execute()
            + _clear_rights(now)
            + links.clear_deleted(now)
            + links.clear_transfers(now)
            + single_use.clear_ended(now - LINKS_KEPT)
            + contact_files.clear_ended(now)
        )


def _clear_rights(now: datetime) -> int:
    """Links to see what is kept, and their mails' rows: these name addresses of which nothing else may be known."""
    over = RightsLink.delete().where(RightsLink.expires_at <= now).execute()
    is_done = Delivery.state.not_in((PENDING, SENDING)) & (Delivery.due_at < now - RIGHTS_KEPT)
    return int(over + Delivery.delete().where(Delivery.kind == "rights", is_done).execute())


def _watch_journal() -> None:
    size = db.journal_size()
    if size > JOURNAL_MOST:
        log.warning("Some program has been reading the database for long: its journal has grown to %d MB", size >> 20)
