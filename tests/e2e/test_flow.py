"""From the printed set-up address to the reminder and back: nothing is faked, only the clock is moved.

The app is the real app.py in a process of its own, in an empty folder; mail goes to a real SMTP server; host and
contact sit at a real browser each, with script and without.
"""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
import vobject
from playwright.sync_api import Page, expect

from tests.browser import Opener
from tests.process import Process
from tests.smtp import MailServer

pytestmark = pytest.mark.browser

START = datetime(2026, 12, 3, 13, 30, tzinfo=UTC)  # 14:30 in Paris, 13:30 in Lisbon
MOVED = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)  # 10:00 in Paris
HOST, CONTACT = "ines@northlight.example", "maren@fjordkontor.example"
PASSWORD = "a room with a good echo"
TITLE = "Maren: a room to listen to"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_from_set_up_to_reminder(open_there: Opener, process: Process, mail_server: MailServer, script: bool) -> None:
    host = open_there(process.setup_address, script=script, timezone_id="Europe/Lisbon")
    set_up(host)
    address = make_link(host)

    contact = open_there(address, script=script, width="phone", timezone_id="Europe/Paris")
    if not script:  # with script the page knows by itself
        choose_zone(contact, "Paris")
    book(contact)
    own_page = check_invitations(mail_server)
    look_at_bookings(host, "Thursday 3 December", "13:30")

    check_reminder(process, mail_server)

    contact.goto(own_page)
    move(contact)
    check_update(mail_server)
    look_at_bookings(host, "Friday 4 December", "09:00")

    cancel(contact)
    check_withdrawal(mail_server)
    look_at_cancelled(host)


# --- the host


def set_up(page: Page) -> None:
    expect(page).to_have_title(re.compile("Set-up"))
    page.get_by_label("Name of the team").fill("Northlight Acoustics")
    page.get_by_label("Your name").fill("Inês Carvalho")
    page.get_by_label("E-mail").fill(HOST)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Time zone").select_option("Europe/Lisbon")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Nothing to book yet")).to_be_visible()


def make_link(page: Page) -> str:
    """Every step of the wizard. Returns the address that the last page shows."""
    page.get_by_role("link", name="Make the first link").click()
    page.get_by_role("link", name="Individual").click()
    page.get_by_label("Internal name").fill("Let’s listen to your room")
    page.get_by_role("textbox", name="Address", exact=True).fill("listen")
    page.get_by_role("textbox", name="Title").fill("{{ contact.first_name }}: a room to listen to")
    page.get_by_label("Location").fill("Rua do Alecrim 41, Lisbon")
    page.get_by_label("Description").fill("Nothing to prepare.\nA plan helps.")
    page.get_by_role("button", name="Next: Scheduling experience").click()

    page.get_by_label("Heading above the calendar").fill("Let’s listen to your room")
    page.get_by_label("Another length in minutes").fill("60")
    page.get_by_role("button", name="Add a duration").click()
    expect(page.get_by_role("button", name="Remove 60 min")).to_be_visible()
    monday = page.get_by_role("group", name="Monday", exact=True)
    monday.get_by_label("From").fill("14")
    monday.get_by_label("To", exact=True).fill("13")
    page.get_by_role("button", name="Next: Form").click()
    page.get_by_role("button", name=re.compile("Use 14:00 to")).click()
    expect(monday.get_by_label("To", exact=True)).to_have_value("17:00")
    page.get_by_role("button", name="Next: Form").click()

    page.get_by_role("button", name="Ask your own question").click()
    page.get_by_role("textbox", name="Question", exact=True).fill("What should we listen for?")
    page.get_by_role("button", name="Next: Confirmation").click()
    page.get_by_role("button", name="Next: Automation").click()

    page.get_by_role("button", name="Add a reminder").click()
    page.get_by_label("How long before").fill("1")
    page.get_by_label("Unit").select_option("days")
    page.get_by_role("button", name="Finish and share").click()
    expect(page.get_by_role("heading", name="It’s live. Share it")).to_be_visible()
    return page.get_by_role("textbox", name="Address", exact=True).input_value()


def look_at_bookings(page: Page, day: str, time: str) -> None:
    page.goto("/bookings")
    section = page.get_by_role("region", name=day)
    expect(section.get_by_role("link", name=re.compile(f"{time}.*{TITLE}"))).to_be_visible()


def look_at_cancelled(page: Page) -> None:
    page.goto("/bookings")
    expect(page.get_by_text("Nothing is booked yet")).to_be_visible()
    page.get_by_role("link", name="Cancelled").click()
    page.get_by_role("link", name=re.compile(TITLE)).click()
    expect(page.get_by_text("The plan is not ready.")).to_be_visible()
    expect(page.get_by_text("Behind the kitchen.")).to_be_visible()


# --- the contact


