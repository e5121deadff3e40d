import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.domain.round_robin import Candidate, Choice, choose
from tests.domain import oracle


@pytest.mark.parametrize(
    ("candidates", "owner", "expected"),
    [
        # host, weight, count, last assigned
        ([(1, 1, 0, None)], None, (1, "only_one")),
        ([(1, 1, 9, 5), (2, 1, 0, None)], 1, (1, "contact_owner")),
        ([(1, 1, 9, 5)], 1, (1, "contact_owner")),
        ([(1, 1, 9, 5)], 2, (1, "only_one")),
        ([(1, 1, 1, 5), (2, 1, 0, 6)], 3, (2, "fewest")),
        ([(1, 1, 3, 1), (2, 1, 2, 9), (3, 1, 4, 2)], None, (2, "fewest")),
        # counts are compared by weight, exactly
        ([(1, 1, 2, 1), (2, 3, 5, 9)], None, (2, "fewest")),
        ([(1, 3, 1, 9), (2, 6, 2, 1)], None, (2, "longest_ago")),
        ([(1, 3 * 10**17, 10**17, 1), (2, 3 * 10**17 + 1, 10**17, 9)], None, (2, "fewest")),
        # among equals
        ([(1, 1, 2, 8), (2, 1, 2, 7), (3, 1, 2, 9)], None, (2, "longest_ago")),
        ([(1, 1, 0, 7), (2, 1, 0, None)], None, (2, "longest_ago")),
        ([(1, 1, 0, -7), (2, 1, 0, 0)], None, (1, "longest_ago")),
        ([(3, 1, 0, None), (2, 1, 0, None), (4, 1, 0, 1)], None, (2, "lowest_id")),
        ([(3, 1, 2, 7), (2, 1, 2, 7)], None, (2, "lowest_id")),
        # who has fewest comes before who waited longest
        ([(1, 1, 1, None), (2, 1, 0, 9)], None, (2, "fewest")),
    ],
)
def test_choose(candidates, owner, expected):
    assert choose([Candidate(*candidate) for candidate in candidates], owner) == Choice(*expected)


def test_nobody_to_choose_from():
    with pytest.raises(ValueError, match="nobody"):
        choose([])


@pytest.mark.parametrize(("weight", "count"), [(0, 1), (-1, 1), (1, -1)])
def test_weights_and_counts_have_a_floor(weight, count):
    with pytest.raises(ValueError, match="at least"):
        Candidate(1, weight, count, None)


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 20),
        st.integers(1, 4),
        st.integers(0, 5),
        st.none() | st.integers(-3, 3),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda candidate: candidate.host_id,
)


@given(CANDIDATES, st.none() | st.integers(1, 20))
def test_choose_as_the_oracle_does(candidates, owner):
    choice = choose(candidates, owner)
    assert (choice.host_id, choice.rule) == oracle.chosen(candidates, owner)


@given(CANDIDATES, st.integers(1, 20))
def test_the_owner_comes_first_if_free_and_changes_nothing_if_not(candidates, owner):
    is_free = any(candidate.host_id == owner for candidate in candidates)
    expected = Choice(owner, "contact_owner") if is_free else choose(candidates)
    assert choose(candidates, owner) == expected
    others = [candidate for candidate in candidates if candidate.host_id != owner]
    if others:
        assert choose(others, owner) == choose(others)


@given(CANDIDATES, st.none() | st.integers(1, 20), st.randoms())
def test_the_order_of_candidates_decides_nothing(candidates, owner, shuffler):
    shuffled = list(candidates)
    shuffler.shuffle(shuffled)
    assert choose(shuffled, owner) == choose(candidates, owner)


def spread(weights, bookings, seed, share_free=1.0):
    chance, counts, last = random.Random(seed), Counter(), {}
    for number in range(bookings):
        free = [host for host in weights if chance.random() < share_free] or list(weights)
        choice = choose([Candidate(host, weights[host], counts[host], last.get(host)) for host in free])
        counts[choice.host_id] += 1
        last[choice.host_id] = number
    return counts


def test_equal_weights_share_evenly():
    for bookings in range(1, 40):
        counts = spread(dict.fromkeys(range(1, 6), 1), bookings, seed=1)
        shares = [counts[host] for host in range(1, 6)]
        assert max(shares) - min(shares) <= 1


def test_weights_are_met():
    counts = spread({1: 1, 2: 2, 3: 5}, 800, seed=1)
    assert [counts[host] for host in (1, 2, 3)] == [100, 200, 500]


def test_whoever_was_often_away_catches_up():
    counts = spread(dict.fromkeys(range(1, 5), 1), 1000, seed=2, share_free=0.7)
    assert max(counts.values()) - min(counts.values()) <= 5
