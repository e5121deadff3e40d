"""What the form page shows about privacy beside its controls."""

from typing import Any

from meetings.domain.form import ACCOUNT, CHECKBOXES_MAX
from meetings.services import consents, subscriptions

from .. import terms
from ..forms.wizard.typed import Typed
from ..legal import basis_names
from .page import Page


def context(page: Page) -> dict[str, Any]:
    """The account's words where the link has none of its own, and what can be chosen."""
    typed = page.typed["consent"]
    is_account = typed["mode"] == ACCOUNT
    account = consents.shown(consents.account_consent(), page.locale) if is_account else None
    return {"account_terms": terms.drawn(account) if account else None, "consent_choices": choices(typed, page.locale)}


def choices(typed: Typed, locale: str) -> dict[str, Any]:
    """What the controls offer, on this page and in the settings."""
    return {
        "subscriptions": list(subscriptions.labels(locale).items()),
        "legal_bases": list(basis_names().items()),
        "has_room": len(typed["boxes"]) < CHECKBOXES_MAX,
    }
