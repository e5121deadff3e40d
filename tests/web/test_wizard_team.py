"""The team of a link in the wizard: who is met, what follows from each choice, who can join and who can leave."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.domain.time import to_instant
from meetings.models import Link, Member, Schedule, User
from meetings.services import calendars, links
from meetings.web.forms.wizard.team import key_of
from tests import make
from tests.web.pages import Page as PublicPage
from tests.web.test_wizard import Page, document, sign_in

ALICE, BOB, CHARLIE = "alice@example.org", "bob@example.org", "charlie@example.org"


@pytest.fixture
def alice(app):
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


@pytest.fixture
def bob(alice):
    return make.user("Bob Brown")


@pytest.fixture
def charlie(bob):
    return make.user("Charlie Chan")


@pytest.fixture
def signed_in(client, alice) -> FlaskClient:
    return sign_in(client, alice)


@pytest.fixture
def robin(alice, bob) -> Link:
    return make.link(alice, "robin", kind="round_robin", team=[alice, bob])


@pytest.fixture
def group(alice, bob) -> Link:
    return make.link(alice, "group", kind="group", team=[alice, bob])


def team_page(client: FlaskClient, slug: str = "robin") -> Page:
    return Page(client, f"/links/{slug}/edit/team")


def team_of(slug: str) -> list[str]:
    return [member["user"] for member in document(slug)["team"]]


def seat(slug: str, email: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(member for member in document(slug)["team"] if member["user"] == email)
    return found


def shown(page: Page) -> list[str]:
    found = page.fields().get("member_user", [])
    return list(found)


def row(page: Page, email: str) -> str:
    return page.text(f"row-{key_of(email)}")


# ---- which links have the step ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "chapters", "tabs"),
    [
        ("individual", ["overview", "scheduling", "automation"], ["scheduling", "form", "confirmation"]),
        ("group", ["overview", "team", "scheduling", "automation"], ["scheduling", "form", "confirmation"]),
        (
            "round_robin",
            ["overview", "team", "welcome", "automation"],
            ["welcome", "scheduling", "form", "confirmation"],
        ),
    ],
)
def test_the_chapters_go_by_the_kind(signed_in, alice, kind, chapters, tabs):
    make.link(alice, "demo", kind=kind, team=[] if kind == "individual" else [alice])
    page = Page(signed_in, "/links/demo/edit/form")
    menu = next(one for one in page.all("nav") if one.get("aria-label") == "Parts of the link")
    assert [one.get("value") for one in menu.iter("button")] == [f"go:{name}" for name in chapters]
    strip = next(one for one in page.all("nav") if one.get("class") == "tabs")
    assert [one.get("value") for one in strip.iter("button")] == [f"go:{name}" for name in tabs]


@pytest.mark.parametrize(
    ("kind", "step"), [("individual", "team"), ("individual", "welcome"), ("group", "welcome"), ("group", "nonsense")]
)
def test_a_step_that_the_kind_lacks_is_no_page(signed_in, alice, kind, step):
    make.link(alice, "demo", kind=kind, team=[] if kind == "individual" else [alice])
    assert signed_in.get(f"/links/demo/edit/{step}").status_code == 404
    assert signed_in.get(f"/links/demo/preview?step={step}").status_code == 404


def test_a_round_robin_is_made_step_by_step(signed_in, bob):
    page = Page(signed_in, "/links/new/round_robin").press("next", internal_name="First talk", slug="first")
    assert page.path == "/links/first/edit/team"
    assert shown(page) == [ALICE]  # whoever begins it is its first member
    page = page.press("add:member").press(f"join:{BOB}").press("done:member").press("next")
    assert page.path == "/links/first/edit/welcome"
    page = page.press("next", prioritize_contact_owner="y")
    assert page.path == "/links/first/edit/scheduling"
    page = page.press("next").press("next").press("next").press("next")
    assert page.path == "/links/first/share"
    assert team_of("first") == [ALICE, BOB]
    assert document("first")["scheduling"]["prioritize_contact_owner"] is True
    assert signed_in.get("/book/first").status_code == 200


def test_a_group_is_made_step_by_step(signed_in, bob):
    page = Page(signed_in, "/links/new/group").press("next", internal_name="Together", slug="together")
    page = page.press("add:member").press(f"join:{BOB}").press("next", member_checked=[ALICE])
    assert page.path == "/links/together/edit/scheduling"
    page = page.press("next").press("next").press("next").press("next")
    assert page.path == "/links/together/share"
    assert [seat("together", email)["check_availability"] for email in (ALICE, BOB)] == [True, False]


def test_whoever_organizes_a_draft_has_the_place_of_who_began_it(signed_in, alice, bob):
    page = Page(signed_in, "/links/new/group")
    assert "Meet Bob" in preview(signed_in, page, "overview", organizer=[BOB])
    page.press("next", internal_name="For Bob", slug="for-bob", organizer=BOB)
    assert team_of("for-bob") == [BOB]


# ---- adding ----------------------------------------------------------------------------------------------------------


def test_the_panel_shows_who_is_not_in_the_team_yet(signed_in, robin, charlie):
    gone = make.user("Dora Diaz", is_active=False)
    page = team_page(signed_in)
    assert not page.text("add-panel")
    page = page.press("add:member")
    panel = page.text("add-panel")
    assert "Charlie Chan" in panel
    assert "Bob Brown" not in panel
    assert gone.name not in panel


def test_a_member_joins_at_the_end_and_is_saved(signed_in, robin, charlie):
    page = team_page(signed_in).press("add:member").press(f"join:{CHARLIE}")
    assert shown(page) == [ALICE, BOB, CHARLIE]
    assert "add-panel" in page.response.text  # more may follow
    assert team_of("robin") == [ALICE, BOB]
    page = page.press("save")
    assert page.status == 200
    assert team_of("robin") == [ALICE, BOB, CHARLIE]


def test_few_people_are_shown_and_how_many_more_there_are(signed_in, robin):
    for number in range(30):
        make.user(f"Person{number:02} Smith")
    page = team_page(signed_in).press("add:member")
    assert len([one for one in page.all("button", name="do") if one.get("value", "").startswith("join:")]) == 8
    assert page.text("add-summary").startswith("22 more fit.")
    page = page.press("find:member", looked_for="smith 07")
    assert [one.get("value") for one in page.all("button", name="do") if one.get("value", "").startswith("join:")] == [
        "join:person07@example.org"
    ]
    assert page.text("add-summary") == "1 person"
    assert page.press("find:member", looked_for="100%").text("add-summary") == "Nobody of this name."


def test_enter_looks_for_people_while_the_panel_is_open(signed_in, robin):
    """The first button of a form is the one that Enter presses."""
    first = lambda page: next(one for one in page.all("button", name="do") if one.get("form")).get("value")  # noqa: E731
    page = team_page(signed_in)
    assert first(page) == "next"
    assert first(page.press("add:member")) == "find:member"


def test_where_calendars_are_required_who_has_none_is_seen_but_not_added(signed_in, robin, alice, charlie):
    calendars.require(alice, is_required=True)
    page = team_page(signed_in).press("add:member")
    assert "Charlie Chan" in page.text("add-panel")
    assert "Can’t be added: your team requires a connected calendar." in page.text("add-panel")
    assert not [one for one in page.all("button") if one.get("value") == f"join:{CHARLIE}"]
    page = page.send(f"join:{CHARLIE}").send("save")  # whoever sends it all the same is told why
    assert page.status == 422
    assert page.errors() == ["This person has no connected calendar, and your team requires one."]
    assert team_of("robin") == [ALICE, BOB]
    assert team_page(signed_in).press("discard").status == 200
    assert team_page(signed_in).press("save", member_weight=["2", "1"]).status == 200  # who is there stays
    assert seat("robin", ALICE)["weight"] == 2


def test_who_has_no_calendar_has_a_badge(signed_in, robin):
    assert "No calendar connected" in row(team_page(signed_in), BOB)


# ---- what follows ----------------------------------------------------------------------------------------------------


def test_consequences_are_said_of_a_group(signed_in, group):
    page = team_page(signed_in, "group")
    assert "Times are offered only when Bob Brown is free." in row(page, BOB)
    page = page.press("save", member_checked=[ALICE], member_paused=[BOB])
    assert "Bob Brown is invited as optional, and never stands in the way of a time." in row(page, BOB)
    assert "New meetings take place without Bob Brown." in row(page, BOB)
    assert "weight-" not in "".join(one.get("id", "") for one in page.all("input") if one.get("type") != "hidden")


def test_consequences_are_said_of_a_round_robin(signed_in, robin):
    page = team_page(signed_in)
    assert "Gets about 1 of 2 meetings." in row(page, BOB)
    page = page.press("save", member_checked=[ALICE], member_weight=["1", "3"])
    assert "Can be booked at every offered time, whatever the calendar says." in row(page, BOB)
    assert "Gets about 3 of 4 meetings." in row(page, BOB)
    page = page.press("save", member_paused=[BOB])
    assert "Gets no new meetings until you switch this off." in row(page, BOB)
    assert "Gets every meeting." in row(page, ALICE)
    assert seat("robin", BOB)["paused"] is True


def test_a_weight_that_is_none_is_refused_beside_it(signed_in, robin):
    page = team_page(signed_in).press("save", member_weight=["1", "many"])
    assert page.status == 422
    assert page.text(f"weight-{key_of(BOB)}-error")
    assert page.fields()["member_weight"] == ["1", "many"]
    assert seat("robin", BOB)["weight"] == 1


def test_nobody_is_refused_beside_the_list(signed_in, robin):
    page = team_page(signed_in).press(f"remove:member:{ALICE}").press(f"remove:member:{BOB}").press("save")
    assert page.status == 422
    assert page.text("team-error")
    assert team_of("robin") == [ALICE, BOB]


def test_a_team_of_which_nobody_is_met_says_so(signed_in, robin, client):
    page = team_page(signed_in)
    assert not page.text("nobody")
    page = page.press("save", member_paused=[ALICE, BOB])
    assert "Nobody can be met through this link" in page.text("nobody")
    assert page.all("div", id="nobody")[0].get("role") == "alert"  # it comes while somebody is paused
    assert "Nobody can be met" in " ".join(re.findall(r">([^<]+)<", signed_in.get("/links").text))
    public = client.application.test_client().get("/book/robin")
    assert public.status_code == 200
    assert "Nobody can be met through this page at the moment." in public.text
    shown = signed_in.get("/links/robin/preview?step=team")
    assert "Nobody can be met through this page at the moment." in shown.text


# ---- schedules -------------------------------------------------------------------------------------------------------


def hours_of(user: User, name: str, position: int = 0) -> Schedule:
    hours = [{"days": ["mon", "tue"], "start": "09:00", "end": "12:00"}]
    return Schedule.create(user=user, name=name, timezone="Europe/Paris", hours=hours, position=position)


def test_schedules_are_chosen_where_the_hosts_hours_count(signed_in, alice, bob):
    hours_of(bob, "Mornings")
    hours_of(bob, "Summer", 1)
    make.link(alice, "robin", kind="round_robin", team=[alice, bob])
    assert not team_page(signed_in).all("select", name="member_schedule")
    links.update(alice, Link.by_slug("robin"), {"scheduling": {"hours": "hosts"}}, make.NOW)
    page = team_page(signed_in)
    options = [one.text for one in page.all("select", name="member_schedule")[1].iter("option")]
    assert options == ["Their first: Mornings", "Mornings", "Summer"]
    page = page.press("save", member_schedule=["", "Summer"])
    assert seat("robin", BOB)["schedule"] == "Summer"
    assert page.press("save", member_schedule=["", "Nights"]).status == 422


# ---- leaving, and the order ------------------------------------------------------------------------------------------


def test_a_groups_organizer_stays(signed_in, group):
    page = team_page(signed_in, "group")
    assert "Organizes this link, and so always belongs to the group." in row(page, ALICE)
    assert not [one for one in page.all("button") if one.get("value") == f"remove:member:{ALICE}"]
    page = page.send(f"remove:member:{ALICE}").press("save")
    assert team_of("group")[0] == ALICE


def test_a_round_robins_organizer_can_leave(signed_in, robin):
    page = team_page(signed_in).press(f"remove:member:{ALICE}").press("save")
    assert page.status == 200
    assert team_of("robin") == [BOB]


def test_members_are_put_in_order_by_buttons(signed_in, robin):
    page = team_page(signed_in).press(f"higher:{BOB}")
    assert shown(page) == [BOB, ALICE]
    page.press("save")
    assert team_of("robin") == [BOB, ALICE]
    assert shown(team_page(signed_in).press(f"lower:{BOB}")) == [ALICE, BOB]


@pytest.mark.parametrize(
    "do",
    [
        "add:member",
        "find:member",
        f"join:{CHARLIE}",
        "done:member",
        f"higher:{BOB}",
        f"lower:{ALICE}",
        f"remove:member:{BOB}",
    ],
)
def test_without_script_the_focus_goes_on_where_the_work_does(signed_in, robin, charlie, do):
    """Browsers focus what an address names after its #, if it is a control."""
    page = team_page(signed_in).press("add:member")
    places = {one.get("formaction", "").partition("#")[2] for one in page.all("button", name="do", value=do)}
    answer = page.press(do)
    controls = {one.get("id") for tag in ("input", "button") for one in answer.all(tag) if one.get("type") != "hidden"}
    assert places <= controls


