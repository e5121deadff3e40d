"""Addresses that book one meeting: who has one, what it opens, and that it books once however many try."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from meetings import db
from meetings.errors import Forbidden, InvitationOver, NotFound, Problem
from meetings.models import Booking, Link, SingleUse
from meetings.services import access, bookings, housekeeping, links, single_use
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")

CALLERS = 20


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link(visibility="single_use")


def booked(link: Link, token: str, start: str = "2026-12-01 09:00", **more: Any) -> Booking:
    return bookings.take(link, make.request(make.at(start), once=token, **more), NOW)


class TestThePage:
    def test_there_is_none_without_an_invitation(self, link: Link) -> None:
        with pytest.raises(NotFound):
            single_use.link_at("demo", "", NOW)
        with pytest.raises(NotFound):
            access.public_link("demo")
        with pytest.raises(NotFound):
            single_use.link_at("demo", "guessed", NOW)
        token = single_use.make(link.organizer, link, "For Ana", NOW)
        assert single_use.link_at("DEMO", token, NOW).id == link.id

    def test_one_of_another_link_opens_nothing(self, link: Link) -> None:
        other = make.link(link.organizer, "other", visibility="single_use")
        token = single_use.make(link.organizer, other, "", NOW)
        with pytest.raises(NotFound):
            single_use.link_at("demo", token, NOW)

    def test_it_may_be_for_a_page_that_is_open_too(self) -> None:
        link = make.link()
        token = single_use.make(link.organizer, link, "", NOW)
        assert single_use.link_at("demo", "", NOW).id == link.id
        assert single_use.link_at("demo", token, NOW).id == link.id
        with pytest.raises(NotFound):
            single_use.link_at("demo", "guessed", NOW)

    def test_it_ends_with_its_time(self, link: Link) -> None:
        token = single_use.make(link.organizer, link, "", NOW, expires_at=NOW + timedelta(days=1))
        assert single_use.link_at("demo", token, NOW + timedelta(days=1, seconds=-1))
        with pytest.raises(InvitationOver):
            single_use.link_at("demo", token, NOW + timedelta(days=1))

    def test_a_revoked_one_is_as_if_it_had_never_been(self, link: Link) -> None:
        token = single_use.make(link.organizer, link, "", NOW)
        single_use.revoke(link, single_use.of_link(link)[0].id)
        with pytest.raises(NotFound):
            single_use.link_at("demo", token, NOW)

    def test_only_its_hash_is_kept(self, link: Link) -> None:
        token = single_use.make(link.organizer, link, "n" * 300, NOW)
        (one,) = single_use.of_link(link)
        assert token not in (one.token_hash, one.note)
        assert len(one.note) == single_use.NOTE_MAX

    def test_a_draft_has_none(self) -> None:
        draft = make.link(status="draft")
        with pytest.raises(NotFound):
            single_use.make(draft.organizer, draft, "", NOW)

    def test_there_are_only_so_many_at_a_time(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(single_use, "MOST_OPEN", 2)
        token = single_use.make(link.organizer, link, "", NOW)
        single_use.make(link.organizer, link, "", NOW)
        with pytest.raises(Forbidden):
            single_use.make(link.organizer, link, "", NOW)
        booked(link, token)
        assert single_use.make(link.organizer, link, "", NOW)

    def test_one_that_ended_unused_is_forgotten_after_a_while(self, link: Link) -> None:
        single_use.make(link.organizer, link, "For Ana", NOW, expires_at=NOW + timedelta(days=1))
        single_use.make(link.organizer, link, "For Bo", NOW)
        over = NOW + timedelta(days=1) + housekeeping.LINKS_KEPT
        housekeeping.clear_away(over)
        assert len(single_use.of_link(link)) == 2
        housekeeping.clear_away(over + timedelta(seconds=1))
        assert [one.note for one in single_use.of_link(link)] == ["For Bo"]


class TestBooking:
    def test_it_books_once(self, link: Link) -> None:
        token = single_use.make(link.organizer, link, "For Ana", NOW)
        booking = booked(link, token)
        (one,) = single_use.of_link(link)
        assert (one.booking_id, one.used_at, single_use.state(one, NOW)) == (booking.id, NOW, "used")
        with pytest.raises(InvitationOver):
            booked(link, token, "2026-12-02 09:00")
        assert Booking.select().count() == 1

    def test_without_one_nobody_books(self, link: Link) -> None:
        for token in ("", "guessed"):
            with pytest.raises(NotFound):
                booked(link, token)
        assert not Booking.select().exists()

    def test_the_same_form_sent_twice_is_answered_twice(self, link: Link) -> None:
        token = single_use.make(link.organizer, link, "", NOW)
        first = booked(link, token, idempotency_key="k", request_hash="h")
        again = booked(link, token, idempotency_key="k", request_hash="h")
        assert (again.id, again.is_replay) == (first.id, True)

    def test_what_was_refused_uses_nothing_up(self, link: Link) -> None:
        token = single_use.make(link.organizer, link, "", NOW)
        with pytest.raises(Problem):
            booked(link, token, "2026-12-05 09:00")  # a Saturday
        assert single_use.state(single_use.of_link(link)[0], NOW) == "open"
        assert booked(link, token)

    def test_cancelling_gives_it_not_back(self, link: Link) -> None:
        token = single_use.make(link.organizer, link, "", NOW)
        bookings.cancel(booked(link, token), NOW, by=None)
        with pytest.raises(InvitationOver):
            booked(link, token)

    def test_what_was_booked_can_be_moved(self, link: Link) -> None:
        booking = booked(link, single_use.make(link.organizer, link, "", NOW))
        moved = bookings.reschedule(booking, make.at("2026-12-02 09:00"), NOW, by=None)
        assert moved.starts_at == make.at("2026-12-02 09:00")

    def test_a_used_one_can_not_be_revoked(self, link: Link) -> None:
        booked(link, single_use.make(link.organizer, link, "", NOW))
        with pytest.raises(NotFound):
            single_use.revoke(link, single_use.of_link(link)[0].id)

    def test_a_link_that_turned_private_meanwhile_is_private(self) -> None:
        link = make.link()
        seen = Link.get_by_id(link.id)
        links.update(link.organizer, link, {"scheduling": {"visibility": "single_use"}}, NOW)
        with pytest.raises(NotFound):
            booked(seen, "")


def test_twenty_at_once_book_once(link: Link, app: Flask) -> None:
    """Each another time, so that only the address stands in their way."""
    token = single_use.make(link.organizer, link, "", NOW)
    together = threading.Barrier(CALLERS)
    outcomes: Counter[str] = Counter()

    def call(number: int) -> None:
        with app.app_context():
            db.connect()
            wanted = make.request(
                make.at("2026-12-01 08:00") + timedelta(minutes=15 * number),
                email=f"guest{number}@example.com",
                duration=30,
                once=token,
            )
            together.wait()
            try:
                bookings.take(link, wanted, NOW)
                outcomes["booked"] += 1
            except Problem as problem:
                outcomes[problem.code] += 1
            finally:
                db.disconnect()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"booked": 1, "invitation-over": CALLERS - 1}
    assert Booking.select().count() == 1
    assert SingleUse.get().booking_id == Booking.get().id


def test_the_database_alone_would_refuse_the_second(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the writing itself: a check before it is courtesy."""
    token = single_use.make(link.organizer, link, "", NOW)
    booked(link, token)
    monkeypatch.setattr(single_use, "admit", lambda *_: None)
    with pytest.raises(InvitationOver):
        booked(link, token, "2026-12-02 09:00")
    assert Booking.select().count() == 1
