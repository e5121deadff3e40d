"""What mails say, how they are built, and that no text of a stranger changes how they are built."""

import re
from collections.abc import Mapping
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings import db
from meetings.domain import invite
from meetings.models import Answer, Booking, Delivery, Link, User
from meetings.models.outbox import SENT
from meetings.models.users import ADMIN
from meetings.services import access, bookings, links, mails, outbox, users, workspace
from meetings.services.mails import Outgoing
from tests import dom, make

NOW = make.NOW
START = make.at("2026-12-03 13:30")
SENT_AT = NOW + timedelta(minutes=1)
DESCRIPTION = "Half an hour about your room.\n\nNothing to prepare."
KINDS = mails.KINDS


@pytest.fixture
def alice(app: Flask) -> User:
    user = make.user(role=ADMIN, locale="fr")
    workspace_named(user, "Northlight Acoustics")
    return user


def workspace_named(user: User, name: str) -> None:
    workspace.rename_team(user, name)


@pytest.fixture
def bob(app: Flask) -> User:
    return make.user("Bob Lee", timezone="America/New_York")


@pytest.fixture
def link(alice: User) -> Link:
    return make.link(
        alice,
        overview={"title": "Room talk", "location": "Rua do Alecrim 41, Lisbon", "description": DESCRIPTION},
        automation={"reminders": [{"value": 1, "unit": "days"}]},
    )


ANSWERS = [{"name": "room", "label": "Which room?", "value": "The loud one.\nBehind the kitchen."}]


def book(link: Link, **more: Any) -> Booking:
    return make.booking(link, START, answers=ANSWERS, **more)


def every_kind(link: Link, bob: User) -> dict[str, Outgoing]:
    """One mail of each kind, about bookings that went through all that can happen."""
    members = [{"user": link.organizer.email}, {"user": bob.email}]
    shared = make.link(link.organizer, "shared", kind="round_robin", team=members)
    booking = book(link)
    found = composed(booking)
    booking = bookings.reschedule(booking, START + timedelta(hours=2), NOW, by=None)
    found |= composed(booking, "rescheduled", "host_rescheduled")
    bookings.cancel(booking, NOW, reason="A cold.\nSorry!", by=link.organizer)
    found |= composed(booking, "cancelled", "host_cancelled")
    mistyped = make.booking(link, START - timedelta(hours=3), email="maren@gmial.com")
    Delivery.update(state=SENT).where(Delivery.booking == mistyped).execute()
    found |= composed(bookings.readdress(mistyped, "maren@gmail.com", NOW), "misdirected", "host_readdressed")
    moved = make.booking(shared, make.at("2026-12-04 13:30"))
    make.busy(moved.hosts()[0].host, "2026-12-04 14:00", "2026-12-04 18:00")
    moved = bookings.reschedule(moved, make.at("2026-12-04 15:00"), NOW, by=None)
    found |= composed(moved, "withdrawn", "host_withdrawn")
    with db.transaction():
        for kind in mails.TO_USER:
            details = {"url": "http://localhost/password/x", "expires_at": 1_796_304_600, "inviter": "Alice Martin"}
            outbox.queue_user_mail(kind, bob, details, NOW)
        for kind in mails.TO_ADDRESS:
            outbox.queue_address_mail(kind, booking.email, {**details, "locale": "en"}, NOW)
    rows = Delivery.select().where(Delivery.kind.in_([*mails.TO_USER, *mails.TO_ADDRESS]))
    return found | {row.kind: mails.compose(row, SENT_AT) for row in rows}


def composed(booking: Booking, *kinds: str) -> dict[str, Outgoing]:
    rows = [row for row in outbox.states_of(booking) if not kinds or row.kind in kinds]
    return {row.kind: mails.compose(row, SENT_AT) for row in rows}


def parsed(outgoing: Outgoing) -> EmailMessage:
    raw = outgoing.as_bytes("<id@localhost>", SENT_AT)
    message: EmailMessage = message_from_bytes(raw, policy=policy.default)
    return message


def tree(part: Any) -> Any:
    """The structure of a message: types, nested."""
    if part.is_multipart():
        return [part.get_content_type(), *(tree(child) for child in part.iter_parts())]
    return part.get_content_type()


# -- structure

