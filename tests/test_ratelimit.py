"""Who counts as one visitor."""

import pytest

from meetings.ratelimit import place


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        (None, "None"),
        ("unix", "unix"),
    ],
)
def test_a_household_of_ipv6_counts_once(address: str | None, counted: str) -> None:
    assert place(address) == counted
