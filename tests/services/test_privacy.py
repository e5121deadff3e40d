"""Forgetting: nothing that tells who booked is left anywhere, and what concerns others stays."""

import re
import sqlite3
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import peewee
import pytest
from flask import Flask

from meetings import clock, db, jobs
from meetings.errors import NotFound
from meetings.models import (
    TABLES,
    Answer,
    Booking,
    Consent,
    Contact,
    Delivery,
    Erasure,
    Link,
    Participant,
    Property,
    PropertyValue,
    RightsLink,
    SingleUse,
)
from meetings.models.outbox import DROPPED, PENDING
from meetings.services import access, bookings, consents, housekeeping, mails, outbox, privacy, rights
from meetings.services.consents import Agreed
from tests import make
from tests.smtp import MailServer

NOW = make.NOW
LATER = NOW + timedelta(days=30)
MAREN = "Canaryanne"
HOLT = "Canaryholt"
EMAIL = "canary.mail@example.com"
PHONE = "+47 55 66 77 88 99"
ANSWER = "canary-answer with 1 line\nand another"
CANARIES = (MAREN, HOLT, EMAIL, "canary.mail", PHONE, "canary-answer", "canary-reason", "canary-note")
QUESTIONS = [
    {"name": "topic", "label": "What about?", "type": "question", "kind": "text", "required": False},
    {"name": "call", "label": "Number", "type": "question", "kind": "phone", "required": False},
]


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@pytest.fixture
def link(app: Flask, request: pytest.FixtureRequest) -> Link:
    kind = getattr(request, "param", "individual")
    alice = make.user()
    team = [alice, make.user("Bob Okafor")] if kind == "round_robin" else []
    boxes = [{"id": "news", "label": "Send me news"}]
    return make.link(
        alice,
        kind=kind,
        team=team,
        overview={"title": "{{ contact.first_name }}: a talk", "location": "Room 3"},
        automation={"reminders": [{"value": 1, "unit": "days"}]},
        form={"fields": QUESTIONS, "consent": {"mode": "consent", "text": "Hello", "checkboxes": boxes}},
    )


EITHER_KIND = pytest.mark.parametrize("link", ["individual", "round_robin"], indirect=True)


def book(link: Link, start: str, **more: Any) -> Booking:
    answers = [
        {"name": "topic", "label": "What about?", "value": ANSWER, "kind": "text"},
        {"name": "call", "label": "Number", "value": PHONE, "kind": "phone"},
    ]
    values: dict[str, Any] = {"first_name": MAREN, "last_name": HOLT, "email": EMAIL, "answers": answers}
    agreed = Agreed(frozenset({"news"}), None, "203.0.113.77")
    return make.booking(link, start, **{**values, "agreed": agreed, "idempotency_key": f"canary {start}", **more})


def maren() -> Contact:
    return Contact.by_email(EMAIL)


def everything_kept() -> str:
    """All rows of all tables as text; bytes as they are."""
    found = []
    for table in TABLES:
        for row in table.select().tuples():
            found += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(found)


def left_over(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.casefold() in text.casefold()]


def full(link: Link) -> tuple[Booking, Booking]:
    """A past and a coming meeting, with all that can be known around them."""
    past = book(link, "2026-12-01 09:00")
    outbox.deliver_due(NOW + timedelta(seconds=1))
    bookings.reschedule(past, make.at("2026-12-01 10:00"), NOW, by=None)
    coming = book(link, "2026-12-10 09:00", now=make.at("2026-12-02 09:00"))
    outbox.deliver_due(make.at("2026-12-02 09:01"))
    gone = book(link, "2026-12-11 09:00", now=make.at("2026-12-02 09:00"))
    bookings.cancel(gone, make.at("2026-12-02 09:00"), reason="canary-reason", by=None)
    phone = Property.get(Property.name == "phone")
    PropertyValue.create(contact=maren(), property=phone, value=PHONE, changed_at=NOW)
    SingleUse.create(link=link, token_hash="x", note="canary-note", booking=past, created_at=NOW)
    rights.ask(EMAIL, "en", address="203.0.113.7", now=NOW)
    consents.withdraw(maren(), "one_to_one", NOW)
    outbox.deliver_due(make.at("2026-12-02 09:02"))
    return past, coming


