"""Links by their documents."""

import json

import pytest

from meetings.models import Link, MeetingType, Member, User
from meetings.services import calendars, links
from tests import make
from tests.api.conftest import code, fields, flaws

WHOLE = {
    "kind": "individual",
    "overview": {
        "internal_name": "Demo",
        "organizer": "alice@example.org",
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
SHORT = {"kind": "individual", "overview": {"internal_name": "Demo"}, "scheduling": {"slug": "demo"}}


def short(slug="demo", kind="individual", **more):
    return {"kind": kind, "overview": {"internal_name": slug}, "scheduling": {"slug": slug}, **more}


def test_what_is_not_said_has_its_default(as_user, alice):
    answer = as_user(alice).post("/links", SHORT)
    assert answer.status_code == 201
    assert answer.json == WHOLE
    assert as_user(alice).get("/links/demo").json == WHOLE
    assert Link.get().status == "live"


def test_a_document_can_be_sent_back_as_it_came(as_user, alice):
    as_user(alice).post("/links", SHORT)
    assert as_user(alice).patch("/links/demo", WHOLE).json == WHOLE
    again = {**WHOLE, "scheduling": {**WHOLE["scheduling"], "slug": "again"}}
    assert as_user(alice).post("/links", again).json == again


def test_everything_can_be_said(as_user, alice):
    MeetingType.create(name="Sales")
    asked = {
        "kind": "individual",
        "overview": {
            "internal_name": "Plan",
            "title": "Demo with {{ contact.first_name | there }}",
            "location": "Room 2",
            "description": "One\n\nTwo",
            "meeting_type": "Sales",
        },
        "scheduling": {
            "slug": "Plan-2",
            "heading": "Hello",
            "durations": [60, 30],
            "timezone": "America/New_York",
            "available_hours": [{"days": ["sat"], "start": "20:00", "end": "24:00"}],
            "date_overrides": [
                {"date": "2026-12-24", "hours": []},
                {"date": "2026-12-31", "hours": [{"start": "10:00", "end": "12:00"}]},
            ],
            "window": {"kind": "range", "start": "2026-12-01", "end": "2027-02-08"},
            "minimum_notice": 120,
            "buffer": 10,
            "start_increment": "duration",
            "language": "fr",
            "form": {
                "fields": [
                    {
                        "name": "topic",
                        "label": "What?",
                        "type": "question",
                        "required": False,
                        "kind": "text",
                        "options": [],
                        "help": "In a few words",
                        "in_invite": False,
                    }
                ]
            },
            "embed_sites": ["https://www.example.org"],
            "confirmation": {"redirect_url": "https://example.org/thanks"},
        },
        "automation": {
            "confirmation_email": False,
            "reminders": [{"value": 1, "unit": "hours"}],
            "include_description": False,
        },
    }
    found = as_user(alice).post("/links", asked).json
    for section in ("overview", "scheduling", "automation"):
        for name, value in asked[section].items():
            if isinstance(value, dict):
                assert value.items() <= found[section][name].items()
            else:
                assert found[section][name] == value


@pytest.mark.parametrize("kind", ["group", "round_robin"])
def test_teams_can_be_made(as_user, alice, bob, kind):
    member = {"user": "bob@example.org", "check_availability": False, "weight": 3, "paused": False, "schedule": None}
    found = as_user(alice).post("/links", short(kind=kind, team=[member])).json
    mine = {"user": "alice@example.org", "check_availability": True, "weight": 1, "paused": False, "schedule": None}
    assert found["team"] == ([mine, member] if kind == "group" else [member])
    changed = as_user(alice).patch("/links/demo", {"team": [mine]}).json
    assert changed["team"] == [mine]
    assert Member.select().count() == 1


def test_everything_can_be_said_of_a_team(as_user, alice, bob):
    as_user(bob).post("/schedules", {"name": "Mornings"})
    team = [
        {"user": "bob@example.org", "check_availability": True, "weight": 2, "paused": False, "schedule": "Mornings"},
        {"user": "alice@example.org", "check_availability": False, "weight": 1, "paused": True, "schedule": None},
    ]
    said = {
        "hours": "hosts",
        "prioritize_contact_owner": True,
        "owner": {"beyond_team": True, "assign_unowned": True},
        "welcome": {"picture": "logo", "text": "Hello\nagain"},
    }
    asked = short(kind="round_robin", team=team)
    asked["scheduling"] |= said
    made = as_user(alice).post("/links", asked).json
    assert made["team"] == team
    assert said.items() <= made["scheduling"].items()
    changed = as_user(alice).patch("/links/demo", {"scheduling": {"owner": {"beyond_team": False}, "welcome": None}})
    assert changed.json["scheduling"]["owner"] == {"beyond_team": False, "assign_unowned": True}
    assert changed.json["scheduling"]["welcome"] == {"picture": "default", "text": ""}
    assert changed.json["team"] == team


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"team": []}, "team"),
        ({"team": None}, "team"),
        ({"team": [{"user": "nobody@example.org"}]}, "team.0.user"),
        ({"team": [{"user": "bob@example.org"}, {"user": "BOB@example.org "}]}, "team.1.user"),
        ({"team": [{"user": "charlie@example.org"}]}, "team.0.user"),
        ({"team": [{"user": "bob@example.org", "weight": 0}]}, "team.0.weight"),
        ({"team": [{"user": "bob@example.org", "paused": "no"}]}, "team.0.paused"),
        ({"team": [{"user": "bob@example.org", "schedule": "Evenings"}]}, "team.0.schedule"),
        ({"team": [{"user": "bob@example.org", "role": "boss"}]}, "team.0.role"),
        ({"scheduling": {"hours": "bob"}}, "scheduling.hours"),
        ({"scheduling": {"owner": {"beyond_team": 1}}}, "scheduling.owner.beyond_team"),
        ({"scheduling": {"welcome": {"picture": "mine.png"}}}, "scheduling.welcome.picture"),
        ({"scheduling": {"welcome": {"text": "x" * 501}}}, "scheduling.welcome.text"),
        ({"kind": "group"}, "kind"),
    ],
)
def test_what_is_wrong_with_a_team_is_named(as_user, alice, bob, charlie, change, wrong):
    User.update(is_active=False).where(User.id == charlie.id).execute()
    before = as_user(alice).post("/links", short(kind="round_robin", team=[{"user": bob.email}])).json
    assert fields(as_user(alice).patch("/links/demo", change)) == [wrong]
    assert as_user(alice).get("/links/demo").json == before


