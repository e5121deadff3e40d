import copy
import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.domain.availability import DateRange, Kind, Rolling, Rules, Window
from meetings.domain.fields import CODE_PARAMS
from meetings.domain.link import (
    SECTIONS,
    Surroundings,
    check,
    check_section,
    defaults,
    merge_patch,
    property_names,
    rules,
)
from tests.domain.strange import VALUES, anything

ANA, BOB = "ana@example.org", "bob@example.org"
PARIS = Surroundings(timezone="Europe/Paris", organizer=ANA)
NINE_TO_FIVE = {"days": ["mon"], "start": "09:00", "end": "17:00"}
QUESTION = {
    "name": "topic",
    "label": "What about?",
    "type": "question",
    "kind": "radio",
    "options": ["Prices", "Support"],
    "help": "In a word",
    "required": False,
    "in_invite": False,
}
COMPANY = {
    "name": "company",
    "label": "",
    "type": "property",
    "kind": "line",
    "options": [],
    "help": "",
    "required": True,
    "in_invite": True,
}
FULL = {
    "kind": "round_robin",
    "overview": {
        "internal_name": "Team demo",
        "organizer": ANA,
        "title": "Demo with {{ contact.first_name | you }} of {{ contact.company }}",
        "location": "12 rue de la Paix",
        "location_kind": "address",
        "conferencing": "none",
        "description": "First line\nsecond line",
        "meeting_type": "Demo",
    },
    "team": [
        {"user": ANA, "check_availability": True, "weight": 1, "paused": False, "schedule": "Mornings"},
        {"user": BOB, "check_availability": False, "weight": 3, "paused": True, "schedule": None},
    ],
    "scheduling": {
        "slug": "Team_demo-1",
        "heading": "Talk to us",
        "durations": [60, 30],
        "timezone": "America/New_York",
        "available_hours": [{"days": ["mon", "tue"], "start": "09:00", "end": "24:00"}],
        "date_overrides": [
            {"date": "2026-12-24", "hours": []},
            {"date": "2026-12-23", "hours": [{"start": "09:00", "end": "12:00"}]},
        ],
        "window": {"kind": "range", "start": "2026-12-01", "end": "2027-02-08"},
        "minimum_notice": 120,
        "buffer": 15,
        "start_increment": "duration",
        "hours": "hosts",
        "schedule": "Mornings",
        "prioritize_contact_owner": True,
        "owner": {"beyond_team": True, "assign_unowned": True},
        "welcome": {"picture": "logo", "text": "Welcome.\nWho are you?"},
        "language": "fr",
        "date_format": "en-GB",
        "form": {
            "fields": [COMPANY, QUESTION],
            "captcha": True,
            "consent": {
                "mode": "consent",
                "text": "May we write?",
                "privacy_text": "We keep what you write.",
                "processing": "checkbox",
                "processing_label": "I agree",
                "checkboxes": [{"id": "news", "label": "Yes, news", "required": False, "subscription": "news"}],
                "legal_basis": "performance_of_contract",
                "subscriptions": ["one_to_one", "news"],
            },
            "prefill": True,
            "auto_submit": True,
        },
        "picture": "0123456789abcdef0123456789abcdef.webp",
        "visibility": "hidden",
        "embed_sites": ["https://www.example.org"],
        "confirmation": {"redirect_url": "https://example.org/thanks", "pass_details": True},
    },
    "automation": {
        "confirmation_email": False,
        "reminders": [{"value": 1, "unit": "days"}, {"value": 90, "unit": "minutes"}],
        "include_description": False,
    },
}


def document(**changes):
    """A minimal document; `changes` are patches of its sections, `team` and `kind` replaced."""
    base = {"kind": "individual", "overview": {"internal_name": "Demo"}, "scheduling": {"slug": "demo"}}
    return merge_patch(base, changes)


def found(flaws):
    return [(flaw.field, flaw.code) for flaw in flaws]


# ---- defaults and whole documents ------------------------------------------------------------------------------------


