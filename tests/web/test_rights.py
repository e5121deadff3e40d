"""What contacts see, take along, take back and have erased, without script."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import (
    Attempt,
    Booking,
    Company,
    Consent,
    Contact,
    Delivery,
    OtherAddress,
    Property,
    PropertyValue,
    RightsLink,
)
from meetings.models.outbox import DROPPED
from meetings.services import notes, outbox, privacy
from meetings.services.consents import Agreed
from tests import make
from tests.smtp import MailServer
from tests.web.pages import Page, visit

EMAIL = "maren@example.com"
AT = make.NOW + timedelta(seconds=1)


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: AT)


@pytest.fixture
def booking(app: Flask) -> Booking:
    boxes = [{"id": "news", "label": "Send me news"}]
    ask = [{"name": "topic", "label": "What about?", "type": "question", "kind": "text", "required": False}]
    link = make.link(form={"fields": ask, "consent": {"mode": "consent", "checkboxes": boxes}})
    answers = [{"name": "topic", "label": "What about?", "value": "The echo", "kind": "text"}]
    return make.booking(link, agreed=Agreed(frozenset({"news"})), answers=answers)


def asked(client: FlaskClient, email: str = EMAIL) -> Page:
    return visit(client, "/privacy").send("/privacy", email=email)


def mailed_link(mail_server: MailServer, email: str = EMAIL) -> str:
    outbox.deliver_due(clock.now() + timedelta(seconds=1))
    texts = [one.message.get_body(("plain",)).get_content() for one in mail_server.to(email)]
    return [found for text in texts for found in re.findall(r"http://localhost(/privacy/\S+)", text)][-1]


def inside(client: FlaskClient, mail_server: MailServer) -> Page:
    asked(client)
    link = mailed_link(mail_server)
    return visit(client, link).send(link)


# -- asking


def test_the_link_comes_by_mail_and_works_once(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    assert "a link is on its way there" in asked(client).main()
    link = mailed_link(mail_server)
    for _ in range(2):  # looking uses nothing up: programs that check mails do
        assert visit(client, link).status == 200
    page = visit(client, link).send(link)
    assert page.path == "/privacy/mine"
    assert visit(client, link).status == 404
    assert client.post(link).status_code == 404
    other = client.application.test_client()
    assert other.get("/privacy/mine").status_code == 404


def test_the_answer_tells_nothing(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    known, unknown = asked(client), asked(client, "nobody@example.com")
    assert known.status == unknown.status == 200
    assert known.response.get_data(as_text=True).replace(EMAIL, "") == unknown.response.get_data(as_text=True).replace(
        "nobody@example.com", ""
    )
    rows = {row.recipient: row for row in Delivery.select().where(Delivery.kind == "rights")}
    assert rows.keys() == {EMAIL, "nobody@example.com"}  # the same work, row for row
    assert RightsLink.select().count() == 2
    outbox.deliver_due(AT + timedelta(seconds=1))
    assert mail_server.to("nobody@example.com") == []
    row = Delivery.get_by_id(rows["nobody@example.com"].id)
    assert (row.state, row.details, row.content) == (DROPPED, {}, None)


def test_the_mail_is_in_the_page_s_language(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    client.post("/privacy", data={"email": EMAIL}, headers={"Accept-Language": "fr"})
    outbox.deliver_due(AT + timedelta(seconds=1))
    assert mail_server.to(EMAIL)[-1].message["Content-Language"] == "fr"


def test_a_mailbox_is_not_flooded(client: FlaskClient, booking: Booking) -> None:
    pages = [asked(client) for _ in range(5)]
    assert {page.status for page in pages} == {200}
    assert Delivery.select().where(Delivery.kind == "rights").count() == 3
    for _ in range(5):
        asked(client, "other@example.com")
    assert asked(client, "third@example.com").status == 429
    assert all(EMAIL not in row.key for row in Attempt.select())


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
def test_a_mailbox_gets_no_more_than_six_links_a_day_and_the_page_tells_nothing_of_it(
    client: FlaskClient, booking: Booking, email: str
) -> None:
    def asked_at(hours: float) -> str:
        clock.set_source(lambda: AT + timedelta(hours=hours))
        page = asked(client, email)
        assert page.status == 200
        return page.response.get_data(as_text=True)

    answers = {asked_at(number) for number in range(20)}
    assert len(answers) == 1
    assert Delivery.select().where(Delivery.kind == "rights").count() == RightsLink.select().count() == 6
    asked_at(23.9)
    assert RightsLink.select().count() == 6
    asked_at(24.1)  # what was asked for in vain doesn't count
    assert RightsLink.select().count() == 7


@pytest.mark.parametrize("typed", ["", "nothing", "a@b@c", "x" * 300])
def test_what_is_no_address_is_said_beside_the_field(client: FlaskClient, app: Flask, typed: str) -> None:
    page = asked(client, typed)
    assert page.status == 422
    assert page.all("p", id="w-email")
    assert page.all("input", id="f-email")[0].get("value") == typed


def test_a_link_ends_after_a_day_a_visit_after_an_hour(
    client: FlaskClient, booking: Booking, mail_server: MailServer
) -> None:
    assert inside(client, mail_server).status == 200
    clock.set_source(lambda: AT + timedelta(minutes=61))
    assert visit(client, "/privacy/mine").status == 404
    asked(client)
    link = mailed_link(mail_server)
    clock.set_source(lambda: AT + timedelta(hours=26))
    assert visit(client, link).status == 404


def test_a_visit_is_never_taken_for_somebody_else_s(client: FlaskClient, app: Flask, mail_server: MailServer) -> None:
    """SQLite gives the number of a deleted row to the next one."""
    first, next_ = (
        Contact.create(email=email, first_name="A", last_name="B", created_at=make.NOW)
        for email in (EMAIL, "jonas@example.com")
    )
    inside(client, mail_server)
    assert privacy.erase(first, AT, by=None)
    other = client.application.test_client()
    asked(other, next_.email)
    link = mailed_link(mail_server, next_.email)
    assert visit(other, link).send(link).path == "/privacy/mine"
    assert client.get("/privacy/mine").status_code == 404


def test_other_sites_can_t_act_for_a_visitor(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    inside(client, mail_server)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert client.post("/privacy/mine/erase", headers=headers).status_code == 403
    cookie = client.get_cookie("privacy", path="/privacy")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Strict")


def test_nothing_of_it_stays_in_caches_or_goes_elsewhere(
    client: FlaskClient, booking: Booking, mail_server: MailServer
) -> None:
    answer = inside(client, mail_server).response
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


# -- seeing, taking along, taking back


def test_all_that_is_kept_is_shown(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    shown = inside(client, mail_server).main()
    for words in ("Maren Holt", EMAIL, "1 Dec 2026", "Alice Martin", "What about?", "The echo", "Send me news"):
        assert words in shown, words
    assert "By itself it goes 12 months after the meeting." in shown


def test_a_company_is_told_once(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    Company.update(name="Northlight").execute()
    made = Property.get(Property.name == "company")
    PropertyValue.create(contact=booking.contact, property=made, value="Northlight", changed_at=make.NOW)
    assert inside(client, mail_server).main().count("Northlight") == 1


def test_notes_and_other_addresses_are_shown_to_whom_they_are_about(
    client: FlaskClient, booking: Booking, mail_server: MailServer
) -> None:
    assert "What we noted about you" not in inside(client, mail_server).main()
    notes.add(booking.link.organizer, booking.contact, "<b>Likes</b> tea", make.NOW)
    OtherAddress.create(email="m@home.example", contact=booking.contact)
    shown = visit(client, "/privacy/mine").main()
    assert "What we noted about you <b>Likes</b> tea Mon 30 Nov 2026" in shown
    assert "m@home.example" in shown


def test_everything_can_be_taken_along(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    inside(client, mail_server)
    answer = client.get("/privacy/mine/my-data.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    found = json.loads(answer.data)
    assert found["contact"]["email"] == EMAIL
    assert found["bookings"][0]["answers"] == [{"question": "What about?", "answer": "The echo"}]
    assert found["agreements"][0]["wording"] == "Send me news"
    assert {row["kind"] for row in found["mails"]} == {"confirmation"}
    assert "content" not in answer.text


def test_an_agreement_is_taken_back(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    page = inside(client, mail_server)
    page = page.send("/privacy/mine/withdraw")
    assert "Withdrawn: One-to-one messages" in page.main()
    assert not page.has_form("/privacy/mine/withdraw")
    last = Consent.select().order_by(Consent.id.desc()).get()
    assert (last.is_given, last.created_at) == (False, AT)
    again = client.post("/privacy/mine/withdraw", data={"subscription": "one_to_one"})
    assert again.status_code == 200


def test_whoever_opens_the_link_is_known_to_read_the_mailbox(
    client: FlaskClient, booking: Booking, mail_server: MailServer
) -> None:
    inside(client, mail_server)
    assert Contact.by_email(EMAIL).confirmed_at == AT


# -- erasing


def test_erasing_asks_first(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    page = inside(client, mail_server).go("Erase everything…")
    assert page.words(next(page.tree.iter("h1"))) == "Erase everything?"
    assert "coming meeting is cancelled first" in page.main()
    assert Contact.select().where(Contact.email == EMAIL).exists()


def test_erasing_cancels_tells_and_forgets(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    page = inside(client, mail_server).go("Erase everything…").send("/privacy/mine/erase")
    assert "is being erased" in page.main()
    assert Booking.get_by_id(booking.id).status == "cancelled"
    outbox.deliver_due(AT + timedelta(seconds=5))
    assert "Cancelled" in mail_server.to(EMAIL)[-1].message["Subject"]
    assert privacy.finish_erasures(AT + timedelta(minutes=1)) == 1
    assert Booking.get_by_id(booking.id).is_anonymous
    assert visit(client, "/privacy/mine").status == 404


def test_with_nothing_ahead_it_is_done_at_once(client: FlaskClient, booking: Booking, mail_server: MailServer) -> None:
    clock.set_source(lambda: AT + timedelta(days=3))
    asked(client)
    link = mailed_link(mail_server)
    page = visit(client, link).send(link).go("Erase everything…").send("/privacy/mine/erase")
    assert "is erased" in page.main()
    assert Contact.select().where(Contact.email == EMAIL).count() == 0


def test_every_public_page_leads_there(client: FlaskClient, booking: Booking) -> None:
    assert visit(client, "/book/demo").links()["Your data"] == "/privacy?lang=en"