def test_who_lacks_a_required_calendar_is_named_when_they_join(as_user, ada, alice, bob):
    as_user(alice).post("/links", short(kind="round_robin", team=[{"user": alice.email}]))
    calendars.require(ada, is_required=True)
    stays = as_user(alice).patch("/links/demo", {"team": [{"user": alice.email, "weight": 2}]})
    assert stays.json["team"][0]["weight"] == 2
    joins = as_user(alice).patch("/links/demo", {"team": [{"user": alice.email}, {"user": bob.email}]})
    assert fields(joins) == ["team.1.user"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"kind": None}, ["kind"]),
        ({"kind": "pair"}, ["kind"]),
        ({"overview": {}}, ["overview.internal_name"]),
        ({"overview": []}, ["overview"]),
        ({"overview": {"internal_name": "x", "title": "{{ contact.shoe_size }}"}}, ["overview.title"]),
        ({"overview": {"internal_name": "x", "owner": "y"}}, ["overview.owner"]),
        ({"scheduling": {}}, ["scheduling.slug"]),
        ({"scheduling": {"slug": "a b"}}, ["scheduling.slug"]),
        ({"scheduling": {"slug": "x" * 65}}, ["scheduling.slug"]),
        ({"scheduling": {"slug": "transfer"}}, ["scheduling.slug"]),
        ({"scheduling": {"slug": "a", "durations": []}}, ["scheduling.durations"]),
        ({"scheduling": {"slug": "a", "durations": ["30"]}}, ["scheduling.durations.0"]),
        ({"scheduling": {"slug": "a", "durations": [30, 30]}}, ["scheduling.durations.1"]),
        ({"scheduling": {"slug": "a", "timezone": "Mars/Base"}}, ["scheduling.timezone"]),
        ({"scheduling": {"slug": "a", "available_hours": [{"days": ["mon"], "start": "17:00", "end": "09:00"}]}}, ["scheduling.available_hours.0.end"]),
        ({"scheduling": {"slug": "a", "window": {"kind": "range", "start": "2026-12-01", "end": "2027-03-01"}}}, ["scheduling.window.end"]),
        ({"scheduling": {"slug": "a", "minimum_notice": -1}}, ["scheduling.minimum_notice"]),
        ({"scheduling": {"slug": "a", "minimum_notice": 1.5}}, ["scheduling.minimum_notice"]),
        ({"scheduling": {"slug": "a", "buffer": True}}, ["scheduling.buffer"]),
        ({"scheduling": {"slug": "a", "language": "tlh"}}, ["scheduling.language"]),
        ({"automation": {"reminders": [{"value": 60, "unit": "minutes"}, {"value": 1, "unit": "hours"}]}}, ["automation.reminders.1.value"]),
        ({"team": [{"user": "bob@example.org"}]}, ["team"]),
        ({"kind": "round_robin"}, ["team"]),
        ({"kind": "round_robin", "team": [{"user": "nobody@example.org"}]}, ["team.0.user"]),
        ({"status": "live"}, ["status"]),
        ({"id": 3, "version": 1}, ["id", "version"]),
    ],
)  # fmt: skip
def test_wrong_values_are_named_by_their_path(as_user, alice, bob, change, wrong):
    assert fields(as_user(alice).post("/links", {**SHORT, **change})) == wrong
    assert Link.select().count() == 0


