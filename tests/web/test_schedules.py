"""Named schedules on screen, without script: the list, the editor, and the wizard's choice of whose hours count."""

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.errors import Conflict
from meetings.models import Link, Schedule, User
from meetings.services import links, schedules
from tests import hostile, make
from tests.web import pages
from tests.web.test_wizard import Page, sign_in

MORNINGS = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "10:00"}]
LATE = [{"days": ["tue", "wed"], "start": "19:00", "end": "20:30"}]


@pytest.fixture(autouse=True)
def alice(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    alice = make.user()
    sign_in(client, alice)
    return alice


def schedule(user: User, name: str = "Mornings", **more: object) -> Schedule:
    return schedules.create(user, user, {"name": name, "available_hours": MORNINGS, **more})


# ---- the list --------------------------------------------------------------------------------------------------------


def test_the_profile_lists_them_with_their_hours_and_links(client: FlaskClient, alice: User) -> None:
    page = pages.visit(client, "/profile")
    assert "Not used by a link yet" not in page.words()
    schedule(alice)
    schedule(
        alice,
        "Odd",
        available_hours=[*LATE, {"days": ["sat"], "start": "22:00", "end": "24:00"}],
        timezone="Asia/Tokyo",
    )
    make.link(alice, hours="hosts", overview={"internal_name": "Coffee"})
    page = pages.visit(client, "/profile")
    assert "Mornings First Mon–Fri 09:00–10:00 Paris time (UTC+1) · Used by one link: Coffee" in page.words()
    assert "Odd Tue, Wed 19:00–20:30; Sat 22:00–00:00 Tokyo time (UTC+9) · Not used by a link yet" in page.words()


def test_another_is_made_the_first(client: FlaskClient, alice: User) -> None:
    schedule(alice)
    second = schedule(alice, "Second")
    page = pages.visit(client, "/profile").send(f"/schedules/{second.id}/first")
    assert "“Second” counts now wherever no schedule is named." in page.words()
    assert [row.name for row in schedules.of(alice)] == ["Second", "Mornings"]


def test_deleting_says_which_links_go_by_it(client: FlaskClient, alice: User) -> None:
    row = schedule(alice)
    make.link(alice, hours="hosts", overview={"internal_name": "Coffee"})
    page = pages.visit(client, f"/schedules/{row.id}/delete")
    assert "One link uses it, and will use its own hours instead: Coffee /book/demo" in page.words()
    schedule(alice, "Second")
    page = pages.visit(client, f"/schedules/{row.id}/delete")
    assert "One link uses it, and will use “Second” instead" in page.words()
    page = page.send(f"/schedules/{row.id}/delete")
    assert page.path == "/profile"
    assert [one.name for one in schedules.of(alice)] == ["Second"]


# ---- the editor ------------------------------------------------------------------------------------------------------


def test_one_is_made_in_rows_of_hours_and_single_days(client: FlaskClient, alice: User) -> None:
    page = Page(client, "/profile/schedules/new")
    assert (page.value("timezone"), page.value("mon_start")) == ("Europe/Paris", "09:00")
    page = page.press("add:window:sat").press("add:override")
    assert not Schedule.select().exists()
    page = page.send("save", name="Mine", timezone="tokyo", mon_start="9", mon_end="12", o0_date="2026-12-24")
    assert page.path == "/profile"
    (row,) = schedules.of(alice)
    assert (row.name, row.timezone, row.date_overrides) == ("Mine", "Asia/Tokyo", [{"date": "2026-12-24", "hours": []}])
    assert row.hours == [
        {"days": ["mon"], "start": "09:00", "end": "12:00"},
        {"days": ["tue", "wed", "thu", "fri", "sat"], "start": "09:00", "end": "17:00"},
    ]


def test_single_days_are_kept(client: FlaskClient, alice: User) -> None:
    row = schedule(alice)
    page = Page(client, f"/schedules/{row.id}").press("away:days", close_first="2026-12-24", close_last="2026-12-26")
    assert page.send("save").path == "/profile"
    assert [day["date"] for day in schedules.of(alice)[0].date_overrides] == ["2026-12-24", "2026-12-25", "2026-12-26"]


def test_what_is_wrong_stays_typed_and_is_said(client: FlaskClient, alice: User) -> None:
    schedule(alice, "Taken")
    page = Page(client, "/profile/schedules/new").send("save", name="taken", mon_start="14:00", mon_end="13:00")
    assert page.status == 422
    assert page.errors() == ["This ends before it starts. Use 14:00 to 17:00"]
    page = page.press("mend:mon:0").send("save")
    assert (page.status, page.value("name")) == (422, "taken")
    assert page.errors() == ["There is a schedule of this name already."]
    assert page.send("save", name="").errors()[0] == "Please fill this in."
    assert page.send("save", name="Free").path == "/profile"


def test_whoever_edits_what_was_changed_meanwhile_is_told_and_decides(client: FlaskClient, alice: User) -> None:
    row = schedule(alice)
    first, second = Page(client, f"/schedules/{row.id}"), Page(client, f"/schedules/{row.id}")
    assert first.send("save", mon_start="08:00").path == "/profile"
    told = second.send("refresh", name="Mine")  # whatever is pressed in between
    told = told.send("save")
    assert (told.status, told.value("name")) == (409, "Mine")
    assert "This schedule has changed since you opened it." in told.text()
    assert schedules.of(alice)[0].name == "Mornings"
    assert schedules.of(alice)[0].hours[0]["start"] == "08:00"
    assert told.send("save").path == "/profile"
    assert schedules.of(alice)[0].name == "Mine"


def test_of_two_who_save_at_the_same_moment_one_is_told(client: FlaskClient, alice: User) -> None:
    row = schedule(alice)
    known = schedules.mark(row)
    schedules.update(alice, row, {"name": "A"}, make.NOW, known=known)
    with pytest.raises(Conflict):
        schedules.update(alice, row, {"name": "B"}, make.NOW, known=known)
    schedules.update(alice, row, {"first": True}, make.NOW, known=schedules.mark(schedules.of(alice)[0]))
    assert schedules.of(alice)[0].name == "A"


def test_a_mistyped_zone_is_said(client: FlaskClient) -> None:
    page = Page(client, "/profile/schedules/new").send("save", name="A", timezone="Atlantis")
    assert (page.status, page.value("timezone")) == (422, "Atlantis")


def test_cancelling_keeps_what_was(client: FlaskClient, alice: User) -> None:
    row = schedule(alice)
    page = Page(client, f"/schedules/{row.id}").press("close", name="Changed")
    assert page.path == "/profile"
    assert schedules.of(alice)[0].name == "Mornings"


def test_a_fragment_follows_what_is_typed(client: FlaskClient, alice: User) -> None:
    row = schedule(alice)
    values = Page(client, f"/schedules/{row.id}").fields()
    answer = client.post(
        f"/schedules/{row.id}", data={**values, "mon_end": "12", "do": "refresh"}, headers={"HX-Request": "true"}
    )
    assert "<html" not in answer.text
    assert 'value="12:00"' in answer.text
    saved = client.post(f"/schedules/{row.id}", data={**values, "do": "save"}, headers={"HX-Request": "true"})
    assert saved.headers["HX-Redirect"].endswith("/profile#schedules")


def test_one_begins_with_the_hours_of_a_link(client: FlaskClient, alice: User) -> None:
    make.link(alice, available_hours=LATE, timezone="Asia/Tokyo")
    page = Page(client, "/profile/schedules/new?link=demo")
    assert (page.value("timezone"), page.value("tue_start"), page.value("mon_start")) == ("Asia/Tokyo", "19:00", [])
    assert client.get("/profile/schedules/new?link=nothing").status_code == 404
    assert "/profile/schedules/new?link=demo" in [one.get("href") for one in wizard(client).all("a")]


def test_whoever_comes_from_a_link_goes_back_there(client: FlaskClient, alice: User) -> None:
    row = schedule(alice)
    make.link(alice)
    page = pages.visit(client, f"/schedules/{row.id}?link=demo")
    assert page.links()["Link demo"] == "/links/demo/edit/scheduling"
    saved = page.send(f"/schedules/{row.id}?link=demo", do="save", name="Renamed")
    assert saved.path == "/links/demo/edit/scheduling"
    assert "“Renamed” is saved." in saved.words()
    assert schedules.of(alice)[0].name == "Renamed"


def test_strangers_see_none_and_admins_everybody_s(client: FlaskClient, alice: User) -> None:
    bob = make.user("Bob Stone")
    row = schedule(bob)
    for path in (f"/schedules/{row.id}", f"/schedules/{row.id}/delete", f"/team/{bob.id}/schedules/new"):
        assert client.get(path).status_code == 404
        assert client.post(path, data={"name": "Mine"}).status_code in (400, 404)
    assert schedules.of(bob)[0].name == "Mornings"
    sign_in(client, make.user("Root Admin", role="admin"))
    assert "Mornings" in pages.visit(client, f"/team/{bob.id}").words()
    page = Page(client, f"/schedules/{row.id}").send("save", name="By an admin")
    assert page.path == f"/team/{bob.id}"
    assert Page(client, f"/team/{bob.id}/schedules/new").send("save", name="Second").path == f"/team/{bob.id}"
    assert [one.name for one in schedules.of(bob)] == ["By an admin", "Second"]


@pytest.mark.alike
def test_nothing_typed_as_a_name_changes_a_page(client: FlaskClient, alice: User) -> None:
    row = schedule(alice, "Usual")
    make.link(alice, hours="hosts", schedule="Usual")
    make.link(alice, "team", kind="round_robin", team=[alice], hours="hosts")
    paths = ("/profile", f"/schedules/{row.id}", f"/schedules/{row.id}/delete")
    paths += ("/links/demo/edit/scheduling", "/links/team/edit/scheduling")
    usual = [hostile.shape(client.get(path).text) for path in paths]
    for words in hostile.PAYLOADS[::12]:
        name = " ".join(words.split())[:80]
        schedules.update(alice, row, {"name": name}, make.NOW)
        for path, shape in zip(paths, usual, strict=True):
            page = client.get(path).text
            assert hostile.dangers(page) == [], (path, name)
            assert hostile.shape(page) == shape, (path, name)


# ---- the wizard ------------------------------------------------------------------------------------------------------


def wizard(client: FlaskClient, slug: str = "demo") -> Page:
    return Page(client, f"/links/{slug}/edit/scheduling")


def scheduling(slug: str = "demo") -> dict[str, object]:
    found = Link.by_slug(slug)
    assert found
    return dict(links.document(found)["scheduling"])


def test_a_link_can_go_by_a_schedule(client: FlaskClient, alice: User) -> None:
    schedule(alice)
    schedule(alice, "Late", available_hours=LATE, timezone="America/New_York")
    make.link(alice)
    page = wizard(client).press("refresh", hours_of="hosts")
    (select,) = page.all("select", name="schedule")
    assert [one.get("value") for one in select.iter("option")] == ["", "Mornings", "Late"]
    page = page.send("save", schedule="Late")
    assert (scheduling()["hours"], scheduling()["schedule"]) == ("hosts", "Late")
    assert scheduling()["available_hours"] == [
        {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}
    ]
    words = page.text()
    assert "New York time (UTC−5)" in words
    assert "A free Tuesday: 5 starts for 30 min." in words
    assert "The first time that somebody could take now: Tue 1 Dec, 19:00." in words
    assert f"/schedules/{schedules.of(alice)[1].id}?link=demo" in [one.get("href") for one in page.all("a")]


def test_what_was_typed_for_the_link_stays_while_a_schedule_counts(client: FlaskClient, alice: User) -> None:
    schedule(alice)
    make.link(alice)
    page = wizard(client).send("refresh", hours_of="hosts", mon_start="7:30")
    assert page.value("mon_start") == "07:30"
    assert page.send("refresh", hours_of="link").value("mon_start") == "07:30"


def test_what_is_wrong_in_hours_that_don_t_count_is_unfolded(client: FlaskClient, alice: User) -> None:
    schedule(alice)
    make.link(alice)
    page = wizard(client).send("save", hours_of="hosts", mon_start="14:00", mon_end="13:00")
    (folded,) = page.all("details", id="own-hours")
    assert page.status == 422
    assert folded.get("open") is not None
    assert (
        wizard(client).send("refresh", mon_start="09:00", mon_end="17:00").all("details", id="own-hours")[0].get("open")
        is None
    )


def test_without_any_schedule_the_page_says_what_counts(client: FlaskClient, alice: User) -> None:
    make.link(alice)
    page = wizard(client).press("refresh", hours_of="hosts")
    assert "You have no schedule yet, so this link’s own hours count. Make one of these hours" in page.text()
    assert "/profile/schedules/new?link=demo" in [one.get("href") for one in page.all("a")]
    assert not page.all("details", id="own-hours")
    page = page.send("save")
    assert page.status == 200
    assert scheduling()["hours"] == "hosts"


def test_a_name_that_the_organizer_has_not_is_said(client: FlaskClient, alice: User) -> None:
    schedule(alice)
    link = make.link(alice, hours="hosts", schedule="Mornings")
    bob = make.user("Bob Stone")
    schedule(bob, "Bob's", timezone="Asia/Tokyo")
    Link.update(organizer=bob).where(Link.id == link.id).execute()
    sign_in(client, bob)
    page = wizard(client)
    assert "There is no schedule “Mornings” here, so the first one counts." in page.text()
    assert "Tokyo time (UTC+9)" in page.text()


def test_a_schedule_that_is_not_there_is_refused(client: FlaskClient, alice: User) -> None:
    schedule(alice)
    make.link(alice)
    page = wizard(client).press("refresh", hours_of="hosts").send("save", schedule="Elsewhere")
    assert page.status == 422
    assert "This person has no schedule of that name." in page.errors()[0]
    assert scheduling()["schedule"] is None


def test_a_team_s_page_says_whose_hours_are_which(client: FlaskClient, alice: User) -> None:
    bob = make.user("Bob Stone", timezone="America/New_York")
    schedule(bob, "Late", available_hours=LATE)
    make.link(alice, kind="round_robin", team=[alice, bob])
    page = wizard(client).press("refresh", hours_of="hosts")
    said = page.text("members-hours")
    assert "Late: Tue, Wed 19:00–20:30 (New York time)" in said
    assert "No schedule yet, so this link’s own hours: Mon–Fri 09:00–17:00 (Paris time)" in said
    assert not page.all("details", id="own-hours")  # somebody goes by them
    schedule(alice)
    page = page.send("save")
    assert page.all("details", id="own-hours")[0].get("open") is None
    assert "A free Monday: 3 starts for 30 min." in page.text()
    assert scheduling()["hours"] == "hosts"


def test_the_preview_shows_the_times_of_the_schedule(client: FlaskClient, alice: User) -> None:
    schedule(alice, available_hours=LATE, timezone="Asia/Tokyo")
    make.link(alice)
    values = wizard(client).send("refresh", hours_of="hosts").fields()
    frame = client.post("/links/demo/preview", data={**values, "step": "scheduling"})
    assert "19:00" in frame.text
    assert "Tokyo time" in frame.text
    assert ">09:00<" not in frame.text
