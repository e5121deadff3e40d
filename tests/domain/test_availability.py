from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from meetings.domain.availability import (
    MAX_BUFFER,
    DateRange,
    Host,
    Kind,
    Rolling,
    Rules,
    Window,
    free_hosts,
    horizon_span,
    is_offered,
    refusal,
    relevant_span,
    slots,
)
from meetings.domain.time import Span, UnknownZone, days_span, to_datetime, to_instant, zone

MONDAY = "2026-06-01"
EVERY_DAY = range(7)
INDIVIDUAL, GROUP, ROUND_ROBIN = Kind.INDIVIDUAL, Kind.GROUP, Kind.ROUND_ROBIN


def at(text):
    return to_instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


def day(text):
    return date.fromisoformat(text)


def ranges(text):
    """'09:00-12:00 13:00-24:00' as minutes."""
    return tuple(tuple(int(end[:2]) * 60 + int(end[3:]) for end in window.split("-")) for window in text.split())


def link(hours="10:00-12:00", zone="UTC", weekdays=EVERY_DAY, **changes):
    windows = tuple(Window(weekday, *window) for weekday in weekdays for window in ranges(hours))
    rules = Rules(
        zone, windows, (), 30, minimum_notice=0, buffer=0, horizon=DateRange(date(1990, 1, 1), date(2090, 1, 1))
    )
    return replace(rules, **changes)


def host(number=1, busy="", events="", buffer=0, date=MONDAY, **settings):
    def spans(text):
        return [(at(f"{date} {window[:5]}"), at(f"{date} {window[6:]}")) for window in text.split()]

    return Host(number, [(*span, buffer) for span in spans(busy)], spans(events), **settings)


def limits(text, date=MONDAY):
    return [Span(at(f"{date} {window[:5]}"), at(f"{date} {window[6:]}")) for window in text.split()]


def offered(rules, *hosts, kind=INDIVIDUAL, duration=30, on=MONDAY, now="1990-01-01", zone_shown="UTC"):
    """Readings at which slots of one day start, in the zone shown."""
    where = zone(zone_shown)
    span = days_span(day(on), day(on), where)
    starts = slots(rules, kind, hosts or (host(),), duration, span, at(now))
    return " ".join(f"{to_datetime(start).astimezone(where):%H:%M}" for start in starts)


# Rule 1: grid


@pytest.mark.parametrize(
    ("hours", "increment", "duration", "expected"),
    [
        ("10:00-12:00", 15, 60, "10:00 10:15 10:30 10:45 11:00"),
        ("10:00-12:00", None, 60, "10:00 11:00"),
        ("10:00-12:00", None, 45, "10:00 10:45"),
        ("09:10-10:10", 20, 20, "09:10 09:30 09:50"),
        ("09:00-09:30", 60, 30, "09:00"),
        ("09:00-09:30", 15, 31, ""),
        # touching and overlapping windows are one, counted from its beginning; with a gap each counts its own
        ("09:00-09:50 09:50-11:00", 30, 30, "09:00 09:30 10:00 10:30"),
        ("10:00-11:00 09:10-10:20", 30, 30, "09:10 09:40 10:10"),
        ("09:00-09:50 10:10-11:00", 30, 30, "09:00 10:10"),
        ("09:00-12:00 09:30-10:00", 60, 60, "09:00 10:00 11:00"),
        # empty and reversed windows are none
        ("10:00-10:00 12:00-11:00", 15, 15, ""),
        ("23:00-24:00", 30, 30, "23:00 23:30"),
        ("", 15, 15, ""),
    ],
)
def test_grid(hours, increment, duration, expected):
    assert offered(link(hours, increment=increment), duration=duration) == expected


def test_only_the_window_s_weekdays():
    rules = link(weekdays=[0, 2])
    open_days = [number for number in range(1, 8) if offered(rules, on=f"2026-06-0{number}")]
    assert open_days == [1, 3]