@pytest.mark.parametrize("body", [[], "demo", 3, None, True])
def test_a_link_is_an_object(as_user, alice, body):
    answer = as_user(alice).post("/links", data=json.dumps(body), content_type="application/json")
    assert fields(answer) == [""]


def test_an_address_is_taken_once(as_user, alice, bob):
    as_user(alice).post("/links", short("demo"))
    answer = as_user(bob).post("/links", short("DEMO"))
    assert (answer.status_code, code(answer)) == (409, "duplicate-slug")
    as_user(bob).post("/links", short("other"))
    assert code(as_user(bob).patch("/links/other", {"scheduling": {"slug": "demo"}})) == "duplicate-slug"
    assert as_user(bob).get("/links/other").json["scheduling"]["slug"] == "other"


def test_a_former_address_stays_taken_and_leads_on(as_user, alice, bob):
    as_user(alice).post("/links", short("first"))
    assert (
        as_user(alice).patch("/links/first", {"scheduling": {"slug": "second"}}).json["scheduling"]["slug"] == "second"
    )
    assert as_user(alice).get("/links/first").json["scheduling"]["slug"] == "second"
    assert code(as_user(bob).post("/links", short("first"))) == "duplicate-slug"
    assert as_user(alice).patch("/links/second", {"scheduling": {"slug": "first"}}).status_code == 200


def test_a_patch_merges_objects_replaces_lists_and_resets_by_null(as_user, alice):
    as_user(alice).post(
        "/links", {**SHORT, "scheduling": {"slug": "demo", "durations": [30, 60], "buffer": 15, "heading": "Hi"}}
    )
    answer = as_user(alice).patch("/links/demo", {"scheduling": {"durations": [45], "buffer": None}})
    assert answer.status_code == 200
    found = answer.json["scheduling"]
    assert (found["durations"], found["buffer"], found["heading"], found["slug"]) == ([45], 0, "Hi", "demo")
    window = {"kind": "range", "start": "2026-12-01", "end": "2026-12-24"}
    assert (
        as_user(alice).patch("/links/demo", {"scheduling": {"window": window}}).json["scheduling"]["window"] == window
    )
    assert as_user(alice).patch("/links/demo", {}).json["scheduling"]["window"] == window


