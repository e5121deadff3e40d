"""What programs learn of people who were erased: that there was a meeting."""

from datetime import timedelta

from meetings import clock
from meetings.models import Contact
from meetings.services import access, privacy
from tests import make

LATER = make.NOW + timedelta(days=9)


def test_an_erased_contact_is_none(as_user, alice):
    booking = make.booking(make.link(alice))
    assert privacy.erase(Contact.by_email("maren@example.com"), LATER, by=None)
    clock.set_source(lambda: LATER)
    (item,) = as_user(alice).get("/bookings?from=2026-11-01").json["items"]
    assert (item["id"], item["contact"], item["answers"]) == (booking.public_id, None, {})
    assert as_user(alice).get(f"/bookings/{booking.public_id}").json["contact"] is None


def test_the_contact_s_own_token_opens_nothing_any_more(anybody, alice):
    booking = make.booking(make.link(alice))
    path = f"/bookings/{booking.public_id}?token={access.manage_token(booking)}"
    assert anybody.get(path).status_code == 200
    privacy.erase(Contact.by_email("maren@example.com"), LATER, by=None)
    assert anybody.get(path).status_code == 404


def test_a_key_that_booked_for_an_erased_contact_books_anew(anybody, alice):
    make.link(alice)
    wish = {
        "start": "2026-12-01T09:00:00Z",
        "contact": {"email": "maren@example.com", "first_name": "Maren", "last_name": "Holt"},
    }
    headers = {"Idempotency-Key": "4f1d"}
    assert anybody.post("/book/demo/bookings", wish, headers=headers).status_code == 201
    privacy.erase(Contact.by_email("maren@example.com"), LATER, by=None)
    answer = anybody.post("/book/demo/bookings", wish, headers=headers)
    assert answer.status_code == 409  # the time is taken: nothing remembers by whom
