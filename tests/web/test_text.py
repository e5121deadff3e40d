"""The next free times at addresses that end in .txt and .md."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import clock
from meetings.models import Contact
from meetings.services import links, single_use
from tests import make


@pytest.fixture(autouse=True)
def _now(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


def read(client: FlaskClient, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in response.headers
    return str(response.get_data(as_text=True))


def test_plain_text_names_each_time_with_its_address(client: FlaskClient) -> None:
    make.link(heading="Talk to Alice", start_increment="duration")
    said = read(client, "/book/demo.txt?days=2")
    assert said.startswith(
        "Talk to Alice\n30 min, Paris time (UTC+1)\n\nMon 30 Nov\n  09:00  http://localhost/book/demo?start="
    )
    assert said.count("http://localhost/book/demo") == 16 + 16 + 1


def test_markdown_has_links(client: FlaskClient) -> None:
    make.link()
    response = client.get("/book/demo.md?days=1")
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert "- Mon 30 Nov: [09:00](<http://localhost/book/demo?start=" in response.get_data(as_text=True)


def test_zone_length_and_language_can_be_asked_for(client: FlaskClient) -> None:
    make.link(durations=[30, 60])
    said = read(client, "/book/demo.txt?timezone=Asia/Tokyo&duration=60&lang=fr")
    assert "(UTC+9)" in said
    assert "&duration=60&timezone=Asia%2FTokyo" in said
    assert "lun. 30 nov." in said
    assert "lun. 30 nov." in read(client, "/book/demo.txt", accept_language="fr")


@pytest.mark.parametrize("days", ["0", "-1", "x", "9" * 30, "²", "32"])
def test_strange_wishes_are_put_right(client: FlaskClient, days: str) -> None:
    make.link()
    read(client, f"/book/demo.txt?days={days}&timezone=Nowhere&duration=7")


def test_a_former_address_leads_on_as_the_page_does(client: FlaskClient) -> None:
    link = make.link()
    links.update(link.organizer, link, {"scheduling": {"slug": "talk"}}, make.NOW)
    assert "/book/talk?start=" in read(client, "/book/demo.txt")


def test_what_is_not_there_is_not_there(client: FlaskClient) -> None:
    link = make.link(visibility="single_use")
    make.link(link.organizer, "draft", status="draft")
    for address in ("/book/demo.txt", "/book/demo.md?once=x", "/book/draft.txt", "/book/nothing.md", "/book/demo.pdf"):
        assert client.get(address).status_code == 404
    token = single_use.make(link.organizer, link, "", make.NOW)
    assert f"&once={token}" in read(client, f"/book/demo.txt?once={token}")


def test_it_is_no_page_for_frames(client: FlaskClient) -> None:
    make.link()
    assert client.get("/book/demo.txt").headers["X-Frame-Options"] == "DENY"


def test_with_an_address_they_are_those_of_its_page(client: FlaskClient) -> None:
    alice, bob = make.user(), make.user("Bob Okafor")
    window = {"kind": "range", "start": "2026-12-01", "end": "2026-12-01"}
    hours = {"durations": [60], "start_increment": 60, "window": window}
    make.link(alice, kind="round_robin", team=[alice, bob], prioritize_contact_owner=True, **hours)
    make.busy(alice, "2026-12-01 11:00", "2026-12-01 16:00")
    Contact.create(email="ana@acme.example", first_name="Ana", last_name="Silva", owner=alice, created_at=make.NOW)
    everyones = read(client, "/book/demo.txt")
    assert everyones.count("?start=") == 8
    assert "email=" not in everyones
    theirs = read(client, "/book/demo.txt?email=Ana@acme.example")
    assert [line[:7] for line in theirs.splitlines() if "?start=" in line] == ["  09:00", "  10:00", "  11:00"]
    assert theirs.count("email=Ana%40acme.example") == 3 + 1  # each time, and the page
    unknown = read(client, "/book/demo.txt?email=maren@example.com")
    assert unknown.replace("&email=maren%40example.com", "").replace("?email=maren%40example.com", "") == everyones
    all_the_same = read(client, "/book/demo.txt?email=ana@acme.example&team=1")
    assert all_the_same.count("&team=1") == 8 + 1
    assert read(client, "/book/demo.txt?email=nonsense") == everyones
    page = client.get("/book/demo?email=ana@acme.example&timezone=Europe/Paris").get_data(as_text=True)
    assert page.count('class="slot"') == 3


def test_where_addresses_decide_nothing_they_are_left_out(client: FlaskClient) -> None:
    make.link()
    assert "email=" not in read(client, "/book/demo.txt?email=ana@acme.example")
