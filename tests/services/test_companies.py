"""Companies: made of addresses and answers."""

import threading

import peewee
import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from meetings import db
from meetings.errors import Invalid, NotFound
from meetings.models import Booking, Company, Contact, Link, OtherAddress, PropertyValue
from meetings.services import bookings, companies, prefill
from tests import make

NOW = make.NOW


@pytest.fixture
def link(app: Flask) -> Link:
    field = {"name": "company", "type": "property", "required": False}
    return make.link(make.user(), form={"fields": [field]}, durations=[30])


def told(company: str) -> dict[str, object]:
    answer = {"name": "company", "label": "Company", "value": company, "kind": "line", "in_invite": True}
    return {"answers": [answer]}


def of(email: str) -> tuple[str, str | None] | None:
    company = Contact.by_email(email).company
    return (company.name, company.domain) if company else None


# ---- whose address it is ---------------------------------------------------------------------------------------------


def test_whoever_books_is_of_the_company_with_their_domain(link: Link) -> None:
    make.booking(link, email="maren@nordlicht.example")
    make.booking(link, "2026-12-01 10:00", email="Jon@Nordlicht.Example", **told("Something else"))
    make.booking(link, "2026-12-01 11:00", email="eva@globex.example", **told("Globex  Corp."))
    assert of("maren@nordlicht.example") == ("nordlicht.example", "nordlicht.example")
    assert of("jon@nordlicht.example") == of("maren@nordlicht.example")
    assert of("eva@globex.example") == ("Globex Corp.", "globex.example")
    assert Company.select().count() == 2


def test_the_longest_domain_is_a_name_that_fits(link: Link) -> None:
    domain = ("a" * 60 + ".") * 4 + "example"
    make.booking(link, email=f"m@{domain}")
    assert of(f"m@{domain}") == (domain[:200], domain)


def test_with_a_free_mailbox_it_goes_by_the_name(link: Link) -> None:
    make.booking(link, email="maren@gmail.com")
    make.booking(link, "2026-12-01 10:00", email="jon@gmx.de", **told("Große Leute"))
    make.booking(link, "2026-12-01 11:00", email="eva@yahoo.fr", **told("GROSSE  LEUTE"))
    assert of("maren@gmail.com") is None
    assert of("jon@gmx.de") == of("eva@yahoo.fr") == ("Große Leute", None)
    make.booking(link, "2026-12-01 12:00", email="maren@gmail.com", **told("große leute"))
    assert of("maren@gmail.com") == ("Große Leute", None)


def test_a_company_that_was_taken_away_by_hand_stays_away_until_they_say_otherwise(link: Link) -> None:
    make.booking(link, email="maren@nordlicht.example")
    Company.delete().execute()
    make.booking(link, "2026-12-01 10:00", email="maren@nordlicht.example")
    assert of("maren@nordlicht.example") is None
    make.booking(link, "2026-12-01 11:00", email="maren@nordlicht.example", **told("Nordlicht"))
    assert of("maren@nordlicht.example") == ("Nordlicht", "nordlicht.example")


