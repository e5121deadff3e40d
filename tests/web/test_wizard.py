"""The wizard without script: steps, drafts, what the buttons change, what is kept, and the link that comes out."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.domain.form import QUESTIONS_MAX
from meetings.models import Booking, Link, Property
from meetings.services import holidays, links, sessions
from tests import dom, make

Element = Any


class Page:
    """A page as a browser without script has it: its form can be filled in and sent by one of its buttons."""

    def __init__(self, client: FlaskClient, path: str, response: Any = None) -> None:
        self.client = client
        self.response = response if response is not None else client.get(path, follow_redirects=True)
        self.status = self.response.status_code
        self.path = urlsplit(self.response.request.url).path
        self.tree = dom.parse(self.response.get_data(as_text=True))
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
            name = one.get("name")
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
    assert page.path == "/links/talk-to-alice/edit/confirmation"
    page = page.press("next")
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
    last = schedule.press("next").press("next").press("next")
    assert last.press("next").path == "/links/talk/share"
    version = Link.by_slug("talk").version
    again = last.send("next")  # the page from before, sent again
    assert again.status in {200, 409}
    assert Link.by_slug("talk").is_bookable
    assert Link.by_slug("talk").version == version
    assert Link.select().count() == 1


def test_a_draft_has_no_public_page_until_it_is_finished(client, schedule):
    assert client.get("/book/talk").status_code == 404
    schedule.press("next").press("next").press("next").press("next")
    assert client.get("/book/talk").status_code == 200


def test_the_next_new_link_goes_on_with_the_nameless_draft(signed_in, overview):
    assert Page(signed_in, "/links/new/individual").path == overview.path
    assert Link.select().count() == 1


def test_cancelling_a_link_without_a_name_leaves_nothing(signed_in, overview):
    assert overview.press("discard", title="Half a thought").path == "/links"
    assert Link.by_slug(overview.path.split("/")[2]) is None


def test_there_are_no_other_kinds(signed_in):
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


@pytest.mark.parametrize(("slug", "part"), [("taken", "Another link"), ("new", "")])
def test_addresses_that_cannot_be_had(overview, slug, part):
    make.link(make.user("Bob Stone"), "Taken")
    page = overview.press("next", internal_name="Mine", slug=slug)
    assert page.status == 422
    assert part.lower() in page.text("slug-error").lower() != ""
    assert page.value("slug") == slug
    assert "Free to use" not in page.text("slug-help")


def test_an_address_is_made_of_what_is_typed(overview):
    page = overview.press("next", internal_name="Mine", slug="--Überblick  ü!")
    assert page.status == 200
    assert document("uberblick-u")["scheduling"]["slug"] == "Uberblick-u"


def test_an_address_of_nothing_usable_follows_from_the_name(overview):
    overview.press("next", internal_name="Straße", slug="日本")
    assert Link.by_slug("strasse")


def test_an_address_that_a_program_chose_stays(signed_in, alice):
    make.link(alice, "-Odd--one-")
    page = Page(signed_in, "/links/-Odd--one-/edit/overview").press("save", title="Talk")
    assert Link.by_slug("-odd--one-").slug == "-Odd--one-"
    assert page.value("slug") == "-Odd--one-"


def test_while_an_address_is_typed_its_end_may_be_going_on(overview):
    data = {**overview.fields(), "do": "refresh", "slug": "my-"}
    answer = overview.client.post(overview.path, data=data, headers={"HX-Request": "true"})
    assert Page(overview.client, overview.path, answer).all("input", id="slug")[0].get("value") == "my-"


def test_a_free_address_is_called_free(overview):
    assert "Free to use" in overview.send("refresh", slug="quite-free").text("slug-help")


def test_an_admin_makes_a_link_for_somebody_else(overview):
    bob = make.user("Bob Stone")
    overview.press("next", internal_name="For Bob", slug="for-bob", organizer=bob.email)
    assert Link.by_slug("for-bob").organizer_id == bob.id
    told = Page(overview.client, "/links/for-bob/history").text("history")
    assert "gave the link from Alice Martin to Bob Stone" in told


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
    assert len(page.all("rect", _class="wrong")) == 1
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
    assert schedule.all("svg", _class="hours")[0].get("viewBox") == "360 0 960 20"
    page = schedule.send("refresh", mon_start="2")
    assert page.all("svg", _class="hours")[0].get("viewBox") == "0 0 1440 20"


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


def test_hours_that_overlap_are_merged_before_ones_eyes(schedule):
    page = schedule.press("add:window:mon").send("refresh", mon_start=["9", "12"], mon_end=["13", "17"])
    assert page.text("merged-mon") == "Merged: 09:00–17:00"
    assert page.errors() == []
    assert "merged-tue" not in page.response.text
    page.press("next")
    again = Page(schedule.client, "/links/talk/edit/scheduling")
    assert hours(again)["mon"] == [("09:00", "17:00")]
    assert "Merged" not in again.text()


@pytest.mark.parametrize("typed", ["abc", "0", "100000"])
def test_a_duration_that_cannot_be_stays_where_it_was_typed(schedule, typed):
    page = schedule.press("add:duration", new_duration=typed)
    assert (page.value("duration"), page.value("new_duration")) == ("30", typed)
    assert page.text("durations-error")


def test_a_duration_that_is_there_already_is_not_added_again(schedule):
    page = schedule.press("add:duration", new_duration="45").press("add:duration", new_duration=" 045 ")
    assert (page.value("duration"), page.value("new_duration")) == (["30", "45"], "")
    assert not page.errors()


def test_the_order_of_lengths_is_the_hosts(schedule):
    page = schedule.press("add:duration", new_duration="45").press("add:duration", new_duration="15")
    assert page.value("duration") == ["30", "45", "15"]
    page = page.press("earlier:2").press("earlier:1").press("next")
    assert document("talk")["scheduling"]["durations"] == [15, 30, 45]


# ---- single days -----------------------------------------------------------------------------------------------------


def test_a_day_is_closed(schedule):
    page = schedule.press("add:override").send("refresh", o0_date="2026-12-24")
    assert page.text("o0-words") == "Thu 24 Dec 2026"
    page.press("next")
    assert document("talk")["scheduling"]["date_overrides"] == [{"date": "2026-12-24", "hours": []}]


def test_a_day_gets_hours_of_its_own_beginning_with_those_of_its_weekday(schedule):
    page = schedule.press("add:override").send(
        "refresh", o0_date="2026-12-24", o0_open="y", thu_start="10", thu_end="15"
    )
    assert (page.value("o0_start"), page.value("o0_end")) == ("10:00", "15:00")
    page = page.press("add:window:o0", o0_end="12")
    assert page.value("o0_start") == ["10:00", "13:00"]
    page = page.press("next", o0_start=["10", "14"], o0_end=["12", "13"])
    assert page.status == 422
    page = page.press("mend:o0:1").press("next")
    assert document("talk")["scheduling"]["date_overrides"] == [
        {"date": "2026-12-24", "hours": [{"start": "10:00", "end": "12:00"}, {"start": "14:00", "end": "17:00"}]}
    ]
    assert Page(schedule.client, "/links/talk/edit/scheduling").press("remove:window:o0:1").press("remove:window:o0:0")


def test_adding_hours_opens_a_day_with_those_of_its_weekday(schedule):
    page = schedule.press("add:override").press("add:window:o0", o0_date="2026-12-24", thu_start="10", thu_end="15")
    assert (page.value("o0_open"), page.value("o0_start"), page.value("o0_end")) == ("y", "10:00", "15:00")
    page = page.press("add:override").press("add:window:o1", o1_date="2026-12-26")  # a Saturday, closed
    assert (page.value("o1_start"), page.value("o1_end")) == ("09:00", "17:00")


def test_days_away_are_closed_at_once(schedule):
    page = schedule.press("away:days", close_first="2026-12-23", close_last="2026-12-25")
    assert [page.value(f"o{number}_date") for number in range(3)] == ["2026-12-23", "2026-12-24", "2026-12-25"]
    assert page.value("close_first") == ""
    page.press("next")
    assert [entry["hours"] for entry in document("talk")["scheduling"]["date_overrides"]] == [[], [], []]


def test_no_day_stands_there_twice(schedule):
    page = schedule.press("add:override", o0_date="2026-12-24").press("add:override")
    page = page.press("next", o0_date="2026-12-24", o1_date="2026-12-24")
    assert page.status == 422
    assert "twice" in page.text("o1_date-error")
    assert page.text("o0_date-error") == ""
    page.press("remove:override:1").press("next")
    assert len(document("talk")["scheduling"]["date_overrides"]) == 1


@pytest.mark.parametrize(
    ("typed", "part"), [("", "fill this in"), ("24.12.2026", "not a date"), ("2026-02-30", "not a date")]
)
def test_a_day_that_is_none_is_told_beside_it(schedule, typed, part):
    page = schedule.press("add:override")
    assert page.errors() == []  # nothing is missing before one goes on
    page = page.press("next", o0_date=typed)
    assert page.status == 422
    assert part in page.text("o0_date-error")
    assert page.value("o0_date") == typed


def test_days_are_sorted_and_those_past_folded(schedule):
    page = schedule
    for number, day in enumerate(("2026-12-31", "2026-11-02", "2026-12-24")):
        page = page.press("add:override").send("refresh", **{f"o{number}_date": day})
    page.press("next")
    page = Page(schedule.client, "/links/talk/edit/scheduling")
    assert [page.value(f"o{number}_date") for number in range(3)] == ["2026-11-02", "2026-12-24", "2026-12-31"]
    assert page.text("past-days").startswith("1 past day")
    page.press("next")
    assert len(document("talk")["scheduling"]["date_overrides"]) == 3


def test_holidays_that_close_days_are_told(schedule, alice):
    assert "count as working days" in schedule.text("days-off")
    holidays.choose(alice, alice, "FR", make.NOW)
    page = Page(schedule.client, "/links/talk/edit/scheduling")
    assert page.text("days-off") == ""  # none in the coming two weeks
    page = page.send("refresh", weeks="5")
    told = "Closed for public holidays: Fri 25 Dec (Christmas Day) and Fri 1 Jan (New Year's Day)."
    assert page.text("days-off").startswith(told)
    page = page.send("refresh", fri_open=[])
    assert page.text("days-off") == ""


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


def fields(slug: str = "talk") -> list[dict[str, Any]]:
    return document(slug)["scheduling"]["form"]["fields"]


def test_questions_have_kinds_choices_help_and_may_be_for_hosts_only(schedule):
    page = schedule.press("next").press("add:question")
    name = page.value("question_name")
    typed = {"question_label": "Which room?", "question_kind": "radio", "question_help": "The loud one", "required": []}
    refused = page.press("next", **typed)
    assert refused.status == 422
    assert refused.text(f"options-{name}-error")
    assert refused.all("div", id=f"edit-{name}")[0].get("hidden") is None  # what is wrong is open
    refused.press("next", question_options="Studio\r\n\r\n Home ", private=[name])
    [field] = fields()
    assert (field["kind"], field["options"], field["help"]) == ("radio", ["Studio", "Home"], "The loud one")
    assert (field["required"], field["in_invite"]) == (False, False)


def test_choices_are_kept_while_another_kind_is_tried(schedule):
    page = schedule.press("next").press("add:question", question_label="Which?")
    page = page.press("add:question", question_label="Which?", question_kind="select", question_options="A\nB")
    first, _second = page.value("question_name")
    page = page.press(f"remove:question:{_second}", question_kind=["line", "line"])
    assert page.all("textarea", id=f"options-{first}")[0].text.strip() == "A\nB"
    page.press("next")
    assert fields()[0]["options"] == []


def test_a_property_comes_from_the_menu_with_its_own_kind(schedule):
    page = schedule.press("next").press("add:property:phone")
    assert page.all("button", value="add:property:phone") == []
    assert "Contact property · Phone number" in page.text("row-phone")
    assert page.all("select", name="question_kind") == []
    page = page.press("next", question_label="Your phone")
    [field] = fields()
    assert (field["name"], field["type"], field["label"]) == ("phone", "property", "Your phone")


def test_a_property_is_made_on_the_spot(schedule):
    page = schedule.press("next").press("add:new-property")
    refused = page.press("next")
    assert refused.status == 422
    refused.press("next", question_label="Team size", question_kind="number")
    [field] = fields()
    assert (field["name"], field["type"]) == ("team_size", "property")
    made = Property.get(name="team_size")
    assert (made.label, made.kind) == ("Team size", "number")
    page = Page(schedule.client, "/links/talk/edit/form")
    assert "Contact property · Number" in page.text("row-team_size")
    other = Page(schedule.client, "/links/new/individual").press("next", internal_name="Other", slug="other")
    assert other.press("next").all("button", value="add:property:team_size")


def test_a_form_has_room_for_so_many_questions(schedule):
    page = schedule.press("next")
    for _ in range(QUESTIONS_MAX):
        page = page.press("add:question")
    assert page.all("button", value="add:question") == page.all("button", value="add:new-property") == []
    assert len(page.send("add:question").value("question_name")) == QUESTIONS_MAX


def test_rows_open_and_close_without_script(schedule):
    page = schedule.press("next").press("add:property:company")
    assert page.all("div", id="edit-company")[0].get("hidden") is not None
    page = page.press("open:company")
    assert page.all("div", id="edit-company")[0].get("hidden") is None
    page = page.press("open:company")
    assert page.all("div", id="edit-company")[0].get("hidden") is not None


def test_at_most_three_reminders_no_two_alike(schedule):
    page = schedule.press("next").press("next").press("next")
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
    page = schedule.press("next").press("next").press("next").press("add:reminder")
    page = page.press("next", reminder_value=value, reminder_unit=unit)
    assert page.status == 422
    assert page.value("reminder_value") == value
    assert page.text("reminder_0-error")


def test_the_course_of_mails_has_real_dates(schedule):
    page = schedule.press("next").press("next").press("next").press("add:reminder")
    course = page.text("wizard")
    assert "What that means" in course
    assert "reminder to both" in course


# ---- after booking ---------------------------------------------------------------------------------------------------


@pytest.fixture
def after(schedule) -> Page:
    return schedule.press("go:confirmation")


def redirect_url() -> Any:
    return document("talk")["scheduling"]["confirmation"]["redirect_url"]


def test_afterwards_one_goes_to_our_page_or_to_another(after):
    assert after.value("after") == "ours"
    page = after.press("next", after="elsewhere", redirect_url=" https://example.org/thanks ")
    assert page.path.endswith("/automation")
    assert redirect_url() == "https://example.org/thanks"
    page = page.press("go:confirmation")
    assert (page.value("after"), page.value("redirect_url")) == ("elsewhere", "https://example.org/thanks")
    page.press("next", after="ours")
    assert redirect_url() is None


def test_afterwards_one_goes_to_another_booking_page(after, alice):
    make.link(alice, "second", overview={"internal_name": "The second step"})
    make.link(make.user("Bob Stone"), "draft-of-bob", status="draft")
    after = Page(after.client, after.path)
    options = [one.get("value") for one in after.all("select", name="own_page")[0].iter("option")]
    assert options == ["", "/book/second"]
    page = after.press("next", after="another")
    assert "Please fill this in" in page.text("own_page-error")
    page = page.press("next", own_page="/book/second", pass_details="y")
    assert document("talk")["scheduling"]["confirmation"] == {"redirect_url": "/book/second", "pass_details": True}
    page = page.press("go:confirmation")
    assert (page.value("after"), page.value("own_page"), page.value("redirect_url")) == ("another", "/book/second", "")
    links.delete(alice, Link.by_slug("second"), make.NOW)
    page = Page(after.client, after.path)
    assert page.value("own_page") == "/book/second"  # what is chosen is shown, whatever became of it
    assert "not among your live links" in page.text("own_page")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Please fill this in."),
        ("  ", "Please fill this in."),
        ("http://example.org", "starts with https://"),
        ("javascript:alert(1)", "starts with https://"),
        ("https://" + "x" * 2000, "too long"),
    ],
)
def test_addresses_that_cannot_be_gone_to(after, address, sentence):
    page = after.press("next", after="elsewhere", redirect_url=address)
    assert page.status == 422
    assert sentence in page.text("redirect_url-error")
    assert (page.value("after"), page.value("redirect_url")) == ("elsewhere", address)
    assert redirect_url() is None


def test_before_one_goes_on_no_address_is_missing(after):
    assert after.send("refresh", after="elsewhere").errors() == []


def test_an_address_left_out_is_asked_for_wherever_one_saves(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/confirmation").press("go:overview", after="elsewhere")
    assert "Not saved yet" in page.text("wizard-state")
    page = page.press("save", title="Another title")
    assert page.path.endswith("/confirmation")
    assert "Please fill this in." in page.text("redirect_url-error")
    page.press("save", redirect_url="https://example.org/thanks")
    made = document("demo")
    assert made["scheduling"]["confirmation"]["redirect_url"] == "https://example.org/thanks"
    assert made["overview"]["title"] == "Another title"


def test_the_preview_beside_it_is_the_page_after_booking(after):
    shown = preview(after).get_data(as_text=True)
    assert "It’s booked, Alex" in shown
    assert "An invitation is on its way to alex.martin@example.org." in shown
    assert "What happens next" in shown
    assert not Booking.select().exists()
    elsewhere = preview(after, after="elsewhere", redirect_url="https://example.org/thanks").get_data(as_text=True)
    assert "It’s booked" not in elsewhere  # there is no page of ours then
    assert "Alice Martin" in elsewhere


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
    assert "Alice Martin changed this link in the meantime" in page.text("conflict")
    assert sides(page) == ["Yours“Mine”", "Theirs“Theirs”"]
    assert page.value("heading") == "Mine"
    assert document("demo")["scheduling"]["heading"] == "Theirs"
    page = page.press("save")
    assert document("demo")["scheduling"]["heading"] == "Mine"
    assert page.text("conflict") == ""


def sides(page: Page) -> list[str]:
    """Both values of each place that two people changed."""
    boxes = [one for one in page.all("div") if (one.get("class") or "").startswith("side")]
    return [
        "".join(one.find("b").itertext()) + "".join(one.find("p").itertext())
        for one in boxes
        if one.find("b") is not None
    ]


def test_rows_of_the_same_name_are_told_by_their_place_too(signed_in, live_link, alice):
    asked = [{"type": "question", "name": name, "label": "Budget"} for name in ("one", "two")]
    other = [*asked, {"type": "question", "name": "three", "label": "Team"}]
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"form": {"fields": other}}}, make.NOW)
    page = Page(signed_in, "/links/demo/edit/form")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"form": {"fields": other[1:]}}}, make.NOW)
    page = page.press("remove:question:three").press("save")
    assert page.status == 409
    assert sides(page) == ["YoursBudget (Question 1) and Budget (Question 2)", "TheirsBudget and Team"]


def test_what_does_not_collide_is_merged(signed_in, live_link, alice):
    page = Page(signed_in, "/links/demo/edit/scheduling")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"buffer": 15, "language": "fr"}}, make.NOW)
    page = page.press("save", heading="Mine", language="fr")
    assert page.status == 200
    made = document("demo")["scheduling"]
    assert (made["heading"], made["buffer"], made["language"]) == ("Mine", 15, "fr")
    assert "Free between meetings" in page.text()  # said, as nobody here did it
    assert page.value("buffer") == "15"


def test_theirs_can_be_taken_and_mine_again(signed_in, live_link, alice):
    page = Page(signed_in, "/links/demo/edit/scheduling")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"heading": "Theirs", "buffer": 15}}, make.NOW)
    page = page.press("save", heading="Mine", buffer="45", mon_start=["9:15"], weeks="6")
    assert page.status == 409
    page = page.press("theirs:scheduling.heading", mon_start=["noonish"])
    assert (page.value("heading"), page.value("buffer"), page.value("weeks")) == ("Theirs", "45", "6")
    assert page.value("mon_start") == "noonish"  # half-typed words stay while one chooses
    page = page.press("theirs:scheduling.buffer").press("mine:scheduling.heading")
    assert (page.value("heading"), page.value("buffer")) == ("Mine", "15")
    assert sides(page) == ["Yours“Mine”", "Theirs“Theirs”", "Yours45 minutes", "Theirs15 minutes"]
    page = page.press("save", mon_start=["9:15"])
    made = document("demo")["scheduling"]
    assert (made["heading"], made["buffer"], made["window"]["weeks"]) == ("Mine", 15, 6)


def test_what_is_asked_is_still_asked_when_one_comes_back(signed_in, live_link, alice):
    page = Page(signed_in, "/links/demo/edit/scheduling")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"heading": "Theirs"}}, make.NOW)
    page.press("save", heading="Mine").press("go:overview")
    page = Page(signed_in, "/links/demo/edit/scheduling")
    assert sides(page) == ["Yours“Mine”", "Theirs“Theirs”"]
    page = page.press("discard").press("go:scheduling")
    assert page.text("conflict") == ""
    assert page.value("heading") == "Theirs"


def test_what_waits_on_another_page_overwrites_nothing_either(signed_in, live_link, alice):
    page = Page(signed_in, "/links/demo/edit/scheduling").press("go:overview", heading="Mine")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"heading": "Theirs"}}, make.NOW)
    page = Page(signed_in, "/links/demo/edit/overview").press("save", title="A talk")
    assert page.path.endswith("/scheduling")
    assert sides(page) == ["Yours“Mine”", "Theirs“Theirs”"]
    made = document("demo")
    assert (made["scheduling"]["heading"], made["overview"]["title"]) == ("Theirs", "")
    page.press("theirs:scheduling.heading").press("save")
    made = document("demo")
    assert (made["scheduling"]["heading"], made["overview"]["title"]) == ("Theirs", "A talk")


def test_two_at_one_draft_are_asked_too(signed_in, schedule, alice):
    theirs = Page(signed_in, schedule.path)
    schedule.press("next", heading="Theirs", buffer="15")
    page = theirs.press("next", heading="Mine", minimum_notice="60")
    assert page.status == 409
    assert sides(page) == ["Yours“Mine”", "Theirs“Theirs”"]
    assert page.press("next").path.endswith("/form")
    made = document("talk")["scheduling"]
    assert (made["heading"], made["buffer"], made["minimum_notice"]) == ("Mine", 15, 60)


def test_a_page_that_was_looked_at_again_is_still_of_its_time(signed_in, live_link, alice):
    """A refresh of the page in between doesn't make its old values count as seen."""
    page = Page(signed_in, "/links/demo/edit/scheduling")
    links.update(alice, Link.by_slug("demo"), {"scheduling": {"buffer": 15}}, make.NOW)
    page = page.press("add:window:sat").press("save")
    assert page.status == 200
    assert document("demo")["scheduling"]["buffer"] == 15


