"""Two contacts that are one person."""

from datetime import timedelta

import pytest
from flask import Flask

from meetings.domain.time import to_instant
from meetings.errors import Conflict, Forbidden, Invalid
from meetings.models import (
    Booking,
    Company,
    Consent,
    Contact,
    Delivery,
    Link,
    Note,
    OtherAddress,
    Property,
    PropertyValue,
    RightsLink,
    User,
)
from meetings.models.guard import written_to
from meetings.secrets import token_hash
from meetings.services import bookings, merging, ownership, prefill, privacy, rights
from meetings.services.consents import Agreed
from tests import make
from tests.threads import at_once

NOW = make.NOW
WORK, HOME = "maren@nordlicht.example", "maren@gmail.com"
BOXES = [{"id": "news", "label": "Send me news"}]


@pytest.fixture
def ada(app: Flask) -> User:
    return make.user("Ada Admin", role="admin")


@pytest.fixture
def link(ada: User) -> Link:
    return make.link(make.user(), form={"consent": {"mode": "consent", "text": "Hello", "checkboxes": BOXES}})


@pytest.fixture
def booked(link: Link) -> tuple[Booking, Booking]:
    """One meeting under each address; news were agreed to at home."""
    agreed = {"agreed": Agreed(frozenset({"news"}), None, "203.0.113.9")}
    work = make.booking(link, email=WORK, now=NOW - timedelta(days=2))
    return work, make.booking(link, "2026-12-01 10:00", email=HOME, **agreed)


@pytest.fixture
def pair(booked: tuple[Booking, Booking]) -> tuple[Contact, Contact]:
    return Contact.by_email(WORK), Contact.by_email(HOME)


def know(contact: Contact, **values: str) -> None:
    for name, value in values.items():
        PropertyValue.create(contact=contact, property=Property.get(Property.name == name), value=value, changed_at=NOW)


def note(contact: Contact, text: str) -> None:
    Note.create(contact=contact, author_name="Bob", text=text, created_at=NOW)


def addresses(contact: Contact) -> list[str]:
    return [contact.email, *OtherAddress.of(contact.id)]


# ---- what moves ------------------------------------------------------------------------------------------------------


