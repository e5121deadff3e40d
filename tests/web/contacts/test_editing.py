"""Making a contact by hand and changing one, without script."""

from itertools import cycle

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings.models import Booking, Company, Contact, Property, PropertyValue, User
from meetings.services import contacts, properties
from tests import make
from tests.hostile import BATCHES, dangers
from tests.web.pages import sign_in, visit

EVERY_KIND = {
    "line": ("Room 5", "Room 5"),
    "text": ("Two\nlines", "Two lines"),
    "number": ("12,50", "12.5"),
    "date": ("2026-12-03", "Thu 3 Dec 2026"),
    "select": ("A", "A"),
    "radio": ("B", "B"),
    "checkboxes": (["A", "B"], "A B"),
    "yes_no": ("no", "No"),
    "phone": ("+33 1 23 45 67 89", "+33 1 23 45 67 89"),
    "url": ("example.org", "https://example.org"),
}


def add_every_kind(ada: User) -> dict[str, str]:
    """Properties of all kinds; their names by kind."""
    names = {}
    for kind in EVERY_KIND:
        values = {"label": f"My {kind}", "kind": kind, "options": ["A", "B"]}
        names[kind] = properties.add(ada, values, make.NOW).name
    return names


def test_a_contact_is_made_by_hand(client: FlaskClient, ada: User) -> None:
    page = visit(client, "/contacts").go("Add a contact")
    page = page.send("/contacts/new", email=" Olga@Acme.Example ", first_name="Olga", last_name="Berg")
    assert page.notices() == ["Olga Berg is added."]
    assert page.heading() == "Olga Berg"
    made = Contact.by_email("olga@acme.example")
    assert made.company is not None
    assert (made.company.domain, made.owner) == ("acme.example", None)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(client: FlaskClient, maren: Contact) -> None:
    page = visit(client, "/contacts/new").send("/contacts/new", email="maren@nordlicht.example", first_name="M")
    assert (page.status, page.errors()) == (409, {"email": "Another contact has this address."})
    assert page.fields("/contacts/new")["first_name"] == ["M"]
    page = page.send("/contacts/new", email="nonsense", **{"p-phone": "call me"})
    assert (page.status, set(page.errors())) == (422, {"email", "p-phone"})
    assert page.fields("/contacts/new")["p-phone"] == ["call me"]


def test_every_kind_of_property_is_written_read_and_cleared(client: FlaskClient, ada: User, maren: Contact) -> None:
    names, edit = add_every_kind(ada), f"/contacts/{maren.id}/edit"
    typed = {f"p-{names[kind]}": value for kind, (value, _) in EVERY_KIND.items()}
    page = visit(client, edit).send(edit, **typed)
    assert page.notices() == ["Maren Holt is saved."]
    for kind, (_, words) in EVERY_KIND.items():
        assert words in page.main(), kind
    again = visit(client, edit).send(edit)
    assert PropertyValue.select().count() == len(EVERY_KIND)
    assert again.notices() == ["Maren Holt is saved."]
    visit(client, edit).send(edit, **dict.fromkeys(typed, ""))
    assert PropertyValue.select().count() == 0


def test_a_choice_that_is_gone_stays_until_another_is_made(client: FlaskClient, ada: User, maren: Contact) -> None:
    names, edit = add_every_kind(ada), f"/contacts/{maren.id}/edit"
    field = f"p-{names['select']}"
    visit(client, edit).send(edit, **{field: "A"})
    row = Property.get(Property.name == names["select"])
    properties.change(ada, row, {"label": row.label, "kind": "select", "options": ["B", "C"]}, make.NOW)
    page = visit(client, edit)
    assert page.fields(edit)[field] == ["A"]
    assert page.send(edit, first_name="Mara").notices() == ["Mara Holt is saved."]
    assert visit(client, edit).send(edit, **{field: "Z"}).errors().keys() == {field}


def test_a_property_that_is_renamed_or_deleted_is_so_on_the_contact_s_page(
    client: FlaskClient, ada: User, maren: Contact
) -> None:
    names, edit = add_every_kind(ada), f"/contacts/{maren.id}/edit"
    visit(client, edit).send(edit, **{f"p-{names['line']}": "Room 5"})
    row = Property.get(Property.name == names["line"])
    properties.change(ada, row, {"label": "Their room", "kind": "line"}, make.NOW)
    shown = visit(client, f"/contacts/{maren.id}").main()
    assert "Their room Room 5" in shown
    assert "Their room One line · known of one contact" in visit(client, "/settings/properties").main()
    properties.delete(ada, row, "Their room", make.NOW)
    assert "Room 5" not in visit(client, f"/contacts/{maren.id}").main()
    assert "Their room" not in visit(client, edit).main()


def test_the_company_is_chosen_by_name(client: FlaskClient, ada: User, maren: Contact) -> None:
    edit = f"/contacts/{maren.id}/edit"
    visit(client, edit).send(edit, company="Globex")
    globex = Company.get(Company.name == "Globex")
    assert Contact.get().company_id == globex.id
    assert globex.domain is None  # Nordlicht has theirs
    assert PropertyValue.get().value == "Globex"  # what forms fill in for them follows
    page = visit(client, edit).send(edit, company="")
    assert Contact.get().company is None
    assert not PropertyValue.select().exists()
    assert "Globex" not in page.main()


