"""Booking pages for programs: what anybody may ask, and what they are told."""

from datetime import timedelta

import pytest

from meetings import clock
from meetings.models import Answer, Booking, Consent, Delivery, Link, Slug
from meetings.services import access, bookings, branding, consents, links
from tests import make
from tests.api.conftest import code, fields
from tests.services.test_branding import logo, wear

MONTH = "from=2026-12-01&to=2026-12-02"
ASK = {"name": "topic", "label": "What about?", "type": "question", "kind": "text", "required": True}


def wish(start="2026-12-01T09:00:00Z", **more):
    contact = {"email": "maren@example.com", "first_name": "Maren", "last_name": "Holt"}
    return {"start": start, "duration": 30, "timezone": "Europe/Oslo", "contact": contact, **more}


# --- the page


def test_a_page_says_what_it_shows_and_no_more(anybody, alice):
    make.link(
        alice,
        overview={"internal_name": "Secret plan", "title": "Hidden", "description": "Bring a map."},
        heading="Let’s talk",
        durations=[30, 60],
        form={"fields": [ASK]},
    )
    answer = anybody.get("/book/demo")
    assert answer.json == {
        "slug": "demo",
        "kind": "individual",
        "is_bookable": True,
        "asks_email_first": False,
        "heading": "Let’s talk",
        "description": "Bring a map.",
        "location": "",
        "durations": [30, 60],
        "timezone": "Europe/Paris",
        "language": "auto",
        "hosts": [{"name": "Alice Martin"}],
        "form": {
            "fields": [{**ASK, "options": [], "help": "", "in_invite": True}],
            "captcha": False,
            "consent": {
                "mode": "off",
                "text": "",
                "processing_text": "",
                "privacy_text": "",
                "checkboxes": [],
                "version": "",
            },
        },
        "branding": {"company": "Meetings", "logo_url": None, "colour": None, "website": None},
    }
    assert "Secret" not in answer.text
    assert "@" not in answer.text


def test_a_page_says_how_the_team_looks(anybody, alice, ada):
    make.link(alice)
    branding.save(ada, {"company": "Northlight GmbH", "colour": "#0F5A6B", "website": "northlight.example"})
    wear(ada, logo())
    answer = anybody.get("/book/demo").json["branding"]
    assert answer.pop("logo_url") == f"http://localhost/pictures/{branding.current().logo}"
    assert answer == {
        "company": "Northlight GmbH",
        "colour": "#0f5a6b",
        "website": "https://northlight.example",
    }


def test_a_team_s_page_names_its_hosts(anybody, alice, bob):
    make.link(alice, kind="round_robin", team=[alice, bob])
    assert [host["name"] for host in anybody.get("/book/demo").json["hosts"]] == ["Alice Martin", "Bob Okafor"]


