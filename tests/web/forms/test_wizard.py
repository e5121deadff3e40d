"""What is typed on the wizard's pages ⇄ the link document, without an app."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from meetings.domain import link as link_document
from meetings.domain.fields import Flaw
from meetings.domain.link import merge_patch
from meetings.domain.sections import DAYS, MEMBERS_MAX
from meetings.web.forms import wizard
from meetings.web.forms.wizard import STEPS, rows, windows
from meetings.web.forms.wizard.hours import grouped
from meetings.web.forms.wizard.team import key_of


def document(**scheduling: Any) -> dict[str, Any]:
    given = {
        "kind": "individual",
        "overview": {"internal_name": "Demo", "organizer": "alice@example.org"},
        "scheduling": {"slug": "demo", "timezone": "Europe/Paris", **scheduling},
    }
    clean, flaws = link_document.check(given)
    assert flaws == []
    return clean


def posted(**values: Any) -> MultiDict[str, str]:
    return MultiDict({name: value if isinstance(value, list) else [value] for name, value in values.items()})


@pytest.mark.parametrize("step", STEPS)
def test_a_page_that_is_only_looked_at_says_what_the_document_says(step):
    before = document(
        available_hours=[
            {"days": ["mon", "thu"], "start": "08:00", "end": "12:00"},
            {"days": ["thu"], "start": "13:00", "end": "24:00"},
        ],
        window={"kind": "range", "start": "2026-12-01", "end": "2026-12-31"},
        start_increment="duration",
        date_overrides=[
            {"date": "2026-12-24", "hours": []},
            {"date": "2026-12-07", "hours": [{"start": "08:00", "end": "09:00"}]},
        ],
        picture="0123456789abcdef0123456789abcdef.webp",
        form={
            "fields": [
                {"name": "about", "label": "About?", "type": "question", "required": False, "in_invite": False},
                {"name": "company", "type": "property", "help": "Yours"},
                {"name": "size", "label": "Size?", "type": "question", "kind": "radio", "options": ["S", "M"]},
            ]
        },
        confirmation={"redirect_url": "https://example.org/thanks"},
    )
    typed = wizard.typed_from(step, before)
    assert json.loads(json.dumps(typed)) == typed  # it can be kept
    clean, flaws = link_document.check(merge_patch(before, wizard.patch(step, typed, before).values))
    assert flaws == []
    assert _ungrouped(clean) == _ungrouped(before)
    assert wizard.says_the_same(step, typed, before)


def _ungrouped(found: dict[str, Any]) -> dict[str, Any]:
    hours = {(day, one["start"], one["end"]) for one in found["scheduling"]["available_hours"] for day in one["days"]}
    days = sorted(found["scheduling"]["date_overrides"], key=lambda day: day["date"])
    return {**found, "scheduling": {**found["scheduling"], "available_hours": sorted(hours), "date_overrides": days}}


def test_hours_are_grouped_as_one_would_write_them():
    hours = [
        {"days": [day], "start": start, "end": end}
        for day, start, end in [("wed", "9", "12"), ("mon", "9", "12"), ("tue", "10", "12"), ("wed", "13", "14")]
    ]
    assert grouped(hours) == [
        {"days": ["mon", "wed"], "start": "9", "end": "12"},
        {"days": ["tue"], "start": "10", "end": "12"},
        {"days": ["wed"], "start": "13", "end": "14"},
    ]


def test_flaws_find_the_control_they_were_typed_in():
    typed = wizard.typed_from("scheduling", document())
    typed["days"]["wed"]["windows"] = [{"start": "9", "end": "8"}, {"start": "x", "end": "24"}]
    typed["durations"] = ["30", "1"]
    patch = wizard.patch("scheduling", typed, document())
    _, flaws = link_document.check(merge_patch(document(), patch.values))
    places = {patch.place(flaw): flaw.code for flaw in flaws}
    assert places == {
        "wed_0_end": "ends-before-start",
        "wed_1_start": "not-a-time",
        "durations": "out-of-range",
    }


@pytest.mark.parametrize("number", ["-1", "1" + "0" * 40])
def test_a_number_out_of_bounds_is_told_the_bounds(number):
    typed = wizard.typed_from("scheduling", document()) | {"buffer": number, "weeks": number, "durations": [number]}
    patch = wizard.patch("scheduling", typed, document())
    _, flaws = link_document.check(merge_patch(document(), patch.values))
    assert {patch.place(flaw): flaw.code for flaw in flaws} == dict.fromkeys(
        ["buffer", "weeks", "durations"], "out-of-range"
    )


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("overview.title", "overview"),
        ("scheduling.slug", "overview"),
        ("scheduling.weeks", "scheduling"),
        ("scheduling.form.fields.0.label", "form"),
        ("scheduling.form", "form"),
        ("scheduling.confirmation.redirect_url", "confirmation"),
        ("automation.reminders.1", "automation"),
        ("kind", "overview"),
    ],
)
def test_every_flaw_has_a_page(path, step):
    assert wizard.step_of(path) == step


@pytest.mark.parametrize(
    ("start", "end", "mended"),
    [
        ("14:00", "13:00", ("14:00", "17:00")),
        ("9", "5", ("09:00", "17:00")),
        ("14", "5", ("14:00", "17:00")),
        ("22:30", "22:30", ("22:30", "24:00")),
        ("23", "22", ("23:00", "24:00")),
        ("24:00", "5", None),
        ("noon", "5", None),
    ],
)
def test_what_backward_hours_may_have_meant(start, end, mended):
    assert windows.mended({"start": start, "end": end}) == mended


def test_a_new_window_follows_the_last_one():
    typed = wizard.typed_from("scheduling", document())
    rows.change(typed, "add:window:mon", posted())
    assert typed["days"]["mon"]["windows"][1] == {"start": "18:00", "end": "22:00"}


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(1, 24)), max_size=6))
def test_added_hours_never_touch_those_that_are_there(pairs):
    """Whatever stands there, also hours until midnight, or nothing that can be read."""
    hours_there = [{"start": str(min(pair)), "end": str(max(pair))} for pair in pairs if pair[0] != pair[1]]
    day = {"is_open": bool(hours_there), "windows": [*hours_there, {"start": "noonish", "end": ""}]}
    for _ in range(15):
        before = windows.meeting(day)
        windows.add(day)
        assert windows.meeting(day) == before
        assert len(day["windows"]) <= windows.MOST_WINDOWS
        start, end = windows.minutes_of(day["windows"][-1])
        assert start is None or start < end


def test_hours_that_meet_are_one():
    there = [{"start": "14", "end": "17"}, {"start": "9", "end": "12:30"}, {"start": "12", "end": "13"}]
    day = {"is_open": True, "windows": there}
    assert windows.entries(day, "mon")[0] == [{"start": "09:00", "end": "13:00"}, {"start": "14:00", "end": "17:00"}]
    day["windows"].append({"start": "13", "end": "x"})  # nothing is merged while something can't be read
    assert len(windows.entries(day, "mon")[0]) == 4


def test_single_days_come_in_their_order():
    typed = wizard.typed_from("scheduling", document(date_overrides=[{"date": "2026-12-24", "hours": []}]))
    form = posted(mon_open="y", mon_start="8", mon_end="11")
    rows.change(typed, "add:override", form)
    typed["overrides"][1] = {"date": "2026-12-07", "is_open": True, "windows": [{"start": "10", "end": "9"}]}
    patch = wizard.patch("scheduling", typed, document())
    assert [entry["date"] for entry in patch.values["scheduling"]["date_overrides"]] == ["2026-12-07", "2026-12-24"]
    _, flaws = link_document.check(merge_patch(document(), patch.values))
    assert {patch.place(flaw): flaw.code for flaw in flaws} == {"o1_0_end": "ends-before-start"}


def test_single_days_keep_their_order_wherever_they_stand_on_the_page():
    form = posted(
        override=["o2", "o10", "o0", "x", "o", "o0"], o0_date="2026-12-01", o2_date="2026-12-02", o10_date="2026-12-03"
    )
    assert [row["date"][-1] for row in wizard.read("scheduling", form)["overrides"]] == ["1", "2", "3"]


def test_a_day_that_is_switched_on_begins_with_the_hours_of_its_weekday():
    usual = {"mon_open": "y", "mon_start": ["8", "13"], "mon_end": ["11", "15"]}
    form = posted(
        override=["o0", "o1", "o2"], o0_date="2026-12-07", o0_open="y", o1_date="2026-12-08", o1_open="y", **usual
    )
    first, second, third = wizard.read("scheduling", form)["overrides"]
    assert first["windows"] == [{"start": "8", "end": "11"}, {"start": "13", "end": "15"}]
    assert second["windows"] == [windows.FIRST_HOURS]
    assert third == {"date": "", "is_open": False, "windows": []}


@pytest.mark.parametrize(
    ("first", "last", "closed"),
    [
        ("2026-12-23", "2026-12-26", ["2026-12-23", "2026-12-24", "2026-12-25", "2026-12-26"]),
        ("2026-12-25", "2026-12-24", ["2026-12-24", "2026-12-25"]),
        ("2026-12-31", "", ["2026-12-24", "2026-12-31"]),
        ("", "", ["2026-12-24"]),
        ("x", "2026-12-31", ["2026-12-24"]),
        ("9999-12-30", "", ["2026-12-24", "9999-12-30"]),
    ],
)
def test_a_stretch_of_days_is_closed(first, last, closed):
    hours = [{"start": "09:00", "end": "12:00"}]
    typed = wizard.typed_from("scheduling", document(date_overrides=[{"date": "2026-12-24", "hours": hours}]))
    typed |= {"close_first": first, "close_last": last}
    rows.change(typed, "away:days", posted())
    assert [row["date"] for row in typed["overrides"]] == closed
    said = wizard.patch("scheduling", typed, document()).values["scheduling"]["date_overrides"]
    is_away = first <= "2026-12-24" <= last or last <= "2026-12-24" <= first
    assert [entry["date"] for entry in said if entry["hours"]] == ([] if is_away and first and last else ["2026-12-24"])


def test_no_more_days_are_closed_at_once_than_one_can_look_over():
    typed = wizard.typed_from("scheduling", document())
    typed |= {"close_first": "2026-01-01", "close_last": "2199-12-31"}
    rows.change(typed, "away:days", posted())
    assert len(typed["overrides"]) == 70


def test_lengths_are_put_in_order():
    typed = wizard.typed_from("scheduling", document(durations=[30, 45, 60]))
    rows.change(typed, "earlier:2", posted())
    assert (typed["durations"], rows.onward(typed, "earlier:2")) == (["30", "60", "45"], "earlier-1")
    rows.change(typed, "earlier:1", posted())
    rows.change(typed, "earlier:0", posted())
    assert (typed["durations"], rows.onward(typed, "earlier:1")) == (["60", "30", "45"], "duration-remove-0")


@pytest.mark.parametrize("action", ["next", "go:form", "", "refresh", "remove", "paint:the:town"])
def test_other_buttons_change_no_rows(action):
    typed = wizard.typed_from("scheduling", document())
    before = json.dumps(typed)
    assert not rows.change(typed, action, posted())
    assert json.dumps(typed) == before


ACTIONS = [
    "add:member",
    "join:",
    "join:a@b:c",
    "remove:member:nobody@example.org",
    "higher:nobody@example.org",
    "lower:",
    "find:member",
    "add:duration",
    "remove:duration:9",
    "remove:duration:-1x",
    "add:window:someday",
    "remove:window:mon:7",
    "remove:window:mon",
    "copy:someday",
    "same:never",
    "mend:mon:99",
    "mend:",
    "mend:o0:0",
    "add:window:o7",
    "remove:window:o0:3",
    "remove:override:4",
    "remove:override:-1",
    "add:override",
    "away:days",
    "earlier:9",
    "earlier:",
    "add:question",
    "add:property:company",
    "add:property:",
    "add:new-property",
    "open:nobody",
    "remove:question:nobody",
    "up:nobody",
    "down:",
    "add:reminder",
    "remove:reminder:5",
    "copy:mon",
    "mend:mon:0",
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("action", ACTIONS)
def test_buttons_of_rows_that_are_gone_do_no_harm(step, action):
    typed = wizard.typed_from(step, document())
    assert rows.change(typed, action, posted())
    assert isinstance(rows.onward(typed, action), str)
    wizard.patch(step, typed, document())


def test_removing_does_not_count_from_the_end():
    typed = wizard.typed_from("scheduling", document(durations=[30, 45]))
    rows.change(typed, "remove:duration:-1", posted())
    assert typed["durations"] == ["30", "45"]


def test_the_last_row_of_a_day_closes_it():
    typed = wizard.typed_from("scheduling", document())
    rows.change(typed, "remove:window:mon:0", posted())
    assert typed["days"]["mon"] == {"is_open": False, "windows": []}


def test_a_day_is_not_copied_onto_strange_days():
    typed = wizard.typed_from("scheduling", document())
    rows.change(typed, "copy:mon", posted(mon_copy=["sun", "someday", "mon"]))
    assert set(typed["days"]) == set(DAYS)
    assert typed["days"]["sun"]["is_open"]


hostile = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", "\x00", "9" * 40, "-1", "1e9", "٩", "{{", "24:00", "mon", "on", "\ud800", "a" * 5000]),
)
names = st.sampled_from(
    [
        *("internal_name", "organizer", "slug", "title", "location", "description"),
        *("heading", "duration", "new_duration", "timezone", "window", "weeks", "first", "last", "minimum_notice"),
        *("buffer", "start_increment", "language", "date_format", "same_start", "same_end"),
        *(
            "override",
            "o0_date",
            "o0_open",
            "o0_start",
            "o0_end",
            "close_first",
            "close_last",
            "picture",
            "picture_name",
        ),
        *("mon_open", "mon_start", "mon_end", "sun_open", "sun_start", "sun_end"),
        *(
            "question_name",
            "question_label",
            "question_type",
            "question_kind",
            "question_options",
            "question_help",
            "open_question",
            "required",
            "private",
            "after",
            "redirect_url",
            "reminder_value",
            "reminder_unit",
            "confirmation_email",
        ),
        *("member_user", "member_checked", "member_paused", "member_weight", "member_schedule", "looked_for"),
        *("prioritize_contact_owner", "beyond_team", "welcome_text", "welcome_picture", "welcome_picture_name"),
    ]
)


@given(
    step=st.sampled_from(STEPS),
    values=st.dictionaries(names, st.lists(hostile, max_size=4), max_size=20),
    action=st.one_of(st.sampled_from(ACTIONS), st.text(max_size=20)),
)
def test_whatever_is_posted_becomes_a_page_and_flaws(step, values, action):
    form = MultiDict(values)
    typed = wizard.read(step, form)
    rows.change(typed, action, form)
    patch = wizard.patch(step, typed, document())
    clean, flaws = link_document.check(merge_patch(document(), patch.values))
    assert all(isinstance(patch.place(flaw), str) for flaw in flaws)
    assert all(wizard.step_of(flaw.field) == step for flaw in flaws) or step == "scheduling"
    assert wizard.typed_from(step, clean)  # what is left can be shown


def test_a_flaw_of_no_known_path_still_has_a_place():
    assert wizard.Patch({}).place(Flaw("overview.title", "required")) == "title"


# --- what the form does by itself


def test_switches_of_the_form_are_what_is_ticked():
    before = document(form={"captcha": True})
    typed = wizard.read("form", posted(prefill="y", auto_submit="y"))
    form = wizard.patch("form", typed, before).values["scheduling"]["form"]
    assert (form["prefill"], form["auto_submit"], form["captcha"]) == (True, True, False)


def test_with_nothing_filled_in_nothing_is_sent_by_itself():
    typed = wizard.read("form", posted(auto_submit="y"))
    assert wizard.patch("form", typed, document()).values["scheduling"]["form"]["auto_submit"] is False


def test_a_page_kept_from_before_leaves_the_switches_alone():
    before = document(form={"captcha": True})
    form = wizard.patch("form", {"questions": []}, before).values["scheduling"]["form"]
    assert set(form) == {"fields"}


# --- the team


def team(*emails: str) -> dict[str, Any]:
    typed = wizard.typed_from("team", document())
    for email in emails:
        rows.change(typed, f"join:{email}", posted())
    return typed


def emails(typed: dict[str, Any]) -> list[str]:
    return [row["user"] for row in typed["members"]]


def test_nobody_joins_twice_however_it_is_written():
    assert emails(team("ana@example.org", "ANA@example.org", "bo@example.org")) == ["ana@example.org", "bo@example.org"]


def test_a_team_grows_no_further_than_it_may():
    typed = team(*(f"m{number}@example.org" for number in range(MEMBERS_MAX + 5)))
    assert len(typed["members"]) == MEMBERS_MAX


def test_members_move_one_place_and_not_around_the_end():
    typed = team("ana@example.org", "bo@example.org")
    rows.change(typed, "higher:ana@example.org", posted())
    assert emails(typed) == ["ana@example.org", "bo@example.org"]
    rows.change(typed, "lower:ana@example.org", posted())
    assert emails(typed) == ["bo@example.org", "ana@example.org"]


def test_what_is_said_of_a_member_goes_by_the_address_and_flaws_find_its_row():
    form = posted(
        member_user=["ana@example.org", "bo@example.org"],
        member_checked=["bo@example.org"],
        member_paused=["ana@example.org"],
        member_weight=["2", "many"],
        member_schedule=["", "Mornings"],
    )
    typed = wizard.read("team", form)
    patch = wizard.patch("team", typed, document())
    ana, bo = patch.values["team"]
    assert (ana["check_availability"], ana["paused"], ana["weight"], ana["schedule"]) == (False, True, 2, None)
    assert (bo["check_availability"], bo["paused"], bo["weight"], bo["schedule"]) == (True, False, "many", "Mornings")
    assert patch.place(Flaw("team.1.weight", "not-a-number")) == f"weight-{key_of('bo@example.org')}"
    assert patch.place(Flaw("team", "too-few")) == "team"


@pytest.mark.parametrize(
    ("kind", "missing"), [("individual", {"team", "welcome"}), ("group", {"welcome"}), ("round_robin", set())]
)
def test_the_steps_go_by_the_kind(kind, missing):
    assert set(STEPS) - set(wizard.steps_of(kind)) == missing
