"""Signed tokens and the clock."""

import pytest
from itsdangerous import TimestampSigner

from meetings.secrets import Signer

SIGNER = Signer("key")


@pytest.mark.parametrize(("moved", "found"), [(-90_000, "value"), (0, "value"), (60, "value"), (62, None)])
def test_a_timed_token_runs_out_but_not_by_a_clock_set_back(
    monkeypatch: pytest.MonkeyPatch, moved: int, found: str | None
) -> None:
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: 1_800_000_000)
    token = SIGNER.sign_timed("purpose", "value")
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: 1_800_000_000 + moved)
    assert SIGNER.unsign_timed("purpose", token, 60) == found


def test_a_timed_token_of_somebody_else_is_worth_nothing() -> None:
    assert SIGNER.unsign_timed("purpose", Signer("other").sign_timed("purpose", "value"), 60) is None
    assert SIGNER.unsign_timed("other", SIGNER.sign_timed("purpose", "value"), 60) is None


def test_every_purpose_has_a_key_of_its_own() -> None:
    assert SIGNER.key("purpose") == SIGNER.key("purpose")
    assert len({SIGNER.key("purpose"), SIGNER.key("other"), Signer("other").key("purpose"), "key"}) == 4