def test_unknown_drafts_and_deleted_pages_are_alike(anybody, alice, ada):
    make.link(alice, "draft", status="draft")
    gone = make.link(alice, "gone")
    links.delete(ada, gone, make.NOW)
    answers = [anybody.get(f"/book/{slug}") for slug in ("unknown", "draft", "gone")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_a_former_address_leads_on(anybody, alice):
    link = make.link(alice)
    links.update(alice, link, {"scheduling": {"slug": "newer"}}, make.NOW)
    assert anybody.get("/book/demo").json["slug"] == "newer"


def test_a_page_that_is_off_offers_nothing(anybody, alice):
    links.switch_off(alice, make.link(alice), make.NOW)
    assert anybody.get("/book/demo").json["is_bookable"] is False
    assert anybody.get(f"/book/demo/slots?{MONTH}").json["slots"] == []
    assert anybody.post("/book/demo/bookings", wish()).status_code == 404


# --- slots


def test_slots_ascend_in_utc(anybody, alice):
    make.link(alice, available_hours=[{"days": ["tue"], "start": "09:00", "end": "10:00"}])
    answer = anybody.get(f"/book/demo/slots?{MONTH}")
    assert answer.json == {
        "timezone": "Europe/Paris",
        "duration": 30,
        "slots": [
            {"start": "2026-12-01T08:00:00Z", "end": "2026-12-01T08:30:00Z"},
            {"start": "2026-12-01T08:15:00Z", "end": "2026-12-01T08:45:00Z"},
            {"start": "2026-12-01T08:30:00Z", "end": "2026-12-01T09:00:00Z"},
        ],
    }


def test_days_are_those_of_the_zone_asked_for(anybody, alice):
    make.link(alice, available_hours=[{"days": ["tue"], "start": "00:00", "end": "24:00"}], start_increment=60)
    asked = "from=2026-12-01&to=2026-12-01&timezone=Pacific/Auckland"
    starts = [slot["start"] for slot in anybody.get(f"/book/demo/slots?{asked}").json["slots"]]
    # Auckland's 1 December ends at 11:00 UTC; Paris opens it at 23:00 UTC the day before.
    assert starts[0] == "2026-11-30T23:00:00Z"
    assert starts[-1] == "2026-12-01T10:00:00Z"


def test_neighbouring_days_share_no_slot_and_miss_none(anybody, alice):
    """Also where clocks go back across midnight: Havana's 1 November 2026 has its hour from 00:00 twice."""
    make.link(
        alice,
        timezone="UTC",
        available_hours=[{"days": ["sat", "sun", "mon"], "start": "00:00", "end": "24:00"}],
        window={"kind": "range", "start": "2026-10-31", "end": "2026-11-03"},
        now=make.at("2026-10-01 08:00"),
    )
    clock.set_source(lambda: make.at("2026-10-01 08:00"))
    for zone in ("America/Havana", "America/Asuncion", "Asia/Beirut", "America/Scoresbysund", "Africa/Cairo"):
        days = ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03"]
        each = [
            slot["start"]
            for day in days
            for slot in anybody.get(f"/book/demo/slots?from={day}&to={day}&timezone={zone}").json["slots"]
        ]
        whole = anybody.get(f"/book/demo/slots?from={days[0]}&to={days[-1]}&timezone={zone}").json["slots"]
        assert each == [slot["start"] for slot in whole], zone
        assert len(set(each)) == len(each)


def test_duration_can_be_chosen(anybody, alice):
    make.link(alice, durations=[30, 60])
    answer = anybody.get(f"/book/demo/slots?{MONTH}&duration=60").json
    assert answer["duration"] == 60
    assert answer["slots"][0]["end"] == "2026-12-01T09:00:00Z"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", ["from", "to"]),
        ("from=2026-12-01", ["to"]),
        ("from=&to=", ["from", "to"]),
        ("from=tomorrow&to=2026-12-01", ["from"]),
        ("from=20261201&to=2026-12-01", ["from"]),
        ("from=2026-02-30&to=2026-03-01", ["from"]),
        ("from=2026-12-02&to=2026-12-01", ["to"]),
        ("from=2026-12-01&to=2027-02-09", ["to"]),
        (f"{MONTH}&timezone=Paris", ["timezone"]),
        (f"{MONTH}&timezone=../../etc/passwd", ["timezone"]),
        (f"{MONTH}&duration=45", ["duration"]),
        (f"{MONTH}&duration=30.0", ["duration"]),
        (f"{MONTH}&duration=-30", ["duration"]),
        (f"{MONTH}&duration=99999999999999999999", ["duration"]),
    ],
)
def test_wrong_questions_are_refused(anybody, alice, query, wrong):
    make.link(alice)
    assert fields(anybody.get(f"/book/demo/slots?{query}")) == wrong


def test_seventy_days_are_not_too_many(anybody, alice):
    make.link(alice)
    assert anybody.get("/book/demo/slots?from=2026-12-01&to=2027-02-08").status_code == 200


def test_unknown_parameters_change_nothing(anybody, alice):
    make.link(alice)
    plain = anybody.get(f"/book/demo/slots?{MONTH}")
    more = anybody.get(f"/book/demo/slots?{MONTH}&user=alice&token=x&cancelledBy=alice@example.org")
    assert more.data == plain.data


