"""The pages of links for several hosts and of the contacts they meet, each in each of its states."""

import pytest
from playwright.sync_api import Page, expect

from meetings.models import Booking, BusyTime, Company, Contact, Note, Schedule, User
from meetings.services import access
from tests import make
from tests.browser import Live, Opener, data

from .inspection import NOW, Inspection, send_as_it_is

pytestmark = pytest.mark.browser

HOST = "ines@northlight.example"
LINK = "/links/your-project"
EXPLAINED = "at=2026-12-02T10:30&timezone=Europe/Paris"
ONLY_MEASURED = {
    "contact-new",
    "company-new",
    "explain",
    "contacts-none-like-that",
    "companies-none-like-that",
}  # like others
FILE = """E-mail,Name,Company,Favourite room
ana@acme.example,Ana Silva,Acme,The cellar
maren.holt@fjordkontor.example,Maren Holt,Fjordkontor AS,
not an address,Nobody,,The attic
"""


def addresses(live: Live) -> dict[str, str]:
    """Pages that are asked for by their address alone, by the name of their picture."""
    with data(live):
        handed = Booking.get(Booking.assigned_by == "handed_over").public_id
        owned = Booking.get(Booking.assigned_by == "contact_owner").public_id
        maren = Contact.known_as("maren.holt@fjordkontor.example").id
        twin = Contact.known_as("m.holt@fjordkontor.example").id
        note = Note.get(Note.contact == maren, Note.author == access.user_by_email(HOST)).id
        company = Company.of_domain("fjordkontor.example").id
        schedule = Schedule.get(Schedule.name == "Usual hours").id
    person = f"/contacts/{maren}"
    return {
        "kinds-page": "/links/new",
        "team-group": "/links/noise-workshop/edit/team",
        "team-round-robin": f"{LINK}/edit/team",
        "welcome-tab": f"{LINK}/edit/welcome",
        "hosts-hours": f"{LINK}/edit/scheduling",
        "turns-answer": f"{LINK}/turns?{EXPLAINED}&email=maren.holt@fjordkontor.example",
        "booking-handed": f"/bookings/{handed}",
        "booking-owned": f"/bookings/{owned}",
        "explain": f"{LINK}/explain",
        "explain-answer": f"{LINK}/explain?{EXPLAINED}",
        "transfer": "/links/transfer?slug=your-project",
        "transfer-preview": "/links/transfer?slug=your-project&to=aiko@northlight.example&meetings=move&do=preview",
        "transfers": "/transfers",
        "contacts": "/contacts",
        "contacts-none-like-that": "/contacts?q=nobody+like+that",
        "contact": person,
        "contact-edit": f"{person}/edit",
        "contact-new": "/contacts/new",
        "contact-note": f"{person}/notes/{note}",
        "contact-note-delete": f"{person}/notes/{note}/delete",
        "contact-merge": f"{person}/merge",
        "contact-merge-two": f"{person}/merge?other={twin}",
        "contacts-duplicates": "/contacts/duplicates",
        "contacts-export": "/contacts/export",
        "companies": "/companies",
        "companies-none-like-that": "/companies?q=nobody+like+that",
        "company": f"/companies/{company}",
        "company-new": "/companies/new",
        "company-delete": f"/companies/{company}/delete",
        "schedule": f"/schedules/{schedule}",
        "schedule-delete": f"/schedules/{schedule}/delete",
    }


def test_pages_of_teams(open_filled: Opener, filled: Live) -> None:
    seen = Inspection(open_filled("/links", signed_in=HOST))
    for name, path in addresses(filled).items():
        if name not in ONLY_MEASURED:
            seen.at(path, name)
    seen.done()


def test_teams_and_contacts_being_changed(open_filled: Opener, filled: Live) -> None:
    page = open_filled(f"{LINK}/edit/team", signed_in=HOST)
    seen = Inspection(page)
    look_at_team(seen, page)
    look_at_giving(seen, page, filled)
    look_at_import(seen, page)
    for path, name in (("/contacts/new", "contact-errors"), ("/companies/new", "company-errors")):
        page.goto(path)
        send_as_it_is(page)
        expect(page.locator("[aria-invalid=true]").first).to_be_visible()
        seen.look(name)
    seen.done()