def test_a_minimal_document_is_completed():
    clean, flaws = check(document(), PARIS)
    assert flaws == []
    assert clean == {
        "kind": "individual",
        "overview": {
            "internal_name": "Demo",
            "organizer": ANA,
            "title": "",
            "location": "",
            "location_kind": "custom",
            "conferencing": "none",
            "description": "",
            "meeting_type": None,
        },
        "team": [],
        "scheduling": {
            "slug": "demo",
            "heading": "",
            "durations": [30],
            "timezone": "Europe/Paris",
            "available_hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}],
            "date_overrides": [],
            "window": {"kind": "rolling", "weeks": 2},
            "minimum_notice": 0,
            "buffer": 0,
            "start_increment": 15,
            "hours": "link",
            "schedule": None,
            "prioritize_contact_owner": False,
            "owner": {"beyond_team": False, "assign_unowned": False},
            "welcome": {"picture": "default", "text": ""},
            "language": "auto",
            "date_format": "auto",
            "form": {
                "fields": [],
                "captcha": False,
                "consent": {
                    "mode": "account",
                    "text": "",
                    "privacy_text": "",
                    "processing": "implicit",
                    "processing_label": "",
                    "checkboxes": [],
                    "legal_basis": "legitimate_interest_prospect",
                    "subscriptions": ["one_to_one"],
                },
                "prefill": True,
                "auto_submit": False,
            },
            "picture": "default",
            "visibility": "open",
            "embed_sites": [],
            "confirmation": {"redirect_url": None, "pass_details": False},
        },
        "automation": {"confirmation_email": True, "reminders": [], "include_description": True},
    }


def test_a_full_document_comes_back_as_it_went_in():
    given_before = copy.deepcopy(FULL)
    clean, flaws = check(FULL, PARIS)
    assert flaws == []
    assert clean == FULL == given_before
    assert list(clean) == ["kind", *SECTIONS]


@pytest.mark.parametrize("kind", list(Kind))
def test_defaults_want_a_name_and_an_address(kind):
    document = defaults(kind, "Asia/Tokyo")
    assert document["scheduling"]["timezone"] == "Asia/Tokyo"
    wanted = [("overview.internal_name", "required"), ("scheduling.slug", "required")]
    members = [("team", "too-few")] if kind == "round_robin" else []
    assert sorted(found(check(document)[1])) == sorted(wanted + members)


def test_defaults_are_new_every_time():
    defaults("individual", "UTC")["scheduling"]["durations"].append(45)
    assert defaults("individual", "UTC")["scheduling"]["durations"] == [30]