def test_what_is_offered_is_accepted_and_then_gone(anybody, alice):
    make.link(alice, buffer=15)
    offered = [slot["start"] for slot in anybody.get(f"/book/demo/slots?{MONTH}").json["slots"]]
    assert anybody.post("/book/demo/bookings", wish(offered[4])).status_code == 201
    left = [slot["start"] for slot in anybody.get(f"/book/demo/slots?{MONTH}").json["slots"]]
    assert offered[4] not in left
    assert set(left) < set(offered)


# --- booking


def test_booking_a_time(anybody, alice):
    make.link(alice, form={"fields": [ASK]})
    answer = anybody.post("/book/demo/bookings", wish("2026-12-01T10:00:00+01:00", answers={"topic": "Seats"}))
    assert answer.status_code == 201
    found = answer.json
    row = Booking.get()
    assert found == {
        "id": row.public_id,
        "status": "confirmed",
        "link": "demo",
        "start": "2026-12-01T09:00:00Z",
        "end": "2026-12-01T09:30:00Z",
        "duration": 30,
        "timezone": "Europe/Oslo",
        "hosts": [{"email": "alice@example.org", "name": "Alice Martin", "required": True}],
        "contact": {"email": "maren@example.com", "first_name": "Maren", "last_name": "Holt"},
        "answers": {"topic": "Seats"},
        "manage_url": f"http://localhost/booking/{access.manage_token(row)}",
    }
    assert Answer.get().label == "What about?"
    assert Delivery.select().count() >= 2


def test_zone_and_duration_need_not_be_said(anybody, alice):
    make.link(alice, durations=[45, 30])
    asked = wish()
    del asked["timezone"], asked["duration"]
    found = anybody.post("/book/demo/bookings", asked).json
    assert (found["timezone"], found["duration"]) == ("Europe/Paris", 45)


@pytest.mark.parametrize(
    ("language", "accept", "locale"),
    [("auto", "fr-CH, en;q=0.5", "fr"), ("auto", "tlh", "en"), ("fr", "en", "fr")],
)
def test_the_contact_s_language_is_kept(anybody, alice, language, accept, locale):
    make.link(alice, language=language)
    anybody.post("/book/demo/bookings", wish(), headers={"Accept-Language": accept})
    assert Booking.get().locale.startswith(locale)


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        ("2026-12-01T09:07:00Z", "grid"),
        ("2026-12-01T09:00:01Z", "grid"),
        ("2026-12-01T09:00:00.500Z", "grid"),
        ("2026-12-01T15:45:00Z", "fit"),
        ("2026-12-05T09:00:00Z", "grid"),
        ("2026-11-27T09:00:00Z", "notice"),
        ("2027-06-01T09:00:00Z", "horizon"),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_a_time_that_is_not_offered_is_a_conflict(anybody, alice, start, rule):
    make.link(alice)
    answer = anybody.post("/book/demo/bookings", wish(start))
    assert answer.status_code == 409
    assert code(answer) == "slot-taken"
    assert rule is None or answer.json["rule"] == rule
    assert Booking.select().count() == 0


