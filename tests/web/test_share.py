"""Sharing a link: its address, times as text, the code for a website, and invitations that book once."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Booking, Delivery, Link, SingleUse
from meetings.services import access, bookings, links, outbox, single_use
from tests import make
from tests.browser import Opener, assert_accessible, assert_accessible_light_and_dark, data
from tests.web.pages import Page, sign_in, visit

HOSTILE = "\"><script>alert(1)</script>'<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def monday_morning(app: Any) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def host(client: FlaskClient) -> FlaskClient:
    """Alice, signed in, with a link of two lengths."""
    alice = make.user()
    make.link(alice, durations=[30, 60])
    sign_in(client, alice)
    return client


def tabs(page: Page) -> list[str]:
    nav = next(one for one in page.tree.iter("nav") if one.get("aria-label") == "Ways to share")
    return [page.words(one) for one in nav.iter("a")]


def slots(page: Page) -> list[str]:
    return [one.get("href") or "" for one in page.tree.iter("a") if one.get("class") == "slot"]


def form_of(page: Page) -> str:
    return next(one.get("action") for one in page.tree.iter("form") if one.get("id") == "details")


class TestAddress:
    def test_all_ways_are_one_step_away(self, host: FlaskClient) -> None:
        page = visit(host, "/links/demo/share")
        assert tabs(page) == ["Address", "Times as text", "On a website", "For one person", "Invitations"]
        for name in tabs(page):
            assert page.go(name).heading() == "Share “Link demo”"

    def test_the_mail_is_ready_in_the_language_that_is_asked_for(self, host: FlaskClient) -> None:
        page = visit(host, "/links/demo/share?language=fr")
        (area,) = page.all("textarea", id="share-mail")
        assert area.get("lang") == "fr"
        mail = next(target for target in page.links().values() if target.startswith("mailto:"))
        body = parse_qs(urlsplit(mail).query)["body"][0]
        assert "http://localhost/book/demo" in body
        assert "Alice Martin" in body
        assert " " not in mail

    def test_a_hidden_page_is_said_to_be_one(self, client: FlaskClient) -> None:
        alice = make.user()
        make.link(alice, visibility="hidden")
        sign_in(client, alice)
        assert "Search engines are asked to leave it out." in visit(client, "/links/demo/share").main()

    def test_a_link_by_invitation_leads_to_its_invitations(self, client: FlaskClient) -> None:
        alice = make.user()
        make.link(alice, visibility="single_use")
        sign_in(client, alice)
        page = visit(client, "/links/demo/share")
        assert page.path == "/links/demo/share/invitations"
        assert tabs(page) == ["Invitations"]
        assert "Nobody books this link without an invitation." in page.main()


class TestLanguage:
    """What is given away speaks as the page that it leads to, whoever gives it away."""

    @pytest.fixture
    def host(self, client: FlaskClient) -> FlaskClient:
        alice = make.user()
        make.link(alice, language="fr")
        sign_in(client, alice)
        return client

    @pytest.mark.parametrize("way", ["rich", "plain", "links", "markdown"])
    def test_times(self, host: FlaskClient, way: str) -> None:
        page = visit(host, f"/links/demo/share/times?form={way}")
        (out,) = [one for one in page.tree.iter() if one.get("id") == "times-out"]
        assert out.get("lang") == "fr"
        words = page.words(out)
        assert words.lstrip("*").startswith("Rendez‑vous avec Alice Martin")
        assert "lun. 30 nov." in words
        assert "All times" not in words
        assert page.fields("/links/demo/share/times")["language"] == ["fr"]
        assert "Meet Alice" in visit(host, f"/links/demo/share/times?form={way}&language=en").main()

    @pytest.mark.parametrize("ending", ["txt", "md"])
    def test_times_at_an_address(self, host: FlaskClient, ending: str) -> None:
        answer = host.get(f"/book/demo.{ending}", headers={"Accept-Language": "en"})
        said = answer.get_data(as_text=True)
        assert said.lstrip("*").startswith("Rendez‑vous avec Alice Martin")
        assert "All times" not in said
        assert answer.headers["Content-Language"] == "fr"

    def test_mails_and_codes(self, host: FlaskClient) -> None:
        assert visit(host, "/links/demo/share").all("textarea", id="share-mail")[0].get("lang") == "fr"
        assert visit(host, "/links/demo/share/person").fields("/links/demo/share/person")["language"] == ["fr"]
        assert visit(host, "/links/demo/share/invitations").fields("/links/demo/share/invitations")["language"] == [
            "fr"
        ]
        assert "Book a time" not in visit(host, "/links/demo/share/embed").main()


class TestTimes:
    def test_they_come_with_links(self, host: FlaskClient) -> None:
        page = visit(host, "/links/demo/share/times")
        (out,) = page.all("div", id="times-out")
        targets = [one.get("href") for one in out.iter("a")]
        assert len(targets) == 3 * 5 + 1
        assert all(target.startswith("http://localhost/book/demo") for target in targets)
        assert page.words(out).startswith("Meet Alice Martin 30 min, Paris time (UTC+1) Mon 30 Nov: 09:00")

    def test_all_that_is_asked_for_is_done(self, host: FlaskClient) -> None:
        page = visit(host, "/links/demo/share/times?duration=60&days=1&most=3&zone=Asia/Tokyo&language=fr&form=plain")
        (out,) = page.all("textarea", id="times-out")
        said = "".join(out.itertext())
        assert "UTC+9" in said
        assert [line.count(", ") for line in said.splitlines() if line.startswith("lun. 30 nov.: ")] == [2]
        again = page.fields("/links/demo/share/times")
        assert (again["zone"], again["duration"], again["form"]) == (["Asia/Tokyo"], ["60"], ["plain"])

    @pytest.mark.parametrize("query", ["form=x", "days=-1", "most=999", "zone=Nowhere", "duration=7", "language=xx"])
    def test_strange_wishes_are_put_right(self, host: FlaskClient, query: str) -> None:
        assert visit(host, f"/links/demo/share/times?{query}").all("div", id="times-out")

    def test_markdown_too(self, host: FlaskClient) -> None:
        page = visit(host, "/links/demo/share/times?form=markdown")
        assert "](<http://localhost/book/demo?start=" in page.words(page.all("textarea", id="times-out")[0])


class TestEmbed:
    def code(self, page: Page) -> str:
        return "".join(page.all("textarea", id="embed-code")[0].itertext()).strip()

    def test_the_code_says_what_is_wanted_and_no_more(self, host: FlaskClient) -> None:
        assert self.code(visit(host, "/links/demo/share/embed")) == (
            '<script src="http://localhost/static/embed.js" data-link="demo" data-label="Book a time" async></script>\n'
            '<noscript><a href="http://localhost/book/demo">Book a time</a></noscript>'
        )
        wanted = "mode=button&theme=dark&language=fr&label=Ein+Termin&hands_on=y"
        assert self.code(visit(host, f"/links/demo/share/embed?{wanted}")).startswith(
            '<script src="http://localhost/static/embed.js" data-link="demo" data-mode="button" data-label="Ein Termin"'
        )

    def test_a_frame_needs_no_script(self, host: FlaskClient) -> None:
        code = self.code(visit(host, "/links/demo/share/embed?mode=frame&theme=dark&language=fr"))
        assert code.startswith('<iframe src="http://localhost/embed/demo?lang=fr&amp;embed_theme=dark" title=')

    def test_markup_in_the_label_stays_text(self, host: FlaskClient) -> None:
        for path in ("embed", "try"):
            response = host.get(f"/links/demo/share/{path}", query_string={"label": HOSTILE, "mode": "button"})
            assert "<script>alert" not in response.get_data(as_text=True)
            assert "<img src=x" not in response.get_data(as_text=True)

    def test_trying_shows_the_real_code(self, host: FlaskClient) -> None:
        page = visit(host, "/links/demo/share/try?mode=button")
        (script,) = page.all("script", src="/static/embed.js")
        assert (script.get("data-link"), script.get("data-mode")) == ("demo", "button")
        assert visit(host, "/links/demo/share/try?mode=frame").all("iframe", src="/embed/demo?embed_theme=light")

    def test_the_sites_that_may_are_named(self, client: FlaskClient) -> None:
        alice = make.user()
        make.link(alice, embed_sites=["https://www.example.org"])
        sign_in(client, alice)
        assert "Only these sites may: https://www.example.org" in visit(client, "/links/demo/share/embed").main()


class TestForOnePerson:
    path = "/links/demo/share/person"

    def test_the_address_knows_who_opens_it(self, host: FlaskClient) -> None:
        page = visit(host, self.path).send(
            self.path, email="ana@example.com", first_name="Ana", last_name="<b>Silva</b>"
        )
        address = page.all("input", id="person-address")[0].get("value")
        assert address.startswith("http://localhost/book/demo?me=")
        assert "Address for Ana <b>Silva</b>" in page.main()
        mail = next(target for target in page.links().values() if target.startswith("mailto:"))
        assert mail.startswith("mailto:ana@example.com?subject=")
        stranger = host.application.test_client()
        start = slots(visit(stranger, address))[-1]
        assert visit(stranger, start).fields(form_of(visit(stranger, start)))["first_name"] == ["Ana"]

    def test_what_is_no_address_is_said_beside_the_field(self, host: FlaskClient) -> None:
        page = visit(host, self.path).send(self.path, email="ana", first_name="Ana")
        assert page.status == 422
        assert "person-email" in page.errors()
        assert page.fields(self.path)["first_name"] == ["Ana"]

    def test_there_is_none_where_forms_are_not_filled_in(self, client: FlaskClient) -> None:
        alice = make.user()
        make.link(alice, form={"prefill": False})
        sign_in(client, alice)
        assert "For one person" not in tabs(visit(client, "/links/demo/share"))


class TestInvitations:
    def made(self, page: Page) -> str:
        return str(page.all("input", id="once-address")[0].get("value"))

    def test_one_is_made_shown_once_and_listed(self, host: FlaskClient) -> None:
        path = "/links/demo/share/invitations"
        page = visit(host, path).send(path, note=" For  <b>Ana</b> ", days="7")
        address = self.made(page)
        assert re.fullmatch(r"http://localhost/book/demo\?once=[\w-]{43}", address)
        assert "Invitation “For <b>Ana</b>”" in page.main()
        again = visit(host, path)
        assert address not in again.response.get_data(as_text=True)
        assert "For <b>Ana</b> Open. Made on Mon 30 Nov, 09:00, good until Mon 7 Dec, 09:00" in again.main()
        one = SingleUse.get()
        assert (one.expires_at, one.created_by.name) == (make.NOW + timedelta(days=7), "Alice Martin")

    def test_members_read_no_names_of_meetings_that_are_not_theirs(self, app: Flask, client: FlaskClient) -> None:
        alice, bob, carla = make.user(), make.user("Bob Stone"), make.user("Carla Brandt")
        link = make.link(alice, "team", kind="round_robin", team=[bob, carla])
        token = single_use.make(alice, link, "For Ana", make.NOW)
        met = bookings.take(link, make.request(make.at("2026-12-01 09:00"), once=token), make.NOW)
        single_use.make(carla, link, "Of Carla", make.NOW)
        single_use.make(bob, link, "Of Bob", make.NOW)
        path = "/links/team/share/invitations"
        said = {}
        for person in (alice, bob, carla):
            browser = app.test_client()
            sign_in(browser, person)
            page = visit(browser, path)
            said[person.id] = "Maren Holt" in page.main()
            taken_back = [one.get("action") for one in page.tree.iter("form") if "revoke" in (one.get("action") or "")]
            assert len(taken_back) == (2 if person == alice else 1), person.name
        theirs = {host.host_id for host in met.hosts()}
        assert said == {alice.id: True, bob.id: bob.id in theirs, carla.id: carla.id in theirs}
        assert sorted(said.values()) == [False, True, True]

    def test_used_and_ended_ones_say_so(self, host: FlaskClient) -> None:
        link, alice = Link.by_slug("demo"), Link.get().organizer
        assert link is not None
        token = single_use.make(alice, link, "Used", make.NOW)
        bookings.take(link, make.request(make.at("2026-12-01 09:00"), once=token), make.NOW)
        single_use.make(alice, link, "Ended", make.NOW - timedelta(days=2), expires_at=make.NOW - timedelta(days=1))
        said = visit(host, "/links/demo/share/invitations").main()
        assert "Used by Maren Holt on Mon 30 Nov, 09:00" in said
        assert "Ended on Sun 29 Nov, 09:00, not used" in said

    def test_who_was_forgotten_is_named_nowhere(self, host: FlaskClient) -> None:
        link = Link.get()
        token = single_use.make(link.organizer, link, "For Maren", make.NOW)
        bookings.anonymise(bookings.take(link, make.request(make.at("2026-12-01 09:00"), once=token), make.NOW))
        said = visit(host, "/links/demo/share/invitations").main()
        assert "Without a name Used on Mon 30 Nov, 09:00" in said
        assert "Maren" not in said

    def test_one_is_taken_back(self, host: FlaskClient) -> None:
        path = "/links/demo/share/invitations"
        page = visit(host, path).send(path)
        address = urlsplit(self.made(page))
        assert host.get(f"{address.path}?{address.query}").status_code == 200
        gone = page.send(f"{path}/{SingleUse.get().id}/revoke")
        assert "The invitation is withdrawn." in gone.notices()[0]
        assert not SingleUse.select().exists()
        assert host.get(f"{address.path}?{address.query}").status_code == 404

    def test_times_can_be_told_for_one(self, host: FlaskClient) -> None:
        path = "/links/demo/share/invitations"
        page = visit(host, path).send(path)
        token = self.made(page).partition("once=")[2]
        times = page.go("Times as text")
        assert f"&once={token}" in times.response.get_data(as_text=True).replace("&amp;", "&")
        assert visit(host, "/links/demo/share/times?once=guessed").status == 404

    def test_who_is_in_the_team_makes_and_takes_back_their_own(self, client: FlaskClient) -> None:
        alice, bob = make.user(), make.user("Bob Stone")
        link = make.link(alice, kind="group", team=[alice, bob])
        single_use.make(alice, link, "Hers", make.NOW)
        sign_in(client, bob)
        path = "/links/demo/share/invitations"
        page = visit(client, path).send(path, note="His")
        hers, his = SingleUse.get(SingleUse.note == "Hers"), SingleUse.get(SingleUse.note == "His")
        sent = page.fields(f"{path}/{his.id}/revoke")
        page.send(f"{path}/{his.id}/revoke")
        assert not page.has_form(f"{path}/{hers.id}/revoke")
        assert client.post(f"{path}/{hers.id}/revoke", data=sent).status_code == 403
        assert [one.note for one in SingleUse.select()] == ["Hers"]

    def test_strangers_see_and_do_nothing(self, client: FlaskClient) -> None:
        make.link(make.user())
        charlie = make.user("Charlie Vane")
        sign_in(client, charlie)
        token = visit(client, "/profile").fields("/sign-out")["csrf_token"]
        for path in ("share", "share/times", "share/embed", "share/try", "share/person", "share/invitations"):
            assert client.get(f"/links/demo/{path}").status_code == 404
        assert client.post("/links/demo/share/invitations", data={"csrf_token": token}).status_code == 404
        assert client.post("/links/demo/share/invitations/1/revoke", data={"csrf_token": token}).status_code == 404
        assert not SingleUse.select().exists()

    def test_too_many_are_refused_in_words(self, host: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(single_use, "MOST_OPEN", 0)
        path = "/links/demo/share/invitations"
        page = visit(host, path).send(path)
        assert page.status == 403
        assert "Withdraw some first." in page.main()


@pytest.mark.parametrize("words", [HOSTILE, "</textarea><svg onload=alert(1)>", "{{ 7*7 }}${7*7}"])
def test_hostile_words_stay_words_wherever_a_link_is_shared(client: FlaskClient, words: str) -> None:
    alice = make.user(name=words[:100], email="alice@example.org")
    link = make.link(alice, overview={"internal_name": words[:100]}, heading=words[:100])
    single_use.make(alice, link, words, make.NOW)
    sign_in(client, alice)
    gone = make.link(alice, "gone", overview={"internal_name": words[:100]})
    links.delete(alice, gone, make.NOW)
    label = {"label": words, "mode": "button"}
    for path in (
        *("/links/demo/share", "/links/demo/share/times", "/links/demo/share/times?form=markdown"),
        *("/links/demo/share/invitations", "/links/demo/share/person", "/links/demo/duplicate", "/links/demo/delete"),
        *(f"/links?deleted={gone.id}", "/book/demo", "/embed/demo"),
        *(f"/links/demo/share/{page}?{urlencode(label)}" for page in ("embed", "try")),
    ):
        page = visit(client, path)
        assert page.status == 200
        for one in page.tree.iter():
            assert one.tag != "script" or one.get("src"), path
            assert not [name for name in one.attrib if isinstance(name, str) and name.startswith("on")], path
            assert one.get("src") != "x", path
        assert "49" not in page.words().replace(words, ""), path


class TestTheInvitedPage:
    """What who was invited sees, and everybody else."""

    @pytest.fixture
    def address(self, app: Flask) -> str:
        link = make.link(make.user(), durations=[30], visibility="single_use")
        return f"/book/demo?once={single_use.make(link.organizer, link, 'For Ana', make.NOW)}"

    def book(self, client: FlaskClient, address: str) -> Any:
        page = visit(client, address)
        target = slots(page)[-1]
        form = visit(client, target)
        action = form_of(form)
        clock.set_source(lambda: make.NOW + timedelta(minutes=1))
        given = {"first_name": "Ana", "last_name": "Silva", "email": "ana@example.com"}
        return client.post(action, data={**form.fields(action), **given})

    def test_it_books_once(self, client: FlaskClient, address: str) -> None:
        assert self.book(client, address).status_code == 303
        assert Booking.select().count() == 1
        over = visit(client, address)
        assert over.status == 410
        assert "This invitation has been used, or its time is over." in over.main()

    def test_without_an_invitation_it_is_as_if_there_were_no_such_page(self, client: FlaskClient, address: str) -> None:
        def bare(path: str) -> str:
            text = client.get(path).get_data(as_text=True)
            return re.sub(r"(demo|none)|once=\w+", "", text)

        for ending in ("", "?once=guessed", ".txt", ".md"):
            assert client.get(f"/book/demo{ending}").status_code == 404
            assert bare(f"/book/demo{ending}") == bare(f"/book/none{ending}")
        assert client.get("/embed/demo").status_code == 404
        assert client.post("/book/demo", data={"start": "1"}).status_code == 404

    def test_afterwards_nothing_leads_to_a_page_that_is_not_there(self, client: FlaskClient, address: str) -> None:
        self.book(client, address)
        booking = Booking.get()
        bookings.cancel(booking, make.NOW, by=None)
        assert "Book a new time" not in visit(client, f"/booking/{access.manage_token(booking)}").main()
        mail = Delivery.get(Delivery.kind == "cancelled", Delivery.audience == "contact")
        told = outbox.content(mail, make.NOW)
        assert told is not None
        assert "/book/demo" not in told.text

    def test_a_second_visitor_who_was_looking_is_told(self, client: FlaskClient, address: str) -> None:
        other = client.application.test_client()
        page = visit(other, address)
        self.book(client, address)
        assert visit(other, slots(page)[-1]).status == 410

    def test_every_link_on_it_is_an_invitation_too(self, client: FlaskClient, address: str) -> None:
        token = address.partition("once=")[2]
        page = visit(client, address)
        inside = [one.get("href") or "" for one in page.tree.iter("a")]
        assert all(f"once={token}" in target for target in inside if target.startswith("/book/"))

    def test_it_can_be_in_a_frame(self, client: FlaskClient, address: str) -> None:
        assert client.get(address.replace("/book/", "/embed/")).status_code == 200


# --- in a browser


@pytest.fixture
def one_link(live: Any) -> Iterator[Link]:
    clock.set_source(lambda: make.NOW)
    with data(live):
        yield make.link(make.user(), durations=[30, 60])


def share(page: Any) -> Any:
    page.get_by_label("More for Link demo").click()
    page.get_by_role("link", name="Share…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("heading", name="Share “Link demo”").wait_for()
    return dialog


@pytest.mark.browser
@pytest.mark.parametrize("width", ["phone", "tablet", "desktop"])
def test_all_ways_are_accessible_and_fit(open_page: Opener, one_link: Link, width: str) -> None:
    page = open_page("/links", signed_in="alice@example.org", width=width)
    dialog = share(page)
    for name in ("Times as text", "On a website", "For one person", "Invitations", "Address"):
        dialog.get_by_role("link", name=name, exact=True).click()
        dialog.locator(".tabs [aria-current]", has_text=name).wait_for()
        assert_accessible_light_and_dark(page)
        assert page.evaluate(
            "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth"
        )


@pytest.mark.browser
def test_times_follow_the_wishes_and_are_copied_with_their_links(open_page: Opener, one_link: Link) -> None:
    page = open_page("/links", signed_in="alice@example.org", permissions=["clipboard-read", "clipboard-write"])
    dialog = share(page)
    dialog.get_by_role("link", name="Times as text").click()
    dialog.get_by_label("Days").focus()
    page.keyboard.press("Home")  # the first of them: 1
    dialog.get_by_text("Tue 1 Dec").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "times-days"
    dialog.get_by_role("button", name="Copy").click()
    assert "Mon 30 Nov" in page.evaluate("navigator.clipboard.readText()")
    html = page.evaluate(
        "navigator.clipboard.read().then(([one]) => one.getType('text/html')).then((blob) => blob.text())"
    )
    assert "/book/demo?start=" in html
    dialog.get_by_text("Markdown", exact=True).click()
    dialog.locator("textarea#times-out").wait_for()
    dialog.get_by_role("button", name="Copy").click()
    assert "](<http" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.browser
def test_an_invitation_is_made_in_the_dialog(open_page: Opener, one_link: Link) -> None:
    page = open_page("/links", signed_in="alice@example.org")
    dialog = share(page)
    dialog.get_by_role("link", name="Invitations").click()
    dialog.get_by_label("For whom?").fill("Ana")
    dialog.get_by_role("button", name="Make an invitation").click()
    dialog.get_by_label("Invitation “Ana”").wait_for()
    assert_accessible(page)
    assert "?once=" in dialog.get_by_label("Invitation “Ana”").input_value()


@pytest.mark.browser
def test_the_keyboard_keeps_its_place(open_page: Opener, one_link: Link) -> None:
    page = open_page("/links", signed_in="alice@example.org")
    dialog = share(page)
    dialog.get_by_role("link", name="Address").focus()
    for name in ("Times as text", "On a website", "For one person", "Invitations"):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        dialog.locator(".tabs [aria-current]", has_text=name).wait_for()
        dialog.locator("a:focus", has_text=name).wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("Ana")
    page.keyboard.press("Enter")
    dialog.locator("#once-address:focus").wait_for()
    dialog.get_by_role("link", name="For one person").press("Enter")
    dialog.get_by_label("E-mail").fill("ana")
    page.keyboard.press("Enter")
    dialog.get_by_text("This is not a complete e-mail address.").wait_for()
    dialog.locator("#person-email:focus").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("mode", ["inline", "button", "frame"])
def test_the_code_can_be_tried(open_page: Opener, one_link: Link, mode: str) -> None:
    page = open_page(f"/links/demo/share/try?mode={mode}", signed_in="alice@example.org")
    if mode == "button":
        page.get_by_role("button", name="Book a time").click()
    page.frame_locator("iframe").locator("#stage").wait_for()


@pytest.mark.browser
def test_all_of_it_works_without_script(open_page: Opener, one_link: Link) -> None:
    page = open_page("/links/demo/share", signed_in="alice@example.org", script=False)
    page.get_by_role("link", name="Times as text").click()
    page.get_by_label("Length").select_option("60")
    page.get_by_text("Markdown", exact=True).click()
    page.get_by_role("button", name="Show the times").click()
    assert "duration=60" in page.locator("textarea#times-out").input_value()
    page.get_by_role("link", name="On a website").click()
    page.get_by_text("Without script").click()
    page.get_by_role("button", name="Show the code").click()
    assert page.get_by_label("Code to paste").input_value().startswith("<iframe")
    page.get_by_role("link", name="Invitations").click()
    page.get_by_role("button", name="Make an invitation").click()
    assert "once=" in page.get_by_label("The new invitation").input_value()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_text("The invitation is withdrawn.").wait_for()