def look_at_team(seen: Inspection, page: Page) -> None:
    """The panel beside the list, what is wrong, and nobody left."""
    page.click("#add-member")
    expect(page.locator("#add-panel")).to_be_visible()
    page.get_by_label("Weight: Joakim Ström").fill("many")
    page.click("#onward")
    expect(page.locator(".work-form .error").first).to_be_visible()
    seen.look("team-panel-errors")
    page.set_viewport_size({"width": 1440, "height": 900})
    while page.get_by_role("button", name="Remove: ").count():
        left = page.locator("#members > li").count()
        page.get_by_role("button", name="Remove: ").first.press("Enter")
        expect(page.locator("#members > li")).to_have_count(left - 1)
    seen.look("team-nobody")


def look_at_giving(seen: Inspection, page: Page, live: Live) -> None:
    with data(live):
        shared = Booking.get(Booking.assigned_by == "handed_over")
        held = {seat.host_id for seat in shared.hosts()}
        other = User.select().where(User.id.not_in(held), User.email == "joakim@northlight.example").get()
        more = {"starts_at": shared.starts_at, "ends_at": shared.ends_at, "title": "Dentist", "created_at": NOW}
        BusyTime.create(user=other, **more)
    give = f"/bookings/{shared.public_id}/give"
    seen.at(give, "give")
    seen.at(f"{give}?to={other.id}", "give-all-the-same")


def look_at_import(seen: Inspection, page: Page) -> None:
    seen.at("/contacts/import", "import")
    send_as_it_is(page)
    expect(page.locator("#file-error")).to_be_visible()
    seen.look("import-errors")
    page.set_input_files("#file", {"name": "rooms.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="What are the columns?")).to_be_visible()
    seen.look("import-columns")
    page.get_by_role("button", name="Check the contacts").click()
    expect(page.get_by_role("heading", name="One line is wrong")).to_be_visible()
    seen.look("import-check")
    page.get_by_role("button", name="Import the right ones").click()
    expect(page.get_by_role("heading", name="The contacts are here")).to_be_visible()
    seen.look("imported")


def test_the_welcome_page_and_hidden_times(open_filled: Opener, filled: Live) -> None:
    page = open_filled("/book/your-project", timezone_id="Europe/Oslo")
    seen = Inspection(page)
    seen.look("ask-address")
    page.get_by_role("button", name="See free times").click()
    expect(page.locator("#w-email")).to_be_visible()
    seen.look("ask-address-errors")
    page.get_by_label("E-mail").fill("maren.holt@fjordkontor.example")
    page.get_by_role("button", name="See free times").click()
    expect(page.get_by_role("link", name="See everyone’s times")).to_be_visible()
    seen.look("times-for-address")
    with data(filled):
        joakim = access.user_by_email("joakim@northlight.example")
        make.busy(joakim, "2026-11-30 00:00", "2027-02-01 00:00")
    seen.at("/book/your-project?email=maren.holt@fjordkontor.example", "no-times-for-address")
    page = open_filled("/book/acoustician", signed_in=HOST)
    seen.page = page
    page.get_by_role("link", name="Show hidden times").click()
    expect(page.get_by_role("link", name="Show it as contacts see it")).to_be_visible()
    seen.look("hidden-times")
    seen.done()


@pytest.mark.parametrize("locale", ["fr", "ar"])
def test_longer_words_and_the_other_direction(
    open_filled: Opener, filled: Live, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """In French, which is longer; from right to left in a language that isn't claimed: layout only."""
    monkeypatch.setitem(filled.app.config, "LOCALES", ("en", "fr", "ar"))
    with data(filled):
        User.update(locale=locale).where(User.email == "newman@northlight.example").execute()
    page = open_filled("/links", signed_in="newman@northlight.example")
    assert page.evaluate("document.documentElement.lang").startswith(locale)
    seen = Inspection(page)
    for path in addresses(filled).values():
        seen.measure(path, locale)
    seen.done()