AT = make.at("2026-12-02 10:00")


def erased(now: datetime = AT) -> None:
    """Ask, let the mails out, finish."""
    privacy.erase(maren(), now, by=None)
    outbox.deliver_due(now + timedelta(seconds=1))
    assert privacy.finish_erasures(now + timedelta(minutes=1)) in {0, 1}
    assert Contact.select().where(Contact.email == EMAIL).count() == 0


# -- nothing is left


@EITHER_KIND
def test_nothing_in_any_table_tells_who_booked(link: Link) -> None:
    full(link)
    assert sorted(left_over(everything_kept())) == sorted(CANARIES)  # all of it was there
    erased()
    assert left_over(everything_kept()) == []


@pytest.mark.sqlite
def test_nothing_in_the_file_tells_who_booked(link: Link, tmp_path: Path) -> None:
    make_neighbours(range(150))
    full(link)
    make_neighbours(range(150, 300))
    Contact.update(last_name="Y" * 110).where(Contact.email.startswith("other1")).execute()  # rows move, pages split
    assert sorted(left_over(on_disk(tmp_path))) == sorted(CANARIES)
    erased()
    assert left_over(on_disk(tmp_path)) == []


def make_neighbours(numbers: Iterable[int]) -> None:
    """So that there is more than a page of everything."""
    for number in numbers:
        Contact.create(email=f"other{number}@example.org", first_name="X" * 60, last_name="Z", created_at=NOW)


def on_disk(folder: Path) -> str:
    """The bytes of the database's files, journal included."""
    return "\n".join(path.read_bytes().decode("latin-1") for path in folder.glob("meetings.sqlite3*"))


@pytest.mark.sqlite
def test_a_new_copy_of_the_database_has_nothing_either(link: Link, app: Flask, tmp_path: Path) -> None:
    full(link)
    erased()
    with sqlite3.connect(tmp_path / "copy.sqlite3") as copy:
        db.database.connection().backup(copy)
    assert left_over((tmp_path / "copy.sqlite3").read_bytes().decode("latin-1")) == []


@EITHER_KIND
def test_the_meeting_stays_as_an_anonymous_row(link: Link) -> None:
    past, _ = full(link)
    counted = Booking.select().count(), Participant.select().count()
    erased()
    assert (Booking.select().count(), Participant.select().count()) == counted
    kept = Booking.get_by_id(past.id)
    assert (kept.starts_at, kept.status, kept.title) == (make.at("2026-12-01 10:00"), "confirmed", "Link demo")
    assert kept.is_anonymous
    assert kept.timezone == "Europe/Paris"
    assert len(kept.hosts()) == 1
    assert (kept.assignment is None) == (link.kind == "individual")
    assert (Answer.select().count(), Consent.select().count(), PropertyValue.select().count()) == (0, 0, 0)


def test_the_contact_s_page_of_the_meeting_is_gone(link: Link) -> None:
    past = book(link, "2026-12-01 09:00")
    token = access.manage_token(past)
    access.booking_by_token(token, NOW)
    erased()
    with pytest.raises(NotFound):
        access.booking_by_token(token, NOW)


def test_the_host_s_mails_stay_as_rows_without_their_words(link: Link) -> None:
    full(link)
    erased()
    rows = list(Delivery.select())
    assert {row.audience for row in rows} == {"host"}
    assert {row.content for row in rows} == {None}
    for row in rows:
        assert not outbox.can_resend(row, AT + timedelta(hours=1))
        assert outbox.content(row, AT) is None


def test_others_keep_everything(link: Link) -> None:
    make.booking(link, "2026-12-10 11:00", first_name="Olga", email="olga@example.org")
    full(link)
    erased()
    assert Contact.by_email("olga@example.org").first_name == "Olga"
    assert Booking.select().where(Booking.email == "olga@example.org").count() == 1
    assert Delivery.select().where(Delivery.recipient == "olga@example.org").count() > 0