@pytest.mark.parametrize(
    ("place", "expected"),
    [("Asia/Kathmandu", "03:15 03:45"), ("America/St_Johns", "11:30 12:00"), ("Pacific/Chatham", "20:15 20:45")],
)
def test_grid_counts_from_the_window_and_not_from_midnight_elsewhere(place, expected):
    assert offered(link("09:00-10:00", zone=place), on="2026-06-02") == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([(MONDAY, "14:00-15:00")], "14:00 14:30"),
        ([(MONDAY, "")], ""),
        ([("2026-06-02", "14:00-15:00")], "10:00 10:30 11:00 11:30"),
        ([(MONDAY, "14:00-14:40"), (MONDAY, "14:40-15:30")], "14:00 14:30 15:00"),
        ([(MONDAY, ""), (MONDAY, "14:00-14:30")], "14:00"),
    ],
)
def test_overrides_replace_the_weekday_s_windows(overrides, expected):
    rules = link(overrides=tuple((day(on), ranges(hours)) for on, hours in overrides))
    assert offered(rules) == expected


def test_an_override_opens_a_closed_weekday():
    rules = link(weekdays=[], overrides=((day(MONDAY), ranges("10:00-11:00")),))
    assert offered(rules) == "10:00 10:30"


# Rule 2: fit


def test_a_meeting_runs_past_midnight_only_where_both_days_are_open_there():
    assert offered(link("22:00-24:00 00:00-01:00"), duration=120) == "22:00 22:30 23:00"
    assert offered(link("22:00-24:00 00:01-01:00"), duration=120) == "22:00"
    assert offered(link("22:00-23:59 00:00-01:00"), duration=120) == ""
    assert offered(link("22:00-24:00 00:00-01:00", weekdays=[0]), duration=120) == "22:00"


def test_windows_of_two_days_keep_their_own_grids():
    rules = link("22:00-24:00 00:00-01:30", increment=50)
    assert offered(rules) == "00:00 00:50 22:00 22:50 23:40"


def test_a_meeting_of_several_days_needs_them_all_open():
    rules = link("00:00-24:00", increment=720)
    assert offered(rules, duration=3 * 1440) == "00:00 12:00"
    closed = replace(rules, overrides=((day("2026-06-04"), ()),))
    assert offered(closed, duration=3 * 1440) == "00:00"


# Rule 3: notice


@pytest.mark.parametrize(
    ("now", "notice", "expected"),
    [
        ("10:00:00", 0, "10:00 10:30 11:00 11:30"),
        ("10:00:01", 0, "10:30 11:00 11:30"),
        ("09:00:00", 60, "10:00 10:30 11:00 11:30"),
        ("09:00:01", 60, "10:30 11:00 11:30"),
        ("09:00:00", 150, "11:30"),
        ("12:00:00", 0, ""),
    ],
)
def test_notice(now, notice, expected):
    assert offered(link(minimum_notice=notice), now=f"{MONDAY} {now}") == expected


def test_notice_is_elapsed_time_across_a_clock_change():
    rules = link("00:00-24:00", zone="Europe/Berlin", increment=60, minimum_notice=1440)
    shown = offered(rules, on="2026-03-29", now="2026-03-28 11:30", zone_shown="Europe/Berlin")
    assert shown.startswith("14:00")


# Rule 4: horizon


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ("2026-06-01 00:00", "2026-06-01", "2026-06-07"),
        ("2026-06-01 21:30", "2026-06-01", "2026-06-07"),
        ("2026-06-01 22:00", "2026-06-02", "2026-06-08"),  # already tomorrow in Paris
    ],
)
def test_rolling_weeks_are_days_of_the_link_s_zone(now, first, last):
    rules = link("00:00-24:00", zone="Europe/Paris", horizon=Rolling(1))
    assert horizon_span(rules, at(now)) == days_span(day(first), day(last), zone("Europe/Paris"))
    found = slots(rules, INDIVIDUAL, [host()], 30, Span(at("2026-05-01"), at("2026-07-01")), at(now))
    shown = [to_datetime(start).astimezone(zone("Europe/Paris")) for start in found]
    assert shown[0] >= to_datetime(at(now))
    assert (f"{shown[0]:%Y-%m-%d}", f"{shown[-1]:%Y-%m-%d %H:%M}") == (first, f"{last} 23:30")


def test_a_date_range_includes_both_ends():
    rules = link("10:00-10:30", horizon=DateRange(day("2026-06-02"), day("2026-06-04")))
    found = [number for number in range(1, 8) if offered(rules, on=f"2026-06-0{number}")]
    assert found == [2, 3, 4]


