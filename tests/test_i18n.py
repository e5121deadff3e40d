"""Languages and formats: every sentence is there, every instant reads as people there write it."""

import re
from datetime import UTC, date, datetime

import pytest
from babel import localedata
from flask import Flask

from meetings import errors, i18n
from meetings.domain.fields import CODE_PARAMS, CODES, Flaw
from meetings.domain.time import zone_names

AT = datetime(2026, 12, 3, 13, 30, tzinfo=UTC)
SECONDS = int(AT.timestamp())
PARIS = "Europe/Paris"


def children(problem: type[errors.Problem]) -> list[type[errors.Problem]]:
    return [problem, *(deeper for child in problem.__subclasses__() for deeper in children(child))]


# --- sentences


def test_every_flaw_has_its_sentence_and_no_other() -> None:
    assert set(i18n.FLAWS) == CODES


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_flaw_names_only_values_that_it_has(code: str) -> None:
    assert set(re.findall(r"%\((\w+)\)", i18n.FLAWS[code])) <= set(CODE_PARAMS[code])
    values = {name: "2026-01-31" if name in {"minimum", "maximum"} else "x" for name in CODE_PARAMS[code]}
    sentence = i18n.flaw_message(Flaw("a.b", code, values), "en")
    assert "%(" not in sentence
    assert sentence[-1] in ".}"


@pytest.mark.parametrize("problem", children(errors.Problem), ids=lambda problem: problem.code)
def test_every_problem_of_the_core_has_its_sentence(problem: type[errors.Problem]) -> None:
    if problem.__module__ == errors.__name__:
        assert problem.code in i18n.PROBLEMS


def test_a_problem_in_words() -> None:
    assert i18n.problem_message(errors.SlotTaken("free"), "en") == "This time is no longer free."


# --- which language


@pytest.mark.parametrize(
    ("wanted", "spoken", "found"),
    [
        (["fr-CH", "de"], ("en", "fr"), "fr-CH"),
        (["de", "fr"], ("en", "fr"), "fr"),
        (["en-US"], ("en", "fr"), "en-US"),
        (["de", "nl"], ("en", "fr"), "en"),
        ([], ("fr", "en"), "fr"),
        (["xx-!!", "' OR 1=1", "fr" * 500], ("en", "fr"), "en"),
        (["zh-TW"], ("en", "zh-Hans", "zh-Hant"), "zh-Hant-TW"),
        (["zh-CN"], ("en", "zh-Hant", "zh-Hans"), "zh-Hans-CN"),
        (["pt"], ("en", "pt-BR"), "pt-BR"),
        (["*"], ("en", "fr"), "en"),
    ],
)
def test_negotiation(wanted: list[str], spoken: tuple[str, ...], found: str) -> None:
    assert i18n.negotiate(wanted, spoken) == found


