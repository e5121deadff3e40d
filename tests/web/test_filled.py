"""What stands in the form before anybody types, from whom it may come, and booking at a click on a time."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import TimestampSigner

from meetings import clock, db
from meetings.domain.time import to_instant
from meetings.errors import Invalid
from meetings.models import Booking, Contact, Link, OtherAddress, Property, PropertyValue, User
from meetings.services import leaving, prefill, users
from tests import make
from tests.web.pages import Page, visit
from tests.web.test_booking import slots

START = make.at("2026-12-01 09:00")
TOPIC = {"name": "topic", "label": "What about?", "type": "question", "kind": "line", "required": False}
COMPANY = {"name": "company", "label": "", "type": "property"}
SIZE = {
    "name": "size",
    "label": "Size?",
    "type": "question",
    "kind": "select",
    "options": ["S", "L"],
    "required": False,
}


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def link(app: Flask) -> Link:
    return make.link(make.user(role="admin"), form={"fields": [COMPANY, TOPIC, SIZE]})


@pytest.fixture
def quick(app: Flask) -> Link:
    return make.link(make.user(role="admin"), form={"fields": [COMPANY], "auto_submit": True})


def know(company: str = "Northlight", **more: str) -> Contact:
    """Maren, as she is known."""
    values = {"email": "maren@example.com", "first_name": "Maren", "last_name": "Holt", **more}
    contact = Contact.create(**values, created_at=make.NOW)
    PropertyValue.create(
        contact=contact, property=Property.get(Property.name == "company"), value=company, changed_at=make.NOW
    )
    return contact


def personal(link: Link, by: User | None = None) -> str:
    url = prefill.personal_url(link, "maren@example.com", "Maren", "Holt", make.NOW, by=by or link.organizer)
    return urlsplit(url).path + "?" + urlsplit(url).query


def personal_as(link: Link, by: User) -> str:
    """By another address of hers, for somebody of another name."""
    url = urlsplit(prefill.personal_url(link, "Holt@web.example", "Some", "Body", make.NOW, by=by))
    return f"{url.path}?{url.query}"


def form(client: FlaskClient, address: str = "/book/demo", start: Any = START) -> Page:
    return visit(client, f"{address}{'&' if '?' in address else '?'}start={to_instant(start)}")


def details(page: Page) -> str:
    return next(one.get("action", "") for one in page.all("form", id="details"))


def values(page: Page) -> dict[str, str]:
    names = ("first_name", "last_name", "email", "company", "topic", "size")
    fields = page.fields(details(page))
    return {name: fields[name][0] for name in names if fields.get(name, [""])[0]}


def send(page: Page, **changes: Any) -> Any:
    sent = {**page.fields(details(page)), **changes}
    return page.client.post(details(page), data={name: value for name, value in sent.items() if value is not None})


WHO = {"first_name": "Maren", "last_name": "Holt", "email": "maren@example.com"}


# --- a personal link


def test_a_personal_link_fills_in_who_is_known(client: FlaskClient, link: Link) -> None:
    know()
    page = form(client, personal(link))
    assert values(page) == {**WHO, "company": "Northlight"}
    assert "Filled in for Maren Holt." in page.main()
    assert page.response.headers["Cache-Control"] == "no-store"
    assert values(page.go("Not you?")) == {}


def test_a_host_learns_by_it_what_they_may_know_anyway(client: FlaskClient, link: Link) -> None:
    """Whoever makes one can open it, for any address, and only admins see all contacts."""
    bob = make.user("Bob Stone")
    own = make.link(bob, "own", form={"fields": [COMPANY]})
    know()
    assert values(form(client, personal(own))) == WHO
    answer = {"name": "company", "label": "Company", "value": "Westlight", "kind": "line"}
    make.booking(own, "2026-12-02 09:00", answers=[answer])
    assert values(form(client, personal(own))) == {**WHO, "company": "Westlight"}


def test_nor_by_it_the_name_or_the_main_address_of_somebody_they_never_met(client: FlaskClient, link: Link) -> None:
    """Whoever types one of somebody's addresses is told neither the others nor what they are called."""
    bob = make.user("Bob Stone")
    own = make.link(bob, "own", form={"fields": [COMPANY]})
    contact = know()
    OtherAddress.create(email="holt@web.example", contact=contact, former_id=None)
    page = form(client, personal_as(own, bob))
    assert values(page) == {"email": "holt@web.example"}
    assert "Filled in for holt@web.example." in page.main()
    known = {**WHO, "email": "holt@web.example"}
    admins = form(client, personal_as(link, link.organizer))
    assert values(admins) == {**known, "company": "Northlight"}
    contact.owner = bob
    contact.save()
    assert values(form(client, personal_as(own, bob))) == known