@pytest.mark.parametrize(
    ("change", "flaws"),
    [
        ({"kind": None}, [("kind", "required")]),
        ({"kind": "solo"}, [("kind", "not-a-choice")]),
        ({"colour": "red"}, [("colour", "unknown-field")]),
        ({"overview": {"internal_name": "  "}}, [("overview.internal_name", "required")]),
        ({"overview": {"internal_name": "x" * 121}}, [("overview.internal_name", "too-long")]),
        ({"overview": {"organizer": "ana"}}, [("overview.organizer", "not-an-email")]),
        ({"overview": {"title": "Hi {{ contact.nickname }}"}}, [("overview.title", "unknown-token")]),
        ({"overview": {"title": "Hi {{ contact.first_name"}}, [("overview.title", "broken-token")]),
        ({"overview": {"location": "a\nb"}}, [("overview.location", "line-breaks")]),
        ({"overview": {"conferencing": "zoom"}}, [("overview.conferencing", "not-a-choice")]),
        ({"overview": {"colour": "red"}}, [("overview.colour", "unknown-field")]),
        ({"overview": "Demo"}, [("overview", "not-an-object")]),
        ({"overview": None}, [("overview.internal_name", "required")]),
        ({"scheduling": {"slug": "de mo"}}, [("scheduling.slug", "not-a-slug")]),
        ({"scheduling": {"slug": "transfer"}}, [("scheduling.slug", "reserved")]),
        ({"scheduling": {"slug": ""}}, [("scheduling.slug", "required")]),
        ({"scheduling": {"durations": []}}, [("scheduling.durations", "too-few")]),
        ({"scheduling": {"durations": [30, 60, 30]}}, [("scheduling.durations.2", "duplicate")]),
        ({"scheduling": {"durations": [4]}}, [("scheduling.durations.0", "out-of-range")]),
        ({"scheduling": {"durations": [721]}}, [("scheduling.durations.0", "out-of-range")]),
        ({"scheduling": {"durations": ["30"]}}, [("scheduling.durations.0", "not-a-number")]),
        ({"scheduling": {"durations": [True]}}, [("scheduling.durations.0", "not-a-number")]),
        ({"scheduling": {"durations": 30}}, [("scheduling.durations", "not-a-list")]),
        ({"scheduling": {"durations": list(range(5, 16))}}, [("scheduling.durations", "too-many")]),
        ({"scheduling": {"timezone": "Mars/Base"}}, [("scheduling.timezone", "not-a-zone")]),
        ({"scheduling": {"minimum_notice": -1}}, [("scheduling.minimum_notice", "out-of-range")]),
        ({"scheduling": {"minimum_notice": 86_401}}, [("scheduling.minimum_notice", "out-of-range")]),
        ({"scheduling": {"buffer": 1441}}, [("scheduling.buffer", "out-of-range")]),
        ({"scheduling": {"start_increment": 4}}, [("scheduling.start_increment", "out-of-range")]),
        ({"scheduling": {"start_increment": "same"}}, [("scheduling.start_increment", "not-a-number")]),
        ({"scheduling": {"language": "klingon"}}, [("scheduling.language", "not-a-language")]),
        ({"scheduling": {"prioritize_contact_owner": 1}}, [("scheduling.prioritize_contact_owner", "not-yes-or-no")]),
        ({"scheduling": {"form": {"prefill": "yes"}}}, [("scheduling.form.prefill", "not-yes-or-no")]),
        ({"scheduling": {"form": {"consent": {"mode": "maybe"}}}}, [("scheduling.form.consent.mode", "not-a-choice")]),
        ({"scheduling": {"form": {"consent": True}}}, [("scheduling.form.consent", "not-an-object")]),
        (
            {"scheduling": {"confirmation": {"redirect_url": "http://example.org"}}},
            [("scheduling.confirmation.redirect_url", "not-https")],
        ),
        ({"automation": {"confirmation_email": "on"}}, [("automation.confirmation_email", "not-yes-or-no")]),
        ({"team": {"user": ANA}}, [("team", "not-a-list")]),
    ],
)
def test_what_is_wrong_has_its_path(change, flaws):
    clean, wrong = check(document(**change), PARIS)
    assert found(wrong) == flaws
    assert_usable(clean)


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("scheduling", "durations", [5, 720]),
        ("scheduling", "durations", list(range(5, 15))),
        ("scheduling", "minimum_notice", 86_400),
        ("scheduling", "buffer", 1440),
        ("scheduling", "start_increment", 720),
        ("scheduling", "start_increment", "duration"),
        ("scheduling", "available_hours", []),
        ("scheduling", "window", {"kind": "rolling", "weeks": 52}),
        ("scheduling", "language", "pt-BR"),
        ("overview", "title", "Demo – {{ company.domain | you }}"),
        ("overview", "internal_name", "x" * 120),
        ("automation", "reminders", [{"value": 5, "unit": "minutes"}, {"value": 8, "unit": "weeks"}]),
    ],
)
def test_limits_are_within(section, field, value):
    clean, flaws = check(document(**{section: {field: value}}))
    assert flaws == []
    assert clean[section][field] == value


def test_the_kind_stays():
    clean, flaws = check(document(kind="group"), PARIS, kind="individual")
    assert found(flaws) == [("kind", "fixed")]
    assert clean["kind"] == "individual"
    assert check(document(), PARIS, kind="individual")[1] == []


@pytest.mark.parametrize("value", [value for value in VALUES if value != {}], ids=lambda value: repr(value)[:20])
def test_a_document_is_an_object(value):
    clean, flaws = check(value)
    assert flaws
    assert_usable(clean)


# ---- hours, dates, window --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "flaws"),
    [
        ({"start": "17:00"}, [(".end", "ends-before-start")]),
        ({"start": "18:00"}, [(".end", "ends-before-start")]),
        ({"start": "24:00", "end": "24:00"}, [(".start", "not-a-time")]),
        ({"end": "00:00"}, [(".end", "ends-before-start")]),
        ({"end": "24:01"}, [(".end", "not-a-time")]),
        ({"end": 1020}, [(".end", "not-a-time")]),
        ({"end": None}, [(".end", "required")]),
        ({"days": []}, [(".days", "too-few")]),
        ({"days": ["mon", "mon"]}, [(".days.1", "duplicate")]),
        ({"days": ["monday"]}, [(".days.0", "not-a-choice")]),
        ({"days": ["Mon"]}, [(".days.0", "not-a-choice")]),
        ({"days": "mon"}, [(".days", "not-a-list")]),
        ({"days": [1]}, [(".days.0", "not-a-choice")]),
        ({"day": "mon"}, [(".day", "unknown-field")]),
    ],
)
def test_hours_that_are_wrong(change, flaws):
    hours = [NINE_TO_FIVE, {**NINE_TO_FIVE, **change}]
    clean, wrong = check(document(scheduling={"available_hours": hours}))
    assert found(wrong) == [(f"scheduling.available_hours.1{field}", code) for field, code in flaws]
    assert clean["scheduling"]["available_hours"] == [NINE_TO_FIVE]


