"""How values are printed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.api import documents
from meetings.domain.time import to_datetime, to_instant


@pytest.mark.parametrize(
    ("at", "printed"),
    [
        (datetime(2026, 12, 1, 9, 5, 7, tzinfo=UTC), "2026-12-01T09:05:07Z"),
        (datetime(99, 1, 2, tzinfo=UTC), "0099-01-02T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59Z"),
    ],
)
def test_instants(at, printed):
    assert documents.instant(at) == printed


@given(
    st.integers(to_instant(datetime(1900, 1, 1, tzinfo=UTC)), to_instant(datetime(2999, 1, 1, tzinfo=UTC))),
    st.integers(5, 720),
)
def test_a_slot_is_printed_as_any_instant(start, duration):
    end = to_datetime(start) + timedelta(minutes=duration)
    assert documents.slot(start, duration) == {
        "start": documents.instant(to_datetime(start)),
        "end": documents.instant(end),
    }
    parsed = datetime.fromisoformat(documents.slot(start, duration)["start"])
    assert to_instant(parsed.astimezone(timezone(timedelta(hours=9)))) == start