def test_a_wrong_patch_changes_nothing(as_user, alice):
    as_user(alice).post("/links", SHORT)
    for patch, wrong in (
        ({"scheduling": {"heading": "New", "durations": [1]}}, ["scheduling.durations.0"]),
        ({"scheduling": {"slug": None}}, ["scheduling.slug"]),
        ({"scheduling": 3}, ["scheduling"]),
        ({"kind": "group"}, ["kind"]),
        ({"headline": "New"}, ["headline"]),
        ({"scheduling": {"window": {"kind": {"kind": "range"}}}}, ["scheduling.window.kind"]),
        ({"scheduling": {"window": {"kind": ["rolling"]}}}, ["scheduling.window.kind"]),
    ):
        found = fields(as_user(alice).patch("/links/demo", patch))
        assert set(wrong) <= set(found), patch
        assert as_user(alice).get("/links/demo").json == WHOLE


def test_a_link_keeps_its_organizer(as_user, alice, bob, ada):
    as_user(alice).post("/links", SHORT)
    for caller in (alice, ada):
        answer = as_user(caller).patch("/links/demo", {"overview": {"organizer": "bob@example.org"}})
        assert (answer.status_code, code(answer)) == (409, "organizer-fixed")
    same = as_user(alice).patch("/links/demo", {"overview": {"organizer": "ALICE@example.org"}})
    assert same.json["overview"]["organizer"] == "alice@example.org"


def test_only_admins_organize_for_others(as_user, alice, bob, ada):
    asked = {**SHORT, "overview": {"internal_name": "Demo", "organizer": "bob@example.org"}}
    assert code(as_user(alice).post("/links", asked)) == "forbidden"
    assert as_user(ada).post("/links", asked).json["overview"]["organizer"] == "bob@example.org"
    unknown = {**short("other"), "overview": {"internal_name": "x", "organizer": "nobody@example.org"}}
    assert fields(as_user(ada).post("/links", unknown)) == ["overview.organizer"]


def test_who_sees_and_changes_a_link(as_user, anybody, alice, bob, charlie, ada):
    make.link(alice, "team", kind="group", team=[bob])
    make.link(charlie, "own")
    make.link(alice, "draft", status="draft")

    def slugs(user):
        return [item["scheduling"]["slug"] for item in as_user(user).get("/links").json["items"]]

    assert (slugs(alice), slugs(bob), slugs(charlie), slugs(ada)) == (["team"], ["team"], ["own"], ["team", "own"])
    reading = [as_user(user).get("/links/team").status_code for user in (alice, bob, charlie, ada)]
    assert reading == [200, 200, 404, 200]
    patch = {"scheduling": {"heading": "Hi"}}
    writing = [as_user(user).patch("/links/team", patch).status_code for user in (alice, bob, charlie, ada)]
    assert writing == [200, 403, 404, 200]
    deleting = [as_user(user).delete("/links/team").status_code for user in (charlie, bob, alice, ada)]
    assert deleting == [404, 403, 204, 404]
    for method, path in (
        ("GET", "/links"),
        ("POST", "/links"),
        ("GET", "/links/own"),
        ("PATCH", "/links/own"),
        ("DELETE", "/links/own"),
    ):
        assert anybody.call(method, path).status_code == 401
    assert as_user(alice).get("/links/draft").status_code == 404


def test_a_deleted_link_frees_its_address(as_user, anybody, alice):
    as_user(alice).post("/links", SHORT)
    assert as_user(alice).delete("/links/demo").status_code == 204
    assert as_user(alice).get("/links/demo").status_code == 404
    assert anybody.get("/book/demo").status_code == 404
    assert as_user(alice).post("/links", SHORT).status_code == 201