def test_days_come_in_the_week_s_order_and_hours_as_typed():
    late, early = ({"days": ["sun", "mon"], "start": start, "end": "20:00"} for start in ("19:00", "08:00"))
    clean, flaws = check(document(scheduling={"available_hours": [late, early]}))
    assert flaws == []
    assert clean["scheduling"]["available_hours"] == [
        {"days": ["mon", "sun"], "start": "19:00", "end": "20:00"},
        {"days": ["mon", "sun"], "start": "08:00", "end": "20:00"},
    ]


@pytest.mark.parametrize(
    ("override", "flaws"),
    [
        ({"date": "2026-12-24"}, []),
        ({"date": "2026-12-24", "hours": None}, []),
        ({"date": "2026-12-25", "hours": []}, [(".1.date", "duplicate")]),
        ({"date": "24/12/2026"}, [(".1.date", "not-a-date")]),
        ({"hours": []}, [(".1.date", "required")]),
        (
            {"date": "2026-12-24", "hours": [{"start": "12:00", "end": "09:00"}]},
            [(".1.hours.0.end", "ends-before-start")],
        ),
        ({"date": "2026-12-24", "hours": [{"start": "12:00"}]}, [(".1.hours.0.end", "required")]),
    ],
)
def test_date_overrides(override, flaws):
    overrides = [{"date": "2026-12-25", "hours": []}, override]
    wrong = check(document(scheduling={"date_overrides": overrides}))[1]
    assert found(wrong) == [(f"scheduling.date_overrides{field}", code) for field, code in flaws]


@pytest.mark.parametrize(
    ("window", "flaws"),
    [
        ({"kind": "rolling"}, []),
        ({"kind": "rolling", "weeks": 0}, [(".weeks", "out-of-range")]),
        ({"kind": "rolling", "weeks": 53}, [(".weeks", "out-of-range")]),
        ({"kind": "rolling", "start": "2026-01-01"}, [(".start", "unknown-field")]),
        ({"kind": "range", "start": "2026-01-01", "end": "2026-01-01"}, []),
        ({"kind": "range", "start": "2026-01-01", "end": "2026-03-11"}, []),
        ({"kind": "range", "start": "2026-01-01", "end": "2026-03-12"}, [(".end", "range-too-long")]),
        ({"kind": "range", "start": "2026-01-02", "end": "2026-01-01"}, [(".end", "ends-before-start")]),
        ({"kind": "range", "start": "2026-01-02"}, [(".end", "required")]),
        ({"kind": "range", "weeks": 2, "start": "2026-01-01", "end": "2026-01-01"}, [(".weeks", "unknown-field")]),
        ({"weeks": 2}, [(".kind", "required")]),
        ({"kind": "ever"}, [(".kind", "not-a-choice")]),
        ([], [("", "not-an-object")]),
    ],
)
def test_windows(window, flaws):
    clean, wrong = check({**document(), "scheduling": {"slug": "demo", "window": window}})
    assert found(wrong) == [(f"scheduling.window{field}", code) for field, code in flaws]
    if flaws:
        assert clean["scheduling"]["window"] == {"kind": "rolling", "weeks": 2}


# ---- team ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "team", "flaws"),
    [
        ("individual", [], []),
        ("individual", [{"user": "Ana@example.org"}], []),
        ("individual", [{"user": BOB}], [("team", "team-not-allowed")]),
        ("individual", [{"user": ANA}, {"user": BOB}], [("team", "team-not-allowed")]),
        ("group", [], []),
        ("round_robin", [], [("team", "too-few")]),
        ("round_robin", None, [("team", "too-few")]),
        ("round_robin", [{"user": BOB}], []),
        ("group", [{"user": BOB}, {"user": "Bob@Example.org"}], [("team.1.user", "duplicate")]),
        ("group", [{"user": ""}], [("team.0.user", "required")]),
        ("group", [{"user": BOB, "weight": 0}], [("team.0.weight", "out-of-range")]),
        ("group", [{"user": BOB, "weight": 1001}], [("team.0.weight", "out-of-range")]),
        ("group", [BOB], [("team.0", "not-an-object")]),
        ("round_robin", [BOB], [("team.0", "not-an-object")]),
    ],
)
def test_teams(kind, team, flaws):
    whole, wrong = check(document(kind=kind, team=team), PARIS)
    section, alone = check_section("team", team, kind, PARIS)
    assert found(wrong) == found(alone) == flaws
    assert whole["team"] == section
    assert kind != "individual" or section == []


