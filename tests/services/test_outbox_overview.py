"""Looking at the outbox: what is wrong in plain words, what concerns somebody, what may be sent again."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask

from meetings.errors import Conflict, NotFound
from meetings.models import Booking, Delivery, Link, Setting, User
from meetings.models.outbox import FAILED, MISSED, PENDING, SENDING, SENT
from meetings.services import bookings, mails, outbox
from meetings.services.outbox import delivery as delivering
from meetings.services.outbox import heartbeat, reasons
from tests import make
from tests.providers.scripted import USUAL, scripted
from tests.smtp import MailServer

NOW = make.NOW
SOON = NOW + timedelta(seconds=1)
LATER = NOW + timedelta(minutes=5)
CONTACT = "maren@example.com"


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@pytest.fixture
def booking(app: Flask) -> Booking:
    return make.booking(make.link(automation={"reminders": [{"value": 1, "unit": "hours"}]}))


def row(kind: str = "confirmation") -> Delivery:
    return Delivery.get(Delivery.kind == kind)


def change(kind: str = "confirmation", **values: Any) -> Delivery:
    Delivery.update(**values).where(Delivery.kind == kind).execute()
    return row(kind)


# -- in plain words


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (
            "550 5.1.1 <x@y.example>: Recipient address rejected: User unknown in virtual mailbox table",
            "no such address",
        ),
        ("550 No such user here", "no such address"),
        ("550-5.1.1 The email account that you tried to reach does not exist.", "no such address"),
        ("553 5.1.2 The recipient address is not a valid RFC-5321 address", "after the @"),
        ("550 5.4.4 Host or domain name not found", "after the @"),
        ("556 5.1.10 null MX", "after the @"),
        ("552 5.2.2 Over quota", "mailbox is full"),
        ("452 4.2.2 The email account is over quota", "mailbox is full"),
        ("554 Mailbox full", "mailbox is full"),
        ("550 5.2.1 The account is disabled", "mailbox is closed"),
        ("552 5.3.4 Message size exceeds fixed limit", "too large"),
        ("535 5.7.8 Error: authentication failed", "refused the sign-in"),
        ("534 5.7.9 Application-specific password required", "refused the sign-in"),
        ("530 5.7.0 Authentication Required", "refused the sign-in"),
        ("553 5.7.1 <a@b.example>: Sender address rejected: not owned by user x", "send from this address"),
        ("550 5.1.8 Sender domain not found", "send from this address"),
        ("554 5.7.60 SMTP; Client does not have permissions to send as this sender", "send from this address"),
        ("554 5.7.1 <x@y.example>: Relay access denied", "does not pass on"),
        ("450 4.2.0 Greylisted, see http://postgrey.example", "lets mail from strangers wait"),
        ("550 5.7.1 Message rejected as spam", "unwanted mail"),
        ("554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.example", "unwanted mail"),
        ("550 5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy", "unwanted mail"),
        ("421 4.7.28 Our system has detected an unusual rate of mail", "limits how much"),
        ("451 4.3.0 disk full", "could not take it just now"),
        ("554 Transaction failed", "refused it for good"),
        ("[Errno 111] Connection refused", "can’t be reached"),
        ("timed out", "can’t be reached"),
        ("Connection unexpectedly closed", "can’t be reached"),
        ("[Errno 113] No route to host", "can’t be reached"),
        ("[Errno -2] Name or service not known", "name can’t be found"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:992)", "trusted"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:992)", "does not encrypt in the way"),
        ("STARTTLS extension not supported by server.", "does not encrypt in the way"),
        ("SMTP AUTH extension not supported by server.", "takes no sign-in"),
        ("The mail server can't write to an address with letters beyond ASCII.", "letters beyond ASCII"),
        ("Nobody foresaw this", "on the way to the mail server"),
    ],
)
def test_a_servers_words_are_explained_and_kept(kept: str, said: str) -> None:
    found = reasons.explain(kept)
    assert said in found.sentence
    assert found.words == kept


@pytest.mark.parametrize("own", sorted(reasons.OWN))
def test_our_own_reasons_speak_for_themselves(own: str) -> None:
    assert reasons.explain(own) == outbox.Reason(own)


def test_no_reason_is_none() -> None:
    assert reasons.explain("") == outbox.Reason("")


def test_reasons_are_said_in_the_readers_language(app: Flask) -> None:
    found = outbox.in_plain_words("550 5.1.1 nobody", "fr")
    assert found.sentence != reasons.explain("550 5.1.1 nobody").sentence
    assert found.words == "550 5.1.1 nobody"


def test_what_really_comes_from_a_server_is_understood(app: Flask, booking: Booking) -> None:
    for answers, said in (
        ({"MAIL": "550 5.7.1 Sender rejected"}, "send from this address"),
        ({"greeting": "554 5.7.1 blocked"}, "unwanted mail"),
    ):
        with scripted(USUAL | answers) as server:
            app.config["MAIL_PORT"] = server.port
            from meetings.providers import mail

            mail.init_app(app)
            Setting.delete().execute()
            outbox.deliver_due(SOON)
        pause = outbox.summary(SOON).pause
        assert pause is not None
        assert said in reasons.explain(pause.words).sentence


@pytest.mark.parametrize(("kept", "said"), [("554 5.0.0 no", "turns us away"), ("421 4.0.0 no", "come back later")])
def test_a_pause_is_about_all_mail_and_loses_none(kept: str, said: str) -> None:
    found = reasons.explain(kept, is_pause=True)
    assert (said in found.sentence, found.words) == (True, kept)
    assert "for good" not in found.sentence
    assert reasons.explain("535 5.7.8 no", is_pause=True) == reasons.explain("535 5.7.8 no")


# -- how long somebody has been waiting


@pytest.mark.parametrize("kind", ["reminder", "host_reminder"])
def test_a_reminder_that_is_tried_again_waits_since_it_was_planned(booking: Booking, kind: str) -> None:
    """Its due time is the next try, hours ahead: without this all would seem well for a day."""
    Delivery.update(state=SENT, sent_at=SOON).where(Delivery.kind.in_(("confirmation", "host_booked"))).execute()
    planned = booking.starts_at - timedelta(hours=1)
    now = planned + timedelta(minutes=20)
    change(kind, attempts=5, due_at=now + timedelta(minutes=15))
    Delivery.update(state=SENT, sent_at=now).where(Delivery.attempts == 0).execute()
    summary = outbox.summary(now)
    assert (summary.waiting, summary.oldest, summary.is_late) == (1, planned, True)


def test_a_reminder_sent_once_more_by_hand_waits_since_then(booking: Booking) -> None:
    planned = booking.starts_at - timedelta(hours=1)
    now = planned + timedelta(minutes=20)
    change("reminder", attempts=1, created_at=now, due_at=now)
    Delivery.update(state=SENT, sent_at=now).where(Delivery.attempts == 0).execute()
    assert (outbox.summary(now).oldest, outbox.summary(now).is_late) == (now, False)


# -- a mail's content


def test_what_was_refused_before_it_was_written_can_be_read(booking: Booking) -> None:
    """Most servers refuse an address before they take the content: whoever reaches them otherwise must know it."""
    failed = change(state=FAILED, last_error="550 5.1.1 nobody")
    shown = outbox.content(failed, SOON)
    assert shown is not None
    assert "Your meeting with Alice Martin is booked." in shown.text
    bookings.cancel(booking, SOON, reason="", by=None)
    assert outbox.content(row(), SOON) is None


def test_a_mail_that_can_not_be_made_has_no_content(booking: Booking, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("anything")

    monkeypatch.setitem(mails.TO_CONTACT, "confirmation", broken)
    assert outbox.content(row(), SOON) is None


# -- what concerns somebody


@pytest.mark.parametrize("state", [FAILED, MISSED])
def test_what_failed_concerns_until_the_meeting_is_over(booking: Booking, state: str) -> None:
    change(state=state)
    numbers = {FAILED: "failed", MISSED: "missed"}
    assert getattr(outbox.summary(booking.ends_at - timedelta(minutes=1)), numbers[state]) == 1
    assert getattr(outbox.summary(booking.ends_at + timedelta(days=2)), numbers[state]) == 0


def test_a_day_at_least_is_left_to_see_it(booking: Booking) -> None:
    change(state=MISSED, due_at=booking.starts_at)
    assert outbox.summary(booking.ends_at + timedelta(hours=20)).missed == 1


def test_later_news_take_the_place_of_what_failed(booking: Booking) -> None:
    change(state=FAILED)
    bookings.reschedule(booking, make.at("2026-12-02 09:00"), SOON, by=booking.link.organizer)
    assert outbox.summary(SOON).failed == 0
    assert outbox.list_of(SOON).first().kind != "confirmation"


def test_a_failed_link_for_a_password_concerns_for_a_day(app: Flask) -> None:
    outbox.queue_user_mail("reset_password", make.user(), {"url": "https://meet.example/p/x"}, NOW)
    change("reset_password", state=FAILED)
    assert outbox.summary(NOW + timedelta(hours=23)).failed == 1
    assert outbox.summary(NOW + timedelta(hours=25)).failed == 0


def test_what_concerns_somebody_stands_first(booking: Booking) -> None:
    change("confirmation", state=FAILED)
    change("host_booked", state=MISSED)
    assert [found.kind for found in outbox.list_of(SOON)] == [
        "confirmation",
        "host_booked",
        "host_reminder",
        "reminder",
    ]


def test_planned_is_not_waiting(booking: Booking) -> None:
    change("confirmation", attempts=1, due_at=SOON + timedelta(hours=1))
    assert {found.kind for found in outbox.list_of(SOON, outbox.WAITING)} == {"confirmation", "host_booked"}
    assert {found.kind for found in outbox.list_of(SOON, outbox.PLANNED)} == {"reminder", "host_reminder"}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("MAREN@", {"confirmation", "reminder"}),
        ("ren hol", {"confirmation", "reminder"}),
        ("alice mar", {"host_booked", "host_reminder"}),
        ("nobody", set()),
        ("%", set()),
    ],
)
def test_searching_by_recipient(booking: Booking, text: str, kinds: set[str]) -> None:
    assert {found.kind for found in outbox.list_of(SOON, text=text)} == kinds


def test_lists_leave_the_bytes_where_they_are(booking: Booking) -> None:
    assert all(found.content is None for found in outbox.list_of(SOON))
    assert "content" not in outbox.list_of(SOON).sql()[0]


# -- once more


def test_a_sent_mail_goes_again_to_the_letter(booking: Booking, mail_server: MailServer) -> None:
    outbox.deliver_due(SOON)
    assert outbox.can_resend(row(), LATER)
    outbox.resend(row(), LATER)
    with pytest.raises(Conflict):
        outbox.resend(row(), LATER)
    outbox.deliver_due(LATER)
    first, second = mail_server.to(CONTACT)
    assert first.raw == second.raw
    assert (row().state, row().attempts, row().sent_at) == (SENT, 1, LATER)


def test_a_second_click_sends_nothing(booking: Booking, mail_server: MailServer) -> None:
    outbox.deliver_due(SOON)
    assert not outbox.can_resend(row(), SOON + timedelta(seconds=30))
    with pytest.raises(Conflict):
        outbox.resend(row(), SOON + timedelta(seconds=30))


def test_of_two_at_once_one_is_told(booking: Booking) -> None:
    outbox.deliver_due(SOON)
    seen_by_both = row()
    outbox.resend(seen_by_both, LATER)
    with pytest.raises(Conflict):
        outbox.resend(seen_by_both, LATER)


@pytest.mark.parametrize(
    "act",
    [
        lambda booking: bookings.reschedule(booking, make.at("2026-12-02 09:00"), SOON, by=booking.link.organizer),
        lambda booking: bookings.cancel(booking, SOON, reason="", by=booking.link.organizer),
    ],
)
def test_what_is_no_longer_true_is_not_sent_again(booking: Booking, act: Callable[[Booking], object]) -> None:
    outbox.deliver_due(SOON)
    act(booking)
    outbox.deliver_due(SOON)
    assert not outbox.can_resend(row(), LATER)
    with pytest.raises(Conflict):
        outbox.resend(row(), LATER)


def test_the_news_of_a_cancellation_may_go_again(booking: Booking, mail_server: MailServer) -> None:
    bookings.cancel(booking, NOW, reason="", by=booking.link.organizer)
    outbox.deliver_due(SOON)
    assert outbox.can_resend(row("cancelled"), LATER)


def test_nothing_goes_again_once_the_meeting_is_over(booking: Booking) -> None:
    outbox.deliver_due(SOON)
    assert not outbox.can_resend(row(), booking.ends_at)
    assert not outbox.can_resend(change(state=FAILED), booking.ends_at)


def test_a_missed_reminder_does_not_go_again(booking: Booking) -> None:
    assert not outbox.can_resend(change("reminder", state=MISSED), SOON)


@pytest.mark.parametrize("state", [SENT, FAILED])
def test_a_link_that_opens_an_account_is_gone_and_can_not_go_again(
    app: Flask, mail_server: MailServer, state: str
) -> None:
    alice = make.user()
    outbox.queue_user_mail("reset_password", alice, {"url": "https://meet.example/p/x"}, NOW)
    if state == FAILED:
        mail_server.refuse[alice.email] = "550 5.1.1 nobody here"
    outbox.deliver_due(SOON)
    assert (row("reset_password").state, row("reset_password").details) == (state, {})
    assert not outbox.can_resend(row("reset_password"), LATER)


def test_sent_again_after_days_it_is_not_late_at_once(booking: Booking, mail_server: MailServer) -> None:
    change(state=FAILED, created_at=NOW - timedelta(days=3))
    mail_server.refuse[CONTACT] = "451 4.3.0 later"
    outbox.resend(row(), NOW)
    outbox.deliver_due(SOON)
    assert (row().state, outbox.summary(SOON).is_late) == (PENDING, False)


def test_what_is_being_sent_can_be_neither_dropped_nor_sent_again(booking: Booking) -> None:
    change(state=SENDING)
    assert not outbox.can_drop(row())
    with pytest.raises(Conflict):
        outbox.drop(row())
    with pytest.raises(Conflict):
        outbox.resend(row(), LATER)


def test_rows_are_for_admins_and_whoever_sees_the_booking(booking: Booking) -> None:
    alice, boss, bob = booking.link.organizer, make.user("Dana Boss", role="admin"), make.user("Bob Stone")
    outbox.queue_user_mail("reset_password", bob, {"url": "https://meet.example/p/x"}, NOW)
    private = row("reset_password").id
    assert outbox.delivery_for(alice, row().id) == outbox.delivery_for(boss, row().id) == row()
    assert outbox.delivery_for(boss, private).id == private
    for person, number in ((bob, row().id), (bob, private), (alice, private), (boss, 999)):
        with pytest.raises(NotFound):
            outbox.delivery_for(person, number)


# -- whether anybody delivers


def silence(now: Any) -> Any:
    return outbox.summary(now).silent_since


def test_the_job_leaves_a_sign_of_life_once_a_minute(booking: Booking) -> None:
    outbox.deliver_due(NOW)
    outbox.deliver_due(NOW + timedelta(seconds=59))
    assert heartbeat.last() == NOW
    outbox.deliver_due(NOW + timedelta(seconds=60))
    assert heartbeat.last() == NOW + timedelta(seconds=60)


def test_a_run_of_slow_mails_leaves_signs_of_life(booking: Booking, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = count(1)
    monkeypatch.setattr(delivering._Watch, "now", lambda _: NOW + timedelta(seconds=20 * next(looks)))
    outbox.deliver_due(NOW)
    assert heartbeat.last() > NOW


def test_silence_is_told_after_a_while(app: Flask) -> None:
    outbox.deliver_due(NOW)
    assert silence(NOW + heartbeat.SILENT_AFTER) is None
    assert silence(NOW + heartbeat.SILENT_AFTER + timedelta(seconds=1)) == NOW


def test_without_a_mail_server_the_job_lives_too(app: Flask) -> None:
    app.config["MAIL_SERVER"] = ""
    outbox.deliver_due(NOW)
    assert heartbeat.last() == NOW


def test_where_the_job_never_ran_what_waits_tells(link: Link) -> None:
    assert silence(NOW + timedelta(days=1)) is None
    make.booking(link)
    assert silence(NOW + timedelta(minutes=5)) is None
    assert silence(NOW + timedelta(minutes=11)) == NOW


def test_a_clock_set_back_is_noted_at_once(app: Flask) -> None:
    outbox.deliver_due(NOW + timedelta(days=1))
    outbox.deliver_due(NOW)
    assert heartbeat.last() == NOW


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link()


def test_a_users_own_mail_is_found_by_their_name(app: Flask) -> None:
    outbox.queue_user_mail("reset_password", make.user("Zoe Young", email="zy@x.example"), {"url": "u"}, NOW)
    assert [found.user for found in outbox.list_of(SOON, text="zoe")] == [User.get()]