def test_whoever_is_kept_out_learns_nothing_more_by_it(client: FlaskClient, link: Link) -> None:
    know()
    zoe = make.user("Zoe Boss", role="admin")
    address = personal(link, zoe)
    assert values(form(client, address)) == {**WHO, "company": "Northlight"}
    users.set_active(link.organizer, zoe, is_active=False)
    assert values(form(client, address)) == WHO
    users.set_active(link.organizer, zoe, is_active=True)
    assert values(form(client, address)) == {**WHO, "company": "Northlight"}


def test_nor_what_whoever_comes_under_their_number_may_know(client: FlaskClient, link: Link) -> None:
    know()
    bob = make.user("Bob Stone")
    address = personal(link, bob)
    leaving.delete(link.organizer, bob, leaving.Choices(), make.NOW)
    User.create(id=bob.id, email="eva@example.org", name="Eva", role="admin", created_at=make.NOW)
    assert values(form(client, address)) == WHO


def test_it_lasts_from_the_month_to_the_form(client: FlaskClient, link: Link) -> None:
    page = visit(client, personal(link)).go("09:30")
    assert values(page) == WHO
    assert send(page, company="Northlight").status_code == 303


def test_a_personal_link_never_becomes_somebody_else_s(client: FlaskClient, link: Link) -> None:
    """SQLite gives the number of a deleted row to the next one."""
    address = personal(link)
    Contact.delete().execute()
    Contact.create(email="jonas@example.com", first_name="Jonas", last_name="Weber", created_at=make.NOW)
    assert values(form(client, address)) == {}


def test_whom_a_host_invites_is_known_from_then_on(link: Link) -> None:
    personal(link)
    assert Contact.get().name == "Maren Holt"
    prefill.personal_url(link, "Maren@Example.com", "Somebody", "Else", make.NOW, by=link.organizer)
    assert Contact.get().name == "Maren Holt"