PLAIN = ["multipart/alternative", "text/plain", "text/html"]
INVITATION = ["multipart/mixed", [*PLAIN, "text/calendar"], "application/ics"]
COPY = ["multipart/mixed", PLAIN, "text/calendar"]
SHAPES = {
    "confirmation": (INVITATION, "REQUEST"),
    "rescheduled": (INVITATION, "REQUEST"),
    "cancelled": (INVITATION, "CANCEL"),
    "withdrawn": (INVITATION, "CANCEL"),
    "misdirected": (INVITATION, "CANCEL"),
    "reminder": (PLAIN, None),
    "host_booked": (COPY, "PUBLISH"),
    "host_rescheduled": (COPY, "PUBLISH"),
    "host_readdressed": (COPY, "PUBLISH"),
    "host_cancelled": (COPY, "PUBLISH"),
    "host_withdrawn": (COPY, "PUBLISH"),
    "host_reminder": (PLAIN, None),
    "set_password": (PLAIN, None),
    "reset_password": (PLAIN, None),
    "storm": (PLAIN, None),
    "nobody_met": (PLAIN, None),
    "rights": (PLAIN, None),
}


def test_every_kind_has_its_shape(link: Link, bob: User) -> None:
    found = every_kind(link, bob)
    assert set(found) == set(KINDS) == set(SHAPES)
    for kind, outgoing in found.items():
        message = parsed(outgoing)
        shape, method = SHAPES[kind]
        assert tree(message) == shape, kind
        calendars = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        assert len(calendars) == (method is not None), kind
        for part in calendars:
            assert part["Content-Transfer-Encoding"] == "base64"
            assert part.get_param("method") == method
            assert part.get_param("component") == "VEVENT"
            assert part.get_content_charset() == "utf-8"
            event = icalendar.Calendar.from_ical(part.get_payload(decode=True))
            assert event["METHOD"] == method


def test_the_file_beside_the_invitation_is_the_same_to_the_letter(link: Link) -> None:
    message = parsed(composed(book(link))["confirmation"])
    parts = {part.get_content_type(): part for part in message.walk()}
    inline, file = parts["text/calendar"], parts["application/ics"]
    assert inline.get_payload(decode=True) == file.get_payload(decode=True)
    assert inline["Content-Disposition"] is None
    assert inline.get_filename() is None
    assert (file.get_filename(), file.get_content_disposition()) == ("invite.ics", "attachment")


def test_every_kind_has_the_headers_of_a_machine(link: Link, bob: User) -> None:
    for kind, outgoing in every_kind(link, bob).items():
        message = parsed(outgoing)
        assert message["Auto-Submitted"] == "auto-generated", kind
        assert message["X-Auto-Response-Suppress"] == "All"
        assert message["Content-Language"] == outgoing.locale
        assert message["Message-ID"] == "<id@localhost>"
        assert message["Date"].datetime == SENT_AT
        assert len(message["To"].addresses) == 1
        assert message["Cc"] is message["Bcc"] is None


def test_every_kind_is_ascii_with_short_lines(link: Link, bob: User) -> None:
    for kind, outgoing in every_kind(link, bob).items():
        raw = outgoing.as_bytes("<id@localhost>", SENT_AT)
        assert raw.isascii(), kind
        assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
        lines = raw.split(b"\r\n")
        addresses = [line for line in lines if line.startswith(b"List-Unsubscribe: ")]
        assert max(len(line) for line in lines if line not in addresses) <= 78
        assert max(map(len, lines)) < 998