def test_a_taken_time_comes_with_the_nearest_free_ones(anybody, alice):
    make.link(alice)
    anybody.post("/book/demo/bookings", wish())
    answer = anybody.post("/book/demo/bookings", wish())
    assert answer.status_code == 409
    assert answer.json["rule"] == "free"
    near = [slot["start"] for slot in answer.json["nearest"]]
    assert near == ["2026-12-01T08:15:00Z", "2026-12-01T08:30:00Z", "2026-12-01T09:30:00Z", "2026-12-01T09:45:00Z"]
    offered = [slot["start"] for slot in anybody.get(f"/book/demo/slots?{MONTH}").json["slots"]]
    assert set(near) <= set(offered)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"start": None}, ["start"]),
        ({"start": "2026-12-01T09:00:00"}, ["start"]),
        ({"start": "2026-12-01 09:00:00Z"}, ["start"]),
        ({"start": "2026-12-01T09:00Z"}, ["start"]),
        ({"start": "2026-12-01T24:00:00Z"}, ["start"]),
        ({"start": "2026-12-01T09:00:60Z"}, ["start"]),
        ({"start": "2026-12-01T09:00:00+25:00"}, ["start"]),
        ({"start": "0001-01-01T00:00:00+10:00"}, ["start"]),
        ({"start": 1764579600}, ["start"]),
        ({"duration": 45}, ["duration"]),
        ({"duration": "30"}, ["duration"]),
        ({"duration": 30.0}, ["duration"]),
        ({"duration": True}, ["duration"]),
        ({"timezone": "Oslo"}, ["timezone"]),
        ({"timezone": 1}, ["timezone"]),
        ({"contact": None}, ["contact.email", "contact.first_name", "contact.last_name"]),
        ({"contact": []}, ["contact"]),
        ({"contact": {"email": "a@b", "first_name": " ", "last_name": "x" * 101}}, ["contact.email", "contact.first_name", "contact.last_name"]),
        ({"contact": {"email": "a@example.org", "first_name": "A", "last_name": "B", "id": 3}}, ["contact.id"]),
        ({"answers": []}, ["answers"]),
        ({"answers": {}}, ["answers.topic"]),
        ({"answers": {"topic": "x", "other": "y"}}, ["answers.other"]),
        ({"answers": {"topic": 3}}, ["answers.topic"]),
        ({"answers": {"topic": "x" * 2001}}, ["answers.topic"]),
        ({"answers": {"topic": "a\u0000b"}}, ["answers.topic"]),
        ({"consents": "all"}, ["consents"]),
        ({"consents": ["marketing"]}, ["consents.0"]),
        ({"captcha": {}}, ["captcha"]),
        ({"status": "confirmed"}, ["status"]),
        ({"host": "alice@example.org"}, ["host"]),
    ],
)  # fmt: skip
def test_malformed_values_are_named(anybody, alice, change, wrong):
    make.link(alice, form={"fields": [ASK]})
    asked = {**wish(answers={"topic": "Seats"}), **change}
    assert sorted(fields(anybody.post("/book/demo/bookings", asked))) == wrong
    assert Booking.select().count() == 0


def test_consents_that_the_page_asks_for_are_taken(anybody, alice):
    box = {"id": "news", "label": "Send me news"}
    make.link(alice, form={"consent": {"mode": "consent", "text": "Hello", "checkboxes": [box]}})
    assert anybody.post("/book/demo/bookings", wish(consents=["news"])).status_code == 201
    (kept,) = Consent.select().where(Consent.box == "news")
    assert (kept.wording, kept.is_given, kept.subscription) == ("Send me news", True, "one_to_one")


def test_a_page_says_what_it_says_about_privacy_whoever_s_words_it_is(anybody, alice, ada):
    make.link(alice)
    box = {"id": "news", "label": "Send me news", "required": True}
    consents.save_account(ada, {"mode": "consent", "privacy_text": "We keep little.", "checkboxes": [box]})
    said = anybody.get("/book/demo").json["form"]["consent"]
    assert (said["mode"], said["privacy_text"]) == ("consent", "We keep little.")
    assert said["checkboxes"] == [{**box, "subscription": "one_to_one"}]
    assert fields(anybody.post("/book/demo/bookings", wish())) == ["consents.news"]
    asked = wish(consents=["news"], consent_version=said["version"])
    assert anybody.post("/book/demo/bookings", asked).status_code == 201


def test_other_words_than_those_shown_are_not_agreed_to(anybody, alice, ada):
    make.link(alice)
    consents.save_account(ada, {"mode": "legitimate_interest", "text": "We may write."})
    version = anybody.get("/book/demo").json["form"]["consent"]["version"]
    consents.save_account(ada, {"mode": "legitimate_interest", "text": "We will write every day."})
    answer = anybody.post("/book/demo/bookings", wish(consent_version=version))
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (409, "consent-changed")
    assert (Booking.select().count(), Consent.select().count(), Delivery.select().count()) == (0, 0, 0)


# --- repeating


def test_the_same_request_under_the_same_key_is_one_booking(anybody, alice):
    make.link(alice)
    headers = {"Idempotency-Key": "4f1d"}
    first = anybody.post("/book/demo/bookings", wish(), headers=headers)
    shuffled = dict(reversed(wish().items()))
    again = anybody.post("/book/demo/bookings", shuffled, headers=headers)
    assert (again.status_code, again.json) == (201, first.json)
    assert Booking.select().count() == 1
    sent = Delivery.select().count()
    anybody.post("/book/demo/bookings", wish(), headers=headers)
    assert Delivery.select().count() == sent


