"""A trial booking says all that a real one would tell, and leaves nothing behind: every table is as it was."""

from typing import Any

import pytest
from flask import Flask

from meetings import db, render
from meetings.domain import invite
from meetings.errors import SlotTaken
from meetings.models import TABLES, Booking, Delivery, Link, User
from meetings.services import bookings, links, outbox, rehearsal
from tests import make

QUESTION = {"name": "topic", "label": "What about?", "type": "question", "kind": "text", "required": False}
ANSWER = {"name": "topic", "label": "What about?", "value": "A hall", "kind": "text"}
START = "2026-12-01 09:00"


def fingerprint() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {table.__name__: db.rows(f'SELECT * FROM "{table._meta.table_name}" ORDER BY id', []) for table in TABLES}


@pytest.fixture
def alice(app: Flask) -> User:
    return make.user(role="admin")


@pytest.fixture
def link(alice: User) -> Link:
    automation = {"reminders": [{"value": 1, "unit": "hours"}, {"value": 2, "unit": "weeks"}]}
    return make.link(alice, automation=automation, form={"fields": [QUESTION]}, overview={"location": "Hall 2"})


def rehearse(link: Link, start: str = START, **more: Any) -> rehearsal.Rehearsal:
    return rehearsal.rehearse(link, make.request(make.at(start), answers=[ANSWER], **more), make.NOW)


def test_it_says_what_would_be_told_to_whom_and_when(link: Link) -> None:
    found = rehearse(link)
    assert (found.place, found.hosts) == ("Hall 2", ["Alice Martin"])
    assert [(one.kind, one.is_to_contact, one.due_at, bool(one.reason)) for one in found.told] == [
        ("reminder", True, make.at("2026-11-17 09:00"), True),
        ("host_reminder", False, make.at("2026-11-17 09:00"), True),
        ("confirmation", True, make.NOW, False),
        ("host_booked", False, make.NOW, False),
        ("reminder", True, make.at("2026-12-01 08:00"), False),
        ("host_reminder", False, make.at("2026-12-01 08:00"), False),
    ]
    invitation = next(one.mail for one in found.told if one.kind == "confirmation").invitation
    assert invitation is not None
    assert b"METHOD:REQUEST" in invitation.content
    assert b"METHOD:PUBLISH" in found.calendar
    assert "A hall" in next(one.mail.text for one in found.told if one.kind == "host_booked")


def test_the_mails_are_those_of_the_real_booking(link: Link) -> None:
    tried = {(one.kind, one.due_at): one.mail for one in rehearse(link).told}
    booking = bookings.take(link, make.request(make.at(START), answers=[ANSWER]), make.NOW)
    for row in Delivery.select().where(Delivery.booking == booking):
        mail = rehearsal.mails.compose(row, row.due_at)
        assert tried[row.kind, row.due_at].subject == mail.subject
        assert len(tried[row.kind, row.due_at].text) == len(mail.text)  # but for the links' tokens


@pytest.mark.parametrize("status", ["live", "draft", "off"])
def test_nothing_is_left_in_any_table(alice: User, link: Link, status: str) -> None:
    Link.update(status=status).execute()
    before = fingerprint()
    for _ in range(3):
        rehearse(Link.get_by_id(link.id))
    assert fingerprint() == before
    outbox.deliver_due(make.NOW)
    assert Delivery.select().count() == 0
    assert Booking.select().count() == 0


def test_nothing_is_left_of_one_that_fails_either(link: Link) -> None:
    before = fingerprint()
    with pytest.raises(SlotTaken):
        rehearse(link, "2026-12-01 03:00")
    assert fingerprint() == before


def test_nothing_is_left_of_one_that_breaks(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr(rehearsal.mails, "compose", lambda *_given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rehearse(link)
    assert fingerprint() == before


def test_nobody_waits_while_the_mails_are_made(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """To render them takes longer than a booking, and SQLite lets nobody else write during a transaction."""
    seen: list[tuple[str, bool]] = []

    def watched(real: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            seen.append((real.__name__, db.database.in_transaction()))
            return real(*args, **more)

        return call

    for module, name in ((render, "render"), (render, "render_plain"), (render, "render_line"), (invite, "calendar")):
        monkeypatch.setattr(module, name, watched(getattr(module, name)))
    rehearse(link)
    assert {name for name, _ in seen} == {"render", "render_plain", "render_line", "calendar"}
    assert not any(is_inside for _, is_inside in seen)


def test_a_time_that_was_tried_is_still_free(link: Link) -> None:
    rehearse(link)
    assert make.booking(link, START).is_confirmed


def test_a_time_that_is_taken_is_taken_here_too(link: Link) -> None:
    make.booking(link, START)
    with pytest.raises(SlotTaken):
        rehearse(link)


def test_what_is_not_saved_yet_can_be_tried(alice: User, link: Link) -> None:
    link.overview = {**link.overview, "title": "New words"}
    link.automation = {**link.automation, "reminders": []}
    found = rehearse(link)
    assert found.title == "New words"
    assert [one.kind for one in found.told] == ["confirmation", "host_booked"]
    assert Link.get_by_id(link.id).overview["title"] == ""


def test_a_round_robin_gives_no_turn_away(alice: User) -> None:
    bob = make.user("Bob Stone")
    link = make.link(alice, "team", kind="round_robin", team=[alice, bob])
    first = rehearse(link).hosts
    assert rehearse(link).hosts == first
    assert [p.host.name for p in make.booking(link).hosts()] == first


def test_a_page_by_invitation_can_be_tried_without_one(alice: User, link: Link) -> None:
    link = links.update(alice, link, {"scheduling": {"visibility": "single_use"}}, make.NOW)
    assert rehearse(link).told


def test_in_the_language_of_the_page(link: Link) -> None:
    found = rehearse(link, locale="fr")
    assert {one.mail.locale for one in found.told if one.is_to_contact} == {"fr"}
