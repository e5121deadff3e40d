"""What contacts were shown and agreed to: kept with the booking, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings import db
from meetings.errors import ConsentChanged, Forbidden, Invalid, NotFound
from meetings.models import Answer, Booking, Consent, Contact, Delivery, Link, Participant, SubscriptionType
from meetings.services import consents, links, outbox, subscriptions
from meetings.services.consents import Agreed
from tests import make

NEWS = {"id": "news", "label": "Send me news", "subscription": "news"}
RULES = {"id": "rules", "label": "I know the house rules", "required": True}


@pytest.fixture
def ada(app: Flask) -> Any:
    return make.user("Ada Admin", role="admin")


@pytest.fixture
def news(ada: Any) -> SubscriptionType:
    return subscriptions.add(ada, {"label": "News"})


def link_saying(**consent: Any) -> Link:
    return make.link(form={"consent": {"mode": "consent", **consent}})


def rows(booking: Booking | None = None) -> list[tuple[str, str, str, bool]]:
    found = consents.of_booking(booking) if booking else Consent.select().order_by(Consent.id)
    return [(row.purpose, row.box, row.wording, row.is_given) for row in found]


# -- what is said


def test_a_link_says_what_the_account_says(ada: Any) -> None:
    link = make.link()
    assert consents.terms(link, "en").mode == "off"
    consents.save_account(ada, {"mode": "legitimate_interest", "text": "We may write."})
    assert (consents.terms(link, "en").mode, consents.terms(link, "en").text) == (
        "legitimate_interest",
        "We may write.",
    )


def test_a_link_s_own_words_win_from_then_on(ada: Any) -> None:
    link = link_saying(text="Ours")
    consents.save_account(ada, {"mode": "legitimate_interest", "text": "The account’s"})
    assert consents.terms(link, "en").text == "Ours"
    links.update(link.organizer, link, {"scheduling": {"form": {"consent": {"mode": "off"}}}}, make.NOW)
    assert consents.terms(Link.get_by_id(link.id), "en").version == ""


def test_words_that_nobody_wrote_are_in_the_page_s_language(ada: Any) -> None:
    consents.save_account(ada, {"mode": "consent", "processing": "checkbox"})
    (box,) = consents.terms(make.link(), "en").boxes
    assert box.label == "I agree that my details are kept and used to prepare and hold this meeting."


def test_only_admins_change_what_the_account_says(app: Flask) -> None:
    with pytest.raises(Forbidden):
        consents.save_account(make.user(), {"mode": "consent"})


def test_the_account_names_only_subscriptions_that_are_there(ada: Any) -> None:
    with pytest.raises(Invalid) as caught:
        consents.save_account(ada, {"mode": "consent", "checkboxes": [NEWS]})
    assert [flaw.field for flaw in caught.value.flaws] == ["consent.checkboxes.0.subscription"]


def test_a_link_names_only_subscriptions_that_are_there(app: Flask) -> None:
    with pytest.raises(Invalid) as caught:
        link_saying(checkboxes=[NEWS])
    assert [flaw.code for flaw in caught.value.flaws] == ["unknown-subscription"]


# -- what is kept


def test_everything_shown_is_kept_with_the_booking(news: SubscriptionType) -> None:
    link = link_saying(text="May we write?", checkboxes=[NEWS, RULES])
    agreed = Agreed(frozenset({"rules"}), consents.terms(link, "en").version, "203.0.113.77")
    booking = make.booking(link, agreed=agreed)
    assert rows(booking) == [
        ("notice", "", "May we write?", True),
        ("communication", "news", "Send me news", False),
        ("communication", "rules", "I know the house rules", True),
    ]
    kept = consents.of_booking(booking)[1]
    assert (kept.subscription, kept.locale, kept.address, kept.created_at) == ("news", "en", "203.0.113.0/24", make.NOW)
    assert kept.version == consents.terms(link, "en").version
    assert kept.contact_id == booking.contact_id


def test_a_page_that_says_nothing_leaves_nothing(app: Flask) -> None:
    make.booking(agreed=Agreed(version=""))
    assert rows() == []


def test_what_must_be_ticked_is_needed_for_a_booking(app: Flask) -> None:
    link = link_saying(checkboxes=[RULES])
    with pytest.raises(Invalid) as caught:
        make.booking(link)
    assert [(flaw.field, flaw.code) for flaw in caught.value.flaws] == [("consents.rules", "must-agree")]
    assert all(table.select().count() == 0 for table in (Booking, Participant, Delivery, Contact, Consent))


def test_what_was_shown_counts_not_what_was_written_since(app: Flask) -> None:
    link = link_saying(text="Once")
    shown = consents.terms(link, "en").version
    links.update(link.organizer, link, {"scheduling": {"form": {"consent": {"text": "Twice"}}}}, make.NOW)
    with pytest.raises(ConsentChanged):
        make.booking(Link.get_by_id(link.id), agreed=Agreed(version=shown))
    assert Booking.select().count() == 0


def test_a_form_that_said_nothing_does_not_book_once_something_is_said(ada: Any) -> None:
    link = make.link()
    consents.save_account(ada, {"mode": "legitimate_interest"})
    with pytest.raises(ConsentChanged):
        make.booking(link, agreed=Agreed(version=""))


def test_a_booking_that_fails_later_leaves_no_consent(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_saying(checkboxes=[RULES])

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(outbox, "queue_booking", fail)
    with pytest.raises(RuntimeError):
        make.booking(link, agreed=Agreed(frozenset({"rules"})))
    assert (Booking.select().count(), Consent.select().count()) == (0, 0)


def test_a_consent_that_fails_leaves_no_booking(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_saying(checkboxes=[RULES, {"id": "last", "label": "Last"}])
    real, made = Consent.create, []

    def second_fails(**values: Any) -> Consent:
        made.append(values)
        if len(made) == 2:
            raise RuntimeError
        return real(**values)

    monkeypatch.setattr(Consent, "create", second_fails)
    with pytest.raises(RuntimeError):
        make.booking(link, agreed=Agreed(frozenset({"rules"})))
    assert all(table.select().count() == 0 for table in (Booking, Participant, Answer, Delivery, Contact, Consent))


def test_a_repeated_request_keeps_its_consent_once(app: Flask) -> None:
    link = link_saying(checkboxes=[RULES])
    for _ in range(2):
        make.booking(link, agreed=Agreed(frozenset({"rules"})), idempotency_key="k", request_hash="h")
    assert len(rows()) == 1


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """Leave no trace of what happens inside."""
    with suppress(_Undo), db.transaction():
        yield
        raise _Undo


boxes = st.lists(
    st.fixed_dictionaries({"label": st.text("ab ", min_size=1).filter(str.strip), "required": st.booleans()}),
    max_size=4,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(boxes, st.text("xy\n", max_size=8), st.data())
def test_the_rows_are_what_the_page_showed(app: Flask, asked: list[Any], text: str, data: st.DataObject) -> None:
    with undone():
        link = link_saying(checkboxes=asked, text=text)
        page = consents.terms(link, "en")
        must = {box.id for box in page.boxes if box.is_required}
        ticked = must | data.draw(st.sets(st.sampled_from([box.id for box in page.boxes]))) if page.boxes else set()
        booking = make.booking(link, agreed=Agreed(frozenset(ticked), page.version))
        kept = consents.of_booking(booking)
        assert {row.box: (row.wording, row.is_given) for row in kept if row.box} == {
            box.id: (box.label, box.id in ticked) for box in page.boxes
        }
        assert [row.wording for row in kept if not row.box] == ([page.text] if page.text else [])
        assert {row.version for row in kept} <= {page.version}


# -- what may be written


def test_a_blank_box_another_time_takes_nothing_back(news: SubscriptionType) -> None:
    link = link_saying(checkboxes=[NEWS])
    first = make.booking(link, agreed=Agreed(frozenset({"news"})))
    make.booking(link, "2026-12-02 09:00")
    assert [row.subscription for row in consents.granted(first.contact)] == ["news"]


def test_what_was_agreed_to_can_be_taken_back_and_given_again(news: SubscriptionType) -> None:
    link = link_saying(checkboxes=[NEWS])
    booking = make.booking(link, agreed=Agreed(frozenset({"news"})))
    later = make.NOW + timedelta(days=1)
    consents.withdraw(booking.contact, "news", later, "2001:db8:1:2::3")
    assert consents.granted(booking.contact) == []
    row = consents.of_booking(booking)[-1]
    assert (row.is_given, row.wording, row.box, row.created_at) == (False, "Send me news", "", later)
    assert row.address == "2001:db8:1::/48"
    with pytest.raises(NotFound):
        consents.withdraw(booking.contact, "news", later)
    make.booking(link, "2026-12-02 09:00", agreed=Agreed(frozenset({"news"})))
    assert len(consents.granted(booking.contact)) == 1


def test_a_legitimate_interest_can_be_objected_to(ada: Any) -> None:
    consents.save_account(ada, {"mode": "legitimate_interest"})
    booking = make.booking()
    assert [row.subscription for row in consents.granted(booking.contact)] == ["one_to_one"]
    consents.withdraw(booking.contact, "one_to_one", make.NOW)
    assert consents.granted(booking.contact) == []


# -- types of subscription


def test_one_type_is_always_there(ada: Any) -> None:
    (row,) = SubscriptionType.in_order()
    assert (row.name, subscriptions.label(row, "en")) == ("one_to_one", "One-to-one messages")
    with pytest.raises(Invalid):
        subscriptions.delete(ada, row)


def test_a_type_is_added_renamed_and_deleted(ada: Any) -> None:
    row = subscriptions.add(ada, {"label": "  Courses & open days "})
    assert (row.name, row.label) == ("courses_open_days", "Courses & open days")
    subscriptions.rename(ada, row, {"label": "Courses"})
    assert subscriptions.labels("en") == {"one_to_one": "One-to-one messages", "courses_open_days": "Courses"}
    subscriptions.delete(ada, SubscriptionType.get_by_id(row.id))
    assert subscriptions.names() == ["one_to_one"]


@pytest.mark.parametrize(("label", "code"), [("", "required"), ("x" * 201, "too-long"), ("NEWS", "duplicate")])
def test_a_type_needs_a_name_of_its_own(ada: Any, news: SubscriptionType, label: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        subscriptions.add(ada, {"label": label})
    assert [flaw.code for flaw in caught.value.flaws] == [code]


def test_a_type_that_somebody_agreed_to_stays(ada: Any, news: SubscriptionType) -> None:
    link = link_saying(checkboxes=[NEWS])
    with pytest.raises(Invalid):
        subscriptions.delete(ada, news)
    make.booking(link, agreed=Agreed(frozenset({"news"})))
    links.update(link.organizer, link, {"scheduling": {"form": {"consent": {"mode": "account"}}}}, make.NOW)
    with pytest.raises(Invalid):
        subscriptions.delete(ada, news)


def test_members_leave_the_types_alone(news: SubscriptionType) -> None:
    alice = make.user()
    for act in (
        lambda: subscriptions.add(alice, {"label": "X"}),
        lambda: subscriptions.rename(alice, news, {"label": "X"}),
        lambda: subscriptions.delete(alice, news),
    ):
        with pytest.raises(Forbidden):
            act()