def test_a_list_takes_few_queries(as_user, alice, bob, count_queries):
    caller = as_user(alice)
    make.link(alice, "one", kind="group", team=[bob])
    with count_queries() as few:
        caller.get("/links")
    for number in range(5):
        make.link(alice, f"more-{number}", kind="group", team=[bob])
    with count_queries() as many:
        assert len(caller.get("/links").json["items"]) == 6
    assert len(many) == len(few) <= 4


def test_a_list_goes_on_page_by_page(as_user, alice):
    for number in range(3):
        make.link(alice, f"link-{number}")
    first = as_user(alice).get("/links?limit=2").json
    rest = as_user(alice).get(f"/links?limit=2&cursor={first['next']}").json
    assert [item["scheduling"]["slug"] for item in first["items"] + rest["items"]] == ["link-0", "link-1", "link-2"]
    assert rest["next"] is None


# --- transfer


def test_links_change_hands(as_user, anybody, alice, bob, ada):
    make.link(alice, "one")
    make.link(alice, "two", kind="group", team=[alice])
    row = make.booking(Link.by_slug("one"))
    answer = as_user(ada).post("/links/transfer", {"slugs": ["one", "two"], "organizer": "Bob@example.org"})
    assert answer.status_code == 201
    assert [item["overview"]["organizer"] for item in answer.json["items"]] == ["bob@example.org"] * 2
    assert [member["user"] for member in answer.json["items"][1]["team"]] == ["bob@example.org"]
    assert anybody.get("/book/one").json["hosts"] == [{"name": "Bob Okafor"}]
    assert as_user(alice).get("/links/one").status_code == 404
    assert as_user(alice).get(f"/bookings/{row.public_id}").json["hosts"][0]["email"] == "alice@example.org"
    assert code(as_user(ada).delete(f"/users/{alice.id}")) == "holds-meetings"  # no longer for the links' sake


def test_meetings_move_along_where_asked_and_all_of_it_is_undone_once(as_user, alice, bob, ada):
    make.link(alice, "one")
    row = make.booking(Link.by_slug("one"))
    asked = {"slugs": ["one"], "organizer": bob.email, "move_bookings": True}
    made = as_user(ada).post("/links/transfer", asked).json
    assert (made["moved"], made["stayed"]) == ([row.public_id], [])
    assert as_user(ada).get(f"/bookings/{row.public_id}").json["hosts"][0]["email"] == bob.email
    assert code(as_user(bob).post(f"/transfers/{made['id']}/undo", {})) == "forbidden"
    answer = as_user(ada).post(f"/transfers/{made['id']}/undo", {})
    assert (answer.status_code, answer.json) == (201, {"links": [], "bookings": []})
    assert as_user(alice).get("/links/one").status_code == 200
    assert as_user(ada).get(f"/bookings/{row.public_id}").json["hosts"][0]["email"] == alice.email
    assert as_user(ada).post(f"/transfers/{made['id']}/undo", {}).status_code == 404


def test_what_cannot_move_or_come_back_is_listed(as_user, alice, bob, ada):
    make.link(alice, "one", minimum_notice=0)
    soon = make.booking(Link.by_slug("one"), "2026-11-30 08:15")
    late = make.booking(Link.by_slug("one"), email="other@example.com")
    made = as_user(ada).post("/links/transfer", {"slugs": ["one"], "organizer": bob.email, "move_bookings": True}).json
    assert (made["moved"], made["stayed"]) == (
        [late.public_id],
        [{"booking": soon.public_id, "reason": "too-soon"}],
    )
    assert as_user(ada).post(f"/bookings/{late.public_id}/cancel", {}).status_code == 201
    answer = as_user(ada).post(f"/transfers/{made['id']}/undo", {})
    assert answer.json == {"links": [], "bookings": [late.public_id]}


