"""Who changed what of a link: every way to change one leaves a line, with what it was before, and can be taken back."""

import pytest

from meetings.domain.difference import applied, collisions, difference, taken_back
from meetings.errors import Conflict, Invalid, NotFound
from meetings.models import Link, LinkChange
from meetings.services import leaving, link_history, links
from tests import make


@pytest.fixture
def alice(app):
    return make.user(role="admin")


@pytest.fixture
def link(alice):
    return make.link(alice, "demo", heading="As it was", buffer=10)


def lines(link) -> list[tuple[str, list[tuple]]]:
    """Of the history, the earliest first: who, and what from what to what."""
    rows = reversed(list(link_history.entries(link)))
    return [(row.actor_name, [(one["path"], one["old"], one["new"]) for one in row.changes]) for row in rows]


def last(link) -> list[tuple]:
    return lines(link)[-1][1]


def test_each_change_of_a_link_leaves_a_line(alice, link):
    bob = make.user("Bob Stone")
    links.update(alice, link, {"scheduling": {"buffer": 15}, "overview": {"title": "Talk"}}, make.NOW)
    links.switch_off(alice, Link.get_by_id(link.id), make.NOW)
    links.switch_on(alice, Link.get_by_id(link.id), make.NOW)
    links.transfer(alice, ["demo"], bob.email, make.NOW)
    links.delete(alice, Link.get_by_id(link.id), make.NOW)
    assert lines(link) == [
        ("Alice Martin", [("status", None, "live")]),
        ("Alice Martin", [("overview.title", "", "Talk"), ("scheduling.buffer", 10, 15)]),
        ("Alice Martin", [("status", "live", "off")]),
        ("Alice Martin", [("status", "off", "live")]),
        ("Alice Martin", [("overview.organizer", alice.email, bob.email)]),
        ("Alice Martin", [("status", "live", "deleted")]),
    ]
    versions = [row.version for row in reversed(list(link_history.entries(link)))]
    assert versions == sorted(versions)
    assert {row.at for row in link_history.entries(link)} == {make.NOW}


def test_drafts_have_one_too(alice):
    draft = links.start_draft(alice, "individual", make.NOW)
    values = {**links.document(draft)["overview"], "internal_name": "Talk"}
    draft = links.save_section(alice, draft, "overview", values, make.NOW)
    scheduling = {**links.document(draft)["scheduling"], "slug": "talk"}
    draft = links.save_section(alice, draft, "scheduling", scheduling, make.NOW)
    links.publish(alice, draft, make.NOW)
    assert [changes[0][0] for _, changes in lines(draft)] == [
        "status",
        "overview.internal_name",
        "scheduling.slug",
        "status",
    ]
    assert last(draft) == [("status", "draft", "live")]


def test_the_team_is_part_of_it(alice):
    bob, carla = make.user("Bob Stone"), make.user("Carla Brandt")
    link = make.link(alice, "team", kind="round_robin", team=[bob])
    links.update(alice, link, {"team": [{"user": bob.email}, {"user": carla.email}]}, make.NOW)
    ((path, old, new),) = last(link)
    assert path == "team"
    assert [member["user"] for member in old] == [bob.email]
    assert [member["user"] for member in new] == [bob.email, carla.email]


def test_who_goes_leaves_a_line_in_their_links(alice):
    bob, carla = make.user("Bob Stone"), make.user("Carla Brandt")
    own, shared = make.link(bob, "own"), make.link(alice, "shared", kind="round_robin", team=[bob, carla])
    version = shared.version
    leaving.delete(alice, bob, leaving.Choices(leaving.Links.DELETE), make.NOW)
    assert lines(own)[-1] == ("Alice Martin", [("status", "live", "deleted")])
    ((path, old, new),) = last(shared)
    assert (path, [one["user"] for one in old], [one["user"] for one in new]) == (
        "team",
        [bob.email, carla.email],
        [carla.email],
    )
    assert len(link_history.document_at(Link.get_by_id(shared.id), version)["team"]) == 2


def test_another_organizer_of_a_draft_leaves_a_line(alice):
    bob = make.user("Bob Stone")
    draft = links.start_draft(alice, "individual", make.NOW)
    assert links.set_organizer(alice, draft, bob.email, make.NOW).organizer == bob
    assert lines(draft)[-1] == ("Alice Martin", [("overview.organizer", alice.email, bob.email)])


def test_saving_what_is_there_already_leaves_no_line(alice, link):
    links.update(alice, link, {"scheduling": {"buffer": 10}}, make.NOW)
    assert len(lines(link)) == 1