def test_another_address_is_not_known_to_be_read(client: FlaskClient, ada: User, maren: Contact) -> None:
    Contact.update(confirmed_at=make.NOW).execute()
    edit = f"/contacts/{maren.id}/edit"
    visit(client, edit).send(edit, email="maren@new.example")
    assert (Contact.get().email, Contact.get().confirmed_at) == ("maren@new.example", None)


def test_the_owner_gives_them_to_somebody_else_and_is_out(app: Flask, ada: User, maren: Contact) -> None:
    bob, edit = make.user("Bob Okafor"), f"/contacts/{maren.id}/edit"
    Contact.update(owner=bob).execute()
    client = app.test_client()
    sign_in(client, bob)
    page = visit(client, f"/contacts/{maren.id}").go("Edit Maren Holt")
    page = page.send(edit, owner=ada.email, first_name="Mara")
    assert page.path == "/contacts"
    assert (Contact.get().owner_id, Contact.get().first_name) == (ada.id, "Mara")
    assert visit(client, edit).status == 404


def test_who_has_only_met_them_changes_nothing(app: Flask, ada: User, maren: Contact) -> None:
    bob = make.user("Bob Okafor")
    make.booking(make.link(bob), email="maren@nordlicht.example")
    client = app.test_client()
    sign_in(client, bob)
    page = visit(client, f"/contacts/{maren.id}")
    assert not {"Edit Maren Holt", "Erase…", "Export Maren Holt"} & page.links().keys()
    assert visit(client, f"/contacts/{maren.id}/edit").status == 403


def test_an_owner_gives_no_address_that_shows_more_than_they_see(app: Flask, ada: User, maren: Contact) -> None:
    """Whoever reads a contact's mailbox gets to see all that is kept about them."""
    bob, edit = make.user("Bob Okafor"), f"/contacts/{maren.id}/edit"
    Contact.update(owner=bob).execute()
    client = app.test_client()
    sign_in(client, bob)
    assert visit(client, edit).send(edit, email="mara@nordlicht.example").status == 200
    make.booking(make.link(ada), email="mara@nordlicht.example")
    page = visit(client, edit).send(edit, email="bob@example.org")
    assert page.status == 422
    assert page.errors().keys() == {"email"}


def test_meetings_stand_with_state_link_and_host(app: Flask, client: FlaskClient, ada: User, maren: Contact) -> None:
    bob = make.user("Bob Okafor")
    link = make.link(bob, overview={"internal_name": "A first talk", "title": "Talk with Maren"})
    make.booking(link, "2026-12-01 09:00", email=maren.email)
    page = visit(client, f"/contacts/{maren.id}")
    assert "To come Talk with Maren A first talk · Bob Okafor" in page.main()
    assert page.links()["Talk with Maren"].startswith("/bookings/")
    make.booking(make.link(ada, "other"), "2026-12-02 09:00", email=maren.email)
    Booking.update(ends_at=make.NOW, starts_at=make.NOW).where(Booking.link == link).execute()
    assert "Past or cancelled Talk with Maren" in visit(client, f"/contacts/{maren.id}").main()
    theirs = app.test_client()
    sign_in(theirs, bob)
    assert "Ada" not in visit(theirs, f"/contacts/{maren.id}").main()  # they have met her, but don't own her
    Contact.update(owner=bob).execute()
    page = visit(theirs, f"/contacts/{maren.id}")
    assert "To come Link other Ada Admin" in page.main()
    assert "Link other" not in page.links()


@pytest.mark.parametrize("batch", BATCHES, ids=range(len(BATCHES)))
def test_hostile_words_are_words(client: FlaskClient, ada: User, maren: Contact, batch: list[str]) -> None:
    """As labels and choices of properties, and as what is known."""
    kinds = ("line", "text", "select", "radio", "checkboxes")
    for kind, words in zip(cycle(kinds), batch, strict=False):
        row = properties.add(ada, {"label": words, "kind": kind, "options": [words, "Other"]}, make.NOW)
        contacts.change(
            ada, Contact.get(), {"properties": {row.name: [words] if kind == "checkboxes" else words}}, make.NOW
        )
    contacts.change(ada, Contact.get(), {"first_name": batch[0][:100], "last_name": batch[-1][:100]}, make.NOW)
    for path in (f"/contacts/{maren.id}", f"/contacts/{maren.id}/edit", f"/contacts/{maren.id}/erase", "/contacts"):
        page = visit(client, path)
        assert page.status == 200
        assert dangers(page.response.get_data(as_text=True)) == [], path
    edit = f"/contacts/{maren.id}/edit"
    before = {row.value for row in PropertyValue.select()}
    assert visit(client, edit).send(edit).path == f"/contacts/{maren.id}"
    assert {row.value for row in PropertyValue.select()} == before  # what was kept comes back as it was