def test_a_range_that_is_over_or_reversed_offers_nothing():
    past = link(horizon=DateRange(day("2026-05-01"), day("2026-05-20")))
    reversed_ = link(horizon=DateRange(day("2026-06-20"), day("2026-06-10")))
    span = Span(at("2026-01-01"), at("2027-01-01"))
    assert slots(past, INDIVIDUAL, [host()], 30, span, at(MONDAY)) == []
    assert slots(reversed_, INDIVIDUAL, [host()], 30, span, at(MONDAY)) == []


def test_where_clocks_go_back_across_midnight_the_date_shown_decides():
    # In Newfoundland 2010-11-07 00:01 became 2010-11-06 23:01.
    rules = link("00:00-24:00", zone="America/St_Johns", increment=30)
    until = replace(rules, horizon=DateRange(day("2010-11-06"), day("2010-11-06")))
    after = replace(rules, horizon=DateRange(day("2010-11-07"), day("2010-11-07")))
    span, now = Span(at("2010-11-07 01:00"), at("2010-11-07 05:00")), at("2010-11-01")
    first = [f"{to_datetime(start):%H:%M}" for start in slots(until, INDIVIDUAL, [host()], 30, span, now)]
    second = [f"{to_datetime(start):%H:%M}" for start in slots(after, INDIVIDUAL, [host()], 30, span, now)]
    assert first == ["01:00", "01:30", "02:00", "03:00"]
    assert second == ["02:30", "03:30", "04:00", "04:30"]


# Rule 5: free


@pytest.mark.parametrize(
    ("taken", "buffer", "own", "expected"),
    [
        ("13:00-13:30", 30, 30, "12:00 14:00 14:30"),
        ("13:00-13:30", 30, 0, "12:00 14:00 14:30"),
        ("13:00-13:30", 0, 30, "12:00 14:00 14:30"),
        ("13:00-13:30", 0, 0, "12:00 12:30 13:30 14:00 14:30"),
        ("13:00-13:30", 31, 0, "14:30"),
        ("13:00-13:30", 10, 15, "12:00 14:00 14:30"),
        ("13:01-13:29", 0, 0, "12:00 12:30 13:30 14:00 14:30"),
        ("12:45-12:46 14:59-15:30", 0, 0, "12:00 13:00 13:30 14:00"),
        # no time at all blocks nothing, whatever the buffer
        ("13:00-13:00 13:15-13:10", 60, 60, "12:00 12:30 13:00 13:30 14:00 14:30"),
        # the pause is kept between meetings, not at the edges of hours
        ("", 60, 0, "12:00 12:30 13:00 13:30 14:00 14:30"),
        ("11:00-11:30", 30, 0, "12:00 12:30 13:00 13:30 14:00 14:30"),
        ("11:00-11:31", 30, 0, "12:30 13:00 13:30 14:00 14:30"),
        ("00:00-23:00", 0, 0, ""),
    ],
)
def test_a_booking_keeps_the_longer_of_both_buffers(taken, buffer, own, expected):
    assert offered(link("12:00-15:00", buffer=buffer), host(busy=taken, buffer=own)) == expected


def test_an_event_keeps_the_link_s_buffer():
    assert offered(link("12:00-15:00", buffer=30), host(events="13:00-13:30")) == "12:00 14:00 14:30"
    assert offered(link("12:00-15:00"), host(events="13:00-13:30")) == "12:00 12:30 13:30 14:00 14:30"


def test_busy_times_may_overlap_and_come_in_any_order():
    busy = host(busy="14:00-14:30 12:00-12:30", events="12:00-13:00 12:10-12:20")
    assert offered(link("12:00-15:00"), busy) == "13:00 13:30 14:30"


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, "12:00 12:30 13:00 13:30"),
        ("", ""),
        ("12:30-13:30", "12:30 13:00"),
        ("12:30-13:29", "12:30"),
        ("13:00-14:00 12:30-13:10", "12:30 13:00 13:30"),
        ("13:10-13:40 12:00-12:30 12:30-12:59", "12:00"),
    ],
)
def test_a_slot_lies_inside_the_host_s_own_limits(own, expected):
    inside = None if own is None else limits(own)
    assert offered(link("12:00-14:00", buffer=30), host(limits=inside)) == expected