def test_a_change_in_the_very_moment_of_saving_is_merged_too(signed_in, live_link, alice, monkeypatch):
    page = Page(signed_in, "/links/demo/edit/scheduling")
    update = links.update

    def interrupted(actor, link, patch, now, *, version=None):
        monkeypatch.setattr(links, "update", update)
        update(alice, Link.by_slug("demo"), {"scheduling": {"buffer": 15}}, make.NOW)
        return update(actor, link, patch, now, version=version)

    monkeypatch.setattr(links, "update", interrupted)
    page.press("save", heading="Mine")
    made = document("demo")["scheduling"]
    assert (made["heading"], made["buffer"]) == ("Mine", 15)


def test_an_old_address_still_opens_the_link(signed_in, live_link):
    page = Page(signed_in, "/links/demo/edit/overview").press("save", slug="renamed")
    assert document("renamed")["scheduling"]["slug"] == "renamed"
    assert Page(signed_in, "/links/demo/edit/overview").value("slug") == "renamed"
    assert page.errors() == []


@pytest.mark.parametrize("step", ["overview", "scheduling", "form", "confirmation", "automation"])
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
        confirmation={"redirect_url": "https://example.org/thanks"},
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
    assert made["team"] == [
        {"user": bob.email, "check_availability": True, "weight": 3, "paused": False, "schedule": None}
    ]


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
    assert marked[:2] == ["04:00", "16:00"]  # New York in between, Tokyo afterwards
    assert "Clocks in Paris go back on Sunday 31 October 2027" in schedule.text("rehearsal-2")
    assert marked[2:] == ["04:00", "17:00", "17:00"]  # for a week New York goes first


