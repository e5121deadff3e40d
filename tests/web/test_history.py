"""The history of a link in sentences, and the way back."""

import pytest

from meetings import clock
from meetings.domain import link as link_document
from meetings.models import Link, LinkChange
from meetings.services import links
from meetings.web.link_words import NAMES, value_of
from tests import make
from tests.web.pages import Page
from tests.web.test_wizard import sign_in

PATH = "/links/demo/history"


@pytest.fixture
def alice(app):
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


@pytest.fixture
def demo(alice):
    return make.link(alice, "demo", buffer=10)


@pytest.fixture
def signed_in(client, alice):
    return sign_in(client, alice)


def look(client, path: str = PATH) -> Page:
    return Page(client, client.get(path))


def change(alice, **sections) -> None:
    links.update(alice, Link.by_slug("demo"), sections, make.NOW)


def said(alice, client, **sections) -> str:
    """The sentence about a change."""
    change(alice, **sections)
    return look(client).words(next(iter(look(client).all("div", class_="history-line"))).find("p"))


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        (
            {"scheduling": {"buffer": 15}},
            "Alice Martin changed “Free between meetings” from 10 minutes to 15 minutes.",
        ),
        ({"scheduling": {"buffer": 0}}, "Alice Martin changed “Free between meetings” from 10 minutes to none."),
        ({"overview": {"title": "Talk"}}, "Alice Martin set “Title of the meeting” to “Talk”."),
        ({"automation": {"confirmation_email": False}}, "Alice Martin turned off “Confirmation by e-mail”."),
        (
            {"automation": {"reminders": [{"value": 1, "unit": "days"}, {"value": 90, "unit": "minutes"}]}},
            "Alice Martin changed “Reminders” from none to 1 day and 1 hour 30 minutes before.",
        ),
        (
            {"scheduling": {"durations": [30, 45]}},
            "Alice Martin changed “Durations” from 30 min to 30 min and 45 min.",
        ),
        (
            {"scheduling": {"window": {"kind": "range", "start": "2026-12-01", "end": "2026-12-24"}}},
            "Alice Martin changed “When it can be booked” from the coming 2 weeks to Tue 1 Dec 2026 to Thu 24 Dec 2026.",
        ),
        (
            {"scheduling": {"date_overrides": [{"date": "2026-12-24", "hours": []}]}},
            "Alice Martin added “Thu 24 Dec 2026” to “Special dates”.",
        ),
        (
            {"scheduling": {"form": {"fields": [{"type": "question", "label": "How loud?"}]}}},
            "Alice Martin added “How loud?” to “Questions”.",
        ),
        ({"scheduling": {"timezone": "Asia/Tokyo"}}, "Alice Martin changed “Time zone” from Paris to Tokyo."),
    ],
)
def test_a_change_is_told_in_a_sentence(alice, demo, signed_in, sections, sentence):
    assert said(alice, signed_in, **sections) == sentence


def test_what_came_and_went_in_a_list_is_told_by_name(alice, demo, signed_in):
    fields = [{"type": "question", "name": name, "label": name.title()} for name in ("one", "two", "three")]
    change(alice, scheduling={"form": {"fields": fields}})
    fields = [{**fields[1], "help": "Really"}, {"type": "question", "name": "four", "label": "Four"}, fields[2]]
    change(alice, scheduling={"form": {"fields": fields}})
    change(alice, scheduling={"form": {"fields": fields[::-1]}})
    text = look(signed_in).main()
    assert "added “Four” to “Questions”" in text
    assert "removed “One” from “Questions”" in text
    assert "changed “Two” under “Questions”" in text
    assert "put “Questions” into another order" in text


def test_rows_are_told_by_place_or_by_the_name_of_their_property(alice, demo, signed_in):
    box = {"subscription": "one_to_one"}
    boxes = [{**box, "id": name, "label": "Write to me"} for name in ("one", "two")]
    change(alice, scheduling={"form": {"consent": {"mode": "consent", "text": "Hello", "checkboxes": boxes}}})
    change(alice, scheduling={"form": {"fields": [{"type": "property", "name": "phone"}]}})
    text = look(signed_in).main()
    assert "added “Write to me (Box 2)” to “Consent boxes”" in text
    assert "added “Phone” to “Questions”" in text


def test_long_texts_stand_below_before_and_after(alice, demo, signed_in):
    change(alice, overview={"description": "word " * 60})
    page = look(signed_in)
    assert "Alice Martin changed “Description”." in page.main()
    assert [page.words(one) for one in page.all("dd")] == ["nothing", f"“{('word ' * 60).strip()}”"]


def test_how_the_link_stands_is_told_too(alice, demo, signed_in):
    links.switch_off(alice, demo, make.NOW)
    links.switch_on(alice, Link.by_slug("demo"), make.NOW)
    text = look(signed_in).main()
    assert text.index("turned the link on") < text.index("turned the link off") < text.index("made this link")