def test_what_is_refused_leaves_no_line(alice, link):
    with pytest.raises(Invalid):
        links.update(alice, link, {"scheduling": {"buffer": -1}}, make.NOW)
    with pytest.raises(Conflict):
        links.update(alice, link, {"scheduling": {"buffer": 5}}, make.NOW, version=link.version + 7)
    assert len(lines(link)) == 1


def test_the_line_goes_with_the_change_or_not_at_all(alice, link, monkeypatch):
    def fail(**_values):
        raise RuntimeError

    monkeypatch.setattr(LinkChange, "create", fail)
    with pytest.raises(RuntimeError):
        links.update(alice, link, {"scheduling": {"buffer": 5}}, make.NOW)
    assert Link.get_by_id(link.id).scheduling["buffer"] == 10


def test_a_version_of_the_past_can_be_read(alice, link):
    first = links.document(link)
    second = links.update(alice, link, {"scheduling": {"window": {"kind": "rolling", "weeks": 5}}}, make.NOW)
    window = {"kind": "range", "start": "2026-12-01", "end": "2026-12-24"}
    third = links.update(alice, second, {"scheduling": {"window": window, "heading": "New"}}, make.NOW)
    assert link_history.document_at(third, link.version) == first
    assert link_history.document_at(third, second.version)["scheduling"]["window"]["weeks"] == 5
    assert link_history.document_at(third, third.version) == links.document(third)
    assert link_history.editors_since(third, link.version) == ["Alice Martin"]


def test_a_former_value_comes_back_and_that_is_a_change_too(alice, link):
    links.update(alice, link, {"scheduling": {"buffer": 15, "heading": "New"}}, make.NOW)
    row = next(iter(link_history.entries(link)))
    mended = link_history.put_back(alice, Link.get_by_id(link.id), row, "scheduling.buffer", make.NOW)
    assert (mended.scheduling["buffer"], mended.scheduling["heading"]) == (10, "New")
    assert last(link) == [("scheduling.buffer", 15, 10)]


def test_a_former_version_comes_back_as_a_whole(alice, link):
    first = links.document(link)
    beginning = next(iter(link_history.entries(link)))
    links.update(alice, link, {"scheduling": {"slug": "renamed", "heading": "New"}}, make.NOW)
    links.switch_off(alice, Link.get_by_id(link.id), make.NOW)
    again = link_history.go_back_to(alice, Link.get_by_id(link.id), beginning, make.NOW)
    assert links.document(again) == first
    assert again.status == "off"  # whether it is on is no part of its document


def test_what_can_no_longer_be_is_refused_when_it_comes_back(alice):
    bob, carla = make.user("Bob Stone"), make.user("Carla Brandt")
    link = make.link(alice, "team", kind="round_robin", team=[bob])
    links.update(alice, link, {"team": [{"user": carla.email}]}, make.NOW)
    bob.is_active = False
    bob.save()
    row = next(iter(link_history.entries(link)))
    with pytest.raises(Invalid):
        link_history.put_back(alice, Link.get_by_id(link.id), row, "team", make.NOW)


@pytest.mark.parametrize("path", ["status", "overview.organizer", "scheduling.heading", "nonsense"])
def test_what_was_no_change_of_the_document_is_not_put_back(alice, link, path):
    links.switch_off(alice, link, make.NOW)
    row = next(iter(link_history.entries(link)))
    with pytest.raises(NotFound):
        link_history.put_back(alice, Link.get_by_id(link.id), row, path, make.NOW)


def test_lines_of_other_links_are_not_found(alice, link):
    other = make.link(alice, "other")
    row = next(iter(link_history.entries(other)))
    with pytest.raises(NotFound):
        link_history.entry(link, row.id)


def test_differences_are_what_leads_from_one_document_to_the_other():
    old = {"a": {"b": 1, "c": [1, 2], "gone": 3}, "scheduling": {"window": {"kind": "rolling", "weeks": 2}}}
    new = {"a": {"b": 1, "c": [2], "made": 4}, "scheduling": {"window": {"kind": "range", "start": "x", "end": "y"}}}
    found = difference(old, new)
    assert [one["path"] for one in found] == ["a.c", "a.made", "a.gone", "scheduling.window"]
    assert difference(applied(old, found), new) == []
    assert difference(taken_back(new, found), old) == []
    assert old["a"]["c"] == [1, 2]


def test_changes_collide_where_both_want_something_else():
    mine = difference({"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 1})
    theirs = difference({"a": 1, "b": 1, "c": 1}, {"a": 3, "b": 2, "c": 2})
    ((own, other),) = collisions(mine, theirs)
    assert (own["path"], own["new"], other["new"]) == ("a", 2, 3)