def test_nothing_is_said_of_shares_while_a_weight_is_wrong(signed_in, robin):
    page = team_page(signed_in).press("save", member_weight=["1", "x"])
    assert "This must be a whole number." in row(page, BOB)
    assert "meetings." not in row(page, ALICE) + row(page, BOB)


def test_the_order_of_the_rows_on_the_page_counts(signed_in, robin):
    """As after dragging."""
    team_page(signed_in).press("save", member_user=[BOB, ALICE], member_weight=["5", "1"])
    assert team_of("robin") == [BOB, ALICE]
    assert seat("robin", BOB)["weight"] == 5


# ---- members who are gone --------------------------------------------------------------------------------------------


def test_a_deactivated_member_is_shown_as_such_and_breaks_nothing(signed_in, robin, bob):
    User.update(is_active=False).where(User.id == bob.id).execute()
    page = team_page(signed_in)
    assert "Was deactivated, and is not met any more." in row(page, BOB)
    assert "Gets every meeting." in row(page, ALICE)
    assert page.press("save", member_weight=["2", "1"]).status == 200
    assert team_of("robin") == [ALICE, BOB]
    assert signed_in.get("/links/robin/preview?step=team").status_code == 200
    assert team_page(signed_in).press(f"remove:member:{BOB}").press("save").status == 200
    assert team_of("robin") == [ALICE]


