"""The outbox: what stands in it, exactly what each mail says, and what can be done about it."""

import email
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Delivery, User
from meetings.providers import mail
from meetings.services import bookings, mails, outbox
from meetings.services.outbox import heartbeat
from tests import make
from tests.browser import Opener, assert_accessible_light_and_dark, data
from tests.providers.scripted import USUAL, free_port, scripted
from tests.web.pages import Page, sign_in, visit
from tests.web.test_links import counted_queries


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
    assert "Nothing here yet" in visit(client, "/outbox").main()
    for state, said in (
        ("waiting", "Nothing is waiting"),
        ("planned", "Nothing is planned"),
        ("sent", "Nothing was sent yet"),
        ("failed", "Nothing failed"),
        ("missed", "Nothing came too late"),
        ("dropped", "Nothing became needless"),
    ):
        assert said in visit(client, f"/outbox?state={state}").main()
    assert "Nothing to anybody like that" in visit(client, "/outbox?q=nobody").main()


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


def titles(page: Page) -> list[str]:
    return [page.words(one) for one in page.all("a", class_="row-link")]


def test_filters(client: FlaskClient, booking: Booking) -> None:
    Delivery.update(state="sent", sent_at=make.NOW).where(Delivery.kind == "confirmation").execute()
    states = ("", "waiting", "planned", "sent", "failed", "missed", "dropped", "nonsense")
    counts = {state: len(titles(visit(client, f"/outbox?state={state}"))) for state in states}
    assert counts == {
        "": 4,
        "waiting": 1,
        "planned": 2,
        "sent": 1,
        "failed": 0,
        "missed": 0,
        "dropped": 0,
        "nonsense": 4,
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=maren", 2),
        ("q=Alice+Martin", 2),
        ("q=maren&state=planned", 1),
        ("q=%25", 0),
        ("q=ma%00ren", 2),
        ("page=0", 4),
        ("page=9", 0),
    ],
)
def test_searching_and_odd_questions(client: FlaskClient, booking: Booking, query: str, count: int) -> None:
    page = visit(client, f"/outbox?{query}")
    assert (page.status, len(titles(page))) == (200, count)


def test_each_tab_keeps_the_search(client: FlaskClient, booking: Booking) -> None:
    page = visit(client, "/outbox?q=maren").go("Planned")
    assert page.address == "/outbox?state=planned&q=maren"
    assert titles(page) == ["Reminder to Maren Holt"]


def test_what_needs_somebody_stands_first_in_plain_words(client: FlaskClient, booking: Booking) -> None:
    fail()
    page = visit(client, "/outbox")
    assert titles(page)[0] == "Invitation to Maren Holt"
    assert "There is no such address: it may be mistyped." in page.main()
    assert "550 5.1.1 no such user" in page.main()


def test_tries_and_the_next_one_are_told(client: FlaskClient, booking: Booking) -> None:
    due_at = make.NOW + timedelta(minutes=5)
    Delivery.update(attempts=3, due_at=due_at, last_error="451 4.3.0 disk full").where(
        Delivery.id == confirmation().id
    ).execute()
    for path in ("/outbox?state=waiting", f"/outbox/{confirmation().id}"):
        words = visit(client, path).main()
        assert "3 of 11 tries so far" in words
        assert "Mon 30 Nov, 09:05" in words
        assert "could not take it just now" in words
        assert "451 4.3.0 disk full" in words


def test_a_mail_is_shown_exactly_as_it_goes_out(client: FlaskClient, booking: Booking) -> None:
    row = confirmation()
    page = visit(client, f"/outbox/{row.id}")
    content = outbox.content(row, make.NOW)
    assert content is not None
    assert "maren@example.com" in page.main()
    assert "BEGIN:VCALENDAR" in page.main()
    (frame,) = list(page.tree.iter("iframe"))
    assert (frame.get("sandbox"), frame.get("src")) == ("", f"/outbox/{row.id}/html")
    raw = client.get(f"/outbox/{row.id}/raw")
    message = email.message_from_bytes(raw.data)
    assert message["To"]
    assert "attachment" in raw.headers["Content-Disposition"]