def test_hours_that_a_clock_change_falls_into_are_told(schedule):
    page = schedule.send("refresh", sun_open="y", sun_start="1", sun_end="5")
    assert "That day your hours from 01:00 to 05:00 are 1 hour shorter." in page.text("rehearsal")
    assert "That day your hours from 01:00 to 05:00 are 1 hour longer." in page.text("rehearsal-2")
    page = page.press("add:override").send("refresh", o0_date="2027-03-28")  # closed
    assert "shorter" not in page.text("rehearsal")


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [
        ("America/Santiago", "go back on Saturday 3 April 2027", "go forward on Sunday 5 September 2027"),
        ("Australia/Lord_Howe", "go back on Sunday 4 April 2027", "go forward on Sunday 3 October 2027"),
        ("America/Nuuk", "go forward on Sunday 28 March 2027", "go back on Saturday 30 October 2027"),
    ],
)
def test_clocks_change_in_other_ways_elsewhere(schedule, zone, first, second):
    page = schedule.send("refresh", timezone=zone)
    assert first in page.text("rehearsal")
    assert second in page.text("rehearsal-2")


def test_hours_until_the_midnight_that_is_skipped_are_shorter(schedule):
    page = schedule.send("refresh", timezone="America/Nuuk", sat_open="y", sat_start="21", sat_end="24")
    assert "That day your hours from 21:00 to 00:00 are 1 hour shorter." in page.text("rehearsal")


