from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from meetings.domain.time import (
    Span,
    UnknownZone,
    days_span,
    instant_of,
    local_date,
    local_minute,
    merge,
    to_datetime,
    to_instant,
    zone,
    zone_names,
)


def utc(text):
    return to_instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


def minutes(text):
    hours, rest = text.split(":")
    return int(hours) * 60 + int(rest)


# zone, date, reading, the instant as a window's start, the instant as its end where that differs
READINGS = [
    ("Europe/Berlin", "2026-03-29", "01:59", "2026-03-29 00:59", None),
    ("Europe/Berlin", "2026-03-29", "02:00", "2026-03-29 01:00", None),
    ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29 01:00", None),
    ("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29 01:00", None),
    ("Europe/Berlin", "2026-10-25", "02:00", "2026-10-25 00:00", "2026-10-25 01:00"),
    ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25 00:30", "2026-10-25 01:30"),
    ("Europe/Berlin", "2026-10-25", "03:00", "2026-10-25 02:00", None),
    ("America/New_York", "2026-03-08", "02:30", "2026-03-08 07:00", None),
    ("America/New_York", "2026-11-01", "01:30", "2026-11-01 05:30", "2026-11-01 06:30"),
    # half an hour
    ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04 14:45", "2026-04-04 15:15"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03 15:30", None),
    # two hours
    ("Antarctica/Troll", "2026-03-29", "01:30", "2026-03-29 01:00", None),
    ("Antarctica/Troll", "2026-03-29", "02:59", "2026-03-29 01:00", None),
    ("Antarctica/Troll", "2026-10-25", "01:30", "2026-10-24 23:30", "2026-10-25 01:30"),
    # a day that never was
    ("Pacific/Apia", "2011-12-29", "24:00", "2011-12-30 10:00", None),
    ("Pacific/Apia", "2011-12-30", "00:00", "2011-12-30 10:00", None),
    ("Pacific/Apia", "2011-12-30", "15:00", "2011-12-30 10:00", None),
    ("Pacific/Apia", "2011-12-30", "24:00", "2011-12-30 10:00", None),
    ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30 10:00", None),
    ("Pacific/Apia", "2021-04-04", "03:30", "2021-04-03 13:30", "2021-04-03 14:30"),
    ("Pacific/Kiritimati", "1994-12-31", "12:00", "1994-12-31 10:00", None),
    # a day that was twice
    ("Pacific/Kwajalein", "1969-09-30", "12:00", "1969-09-30 01:00", "1969-10-01 00:00"),
    # put back in Ramadan, then for good
    ("Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15 01:30", "2026-02-15 02:30"),
    ("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22 02:00", None),
    ("Africa/Casablanca", "2026-09-20", "01:30", "2026-09-20 00:30", "2026-09-20 01:30"),
    ("Africa/El_Aaiun", "2026-09-20", "01:30", "2026-09-20 00:30", "2026-09-20 01:30"),
    # what only fresh zone data knows
    ("Africa/Casablanca", "2026-12-01", "09:00", "2026-12-01 09:00", None),
    ("America/Vancouver", "2026-03-08", "02:30", "2026-03-08 10:00", None),
    ("America/Vancouver", "2026-12-01", "09:00", "2026-12-01 16:00", None),
    ("America/Edmonton", "2026-03-08", "02:30", "2026-03-08 09:00", None),
    ("America/Edmonton", "2026-12-01", "09:00", "2026-12-01 15:00", None),
    # midnight twice, or skipped
    ("America/Sao_Paulo", "2019-02-16", "23:30", "2019-02-17 01:30", "2019-02-17 02:30"),
    ("America/Sao_Paulo", "2019-02-16", "24:00", "2019-02-17 03:00", None),
    ("Asia/Amman", "2022-02-25", "00:30", "2022-02-24 22:00", None),
    ("Asia/Amman", "2022-12-01", "09:00", "2022-12-01 06:00", None),
    ("Asia/Damascus", "2022-03-25", "00:30", "2022-03-24 22:00", None),
    ("Africa/Cairo", "2023-04-28", "00:30", "2023-04-27 22:00", None),
    ("Africa/Cairo", "2026-04-23", "24:00", "2026-04-23 22:00", None),
    ("Africa/Cairo", "2026-04-24", "00:30", "2026-04-23 22:00", None),
    ("Africa/Cairo", "2026-10-29", "23:30", "2026-10-29 20:30", "2026-10-29 21:30"),
    ("Africa/Cairo", "2026-10-29", "24:00", "2026-10-29 22:00", None),
    ("Asia/Beirut", "2026-03-29", "00:30", "2026-03-28 22:00", None),
    ("America/Havana", "2026-03-08", "00:30", "2026-03-08 05:00", None),
    ("America/Havana", "2025-11-01", "24:00", "2025-11-02 04:00", None),
    ("America/Havana", "2025-11-02", "00:00", "2025-11-02 04:00", "2025-11-02 05:00"),
    ("America/Havana", "2025-11-02", "00:30", "2025-11-02 04:30", "2025-11-02 05:30"),
    ("America/Santiago", "2026-09-06", "00:30", "2026-09-06 04:00", None),
    ("America/Asuncion", "2024-10-06", "00:30", "2024-10-06 04:00", None),
    ("America/Asuncion", "2025-06-01", "09:00", "2025-06-01 12:00", None),
    ("Atlantic/Azores", "2026-03-29", "00:30", "2026-03-29 01:00", None),
    ("Atlantic/Azores", "2026-10-25", "00:30", "2026-10-25 00:30", "2026-10-25 01:30"),
    ("Atlantic/Azores", "2026-10-24", "24:00", "2026-10-25 00:00", None),
    # put back across midnight, at one minute past it
    ("America/St_Johns", "2010-11-06", "23:30", "2010-11-07 02:00", "2010-11-07 03:00"),
    ("America/St_Johns", "2010-11-06", "24:00", "2010-11-07 02:30", None),
    ("America/St_Johns", "2010-11-07", "00:00", "2010-11-07 02:30", "2010-11-07 03:30"),
    # the evening before
    ("America/Nuuk", "2023-03-25", "22:30", "2023-03-26 01:00", None),
    ("America/Nuuk", "2024-03-30", "23:30", "2024-03-31 01:00", None),
    ("America/Nuuk", "2024-03-30", "24:00", "2024-03-31 01:00", None),
    ("America/Scoresbysund", "2024-03-31", "00:30", "2024-03-31 01:30", None),
    ("America/Scoresbysund", "2024-10-26", "23:30", "2024-10-27 00:30", "2024-10-27 01:30"),
    ("Asia/Almaty", "2024-02-29", "23:30", "2024-02-29 17:30", "2024-02-29 18:30"),
    ("Asia/Almaty", "2024-02-29", "24:00", "2024-02-29 19:00", None),
    ("Asia/Qostanay", "2024-02-29", "23:30", "2024-02-29 17:30", "2024-02-29 18:30"),
    ("Asia/Tehran", "2022-09-21", "23:30", "2022-09-21 19:00", "2022-09-21 20:00"),
    ("Africa/Juba", "2021-01-31", "23:30", "2021-01-31 20:30", "2021-01-31 21:30"),
    # laws
    ("America/Mexico_City", "2022-10-30", "01:30", "2022-10-30 06:30", "2022-10-30 07:30"),
    ("America/Tijuana", "2026-03-08", "02:30", "2026-03-08 10:00", None),
    ("Asia/Gaza", "2026-03-28", "02:30", "2026-03-28 00:00", None),
    ("Asia/Gaza", "2026-10-24", "01:30", "2026-10-23 22:30", "2026-10-23 23:30"),
    ("Europe/Chisinau", "2026-03-29", "03:30", "2026-03-29 01:00", None),
    ("Asia/Pyongyang", "2015-08-14", "23:45", "2015-08-14 14:45", "2015-08-14 15:15"),
    ("Asia/Pyongyang", "2018-05-04", "23:45", "2018-05-04 15:00", None),
    ("America/Caracas", "2016-05-01", "02:45", "2016-05-01 07:00", None),
    ("Pacific/Norfolk", "2019-10-06", "02:30", "2019-10-05 15:00", None),
    # odd offsets, and offsets that count backwards
    ("Pacific/Chatham", "2026-04-05", "03:15", "2026-04-04 13:30", "2026-04-04 14:30"),
    ("Asia/Kathmandu", "2026-01-01", "09:00", "2026-01-01 03:15", None),
    ("Asia/Katmandu", "2026-01-01", "09:00", "2026-01-01 03:15", None),
    ("Asia/Kolkata", "2026-01-01", "09:00", "2026-01-01 03:30", None),
    ("America/St_Johns", "2026-01-01", "09:00", "2026-01-01 12:30", None),
    ("Africa/Monrovia", "1971-06-01", "09:00", "1971-06-01 09:44:30", None),
    ("Europe/Dublin", "2026-03-29", "01:30", "2026-03-29 01:00", None),
    ("Europe/Lisbon", "2026-03-29", "01:30", "2026-03-29 01:00", None),
    ("Etc/GMT+5", "2026-01-01", "09:00", "2026-01-01 14:00", None),
    ("UTC", "2026-01-01", "24:00", "2026-01-02 00:00", None),
]


