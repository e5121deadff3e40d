"""Proof of work: what is taken for a solution, and what it says."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.providers.captcha import altcha
from tests.robots import solution

ABOUT = {"link": 7, "until": 1_800_000_000}


@pytest.fixture(scope="module")
def payload() -> str:
    return solution(altcha.challenge("secret", ABOUT))


def altered(payload: str, change: Callable[[dict[str, Any]], None]) -> str:
    found = json.loads(base64.b64decode(payload))
    change(found)
    return base64.b64encode(json.dumps(found).encode()).decode()


def test_a_solution_brings_back_what_its_challenge_is_about(payload: str) -> None:
    found = altcha.solved("secret", payload)
    assert found is not None
    assert found[1] == ABOUT


def test_a_challenge_has_one_name_however_its_solution_is_written(payload: str) -> None:
    again = altered(payload, lambda found: found["solution"].update(time=5, more="x"))
    assert again != payload
    assert altcha.solved("secret", again) == altcha.solved("secret", payload)
    other = altcha.solved("secret", solution(altcha.challenge("secret", ABOUT)))
    assert other is not None
    assert other[0] != altcha.solved("secret", payload)[0]  # type: ignore[index]


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found["challenge"]["parameters"]["data"].update(link=8),
        lambda found: found["challenge"]["parameters"].update(keyPrefix=""),
        lambda found: found["challenge"]["parameters"].pop("keySignature"),
        lambda found: found["challenge"].update(signature=None),
        lambda found: found["challenge"].update(signature="0" * 64),
        lambda found: found["solution"].update(derivedKey="00" * 32),
        lambda found: found["solution"].update(derivedKey=None),
    ],
)
def test_what_was_changed_solves_nothing(payload: str, change: Callable[[dict[str, Any]], None]) -> None:
    assert altcha.solved("secret", altered(payload, change)) is None


def test_a_solution_of_another_secret_is_worth_nothing(payload: str) -> None:
    assert altcha.solved("other", payload) is None


@given(st.one_of(st.text(), st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner))))
def test_anything_else_solves_nothing(sent: Any) -> None:
    assert altcha.solved("secret", sent if isinstance(sent, str) else json.dumps(sent)) is None
    assert altcha.solved("secret", base64.b64encode(json.dumps(sent).encode()).decode()) is None


def test_a_solution_is_short_enough_to_be_taken(payload: str) -> None:
    assert len(payload) < altcha.PAYLOAD_MAX / 2
    assert altcha.solved("secret", payload + " " * altcha.PAYLOAD_MAX) is None
