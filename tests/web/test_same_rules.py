"""The wizard and the API refuse the same, in the same words: whatever is typed into a page, sent as a patch."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings import clock, i18n
from meetings.models import Link, User
from meetings.services import links, users
from meetings.web.forms import wizard as forms
from meetings.web.forms.wizard import steps_of
from meetings.web.wizard import rules
from tests import make
from tests.api.conftest import Caller
from tests.domain import strange
from tests.web.test_wizard import Page, sign_in

OF_TEAMS = [("team", "robin"), ("welcome", "robin"), ("scheduling", "robin")]
NUMBERS = ["-1", "0", "1", "7", "61", "100000", "1.5", "1 000", "٣٠", "9" * 30, "abc", ""]
SENT = [text for text in strange.TEXTS if len(text) <= 10_000]  # the API takes no larger bodies
TYPED = st.one_of(st.sampled_from([*SENT, "x" * 6000, *NUMBERS]), st.text(max_size=12))
QUESTIONS = [
    {"type": "question", "name": "topic", "label": "What about?"},
    {"type": "question", "name": "size", "label": "How large?", "kind": "select", "options": ["Small", "Large"]},
]


@pytest.fixture
def alice(app: Flask) -> User:
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


@pytest.fixture
def demo(alice: User) -> Link:
    return make.link(
        alice,
        "demo",
        durations=[30, 45],
        form={"fields": QUESTIONS},
        confirmation={"redirect_url": "https://example.org/thanks"},
        automation={"reminders": [{"value": 1, "unit": "days"}, {"value": 2, "unit": "hours"}]},
    )


def places(typed: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something can be typed, or ticked."""
    if isinstance(typed, dict):
        for name, inner in typed.items():
            yield from places(inner, (*path, name))
    elif isinstance(typed, list):
        for index, inner in enumerate(typed):
            yield from places(inner, (*path, index))
    elif isinstance(typed, str | bool):
        yield path


def put(typed: Any, path: tuple[Any, ...], value: Any) -> None:
    *above, last = path
    for part in above:
        typed = typed[part]
    typed[last] = (not typed[last]) if isinstance(typed[last], bool) else value


def refused_by_api(api: Caller, link: Link, patch: Any) -> dict[str, list[str]]:
    before = links.document(link)
    answer = api.patch(f"/links/{link.slug}", patch)
    links.update(link.organizer, Link.get_by_id(link.id), before, make.NOW)  # for the next one to begin with the same
    found: dict[str, list[str]] = {}
    if answer.status_code != 200:
        assert answer.status_code == 422, answer.text
        for error in answer.json["errors"]:
            found.setdefault(error["field"], []).append(error["message"])
    return found


def refused_by_page(link: Link, step: str, typed: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for flaw in rules.judge(link, step, typed).flaws:
        found.setdefault(flaw.field, []).append(i18n.flaw_message(flaw))
    return found


@pytest.fixture
def robin(alice: User) -> Link:
    return make.link(alice, "robin", kind="round_robin", team=[alice, make.user("Bob Brown")])


@pytest.mark.alike
@pytest.mark.parametrize(("step", "slug"), [*((step, "demo") for step in steps_of("individual")), *OF_TEAMS])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_what_a_page_refuses_the_api_refuses_in_the_same_words(
    app: Flask, alice: User, demo: Link, robin: Link, step: str, slug: str, data: st.DataObject
) -> None:
    api = Caller(app, app.test_client(), users.api_token(alice, "test", make.NOW))
    link = Link.get_by_id({"demo": demo, "robin": robin}[slug].id)
    document = links.document(link)
    typed = deepcopy(forms.typed_from(step, document))
    for path in data.draw(st.lists(st.sampled_from(list(places(typed))), min_size=1, max_size=3, unique=True)):
        put(typed, path, data.draw(TYPED))
    said = forms.patch(step, typed, document)
    by_page, by_api = refused_by_page(link, step, typed), refused_by_api(api, link, said.values)
    for path in said.missing:  # a page knows what is left blank; a patch has something there
        assert bool(by_page.pop(path, None)) == bool(by_api.pop(path, None))
    if "overview.internal_name" in by_api:  # without a name nobody is told that the address is missing, too
        by_api.pop("scheduling.slug", None)
        by_page.pop("scheduling.slug", None)
    assert by_page == by_api


@pytest.mark.parametrize(
    ("step", "changes", "path"),
    [
        ("overview", {"title": "{{ nobody }}"}, "overview.title"),
        ("overview", {"slug": "preview"}, "scheduling.slug"),
        ("scheduling", {"weeks": "500"}, "scheduling.window.weeks"),
        ("scheduling", {"duration": ["1", "45"]}, "scheduling.durations.0"),
        ("confirmation", {"redirect_url": "http://example.org"}, "scheduling.confirmation.redirect_url"),
        ("automation", {"reminder_value": ["1", "x"]}, "automation.reminders.1.value"),
        ("team", {"member_weight": ["1", "0"]}, "team.1.weight"),
        ("team", {"member_user": ["alice@example.org", "alice@example.org"]}, "team.1.user"),
        ("team", {"member_schedule": ["", "Nights"]}, "team.1.schedule"),
        ("welcome", {"welcome_text": "x" * 501}, "scheduling.welcome.text"),
        (
            "welcome",
            {"welcome_picture": "own", "welcome_picture_name": f"{'0' * 32}.webp"},
            "scheduling.welcome.picture",
        ),
    ],
)
def test_the_sentence_stands_on_the_page(
    app: Flask, alice: User, demo: Link, robin: Link, step: str, changes: dict[str, Any], path: str
) -> None:
    client = sign_in(app.test_client(), alice)
    link = robin if step in {"team", "welcome"} else demo
    page = Page(client, f"/links/{link.slug}/edit/{step}").press("save", **changes)
    assert page.status == 422
    typed = rules.kept(Link.get_by_id(link.id))[step]
    document = links.document(link)
    api = Caller(app, app.test_client(), users.api_token(alice, "test", make.NOW))
    by_api = refused_by_api(api, link, forms.patch(step, typed, document).values)
    assert list(by_api) == [path]
    assert by_api[path][0] in page.errors()
