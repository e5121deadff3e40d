"""Trying a link as a contact would: its page, its form, and all that would be sent. Nothing is left of it."""

import base64
from typing import Any

import pytest
from icalendar import Calendar

from meetings import clock
from meetings.domain.time import to_instant
from meetings.models import Booking, Contact, Delivery, Link, Member
from meetings.services import links
from tests import make
from tests.services.test_rehearsal import fingerprint
from tests.web.pages import Page
from tests.web.test_wizard import Page as WizardPage
from tests.web.test_wizard import sign_in

PATH = "/links/demo/try"
START = to_instant(make.at("2026-12-01 09:00"))
QUESTION = {"name": "topic", "label": "What about?", "type": "question", "kind": "line", "required": True}


@pytest.fixture
def alice(app):
    clock.set_source(lambda: make.NOW)
    return make.user(role="admin")


@pytest.fixture
def demo(alice) -> Link:
    automation = {"reminders": [{"value": 1, "unit": "hours"}, {"value": 2, "unit": "weeks"}]}
    return make.link(alice, "demo", heading="Talk to Alice", automation=automation, form={"fields": [QUESTION]})


@pytest.fixture
def signed_in(client, alice):
    return sign_in(client, alice)


def look(client, path: str) -> Page:
    return Page(client, client.get(path))


def form(page: Page) -> str:
    return next(one.get("action", "") for one in page.all("form", id="details"))


def tried(client, **changes: Any) -> Page:
    page = look(client, f"{PATH}?start={START}")
    given = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com", "topic": "A hall", **changes}
    return page.send(form(page), **given)


def test_it_is_the_real_page_with_a_line_that_says_so(signed_in, demo):
    page = look(signed_in, PATH)
    assert page.heading() == "Talk to Alice"
    assert "A trial: nothing you do here books anything." in page.words()
    assert page.links()["Back to the link"] == "/links/demo/edit/automation"
    slots = [one.get("href") for one in page.all("a", class_="slot")]
    assert slots
    assert all(address.startswith(f"{PATH}?") for address in slots)  # one never gets to the real page by accident
    assert form(look(signed_in, slots[0])).startswith(PATH)


def test_all_that_would_go_out_is_shown(signed_in, demo):
    page = tried(signed_in)
    text = page.main()
    assert "Nothing was booked, and no mail is on its way." in text
    titles = [page.words(one) for one in page.all("b")]
    assert titles == [
        "Invitation to Maren Holt",
        "Mail about the booking to Alice Martin",
        "Reminder to Maren Holt",
        "Reminder to Alice Martin",
        "Reminder to Maren Holt",  # two weeks before: left out
        "Reminder to Alice Martin",
    ]
    assert "The booking came too late for this reminder." in text
    assert "A hall" in text
    assert "Tuesday 1 December 2026, 10:00 to 10:30" in text
    assert "maren@example.com" in text


def test_the_events_can_be_had_as_files(signed_in, demo):
    files = [one.get("href") for one in tried(signed_in).all("a", download="invite.ics")]
    assert len(files) == 3  # of both first mails, and the contact's own
    for address in files:
        kind, _comma, content = address.partition(",")
        assert kind == "data:text/calendar;base64"
        (event,) = Calendar.from_ical(base64.b64decode(content)).walk("VEVENT")
        assert str(event["SUMMARY"]) == "Maren Holt and Alice Martin"


def test_nothing_is_left_of_it(signed_in, demo):
    look(signed_in, PATH)  # the session notes when it was used last
    before = fingerprint()
    assert tried(signed_in).status == 200
    assert tried(signed_in, email="nonsense").status == 422
    assert fingerprint() == before
    assert not Booking.select().exists()
    assert not Delivery.select().exists()
    assert not Contact.select().exists()


def test_trying_uses_up_no_limit(signed_in, demo):
    for _ in range(35):  # more than an address may book, or try
        assert tried(signed_in).status == 200


def test_what_is_wrong_is_said_as_on_the_real_page(signed_in, demo):
    page = tried(signed_in, email="nonsense", topic="")
    assert page.status == 422
    assert [one.get("id") for one in page.all("p", class_="wrong")] == ["w-email", "w-topic"]


def test_a_time_that_was_taken_meanwhile_is_gone_here_too(signed_in, demo):
    page = look(signed_in, f"{PATH}?start={START}")
    make.booking(demo)
    values = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com", "topic": "A hall"}
    assert page.send(form(page), **values).status == 409


def test_drafts_and_what_is_not_saved_can_be_tried(signed_in, alice):
    page = WizardPage(signed_in, "/links/new/individual").press("next", internal_name="Demo", slug="demo")
    page = page.press("next", heading="From the draft").press("next").press("next")
    page = page.press("add:reminder").press("try")
    assert page.path == PATH
    assert "From the draft" in page.text()
    signed_in.get(PATH)
    page = tried(signed_in, topic=None)
    assert page.status == 200
    assert "Reminder to Maren Holt" in page.main()
    assert Link.by_slug("demo").status == "draft"
    assert not Booking.select().exists()


