"""Contacts: what is kept of them goes along with them, and stays as long as it is of use."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from meetings.errors import DuplicateContact, Forbidden, NotFound
from meetings.models import (
    Booking,
    Company,
    Contact,
    Delivery,
    Erasure,
    Note,
    OtherAddress,
    PropertyValue,
    User,
)
from meetings.services import companies, contacts, directory, notes, privacy, retention, rights
from tests import make

NOW = make.NOW
LATER = NOW + timedelta(days=30)
LONG_AFTER = NOW + timedelta(days=800)


@pytest.fixture
def ada(app: Flask) -> User:
    return make.user("Ada Admin", role="admin")


@pytest.fixture
def maren(ada: User) -> Contact:
    """With everything that can be kept of somebody."""
    values = {"email": "maren@nordlicht.example", "first_name": "Maren", "last_name": "Holt"}
    more = {"owner": ada.email, "properties": {"phone": "+47 22 33 44 55"}}
    found = contacts.create(ada, {**values, **more}, NOW)
    OtherAddress.create(email="m@home.example", contact=found)
    notes.add(ada, found, "Likes tea", NOW)
    return found


# ---- their rights ----------------------------------------------------------------------------------------------------


def test_they_get_all_that_is_kept(maren: Contact) -> None:
    found = rights.export(maren)
    assert found["contact"]["other_addresses"] == ["m@home.example"]
    assert (found["contact"]["company"], found["contact"]["owner"]) == ("nordlicht.example", "Ada Admin")
    assert found["notes"] == [{"text": "Likes tea", "at": "2026-11-30T08:00:00Z"}]


def test_erasing_takes_everything_but_the_company(maren: Contact) -> None:
    rights.ask("m@home.example", "en", address="203.0.113.9", now=NOW)
    assert privacy.erase(maren, LATER, by=None)
    assert not Contact.select().where(Contact.email != "").exists()
    assert not Note.select().exists()
    assert not OtherAddress.select().exists()
    assert not Delivery.select().exists()  # also what was on its way to the other address
    assert Company.get().domain == "nordlicht.example"
    hashes = {row.email_hash for row in Erasure.select()}
    assert hashes == {privacy.address_hash(email) for email in ("maren@nordlicht.example", "m@home.example")}


def test_who_books_anew_while_being_erased_is_new(maren: Contact) -> None:
    link = make.link(make.user())
    Contact.update(erasing_since=NOW).execute()
    make.booking(link, email=maren.email, now=NOW + timedelta(hours=1), start="2026-12-04 09:00")
    assert privacy.finish_erasures(NOW + timedelta(hours=2)) == 1
    kept = Contact.by_email(maren.email)
    assert (kept.company, kept.owner) == (None, None)
    assert not Note.select().exists()


# ---- how long they are kept ------------------------------------------------------------------------------------------


def clear(now: datetime) -> None:
    """The job as it runs: every day, a portion at a time."""
    retention.clear_old(now - timedelta(days=1))
    while retention.clear_old(now):
        pass


def test_who_is_written_about_is_kept(ada: User, maren: Contact) -> None:
    notes.add(ada, maren, "Called today", LONG_AFTER - timedelta(days=1))
    clear(LONG_AFTER)
    assert Contact.select().where(Contact.email != "").count() == 1
    Note.update(created_at=NOW).execute()
    clear(LONG_AFTER + timedelta(days=2))
    assert Contact.select().where(Contact.email != "").count() == 0


def test_a_company_of_nobody_goes_unless_somebody_owns_it(ada: User, maren: Contact) -> None:
    companies.create(ada, {"name": "Owned", "domain": "owned.example", "owner": ada.email}, NOW)
    companies.create(ada, {"name": "Nobody’s", "domain": "nobody.example"}, NOW)
    clear(LONG_AFTER)  # Maren goes first, and with her Nordlicht's last contact
    assert [company.name for company in Company.select()] == ["Owned"]


# ---- whose they are --------------------------------------------------------------------------------------------------


def test_whose_many_are_takes_one_query(ada: User, maren: Contact) -> None:
    Company.update(owner=ada).execute()
    for number in range(5):
        contacts.create(ada, {"email": f"c{number}@nordlicht.example"}, NOW)
    found = list(directory.contacts(ada))
    with count_queries() as counted:
        told = contacts.owners(found)
    assert counted.count == 1
    assert {is_rule for owner, is_rule in told.values()} == {True, False}
    assert {owner.id for owner, _ in told.values()} == {ada.id}


def test_whoever_was_deactivated_owns_nobody(ada: User, maren: Contact) -> None:
    bob = make.user("Bob Okafor")
    Contact.update(owner=bob).execute()
    assert contacts.may_edit(bob, Contact.get())
    User.update(is_active=False).where(User.id == bob.id).execute()
    assert not contacts.may_edit(bob, Contact.get())


def test_members_find_only_their_own(ada: User, maren: Contact) -> None:
    bob = make.user("Bob Okafor")
    with pytest.raises(NotFound):
        directory.contact_for(bob, maren.id)
    make.booking(make.link(bob), email="M@Home.example")
    assert directory.contact_for(bob, maren.id).id == maren.id  # met under her other address
    with pytest.raises(Forbidden):
        contacts.change(bob, Contact.get_by_id(maren.id), {"first_name": "X"}, NOW)
    assert Booking.get().email == "m@home.example"


def test_what_was_not_changed_is_not_judged_anew(ada: User, maren: Contact) -> None:
    """A phone number that older rules let in may stay, as long as nobody touches it."""
    PropertyValue.update(value="ask Jon").execute()
    contacts.change(ada, maren, {"properties": {"phone": "ask Jon", "job_title": "Boss"}}, NOW)
    assert {row.value for row in PropertyValue.select()} == {"ask Jon", "Boss"}


def test_whoever_is_gone_by_now_is_not_there_to_be_changed(ada: User, maren: Contact) -> None:
    """They were erased or merged while somebody typed."""
    Contact.delete().execute()
    with pytest.raises(NotFound):
        contacts.change(ada, maren, {"first_name": "X", "properties": {"job_title": "Boss"}}, NOW)
    Contact.create(id=maren.id, email="other@x.example", first_name="O", last_name="P", created_at=NOW)
    with pytest.raises(NotFound):  # nor is whoever has their number
        contacts.change(ada, maren, {"first_name": "X"}, NOW)
    assert (Contact.get().first_name, PropertyValue.select().count()) == ("O", 0)


def test_an_address_that_somebody_has_since_a_moment_ago(
    ada: User, maren: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    Contact.create(email="new@x.example", first_name="N", last_name="N", created_at=NOW)
    monkeypatch.setattr(contacts, "_refuse_taken", lambda *_: None)
    with pytest.raises(DuplicateContact):
        contacts.change(ada, maren, {"email": "new@x.example", "first_name": "X"}, NOW)
    assert Contact.get_by_id(maren.id).first_name != "X"
