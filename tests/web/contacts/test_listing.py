"""The list of contacts: who sees whom, searched, filtered and sorted."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playhouse.test_utils import count_queries

from meetings.models import Company, Contact, Note, OtherAddress, User
from meetings.services import contacts
from tests import make
from tests.web.pages import Page, sign_in, visit

NAMES = ("Maren Holt", "Jon Berg", "Eva Lund")


@pytest.fixture
def people(ada: User) -> list[Contact]:
    """Maren of Nordlicht is Bob's, Jon of Nordlicht nobody's, Eva has a free mailbox."""
    bob = make.user("Bob Okafor")
    emails = ("maren@nordlicht.example", "jon@nordlicht.example", "eva@gmail.com")
    found = []
    for name, email in zip(NAMES, emails, strict=True):
        first, last = name.split()
        owner = {"owner": bob.email} if first == "Maren" else {}
        found.append(contacts.create(ada, {"email": email, "first_name": first, "last_name": last, **owner}, make.NOW))
    return found


def shown(page: Page) -> list[str]:
    return [page.words(one) for one in page.all("a", class_="row-link")]


def test_it_is_narrowed_by_words_owner_and_company(client: FlaskClient, people: list[Contact], ada: User) -> None:
    OtherAddress.create(email="m.holt@home.example", contact=people[0])
    Note.create(contact=people[2], author=ada, author_name="Ada", text="Likes Nordlicht", created_at=make.NOW)
    bob, company = User.get(User.name == "Bob Okafor"), Company.get(Company.domain == "nordlicht.example")
    for query, names in [
        ("", {*NAMES}),
        ("q=nordlicht", {"Maren Holt", "Jon Berg"}),
        ("q=home.example", {"Maren Holt"}),
        (f"owner={bob.id}", {"Maren Holt"}),
        ("owner=none", {"Jon Berg", "Eva Lund"}),
        (f"company={company.id}", {"Maren Holt", "Jon Berg"}),
        (f"company={company.id}&owner=none", {"Jon Berg"}),
        ("owner=99999", set()),
    ]:
        assert set(shown(visit(client, f"/contacts?{query}"))) == names, query


def test_whose_a_contact_is_by_the_company_s_rule(client: FlaskClient, people: list[Contact]) -> None:
    bob = User.get(User.name == "Bob Okafor")
    Company.update(owner=bob).where(Company.domain == "nordlicht.example").execute()
    assert set(shown(visit(client, f"/contacts?owner={bob.id}"))) == {"Maren Holt", "Jon Berg"}
    page = visit(client, "/contacts?q=jon")
    assert "Bob Okafor As the company’s owner" in page.main()
    assert "Bob Okafor, as the company’s owner" in page.go("Jon Berg").main()


def test_it_is_sorted_by_each_column_either_way(client: FlaskClient, people: list[Contact]) -> None:
    link = make.link(make.user("Carl Carlson"))
    make.booking(link, "2026-12-02 09:00", email="jon@nordlicht.example")
    make.booking(link, "2026-12-01 09:00", email="eva@gmail.com")
    for sort, names in [
        ("name", ["Eva Lund", "Jon Berg", "Maren Holt"]),
        ("-name", ["Maren Holt", "Jon Berg", "Eva Lund"]),
        ("last", ["Jon Berg", "Eva Lund", "Maren Holt"]),
        ("-last", ["Eva Lund", "Jon Berg", "Maren Holt"]),
        ("nonsense", ["Eva Lund", "Jon Berg", "Maren Holt"]),
        ("-new", ["Maren Holt", "Jon Berg", "Eva Lund"]),
    ]:
        assert shown(visit(client, f"/contacts?sort={sort}")) == names, sort
    assert shown(visit(client, "/contacts?sort=company"))[-1] == "Eva Lund"  # who has none stands at the end
    assert shown(visit(client, "/contacts?sort=-company"))[-1] == "Eva Lund"
    assert "sort=-name" in visit(client, "/contacts?sort=name").links()["Name"]


def test_members_see_whom_they_own_or_have_met(app: Flask, people: list[Contact]) -> None:
    bob, client = User.get(User.name == "Bob Okafor"), app.test_client()
    sign_in(client, bob)
    assert shown(visit(client, "/contacts")) == ["Maren Holt"]
    make.booking(make.link(bob), email="eva@gmail.com")
    assert set(shown(visit(client, "/contacts"))) == {"Maren Holt", "Eva Lund"}
    Company.update(owner=bob).where(Company.domain == "nordlicht.example").execute()
    assert set(shown(visit(client, "/contacts"))) == {*NAMES}
    assert visit(client, f"/contacts/{people[1].id}").status == 200


def test_members_are_told_of_meetings_that_are_theirs(app: Flask, ada: User) -> None:
    """Here and in the order, as on the contact's own page: how often and when others meet them is not for them."""
    bob, cleo = make.user("Bob Okafor"), make.user("Cleo Dunn")
    of_bob, of_cleo = make.link(bob, "bob"), make.link(cleo, "cleo")
    for email, cleos in (("eva@gmail.com", "2026-12-09 09:00"), ("jon@gmail.com", "2026-12-10 09:00")):
        make.booking(of_cleo, cleos, email=email, first_name=email[:3].title())
    make.booking(of_bob, "2026-12-02 09:00", email="eva@gmail.com")
    make.booking(of_bob, "2026-12-01 09:00", email="jon@gmail.com")

    def told(who: User) -> list[str]:
        client = app.test_client()
        sign_in(client, who)
        page = visit(client, "/contacts?sort=last")
        cells = [
            [page.words(cell) for cell in row.iter("td")][-2:] for row in list(page.all("table")[0].iter("tr"))[1:]
        ]
        return [f"{name}: {count}, {last}" for name, (count, last) in zip(shown(page), cells, strict=True)]

    assert told(bob) == ["Eva Holt: 1, Wed 2 Dec, 10:00", "Jon Holt: 1, Tue 1 Dec, 10:00"]
    assert told(ada) == ["Jon Holt: 2, Thu 10 Dec, 10:00", "Eva Holt: 2, Wed 9 Dec, 10:00"]
    Contact.update(owner=bob).where(Contact.email == "jon@gmail.com").execute()
    assert told(bob) == ["Jon Holt: 2, Thu 10 Dec, 10:00", "Eva Holt: 1, Wed 2 Dec, 10:00"]


def test_a_meeting_leads_to_whom_it_is_with(app: Flask, ada: User) -> None:
    """Whoever may open a meeting has met its contact."""
    bob, client = make.user("Bob Okafor"), app.test_client()
    booking = make.booking(make.link(bob))
    sign_in(client, bob)
    assert visit(client, f"/bookings/{booking.public_id}").go("Maren Holt").path == f"/contacts/{booking.contact_id}"


def test_a_long_list_asks_the_database_no_more_often(client: FlaskClient, ada: User, people: list[Contact]) -> None:
    def asked() -> int:
        visit(client, "/contacts")
        with count_queries() as counted:
            visit(client, "/contacts")
        return counted.count

    few = asked()
    for number in range(40):
        contacts.create(ada, {"email": f"c{number}@firm{number}.example", "first_name": f"C{number}"}, make.NOW)
    assert asked() == few


def test_strange_values_ask_for_nothing(client: FlaskClient, people: list[Contact]) -> None:
    for query in ("owner=x", "owner=²", "company=-1", "company=" + "9" * 50, "owner=%00", "page=0"):
        assert visit(client, f"/contacts?{query}").status == 200, query