def test_a_member_deleted_while_the_page_is_open_breaks_nothing(signed_in, robin, bob):
    page = team_page(signed_in)
    Member.delete().where(Member.user == bob).execute()
    User.delete().where(User.id == bob.id).execute()
    page = page.press("save", member_weight=["7", "1"])
    assert page.status == 200
    assert (team_of("robin"), seat("robin", ALICE)["weight"]) == ([ALICE], 7)


def test_what_waits_unsaved_goes_on_without_who_was_deleted(signed_in, robin, bob, charlie):
    team_page(signed_in).press("add:member").press(f"join:{CHARLIE}").press(f"higher:{CHARLIE}")
    User.delete().where(User.id == charlie.id).execute()
    page = team_page(signed_in)
    assert shown(page) == [ALICE, BOB]
    assert page.press("save").status == 200


# ---- two people at one link, and the history -------------------------------------------------------------------------


def test_two_people_who_change_the_team_are_asked(signed_in, robin, alice, bob, charlie):
    page = team_page(signed_in)
    links.update(alice, Link.by_slug("robin"), {"team": [{"user": ALICE}]}, make.NOW)
    page = page.press("save", member_paused=[BOB])
    assert page.status == 409
    assert "Bob Brown (paused)" in page.text("conflict")
    assert team_of("robin") == [ALICE]
    page = page.press("mine:team").press("save")
    assert seat("robin", BOB)["paused"] is True