def test_only_the_contacts_reminder_can_be_switched_off_by_a_mail_program(link: Link, bob: User) -> None:
    """RFC 8058. What changes a meeting has to arrive, and hosts have a profile."""
    found = every_kind(link, bob)
    reminder = parsed(found.pop("reminder"))
    url = f"http://localhost/booking/{access.mailed_token(Booking.get_by_id(1))}/reminders"
    assert reminder["List-Unsubscribe"] == f"<{url}>"
    assert reminder["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for kind, outgoing in found.items():
        assert not [name for name in parsed(outgoing).keys() if name.startswith("List-")], kind  # noqa: SIM118 - a message
        assert "/reminders" not in outgoing.text


def test_the_address_that_switches_off_is_never_encoded(link: Link, app: Flask) -> None:
    """Python would fold a long one into encoded words, which mail programs take for no address."""
    app.config["BASE_URL"] = f"https://{'meetings.' * 12}example.org"
    raw = composed(book(link))["reminder"].as_bytes("<id@localhost>", SENT_AT)
    (line,) = [line for line in raw.split(b"\r\n") if line.startswith(b"List-Unsubscribe: ")]
    assert line.startswith(b"List-Unsubscribe: <https://meetings.")
    assert line.endswith(b"/reminders>")


# -- who writes to whom


def test_the_contact_hears_from_the_host_through_us(link: Link) -> None:
    message = parsed(composed(book(link))["confirmation"])
    assert str(message["From"]) == "Alice Martin via Northlight Acoustics <meetings@localhost>"
    assert str(message["Reply-To"]) == "Alice Martin <alice@example.org>"
    assert str(message["To"]) == "maren@example.com"


def test_the_host_hears_from_the_team_and_answers_the_contact(link: Link) -> None:
    message = parsed(composed(book(link))["host_booked"])
    assert str(message["From"]) == "Northlight Acoustics <meetings@localhost>"
    assert str(message["Reply-To"]) == "Maren Holt <maren@example.com>"
    assert str(message["To"]) == "alice@example.org"


def test_the_sender_can_be_set(link: Link, app: Flask) -> None:
    app.config["MAIL_DEFAULT_SENDER"] = "Whoever <meet@northlight.example>"
    message = parsed(composed(book(link))["confirmation"])
    assert str(message["From"]) == "Alice Martin via Northlight Acoustics <meet@northlight.example>"


# -- the invitation's life


def event_of(outgoing: Outgoing) -> icalendar.Event:
    assert outgoing.invitation is not None
    (event,) = icalendar.Calendar.from_ical(outgoing.invitation.content).events
    return event


def test_one_uid_for_life_and_a_sequence_that_grows(link: Link) -> None:
    booking = book(link)
    told = [composed(booking)["confirmation"]]
    for hours in (1, 2):
        booking = bookings.reschedule(booking, START + timedelta(hours=hours), NOW, by=None)
        told.append(composed(booking)["rescheduled"])
    booking = bookings.cancel(booking, NOW, by=None)
    told.append(composed(booking)["cancelled"])
    events = [event_of(outgoing) for outgoing in told]
    assert len({str(event["UID"]) for event in events}) == 1
    assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2, 3]
    stamps = [event.DTSTAMP for event in events]
    assert stamps == sorted(set(stamps))
    assert [str(event["STATUS"]) for event in events] == ["CONFIRMED"] * 3 + ["CANCELLED"]
    assert [event.start for event in events] == [START + timedelta(hours=hours) for hours in (0, 1, 2, 2)]
    assert len({str(event["ORGANIZER"]) for event in events}) == 1


def test_the_recipient_is_an_attendee_and_the_host_organizes(link: Link) -> None:
    event = event_of(composed(book(link))["confirmation"])
    assert str(event["ATTENDEE"]) == "mailto:maren@example.com"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert str(event["ORGANIZER"]) == "mailto:alice@example.org"
    assert event["ORGANIZER"].params["CN"] == "Alice Martin"


def test_the_hosts_copy_is_the_same_event(link: Link) -> None:
    told = composed(book(link))
    contact, host = event_of(told["confirmation"]), event_of(told["host_booked"])
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "DTSTAMP", "SUMMARY", "LOCATION"):
        assert contact[name].to_ical() == host[name].to_ical()
    assert "maren@example.com" in host["DESCRIPTION"]
    assert "Which room?\nThe loud one.\nBehind the kitchen.\n" in host["DESCRIPTION"]
    assert "Which room?\nThe loud one.\nBehind the kitchen.\n" in contact["DESCRIPTION"]


def test_an_event_handed_over_ends_as_it_was(app: Flask) -> None:
    alice, bob = make.user(), make.user("Bob Lee")
    booking = make.booking(make.link(alice, kind="round_robin", team=[alice, bob]), START)
    before = event_of(composed(booking)["confirmation"])
    make.busy(booking.hosts()[0].host, "2026-12-03 14:00", "2026-12-03 18:00")
    booking = bookings.reschedule(booking, START + timedelta(hours=1), NOW, by=None)
    told = composed(booking, "withdrawn", "rescheduled", "host_withdrawn", "host_booked")
    end, anew = event_of(told["withdrawn"]), event_of(told["rescheduled"])
    assert str(end["UID"]) == str(before["UID"]) != str(anew["UID"])
    assert (str(end["STATUS"]), int(end["SEQUENCE"])) == ("CANCELLED", 1)
    assert end.start == before.start == START
    assert str(end["ORGANIZER"]) == str(before["ORGANIZER"]) != str(anew["ORGANIZER"])
    assert str(event_of(told["host_withdrawn"])["STATUS"]) == "CANCELLED"
    assert anew.start == START + timedelta(hours=1)


