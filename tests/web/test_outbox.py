"""The outbox: what stands in it, exactly what each mail says, and what can be done about it."""

import email
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Delivery, User
from meetings.services import outbox
from tests import make
from tests.web.pages import sign_in, visit


@pytest.fixture
def boss(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    admin = make.user(role="admin")
    sign_in(client, admin)
    return admin


@pytest.fixture
def booking(boss: User) -> Booking:
    return make.booking(make.link(boss, automation={"reminders": [{"value": 1, "unit": "days"}]}))


def confirmation() -> Delivery:
    return Delivery.get(Delivery.kind == "confirmation")


def test_an_empty_outbox_says_so(client: FlaskClient, boss: User) -> None:
    assert "No mail here" in visit(client, "/outbox").main()


def test_without_a_mail_server_it_says_that_mail_waits(client: FlaskClient, booking: Booking) -> None:
    words = visit(client, "/outbox").main()
    assert "No mail server is set up" in words
    assert "Invitation to Maren Holt" in words
    assert "Waiting" in words
    assert "Planned" in words


def test_the_rails_foot_tells_admins_with_a_link_and_members_in_words(
    client: FlaskClient, app: Any, booking: Booking
) -> None:
    page = visit(client, "/links")
    (status,) = [one for one in page.tree.iter("a") if (one.get("class") or "").startswith("rail-status")]
    assert status.get("href") == "/outbox"
    assert page.words(status) == "Mail is not set up 2 mails are waiting"
    member = app.test_client()
    sign_in(member, make.user("Bob Stone"))
    page = visit(member, "/links")
    assert "Mail is not set up" in page.words()
    assert "/outbox" not in page.links().values()


@pytest.mark.parametrize(
    ("state", "said"),
    [("sent", "All is well"), ("failed", "2 mails could not be sent"), ("pending", "All is well")],
)
def test_the_rails_foot_follows_the_mail(
    client: FlaskClient, app: Any, booking: Booking, state: str, said: str
) -> None:
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=9)
    Delivery.update(state=state, sent_at=make.NOW).where(Delivery.due_at <= make.NOW).execute()
    assert said in visit(client, "/links").words()


def test_filters(client: FlaskClient, booking: Booking) -> None:
    Delivery.update(state="sent", sent_at=make.NOW).where(Delivery.kind == "confirmation").execute()
    rows = {}
    for state in ("", "pending", "sent", "failed", "nonsense"):
        page = visit(client, f"/outbox?state={state}")
        rows[state] = sum(1 for one in page.tree.iter("a") if one.get("class") == "row-link")
    assert rows == {"": 4, "pending": 3, "sent": 1, "failed": 0, "nonsense": 4}


def test_a_mail_is_shown_exactly_as_it_goes_out(client: FlaskClient, booking: Booking) -> None:
    mail = confirmation()
    page = visit(client, f"/outbox/{mail.id}")
    content = outbox.content(mail, make.NOW)
    assert content is not None
    assert "maren@example.com" in page.main()
    assert "BEGIN:VCALENDAR" in page.main()
    (frame,) = list(page.tree.iter("iframe"))
    assert (frame.get("sandbox"), frame.get("src")) == ("", f"/outbox/{mail.id}/html")
    raw = client.get(f"/outbox/{mail.id}/raw")
    message = email.message_from_bytes(raw.data)
    assert message["To"]
    assert "attachment" in raw.headers["Content-Disposition"]


def test_the_frame_lets_nothing_out(client: FlaskClient, booking: Booking) -> None:
    response = client.get(f"/outbox/{confirmation().id}/html")
    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_failed_mail_gets_another_chance(client: FlaskClient, booking: Booking) -> None:
    mail = confirmation()
    Delivery.update(state="failed", last_error="550 no such user", attempts=1).where(Delivery.id == mail.id).execute()
    page = visit(client, f"/outbox/{mail.id}")
    assert "550 no such user" in page.main()
    again = page.send(f"/outbox/{mail.id}/resend")
    assert again.notices() == ["The mail is tried again."]
    assert (confirmation().state, confirmation().attempts) == ("pending", 0)
    assert page.send(f"/outbox/{mail.id}/resend").status == 409


def test_a_mail_is_taken_out(client: FlaskClient, booking: Booking) -> None:
    mail = confirmation()
    visit(client, f"/outbox/{mail.id}").send(f"/outbox/{mail.id}/drop")
    assert confirmation().state == "dropped"


def test_waiting_mail_is_tried_at_once(client: FlaskClient, app: Any, booking: Booking) -> None:
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=9)
    outbox.deliver_due(make.NOW)
    page = visit(client, "/outbox")
    assert "The mail server does not take our mail" in page.main()
    assert page.send("/outbox/try-now").notices() == ["All waiting mail is tried at once."]


def test_unknown_mails_are_not_here(client: FlaskClient, boss: User) -> None:
    for path in ("", "/html", "/raw"):
        assert client.get(f"/outbox/99{path}").status_code == 404


def test_members_read_no_mail(client: FlaskClient, app: Any, booking: Booking) -> None:
    visitor = app.test_client()
    sign_in(visitor, make.user("Bob Stone"))
    for path in ("", "/html", "/raw"):
        assert visitor.get(f"/outbox/{confirmation().id}{path}").status_code == 403


def test_long_lists_come_in_pages(client: FlaskClient, booking: Booking) -> None:
    values = {
        "kind": "confirmation",
        "booking": booking.id,
        "recipient": "x@example.org",
        "due_at": make.NOW,
        "created_at": make.NOW,
    }
    Delivery.insert_many([{**values, "key": f"k{number}"} for number in range(60)]).execute()
    first = visit(client, "/outbox")
    older = first.go("Older")
    assert sum(1 for one in older.tree.iter("a") if one.get("class") == "row-link") == 14
    assert older.go("Newer").status == 200