def test_who_changes_other_pages_is_merged_with(signed_in, robin, alice, charlie):
    page = team_page(signed_in)
    links.update(alice, Link.by_slug("robin"), {"scheduling": {"buffer": 15}}, make.NOW)
    assert page.press(f"remove:member:{ALICE}").press("save").status == 200
    assert team_of("robin") == [BOB]
    assert document("robin")["scheduling"]["buffer"] == 15


def test_the_history_says_in_words_what_became_of_whom(signed_in, robin, charlie):
    page = team_page(signed_in).press("add:member").press(f"join:{CHARLIE}").press("done:member")
    page = page.press("save", member_paused=[BOB], member_weight=["3", "1", "1"], member_checked=[ALICE, BOB])
    assert page.status == 200
    team_page(signed_in).press(f"remove:member:{ALICE}").press("save", member_weight=["1", "1"])
    team_page(signed_in).press(f"higher:{CHARLIE}").press("save", member_paused=[])
    told = " ".join(Page(signed_in, "/links/robin/history").text().split())
    for sentence in (
        "Alice Martin added Charlie Chan to the team.",
        "Alice Martin paused Bob Brown.",
        "Alice Martin changed the weight of Alice Martin from 1 to 3.",
        "Alice Martin removed Alice Martin from the team.",
        "Alice Martin ended the pause of Bob Brown.",
    ):
        assert sentence in told, sentence


# ---- the preview -----------------------------------------------------------------------------------------------------


def preview(client: FlaskClient, page: Page, step: str = "team", **changes: Any) -> str:
    values = {**page.fields(), **changes, "step": [step]}
    slug = page.path.split("/")[2]
    return client.post(f"/links/{slug}/preview", data=values).get_data(as_text=True)


def test_the_preview_shows_the_team_that_is_typed(signed_in, group, charlie):
    page = team_page(signed_in, "group").press("add:member").press(f"join:{CHARLIE}")
    shown_page = preview(signed_in, page)
    assert "Charlie" in shown_page
    assert "Bob" in shown_page
    alone = preview(signed_in, page, member_user=[ALICE], member_checked=[ALICE])
    assert "Charlie" not in alone
    assert "Bob" not in alone


