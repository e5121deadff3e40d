"""What stands between robots and the form, solved as programs would."""

from collections.abc import Mapping
from typing import Any

import altcha


def solution(challenge: Mapping[str, Any]) -> str:
    """The payload that solves a challenge."""
    parsed = altcha.Challenge.from_dict(dict(challenge))
    found = altcha.solve_challenge(parsed)
    assert found is not None
    return altcha.Payload(parsed, found).to_base64()