def test_members_have_their_defaults():
    assert check_section("team", [{"user": BOB}], "group")[0] == [
        {"user": BOB, "check_availability": True, "weight": 1, "paused": False, "schedule": None}
    ]


# ---- form and automation ---------------------------------------------------------------------------------------------


def form(*fields):
    return document(scheduling={"form": {"fields": list(fields)}})


def test_form_fields_are_named_after_their_labels_and_keep_their_names():
    clean, flaws = check(
        form(
            {"label": "What about?", "type": "question"},
            {"name": "what_about", "label": "Really?", "type": "question", "required": False},
            {"label": "What about?", "type": "question"},
            {"label": "Email", "type": "question"},
        )
    )
    assert flaws == []
    names = [field["name"] for field in clean["scheduling"]["form"]["fields"]]
    assert names == ["what_about_2", "what_about", "what_about_3", "email_2"]
    assert [field["required"] for field in clean["scheduling"]["form"]["fields"]] == [True, False, True, True]
    assert check(clean) == (clean, [])


@pytest.mark.parametrize(
    ("fields", "flaws"),
    [
        ([{"type": "question"}], [(".0.label", "required")]),
        ([{"name": "company", "type": "property"}], []),
        ([{"name": "a", "label": "A", "type": "file"}], [(".0.type", "not-a-choice")]),
        ([{"name": "a", "label": "A"}], [(".0.type", "required")]),
        ([{"name": "email", "label": "A", "type": "question"}], [(".0.name", "reserved")]),
        ([{"name": "A b", "label": "A", "type": "question"}], [(".0.name", "not-a-name")]),
        ([QUESTION, QUESTION], [(".1.name", "duplicate")]),
        ([{**QUESTION, "label": "x" * 201}], [(".0.label", "too-long")]),
        ([{**QUESTION, "name": f"q{number}"} for number in range(20)], []),
        ([{**QUESTION, "name": f"q{number}"} for number in range(21)], [("", "too-many")]),
    ],
)
def test_form_fields(fields, flaws):
    wrong = check(form(*fields))[1]
    assert found(wrong) == [(f"scheduling.form.fields{field}", code) for field, code in flaws]


@pytest.mark.parametrize(
    ("overview", "flaws"),
    [
        ({"location_kind": "phone", "location": "+33 1 23 45 67 89"}, []),
        ({"location_kind": "phone", "location": "at the bar"}, [("overview.location", "not-a-phone")]),
        ({"location_kind": "phone", "location": ""}, []),
        ({"location_kind": "link", "location": "https://meet.example.org/ana"}, []),
        ({"location_kind": "link", "location": "http://meet.example.org"}, [("overview.location", "not-https")]),
        ({"location_kind": "link", "location": "javascript:alert(1)"}, [("overview.location", "not-https")]),
        ({"location_kind": "address", "location": "12 rue de la Paix"}, []),
        ({"location_kind": "address", "location": "12 rue de la Paix\nParis"}, []),
        ({"location_kind": "phone", "location": "+33 1 23 45\n67"}, [("overview.location", "line-breaks")]),
        ({"description": "See [us](javascript:x)"}, [("overview.description", "unfit-link")]),
        ({"location_kind": "moon"}, [("overview.location_kind", "not-a-choice")]),
    ],
)
def test_places_are_what_they_say(overview, flaws):
    assert found(check(document(overview=overview))[1]) == flaws


def test_what_is_not_known_here_is_refused():
    around = Surroundings(meeting_types=["Demo"], subscriptions=["news"], pictures=[])
    strange = document(
        overview={"meeting_type": "Else"},
        scheduling={
            "picture": "0" * 32 + ".webp",
            "form": {"consent": {"mode": "consent", "checkboxes": [{"label": "A", "subscription": "b"}]}},
        },
    )
    assert sorted(found(check(strange, around)[1])) == [
        ("overview.meeting_type", "unknown-meeting-type"),
        ("scheduling.form.consent.checkboxes.0.subscription", "unknown-subscription"),
        ("scheduling.picture", "unknown-picture"),
    ]
    assert check(document(overview={"meeting_type": "Demo"}, scheduling={"picture": "logo"}), around)[1] == []