def test_an_event_keeps_its_organizer_whatever_becomes_of_the_host(app: Flask) -> None:
    """Calendars listen to the organizer they know: from another, a change or an end would be nobody's."""
    root, alice, bob = make.user("Root", role=ADMIN), make.user(), make.user("Bob Lee")
    booking = make.booking(make.link(root, kind="round_robin", team=[alice, bob]), START)
    users.update(root, alice, {"email": "alice@new.example"})
    moved = bookings.reschedule(booking, START + timedelta(hours=1), NOW, by=None)
    assert str(event_of(composed(moved)["rescheduled"])["ORGANIZER"]) == "mailto:alice@example.org"
    make.removed(root, User.get_by_id(alice.id))
    handed = bookings.reschedule(moved, START + timedelta(hours=2), NOW, by=None)
    told = composed(handed, "withdrawn", "rescheduled")
    assert str(event_of(told["withdrawn"])["ORGANIZER"]) == "mailto:alice@example.org"
    assert str(event_of(told["rescheduled"])["ORGANIZER"]) == "mailto:bob@example.org"
    make.removed(root, User.get_by_id(bob.id))
    bookings.cancel(handed, NOW, by=root)
    off = composed(handed, "cancelled")["cancelled"]
    assert str(event_of(off)["ORGANIZER"]) == "mailto:bob@example.org"


def test_a_host_who_was_removed_is_neither_invited_nor_to_be_answered(app: Flask) -> None:
    root, alice = make.user("Root", role=ADMIN), make.user()
    booking = make.booking(make.link(root, kind="group", team=[alice]), START)
    make.removed(root, alice)
    off = composed(bookings.cancel(booking, NOW, by=root), "cancelled")["cancelled"]
    assert str(parsed(off)["Reply-To"]) == "Root <root@example.org>"
    assert str(event_of(off)["ATTENDEE"]) == "mailto:maren@example.com"
    alone = make.booking(make.link(alice := make.user("Al"), "alone"), START)
    make.removed(root, alice)
    off = composed(bookings.cancel(alone, NOW, by=root), "cancelled")["cancelled"]
    assert parsed(off)["Reply-To"] is None


def test_the_file_to_download_is_a_copy(link: Link) -> None:
    booking = book(link)
    file = icalendar.Calendar.from_ical(mails.calendar_file(booking))
    assert file["METHOD"] == invite.PUBLISH
    assert str(file.events[0]["UID"]) == booking.uid


def test_members_of_a_group_are_attendees(app: Flask) -> None:
    alice, bob = make.user(), make.user("Bob Lee")
    team: list[Mapping[str, Any]] = [{"user": alice.email}, {"user": bob.email, "check_availability": False}]
    outgoing = composed(make.booking(make.link(alice, kind="group", team=team), START))["confirmation"]
    found = event_of(outgoing)["ATTENDEE"]
    roles = {str(person): person.params["ROLE"] for person in found}
    assert roles == {"mailto:maren@example.com": "REQ-PARTICIPANT", "mailto:bob@example.org": "OPT-PARTICIPANT"}
    assert "Alice Martin and Bob Lee" in outgoing.text


# -- words


def test_each_reads_in_their_language_and_zone(link: Link) -> None:
    told = composed(book(link, timezone="Asia/Tokyo"))
    contact, host = told["confirmation"], told["host_booked"]
    assert (contact.locale, host.locale) == ("en", "fr")
    assert host.subject == "Nouveau rendez-vous : Maren Holt, jeu. 3 déc., 14:30"
    assert "Maren Holt a pris rendez-vous avec vous." in host.text
    assert "Thursday 3 December 2026, 22:30 to 23:00\nTokyo time (UTC+9)" in contact.text
    assert "jeudi 3 décembre 2026" in host.text
    assert "14:30" in host.text
    assert "UTC+1" in host.text
    assert "22:30" in host.text
    assert '<html lang="fr" dir="ltr">' in host.html


def test_a_contacts_language_is_that_of_the_booking(link: Link) -> None:
    told = composed(book(link, locale="fr"))
    assert told["confirmation"].locale == "fr"
    assert "jeudi 3 décembre 2026" in told["confirmation"].text


def test_script_from_right_to_left(link: Link, app: Flask) -> None:
    app.config["LOCALES"] = ("en", "ar")
    outgoing = composed(book(link, locale="ar"))["confirmation"]
    assert '<html lang="ar" dir="rtl">' in outgoing.html
    assert 'align="right"' in outgoing.html