def book(page: Page) -> None:
    expect(page.get_by_role("heading", name="Let’s listen to your room")).to_be_visible()
    expect(page.locator("#zone summary")).to_contain_text("Paris")
    page.get_by_role("link", name="December 2026").click()
    page.get_by_role("link", name=re.compile("^Thursday 3 December")).click()
    choose(page, START)
    page.get_by_label("First name").fill("Maren")
    page.get_by_label("Last name").fill("Holt")
    page.get_by_label("E-mail").fill("maren at fjordkontor")
    page.get_by_label("What should we listen for?").fill("The loud room.\nBehind the kitchen.")
    page.get_by_role("button", name="Confirm for").click()
    expect(page.locator("#w-email")).to_be_visible()
    assert page.get_by_label("First name").input_value() == "Maren"
    page.get_by_label("E-mail").fill(CONTACT)
    page.get_by_role("button", name="Confirm for").click()
    expect(page.get_by_role("heading", name="Add to your calendar")).to_be_visible()


def choose_zone(page: Page, city: str) -> None:
    page.locator("#zone summary").click()
    page.locator("#zone").get_by_role("link").click()
    page.get_by_role("searchbox").fill(city)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=re.compile(f"^{city}")).first.click()


def choose(page: Page, start: datetime) -> None:
    page.locator(f'#here a.slot[href*="start={int(start.timestamp())}"]').click()


def move(page: Page) -> None:
    page.get_by_role("link", name="Reschedule").click()
    expect(page.get_by_text("Instead of")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Friday 4 December")).click()
    choose(page, MOVED)
    page.get_by_role("button", name="Move to").click()
    expect(page.get_by_role("heading", name="Add to your calendar")).to_be_visible()


def cancel(page: Page) -> None:
    page.get_by_role("link", name="Cancel the meeting").click()
    page.get_by_label("A word to your host").fill("The plan is not ready.")
    page.get_by_role("button", name="Cancel the meeting").click()
    expect(page.get_by_role("heading", name="cancelled")).to_be_visible()


# --- the mails


def check_invitations(mail_server: MailServer) -> str:
    """Contact and host have one mail each with the same event. Returns the address of the contact's own page."""
    mail_server.wait_for(2)
    [for_contact] = mail_server.to(CONTACT)
    [for_host] = mail_server.to(HOST)
    assert event(for_contact.message) == ("REQUEST", 0, START, START + timedelta(minutes=30), TITLE)
    assert event(for_host.message) == (
        "PUBLISH",
        *event(for_contact.message)[1:],
    )  # the host invites: nothing to answer
    assert uid(for_host.message) == uid(for_contact.message)
    assert "What should we listen for?" in text_of(for_host.message)
    found = re.search(r"http://localhost:\d+/booking/[\w.-]+", text_of(for_contact.message))
    assert found
    return found.group()


def check_reminder(process: Process, mail_server: MailServer) -> None:
    """Nothing a minute before its time, one for each a minute after, and no second one."""
    due = START - timedelta(days=1)
    process.set_clock(due - timedelta(minutes=1))
    process.wait_for_ticks(1)
    assert len(mail_server.received) == 2
    process.set_clock(due + timedelta(minutes=1))
    mail_server.wait_for(4)
    process.wait_for_ticks(1)
    assert len(mail_server.received) == 4
    reminder = mail_server.to(CONTACT)[-1].message
    assert "3 December" in text_of(reminder)
    assert "14:30" in text_of(reminder)


def check_update(mail_server: MailServer) -> None:
    mail_server.wait_for(6)
    before, after = mail_server.to(CONTACT)[0].message, mail_server.to(CONTACT)[-1].message
    assert event(after) == ("REQUEST", 1, MOVED, MOVED + timedelta(minutes=30), TITLE)
    assert uid(after) == uid(before)
    assert event(mail_server.to(HOST)[-1].message) == ("PUBLISH", *event(after)[1:])


def check_withdrawal(mail_server: MailServer) -> None:
    mail_server.wait_for(8)
    before, after = mail_server.to(CONTACT)[0].message, mail_server.to(CONTACT)[-1].message
    assert event(after)[:2] == ("CANCEL", 2)
    assert uid(after) == uid(before)
    assert "The plan is not ready." in text_of(mail_server.to(HOST)[-1].message)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def invitation(message: EmailMessage) -> str:
    [part] = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    return part.get_payload(decode=True).decode()


def event(message: EmailMessage) -> tuple[str, int, datetime, datetime, str]:
    """Method, sequence, start, end and title: as one library reads them, once the other agreed."""
    [first], [second] = read_by_icalendar(invitation(message)), read_by_vobject(invitation(message))
    assert first == second
    return first


def read_by_icalendar(text: str) -> list[tuple[Any, ...]]:
    calendar = icalendar.Calendar.from_ical(text)
    return [
        (
            str(calendar["METHOD"]),
            int(one["SEQUENCE"]),
            one["DTSTART"].dt.astimezone(UTC),
            one["DTEND"].dt.astimezone(UTC),
            str(one["SUMMARY"]),
        )
        for one in calendar.walk("VEVENT")
    ]


def read_by_vobject(text: str) -> list[tuple[Any, ...]]:
    calendar = vobject.readOne(text)
    return [
        (
            calendar.method.value,
            int(one.sequence.value),
            one.dtstart.value.astimezone(UTC),
            one.dtend.value.astimezone(UTC),
            one.summary.value,
        )
        for one in calendar.vevent_list
    ]


def uid(message: EmailMessage) -> str:
    return str(vobject.readOne(invitation(message)).vevent.uid.value)
