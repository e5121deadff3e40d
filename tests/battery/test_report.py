"""Controls: luck gets more than one chance, and no luck at all is told."""

import pytest

from tests.battery.report import TRIES, Result, control, line


def run(seed: int, lucky: int | None) -> Result:
    return Result("T1", "without the lock", "sqlite", seed, {}, ["two at once"] if seed == lucky else [])


@pytest.mark.parametrize(("lucky", "is_good", "drawn"), [(7, True, [7]), (9, True, [7, 8, 9]), (None, False, None)])
def test_a_control_is_tried_until_it_finds_something(lucky: int | None, is_good: bool, drawn: list[int] | None) -> None:
    seeds: list[int] = []
    found = control(lambda seed: (seeds.append(seed), run(seed, lucky))[1], 7)
    assert (found.is_good, found.must_fail, found.id, found.title) == (is_good, True, "T11", "T1 without the lock")
    assert seeds == (drawn or [*range(7, 7 + TRIES)])
    assert ("DID NOT FAIL" in line(found)) is not is_good


def test_one_that_needs_other_words_has_them() -> None:
    assert control(lambda seed: run(seed, seed), 1, "T36 without the claim").title == "T36 without the claim"