def test_the_confirmation_says_it_all(link: Link) -> None:
    booking = book(link)
    outgoing = composed(booking)["confirmation"]
    page = f"http://localhost/booking/{access.mailed_token(booking)}"
    assert outgoing.subject == "Meeting with Alice Martin, Thu 3 Dec, 14:30"
    for words in ("Hello Maren,", "Rua do Alecrim 41, Lisbon", "Nothing to prepare.", f"{page}/reschedule", page):
        assert words in outgoing.text
    assert f"{page}/cancel" in outgoing.text
    assert f"{page}/invite.ics" in outgoing.text
    assert access.booking_by_token(access.mailed_token(booking), NOW) == booking


def test_only_mails_have_the_token_that_tells_who_reads_them(link: Link) -> None:
    booking = book(link)
    token = access.mailed_token(booking)
    assert access.is_mailed(token, booking)
    assert not access.is_mailed(access.manage_token(booking), booking)
    assert token not in mails.calendar_file(booking).decode().replace("\r\n ", "")
    booking.email = "elsewhere@example.com"
    assert not access.is_mailed(token, booking)  # what reached the old address says nothing about the new one
    assert access.booking_by_token(token, NOW) == booking


def test_the_host_finds_the_contact_the_answers_and_the_page(link: Link) -> None:
    booking = book(link)
    outgoing = composed(booking)["host_booked"]
    for words in (
        "Maren Holt",
        "maren@example.com",
        "Which room?\nThe loud one.\nBehind the kitchen.",
        f"http://localhost/bookings/{booking.public_id}",
    ):
        assert words in outgoing.text
    assert access.mailed_token(booking) not in outgoing.text


def test_a_move_says_who_moved_it_and_from_when(link: Link) -> None:
    booking = bookings.reschedule(book(link), START + timedelta(days=1), NOW, by=None)
    by_contact = composed(booking, "rescheduled", "host_rescheduled")
    assert "as you asked" in by_contact["rescheduled"].text
    assert "Before: Thursday 3 December 2026, 14:30 to 15:00" in by_contact["rescheduled"].text
    assert by_contact["rescheduled"].subject == "Meeting with Alice Martin, now Fri 4 Dec, 14:30"
    booking = bookings.reschedule(booking, START, NOW, by=link.organizer)
    by_host = composed(booking, "rescheduled")
    assert "as you asked" not in by_host["rescheduled"].text


def test_both_times_of_a_move_over_a_clock_change_have_their_offset(app: Flask) -> None:
    """New York changes its clocks between the two, Paris does not."""
    early = make.at("2027-03-08 08:00")
    booking = make.booking(make.link(), make.at("2027-03-12 15:00"), now=early, timezone="America/New_York")
    told = composed(bookings.reschedule(booking, make.at("2027-03-16 15:00"), early, by=None))
    assert (
        "Tuesday 16 March 2027, 11:00 to 11:30\nNew York time (UTC−4)\n"
        "Before: Friday 12 March 2027, 10:00 to 10:30, New York time (UTC−5)\n"
    ) in told["rescheduled"].text
    assert (
        "Tuesday 16 March 2027, 16:00 to 16:30\nParis time (UTC+1)\n"
        "For them: Tue 16 Mar, 11:00, New York time (UTC−4)\n"
        "Before: Friday 12 March 2027, 16:00 to 16:30, Paris time (UTC+1)\n"
    ) in told["host_rescheduled"].text


def handed_over(app: Flask, *, title: str = "") -> dict[str, Outgoing]:
    """A meeting that moved from Alice to Bob."""
    alice, bob = make.user(), make.user("Bob Lee")
    link = make.link(alice, kind="round_robin", team=[alice, bob], overview={"title": title})
    make.busy(bob, "2026-12-03 13:00", "2026-12-03 14:00")
    make.busy(alice, "2026-12-03 14:00", "2026-12-03 18:00")
    booking = bookings.reschedule(make.booking(link, START), START + timedelta(hours=1), NOW, by=None)
    return composed(booking, "withdrawn", "rescheduled", "host_withdrawn", "host_booked")


def test_a_meeting_handed_over_names_who_holds_it_now(app: Flask) -> None:
    told = handed_over(app)
    assert "Your meeting has moved, as you asked. You now meet Bob Lee." in told["rescheduled"].text
    assert "A meeting with Maren Holt has moved, and is now yours." in told["host_booked"].text
    titles = {kind: str(event_of(outgoing)["SUMMARY"]) for kind, outgoing in told.items()}
    before, after = "Maren Holt and Alice Martin", "Maren Holt and Bob Lee"
    assert titles == {"withdrawn": before, "host_withdrawn": before, "rescheduled": after, "host_booked": after}