def test_a_repeat_is_answered_as_the_first_was_whatever_happened_since(anybody, alice):
    link = make.link(alice)
    headers = {"Idempotency-Key": "4f1d"}
    first = anybody.post("/book/demo/bookings", wish(), headers=headers)
    row = Booking.get()
    bookings.reschedule(row, make.at("2026-12-02 10:00"), make.NOW, by=None)
    assert anybody.post("/book/demo/bookings", wish(), headers=headers).json == first.json
    bookings.cancel(row, make.NOW, by=None)
    links.update(alice, link, {"scheduling": {"durations": [60], "form": {"fields": [ASK]}}}, make.NOW)
    links.switch_off(alice, Link.get_by_id(link.id), make.NOW)
    again = anybody.post("/book/demo/bookings", wish(), headers=headers)
    assert (again.status_code, again.json) == (201, first.json)
    assert Booking.select().count() == 1


def test_another_request_under_the_same_key_is_refused(anybody, alice):
    make.link(alice)
    headers = {"Idempotency-Key": "4f1d"}
    anybody.post("/book/demo/bookings", wish(), headers=headers)
    answer = anybody.post("/book/demo/bookings", wish("2026-12-01T11:00:00Z"), headers=headers)
    assert fields(answer) == ["Idempotency-Key"]
    assert Booking.select().count() == 1


def test_a_key_belongs_to_its_link(anybody, alice, bob):
    make.link(alice)
    make.link(bob, "other")
    headers = {"Idempotency-Key": "4f1d"}
    first = anybody.post("/book/demo/bookings", wish(), headers=headers)
    other = anybody.post("/book/other/bookings", wish(), headers=headers)
    assert other.status_code == 201
    assert other.json["id"] != first.json["id"]


def test_without_a_key_a_repeat_is_judged_as_new(anybody, alice):
    make.link(alice)
    assert [anybody.post("/book/demo/bookings", wish()).status_code for _ in range(2)] == [201, 409]


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "clé"])
def test_a_useless_key_is_refused(anybody, alice, key):
    make.link(alice)
    answer = anybody.post("/book/demo/bookings", wish(), headers={"Idempotency-Key": key})
    assert fields(answer) == ["Idempotency-Key"]


def test_a_contact_cannot_change_who_they_are_by_a_token(anybody, alice, as_user):
    """The public calls know no user: a bearer token changes nothing about them."""
    make.link(alice)
    answer = as_user(alice).post("/book/demo/bookings", wish())
    assert answer.json["contact"]["email"] == "maren@example.com"


def test_a_slug_is_found_in_any_case(anybody, alice):
    make.link(alice, "Demo")
    assert anybody.get("/book/dEMO").json["slug"] == "Demo"
    assert Slug.get().key == "demo"


def test_a_link_may_open_after_the_last_moment_of_notice(anybody, alice):
    make.link(alice, minimum_notice=24 * 60)
    clock.set_source(lambda: make.NOW + timedelta(microseconds=1))
    starts = [slot["start"] for slot in anybody.get(f"/book/demo/slots?{MONTH}").json["slots"]]
    assert starts[0] == "2026-12-01T08:15:00Z"


def test_slots_take_four_queries_however_much_there_is(anybody, alice, bob, count_queries):
    link = make.link(alice, kind="round_robin", team=[alice, bob], form={"fields": [ASK]})
    anybody.get(f"/book/demo/slots?{MONTH}")
    with count_queries() as few:
        anybody.get(f"/book/demo/slots?{MONTH}")
    for hour in range(9, 15):
        make.busy(alice, f"2026-12-02 {hour:02}:00", f"2026-12-02 {hour:02}:20")
        make.booking(link, f"2026-12-01 {hour:02}:00", answers=[])
    with count_queries() as many:
        anybody.get(f"/book/demo/slots?{MONTH}")
    assert len(many) == len(few) <= 4