def test_a_meeting_crosses_limits_that_touch():
    inside = limits("12:00-12:30 12:30-14:00")
    assert offered(link("12:00-14:00"), host(limits=inside), duration=60) == "12:00 12:30 13:00"


# Rule 6: who must be free

AFTERNOON = "12:00 12:30 13:00 13:30"
OPTIONAL = {"check_availability": False}


@pytest.mark.parametrize(
    ("kind", "hosts", "expected"),
    [
        (INDIVIDUAL, [], ""),
        (INDIVIDUAL, [host(1, "12:00-13:00")], "13:00 13:30"),
        (INDIVIDUAL, [host(1, "12:00-12:30", "13:00-13:30", **OPTIONAL)], "12:30 13:30"),
        (INDIVIDUAL, [host(1, is_paused=True)], ""),
        (GROUP, [], ""),
        (GROUP, [host(1, "12:00-12:30"), host(2, events="13:00-13:30")], "12:30 13:30"),
        (
            GROUP,
            [host(1, "12:00-12:30"), host(2, "12:00-14:00", "12:00-14:00", limits=[], **OPTIONAL)],
            "12:30 13:00 13:30",
        ),
        (GROUP, [host(1, "12:00-12:30"), host(2, "12:00-14:00", is_paused=True)], "12:30 13:00 13:30"),
        (GROUP, [host(1, "12:00-12:30", **OPTIONAL), host(2, "13:00-13:30", **OPTIONAL)], AFTERNOON),
        (GROUP, [host(1, is_paused=True), host(2, is_paused=True)], ""),
        (GROUP, [host(1, "12:00-12:30", is_paused=True), host(2, "13:00-13:30", **OPTIONAL)], AFTERNOON),
        (ROUND_ROBIN, [], ""),
        (ROUND_ROBIN, [host(1, "12:00-13:00"), host(2, "12:00-12:30 13:30-14:00")], "12:30 13:00 13:30"),
        (ROUND_ROBIN, [host(1, "12:00-14:00"), host(2, "12:00-14:00")], ""),
        (ROUND_ROBIN, [host(1, "12:00-14:00"), host(2, is_paused=True)], ""),
        (ROUND_ROBIN, [host(1, is_paused=True)], ""),
        # without check: events don't count, bookings made here do, and so do limits
        (ROUND_ROBIN, [host(1, "13:00-13:30", "12:00-14:00", **OPTIONAL)], "12:00 12:30 13:30"),
        (ROUND_ROBIN, [host(1, limits=limits("12:00-13:00"), **OPTIONAL)], "12:00 12:30"),
        # one member's leave closes nothing for the others
        (ROUND_ROBIN, [host(1, limits=[]), host(2)], AFTERNOON),
    ],
)
def test_who_must_be_free(kind, hosts, expected):
    rules = link("12:00-14:00")
    span = Span(at(MONDAY), at("2026-06-02"))
    found = slots(rules, kind, hosts, 30, span, at("2026-01-01"))
    assert " ".join(f"{to_datetime(start):%H:%M}" for start in found) == expected


@pytest.mark.parametrize(
    ("kind", "free"),
    [(INDIVIDUAL, [7, 9]), (GROUP, [7, 2, 9]), (ROUND_ROBIN, [7, 2, 9])],
)
def test_free_hosts_in_the_given_order(kind, free):
    hosts = [
        host(7),
        host(5, "12:00-12:30"),
        host(3, is_paused=True),
        host(2, events="12:00-12:30", **OPTIONAL),
        host(9),
    ]
    assert free_hosts(link("12:00-14:00"), kind, hosts, 30, at(f"{MONDAY} 12:00")) == free


# Clocks