@pytest.mark.parametrize("mode", ["account", "off", "legitimate_interest"])
def test_a_box_that_is_not_asked_may_stand_for_anything(mode):
    consent = {"mode": mode, "checkboxes": [{"label": "A", "subscription": "gone"}]}
    assert check(document(scheduling={"form": {"consent": consent}}), Surroundings(subscriptions=["news"]))[1] == []


@pytest.mark.parametrize(
    ("address", "codes"),
    [
        ("https://example.org/thanks", []),
        ("/book/other-link", []),
        ("/links", ["not-https"]),
        ("//example.org", ["not-https"]),
        ("/book/../links", ["not-https"]),
    ],
)
def test_pages_after_the_booking(address, codes):
    flaws = check(document(scheduling={"confirmation": {"redirect_url": address}}))[1]
    assert [flaw.code for flaw in flaws] == codes


def test_consent_boxes_have_ids():
    boxes = [{"label": "News"}, {"id": "terms", "label": "Terms", "required": True}]
    clean, flaws = check(document(scheduling={"form": {"consent": {"mode": "consent", "checkboxes": boxes}}}))
    assert flaws == []
    assert clean["scheduling"]["form"]["consent"]["checkboxes"] == [
        {"id": "news", "label": "News", "required": False, "subscription": "one_to_one"},
        {"id": "terms", "label": "Terms", "required": True, "subscription": "one_to_one"},
    ]


@pytest.mark.parametrize(("count", "flaws"), [(10, []), (11, [("scheduling.form.consent.checkboxes", "too-many")])])
def test_there_are_not_too_many_boxes(count, flaws):
    boxes = [{"label": f"Box {number}"} for number in range(count)]
    wrong = check(document(scheduling={"form": {"consent": {"mode": "consent", "checkboxes": boxes}}}))[1]
    assert found(wrong) == flaws


@pytest.mark.parametrize(
    ("section", "field", "maximum", "entries"),
    [
        ("scheduling", "available_hours", 100, [NINE_TO_FIVE] * 101),
        ("scheduling", "date_overrides", 400, [{"date": str(date(2026, 1, 1) + timedelta(n))} for n in range(401)]),
        ("overview", "location", 500, "x" * 501),
        ("overview", "description", 5000, "x" * 5001),
        ("overview", "meeting_type", 100, "x" * 101),
        ("overview", "title", 255, "x" * 256),
        ("scheduling", "heading", 200, "x" * 201),
    ],
)
def test_there_is_not_too_much(section, field, maximum, entries):
    assert check(document(**{section: {field: entries[:maximum]}}))[1] == []
    wrong = check(document(**{section: {field: entries}}))[1]
    assert [(flaw.field, flaw.params) for flaw in wrong] == [(f"{section}.{field}", {"maximum": maximum})]


def test_a_team_is_not_too_large():
    team = [{"user": f"user{number}@example.org"} for number in range(101)]
    assert check(document(kind="group", team=team[:100]))[1] == []
    assert found(check(document(kind="group", team=team))[1]) == [("team", "too-many")]


def test_titles_may_mention_properties_that_the_form_or_the_workspace_has():
    asked = merge_patch(FULL, {"overview": {"title": "{{ contact.company }} {{ contact.topic }}"}})
    assert found(check(asked, PARIS)[1]) == [("overview.title", "unknown-token")]  # a question is no property
    known = Surroundings(properties=["topic"])
    assert check(asked, known)[1] == []
    assert property_names(FULL["scheduling"]) == ["company"]


def test_without_prefill_nothing_is_submitted_by_itself():
    clean, flaws = check(document(scheduling={"form": {"prefill": False, "auto_submit": True}}))
    assert flaws == []
    assert clean["scheduling"]["form"]["auto_submit"] is False