# -- meetings ahead


def test_meetings_ahead_are_cancelled_and_everybody_told_first(link: Link, mail_server: MailServer) -> None:
    coming = book(link, "2026-12-10 09:00")
    assert privacy.erase(maren(), AT, by=None) is False
    assert Booking.get_by_id(coming.id).status == "cancelled"
    assert not privacy.finish_erasures(AT + timedelta(minutes=1))
    outbox.deliver_due(AT + timedelta(minutes=2))
    for address in (EMAIL, coming.hosts()[0].host.email):
        assert "Cancelled" in mail_server.to(address)[-1].message["Subject"]
    assert privacy.finish_erasures(AT + timedelta(minutes=3)) == 1
    assert left_over(everything_kept()) == []


def test_mails_that_never_get_out_don_t_hold_it_up_for_ever(link: Link) -> None:
    book(link, "2026-12-10 09:00")
    privacy.erase(maren(), AT, by=None)
    assert privacy.finish_erasures(AT + timedelta(hours=23)) == 0
    assert privacy.finish_erasures(AT + timedelta(hours=24)) == 1
    assert left_over(everything_kept()) == []
    assert {row.state for row in Delivery.select().where(Delivery.kind == "host_cancelled")} == {DROPPED}


def test_a_mail_that_failed_for_good_does_not_hold_it_up(link: Link) -> None:
    book(link, "2026-12-10 09:00")
    privacy.erase(maren(), AT, by=None)
    Delivery.update(state="failed").where(Delivery.state == PENDING).execute()
    assert privacy.finish_erasures(AT + timedelta(minutes=1)) == 1