def test_all_that_is_kept_about_both_is_kept_under_one(ada: User, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    know(kept, phone="+33 1")
    know(other, phone="+49 2", website="https://maren.example")
    note(kept, "Likes tea")
    note(other, "Call in May")
    OtherAddress.create(email="m@gmx.de", contact=other)
    consents = Consent.select().count()
    merged = merging.merge(ada, kept, other)
    assert merged.id == kept.id
    assert addresses(merged) == [WORK, "m@gmx.de", HOME]
    assert {row.email for row in Booking.select().where(Booking.contact == merged)} == {WORK, HOME}
    assert PropertyValue.known(merged.id) == {"phone": "+33 1", "website": "https://maren.example"}
    assert [row.text for row in Note.select().where(Note.contact == merged).order_by(Note.id)] == [
        "Likes tea",
        "Call in May",
    ]
    assert Consent.select().where(Consent.contact == merged).count() == consents > 0
    assert Contact.select().count() == 1


def test_gaps_of_the_one_who_stays_are_filled(ada: User, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    company = Company.create(name="Acme", name_key="acme", created_at=NOW)
    at = NOW - timedelta(hours=1)
    Contact.update(company=None, locale="").where(Contact.id == kept.id).execute()
    Contact.update(company=company, owner=ada, confirmed_at=at, locale="fr").where(Contact.id == other.id).execute()
    merged = merging.merge(ada, kept, other)
    assert (merged.company, merged.owner, merged.confirmed_at, merged.locale) == (company, ada, at, "fr")
    assert merged.created_at == kept.created_at < other.created_at


def test_what_the_one_who_stays_has_wins(ada: User, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    bob = make.user("Bob Berg")
    Contact.update(owner=bob).where(Contact.id == kept.id).execute()
    Contact.update(owner=ada, first_name="Someone", last_name="Else").where(Contact.id == other.id).execute()
    merged = merging.merge(ada, kept, other)
    assert (merged.owner, merged.name, merged.company.domain) == (bob, "Maren Holt", "nordlicht.example")


def test_the_name_comes_from_the_other_where_there_is_none(ada: User, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    Contact.update(first_name="", last_name="").where(Contact.id == kept.id).execute()
    assert merging.merge(ada, Contact.get_by_id(kept.id), other).name == "Maren Holt"


def test_once_merged_they_can_be_merged_with_a_third(ada: User, link: Link, pair: tuple[Contact, Contact]) -> None:
    kept, other = pair
    third = make.booking(link, "2026-12-01 11:00", email="holt@web.de").contact
    merging.merge(ada, kept, other)
    merged = merging.merge(ada, third, Contact.get_by_id(kept.id))
    assert sorted(addresses(merged)) == sorted([WORK, HOME, "holt@web.de"])
    assert Booking.select().where(Booking.contact == merged).count() == 3


# ---- who may, and what can't be --------------------------------------------------------------------------------------


def test_members_may_not(pair: tuple[Contact, Contact]) -> None:
    with pytest.raises(Forbidden):
        merging.merge(make.user("Bob Berg"), *pair)
    with pytest.raises(Forbidden):
        merging.suggestions(make.user("Charlie Roux"))


def test_nobody_is_merged_with_themselves(ada: User, pair: tuple[Contact, Contact]) -> None:
    with pytest.raises(Invalid):
        merging.merge(ada, pair[0], pair[0])


@pytest.mark.parametrize("place", [0, 1])
def test_who_is_being_erased_stays_apart(ada: User, pair: tuple[Contact, Contact], place: int) -> None:
    Contact.update(erasing_since=NOW).where(Contact.id == pair[place].id).execute()
    with pytest.raises(Conflict):
        merging.merge(ada, *pair)
    assert Contact.select().count() == 2


@pytest.mark.parametrize("place", [0, 1])
def test_a_number_that_stands_for_somebody_else_by_now_is_refused(
    ada: User, pair: tuple[Contact, Contact], place: int
) -> None:
    Contact.update(email="somebody@else.example").where(Contact.id == pair[place].id).execute()
    with pytest.raises(Conflict):
        merging.merge(ada, *pair)


def test_who_is_gone_is_refused(ada: User, pair: tuple[Contact, Contact]) -> None:
    merging.merge(ada, *pair)
    with pytest.raises(Conflict):
        merging.merge(ada, *pair)


def test_what_fails_changes_nothing(ada: User, pair: tuple[Contact, Contact], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(OtherAddress, "create", fail)
    with pytest.raises(RuntimeError):
        merging.merge(ada, *pair)
    assert Contact.select().count() == 2
    assert Booking.select().where(Booking.contact == pair[1]).count() == 1


# ---- both addresses go on --------------------------------------------------------------------------------------------


def test_a_booking_under_either_address_is_theirs(ada: User, link: Link, pair: tuple[Contact, Contact]) -> None:
    merged = merging.merge(ada, *pair)
    for time, email in [("11", WORK), ("12", HOME)]:
        made = make.booking(link, f"2026-12-01 {time}:00", email=email)
        assert (made.contact_id, made.email) == (merged.id, email)
    assert Contact.select().count() == 1


def test_the_owner_is_found_by_either_address(ada: User, pair: tuple[Contact, Contact]) -> None:
    Contact.update(owner=ada).where(Contact.id == pair[0].id).execute()
    merging.merge(ada, *pair)
    assert ownership.owner_of(HOME) == ownership.owner_of(WORK) == ada


def test_mails_that_wait_go_out(ada: User, pair: tuple[Contact, Contact]) -> None:
    before = sorted(row.recipient for row in Delivery.select())
    merging.merge(ada, *pair)
    assert sorted(row.recipient for row in Delivery.select()) == before
    assert Booking.get(Booking.email == HOME).contact.email == WORK


def token_of(url: str) -> str:
    return url.partition("me=")[2]


def test_personal_links_of_both_are_recognised(ada: User, link: Link, pair: tuple[Contact, Contact]) -> None:
    tokens = [token_of(prefill.personal_url(link, email, "Maren", "Holt", NOW, by=ada)) for email in (WORK, HOME)]
    merged = merging.merge(ada, *pair)
    for token, email in zip(tokens, (WORK, HOME), strict=True):
        assert prefill.person(link, token) == merged
        assert prefill.known(link, token, "").values["email"] == email  # as the link was made
    tokens.append(token_of(prefill.personal_url(link, HOME, "Maren", "Holt", NOW, by=ada)))
    third = make.booking(link, "2026-12-01 11:00", email="holt@web.de").contact
    last = merging.merge(ada, third, merged)
    assert [prefill.person(link, token) for token in tokens] == [last, last, last]


def test_a_personal_link_of_a_number_that_others_have_now_opens_nothing(
    ada: User, link: Link, pair: tuple[Contact, Contact]
) -> None:
    token = token_of(prefill.personal_url(link, HOME, "Maren", "Holt", NOW, by=ada))
    merged = merging.merge(ada, *pair)
    stranger = Contact.create(id=pair[1].id, email="x@y.example", first_name="X", last_name="Y", created_at=NOW)
    assert prefill.person(link, token) == merged != stranger
    OtherAddress.delete().execute()
    assert prefill.person(link, token) is None


def test_a_browser_goes_on_remembering_what_was_typed_in_it(
    ada: User, booked: tuple[Booking, Booking], pair: tuple[Contact, Contact], link: Link
) -> None:
    tokens = [prefill.browser_token(booking) for booking in booked]
    merging.merge(ada, *pair)
    assert [prefill.known(link, "", token).values["email"] for token in tokens] == [WORK, HOME]


@pytest.mark.parametrize("email", [WORK, HOME])
def test_whoever_reads_either_mailbox_sees_and_erases_everything(
    ada: User, pair: tuple[Contact, Contact], email: str
) -> None:
    merged = merging.merge(ada, *pair)
    token = "t" * 30
    RightsLink.create(email=email, token_hash=token_hash(token), expires_at=NOW + timedelta(hours=1))
    visitor = rights.visitor(rights.use(token, NOW), NOW)
    assert visitor == merged
    assert Contact.get_by_id(merged.id).confirmed_at == NOW  # they read one of the mailboxes
    told = rights.export(visitor)
    assert {told["contact"]["email"], *told["contact"]["other_addresses"]} == {WORK, HOME}
    assert len(told["bookings"]) == 2
    privacy.erase(visitor, NOW, by=None)
    privacy.finish_erasures(NOW + timedelta(days=2))
    assert Contact.known_as(WORK) is Contact.known_as(HOME) is None
    assert Booking.select().where(Booking.email != "").count() == 0
    listed = privacy._noted()
    assert {privacy.address_hash(WORK), privacy.address_hash(HOME)} <= listed.keys()


def test_a_copy_from_before_the_merge_forgets_both_again(ada: User, pair: tuple[Contact, Contact]) -> None:
    merged = merging.merge(ada, *pair)
    privacy.erase(merged, NOW, by=ada)
    privacy.finish_erasures(NOW + timedelta(days=2))
    privacy.write_list()
    before = NOW - timedelta(days=1)
    for email in (WORK, HOME):
        Contact.create(email=email, first_name="Maren", last_name="Holt", created_at=before)
    from meetings.models import Erasure

    Erasure.delete().execute()
    assert privacy.erase_again(NOW + timedelta(days=3)) == 2
    assert Contact.select().where(Contact.email != "").count() == 0


def test_who_merges_while_they_are_erased_leaves_no_trace(ada: User, pair: tuple[Contact, Contact]) -> None:
    """The page of the other was open when they were merged; what is erased is the one that there is now."""
    merging.merge(ada, *pair)
    privacy.erase(pair[1], NOW, by=ada)
    assert Contact.get_by_id(pair[0].id).erasing_since == NOW
    privacy.finish_erasures(NOW + timedelta(days=2))
    assert privacy.erase(pair[1], NOW, by=ada)  # and once they are gone, there is nothing left to do


def test_meetings_with_an_unconfirmed_address_are_counted_whichever_of_both_it_is(
    ada: User, pair: tuple[Contact, Contact]
) -> None:
    since = to_instant(NOW - timedelta(days=5))
    assert [len(written_to(email, "", since, 5)) for email in (WORK, HOME)] == [1, 1]
    merged = merging.merge(ada, *pair)
    assert [len(written_to(email, "", since, 5)) for email in (WORK, HOME)] == [2, 2]
    Contact.update(confirmed_at=NOW).where(Contact.id == merged.id).execute()
    assert [len(written_to(email, "", since, 5)) for email in (WORK, HOME)] == [0, 0]


def test_a_mended_address_takes_nothing_along_that_was_merged(ada: User, link: Link) -> None:
    """A contact who has another address isn't only a mistyped one."""
    fresh = make.booking(link, email=WORK)
    known = Contact.create(email=HOME, first_name="Maren", last_name="Holt", created_at=NOW)
    note(known, "Likes tea")
    merged = merging.merge(ada, fresh.contact, known)
    bookings.readdress(Booking.get_by_id(fresh.id), "other@nordlicht.example", NOW)
    assert addresses(Contact.get_by_id(merged.id)) == [WORK, HOME]
    assert Note.get().contact_id == merged.id


# ---- at the same moment ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("_round", range(6))
def test_a_booking_at_the_same_moment_ends_with_one_contact_and_everything_there(
    app: Flask, ada: User, link: Link, pair: tuple[Contact, Contact], _round: int
) -> None:
    raised = at_once(
        app,
        lambda: merging.merge(ada, *pair),
        lambda: make.booking(link, "2026-12-01 11:00", email=HOME),
        lambda: make.booking(link, "2026-12-01 12:00", email=WORK),
    )
    assert raised == []
    assert [contact.email for contact in Contact.select()] == [WORK]
    assert Booking.select().where(Booking.contact == pair[0]).count() == 4


def test_two_who_merge_crosswise_don_t_wait_for_each_other(
    app: Flask, ada: User, pair: tuple[Contact, Contact]
) -> None:
    first, second = pair
    raised = at_once(app, lambda: merging.merge(ada, first, second), lambda: merging.merge(ada, second, first))
    assert [type(error) for error in raised] == [Conflict]
    assert Contact.select().count() == OtherAddress.select().count() == 1
    assert Booking.select().where(Booking.contact == Contact.get()).count() == 2


def test_a_move_at_the_same_moment_keeps_its_contact(
    app: Flask, ada: User, booked: tuple[Booking, Booking], pair: tuple[Contact, Contact]
) -> None:
    raised = at_once(
        app,
        lambda: merging.merge(ada, *pair),
        lambda: bookings.cancel(booked[1], NOW, by=None),
    )
    assert raised == []
    assert Booking.get_by_id(booked[1].id).contact_id == pair[0].id
    assert not Booking.get_by_id(booked[1].id).is_confirmed


# ---- who might be the same person ------------------------------------------------------------------------------------


def person(email: str, name: str = "Maren Holt", company: Company | None = None, days: int = 0) -> Contact:
    first, _, last = name.partition(" ")
    created = NOW + timedelta(days=days)
    return Contact.create(email=email, first_name=first, last_name=last, company=company, created_at=created)


def test_namesakes_of_one_company_or_with_a_free_mailbox_are_suggested(ada: User) -> None:
    acme = Company.create(name="Acme", name_key="acme", created_at=NOW)
    person("m.holt@acme.example", company=acme, days=1)
    person("maren@acme.example", "maren HOLT", company=acme)
    person("maren@elsewhere.example")
    person("jon@gmail.com", "Jon Dahl")
    person("jon@dahl.example", "Jon Dahl", days=-1)
    person("eva@gmail.com", "Eva")
    person("eva@gmx.de", "Eva")
    found = {(first.email, second.email) for first, second in merging.suggestions(ada)}
    assert found == {("maren@acme.example", "m.holt@acme.example"), ("jon@dahl.example", "jon@gmail.com")}


def test_suggestions_are_few_and_cheap(ada: User) -> None:
    from playhouse.test_utils import count_queries

    for number in range(60):
        person(f"m{number}@gmail.com")
    with count_queries() as counted:
        found = merging.suggestions(ada)
        assert {first.company_id for first, _ in found} == {None}
    assert len(found) == merging.SUGGESTED
    assert counted.count == 1