def test_a_former_value_is_put_back(alice, demo, signed_in):
    change(alice, scheduling={"buffer": 15, "heading": "New"})
    change_id = look(signed_in).all("input", name="path")
    assert [one.get("value") for one in change_id] == ["scheduling.heading", "scheduling.buffer"]
    action = next(one.get("action") for one in look(signed_in).all("form") if "restore" in (one.get("action") or ""))
    page = look(signed_in).send(action, path="scheduling.buffer")
    assert page.path == PATH
    assert "Restored." in page.main() + page.words()
    link = Link.by_slug("demo")
    assert (link.scheduling["buffer"], link.scheduling["heading"]) == (10, "New")
    assert "from 15 minutes to 10 minutes" in page.main()


def test_what_is_so_already_is_not_said_to_be_restored(alice, signed_in):
    make.link(alice, "demo", buffer=10)
    change(alice, scheduling={"buffer": 15})
    page = look(signed_in)
    action = next(one.get("action") for one in page.all("form") if "restore" in (one.get("action") or ""))
    page.send(action, path="scheduling.buffer")
    page = look(signed_in).send(action, path="scheduling.buffer")
    assert "Restored." not in page.main() + page.words()
    assert "It is so already." in page.main() + page.words()


def test_the_whole_link_goes_back_to_what_it_was(alice, demo, signed_in):
    before = links.document(demo)
    change(alice, scheduling={"buffer": 15, "heading": "New"})
    change(alice, overview={"title": "Talk"})
    links.keep_unsaved(Link.by_slug("demo"), "scheduling", {"heading": "Typed"})
    page = look(signed_in)
    forms = [one for one in page.all("form") if "restore" in (one.get("action") or "")]
    oldest = [one.get("action") for one in forms][-1]
    page.client.post(oldest, data=page.fields(oldest))
    assert links.document(Link.by_slug("demo")) == before
    assert Link.by_slug("demo").unsaved == {}


def test_what_can_no_longer_be_says_why(alice, signed_in):
    bob, carla = make.user("Bob Stone"), make.user("Carla Brandt")
    make.link(alice, "demo", kind="round_robin", team=[bob])
    change(alice, team=[{"user": carla.email}])
    bob.is_active = False
    bob.save()
    page = look(signed_in)
    why = "This can’t be restored. Team members: Nobody here has this address."
    assert not [one for one in page.all("input", name="path") if one.get("value") == "team"]
    assert why in page.main()
    csrf = page.all("input", name="csrf_token")[0].get("value")
    entry = Link.by_slug("demo").changes.order_by(LinkChange.id.desc()).get().id
    answer = signed_in.post(f"{PATH}/{entry}/restore", data={"csrf_token": csrf, "path": "team"})
    assert answer.status_code == 422
    assert why in Page(signed_in, answer).words(Page(signed_in, answer).all("div", id="problem")[0])


def test_a_draft_without_a_name_is_not_offered_again(alice, signed_in):
    draft = links.start_draft(alice, "individual", make.NOW)
    values = {**links.document(draft)["overview"], "internal_name": "Talk"}
    draft = links.save_section(alice, draft, "overview", values, make.NOW)
    values = {**links.document(draft)["scheduling"], "slug": "demo", "buffer": 10}
    links.save_section(alice, draft, "scheduling", values, make.NOW)
    page = look(signed_in)
    whole = [page.words(one) for one in page.all("div", class_="history-head")]
    assert ["Go back to this" in words for words in whole] == [False, True, False]
    assert "This can’t be restored. Name:" in whole[-1]
    assert "overview.internal_name" not in [one.get("value") for one in page.all("input", name="path")]
    assert "scheduling.buffer" in [one.get("value") for one in page.all("input", name="path")]


def test_many_changes_come_by_pages(alice, demo, signed_in):
    for number in range(35):
        change(alice, scheduling={"buffer": number})
    first = look(signed_in)
    second = first.go("Next")
    assert len(first.all("time")) == 30
    assert len(second.all("time")) == 6
    assert "made this link" in second.main()
    assert "Next" not in second.links()


def test_members_look_and_strangers_find_nothing(alice, demo, signed_in, app):
    bob, charlie = make.user("Bob Stone"), make.user("Charlie Wood")
    make.link(alice, "team", kind="group", team=[bob])
    links.update(alice, Link.by_slug("team"), {"scheduling": {"heading": "New"}}, make.NOW)
    theirs = sign_in(app.test_client(), bob)
    page = look(theirs, "/links/team/history")
    assert "set “Heading”" in page.main()
    assert not [one for one in page.all("form") if "restore" in (one.get("action") or "")]
    entry = Link.by_slug("team").changes.get().id
    token = page.all("input", name="csrf_token")[0].get("value")
    refused = theirs.post(f"/links/team/history/{entry}/restore", data={"csrf_token": token, "path": "status"})
    assert refused.status_code == 403
    assert sign_in(app.test_client(), charlie).get("/links/team/history").status_code == 404


def test_every_place_of_a_document_has_a_name_and_words(app):
    document = link_document.defaults("individual", "Europe/Paris")

    def leaves(value, path=""):
        if isinstance(value, dict) and path != "scheduling.window":
            for name, inner in value.items():
                yield from leaves(inner, f"{path}.{name}" if path else name)
        else:
            yield path, value

    for path, value in leaves(document):
        assert path in NAMES, path
        assert isinstance(value_of(path, value), str)