def test_an_erasure_that_was_cut_off_goes_on(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    book(link, "2026-12-01 09:00")
    book(link, "2026-12-01 11:00")
    real, calls = bookings.anonymise, []

    def die_at_second(booking: Booking) -> None:
        calls.append(booking)
        if len(calls) == 2:
            raise RuntimeError
        real(booking)

    monkeypatch.setattr(bookings, "anonymise", die_at_second)
    with pytest.raises(RuntimeError):
        privacy.erase(maren(), AT, by=None)
    monkeypatch.setattr(bookings, "anonymise", real)
    assert privacy.finish_erasures(AT + timedelta(minutes=1)) == 1
    assert left_over(everything_kept()) == []


def test_who_books_at_the_very_moment_is_forgotten_a_little_later(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    book(link, "2026-12-01 09:00")

    def in_the_way(*_args: object) -> None:
        raise peewee.IntegrityError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(privacy, "_forget", in_the_way)
        assert not privacy.erase(maren(), AT, by=None)
    assert privacy.finish_erasures(AT + timedelta(minutes=1)) == 1
    assert left_over(everything_kept()) == []


def test_who_is_forgotten_at_the_very_moment_books_all_the_same(link: Link, app: Flask) -> None:
    """As one who comes back a year after their last meeting may be."""
    Contact.create(email=EMAIL, first_name=MAREN, last_name=HOLT, created_at=NOW)
    is_going = threading.Event()

    def forget() -> None:
        with app.app_context():
            db.connect()
            with db.transaction():
                Contact.delete().where(Contact.email == EMAIL).execute()
                is_going.set()
                time.sleep(0.3)
            db.disconnect()

    thread = threading.Thread(target=forget)
    thread.start()
    is_going.wait()
    assert book(link, "2026-12-01 09:00").contact.email == EMAIL
    thread.join()


def test_who_books_anew_after_asking_is_kept_with_that_alone(link: Link) -> None:
    book(link, "2026-12-10 09:00")
    privacy.erase(maren(), AT, by=None)
    again = book(
        link, "2026-12-14 09:00", now=AT + timedelta(hours=1), first_name="Anew", last_name="Again", answers=[]
    )
    assert privacy.finish_erasures(AT + timedelta(hours=25)) == 1
    contact = maren()
    assert (contact.name, contact.erasing_since) == ("Anew Again", None)
    assert Booking.get_by_id(again.id).email == EMAIL
    assert left_over(everything_kept().replace(EMAIL, "")) == []
    assert privacy.finish_erasures(AT + timedelta(hours=26)) == 0


def test_asking_twice_does_not_begin_anew(link: Link) -> None:
    book(link, "2026-12-10 09:00")
    privacy.erase(maren(), AT, by=None)
    privacy.erase(maren(), AT + timedelta(hours=2), by=None)
    assert maren().erasing_since == AT


def test_an_admin_s_name_is_behind_the_cancellation(link: Link) -> None:
    book(link, "2026-12-10 09:00")
    privacy.erase(maren(), AT, by=link.organizer)
    row = Delivery.get(Delivery.kind == "cancelled")
    assert row.details["by"] == link.organizer_id


# -- a copy that was restored


def test_a_restored_copy_forgets_again(link: Link, app: Flask) -> None:
    book(link, "2026-12-01 09:00")
    erased()
    Erasure.delete().execute()  # the copy is from before
    book(link, "2026-12-01 13:00", now=NOW)
    Contact.update(created_at=NOW).where(Contact.email == EMAIL).execute()
    assert privacy.erase_again(AT + timedelta(days=1)) == 1
    assert left_over(everything_kept()) == []
    assert privacy.erase_again(AT + timedelta(days=1)) == 0


def test_who_came_back_after_being_erased_is_left_alone(link: Link, app: Flask) -> None:
    book(link, "2026-12-01 09:00")
    erased()
    book(link, "2026-12-14 09:00", now=AT + timedelta(days=1))
    Erasure.delete().execute()
    assert privacy.erase_again(AT + timedelta(days=2)) == 0
    assert maren().first_name == MAREN


def test_the_list_holds_no_address_and_survives_broken_lines(link: Link, app: Flask) -> None:
    book(link, "2026-12-01 09:00")
    erased()
    path = Path(app.config["DATA_DIR"]) / privacy.LIST
    assert re.fullmatch(r"[0-9a-f]{64} 2026-12-02T10:0\d:\d\dZ\n", path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(path.read_text() + "half a li")
    assert privacy.erase_again(AT) == 0


def test_the_hash_is_worthless_without_the_secret_key(app: Flask) -> None:
    import hashlib

    assert privacy.address_hash(" Canary.Mail@example.com") == privacy.address_hash(EMAIL)
    assert privacy.address_hash(EMAIL) != hashlib.sha256(EMAIL.encode()).hexdigest()


def test_a_host_who_booked_keeps_their_account_s_mails(link: Link) -> None:
    host = link.organizer
    book(link, "2026-12-01 09:00", email=host.email)
    with db.transaction():
        outbox.queue_user_mail("reset_password", host, {"url": "http://localhost/x"}, AT)
    assert privacy.erase(Contact.by_email(host.email), AT, by=None)
    assert Delivery.select().where(Delivery.kind == "reset_password").count() == 1


# -- links that were asked for


def test_links_and_what_they_were_asked_for_go_after_a_day(app: Flask) -> None:
    rights.ask("stranger@example.com", "en", address="203.0.113.7", now=NOW)
    outbox.deliver_due(NOW + timedelta(seconds=1))
    housekeeping.clear_away(NOW + timedelta(hours=23))
    assert RightsLink.select().count() == 1
    housekeeping.clear_away(NOW + timedelta(hours=25))
    assert (RightsLink.select().count(), Delivery.select().count()) == (0, 0)
    assert "stranger" not in everything_kept()


def test_the_jobs_do_all_of_it_by_themselves(link: Link, app: Flask) -> None:
    clock.set_source(lambda: AT)
    book(link, "2026-12-10 09:00")
    privacy.erase(maren(), AT, by=None)
    jobs.run_due(app)
    assert left_over(everything_kept()) == []


# -- the way there


def test_mails_to_contacts_say_where_to_see_what_is_kept(link: Link) -> None:
    booking = book(link, "2026-12-01 09:00")
    for row in outbox.states_of(booking):
        made = mails.compose(row, NOW)
        for part in (made.text, made.html):
            assert ("http://localhost/privacy" in part) == (row.audience == "contact"), row.kind