@pytest.mark.parametrize(
    ("place", "on", "hours", "increment", "expected"),
    [
        # one hour is skipped: its windows shrink, and starts stay on elapsed time
        ("Europe/Berlin", "2026-03-29", "01:00-04:00", 30, "01:00 01:30 03:00 03:30"),
        ("Europe/Berlin", "2026-03-29", "01:30-04:00", 60, "01:30 03:30"),
        ("Europe/Berlin", "2026-03-29", "02:15-03:30", 30, "03:00"),
        ("Europe/Berlin", "2026-03-29", "01:00-02:30", 30, "01:00 01:30"),
        ("Europe/Berlin", "2026-03-29", "02:00-03:00", 15, ""),
        ("Europe/Berlin", "2026-03-29", "02:10-02:50", 15, ""),
        # one hour is shown twice: a window starts at the first, ends at the second
        ("Europe/Berlin", "2026-10-25", "02:00-03:00", 30, "02:00 02:30 02:00 02:30"),
        ("Europe/Berlin", "2026-10-25", "02:30-03:00", 30, "02:30 02:00 02:30"),
        ("Europe/Berlin", "2026-10-25", "01:00-02:30", 30, "01:00 01:30 02:00 02:30 02:00"),
        ("Europe/Berlin", "2026-10-25", "01:30-02:15 02:30-03:30", 45, "01:30 02:15 02:30 02:00 02:15 03:00"),
        # two windows overlap as instants, though not as readings: a start of both is offered once
        ("Europe/Berlin", "2026-10-25", "01:30-02:15 02:30-03:30", 30, "01:30 02:00 02:30 02:00 02:30 03:00"),
        ("America/New_York", "2026-03-08", "01:00-04:00", 60, "01:00 03:00"),
        ("Australia/Lord_Howe", "2026-04-05", "01:00-02:30", 30, "01:00 01:30 01:30 02:00"),
        ("Australia/Lord_Howe", "2026-10-04", "01:30-03:30", 30, "01:30 02:30 03:00"),
        ("Antarctica/Troll", "2026-03-29", "00:30-04:00", 30, "00:30 03:00 03:30"),
        ("Africa/Casablanca", "2026-03-22", "01:00-04:00", 60, "01:00 03:00"),
        ("Pacific/Chatham", "2026-04-05", "02:45-03:45", 30, "02:45 03:15 02:45 03:15"),
        # midnight
        ("Asia/Beirut", "2026-03-29", "00:00-02:00", 30, "01:00 01:30"),
        ("Asia/Beirut", "2026-03-29", "00:15-02:00", 30, "01:00 01:30"),
        ("Africa/Cairo", "2026-10-29", "23:00-24:00", 30, "23:00 23:30 23:00 23:30"),
        ("Asia/Almaty", "2024-02-29", "23:00-24:00", 30, "23:00 23:30 23:00 23:30"),
        ("America/Sao_Paulo", "2019-02-16", "23:00-23:30", 30, "23:00 23:30 23:00"),
        ("Atlantic/Azores", "2026-10-25", "00:00-01:00", 30, "00:00 00:30 00:00 00:30"),
        ("Atlantic/Azores", "2026-10-24", "23:00-24:00", 30, "23:00 23:30"),
        ("Pacific/Apia", "2011-12-30", "00:00-24:00", 30, ""),
        ("Pacific/Apia", "2011-12-29", "23:00-24:00", 30, "23:00 23:30"),
        ("Pacific/Apia", "2011-12-31", "00:00-01:00", 30, "00:00 00:30"),
    ],
)
def test_windows_across_clock_changes(place, on, hours, increment, expected):
    assert offered(link(hours, zone=place, increment=increment), on=on, zone_shown=place) == expected


def test_a_meeting_runs_through_a_skipped_midnight_and_a_skipped_day():
    beirut = link("23:00-24:00 00:00-01:30", zone="Asia/Beirut")
    assert offered(beirut, duration=90, on="2026-03-28", zone_shown="Asia/Beirut") == "00:00 23:00"
    apia = link("23:00-24:00 00:00-01:00", zone="Pacific/Apia")
    assert offered(apia, duration=120, on="2011-12-29", zone_shown="Pacific/Apia") == "23:00"


def test_days_are_the_contact_s():
    rules = link("09:00-10:00", zone="America/Los_Angeles", weekdays=[0])
    assert offered(rules, on="2026-06-01", zone_shown="Asia/Tokyo") == ""
    assert offered(rules, on="2026-06-02", zone_shown="Asia/Tokyo") == "01:00 01:30"


