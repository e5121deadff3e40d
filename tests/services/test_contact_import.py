"""Contacts from a file: reading it, what its columns are, judging, writing all of it or nothing."""

import csv
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from meetings import db
from meetings.domain import contact_file
from meetings.errors import Conflict, Forbidden, Invalid, NotFound
from meetings.models import Company, Contact, ContactFile, Note, OtherAddress, Property, PropertyValue, User
from meetings.services import contact_files, housekeeping, privacy, properties
from meetings.services.contact_files import rows, writing
from tests import hostile, make

NOW = make.NOW


@pytest.fixture
def ada(app: Flask) -> User:
    return make.user("Ada Admin", role="admin")


def waiting(actor: User, text: str | bytes, known: str = "fill", columns: list[str] | None = None) -> ContactFile:
    """A file after the page with its columns was sent as it was shown, or with other columns."""
    content = text.encode() if isinstance(text, str) else text
    file = contact_files.keep(actor, "contacts.csv", content, NOW)
    sheet = contact_files.sheet_of(file)
    contact_files.settle(file, contact_files.choices_of(sheet, columns or contact_files.guessed(sheet), known))
    return contact_files.waiting_file(actor, file.id, NOW)


def bring_in(
    actor: User, text: str | bytes, known: str = "fill", columns: list[str] | None = None, **more: Any
) -> tuple[int, ...]:
    """Import it: how many were made, changed, left as they were, left out."""
    outcome = contact_files.bring_in(actor, waiting(actor, text, known, columns), NOW, **more)
    return outcome.made, outcome.changed, outcome.unchanged, outcome.left_out


def wrong(actor: User, text: str, columns: list[str] | None = None) -> list[tuple[int, int | None, str]]:
    """What is wrong: line, column, code."""
    file = waiting(actor, text, columns=columns)
    judged, _ = contact_files.preview(contact_files.sheet_of(file), file.choices)
    return [(one.line.number, at, flaw.code) for one in judged.wrong for at, flaw in one.flaws]


def state() -> tuple[int, ...]:
    return tuple(table.select().count() for table in (Contact, Company, Note, Property, PropertyValue))


# ---- reading ---------------------------------------------------------------------------------------------------------

TABLE = "E-mail;Prénom;Société\nzoé@exemple.fr".replace("zoé", "zoe") + ";Zoé;Œuf & fils\n"


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("cp1252"),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.replace(";", "\t").encode(),
        TABLE.replace(";", ",").encode(),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        b"\n\n" + TABLE.encode() + b"\n;;\n\n",
        TABLE.rstrip("\n").encode(),
        b"sep=;\r\n" + TABLE.encode(),  # for Excel, whatever the country
    ],
)
def test_files_of_all_sorts_of_programs_are_read(ada: User, content: bytes) -> None:
    assert bring_in(ada, content) == (1, 0, 0, 0)
    zoe = Contact.by_email("zoe@exemple.fr")
    assert (zoe.first_name, zoe.company.name) == ("Zoé", "Œuf & fils")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not-a-table"),
        (b"  \n \r\n", "not-a-table"),
        (b"\xff\xfe", "not-a-table"),
        (b"E-mail,Name\n", "not-a-table"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "not-a-table"),
        (b"PK\x03\x04\x14\x00" + b"\x00" * 500, "not-a-table"),
        (b"email\na\x00b@example.org\n", "not-a-table"),
        (b"\xff\xfea", "not-a-table"),
        (b"email\n" + b"a@b.example\n" * 20_001, "too-many-rows"),
        (b"x," * 100_000 + b"\n" + b"1\n", "too-many-columns"),
        (b"email\n" + b'"' + b"a@b.example\n" * 20_000, "cell-too-large"),
        (b"email\n" + b"x" * 200_000, "cell-too-large"),
        (b"email\n" + b"x" * 6_000_000, "file-too-large"),
        (b'email,note\na@x.example,"never closed\nb@x.example,1\n', "open-quote"),
        (b'email,note\na@x.example,"', "open-quote"),
    ],
)
def test_what_is_no_file_of_contacts_is_refused_in_words(ada: User, content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as problem:
        contact_files.keep(ada, "x.csv", content, NOW)
    assert [flaw.code for flaw in problem.value.flaws] == [code]
    assert ContactFile.select().count() == 0


def test_cells_may_hold_quotes_and_line_breaks_and_lines_keep_their_numbers(ada: User) -> None:
    text = 'email,note\n"a@x.example","He said ""hi"",\nthen left"\n\n\nnobody,\n'
    assert wrong(ada, text) == [(6, 0, "not-an-email")]
    assert bring_in(ada, text, only_right=True) == (1, 0, 0, 1)
    assert Note.get().text == 'He said "hi",\nthen left'


def test_one_column_is_enough(ada: User) -> None:
    assert bring_in(ada, "mail\na@x.example\nb@x.example") == (2, 0, 0, 0)


def test_a_line_with_too_many_cells_is_told_and_one_with_too_few_is_filled_up(ada: User) -> None:
    assert wrong(ada, "email,first name\na@x.example,Ann,Lee\nb@x.example\nc@x.example,Cy,,\n") == [
        (2, None, "extra-cells")
    ]


def test_lines_are_counted_from_the_first_even_if_that_is_for_excel_alone(ada: User) -> None:
    assert wrong(ada, "sep=,\nemail,first name\nnobody,Ann\n", columns=["email", "first_name"]) == [
        (3, 0, "not-an-email")
    ]


# ---- columns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        ("Email Address,First Name,Last Name,Company", ["email", "first_name", "last_name", "company"]),
        ("Adresse e-mail,Prénom,NOM,Société,Propriétaire", ["email", "first_name", "last_name", "company", "owner"]),
        ("Courriel,Nom complet,Entreprise,Remarques", ["email", "name", "company", "note"]),
        ("e_mail,Phone,Téléphone,Shoe size", ["email", "property:phone", "", ""]),
        ("Who,Kontakt", ["", "email"]),
        ("E-mail,Other addresses,Autres adresses", ["email", "others", ""]),
        ("Organisation,mail,Website,Job title", ["company", "email", "property:website", "property:job_title"]),
        ("E-mail,E-mail", ["email", ""]),
    ],
)
def test_columns_are_guessed(ada: User, headings: str, found: list[str]) -> None:
    cells = ",".join("x" if one != "email" else "a@b.example" for one in found)
    sheet = contact_files.sheet_of(contact_files.keep(ada, "", f"{headings}\n{cells}".encode(), NOW))
    assert contact_files.guessed(sheet) == found