@pytest.mark.parametrize(
    ("reminders", "flaws"),
    [
        ([{"value": 1, "unit": "hours"}], []),
        ([{"value": 60, "unit": "minutes"}, {"value": 1, "unit": "hours"}], [(".1.value", "duplicate")]),
        ([{"value": 7, "unit": "days"}, {"value": 1, "unit": "weeks"}], [(".1.value", "duplicate")]),
        ([{"value": 4, "unit": "minutes"}], [(".0.value", "reminder-out-of-range")]),
        ([{"value": 9, "unit": "weeks"}], [(".0.value", "reminder-out-of-range")]),
        ([{"value": 57, "unit": "days"}], [(".0.value", "reminder-out-of-range")]),
        ([{"value": 0, "unit": "hours"}], [(".0.value", "reminder-out-of-range")]),
        ([{"value": 10**30, "unit": "weeks"}], [(".0.value", "out-of-range")]),
        ([{"value": 1, "unit": "months"}], [(".0.unit", "not-a-choice")]),
        ([{"value": 1}], [(".0.unit", "required")]),
        ([None], [(".0", "not-an-object")]),
        ([{"value": number, "unit": "hours"} for number in range(1, 5)], [("", "too-many")]),
    ],
)
def test_reminders(reminders, flaws):
    wrong = check(document(automation={"reminders": reminders}))[1]
    assert found(wrong) == [(f"automation.reminders{field}", code) for field, code in flaws]


@pytest.mark.parametrize(
    ("language", "date_format", "flaws"),
    [
        ("auto", "auto", []),
        ("fr", "en-GB", []),
        ("de", "auto", ["scheduling.language"]),
        ("auto", "de", ["scheduling.date_format"]),
    ],
)
def test_only_languages_that_are_spoken(language, date_format, flaws):
    around = Surroundings(languages=["en", "fr"], formats={"en", "en-GB"})
    asked = document(scheduling={"language": language, "date_format": date_format})
    assert found(check(asked, around)[1]) == [(field, "not-a-language") for field in flaws]


@pytest.mark.parametrize("name", ["overview", "scheduling", "automation"])
def test_a_section_by_itself_is_judged_as_in_the_whole(name):
    around = Surroundings(properties=["company"], organizer=ANA)
    assert check_section(name, FULL[name], "round_robin", around) == (FULL[name], [])
    clean, flaws = check_section(name, {"strange": 1}, "individual", around)
    assert (f"{name}.strange", "unknown-field") in found(flaws)
    assert clean == check({"kind": "individual", name: {"strange": 1}}, around)[0][name]


# ---- patches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [  # the cases of RFC 7396, appendix A, as far as they are about objects
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
    ],
)
def test_a_patch_merges(target, patch, merged):
    before = copy.deepcopy((target, patch))
    assert merge_patch(target, patch) == merged
    assert (target, patch) == before


def test_null_brings_back_the_default():
    patch = {"scheduling": {"durations": None, "timezone": None, "form": {"prefill": None}}, "automation": None}
    clean, flaws = check(merge_patch(FULL, patch), PARIS)
    assert flaws == []
    assert clean["scheduling"]["durations"] == [30]
    assert clean["scheduling"]["timezone"] == "Europe/Paris"
    assert clean["scheduling"]["slug"] == "Team_demo-1"
    assert clean["automation"] == defaults("round_robin", "UTC")["automation"]


def test_a_window_of_another_kind_replaces_the_old_one():
    rolling = merge_patch(FULL, {"scheduling": {"window": {"kind": "rolling", "weeks": 3}}})
    clean, flaws = check(rolling, PARIS)
    assert (flaws, clean["scheduling"]["window"]) == ([], {"kind": "rolling", "weeks": 3})
    longer = merge_patch(clean, {"scheduling": {"window": {"weeks": 4}}})
    assert check(longer, PARIS)[0]["scheduling"]["window"] == {"kind": "rolling", "weeks": 4}
    moved = merge_patch(FULL, {"scheduling": {"window": {"kind": "range", "end": "2026-12-02"}}})
    assert moved["scheduling"]["window"] == {"kind": "range", "start": "2026-12-01", "end": "2026-12-02"}


def test_a_patch_nested_deeply_is_answered():
    patch = {}
    for _ in range(50_000):
        patch = {"overview": patch}
    flaws = check(merge_patch(FULL, patch), PARIS)[1]
    assert found(flaws) == [("overview.overview", "unknown-field")]


# ---- rules -----------------------------------------------------------------------------------------------------------


def test_rules_of_a_full_document():
    assert rules(FULL["scheduling"]) == Rules(
        zone="America/New_York",
        windows=(Window(0, 540, 1440), Window(1, 540, 1440)),
        overrides=((date(2026, 12, 23), ((540, 720),)), (date(2026, 12, 24), ())),
        increment=None,
        minimum_notice=120,
        buffer=15,
        horizon=DateRange(date(2026, 12, 1), date(2027, 2, 8)),
    )