def test_half_an_hour_is_a_change_too(schedule):
    page = schedule.send("refresh", timezone="Australia/Lord_Howe", sun_open="y", sun_start="0", sun_end="9")
    assert "are 30 minutes longer" in page.text("rehearsal")
    assert "are 30 minutes shorter" in page.text("rehearsal-2")


def test_the_cities_are_those_of_contacts(schedule, alice):
    link = make.link(alice, "booked")
    for number, zone in enumerate(("Asia/Kathmandu", "America/Lima", "Asia/Kathmandu")):
        make.booking(link, f"2026-12-0{number + 1} 09:00", timezone=zone, email=f"{number}@example.com")
    rows = [" ".join("".join(one.itertext()).split()) for one in schedule.send("refresh").all("th", scope="row")]
    assert rows[:3] == ["Kathmandu", "Lima", "London"]


def test_a_range_is_told_in_words(schedule):
    def told(**changes):
        return schedule.send("refresh", window="range", **changes).text("range-words")

    assert schedule.text("range-words") == "10 weeks at most"
    assert told(first="2026-12-01", last="2026-12-20") == "20 days, the last one Sun 20 Dec 2026"
    assert told(first="2026-12-01") == "10 weeks at most: until Mon 8 Feb 2027"
    assert told(first="2026-12-01", last="2027-02-09") == "10 weeks at most: until Mon 8 Feb 2027"
    assert told(first="2026-11-01", last="2026-11-02") == "These days are over: the page says so."
    assert told(first="9999-12-31") == "10 weeks at most"


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
    assert page.press("next").path.endswith("/form")
    assert document("talk")["scheduling"]["date_format"] == "en-US"