def test_a_property_is_found_by_its_own_name(ada: User) -> None:
    Property.create(name="shoe_size", label="Shoe size", kind="number", created_at=NOW)
    assert bring_in(ada, "email,SHOE SIZE\na@x.example,42") == (1, 0, 0, 0)
    assert PropertyValue.get().value == "42"


def test_a_property_whose_name_has_no_letters_is_found_by_it_and_not_by_a_blank_heading(ada: User) -> None:
    for label in ("€", "★"):
        properties.add(ada, {"label": label}, NOW)
    euro, star = (f"property:{Property.get(Property.label == label).name}" for label in ("€", "★"))
    sheet = contact_files.sheet_of(contact_files.keep(ada, "x.csv", "email,,★,€\na@x.example,1,2,3".encode(), NOW))
    assert contact_files.guessed(sheet) == ["email", "", star, euro]


def test_choices_make_sense_whatever_is_sent(ada: User) -> None:
    sheet = contact_files.sheet_of(contact_files.keep(ada, "", b"a,b,c\nx,y,z", NOW))
    choices = contact_files.choices_of(sheet, ["email", "property:nope", "email", "note"], "whatever")
    assert choices == {"columns": ["email", "", "email"], "known": "fill"}
    assert [(flaw.field, flaw.code) for flaw in contact_files.flaws_of(sheet, choices)] == [("2", "chosen-twice")]
    missing = contact_files.choices_of(sheet, ["note"], "leave")
    assert [(flaw.field, flaw.code) for flaw in contact_files.flaws_of(sheet, missing)] == [
        ("columns", "no-email-column")
    ]


# ---- judging ---------------------------------------------------------------------------------------------------------


def test_every_cell_is_judged_as_on_the_pages(ada: User) -> None:
    make.user("Bob Berg")
    Property.create(name="size", label="Size", kind="number", created_at=NOW)
    Property.create(name="colour", label="Colour", kind="select", options=["Red", "Blue"], created_at=NOW)
    text = "\n".join(
        [
            "email,first name,company,owner,phone,size,colour",
            f"bad,{'x' * 101},{'y' * 201},nobody@example.org,abc,much,green",
            ",Ann,,,,,",
            "ok@x.example,Ann,X,bob@example.org,+33 1 23 45 67,1.5,red",
        ]
    )
    assert wrong(ada, text) == [
        (2, 0, "not-an-email"),
        (2, 1, "too-long"),
        (2, 2, "too-long"),
        (2, 3, "unknown-user"),
        (2, 4, "not-a-phone"),
        (2, 5, "not-a-decimal"),
        (2, 6, "not-a-choice"),
        (3, 0, "required"),
    ]
    assert bring_in(ada, text, only_right=True) == (1, 0, 0, 2)
    assert PropertyValue.known(Contact.get().id)["colour"] == "Red"
    assert Contact.get().owner.name == "Bob Berg"