# One start


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("2026-06-02 10:00", None),
        ("2026-06-02 10:00:01", "grid"),
        ("2026-06-02 10:10", "grid"),
        ("2026-06-02 12:00", "grid"),
        ("2026-06-02 11:45", "fit"),
        ("2026-06-01 10:00", "notice"),
        ("2026-06-08 10:00", "horizon"),
        ("2026-06-02 10:30", "free"),
        ("1815-06-18 10:00", "notice"),
        ("9999-06-18 10:00", "horizon"),
    ],
)
def test_the_first_rule_that_refuses_is_named(start, reason):
    rules = link(increment=15, minimum_notice=60, horizon=Rolling(1))
    asked = rules, INDIVIDUAL, [host(events="10:45-11:00", date="2026-06-02")], 30, at(start), at("2026-06-01 09:30")
    assert refusal(*asked) == reason
    assert is_offered(*asked) == (reason is None)


@pytest.mark.parametrize("start", [0, -1, 10**10, -(10**11), 10**12, 10**30, -(10**30)])
def test_a_start_from_nowhere_is_refused_without_an_error(start):
    asked = link("", horizon=Rolling(2)), INDIVIDUAL, [host()], 30, start, at(MONDAY)
    assert refusal(*asked) == "grid"
    assert not is_offered(*asked)


def test_the_calendar_s_ends_offer_nothing_and_break_nothing():
    always = link("00:00-24:00", zone="Pacific/Kiritimati", horizon=DateRange(date.min, date.max))
    for year in (1, 9999):
        early, late = date(year, 1, 1), date(year, 12, 31)
        low, high = (at(f"{edge.isoformat()} 00:00") for edge in (early, late))
        for start in (low, high):
            asked = always, INDIVIDUAL, [host()], 1440, start, -(10**11)
            assert is_offered(*asked) == (refusal(*asked) is None)
    assert slots(always, INDIVIDUAL, [host()], 30, Span(at("9999-11-30"), 10**15), at("9999-11-29"))[-1] < 10**15


def test_a_huge_span_is_cut_to_the_horizon():
    found = slots(link(horizon=Rolling(1)), INDIVIDUAL, [host()], 30, Span(-(10**15), 10**15), at(MONDAY))
    assert len(found) == 7 * 4


def test_an_empty_span_has_no_slots():
    assert slots(link(), INDIVIDUAL, [host()], 30, Span(at(MONDAY), at(MONDAY)), at(MONDAY)) == []


@pytest.mark.parametrize(("duration", "increment"), [(0, 15), (-5, 15), (30, 0), (30, -15), (0, None)])
def test_lengths_below_a_minute_are_a_mistake(duration, increment):
    with pytest.raises(ValueError, match="at least one minute"):
        is_offered(link(increment=increment), INDIVIDUAL, [host()], duration, at(MONDAY), at(MONDAY))


def test_an_unknown_zone_is_a_mistake():
    with pytest.raises(UnknownZone):
        is_offered(link(zone="Mars/Base"), INDIVIDUAL, [host()], 30, at(MONDAY), at(MONDAY))


# What must be loaded


def test_relevant_span_holds_the_farthest_busy_time_that_matters():
    rules, start = link("00:00-24:00", increment=1), at(f"{MONDAY} 12:00")
    seen = relevant_span(rules, Span(start, start + 1), 30)
    gap = MAX_BUFFER * 60
    before = Host(1, [(start - gap - 3600, start - gap + 1, MAX_BUFFER)], [])
    after = Host(1, [(start + 1800 + gap - 1, start + 1800 + gap + 3600, MAX_BUFFER)], [])
    for needed in (before, after):
        ((begin, end, _),) = needed.bookings
        assert begin < seen.end
        assert end > seen.start
        assert refusal(rules, INDIVIDUAL, [needed], 30, start, start) == "free"


def test_rules_are_hashable_and_answers_do_not_leak_from_link_to_link():
    one, other = link("10:00-11:00"), link("10:00-11:00", increment=15)
    assert len({one, replace(one), other}) == 2
    assert offered(one) == "10:00 10:30"
    assert offered(other) == "10:00 10:15 10:30"
    assert offered(replace(one, zone="Asia/Kolkata")) == "04:30 05:00"
    assert offered(one, duration=60) == "10:00"