@pytest.mark.parametrize(("email", "first", "wrong"), [("x", "M", "email"), ("m@example.com", "", "first_name")])
def test_a_link_is_made_for_somebody(link: Link, email: str, first: str, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        prefill.personal_url(link, email, first, "Holt", make.NOW, by=link.organizer)
    assert [flaw.field for flaw in refused.value.flaws] == [wrong]


def test_a_personal_link_is_good_on_its_own_page_for_some_months(
    client: FlaskClient, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.link(link.organizer, "other")
    address = personal(link)
    assert values(form(client, address.replace("demo", "other"))) == {}
    assert values(form(client, address + "x")) == {}
    later = TimestampSigner("x").get_timestamp() + int(prefill.PERSONAL_LASTS.total_seconds()) + 2
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: later)
    assert values(form(client, address)) == {}


def test_who_was_erased_is_nobody(client: FlaskClient, link: Link) -> None:
    address = personal(link)
    Contact.delete().execute()
    assert values(form(client, address)) == {}


def test_who_comes_by_their_own_link_corrects_what_is_known(client: FlaskClient, link: Link) -> None:
    know()
    assert send(form(client, personal(link)), company="Southlight").status_code == 303
    assert PropertyValue.get().value == "Southlight"


def test_with_another_address_in_it_nothing_known_is_corrected(client: FlaskClient, link: Link) -> None:
    know()
    Contact.create(email="other@example.com", first_name="O", last_name="P", created_at=make.NOW)
    page = form(client, personal(link))
    assert send(page, email="other@example.com", company="Southlight").status_code == 303
    kept = {row.contact.email: row.value for row in PropertyValue.select()}
    assert kept == {"maren@example.com": "Northlight", "other@example.com": "Southlight"}


# --- this browser


def book(client: FlaskClient, address: str = "/book/demo", **changes: Any) -> Any:
    page = form(client, address)
    response = send(page, **{**WHO, "company": "Northlight", "topic": "Echo", **changes})
    assert response.status_code == 303
    return response


def test_nothing_is_remembered_unasked(client: FlaskClient, link: Link) -> None:
    assert form(client).all("input", name="remember-me")[0].get("checked") is None
    cookies = [cookie.partition("=")[0] for cookie in book(client).headers.getlist("Set-Cookie")]
    assert cookies == ["booked"]  # which fills nothing in: see test_just_booked.py
    assert values(form(client, start=make.at("2026-12-01 10:00"))) == {}


def test_what_was_typed_here_stands_here_again(client: FlaskClient, link: Link) -> None:
    cookie = book(client, **{"remember-me": "y"}).headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/book", "Max-Age=31536000"):
        assert part in cookie
    page = form(client, start=make.at("2026-12-01 10:00"))
    assert values(page) == {**WHO, "company": "Northlight", "topic": "Echo"}
    assert page.all("input", name="remember-me")[0].get("checked") is not None
    assert "as you asked, who you are" in page.words()
    assert page.response.headers["Cache-Control"] == "no-store"


def test_another_link_gets_the_answers_that_it_asks_for_too(client: FlaskClient, link: Link) -> None:
    book(client, **{"remember-me": "y"})
    make.link(link.organizer, "other", form={"fields": [COMPANY, TOPIC]})
    assert values(form(client, "/book/other")) == {**WHO, "company": "Northlight"}


def test_a_browser_learns_nothing_that_was_not_typed_in_it(client: FlaskClient, link: Link) -> None:
    know("Secret Ltd", first_name="Real", last_name="Name")
    book(client, company="Guess", **{"remember-me": "y"})
    assert values(form(client, start=make.at("2026-12-01 10:00"))) == {**WHO, "company": "Guess", "topic": "Echo"}


@pytest.mark.parametrize("way", ["button", "unticked"])
def test_a_browser_forgets(client: FlaskClient, link: Link, way: str) -> None:
    book(client, **{"remember-me": "y"})
    later = make.at("2026-12-01 10:00")
    if way == "unticked":
        assert send(form(client, start=later), **{"remember-me": None}).status_code == 303
    else:
        page = form(client, start=later)
        action = next(one.get("action") for one in page.all("form") if "/forget" in (one.get("action") or ""))
        assert f"start={to_instant(later)}" in page.send(action).address
    assert client.get_cookie("remembered", path="/book") is None
    assert values(form(client, start=make.at("2026-12-01 11:00"))) == {}


def test_a_forged_or_old_memory_is_none(client: FlaskClient, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    booking = make.booking(link, START)
    later = make.at("2026-12-01 10:00")
    client.set_cookie("remembered", "forged", path="/book")
    assert values(form(client, start=later)) == {}
    client.set_cookie("remembered", prefill.browser_token(booking), path="/book")
    assert values(form(client, start=later)) == WHO
    moment = TimestampSigner("x").get_timestamp() + int(prefill.REMEMBERED_LASTS.total_seconds()) + 2
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: moment)
    assert values(form(client, start=later)) == {}


def test_a_frame_on_another_site_remembers_nothing(client: FlaskClient, link: Link) -> None:
    page = form(client, "/embed/demo")
    assert page.all("input", name="remember-me") == []
    response = send(page, **WHO, company="Northlight", **{"remember-me": "y"})
    assert response.status_code == 303
    assert "Set-Cookie" not in response.headers


# --- the address


def test_the_address_fills_in_what_is_right(client: FlaskClient, link: Link) -> None:
    page = form(client, "/book/demo?first_name=Ada&email=nonsense&topic=Echo&size=XXL&company=" + "x" * 600)
    assert values(page) == {"first_name": "Ada", "topic": "Echo"}
    assert page.all("p", class_="wrong") == []
    assert values(form(client, "/book/demo?size=L")) == {"size": "L"}


def test_what_is_known_wins_over_an_address_that_anybody_can_make(client: FlaskClient, link: Link) -> None:
    know()
    page = form(client, personal(link) + "&email=evil@example.com&topic=Echo")
    assert values(page) == {**WHO, "company": "Northlight", "topic": "Echo"}


def test_switched_off_nothing_is_filled_in(client: FlaskClient) -> None:
    link = make.link(form={"prefill": False})
    client.set_cookie("remembered", prefill.browser_token(make.booking(link, START)), path="/book")
    page = form(client, personal(link) + "&topic=Echo", start=make.at("2026-12-01 10:00"))
    assert values(page) == {}
    assert page.all("input", name="remember-me") == []


# --- nobody learns anything by typing an address


@given(first=st.text(max_size=12), company=st.text(max_size=12), flawed=st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_known_address_is_answered_as_an_unknown_one(
    client: FlaskClient, link: Link, first: str, company: str, flawed: bool
) -> None:
    typed = {"first_name": first, "last_name": "" if flawed else "Holt", "company": company}
    with db.transaction():
        Booking.delete().execute()
        PropertyValue.delete().execute()
        Contact.delete().execute()
    know("Secret Ltd", first_name="Geheim", confirmed_at=make.NOW - timedelta(days=1))
    known, unknown = (seen(client, {**typed, "email": f"{who}@example.com"}) for who in ("maren", "molly"))
    assert known == (unknown[0], unknown[1].replace("molly", "maren"))
    assert "Geheim" not in known[1]
    assert "Secret Ltd" not in known[1]


def seen(client: FlaskClient, typed: dict[str, str]) -> tuple[int, str]:
    """Status and words of the answer, and of the page that it leads to."""
    response = send(form(client), **typed)
    after = visit(client, response.headers["Location"]) if response.status_code == 303 else Page(client, response)
    Booking.delete().execute()
    return response.status_code, after.words()


# --- booking at a click


def click(page: Page, start: Any = START) -> Any:
    action = page.all("form", aria_describedby="at-once")[0].get("action")
    return page.client.post(action, data={**page.fields(action), "start": str(to_instant(start))})


def is_at_a_click(page: Page) -> bool:
    return bool(page.all("button", class_="slot"))


def test_where_all_is_known_a_time_books_at_once(client: FlaskClient, quick: Link) -> None:
    know()
    page = visit(client, personal(quick) + "&date=2026-12-01")
    assert "A time books at once, for Maren Holt, maren@example.com." in page.main()
    assert is_at_a_click(page)
    response = click(page)
    assert response.status_code == 303
    booking = Booking.get()
    assert (booking.email, booking.contact_name) == ("maren@example.com", "Maren Holt")
    assert booking.answers.get().value == "Northlight"
    after = visit(client, response.headers["Location"])
    assert "Booked at a click." in after.main()
    undone = after.send(next(one.get("action") for one in after.all("form", class_="undo")))
    assert "This meeting is cancelled" in undone.main()


def test_going_back_and_clicking_again_books_no_second_time(client: FlaskClient, quick: Link) -> None:
    know()
    page = visit(client, personal(quick) + "&date=2026-12-01")
    assert click(page).headers["Location"] == click(page).headers["Location"]
    assert Booking.select().count() == 1


def test_a_time_that_is_gone_leads_back_to_the_times(client: FlaskClient, quick: Link) -> None:
    know()
    page = visit(client, personal(quick) + "&date=2026-12-01")
    make.booking(quick, START, email="quicker@example.com")
    after = Page(client, click(page))
    assert after.status == 409
    assert "Nothing was booked: choose another time." in after.main()
    assert is_at_a_click(after)
    assert click(after, make.at("2026-12-01 10:00")).status_code == 303


def test_this_browser_and_the_address_may_know_all_too(client: FlaskClient, quick: Link) -> None:
    query = "first_name=Ada&last_name=Byron&email=ada@example.com&company=Engines"
    page = visit(client, f"/book/demo?{query}&date=2026-12-01")
    assert is_at_a_click(page)
    assert click(page).status_code == 303
    client.set_cookie("remembered", prefill.browser_token(Booking.get()), path="/book")
    page = visit(client, "/book/demo?date=2026-12-02")
    assert is_at_a_click(page)
    response = click(page, make.at("2026-12-02 09:00"))
    assert response.status_code == 303
    assert "remembered=" in response.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "change",
    [
        {"auto_submit": False},
        {"captcha": True},
        {"fields": [COMPANY, TOPIC]},
        {"consent": {"mode": "consent", "checkboxes": [{"label": "Agreed", "required": True}]}},
        {"consent": {"mode": "consent", "processing": "checkbox", "processing_label": "Agreed"}},
    ],
    ids=["off", "captcha", "something to type", "a box to tick", "processing to agree to"],
)
def test_else_the_form_is_shown_filled_in(client: FlaskClient, change: dict[str, Any]) -> None:
    link = make.link(make.user(role="admin"), form={"fields": [COMPANY], "auto_submit": True, **change})
    know()
    page = visit(client, personal(link) + "&date=2026-12-01")
    assert not is_at_a_click(page)
    assert slots(page)[0] == "09:00"
    assert values(page.go("10:00")) == {**WHO, "company": "Northlight"}


def test_what_is_said_about_privacy_is_said_before_a_click(client: FlaskClient) -> None:
    link = make.link(
        form={"auto_submit": True, "consent": {"mode": "legitimate_interest", "privacy_text": "We keep it."}}
    )
    page = visit(client, personal(link) + "&date=2026-12-01")
    assert is_at_a_click(page)
    assert "We keep it." in page.main()
    assert click(page).status_code == 303
    assert Booking.get().consents.count() > 0


def test_the_details_can_be_looked_at_first(client: FlaskClient, quick: Link) -> None:
    know()
    page = visit(client, personal(quick) + "&date=2026-12-01").go("Details first")
    assert not is_at_a_click(page)
    assert values(page.go("10:00")) == {**WHO, "company": "Northlight"}


def test_a_quick_click_is_no_robots(client: FlaskClient, quick: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meetings.web.robots.QUICKEST", 2)
    monkeypatch.setattr("meetings.ratelimit.is_often", lambda *_: True)
    know()
    assert click(visit(client, personal(quick) + "&date=2026-12-01")).status_code == 303


def test_a_click_on_a_page_of_yesterday_asks_to_look_again(
    client: FlaskClient, quick: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    know()
    page = visit(client, personal(quick) + "&date=2026-12-01")
    monkeypatch.setattr("meetings.web.form_token.LIVES", -1)
    after = Page(client, click(page))
    assert after.status == 422
    assert values(after) == {**WHO, "company": "Northlight"}


def test_only_the_times_on_the_page_can_be_clicked(client: FlaskClient, quick: Link) -> None:
    know()
    page = visit(client, personal(quick) + "&date=2026-12-01")
    assert click(page, START + timedelta(days=1)).status_code == 422
    assert Booking.select().count() == 0