def test_the_preview_offers_the_times_of_the_team_that_is_typed(signed_in, robin, alice, bob):
    make.busy(alice, "2026-11-30 00:00", "2026-12-31 00:00")
    page = team_page(signed_in)
    assert "No free time" not in preview(signed_in, page)
    assert "No free time" in preview(signed_in, page, member_user=[ALICE], member_checked=[ALICE])
    assert "No free time" in preview(signed_in, page, member_paused=[BOB])
    assert "No free time" not in preview(signed_in, page, member_paused=[BOB], member_checked=[])


def test_the_preview_keeps_to_the_schedules_that_are_typed(signed_in, alice, bob):
    hours_of(bob, "Mornings")
    Schedule.create(user=bob, name="Never", timezone="Europe/Paris", hours=[], position=1)
    make.link(alice, "robin", kind="round_robin", team=[bob], hours="hosts")
    page = team_page(signed_in)
    assert "No free time" not in preview(signed_in, page)
    assert "No free time" in preview(signed_in, page, member_schedule=["Never"])


def test_a_trial_books_with_the_team_that_waits_unsaved(signed_in, robin):
    team_page(signed_in).press(f"remove:member:{ALICE}")
    assert "Alice" not in signed_in.get("/links/robin/try").text.partition("<main")[2]
    page = PublicPage(signed_in, signed_in.get(f"/links/robin/try?start={to_instant(make.at('2026-12-01 09:00'))}"))
    action = next(one.get("action", "") for one in page.all("form", id="details"))
    page = page.send(action, first_name="Maren", last_name="Holt", email="maren@example.com")
    assert page.status == 200
    assert "Bob Brown" in page.main()


# ---- who may ---------------------------------------------------------------------------------------------------------


def test_members_see_no_team_of_others(client, robin, charlie):
    other = sign_in(client.application.test_client(), charlie)
    assert other.get("/links/robin/edit/team").status_code == 404
    assert other.get("/links/robin/preview?step=team").status_code == 404


def test_a_team_without_anybody_can_look_for_people(signed_in, alice, bob):
    page = Page(signed_in, "/links/new/round_robin").press("next", internal_name="First talk", slug="first")
    page = page.press(f"remove:member:{ALICE}").press("add:member")
    assert "Nobody is in the team yet." in page.text("members")
    assert "Alice Martin" in page.text("add-panel")
    assert page.press("next").status == 422


def test_strange_searches_find_nobody_and_harm_nothing(signed_in, robin):
    page = team_page(signed_in).press("add:member")
    for query in ("%", "_", "\\", "a\0b", "'; --", "x" * 5000, "🙈"):
        assert page.press("find:member", looked_for=query).status == 200


def test_a_page_that_is_typed_in_shows_whose_account_was_deleted_meanwhile(signed_in, robin, bob):
    page = team_page(signed_in)
    User.delete().where(User.id == bob.id).execute()
    values = {**page.fields(), "do": ["refresh"]}
    answer = signed_in.post("/links/robin/edit/team", data=values, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Was deleted, and is not met any more." in answer.text


def test_a_link_whose_whole_team_left_is_still_a_page_everywhere(signed_in, robin, alice, bob):
    team_page(signed_in).press(f"remove:member:{ALICE}").press("save")
    User.update(is_active=False).where(User.id == bob.id).execute()
    assert "Nobody can be met through this link" in team_page(signed_in).text("nobody")
    public = signed_in.application.test_client()
    for path in ("/book/robin", "/book/robin?start=2026-12-01T09:00:00Z"):
        assert public.get(path).status_code in {200, 409}, path
    text = public.get("/book/robin").text
    assert "<title>Book a time" in " ".join(text.split())
    assert "Meet </h1>" not in text
    links.update(alice, Link.by_slug("robin"), {"scheduling": {"prioritize_contact_owner": True}}, make.NOW)
    assert public.get("/book/robin").status_code == 200
    for step in ("team", "welcome", "scheduling", "form", "automation"):
        assert signed_in.get(f"/links/robin/preview?step={step}").status_code == 200, step
        assert signed_in.get(f"/links/robin/edit/{step}").status_code == 200, step


def test_a_draft_without_members_is_not_made_public(signed_in):
    page = Page(signed_in, "/links/new/round_robin").press("next", internal_name="First talk", slug="first")
    page = page.press(f"remove:member:{ALICE}").press("go:automation").press("next")
    assert page.path == "/links/first/edit/team"
    assert page.text("team-error")
    assert Link.by_slug("first").status == "draft"