def test_a_title_that_the_link_gives_stays_whoever_holds_the_meeting(app: Flask) -> None:
    titles = {str(event_of(outgoing)["SUMMARY"]) for outgoing in handed_over(app, title="Room talk").values()}
    assert titles == {"Room talk"}


def test_a_cancellation_gives_the_reason_and_a_way_back(link: Link) -> None:
    booking = bookings.cancel(book(link), NOW, reason="A cold.", by=link.organizer)
    text = composed(booking, "cancelled")["cancelled"].text
    assert "A cold." in text
    assert "http://localhost/book/demo" in text
    assert "/cancel" not in text


@pytest.mark.parametrize("before", [timedelta(hours=2), timedelta(hours=20), timedelta(days=2)])
def test_a_reminder_names_the_day(link: Link, before: timedelta) -> None:
    """Never "tomorrow": a retry sends the bytes of the first attempt, and that may be the day before."""
    rows = {row.kind: row for row in outbox.states_of(book(link))}
    contact, host = (mails.compose(rows[kind], START - before).text for kind in ("reminder", "host_reminder"))
    assert "you meet Alice Martin on Thursday 3 December." in contact
    assert "rendez-vous avec Maren Holt le jeudi 3 décembre." in host


def test_the_day_is_meant_in_the_readers_zone(link: Link) -> None:
    """At 16:30 on Wednesday in Paris it is Thursday in Tokyo."""
    told = make.booking(link, make.at("2026-12-02 15:30"), answers=ANSWERS, timezone="Asia/Tokyo")
    rows = {row.kind: row for row in outbox.states_of(told)}
    assert "on Thursday 3 December." in mails.compose(rows["reminder"], NOW).text
    assert "le mercredi 2 décembre." in mails.compose(rows["host_reminder"], NOW).text


def test_the_description_can_be_left_out_of_reminders(alice: User) -> None:
    link = make.link(
        alice,
        overview={"description": DESCRIPTION},
        automation={"reminders": [{"value": 1, "unit": "days"}], "include_description": False},
    )
    told = composed(book(link))
    assert "Nothing to prepare" in told["confirmation"].text
    for kind in ("reminder", "host_reminder"):
        assert "Nothing to prepare" not in told[kind].text
        assert "Nothing to prepare" not in told[kind].html


def test_a_place_on_the_web_is_the_button(alice: User) -> None:
    link = make.link(alice, overview={"location": "https://video.example/room?a=1&b=2"})
    outgoing = composed(book(link))["confirmation"]
    assert "Join the meeting\nhttps://video.example/room?a=1&b=2" in outgoing.text
    assert event_of(outgoing)["URL"] == "https://video.example/room?a=1&b=2"


@pytest.mark.parametrize("place", ["javascript:alert(1)", "https://x.example/ and more", "http://plain.example/"])
def test_no_other_place_is_a_link(alice: User, place: str) -> None:
    outgoing = composed(book(make.link(alice, overview={"location": place})))["confirmation"]
    assert "Join the meeting" not in outgoing.text
    assert f'href="{place[:10]}' not in outgoing.html


def test_a_stranger_cannot_greet_with_a_link(link: Link) -> None:
    """Whoever types somebody else's address must not have us mail their advertisement."""
    told = composed(book(link, first_name="Win at www.evil.example", last_name="now"))
    assert "evil" not in told["confirmation"].text
    assert "Hello," in told["confirmation"].text


def test_a_stranger_cannot_put_a_link_into_somebodys_calendar(app: Flask) -> None:
    """The host's calendar shows what was typed, the contact's the address instead."""
    alice = make.user()
    for hours, title, shown in (
        (0, "", "maren@example.com and Alice Martin"),
        (1, "{{ contact.first_name }}, {{ contact.last_name }} and us", "maren@example.com, Holt and us"),
    ):
        link = make.link(alice, f"link-{hours}", overview={"title": title})
        booking = make.booking(link, START + timedelta(hours=hours), first_name="www.evil.example", last_name="Holt")
        told = composed(booking)
        event = event_of(told["confirmation"])
        assert str(event["SUMMARY"]) == shown
        assert "CN" not in event["ATTENDEE"].params
        assert "evil" not in told["confirmation"].text
        assert b"evil" not in mails.calendar_file(booking)
        assert "www.evil.example" in str(event_of(told["host_booked"])["SUMMARY"])