def test_it_speaks_the_contacts_language_and_tells_the_host_in_theirs(signed_in, alice, demo):
    links.update(alice, demo, {"scheduling": {"language": "fr"}}, make.NOW)
    page = look(signed_in, PATH)
    assert page.all("html")[0].get("lang").startswith("fr")
    assert "A trial: nothing you do here books anything." in page.words()
    page = tried(signed_in)
    assert "What would be sent" in page.main()
    assert "Français" in page.main() or "français" in page.main()
    assert page.main().count("The booking came too late for this reminder.") == 2  # the contact’s as well as the host’s


def test_only_who_may_edit_may_try(app, demo):
    for name, status in (("Bob Stone", 404), ("", 303)):
        client = sign_in(app.test_client(), make.user(name)) if name else app.test_client()
        assert client.get(PATH).status_code == status
        assert client.post(PATH).status_code in (303, 400, 403, 404)


def test_a_form_of_another_site_tries_nothing(signed_in, demo):
    assert signed_in.post(PATH, data={"start": str(START)}).status_code in (400, 403)


# ---- where the page asks for the address first -----------------------------------------------------------------------


@pytest.fixture
def shared(alice) -> Link:
    """A round robin that goes by whose contact somebody is: Alice is free in the morning, Bob in the afternoon."""
    bob = make.user("Bob Okafor")
    make.busy(alice, "2026-12-01 11:00", "2026-12-01 16:00")
    make.busy(bob, "2026-12-01 08:00", "2026-12-01 11:00")
    Contact.create(email="ana@acme.example", first_name="Ana", last_name="Silva", owner=bob, created_at=make.NOW)
    window = {"kind": "range", "start": "2026-12-01", "end": "2026-12-01"}
    scheduling = {"prioritize_contact_owner": True, "durations": [60], "start_increment": 60, "window": window}
    return make.link(alice, "demo", kind="round_robin", team=[alice, bob], heading="Talk to us", **scheduling)


def asked(page: Page, email: str) -> Page:
    """The question of the page, answered."""
    (action,) = [one.get("action", "") for one in page.all("form") if any(e.get("id") == "f-email" for e in one.iter())]
    assert action == PATH
    return Page(page.client, page.client.get(action, query_string={**page.fields(action), "email": [email]}))


def test_the_trial_asks_for_the_address_first_as_the_page_does(signed_in, shared):
    page = look(signed_in, PATH)
    assert "See free times" in page.main()
    assert not page.all("a", class_="slot")
    wrong = asked(page, "nonsense")
    assert wrong.status == 422
    assert [one.get("id") for one in wrong.all("p", class_="wrong")] == ["w-email"]
    theirs = [page.words(one) for one in asked(page, "ana@acme.example").all("a", class_="slot")]
    everyones = [page.words(one) for one in asked(page, "maren@example.com").all("a", class_="slot")]
    assert (len(theirs), len(everyones)) == (5, 8)
    assert theirs == everyones[3:]


def test_the_trial_books_the_contacts_own_host_and_only_at_their_times(signed_in, shared):
    page = asked(look(signed_in, PATH), "ana@acme.example")
    form_page = look(signed_in, page.all("a", class_="slot")[0].get("href"))
    assert form_page.fields(form(form_page))["email"] == ["ana@acme.example"]
    tried_out = form_page.send(form(form_page), first_name="Ana", last_name="Silva")
    assert tried_out.status == 200
    assert "Mail about the booking to Bob Okafor" in tried_out.main()
    early = look(signed_in, f"{PATH}?email=ana@acme.example&start={to_instant(make.at('2026-12-01 08:00'))}")
    assert "This time is not free, or no longer." in early.main()
    everyones = look(signed_in, page.links()["See everyone’s times"])
    assert len(everyones.all("a", class_="slot")) == 8
    form_page = look(signed_in, everyones.all("a", class_="slot")[0].get("href"))
    assert (
        "Mail about the booking to Alice Martin"
        in form_page.send(form(form_page), first_name="Ana", last_name="Silva").main()
    )


def test_the_trial_doesnt_tell_members_whose_contact_somebody_is(app, shared):
    """Else anybody could find it out of anybody, and nobody would ever know that they did."""
    cleo = make.user("Cleo Dunn")
    Link.update(organizer=cleo).execute()
    client = sign_in(app.test_client(), cleo)

    def first_time(email: str) -> tuple[int, str]:
        page = asked(look(client, PATH), email)
        slots = page.all("a", class_="slot")
        form_page = look(client, slots[0].get("href"))
        return len(slots), form_page.send(form(form_page), first_name="Ana", last_name="Silva").main()

    for email in ("ana@acme.example", "nobodys@acme.example"):
        times, result = first_time(email)
        assert (times, "Mail about the booking to Alice Martin" in result) == (8, True)
    Contact.update(owner=cleo).execute()
    Member.create(link=shared, user=cleo, position=2)
    assert "Mail about the booking to Cleo Dunn" in first_time("ana@acme.example")[1]


def test_the_trial_of_a_link_that_nobody_can_be_met_through_says_so(signed_in, alice, shared):
    links.update(alice, shared, {"scheduling": {"prioritize_contact_owner": False}}, make.NOW)
    Member.delete().execute()
    assert "Nobody can be met through this page at the moment." in look(signed_in, PATH).main()