@pytest.mark.parametrize(("name", "day", "reading", "start", "end"), READINGS)
def test_a_reading_of_the_clock_means_one_instant(name, day, reading, start, end):
    asked = date.fromisoformat(day), minutes(reading), zone(name)
    assert instant_of(*asked) == utc(start)
    assert instant_of(*asked, is_end=True) == utc(end or start)


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-28", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Antarctica/Troll", "2026-10-25", 26),
        ("Pacific/Apia", "2011-12-30", 0),
        ("America/Havana", "2025-11-01", 24),
        ("America/Havana", "2025-11-02", 25),
        ("Asia/Beirut", "2026-03-28", 24),
        ("Asia/Beirut", "2026-03-29", 23),
        ("Pacific/Kwajalein", "1969-09-30", 47),
        # 24 hours and the 59 minutes that were shown again, with one minute of the next day in between
        ("America/St_Johns", "2010-11-06", 25),
    ],
)
def test_length_of_a_day(name, day, hours):
    span = days_span(date.fromisoformat(day), date.fromisoformat(day), zone(name))
    assert span.end - span.start == hours * 3600


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Asia/Kolkata"])
def test_days_follow_each_other_without_gap(name):
    where, first = zone(name), date(2011, 1, 1)
    spans = [days_span(day, day, where) for day in (first + timedelta(days=n) for n in range(800))]
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert days_span(first, first + timedelta(days=799), where) == Span(spans[0].start, spans[-1].end)


