"""What a contact was shown and agreed to, as hosts read it."""

from collections.abc import Iterable
from dataclasses import dataclass

from meetings.domain import rich_text
from meetings.domain.consent import COMMUNICATION, NOTICE
from meetings.domain.form import LEGITIMATE_INTEREST, PROCESSING
from meetings.i18n import gettext as _
from meetings.i18n import lazy_gettext as _l
from meetings.models import Consent
from meetings.services import subscriptions

from .agenda import State
from .legal import basis_names
from .session import Reader

_ABOUT = {
    NOTICE: _l("Notice"),
    PROCESSING: _l("Use of details"),
    COMMUNICATION: _l("Messages"),
    LEGITIMATE_INTEREST: _l("Legitimate interest"),
}


@dataclass(frozen=True)
class Statement:
    """A line about privacy."""

    about: str
    wording: str
    note: str
    state: State


def statements(rows: Iterable[Consent], whom: Reader) -> list[Statement]:
    """Lines for these rows, in their order."""
    found = list(rows)
    labels = subscriptions.labels(whom.locale) if found else {}
    return [_line(row, labels.get(row.subscription, row.subscription), whom) for row in found]


def _line(row: Consent, subscription: str, whom: Reader) -> Statement:
    note = (whom.date_time_short(row.created_at), row.locale, row.address, basis_names().get(row.legal_basis, ""))
    return Statement(
        subscription or str(_ABOUT.get(row.purpose, row.purpose)),
        row.wording if row.box else rich_text.to_text(row.wording),
        " · ".join(filter(None, note)),
        _state(row),
    )


def _state(row: Consent) -> State:
    if row.is_given:
        return State("good", "good", _("Agreed")) if row.box else State("soft", "info", _("Was told"))
    return State("soft", "x", _("Left blank")) if row.box else State("warn", "x", _("Withdrawn"))