def test_a_mail_that_can_not_be_made_has_its_page_all_the_same(
    client: FlaskClient, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("anything")

    monkeypatch.setitem(mails.TO_CONTACT, "confirmation", broken)
    page = visit(client, f"/outbox/{confirmation().id}")
    assert page.status == 200
    assert "The app can’t make this mail, so there is nothing to show." in page.main()
    assert client.get(f"/outbox/{confirmation().id}/html").status_code == 404


def test_the_frame_lets_nothing_out(client: FlaskClient, booking: Booking) -> None:
    response = client.get(f"/outbox/{confirmation().id}/html")
    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def fail(**values: Any) -> Delivery:
    values = {"state": "failed", "last_error": "550 5.1.1 no such user", "attempts": 1, **values}
    Delivery.update(values).where(Delivery.kind == "confirmation").execute()
    return confirmation()


def test_a_failed_mail_gets_another_chance(client: FlaskClient, booking: Booking) -> None:
    row = fail()
    page = visit(client, f"/outbox/{row.id}")
    assert "550 5.1.1 no such user" in page.main()
    again = page.send(f"/outbox/{row.id}/resend")
    assert again.notices() == ["It will be sent once more."]
    assert (confirmation().state, confirmation().attempts) == ("pending", 0)
    twice = page.send(f"/outbox/{row.id}/resend")
    assert (twice.status, twice.notices()) == (200, ["It is on its way already."])


def test_a_sent_mail_may_be_sent_again(client: FlaskClient, booking: Booking) -> None:
    row = fail(state="sent", sent_at=make.NOW, reply="250 2.0.0 taken", last_error="")
    clock.set_source(lambda: make.NOW + timedelta(minutes=5))
    page = visit(client, f"/outbox/{row.id}")
    assert "250 2.0.0 taken" in page.main()
    assert page.send(f"/outbox/{row.id}/resend").notices() == ["It will be sent once more."]
    assert confirmation().state == "pending"


def test_what_is_no_longer_true_is_refused_in_a_sentence(client: FlaskClient, booking: Booking) -> None:
    row = fail()
    page = visit(client, f"/outbox/{row.id}")
    bookings.cancel(booking, make.NOW, reason="", by=booking.link.organizer)
    after = page.send(f"/outbox/{row.id}/resend")
    assert after.notices() == ["It was not sent again: what it says is no longer true."]
    assert not after.has_form(f"/outbox/{row.id}/resend")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("sending", "It is being sent this very moment, so it can’t be held back."),
        ("sent", "It has been sent meanwhile, so it can’t be held back."),
        ("dropped", "It will not be sent anyway."),
    ],
)
def test_what_can_not_be_held_back_is_said(client: FlaskClient, booking: Booking, state: str, said: str) -> None:
    row = confirmation()
    page = visit(client, f"/outbox/{row.id}")
    fail(state=state, sent_at=make.NOW if state == "sent" else None)
    after = page.send(f"/outbox/{row.id}/drop")
    assert (after.status, after.notices()) == (200, [said])
    assert confirmation().state == state
    assert not after.has_form(f"/outbox/{row.id}/drop")


def test_a_mail_is_taken_out(client: FlaskClient, booking: Booking) -> None:
    row = confirmation()
    after = visit(client, f"/outbox/{row.id}").send(f"/outbox/{row.id}/drop")
    assert after.notices() == ["It is withdrawn and will not be sent."]
    assert confirmation().state == "dropped"


def test_waiting_mail_is_tried_at_once(client: FlaskClient, app: Any, booking: Booking) -> None:
    with_server(app)
    outbox.deliver_due(make.NOW)
    page = visit(client, "/outbox")
    assert "The mail server can’t be reached" in page.main()
    assert "check MEETINGS_MAIL_SERVER" in page.main()
    assert "Connection refused" in page.main()
    assert page.send("/outbox/try-now").notices() == ["Everything that waits is tried at once."]


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
    older = first.go("Next")
    assert len(titles(older)) == 14
    assert titles(older.go("Previous")) == titles(first)


# -- what is told on every page


ALARM = "Open the outbox"


def alarm(client: FlaskClient, path: str = "/links") -> str:
    page = visit(client, path)
    found = [one for one in page.tree.iter("div") if "alarm" in (one.get("class") or "").split()]
    return page.words(found[0]) if found else ""


def with_server(app: Any) -> None:
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=free_port())
    mail.init_app(app)


def test_all_is_well_without_a_word(client: FlaskClient, app: Any, booking: Booking) -> None:
    with_server(app)
    assert alarm(client) == ""


def test_a_missing_server_has_its_own_sentence(client: FlaskClient, booking: Booking) -> None:
    fail()
    assert alarm(client) == ""
    assert "Mail is not set up" in visit(client, "/links").words()


def test_mail_that_waits_for_too_long_is_told_everywhere(client: FlaskClient, app: Any, booking: Booking) -> None:
    with_server(app)
    outbox.deliver_due(make.NOW)
    assert alarm(client) == ""
    for now in (make.NOW + timedelta(minutes=15), make.NOW + timedelta(minutes=15, seconds=1)):
        clock.set_source(lambda now=now: now)
        heartbeat.beat(now)
        for path in ("/links", "/bookings", "/profile", "/settings", f"/links/{booking.link.slug}/edit"):
            is_told = "The mail server can’t be reached." in alarm(client, path)
            assert is_told == (now > make.NOW + timedelta(minutes=15))
    assert alarm(client, "/outbox") == ""  # which says it itself


def test_a_server_that_refuses_us_is_told_at_once(client: FlaskClient, app: Any, booking: Booking) -> None:
    with scripted(USUAL | {"MAIL": "550 5.7.1 Sender address rejected: not owned"}) as server:
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
        mail.init_app(app)
        outbox.deliver_due(make.NOW)
    assert "The mail server refuses our mail." in alarm(client)
    assert "MEETINGS_MAIL_DEFAULT_SENDER" in alarm(client)