def test_days_in_the_wrong_order_are_no_span():
    span = days_span(date(2026, 1, 2), date(2026, 1, 1), zone("UTC"))
    assert span.start == span.end


def test_days_reach_to_the_calendar_s_ends_without_an_error():
    for name in zone_names():
        span = days_span(date.min, date.max, zone(name))
        assert local_date(span.start, zone(name)).year == 1
        assert local_date(span.end, zone(name)).year == 9999


def test_what_clocks_show():
    berlin = zone("Europe/Berlin")
    assert (local_date(utc("2026-03-29 00:59:59"), berlin), local_minute(utc("2026-03-29 00:59:59"), berlin)) == (
        date(2026, 3, 29),
        119,
    )
    assert local_minute(utc("2026-03-29 01:00"), berlin) == 180
    assert local_date(utc("2026-03-28 23:00"), berlin) == date(2026, 3, 29)
    assert local_date(-1, zone("UTC")) == date(1969, 12, 31)


def test_zones_come_from_the_package_whatever_was_loaded_before():
    assert ZoneInfo("America/Vancouver") is zone("America/Vancouver")
    assert len(zone_names()) >= 590
    assert {"Europe/Kiev", "Europe/Kyiv", "Asia/Calcutta", "US/Pacific", "America/Buenos_Aires"} <= zone_names()


def test_every_zone_loads():
    assert all(local_date(0, zone(name)).year in {1969, 1970} for name in zone_names())


@pytest.mark.parametrize(
    "name",
    ["", " ", "europe/berlin", "EUROPE/BERLIN", "Europe/Berlin ", "Europe", "Europe/", "../../etc/passwd", "/etc/passwd",
     "Europe/../UTC", "x" * 10_000, "Europe/Berlin\0", "W. Europe Standard Time", "+01:00", "zone.tab", "posixrules"],
)  # fmt: skip
def test_other_names_are_unknown(name):
    with pytest.raises(UnknownZone):
        zone(name)


def test_instants_and_datetimes():
    assert to_datetime(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert to_datetime(utc("2026-05-01 09:30")).utcoffset() == timedelta()
    paris = datetime(2026, 5, 1, 11, 30, tzinfo=timezone(timedelta(hours=2)))
    assert to_instant(paris) == utc("2026-05-01 09:30")
    assert to_instant(datetime(2026, 5, 1, 9, 30, 0, 999_999, tzinfo=UTC)) == utc("2026-05-01 09:30")
    assert to_instant(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)) == -1
    with pytest.raises(ValueError, match="without a zone"):
        to_instant(datetime(2026, 5, 1, 9, 30))


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([], []),
        ([(5, 5), (7, 6)], []),
        ([(3, 4), (1, 2)], [(1, 2), (3, 4)]),
        ([(1, 2), (2, 3)], [(1, 3)]),
        ([(1, 9), (2, 3), (4, 5)], [(1, 9)]),
        ([(1, 3), (2, 5), (2, 5), (6, 7)], [(1, 5), (6, 7)]),
    ],
)
def test_merge(spans, merged):
    assert merge(Span(*span) for span in spans) == [Span(*span) for span in merged]