def test_somebody_blocked_owns_nobody_anew(ada: User) -> None:
    bob = make.user("Bob Berg", is_active=False)
    assert wrong(ada, "email,owner\na@x.example,bob@example.org") == [(2, 1, "unknown-user")]
    Contact.create(email="a@x.example", first_name="", last_name="", owner=bob, created_at=NOW)
    assert wrong(ada, "email,owner\na@x.example,bob@example.org") == []


def test_the_same_contact_twice_is_told_with_the_line_before(ada: User) -> None:
    known = Contact.create(email="a@x.example", first_name="", last_name="", created_at=NOW)
    OtherAddress.create(email="a@gmail.com", contact=known)
    text = "email\nA@x.example\nb@x.example\na@gmail.com\n B@X.example "
    assert wrong(ada, text) == [(4, 0, "twice-in-file"), (5, 0, "twice-in-file")]
    file = waiting(ada, text)
    judged, _ = contact_files.preview(contact_files.sheet_of(file), file.choices)
    assert [dict(flaw.params) for one in judged.wrong for _, flaw in one.flaws] == [{"line": 2}, {"line": 3}]


def test_who_is_being_erased_is_left_alone(ada: User) -> None:
    Contact.create(email="a@x.example", first_name="", last_name="", erasing_since=NOW, created_at=NOW)
    assert wrong(ada, "email\na@x.example") == [(2, 0, "being-erased")]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Maren Holt", ("Maren", "Holt")),
        ("Holt, Maren", ("Maren", "Holt")),
        ("Anna Maria de Souza", ("Anna Maria de", "Souza")),
        ("Cher", ("Cher", "")),
        ("王小明", ("王小明", "")),
    ],
)
def test_whole_names_are_split(ada: User, name: str, parts: tuple[str, str]) -> None:
    bring_in(ada, f'email,name\na@x.example,"{name}"')
    assert (Contact.get().first_name, Contact.get().last_name) == parts


@pytest.mark.parametrize("name", ["A" * 101, "A" * 101 + " B", "A " + "B" * 101, "B, " + "A " * 60])
def test_of_a_whole_name_neither_part_is_too_long(ada: User, name: str) -> None:
    assert wrong(ada, f'email,name\na@x.example,"{name}"') == [(2, 1, "too-long")]


@pytest.mark.parametrize(
    ("kind", "options", "cell", "kept"),
    [
        ("yes_no", [], "Oui", "yes"),
        ("yes_no", [], "0", "no"),
        ("checkboxes", ["A", "B", "C"], "c; a", "A\nC"),
        ("checkboxes", ["A", "B", "C"], "B\nC", "B\nC"),
        ("checkboxes", ["One, two", "B"], "One, two", "One, two"),
        ("radio", ["Big", "big"], "big", "big"),
        ("date", [], "2026-12-03", "2026-12-03"),
        ("text", [], "a\r\nb", "a\nb"),
    ],
)
def test_cells_are_understood_as_people_write_them(
    ada: User, kind: str, options: list[str], cell: str, kept: str
) -> None:
    Property.create(name="p", label="Thing", kind=kind, options=options, created_at=NOW)
    assert bring_in(ada, f'email,Thing\na@x.example,"{cell}"') == (1, 0, 0, 0)
    assert PropertyValue.get().value == kept


# ---- writing ---------------------------------------------------------------------------------------------------------


def test_a_new_contact_is_made_with_all_that_is_said(ada: User) -> None:
    text = "email,first name,last name,company,owner,phone,note,Shoe\nA@X.example,Ann,Lee,Acme,ADA@example.org,+33 123 456,Likes tea,42"
    columns = ["email", "first_name", "last_name", "company", "owner", "property:phone", "note", "new"]
    assert bring_in(ada, text, columns=columns) == (1, 0, 0, 0)
    ann = Contact.get()
    assert (ann.email, ann.name, ann.owner, ann.created_at) == ("a@x.example", "Ann Lee", ada, NOW)
    assert (ann.company.name, ann.company.domain) == ("Acme", "x.example")
    assert PropertyValue.known(ann.id) == {"company": "Acme", "phone": "+33 123 456", "shoe": "42"}
    assert Property.get(Property.name == "shoe").kind == "line"
    assert (Note.get().text, Note.get().author, Note.get().author_name) == ("Likes tea", ada, "Ada Admin")


