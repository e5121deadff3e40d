"""A team at work: links for several hosts made and booked, a contact who gets an owner, a meeting that changes hands.

The app is the real app.py in a process of its own; mail goes to a real SMTP server. Everybody sits at a browser of their
own: with script, but for whoever makes and books the group's link.
"""

import re
import time
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import make
from tests.browser import Opener
from tests.process import Process
from tests.smtp import MailServer

from .test_flow import CONTACT, HOST, choose, event, set_up, text_of, uid

pytestmark = pytest.mark.browser

BOTH = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)  # the group's meeting: 10:00 in Paris, 9:00 in Lisbon
FIRST = datetime(2026, 12, 3, 13, 30, tzinfo=UTC)
SECOND = datetime(2026, 12, 4, 10, 0, tzinfo=UTC)
TEAM = ("Joakim Ström", "Aiko Tanabe", "Priya Raman")
STRANGER = "Samir Haddad"
OTHER = "elin@norrlandtimber.example"


def address(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@northlight.example"


def test_a_team_at_work(open_there: Opener, process: Process, mail_server: MailServer) -> None:
    admin = open_there(process.setup_address, timezone_id="Europe/Lisbon")
    set_up(admin)
    people = {name: join(admin, open_there, name, script=name != "Priya Raman") for name in (*TEAM, STRANGER)}
    talk = make_round_robin(admin)
    both = make_group(people["Priya Raman"])

    book_group(open_there(both, script=False, timezone_id="Europe/Paris"))
    check_group(mail_server)

    contact = open_there(talk, width="phone", timezone_id="Europe/Paris")
    book_as_unknown(contact)
    check_invitation(mail_server, "Joakim Ström", FIRST)
    person = give_owner(admin, "Aiko Tanabe")

    contact.goto(talk)
    book_with_owner(contact)
    check_invitation(mail_server, "Aiko Tanabe", SECOND)

    meeting = read_ledger(people["Aiko Tanabe"])
    hand_over(people["Aiko Tanabe"], to="Joakim Ström")
    check_hand_over(mail_server)
    check_who_sees(people, meeting, person)


# --- the team


def join(admin: Page, open_there: Opener, name: str, *, script: bool) -> Page:
    """Somebody is added, and sets their password at the address that the admin hands over."""
    admin.goto("/team/add")
    admin.get_by_label("Name").fill(name)
    admin.get_by_label("E-mail").fill(address(name))
    admin.get_by_label("Time zone").select_option("Europe/Lisbon")
    admin.get_by_role("button", name="Add the person").click()
    link = admin.get_by_label("Address to set a password").input_value()
    page = open_there(link, script=script, timezone_id="Europe/Lisbon")
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", name="Nothing to book yet")).to_be_visible()
    return page


def add_member(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Add {name}").click()
    expect(page.locator("#members")).to_contain_text(name)


def make_round_robin(page: Page) -> str:
    """Of three, without whoever makes it; the first of them has twice the weight. Returns its public address."""
    page.goto("/links")
    page.get_by_role("link", name="Make the first link").click()
    dialog = page.get_by_role("dialog", name="Whom will people meet?")
    dialog.get_by_role("link", name="Round robin").click()
    page.get_by_label("Internal name").fill("Talk to an acoustician")
    page.get_by_role("textbox", name="Address", exact=True).fill("talk")
    page.get_by_role("button", name="Next: Team").click()

    page.get_by_role("button", name="Add a member").click()
    for name in TEAM:
        add_member(page, name)
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="Remove: Inês Carvalho").click()
    expect(page.locator("#members > li")).to_have_count(3)
    page.get_by_label("Weight: Joakim Ström").fill("2")
    page.get_by_role("button", name="Next: Scheduling experience").click()

    page.get_by_role("switch", name="Prioritize contact owner").check()
    page.get_by_role("textbox", name="Text").fill("Half an hour with one of us.")
    page.get_by_role("button", name="Next: Schedule").click()
    page.get_by_label("Heading above the calendar").fill("Talk to an acoustician")
    return finish(page)


def make_group(page: Page) -> str:
    """Of two, by hand alone: without script, every step is a page."""
    page.goto("/links/new")
    page.get_by_role("link", name="Group").click()
    page.get_by_label("Internal name").fill("Site review")
    page.get_by_role("textbox", name="Address", exact=True).fill("site")
    page.get_by_role("button", name="Next: Team").click()
    page.get_by_role("button", name="Add a member").click()
    add_member(page, "Aiko Tanabe")
    page.get_by_role("button", name="Next: Scheduling experience").click()
    return finish(page)


def finish(page: Page) -> str:
    """Through the rest of the wizard, with what stands there."""
    page.get_by_role("button", name="Next: Form").click()
    page.get_by_role("button", name="Next: Confirmation").click()
    page.get_by_role("button", name="Next: Automation").click()
    page.get_by_role("button", name="Finish and share").click()
    expect(page.get_by_role("heading", name="It’s live. Share it")).to_be_visible()
    return page.get_by_role("textbox", name="Address", exact=True).input_value()


def give_owner(page: Page, name: str) -> str:
    """Returns the address of the contact's page."""
    page.goto("/contacts")
    page.get_by_role("link", name="Maren Holt").click()
    page.get_by_role("link", name="Edit Maren Holt").click()
    page.get_by_label("Owner").select_option(label=name)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Maren Holt")).to_be_visible()
    expect(page.locator("main")).to_contain_text(name)
    return page.url


# --- the contacts


def open_day(page: Page, day: str) -> None:
    page.get_by_role("link", name=re.compile(f"^{day} December")).click()


def fill_in(page: Page, email: str, first_name: str, last_name: str) -> None:
    page.get_by_label("First name").fill(first_name)
    page.get_by_label("Last name").fill(last_name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Confirm for").click()
    expect(page.get_by_role("heading", name="Add to your calendar")).to_be_visible()


def slot(page: Page, start: datetime) -> Locator:
    return page.locator(f'#here a.slot[href*="start={int(start.timestamp())}"]')


def book_group(page: Page) -> None:
    page.get_by_role("link", name="December 2026").click()
    open_day(page, "Thursday 3")
    choose(page, BOTH)
    fill_in(page, OTHER, "Elin", "Sandberg")


def say_address(page: Page) -> None:
    expect(page.get_by_text("Half an hour with one of us.")).to_be_visible()
    page.get_by_label("E-mail").fill(CONTACT)
    page.get_by_role("button", name="See free times").click()
    page.get_by_role("link", name="December 2026").click()
    open_day(page, "Thursday 3")


def book_as_unknown(page: Page) -> None:
    """Everybody's times: also the one at which two of three have their meeting together."""
    say_address(page)
    expect(slot(page, BOTH)).to_be_visible()
    choose(page, FIRST)
    expect(page.get_by_label("E-mail")).to_have_value(CONTACT)
    fill_in(page, CONTACT, "Maren", "Holt")


def book_with_owner(page: Page) -> None:
    """The owner's times, everybody's for a look, and back."""
    say_address(page)
    expect(slot(page, FIRST.replace(hour=12))).to_be_visible()
    expect(slot(page, BOTH)).to_have_count(0)
    page.get_by_role("link", name="See everyone’s times").click()
    expect(slot(page, BOTH)).to_be_visible()
    page.go_back()
    expect(slot(page, BOTH)).to_have_count(0)
    open_day(page, "Friday 4")
    choose(page, SECOND)
    fill_in(page, CONTACT, "Maren", "Holt")


# --- the hosts


def read_ledger(page: Page) -> str:
    """Whoever holds the meeting is told why. Returns the address of its page."""
    page.goto("/bookings")
    page.get_by_role("region", name="Friday 4 December").get_by_role("link").first.click()
    why = page.get_by_role("region", name="Why this host")
    expect(why).to_contain_text("Aiko Tanabe, because this contact is theirs.")
    expect(why.get_by_role("row")).to_have_count(4)
    return page.url


def hand_over(page: Page, to: str) -> None:
    page.get_by_role("link", name="Give to another host").click()
    page.get_by_role("link", name=f"Choose {to}").click()
    page.get_by_role("button", name="Give the meeting").click()
    expect(page.get_by_text(f"{to} meets Maren Holt now.")).to_be_visible()


def check_who_sees(people: dict[str, Page], meeting: str, person: str) -> None:
    """A meeting is its host's, a contact theirs who met or own them, a link its team's, to change its organizer's.

    All else isn't there.
    """
    addresses = (meeting, person, "/links/talk/turns", "/links/talk/explain", "/links/site/edit/team")
    expected = {
        "Joakim Ström": [200, 200, 200, 200, 404],
        "Aiko Tanabe": [404, 200, 200, 200, 403],
        "Priya Raman": [404, 404, 200, 200, 200],
        STRANGER: [404, 404, 404, 404, 404],
    }
    for name, answers in expected.items():
        request = people[name].context.request
        assert [request.get(one).status for one in addresses] == answers, name


# --- the mails


def mails(server: MailServer, to: str, count: int) -> list[EmailMessage]:
    """What came to an address, once there are so many with an event."""
    give_up = time.monotonic() + 10
    while True:
        found = [one.message for one in server.to(to) if "text/calendar" in str(one.message)]
        if len(found) >= count:
            assert len(found) == count
            return found
        assert time.monotonic() < give_up, [one["Subject"] for one in found]
        time.sleep(0.05)


def check_group(server: MailServer) -> None:
    [invited] = mails(server, OTHER, 1)
    assert event(invited)[0] == "REQUEST"
    assert event(invited)[2] == BOTH
    for name in ("Priya Raman", "Aiko Tanabe"):
        [told] = mails(server, address(name), 1)
        assert (event(told)[2], uid(told)) == (BOTH, uid(invited))
        assert name in text_of(invited)


def check_invitation(server: MailServer, name: str, start: datetime) -> None:
    """To the contact and to the one host, about the same event."""
    number = 1 if start == FIRST else 2
    invited = mails(server, CONTACT, number)[-1]
    told = mails(server, address(name), number)[-1]
    assert (event(invited)[0], event(invited)[2]) == ("REQUEST", start)
    assert uid(told) == uid(invited)
    assert name in text_of(invited)


def check_hand_over(server: MailServer) -> None:
    """The former event ends for contact and host, and a new one begins with the new host."""
    _, former, *after = mails(server, CONTACT, 4)
    ended, begun = sorted(after, key=lambda mail: event(mail)[0])
    assert (event(ended)[0], uid(ended)) == ("CANCEL", uid(former))
    assert (event(begun)[0], event(begun)[2]) == ("REQUEST", SECOND)
    assert uid(begun) != uid(former)
    assert "Joakim Ström" in text_of(begun)
    assert uid(mails(server, address("Joakim Ström"), 2)[-1]) == uid(begun)
    assert uid(mails(server, address("Aiko Tanabe"), 3)[-1]) == uid(former)
    assert mails(server, address("Priya Raman"), 1)
    assert not [one for one in server.to(HOST) if "text/calendar" in str(one.message)]
