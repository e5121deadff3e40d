"""Why a time is offered or not, for programs."""

import pytest

from meetings.models import Link
from meetings.services import links
from tests import make

PATH = "/links/demo/explain"


@pytest.fixture
def alice():
    return make.user()


def explain(api, start: str = "2026-12-01T09:00:00Z", **more):
    answer = api.get(PATH, query_string={"start": start, **more})
    assert answer.status_code == 200, answer.json
    return answer.json


def rules(answer) -> dict[str, bool]:
    return {one["rule"]: one["ok"] for one in answer["rules"]}


def detail(answer, rule: str):
    return next(one["detail"] for one in answer["rules"] if one["rule"] == rule)


def test_an_offered_time(as_user, alice):
    make.link(alice, buffer=15)
    answer = explain(as_user(alice))
    assert answer["offered"]
    assert rules(answer) == dict.fromkeys(("status", "duration", "grid", "fit", "notice", "horizon", "free"), True)
    assert (answer["start"], answer["end"]) == ("2026-12-01T09:00:00Z", "2026-12-01T09:30:00Z")
    assert detail(answer, "grid") == {
        "date": "2026-12-01",
        "timezone": "Europe/Paris",
        "hours": [{"start": "09:00", "end": "17:00"}],
        "is_special_date": False,
        "step": 15,
        "previous": "2026-12-01T08:45:00Z",
        "next": "2026-12-01T09:15:00Z",
    }
    assert answer["hosts"] == [
        {
            "email": alice.email,
            "name": alice.name,
            "paused": False,
            "needed": True,
            "free": True,
            "in_the_way": [],
        }
    ]
    assert answer["nearest"] == {"before": "2026-12-01T08:45:00Z", "after": "2026-12-01T09:15:00Z"}


def test_what_is_in_the_way_and_what_would_help(as_user, alice):
    demo = make.link(alice, buffer=0)
    booked = make.booking(demo, "2026-12-01 09:00")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"buffer": 30}}, make.NOW)
    answer = explain(as_user(alice), "2026-12-01T09:45:00Z")
    assert not answer["offered"]
    assert rules(answer)["free"] is False
    assert answer["hosts"][0]["in_the_way"] == [
        {
            "cause": "booking",
            "counts": True,
            "start": "2026-12-01T09:00:00Z",
            "end": "2026-12-01T09:30:00Z",
            "gap": 30,
            "left": 15,
            "title": booked.title,
            "booking": booked.public_id,
            "schedule": None,
        }
    ]
    assert answer["would_help"] == {"of": "buffer", "at_most": 15}


def test_an_instant_in_any_offset_and_any_length(as_user, alice):
    make.link(alice)
    answer = explain(as_user(alice), "2026-12-01T18:00:00+09:00", duration=45)
    assert answer["end"] == "2026-12-01T09:45:00Z"
    assert not answer["offered"]
    assert rules(answer)["duration"] is False
    assert detail(answer, "duration") == {"durations": [30]}


def test_a_link_that_is_off_or_a_draft_offers_nothing(as_user, alice):
    demo = make.link(alice)
    links.switch_off(alice, demo, make.NOW)
    answer = explain(as_user(alice))
    assert (answer["offered"], detail(answer, "status")) == (False, {"status": "off"})
    assert answer["nearest"] == {"before": None, "after": None}
    make.link(alice, "later", status="draft")
    assert not as_user(alice).get("/links/later/explain?start=2026-12-01T09:00:00Z").json["offered"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "start"),
        ("start=2026-12-01T09:00:00", "start"),
        ("start=2026-12-01T09:00:00.5Z", "start"),
        ("start=1999-12-31T09:00:00Z", "start"),
        ("start=9999-12-31T23:59:59-12:00", "start"),
        ("start=2026-12-01T09:00:00Z&duration=0", "duration"),
        ("start=2026-12-01T09:00:00Z&duration=1440", "duration"),
        ("start=2026-12-01T09:00:00Z&duration=x", "duration"),
    ],
)
def test_what_cannot_be_read_is_refused(as_user, alice, query, field):
    make.link(alice)
    answer = as_user(alice).get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json["errors"]] == [field]


@pytest.mark.parametrize("start", ["2000-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2026-12-01T09:00:01Z"])
def test_the_ends_of_the_calendar_are_explained(as_user, alice, start):
    make.link(alice)
    assert not explain(as_user(alice), start)["offered"]


def test_members_may_and_strangers_find_nothing(as_user, alice):
    bob, charlie = make.user("Bob Stone"), make.user("Charlie Low")
    make.link(alice, kind="round_robin", team=[alice, bob])
    assert explain(as_user(bob))["offered"]
    assert as_user(charlie).get(f"{PATH}?start=2026-12-01T09:00:00Z").status_code == 404
    assert as_user(charlie).get(PATH).status_code == 404
