"""Challenges that count once, the captcha that comes on in a storm, and other people's mailboxes."""

from datetime import timedelta

import pytest
from flask import Flask

from meetings import ratelimit
from meetings.errors import CaptchaFailed, SlotTaken, Unconfirmed
from meetings.models import Booking, Contact, Delivery, Link, UsedChallenge
from meetings.services import access, bookings, guarding, housekeeping, mails
from meetings.services.guarding import Proof
from tests import make
from tests.robots import solution
from tests.web.test_links import counted_queries

NOW = make.NOW
LATER = NOW + guarding.LIVES


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link()


def proved(link: Link) -> Proof:
    proof = guarding.proof_of_work(link, solution(guarding.challenge(link, NOW)), NOW)
    assert proof is not None
    return proof


# --- challenges


def test_a_solution_counts_for_its_link_and_its_time(link: Link) -> None:
    payload = solution(guarding.challenge(link, NOW))
    other = make.link(link.organizer, "other")
    assert guarding.proof_of_work(link, payload, NOW) is not None
    assert guarding.proof_of_work(link, payload, LATER - timedelta(seconds=1)) is not None
    assert guarding.proof_of_work(link, payload, LATER) is None
    assert guarding.proof_of_work(other, payload, NOW) is None
    assert guarding.proof_of_work(link, "", NOW) is None


def test_a_solution_books_once(link: Link) -> None:
    proof = proved(link)
    make.booking(link, "2026-12-01 09:00", proof=proof)
    with pytest.raises(CaptchaFailed):
        make.booking(link, "2026-12-01 10:00", proof=proof)
    assert Booking.select().count() == 1


def test_a_solution_whose_time_was_taken_still_counts(link: Link) -> None:
    proof = proved(link)
    make.booking(link, "2026-12-01 09:00")
    with pytest.raises(SlotTaken):
        make.booking(link, "2026-12-01 09:00", proof=proof)
    make.booking(link, "2026-12-01 10:00", proof=proof)


def test_the_same_wish_again_needs_no_second_solution(link: Link) -> None:
    wish = make.request(make.at("2026-12-01 09:00"), proof=proved(link), idempotency_key="k", request_hash="h")
    first = bookings.take(link, wish, NOW)
    assert bookings.take(link, wish, NOW).id == first.id


def test_what_was_used_is_forgotten_once_it_is_worth_nothing(link: Link) -> None:
    make.booking(link, "2026-12-01 09:00", proof=proved(link))
    housekeeping.clear_away(LATER - timedelta(seconds=1))
    assert UsedChallenge.select().count() == 1
    housekeeping.clear_away(LATER)
    assert UsedChallenge.select().count() == 0


# --- questions


def test_a_question_is_answered_by_its_sum(link: Link) -> None:
    asked = guarding.question(link)
    assert guarding.question_of(link, asked.token) == asked
    assert all(2 <= number <= 9 for number in (asked.first, asked.second))
    assert guarding.proof_of_answer(asked, asked.first + asked.second, NOW) is not None
    assert not guarding.is_used(asked)


def test_a_wrong_answer_uses_the_question_up(link: Link) -> None:
    asked = guarding.question(link)
    assert guarding.proof_of_answer(asked, asked.first + asked.second + 1, NOW) is None
    assert guarding.is_used(asked)
    proof = guarding.proof_of_answer(asked, asked.first + asked.second, NOW)
    assert proof is not None
    with pytest.raises(CaptchaFailed):
        make.booking(link, proof=proof)


def test_a_question_is_asked_for_one_link(link: Link) -> None:
    other = make.link(link.organizer, "other")
    token = guarding.question(link).token
    assert guarding.question_of(other, token) is None
    assert guarding.question_of(link, token + "x") is None
    assert guarding.question_of(link, "") is None


def test_the_token_tells_no_numbers(link: Link) -> None:
    """All sums come up; if they were in the token, equal ones would look alike."""
    asked = [guarding.question(link) for _ in range(300)]
    assert {one.first for one in asked} == {one.second for one in asked} == set(range(2, 10))
    assert len({one.token for one in asked}) == 300


# --- storms


def storm(link: Link, count: int) -> None:
    for _ in range(count):
        ratelimit.note_booking("192.0.2.1", link.id)
        guarding.watch(link, ratelimit.bookings_lately(link.id), NOW)


