"""The wizard without script: steps, drafts, what the buttons change, what is kept, and the link that comes out."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Link
from meetings.services import links, sessions
from tests import make

Element = Any
SVG = "{http://www.w3.org/2000/svg}"


class Page:
    """A page as a browser without script has it: its form can be filled in and sent by one of its buttons."""

    def __init__(self, client: FlaskClient, path: str, response: Any = None) -> None:
        self.client = client
        self.response = response if response is not None else client.get(path, follow_redirects=True)
        self.status = self.response.status_code
        self.path = urlsplit(self.response.request.url).path
        text = re.sub("<datalist.*?</datalist>", "", self.response.get_data(as_text=True), flags=re.DOTALL)
        self.tree = html5lib.parse(text, namespaceHTMLElements=False)  # slow enough without 400 zones
        self.typed: dict[str, list[str]] = {}

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            element
            for element in self.tree.iter(tag)
            if all(element.get(name.strip("_").replace("_", "-")) == value for name, value in attributes.items())
        ]

    def text(self, element_id: str | None = None) -> str:
        found = [one for one in self.tree.iter() if element_id is None or one.get("id") == element_id]
        return " ".join("".join(found[0].itertext()).split()) if found else ""

    def fields(self) -> dict[str, list[str]]:
        """What a browser would send, but for the button."""
        form_id = next(one.get("id") for one in self.all("form") if one.get("class") == "work-form")
        inside = set(next(one for one in self.all("form") if one.get("id") == form_id).iter())
        values: dict[str, list[str]] = {}
        for one in self.tree.iter():
            name = one.get("name") if isinstance(one.tag, str) else None
            if not name or one.get("disabled") is not None or (one not in inside and one.get("form") != form_id):
                continue
            values.setdefault(name, []).extend(_values_of(one))
        return {name: found for name, found in values.items() if found}

    def press(self, do: str, **changes: Any) -> "Page":
        """Send the form by the button with this value, with some fields changed first."""
        assert [one for one in self.all("button", name="do") if one.get("value") == do], f"no button {do}"
        return self.send(do, **changes)

    def send(self, do: str, **changes: Any) -> "Page":
        values = {**self.fields(), **{name: _listed(value) for name, value in changes.items()}}
        values["do"] = [do]
        response = self.client.post(self.path, data=values, follow_redirects=True)
        return Page(self.client, self.path, response)

    def value(self, name: str) -> Any:
        found = self.fields().get(name, [])
        return found[0] if len(found) == 1 else found

    def errors(self) -> list[str]:
        return [" ".join("".join(one.itertext()).split()) for one in self.tree.iter() if one.get("class") == "error"]


def _values_of(one: Element) -> list[str]:
    if one.tag == "input" and one.get("type") in {"checkbox", "radio"}:
        return [one.get("value", "on")] if one.get("checked") is not None else []
    if one.tag == "input":
        return [one.get("value", "")]
    if one.tag == "textarea":
        return ["".join(one.itertext()).removeprefix("\n")]
    if one.tag == "select":
        options = list(one.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        return [option.get("value") for option in chosen]
    return []


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list | tuple) else [value]


@pytest.fixture
def alice(app):
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


@pytest.fixture
def signed_in(client, alice):
    return sign_in(client, alice)


def sign_in(client: FlaskClient, user) -> FlaskClient:
    """Signed in without the password, whose check is slow on purpose."""
    with client.session_transaction() as cookie:
        cookie["token"] = sessions.open_session(user, device="a test", now=make.NOW)
    return client


@pytest.fixture
def overview(signed_in) -> Page:
    return Page(signed_in, "/links/new/individual")


@pytest.fixture
def schedule(overview) -> Page:
    return overview.press("next", internal_name="Talk to Alice", slug="talk")


def document(slug: str) -> Mapping[str, Any]:
    link = Link.by_slug(slug)
    assert link is not None
    return links.document(link)


# ---- from the first step to the last ---------------------------------------------------------------------------------


def test_a_link_is_made_step_by_step(overview):
    page = overview.press(
        "next",
        internal_name="Talk to Alice",
        slug="talk-to-alice",
        title="Talk with {{ contact.first_name | a guest }}",
        location="Rua do Alecrim 41",
        description="Nothing to prepare.\nReally.",
    )
    assert page.path == "/links/talk-to-alice/edit/scheduling", (page.status, page.text()[:3000])
    page = page.press("add:duration", new_duration="45", heading="Half an hour with Alice")
    assert page.value("duration") == ["30", "45"]
    page = page.press("next", buffer="15", minimum_notice="240", weeks="3", start_increment="30")
    assert page.path == "/links/talk-to-alice/edit/form"
    page = page.press("add:question").press("next", question_label="What is it about?")
    assert page.path == "/links/talk-to-alice/edit/automation"
    page = page.press("add:reminder").press("next")
    assert page.path == "/links/talk-to-alice/share"
    link = Link.by_slug("talk-to-alice")
    assert link.is_bookable
    made = links.document(link)
    assert made["overview"]["title"] == "Talk with {{ contact.first_name | a guest }}"
    assert made["overview"]["description"] == "Nothing to prepare.\nReally."
    assert made["scheduling"]["durations"] == [30, 45]
    assert made["scheduling"]["available_hours"] == [
        {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}
    ]
    assert (made["scheduling"]["buffer"], made["scheduling"]["minimum_notice"]) == (15, 240)
    assert made["scheduling"]["window"] == {"kind": "rolling", "weeks": 3}
    [question] = made["scheduling"]["form"]["fields"]
    assert (question["label"], question["required"], question["type"]) == ("What is it about?", True, "question")
    assert made["automation"]["reminders"] == [{"value": 1, "unit": "days"}]


def test_finishing_twice_does_no_harm(signed_in, schedule):
    last = schedule.press("next").press("next")
    assert last.press("next").path == "/links/talk/share"
    version = Link.by_slug("talk").version
    again = last.send("next")  # the page from before, sent again
    assert again.status in {200, 409}
    assert Link.by_slug("talk").is_bookable
    assert Link.by_slug("talk").version == version
    assert Link.select().count() == 1


def test_a_draft_has_no_public_page_until_it_is_finished(client, schedule):
    assert client.get("/book/talk").status_code == 404
    schedule.press("next").press("next").press("next")
    assert client.get("/book/talk").status_code == 200


def test_the_next_new_link_goes_on_with_the_nameless_draft(signed_in, overview):
    assert Page(signed_in, "/links/new/individual").path == overview.path
    assert Link.select().count() == 1


def test_cancelling_a_link_without_a_name_leaves_nothing(signed_in, overview):
    assert overview.press("discard", title="Half a thought").path == "/links"
    assert Link.by_slug(overview.path.split("/")[2]) is None


def test_other_kinds_are_not_made_on_screen_yet(signed_in):
    assert signed_in.get("/links/new/group").status_code == 404
    assert signed_in.get("/links/new/nonsense").status_code == 404


# ---- overview --------------------------------------------------------------------------------------------------------


def test_what_is_missing_is_said_beside_the_field(overview):
    page = overview.press("next", title="{{ contact.shoe_size }}")
    assert page.status == 422
    assert "means nothing here" in page.text("title-error")
    assert page.text("internal_name-error")
    assert page.value("title") == "{{ contact.shoe_size }}"
    assert [one.get("id") for one in page.all("input", aria_invalid="true")] == ["internal_name", "title"]


def test_before_one_goes_on_nothing_is_missing(overview):
    assert overview.errors() == []
    assert overview.send("refresh", title="x").errors() == []


def test_the_address_follows_from_the_name(overview):
    assert overview.send("refresh", internal_name="Café with Zoë").value("slug") == "cafe-with-zoe"
    make.link(make.user("Bob Stone"), "cafe-with-zoe")
    assert overview.send("refresh", internal_name="Café with Zoë").value("slug") == "cafe-with-zoe-2"


@pytest.mark.parametrize(("slug", "part"), [("taken", "Another link"), ("a b", "letters"), ("new", "")])
def test_addresses_that_cannot_be_had(overview, slug, part):
    make.link(make.user("Bob Stone"), "Taken")
    page = overview.press("next", internal_name="Mine", slug=slug)
    assert page.status == 422
    assert part.lower() in page.text("slug-error").lower() != ""
    assert page.value("slug") == slug
    assert "Free to use" not in page.text("slug-help")


def test_a_free_address_is_called_free(overview):
    assert "Free to use" in overview.send("refresh", slug="quite-free").text("slug-help")


def test_an_admin_makes_a_link_for_somebody_else(overview):
    bob = make.user("Bob Stone")
    overview.press("next", internal_name="For Bob", slug="for-bob", organizer=bob.email)
    assert Link.by_slug("for-bob").organizer_id == bob.id


def test_members_make_links_for_themselves_only(client, alice):
    bob = make.user("Bob Stone")
    page = Page(sign_in(client, bob), "/links/new/individual")
    assert page.all("select", name="organizer") == []
    answer = page.send("next", internal_name="Sneaky", slug="sneaky", organizer=alice.email)
    assert answer.status == 403
    assert Link.by_slug("sneaky") is None or Link.by_slug("sneaky").organizer_id == bob.id


# ---- hours -----------------------------------------------------------------------------------------------------------


def hours(page: Page) -> dict[str, list[tuple[str, str]]]:
    fields = page.fields()
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return {
        day: list(zip(fields.get(f"{day}_start", []), fields.get(f"{day}_end", []), strict=True))
        for day in days
        if f"{day}_open" in fields
    }


def test_rows_are_added_copied_and_removed(schedule):
    nine_to_five = [("09:00", "17:00")]
    assert hours(schedule) == dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), nine_to_five)
    page = schedule.press("add:window:mon", mon_start="9", mon_end="12")
    assert hours(page)["mon"] == [("09:00", "12:00"), ("13:00", "17:00")]
    page = page.press("copy:mon", mon_copy=["tue", "sat"])
    assert hours(page)["tue"] == hours(page)["sat"] == hours(page)["mon"]
    assert hours(page)["wed"] == nine_to_five
    page = page.press("remove:window:mon:0")
    assert hours(page)["mon"] == [("13:00", "17:00")]
    page = page.press("remove:window:mon:0")
    assert "mon" not in hours(page)
    page = page.press("add:window:sun")
    assert hours(page)["sun"] == nine_to_five
    assert document("talk")["scheduling"]["available_hours"][0]["end"] == "17:00"  # nothing saved yet


def test_the_same_hours_for_many_days(schedule):
    page = schedule.press("same:all", same_start="18", same_end="19h30")
    assert hours(page)["sat"] == [("18:00", "19:30")]
    assert hours(page)["mon"] == [("09:00", "17:00"), ("18:00", "19:30")]
    assert hours(page.press("same:all")) == hours(page)
    assert hours(schedule.press("same:weekend"))["sun"] == [("09:00", "17:00")]


def test_switching_a_day_off_and_on_brings_its_hours_back(schedule):
    fields = schedule.fields()
    del fields["mon_open"]
    off = schedule.press("add:window:tue", mon_open=[], mon_start="8", mon_end="10")
    assert "mon" not in hours(off)
    assert hours(off.press("add:window:mon"))["mon"] == [("08:00", "10:00")]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("9", "09:00"), ("9:30", "09:30"), ("9am", "09:00"), ("17", "17:00"), ("17h15", "17:15"), ("5 pm", "17:00")],
)
def test_times_are_taken_as_people_write_them(schedule, typed, shown):
    page = schedule.press("add:window:sun", mon_start=typed, mon_end="23")
    assert hours(page)["mon"] == [(shown, "23:00")]


def test_midnight_at_the_end_is_24(schedule):
    page = schedule.press("next", mon_start="20", mon_end="0")
    assert page.path.endswith("/form")
    assert {"days": ["mon"], "start": "20:00", "end": "24:00"} in document("talk")["scheduling"]["available_hours"]


def test_hours_that_end_before_they_start_are_mended_with_one_press(schedule):
    page = schedule.press("next", fri_start="14:00", fri_end="13:00", heading="Kept")
    assert page.status == 422
    assert "Use 14:00 to 17:00" in page.text("fri_0-error")
    assert page.value("heading") == "Kept"
    assert "to fix" in page.text("wizard-state")
    assert len(page.all(f"{SVG}rect", _class="wrong")) == 1
    page = page.press("mend:fri:0")
    assert hours(page)["fri"] == [("14:00", "17:00")]
    assert page.press("next").path.endswith("/form")


def test_hours_nobody_can_read_are_kept_as_typed(schedule):
    page = schedule.press("next", mon_start="noonish")
    assert page.status == 422
    assert hours(page)["mon"] == [("noonish", "17:00")]
    assert page.text("mon_0-error")


def test_a_blank_row_says_nothing(schedule):
    page = schedule.press("add:window:mon").press("next", mon_start=["9", ""], mon_end=["12", " "])
    assert page.path.endswith("/form")
    assert {"days": ["mon"], "start": "09:00", "end": "12:00"} in document("talk")["scheduling"]["available_hours"]


def test_the_hour_rule_shows_the_whole_day_when_needed(schedule):
    assert schedule.all(f"{SVG}svg", _class="hours")[0].get("viewBox") == "360 0 960 20"
    page = schedule.send("refresh", mon_start="2")
    assert page.all(f"{SVG}svg", _class="hours")[0].get("viewBox") == "0 0 1440 20"


def test_a_zone_may_be_typed_as_a_city(schedule):
    page = schedule.press("next", timezone="kathmandu")
    assert page.path.endswith("/form")
    assert document("talk")["scheduling"]["timezone"] in {"Asia/Kathmandu", "Asia/Katmandu"}
    page = Page(schedule.client, "/links/talk/edit/scheduling").press("next", timezone="Atlantis")
    assert page.status == 422
    assert page.text("timezone-error")
    assert page.value("timezone") == "Atlantis"


def test_a_range_of_dates(schedule):
    page = schedule.press("next", window="range", first="2026-12-01", last="2026-11-01")
    assert page.status == 422
    assert page.text("last-error")
    page = page.press("next", last="2026-12-20")
    assert page.errors() == []
    assert document("talk")["scheduling"]["window"] == {"kind": "range", "start": "2026-12-01", "end": "2026-12-20"}


@pytest.mark.parametrize("typed", ["", "4", "30", "half an hour", "99999"])
def test_durations_that_cannot_be(schedule, typed):
    page = schedule.press("next", duration=["30", typed])
    assert page.status == 422
    assert page.text("durations-error")


def test_a_duration_typed_but_not_added_counts(schedule):
    schedule.press("next", new_duration="60")
    assert document("talk")["scheduling"]["durations"] == [30, 60]


# ---- questions and reminders -----------------------------------------------------------------------------------------


def test_questions_keep_their_names_while_they_are_moved_and_worded_anew(schedule):
    page = schedule.press("next").press("add:question").press("add:question", question_label=["First?"])
    first, second = page.value("question_name")
    assert page.value("required") == [first, second]
    page = page.press(f"down:{first}", question_label=["First?", "Second?"], required=[second])
    assert page.value("question_name") == [second, first]
    page = page.press("next")
    fields = document("talk")["scheduling"]["form"]["fields"]
    assert [(field["name"], field["label"], field["required"]) for field in fields] == [
        (second, "Second?", True),
        (first, "First?", False),
    ]
    page = Page(schedule.client, "/links/talk/edit/form").press(f"remove:question:{second}")
    page.press("next", question_label="First, in other words?")
    [left] = document("talk")["scheduling"]["form"]["fields"]
    assert (left["name"], left["label"]) == (first, "First, in other words?")


def test_a_question_without_words_is_no_question(schedule):
    page = schedule.press("next").press("add:question")
    assert page.errors() == []
    page = page.press("next")
    assert page.status == 422
    assert page.errors()


def test_at_most_three_reminders_no_two_alike(schedule):
    page = schedule.press("next").press("next")
    for count in range(3):
        assert page.text().count(f"{count} of 3") == 1
        page = page.press("add:reminder")
    assert page.all("button", value="add:reminder") == []
    page = page.press("next", reminder_value=["1", "24", "1"], reminder_unit=["days", "hours", "weeks"])
    assert page.status == 422
    assert page.text("reminder_1-error")
    page = page.press("remove:reminder:1").press("next", confirmation_email=[])
    made = document("talk")["automation"]
    assert made["confirmation_email"] is False
    assert made["reminders"] == [{"value": 1, "unit": "days"}, {"value": 1, "unit": "weeks"}]


@pytest.mark.parametrize(
    ("value", "unit"), [("", "days"), ("0", "hours"), ("9", "weeks"), ("soon", "days"), ("4", "minutes")]
)
def test_reminders_that_cannot_be(schedule, value, unit):
    page = schedule.press("next").press("next").press("add:reminder")
    page = page.press("next", reminder_value=value, reminder_unit=unit)
    assert page.status == 422
    assert page.value("reminder_value") == value
    assert page.text("reminder_0-error")


def test_the_course_of_mails_has_real_dates(schedule):
    page = schedule.press("next").press("next").press("add:reminder")
    course = page.text("wizard")
    assert "What that means" in course
    assert "reminder to both" in course


# ---- back, close, discard --------------------------------------------------------------------------------------------


def test_back_loses_nothing_not_even_what_is_wrong(schedule):
    page = schedule.press("go:overview", mon_start="noonish", heading="My heading")
    assert page.path.endswith("/overview")
    page = page.press("go:scheduling")
    assert hours(page)["mon"] == [("noonish", "17:00")]
    assert page.value("heading") == "My heading"
    assert page.text("mon_0-error")
    page = page.press("next", mon_start="10")
    assert page.path.endswith("/form")
    assert Link.by_slug("talk").unsaved == {}
    assert document("talk")["scheduling"]["heading"] == "My heading"


def test_going_back_saves_what_is_right(schedule):
    schedule.press("go:overview", heading="My heading")
    assert document("talk")["scheduling"]["heading"] == "My heading"


def test_closing_keeps_the_last_good_state_and_says_what_was_left_out(signed_in, schedule):
    page = schedule.press("close", heading="New heading", mon_start="noonish")
    assert page.path == "/links"
    assert "Schedule" in page.text("main")
    assert "until it is fixed" in page.text()
    assert document("talk")["scheduling"]["heading"] == ""
    again = Page(signed_in, "/links/talk/edit/scheduling")
    assert again.value("heading") == "New heading"
    assert hours(again)["mon"] == [("noonish", "17:00")]


def test_finishing_is_refused_while_another_step_is_wrong(signed_in, overview):
    step = overview.press("go:automation", title="no name yet")
    assert step.path.endswith("/automation")
    page = step.press("next")
    assert page.path.endswith("/overview")
    assert page.text("internal_name-error")
    assert page.value("title") == "no name yet"


def test_finishing_waits_for_hours_that_were_left_wrong(schedule):
    page = schedule.press("go:automation", fri_end="nine")
    page = page.press("next")
    assert page.path.endswith("/scheduling")
    assert page.text("fri_0-error")
    assert not Link.by_slug("talk").is_bookable
    page = page.press("next", fri_end="18").press("go:automation").press("next")
    assert page.path == "/links/talk/share"
    assert {"days": ["fri"], "start": "09:00", "end": "18:00"} in document("talk")["scheduling"]["available_hours"]


def test_finishing_takes_along_what_was_typed_elsewhere(signed_in, schedule):
    schedule.press("add:window:sat")  # kept, as there is no script, and then left by the address bar
    Page(signed_in, "/links/talk/edit/automation").press("next")
    assert "sat" in str(document("talk")["scheduling"]["available_hours"])


# ---- a link that exists ----------------------------------------------------------------------------------------------


@pytest.fixture
def live_link(alice):
    return make.link(alice, "demo", heading="As it was")


def test_a_live_link_is_saved_from_any_page_at_once(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/")
    assert page.path == "/links/demo/edit/"
    page = Page(signed_in, "/links/demo/edit/scheduling").press("go:automation", heading="New heading")
    assert document("demo")["scheduling"]["heading"] == "As it was"  # visitors see nothing yet
    assert "Not saved yet" in page.text("wizard-state")
    page = page.press("add:reminder").press("save")
    assert "Saved at" in page.text("wizard-state")
    made = document("demo")
    assert made["scheduling"]["heading"] == "New heading"
    assert made["automation"]["reminders"] == [{"value": 1, "unit": "days"}]
    assert Link.by_slug("demo").unsaved == {}


def test_what_is_wrong_on_another_page_is_shown_there(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/scheduling").press("go:automation", weeks="500")
    page = page.press("save", confirmation_email=[])
    assert page.path.endswith("/scheduling")
    assert page.text("weeks-error")
    assert document("demo")["automation"]["confirmation_email"] is True
    page = page.press("save", weeks="5")
    assert document("demo")["automation"]["confirmation_email"] is False


def test_discarding_brings_back_what_is_saved(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/scheduling").press("go:overview", heading="Never mind")
    page = page.press("discard").press("go:scheduling")
    assert page.value("heading") == "As it was"


def test_a_change_by_somebody_else_is_not_overwritten_unseen(signed_in, live_link, alice):
    page = Page(signed_in, "/links/demo/edit/scheduling")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"heading": "Theirs"}}, make.NOW)
    page = page.press("save", heading="Mine")
    assert page.status == 409
    assert "Somebody else" in page.text("conflict")
    assert page.value("heading") == "Mine"
    assert document("demo")["scheduling"]["heading"] == "Theirs"
    page.press("save")
    assert document("demo")["scheduling"]["heading"] == "Mine"


def test_an_old_address_still_opens_the_link(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/overview").press("save", slug="renamed")
    assert document("renamed")["scheduling"]["slug"] == "renamed"
    assert Page(signed_in, "/links/demo/edit/overview").value("slug") == "renamed"
    assert page.errors() == []


@pytest.mark.parametrize("step", ["overview", "scheduling", "form", "automation"])
def test_looking_and_saving_changes_nothing(signed_in, alice, step):
    """Whatever the API put into a link comes out of the wizard as it went in."""
    make.link(
        alice,
        "demo",
        overview={"title": "{{ contact.first_name }}", "description": "One\n\nTwo"},
        automation={"reminders": [{"value": 90, "unit": "minutes"}], "include_description": False},
        durations=[25, 50],
        available_hours=[{"days": ["mon", "wed"], "start": "08:15", "end": "24:00"}],
        date_overrides=[{"date": "2026-12-24", "hours": []}],
        minimum_notice=37,
        buffer=7,
        start_increment="duration",
        language="fr",
        form={
            "fields": [{"name": "about", "label": "About?", "type": "question", "required": False}],
            "prefill": False,
        },
    )
    before = document("demo")
    page = Page(signed_in, f"/links/demo/edit/{step}")
    assert "Saved at" in page.text("wizard-state")
    page.send("save")
    assert document("demo") == before


def test_a_teams_link_keeps_its_team(signed_in, alice):
    bob = make.user("Bob Stone")
    make.link(alice, "team", kind="round_robin", team=[{"user": bob.email, "weight": 3}])
    Page(signed_in, "/links/team/edit/scheduling").press("save", heading="Meet one of us")
    made = document("team")
    assert made["scheduling"]["heading"] == "Meet one of us"
    assert made["team"] == [{"user": bob.email, "check_availability": True, "weight": 3}]


def test_what_an_older_version_kept_still_opens(signed_in, live_link):
    links.keep_unsaved(live_link, "scheduling", {"heading": "From before"})
    links.keep_unsaved(live_link, "a step of then", {"x": 1})
    page = Page(signed_in, "/links/demo/edit/scheduling")
    assert page.status == 200
    assert page.value("heading") == "From before"
    assert page.value("duration") == "30"


# ---- what the hours come to ------------------------------------------------------------------------------------------


def test_the_next_clock_change_is_rehearsed(schedule):
    note = schedule.text("rehearsal")
    assert "Clocks in Paris go forward on Sunday 28 March 2027" in note
    assert "Monday at 09:00" in note
    marked = ["".join(one.itertext()) for one in schedule.all("mark")]
    assert marked == ["04:00", "16:00"]  # New York in between, Tokyo afterwards


def test_where_clocks_stay_those_of_others_are_told(schedule):
    note = schedule.press("add:duration", timezone="Asia/Tokyo").text("rehearsal")
    assert "Clocks in London go forward" in note
    assert "Tokyo" in note


def test_without_hours_there_is_nothing_to_rehearse(schedule):
    page = schedule.send("refresh", **{f"{day}_open": [] for day in ("mon", "tue", "wed", "thu", "fri")})
    assert page.text("rehearsal") == ""
    assert page.press("next").path.endswith("/form")
    assert document("talk")["scheduling"]["available_hours"] == []


def test_the_settings_are_told_in_a_line(schedule):
    page = schedule.send("refresh", minimum_notice="240", buffer="15", weeks="3")
    assert "3 weeks ahead, 4 h notice, 15 min between" in page.text("more")
    assert "Last day now: Sun 20 Dec" in page.text("more")
    assert "A free Monday: 31 starts for 30 min." in page.text("more")


def test_dates_are_written_as_chosen(schedule):
    page = schedule.send("refresh", date_format="en-US")
    assert "AM" in page.text("date_format-help")
    assert "Morning" in preview(page).get_data(as_text=True)
    assert "AM" in preview(page).get_data(as_text=True)


# ---- who may ---------------------------------------------------------------------------------------------------------


def test_strangers_find_nothing(client, live_link):
    for path in ("/links/demo/edit/", "/links/demo/preview"):
        assert client.get(path).location.startswith("/sign-in")
    sign_in(client, make.user("Charlie Nobody"))
    for path in ("/links/demo/edit/", "/links/demo/edit/overview", "/links/demo/preview"):
        assert client.get(path).status_code == 404
    assert client.get("/links/demo/edit/nonsense").status_code == 404


# ---- bad input -------------------------------------------------------------------------------------------------------

HOSTILE = ["", "\x00", "9" * 50, "-1", "<script>alert(1)</script>", "{{ 7 * 7 }}", "x" * 20_000, "\u202e", "🦜" * 300]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("step", ["overview", "scheduling", "form", "automation"])
def test_whatever_is_typed_gets_an_answer_and_leaves_the_link_whole(signed_in, alice, step, hostile):
    make.link(
        alice,
        "demo",
        form={"fields": [{"name": "about", "label": "About?", "type": "question", "required": False}]},
        automation={"reminders": [{"value": 1, "unit": "days"}]},
    )
    before = document("demo")
    page = Page(signed_in, f"/links/demo/edit/{step}")
    hidden = {"csrf_token", "version", "step"}
    bad = {name: [hostile] * len(values) for name, values in page.fields().items() if name not in hidden}
    answer = page.send("save", **bad)
    assert answer.status in {200, 422}
    assert "<script>alert" not in answer.response.get_data(as_text=True)
    if answer.status == 422:
        assert document("demo") == before
        assert answer.all("p", _class="error") or answer.all("span", _class="error")
    page.client.post("/links/demo/preview", data={**page.fields(), **bad, "step": [step]})
    assert Page(signed_in, f"/links/demo/edit/{step}").status == 200
    assert signed_in.get("/book/demo", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("do", ["", "go:nowhere", "remove:window:mon:99", "remove:duration:-1", "add:window:x", "\x00"])
def test_buttons_that_do_not_exist(schedule, do):
    assert schedule.send(do).status == 200
    assert document("talk")["scheduling"]["durations"] == [30]


def test_a_bare_post_is_answered(schedule):
    token = schedule.value("csrf_token")
    for step in ("overview", "scheduling", "form", "automation"):
        answer = schedule.client.post(f"/links/talk/edit/{step}", data={"csrf_token": token})
        assert answer.status_code in {303, 422}
    assert schedule.client.post("/links/talk/edit/overview", data={}).status_code == 400


def test_leaving_without_a_button_keeps_what_was_typed(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/scheduling")
    page.client.post(page.path, data={**page.fields(), "heading": ["Half a sent"], "do": ["keep"]})
    again = Page(signed_in, "/links/demo/edit/scheduling")
    assert again.value("heading") == "Half a sent"
    assert document("demo")["scheduling"]["heading"] == "As it was"
    page.client.post(page.path, data={**page.fields(), "do": ["keep"]})
    assert Link.by_slug("demo").unsaved == {}


# ---- fragments and preview -------------------------------------------------------------------------------------------


def htmx(page: Page, do: str, **changes: Any) -> Any:
    values = {**page.fields(), **{name: _listed(value) for name, value in changes.items()}, "do": [do]}
    return page.client.post(page.path, data=values, headers={"HX-Request": "true"})


def test_htmx_gets_the_inside_and_the_address(schedule):
    answer = htmx(schedule, "next")
    assert answer.status_code == 200
    assert answer.headers["HX-Push-Url"] == "/links/talk/edit/form"
    assert answer.get_data(as_text=True).lstrip().startswith("<title>Form, Talk")
    assert "<html" not in answer.get_data(as_text=True)
    assert "HX-Request" in answer.headers["Vary"]


def test_htmx_is_told_what_is_wrong_without_moving(schedule):
    answer = htmx(schedule, "next", weeks="0")
    assert answer.status_code == 422
    assert answer.headers["HX-Push-Url"] == "false"
    assert 'id="weeks-error"' in answer.get_data(as_text=True)


def test_htmx_follows_without_saving_or_keeping(schedule):
    answer = htmx(schedule, "refresh", fri_end="8")
    assert answer.status_code == 200
    assert "fri_0-error" in answer.get_data(as_text=True)
    assert Link.by_slug("talk").unsaved == {}


def preview(page: Page, **changes: Any) -> Any:
    values = {**page.fields(), **{name: _listed(value) for name, value in changes.items()}}
    return page.client.post("/links/talk/preview", data=values)


def test_the_preview_is_the_page_as_it_is_typed(schedule):
    answer = preview(schedule, heading="Typed a moment ago")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert "Typed a moment ago" in text
    assert "<body" in text
    assert "inert" in text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert document("talk")["scheduling"]["heading"] == ""


def test_the_preview_leaves_out_what_is_wrong(schedule):
    answer = preview(schedule, weeks="none", timezone="Atlantis", duration=["soon", "20"], heading="Still there")
    assert answer.status_code == 200
    assert "Still there" in answer.get_data(as_text=True)
    assert "20" in answer.get_data(as_text=True)


def test_the_preview_speaks_the_language_asked_for(schedule):
    assert '<html lang="fr"' in preview(schedule, preview_language="fr").get_data(as_text=True)


def test_the_preview_of_the_form_asks_the_questions_that_are_right(schedule):
    page = schedule.press("next").press("add:question").press("add:question", question_label="What is it about?")
    text = preview(page).get_data(as_text=True)
    assert "What is it about?" in text
    assert 'name="first_name"' in text


def test_the_preview_of_a_mail_is_the_mail(schedule):
    page = schedule.press("next").press("next").press("add:reminder")
    answer = preview(page)
    assert answer.status_code == 200
    assert "Alice Martin" in answer.get_data(as_text=True)
    assert "style-src 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    host = preview(page, audience="host", mail="confirmation").get_data(as_text=True)
    assert host != answer.get_data(as_text=True)


def test_without_script_the_preview_shows_what_was_typed_last(schedule):
    page = schedule.press("preview", heading="Look at this")
    [frame] = page.all("iframe")
    assert "Look at this" in page.client.get(frame.get("src")).get_data(as_text=True)
    assert document("talk")["scheduling"]["heading"] == ""