def test_the_browsers_language_is_used_until_another_is_spoken(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr-CA;q=0.9, de"}):
        assert i18n.current_locale() == "fr-CA"
        i18n.speak("en")
        assert i18n.current_locale() == "en"


def test_speaking_ends_with_its_block(app: Flask) -> None:
    before = i18n.current_locale()
    with i18n.speaking("fr"):
        assert i18n.current_locale() == "fr"
    assert i18n.current_locale() == before


@pytest.mark.parametrize(("locale", "direction"), [("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("fr", "ltr")])
def test_direction(locale: str, direction: str) -> None:
    assert i18n.direction(locale) == direction


# --- days and times


@pytest.mark.parametrize(
    ("locale", "long", "short", "full"),
    [
        ("en", "Thursday 3 December", "Thu 3 Dec", "Thursday 3 December 2026"),
        ("en-GB", "Thursday 3 December", "Thu 3 Dec", "Thursday 3 December 2026"),
        ("en-US", "Thursday, December 3", "Thu, Dec 3", "Thursday, December 3, 2026"),
        ("fr", "jeudi 3 décembre", "jeu. 3 déc.", "jeudi 3 décembre 2026"),
        ("de", "Donnerstag, 3. Dezember", "Do., 3. Dez.", "Donnerstag, 3. Dezember 2026"),
    ],
)
def test_days(locale: str, long: str, short: str, full: str) -> None:
    assert i18n.day_long(AT, PARIS, locale) == long
    assert i18n.day_short(AT, PARIS, locale) == short
    assert i18n.day_full(AT, PARIS, locale) == full


@pytest.mark.parametrize(
    ("locale", "clock", "reading"),
    [
        ("en", None, "14:30"),
        ("en", "12", "2:30 pm"),
        ("en-US", None, "2:30 PM"),
        ("en-US", "24", "14:30"),
        ("fr", None, "14:30"),
        ("fr-CA", None, "14 h 30"),
    ],
)
def test_times(locale: str, clock: str | None, reading: str) -> None:
    assert re.sub(r"\s", " ", i18n.time(AT, PARIS, locale, clock)) == reading


@pytest.mark.parametrize(
    ("day", "words"), [(date(2026, 12, 1), "mardi 1er décembre"), (date(2026, 12, 11), "vendredi 11 décembre")]
)
def test_the_first_of_a_month_is_an_ordinal_in_french(day: date, words: str) -> None:
    assert i18n.day_of(day, "fr", "long") == words
    assert i18n.day_of(day, "fr", "short-year").split()[1] == words.split()[1]


def test_an_instant_may_be_seconds_and_must_have_a_zone() -> None:
    assert i18n.time(SECONDS, PARIS, "en") == i18n.time(AT, PARIS, "en")
    with pytest.raises(ValueError, match="without a zone"):
        i18n.time(datetime(2026, 12, 3, 13, 30), PARIS, "en")


def test_from_start_to_end() -> None:
    assert i18n.date_time_full(SECONDS, SECONDS + 1800, PARIS, "en") == "Thursday 3 December 2026, 14:30 to 15:00"
    assert i18n.time_range(SECONDS, SECONDS + 1800, PARIS, "en") == "14:30–15:00"


def test_an_end_on_another_day_says_which() -> None:
    late = int(datetime(2026, 12, 3, 22, 30, tzinfo=UTC).timestamp())
    assert i18n.time_range(late, late + 3600, PARIS, "en") == "23:30–Fri 4 Dec, 00:30"
    assert i18n.date_time_full(late, late + 3600, PARIS, "en") == "Thursday 3 December 2026, 23:30 to Fri 4 Dec, 00:30"


def test_months_and_weeks() -> None:
    assert i18n.month_title(2026, 12, "fr") == "décembre 2026"
    assert i18n.weekday_names("en")[0] == "Mon"
    assert i18n.weekday_names("en-US", "wide")[0] == "Sunday"
    assert i18n.weekday_names("ar")[0] == i18n.weekday_names("ar", from_first=False)[5]


@pytest.mark.parametrize(
    ("minutes", "words"), [(5, "5 min"), (90, "90 min"), (120, "2 h"), (150, "2 h 30 min"), (720, "12 h")]
)
def test_durations(minutes: int, words: str) -> None:
    assert i18n.duration(minutes, "en") == words


@pytest.mark.parametrize(("locale", "words"), [("en", "33%"), ("fr", "33\xa0%")])
def test_parts_of_a_whole(locale: str, words: str) -> None:
    assert i18n.percent(1 / 3, locale) == words


@pytest.mark.parametrize("locale", sorted(localedata.locale_identifiers())[::6])
def test_no_locale_of_the_world_breaks_a_format(locale: str) -> None:
    name = locale.replace("_", "-")
    for form in ("long", "short", "full", "short-year", "date"):
        assert i18n.day_of(date(2026, 12, 3), name, form)
    assert len(i18n.weekday_names(name, "narrow")) == 7
    assert i18n.date_time_full(AT, AT, PARIS, name)
    assert i18n.time(AT, PARIS, name, "12")
    assert i18n.direction(name) in {"ltr", "rtl"}


# --- zones


@pytest.mark.parametrize(
    ("zone", "locale", "label"),
    [
        (PARIS, "en", "Paris time (UTC+1)"),
        ("Asia/Kolkata", "en", "Kolkata time (UTC+5:30)"),
        ("Asia/Calcutta", "en", "Kolkata time (UTC+5:30)"),
        ("America/St_Johns", "en", "St John’s time (UTC−3:30)"),
        ("America/Argentina/Buenos_Aires", "en", "Buenos Aires time (UTC−3)"),
        ("Europe/Lisbon", "en", "Lisbon time (UTC+0)"),
        ("UTC", "en", "UTC"),
        ("Etc/GMT+5", "en", "UTC−5"),
        ("No/Such_Place", "en", "UTC"),
    ],
)
def test_zone_labels(zone: str, locale: str, label: str) -> None:
    assert i18n.zone_label(zone, AT, locale) == label


def test_a_zones_label_has_the_offset_of_its_day() -> None:
    assert i18n.zone_label(PARIS, datetime(2026, 7, 1, tzinfo=UTC), "en") == "Paris time (UTC+2)"


def test_cities_in_the_readers_language() -> None:
    assert i18n.zone_city("Europe/Lisbon", "fr") == "Lisbonne"


def test_every_zone_has_a_city() -> None:
    cities = {name: i18n.zone_city(name, "en") for name in zone_names()}
    assert not [name for name, city in cities.items() if not city or "/" in city or "_" in city]


@pytest.mark.parametrize(
    ("query", "locale", "zone"),
    [
        ("lisb", "en", "Europe/Lisbon"),
        ("LONDRES", "fr", "Europe/London"),
        ("norv", "fr", "Europe/Oslo"),
        ("norway", "en", "Europe/Oslo"),
        ("reykjavik", "en", "Atlantic/Reykjavik"),
        ("turkiye", "en", "Europe/Istanbul"),
        ("new york", "en", "America/New_York"),
        ("america/new_york", "en", "America/New_York"),
        ("utc+5:30", "en", "Asia/Kolkata"),
        ("UTC-3:30", "en", "America/St_Johns"),
    ],
)
def test_zones_are_found_as_people_look_for_them(query: str, locale: str, zone: str) -> None:
    assert zone in [one.zone for one in i18n.find_zones(query, locale, AT)]


def test_without_a_query_the_visitors_zone_comes_first_then_its_neighbours() -> None:
    found = i18n.find_zones("", "en", AT, first=["Asia/Tokyo", "Europe/Lisbon", "No/Where"])
    assert [one.zone for one in found[:2]] == ["Asia/Tokyo", "Europe/Lisbon"]
    gaps = [abs(one.minutes - found[0].minutes) for one in found[2:]]
    assert gaps == sorted(gaps)
    assert found[0].now == "22:30"


def test_the_whole_list_holds_every_country() -> None:
    choices = i18n.zone_choices("fr", AT)
    assert len(choices) > 400
    assert {"France", "Norvège", "Brésil", "Islande"} <= {one.country for one in choices}
    assert len({one.zone for one in choices}) == len(choices)


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ("Europe/Lisbon", "1 hour behind you"),
        ("Europe/Oslo", "same time as you"),
        ("Asia/Tokyo", "8 hours ahead of you"),
        ("Asia/Kolkata", "4 hours 30 minutes ahead of you"),
    ],
)
def test_distance(there: str, words: str) -> None:
    assert i18n.distance(there, PARIS, AT, "en") == words


def test_a_meeting_without_a_title_is_named_after_its_people() -> None:
    assert i18n.default_title("Maren Holt", "Alice Martin", "en") == "Maren Holt and Alice Martin"
    assert len(i18n.default_title("M" * 300, "A" * 300, "en")) == 255


def test_an_empty_list_is_told_of_in_words() -> None:
    assert i18n.flaw_message(Flaw("team", "too-few", {"minimum": 1}), "en") == "Add at least one."
    assert i18n.flaw_message(Flaw("team", "too-few", {"minimum": 2}), "en") == "At least this many are needed: 2."


@pytest.mark.parametrize(("locale", "number"), [("en", "20,000"), ("fr", "20\u202f000")])
def test_large_numbers_are_marked_as_the_reader_does(locale: str, number: str) -> None:
    assert number in i18n.flaw_message(Flaw("file", "too-many-rows", {"maximum": 20_000}), locale)
