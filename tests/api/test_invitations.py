"""Pages that open to whoever was invited alone, for programs: `once` in the query."""

import pytest

from meetings.models import Booking
from meetings.services import single_use
from tests import make
from tests.api.conftest import code

WISH = {
    "start": "2026-12-01T09:00:00Z",
    "contact": {"email": "ana@example.com", "first_name": "Ana", "last_name": "Silva"},
}
DAYS = "from=2026-12-01&to=2026-12-02"


@pytest.fixture
def token(alice):
    link = make.link(alice, visibility="single_use")
    return single_use.make(alice, link, "For Ana", make.NOW)


def test_without_an_invitation_there_is_no_page(anybody, token):
    for path in (
        "/book/demo",
        f"/book/demo/slots?{DAYS}",
        "/book/demo?once=guessed",
        f"/book/demo/slots?{DAYS}&once=x",
    ):
        assert code(anybody.get(path)) == "not-found"
    for path in ("/book/demo/bookings", "/book/demo/bookings?once=guessed"):
        assert code(anybody.post(path, WISH)) == "not-found"
    assert not Booking.select().exists()


def test_with_one_it_books_once(anybody, token):
    assert anybody.get(f"/book/demo?once={token}").status_code == 200
    assert anybody.get(f"/book/demo/slots?{DAYS}&once={token}").json["slots"]
    made = anybody.post(f"/book/demo/bookings?once={token}", WISH)
    assert made.status_code == 201
    other = {**WISH, "start": "2026-12-02T09:00:00Z"}
    assert code(anybody.post(f"/book/demo/bookings?once={token}", other)) == "invitation-over"
    assert code(anybody.get(f"/book/demo?once={token}")) == "invitation-over"
    assert Booking.select().count() == 1


def test_a_repeated_request_is_answered_as_the_first_was(anybody, token):
    path, key = f"/book/demo/bookings?once={token}", {"Idempotency-Key": "k"}
    first = anybody.post(path, WISH, headers=key)
    again = anybody.post(path, WISH, headers=key)
    assert (again.status_code, again.json["id"]) == (201, first.json["id"])


def test_one_for_an_open_page_counts_as_well(anybody, alice):
    token = single_use.make(alice, make.link(alice), "", make.NOW)
    assert anybody.post(f"/book/demo/bookings?once={token}", WISH).status_code == 201
    assert single_use.of_link(Booking.get().link)[0].used_at == make.NOW