def test_very_many_bookings_switch_the_captcha_on_and_the_host_is_told_once(link: Link) -> None:
    storm(link, guarding.STORM - 1)
    assert not guarding.is_guarded(Link.get_by_id(link.id), NOW)
    storm(link, 5)
    fresh = Link.get_by_id(link.id)
    assert guarding.is_guarded(fresh, NOW)
    assert guarding.is_guarded(fresh, NOW + timedelta(hours=23))
    assert not guarding.is_guarded(fresh, NOW + guarding.STORM_LASTS)
    [told] = Delivery.select().where(Delivery.kind == "storm")
    assert told.recipient == link.organizer.email
    text = mails.compose(told, NOW).text
    assert "30 meetings were booked through “Link demo” within an hour." in text
    assert "until Tuesday 1 December, 09:00, Paris time (UTC+1)" in text
    assert "http://localhost/bookings" in text


def test_another_link_stays_as_it_is(link: Link) -> None:
    other = make.link(link.organizer, "other")
    storm(link, guarding.STORM)
    assert not guarding.is_guarded(Link.get_by_id(other.id), NOW)


def test_a_captcha_that_is_on_anyway_is_no_news(app: Flask) -> None:
    link = make.link(form={"captcha": True})
    storm(link, guarding.STORM)
    assert Delivery.select().where(Delivery.kind == "storm").count() == 0


def test_without_limits_there_are_no_storms(app: Flask, link: Link) -> None:
    storm(link, guarding.STORM)
    app.config["RATELIMIT_ENABLED"] = False
    storm(link, guarding.STORM)
    assert not guarding.is_guarded(Link.get_by_id(link.id), NOW)


# --- other people's mailboxes


@pytest.fixture
def three(app: Flask, link: Link) -> list[Booking]:
    app.config["MAIL_SERVER"] = "mail.example.org"
    other = make.link(make.user("Bob Lee"), "other")
    starts = [(link, "2026-12-01 09:00"), (other, "2026-12-01 09:00"), (link, "2026-12-01 10:00")]
    return [make.booking(*one, now=NOW + timedelta(hours=hour)) for hour, one in enumerate(starts)]


def test_a_strange_address_is_written_to_about_three_meetings_a_day(three: list[Booking]) -> None:
    now = NOW + timedelta(hours=3)
    with pytest.raises(Unconfirmed) as refused:
        guarding.afford_mail("Maren@Example.com", now)
    assert refused.value.retry_after == 21 * 3600 + 1
    guarding.afford_mail("else@example.com", now)
    guarding.afford_mail("maren@example.com", NOW + timedelta(hours=24))


def test_every_booking_pays_for_it_with_one_query(three: list[Booking]) -> None:
    with counted_queries() as seen:
        guarding.afford_mail("else@example.com", NOW)
    assert len(seen) == 1


def test_a_mistyped_mailbox_was_written_to_as_well(three: list[Booking]) -> None:
    """Or whoever lets bookings go to another address each time would write to one mailbox without end."""
    now = NOW + timedelta(hours=3)
    for booking, another in zip(three, ("a@example.com", "b@example.com", "c@example.com"), strict=True):
        bookings.readdress(booking, another, now)
    with pytest.raises(Unconfirmed):
        guarding.afford_mail("maren@example.com", now)
    with pytest.raises(Unconfirmed):
        bookings.readdress(three[0], "maren@example.com", now)
    guarding.afford_mail("a@example.com", now)


def test_whoever_reads_the_mailbox_books_on(three: list[Booking]) -> None:
    later = NOW + timedelta(hours=3)
    mailed = access.mailed_token(three[0])
    assert guarding.asks_whose(three[0], mailed, later)
    assert guarding.is_known(three[0], mailed, NOW)
    guarding.afford_mail("maren@example.com", later)
    assert not guarding.asks_whose(three[0], mailed, later)
    assert guarding.is_known(three[0], mailed, later)
    assert Contact.get_by_id(three[0].contact_id).confirmed_at == NOW


def test_the_page_after_booking_shows_nobodys_mailbox(three: list[Booking]) -> None:
    shown = access.manage_token(three[0])
    assert not guarding.is_known(three[0], shown, NOW)
    assert not guarding.asks_whose(three[0], shown, NOW + timedelta(hours=3))
    assert Contact.get_by_id(three[0].contact_id).confirmed_at is None
    assert guarding.is_known(three[0], access.mailed_token(three[0]), NOW)
    assert guarding.is_known(three[0], shown, NOW)  # once is enough


def test_without_a_mail_server_nobody_is_bothered(app: Flask, three: list[Booking]) -> None:
    app.config["MAIL_SERVER"] = ""
    guarding.afford_mail("maren@example.com", NOW + timedelta(hours=3))


def test_without_limits_anybody_is_written_to(app: Flask, three: list[Booking]) -> None:
    app.config["RATELIMIT_ENABLED"] = False
    guarding.afford_mail("maren@example.com", NOW + timedelta(hours=3))
