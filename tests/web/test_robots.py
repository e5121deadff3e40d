"""What the form does against robots, without script: the question, proof of work as programs send it, the silent traps."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock, ratelimit
from meetings.domain.time import to_instant
from meetings.models import Booking, Contact, Delivery, Link, UsedChallenge
from meetings.services import guarding
from meetings.web import robots
from tests import make
from tests.robots import solution
from tests.web.pages import Page, visit

START = make.at("2026-12-01 09:00")
LATER = make.at("2026-12-01 10:00")
FIELDS = {"answered": "captcha-answer", "question": "captcha-question", "bait": robots.BAIT}
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def link(app: Flask) -> Link:
    question = {"name": "topic", "label": "What about?", "type": "question", "required": False}
    return make.link(form={"captcha": True, "fields": [question]})


def form(client: FlaskClient, start: Any = START, slug: str = "demo") -> Page:
    return visit(client, f"/book/{slug}?start={to_instant(start)}")


def send(page: Page, **changes: Any) -> Any:
    """Fill the form in and send it; `answered`, `question` and `bait` are the fields of the check."""
    action = next(one.get("action", "") for one in page.all("form", id="details"))
    named = {FIELDS.get(name, name): value for name, value in changes.items()}
    given = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com", **named}
    return page.client.post(action, data={**page.fields(action), **given})


def again(page: Page, response: Any) -> Page:
    return Page(page.client, response)


def place(page: Page) -> Any:
    return next(one for one in page.all("div") if one.get("class") == "robots")


def answer(page: Page) -> str:
    words = page.words(page.all("label", for_="f-captcha")[0])
    first, second = (NUMBERS.index(word) + 2 for word in words.removesuffix("?").split() if word in NUMBERS)
    return str(first + second)


def asks(page: Page) -> bool:
    """Whether the question must be answered, script or none."""
    return place(page).get("data-asks") is not None


def payload(page: Page) -> str:
    return solution(json.loads(place(page).get("data-challenge")))


def booked() -> int:
    return Booking.select().count()


# --- the question


def test_a_link_without_captcha_asks_nothing(client: FlaskClient) -> None:
    make.link()
    page = form(client)
    assert page.all("input", name="captcha-answer") == []
    assert "captcha" not in page.response.get_data(as_text=True)
    assert send(page).status_code == 303


def test_whoever_answers_books(client: FlaskClient, link: Link) -> None:
    page = form(client)
    assert send(page, answered=answer(page)).status_code == 303
    assert booked() == 1


def test_the_answer_may_be_written_in_any_digits(client: FlaskClient, link: Link) -> None:
    page = form(client)
    written = answer(page).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert send(page, answered=f" {written} ").status_code == 303


def test_without_an_answer_the_form_is_kept_and_the_question_stays(client: FlaskClient, link: Link) -> None:
    page = form(client)
    after = again(page, send(page, topic="Echo"))
    assert after.status == 422
    assert booked() == 0
    fields = after.fields(next(one.get("action", "") for one in after.all("form", id="details")))
    assert (fields["topic"], fields["email"]) == (["Echo"], ["maren@example.com"])
    assert "Please answer this too." in after.main()
    assert answer(after) == answer(page)
    assert send(after, answered=answer(after)).status_code == 303


def test_a_wrong_answer_brings_another_question(client: FlaskClient, link: Link) -> None:
    page = form(client)
    after = again(page, send(page, answered="100", topic="Echo"))
    assert (after.status, booked()) == (422, 0)
    assert "That was not it." in after.main()
    assert after.all("input", name="captcha-question")[0].get("value") != page.all("input", name="captcha-question")[
        0
    ].get("value")
    assert after.all("input", name="captcha-answer")[0].get("value") == ""
    assert send(page, answered=answer(page)).status_code == 422  # the first question is used up
    assert send(after, answered=answer(after)).status_code == 303


def test_an_answer_counts_once(client: FlaskClient, link: Link) -> None:
    page = form(client)
    assert send(page, answered=answer(page)).status_code == 303
    other = form(client, LATER)
    token = page.all("input", name="captcha-question")[0].get("value")
    assert send(other, question=token, answered=answer(page)).status_code == 422
    assert booked() == 1


def test_a_flaw_elsewhere_costs_no_second_sum(client: FlaskClient, link: Link) -> None:
    page = form(client)
    after = again(page, send(page, email="x", answered=answer(page)))
    assert after.status == 422
    assert after.all("input", name="captcha-answer")[0].get("value") == answer(page) == answer(after)
    assert send(after).status_code == 303


def test_a_taken_time_costs_no_second_sum(client: FlaskClient, link: Link) -> None:
    page = form(client)
    make.booking(link, START, email="quicker@example.com")
    after = again(page, send(page, answered=answer(page)))
    assert after.status == 409
    assert send(after).status_code == 303


def test_the_same_form_twice_books_once(client: FlaskClient, link: Link) -> None:
    page = form(client)
    first, second = (send(page, answered=answer(page)) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert booked() == 1


def test_guessing_is_limited(client: FlaskClient, link: Link) -> None:
    for _ in range(ratelimit.ANSWERS.amount):
        assert send(form(client), answered="100").status_code == 422
    page = form(client)
    refused = send(page, answered=answer(page))
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert booked() == 0


# --- proof of work


def test_a_browser_that_computes_needs_no_answer(client: FlaskClient, link: Link) -> None:
    page = form(client)
    assert not asks(page)
    assert send(page, captcha=payload(page)).status_code == 303


def test_a_solution_counts_once(client: FlaskClient, link: Link) -> None:
    page = form(client)
    solved = payload(page)
    assert send(page, captcha=solved).status_code == 303
    replayed = again(page, send(form(client, LATER), captcha=solved))
    assert (replayed.status, booked()) == (422, 1)
    assert asks(replayed)


def test_a_solution_of_another_link_is_worthless(client: FlaskClient, link: Link) -> None:
    make.link(link.organizer, "other", form={"captcha": True})
    assert send(form(client), captcha=payload(form(client, START, "other"))).status_code == 422
    assert booked() == 0


def test_a_challenge_lives_as_long_as_its_form(client: FlaskClient, link: Link) -> None:
    page = form(client)
    solved = payload(page)
    clock.set_source(lambda: make.NOW + guarding.LIVES)
    assert send(form(client), captcha=solved).status_code == 422


# --- robots give themselves away


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "QUICKEST", 2)


def wait(seconds: int) -> None:
    clock.set_source(lambda: make.NOW + timedelta(seconds=seconds))


@pytest.fixture
def open_link(app: Flask) -> Link:
    return make.link()


def test_the_bait_costs_a_person_one_question(client: FlaskClient, open_link: Link) -> None:
    page = form(client)
    after = again(page, send(page, bait="https://spam.example"))
    assert (after.status, booked()) == (422, 0)
    assert asks(after)
    assert "spam.example" not in after.main()
    assert send(after).status_code == 422
    assert send(after, answered=answer(after)).status_code == 303


def test_proof_of_work_does_not_help_whoever_took_the_bait(client: FlaskClient, link: Link) -> None:
    page = form(client)
    assert send(page, bait="x", captcha=payload(page)).status_code == 422


def test_nobody_fills_forms_in_at_once_again_and_again(client: FlaskClient, open_link: Link, slowly: None) -> None:
    wait(1)
    for number in range(ratelimit.QUICK_FORMS.amount):
        page = form(client, START + timedelta(hours=number))
        assert send(page, email=f"m{number}@example.com").status_code == 303
    page = form(client, START + timedelta(days=1))
    after = again(page, send(page))
    assert (after.status, asks(after)) == (422, True)
    assert send(after, answered=answer(after)).status_code == 303
    page = form(client, START + timedelta(days=2))
    wait(3)
    assert send(page).status_code == 303


def test_after_a_while_nothing_is_asked(
    client: FlaskClient, open_link: Link, slowly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "is_often", lambda *_: True)
    page = form(client)
    wait(2)
    assert send(page).status_code == 303


def test_mending_a_form_may_be_quick(
    client: FlaskClient, open_link: Link, slowly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratelimit, "is_often", lambda *_: True)
    page = form(client)
    wait(5)
    after = again(page, send(page, email="x"))
    assert after.status == 422
    assert send(after).status_code == 303


def test_without_limits_nothing_is_suspected(app: Flask, client: FlaskClient, open_link: Link, slowly: None) -> None:
    app.config["RATELIMIT_ENABLED"] = False
    assert send(form(client), bait="x").status_code == 303


# --- storms and other people's mailboxes


def test_in_a_storm_the_captcha_comes_on(client: FlaskClient, open_link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "STORM", 15)
    starts = [make.at(f"2026-12-{day:02} {hour:02}:00") for day in (1, 2, 3) for hour in range(8, 15)]
    for number, start in enumerate(starts[: guarding.STORM]):
        page = form(client, start)
        elsewhere = {"REMOTE_ADDR": f"192.0.2.{number}"}
        action = next(one.get("action", "") for one in page.all("form", id="details"))
        given = {"first_name": "A", "last_name": "B", "email": f"a{number}@example.com"}
        sent = client.post(action, data={**page.fields(action), **given}, environ_base=elsewhere)
        assert sent.status_code == 303
    page = form(client, starts[-1])
    assert not asks(page)  # proof of work will do
    assert send(page).status_code == 422
    assert Delivery.select().where(Delivery.kind == "storm").count() == 1
    page = form(client, starts[-1])
    assert send(page, captcha=payload(page)).status_code == 303
    assert Delivery.select().where(Delivery.kind == "storm").count() == 1


def test_a_fourth_meeting_waits_until_the_address_is_known(app: Flask, client: FlaskClient, open_link: Link) -> None:
    app.config["MAIL_SERVER"] = "mail.example.org"
    for hour in (8, 9, 10):
        assert send(form(client, make.at(f"2026-12-01 {hour:02}:00"))).status_code == 303
    page = form(client, make.at("2026-12-01 11:00"))
    refused = again(page, send(page))
    assert refused.status == 429
    assert "Several meetings were booked with this e-mail address today." in refused.main()
    assert "Remember me on this device" in refused.main()
    assert "maren@example.com" in str(
        refused.fields(next(one.get("action") for one in refused.all("form", id="details")))
    )
    Contact.update(confirmed_at=make.NOW).where(Contact.email == "maren@example.com").execute()
    assert send(refused).status_code == 303


def test_looking_writes_nothing(client: FlaskClient, link: Link) -> None:
    form(client)
    assert UsedChallenge.select().count() == 0