def test_two_at_once_make_one_company(app: Flask, link: Link) -> None:
    """Both find none, both make one; on either database one row is there in the end."""
    at_the_door, found = threading.Barrier(4), []

    def make_one(email: str, name: str) -> None:
        with app.app_context():
            db.connect()
            at_the_door.wait()
            with db.transaction():
                company = companies.of_address(email, NOW, name)
            found.append(company.id if company else None)
            db.disconnect()

    people = [("a@acme.example", ""), ("b@acme.example", "Acme"), ("a@gmail.com", "Globex"), ("b@gmail.com", "globex")]
    threads = [threading.Thread(target=make_one, args=one) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in found
    assert len(set(found)) == Company.select().count() == 2


def test_nobody_deletes_a_company_of_which_somebody_is_just_booking(app: Flask) -> None:
    ada = make.user("Ada Admin", role="admin")
    made = companies.create(ada, {"name": "Acme", "domain": "acme.example"}, NOW)

    def delete() -> None:
        with app.app_context():
            db.connect()
            companies.delete(ada, made)
            db.disconnect()

    other = threading.Thread(target=delete)
    with db.transaction():
        found = companies.of_address("a@acme.example", NOW)
        other.start()
        other.join(0.3)
        Contact.create(email="a@acme.example", first_name="A", last_name="B", company=found, created_at=NOW)
    other.join()
    assert Contact.get().company is None
    assert not Company.select().exists()


def test_a_company_that_others_delete_or_make_meanwhile(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = make.user("Ada Admin", role="admin")
    acme = companies.create(ada, {"name": "Acme", "domain": "acme.example"}, NOW)
    beta = companies.create(ada, {"name": "Beta"}, NOW)
    monkeypatch.setattr(companies, "_refuse_taken", lambda *_: None)  # it is made a moment after that
    for change in ({"domain": "acme.example"}, {"name": "Gamma", "domain": "acme.example"}):
        with pytest.raises(Invalid) as refused:
            companies.change(ada, beta, change)
        assert refused.value.flaws[0].code == "domain-taken"
    with pytest.raises(Invalid) as refused:
        companies.create(ada, {"name": "BETA"}, NOW)
    assert refused.value.flaws[0].code == "name-taken"
    companies.delete(ada, acme)
    with pytest.raises(NotFound):
        companies.change(ada, acme, {"name": "Acme Ltd"})
    assert [row.name for row in Company.select()] == ["Beta"]


def test_the_database_lets_no_two_be_known_by_one_name(app: Flask) -> None:
    Company.create(name="Acme", name_key="acme", domain="acme.example", created_at=NOW)
    Company.create(name="Acme", name_key="acme", created_at=NOW)
    with pytest.raises(peewee.IntegrityError), db.transaction():
        Company.create(name="ACME", name_key="acme", created_at=NOW)


def test_a_booking_of_a_known_contact_asks_no_more_than_before(link: Link) -> None:
    """One statement finds them; for a new one there are two more, and two with their company new, too."""
    make.booking(link, email="maren@nordlicht.example")
    counts = []
    for time, email in [("10", "maren@nordlicht.example"), ("11", "jon@nordlicht.example"), ("12", "eva@new.example")]:
        with count_queries() as counted:
            make.booking(link, f"2026-12-01 {time}:00", email=email)
        counts.append(counted.count)
    known, new, founding = counts
    assert (new - known, founding - known) == (2, 4)


def test_titles_know_the_company_of_who_is_recognised_alone(link: Link) -> None:
    titled = make.link(link.organizer, "titled", overview={"title": "Talk of {{ company.name | theirs }}"})
    make.booking(link, email="maren@nordlicht.example", **told("Nordlicht AS"))
    PropertyValue.delete().execute()  # as of somebody who never said it
    known = make.booking(titled, "2026-12-01 10:00", email="maren@nordlicht.example", is_recognised=True)
    typed = make.booking(titled, "2026-12-01 11:00", email="maren@nordlicht.example")
    assert (known.title, typed.title) == ("Talk of Nordlicht AS", "Talk of theirs")


def test_who_mends_their_address_changes_their_company_with_it(link: Link) -> None:
    first = make.booking(link, email="maren@nordlihct.example")
    bookings.readdress(first, "maren@nordlicht.example", NOW)
    assert of("maren@nordlicht.example") == ("nordlicht.example", "nordlicht.example")
    second = make.booking(link, "2026-12-01 10:00", email="jon@gmial.com", **told("Globex"))
    bookings.readdress(second, "jon@gmail.com", NOW)
    assert of("jon@gmail.com") is None  # what was told of gmial.com is nobody's company


# ---- another address -------------------------------------------------------------------------------------------------


def test_a_contact_is_found_by_another_address(link: Link) -> None:
    first = make.booking(link, email="maren@nordlicht.example")
    OtherAddress.create(email="maren@gmail.com", contact=first.contact)
    second = make.booking(link, "2026-12-01 10:00", email="Maren@Gmail.com")
    assert second.contact_id == first.contact_id
    assert second.email == "maren@gmail.com"  # where they asked for its mail
    assert Contact.select().count() == 1
    assert Contact.by_email("maren@gmail.com") == first.contact


def test_nobody_is_made_under_another_s_address(link: Link) -> None:
    """Not even by whoever found nobody a moment ago."""
    first = make.booking(link, email="maren@nordlicht.example")
    OtherAddress.create(email="maren@gmail.com", contact=first.contact)
    with db.transaction():
        found = Contact.made("maren@gmail.com", first_name="M", last_name="H", created_at=NOW)
    assert found == first.contact
    assert Contact.select().count() == 1
    assert Booking.select().count() == 1


def test_a_personal_link_for_another_address_is_of_the_contact_it_belongs_to(link: Link) -> None:
    first = make.booking(link, email="maren@nordlicht.example")
    OtherAddress.create(email="maren@gmail.com", contact=first.contact)
    url = prefill.personal_url(link, "Maren@gmail.com", "Maren", "Holt", NOW, by=link.organizer)
    assert prefill.person(link, url.partition("me=")[2]) == first.contact
    assert Contact.select().count() == 1


def test_who_mends_their_address_to_another_of_theirs_stays(link: Link) -> None:
    first = make.booking(link, email="maren@nordlicht.example")
    OtherAddress.create(email="maren@gmail.com", contact=first.contact)
    mended = bookings.readdress(first, "maren@gmail.com", NOW)
    assert (mended.email, mended.contact_id) == ("maren@gmail.com", first.contact_id)
