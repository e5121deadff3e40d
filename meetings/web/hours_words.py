"""Hours of a week in a line: Mon–Thu 09:00–17:00; Fri 09:00–12:30."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from meetings import i18n
from meetings.domain.availability import Window
from meetings.domain.time import Span, merge
from meetings.i18n import gettext as _


def week_in_short(windows: Iterable[Window], locale: str) -> str:
    """The week as its days follow each other there; days with the same hours are told together."""
    windows = list(windows)
    first = i18n.first_weekday(locale)
    together: dict[tuple[Span, ...], list[int]] = {}
    for place in range(7):
        weekday = (first + place) % 7
        if spans := merge(Span(window.start, window.end) for window in windows if window.weekday == weekday):
            together.setdefault(tuple(spans), []).append(place)
    if not together:
        return _("No hours yet")
    return "; ".join(f"{_days(places, locale)} {_hours(spans, locale)}" for spans, places in together.items())


def _days(places: Sequence[int], locale: str) -> str:
    """Mon–Wed, Fri: stretches of three days or more by their ends."""
    names = i18n.weekday_names(locale)
    by_gap = groupby(enumerate(places), lambda pair: pair[1] - pair[0])
    runs = [[place for _number, place in run] for _gap, run in by_gap]
    ends = [f"{names[run[0]]}–{names[run[-1]]}" if len(run) > 2 else ", ".join(names[at] for at in run) for run in runs]
    return ", ".join(ends)


def _hours(spans: Sequence[Span], locale: str) -> str:
    return ", ".join(
        f"{i18n.minute_of_day(span.start, locale)}–{i18n.minute_of_day(span.end, locale)}" for span in spans
    )
