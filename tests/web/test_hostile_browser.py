"""Hostile texts in a real browser, wherever a person can put words: nothing of them runs, loads, asks or leads elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from meetings import clock
from meetings.domain.form import CHECKBOXES_MAX
from meetings.domain.time import to_instant
from meetings.errors import Invalid
from meetings.models import Booking, Delivery, Link, MeetingType, User
from meetings.services import access, bookings, branding, consents, links, properties, subscriptions
from tests import hostile, make
from tests.browser import Live, Opener, data, opening

pytestmark = pytest.mark.browser

START = make.at("2026-12-01 09:00")
# Also in frames, and where dialogs are forbidden: what runs says so on the console, which fails the test.
SNARE = """for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => console.error(`ran: ${name}`);"""
RUNS = """() => [...document.querySelectorAll("*")].filter(one => [...one.attributes].some(({name, value}) =>
  /^(on|hx-on)/.test(name) || (/^(href|src|action|formaction)$/.test(name) && /^\\s*(javascript|data:text|vbscript)/i.test(value))
)).map(one => one.outerHTML.slice(0, 200))"""
SAID = """() => [document.documentElement.textContent,
  ...[...document.querySelectorAll("input, textarea")].map(one => one.value)].join("\\n")"""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "RATELIMIT_ENABLED": False}


class Seen:
    """Goes through pages and keeps what could be read on them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.words = ""
        page.context.add_init_script(SNARE)
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))

    def at(self, path: str) -> None:
        self.page.goto(path)
        if "/edit/" in path:
            drawn = self.page.frame_locator("#preview iframe").locator("body")
            expect(drawn).not_to_be_empty()
        self.look()

    def look(self) -> None:
        for frame in self.page.frames:
            assert frame.evaluate(RUNS) == [], frame.url
            self.words += frame.evaluate(SAID)
        assert hostile.MARK in self.page.content(), self.page.url


# --- a workspace where everything is called so


def prose(texts: Sequence[str]) -> str:
    """All of them but links, which are refused where they lead."""
    return "\n\n".join(words for words in texts if "](" not in words)


def consent(texts: Sequence[str]) -> dict[str, Any]:
    boxes = [{"id": f"b{index}", "label": words} for index, words in enumerate(texts[:CHECKBOXES_MAX])]
    return {"mode": "consent", "text": prose(texts), "privacy_text": prose(texts), "checkboxes": boxes}


def document(slug: str, texts: Sequence[str], shift: int) -> dict[str, Any]:
    """A link that has as many of the texts as one link can have."""
    said = [texts[(shift + index) % len(texts)] for index in range(6)]
    overview = {"internal_name": said[0], "title": said[1], "location": said[2], "location_kind": "custom"}
    overview |= {"description": prose(texts), "meeting_type": said[3]}
    MeetingType.get_or_create(name=said[3])
    form = {"fields": hostile.questions(texts), "consent": consent(texts)}
    reminders = [{"value": 1, "unit": "hours"}]
    parts = {"overview": overview, "heading": said[4], "form": form, "automation": {"reminders": reminders}}
    return make.document(slug, **parts)


def hostile_link(organizer: User, slug: str, texts: Sequence[str]) -> Link:
    """The first such link that is taken: some texts are refused as a title."""
    for shift in range(len(texts)):
        with suppress(Invalid):
            return links.create(organizer, document(slug, texts, shift), make.NOW)
    raise AssertionError(f"{slug} was never taken")


def furnish() -> list[Booking]:
    """One of everything, called by hostile texts; a booking for each of the links."""
    names = cycle(hostile.PAYLOADS)
    admin = make.user(next(names), email="alice@example.org", role="admin", job_title=next(names))
    make.user(next(names), email="bob@example.org", job_title=next(names))
    branding.save(admin, {"company": next(names), "address": next(names), "alt": next(names)})
    for _ in range(8):
        words = next(names)
        properties.add(admin, {"label": words, "kind": "radio", "options": [words, "Other"]}, make.NOW)
        subscriptions.add(admin, {"label": next(names)})
    made = []
    for number, texts in enumerate(hostile.BATCHES):
        link = hostile_link(admin, f"odd{number}", texts)
        answers = [{**one, "value": one["label"], "in_invite": True} for one in link.scheduling["form"]["fields"]]
        first, last = texts[number], texts[number + 1]
        start = START.replace(hour=9 + number)
        made.append(make.booking(link, start, first_name=first, last_name=last, answers=answers))
    consents.save_account(admin, consent(hostile.BATCHES[0]))
    bookings.cancel(made[-1], make.NOW, by=admin, reason=next(names))
    return made


def pages_of_hosts(made: list[Booking]) -> Iterator[str]:
    yield from ("/links", "/bookings?whose=all", "/contacts", "/team", "/team/2", "/profile", "/outbox")
    for name in ("", "/meeting-types", "/branding", "/properties", "/privacy"):
        yield f"/settings{name}"
    first = made[0].link.slug
    yield from (f"/links/{first}/{page}" for page in ("edit/scheduling", "edit/confirmation", "share/times", "delete"))
    for booking in made:
        slug = booking.link.slug
        yield from (
            f"/links/{slug}/{page}" for page in ("edit/overview", "edit/form", "edit/automation", "share", "try")
        )
        yield from (f"/bookings/{booking.public_id}", f"/contacts/{booking.contact_id}", f"/links/{slug}/history")
        yield f"/outbox/{Delivery.get(Delivery.booking == booking, Delivery.kind == 'confirmation').id}"


def pages_of_contacts(made: list[Booking]) -> Iterator[str]:
    for booking in made:
        slug, own = booking.link.slug, access.manage_token(booking)
        yield f"/book/{slug}"
        yield f"/book/{slug}?start={to_instant(START)}&duration=30"
        yield f"/embed/{slug}?start={to_instant(START)}&duration=30"
        yield f"/booking/{own}"


def test_nothing_typed_runs_in_a_browser(live: Live, open_page: Opener) -> None:
    clock.set_source(lambda: make.NOW)
    with data(live):
        made = furnish()
        of_hosts, of_contacts = list(pages_of_hosts(made)), list(pages_of_contacts(made))
    contact = Seen(open_page("/sign-in"))
    for path in of_contacts:
        contact.at(path)
    host = Seen(open_page("/sign-in", signed_in="alice@example.org"))
    for path in of_hosts:
        host.at(path)
    for seen in (contact, host):
        assert [words for words in hostile.PAYLOADS if words not in seen.words] == []


@pytest.mark.parametrize(
    "payload", ["<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<img src=//evil.example/x>"]
)
def test_what_runs_or_leads_elsewhere_would_be_noticed(browser: Browser, live: Live, payload: str) -> None:
    with pytest.raises(AssertionError, match=r"ran: alert|another host"):
        show(browser, live, payload)


def show(browser: Browser, live: Live, payload: str) -> None:
    with opening(browser, live.url) as open_one:
        page = open_one("/sign-in")
        page.context.add_init_script(SNARE)
        page.route("**/raw", lambda route: route.fulfill(body=payload, content_type="text/html"))
        page.goto("/raw")
        page.wait_for_timeout(100)