def test_companies_are_told_by_address_where_the_file_says_nothing_of_them(ada: User) -> None:
    bring_in(ada, "email\na@acme.example\nb@acme.example\nc@gmail.com")
    assert [row.domain for row in Company.select()] == ["acme.example"]
    assert Contact.by_email("b@acme.example").company.domain == "acme.example"
    assert Contact.by_email("c@gmail.com").company is None


def test_the_longest_domain_is_a_name_that_fits(ada: User) -> None:
    domain = ("a" * 60 + ".") * 4 + "example"
    bring_in(ada, f"email\na@{domain}")
    assert (Company.get().name, Company.get().domain) == (domain[:200], domain)


def test_companies_are_found_and_made_by_the_rules_of_the_pages(ada: User) -> None:
    from meetings.services import companies

    known = Company.create(name="Globex", name_key="globex", domain="globex.example", created_at=NOW)
    bring_in(
        ada,
        "email,company\na@globex.example,GLOBEX\nb@globex.example,Other\nc@acme.example,Acme\nd@acme.example,acme"
        "\ne@acme.example,Beta\nf@gmail.com,  Große   Leute\ng@gmail.com,GROSSE LEUTE\nh@gmail.com,globex",
    )
    told = {contact.email[0]: (contact.company.name, contact.company.domain) for contact in Contact.select()}
    assert told == {
        "a": ("Globex", "globex.example"),
        "b": ("Other", None),
        "c": ("Acme", "acme.example"),
        "d": ("Acme", "acme.example"),
        "e": ("Beta", None),
        "f": ("Große Leute", None),
        "g": ("Große Leute", None),
        "h": ("Globex", "globex.example"),
    }
    assert Contact.by_email("a@globex.example").company == known
    with db.transaction():  # one by one it would have been the same
        for contact in Contact.select():
            assert companies.chosen(contact.company.name, contact.email, NOW) == contact.company


KNOWN = "email,first name,last name,company,owner,phone,job title,note\na@x.example,New,Name,Other,ada@example.org,+33 999 999,Boss,Hello"


@pytest.fixture
def known(ada: User) -> Contact:
    acme = Company.create(name="Acme", name_key="acme", created_at=NOW)
    found = Contact.create(email="a@x.example", first_name="Ann", last_name="Lee", company=acme, created_at=NOW)
    phone = Property.get(Property.name == "phone")
    PropertyValue.create(contact=found, property=phone, value="+33 111 111", changed_at=NOW)
    return found


def told_of(contact: Contact) -> tuple[Any, ...]:
    fresh = Contact.get_by_id(contact.id)
    values = PropertyValue.known(contact.id)
    return (
        fresh.name,
        fresh.company.name,
        fresh.owner_id,
        values.get("phone"),
        values.get("job_title"),
        Note.select().count(),
    )


def test_gaps_of_known_contacts_are_filled(ada: User, known: Contact) -> None:
    assert bring_in(ada, KNOWN, "fill") == (0, 1, 0, 0)
    assert told_of(known) == ("Ann Lee", "Acme", ada.id, "+33 111 111", "Boss", 1)
    assert bring_in(ada, KNOWN, "fill") == (0, 0, 1, 0)


def test_known_contacts_are_overwritten(ada: User, known: Contact) -> None:
    assert bring_in(ada, KNOWN, "overwrite") == (0, 1, 0, 0)
    assert told_of(known) == ("New Name", "Other", ada.id, "+33 999 999", "Boss", 1)
    assert PropertyValue.known(known.id)["company"] == "Other"
    assert bring_in(ada, KNOWN, "overwrite") == (0, 0, 1, 0)


def test_known_contacts_are_left(ada: User, known: Contact) -> None:
    before = told_of(known)
    assert bring_in(ada, KNOWN, "leave") == (0, 0, 1, 0)
    assert told_of(known) == before


def test_blank_cells_take_nothing_away(ada: User, known: Contact) -> None:
    assert bring_in(ada, "email,first name,last name,company,phone\na@x.example,,,,", "overwrite") == (0, 0, 1, 0)
    assert told_of(known)[:2] == ("Ann Lee", "Acme")


def test_another_address_of_somebody_is_them(ada: User, known: Contact) -> None:
    OtherAddress.create(email="a@gmail.com", contact=known)
    assert bring_in(ada, "email,job title\na@gmail.com,Boss") == (0, 1, 0, 0)
    assert Contact.select().count() == 1


