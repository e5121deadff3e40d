"""Words of privacy law, as pages say them, and words to begin with for whoever has to write some."""

from collections.abc import Mapping
from typing import Any

from meetings import render
from meetings.domain.form import CONSENT, IMPLICIT, LEGAL_BASES, ONE_TO_ONE
from meetings.i18n import gettext as _
from meetings.models import workspace


def basis_names() -> Mapping[str, str]:
    """The legal bases by their codes, in the order in which they are offered."""
    names = {
        "legitimate_interest_prospect": _("Legitimate interest: may become a customer"),
        "legitimate_interest_customer": _("Legitimate interest: is a customer"),
        "legitimate_interest_other": _("Legitimate interest: other"),
        "performance_of_contract": _("Needed for a contract"),
        "consent_with_notice": _("Freely agreed, after a notice"),
        "not_applicable": _("The GDPR does not apply"),
    }
    return {basis: names[basis] for basis in LEGAL_BASES}


def suggested_consent() -> dict[str, Any]:
    """A page's words in the reader's language, for them to make their own."""
    team, address = workspace.team_name(), render.absolute_url("/privacy")
    label = _("%(team)s may write to me about news and offers. I can end this at any time.", team=team)
    return {
        "mode": CONSENT,
        "text": "",
        "privacy_text": _(
            "We use your details to prepare and hold this meeting. [See what we keep, or have it erased](%(address)s).",
            address=address,
        ),
        "processing": IMPLICIT,
        "processing_label": "",
        "checkboxes": [{"id": "news", "label": label, "required": False, "subscription": ONE_TO_ONE}],
    }
