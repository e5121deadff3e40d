"""Making and changing scheduling links. The document's rules are in domain/link.py, for wizard and API alike."""

from .changes import create, judge, save_section, team_flaws, update
from .documents import document, documents
from .drafts import (
    forget_unsaved,
    has_made_up_slug,
    keep_unsaved,
    nameless_draft,
    publish,
    set_organizer,
    start_draft,
)
from .life import (
    UNDO_LASTS,
    clear_deleted,
    delete,
    deleted_link,
    duplicate,
    gone_from,
    restore,
    switch_off,
    switch_on,
)
from .slugs import is_slug_free, suggest_slug
from .transfers import clear_transfers, foresee_transfer, recent_transfers, transfer, undo_transfer
from .writing import surroundings

__all__ = [
    "UNDO_LASTS",
    "clear_deleted",
    "clear_transfers",
    "create",
    "delete",
    "deleted_link",
    "document",
    "documents",
    "duplicate",
    "foresee_transfer",
    "forget_unsaved",
    "gone_from",
    "has_made_up_slug",
    "is_slug_free",
    "judge",
    "keep_unsaved",
    "nameless_draft",
    "publish",
    "recent_transfers",
    "restore",
    "save_section",
    "set_organizer",
    "start_draft",
    "suggest_slug",
    "surroundings",
    "switch_off",
    "switch_on",
    "team_flaws",
    "transfer",
    "undo_transfer",
    "update",
]