def test_no_other_time_is_offered_where_none_can_be_had(link: Link) -> None:
    booking = book(link)
    links.switch_off(link.organizer, link, NOW)
    for kind, outgoing in composed(Booking.get_by_id(booking.id), "confirmation", "reminder").items():
        assert "Choose another time" not in outgoing.text, kind
        assert "/reschedule" not in outgoing.html
        assert "/cancel" in outgoing.text


def test_mails_to_users_carry_the_link_and_its_end(link: Link, bob: User) -> None:
    found = every_kind(link, bob)
    assert "http://localhost/password/x" in found["nobody_met"].text  # good as long as the link is there
    for kind in mails.TO_USER.keys() - {"nobody_met"}:
        assert "http://localhost/password/x" in found[kind].text
        assert "Thursday 3 December, 08:30, New York time (UTC−5)" in found[kind].text
        assert parsed(found[kind])["Reply-To"] is None
    assert "Alice Martin made an account for you at Northlight Acoustics." in found["set_password"].text


# -- text and HTML


def words_of(html: str) -> list[str]:
    """What a reader of the HTML sees, piece by piece."""
    body = dom.parse(html).find("body")
    return [text for piece in body.itertext() if (text := " ".join(piece.split())) and text != "·"]


def links_of(html: str) -> set[str]:
    body = dom.parse(html).find("body")
    return {link.get("href") for link in body.iter("a")}


def test_text_and_html_say_the_same(link: Link, bob: User) -> None:
    for kind, outgoing in every_kind(link, bob).items():
        plain = [" ".join(line.split()) for line in outgoing.text.splitlines() if line]
        seen = words_of(outgoing.html)
        addresses = {line for line in plain if line.startswith("http")}
        assert [line for line in plain if line not in addresses] == seen, kind
        assert addresses == {address for address in links_of(outgoing.html) if not address.startswith("mailto:")}, kind


def test_the_html_loads_nothing_and_runs_nothing(link: Link, bob: User) -> None:
    for kind, outgoing in every_kind(link, bob).items():
        page = dom.parse(outgoing.html)
        elements = list(page.iter())
        assert not {"script", "img", "link", "iframe", "form", "input"} & {element.tag for element in elements}
        assert not [name for element in elements for name in element.attrib if name.startswith("on") or name == "src"]
        assert "url(" not in outgoing.html, kind
        assert sum("button" in element.get("class", "").split() for element in elements) <= 1, kind


def test_every_mail_says_when_with_its_zone(link: Link, bob: User) -> None:
    for kind, outgoing in every_kind(link, bob).items():
        if kind not in {*mails.TO_USER, *mails.TO_ADDRESS}:
            assert re.search(r"\(UTC[+−]\d", outgoing.text), kind
            assert "2026" in outgoing.text, kind


# -- strangers' text

HOSTILE = [
    "Evil\r\nBcc: victim@example.org",
    "Evil\nBcc: victim@example.org\n\n<h1>body</h1>",
    "\u2028Bcc: x@y.example",
    "a\x00b\x85c",
    '"; <x@y.example>, z@y.example',
    "=?utf-8?q?=0D=0ABcc:_x@y.example?=",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ config }} {% raw %} %(name)s %s",
    "\u202eexe.pdf",
    "é, ü. " * 19,
    "Ana, Bo (Dr.) & Co. " * 6,
    "x" * 120,
]
hostile = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
HEADERS = {
    *("From", "Reply-To", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
    *("Content-Language", "MIME-Version", "Content-Type"),
}
UNSUBSCRIBE = {"List-Unsubscribe", "List-Unsubscribe-Post"}


@pytest.mark.alike
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=hostile, host=hostile, team=hostile, place=hostile)
def test_no_text_changes_how_a_mail_is_built(link: Link, name: str, host: str, team: str, place: str) -> None:
    booking = Booking.get_or_none() or book(link)
    booking.first_name, booking.last_name, booking.location, booking.title = name, "", place, name
    booking.cancel_reason = place
    organizer = User(**{**link.organizer.__data__, "name": host})
    answers = [Answer(label=name, value=place, kind="text", in_invite=True)]
    meeting = mails.Meeting(booking, [(organizer, True)], team, token="t", answers=answers, again_path="/x")
    for kind in ("confirmation", "cancelled", "reminder"):
        check_build(mails.TO_CONTACT[kind](meeting, {}, NOW), "maren@example.com", "alice@example.org")
    for kind in ("host_booked", "host_cancelled"):
        check_build(mails.TO_HOST[kind](meeting, organizer, {}, NOW), "alice@example.org", "maren@example.com")