def test_formats_are_those_of_the_language(schedule):
    def offered(page):
        [select] = page.all("select", name="date_format")
        return {one.get("value") for one in select.iter("option")}

    assert {"auto", "en-GB", "en-ZA", "fr-FR", "fr-SN"} <= offered(schedule)
    french = offered(schedule.send("refresh", language="fr"))
    assert {"auto", "fr-FR", "fr-SN"} <= french
    assert not [code for code in french if code.startswith("en")]
    kept = schedule.send("refresh", language="fr", date_format="en-US")
    assert kept.value("date_format") == "en-US"  # still chosen, and without effect
    assert kept.text("date_format-help") == "lundi 30 novembre, 09:00"
    assert schedule.send("next", date_format="xx-YY").status == 422


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
@pytest.mark.parametrize("step", ["overview", "scheduling", "form", "confirmation", "automation"])
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
    for step in ("overview", "scheduling", "form", "confirmation", "automation"):
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


def test_the_preview_follows_the_language_of_the_link(schedule):
    """Nobody picked a language for it: the control's own value is no choice that stays."""
    page = schedule.send("refresh", language="fr")
    assert '<html lang="fr"' in preview(page).get_data(as_text=True)
    page = page.press("next").press("next")
    assert '<html lang="fr"' in preview(page).get_data(as_text=True)
    english = page.send("refresh", preview_language="en")
    assert '<html lang="en"' in preview(english).get_data(as_text=True)


def test_the_preview_of_the_form_asks_the_questions_that_are_right(schedule):
    page = schedule.press("next").press("add:question").press("add:question", question_label="What is it about?")
    text = preview(page).get_data(as_text=True)
    assert "What is it about?" in text
    assert 'name="first_name"' in text


def test_the_preview_of_a_mail_is_the_mail(schedule):
    page = schedule.press("next").press("next").press("next").press("add:reminder")
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