def test_a_transfer_is_all_or_nothing_and_for_admins(as_user, alice, bob, ada):
    make.link(alice, "one")
    asked = {"slugs": ["one", "nowhere"], "organizer": "bob@example.org"}
    assert fields(as_user(ada).post("/links/transfer", asked)) == ["slugs.1"]
    assert fields(as_user(ada).post("/links/transfer", {"slugs": ["one"], "organizer": "x@example.org"})) == [
        "organizer"
    ]
    assert fields(as_user(ada).post("/links/transfer", {"slugs": []})) == ["slugs", "organizer"]
    assert (
        code(as_user(alice).post("/links/transfer", {"slugs": ["one"], "organizer": "bob@example.org"})) == "forbidden"
    )
    assert Link.get().organizer == alice


def test_a_link_that_is_off_can_be_changed(as_user, alice):
    links.switch_off(alice, make.link(alice), make.NOW)
    assert as_user(alice).patch("/links/demo", {"scheduling": {"heading": "Hi"}}).status_code == 200
    assert Link.get().status == "off"


# --- the schemas of requests say what is taken


@pytest.mark.parametrize("document", [SHORT, WHOLE, short("t", "group", team=[{"user": "a@example.org"}])])
def test_what_is_taken_fits_the_schema(document):
    assert flaws("LinkRequest", document) == []


@pytest.mark.parametrize(
    "document", [{}, {**SHORT, "status": "live"}, {**SHORT, "kind": "pair"}, {**SHORT, "scheduling": {"slug": "a b"}}]
)
def test_what_is_refused_does_not(document):
    assert flaws("LinkRequest", document)


# ---- history and versions --------------------------------------------------------------------------------------------


def test_the_history_says_who_changed_what(as_user, alice):
    api = as_user(alice)
    make.link(alice, "demo", buffer=10)
    api.patch("/links/demo", {"scheduling": {"buffer": 15}})
    items = api.get("/links/demo/history").json["items"]
    assert [item["by"] for item in items] == ["Alice Martin"] * 2
    assert items[0]["changes"] == [{"path": "status", "old": None, "new": "live"}]
    assert items[1]["changes"] == [{"path": "scheduling.buffer", "old": 10, "new": 15}]
    assert items[1]["version"] == items[0]["version"] + 1
    first = api.get("/links/demo/history?limit=1").json
    assert api.get(f"/links/demo/history?limit=1&cursor={first['next']}").json["items"] == items[1:]


def test_a_link_is_changed_only_as_it_was_read(as_user, alice):
    api = as_user(alice)
    make.link(alice, "demo")
    mark = api.get("/links/demo").headers["ETag"]
    changed = api.patch("/links/demo", {"scheduling": {"buffer": 5}}, headers={"If-Match": mark})
    assert changed.status_code == 200
    late = api.patch("/links/demo", {"scheduling": {"buffer": 15}}, headers={"If-Match": mark})
    assert (late.status_code, code(late)) == (412, "precondition-failed")
    assert Link.by_slug("demo").scheduling["buffer"] == 5
    again = api.patch("/links/demo", {"scheduling": {"buffer": 15}}, headers={"If-Match": changed.headers["ETag"]})
    assert again.json["scheduling"]["buffer"] == 15
    anyhow = api.patch("/links/demo", {"scheduling": {"buffer": 25}}, headers={"If-Match": "*"})
    assert anyhow.status_code == 200


def test_a_change_in_the_very_moment_is_noticed_too(as_user, alice, monkeypatch):
    api, link = as_user(alice), make.link(alice, "demo")
    mark = api.get("/links/demo").headers["ETag"]
    check = links.changes.link_document.check

    def check_slowly(*given, **more):
        Link.update(version=Link.version + 1).where(Link.id == link.id).execute()
        return check(*given, **more)

    monkeypatch.setattr(links.changes.link_document, "check", check_slowly)
    late = api.patch("/links/demo", {"scheduling": {"buffer": 15}}, headers={"If-Match": mark})
    assert (late.status_code, code(late)) == (412, "precondition-failed")