def check_build(outgoing: Outgoing, to: str, reply_to: str) -> None:
    message = parsed(outgoing)
    headers = HEADERS | (UNSUBSCRIBE if outgoing.kind == "reminder" else set())
    assert set(message.keys()) == headers
    assert len(message.keys()) == len(headers)
    for header, address in {"From": "meetings@localhost", "To": to, "Reply-To": reply_to}.items():
        assert [found.addr_spec for found in message[header].addresses] == [address]
    assert not message.defects
    page = dom.parse(outgoing.html)
    assert not {"script", "img", "h1"} & {element.tag for element in page.iter()}
    assert tree(message) == SHAPES[outgoing.kind][0]


def test_an_address_beyond_ascii_makes_a_message_in_utf_8(link: Link) -> None:
    booking = book(link)
    booking.email = "jörg@example.com"
    outgoing = mails.TO_CONTACT["confirmation"](mails.meeting_of(booking), {}, NOW)
    assert "jörg@example.com".encode() in outgoing.as_bytes("<id@localhost>", NOW)


# -- preview


def test_a_preview_is_what_would_be_sent(link: Link) -> None:
    shown = mails.preview(link, "reminder", {"value": 1, "unit": "days"}, "contact", "en", NOW)
    assert shown.subject == "Reminder: Wed 9 Dec, 09:00, with Alice Martin"
    assert "Hello Alex," in shown.text
    assert "you meet Alice Martin on Wednesday 9 December." in shown.text
    assert "Nothing to prepare." in shown.text
    assert str(shown.reply_to) == "Alice Martin <alice@example.org>"
    parsed(shown)


KINDS_IN_WORDS = {
    "line": "A short answer",
    "text": "It can have several lines.",
    "number": "12",
    "date": "8 Jan 2027",
    "yes_no": "Yes",
    "phone": "+44 20 7946 0958",
    "url": "https://www.example.org",
    "select": "Red",
    "radio": "Red",
    "checkboxes": "Blue",
}


def test_a_preview_shows_how_answers_of_every_kind_look(alice: User) -> None:
    options = {"options": ["Red", "Blue", "Green"]}
    fields = [
        {"name": f"a_{kind}", "label": f"Asks {kind}?", "type": "question", "kind": kind}
        | (options if kind in ("select", "radio", "checkboxes") else {})
        for kind in KINDS_IN_WORDS
    ]
    link = make.link(alice, "asks", form={"fields": fields})
    for audience in ("contact", "host"):
        shown = mails.preview(link, "confirmation", None, audience, "en", NOW)
        for kind, words in KINDS_IN_WORDS.items():
            is_told = kind != "url" or audience == "host"  # strangers' links go to no mailbox
            assert (f"Asks {kind}?" in shown.text) == is_told
            assert (words in shown.text) == is_told, kind
        assert "Green" not in shown.text
    french = mails.preview(link, "confirmation", None, "host", "fr", NOW)
    assert "8 janv. 2027" in french.text
    assert "Oui" in french.text
    assert not Booking.select().exists()


def test_a_previews_title_is_filled_in_with_such_an_answer(alice: User) -> None:
    form = {"fields": [{"name": "company", "label": "", "type": "property"}]}
    link = make.link(alice, "asks", form=form, overview={"title": "A talk with {{ company.name }}"})
    shown = mails.preview(link, "confirmation", None, "host", "en", NOW)
    assert shown.invitation is not None
    assert b"SUMMARY:A talk with Example Company" in shown.invitation.content


def test_a_preview_needs_no_saved_link_and_leaves_nothing_behind(alice: User, link: Link) -> None:
    unsaved = Link(
        kind="individual",
        organizer=alice,
        slug="new",
        internal_name="New",
        overview={**link.overview, "title": "", "description": "Fresh words."},
        scheduling=link.scheduling,
        automation=link.automation,
    )
    for kind in ("confirmation", "reminder"):
        for audience in ("contact", "host"):
            for locale in ("en", "fr"):
                shown = mails.preview(unsaved, kind, {"value": 2, "unit": "hours"}, audience, locale, NOW)
                assert "Fresh words." in shown.text
                assert shown.locale == locale
    assert not Booking.select().exists()
    assert not Delivery.select().exists()
