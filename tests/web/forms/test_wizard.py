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
from meetings.web.forms import wizard, wizard_rows
from meetings.web.forms.wizard import DAYS, STEPS


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
        form={"fields": [{"name": "about", "label": "About?", "type": "question", "required": False}]},
    )
    typed = wizard.typed_from(step, before)
    assert json.loads(json.dumps(typed)) == typed  # it can be kept
    clean, flaws = link_document.check(merge_patch(before, wizard.patch(step, typed, before).values))
    assert flaws == []
    assert _ungrouped(clean) == _ungrouped(before)
    assert wizard.says_the_same(step, typed, before)


def _ungrouped(found: dict[str, Any]) -> dict[str, Any]:
    hours = {(day, one["start"], one["end"]) for one in found["scheduling"]["available_hours"] for day in one["days"]}
    return {**found, "scheduling": {**found["scheduling"], "available_hours": sorted(hours)}}


def test_hours_are_grouped_as_one_would_write_them():
    hours = [
        {"days": [day], "start": start, "end": end}
        for day, start, end in [("wed", "9", "12"), ("mon", "9", "12"), ("tue", "10", "12"), ("wed", "13", "14")]
    ]
    assert wizard.grouped(hours) == [
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


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("overview.title", "overview"),
        ("scheduling.slug", "overview"),
        ("scheduling.weeks", "scheduling"),
        ("scheduling.form.fields.0.label", "form"),
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
    assert wizard_rows.mended({"start": start, "end": end}) == mended


def test_a_new_window_follows_the_last_one():
    typed = wizard.typed_from("scheduling", document())
    for _ in range(30):
        wizard_rows.change(typed, "add:window:mon", posted())
    windows = typed["days"]["mon"]["windows"]
    assert len(windows) == wizard.MOST_WINDOWS
    assert windows[1] == {"start": "18:00", "end": "22:00"}
    assert all(wizard.minutes_of(window)[0] < wizard.minutes_of(window)[1] for window in windows)


@pytest.mark.parametrize("action", ["next", "go:form", "", "refresh", "remove", "paint:the:town"])
def test_other_buttons_change_no_rows(action):
    typed = wizard.typed_from("scheduling", document())
    before = json.dumps(typed)
    assert not wizard_rows.change(typed, action, posted())
    assert json.dumps(typed) == before


ACTIONS = [
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
    "add:question",
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
    assert wizard_rows.change(typed, action, posted())
    assert isinstance(wizard_rows.onward(typed, action), str)
    wizard.patch(step, typed, document())


def test_removing_does_not_count_from_the_end():
    typed = wizard.typed_from("scheduling", document(durations=[30, 45]))
    wizard_rows.change(typed, "remove:duration:-1", posted())
    assert typed["durations"] == ["30", "45"]


def test_the_last_row_of_a_day_closes_it():
    typed = wizard.typed_from("scheduling", document())
    wizard_rows.change(typed, "remove:window:mon:0", posted())
    assert typed["days"]["mon"] == {"is_open": False, "windows": []}


def test_a_day_is_not_copied_onto_strange_days():
    typed = wizard.typed_from("scheduling", document())
    wizard_rows.change(typed, "copy:mon", posted(mon_copy=["sun", "someday", "mon"]))
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
        *("mon_open", "mon_start", "mon_end", "sun_open", "sun_start", "sun_end"),
        *("question_name", "question_label", "required", "reminder_value", "reminder_unit", "confirmation_email"),
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
    wizard_rows.change(typed, action, form)
    patch = wizard.patch(step, typed, document())
    clean, flaws = link_document.check(merge_patch(document(), patch.values))
    assert all(isinstance(patch.place(flaw), str) for flaw in flaws)
    assert all(wizard.step_of(flaw.field) == step for flaw in flaws) or step == "scheduling"
    assert wizard.typed_from(step, clean)  # what is left can be shown


def test_a_flaw_of_no_known_path_still_has_a_place():
    assert wizard.Patch({}).place(Flaw("overview.title", "required")) == "title"