def test_retries_that_take_too_long_are_told(client: FlaskClient, app: Any, booking: Booking) -> None:
    with_server(app)
    heartbeat.beat(make.NOW)
    fail(state="pending", due_at=make.NOW + timedelta(minutes=30), created_at=make.NOW - timedelta(minutes=16))
    assert "2 mails are late. The oldest has been waiting since Mon 30 Nov, 08:44." in alarm(client)


def test_failed_mail_is_told_with_the_way_to_it(client: FlaskClient, app: Any, booking: Booking) -> None:
    with_server(app)
    fail()
    assert "1 mail could not be sent." in alarm(client)
    assert titles(visit(client, "/links").go(ALARM)) == ["Invitation to Maren Holt"]


def test_missed_reminders_are_told_with_the_way_to_them(client: FlaskClient, app: Any, booking: Booking) -> None:
    with_server(app)
    Delivery.update(state="missed").where(Delivery.kind == "reminder").execute()
    assert "1 reminder came too late." in alarm(client)
    assert titles(visit(client, "/links").go(ALARM)) == ["Reminder to Maren Holt"]


def test_work_that_stands_still_is_told(client: FlaskClient, app: Any, boss: User) -> None:
    outbox.deliver_due(make.NOW)
    assert alarm(client) == ""
    clock.set_source(lambda: make.NOW + timedelta(minutes=11))
    assert alarm(client).startswith("The background work stands still. Since Mon 30 Nov, 09:00 nobody has looked")
    assert "flask run-jobs" in visit(client, "/outbox").main()
    outbox.deliver_due(clock.now())
    assert alarm(client) == ""


def test_members_are_not_alarmed(client: FlaskClient, app: Any, booking: Booking) -> None:
    with_server(app)
    fail()
    member = app.test_client()
    sign_in(member, make.user("Bob Stone"))
    assert alarm(member) == ""


def test_how_the_mail_is_doing_costs_few_queries(client: FlaskClient, app: Any, booking: Booking) -> None:
    with_server(app)
    fail()
    with counted_queries() as seen:
        visit(client, "/outbox")
    assert len(seen) <= 10


# -- in a browser


LONG = "550 5.7.1 " + "Service-unavailable;client-host-blocked-using-a-list-of-which-nobody-ever-heard/" * 5


@pytest.fixture
def full_outbox(live: Any) -> Iterator[Delivery]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        with_server(live.app)
        boss = make.user(role="admin")
        booking = make.booking(
            make.link(boss, automation={"reminders": [REMINDER]}),
            first_name="Maren Bartholomäus-von-Hohenfels-Wittgenstein",
            email=f"{'maren' * 12}@{'long-company-name' * 3}.{'example' * 6}.example",
        )
        states = ("failed", "missed", "dropped", "sent", "sending", "pending")
        for number, state in enumerate(states):
            row = Delivery.get(Delivery.kind == "confirmation")
            row.id, row.key, row.state, row.last_error = None, f"more-{number}", state, LONG
            row.attempts, row.sent_at = 3, make.NOW - timedelta(hours=1)
            row.save(force_insert=True)
        fail(booking=booking, last_error=LONG)
        yield confirmation()


REMINDER = {"value": 1, "unit": "days"}


@pytest.mark.browser
@pytest.mark.parametrize("width", ["phone", "tablet", "desktop"])
def test_pages_are_accessible_and_fit(open_page: Opener, full_outbox: Delivery, width: str) -> None:
    page = open_page("/links", signed_in="alice@example.org", width=width)
    for path in (
        "/links",
        "/outbox",
        "/outbox?state=failed",
        "/outbox?state=waiting&q=nobody",
        f"/outbox/{full_outbox.id}",
        f"/bookings/{full_outbox.booking.public_id}",
    ):
        page.goto(path)
        assert_accessible_light_and_dark(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.browser
def test_searching_keeps_the_words_and_the_focus(open_page: Opener, full_outbox: Delivery) -> None:
    page = open_page("/outbox?state=planned", signed_in="alice@example.org")
    field = page.get_by_role("searchbox", name="Search by recipient")
    field.press_sequentially("alice", delay=30)
    page.get_by_text("Reminder to Maren").wait_for(state="detached")
    assert page.get_by_text("Reminder to Alice").is_visible()
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.url.endswith("/outbox?state=planned&q=alice")


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False])
def test_from_the_alarm_to_sending_again(open_page: Opener, full_outbox: Delivery, script: bool) -> None:
    page = open_page("/links", signed_in="alice@example.org", script=script)
    page.get_by_role("link", name="Open the outbox").click()
    page.get_by_role("link", name="Invitation to Maren").first.click()
    page.get_by_role("button", name="Send it once more").click()
    page.get_by_text("It will be sent once more.").wait_for()