def test_other_addresses_are_added_and_lead_to_the_same_contact(ada: User, known: Contact) -> None:
    OtherAddress.create(email="a@gmail.com", contact=known)
    text = 'email,Other e-mails\na@x.example," A@Gmail.com; a@old.example;a@x.example"\nb@x.example,"b@gmail.com, B@gmail.com"\nc@x.example,\n'
    assert bring_in(ada, text) == (2, 1, 0, 0)
    assert OtherAddress.of(known.id) == ["a@gmail.com", "a@old.example"]
    assert Contact.known_as("b@gmail.com") == Contact.by_email("b@x.example")
    assert bring_in(ada, text, "overwrite") == (0, 0, 3, 0)
    assert bring_in(ada, "email,other addresses\na@x.example,", "overwrite") == (0, 0, 1, 0)
    assert len(OtherAddress.of(known.id)) == 2
    assert bring_in(ada, "email,other addresses\na@x.example,new@x.example", "leave") == (0, 0, 1, 0)


def test_an_address_of_somebody_else_makes_no_two_people_one(ada: User, known: Contact) -> None:
    OtherAddress.create(email="a@gmail.com", contact=known)
    text = """email,other addresses
b@x.example,no address
c@x.example,a@x.example
d@x.example,a@gmail.com
e@x.example,f@x.example
f@x.example,
g@x.example,shared@x.example
h@x.example,h@gmail.com shared@x.example
"""
    assert wrong(ada, text) == [
        (2, 1, "not-an-email"),
        (2, 1, "not-an-email"),
        (3, 1, "email-taken"),
        (4, 1, "email-taken"),
        (6, 0, "twice-in-file"),
        (8, 1, "twice-in-file"),
    ]
    assert bring_in(ada, text, only_right=True) == (2, 0, 0, 5)