def test_rules_of_the_defaults():
    assert rules(defaults("individual", "UTC")["scheduling"]) == Rules(
        zone="UTC",
        windows=tuple(Window(day, 540, 1020) for day in range(5)),
        overrides=(),
        increment=15,
        minimum_notice=0,
        buffer=0,
        horizon=Rolling(2),
    )


def test_two_ways_of_writing_the_same_hours_are_equal():
    split = [{**NINE_TO_FIVE, "days": [day]} for day in ("fri", "mon")]
    joined = [{**NINE_TO_FIVE, "days": ["mon", "fri"]}]
    first, second = (rules({**FULL["scheduling"], "available_hours": hours}) for hours in (split, joined))
    assert first == second
    assert hash(first) == hash(second)


# ---- anything at all -------------------------------------------------------------------------------------------------


def assert_usable(clean):
    """Whatever went in: complete, printable as JSON, good for a preview."""
    json.dumps(clean, allow_nan=False, ensure_ascii=False).encode("utf-8")
    empty = defaults(clean["kind"], "UTC")
    assert shape(clean) == shape(empty)
    rules(clean["scheduling"])


def shape(value):
    """The names of all fields, but for those that differ by the window's kind."""
    if not isinstance(value, dict):
        return None
    return {key: None if key == "window" else shape(inner) for key, inner in value.items()}


def places(value, path=()):
    """The path of every value inside a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, entry in inner for place in places(entry, (*path, key)))]


def replaced(value, path, strange):
    if not path:
        return strange
    key, *rest = path
    changed = copy.copy(value)
    changed[key] = replaced(value[key], rest, strange)
    return changed


PLACES = places(FULL)


def assert_answered(given):
    clean, flaws = check(given, PARIS)
    for flaw in flaws:
        assert CODE_PARAMS[flaw.code] == flaw.params.keys()
        f"{flaw.field} {dict(flaw.params)}".encode()
    assert_usable(clean)
    if not flaws:
        assert check(clean, PARIS) == (clean, [])
    return flaws


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_a_strange_value_in_any_place_is_answered(place):
    for value in VALUES:
        flaws = assert_answered(replaced(FULL, place, value))
        top = ".".join(map(str, place[:1]))
        # A value out of place is blamed on its section (a title also on the form whose property it mentions).
        assert all(flaw.field.startswith((top, "overview.title")) for flaw in flaws)


@pytest.mark.parametrize(
    "place",
    [place for place in PLACES if place and isinstance(place[-1], str)],
    ids=lambda place: ".".join(map(str, place)),
)
def test_a_value_of_another_type_is_refused(place):
    right = FULL
    for key in place:
        right = right[key]
    for wrong in (True, 30, 30.5, "\0", [], {}):
        if type(wrong) is not type(right) and (place[-1], wrong) != ("start_increment", 30):
            assert check(replaced(FULL, place, wrong), PARIS)[1], (place, wrong)


@given(anything)
def test_any_json_is_answered(value):
    assert_answered(value)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(PLACES[1:]), anything), min_size=1, max_size=4))
def test_any_json_anywhere_is_answered(changes):
    given_document = FULL
    for place, value in changes:
        try:
            given_document = replaced(given_document, place, value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    assert_answered(given_document)


def merged_by_the_book(target, patch):
    """RFC 7396, section 2, as written there."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged_by_the_book(result.get(key), value)
    return result


objects = st.dictionaries(st.sampled_from(["a", "b", "c"]), anything, max_size=3)


@given(objects, st.recursive(objects, lambda inner: st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)))
def test_a_patch_merges_by_the_book_but_for_nulls_in_new_objects(target, patch):
    assert repr(without_nulls(merge_patch(target, patch))) == repr(without_nulls(merged_by_the_book(target, patch)))


def without_nulls(value):
    """Absent and null are the same in a link document; keys in one order."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in sorted(value.items()) if inner is not None}
    return value


@given(st.sampled_from(PLACES[1:]))
def test_a_patch_with_a_document_s_own_value_changes_nothing(place):
    if any(isinstance(key, int) for key in place):
        return
    value = FULL
    for key in place:
        value = value[key]
    for key in reversed(place):
        value = {key: value}
    assert merge_patch(FULL, value) == FULL
    assert merge_patch(merge_patch(FULL, value), value) == FULL
    assert merge_patch(FULL, {}) == FULL
