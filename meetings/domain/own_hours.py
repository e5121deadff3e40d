"""Hours that limit a host beside the link's: what they leave open of a span, by the clocks of their own zone."""

from datetime import date
from functools import lru_cache
from typing import Final

from meetings.domain.availability import BLOCK_DAYS, Hours, Window, openings_of
from meetings.domain.time import FIRST_DAY, LAST_DAY, MINUTES_PER_DAY, Span, days_span, local_date

WHOLE_DAYS: Final = tuple(Window(weekday, 0, MINUTES_PER_DAY) for weekday in range(7))


def open_time(hours: Hours, around: Span) -> list[Span]:
    """What the hours leave open of a span and some time around it, by the same reading of clocks as a link's hours."""
    calendar = days_span(FIRST_DAY, LAST_DAY, hours.zone)
    start, end = max(around.start, calendar.start), min(around.end, calendar.end)
    if start >= end:
        return []
    # A day more on both sides: where clocks go back across midnight, a window reaches into its neighbour's date.
    first = (local_date(start, hours.zone).toordinal() - 1) // BLOCK_DAYS
    last = (local_date(end - 1, hours.zone).toordinal() + 1) // BLOCK_DAYS
    spans = (span for block in range(first, last + 1) for span in _block(hours, block))
    return [span for span in spans if span.start < end and start < span.end]


@lru_cache(maxsize=512)
def _block(hours: Hours, block: int) -> tuple[Span, ...]:
    first = max(block * BLOCK_DAYS, FIRST_DAY.toordinal())
    last = min((block + 1) * BLOCK_DAYS - 1, LAST_DAY.toordinal())
    return tuple(openings_of(hours, date.fromordinal(first), date.fromordinal(last)))