@pytest.mark.parametrize("how", ["new", "other"])
def test_who_books_by_another_address_meanwhile_is_told_before_anything_is_written(
    ada: User, known: Contact, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    real, rounds = writing._write, []

    def later(*args: Any) -> Any:
        if not rounds:
            rounds.append(1)
            if how == "new":
                Contact.create(email="b@gmail.com", first_name="", last_name="", created_at=NOW)
            else:
                OtherAddress.create(email="b@gmail.com", contact=known)
        return real(*args)

    monkeypatch.setattr(writing, "_write", later)
    with pytest.raises(Invalid) as problem:
        bring_in(ada, "email,other addresses\nb@x.example,b@gmail.com\nc@x.example,")
    assert [flaw.code for flaw in problem.value.flaws] == ["email-taken"]
    assert Contact.known_as("b@x.example") is Contact.known_as("c@x.example") is None


# ---- all or nothing --------------------------------------------------------------------------------------------------

MIXED = "email,company,note,New one\na@x.example,Acme,Hello,1\nbad,,,\nb@x.example,Globex,Bye,2"
MIXED_COLUMNS = ["email", "company", "note", "new"]


def test_nothing_is_written_while_anything_is_wrong(ada: User) -> None:
    before = state()
    with pytest.raises(Invalid):
        bring_in(ada, MIXED, columns=MIXED_COLUMNS)
    assert state() == before
    assert bring_in(ada, MIXED, columns=MIXED_COLUMNS, only_right=True) == (2, 0, 0, 1)


@pytest.mark.parametrize("only_right", [False, True])
@pytest.mark.parametrize("step", ["made_properties", "made_companies", "tell", "change", "close"])
def test_what_fails_in_the_middle_leaves_nothing(
    ada: User, known: Contact, monkeypatch: pytest.MonkeyPatch, step: str, only_right: bool
) -> None:
    place: Any = writing if step == "close" else rows if step.startswith("made") else rows.Pen
    real = getattr(place, step)

    def fail(*args: Any) -> None:
        real(*args)
        raise RuntimeError

    text = MIXED.replace("bad,,,\n", "") + "\nc@y.example,Beta,Well,3"
    file = waiting(ada, text, "overwrite", MIXED_COLUMNS)
    before, was = state(), told_of(known)
    with monkeypatch.context() as broken:
        broken.setattr(place, step, fail)
        with pytest.raises(RuntimeError):
            contact_files.bring_in(ada, file, NOW, only_right=only_right)
    assert (state(), told_of(known)) == (before, was)
    assert ContactFile.get_by_id(file.id).outcome is None
    assert contact_files.bring_in(ada, file, NOW).made == 2


def test_a_property_that_can_t_be_made_stops_everything(ada: User) -> None:
    before = state()
    with pytest.raises(Invalid) as problem:
        bring_in(ada, "email,Phone number,phone number\na@x.example,1,2", columns=["email", "new", "new"])
    assert [flaw.code for flaw in problem.value.flaws] == ["duplicate"]
    assert state() == before


@pytest.mark.parametrize(
    ("headings", "codes"),
    [
        ("Shoe size,Hat size", []),
        ("Shoe size,shoe SIZE", [("2", "same-heading")]),
        ("Diet,Hat size", [("1", "same-heading")]),
        (",Hat size", [("1", "no-heading")]),
        ("Shoe size," + "x" * 201, [("2", "too-long")]),
    ],
)
def test_what_can_become_no_property_is_told_of_its_column(
    ada: User, headings: str, codes: list[tuple[str, str]]
) -> None:
    properties.add(ada, {"label": "Diet", "kind": "line"}, NOW)
    sheet = contact_files.sheet_of(contact_files.keep(ada, "x.csv", f"email,{headings}\na@x.example,1,2".encode(), NOW))
    choices = contact_files.choices_of(sheet, ["email", "new", "new"], "fill")
    assert [(flaw.field, flaw.code) for flaw in contact_files.flaws_of(sheet, choices)] == codes


def test_no_more_properties_are_made_than_there_may_be(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(properties, "MOST", Property.select().count() + 1)
    sheet = contact_files.sheet_of(contact_files.keep(ada, "x.csv", b"email,A1,B1\na@x.example,1,2", NOW))
    choices = contact_files.choices_of(sheet, ["email", "new", "new"], "fill")
    assert [(flaw.field, flaw.code) for flaw in contact_files.flaws_of(sheet, choices)] == [("2", "too-many")]


def test_a_new_property_is_none_that_has_a_name_like_it(ada: User) -> None:
    former = properties.add(ada, {"label": "New1", "kind": "line"}, NOW)
    bring_in(ada, "email,Shoe size\na@x.example,42", columns=["email", "new"])
    known = PropertyValue.known(Contact.by_email("a@x.example").id)
    assert (former.name, known) == ("new1", {"shoe_size": "42"})


def test_a_file_is_imported_once(ada: User) -> None:
    file = waiting(ada, "email\na@x.example")
    contact_files.bring_in(ada, file, NOW)
    with pytest.raises(Conflict):
        contact_files.bring_in(ada, file, NOW)
    kept = ContactFile.get()
    assert (kept.text, kept.outcome) == ("", {"made": 1, "changed": 0, "unchanged": 0, "left_out": 0})


def test_what_others_change_meanwhile_is_read_again(ada: User, known: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody books, and somebody changes a name, between reading and writing."""
    real, rounds = writing._write, []

    def later(*args: Any) -> Any:
        if not rounds:
            rounds.append(1)
            Contact.create(email="b@x.example", first_name="Booked", last_name="Meanwhile", created_at=NOW)
            Contact.update(first_name="Anna").where(Contact.id == known.id).execute()
        return real(*args)

    monkeypatch.setattr(writing, "_write", later)
    text = (
        "email,first name,last name,job title\na@x.example,New,Name,Boss\nb@x.example,Import,Ed,Chief\nc@x.example,C,C,"
    )
    assert bring_in(ada, text) == (1, 2, 0, 0)
    assert told_of(known)[0] == "Anna Lee"
    assert Contact.by_email("b@x.example").name == "Booked Meanwhile"


def test_a_booking_at_the_same_moment_makes_no_second_contact(app: Flask, ada: User) -> None:
    link = make.link(make.user())
    file = waiting(ada, "email,first name\n" + "".join(f"p{n}@x.example,P{n}\n" for n in range(300)))
    start, raised = threading.Barrier(3), []

    def run(act: Any) -> None:
        with app.app_context():
            db.connect()
            start.wait()
            try:
                act()
            except Exception as error:  # noqa: BLE001 - whatever it is, the test says
                raised.append(error)
            db.disconnect()

    acts = [
        lambda: contact_files.bring_in(ada, file, NOW),
        lambda: make.booking(link, "2026-12-01 09:00", email="p7@x.example"),
        lambda: make.booking(link, "2026-12-01 10:00", email="p299@x.example"),
    ]
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    assert Contact.select().count() == 300
    assert Company.select().count() == 1


# ---- what others do meanwhile ----------------------------------------------------------------------------------------


class Paused:
    """An import in a thread of its own that stops before a step of its writing, until it is told to go on."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch, place: Any, step: str) -> None:
        self._app, self._is_there, self._goes_on = app, threading.Event(), threading.Event()
        self.outcome: Any = None
        real = getattr(place, step)

        def stop(*args: Any) -> Any:
            self._is_there.set()
            assert self._goes_on.wait(60)
            return real(*args)

        monkeypatch.setattr(place, step, stop)

    @contextmanager
    def importing(self, actor: User, file: ContactFile) -> Iterator[None]:
        def run() -> None:
            with self._app.app_context():
                db.connect()
                try:
                    self.outcome = contact_files.bring_in(actor, file, NOW)
                finally:
                    db.disconnect()
                    self._is_there.set()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            assert self._is_there.wait(60)
            assert self.outcome is None
            yield
        finally:
            self._goes_on.set()
            thread.join()


@pytest.mark.postgres
def test_people_book_while_the_file_is_written(
    app: Flask, ada: User, known: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for contacts who are not here yet: also not with an owner in the file, by a company or as one."""
    link = make.link(ada)
    text = "email,first name,owner,phone,note\n" + "".join(
        f"{name}@x.example,Imported,ada@example.org,+33 1 23,Hello\n" for name in "abc"
    )
    paused = Paused(app, monkeypatch, writing, "hold")
    with paused.importing(ada, waiting(ada, text)):
        for hour, name in enumerate(("a", "b", "other")):
            make.booking(link, f"2026-12-01 1{hour}:00", email=f"{name}@x.example")
        assert {contact.email for contact in Contact.select()} == {f"{name}@x.example" for name in ("a", "b", "other")}
    assert (paused.outcome.made, paused.outcome.changed) == (1, 2)
    assert Contact.by_email("b@x.example").first_name == "Maren"  # as they said themselves: only gaps are filled
    assert PropertyValue.known(Contact.by_email("b@x.example").id)["phone"] == "+33 1 23"
    assert Contact.by_email("c@x.example").company == Contact.by_email("other@x.example").company
    assert (Contact.select().count(), Note.select().count()) == (4, 3)


@pytest.mark.postgres
def test_known_contacts_book_until_the_end_of_an_import(
    app: Flask, ada: User, known: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = make.link(ada)
    before = state(), told_of(known)
    paused = Paused(app, monkeypatch, writing, "close")
    with paused.importing(ada, waiting(ada, KNOWN, "overwrite")):
        make.booking(link, "2026-12-01 10:00", email="a@x.example")
        assert (state(), told_of(known)) == before  # nothing of it is there yet
    assert told_of(known)[0] == "New Name"


def test_however_many_contacts_are_written_with_few_statements(
    app: Flask, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them together take as long as others wait; reading and judging has happened before."""
    lines = "".join(f"p{n}@c{n % 50}.example,P{n},ada@example.org,+33 1 {n:04},Hello {n}\n" for n in range(1000))
    ran: list[str] = []
    run = db.database.obj.execute_sql

    def counted(sql: str, *args: Any) -> Any:
        ran.append(sql)
        return run(sql, *args)

    for how in ("fill", "overwrite"):
        file = waiting(ada, f"email,first name,owner,phone,note\n{lines}".replace("P", f"{how} P"), how)
        with monkeypatch.context() as watched:
            watched.setattr(db.database.obj, "execute_sql", counted)
            watched.setattr(writing, "let_nobody_import", ran.clear)  # the first that happens where others may wait
            contact_files.bring_in(ada, file, NOW)
        assert 5 < len(ran) < 50


# ---- whose file it is ------------------------------------------------------------------------------------------------


def test_members_may_not(ada: User) -> None:
    bob = make.user("Bob Berg")
    file = waiting(ada, "email\na@x.example")
    for act in (
        lambda: contact_files.keep(bob, "", b"email\na@x.example", NOW),
        lambda: contact_files.waiting_file(bob, file.id, NOW),
        lambda: contact_files.bring_in(bob, file, NOW),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_file_is_one_admin_s_alone_and_ends(ada: User) -> None:
    file = waiting(ada, "email\na@x.example")
    other = make.user("Zoe Admin", role="admin")
    for who, when in ((other, NOW), (ada, NOW + timedelta(hours=1))):
        with pytest.raises(NotFound):
            contact_files.waiting_file(who, file.id, when)
    waiting(other, "email\nb@x.example")
    waiting(ada, "email\nc@x.example")  # in place of the first
    assert ContactFile.select().count() == 2
    assert housekeeping.clear_away(NOW + timedelta(minutes=59)) == 0
    housekeeping.clear_away(NOW + timedelta(hours=1))
    assert ContactFile.select().count() == 0


def test_who_is_erased_is_in_no_file_that_waits(ada: User, known: Contact) -> None:
    waiting(ada, "email\nA@X.example")
    privacy.erase(known, NOW, by=ada)
    assert ContactFile.select().count() == 0


# ---- hostile texts ---------------------------------------------------------------------------------------------------


def test_hostile_texts_are_kept_as_text(ada: User) -> None:
    texts = [text for text in hostile.PAYLOADS if len(text) <= 200]
    lines = [[f"p{number}@x.example", text[:100], text, text, text] for number, text in enumerate(texts)]
    content = contact_file.written([["email", "last name", "company", "note", "job title"], *lines])
    assert bring_in(ada, content)[0] == len(texts)
    assert [row.text for row in Note.select().order_by(Note.id)] == [text.strip() for text in texts]


def test_line_breaks_where_none_belong_are_told(ada: User) -> None:
    for text in hostile.LINES:
        content = contact_file.written([["email", "first name"], ["a@x.example", text]])
        assert wrong(ada, content) == (
            [(2, 1, "line-breaks")] if "\n" in text.strip() or not text.isascii() or "\x0b" in text else []
        )


def test_any_file_whatever_gets_an_answer(ada: User) -> None:
    from hypothesis import given
    from hypothesis import strategies as st

    pieces = st.sampled_from(
        ["email", ",", ";", "\t", "\n", "\r", '"', '""', "a@x.example", "'", "=1", "\0", "é", "\u2028", "x" * 50]
    )
    texts = st.lists(pieces, max_size=40).map("".join)

    @given(st.one_of(texts.map(str.encode), st.binary(max_size=200)))
    def check(content: bytes) -> None:
        text, flaws = contact_file.decoded(content)
        sheet, more = (None, flaws) if flaws else contact_file.read(text)
        assert (sheet is None) == bool(more)
        if sheet is not None:
            assert all(len(line.cells) == len(sheet.headings) for line in sheet.lines)
            choices = contact_files.choices_of(sheet, ["email", "note"], "fill")
            contact_files.preview(sheet, choices)

    check()


def test_the_wrong_lines_come_back_as_they_were(ada: User) -> None:
    file = waiting(ada, MIXED, columns=MIXED_COLUMNS)
    sheet = contact_files.sheet_of(file)
    judged, _ = contact_files.preview(sheet, file.choices)
    rows = list(contact_files.wrong_lines(sheet, judged, lambda at, flaw: f"{at} {flaw.code}", "What is wrong"))
    assert rows == [
        ["email", "company", "note", "New one", "What is wrong"],
        ["bad", "", "", "", "0 not-an-email"],
    ]
    assert list(csv.reader(contact_file.written(rows).splitlines())) == rows


def test_cells_without_a_heading_come_back_and_stay_wrong_until_they_are_mended(ada: User) -> None:
    file = waiting(ada, "email,company,note\na@x.example,Acme, Inc.,Likes tea,=1\n")
    sheet = contact_files.sheet_of(file)
    judged, _ = contact_files.preview(sheet, file.choices)
    rows = list(contact_files.wrong_lines(sheet, judged, lambda at, flaw: f"{at} {flaw.code}", "What is wrong"))
    assert rows[1] == ["a@x.example", "Acme", "Inc.", "None extra-cells", "Likes tea", "=1"]
    assert wrong(ada, contact_file.written(rows)) == [(2, None, "extra-cells")]


def test_bookings_with_the_admin_and_the_import_don_t_wait_for_each_other_for_ever(app: Flask, ada: User) -> None:
    """A booking has its host first and then its contact; so has the import, whose notes and owners name the host."""
    link = make.link(ada)
    lines = "".join(f"p{n}@x.example,ada@example.org,Note {n}\n" for n in range(2000))
    file = waiting(ada, f"email,owner,note\n{lines}")
    raised: list[BaseException] = []
    done = threading.Event()

    def book() -> None:
        with app.app_context():
            db.connect()
            for number in range(14):
                if done.is_set():
                    break
                start = make.at("2026-12-01 08:00") + timedelta(minutes=30 * number)
                try:
                    make.booking(link, start, email=f"p{2 * number}@x.example")
                except Exception as error:  # noqa: BLE001 - whatever it is, the test says
                    raised.append(error)
            db.disconnect()

    thread = threading.Thread(target=book)
    thread.start()
    try:
        contact_files.bring_in(ada, file, NOW)
    finally:
        done.set()
        thread.join()
    assert raised == []
    assert Contact.select().count() == 2000
